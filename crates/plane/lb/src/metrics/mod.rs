//! Counters of load balancers and target groups, named as CloudWatch names them.
//!
//! They grow for as long as the process lives; what of them was not told yet is taken from them minute by minute
//! ([`minutes`]).

mod counters;
mod minutes;
mod times;

use std::{
    collections::BTreeMap,
    sync::{Arc, Weak},
};

use parking_lot::{Mutex, MutexGuard};
use wharf_planeproto::measured::{GroupRow, Row};

pub use self::{
    counters::{BalancerCounters, GroupCounters},
    minutes::Minutes,
};
use crate::target::{GroupState, Health};

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
    pub target_connection_error_count: u64,
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
    groups: BTreeMap<String, Group>,
    /// What was counted last of load balancers that are gone, and of groups for those that they belonged to.
    ended: Vec<Row>,
    /// Addresses at which this process should listen.
    endpoints: usize,
    /// Connections of clients that there may be.
    connections_max: usize,
}

/// A target group, for as long as a request uses it.
#[derive(Debug)]
struct Group {
    counters: Arc<GroupCounters>,
    state: Weak<GroupState>,
    /// ARN of the load balancer that it belongs to.
    balancer: Option<String>,
    /// Whether the configuration has it.
    listed: bool,
}

impl Group {
    /// What was counted since it was last taken; nothing as long as it belongs to no load balancer.
    fn take(&self, arn: &str) -> Option<Row> {
        let mut row = self.counters.take(self.balancer.as_ref()?, arn);
        if let Some(state) = self.state.upgrade().filter(|_| self.listed) {
            count_targets(&mut row, &state);
        }
        Some(Row::Group(row))
    }
}

fn count_targets(row: &mut GroupRow, state: &GroupState) {
    let targets = state.targets.load();
    for target in targets.iter().filter(|it| !it.is_draining()) {
        row.registered += 1;
        match target.health() {
            Health::Healthy => row.healthy += 1,
            Health::Unhealthy => row.unhealthy += 1,
            Health::Initial | Health::Unavailable => {}
        }
    }
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
        let alive = |it: &&Group| it.state.strong_count() > 0;
        let counts = sources.groups.iter().filter(|(_, it)| alive(it));
        counts
            .map(|(arn, it)| (arn.clone(), it.counters.counts()))
            .collect()
    }

    /// Targets of all groups.
    pub fn targets(&self) -> TargetCounts {
        let sources = self.lock();
        let mut counts = TargetCounts::default();
        let groups = sources.groups.values();
        for group in groups.filter_map(|it| it.state.upgrade()) {
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
            gone,
            balancers,
            ended,
            ..
        } = &mut *sources;
        balancers.retain(|arn, counters| {
            let stays = stays(arn);
            if !stays {
                let mut counts = counters.counts();
                // Those that are still open are nobody's to count down.
                counts.active_connection_count = 0;
                gone.add(&counts);
                let mut row = counters.take(arn);
                row.active_connections = 0;
                ended.push(Row::Balancer(row));
            }
            stays
        });
    }

    /// A group that is new.
    pub(crate) fn group(&self, arn: &str, state: &Arc<GroupState>) {
        let group = Group {
            counters: Arc::clone(&state.counters),
            state: Arc::downgrade(state),
            balancer: None,
            listed: true,
        };
        let mut sources = self.lock();
        let former = sources.groups.insert(arn.to_owned(), group);
        sources.ended.extend(former.and_then(|it| it.take(arn)));
    }

    /// The groups that there are, and the load balancers that they belong to. What was counted of a group until
    /// now counts for the one that it belonged to.
    pub(crate) fn assign_groups<'a>(
        &self,
        is_listed: impl Fn(&str) -> bool,
        balancer_of: impl Fn(&str) -> Option<&'a str>,
    ) {
        let mut sources = self.lock();
        let Sources { groups, ended, .. } = &mut *sources;
        for (arn, group) in groups {
            group.listed = is_listed(arn);
            let balancer = balancer_of(arn);
            // Requests may be under way for one that is in use no more.
            if balancer.is_some() && group.balancer.as_deref() != balancer {
                ended.extend(group.take(arn));
                group.balancer = balancer.map(str::to_owned);
            }
        }
    }

    /// What was counted since this was last called.
    pub fn take(&self) -> Vec<Row> {
        let mut sources = self.lock();
        let Sources {
            balancers,
            groups,
            ended,
            ..
        } = &mut *sources;
        let mut rows = std::mem::take(ended);
        let of_balancers = balancers.iter();
        rows.extend(of_balancers.map(|(arn, it)| Row::Balancer(it.take(arn))));
        groups.retain(|arn, group| {
            // Looked at first: nothing is counted after its last user is gone.
            let is_used = group.state.strong_count() > 0;
            rows.extend(group.take(arn));
            is_used
        });
        rows.retain(|row| match row {
            Row::Balancer(row) => !row.is_idle(),
            Row::Group(row) => !row.is_idle(),
            Row::Instance(_) => false,
        });
        rows
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

    fn groups_of(rows: &[Row]) -> Vec<(&str, &str, u64)> {
        let groups = rows.iter().filter_map(|row| match row {
            Row::Group(it) => Some((it.balancer.as_str(), it.group.as_str(), it.requests)),
            Row::Balancer(_) | Row::Instance(_) => None,
        });
        groups.collect()
    }

    #[test]
    fn a_group_counts_for_the_balancer_that_it_belongs_to() {
        let (metrics, state) = (Metrics::default(), Arc::new(GroupState::default()));
        metrics.group("g", &state);
        let assign = |balancer| metrics.assign_groups(|_| true, |_| balancer);
        assign(Some("a"));
        state.counters.requests.add(2);
        assign(None);
        state.counters.requests.add(3);
        assign(Some("b"));
        state.counters.requests.add(4);
        let rows = metrics.take();
        assert_eq!(groups_of(&rows), [("a", "g", 5), ("b", "g", 4)]);
        assert_eq!(metrics.take(), []);
    }

    #[test]
    fn what_is_gone_is_told_once_more() {
        let (metrics, state) = (Metrics::default(), Arc::new(GroupState::default()));
        metrics.group("g", &state);
        metrics.assign_groups(|_| true, |_| Some("a"));
        state.counters.requests.add(2);
        let counters = metrics.balancer("a");
        counters.connections.add(3);
        counters.active_connections.one();
        metrics.keep_balancers(|_| false);
        metrics.assign_groups(|_| false, |_| None);
        drop(state);
        let rows = metrics.take();
        assert_eq!(groups_of(&rows), [("a", "g", 2)]);
        assert!(rows.iter().any(|row| matches!(row,
            Row::Balancer(it) if it.new_connections == 3 && it.active_connections == 0)));
        assert_eq!(metrics.take(), []);
        assert!(metrics.groups().is_empty());
    }
}
