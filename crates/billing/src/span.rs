//! The time of a task that is billed, and how it is divided.

use serde::{Deserialize, Serialize};

use crate::Platform;

const SECOND: i64 = 1_000;
const HOUR: i64 = 3_600_000;

/// How a time becomes one that is billed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rounding {
    /// To whole seconds, and no less than the platform's minimum.
    Task(Platform),
    /// Each hour that was begun is billed.
    Hours,
    /// Each second that was begun is.
    Seconds,
    /// Not at all: what is stored is billed for exactly as long as it is there.
    Exact,
}

impl From<Platform> for Rounding {
    fn from(platform: Platform) -> Self {
        Self::Task(platform)
    }
}

/// From the first pull of an image to the end of the task, in milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    pub start: i64,
    pub end: i64,
}

impl Span {
    /// One that ends no sooner than it starts: clocks of machines differ.
    pub fn new(start: i64, end: i64) -> Self {
        Self {
            start,
            end: end.max(start),
        }
    }

    fn length(self) -> i64 {
        self.end.saturating_sub(self.start).max(0)
    }

    /// How long it is billed, in milliseconds.
    pub fn billed(self, by: impl Into<Rounding>) -> i64 {
        let whole = |of: i64| {
            let count = self.length() / of + i64::from(self.length() % of != 0);
            count.saturating_mul(of)
        };
        match by.into() {
            Rounding::Task(platform) => whole(SECOND).max(platform.minimum()),
            Rounding::Hours => whole(HOUR).max(HOUR),
            Rounding::Seconds => whole(SECOND),
            Rounding::Exact => self.length(),
        }
    }

    /// The last moment that it took, which what is billed beyond its time counts for.
    pub fn last(self) -> i64 {
        self.end.saturating_sub(1).max(self.start)
    }

    /// Divides the billed time over slots: slot `n` is from `cuts[n]` until before `cuts[n + 1]`, and what
    /// lies in none of them is left out. `part` hears of each slot that the task was in, with milliseconds.
    /// `cuts` ascend.
    pub fn split(self, by: impl Into<Rounding>, cuts: &[i64], mut part: impl FnMut(usize, i64)) {
        let beyond = self.billed(by) - self.length();
        let last = self.last();
        let first = cuts.partition_point(|cut| *cut <= self.start);
        let first = first.saturating_sub(1);
        for (slot, ends) in cuts.windows(2).enumerate().skip(first) {
            let &[from, to] = ends else { break };
            if from > last {
                break;
            }
            let mut within = self.end.min(to).saturating_sub(self.start.max(from)).max(0);
            if (from..to).contains(&last) {
                within += beyond;
            }
            if within > 0 {
                part(slot, within);
            }
        }
    }
}
