//! How long targets took to answer, counted without a lock by all workers.

use std::sync::{Arc, atomic::Ordering};

use wharf_planeproto::measured::{self, bucket};

use super::slots::Slot;

/// Cells that times take.
pub const CELLS: usize = 3 + bucket::COUNT;
const SUM: usize = 0;
/// The complement of the shortest, so that nothing is zero.
const LEAST: usize = 1;
const MOST: usize = 2;
const BUCKETS: usize = 3;

/// Cells that a span takes.
pub const SPAN_CELLS: usize = 4;
const COUNT: usize = 3;

/// Times of which only the sum, the shortest and the longest are known, in cells from `first` on.
#[derive(Debug)]
pub struct Span {
    slot: Arc<Slot>,
    first: usize,
}

impl Span {
    pub fn over(slot: &Arc<Slot>, first: usize) -> Self {
        Self {
            slot: Arc::clone(slot),
            first,
        }
    }

    pub fn add(&self, took_us: u64) {
        let cell = |index: usize| self.slot.cell(self.first + index);
        cell(SUM).fetch_add(took_us, Ordering::Relaxed);
        cell(LEAST).fetch_max(!took_us, Ordering::Relaxed);
        cell(MOST).fetch_max(took_us, Ordering::Relaxed);
        cell(COUNT).fetch_add(1, Ordering::Relaxed);
    }

    /// As [`Times::take`].
    pub fn take(&self) -> Option<measured::Span> {
        let count = self.slot.grown(self.first + COUNT);
        if count == 0 {
            return None;
        }
        let sum_us = self.slot.grown(self.first + SUM);
        let swap = |index: usize| {
            let cell = self.slot.cell(self.first + index);
            cell.swap(0, Ordering::Relaxed)
        };
        let least_us = match swap(LEAST) {
            0 => sum_us / count,
            least => !least,
        };
        Some(measured::Span {
            count,
            sum_us,
            least_us,
            most_us: swap(MOST).max(least_us),
        })
    }
}

/// The times of a group, in cells from `first` on.
#[derive(Debug)]
pub struct Times {
    slot: Arc<Slot>,
    first: usize,
}

impl Times {
    pub fn over(slot: &Arc<Slot>, first: usize) -> Self {
        Self {
            slot: Arc::clone(slot),
            first,
        }
    }

    pub fn add(&self, took_us: u64) {
        let cell = |index: usize| self.slot.cell(self.first + index);
        cell(SUM).fetch_add(took_us, Ordering::Relaxed);
        // Rarely the shortest or the longest: looking is cheaper than writing.
        for (index, value) in [(LEAST, !took_us), (MOST, took_us)] {
            if value > cell(index).load(Ordering::Relaxed) {
                cell(index).fetch_max(value, Ordering::Relaxed);
            }
        }
        let bucket = usize::from(bucket::of(took_us));
        cell(BUCKETS + bucket).fetch_add(1, Ordering::Relaxed);
    }

    /// All that were added; none of them is taken again. One that is being added may have its count in this
    /// minute and its time in the next, or the other way round.
    pub fn take(&self) -> Option<measured::Times> {
        let grown = |bucket: u16| {
            let cell = self.first + BUCKETS + usize::from(bucket);
            u32::try_from(self.slot.grown(cell)).unwrap_or(u32::MAX)
        };
        let all = (0..bucket::COUNT).filter_map(|it| u16::try_from(it).ok());
        let counts = all.map(|bucket| (bucket, grown(bucket)));
        let buckets: Vec<(u16, u32)> = counts.filter(|it| it.1 > 0).collect();
        let (first, last) = (buckets.first()?.0, buckets.last()?.0);
        let swap = |index: usize| {
            self.slot
                .cell(self.first + index)
                .swap(0, Ordering::Relaxed)
        };
        Some(measured::Times {
            sum_us: self.slot.grown(self.first + SUM),
            least_us: match swap(LEAST) {
                0 => bucket::middle_us(first)?,
                least => !least,
            },
            most_us: match swap(MOST) {
                0 => bucket::middle_us(last)?,
                most => most,
            },
            buckets,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{super::slots::Kind, *};

    #[test]
    fn times_are_taken_once() {
        let slot = Arc::new(Slot::own(Kind::Group));
        let times = Times::over(&slot, 1);
        assert_eq!(times.take(), None);
        for took in [3, 3, 1_000_000] {
            times.add(took);
        }
        let taken = times.take().unwrap();
        assert_eq!(
            (taken.sum_us, taken.least_us, taken.most_us),
            (1_000_006, 3, 1_000_000)
        );
        assert_eq!(taken.buckets, [(3, 2), (bucket::of(1_000_000), 1)]);
        assert_eq!(times.take(), None);
        times.add(7);
        assert_eq!(times.take().unwrap().sum_us, 7);
    }
}
