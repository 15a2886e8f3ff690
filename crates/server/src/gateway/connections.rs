//! The connections that the gateway serves: two pools, and a share for each source.
//!
//! A connection begins among the strangers, whoever opened it. One over which a node proved to be
//! one (a subscription or an agent's socket that was admitted, or a call signed by a node's own
//! key) moves to the nodes' pool and frees its place. Where the strangers' pool or a source's share
//! is full, the connection that has been idle longest gives way to the new one; then the one whose
//! unverified request has been arriving longest. A connection with an admitted request is never
//! closed for another. A client of HTTP/2 is told that its connection ends, so that it asks elsewhere
//! what would get lost; a bounded number of them has a moment for that.
//!
//! Both pools together stay well below the limit of descriptors, so that files and sockets of the
//! server's own never fail for want of one.

use std::{
    collections::HashMap,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use parking_lot::{Mutex, MutexGuard};
use tokio::{
    sync::Notify,
    time::{Duration, Instant},
};
use tokio_util::sync::CancellationToken;

use super::source::Source;

/// A client that asks again within this time keeps its connection while descriptors are short.
const ASKED_LATELY: Duration = Duration::from_secs(5);
/// A connection of HTTP/2 that gives way has so long to say so and to hear what was asked meanwhile: some round trips.
const FAREWELL: Duration = Duration::from_secs(1);

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
    /// Connections at once that end and wait for what their clients are still sending.
    pub lingering: usize,
    /// Connections at once that gave way and still say so, beyond all others: the server's own files leave room for them.
    pub leaving: usize,
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
            lingering: (strangers / 4).max(1),
            leaving: (strangers / 16).max(1),
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
    /// Connections that wait for what their clients are still sending.
    pub lingering: usize,
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
    lingering: HashMap<Source, usize>,
    leaving: HashMap<Source, usize>,
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
    is_http2: bool,
    /// Over HTTP/1, since when the head of a further request is on its way.
    head: Option<Instant>,
    close: CancellationToken,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Pool {
    Strangers(Source),
    Nodes(Source),
    /// It gave way to another one, and says so.
    Leaving(Source),
}

/// The place of one connection; free again when dropped.
pub struct Slot {
    all: Connections,
    id: u64,
    close: CancellationToken,
    /// The last request of HTTP/1 came with a body, of which not all need have been read.
    is_sent_to: AtomicBool,
    is_http2: AtomicBool,
    /// Over HTTP/1 no request runs: what comes next is the head of another.
    awaits_head: AtomicBool,
    head_began: Notify,
}

/// A connection over which no request runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Idle {
    pub since: Instant,
    /// Whether anything ever was asked over it.
    pub asked: bool,
    pub is_http2: bool,
    /// Over HTTP/1, since when the head of a further request is on its way.
    pub head: Option<Instant>,
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
            lingering: state.lingering.values().sum(),
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
            is_http2: false,
            head: None,
            close: close.clone(),
        };
        state.open.insert(id, open);
        Ok(Arc::new(Slot {
            all: self.clone(),
            id,
            close,
            is_sent_to: AtomicBool::new(false),
            is_http2: AtomicBool::new(false),
            awaits_head: AtomicBool::new(false),
            head_began: Notify::new(),
        }))
    }

    /// Closes the stranger that has been idle longest, to have its descriptor for whoever waits; nobody
    /// who asked something a moment ago.
    pub fn close_one(&self) {
        let mut state = self.state();
        if let Some(id) = state.least_useful(None, ASKED_LATELY) {
            state.cut(id);
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

/// The place of a connection that lingers; free again when dropped.
pub struct LingeringPlace {
    all: Connections,
    source: Source,
}

impl Drop for LingeringPlace {
    fn drop(&mut self) {
        take_one(&mut self.all.state().lingering, &self.source);
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
    /// Ends when the connection gives way to another.
    pub async fn closed(&self) {
        self.close.cancelled().await;
    }

    /// Ends when the connection that gave way must be gone.
    pub async fn displaced(&self) {
        self.closed().await;
        if self.is_leaving() {
            tokio::time::sleep(FAREWELL).await;
        }
    }

    fn is_leaving(&self) -> bool {
        let state = self.all.state();
        let pool = state.open.get(&self.id).map(|open| &open.pool);
        matches!(pool, Some(Pool::Leaving(_)))
    }

    /// A request began.
    pub fn request(self: &Arc<Self>) -> Asking {
        self.awaits_head.store(false, Ordering::Relaxed);
        self.all.state().change(self.id, |open| {
            open.requests += 1;
            open.asked = true;
            open.head = None;
        });
        Asking {
            slot: self.clone(),
            admitted: AtomicU64::new(0),
            caller: OnceLock::new(),
        }
    }

    /// Says whether a request that begins has a body, or that nothing is waited for any more.
    pub fn is_sent_to(&self, has_body: bool) {
        self.is_sent_to.store(has_body, Ordering::Relaxed);
    }

    /// Whether the client may still be sending the body of its last request.
    pub fn may_be_sent_to(&self) -> bool {
        self.is_sent_to.load(Ordering::Relaxed)
    }

    /// A place in which a connection that ends waits for that, if there is one: a quarter of all for a source.
    pub fn linger(&self) -> Option<LingeringPlace> {
        if !self.may_be_sent_to() {
            return None;
        }
        let (source, most) = (self.source(), self.all.limits.lingering);
        let mut state = self.all.state();
        if !may_enter(&state.lingering, &source, most, 4) {
            return None;
        }
        *state.lingering.entry(source.clone()).or_default() += 1;
        Some(LingeringPlace {
            all: self.all.clone(),
            source,
        })
    }

    /// `None` while a request runs.
    pub fn idle(&self) -> Option<Idle> {
        let state = self.all.state();
        let open = state.open.get(&self.id)?;
        (open.requests == 0).then_some(Idle {
            since: open.changed_at,
            asked: open.asked,
            is_http2: open.is_http2,
            head: open.head,
        })
    }

    /// Its client speaks HTTP/2, over which bytes come between requests too.
    pub fn speaks_http2(&self) {
        if !self.is_http2.swap(true, Ordering::Relaxed)
            && let Some(open) = self.all.state().open.get_mut(&self.id)
        {
            open.is_http2 = true;
        }
    }

    /// Bytes came. What came of a head while the request before it ran is not seen: the connection is then one that asks nothing, until more
    /// comes.
    pub fn hears(&self) {
        // Asked first, since it is so for the fewest: the other writes.
        if self.awaits_head.load(Ordering::Relaxed)
            && self.awaits_head.swap(false, Ordering::Relaxed)
            && let Some(open) = self.all.state().open.get_mut(&self.id)
        {
            open.head = Some(Instant::now());
            self.head_began.notify_one();
        }
    }

    /// What came so far was of the last request of HTTP/1, though that was answered already.
    pub fn awaits_head(&self) {
        if let Some(open) = self.all.state().open.get_mut(&self.id) {
            open.head = None;
            let awaits = open.requests == 0;
            self.awaits_head.store(awaits, Ordering::Relaxed);
        }
    }

    /// Ends when the head of a further request has begun to come.
    pub async fn head_began(&self) {
        self.head_began.notified().await;
    }

    /// Whom requests over it count for until their caller is known.
    pub fn source(&self) -> Source {
        let state = self.all.state();
        match state.open.get(&self.id).map(|open| &open.pool) {
            Some(Pool::Strangers(source) | Pool::Nodes(source) | Pool::Leaving(source)) => {
                source.clone()
            }
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
            state.displace(id, &self.all.limits);
        }
        let open = state.open.get_mut(&self.id);
        let Some(open) = open.filter(|open| !matches!(open.pool, Pool::Leaving(_))) else {
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
        if !matches!(open.pool, Pool::Strangers(_)) {
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
    caller: OnceLock<Source>,
}

impl Asking {
    pub fn slot(&self) -> &Arc<Slot> {
        &self.slot
    }

    /// Its caller is known.
    pub fn is_of(&self, caller: Source) {
        // The first word counts; there is no other of one request.
        let _ = self.caller.set(caller);
    }

    /// Whom it counts for: its caller, or where it comes from.
    pub fn source(&self) -> Source {
        let caller = self.caller.get().cloned();
        caller.unwrap_or_else(|| self.slot.source())
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
            let awaits = open.requests == 0 && !open.is_http2;
            self.slot.awaits_head.store(awaits, Ordering::Relaxed);
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
                self.displace(id, limits);
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
                Pool::Nodes(_) | Pool::Leaving(_) => false,
            })
            .filter(|(_, open)| open.admitted == 0)
            .filter(|(_, open)| !open.asked || open.changed_at.elapsed() >= spared)
            .min_by_key(|(_, open)| (open.requests > 0, open.changed))
            .map(|(id, _)| *id)
    }

    /// Its place is another's from now on. Over HTTP/2 it may be there a little longer to say so, if not too many are.
    fn displace(&mut self, id: u64, limits: &Limits) {
        if let Some(open) = self.cut(id)
            && open.is_http2
            && let Pool::Strangers(source) = &open.pool
            && may_enter(&self.leaving, source, limits.leaving, 4)
        {
            let source = source.clone();
            *self.leaving.entry(source.clone()).or_default() += 1;
            let pool = Pool::Leaving(source);
            self.open.insert(id, Open { pool, ..open });
        }
    }

    /// Closes it at once.
    fn cut(&mut self, id: u64) -> Option<Open> {
        let open = self.remove(id)?;
        open.close.cancel();
        self.displaced += 1;
        Some(open)
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
            Pool::Leaving(source) => take_one(&mut self.leaving, source),
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
mod tests;
