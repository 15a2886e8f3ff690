//! EC2 instances that this machine keeps.
//!
//! The control plane says what each is to be (`wharf_planeproto::machine`); a task each ([`worker`]) brings it there
//! by a pure plan ([`plan`]), with what [`host`] does on the machine. An instance is one shim with one container in a
//! user namespace of its own, over a root file system that stays on a disk of its own ([`disk`]) until the instance
//! is terminated. Its first process is ours (`wharf_instance_init`). Of one that is a virtual machine ([`guest`]) the container is
//! that of the emulator ([`emulator`], `wharf_guest`), and all else is the same.
//!
//! Invariants: no instance shares a user number with the host, a task or another instance; a disk is mounted once at
//! a time; what an agent that was killed left running is found again and never booted beside itself; nothing of an
//! instance is taken away before the control plane was heard, and its disk only when it says that it is terminated.

mod console;
mod disk;
mod emulator;
mod error;
mod guest;
mod host;
mod joining;
mod layers;
mod measure;
pub mod metadata;
mod plan;
mod tool;
mod worker;

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use parking_lot::RwLock;
use tokio::sync::{mpsc, watch};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use wharf_base::{Chain, InstallationId};
use wharf_container::{
    image::Digest,
    runtime::{RecoveredState, Runtime, RuntimeOptions, TaskHandle},
};
use wharf_guest::{Choice as Acceleration, Emulator};
use wharf_link::{Delivery, Subscription, Update};
use wharf_network::Network;
use wharf_planeproto::{
    Change, Kind, Resource,
    machine::{Console, Instance, InstanceReport, MAX_INSTANCES},
    measured::Minute,
};
use wharf_userns::Ranges;

pub use self::{
    disk::Sealer,
    error::{InstanceError, NoInstanceImage, NoInstances},
    host::{DiskSnapshots, InstanceImages, NoImages},
    joining::{Joins, JoinsError, NoNodes, Wish},
};
pub(crate) use self::{
    disk::{await_detached, hold, once_free},
    tool::{Tool, check_of},
};
pub(crate) use self::{
    guest::is_guest,
    host::{BOOT, container},
};
use self::{
    host::Host,
    plan::{CameTo, Of, Process, There},
    worker::{Board, Told, Worker, Workplaces},
};
use crate::{machine::DisksInUse, volumes::Guests};

/// The attribute of nodes that keep instances; its value says whether they have the own image.
pub const ATTRIBUTE: &str = "wharf.instances";
const WITH_OWN_IMAGE: &str = "own-image";
/// … and whether it takes snapshots of their disks, and makes disks of snapshots.
const WITH_SNAPSHOTS: &str = "snapshots";
/// … and whether it has sealed ones.
const WITH_SEALED: &str = "sealed";
/// Beside it: how many MiB their disks may be promised together.
pub const DISK_ATTRIBUTE: &str = "wharf.instance-disks";
/// Where the plane's last state is kept, in the node's folder.
pub const STATE_FILE: &str = "machines-plane.json";
/// Below the node's folder.
const FOLDER: &str = "instances";
/// Below that, a folder for each instance.
const KEPT: &str = "kept";
/// Before instances are looked for again.
const FIND_AGAIN: Duration = Duration::from_secs(5);

/// Whether the key of a network, or the owner of a range of numbers, is an instance.
pub fn is_instance(key: &str) -> bool {
    key.starts_with("i-")
}

/// Folder of the shims of instances, below the node's.
pub fn runtime_dir(node: &Path) -> PathBuf {
    node.join(FOLDER).join("live")
}

/// Below which the disks of instances lie …
pub fn disks_in(node: &Path) -> PathBuf {
    node.join(FOLDER).join(KEPT)
}

/// … and that of one.
pub fn disk_of(node: &Path, id: &str) -> PathBuf {
    disk::image(&disks_in(node).join(id))
}

