//! For which load balancer a client's connection counts: the only one that has its port, or else the one that
//! its first request names.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicU64, Ordering},
};

use crate::metrics::BalancerCounters;

/// Counted as open until it is dropped. Atomics because hyper wants upgraded connections to be `Send`.
#[derive(Debug, Default)]
pub struct Tally {
    counters: OnceLock<Arc<BalancerCounters>>,
    /// Bytes that moved before it was known for whom.
    early: AtomicU64,
}

impl Tally {
    /// The connection is one of this load balancer's, unless it is another's already.
    pub fn belongs_to(&self, counters: &Arc<BalancerCounters>) {
        if self.counters.get().is_none() && self.counters.set(Arc::clone(counters)).is_ok() {
            counters.connections.one();
            counters.active_connections.one();
            counters.bytes.add(self.early.swap(0, Ordering::Relaxed));
        }
    }

    /// Bytes came from the client or went to it.
    pub fn moved(&self, bytes: usize) {
        let bytes = bytes as u64;
        match self.counters.get() {
            Some(counters) => counters.bytes.add(bytes),
            None => drop(self.early.fetch_add(bytes, Ordering::Relaxed)),
        }
    }
}

impl Drop for Tally {
    fn drop(&mut self) {
        if let Some(counters) = self.counters.get() {
            counters.active_connections.less_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_before_the_first_request_count_with_it() {
        let (mine, other) = (Arc::default(), Arc::default());
        let tally = Tally::default();
        tally.moved(5);
        tally.belongs_to(&mine);
        tally.belongs_to(&other);
        tally.moved(7);
        let counts = |it: &BalancerCounters| {
            let active = it.active_connections.get();
            (it.bytes.get(), it.connections.get(), active)
        };
        assert_eq!((counts(&mine), counts(&other)), ((12, 1, 1), (0, 0, 0)));
        drop(tally);
        assert_eq!(counts(&mine), (12, 1, 0));
    }
}
