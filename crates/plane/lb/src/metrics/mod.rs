//! Counters of load balancers and target groups, named as CloudWatch names them.
//!
//! They grow for as long as the process lives; what of them was not told yet is taken from them minute by minute
//! ([`minutes`]). Those of [`Metrics::kept_in`] a folder outlive their process ([`slots`]), so that the next one tells
//! what this one could not ([`ledger`]).

mod counters;
mod ledger;
mod minutes;
mod slots;
mod times;

use std::{
    collections::BTreeMap,
    io,
    path::Path,
    sync::{Arc, Weak},
};

use parking_lot::{Mutex, MutexGuard};
use wharf_planeproto::measured::{self, GroupRow, Row};

pub use self::{
    counters::{BalancerCounters, FlowKind, GroupCounters, LoginCounters},
    minutes::Minutes,
};
use self::{
    ledger::{Ledger, Snapshot, Writing},
    slots::{Kind, Region, Slot},
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
    /// Load balancers that are gone, while requests of theirs are under way; and groups that came again meanwhile.
    leaving: Vec<(String, Arc<BalancerCounters>)>,
    former: Vec<(String, Group)>,
    /// What was counted last of load balancers that are gone, and of groups for those that they belonged to.
    ended: Vec<Row>,
    ledger: Option<Ledger>,
    /// Addresses at which this process should listen.
    endpoints: usize,
    /// Connections of clients that there may be.
    connections_max: usize,
}

impl Sources {
    fn region(&self) -> Option<&Arc<Region>> {
        self.ledger.as_ref().and_then(Ledger::region)
    }