/// The images that disks of instances are written over, by what is on record: also of those that nobody speaks of. `node`: the
/// node's folder. Blocks.
///
/// # Errors
/// Of an instance it cannot be told.
pub fn images_in_use(node: &Path) -> io::Result<BTreeSet<Digest>> {
    host::images_in_use(&disks_in(node))
}

/// Whether a node keeps instances, by its folder.
pub fn keeps_any(node: &Path) -> bool {
    let kept = std::fs::read_dir(node.join(FOLDER).join(KEPT));
    kept.is_ok_and(|mut all| all.next().is_some())
}

/// Has the keys of all disks go: no instance runs any more. `node`: the node's folder.
pub fn shut_all(node: &Path) -> io::Result<()> {
    let kept = match std::fs::read_dir(disks_in(node)) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    };
    for entry in kept {
        disk::shut(&entry?.path())?;
    }
    Ok(())
}

/// Who is told of instances.
pub trait Tell: Send + Sync {
    /// All of them.
    fn instances(&self, reports: Vec<InstanceReport>);
    fn console(&self, console: Console);
    fn forget_console(&self, id: &str);
    fn measured(&self, minutes: Vec<Minute>);
    /// Of that, what the control plane may not have yet.
    fn unkept(&self) -> Vec<Minute>;
}

impl Tell for Subscription {
    fn instances(&self, reports: Vec<InstanceReport>) {
        Self::instances(self, reports);
    }

    fn console(&self, console: Console) {
        Self::console(self, console);
    }

    fn forget_console(&self, id: &str) {
        self.keep_consoles(|known| known != id);
    }

    fn measured(&self, minutes: Vec<Minute>) {
        Self::measured(self, minutes);
    }

    fn unkept(&self) -> Vec<Minute> {
        Self::unkept(self)
    }
}

/// What instances are kept with.
pub struct Settings {
    /// The node's folder.
    pub node: PathBuf,
    /// As [`crate::config::NodeConfig::counts`].
    pub counts: Option<PathBuf>,
    pub installation: InstallationId,
    pub shim: PathBuf,
    /// The program whose `instance-init` is an instance's first process.
    pub program: PathBuf,
    /// Processes and threads of one instance.
    pub pids: u64,
    /// Where AWS APIs are reached from inside.
    pub endpoint: String,
    /// Theirs are among these while they run.
    pub disks: DisksInUse,
    /// Who gives instances their volumes; `None`: this machine keeps none.
    pub guests: Option<Guests>,
    /// Who takes snapshots of their disks and makes disks of them; `None`: this machine does not.
    pub snapshots: Option<Arc<dyn DiskSnapshots>>,
    /// What runs virtual machines, and their processors; `None`: the operator lets this machine have none.
    pub emulator: Option<(Emulator, Acceleration)>,
}

/// What is known of the instances here.
#[derive(Clone, Default)]
pub struct Known(Arc<RwLock<Heard>>);

#[derive(Default)]
struct Heard {
    by_id: BTreeMap<String, Arc<Instance>>,
    is_told: bool,
}

impl Known {
    pub fn get(&self, id: &str) -> Option<Arc<Instance>> {
        self.0.read().by_id.get(id).cloned()
    }

    /// Whether the control plane, or what it said last, was heard since the start: until then one that is not known may be here.
    pub fn is_told(&self) -> bool {
        self.0.read().is_told
    }

    fn put(&self, instance: Arc<Instance>) {
        self.0.write().by_id.insert(instance.id.clone(), instance);
    }

    fn remove(&self, id: &str) {
        self.0.write().by_id.remove(id);
    }

    fn told(&self) {
        self.0.write().is_told = true;
    }
}

/// The instances of this machine.
pub struct Instances {
    host: Arc<Host>,
    counts: Option<PathBuf>,
    /// It takes new ones.
    is_fit: bool,
    known: Known,
}

