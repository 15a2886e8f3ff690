//! How fast a client sends a body or takes one, while it is the one that is waited for.

use std::time::Duration;

/// How slowly a client may send a body before its target has begun to answer, and take a response.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// On average of the time spent waiting for the client.
    pub bytes_per_s: u64,
    /// For so long any pace will do; then the average of each such while counts.
    pub grace: Duration,
}

/// What the slowest of networks still carry; a client that moves a byte now and then, only to keep
/// its connection, is far below.
impl Default for Pace {
    fn default() -> Self {
        Self {
            bytes_per_s: 100,
            grace: Duration::from_secs(30),
        }
    }
}

/// What a client did since the last time that it was asked about.
#[derive(Debug)]
pub struct Progress {
    /// `None`: any will do.
    pace: Option<Pace>,
    waiting_since_ms: Option<u64>,
    waited_ms: u64,
    bytes: u64,
}

impl Progress {
    pub fn new(pace: Pace) -> Self {
        Self {
            pace: Some(pace),
            waiting_since_ms: None,
            waited_ms: 0,
            bytes: 0,
        }
    }

    /// From now on it may take its time.
    pub fn any_pace(&mut self) {
        self.pace = None;
    }

    /// Now it is the client's turn.
    pub fn waits(&mut self, now_ms: u64) {
        self.waiting_since_ms.get_or_insert(now_ms);
    }

    /// For how long it has been the client's turn.
    pub fn silent_ms(&self, now_ms: u64) -> u64 {
        self.waiting_since_ms
            .map_or(0, |since| now_ms.saturating_sub(since))
    }

    /// It moved some; whether that is too little for the time it took. Silence is not asked about:
    /// the idle timeout ends it. Much at the beginning allows no trickle afterwards.
    pub fn too_slow(&mut self, bytes: usize, now_ms: u64) -> bool {
        if let Some(since) = self.waiting_since_ms.take() {
            self.waited_ms += now_ms.saturating_sub(since);
        }
        self.bytes = self.bytes.saturating_add(bytes as u64);
        let Some(pace) = self.pace else { return false };
        if u128::from(self.waited_ms) <= pace.grace.as_millis() {
            return false;
        }
        let due = pace.bytes_per_s.saturating_mul(self.waited_ms) / 1000;
        let slow = self.bytes < due;
        (self.waited_ms, self.bytes) = (0, 0);
        slow
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a client that moves this much after each wait is too slow in the end.
    fn slow(progress: &mut Progress, bytes: usize, wait_ms: u64, times: u64) -> bool {
        (0..times).any(|number| {
            progress.waits(number * wait_ms);
            progress.too_slow(bytes, (number + 1) * wait_ms)
        })
    }

    #[test]
    fn drips_are_too_slow_and_slow_networks_are_not() {
        let fresh = || Progress::new(Pace::default());
        assert!(slow(&mut fresh(), 1, 59_000, 1));
        assert!(slow(&mut fresh(), 90, 1_000, 60));
        assert!(!slow(&mut fresh(), 110, 1_000, 3_600));
        assert!(
            !slow(&mut fresh(), 1, 1_000, 30),
            "at first it may take its time"
        );
        assert!(
            !slow(&mut fresh(), 100_000, 59_000, 100),
            "bursts with pauses in between"
        );
        // The other side is slow, and nobody waits for the client.
        let mut progress = fresh();
        assert!(!(0..100).any(|number| progress.too_slow(1, number * 10_000)));
    }

    #[test]
    fn a_quick_beginning_allows_no_trickle() {
        let mut progress = Progress::new(Pace::default());
        assert!(!progress.too_slow(10 << 20, 0));
        assert!(slow(&mut progress, 1, 1_000, 100));
    }

    #[test]
    fn silence_is_measured_and_ends_with_the_next_byte() {
        let mut progress = Progress::new(Pace::default());
        assert_eq!(progress.silent_ms(5_000), 0);
        progress.waits(1_000);
        progress.waits(2_000);
        assert_eq!(progress.silent_ms(5_000), 4_000);
        assert!(!progress.too_slow(1, 5_000));
        assert_eq!(progress.silent_ms(9_000), 0);
    }
}
