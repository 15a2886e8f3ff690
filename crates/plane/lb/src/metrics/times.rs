//! How long targets took to answer, counted without a lock by all workers.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use wharf_planeproto::measured::{self, bucket};

/// The times of a group since they were last taken.
#[derive(Debug)]
pub struct Times {
    buckets: Box<[AtomicU32]>,
    sum_us: AtomicU64,
    least_us: AtomicU64,
    most_us: AtomicU64,
}

impl Default for Times {
    fn default() -> Self {
        Self {
            buckets: (0..bucket::COUNT).map(|_| AtomicU32::default()).collect(),
            sum_us: AtomicU64::default(),
            least_us: AtomicU64::new(u64::MAX),
            most_us: AtomicU64::default(),
        }
    }
}

impl Times {
    pub fn add(&self, took_us: u64) {
        self.sum_us.fetch_add(took_us, Ordering::Relaxed);
        // Rarely the shortest or the longest: looking is cheaper than writing.
        if took_us < self.least_us.load(Ordering::Relaxed) {
            self.least_us.fetch_min(took_us, Ordering::Relaxed);
        }
        if took_us > self.most_us.load(Ordering::Relaxed) {
            self.most_us.fetch_max(took_us, Ordering::Relaxed);
        }
        self.buckets[usize::from(bucket::of(took_us))].fetch_add(1, Ordering::Relaxed);
    }

    /// All that were added; none of them is taken again. One that is being added may have its count in this
    /// minute and its time in the next, or the other way round.
    pub fn take(&self) -> Option<measured::Times> {
        let taken = self.buckets.iter().enumerate().filter_map(|(bucket, it)| {
            // Most are empty, and need no write.
            let count = match it.load(Ordering::Relaxed) {
                0 => 0,
                _ => it.swap(0, Ordering::Relaxed),
            };
            let bucket = u16::try_from(bucket).ok()?;
            (count > 0).then_some((bucket, count))
        });
        let buckets: Vec<(u16, u32)> = taken.collect();
        let (first, last) = (buckets.first()?.0, buckets.last()?.0);
        let sum_us = self.sum_us.swap(0, Ordering::Relaxed);
        let least_us = self.least_us.swap(u64::MAX, Ordering::Relaxed);
        let most_us = self.most_us.swap(0, Ordering::Relaxed);
        Some(measured::Times {
            sum_us,
            least_us: match least_us {
                u64::MAX => bucket::middle_us(first)?,
                _ => least_us,
            },
            most_us: match most_us {
                0 => bucket::middle_us(last)?,
                _ => most_us,
            },
            buckets,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_taken_once() {
        let times = Times::default();
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
