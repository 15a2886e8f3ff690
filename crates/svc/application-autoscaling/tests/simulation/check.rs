//! What must be true of each change: every revision of the targets' records and of their activities is looked at, in
//! order, with nothing of the service's own but what it wrote down.

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;
use wharf_records::{Record, Scope, decode};
use wharf_store::Event;
use wharf_testkit::{ACCOUNT, REGION};

use crate::{
    plan::{Metric, Service},
    rules,
    world::World,
};

/// A scalable target, as far as it is looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Target {
    pub resource: String,
    pub min: u32,
    pub max: u32,
    #[serde(default)]
    pub range_changed: bool,
    #[serde(default)]
    pub moving: Option<Move>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Move {
    pub activity: String,
    pub to: u32,
    pub since: Timestamp,
    #[serde(default)]
    pub set: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Activity {
    pub resource: String,
    pub description: String,
    pub cause: String,
    pub status: String,
}

impl Record for Target {
    const KIND: &'static str = "target";
    const FORMAT: u32 = 1;
}

impl Record for Activity {
    const KIND: &'static str = "activity";
    const FORMAT: u32 = 1;
}

/// A change of a count that was decided.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// Since the simulation began.
    pub minute: f64,
    /// By the server's clock.
    pub at: Timestamp,
    pub from: u32,
    pub to: u32,
    /// A policy and its alarm; `None`: the range.
    pub by: Option<(String, String)>,
}

impl Decision {
    pub fn is_out(&self) -> bool {
        self.to > self.from
    }
}

/// A data point that arrived.
#[derive(Debug, Clone, Copy)]
pub struct Point {
    /// What it is of, and when it came, in minutes.
    pub of: f64,
    pub arrived: f64,
    pub value: f64,
}

#[derive(Debug, Default)]
pub struct OfService {
    pub target: Option<Target>,
    /// The minute since which the range is not compared with the count.
    pub range_waits: Option<f64>,
    pub count: u32,
    pub decisions: Vec<Decision>,
    /// By policy and alarm, how many words were there when it last decided.
    pub words: BTreeMap<(String, String), usize>,
    pub points: [Vec<Point>; 2],
    /// The last scale-out while it counts: when, how long, and from which count.
    pub out: Option<(Timestamp, u32, u32)>,
    /// By name, how often a scheduled action was carried out.
    pub scheduled: BTreeMap<String, usize>,
    /// The status of each activity.
    pub activities: BTreeMap<String, String>,
}

impl OfService {
    pub fn points(&self, metric: Metric) -> impl Iterator<Item = &Point> + Clone {
        self.points[metric as usize].iter()
    }
}

/// What was seen of all services.
#[derive(Debug, Default)]
pub struct Seen {
    pub services: BTreeMap<String, OfService>,
    /// When the server's clock was last set, in minutes.
    pub clock_set: Option<f64>,
    pub wrong: Vec<String>,
}

impl Seen {
    pub fn new(services: &[Service]) -> Self {
        let services = services.iter().map(|it| {
            let of = OfService {
                count: it.min,
                ..OfService::default()
            };
            (it.name.clone(), of)
        });
        Self {
            services: services.collect(),
            ..Self::default()
        }
    }
}

fn after<T: Record>(event: &Event) -> Option<(String, T)> {
    let (_, kind, id) = Scope::parse(event.key())?;
    let is_there = kind == T::KIND && !event.entry.value.is_empty();
    is_there.then(|| (id, decode(&event.entry.value).expect("records are sound")))
}

fn name_of(resource: &str) -> &str {
    resource.rsplit('/').next().unwrap_or_default()
}

pub async fn follow(world: Arc<World>) {
    let scope = Scope::new("application-autoscaling", ACCOUNT, REGION);
    let prefixes = vec![scope.prefix(Target::KIND), scope.prefix(Activity::KIND)];
    let mut watch = world.store.watch_all(prefixes, 1);
    loop {
        let batch = watch.next().await.expect("the store is open");
        let mut events = batch.events.as_slice();
        while let Some(first) = events.first() {
            let same = |it: &&Event| it.revision() == first.revision();
            let (now, later) = events.split_at(events.iter().take_while(same).count());
            revision(&world, now);
            events = later;
        }
    }
}

