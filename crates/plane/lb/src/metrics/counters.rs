//! What workers count, without a lock.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use wharf_planeproto::measured::{BalancerRow, Flows, GroupRow, Logins};

use super::{
    BalancerCounts, GroupCounts,
    slots::{Kind, Slot},
    times::{self, Span, Times},
};

/// Cells of the counters of a load balancer.
pub const BALANCER_CELLS: usize = LATENCY + times::SPAN_CELLS;
/// Where those of the latency of identity providers begin.
const LATENCY: usize = 46;
/// And of a group.
pub const GROUP_CELLS: usize = TIMES + times::CELLS;
/// Where a group's times begin.
const TIMES: usize = 10;

/// What kind of flow one of a network load balancer is; the index of its counters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlowKind {
    Tcp,
    Tls,
    Udp,
}

/// Connections of clients to an application load balancer, or flows of one kind.
#[derive(Debug)]
pub struct FlowCounters {
    pub new: Counter,
    pub active: Gauge,
    pub rejected: Counter,
    pub bytes: Counter,
}

/// Users who log in.
#[derive(Debug)]
pub struct LoginCounters {
    pub errors: Counter,
    pub failures: Counter,
    pub successes: Counter,
    pub refreshes: Counter,
    pub too_much: Counter,
    pub latency: Span,
}

#[derive(Debug)]
pub struct BalancerCounters {
    pub requests: Counter,
    /// Connections of clients, with the bytes from and to them; flows of a network load balancer are in `flows` alone.
    pub clients: FlowCounters,
    pub answers_3xx: Counter,
    pub answers_4xx: Counter,
    pub answers_5xx: Counter,
    /// Of the last: 500, 502, 503, 504.
    pub failures: [Counter; 4],
    pub redirects: Counter,
    pub fixed: Counter,
    /// Requests that RFC 7230 would have otherwise.
    pub non_compliant: Counter,
    pub tls_errors: Counter,
    /// Flows that a client reset, a target, or this load balancer.
    pub resets: [Counter; 3],
    pub client_closed: Counter,
    pub replayed: Counter,
    pub target_codes: [Counter; 4],
    pub long_redirects: Counter,
    pub rule_evaluations: Counter,
    pub non_sticky: Counter,
    pub headers_dropped: Counter,
    pub headers_forwarded: Counter,
    pub ipv6_requests: Counter,
    pub ipv6_bytes: Counter,
    pub port_errors: Counter,
    flows: [FlowCounters; 3],
    pub logins: LoginCounters,
    slot: Arc<Slot>,
}

#[derive(Debug)]
pub struct GroupCounters {
    pub requests: Counter,
    pub codes: [Counter; 4],
    pub connection_errors: Counter,
    pub tls_errors: Counter,
    pub grpc_requests: Counter,
    pub ipv6_requests: Counter,
    pub unhealthy_routing: Counter,
    times: Times,
    slot: Arc<Slot>,
}

/// A number that grows, in a cell of a slot.
#[derive(Debug)]
pub struct Counter {
    slot: Arc<Slot>,
    index: usize,
}

impl Counter {
    pub fn add(&self, more: u64) {
        let cell = self.slot.cell(self.index);
        cell.fetch_add(more, Ordering::Relaxed);
    }

    pub fn one(&self) {
        self.add(1);
    }

    pub fn get(&self) -> u64 {
        self.slot.cell(self.index).load(Ordering::Relaxed)
    }

    /// By how much it has grown since this was last asked.
    fn take(&self) -> u64 {
        self.slot.grown(self.index)
    }
}

/// How many there are now, of this process.
#[derive(Debug, Default)]
pub struct Gauge(AtomicU64);

