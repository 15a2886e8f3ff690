//! What is counted of layers that nodes have from each other.

use std::sync::atomic::{AtomicU64, Ordering};

/// Since the node began.
#[derive(Debug, Default)]
pub struct Counts {
    brought: AtomicU64,
    brought_bytes: AtomicU64,
    failed: AtomicU64,
    given: AtomicU64,
    given_bytes: AtomicU64,
    refused: AtomicU64,
}

/// As they are now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counted {
    /// Layers that peers sent, and that were what they should be.
    pub brought: u64,
    pub brought_bytes: u64,
    /// Peers that did not bring a layer.
    pub failed: u64,
    /// Layers that peers were sent to the end.
    pub given: u64,
    pub given_bytes: u64,
    /// Requests of peers that were refused.
    pub refused: u64,
}

impl Counts {
    pub fn brought(&self, bytes: u64) {
        add(&self.brought, 1);
        add(&self.brought_bytes, bytes);
    }

    pub fn failed(&self) {
        add(&self.failed, 1);
    }

    pub fn given(&self) {
        add(&self.given, 1);
    }

    pub fn sent(&self, bytes: u64) {
        add(&self.given_bytes, bytes);
    }

    pub fn refused(&self) {
        add(&self.refused, 1);
    }

    pub fn now(&self) -> Counted {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counted {
            brought: read(&self.brought),
            brought_bytes: read(&self.brought_bytes),
            failed: read(&self.failed),
            given: read(&self.given),
            given_bytes: read(&self.given_bytes),
            refused: read(&self.refused),
        }
    }
}

fn add(counter: &AtomicU64, more: u64) {
    counter.fetch_add(more, Ordering::Relaxed);
}
