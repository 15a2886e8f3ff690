//! Keys waiting for work, now or later.
//!
//! A key that failed waits, longer after each failure. A wake-up, while it was worked on or since, says that something
//! changed, so it waits no longer for what made it fail: it is tried once an eighth of that delay has passed since the
//! failure, which is at once for most that are woken in a long one. It does not come at once each time, since a step that
//! fails may have woken its own key, and what it follows may change without end: whatever wakes a key that fails has it
//! tried eight times as often as nobody would, and no more.
//!
//! Keys come in the order in which they were woken, or from lanes that take turns ([`Queue::in_turns`]).

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    hash::Hash,
    time::Duration,
};

use parking_lot::Mutex;
use tokio::{sync::Notify, time::Instant};
use wharf_base::backoff::doubled;

use crate::ready::Ready;

/// First delay after a failure; doubled with each further one.
const FIRST_RETRY: Duration = Duration::from_millis(50);
/// Longest delay between two tries.
const LAST_RETRY: Duration = Duration::from_secs(30);
/// The part of the delay after a failure that no wake-up cuts short.
const LEFT_BY_WAKE_UPS: u32 = 8;

#[derive(Debug)]
pub struct Queue<K> {
    inner: Mutex<Inner<K>>,
    wake: Notify,
}

#[derive(Debug)]
struct Inner<K> {
    ready: Ready<K>,
    /// Keys in `ready`, so that none stands there twice.
    waiting: HashSet<K>,
    working: HashSet<K>,
    /// Woken while worked on.
    again: HashSet<K>,
    /// The earliest moment a key asked for; the number keeps equal moments apart.
    timers: BTreeMap<(Instant, u64), K>,
    timer_of: HashMap<K, (Instant, u64)>,
    failures: HashMap<K, Failing>,
    next_number: u64,
}

/// A key that failed since it last went well.
#[derive(Debug, Clone, Copy)]
struct Failing {
    times: u32,
    /// Nobody has it tried before.
    not_before: Instant,
}

impl<K> Default for Queue<K> {
    fn default() -> Self {
        Self::in_turns(|_| String::new())
    }
}

impl<K> Queue<K> {
    /// Keys in lanes that take turns, each in the lane that `lane_of` names: for work that takes long, of which one account,
    /// say, may have much.
    pub fn in_turns(lane_of: fn(&K) -> String) -> Self {
        let inner = Inner {
            ready: Ready::new(lane_of),
            waiting: HashSet::new(),
            working: HashSet::new(),
            again: HashSet::new(),
            timers: BTreeMap::new(),
            timer_of: HashMap::new(),
            failures: HashMap::new(),
            next_number: 0,
        };
        Self {
            inner: Mutex::new(inner),
            wake: Notify::new(),
        }
    }
}

/// How much a queue holds, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Depth {
    /// Waiting for a worker.
    pub ready: usize,
    pub working: usize,
    /// Failed at least once since they last went well.
    pub failing: usize,
    /// How long the ready key that has waited longest has been waiting.
    pub lag: Duration,
}

impl<K: Clone + Eq + Hash> Queue<K> {
    pub fn depth(&self) -> Depth {
        let inner = self.lock();
        Depth {
            ready: inner.ready.len(),
            working: inner.working.len(),
            failing: inner.failures.len(),
            lag: (inner.ready.since()).map_or(Duration::ZERO, |since| since.elapsed()),
        }
    }

    /// Wants `key` looked at as soon as a worker is free, or, if it failed just now, soon.
    pub fn wake(&self, key: K) {
        self.lock().push(key, Instant::now());
        self.wake.notify_one();
    }

    /// Wants `key` looked at after `delay` at the latest; an earlier wish stands.
    pub fn wake_after(&self, key: K, delay: Duration) {
        self.lock().set_timer(key, Instant::now() + delay);
        self.wake.notify_one();
    }

    /// The next key; it belongs to the caller until [`Queue::done`], [`Queue::deferred`] or [`Queue::failed`].
    pub async fn next(&self) -> K {
        loop {
            let notified = self.wake.notified();
            let timer = {
                let mut inner = self.lock();
                inner.fire(Instant::now());
                if let Some(key) = inner.take() {
                    if !inner.ready.is_empty() {
                        self.wake.notify_one();
                    }
                    return key;
                }
                inner.timers.keys().next().map(|(at, _)| *at)
            };
            match timer {
                Some(at) => tokio::select! {
                    () = notified => {}
                    () = tokio::time::sleep_until(at) => {}
                },
                None => notified.await,
            }
        }
    }

