//! The time of a task that is billed, and how it is divided.

use serde::{Deserialize, Serialize};

use crate::Platform;

const SECOND: i64 = 1_000;

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

    /// How long it is billed, in milliseconds: whole seconds, and no less than the platform's minimum.
    pub fn billed(self, platform: Platform) -> i64 {
        let seconds = self.length() / SECOND + i64::from(self.length() % SECOND != 0);
        seconds.saturating_mul(SECOND).max(platform.minimum())
    }

    /// The last moment that it took, which what is billed beyond its time counts for.
    pub fn last(self) -> i64 {
        self.end.saturating_sub(1).max(self.start)
    }

    /// Divides the billed time over slots: slot `n` is from `cuts[n]` until before `cuts[n + 1]`, and what
    /// lies in none of them is left out. `part` hears of each slot that the task was in, with milliseconds.
    /// `cuts` ascend.
    pub fn split(self, platform: Platform, cuts: &[i64], mut part: impl FnMut(usize, i64)) {
        let beyond = self.billed(platform) - self.length();
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