impl Instances {
    /// Tries what an instance needs. A machine that lacks something offers none, but looks after those it has.
    ///
    /// # Errors
    /// Why this machine can keep none.
    pub async fn open(
        settings: Settings,
        network: Network,
        images: Arc<dyn InstanceImages>,
    ) -> Result<Self, NoInstances> {
        let dir = settings.node.join(FOLDER);
        let named = |path: &Path, source: io::Error| NoInstances::Folder {
            path: path.to_owned(),
            source,
        };
        let kept = dir.join(KEPT);
        let keeps_some = keeps_any(&settings.node);
        wharf_durable::private_folder(&kept).map_err(|e| named(&kept, e))?;
        let runtime = Runtime::open(RuntimeOptions {
            dir: runtime_dir(&settings.node),
            installation: settings.installation.clone(),
            shim: settings.shim,
            kept_cores: 0,
            run: None,
        });
        let runtime = runtime.await?;
        let namespaces = runtime.probe_user_namespaces().await;
        let namespaces = namespaces.map_err(NoInstances::UserNamespaces);
        let ids = settings.node.join("ids");
        let ranges =
            Ranges::open(&ids, settings.installation.as_str()).map_err(|e| named(&ids, e))?;
        let (folder, program) = (dir.clone(), settings.program);
        let emulator = settings.emulator.clone();
        let made = tokio::task::spawn_blocking(move || {
            let disks = disk::probe(&folder.join("probe"));
            let disks = disks.map_err(NoInstances::Disks);
            let layers = folder.join("layers");
            wharf_durable::private_folder(&layers)?;
            let program = layers::program(&layers, &program).map_err(NoInstances::Program)?;
            let own = layers::own_image(&layers, &program).map_err(Arc::new);
            let emulator = emulator::open(&layers, emulator.as_ref()).map_err(Arc::new);
            Ok::<_, NoInstances>((disks, program, own, emulator, layers))
        });
        let (disks, program, own, emulator, layers) = made.await??;
        let is_fit = match namespaces.and(disks) {
            Ok(()) => true,
            Err(error) if !keeps_some => return Err(error),
            Err(error) => {
                tracing::error!(
                    error = %Chain(&error),
                    "no new instances are offered; those of this machine are kept"
                );
                false
            }
        };
        if let Err(error) = &own {
            tracing::warn!(
                error = %Chain(error),
                "EC2 instances of wharf's own image are not offered"
            );
        }
        let busy = std::fs::read_dir(runtime_dir(&settings.node))
            .is_ok_and(|mut all| all.next().is_some());
        if !busy {
            let keep: Vec<&Path> = std::iter::once(program.layer.as_path())
                .chain(own.iter().map(PathBuf::as_path))
                .chain(emulator.iter().map(|it| it.layer.as_path()))
                .collect();
            layers::collect(&layers, &keep);
        }
        let host = Host {
            runtime,
            network,
            ranges,
            images,
            program,
            own,
            dir: kept,
            pids: settings.pids,
            endpoint: settings.endpoint,
            disks: settings.disks,
            guests: settings.guests,
            snapshots: settings.snapshots,
            emulator,
        };
        Ok(Self {
            counts: settings.counts,
            host: Arc::new(host),
            is_fit,
            known: Known::default(),
        })
    }

    /// The value of [`ATTRIBUTE`]; `None` if this machine can take no more.
    pub fn offer(&self) -> Option<String> {
        let own = self.host.own.is_ok().then_some(WITH_OWN_IMAGE);
        let disks = self.host.snapshots.iter();
        let disks = disks.flat_map(|_| [WITH_SNAPSHOTS, WITH_SEALED]);
        let machines = self.host.emulator.iter();
        let snapshots = self.host.snapshots.is_some();
        let snapshots = snapshots.then_some(emulator::WITH_SNAPSHOTS);
        let machines = machines.flat_map(|it| it.offer().into_iter().chain(snapshots));
        let words: Vec<&str> = own.into_iter().chain(disks).chain(machines).collect();
        self.is_fit.then(|| words.join(","))
    }

