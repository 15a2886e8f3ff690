//! Looks at a node after each measurement, and has done what the plan says.
//!
//! A node's disk is a share of its machine's: its instance's own disk, and what its pods write and print, count together against the
//! size that the instance was given. Machines promise more than they have: once less is left there than they keep from tasks, their
//! nodes take no more pods. Nobody is ended for it, for others may have filled the machine. Fargate's machines have one pod, which has
//! a disk and a size of its own: nothing there is ended for others.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsStr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use nix::sys::statvfs::statvfs;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::{
    sync::{
        mpsc::{self, error::TrySendError},
        watch,
    },
    task::JoinSet,
    time::{Instant, timeout},
};
use wharf_base::Timestamp;
use wharf_container::image::ImageDisk;
use wharf_kube_client::{Object as _, Ref, kind};

use super::{Candidate, Condition, Held, Level, Memory, Part, Seen, Step, plan};
use crate::{
    disk_use::{self, DiskUse, Room, reserve_of},
    machine::of_run,
    node::Node,
    pod::Pod,
    qos,
    state::{EVICTED, Event},
};

/// Of upstream's `system-cluster-critical`: such pods stay.
const CRITICAL: i64 = 2_000_000_000;
/// Bytes of a disk for each of its inodes, as disks of instances are made.
const BYTES_PER_INODE: u64 = 16 << 10;
/// Looking what folders hold takes at most this part of the time.
const PART_OF_TIME: u32 = 10;
/// One that is done by then is waited for.
const QUICK: Duration = Duration::from_secs(1);
const MEMORY_TAINT: &str = "node.kubernetes.io/memory-pressure";

/// What a node has, all of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Capacity {
    pub memory: u64,
    pub disk: u64,
}

/// Under what a node is, and how its pods hear that it ends them.
pub struct Pressure {
    told: watch::Sender<BTreeSet<Condition>>,
    workers: Mutex<BTreeMap<String, mpsc::Sender<Event>>>,
    looks: Mutex<Looks>,
}

#[derive(Default)]
struct Looks {
    memory: Memory,
    /// What pods held of the disk when it was looked at last, by sandbox.
    disk: BTreeMap<String, OfPod>,
    own: DiskUse,
    images: Option<ImageDisk>,
    /// When that look began.
    at: Option<Timestamp>,
    /// When it may be looked again.
    next: Option<Instant>,
}

/// What a pod has of the disk.
#[derive(Debug, Clone, Default)]
pub struct OfPod {
    /// With its volumes that are none of others.
    pub whole: DiskUse,
    pub containers: BTreeMap<String, OfContainer>,
    /// What its node made for its volumes, by their names; nothing of one that is mounted.
    pub volumes: BTreeMap<String, DiskUse>,
}

/// Bytes that a container has of the disk, in all its runs that are not forgotten.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OfContainer {
    /// What was written over its image.
    pub written: u64,
    pub logs: u64,
}

impl OfContainer {
    fn bytes(self) -> u64 {
        self.written.saturating_add(self.logs)
    }
}

/// The node's disk when it was looked at last.
#[derive(Debug, Clone)]
pub struct Disk {
    /// When that look began.
    pub at: Timestamp,
    pub whole: DiskUse,
    /// By sandbox.
    pub pods: BTreeMap<String, OfPod>,
    /// That of the machine's images, which are none of the node's disk.
    pub images: Option<ImageDisk>,
}

impl Looks {
    fn whole(&self) -> DiskUse {
        let all = self.disk.values();
        all.fold(self.own, |sum, it| sum.and(it.whole))
    }

    /// What the node holds of its disk: what is gone since it was looked at holds nothing.
    fn held(&mut self, there: &BTreeMap<String, There>) -> DiskUse {
        self.disk.retain(|id, _| {
            let there = there.get(id);
            there.is_some_and(|it| it.sandbox || it.files)
        });
        self.whole()
    }
}

/// What is there of a pod.
#[derive(Debug, Clone, Copy)]
struct There {
    sandbox: bool,
    files: bool,
}

impl Default for Pressure {
    fn default() -> Self {
        Self {
            told: watch::Sender::new(BTreeSet::new()),
            workers: Mutex::default(),
            looks: Mutex::default(),
        }
    }
}

