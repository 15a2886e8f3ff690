//! Forty requests a second for each task, sixty in a burst (ecs.md §11).

use std::collections::BTreeMap;

use parking_lot::Mutex;
use wharf_base::Timestamp;

/// Callers remembered; an idle one is forgotten as soon as its bucket is full again.
const MAX_CALLERS: usize = 10_000;

#[derive(Debug, Clone, Copy)]
struct Bucket {
    tokens: f64,
    at: Timestamp,
}

#[derive(Debug)]
pub struct RateLimit {
    per_second: f64,
    burst: f64,
    buckets: Mutex<BTreeMap<String, Bucket>>,
}

impl Default for RateLimit {
    fn default() -> Self {
        Self::new(40, 60)
    }
}

impl RateLimit {
    pub fn new(per_second: u32, burst: u32) -> Self {
        Self {
            per_second: per_second.into(),
            burst: burst.into(),
            buckets: Mutex::default(),
        }
    }

    /// Whether `caller` may ask once more.
    pub fn admit(&self, caller: &str, now: Timestamp) -> bool {
        let mut buckets = self.buckets.lock();
        if buckets.len() >= MAX_CALLERS {
            buckets.retain(|_, bucket| self.level(*bucket, now) < self.burst);
        }
        let full = Bucket {
            tokens: self.burst,
            at: now,
        };
        let bucket = buckets.entry(caller.to_owned()).or_insert(full);
        let level = self.level(*bucket, now);
        let admitted = level >= 1.0;
        *bucket = Bucket {
            tokens: if admitted { level - 1.0 } else { level },
            at: now,
        };
        admitted
    }

    fn level(&self, bucket: Bucket, now: Timestamp) -> f64 {
        let gained = now.since(bucket.at).as_secs_f64() * self.per_second;
        (bucket.tokens + gained).min(self.burst)
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