    /// The key was dealt with.
    pub fn done(&self, key: &K) {
        self.finish(key, false);
    }

    /// The key could not be dealt with: it comes back after a delay that grows with each failure, sooner if it is woken.
    pub fn failed(&self, key: &K) {
        self.finish(key, true);
    }

    /// It was not the key's turn: it comes back after a delay, and what failed before still counts.
    pub fn deferred(&self, key: &K, delay: Duration) {
        let (mut inner, now) = (self.lock(), Instant::now());
        inner.working.remove(key);
        // Whoever woke it meanwhile has it looked at then.
        inner.again.remove(key);
        inner.set_timer(key.clone(), now + delay);
        drop(inner);
        self.wake.notify_one();
    }

    fn finish(&self, key: &K, failed: bool) {
        let (mut inner, now) = (self.lock(), Instant::now());
        inner.working.remove(key);
        if failed {
            let times = inner.failures.get(key).map_or(0, |it| it.times);
            let times = times.saturating_add(1);
            let delay = doubled(FIRST_RETRY, LAST_RETRY, times);
            let not_before = now + delay / LEFT_BY_WAKE_UPS;
            let failing = Failing { times, not_before };
            inner.failures.insert(key.clone(), failing);
            inner.set_timer(key.clone(), now + delay);
        } else {
            inner.failures.remove(key);
        }
        if inner.again.remove(key) {
            inner.push(key.clone(), now);
        }
        drop(inner);
        self.wake.notify_one();
    }

    fn lock(&self) -> parking_lot::MutexGuard<'_, Inner<K>> {
        self.inner.lock()
    }
}

impl<K: Clone + Eq + Hash> Inner<K> {
    fn push(&mut self, key: K, now: Instant) {
        if self.working.contains(&key) {
            self.again.insert(key);
            return;
        }
        let failing = self.failures.get(&key);
        if let Some(later) = failing.map(|it| it.not_before).filter(|it| *it > now) {
            self.set_timer(key, later);
        } else if self.waiting.insert(key.clone()) {
            self.ready.push(key, now);
        }
    }

    fn take(&mut self) -> Option<K> {
        let key = self.ready.pop()?;
        self.waiting.remove(&key);
        self.working.insert(key.clone());
        Some(key)
    }

    fn set_timer(&mut self, key: K, at: Instant) {
        match self.timer_of.get(&key) {
            Some((earlier, _)) if *earlier <= at => return,
            Some(later) => {
                self.timers.remove(later);
            }
            None => {}
        }
        self.next_number += 1;
        self.timer_of.insert(key.clone(), (at, self.next_number));
        self.timers.insert((at, self.next_number), key);
    }