impl Pressure {
    /// Whoever looks after a pod is told there that it ends.
    pub fn join(&self, sandbox: &str, worker: mpsc::Sender<Event>) {
        let mut workers = self.workers.lock();
        // Those of pods that went.
        workers.retain(|_, it| !it.is_closed());
        workers.insert(sandbox.to_owned(), worker);
    }

    /// Nothing before the first look, and of nodes that are not looked at.
    pub fn disk(&self) -> Option<Disk> {
        let looks = self.looks.lock();
        Some(Disk {
            at: looks.at?,
            whole: looks.whole(),
            pods: looks.disk.clone(),
            images: looks.images,
        })
    }

    pub fn conditions(&self) -> watch::Receiver<BTreeSet<Condition>> {
        self.told.subscribe()
    }

    /// Whether it was heard. A pod without a worker has nobody who could be told again.
    fn tell(&self, sandbox: &str, event: Event) -> bool {
        let workers = self.workers.lock();
        // One that is too busy to hear it is told again, if it still has to be.
        let told = workers.get(sandbox).map(|it| it.try_send(event));
        !matches!(told, Some(Err(TrySendError::Full(_))))
    }

    /// What of a step was heard, and by whom.
    fn take(&self, step: Step, sandbox_of: impl Fn(&str) -> String) -> Option<Step> {
        match step {
            Step::Evict { uid, message } => {
                let event = Event::Evicted {
                    message: message.clone(),
                    for_node: true,
                };
                let is_heard = self.tell(&sandbox_of(&uid), event);
                is_heard.then_some(Step::Evict { uid, message })
            }
            Step::GiveBack(mut uids) => {
                uids.retain(|uid| self.tell(&sandbox_of(uid), Event::GivesBack));
                (!uids.is_empty()).then_some(Step::GiveBack(uids))
            }
        }
    }

    /// Why a pod is not taken now, as upstream's nodes have it: its status' reason and message.
    pub fn refuses(&self, pod: &Value) -> Option<(String, String)> {
        let under = self.told.borrow().clone();
        if under.is_empty() || is_critical(pod) {
            return None;
        }
        if under.iter().eq(&[Condition::Memory]) {
            let class = Pod::read(pod).map(|it| qos::class(&it));
            let is_best_effort = class.is_ok_and(|it| it == qos::Class::BestEffort);
            let mut tolerations = pod.list("/spec/tolerations").iter();
            let tolerates = |it: &Value| {
                let (key, effect) = (it.text("/key"), it.text("/effect"));
                let is_any = key.is_empty() && it.text("/operator") == "Exists";
                (is_any || key == MEMORY_TAINT) && matches!(effect, "" | "NoSchedule")
            };
            if !is_best_effort || tolerations.any(tolerates) {
                return None;
            }
        }
        let names: Vec<&str> = under.iter().map(|it| it.kind()).collect();
        let why = format!("The node had condition: [{}]. ", names.join(" "));
        Some((EVICTED.to_owned(), why))
    }
}

fn priority(pod: &Value) -> i64 {
    pod.integer("/spec/priority").unwrap_or_default()
}

fn is_critical(pod: &Value) -> bool {
    priority(pod) >= CRITICAL
}

/// `walks`: the look at the disk that goes on from one of these to the next, if it takes long.
pub async fn look(node: &Arc<Node>, walks: &mut JoinSet<()>) {
    if node.only.is_some() {
        return;
    }
    if walks.is_empty() {
        walks.spawn(look_at_disk(node.clone()));
    }
    // Memory waits for none that takes long.
    let _ = timeout(QUICK, walks.join_next()).await;
    let pods: Vec<(String, Arc<Value>)> = {
        let all = node.pods.read();
        all.iter()
            .map(|(id, it)| (id.clone(), it.clone()))
            .collect()
    };
    let is_machine_full = is_machine_full(node).await;
    let Some(there) = all_there(node, &pods).await else {
        return;
    };
    let plan = {
        let mut looks = node.pressure.looks.lock();
        let held = looks.held(&there);
        let seen = Seen {
            disk_at: looks.at,
            is_machine_full,
            ..seen(node, held)
        };
        let candidates: Vec<Candidate> = pods
            .iter()
            .filter_map(|(id, pod)| {
                let there = there.get(id)?;
                Some(candidate(node, id, pod, looks.disk.get(id), *there))
            })
            .collect();
        let plan = plan(&seen, &candidates, &looks.memory, node.clock.now());
        looks.memory = plan.memory.clone();
        if plan.needs_look {
            looks.next = None;
        }
        plan
    };
    tell_node(node, &plan.conditions, plan.reclaims);
    let step = plan.step;
    let heard = step.and_then(|it| node.pressure.take(it, |uid| node.sandbox_of(uid)));
    let Some(heard) = heard else {
        return;
    };
    if let Step::Evict { uid, message } = &heard {
        tracing::warn!(node = node.name, pod = uid, message, "a pod is evicted");
    }
    let mut looks = node.pressure.looks.lock();
    looks.memory.note(&heard, node.clock.now());
}

