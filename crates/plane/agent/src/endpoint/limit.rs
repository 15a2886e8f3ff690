//! Forty requests a second for each task, sixty in a burst (ecs.md §11).

use std::collections::BTreeMap;

use parking_lot::Mutex;
use wharf_base::{
    Timestamp,
    bucket::{Bucket, Rate},
};

/// Callers remembered; an idle one is forgotten as soon as its bucket is full again.
const MAX_CALLERS: usize = 10_000;

#[derive(Debug)]
pub struct RateLimit {
    rate: Rate,
    buckets: Mutex<BTreeMap<String, Bucket<Timestamp>>>,
}

impl Default for RateLimit {
    fn default() -> Self {
        Self::new(40, 60)
    }
}

impl RateLimit {
    pub fn new(per_second: u32, burst: u32) -> Self {
        Self {
            rate: Rate::new(burst.into(), per_second.into()),
            buckets: Mutex::default(),
        }
    }

    /// Whether `caller` may ask once more.
    pub fn admit(&self, caller: &str, now: Timestamp) -> bool {
        let mut buckets = self.buckets.lock();
        if buckets.len() >= MAX_CALLERS {
            buckets.retain(|_, bucket| !bucket.is_full(now));
        }
        let bucket = buckets.entry(caller.to_owned());
        bucket
            .or_insert_with(|| Bucket::full(self.rate, now))
            .take(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn burst_then_rate() {
        let limit = RateLimit::default();
        let mut now = Timestamp(0);
        let asked = |now| (0..100).filter(|_| limit.admit("a", now)).count();
        assert_eq!(asked(now), 60);
        assert!(limit.admit("b", now), "each task has its own");
        now = Timestamp(1000);
        assert_eq!(asked(now), 40);
    }
}
