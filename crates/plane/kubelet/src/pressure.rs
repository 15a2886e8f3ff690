//! What a node does when it runs short of memory, disk or processes: what it says of itself, and which pod it ends. Pure; what there
//! is to look at is gathered in [`watch`].
//!
//! Thresholds, order, texts and times are those of upstream's kubelet with its default thresholds, all of them hard ones. The images
//! of a node count as on its disk, so that of the two thresholds of a disk the higher one comes first.

pub mod watch;

use std::{cmp::Reverse, collections::BTreeMap, collections::BTreeSet, time::Duration};

use wharf_base::Timestamp;

/// What was seen once is told for so long after it was seen last.
const TRANSITION: Duration = Duration::from_secs(5 * 60);
/// A pod that was ended has so long to give back what it held before another is.
const CLEANUP: Duration = Duration::from_secs(30);
/// What it held of the disk is waited for longer: who is ended on figures that still count it is ended for nothing. A removal that takes
/// longer than this has failed.
const REMOVAL: Duration = Duration::from_secs(5 * 60);
/// Least memory that is to be available.
const LEAST_MEMORY: u64 = 100 << 20;

/// A condition of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Condition {
    Memory,
    Disk,
    Pid,
}

impl Condition {
    pub const ALL: [Self; 3] = [Self::Memory, Self::Disk, Self::Pid];

    pub fn kind(self) -> &'static str {
        match self {
            Self::Memory => "MemoryPressure",
            Self::Disk => "DiskPressure",
            Self::Pid => "PIDPressure",
        }
    }

    /// Reason and message of the condition.
    pub fn told(self, holds: bool) -> (&'static str, &'static str) {
        match (self, holds) {
            (Self::Memory, true) => (
                "KubeletHasInsufficientMemory",
                "kubelet has insufficient memory available",
            ),
            (Self::Memory, false) => (
                "KubeletHasSufficientMemory",
                "kubelet has sufficient memory available",
            ),
            (Self::Disk, true) => ("KubeletHasDiskPressure", "kubelet has disk pressure"),
            (Self::Disk, false) => ("KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
            (Self::Pid, true) => (
                "KubeletHasInsufficientPID",
                "kubelet has insufficient PID available",
            ),
            (Self::Pid, false) => (
                "KubeletHasSufficientPID",
                "kubelet has sufficient PID available",
            ),
        }
    }

    /// The reason of the event that says that it changed.
    pub fn event(self, holds: bool) -> String {
        self.told(holds).0.replacen("Kubelet", "Node", 1)
    }
}

/// What there is of something, and what of it nobody has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level {
    pub available: u64,
    pub capacity: u64,
}

/// A node as it was seen; what is not known is under no pressure.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    pub memory: Option<Level>,
    pub disk: Option<Level>,
    pub inodes: Option<Level>,
    pub pids: Option<Level>,
    /// Its machine has less left of its disk than it keeps from tasks.
    pub is_machine_full: bool,
    /// When the look at the disk began whose figures these are.
    pub disk_at: Option<Timestamp>,
}

/// What pods are ended for, in the order in which it is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Signal {
    Memory,
    Disk,
    Inodes,
    Images,
    Pids,
}

impl Signal {
    const ALL: [Self; 5] = [
        Self::Memory,
        Self::Disk,
        Self::Inodes,
        Self::Images,
        Self::Pids,
    ];

    fn level(self, seen: &Seen) -> Option<Level> {
        match self {
            Self::Memory => seen.memory,
            Self::Disk | Self::Images => seen.disk,
            Self::Inodes => seen.inodes,
            Self::Pids => seen.pids,
        }
    }

    /// What is to be available of so much.
    fn least(self, capacity: u64) -> u64 {
        match self {
            Self::Memory => LEAST_MEMORY,
            // Upstream has none for processes unless it is told one.
            Self::Disk | Self::Pids => capacity / 10,
            Self::Inodes => capacity / 20,
            Self::Images => capacity / 20 * 3,
        }
    }