    /// What was counted since this was last called.
    fn take(&mut self) -> Vec<Row> {
        let mut rows = std::mem::take(&mut self.ended);
        let of_balancers = self.balancers.iter();
        rows.extend(of_balancers.map(|(arn, it)| Row::Balancer(it.take(arn))));
        self.leaving.retain(|(arn, counters)| {
            // Looked at first: nothing is counted after its last user is gone.
            let is_used = Arc::strong_count(counters) > 1;
            let mut row = counters.take(arn);
            row.active_connections = 0;
            row.flows.iter_mut().for_each(|it| it.active = 0);
            rows.push(Row::Balancer(row));
            is_used
        });
        self.groups.retain(|arn, group| {
            let is_used = group.is_used();
            rows.extend(group.take(arn));
            is_used
        });
        self.former.retain(|(arn, group)| {
            let is_used = group.is_used();
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

    /// What the process after this one is to know of what was taken.
    fn snapshot(&mut self) -> Option<Snapshot> {
        let balancers = self.balancers.values();
        let all = balancers.chain(self.leaving.iter().map(|it| &it.1));
        let of_balancers = all.map(|it| it.slot());
        let groups = self.groups.values();
        let groups = groups.chain(self.former.iter().map(|it| &it.1));
        let of_groups = groups.map(|it| it.counters.slot());
        let ledger = self.ledger.as_mut()?;
        Some(ledger.snapshot(of_balancers.chain(of_groups), &self.ended))
    }
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
    /// Whether somebody may count in it. A state that goes lets go of its counters a moment after it is nobody's: theirs must
    /// not be the last hand on them, for what was told of them is only written down while they are here or have left.
    fn is_used(&self) -> bool {
        self.state.strong_count() > 0 || Arc::strong_count(&self.counters) > 1
    }

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
    row.serves = (row.registered > 0).then_some(!state.rotation.load().fails_open);
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
pub struct Metrics(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    sources: Mutex<Sources>,
    /// Held while something is written down, so that this is done in order; taken before the sources. Nobody who only counts
    /// waits for it.
    writing: Mutex<Writing>,
}

impl Metrics {
    /// Counters that are in a folder, and are known to the next process that opens it. `told` is a file that says
    /// how much of them was told. The folder should be in memory: the kernel has whoever writes to a mapped file
    /// of a disk wait now and then.
    ///
    /// # Errors
    /// The folder or the file cannot be used, or too many processes use it.
    pub fn kept_in(told: &Path, folder: &Path) -> io::Result<Self> {
        let ledger = Some(Ledger::open(told, folder, minutes::now())?);
        let sources = Sources {
            ledger,
            ..Sources::default()
        };
        Ok(Self(Arc::new(Shared {
            sources: Mutex::new(sources),
            writing: Mutex::default(),
        })))
    }

    /// The run and the minute that are being counted, where the process after this one is to know it.
    fn counting(&self) -> Option<(u64, i64)> {
        let sources = self.lock();
        let ledger = sources.ledger.as_ref();
        ledger.map(|it| (it.run(), it.counting()))
    }

    /// Says who reports. What the process before this one may have told as somebody else is left out: the control plane would
    /// not know it for the same.
    pub fn told_by(&self, host: &str) {
        let mut writing = self.0.writing.lock();
        let mut sources = self.lock();
        let changed = sources.ledger.as_mut().is_some_and(|it| it.told_by(host));
        let snapshot = sources.snapshot().filter(|_| changed);
        drop(sources);
        if let Some(snapshot) = snapshot {
            writing.write(snapshot);
        }
    }

    fn waiting(&self) -> Vec<measured::Minute> {
        let sources = self.lock();
        let ledger = sources.ledger.as_ref();
        ledger.map_or_else(Vec::new, |it| it.waiting().to_vec())
    }

    /// Makes reports of what was counted, beside those that wait; from now on it is `next` that is counted. They
    /// are written down when this returns.
    fn tell(
        &self,
        reports: impl FnOnce(&[Row]) -> Vec<measured::Minute>,
        next: (u64, i64),
        waiting: Vec<measured::Minute>,
    ) -> Vec<measured::Minute> {
        let mut writing = self.0.writing.lock();
        let mut sources = self.lock();
        let mut told = reports(&sources.take());
        if let Some(ledger) = &mut sources.ledger {
            ledger.turned(next, [waiting, told.clone()].concat());
            told.extend(ledger.take_over());
        }
        let snapshot = sources.snapshot();
        drop(sources);
        if let Some(snapshot) = snapshot {
            writing.write(snapshot);
        }
        told
    }

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
        self.0.sources.lock()
    }

    /// The counters of a load balancer, made when first asked for.
    pub(crate) fn balancer(&self, arn: &str) -> Arc<BalancerCounters> {
        let mut sources = self.lock();
        if let Some(counters) = sources.balancers.get(arn) {
            return Arc::clone(counters);
        }
        let slot = Slot::of(sources.region(), Kind::Balancer, arn);
        let counters = Arc::new(BalancerCounters::over(slot));
        sources
            .balancers
            .insert(arn.to_owned(), Arc::clone(&counters));
        counters
    }

    /// Counters for a group that is new.
    pub(crate) fn group_counters(&self, arn: &str) -> Arc<GroupCounters> {
        let slot = Slot::of(self.lock().region(), Kind::Group, arn);
        Arc::new(GroupCounters::over(slot))
    }

    /// Forgets the load balancers that are gone.
    pub(crate) fn keep_balancers(&self, stays: impl Fn(&str) -> bool) {
        let mut sources = self.lock();
        let Sources {
            gone,
            balancers,
            leaving,
            ..
        } = &mut *sources;
        balancers.retain(|arn, counters| {
            let stays = stays(arn);
            if !stays {
                let mut counts = counters.counts();
                // Those that are still open are nobody's to count down.
                counts.active_connection_count = 0;
                gone.add(&counts);
                leaving.push((arn.clone(), Arc::clone(counters)));
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
        if let Some(mut former) = sources.groups.insert(arn.to_owned(), group) {
            // Its targets are those of the one that came again.
            former.listed = false;
            sources.former.push((arn.to_owned(), former));
        }
    }

    /// The groups that there are, and the load balancers that they belong to. What was counted of a group until
    /// now counts for the one that it belonged to.
    pub(crate) fn assign_groups<'a>(
        &self,
        is_listed: impl Fn(&str) -> bool,
        balancer_of: impl Fn(&str) -> Option<&'a str>,
    ) {
        let mut writing = self.0.writing.lock();
        let mut sources = self.lock();
        let Sources { groups, ended, .. } = &mut *sources;
        let mut moved = Vec::new();
        for (arn, group) in groups {
            group.listed = is_listed(arn);
            // Requests may be under way for one that is in use no more.
            let Some(balancer) = balancer_of(arn) else {
                continue;
            };
            if group.balancer.as_deref() == Some(balancer) {
                continue;
            }
            if group.balancer.is_some() {
                ended.extend(group.take(arn));
                moved.push((Arc::clone(&group.counters), balancer.to_owned()));
            } else {
                group.counters.slot().belongs_to(balancer);
            }
            group.balancer = Some(balancer.to_owned());
        }
        if moved.is_empty() {
            return;
        }
        // What was counted for the load balancer before is a row before the counters are the next one's.
        let snapshot = sources.snapshot();
        drop(sources);
        if let Some(snapshot) = snapshot {
            writing.write(snapshot);
        }
        for (counters, balancer) in moved {
            counters.slot().belongs_to(&balancer);
        }
    }

    /// What was counted since this was last called.
    pub fn take(&self) -> Vec<Row> {
        self.lock().take()
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
            metrics.balancer(arn).clients.active.one();
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
        counters.clients.new.add(3);
        counters.clients.active.one();
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

    fn opened(folder: &Path) -> Metrics {
        Metrics::kept_in(&folder.join("told"), &folder.join("counts")).unwrap()
    }

    /// A load balancer and a group of which some was told, and some not.
    fn killed(folder: &Path, more: impl FnOnce(&Metrics, &Arc<GroupState>)) -> Minutes {
        let metrics = opened(folder);
        let counters = metrics.group_counters("g");
        let state = Arc::new(GroupState {
            counters,
            ..GroupState::default()
        });
        metrics.group("g", &state);
        metrics.assign_groups(|_| true, |_| Some("a"));
        metrics.balancer("a").clients.bytes.add(10);
        state.counters.requests.add(5);
        state.counters.answered(200, 1000);
        let mut minutes = Minutes::new(metrics.clone());
        let told = minutes.rest(minutes.left());
        assert_eq!(told.len(), 1);
        more(&metrics, &state);
        // Nothing that is dropped has the files say anything else, but for the lock.
        drop((minutes, metrics, state));
        Minutes::new(opened(folder))
    }

    fn requests_and_bytes(minutes: &[measured::Minute]) -> (u64, u64, u32) {
        let (mut requests, mut bytes, mut times) = (0, 0, 0);
        for row in minutes.iter().flat_map(|it| &it.rows) {
            match row {
                Row::Balancer(it) => bytes += it.processed_bytes,
                Row::Group(it) => {
                    requests += it.requests;
                    let of_group = it.times.iter().flat_map(|it| &it.buckets);
                    times += of_group.map(|it| it.1).sum::<u32>();
                }
                Row::Instance(_) => {}
            }
        }
        (requests, bytes, times)
    }

    #[test]
    fn what_was_not_told_is_told_by_the_next_process_once() {
        let folder = tempfile::tempdir().unwrap();
        let mut next = killed(folder.path(), |metrics, state| {
            metrics.balancer("a").clients.bytes.add(1);
            state.counters.requests.add(2);
            state.counters.answered(200, 1000);
        });
        let left = next.left();
        let names: Vec<_> = left.iter().map(|it| (it.run, it.start, it.part)).collect();
        assert_eq!(left.len(), 2, "what was told waits, beside the rest");
        assert_ne!(names[0], names[1]);
        assert_eq!(requests_and_bytes(&left[..1]), (5, 10, 1));
        assert_eq!(requests_and_bytes(&left[1..]), (2, 1, 1));
        // Killed again before anything of it was kept, and once all was.
        drop(next);
        next = Minutes::new(opened(folder.path()));
        assert_eq!(next.left(), left);
        assert_eq!(next.rest(Vec::new()), []);
        drop(next);
        let last = Minutes::new(opened(folder.path()));
        assert_eq!(last.left(), []);
    }

    #[test]
    fn flows_and_logins_are_told_by_the_next_process_too() {
        let folder = tempfile::tempdir().unwrap();
        let next = killed(folder.path(), |metrics, _| {
            let counters = metrics.balancer("a");
            counters.flows(FlowKind::Tls).bytes.add(3);
            counters.flows(FlowKind::Tls).active.one();
            counters.logins.latency.add(20);
        });
        let left = next.left();
        let mut rows = left[1..].iter().flat_map(|it| &it.rows);
        let Some(Row::Balancer(row)) = rows.next() else {
            panic!("what was counted since: {left:?}");
        };
        let flows = row.flows[1];
        assert_eq!((flows.bytes, flows.active, row.processed_bytes), (3, 0, 3));
        let latency = row.logins.latency.as_ref().unwrap();
        assert_eq!((latency.count, latency.least_us), (1, 20));
    }

    #[test]
    fn one_that_begins_while_another_ends_counts_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let begun = || {
            let metrics = opened(folder.path());
            metrics.told_by("host");
            metrics
        };
        let first = begun();
        first.balancer("a").clients.bytes.add(1);
        let second = begun();
        second.balancer("a").clients.bytes.add(10);
        let mut minutes = Minutes::new(second.clone());
        assert_eq!(minutes.left(), [], "the first has not ended");
        first.balancer("a").clients.bytes.add(2);
        drop(first);
        let told = minutes.rest(Vec::new());
        assert_eq!(requests_and_bytes(&told).1, 13);
        second.balancer("a").clients.bytes.add(100);
        drop((minutes, second));
        for _ in 0..2 {
            let third = Minutes::new(begun());
            assert_eq!(requests_and_bytes(&third.left()).1, 113);
        }
        let mut third = Minutes::new(begun());
        assert_eq!(third.rest(Vec::new()), []);
        drop(third);
        assert_eq!(Minutes::new(begun()).left(), []);
    }

    #[test]
    fn of_another_host_only_what_was_never_told_is_taken_over() {
        let folder = tempfile::tempdir().unwrap();
        let first = opened(folder.path());
        first.told_by("one");
        let second = opened(folder.path());
        second.told_by("one");
        second.balancer("a").clients.bytes.add(10);
        assert_eq!(Minutes::new(second.clone()).rest(Vec::new()).len(), 1);
        second.balancer("a").clients.bytes.add(5);
        drop((first, second));
        let third = opened(folder.path());
        third.told_by("another");
        assert_eq!(requests_and_bytes(&Minutes::new(third).left()).1, 5);
    }

    #[test]
    fn there_are_not_more_than_a_few_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let all = [(); 4].map(|()| opened(folder.path()));
        let more = Metrics::kept_in(&folder.path().join("told"), &folder.path().join("counts"));
        assert!(more.is_err());
        drop(all);
        opened(folder.path());
    }

    #[test]
    fn what_may_have_been_told_is_not_told_again() {
        let folder = tempfile::tempdir().unwrap();
        let in_the_way = folder.path().join("told.new");
        let next = killed(folder.path(), |metrics, state| {
            std::fs::create_dir(&in_the_way).unwrap();
            state.counters.requests.add(2);
            assert_eq!(Minutes::new(metrics.clone()).rest(Vec::new()).len(), 1);
            state.counters.requests.add(1);
            std::fs::remove_dir(&in_the_way).unwrap();
        });
        assert_eq!(requests_and_bytes(&next.left()), (5, 10, 1));
    }

    #[test]
    fn what_was_counted_for_a_former_owner_stays_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let next = killed(folder.path(), |metrics, state| {
            state.counters.requests.add(2);
            metrics.assign_groups(|_| true, |_| Some("b"));
            state.counters.requests.add(3);
        });
        let left = next.left();
        let rows: Vec<Row> = left[1..].iter().flat_map(|it| it.rows.clone()).collect();
        assert_eq!(groups_of(&rows), [("a", "g", 2), ("b", "g", 3)]);
    }

    #[test]
    fn another_host_tells_what_was_told_by_none() {
        let folder = tempfile::tempdir().unwrap();
        let first = opened(folder.path());
        first.told_by("one");
        drop(first);
        let next = killed(folder.path(), |_, state| state.counters.requests.add(2));
        next.metrics().told_by("one");
        assert_eq!(requests_and_bytes(&next.left()).0, 5 + 2);
        drop(next);
        // All that waits may have been told by now.
        let next = killed(folder.path(), |_, state| state.counters.requests.add(3));
        next.metrics().told_by("another");
        assert_eq!(requests_and_bytes(&next.left()).0, 3);
        drop(next);
        let last = Minutes::new(opened(folder.path()));
        last.metrics().told_by("another");
        assert_eq!(requests_and_bytes(&last.left()).0, 3);
    }

    #[test]
    fn what_is_gone_and_was_told_is_not_told_again() {
        let folder = tempfile::tempdir().unwrap();
        let next = killed(folder.path(), |metrics, _| {
            metrics.balancer("a").clients.bytes.add(4);
            metrics.keep_balancers(|_| false);
            let mut minutes = Minutes::new(metrics.clone());
            for _ in 0..3 {
                minutes.rest(Vec::new());
                assert_eq!(metrics.take(), []);
            }
            metrics.balancer("c").clients.bytes.add(6);
        });
        assert_eq!(requests_and_bytes(&next.left()), (0, 6, 0));
    }
}
