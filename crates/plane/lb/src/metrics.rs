//! Counters of load balancers and target groups, named as CloudWatch names them.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Weak,
        atomic::{AtomicU64, Ordering},
    },
};

use parking_lot::{Mutex, MutexGuard};

use crate::target::Health;

/// Counts of a load balancer since this process began.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BalancerCounts {
    pub request_count: u64,
    pub new_connection_count: u64,
    pub active_connection_count: u64,
    /// Refused since their source had its share of connections.
    pub rejected_connection_count: u64,
    /// Answers that the load balancer made, by hundreds: 3xx, 4xx, 5xx.
    pub http_code_elb_3xx: u64,
    pub http_code_elb_4xx: u64,
    pub http_code_elb_5xx: u64,
    pub client_tls_negotiation_error_count: u64,
    /// Clients that left before they had their answer (460).
    pub client_closed_count: u64,
    /// Requests that were sent to a second target, or again, because the first never acted on them.
    pub replayed_count: u64,
    /// Answers of targets by hundreds, 2xx to 5xx.
    pub http_code_target: [u64; 4],
}

/// Counts of a target group since this process began.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupCounts {
    pub request_count: u64,
    /// Answers of targets by hundreds, 2xx to 5xx.
    pub http_code_target: [u64; 4],
    /// Sum of the times until targets began to answer.
    pub target_response_time_us: u64,
    pub target_connection_error_count: u64,
}

#[derive(Debug, Default)]
pub struct BalancerCounters {
    pub requests: Counter,
    pub connections: Counter,
    pub active_connections: Counter,
    pub rejected: Counter,
    pub answers_3xx: Counter,
    pub answers_4xx: Counter,
    pub answers_5xx: Counter,
    pub tls_errors: Counter,
    pub client_closed: Counter,
    pub replayed: Counter,
    pub target_codes: [Counter; 4],
}

#[derive(Debug, Default)]
pub struct GroupCounters {
    pub requests: Counter,
    pub codes: [Counter; 4],
    pub response_time_us: Counter,
    pub connection_errors: Counter,
}

