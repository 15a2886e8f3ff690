//! When leases end. Deadlines live in memory alone: a keep-alive costs no write, and after a restart
//! every lease has its whole time again, as after a change of leader in etcd.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
    time::{Duration, Instant},
};

use wharf_base::Clock;

use crate::LeaseId;

/// The end of a lease that failed, on a full disk say, is tried again this much later.
const RETRY_SECONDS: u64 = 1;

/// Deadlines in buckets of one tick.
#[derive(Debug)]
pub(crate) struct LeaseTimers {
    time: LeaseTime,
    tick: Duration,
    buckets: BTreeMap<u64, BTreeSet<LeaseId>>,
    deadlines: HashMap<LeaseId, Deadline>,
}

#[derive(Debug, Clone, Copy)]
struct Deadline {
    bucket: u64,
    /// `None`: its time is over, and its end is tried again.
    ttl_seconds: Option<u64>,
}

#[derive(Debug)]
enum LeaseTime {
    SinceStart(Instant),
    Given(Arc<dyn Clock>),
}

impl LeaseTimers {
    pub(crate) fn new(clock: Option<Arc<dyn Clock>>, tick: Duration) -> Self {
        Self {
            time: clock.map_or_else(|| LeaseTime::SinceStart(Instant::now()), LeaseTime::Given),
            tick: tick.max(Duration::from_millis(1)),
            buckets: BTreeMap::new(),
            deadlines: HashMap::new(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.deadlines.is_empty()
    }

    /// Starts or restarts a lease's time.
    pub(crate) fn start(&mut self, id: LeaseId, ttl_seconds: u64) {
        self.ends_in(id, ttl_seconds, Some(ttl_seconds));
    }

    /// The end of a lease whose time is over failed. Until it is tried again nobody keeps the lease alive.
    pub(crate) fn retry(&mut self, id: LeaseId) {
        self.ends_in(id, RETRY_SECONDS, None);
    }

    /// Whether the time of a lease is over and its end failed.
    pub(crate) fn is_over(&self, id: LeaseId) -> bool {
        let deadline = self.deadlines.get(&id);
        deadline.is_some_and(|it| it.ttl_seconds.is_none())
    }

    fn ends_in(&mut self, id: LeaseId, seconds: u64, ttl_seconds: Option<u64>) {
        self.stop(id);
        let ticks_per_second = 1000.0 / self.tick.as_millis().max(1) as f64;
        // Rounded up by a whole tick: a lease lasts at least as long as was promised.
        let ticks = (seconds as f64 * ticks_per_second).ceil() as u64;
        let bucket = self.now().saturating_add(ticks).saturating_add(1);
        self.deadlines.insert(
            id,
            Deadline {
                bucket,
                ttl_seconds,
            },
        );
        self.buckets.entry(bucket).or_default().insert(id);
    }

    /// Gives a lease its whole time again; `None` if it has ended.
    pub(crate) fn keep_alive(&mut self, id: LeaseId) -> Option<u64> {
        let ttl_seconds = self.deadlines.get(&id)?.ttl_seconds?;
        self.start(id, ttl_seconds);
        Some(ttl_seconds)
    }

    pub(crate) fn stop(&mut self, id: LeaseId) {
        if let Some(Deadline { bucket, .. }) = self.deadlines.remove(&id)
            && let Some(ids) = self.buckets.get_mut(&bucket)
        {
            ids.remove(&id);
            if ids.is_empty() {
                self.buckets.remove(&bucket);
            }
        }
    }

    /// Takes out the leases that have ended by now; from here on they cannot be kept alive.
    pub(crate) fn take_ended(&mut self) -> Vec<LeaseId> {
        let now = self.now();
        let mut ended = Vec::new();
        while let Some(bucket) = self.buckets.first_entry().filter(|b| *b.key() <= now) {
            ended.extend(bucket.remove());
        }
        for id in &ended {
            self.deadlines.remove(id);
        }
        ended
    }

    fn now(&self) -> u64 {
        let millis = match &self.time {
            LeaseTime::SinceStart(start) => start.elapsed().as_millis(),
            LeaseTime::Given(clock) => clock.now().millis().max(0) as u128,
        };
        u64::try_from(millis / self.tick.as_millis().max(1)).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wharf_base::{TestClock, Timestamp};

    #[test]
    fn ends_after_its_time_and_no_sooner() {
        let clock = Arc::new(TestClock::at(Timestamp(1_000_250)));
        let mut timers = LeaseTimers::new(Some(clock.clone()), Duration::from_millis(500));
        let (a, b) = (LeaseId(1), LeaseId(2));
        timers.start(a, 10);
        timers.start(b, 10);
        clock.advance(Duration::from_millis(9_990));
        assert_eq!(timers.take_ended(), []);
        assert_eq!(timers.keep_alive(b), Some(10));
        clock.advance(Duration::from_millis(510));
        assert_eq!(timers.take_ended(), [a]);
        assert_eq!(timers.keep_alive(a), None);
        clock.advance(Duration::from_secs(10));
        assert_eq!(timers.take_ended(), [b]);
        // Its keys could not be deleted.
        assert!(!timers.is_over(b));
        timers.retry(b);
        assert!(timers.is_over(b));
        assert_eq!(timers.keep_alive(b), None);
        clock.advance(Duration::from_millis(1_500));
        assert_eq!(timers.take_ended(), [b]);
        assert!(timers.is_empty() && timers.buckets.is_empty());
    }
}
