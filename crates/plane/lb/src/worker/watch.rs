//! Idle limits without a timer per request.
//!
//! Every connection has a [`Watch`] that notes when bytes last moved. Once a tick the worker looks
//! through its watches and shuts down those sockets that have been idle for too long: whoever
//! waits on one reads its end and asks the watch why.

use std::{
    cell::RefCell,
    os::fd::RawFd,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering},
    },
};

use tokio::sync::Notify;

use crate::clock;

/// A head must be complete by then, even where connections may lie idle for hours.
const HEAD_MS: u64 = 60_000;

/// Why a worker shut a connection down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    Idle,
    /// Its target was deregistered and its delay is over.
    Forced,
}

/// Shared between a connection and its worker's sweep, both on the same thread; atomics because
/// hyper wants upgraded connections to be `Send`.
#[derive(Debug)]
pub struct Watch {
    fd: RawFd,
    /// Process-wide number of the target that it leads to; 0 for a client.
    target: u64,
    last_ms: AtomicU64,
    limit_ms: AtomicU32,
    /// No limit while set: the other side is the one being waited for.
    paused: AtomicBool,
    /// When the head of a request began to arrive, 0 between requests.
    head_since_ms: AtomicU64,
    ended: AtomicU8,
    closed: AtomicBool,
}

thread_local! {
    static WATCHES: RefCell<Vec<Arc<Watch>>> = const { RefCell::new(Vec::new()) };
    static FIRST: Rc<Notify> = Rc::default();
}

/// Told when this worker has its first connection after it had none.
pub fn first() -> Rc<Notify> {
    FIRST.with(Rc::clone)
}

/// A connection's hold on its watch. Must be dropped before the socket is closed, so that the
/// sweep never touches a descriptor that became something else: keep it in an earlier field.
#[derive(Debug)]
pub struct Watched(Arc<Watch>);

impl Watched {
    pub fn new(fd: RawFd, target: u64, limit_ms: u32) -> Self {
        let watch = Arc::new(Watch {
            fd,
            target,
            last_ms: AtomicU64::new(clock::tick()),
            limit_ms: AtomicU32::new(limit_ms),
            paused: AtomicBool::new(false),
            head_since_ms: AtomicU64::new(0),
            ended: AtomicU8::new(0),
            closed: AtomicBool::new(false),
        });
        let is_first = WATCHES.with_borrow_mut(|watches| {
            watches.push(Arc::clone(&watch));
            watches.len() == 1
        });
        if is_first {
            FIRST.with(|it| it.notify_one());
        }
        Self(watch)
    }

    pub fn share(&self) -> Arc<Watch> {
        Arc::clone(&self.0)
    }
}

impl std::ops::Deref for Watched {
    type Target = Watch;
    fn deref(&self) -> &Watch {
        &self.0
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.0.closed.store(true, Ordering::Relaxed);
    }
}

impl Watch {
    /// Bytes moved.
    pub fn touch(&self) {
        self.last_ms.store(clock::coarse_ms(), Ordering::Relaxed);
    }

    pub fn set_limit_ms(&self, limit_ms: u32) {
        self.limit_ms.store(limit_ms, Ordering::Relaxed);
    }

    pub fn pause(&self, paused: bool) {
        self.paused.store(paused, Ordering::Relaxed);
        self.head_since_ms.store(0, Ordering::Relaxed);
        self.touch();
    }

    /// Bytes of a request came; a head must be complete within the limit, and a minute, however slowly
    /// it drips.
    pub fn head_bytes(&self) {
        if !self.paused.load(Ordering::Relaxed) && self.head_since_ms.load(Ordering::Relaxed) == 0 {
            self.head_since_ms
                .store(clock::coarse_ms(), Ordering::Relaxed);
        }
    }

    /// Whether its connection is gone.
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    pub fn ended(&self) -> Option<Ended> {
        match self.ended.load(Ordering::Relaxed) {
            1 => Some(Ended::Idle),
            2 => Some(Ended::Forced),
            _ => None,
        }
    }

    pub fn end(&self, why: Ended) {
        if self.closed.load(Ordering::Relaxed) {
            return;
        }
        let code = match why {
            Ended::Idle => 1,
            Ended::Forced => 2,
        };
        self.ended.store(code, Ordering::Relaxed);
        // SAFETY: shutdown(2) takes no pointers, and the descriptor is open: its owner runs on
        // this thread and marks the watch closed before it closes the socket.
        unsafe { libc::shutdown(self.fd, libc::SHUT_RDWR) };
    }

    fn overdue(&self, now_ms: u64) -> bool {
        if self.paused.load(Ordering::Relaxed) {
            return false;
        }
        let limit_ms = u64::from(self.limit_ms.load(Ordering::Relaxed));
        let head_since = self.head_since_ms.load(Ordering::Relaxed);
        let head_limit_ms = limit_ms.min(HEAD_MS);
        let idle_ms = now_ms.saturating_sub(self.last_ms.load(Ordering::Relaxed));
        idle_ms > limit_ms || (head_since > 0 && now_ms.saturating_sub(head_since) > head_limit_ms)
    }
}

/// Ends what is overdue on this worker, and forgets what is closed. Whether anything is left.
pub fn sweep(now_ms: u64) -> bool {
    WATCHES.with_borrow_mut(|watches| {
        watches.retain(|watch| {
            if watch.closed.load(Ordering::Relaxed) {
                return false;
            }
            if watch.ended().is_none() && watch.overdue(now_ms) {
                watch.end(Ended::Idle);
            }
            true
        });
        !watches.is_empty()
    })
}

/// Ends this worker's connections to a target.
pub fn force(target: u64) {
    WATCHES.with_borrow(|watches| {
        for watch in watches {
            if watch.target == target && !watch.closed.load(Ordering::Relaxed) {
                watch.end(Ended::Forced);
            }
        }
    });
}
