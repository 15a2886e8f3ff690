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

mod ahead;
mod slot;

use std::{collections::HashMap, sync::Arc};

use parking_lot::{Mutex, MutexGuard};
use tokio::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

pub use self::slot::{Asking, Idle, Slot};
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
        Ok(Arc::new(Slot::new(self.clone(), id, close)))
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
