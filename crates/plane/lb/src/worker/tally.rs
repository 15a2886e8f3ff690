//! For which load balancer a client's connection counts: the only one that has its port, or else the one that
//! its first request names.

use std::{
    net::IpAddr,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::metrics::{BalancerCounters, FlowKind};

/// Counted as open until it is dropped. Atomics because hyper wants upgraded connections to be `Send`.
#[derive(Debug)]
pub struct Tally {
    counters: OnceLock<Arc<BalancerCounters>>,
    /// What it is to a network load balancer.
    flow: Option<FlowKind>,
    is_ipv6: bool,
    /// Bytes that moved before it was known for whom.
    early: AtomicU64,
}

impl Tally {
    /// Of a connection of a client to an application load balancer.
    pub fn of_connection(client: IpAddr) -> Self {
        Self {
            counters: OnceLock::new(),
            flow: None,
            is_ipv6: client.to_canonical().is_ipv6(),
            early: AtomicU64::new(0),
        }
    }

    /// Of a flow of a network load balancer.
    pub fn of_flow(kind: FlowKind, counters: &Arc<BalancerCounters>) -> Self {
        let tally = Self {
            counters: OnceLock::new(),
            flow: Some(kind),
            is_ipv6: false,
            early: AtomicU64::new(0),
        };
        tally.belongs_to(counters);
        tally
    }

    /// The connection is one of this load balancer's, unless it is another's already.
    pub fn belongs_to(&self, counters: &Arc<BalancerCounters>) {
        if self.counters.get().is_none() && self.counters.set(Arc::clone(counters)).is_ok() {
            let own = counters.connections(self.flow);
            own.new.one();
            own.active.one();
            self.count(counters, self.early.swap(0, Ordering::Relaxed));
        }
    }

    /// Bytes came from the client or went to it.
    pub fn moved(&self, bytes: usize) {
        let bytes = bytes as u64;
        match self.counters.get() {
            Some(counters) => self.count(counters, bytes),
            None => drop(self.early.fetch_add(bytes, Ordering::Relaxed)),
        }
    }

    fn count(&self, counters: &BalancerCounters, bytes: u64) {
        counters.connections(self.flow).bytes.add(bytes);
        if self.is_ipv6 {
            counters.ipv6_bytes.add(bytes);
        }
    }
}

impl Drop for Tally {
    fn drop(&mut self) {
        if let Some(counters) = self.counters.get() {
            counters.connections(self.flow).active.less_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_before_the_first_request_count_with_it() {
        let (mine, other) = (Arc::default(), Arc::default());
        let tally = Tally::of_connection("::ffff:10.0.0.1".parse().unwrap());
        tally.moved(5);
        tally.belongs_to(&mine);
        tally.belongs_to(&other);
        tally.moved(7);
        let counts = |it: &BalancerCounters| {
            let of = &it.clients;
            (of.bytes.get(), of.new.get(), of.active.get())
        };
        assert_eq!((counts(&mine), counts(&other)), ((12, 1, 1), (0, 0, 0)));
        drop(tally);
        assert_eq!(counts(&mine), (12, 1, 0));
        assert_eq!(mine.ipv6_bytes.get(), 0);
    }

    #[test]
    fn what_came_over_ipv6_is_a_part_of_all_bytes() {
        let counters = Arc::<BalancerCounters>::default();
        let tally = Tally::of_connection("2001:db8::1".parse().unwrap());
        tally.moved(5);
        tally.belongs_to(&counters);
        tally.moved(7);
        assert_eq!(
            (counters.clients.bytes.get(), counters.ipv6_bytes.get()),
            (12, 12)
        );
    }

    #[test]
    fn a_flow_counts_with_its_kind_alone() {
        let counters = Arc::<BalancerCounters>::default();
        let tally = Tally::of_flow(FlowKind::Udp, &counters);
        tally.moved(5);
        let of_kind = |it: &BalancerCounters, kind| {
            let flows = it.flows(kind);
            (flows.new.get(), flows.active.get(), flows.bytes.get())
        };
        assert_eq!(of_kind(&counters, FlowKind::Udp), (1, 1, 5));
        assert_eq!(of_kind(&counters, FlowKind::Tcp), (0, 0, 0));
        let clients = &counters.clients;
        assert_eq!((clients.new.get(), clients.bytes.get()), (0, 0));
        drop(tally);
        assert_eq!(of_kind(&counters, FlowKind::Udp), (1, 0, 5));
    }
}
