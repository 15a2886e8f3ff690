//! What a change of the record of a task, of an instance, of a pod's machine, or of something that is stored, means for
//! its meter. Pure.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;
use wharf_billing::{Platform, Use};
use wharf_records::{
    Record, Scope, Unknown,
    ecs::task::{Launch, Task},
    pods::{MachineOfPod, OfPod},
};
use wharf_service::announce::record;
use wharf_store::{Entry, Event, EventKind};

use crate::{
    records::Meter,
    stored::{self, Kind},
};

/// Ephemeral storage of a task that asked for none, in GiB.
const OWN_GIB: u32 = 20;
/// How far the clocks of nodes are apart from ours, in milliseconds, while they are believed.
const DRIFT: i64 = 60_000;
const SPOT: &str = "FARGATE_SPOT";

/// A meter as it is from now on.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Change {
    pub account: String,
    pub meter: Meter,
    /// Nothing says how the task was before, so its end may be in the ledger already: the meter is
    /// written only over one that is there.
    pub only_over: bool,
}

/// Services whose records say what is metered, by the segment of their keys.
pub(crate) const SOURCES: [&str; 4] = ["ecs", "ec2", "efs", "elbv2"];

/// Whose record a key is of, if that is metered.
enum Kept {
    Task,
    /// An instance, or the machine of a pod, in that region.
    Machine(String),
    /// Something stored, with that id, in that region.
    Stored(Kind, String, String),
}

/// An instance of EC2, as far as it is metered. For those who only read.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Machine {
    id: String,
    instance_type: String,
    #[serde(default)]
    spot: Option<serde_json::Value>,
    life: Life,
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

impl Record for Machine {
    const KIND: &'static str = MachineOfPod::KIND;
    const FORMAT: u32 = MachineOfPod::FORMAT;
}

#[derive(Debug, Serialize, Deserialize)]
struct Life {
    state: String,
    /// When the state began.
    since: Timestamp,
    #[serde(default)]
    run: Option<Run>,
}

/// A time in which it ran.
#[derive(Debug, Serialize, Deserialize)]
struct Run {
    number: u64,
    started_at: Timestamp,
    #[serde(default)]
    ended_at: Option<Timestamp>,
}

fn kept(key: &str) -> Option<(String, Kept)> {
    let (scope, kind, id) = Scope::parse(key)?;
    let kept = match (scope.service.as_str(), kind) {
        ("ecs", Task::KIND) => Kept::Task,
        ("ec2", MachineOfPod::KIND) => Kept::Machine(scope.region),
        (service, kind) => Kept::Stored(Kind::named(service, kind)?, id, scope.region),
    };
    Some((scope.account, kept))
}

/// What a record says of the meters that it is about.
fn meters_of(entry: &Entry, account: &str, kept: &Kept, now: Timestamp) -> Vec<Meter> {
    let one = match kept {
        Kept::Task => record::<Task>(entry).and_then(|it| meter(&it, now)),
        Kept::Machine(region) => {
            record::<MachineOfPod>(entry).and_then(|machine| match machine.pod {
                Some(pod) => of_pod(&pod, account, region),
                None => of_instance(&record::<Machine>(entry)?, account, region),
            })
        }
        Kept::Stored(kind, id, region) => {
            return stored::meters(entry, *kind, (account, region), id);
        }
    };
    one.into_iter().collect()
}

/// The resource that a meter is of: what is stored has one for each time in which it was of one size.
pub(crate) fn resource(meter: &str) -> &str {
    meter.split(':').next().unwrap_or(meter)
}

/// What a change of any record means: for what was metered until then, and for what is from now on.
pub(crate) fn changes(event: &Event, now: Timestamp) -> Vec<Change> {
    let Some((account, kept)) = kept(event.key()) else {
        return Vec::new();
    };
    let before = event.previous.as_ref();
    let before = before.map_or_else(Vec::new, |it| meters_of(it, &account, &kept, now));
    let after = match event.kind {
        EventKind::Put => meters_of(&event.entry, &account, &kept, now),
        EventKind::Delete => Vec::new(),
    };
    let change = |meter: Meter, only_over| Change {
        account: account.clone(),
        meter,
        only_over,
    };
    let is_of = |all: &[Meter], id: &str| all.iter().any(|it| it.id == id);
    let begun = after.iter().filter(|it| !is_of(&before, &it.id));
    let gone = before.iter().filter(|it| it.end.is_none());
    let gone = gone.filter(|it| !is_of(&after, &it.id));
    let ended = gone.map(|it| {
        // It ends when the next begins; one that none follows (tasks are forgotten after their end) is over all the same.
        let next = begun.clone().map(|it| it.start).max();
        let end = next.unwrap_or_else(|| now.millis()).max(it.start);
        let meter = Meter {
            end: Some(end),
            ..it.clone()
        };
        change(meter, next.is_none())
    });
    let mut all: Vec<Change> = ended.collect();
    let only_over = event.previous.is_none() && event.entry.version > 1;
    for meter in &after {
        let known = before.iter().find(|it| it.id == meter.id);
        let was_over = known.is_some_and(|it| it.end.is_some());
        if known != Some(meter) && !was_over {
            all.push(change(meter.clone(), only_over));
        }
    }
    all
}

