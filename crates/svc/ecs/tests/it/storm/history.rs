//! Every change of a record, in order, and what must be true of it: our own stops leave a service its
//! minimum of healthy tasks, our own starts respect its maximum; what is called complete or steady is;
//! a circuit breaker trips over failures and goes back to what last completed.
//!
//! A plan was made by what was seen a moment before its changes were written, and something may have
//! happened in between. So each of these must have been right as of one moment of the last seconds,
//! counting all that was stopped and started since.

mod rules;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use wharf_base::Timestamp;
use wharf_records::{
    Record, Scope, decode,
    ecs::{Desired, Instance, InstanceStatus, Scheduling, Service, Status, Task},
};
use wharf_store::Event;

use super::Storm;
use crate::harness::{ACCOUNT, REGION};

/// How old what a plan was made by may be when its changes are written.
const RECENT: Duration = Duration::from_secs(2);
/// A service as it was up to a moment.
struct Moment {
    until: Timestamp,
    desired: u32,
    lower: usize,
    upper: usize,
    live: BTreeSet<String>,
    /// Live ones that are healthy, in the words of the specification.
    counting: BTreeSet<String>,
}

struct History {
    storm: Arc<Storm>,
    services: BTreeMap<String, Service>,
    instances: BTreeMap<String, Instance>,
    tasks: BTreeMap<String, Task>,
    /// States of targets, by address.
    health: BTreeMap<String, String>,
    moments: BTreeMap<String, VecDeque<Moment>>,
    /// Tasks we stopped for scaling, and when.
    stopped: BTreeMap<String, Timestamp>,
    /// When what failed before stopped to matter: a service was rolled back, or nothing of it was wanted.
    begun_anew: BTreeMap<String, Timestamp>,
}

pub async fn follow(storm: Arc<Storm>) {
    let scope = Scope::new("ecs", ACCOUNT, REGION);
    let kinds = [Task::KIND, Service::KIND, Instance::KIND];
    let prefixes = kinds.map(|kind| scope.prefix(kind)).to_vec();
    let mut watch = storm.store.watch_all(prefixes, 1);
    let mut changes = storm.elbv2.changes();
    let mut history = History {
        storm,
        services: BTreeMap::new(),
        instances: BTreeMap::new(),
        tasks: BTreeMap::new(),
        health: BTreeMap::new(),
        moments: BTreeMap::new(),
        stopped: BTreeMap::new(),
        begun_anew: BTreeMap::new(),
    };
    loop {
        tokio::select! {
            _ = changes.recv() => {
                history.remember();
                history.look_at_targets();
            }
            batch = watch.next() => {
                let batch = batch.expect("the store is open");
                let mut events = batch.events.as_slice();
                while let Some(first) = events.first() {
                    let same = |event: &&Event| event.revision() == first.revision();
                    let count = events.iter().take_while(same).count();
                    let (now, later) = events.split_at(count);
                    history.take(now);
                    events = later;
                }
            }
        }
    }
}

/// The record after a change, unless it was deleted.
fn after<T: Record>(event: &Event) -> Option<T> {
    let (_, kind, _) = Scope::parse(event.key())?;
    (kind == T::KIND && !event.entry.value.is_empty())
        .then(|| decode(&event.entry.value).expect("records are sound"))
}

fn is_live(task: &Task) -> bool {
    task.desired == Desired::Running && !task.ended && task.last < Status::Deprovisioning
}

