//! Waiting longer after each failure.

use std::time::Duration;

use rand::Rng;

/// `first`, doubled for each failure after the first, and at most `most`.
pub fn doubled(first: Duration, most: Duration, failures: u32) -> Duration {
    let doublings = failures.saturating_sub(1).min(31);
    first.saturating_mul(1 << doublings).min(most)
}

/// Grows from `first` by `factor` to `most`; each wait is moved by up to a fifth either way, so
/// that many who failed together do not come back in step.
#[derive(Debug, Clone)]
pub struct Backoff {
    first: Duration,
    most: Duration,
    factor: f64,
    jitter: f64,
    next: Duration,
}

const JITTER: f64 = 0.2;

impl Backoff {
    pub fn new(first: Duration, most: Duration, factor: f64) -> Self {
        Self {
            first,
            most,
            factor,
            jitter: JITTER,
            next: first,
        }
    }

    /// Twice as long each time and without jitter: for a loop that contends with nobody.
    pub fn steady(first: Duration, most: Duration) -> Self {
        Self {
            jitter: 0.0,
            ..Self::new(first, most, 2.0)
        }
    }

    /// Begins again with the first wait: something succeeded.
    pub fn reset(&mut self) {
        self.next = self.first;
    }

    /// The next wait.
    pub fn wait(&mut self) -> Duration {
        let wait = self.next;
        self.next = wait.mul_f64(self.factor).min(self.most);
        if self.jitter == 0.0 {
            return wait;
        }
        wait.mul_f64(rand::rng().random_range(1.0 - self.jitter..=1.0 + self.jitter))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Duration = Duration::from_millis(100);
    const MOST: Duration = Duration::from_secs(1);

    #[test]
    fn grows_to_its_bound() {
        let mut backoff = Backoff::new(FIRST, MOST, 2.0);
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

    #[test]
    fn doubles_for_each_failure() {
        let mut steady = Backoff::steady(FIRST, MOST);
        for (failures, millis) in [(1, 100), (2, 200), (3, 400), (4, 800), (5, 1000)] {
            let want = Duration::from_millis(millis);
            assert_eq!(doubled(FIRST, MOST, failures), want);
            assert_eq!(steady.wait(), want);
        }
        assert_eq!(doubled(FIRST, MOST, 0), FIRST);
        assert_eq!(doubled(FIRST, MOST, u32::MAX), MOST);
    }
}