/// Conditions for whoever writes them, and events for people.
fn tell_node(node: &Node, now: &BTreeSet<Condition>, reclaims: Option<&str>) {
    let about = || {
        // Upstream's nodes, too, go by their name in events of their own.
        let own = json!({"metadata": {"name": node.name, "uid": node.name}});
        Ref::of(&kind::NODE, &own)
    };
    if let Some(what) = reclaims {
        let text = format!("Attempting to reclaim {what}");
        let recorder = &node.recorder;
        recorder.warning(about(), "EvictionThresholdMet", &text);
    }
    let before = node.pressure.told.borrow().clone();
    if *now == before {
        return;
    }
    for condition in now.symmetric_difference(&before) {
        let reason = condition.event(now.contains(condition));
        let text = format!("Node {} status is now: {reason}", node.name);
        node.recorder.normal(about(), &reason, &text);
    }
    node.pressure.told.send_replace(now.clone());
}

/// Of something, how much there is and how much of it nobody has.
type Free = (u64, u64);

/// Whether of the disk that pods write to there is less left than the machine keeps from tasks.
async fn is_machine_full(node: &Node) -> bool {
    let dir = node.dir.clone();
    let look = move || {
        // It is made with its first pod.
        let mut there = dir.ancestors();
        let there = there.find(|it| it.exists())?;
        let (room, seen) = (Room::of(there).ok()?, statvfs(there).ok()?);
        let inodes = (seen.files(), seen.files_available());
        Some(is_full((room.total, room.free), inodes))
    };
    let seen = tokio::task::spawn_blocking(look).await.ok().flatten();
    seen.unwrap_or_default()
}

fn is_full(bytes: Free, inodes: Free) -> bool {
    let (all_bytes, free_bytes) = bytes;
    let (all_inodes, free_inodes) = inodes;
    let reserve = reserve_of(all_bytes);
    // Some file systems do not count them, and some have few.
    let least_inodes = (reserve / BYTES_PER_INODE).min(all_inodes / 10);
    free_bytes < reserve || free_inodes < least_inodes
}

/// By sandbox, what is there of each pod now.
async fn all_there(
    node: &Arc<Node>,
    pods: &[(String, Arc<Value>)],
) -> Option<BTreeMap<String, There>> {
    let ids: Vec<String> = pods.iter().map(|(id, _)| id.clone()).collect();
    let node = node.clone();
    let look = move || {
        let of = |id: String| {
            let there = There {
                sandbox: node.machine.written(&id).is_some(),
                files: node.dir.join(&id).exists(),
            };
            (id, there)
        };
        ids.into_iter().map(of).collect()
    };
    tokio::task::spawn_blocking(look).await.ok()
}

fn level(capacity: u64, used: u64) -> Level {
    Level {
        available: capacity.saturating_sub(used),
        capacity,
    }
}

/// Bytes and inodes of a disk of so many bytes; nothing of one whose size is not known.
pub fn levels_of(disk: u64, held: DiskUse) -> (Option<Level>, Option<Level>) {
    let inodes = disk / BYTES_PER_INODE;
    (
        (disk > 0).then(|| level(disk, held.bytes)),
        (inodes > 0).then(|| level(inodes, held.inodes)),
    )
}