impl History {
    /// What one transaction changed.
    fn take(&mut self, events: &[Event]) {
        self.remember();
        for instance in events.iter().filter_map(after::<Instance>) {
            self.instances.insert(instance.host.clone(), instance);
        }
        let tasks = events.iter().filter_map(after::<Task>);
        let before: Vec<_> = tasks
            .map(|task| {
                let arn = task.arn.clone();
                (arn.clone(), self.tasks.insert(arn, task))
            })
            .collect();
        for (arn, before) in before {
            let task = &self.tasks[&arn];
            let Some(name) = task.group.strip_prefix("service:").map(str::to_owned) else {
                continue;
            };
            match before {
                None => self.launched(&name, &arn),
                Some(before) if is_live(&before) && scaled_in(task) => {
                    self.scaled(&name, &arn, |it| it.lower);
                }
                Some(before) if is_live(&before) && moved(task) => {
                    self.scaled(&name, &arn, |it| it.desired as usize);
                }
                Some(_) => {}
            }
        }
        for service in events.iter().filter_map(after::<Service>) {
            if let Some(before) = self.services.insert(service.name.clone(), service.clone()) {
                self.changed(&before, &service);
            }
        }
    }

    fn now(&self) -> Timestamp {
        self.storm.clock.now()
    }

    fn look_at_targets(&mut self) {
        let all = self.storm.elbv2.all().into_iter();
        self.health = all.map(|((_, id, _), state)| (id, state)).collect();
    }

    fn of(&self, service: &str) -> impl Iterator<Item = &Task> {
        let group = format!("service:{service}");
        self.tasks.values().filter(move |task| task.group == group)
    }

    /// Healthy in the words of the specification, told apart from the code under test.
    fn counts(&self, service: &Service, task: &Task) -> bool {
        let targets = task.service.as_ref().map_or(0, |of| of.targets.len());
        let settled = match (targets, service.options.breaker.enable) {
            (0, true) => Duration::from_secs(5),
            (0, false) => Duration::from_secs(3),
            _ => Duration::ZERO,
        };
        let address = task.interface.as_ref().map(|it| &it.private_ipv4);
        let state = address.and_then(|it| self.health.get(it));
        task.last == Status::Running
            && task.started_at.is_some_and(|at| at + settled <= self.now())
            && (targets == 0 || state.is_some_and(|it| it == "healthy"))
    }

    /// Notes how every service is, before something changes.
    fn remember(&mut self) {
        let now = self.now();
        let mut moments = std::mem::take(&mut self.moments);
        for (name, service) in &self.services {
            let moments = moments.entry(name.clone()).or_default();
            moments.push_back(self.moment(service));
            while moments.front().is_some_and(|it| it.until + RECENT < now) {
                moments.pop_front();
            }
            if service.desired == 0 {
                self.begun_anew.insert(name.clone(), now);
            }
        }
        self.moments = moments;
    }

    fn moment(&self, service: &Service) -> Moment {
        let daemon = service.scheduling == Scheduling::Daemon;
        let active = |it: &&Instance| it.status == InstanceStatus::Active;
        let machines = self.instances.values().filter(active).count();
        let wanted = match daemon {
            true => machines.min(service.desired as usize),
            false => service.desired as usize,
        };
        let live = || self.of(&service.name).filter(|task| is_live(task));
        let arn = |task: &Task| task.arn.clone();
        Moment {
            until: self.now(),
            desired: service.desired,
            lower: (wanted * service.options.minimum_percent as usize).div_ceil(100),
            upper: wanted * service.options.maximum_percent as usize / 100,
            live: live().map(arn).collect(),
            counting: live()
                .filter(|it| self.counts(service, it))
                .map(arn)
                .collect(),
        }
    }

    fn recent(&self, service: &str) -> impl Iterator<Item = &Moment> {
        self.moments.get(service).into_iter().flatten()
    }
}

/// Stopped by us, for fewer are wanted or others.
fn moved(task: &Task) -> bool {
    let reason = task.stopped_reason.as_deref().unwrap_or_default();
    task.desired == Desired::Stopped && reason.starts_with("Availability-zone rebalancing")
}

fn scaled_in(task: &Task) -> bool {
    let reason = task.stopped_reason.as_deref().unwrap_or_default();
    task.desired == Desired::Stopped && reason.starts_with("Scaling activity")
}