    fn condition(self) -> Condition {
        match self {
            Self::Memory => Condition::Memory,
            Self::Disk | Self::Inodes | Self::Images => Condition::Disk,
            Self::Pids => Condition::Pid,
        }
    }

    /// What a pod is told to have had too much of.
    fn resource(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Disk | Self::Images => "ephemeral-storage",
            Self::Inodes => "inodes",
            Self::Pids => "pids",
        }
    }

    fn of(self, part: &Part) -> Held {
        match self {
            Self::Memory => part.memory,
            Self::Disk | Self::Images => part.disk,
            Self::Inodes => Held {
                used: part.inodes,
                asked: 0,
            },
            Self::Pids => Held {
                used: part.pids,
                asked: 0,
            },
        }
    }
}

/// What is used of what was asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Held {
    pub used: u64,
    pub asked: u64,
}

/// What a container, or a whole pod, has of the node.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Part {
    pub memory: Held,
    pub disk: Held,
    pub inodes: u64,
    pub pids: u64,
}

/// A pod of the node.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Candidate {
    pub uid: String,
    pub priority: i64,
    /// It is never ended for the others' sake.
    pub is_critical: bool,
    /// Nothing of it runs any more.
    pub is_over: bool,
    /// Something of it is here still.
    pub is_here: bool,
    /// Its folder is there still, which goes last.
    pub has_files: bool,
    pub whole: Part,
    pub containers: Vec<(String, Part)>,
}

/// What is remembered from one look to the next.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Memory {
    /// When each condition was seen last.
    seen: BTreeMap<Condition, Timestamp>,
    /// The pod that was ended last, and when.
    ended: Option<(String, Timestamp)>,
    /// Pods that were over and were told to give back what they held.
    told: BTreeSet<String>,
    /// Pods that are to give back what they hold of the disk and still have it, since when.
    removed: BTreeMap<String, Timestamp>,
    /// When the last of these was gone.
    gone_at: Option<Timestamp>,
}

impl Memory {
    /// A step was taken, of which this was heard.
    pub fn note(&mut self, heard: &Step, now: Timestamp) {
        match heard {
            Step::GiveBack(uids) => {
                self.told.extend(uids.iter().cloned());
                let all = uids.iter().map(|uid| (uid.clone(), now));
                self.removed.extend(all);
            }
            Step::Evict { uid, .. } => {
                self.ended = Some((uid.clone(), now));
                self.removed.insert(uid.clone(), now);
            }
        }
    }

    /// Which of the pods that were to go are gone.
    fn see(&mut self, pods: &[Candidate], now: Timestamp) {
        let holds = |it: &Candidate| it.is_here || it.has_files;
        let before = self.removed.len();
        self.removed.retain(|uid, since| {
            now.since(*since) < REMOVAL && pods.iter().any(|it| it.uid == *uid && holds(it))
        });
        if self.removed.len() < before {
            self.gone_at = Some(now);
        }
    }