impl Gauge {
    pub fn one(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub fn less_one(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }

    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Gives out the cells of a slot one after the other.
struct Cells {
    slot: Arc<Slot>,
    next: usize,
}

impl Cells {
    fn of(slot: &Arc<Slot>) -> Self {
        Self {
            slot: Arc::clone(slot),
            next: 0,
        }
    }

    fn one(&mut self) -> Counter {
        let index = self.next;
        self.next += 1;
        Counter {
            slot: Arc::clone(&self.slot),
            index,
        }
    }

    fn some<const N: usize>(&mut self) -> [Counter; N] {
        std::array::from_fn(|_| self.one())
    }

    fn flows(&mut self) -> FlowCounters {
        FlowCounters {
            new: self.one(),
            active: Gauge::default(),
            rejected: self.one(),
            bytes: self.one(),
        }
    }

    fn logins(&mut self) -> LoginCounters {
        LoginCounters {
            errors: self.one(),
            failures: self.one(),
            successes: self.one(),
            refreshes: self.one(),
            too_much: self.one(),
            latency: Span::over(&self.slot, LATENCY),
        }
    }
}

impl FlowCounters {
    fn take(&self) -> Flows {
        Flows {
            new: self.new.take(),
            active: self.active.get(),
            rejected: self.rejected.take(),
            bytes: self.bytes.take(),
        }
    }
}

impl LoginCounters {
    fn take(&self) -> Logins {
        Logins {
            errors: self.errors.take(),
            failures: self.failures.take(),
            successes: self.successes.take(),
            refreshes: self.refreshes.take(),
            too_much: self.too_much.take(),
            latency: self.latency.take(),
        }
    }
}

impl Default for BalancerCounters {
    fn default() -> Self {
        Self::over(Slot::own(Kind::Balancer))
    }
}

impl Default for GroupCounters {
    fn default() -> Self {
        Self::over(Slot::own(Kind::Group))
    }
}

impl BalancerCounters {
    /// The order is that of the file: another needs another magic number there.
    pub fn over(slot: Slot) -> Self {
        let slot = Arc::new(slot);
        let mut cells = Cells::of(&slot);
        Self {
            requests: cells.one(),
            clients: cells.flows(),
            answers_3xx: cells.one(),
            answers_4xx: cells.one(),
            answers_5xx: cells.one(),
            failures: cells.some(),
            redirects: cells.one(),
            fixed: cells.one(),
            non_compliant: cells.one(),
            tls_errors: cells.one(),
            resets: cells.some(),
            client_closed: cells.one(),
            replayed: cells.one(),
            target_codes: cells.some(),
            long_redirects: cells.one(),
            rule_evaluations: cells.one(),
            non_sticky: cells.one(),
            headers_dropped: cells.one(),
            headers_forwarded: cells.one(),
            ipv6_requests: cells.one(),
            ipv6_bytes: cells.one(),
            port_errors: cells.one(),
            flows: std::array::from_fn(|_| cells.flows()),
            logins: cells.logins(),
            slot,
        }
    }

    pub fn slot(&self) -> &Slot {
        &self.slot
    }

    pub fn flows(&self, kind: FlowKind) -> &FlowCounters {
        &self.flows[kind as usize]
    }

    /// Of connections that are flows of a kind, or of those to an application load balancer.
    pub fn connections(&self, kind: Option<FlowKind>) -> &FlowCounters {
        kind.map_or(&self.clients, |it| self.flows(it))
    }

    /// Counts an answer that the load balancer made itself.
    pub fn answered(&self, status: u16) {
        match status / 100 {
            3 => self.answers_3xx.one(),
            4 => self.answers_4xx.one(),
            5 => self.answers_5xx.one(),
            _ => {}
        }
        let failures = [500, 502, 503, 504].iter().zip(&self.failures);
        for (_, failure) in failures.filter(|it| *it.0 == status) {
            failure.one();
        }
    }

    /// Counts an answer that a target made.
    pub fn forwarded(&self, status: u16) {
        if let Some(code) = self
            .target_codes
            .get(usize::from(status / 100).wrapping_sub(2))
        {
            code.one();
        }
    }

    pub fn counts(&self) -> BalancerCounts {
        let all = |count: fn(&FlowCounters) -> u64| {
            count(&self.clients) + self.flows.iter().map(count).sum::<u64>()
        };
        BalancerCounts {
            request_count: self.requests.get(),
            new_connection_count: all(|it| it.new.get()),
            active_connection_count: all(|it| it.active.get()),
            rejected_connection_count: all(|it| it.rejected.get()),
            http_code_elb_3xx: self.answers_3xx.get(),
            http_code_elb_4xx: self.answers_4xx.get(),
            http_code_elb_5xx: self.answers_5xx.get(),
            client_tls_negotiation_error_count: self.tls_errors.get(),
            client_closed_count: self.client_closed.get(),
            replayed_count: self.replayed.get(),
            http_code_target: [0, 1, 2, 3].map(|index: usize| self.target_codes[index].get()),
        }
    }

    /// What was counted since it was last taken.
    pub fn take(&self, arn: &str) -> BalancerRow {
        // A client that left before it had its answer is a 460.
        let wrong = self.answers_4xx.take() + self.client_closed.take();
        let flows = [0, 1, 2].map(|index: usize| self.flows[index].take());
        let clients = self.clients.take();
        let all = |count: fn(&Flows) -> u64| count(&clients) + flows.iter().map(count).sum::<u64>();
        BalancerRow {
            arn: arn.to_owned(),
            new_connections: all(|it| it.new),
            active_connections: all(|it| it.active),
            rejected_connections: all(|it| it.rejected),
            processed_bytes: all(|it| it.bytes),
            tls_errors: self.tls_errors.take(),
            redirects: self.redirects.take(),
            fixed_responses: self.fixed.take(),
            non_compliant: self.non_compliant.take(),
            hundreds: [self.answers_3xx.take(), wrong, self.answers_5xx.take()],
            failures: [0, 1, 2, 3].map(|index: usize| self.failures[index].take()),
            resets: [0, 1, 2].map(|index: usize| self.resets[index].take()),
            long_redirects: self.long_redirects.take(),
            rule_evaluations: self.rule_evaluations.take(),
            non_sticky: self.non_sticky.take(),
            headers_dropped: self.headers_dropped.take(),
            headers_forwarded: self.headers_forwarded.take(),
            ipv6_requests: self.ipv6_requests.take(),
            ipv6_bytes: self.ipv6_bytes.take(),
            port_errors: self.port_errors.take(),
            logins: self.logins.take(),
            flows,
        }
    }
}

impl GroupCounters {
    /// As [`BalancerCounters::over`].
    pub fn over(slot: Slot) -> Self {
        let slot = Arc::new(slot);
        let mut cells = Cells::of(&slot);
        Self {
            requests: cells.one(),
            codes: cells.some(),
            connection_errors: cells.one(),
            tls_errors: cells.one(),
            grpc_requests: cells.one(),
            ipv6_requests: cells.one(),
            unhealthy_routing: cells.one(),
            times: Times::over(&slot, TIMES),
            slot,
        }
    }

    pub fn slot(&self) -> &Slot {
        &self.slot
    }

    /// Counts an answer of a target.
    pub fn answered(&self, status: u16, took_us: u64) {
        if let Some(code) = self.codes.get(usize::from(status / 100).wrapping_sub(2)) {
            code.one();
        }
        self.times.add(took_us);
    }

    pub fn counts(&self) -> GroupCounts {
        GroupCounts {
            request_count: self.requests.get(),
            http_code_target: [0, 1, 2, 3].map(|index: usize| self.codes[index].get()),
            target_connection_error_count: self.connection_errors.get(),
        }
    }

    /// What was counted since it was last taken, without targets.
    pub fn take(&self, balancer: &str, group: &str) -> GroupRow {
        GroupRow {
            balancer: balancer.to_owned(),
            group: group.to_owned(),
            requests: self.requests.take(),
            hundreds: [0, 1, 2, 3].map(|index: usize| self.codes[index].take()),
            connection_errors: self.connection_errors.take(),
            tls_errors: self.tls_errors.take(),
            grpc_requests: self.grpc_requests.take(),
            ipv6_requests: self.ipv6_requests.take(),
            unhealthy_routing: self.unhealthy_routing.take(),
            times: self.times.take(),
            ..GroupRow::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_have_cells_of_their_own() {
        let counters = BalancerCounters::default();
        assert_eq!(counters.logins.too_much.index + 1, LATENCY);
        let group = GroupCounters::default();
        assert_eq!(group.unhealthy_routing.index + 1, TIMES);
        counters.resets[2].add(3);
        assert_eq!(counters.take("b").resets, [0, 0, 3]);
    }

    #[test]
    fn flows_are_among_connections_and_bytes() {
        let counters = BalancerCounters::default();
        counters.flows(FlowKind::Tls).new.add(2);
        counters.flows(FlowKind::Tls).active.one();
        counters.flows(FlowKind::Udp).bytes.add(5);
        counters.clients.bytes.add(3);
        counters.flows(FlowKind::Tcp).rejected.one();
        assert_eq!(counters.counts().new_connection_count, 2);
        let row = counters.take("b");
        let sums = (
            row.new_connections,
            row.active_connections,
            row.rejected_connections,
            row.processed_bytes,
        );
        assert_eq!(sums, (2, 1, 1, 8));
        let [tcp, tls, udp] = row.flows;
        assert_eq!((tcp.rejected, tls.new, tls.active, udp.bytes), (1, 2, 1, 5));
        assert_eq!(counters.take("b").processed_bytes, 0);
    }

    #[test]
    fn what_providers_took_is_taken_once() {
        let counters = BalancerCounters::default();
        counters.logins.latency.add(30);
        counters.logins.latency.add(10);
        let latency = counters.take("b").logins.latency.unwrap();
        assert_eq!((latency.count, latency.sum_us), (2, 40));
        assert_eq!((latency.least_us, latency.most_us), (10, 30));
        assert!(counters.take("b").is_idle());
    }

    #[test]
    fn what_was_taken_is_not_taken_again() {
        let counters = BalancerCounters::default();
        for status in [200, 302, 404, 500, 502, 503, 503, 504, 561] {
            counters.answered(status);
        }
        counters.client_closed.one();
        counters.clients.active.one();
        let row = counters.take("b");
        assert_eq!((row.hundreds, row.failures), ([1, 2, 6], [1, 1, 2, 1]));
        let next = counters.take("b");
        assert_eq!((next.hundreds, next.failures), ([0; 3], [0; 4]));
        assert_eq!((row.active_connections, next.active_connections), (1, 1));
        assert_eq!(counters.counts().http_code_elb_5xx, 6);
    }
}
