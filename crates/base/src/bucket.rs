//! Token buckets: each fills at a rate up to its size, and what is asked for is taken from it.

use std::time::{Duration, Instant};

use crate::Timestamp;

/// A bucket's size and how fast it refills, in tokens a second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    pub burst: f64,
    pub per_second: f64,
}

impl Rate {
    pub const fn new(burst: f64, per_second: f64) -> Self {
        Self { burst, per_second }
    }

    /// For services that document a rate alone.
    pub const fn even(per_second: f64) -> Self {
        Self::new(per_second, per_second)
    }

    /// Never so small that no request gets through.
    pub fn times(self, factor: f64) -> Self {
        Self {
            burst: (self.burst * factor).max(1.0),
            per_second: self.per_second * factor,
        }
    }
}

/// A moment of some clock.
pub trait Moment: Copy {
    /// Nothing if the clock was set back.
    fn passed_since(self, earlier: Self) -> Duration;
}

impl Moment for Instant {
    fn passed_since(self, earlier: Self) -> Duration {
        self.saturating_duration_since(earlier)
    }
}

impl Moment for Timestamp {
    fn passed_since(self, earlier: Self) -> Duration {
        self.since(earlier)
    }
}

#[derive(Debug, Clone, Copy)]
pub struct Bucket<T> {
    rate: Rate,
    left: f64,
    at: T,
}

impl<T: Moment> Bucket<T> {
    pub fn full(rate: Rate, now: T) -> Self {
        Self {
            rate,
            left: rate.burst,
            at: now,
        }
    }

    /// Takes one token, if there is a whole one.
    pub fn take(&mut self, now: T) -> bool {
        self.fill(now);
        let taken = self.left >= 1.0;
        if taken {
            self.left -= 1.0;
        }
        taken
    }

    /// Takes `tokens` if there is anything left. The last draw may overdraw, which the next ones wait for: so one that is larger
    /// than the bucket passes too, and the rate holds all the same.
    pub fn draw(&mut self, tokens: f64, now: T) -> bool {
        self.fill(now);
        let drawn = self.left > 0.0;
        if drawn {
            self.left -= tokens;
        }
        drawn
    }

    /// One that is full again is as good as none.
    pub fn is_full(&self, now: T) -> bool {
        self.level(now) >= self.rate.burst
    }

    fn fill(&mut self, now: T) {
        self.left = self.level(now);
        self.at = now;
    }

    fn level(&self, now: T) -> f64 {
        let more = now.passed_since(self.at).as_secs_f64() * self.rate.per_second;
        (self.left + more).min(self.rate.burst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_then_the_rate() {
        let mut bucket = Bucket::full(Rate::new(3.0, 2.0), Timestamp(0));
        let mut taken = |ms| (0..10).filter(|_| bucket.take(Timestamp(ms))).count();
        assert_eq!(taken(0), 3);
        assert_eq!(taken(499), 0);
        assert_eq!(taken(600), 1);
        assert_eq!(taken(60_000), 3, "no more than it holds");
        // The clock is set back: nothing is added, and later it goes on from there.
        assert_eq!(taken(50_000), 0);
        assert_eq!(taken(50_500), 1);
    }

    #[test]
    fn the_rate_holds_whatever_is_drawn() {
        let begin = Instant::now();
        for size in [10.0, 300.0, 5000.0] {
            let mut bucket = Bucket::full(Rate::new(200.0, 100.0), begin);
            let mut drawn = 0.0;
            for step in 0..10_000_u64 {
                let now = begin + Duration::from_millis(step * 10);
                drawn += if bucket.draw(size, now) { size } else { 0.0 };
            }
            // A hundred seconds, the burst, and at most one draw beyond.
            assert!(
                (9_900.0..=10_200.0 + size).contains(&drawn),
                "{size}: {drawn}"
            );
            assert!(!bucket.is_full(begin + Duration::from_secs(100)));
            assert!(bucket.is_full(begin + Duration::from_secs(1000)));
        }
    }
}