fn seen(node: &Node, held: DiskUse) -> Seen {
    let Capacity { memory, disk } = node.capacity;
    let used = node.usage.node();
    let (disk, inodes) = levels_of(disk, held);
    Seen {
        memory: used.map(|it| level(memory, it.working_bytes)),
        disk,
        inodes,
        pids: used.and_then(|it| {
            let most = it.counted.pids_limit?;
            Some(level(most, it.counted.pids))
        }),
        ..Seen::default()
    }
}

fn candidate(
    node: &Node,
    sandbox: &str,
    object: &Value,
    disk: Option<&OfPod>,
    there: There,
) -> Candidate {
    let pod = Pod::read(object).unwrap_or_else(|_| Pod::unreadable(object));
    let asked = |resources: &crate::pod::Resources, name: &str| {
        let asked = qos::request(resources, name).unwrap_or_default();
        u64::try_from(crate::quantity::div_up(asked, 1000)).unwrap_or(u64::MAX)
    };
    let nothing = OfPod::default();
    let disk = disk.unwrap_or(&nothing);
    let mut containers: BTreeMap<String, Part> = BTreeMap::new();
    for of in pod.all_containers() {
        let written = disk.containers.get(&of.name).copied();
        let part = Part {
            memory: Held {
                used: 0,
                asked: asked(&of.resources, "memory"),
            },
            disk: Held {
                used: written.unwrap_or_default().bytes(),
                asked: asked(&of.resources, "ephemeral-storage"),
            },
            ..Part::default()
        };
        containers.insert(of.name.clone(), part);
    }
    let (mut memory, mut pids) = (0_u64, 0_u64);
    for ((of, run), used) in node.usage.containers() {
        if of != sandbox {
            continue;
        }
        memory = memory.saturating_add(used.working_bytes);
        pids = pids.saturating_add(used.counted.pids);
        if let Some((name, _)) = of_run(&run)
            && let Some(part) = containers.get_mut(name)
        {
            part.memory.used = used.working_bytes;
            part.pids = used.counted.pids;
        }
    }
    let all = |name: &str| u64::try_from(qos::requested(&pod, name)).unwrap_or(u64::MAX);
    let whole = Part {
        memory: Held {
            used: memory,
            asked: all("memory"),
        },
        disk: Held {
            used: disk.whole.bytes,
            asked: all("ephemeral-storage"),
        },
        inodes: disk.whole.inodes,
        pids,
    };
    Candidate {
        uid: object.uid().to_owned(),
        priority: priority(object),
        is_critical: is_critical(object),
        // One that is ended by its node says why before it is over.
        is_over: matches!(object.text("/status/phase"), "Succeeded" | "Failed")
            || !object.text("/status/reason").is_empty(),
        is_here: there.sandbox,
        has_files: there.files,
        whole,
        containers: containers.into_iter().collect(),
    }
}

async fn look_at_disk(node: Arc<Node>) {
    let (now, at) = (Instant::now(), node.clock.now());
    if node.pressure.looks.lock().next.is_some_and(|at| now < at) {
        return;
    }
    let folders: Vec<(String, Option<PathBuf>, PathBuf)> = {
        let pods = node.pods.read();
        let of = |id: &String| (id.clone(), node.machine.written(id), node.dir.join(id));
        pods.keys().map(of).collect()
    };
    let machine = node.machine.clone();
    let look = move || {
        let all = folders.into_iter().map(|(id, written, volumes)| {
            let held = of_pod(written.as_deref(), &volumes);
            (id, held)
        });
        (all.collect::<BTreeMap<_, _>>(), machine.own_disk())
    };
    let looked = tokio::task::spawn_blocking(look).await;
    let images = node.machine.image_disk().await;
    match looked {
        Ok((disk, own)) => {
            let mut looks = node.pressure.looks.lock();
            (looks.disk, looks.own, looks.at) = (disk, own, Some(at));
            looks.images = images;
            let took = now.elapsed();
            // A look that was quick is repeated with the next measurement.
            let rest = took.saturating_mul(PART_OF_TIME);
            looks.next = (took > Duration::from_millis(500)).then(|| Instant::now() + rest);
        }
        Err(error) => {
            tracing::warn!(node = node.name, %error, "failed to look what pods hold of the disk; will retry");
        }
    }
}

