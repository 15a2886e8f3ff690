//! Every change of a service and its tasks, in order: a stop of ours leaves a service its minimum of running tasks.
//!
//! A plan was made by what was seen a moment before its changes were written, and something may have happened in between. So
//! each stop must have been right as of one moment of the last seconds, counting all that was stopped since.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use tokio::time::Instant;
use wharf_records::{
    Record, Scope, decode,
    ecs::{Desired, Service, Status, Task},
};
use wharf_store::Event;

use crate::world::World;

/// How old what a plan was made by may be when its changes are written.
const RECENT: Duration = Duration::from_secs(3);

/// A service as it was up to a moment.
struct Moment {
    until: Instant,
    least: usize,
    running: BTreeSet<String>,
}

#[derive(Default)]
struct Of {
    record: Option<Service>,
    tasks: BTreeMap<String, Task>,
    moments: VecDeque<Moment>,
    /// Tasks that we stopped.
    stopped: BTreeSet<String>,
}

/// The record after a change, unless it was deleted.
fn after<T: Record>(event: &Event) -> Option<T> {
    let (_, kind, _) = Scope::parse(event.key())?;
    (kind == T::KIND && !event.entry.value.is_empty())
        .then(|| decode(&event.entry.value).expect("records are sound"))
}

fn runs(task: &Task) -> bool {
    task.desired == Desired::Running && !task.ended && task.last == Status::Running
}

fn name(task: &Task) -> Option<String> {
    task.group.strip_prefix("service:").map(str::to_owned)
}

/// Stopped by us, for fewer are wanted, or others, or one in another zone.
fn scaled_in(task: &Task) -> bool {
    let reason = task.stopped_reason.as_deref().unwrap_or_default();
    let ours = ["Scaling activity", "Availability-zone rebalancing"];
    task.desired == Desired::Stopped && ours.iter().any(|it| reason.starts_with(it))
}

pub async fn follow(world: Arc<World>) {
    let mut watch = world.store.watch_all(vec![Scope::service_prefix("ecs")], 1);
    let mut all: BTreeMap<String, Of> = BTreeMap::new();
    let mut lost = BTreeSet::new();
    loop {
        let batch = watch.next().await.expect("the store is open");
        let mut events = batch.events.as_slice();
        while let Some(first) = events.first() {
            let same = |it: &&Event| it.revision() == first.revision();
            let (now, later) = events.split_at(events.iter().take_while(same).count());
            for wrong in revision(&mut all, &mut lost, now) {
                world.wrong(wrong);
            }
            world.lost.store(lost.len(), Ordering::Relaxed);
            events = later;
        }
    }
}

/// What one transaction changed, and what of it must not be. `lost`: tasks of which nobody knew whether they run.
fn revision(
    all: &mut BTreeMap<String, Of>,
    lost: &mut BTreeSet<String>,
    events: &[Event],
) -> Vec<String> {
    let services: Vec<Service> = events.iter().filter_map(after).collect();
    let tasks: Vec<Task> = events.iter().filter_map(after).collect();
    let unknown = tasks.iter().filter(|it| it.unconfirmed);
    lost.extend(unknown.map(|it| it.arn.clone()));
    let touched: BTreeSet<String> = services
        .iter()
        .map(|it| it.name.clone())
        .chain(tasks.iter().filter_map(name))
        .collect();
    for it in &touched {
        all.entry(it.clone()).or_default().remember();
    }
    for service in services {
        let of = all.entry(service.name.clone()).or_default();
        of.record = Some(service);
    }
    let mut stopped = Vec::new();
    for task in tasks {
        let Some(name) = name(&task) else { continue };
        let of = all.entry(name.clone()).or_default();
        let (arn, ends) = (task.arn.clone(), scaled_in(&task));
        let before = of.tasks.insert(arn.clone(), task);
        if ends && before.is_some_and(|it| runs(&it)) {
            of.stopped.insert(arn.clone());
            stopped.push((name, arn));
        }
    }
    let wrong = stopped.into_iter().filter_map(|(name, arn)| {
        let of = &all[&name];
        let left = |it: &Moment| it.running.difference(&of.stopped).count();
        let may = |it: &Moment| !it.running.contains(&arn) || left(it) >= it.least;
        let last = of.moments.back().map(|it| (left(it), it.least));
        let is_right = of.moments.iter().any(may);
        (!is_right).then(|| format!("{name}: {arn} was stopped; (running, at least): {last:?}"))
    });
    wrong.collect()
}

impl Of {
    /// Notes how it is, before something changes.
    fn remember(&mut self) {
        let now = Instant::now();
        let Some(service) = &self.record else { return };
        let percent = u64::from(service.options.minimum_percent);
        let least = (u64::from(service.desired) * percent).div_ceil(100);
        let running = self.tasks.values().filter(|it| runs(it));
        self.moments.push_back(Moment {
            until: now,
            least: usize::try_from(least).unwrap(),
            running: running.map(|it| it.arn.clone()).collect(),
        });
        while self.moments.len() > 1 && self.moments[0].until + RECENT < now {
            self.moments.pop_front();
        }
        self.tasks.retain(|_, it| it.last < Status::Stopped);
    }
}
