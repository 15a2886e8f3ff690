//! How many connections tasks hold at the agent, so that none takes another's place and the agent
//! always has descriptors for its own files.
//!
//! Each task has a share. All shares together are far more than there is room for, as few tasks use
//! theirs; when there is none left, a task with fewer connections takes the place of the oldest one
//! of the task that has the most.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use parking_lot::{Mutex, MutexGuard};
use tokio_util::sync::CancellationToken;

use super::Caller;

/// Connections of one task at a time, to metadata and AWS endpoint together: an SDK's pool has ten
/// to fifty.
const PER_TASK: usize = 64;
/// Of all tasks in the host's network, and programs of the machine, together.
const OF_HOST: usize = 256;
/// A connection that is passed on takes two descriptors, and one more while the way is looked up.
const DESCRIPTORS_EACH: u64 = 3;
/// Least and most connections of all tasks.
const TOTAL: (usize, usize) = (64, 4096);

/// How many connections there may be.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub total: usize,
    pub per_task: usize,
    pub of_host: usize,
}

impl Limits {
    /// A quarter of the descriptors that the process may have: shims, logs, images and state need
    /// the rest.
    pub fn for_descriptors(descriptors: u64) -> Self {
        let fit = usize::try_from(descriptors / 4 / DESCRIPTORS_EACH).unwrap_or(usize::MAX);
        let total = fit.clamp(TOTAL.0, TOTAL.1);
        Self {
            total,
            per_task: PER_TASK.min(total / 2),
            of_host: OF_HOST.min(total / 2),
        }
    }

    /// For this process.
    pub fn of_process() -> Self {
        use nix::sys::resource::{Resource, getrlimit};
        let soft = getrlimit(Resource::RLIMIT_NOFILE).map_or(1024, |(soft, _)| soft);
        Self::for_descriptors(soft)
    }
}

/// All connections of all endpoints. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Connections {
    limits: Limits,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    /// Oldest first.
    of: BTreeMap<Caller, VecDeque<(u64, CancellationToken)>>,
    total: usize,
    next: u64,
}

/// The place of one connection; free again when dropped.
#[derive(Debug)]
pub struct Slot {
    all: Connections,
    caller: Caller,
    id: u64,
    displaced: CancellationToken,
}

impl Connections {
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            state: Arc::default(),
        }
    }

    /// A place for one more connection of `caller`; `None` if it has its share.
    pub fn admit(&self, caller: &Caller) -> Option<Slot> {
        let share = match caller {
            Caller::Host => self.limits.of_host,
            Caller::Task(_) | Caller::Unknown(..) => self.limits.per_task,
        };
        let mut state = self.lock();
        let own = state.of.get(caller).map_or(0, VecDeque::len);
        if own >= share {
            return None;
        }
        if state.total >= self.limits.total {
            state.displace(own)?;
        }
        let (id, displaced) = (state.next, CancellationToken::new());
        state.next += 1;
        state.total += 1;
        let of = state.of.entry(caller.clone()).or_default();
        of.push_back((id, displaced.clone()));
        Some(Slot {
            all: self.clone(),
            caller: caller.clone(),
            id,
            displaced,
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    #[cfg(test)]
    fn total(&self) -> usize {
        self.lock().total
    }
}

impl State {
    /// Ends the oldest connection of whoever has the most; `None` if that would only turn round who
    /// has more than the other.
    fn displace(&mut self, own: usize) -> Option<()> {
        let (most, of) = self.of.iter().max_by_key(|(_, of)| of.len())?;
        if of.len() <= own + 1 {
            return None;
        }
        let (most, id) = (most.clone(), of.front()?.0);
        let ended = self.remove(&most, id)?;
        ended.cancel();
        Some(())
    }

    fn remove(&mut self, caller: &Caller, id: u64) -> Option<CancellationToken> {
        let of = self.of.get_mut(caller)?;
        let at = of.iter().position(|(known, _)| *known == id)?;
        let (_, token) = of.remove(at)?;
        if of.is_empty() {
            self.of.remove(caller);
        }
        self.total -= 1;
        Some(token)
    }
}

impl Slot {
    /// Returns when another task needs the place.
    pub async fn displaced(&self) {
        self.displaced.cancelled().await;
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        // Nothing is left to remove where it was displaced.
        self.all.lock().remove(&self.caller, self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        total: 10,
        per_task: 6,
        of_host: 8,
    };

    fn task(id: &str) -> Caller {
        Caller::Task(id.to_owned())
    }

    #[test]
    fn a_task_has_its_share_and_no_more() {
        let all = Connections::new(LIMITS);
        let mut held: Vec<_> = (0..9).filter_map(|_| all.admit(&task("a"))).collect();
        assert_eq!(held.len(), 6);
        held.pop();
        assert!(
            all.admit(&task("a")).is_some(),
            "a place that was given back"
        );
        assert!(all.admit(&task("b")).is_some());
        drop(held);
        assert_eq!(all.total(), 0);
    }

    #[test]
    fn who_has_most_makes_room() {
        let all = Connections::new(LIMITS);
        let many: Vec<_> = (0..6).filter_map(|_| all.admit(&task("many"))).collect();
        let some: Vec<_> = (0..4).filter_map(|_| all.admit(&task("some"))).collect();
        assert_eq!((many.len(), some.len(), all.total()), (6, 4, 10));
        let one = all.admit(&task("one")).unwrap();
        assert!(many[0].displaced.is_cancelled() && !many[1].displaced.is_cancelled());
        assert!(!some[0].displaced.is_cancelled());
        assert_eq!(all.total(), 10);
        // Six, four, one: now five; then nobody has many more than the rest.
        assert!(all.admit(&task("some")).is_none());
        drop((many, some, one));
        assert_eq!(all.total(), 0);
    }

    #[test]
    fn limits_follow_the_descriptors() {
        let total = |descriptors| Limits::for_descriptors(descriptors).total;
        assert_eq!(total(256), 64);
        assert_eq!(total(1024), 85);
        assert_eq!(total(20_000), 1666);
        assert_eq!(total(u64::MAX), 4096);
        assert_eq!(Limits::for_descriptors(1024).per_task, 42);
    }
}