/// What a pod holds of the disk. What cannot be read counts as nothing. Blocks.
fn of_pod(written: Option<&Path>, volumes: &Path) -> OfPod {
    let all_of = |folder: &Path| disk_use::of(folder, u64::MAX).unwrap_or_default();
    let mut held = OfPod::default();
    let whole = disk_use::each(volumes, u64::MAX, |path, part| {
        let mut names = path.iter();
        let is_volume = names.next().is_some_and(|it| it == "volumes");
        let Some(name) = names.next().and_then(OsStr::to_str).filter(|_| is_volume) else {
            return;
        };
        match held.volumes.get_mut(name) {
            Some(known) => *known = known.and(part),
            None => {
                held.volumes.insert(name.to_owned(), part);
            }
        }
    });
    held.whole = whole.unwrap_or_default();
    let Some(written) = written else {
        return held;
    };
    held.whole = held.whole.and(all_of(written));
    // Layers that were written over, and logs.
    type Of = fn(&mut OfContainer) -> &mut u64;
    let places: [(&str, &str, Of); 2] = [
        ("containers", "", |it| &mut it.written),
        ("", "logs-", |it| &mut it.logs),
    ];
    for (folder, before, of) in places {
        let entries = std::fs::read_dir(written.join(folder));
        for entry in entries.into_iter().flatten().flatten() {
            let name = entry.file_name();
            let run = name.to_str().and_then(|it| it.strip_prefix(before));
            let run = run.and_then(|it| it.to_owned().try_into().ok());
            let Some((container, _)) = run.as_ref().and_then(of_run) else {
                continue;
            };
            let held = of(held.containers.entry(container.to_owned()).or_default());
            *held = held.saturating_add(all_of(&entry.path()).bytes);
        }
    }
    held
}

#[cfg(test)]
mod tests {
    use super::*;

    fn under(conditions: &[Condition]) -> Pressure {
        let pressure = Pressure::default();
        pressure
            .told
            .send_replace(conditions.iter().copied().collect());
        pressure
    }

    #[test]
    fn whom_a_node_under_pressure_takes() {
        let plain = json!({"metadata": {"name": "p"}, "spec": {"containers": [{"name": "a"}]}});
        let with = |name: &str, value: Value| {
            let mut pod = plain.clone();
            pod["spec"][name] = value;
            pod
        };
        let asks = json!([{"name": "a", "resources": {"requests": {"memory": "1Mi"}}}]);
        let tolerates =
            json!([{"key": MEMORY_TAINT, "operator": "Exists", "effect": "NoSchedule"}]);
        let (memory, disk) = (under(&[Condition::Memory]), under(&[Condition::Disk]));
        assert_eq!(under(&[]).refuses(&plain), None);
        let (reason, message) = memory.refuses(&plain).unwrap();
        assert_eq!(reason, "Evicted");
        assert_eq!(message, "The node had condition: [MemoryPressure]. ");
        assert_eq!(memory.refuses(&with("containers", asks.clone())), None);
        assert_eq!(memory.refuses(&with("tolerations", tolerates)), None);
        assert!(disk.refuses(&with("containers", asks)).is_some());
        assert_eq!(disk.refuses(&with("priority", json!(CRITICAL))), None);
        let both = under(&[Condition::Memory, Condition::Disk]);
        let (_, message) = both.refuses(&plain).unwrap();
        assert_eq!(
            message,
            "The node had condition: [MemoryPressure DiskPressure]. "
        );
    }

    #[test]
    fn what_is_gone_since_the_last_look_holds_nothing() {
        let of_pod = |bytes: u64| OfPod {
            whole: DiskUse { bytes, inodes: 1 },
            ..OfPod::default()
        };
        let disk = [("runs", 1), ("going", 2), ("gone", 4), ("unknown", 8)];
        let mut looks = Looks {
            disk: disk.map(|(id, it)| (id.to_owned(), of_pod(it))).into(),
            own: DiskUse {
                bytes: 16,
                inodes: 1,
            },
            ..Looks::default()
        };
        let there = [
            ("runs", true, true),
            ("going", false, true),
            ("gone", false, false),
        ];
        let there = there.map(|(id, sandbox, files)| (id.to_owned(), There { sandbox, files }));
        let held = looks.held(&there.into());
        assert_eq!((held.bytes, held.inodes), (19, 3));
    }

