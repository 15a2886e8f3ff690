//! How deliveries of a service go, for metrics.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use wharf_reconcile::Depth;

/// Counted since the server started, and how much waits now.
#[derive(Debug, Clone, Copy)]
pub struct Figures {
    pub delivered: u64,
    /// Tries that failed.
    pub failed: u64,
    /// Given up: sent as dead letters, where there is a queue for them.
    pub given_up: u64,
    /// Lanes with something to do.
    pub lanes: Depth,
}

#[derive(Debug, Default)]
pub(crate) struct Counts {
    delivered: AtomicU64,
    failed: AtomicU64,
    given_up: AtomicU64,
}

impl Counts {
    pub fn delivered(&self) {
        self.delivered.fetch_add(1, Relaxed);
    }

    pub fn failed(&self) {
        self.failed.fetch_add(1, Relaxed);
    }

    pub fn given_up(&self) {
        self.given_up.fetch_add(1, Relaxed);
    }

    pub fn with(&self, lanes: Depth) -> Figures {
        Figures {
            delivered: self.delivered.load(Relaxed),
            failed: self.failed.load(Relaxed),
            given_up: self.given_up.load(Relaxed),
            lanes,
        }
    }
}