    pub fn known(&self) -> Known {
        self.known.clone()
    }

    /// Keeps instances until the agent ends; they run on after that. `own` is this machine's container instance, once it is
    /// registered.
    pub async fn run(
        self,
        mut deliveries: mpsc::Receiver<Delivery>,
        tell: Arc<dyn Tell>,
        joins: Arc<dyn Joins>,
        own: watch::Receiver<Option<String>>,
        shutdown: CancellationToken,
    ) {
        let workers = TaskTracker::new();
        let all = Workers {
            host: self.host.clone(),
            known: self.known,
            board: Board::new(tell.clone()),
            joins,
            places: Workplaces::default(),
            running: workers.clone(),
            shutdown: shutdown.clone(),
        };
        let measuring = measure::run(
            self.host.clone(),
            all.board.measured.clone(),
            tell,
            own,
            measure::kept(self.counts),
            shutdown.clone(),
        );
        workers.spawn(measuring);
        // Booting what may run already would be worse than waiting.
        while let Err(error) = all.find_again().await {
            tracing::error!(error = %Chain(&error), "failed to find instances again; will retry");
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(FIND_AGAIN) => {}
            }
        }
        if let Some(guests) = &self.host.guests {
            guests.all_known();
        }
        let mut swept = false;
        loop {
            let delivery = tokio::select! {
                () = shutdown.cancelled() => break,
                delivery = deliveries.recv() => delivery,
            };
            let Some(mut delivery) = delivery else {
                break;
            };
            let none = Update::Changes(Vec::new());
            let update = std::mem::replace(&mut delivery.update, none);
            all.take(&delivery.host, update);
            delivery.applied();
            if !swept {
                swept = true;
                workers.spawn(all.sweep());
            }
        }
        workers.close();
        workers.wait().await;
    }
}

struct Workers {
    host: Arc<Host>,
    known: Known,
    board: Board,
    joins: Arc<dyn Joins>,
    places: Workplaces,
    running: TaskTracker,
    shutdown: CancellationToken,
}

impl Workers {
    async fn find_again(&self) -> Result<(), InstanceError> {
        let mut records = self.host.records()?;
        for found in self.host.recover().await? {
            let id = found.sandbox.task_id.clone();
            let mut last = records.remove(&id).unwrap_or_default();
            let boot = found.sandbox.annotations.get(host::BOOT);
            let boot = boot.and_then(|boot| boot.parse().ok()).unwrap_or(last.boot);
            let (runs, exit) = (host::runs(&found), host::exit_of(&found));
            let handle = match found.state {
                RecoveredState::Alive(handle) => {
                    self.host.guard(&id, &handle);
                    Some(handle)
                }
                RecoveredState::Ended | RecoveredState::Lost => None,
            };
            let process = match &handle {
                Some(_) if runs => Process::Runs(boot),
                _ => Process::Remains,
            };
            if let (Process::Remains, Some(exit), CameTo::Nothing) = (process, exit, last.came_to) {
                let annotations = &found.sandbox.annotations;
                last = match annotations.contains_key(guest::GUEST) {
                    true => last.after(&exit, Of::Machine(None)),
                    false => last.after(&exit, Of::Instance),
                };
            }
            if let Process::Runs(_) = process {
                self.host.give_volumes(&id, handle.as_ref());
            }
            let there = There {
                process,
                last: Some(last),
            };
            self.begin(id, there, handle);
        }
        for (id, last) in records {
            let there = There {
                process: Process::None,
                last: Some(last),
            };
            self.begin(id, there, None);
        }
        Ok(())
    }