    #[test]
    fn a_machine_is_full_below_what_it_keeps_from_tasks() {
        const GIB: u64 = 1 << 30;
        let inodes = (10_000_000, 9_000_000);
        // As full as tasks may make it.
        assert!(!is_full((250 * GIB, 2 * GIB), inodes));
        assert!(is_full((250 * GIB, 2 * GIB - 1), inodes));
        assert!(!is_full((10 * GIB, GIB), inodes));
        assert!(is_full((250 * GIB, 100 * GIB), (10_000_000, 131_071)));
        assert!(!is_full((250 * GIB, 100 * GIB), (10_000_000, 131_072)));
        assert!(!is_full((250 * GIB, 100 * GIB), (1000, 100)));
        assert!(!is_full((250 * GIB, 100 * GIB), (0, 0)));
    }

    #[test]
    fn workers_that_ended_are_forgotten_when_the_next_one_joins() {
        let pressure = Pressure::default();
        let known = || -> Vec<String> { pressure.workers.lock().keys().cloned().collect() };
        let (first, hears_first) = mpsc::channel(1);
        let (second, _hears_second) = mpsc::channel(1);
        let (third, _hears_third) = mpsc::channel(1);
        pressure.join("a", first);
        pressure.join("b", second);
        assert_eq!(known(), ["a", "b"]);
        drop(hears_first);
        pressure.join("c", third);
        assert_eq!(known(), ["b", "c"]);
    }

    #[test]
    fn what_is_not_heard_is_not_noted() {
        let pressure = Pressure::default();
        let (busy, _hears_busy) = mpsc::channel(1);
        let (free, mut hears_free) = mpsc::channel(2);
        busy.try_send(Event::GivesBack).unwrap();
        pressure.join("busy", busy);
        pressure.join("free", free);
        let take = |step: Step| pressure.take(step, str::to_owned);
        let all = |uids: &[&str]| Step::GiveBack(uids.iter().map(|it| (*it).to_owned()).collect());
        assert_eq!(take(all(&["busy", "free"])), Some(all(&["free"])));
        assert_eq!(take(all(&["busy"])), None);
        assert_eq!(hears_free.try_recv(), Ok(Event::GivesBack));
        let evict = |uid: &str| Step::Evict {
            uid: uid.to_owned(),
            message: "why".to_owned(),
        };
        assert_eq!(take(evict("busy")), None);
        assert_eq!(take(evict("free")), Some(evict("free")));
        // Nobody is there who could hear it later.
        assert_eq!(take(all(&["none"])), Some(all(&["none"])));
    }

    #[test]
    fn what_a_pod_holds_of_the_disk() {
        let dir = tempfile::tempdir().unwrap();
        let (written, volumes) = (dir.path().join("w"), dir.path().join("v"));
        let put = |path: PathBuf, kib: usize| {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, vec![1; kib << 10]).unwrap();
        };
        put(written.join("containers/a~r0/upper/x"), 256);
        put(written.join("containers/a~r1/upper/x"), 256);
        put(written.join("logs-b~r0/0.log"), 64);
        put(volumes.join("volumes/v/y"), 64);
        put(volumes.join("volumes/v/deep/z"), 64);
        std::fs::create_dir_all(volumes.join("volumes/empty")).unwrap();
        put(volumes.join("ends/a~r0"), 0);
        let held = of_pod(Some(&written), &volumes);
        let about = |bytes: u64, kib: u64| (kib << 10..(kib + 100) << 10).contains(&bytes);
        let of = |container: &str| held.containers[container];
        assert!(about(of("a").written, 512), "{held:?}");
        assert!(about(of("b").logs, 64), "{held:?}");
        assert_eq!((of("a").logs, of("b").written), (0, 0));
        assert!(about(held.whole.bytes, 704), "{held:?}");
        assert!(held.whole.inodes >= 4);
        let v = held.volumes["v"];
        assert!(about(v.bytes, 128) && v.inodes == 4, "{held:?}");
        let names: Vec<&str> = held.volumes.keys().map(String::as_str).collect();
        assert_eq!(names, ["empty", "v"]);
        assert_eq!(held.volumes["empty"].inodes, 1);
        assert_eq!(
            of_pod(None, &dir.path().join("none")).whole,
            DiskUse::default()
        );
    }
}
