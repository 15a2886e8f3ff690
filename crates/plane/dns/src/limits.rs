//! How much each task may ask, and all tasks of a network together. Pure but for the lock.
//!
//! Addresses cannot be borrowed in a scope, so an address is a task.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Instant;

use parking_lot::{Mutex, MutexGuard};
use wharf_base::bucket::{Bucket, Rate};

/// Questions of one interface a second, and in a burst; as many as AWS takes.
const QUESTIONS: Rate = Rate::even(1024.0);
/// Questions of one source that wait for the host's name servers.
const WAITING_OF_SOURCE: usize = 64;
/// Those of all sources of a scope.
const WAITING: usize = 512;
/// TCP connections of one source, and of all in a scope.
const CONNECTIONS_OF_SOURCE: usize = 8;
const CONNECTIONS: usize = 128;
/// Sources remembered; a scope has fewer tasks.
const MAX_SOURCES: usize = 4096;

#[derive(Debug)]
struct Source {
    questions: Bucket<Instant>,
    held: Held,
}

/// Places that are taken, of each kind.
#[derive(Debug, Default)]
struct Held {
    waiting: usize,
    connections: usize,
}

impl Held {
    fn of(&mut self, kind: Kind) -> &mut usize {
        match kind {
            Kind::Waiting => &mut self.waiting,
            Kind::Connection => &mut self.connections,
        }
    }
}

#[derive(Debug, Default)]
struct State {
    sources: HashMap<Ipv4Addr, Source>,
    /// Of all sources.
    held: Held,
}

/// The limits of one scope. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Limits(Arc<Mutex<State>>);

#[derive(Debug, Clone, Copy)]
enum Kind {
    Waiting,
    Connection,
}

/// A place; free again when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    limits: Limits,
    source: Ipv4Addr,
    kind: Kind,
}

impl Limits {
    /// Whether one more question of `source` is looked at.
    pub(crate) fn admit(&self, source: Ipv4Addr, now: Instant) -> bool {
        let mut state = self.lock();
        let source = state.source(source, now);
        source.is_some_and(|source| source.questions.take(now))
    }

    /// A place among the questions that wait for somebody else's answer.
    pub(crate) fn wait(&self, source: Ipv4Addr, now: Instant) -> Option<Place> {
        self.place(source, now, Kind::Waiting)
    }

    pub(crate) fn connect(&self, source: Ipv4Addr, now: Instant) -> Option<Place> {
        self.place(source, now, Kind::Connection)
    }

    fn place(&self, source: Ipv4Addr, now: Instant, kind: Kind) -> Option<Place> {
        let mut state = self.lock();
        let (most, most_of_source) = match kind {
            Kind::Waiting => (WAITING, WAITING_OF_SOURCE),
            Kind::Connection => (CONNECTIONS, CONNECTIONS_OF_SOURCE),
        };
        let is_full = *state.held.of(kind) >= most;
        let own = state.source(source, now)?.held.of(kind);
        if is_full || *own >= most_of_source {
            return None;
        }
        *own += 1;
        *state.held.of(kind) += 1;
        Some(Place {
            limits: self.clone(),
            source,
            kind,
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock()
    }
}

impl State {
    fn source(&mut self, address: Ipv4Addr, now: Instant) -> Option<&mut Source> {
        if self.sources.len() >= MAX_SOURCES && !self.sources.contains_key(&address) {
            let is_used = |it: &Source| it.held.waiting + it.held.connections > 0;
            self.sources
                .retain(|_, it| is_used(it) || !it.questions.is_full(now));
            if self.sources.len() >= MAX_SOURCES {
                return None;
            }
        }
        Some(self.sources.entry(address).or_insert(Source {
            questions: Bucket::full(QUESTIONS, now),
            held: Held::default(),
        }))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.limits.lock();
        *state.held.of(self.kind) -= 1;
        if let Some(source) = state.sources.get_mut(&self.source) {
            *source.held.of(self.kind) -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn task(n: u32) -> Ipv4Addr {
        Ipv4Addr::from_bits(n)
    }

    #[test]
    fn a_source_has_its_rate() {
        let limits = Limits::default();
        let mut now = Instant::now();
        let asked = |now| (0..3000).filter(|_| limits.admit(task(1), now)).count();
        assert_eq!(asked(now), 1024);
        assert!(limits.admit(task(2), now), "each has its own");
        now += Duration::from_millis(500);
        assert_eq!(asked(now), 512);
    }

    #[test]
    fn nobody_takes_all_places() {
        let limits = Limits::default();
        let now = Instant::now();
        let take = |n| -> Vec<Place> {
            let places = (0..1000).map(|_| limits.wait(task(n), now));
            places.flatten().collect()
        };
        let first = take(1);
        assert_eq!(first.len(), WAITING_OF_SOURCE);
        let others: Vec<Vec<Place>> = (2..20).map(take).collect();
        assert_eq!(
            first.len() + others.iter().map(Vec::len).sum::<usize>(),
            WAITING
        );
        drop(first);
        assert_eq!(take(30).len(), WAITING_OF_SOURCE);
        let connections: Vec<Place> = (0..20)
            .filter_map(|_| limits.connect(task(1), now))
            .collect();
        assert_eq!(connections.len(), CONNECTIONS_OF_SOURCE);
        drop((others, connections));
        let state = limits.lock();
        assert_eq!((state.held.waiting, state.held.connections), (0, 0));
    }

    #[test]
    fn sources_are_forgotten() {
        let limits = Limits::default();
        let mut now = Instant::now();
        let held = limits.wait(task(0), now);
        for n in 1..MAX_SOURCES as u32 {
            assert!(limits.admit(task(n), now));
        }
        assert!(!limits.admit(task(1 << 20), now));
        now += Duration::from_secs(1);
        assert!(limits.admit(task(1 << 20), now));
        assert_eq!(limits.lock().sources.len(), 2);
        drop(held);
    }
}
