//! The connections that the gateway serves: two pools, and a share for each source.
//!
//! A connection begins among the strangers, whoever opened it. One over which a node proved to be
//! one (a subscription or an agent's socket that was admitted, or a call signed by a node's own
//! key) moves to the nodes' pool and frees its place. Where the strangers' pool or a source's share
//! is full, the connection that has been idle longest gives way to the new one; then the one whose
//! unverified request has been arriving longest. A connection with an admitted request is never
//! closed for another.
//!
//! Both pools together stay well below the limit of descriptors, so that files and sockets of the
//! server's own never fail for want of one.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use parking_lot::{Mutex, MutexGuard};
use tokio::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

use super::source::Source;

/// A client that asks again within this time keeps its connection while descriptors are short.
const ASKED_LATELY: Duration = Duration::from_secs(5);

/// How many connections there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub strangers: usize,
    /// Strangers of one source.
    pub per_source: usize,
    pub nodes: usize,
    /// Connections of one node: it has at most four, and some more while it reconnects.
    pub per_node: usize,
    /// Registry requests at once; each may hold a file.
    pub registry: usize,
    /// Among them, those of visitors to the public gallery: anybody may be one, so they leave most places to
    /// who shows a password.
    pub visits: usize,
}

impl Limits {
    /// Sizes for a process that may have `descriptors`. A quarter, and no less than 96, is left for
    /// the server's own files and the registry's uploads.
    pub fn for_descriptors(descriptors: u64) -> Self {
        let descriptors = usize::try_from(descriptors)
            .unwrap_or(usize::MAX)
            .min(1 << 20);
        let own = (descriptors / 4).max(96);
        let registry = (own / 2).max(1);
        let connections = descriptors.saturating_sub(own).max(16);
        // Strangers need few at a time; more would only be memory for whoever floods.
        let strangers = (connections / 4).clamp(8, 4096);
        Self {
            strangers,
            per_source: (strangers / 4).clamp(4, 256),
            nodes: connections.saturating_sub(strangers),
            per_node: 64,
            registry,
            visits: (registry / 4).max(1),
        }
    }
}

/// No place, not even by closing idle connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

/// How many there are now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub strangers: usize,
    pub nodes: usize,
    pub registry: usize,
    /// Among them, those of visitors.
    pub visits: usize,
    /// Closed for others since the start.
    pub displaced: u64,
    /// Refused since the start: there was no place.
    pub refused: u64,
}

/// All connections. Cheap to clone.
#[derive(Clone)]
pub struct Connections {
    limits: Limits,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    open: HashMap<u64, Open>,
    strangers: usize,
    by_source: HashMap<Source, usize>,
    nodes: usize,
    by_node: HashMap<Source, usize>,
    registry: HashMap<Source, usize>,
    /// Among them, those of visitors.
    visits: HashMap<Source, usize>,
    next: u64,
    displaced: u64,
    refused: u64,
}

