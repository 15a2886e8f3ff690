//! What workers count, without a lock.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use wharf_planeproto::measured::{BalancerRow, GroupRow};

use super::{
    BalancerCounts, GroupCounts,
    slots::{Kind, Slot},
    times::{self, Times},
};

/// Cells of the counters of a load balancer.
pub const BALANCER_CELLS: usize = 24;
/// And of a group.
pub const GROUP_CELLS: usize = TIMES + times::CELLS;
/// Where a group's times begin.
const TIMES: usize = 6;

#[derive(Debug)]
pub struct BalancerCounters {
    pub requests: Counter,
    pub connections: Counter,
    pub active_connections: Gauge,
    pub rejected: Counter,
    /// Bytes from and to clients.
    pub bytes: Counter,
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
    slot: Arc<Slot>,
}

#[derive(Debug)]
pub struct GroupCounters {
    pub requests: Counter,
    pub codes: [Counter; 4],
    pub connection_errors: Counter,
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
            connections: cells.one(),
            active_connections: Gauge::default(),
            rejected: cells.one(),
            bytes: cells.one(),
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
            slot,
        }
    }

    pub fn slot(&self) -> &Slot {
        &self.slot
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
        BalancerCounts {
            request_count: self.requests.get(),
            new_connection_count: self.connections.get(),
            active_connection_count: self.active_connections.get(),
            rejected_connection_count: self.rejected.get(),
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
        BalancerRow {
            arn: arn.to_owned(),
            new_connections: self.connections.take(),
            active_connections: self.active_connections.get(),
            rejected_connections: self.rejected.take(),
            processed_bytes: self.bytes.take(),
            tls_errors: self.tls_errors.take(),
            redirects: self.redirects.take(),
            fixed_responses: self.fixed.take(),
            non_compliant: self.non_compliant.take(),
            hundreds: [self.answers_3xx.take(), wrong, self.answers_5xx.take()],
            failures: [0, 1, 2, 3].map(|index: usize| self.failures[index].take()),
            resets: [0, 1, 2].map(|index: usize| self.resets[index].take()),
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
        let last = counters.target_codes[3].index;
        assert_eq!(last + 1, BALANCER_CELLS);
        let group = GroupCounters::default();
        assert_eq!(group.connection_errors.index + 1, TIMES);
        counters.resets[2].add(3);
        assert_eq!(counters.take("b").resets, [0, 0, 3]);
    }

    #[test]
    fn what_was_taken_is_not_taken_again() {
        let counters = BalancerCounters::default();
        for status in [200, 302, 404, 500, 502, 503, 503, 504, 561] {
            counters.answered(status);
        }
        counters.client_closed.one();
        counters.active_connections.one();
        let row = counters.take("b");
        assert_eq!((row.hundreds, row.failures), ([1, 2, 6], [1, 1, 2, 1]));
        let next = counters.take("b");
        assert_eq!((next.hundreds, next.failures), ([0; 3], [0; 4]));
        assert_eq!((row.active_connections, next.active_connections), (1, 1));
        assert_eq!(counters.counts().http_code_elb_5xx, 6);
    }
}