#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    pub fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    pub fn one(&self) {
        self.add(1);
    }

    pub fn less_one(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }

    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl BalancerCounters {
    /// Counts an answer that the load balancer made itself.
    pub fn answered(&self, status: u16) {
        match status / 100 {
            3 => self.answers_3xx.one(),
            4 => self.answers_4xx.one(),
            5 => self.answers_5xx.one(),
            _ => {}
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

    fn counts(&self) -> BalancerCounts {
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
}

impl GroupCounters {
    /// Counts an answer of a target.
    pub fn answered(&self, status: u16, took_us: u64) {
        if let Some(code) = self.codes.get(usize::from(status / 100).wrapping_sub(2)) {
            code.one();
        }
        self.response_time_us.add(took_us);
    }

    fn counts(&self) -> GroupCounts {
        GroupCounts {
            request_count: self.requests.get(),
            http_code_target: [0, 1, 2, 3].map(|index: usize| self.codes[index].get()),
            target_response_time_us: self.response_time_us.get(),
            target_connection_error_count: self.connection_errors.get(),
        }
    }
}

impl BalancerCounts {
    fn add(&mut self, more: &Self) {
        self.request_count += more.request_count;
        self.new_connection_count += more.new_connection_count;
        self.active_connection_count += more.active_connection_count;
        self.rejected_connection_count += more.rejected_connection_count;
        self.http_code_elb_3xx += more.http_code_elb_3xx;
        self.http_code_elb_4xx += more.http_code_elb_4xx;
        self.http_code_elb_5xx += more.http_code_elb_5xx;
        self.client_tls_negotiation_error_count += more.client_tls_negotiation_error_count;
        self.client_closed_count += more.client_closed_count;
        self.replayed_count += more.replayed_count;
        for (sum, more) in self.http_code_target.iter_mut().zip(more.http_code_target) {
            *sum += more;
        }
    }
}

#[derive(Debug, Default)]
struct Sources {
    /// Of load balancers that are gone, so that the sum over all never falls.
    gone: BalancerCounts,
    balancers: BTreeMap<String, Arc<BalancerCounters>>,
    groups: BTreeMap<String, Weak<crate::target::GroupState>>,
    /// Addresses at which this process should listen.
    endpoints: usize,
    /// Connections of clients that there may be.
    connections_max: usize,
}

/// Targets that are registered, by what their health checks say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TargetCounts {
    pub initial: usize,
    pub healthy: usize,
    pub unhealthy: usize,
    /// Not checked.
    pub unavailable: usize,
    /// Registered no longer; they end what they began.
    pub draining: usize,
}

/// Where the counters of a running load balancer process are read.
#[derive(Debug, Clone, Default)]
pub struct Metrics(Arc<Mutex<Sources>>);

impl Metrics {
    /// Counts by ARN of the load balancers.
    pub fn balancers(&self) -> BTreeMap<String, BalancerCounts> {
        let sources = self.lock();
        let counts = sources.balancers.iter();
        counts.map(|(arn, it)| (arn.clone(), it.counts())).collect()
    }

    /// The sum over all load balancers since this process began.
    pub fn total(&self) -> BalancerCounts {
        let sources = self.lock();
        let mut total = sources.gone.clone();
        for counters in sources.balancers.values() {
            total.add(&counters.counts());
        }
        total
    }

    /// Counts by ARN of the target groups.
    pub fn groups(&self) -> BTreeMap<String, GroupCounts> {
        let sources = self.lock();
        let counts = sources.groups.iter();
        counts
            .filter_map(|(arn, group)| Some((arn.clone(), group.upgrade()?.counters.counts())))
            .collect()
    }

    /// Targets of all groups.
    pub fn targets(&self) -> TargetCounts {
        let sources = self.lock();
        let mut counts = TargetCounts::default();
        for group in sources.groups.values().filter_map(Weak::upgrade) {
            for target in group.targets.load().iter() {
                *match (target.is_draining(), target.health()) {
                    (true, _) => &mut counts.draining,
                    (_, Health::Initial) => &mut counts.initial,
                    (_, Health::Healthy) => &mut counts.healthy,
                    (_, Health::Unhealthy) => &mut counts.unhealthy,
                    (_, Health::Unavailable) => &mut counts.unavailable,
                } += 1;
            }
        }
        counts
    }

    /// Addresses at which this process should listen, whether it can or not.
    pub fn endpoints(&self) -> usize {
        self.lock().endpoints
    }

    /// Connections of clients that there may be at a time.
    pub fn connections_max(&self) -> usize {
        self.lock().connections_max
    }

    pub(crate) fn set_endpoints(&self, endpoints: usize) {
        self.lock().endpoints = endpoints;
    }

    pub(crate) fn set_connections_max(&self, most: usize) {
        self.lock().connections_max = most;
    }

    fn lock(&self) -> MutexGuard<'_, Sources> {
        self.0.lock()
    }

    /// The counters of a load balancer, made when first asked for.
    pub(crate) fn balancer(&self, arn: &str) -> Arc<BalancerCounters> {
        let mut sources = self.lock();
        Arc::clone(sources.balancers.entry(arn.to_owned()).or_default())
    }

    /// Forgets the load balancers that are gone.
    pub(crate) fn keep_balancers(&self, stays: impl Fn(&str) -> bool) {
        let mut sources = self.lock();
        let Sources {
            gone, balancers, ..
        } = &mut *sources;
        balancers.retain(|arn, counters| {
            let stays = stays(arn);
            if !stays {
                let mut counts = counters.counts();
                // Those that are still open are nobody's to count down.
                counts.active_connection_count = 0;
                gone.add(&counts);
            }
            stays
        });
    }

    pub(crate) fn group(&self, arn: &str, group: &Arc<crate::target::GroupState>) {
        let mut sources = self.lock();
        sources.groups.retain(|_, group| group.strong_count() > 0);
        sources.groups.insert(arn.to_owned(), Arc::downgrade(group));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_never_falls() {
        let metrics = Metrics::default();
        for (arn, requests) in [("a", 2), ("b", 3)] {
            metrics.balancer(arn).requests.add(requests);
            metrics.balancer(arn).active_connections.one();
        }
        assert_eq!(metrics.total().request_count, 5);
        assert_eq!(metrics.total().active_connection_count, 2);
        metrics.keep_balancers(|arn| arn == "a");
        assert_eq!(metrics.total().request_count, 5);
        assert_eq!(metrics.total().active_connection_count, 1);
    }
}
