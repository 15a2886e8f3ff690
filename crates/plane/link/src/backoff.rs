//! Waiting longer after each failure.

use std::time::Duration;

use rand::Rng;

/// Grows from `first` by `factor` to `most`; each wait is moved by up to a fifth either way, so
/// that many nodes do not come back in step.
#[derive(Debug, Clone)]
pub struct Backoff {
    first: Duration,
    most: Duration,
    factor: f64,
    next: Duration,
}

const JITTER: f64 = 0.2;

impl Backoff {
    pub fn new(first: Duration, most: Duration, factor: f64) -> Self {
        Self {
            first,
            most,
            factor,
            next: first,
        }
    }

    pub fn reset(&mut self) {
        self.next = self.first;
    }

    pub fn wait(&mut self) -> Duration {
        let wait = self.next;
        self.next = wait.mul_f64(self.factor).min(self.most);
        wait.mul_f64(rand::rng().random_range(1.0 - JITTER..=1.0 + JITTER))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grows_to_its_bound() {
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(1), 2.0);
        for want in [100, 200, 400, 800, 1000, 1000] {
            let got = backoff.wait().as_millis();
            assert!(
                (want * 8 / 10..=want * 12 / 10).contains(&got),
                "{want} {got}"
            );
        }
        backoff.reset();
        assert!(backoff.wait() <= Duration::from_millis(120));
    }
}
