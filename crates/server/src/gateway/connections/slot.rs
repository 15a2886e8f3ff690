//! One connection in its place: the requests over it, what may be waited for, and whom it counts for.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use parking_lot::Mutex;
use tokio::{
    sync::Notify,
    time::{Duration, Instant},
};
use tokio_util::sync::CancellationToken;

use super::{Connections, Full, LingeringPlace, Open, Pool, ahead::Ahead, may_enter};
use crate::gateway::source::Source;

/// A connection of HTTP/2 that gives way has so long to say so and to hear what was asked meanwhile: some round trips.
const FAREWELL: Duration = Duration::from_secs(1);

/// The place of one connection; free again when dropped.
pub struct Slot {
    all: Connections,
    id: u64,
    pub(super) close: CancellationToken,
    /// The last request of HTTP/1 came with a body, of which not all need have been read.
    is_sent_to: AtomicBool,
    is_http2: AtomicBool,
    /// Over HTTP/1 no request runs: what comes next is the head of another.
    awaits_head: AtomicBool,
    head_began: Notify,
    ahead: Mutex<Ahead>,
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

impl Slot {
    pub(super) fn new(all: Connections, id: u64, close: CancellationToken) -> Self {
        Self {
            all,
            id,
            close,
            is_sent_to: AtomicBool::new(false),
            is_http2: AtomicBool::new(false),
            awaits_head: AtomicBool::new(false),
            head_began: Notify::new(),
            ahead: Mutex::default(),
        }
    }

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

    pub(super) fn is_leaving(&self) -> bool {
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

    /// These bytes came.
    pub fn came(&self, bytes: &[u8]) {
        if !self.is_http2.load(Ordering::Relaxed) {
            self.ahead.lock().came(bytes);
            self.hears();
        }
    }

    /// Something came: over HTTP/1 a further head, where one is awaited.
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

    /// A request of HTTP/1 begins, whose body has this length; none where it comes in chunks.
    pub fn begins(&self, body: Option<u64>) {
        self.ahead.lock().begins(body);
    }

    /// The body of the last request of HTTP/1 was read to its end, though that was answered already: what came so far was
    /// of it, but for what lies behind it.
    pub fn awaits_head(&self) {
        self.ahead.lock().body_ends();
        if let Some(open) = self.all.state().open.get_mut(&self.id) {
            self.looks_ahead(open);
        }
    }

    /// Where no request runs what comes next is a head. One that began while the request before it ran, or came with that,
    /// has its time from now on.
    fn looks_ahead(&self, open: &mut Open) {
        let awaits = open.requests == 0 && !open.is_http2;
        let is_there = awaits && self.ahead.lock().is_there();
        open.head = is_there.then(Instant::now);
        self.awaits_head
            .store(awaits && !is_there, Ordering::Relaxed);
        if is_there {
            self.head_began.notify_one();
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
        self.ahead.lock().leave();
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
            self.slot.looks_ahead(open);
        });
    }
}