    /// Ends, once after the first word was heard, what nodes of instances have left of which nothing else is here.
    fn sweep(&self) -> impl Future<Output = ()> + Send + use<> {
        let known = self.joins.known();
        let places = self.places.lock();
        let left: Vec<String> = known
            .into_iter()
            .filter(|id| !places.contains_key(id))
            .collect();
        let (joins, shutdown) = (self.joins.clone(), self.shutdown.clone());
        async move {
            for id in left {
                while let Err(error) = joins.forget(&id).await {
                    tracing::warn!(
                        instance = id,
                        error = %Chain(&error),
                        "failed to clean up after the node of an instance; will retry"
                    );
                    tokio::select! {
                        () = shutdown.cancelled() => return,
                        () = tokio::time::sleep(FIND_AGAIN) => {}
                    }
                }
            }
        }
    }

    fn begin(&self, id: String, there: There, handle: Option<TaskHandle>) {
        self.begin_in(&mut self.places.lock(), id, there, handle, Told::NotYet);
    }

    fn begin_in(
        &self,
        places: &mut BTreeMap<String, watch::Sender<Told>>,
        id: String,
        there: There,
        handle: Option<TaskHandle>,
        told: Told,
    ) {
        let (tell, told) = watch::channel(told);
        let worker = Worker {
            id: id.clone(),
            places: self.places.clone(),
            host: self.host.clone(),
            told,
            there,
            handle,
            booted: None,
            board: self.board.clone(),
            shutdown: self.shutdown.clone(),
            console: None,
            notes: watch::Sender::default(),
            joins: self.joins.clone(),
            joining: None,
            tries: (0, 0),
            makes_disk: false,
            is_swept: false,
        };
        self.running.spawn(worker.run());
        places.insert(id, tell);
    }

    fn take(&self, host: &str, update: Update) {
        match update {
            Update::Snapshot(resources) => {
                let mut spoken_of = BTreeSet::new();
                for resource in resources {
                    spoken_of.extend(self.put(host, resource));
                }
                let all: Vec<String> = self.places.lock().keys().cloned().collect();
                let silent = all.iter().filter(|id| !spoken_of.contains(*id));
                silent.for_each(|id| self.forget(id));
            }
            Update::Changes(changes) => {
                for change in changes {
                    match change {
                        Change::Put(resource) => drop(self.put(host, resource)),
                        Change::Delete(key) if key.kind == Kind::Instance => self.forget(&key.id),
                        Change::Delete(_) => {}
                    }
                }
            }
        }
        self.known.told();
        self.board.tell_all();
    }

    /// Takes what is said of an instance; its id. One that is refused is left as it is.
    fn put(&self, host: &str, resource: Resource) -> Option<String> {
        let Resource::Instance(instance) = resource else {
            return None;
        };
        let id = instance.id.clone();
        if instance.host != host || !is_name(&id) {
            tracing::error!(
                instance = id,
                "an instance is refused: it is of another host, or its id is none"
            );
            return Some(id);
        }
        let mut places = self.places.lock();
        if places.len() >= MAX_INSTANCES && !places.contains_key(&id) {
            tracing::error!(
                instance = id,
                "an instance is refused: this host has too many"
            );
            return Some(id);
        }
        let instance = Arc::new(*instance);
        self.known.put(instance.clone());
        let told = Told::Of(instance);
        match places.get(&id) {
            Some(tell) => drop(tell.send_replace(told)),
            None => {
                let nothing = There {
                    process: Process::None,
                    last: None,
                };
                self.begin_in(&mut places, id.clone(), nothing, None, told);
            }
        }
        Some(id)
    }

    fn forget(&self, id: &str) {
        self.known.remove(id);
        if let Some(tell) = self.places.lock().get(id) {
            tell.send_replace(Told::Nothing);
        }
    }
}

/// `i-` and hexadecimal digits: a name that folders, networks and control groups can have.
fn is_name(id: &str) -> bool {
    crate::assigned::is_id(id, "i-", 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        assert!(is_name("i-0123456789abcdef0") && is_name("i-1a2b3c4d"));
        for bad in [
            "",
            "i-",
            "i-../../../x",
            "i-0123456G",
            "0123456789",
            "i-0123456789abcdef0123456789abcdef01",
        ] {
            assert!(!is_name(bad), "{bad}");
        }
    }
}