/// The meters of a record as it stands, for a start without history.
pub(crate) fn present(entry: &Entry, now: Timestamp) -> Vec<Change> {
    let Some((account, kept)) = kept(&entry.key) else {
        return Vec::new();
    };
    let meters = meters_of(entry, &account, &kept, now).into_iter();
    let change = |meter| Change {
        account: account.clone(),
        meter,
        only_over: false,
    };
    meters.map(change).collect()
}

/// What a pod of EKS is billed for: the size of its machine, from the moment on at which the pod came there.
fn of_pod(pod: &OfPod, account: &str, region: &str) -> Option<Meter> {
    let start = pod.started_at?.millis();
    let partition = wharf_base::arn::partition_of(region);
    let (cluster, namespace) = (&pod.cluster, &pod.namespace);
    let tags = [
        ("aws:eks:cluster-name", cluster),
        ("aws:eks:namespace", namespace),
    ];
    Some(Meter {
        arns: format!(
            "arn:{partition}:eks:{region}:{account}:pod/{cluster}/{namespace}/{}/",
            pod.name
        ),
        id: pod.uid.clone(),
        used: Use {
            region: region.to_owned(),
            platform: platform(),
            spot: false,
            cpu: pod.cpu,
            memory_mib: pod.memory_mib,
            ephemeral_gib: pod.ephemeral_gib,
            cluster: cluster.clone(),
            service: None,
            tags: tags
                .map(|(key, value)| (key.to_owned(), value.clone()))
                .into(),
            instance: None,
            stored: None,
        },
        start,
        end: pod.ended_at.map(|it| it.millis().max(start)),
        settled: false,
        unknown: Unknown::new(),
    })
}

/// What an instance is billed for: the last time that it ran, by the second. Each has a meter of its own.
fn of_instance(it: &Machine, account: &str, region: &str) -> Option<Meter> {
    let first = || Run {
        number: 1,
        started_at: it.life.since,
        ended_at: None,
    };
    let is_old = it.life.run.is_none() && it.life.state == "running";
    let of_old = is_old.then(first);
    let run = it.life.run.as_ref().or(of_old.as_ref())?;
    let start = run.started_at.millis();
    let partition = wharf_base::arn::partition_of(region);
    Some(Meter {
        arns: format!("arn:{partition}:ec2:{region}:{account}:instance/"),
        id: format!("{}:{}", it.id, run.number),
        used: Use {
            region: region.to_owned(),
            platform: platform(),
            spot: it.spot.is_some(),
            cpu: 0,
            memory_mib: 0,
            ephemeral_gib: 0,
            cluster: String::new(),
            service: None,
            tags: it.tags.clone(),
            instance: Some(it.instance_type.clone()),
            stored: None,
        },
        start,
        end: run.ended_at.map(|it| it.millis().max(start)),
        settled: false,
        unknown: Unknown::new(),
    })
}

/// What a task is billed for; nothing before its first image is pulled.
fn meter(task: &Task, now: Timestamp) -> Option<Meter> {
    let pulled = task
        .pull_started_at
        .filter(|_| task.launch == Launch::Fargate)?;
    // The node says so, and its clock may be wrong: nobody is billed for a time before the task, and no
    // task is free because it is said to begin after its end.
    let until = task.stopped_at.map_or(now, |it| it.min(now)).millis();
    let made = task.created_at.millis();
    let start = match pulled.millis() {
        late if late > until.saturating_add(DRIFT) => made,
        start => start.min(until).max(made),
    };
    let (arns, id) = task.arn.rsplit_once('/')?;
    let service = task
        .service
        .as_ref()
        .and_then(|_| task.group.strip_prefix("service:"));
    let ephemeral = task.ephemeral_gib.and_then(|it| u32::try_from(it).ok());
    Some(Meter {
        arns: format!("{arns}/"),
        id: id.to_owned(),
        used: Use {
            region: task.arn.split(':').nth(3)?.to_owned(),
            platform: platform(),
            spot: task.capacity_provider.as_deref() == Some(SPOT),
            cpu: task.cpu.parse().ok()?,
            memory_mib: task.memory.parse().ok()?,
            ephemeral_gib: ephemeral.unwrap_or(OWN_GIB),
            cluster: task.cluster.clone(),
            service: service.map(str::to_owned),
            tags: task.tags.clone(),
            instance: None,
            stored: None,
        },
        start,
        end: task.stopped_at.map(|_| until.max(start)),
        settled: false,
        unknown: Unknown::new(),
    })
}

/// All nodes of an installation share the architecture of this build, and Fargate tasks are of Linux.
pub(crate) fn platform() -> Platform {
    match cfg!(target_arch = "aarch64") {
        true => Platform::LinuxArm,
        false => Platform::LinuxX86,
    }
}