struct Open {
    pool: Pool,
    /// Requests that are being read or answered.
    requests: usize,
    /// Among them, those whose caller was admitted.
    admitted: usize,
    /// When it last became idle or busy, counted in these changes, and by the clock.
    changed: u64,
    changed_at: Instant,
    /// Anything was asked over it.
    asked: bool,
    close: CancellationToken,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Pool {
    Strangers(Source),
    Nodes(Source),
}

/// The place of one connection; free again when dropped.
pub struct Slot {
    all: Connections,
    id: u64,
    close: CancellationToken,
}

impl Connections {
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            state: Arc::default(),
        }
    }

    pub fn limits(&self) -> Limits {
        self.limits
    }

    pub fn counts(&self) -> Counts {
        let state = self.state();
        Counts {
            strangers: state.strangers,
            nodes: state.nodes,
            registry: state.registry.values().sum(),
            visits: state.visits.values().sum(),
            displaced: state.displaced,
            refused: state.refused,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// A place for a new connection.
    pub fn admit(&self, source: Source) -> Result<Arc<Slot>, Full> {
        let mut state = self.state();
        state.make_place(&self.limits, &source)?;
        let id = state.tick();
        let close = CancellationToken::new();
        state.strangers += 1;
        *state.by_source.entry(source.clone()).or_default() += 1;
        let open = Open {
            pool: Pool::Strangers(source),
            requests: 0,
            admitted: 0,
            changed: id,
            changed_at: Instant::now(),
            asked: false,
            close: close.clone(),
        };
        state.open.insert(id, open);
        Ok(Arc::new(Slot {
            all: self.clone(),
            id,
            close,
        }))
    }

    /// Closes the stranger that has been idle longest, to have its descriptor for whoever waits; nobody
    /// who asked something a moment ago.
    pub fn close_one(&self) {
        let mut state = self.state();
        if let Some(id) = state.least_useful(None, ASKED_LATELY) {
            state.displace(id);
        }
    }

    /// A place for a request to the registry; for a visit, if nothing stands behind it but what anybody gets.
    pub fn enter_registry(&self, source: Source, is_visit: bool) -> Result<RegistryPlace, Full> {
        let mut state = self.state();
        let limits = self.limits;
        // Half of all for one source: pulls of a whole fleet may come through one address.
        let mut has_room = may_enter(&state.registry, &source, limits.registry, 2);
        if is_visit {
            has_room &= may_enter(&state.visits, &source, limits.visits, 4);
        }
        if !has_room {
            state.refused += 1;
            return Err(Full);
        }
        *state.registry.entry(source.clone()).or_default() += 1;
        if is_visit {
            *state.visits.entry(source.clone()).or_default() += 1;
        }
        Ok(RegistryPlace {
            all: self.clone(),
            source,
            is_visit,
        })
    }
}

/// Whether there is room among `most` for one more of a source, of which each has one in `shares`.
fn may_enter(places: &HashMap<Source, usize>, source: &Source, most: usize, shares: usize) -> bool {
    let all: usize = places.values().sum();
    let own = places.get(source).copied().unwrap_or_default();
    all < most && own < (most / shares).max(1)
}

/// Free again when dropped.
pub struct RegistryPlace {
    all: Connections,
    source: Source,
    is_visit: bool,
}

impl Drop for RegistryPlace {
    fn drop(&mut self) {
        let mut state = self.all.state();
        take_one(&mut state.registry, &self.source);
        if self.is_visit {
            take_one(&mut state.visits, &self.source);
        }
    }
}

impl Slot {
    /// Ends when the connection must close for another.
    pub async fn closed(&self) {
        self.close.cancelled().await;
    }

    /// A request began.
    pub fn request(self: &Arc<Self>) -> Asking {
        self.all.state().change(self.id, |open| {
            open.requests += 1;
            open.asked = true;
        });
        Asking {
            slot: self.clone(),
            admitted: AtomicU64::new(0),
        }
    }

    /// Since when nothing is asked over it, and whether anything ever was; `None` while a request
    /// runs.
    pub fn idle_since(&self) -> Option<(Instant, bool)> {
        let state = self.all.state();
        let open = state.open.get(&self.id)?;
        (open.requests == 0).then_some((open.changed_at, open.asked))
    }

    /// Whom requests over it count for until their caller is known.
    pub fn source(&self) -> Source {
        let state = self.all.state();
        match state.open.get(&self.id).map(|open| &open.pool) {
            Some(Pool::Strangers(source) | Pool::Nodes(source)) => source.clone(),
            // Already displaced: what it still asks ends with it.
            None => Source::Machine,
        }
    }

    /// It became a socket of its own: it is busy until it closes.
    pub fn upgraded(&self) {
        self.all.state().change(self.id, |open| {
            open.requests += 1;
            open.admitted += 1;
        });
    }

    /// A node passes the connection on for one of its tasks, and it counts for that task from now on.
    /// Where the task has its share, another of its connections gives way, as in [`Connections::admit`].
    pub fn is_of_task(&self, task: Source) -> Result<(), Full> {
        let mut state = self.all.state();
        let own = state.by_source.get(&task).copied().unwrap_or_default();
        if own >= self.all.limits.per_source {
            let Some(id) = state.least_useful(Some(&task), Duration::ZERO) else {
                state.refused += 1;
                return Err(Full);
            };
            state.displace(id);
        }
        let Some(open) = state.open.get_mut(&self.id) else {
            return Ok(());
        };
        let was = std::mem::replace(&mut open.pool, Pool::Strangers(task.clone()));
        state.leave(&was);
        state.strangers += 1;
        *state.by_source.entry(task).or_default() += 1;
        Ok(())
    }

    /// A node proved to be one over this connection. Where its share or the pool is full, the
    /// connection stays among the strangers.
    pub fn is_of_node(&self, node: &str) {
        let node = Source::Node(node.to_owned());
        let mut state = self.all.state();
        let limits = self.all.limits;
        let own = state.by_node.get(&node).copied().unwrap_or_default();
        if own >= limits.per_node || state.nodes >= limits.nodes {
            return;
        }
        let Some(open) = state.open.get_mut(&self.id) else {
            return;
        };
        if matches!(open.pool, Pool::Nodes(_)) {
            return;
        }
        let was = std::mem::replace(&mut open.pool, Pool::Nodes(node.clone()));
        state.leave(&was);
        state.nodes += 1;
        *state.by_node.entry(node).or_default() += 1;
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut state = self.all.state();
        state.remove(self.id);
    }
}

/// A request over a connection; over when dropped.
pub struct Asking {
    slot: Arc<Slot>,
    admitted: AtomicU64,
}

impl Asking {
    pub fn slot(&self) -> &Arc<Slot> {
        &self.slot
    }

    /// Its caller was admitted: the connection is not closed for others while it runs.
    pub fn admit(&self) {
        if self.admitted.swap(1, Ordering::Relaxed) == 0 {
            let mut state = self.slot.all.state();
            state.change(self.slot.id, |open| open.admitted += 1);
        }
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        let admitted = self.admitted.load(Ordering::Relaxed) != 0;
        self.slot.all.state().change(self.slot.id, |open| {
            open.requests -= 1;
            open.admitted -= usize::from(admitted);
        });
    }
}

impl State {
    fn tick(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn change(&mut self, id: u64, change: impl FnOnce(&mut Open)) {
        let now = self.tick();
        if let Some(open) = self.open.get_mut(&id) {
            change(open);
            open.changed = now;
            open.changed_at = Instant::now();
        }
    }

    fn make_place(&mut self, limits: &Limits, source: &Source) -> Result<(), Full> {
        let own = self.by_source.get(source).copied().unwrap_or_default();
        let among = if own >= limits.per_source {
            Some(source)
        } else if self.strangers >= limits.strangers {
            None
        } else {
            return Ok(());
        };
        match self.least_useful(among, Duration::ZERO) {
            Some(id) => {
                self.displace(id);
                Ok(())
            }
            None => {
                self.refused += 1;
                Err(Full)
            }
        }
    }

    /// The stranger idle longest, else the one whose unverified request is oldest; none that asked
    /// and became idle less than `spared` ago.
    fn least_useful(&self, among: Option<&Source>, spared: Duration) -> Option<u64> {
        self.open
            .iter()
            .filter(|(_, open)| match &open.pool {
                Pool::Strangers(source) => among.is_none_or(|among| source == among),
                Pool::Nodes(_) => false,
            })
            .filter(|(_, open)| open.admitted == 0)
            .filter(|(_, open)| !open.asked || open.changed_at.elapsed() >= spared)
            .min_by_key(|(_, open)| (open.requests > 0, open.changed))
            .map(|(id, _)| *id)
    }

    fn displace(&mut self, id: u64) {
        if let Some(open) = self.remove(id) {
            open.close.cancel();
            self.displaced += 1;
        }
    }

    fn remove(&mut self, id: u64) -> Option<Open> {
        let open = self.open.remove(&id)?;
        self.leave(&open.pool);
        Some(open)
    }

    fn leave(&mut self, pool: &Pool) {
        match pool {
            Pool::Strangers(source) => {
                self.strangers -= 1;
                take_one(&mut self.by_source, source);
            }
            Pool::Nodes(node) => {
                self.nodes -= 1;
                take_one(&mut self.by_node, node);
            }
        }
    }
}

fn take_one(counts: &mut HashMap<Source, usize>, source: &Source) {
    if let Some(left) = counts.get_mut(source) {
        *left -= 1;
        if *left == 0 {
            counts.remove(source);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        strangers: 6,
        per_source: 4,
        nodes: 5,
        per_node: 2,
        registry: 4,
        visits: 4,
    };

    fn source(number: u8) -> Source {
        Source::of(std::net::IpAddr::from([192, 0, 2, number]))
    }

    fn closed(slot: &Slot) -> bool {
        slot.close.is_cancelled()
    }

    #[test]
    fn sizes_follow_the_limit_of_descriptors() {
        for descriptors in [0, 64, 256, 1024, 4096, 20_000, 65_536, 1 << 20, u64::MAX] {
            let limits = Limits::for_descriptors(descriptors);
            let all = limits.strangers + limits.nodes + limits.registry;
            if descriptors >= 256 {
                assert!((all as u64) < descriptors, "{descriptors}: {limits:?}");
                assert!(limits.per_source * 2 <= limits.strangers, "{limits:?}");
            }
        }
        // Ten thousand hosts with four connections each.
        assert!(Limits::for_descriptors(65_536).nodes > 40_000);
    }

    #[test]
    fn a_source_displaces_its_own_idle_connections_only() {
        let all = Connections::new(LIMITS);
        let other = all.admit(source(2)).unwrap();
        let slots: Vec<_> = (0..4).map(|_| all.admit(source(1)).unwrap()).collect();
        let next = all.admit(source(1)).unwrap();
        assert!(closed(&slots[0]) && !closed(&slots[1]) && !closed(&next));
        assert!(!closed(&other));
        assert_eq!(all.counts().strangers, 5);
        // The place was given up at once; dropping it later frees nothing twice.
        drop(slots);
        assert_eq!(all.counts().strangers, 2);
    }

    #[test]
    fn idle_ones_go_first_then_unverified_ones_then_none() {
        let all = Connections::new(LIMITS);
        let slots: Vec<_> = (0..4).map(|_| all.admit(source(1)).unwrap()).collect();
        let admitted = slots[0].request();
        admitted.admit();
        let arriving = slots[1].request();
        let second = all.admit(source(1)).unwrap();
        assert!(closed(&slots[2]));
        let asking = second.request();
        asking.admit();
        let third = all.admit(source(1)).unwrap();
        assert!(closed(&slots[3]));
        let also = third.request();
        also.admit();
        let fourth = all.admit(source(1)).unwrap();
        assert!(closed(&slots[1]) && !closed(&slots[0]));
        fourth.request().admit();
        let last = fourth.request();
        last.admit();
        assert_eq!(all.admit(source(1)).err(), Some(Full));
        assert_eq!(all.counts().refused, 1);
        drop((admitted, arriving));
        // What ended its request is idle again.
        assert!(slots[0].idle_since().is_some_and(|(_, asked)| asked));
        all.admit(source(1)).unwrap();
        assert!(closed(&slots[0]));
    }

    #[test]
    fn a_full_pool_displaces_whoever_is_idle_longest() {
        let all = Connections::new(LIMITS);
        let slots: Vec<_> = (1..7).map(|n| all.admit(source(n)).unwrap()).collect();
        all.admit(source(9)).unwrap();
        assert!(closed(&slots[0]) && !closed(&slots[1]));
    }

    #[test]
    fn nodes_have_places_of_their_own() {
        let all = Connections::new(LIMITS);
        let node: Vec<_> = (0..3).map(|_| all.admit(source(1)).unwrap()).collect();
        for slot in &node {
            slot.is_of_node("a");
            slot.is_of_node("a");
        }
        // The third is over the node's share.
        assert_eq!((all.counts().nodes, all.counts().strangers), (2, 1));
        let flood: Vec<_> = (0..50).map(|_| all.admit(source(1)).unwrap()).collect();
        assert!(!closed(&node[0]) && !closed(&node[1]) && closed(&node[2]));
        assert!(all.counts().strangers <= LIMITS.per_source);
        drop((flood, node));
        let counts = all.counts();
        assert_eq!((counts.nodes, counts.strangers), (0, 0));
        let state = all.state();
        assert!(state.by_source.is_empty() && state.by_node.is_empty() && state.open.is_empty());
    }

    #[test]
    fn what_a_node_passes_on_counts_for_the_task() {
        let all = Connections::new(LIMITS);
        let task = |number: u8| Source::Task(format!("task {number}"));
        let of_task = |number: u8| {
            let slot = all.admit(Source::Machine).unwrap();
            slot.is_of_task(task(number)).map(|()| slot)
        };
        let flood: Vec<_> = (0..10).map(|_| of_task(1).unwrap()).collect();
        assert_eq!(all.counts().strangers, LIMITS.per_source);
        assert!(closed(&flood[5]) && !closed(&flood[6]));
        // Neither the machine nor another task has less for it.
        let machine = all.admit(Source::Machine).unwrap();
        let other = of_task(2).unwrap();
        assert!(!closed(&machine) && !closed(&other) && !closed(&flood[6]));
        assert_eq!(other.source(), task(2));
        drop((flood, machine, other));
        let state = all.state();
        assert!(state.by_source.is_empty() && state.open.is_empty() && state.strangers == 0);
    }

    #[test]
    fn the_pool_of_nodes_is_bounded() {
        let all = Connections::new(LIMITS);
        let slots: Vec<_> = (0..6)
            .map(|n| {
                let slot = all.admit(source(n)).unwrap();
                slot.is_of_node(&n.to_string());
                slot
            })
            .collect();
        assert_eq!((all.counts().nodes, all.counts().strangers), (5, 1));
        drop(slots);
    }

    #[test]
    fn registry_requests_are_counted() {
        let all = Connections::new(LIMITS);
        let first: Vec<_> = (0..2)
            .map(|_| all.enter_registry(source(1), false).unwrap())
            .collect();
        assert!(all.enter_registry(source(1), false).is_err());
        let second: Vec<_> = (0..2)
            .map(|_| all.enter_registry(source(2), false).unwrap())
            .collect();
        assert!(all.enter_registry(source(3), false).is_err());
        drop((first, second));
        assert!(all.enter_registry(source(3), false).is_ok());
        assert!(all.state().registry.is_empty());
    }

    #[test]
    fn visitors_leave_places_to_who_shows_a_password() {
        let limits = Limits::for_descriptors(20_000);
        assert_eq!((limits.registry, limits.visits), (2500, 625));
        let all = Connections::new(limits);
        let mut visits = Vec::new();
        let mut by_source = Vec::new();
        for from in 0..10 {
            let before = visits.len();
            visits.extend((0..1000).map_while(|_| all.enter_registry(source(from), true).ok()));
            by_source.push(visits.len() - before);
        }
        assert_eq!(by_source, [156, 156, 156, 156, 1, 0, 0, 0, 0, 0]);
        assert_eq!(all.counts().visits, 625);
        // Also to those at the address of a visitor.
        let of_password: Vec<_> = (0..2000)
            .map_while(|_| all.enter_registry(source(0), false).ok())
            .collect();
        assert_eq!(of_password.len(), 1250 - 156);
        assert!(all.enter_registry(source(11), false).is_ok());
        drop((visits, of_password));
        let state = all.state();
        assert!(state.registry.is_empty() && state.visits.is_empty());
    }
}
