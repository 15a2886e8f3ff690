//! How often images were scanned in the enhanced way, by the day.

use wharf_base::Timestamp;

use super::Registry;
use crate::{
    catalog::Catalog,
    error::EcrError,
    records::{ScanDay, ScanUsage},
};

/// Days that are counted together.
const DAYS: i64 = 30;
const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;

fn day(at: Timestamp) -> i64 {
    at.millis().div_euclid(DAY_MILLIS)
}

impl ScanUsage {
    /// One more scan that ended; `again`: of an image that had been scanned before. Days that count no more are forgotten.
    pub(super) fn count(&mut self, now: Timestamp, again: bool) {
        let today = day(now);
        self.days.retain(|it, _| *it > today - DAYS);
        let of = self.days.entry(today).or_default();
        match again {
            true => of.again += 1,
            false => of.first += 1,
        }
    }

    fn total(&self, now: Timestamp) -> (u64, u64) {
        let counted = self.days.range(day(now) - DAYS + 1..);
        counted.fold((0, 0), |(first, again), (_, it): (&i64, &ScanDay)| {
            (first + it.first, again + it.again)
        })
    }
}

impl Catalog {
    /// Enhanced scans of the last 30 days: of images that were read, and of those that were compared again.
    pub async fn scans_counted(
        &self,
        registry: &Registry,
        now: Timestamp,
    ) -> Result<(u64, u64), EcrError> {
        let found = self
            .read::<ScanUsage>(&registry.keys().scan_usage())
            .await?;
        Ok(found.map_or((0, 0), |it| it.record.total(now)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirty_days_count() {
        let at = |day: i64| Timestamp::from_millis(day * DAY_MILLIS + 5);
        let mut usage = ScanUsage::default();
        usage.count(at(1), false);
        usage.count(at(1), false);
        usage.count(at(20), true);
        assert_eq!(usage.total(at(20)), (2, 1));
        assert_eq!(usage.total(at(30)), (2, 1));
        assert_eq!(usage.total(at(31)), (0, 1));
        usage.count(at(40), false);
        assert_eq!(usage.days.len(), 2, "the first day is forgotten");
        assert_eq!(usage.total(at(40)), (1, 1));
        assert_eq!(usage.total(at(100)), (0, 0));
    }
}