    /// Whether what was seen of the disk counts nothing that is gone or about to go.
    fn is_true_of_disk(&self, seen: &Seen) -> bool {
        let is_later = |at| seen.disk_at.is_some_and(|it| it >= at);
        self.removed.is_empty() && self.gone_at.is_none_or(is_later)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Pods that are over give back what they hold.
    GiveBack(Vec<String>),
    /// A pod is ended; why, in words.
    Evict { uid: String, message: String },
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    pub conditions: BTreeSet<Condition>,
    /// What something is to be reclaimed of now.
    pub reclaims: Option<&'static str>,
    pub step: Option<Step>,
    /// Nobody is ended for the disk before it was looked at anew.
    pub needs_look: bool,
    /// Without the step, which is noted once it was heard.
    pub memory: Memory,
}

pub fn plan(seen: &Seen, pods: &[Candidate], memory: &Memory, now: Timestamp) -> Plan {
    let mut memory = memory.clone();
    memory
        .told
        .retain(|uid| pods.iter().any(|it| it.uid == *uid));
    memory.see(pods, now);
    let short = |signal: &Signal| {
        let level = signal.level(seen)?;
        (level.available < signal.least(level.capacity)).then_some((*signal, level))
    };
    let short: Vec<(Signal, Level)> = Signal::ALL.iter().filter_map(short).collect();
    for (signal, _) in &short {
        memory.seen.insert(signal.condition(), now);
    }
    // That may be others' doing: no more comes here, and nobody is ended for it.
    if seen.is_machine_full {
        memory.seen.insert(Condition::Disk, now);
    }
    memory.seen.retain(|_, at| now.since(*at) < TRANSITION);
    let mut plan = Plan {
        conditions: memory.seen.keys().copied().collect(),
        ..Plan::default()
    };
    if let Some((signal, level)) = short.first().copied() {
        plan.reclaims = Some(signal.resource());
        if signal.condition() != Condition::Disk || memory.is_true_of_disk(seen) {
            plan.step = step(signal, level, pods, &memory, now);
        } else {
            plan.needs_look = memory.removed.is_empty();
        }
    }
    plan.memory = memory;
    plan
}

fn step(
    signal: Signal,
    level: Level,
    pods: &[Candidate],
    memory: &Memory,
    now: Timestamp,
) -> Option<Step> {
    if signal.condition() == Condition::Disk {
        let holds = |it: &&Candidate| {
            let of = signal.of(&it.whole);
            it.is_over && it.is_here && of.used > 0 && !memory.told.contains(&it.uid)
        };
        let all: Vec<String> = pods.iter().filter(holds).map(|it| it.uid.clone()).collect();
        if !all.is_empty() {
            return Some(Step::GiveBack(all));
        }
    }
    if let Some((last, at)) = &memory.ended
        && now.since(*at) < CLEANUP
        && pods.iter().any(|it| it.uid == *last && it.is_here)
    {
        return None;
    }
    let candidates = pods.iter();
    let candidates = candidates.filter(|it| it.is_here && !it.is_over && !it.is_critical);
    let first = candidates.min_by_key(|it| rank(signal, it))?;
    Some(Step::Evict {
        uid: first.uid.clone(),
        message: message(signal, level, first),
    })
}

/// The least goes first: who has more than it asked for, who is of less priority, who has most beyond what it asked for.
fn rank(signal: Signal, it: &Candidate) -> (bool, i64, Reverse<i128>, &str) {
    let of = signal.of(&it.whole);
    let over = i128::from(of.used) - i128::from(of.asked);
    // Nobody asks for processes: there it is priority alone that comes first.
    let is_within = signal != Signal::Pids && over <= 0;
    (is_within, it.priority, Reverse(over), &it.uid)
}

fn message(signal: Signal, level: Level, it: &Candidate) -> String {
    use std::fmt::Write as _;

    let resource = signal.resource();
    let (least, available) = (
        amount(signal, signal.least(level.capacity)),
        amount(signal, level.available),
    );
    let mut text = format!(
        "The node was low on resource: {resource}. Threshold quantity: {least}, available: {available}. "
    );
    if matches!(signal, Signal::Inodes | Signal::Pids) {
        return text;
    }
    for (name, part) in &it.containers {
        let Held { used, asked } = signal.of(part);
        if used > asked {
            let (used, asked) = (binary(used), binary(asked));
            let _ = write!(
                text,
                "Container {name} was using {used}, request is {asked}, has larger consumption of {resource}. "
            );
        }
    }
    text
}

fn amount(signal: Signal, value: u64) -> String {
    match signal {
        Signal::Inodes | Signal::Pids => value.to_string(),
        Signal::Memory | Signal::Disk | Signal::Images => binary(value),
    }
}

/// As upstream writes bytes: in the largest unit that they are a whole number of.
fn binary(bytes: u64) -> String {
    let units = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    let (mut value, mut unit) = (bytes, 0);
    while value > 0 && value % 1024 == 0 && unit + 1 < units.len() {
        value /= 1024;
        unit += 1;
    }
    format!("{value}{}", units.get(unit).copied().unwrap_or_default())
}

#[cfg(test)]
mod tests;