/// What one transaction changed.
fn revision(world: &World, events: &[Event]) {
    let mut seen = world.seen.lock();
    let seen = &mut *seen;
    let activities: Vec<(String, Activity)> = events.iter().filter_map(after).collect();
    let mut begun = Vec::new();
    for (id, activity) in activities {
        // Below its target.
        let id = id
            .split_once('/')
            .map_or_else(String::new, |it| it.1.to_owned());
        let name = name_of(&activity.resource).to_owned();
        let of = seen.services.get_mut(&name).expect("it is scaled");
        let before = of.activities.insert(id.clone(), activity.status.clone());
        match before.as_deref() {
            None if activity.description.starts_with("Setting desired count") => {
                begun.push((id, activity));
            }
            None => {
                if let Some(action) = activity.cause.strip_prefix("scheduled action name ") {
                    let action = action.trim_end_matches(" was triggered").to_owned();
                    *of.scheduled.entry(action).or_default() += 1;
                }
            }
            Some("Pending" | "InProgress") => {}
            Some(before) if before == activity.status => {}
            Some(before) => seen.wrong.push(format!(
                "{name}: an activity that was {before} became {}",
                activity.status
            )),
        }
    }
    for (_, target) in events.iter().filter_map(after::<Target>) {
        let name = name_of(&target.resource).to_owned();
        let of = seen.services.get_mut(&name).expect("it is scaled");
        let before = of.target.replace(target.clone());
        of.range_waits = match target.range_changed {
            true => of.range_waits.or(Some(world.minutes())),
            false => None,
        };
        let before = before.and_then(|it| it.moving).map(|it| it.activity);
        let Some(moving) = target.moving.as_ref() else {
            continue;
        };
        if before.as_ref() == Some(&moving.activity) {
            continue;
        }
        let found = begun.iter().position(|it| it.0 == moving.activity);
        let Some(found) = found else {
            let text = format!("{name}: no activity tells of the change to {}", moving.to);
            seen.wrong.push(text);
            continue;
        };
        let (_, activity) = begun.remove(found);
        if activity.description != format!("Setting desired count to {}.", moving.to) {
            let text = format!("{name}: {} is told of {}", activity.description, moving.to);
            seen.wrong.push(text);
        }
        let decision = Decision {
            minute: world.minutes(),
            at: moving.since,
            from: of.count,
            to: moving.to,
            by: speaker(&activity.cause),
        };
        let service = world.service(&name);
        let wrong = rules::broken(world, service, of, &target, &decision, seen.clock_set);
        seen.wrong.extend(
            wrong
                .into_iter()
                .map(|it| format!("{name}: {it}: {decision:?}")),
        );
        of.count = decision.to;
        of.decisions.push(decision);
    }
    for (_, activity) in begun {
        seen.wrong.push(format!("nothing is done by {activity:?}"));
    }
}

/// The policy and the alarm in a cause.
fn speaker(cause: &str) -> Option<(String, String)> {
    let rest = cause.strip_prefix("monitor alarm ")?;
    let (alarm, policy) = rest.split_once(" in state ALARM triggered policy ")?;
    Some((policy.to_owned(), alarm.to_owned()))
}

impl World {
    /// Since it began.
    pub fn minutes(&self) -> f64 {
        self.clock.elapsed().as_secs_f64() / 60.0
    }

    /// A count is set only while the record says that it is to be: once for each change, but for tries whose answer was
    /// lost.
    pub async fn is_due(&self, target: &str, service: &str, to: u32) {
        let key = Scope::new("application-autoscaling", ACCOUNT, REGION).key(Target::KIND, target);
        let entry = loop {
            if let Ok(entry) = self.store.get(&key).await {
                break entry;
            }
        };
        let target = entry.map(|it| decode::<Target>(&it.value).expect("records are sound"));
        let moving = target.and_then(|it| it.moving);
        if moving.as_ref().is_none_or(|it| it.to != to || it.set) {
            let text = format!("{service}: the count {to} is set while {moving:?} is wanted");
            self.seen.lock().wrong.push(text);
        }
    }

    /// What must be true whenever nothing is under way.
    pub fn look(&self) {
        let mut seen = self.seen.lock();
        let now = self.minutes();
        let mut wrong = Vec::new();
        for (name, of) in &seen.services {
            let Some(target) = &of.target else { continue };
            let desired = self.ecs.desired(name);
            let is_quiet = target.moving.is_none() && !target.range_changed;
            if is_quiet && !(target.min..=target.max).contains(&desired) {
                wrong.push(format!(
                    "{name}: {desired} are wanted in minute {now:.1}, outside of {target:?}"
                ));
            }
            if target.moving.as_ref().is_none_or(|it| it.set) && desired != of.count {
                wrong.push(format!(
                    "{name}: {desired} are wanted in minute {now:.1}, decided was {}",
                    of.count
                ));
            }
            if of.range_waits.is_some_and(|since| now - since > 5.0) {
                wrong.push(format!(
                    "{name}: the range is not heeded since {:?}, in minute {now:.1}",
                    of.range_waits
                ));
            }
        }
        seen.wrong.extend(wrong);
        let all = seen.wrong.join("\n");
        assert!(all.is_empty(), "WHARF_SIM_SEED={}\n{all}", self.seed);
    }
}
