//! Who writes messages to a queue one after another, so that what is sent first stands first.
//!
//! Of a FIFO queue whose throughput is limited for each message group, messages of different groups have no order
//! among each other: their senders wait for those of the same groups alone, and what they write shares a sync.

use std::{
    collections::BTreeSet,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::Arc,
};

use tokio::sync::{Mutex, OwnedMutexGuard, OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock};

/// Groups share so many lanes; more of them write at once.
const LANES: usize = 16;

#[derive(Debug)]
pub struct Lanes {
    whole: Arc<RwLock<()>>,
    /// Those of groups; a queue without order has none.
    some: Box<[Arc<Mutex<()>>]>,
}

/// The right to write, until it is dropped. Whoever writes takes it along: a caller that goes away meanwhile does not
/// end it.
#[derive(Debug)]
pub enum Turn {
    Whole {
        _all: OwnedRwLockWriteGuard<()>,
    },
    Groups {
        _all: OwnedRwLockReadGuard<()>,
        _some: Vec<OwnedMutexGuard<()>>,
    },
}

impl Lanes {
    pub fn new(fifo: bool) -> Self {
        let lanes = if fifo { LANES } else { 0 };
        Self {
            whole: Arc::default(),
            some: (0..lanes).map(|_| Arc::default()).collect(),
        }
    }

    /// Nobody else writes meanwhile.
    pub async fn whole(&self) -> Turn {
        Turn::Whole {
            _all: self.whole.clone().write_owned().await,
        }
    }

    /// Nobody else writes to these groups meanwhile.
    pub async fn of<'g>(&self, groups: impl Iterator<Item = &'g str>) -> Turn {
        // In the order of their numbers, by all: nobody waits in a circle.
        let lanes: BTreeSet<usize> = groups.map(lane).collect();
        let all = self.whole.clone().read_owned().await;
        let mut some = Vec::with_capacity(lanes.len());
        for lane in lanes.into_iter().filter_map(|it| self.some.get(it)) {
            some.push(lane.clone().lock_owned().await);
        }
        Turn::Groups {
            _all: all,
            _some: some,
        }
    }
}

fn lane(group: &str) -> usize {
    let mut hasher = DefaultHasher::new();
    group.hash(&mut hasher);
    usize::try_from(hasher.finish() % LANES as u64).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::{
        pin::pin,
        task::{Context, Poll, Waker},
    };

    use super::*;

    /// What comes of it at once.
    fn now<T>(waiting: impl Future<Output = T>) -> Option<T> {
        match pin!(waiting).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(it) => Some(it),
            Poll::Pending => None,
        }
    }

    /// Two groups that share no lane.
    fn two() -> [&'static str; 2] {
        let mut others = ["b", "c", "d", "e", "f", "g"].into_iter();
        let other = others.find(|it| lane(it) != lane("a"));
        ["a", other.expect("there are many lanes")]
    }

    #[test]
    fn groups_wait_for_themselves_alone() {
        let (lanes, [one, other]) = (Lanes::new(true), two());
        let of = |groups: &[&'static str]| now(lanes.of(groups.iter().copied()));
        let first = of(&[one]).unwrap();
        let second = of(&[other]).unwrap();
        assert!(of(&[one]).is_none() && of(&[other, one]).is_none());
        assert!(now(lanes.whole()).is_none());
        drop(first);
        assert!(of(&[one]).is_some());
        drop(second);
        let all = now(lanes.whole()).unwrap();
        assert!(of(&[one]).is_none());
        drop(all);
        assert!(of(&[one, other]).is_some());
    }
}
