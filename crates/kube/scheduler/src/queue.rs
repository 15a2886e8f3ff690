//! Pods that wait for a node: by priority, then by age; those that found none until something changes that could matter to them, and
//! not sooner than their back-off says.

use std::{
    cmp::Reverse,
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use serde_json::Value;
use tokio::time::Instant;
use wharf_base::backoff::doubled;

use crate::{filter::Refusal, pod::Pod};

const FIRST_WAIT: Duration = Duration::from_secs(1);
const LAST_WAIT: Duration = Duration::from_secs(10);

/// What happened in a cluster that pods may wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct News(u8);

impl News {
    /// A node came or changed.
    pub const NODES: Self = Self(1);
    /// A pod left a node.
    pub const ROOM: Self = Self(2);
    /// A pod came to a node.
    pub const PODS: Self = Self(4);
    pub const VOLUMES: Self = Self(8);
    /// A node may take more volumes than before.
    pub const DETACHED: Self = Self(16);

    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    fn touches(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// What may change a refusal.
    pub fn for_refusals<'a>(refusals: impl IntoIterator<Item = &'a Refusal>) -> Self {
        refusals.into_iter().fold(Self::NODES, |sum, refusal| {
            sum.and(match refusal {
                Refusal::Unschedulable
                | Refusal::Taint(_)
                | Refusal::NodeAffinity
                | Refusal::SpreadLabel => Self::NODES,
                Refusal::Ports
                | Refusal::TooManyPods
                | Refusal::Insufficient(..)
                | Refusal::OnePodVolume => Self::ROOM,
                Refusal::TooManyVolumes => Self::ROOM.and(Self::DETACHED),
                Refusal::VolumeAffinity | Refusal::VolumeZone | Refusal::NoVolume => Self::VOLUMES,
                Refusal::PodAffinity => Self::PODS,
                Refusal::Spread | Refusal::PodAntiAffinity | Refusal::ExistingAntiAffinity => {
                    Self::ROOM.and(Self::PODS)
                }
            })
        })
    }
}

/// A pod that waits, with the object it was read from.
#[derive(Debug, Clone)]
pub struct Waiting {
    pub pod: Arc<Pod>,
    pub object: Arc<Value>,
    state: State,
    failures: u32,
    /// Among those of its priority.
    number: u64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    Active,
    /// Until the moment.
    BackOff(Instant),
    /// Until one of these, and not before the moment.
    Parked(News, Instant),
    /// Its binding is on the way.
    Binding,
}

#[derive(Debug, Default)]
pub struct Queue {
    waiting: HashMap<String, Waiting>,
    active: BTreeSet<(Reverse<i64>, u64, String)>,
    timers: BTreeSet<(Instant, String)>,
    next_number: u64,
}

impl Queue {
    /// A pod that is new, or changed: it gets another chance if what it asks for did.
    pub fn put(&mut self, object: Arc<Value>) {
        let uid = object["metadata"]["uid"].as_str().unwrap_or_default();
        if let Some(known) = self.waiting.get_mut(uid) {
            let same = |part: &str, inner: &str| known.object[part][inner] == object[part][inner];
            let is_same = known.object["spec"] == object["spec"]
                && same("metadata", "labels")
                && same("metadata", "ownerReferences");
            if is_same || known.state == State::Binding {
                known.object = object;
                return;
            }
        }
        let pod = Arc::new(Pod::read(&object));
        self.remove(&pod.uid);
        self.next_number += 1;
        let waiting = Waiting {
            object,
            state: State::Active,
            failures: 0,
            number: self.next_number,
            pod: pod.clone(),
        };
        self.active
            .insert((Reverse(pod.priority), waiting.number, pod.uid.clone()));
        self.waiting.insert(pod.uid.clone(), waiting);
    }

    pub fn remove(&mut self, uid: &str) -> Option<Waiting> {
        let waiting = self.waiting.remove(uid)?;
        self.unlist(uid, &waiting);
        Some(waiting)
    }

    #[cfg(test)]
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    fn unlist(&mut self, uid: &str, waiting: &Waiting) {
        match waiting.state {
            State::Active => {
                let key = (
                    Reverse(waiting.pod.priority),
                    waiting.number,
                    uid.to_owned(),
                );
                self.active.remove(&key);
            }
            State::BackOff(until) => {
                self.timers.remove(&(until, uid.to_owned()));
            }
            State::Parked(..) | State::Binding => {}
        }
    }

    fn set(&mut self, uid: &str, state: State) {
        let Some(mut waiting) = self.waiting.remove(uid) else {
            return;
        };
        self.unlist(uid, &waiting);
        waiting.state = state;
        match state {
            State::Active => {
                let key = (
                    Reverse(waiting.pod.priority),
                    waiting.number,
                    uid.to_owned(),
                );
                self.active.insert(key);
            }
            State::BackOff(until) => {
                self.timers.insert((until, uid.to_owned()));
            }
            State::Parked(..) | State::Binding => {}
        }
        self.waiting.insert(uid.to_owned(), waiting);
    }

    /// The pod whose turn it is. It stays out of the way until it is failed, retried or removed.
    pub fn next(&mut self, now: Instant) -> Option<Waiting> {
        while let Some((until, uid)) = self.timers.first().cloned() {
            if until > now {
                break;
            }
            self.set(&uid, State::Active);
        }
        let (_, _, uid) = self.active.first().cloned()?;
        self.set(&uid, State::Binding);
        self.waiting.get(&uid).cloned()
    }

    /// When a pod's back-off is over.
    pub fn next_timer(&self) -> Option<Instant> {
        self.timers.first().map(|(until, _)| *until)
    }

    /// No node was found; it waits for news.
    pub fn park(&mut self, uid: &str, news: News, now: Instant) {
        let until = self.after_failure(uid, now);
        self.set(uid, State::Parked(news, until));
    }

    /// Something went wrong; it is tried again after its back-off.
    pub fn retry(&mut self, uid: &str, now: Instant) {
        let until = self.after_failure(uid, now);
        self.set(uid, State::BackOff(until));
    }

    fn after_failure(&mut self, uid: &str, now: Instant) -> Instant {
        let failures = self.waiting.get_mut(uid).map_or(1, |it| {
            it.failures = it.failures.saturating_add(1);
            it.failures
        });
        now + doubled(FIRST_WAIT, LAST_WAIT, failures)
    }

    /// Gives those another chance who wait for this.
    pub fn tell(&mut self, news: News, now: Instant) {
        let touched = self.waiting.iter().filter_map(|(uid, it)| match it.state {
            State::Parked(awaited, until) if awaited.touches(news) => Some((uid.clone(), until)),
            _ => None,
        });
        let touched: Vec<_> = touched.collect();
        for (uid, until) in touched {
            match until > now {
                true => self.set(&uid, State::BackOff(until)),
                false => self.set(&uid, State::Active),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pod(uid: &str, priority: i64) -> Arc<Value> {
        Arc::new(json!({"metadata": {"uid": uid, "name": uid}, "spec": {"priority": priority}}))
    }

    fn next(queue: &mut Queue, now: Instant) -> Option<String> {
        queue.next(now).map(|it| it.pod.uid.clone())
    }

    #[tokio::test(start_paused = true)]
    async fn by_priority_then_age() {
        let mut queue = Queue::default();
        let now = Instant::now();
        for (uid, priority) in [("a", 0), ("b", 5), ("c", 0), ("d", 5)] {
            queue.put(pod(uid, priority));
        }
        let order: Vec<_> = std::iter::from_fn(|| next(&mut queue, now)).collect();
        assert_eq!(order, ["b", "d", "a", "c"]);
    }

    #[tokio::test(start_paused = true)]
    async fn parked_pods_wait_for_their_news_and_their_back_off() {
        let mut queue = Queue::default();
        let start = Instant::now();
        queue.put(pod("a", 0));
        next(&mut queue, start);
        queue.park("a", News::ROOM, start);
        queue.tell(News::PODS, start + Duration::from_secs(9));
        assert_eq!(next(&mut queue, start + Duration::from_secs(9)), None);
        queue.tell(News::ROOM.and(News::NODES), start);
        assert_eq!(next(&mut queue, start), None);
        assert_eq!(queue.next_timer(), Some(start + FIRST_WAIT));
        let later = start + FIRST_WAIT;
        assert_eq!(next(&mut queue, later), Some("a".to_owned()));
        queue.park("a", News::ROOM, later);
        queue.tell(News::ROOM, later + 2 * FIRST_WAIT);
        assert_eq!(
            next(&mut queue, later + 2 * FIRST_WAIT),
            Some("a".to_owned())
        );
    }

    #[tokio::test(start_paused = true)]
    async fn only_what_matters_gives_another_chance() {
        let mut queue = Queue::default();
        let now = Instant::now();
        queue.put(pod("a", 0));
        next(&mut queue, now);
        queue.park("a", News::ROOM, now);
        let mut changed = (*pod("a", 0)).clone();
        changed["status"] = json!({"conditions": []});
        queue.put(Arc::new(changed.clone()));
        assert_eq!(next(&mut queue, now), None);
        changed["spec"]["nodeSelector"] = json!({"a": "b"});
        queue.put(Arc::new(changed));
        assert_eq!(next(&mut queue, now), Some("a".to_owned()));
        queue.remove("a");
        assert!(queue.is_empty());
    }
}
