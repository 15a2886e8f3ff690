//! How much of a container's output is read a second. A container that writes without end would
//! otherwise keep a core busy with its shim, which is not counted as the task's. Beyond this it waits
//! at its pipe, as it does for any reader slower than itself.

use std::time::{Duration, Instant};

/// Three times what a log stream takes (5 MiB a second); a shim spends some hundredths of a core on it.
const BYTES_PER_S: u64 = 16 << 20;
/// What may come at once, after silence.
const BURST: u64 = 32 << 20;
/// For so long nothing is read once the allowance is spent: reading as it comes in would cost a turn
/// for every few bytes.
const REST: Duration = Duration::from_millis(20);

#[derive(Debug)]
pub struct Allowance {
    left: u64,
    counted_at: Instant,
    rests_until: Option<Instant>,
}

impl Allowance {
    pub fn new(now: Instant) -> Self {
        Self {
            left: BURST,
            counted_at: now,
            rests_until: None,
        }
    }

    /// So much was read.
    pub fn spend(&mut self, bytes: usize, now: Instant) {
        let since = now.saturating_duration_since(self.counted_at);
        let come = u64::try_from(since.as_micros()).unwrap_or(u64::MAX);
        let come = come.saturating_mul(BYTES_PER_S) / 1_000_000;
        self.left = self.left.saturating_add(come).min(BURST);
        self.counted_at = now;
        self.left = self.left.saturating_sub(bytes as u64);
        if self.left == 0 {
            self.rests_until = Some(now + REST);
        }
    }

    /// When to read on; `None` is now.
    pub fn rests_until(&self, now: Instant) -> Option<Instant> {
        self.rests_until.filter(|until| *until > now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is read within `seconds` of a container that always has more.
    fn flood(allowance: &mut Allowance, from: Instant, seconds: u64) -> u64 {
        let (mut now, mut read) = (from, 0);
        while now < from + Duration::from_secs(seconds) {
            match allowance.rests_until(now) {
                Some(until) => now = until,
                None => {
                    allowance.spend(16 << 10, now);
                    read += 16 << 10;
                    now += Duration::from_micros(20);
                }
            }
        }
        read
    }

    #[test]
    fn a_flood_is_read_at_the_rate() {
        let start = Instant::now();
        let mut allowance = Allowance::new(start);
        let read = flood(&mut allowance, start, 10);
        let most = BURST + 10 * BYTES_PER_S;
        assert!((most * 9 / 10..=most * 11 / 10).contains(&read), "{read}");
        // After silence there is a burst again, and no more than one.
        let later = start + Duration::from_secs(1000);
        let read = flood(&mut allowance, later, 1);
        assert!(read <= BURST + BYTES_PER_S * 11 / 10, "{read}");
    }

    #[test]
    fn ordinary_output_never_waits() {
        let start = Instant::now();
        let mut allowance = Allowance::new(start);
        for second in 0..100 {
            let now = start + Duration::from_secs(second);
            allowance.spend(5 << 20, now);
            assert_eq!(allowance.rests_until(now), None);
        }
    }
}