    fn fire(&mut self, now: Instant) {
        while let Some(first) = self.timers.first_entry() {
            if first.key().0 > now {
                break;
            }
            let key = first.remove();
            self.timer_of.remove(&key);
            self.push(key, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn duplicates_merge_and_work_on_a_key_is_never_shared() {
        let queue = Queue::default();
        queue.wake("a");
        queue.wake("a");
        queue.wake("b");
        assert_eq!(queue.next().await, "a");
        queue.wake("a");
        assert_eq!(queue.next().await, "b");
        let empty = tokio::time::timeout(Duration::from_secs(60), queue.next()).await;
        assert!(empty.is_err(), "a is being worked on");
        queue.done(&"a");
        assert_eq!(queue.next().await, "a");
    }

    #[tokio::test(start_paused = true)]
    async fn lanes_take_turns() {
        let queue: Queue<&str> = Queue::in_turns(|key| key[..1].to_owned());
        for key in ["a1", "a2", "a3"] {
            queue.wake(key);
        }
        assert_eq!(queue.next().await, "a1");
        tokio::time::advance(Duration::from_secs(3)).await;
        for key in ["b1", "a4", "c1", "b2"] {
            queue.wake(key);
        }
        let depth = queue.depth();
        assert_eq!((depth.ready, depth.lag), (6, Duration::from_secs(3)));
        for expected in ["a2", "b1", "c1", "a3", "b2", "a4"] {
            assert_eq!(queue.next().await, expected);
        }
        assert_eq!(queue.depth().lag, Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn depth_and_lag() {
        let queue = Queue::default();
        assert_eq!(queue.depth(), Depth::default());
        queue.wake("a");
        tokio::time::advance(Duration::from_secs(3)).await;
        queue.wake("b");
        let depth = queue.depth();
        assert_eq!((depth.ready, depth.lag), (2, Duration::from_secs(3)));
        let key = queue.next().await;
        queue.failed(&key);
        let depth = queue.depth();
        assert_eq!((depth.ready, depth.working, depth.failing), (1, 0, 1));
        assert_eq!(depth.lag, Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn the_earliest_timer_counts() {
        let queue = Queue::default();
        let start = Instant::now();
        queue.wake_after("a", Duration::from_secs(5));
        queue.wake_after("a", Duration::from_secs(2));
        queue.wake_after("a", Duration::from_secs(9));
        assert_eq!(queue.next().await, "a");
        assert_eq!(start.elapsed().as_secs(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn failures_back_off_until_success() {
        let queue = Queue::default();
        queue.wake("a");
        let start = Instant::now();
        for _ in 0..3 {
            let key = queue.next().await;
            queue.failed(&key);
        }
        let key = queue.next().await;
        // 50, 100 and 200 ms, as tokio's clock rounds them.
        assert!(
            (350..=360).contains(&start.elapsed().as_millis()),
            "{:?}",
            start.elapsed()
        );
        queue.done(&key);
        queue.wake("a");
        let key = queue.next().await;
        queue.failed(&key);
        let again = Instant::now();
        queue.next().await;
        assert!(again.elapsed() < Duration::from_millis(60));
    }

    /// A key that failed so many times, one after another, just now.
    async fn failing(times: u32) -> Queue<&'static str> {
        let queue = Queue::default();
        queue.wake("a");
        for _ in 0..times {
            let key = queue.next().await;
            queue.failed(&key);
        }
        queue
    }

    /// How long it takes until the key comes, in milliseconds, as tokio's clock rounds them.
    async fn comes_after(queue: &Queue<&str>) -> u128 {
        let start = Instant::now();
        queue.next().await;
        start.elapsed().as_millis()
    }

    #[tokio::test(start_paused = true)]
    async fn a_wake_up_cuts_the_wait_of_a_failure_short() {
        // The ninth failure is waited for for 12.8 seconds.
        let alone = failing(9).await;
        assert!((12_800..12_810).contains(&comes_after(&alone).await));

        let during_the_step = failing(8).await;
        let key = during_the_step.next().await;
        during_the_step.wake("a");
        during_the_step.failed(&key);
        assert!((1600..1610).contains(&comes_after(&during_the_step).await));

        let soon = failing(9).await;
        tokio::time::advance(Duration::from_millis(600)).await;
        soon.wake("a");
        soon.wake_after("a", Duration::from_millis(1));
        assert_eq!(soon.depth().ready, 0);
        assert!((1000..1010).contains(&comes_after(&soon).await));

        let later = failing(9).await;
        tokio::time::advance(Duration::from_secs(2)).await;
        later.wake("a");
        assert_eq!(later.depth().ready, 1);
        assert_eq!(comes_after(&later).await, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_not_looked_at_has_not_gone_well() {
        let queue = failing(9).await;
        let key = queue.next().await;
        queue.wake("a");
        queue.deferred(&key, Duration::from_millis(10));
        assert_eq!(queue.depth().failing, 1);
        assert!((10..20).contains(&comes_after(&queue).await));
        queue.failed(&key);
        assert!(comes_after(&queue).await > 12_800);
    }

    #[tokio::test(start_paused = true)]
    async fn a_wake_up_that_was_heeded_is_over() {
        let queue = failing(8).await;
        let key = queue.next().await;
        queue.wake("a");
        queue.failed(&key);
        let key = queue.next().await;
        // Nothing woke it this time.
        queue.failed(&key);
        assert!((25_600..25_610).contains(&comes_after(&queue).await));
        // What went well owes nothing to its failures of before.
        queue.done(&"a");
        queue.wake("a");
        assert_eq!(comes_after(&queue).await, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn what_wakes_without_end_does_not_have_a_failing_key_tried_without_end() {
        let tries = async |wakes: bool| {
            let (queue, start) = (Queue::default(), Instant::now());
            queue.wake("a");
            let mut tries = 0;
            while start.elapsed() < Duration::from_secs(600) {
                let key = queue.next().await;
                tries += 1;
                if wakes {
                    queue.wake("a");
                }
                queue.failed(&key);
                if wakes {
                    queue.wake("a");
                    queue.wake_after("a", Duration::ZERO);
                }
            }
            tries
        };
        let (alone, woken) = (tries(false).await, tries(true).await);
        assert!(
            woken > 4 * alone && woken <= 8 * alone,
            "{woken} tries instead of {alone}"
        );
    }
}
