//! What the node asks of the machine it is on: sandboxes, containers and images. [`crate::linux`] is the real one.

mod error;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::Ipv4Addr,
    path::{Path, PathBuf},
    time::Duration,
};

use async_trait::async_trait;
use tokio::{
    net::TcpStream,
    sync::{broadcast, mpsc},
};
use wharf_container::{
    image::{Digest, Image, ImageDisk, OnDemandEvent},
    runtime::{
        ContainerStats, ContainerStatus, ExecOutput, ExecSession, ExecSpec, ExitRecord, Input,
        LogReader,
    },
    spec::{ContainerName, ContainerSpec},
};
use wharf_kube_model::{file_volume::FileVolume, persistent::EbsDisk};
use wharf_network::Counters;

pub use self::error::{Cause, ExecFailed, MachineError};
use crate::{disk_use::DiskUse, pod::HostPath, qos::Bounds};

/// A sandbox that is to be: what the containers of a pod have in common.
#[derive(Debug, Clone, PartialEq)]
pub struct SandboxWish {
    /// [`sandbox_id`] of the pod.
    pub id: String,
    pub network: PodNetwork,
    /// It has the user numbers of its node, as what it shares with that wants.
    pub has_numbers_of_node: bool,
    pub cpu_shares: u64,
    pub cpu_quota_millis: Option<u64>,
    pub memory_bytes: Option<u64>,
    /// Given back by [`Machine::recover`].
    pub annotations: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum PodNetwork {
    /// An interface of its own.
    Interface(PodEni),
    /// The instance's.
    Node,
}

/// The interface of a pod, as `vpc.amazonaws.com/pod-eni` tells it.
#[derive(Debug, Clone, PartialEq)]
pub struct PodEni {
    pub id: String,
    pub mac: String,
    pub address: Ipv4Addr,
    /// `172.31.16.0/20`
    pub subnet_cidr: String,
}

/// A sandbox of this node that was there before.
#[derive(Debug)]
pub struct Found {
    pub id: String,
    pub annotations: BTreeMap<String, String>,
    pub address: Option<Ipv4Addr>,
    /// By the names under which they ran.
    pub containers: BTreeMap<ContainerName, ContainerStatus>,
    /// Something looks after it still; else all of it has ended.
    pub is_alive: bool,
}

/// What became of a sandbox or of something in it.
#[derive(Debug, Clone, PartialEq)]
pub enum Seen {
    Exited(ContainerName, ExitRecord),
    /// Whoever looked after it is gone, and all that ran in it.
    Gone,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PullPolicy {
    Always,
    IfNotPresent,
    Never,
}

/// No image: a reason and a text for the pod's status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoImage {
    pub reason: &'static str,
    pub message: String,
}

/// What a registry is told who asks.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    pub user: String,
    pub password: String,
}

/// An image that is asked for.
#[derive(Clone, Copy)]
pub struct Pull<'a> {
    pub name: &'a str,
    pub policy: PullPolicy,
    /// Tried one after the other, before the node's own.
    pub logins: &'a [Login],
    /// Hears what becomes of it.
    pub told: &'a (dyn Fn(Progress) + Send + Sync),
}

/// How an image comes here that does not lie here already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// With each login that is tried.
    Begun,
    Done(Took),
}

/// What a pull took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Took {
    pub time: Duration,
    /// The same with what others were waited for.
    pub waited: Duration,
    /// Of the image, unpacked; none where not all of it is here.
    pub bytes: Option<u64>,
}

/// Where images come from.
#[async_trait]
pub trait Images: Send + Sync + 'static {
    /// The image stays on this machine for as long as `user` is not forgotten.
    async fn fetch(&self, user: &str, pull: Pull<'_>) -> Result<Image, NoImage>;

    fn forget(&self, user: &str);

    /// The disk that images lie on, which is the machine's; `None` where it cannot be asked.
    async fn disk(&self) -> Option<ImageDisk> {
        None
    }

    /// That a container of `user` is made of it, some of whose layers may be read on demand.
    fn note_user(&self, _: &Image, _: &str) {}

    /// What becomes of such layers; `None` where none is read on demand.
    fn on_demand_events(&self) -> Option<broadcast::Receiver<OnDemandEvent>> {
        None
    }
}

/// Who says that a pod may have its network.
#[async_trait]
pub trait Gate: Send + Sync + 'static {
    /// Waits until the network policies about the pod are in place at its address.
    ///
    /// # Errors
    /// They cannot be known now.
    async fn admit(&self, namespace: &str, uid: &str, address: Ipv4Addr) -> Result<(), Cause>;
}

/// What a machine's operator lets containers of pods have beyond what each has. All of it counts in user namespaces alone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lent {
    /// All system calls.
    pub all_calls: bool,
    /// Capabilities of the instance's root.
    pub capabilities: bool,
    /// All that the instance's root may.
    pub privileges: bool,
}

/// A volume as a container has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockDevice {
    /// Below `/dev`.
    pub name: String,
    /// `vol-…`
    pub volume: String,
    pub writable: bool,
}

#[async_trait]
pub trait Machine: Send + Sync + 'static {
    async fn recover(&self) -> Result<Vec<Found>, MachineError>;

    /// One that is there already is kept.
    async fn make(&self, wish: &SandboxWish) -> Result<Option<Ipv4Addr>, MachineError>;

    /// Has an EBS volume of the instance's mounted at `place`, which the sandbox alone sees. What is mounted there stays.
    /// Whether nobody else had it mounted: then its file system is as large as it is.
    async fn mount(&self, id: &str, disk: &EbsDisk, place: &Path) -> Result<bool, MachineError> {
        let _ = (id, place);
        Err(MachineError::MountsNoVolume(disk.id.clone()))
    }

    /// As [`Machine::mount`], for a volume that is a block device: the sandbox has it from now on, and its containers once they start.
    /// Whether nobody else had it.
    async fn hold(&self, id: &str, disk: &EbsDisk) -> Result<bool, MachineError> {
        let _ = id;
        Err(MachineError::NoDevice(disk.id.clone()))
    }

    /// Has a file system of EFS mounted at `place`, which the sandbox alone sees. `volume`: what the pod calls it. What is mounted there
    /// stays.
    async fn mount_files(
        &self,
        id: &str,
        volume: &str,
        files: &FileVolume,
        place: &Path,
    ) -> Result<(), MachineError> {
        let _ = (id, volume, files, place);
        Err(MachineError::NoFileSystems)
    }

    /// Whether something is mounted at `place` in the sandbox.
    fn has_mount(&self, id: &str, place: &Path) -> bool {
        let _ = (id, place);
        false
    }

    /// Whether pods can have paths of their node.
    fn has_host_paths(&self) -> bool {
        false
    }

    /// The AppArmor profiles that are loaded on it; `None` where its kernel enforces none.
    fn app_armor(&self) -> Option<BTreeSet<String>> {
        None
    }

    /// What its operator lends containers.
    fn lends(&self) -> Lent {
        Lent::default()
    }

    /// The first process of the node, for pods that share its processes or its IPC.
    async fn first_process(&self) -> Result<i32, MachineError> {
        Err(MachineError::NoProcesses)
    }

    /// What a file of the node's holds, up to a number of bytes.
    async fn read_file(&self, path: &Path, most: u64) -> Result<Vec<u8>, MachineError> {
        let _ = (path, most);
        Err(MachineError::NoFiles)
    }

    /// Has what stands at a path of the node mounted at `place`, which the sandbox alone sees. What is mounted there stays.
    async fn mount_host_path(
        &self,
        id: &str,
        path: &HostPath,
        place: &Path,
    ) -> Result<(), MachineError> {
        let _ = (id, path, place);
        Err(MachineError::NoPaths)
    }

    /// The node's own `/etc/hosts`; `None` where there is none that can be read.
    async fn node_hosts(&self) -> Option<String> {
        None
    }

    /// The name that the node's kernel has; `None` where it cannot be read.
    async fn node_host_name(&self) -> Option<String> {
        None
    }

    /// By what path this process sees what the sandbox has at `place`.
    fn seen(&self, id: &str, place: &Path) -> Result<PathBuf, MachineError> {
        let _ = id;
        Ok(place.to_owned())
    }

    /// Ends all that runs in it and gives back what it held. One that is not there is removed already.
    async fn remove(&self, id: &str) -> Result<(), MachineError>;

    async fn fetch(&self, id: &str, pull: Pull<'_>) -> Result<Image, NoImage>;

    /// The disk that images lie on, which is the machine's; `None` where it cannot be asked.
    async fn image_disk(&self) -> Option<ImageDisk> {
        None
    }

    /// What becomes of layers that containers here read on demand; `None` where they read none.
    fn on_demand_events(&self) -> Option<broadcast::Receiver<OnDemandEvent>> {
        None
    }

    /// Ends the containers of a sandbox that run from an image, which turned out to be wrong, and those of which that is not known.
    async fn end_those_of(&self, id: &str, image: &Digest) {
        let _ = (id, image);
    }

    /// With volumes as devices that the sandbox holds; `made` is called once the container is made and before it is started.
    /// Milliseconds since 1970 at which it began.
    async fn start(
        &self,
        id: &str,
        spec: &ContainerSpec,
        image: &Image,
        devices: &[BlockDevice],
        made: &(dyn Fn() + Send + Sync),
    ) -> Result<i64, MachineError>;

    /// The signal, patience, and the end; the shim keeps the deadline.
    async fn stop(
        &self,
        id: &str,
        name: &ContainerName,
        signal: i32,
        grace: Duration,
    ) -> Result<ExitRecord, MachineError>;

    /// Gives a sandbox and containers in it that run other bounds.
    async fn resize(
        &self,
        id: &str,
        whole: Bounds,
        each: &[(ContainerName, Bounds)],
    ) -> Result<(), MachineError> {
        let _ = (id, whole, each);
        Err(MachineError::NoBounds)
    }

    /// Forgets a container that has ended, with its log.
    async fn forget(&self, id: &str, name: &ContainerName);

    /// First how things are, then what happens; ends with [`Seen::Gone`].
    async fn follow(&self, id: &str) -> mpsc::Receiver<Seen>;

    async fn exec(
        &self,
        id: &str,
        name: &ContainerName,
        spec: &ExecSpec,
    ) -> Result<ExecSession, MachineError>;

    /// Has a part in the first program of a container: the other end of its standard input, where it has one that is open, of a pipe
    /// or of its terminal. From then on its log tells what it prints as it comes. With `once` its input ends with that end.
    async fn attach(
        &self,
        id: &str,
        name: &ContainerName,
        once: bool,
    ) -> Result<Option<Input>, MachineError> {
        let _ = (id, name, once);
        Err(MachineError::NoAttaching)
    }

    async fn exec_output(
        &self,
        id: &str,
        name: &ContainerName,
        spec: &ExecSpec,
        timeout: Duration,
    ) -> Result<ExecOutput, ExecFailed>;

    /// By the names under which they run or ran.
    async fn containers(
        &self,
        id: &str,
    ) -> Result<BTreeMap<ContainerName, ContainerStatus>, MachineError>;

    fn logs(&self, id: &str, name: &ContainerName) -> Result<LogReader, MachineError>;

    fn stats(&self, id: &str, name: &ContainerName) -> Option<ContainerStats>;

    /// How many processes a container has, if they are counted.
    fn process_count(&self, id: &str, name: &ContainerName) -> Option<u64> {
        let _ = (id, name);
        None
    }

    /// What went through the interface of a sandbox; `None` without one of its own.
    async fn carried(&self, id: &str) -> Option<Counters> {
        let _ = id;
        None
    }

    /// What all of the node has used.
    async fn node_stats(&self) -> Option<ContainerStats>;

    /// Where on the node's disk lies what the containers of a sandbox write and print, while it is there.
    fn written(&self, id: &str) -> Option<PathBuf> {
        let _ = id;
        None
    }

    /// What is taken of the disk of the node itself, beside its pods. Blocks.
    fn own_disk(&self) -> DiskUse {
        DiskUse::default()
    }

    /// A connection to a port in the node's network, from the node's own interface.
    async fn dial(&self, address: Ipv4Addr, port: u16) -> std::io::Result<TcpStream> {
        let _ = (address, port);
        Err(std::io::ErrorKind::Unsupported.into())
    }

    /// A connection to a port, made inside of the sandbox's network.
    async fn connect(&self, id: &str, address: Ipv4Addr, port: u16) -> std::io::Result<TcpStream>;
}

/// Bytes of output that a probe or a hook may leave.
pub const MOST_OUTPUT: usize = 10 << 10;

/// What the sandbox of a pod is known by on its machine: clusters of others may have pods of the same uid.
pub fn sandbox_id(instance: &str, uid: &str) -> String {
    let digest = wharf_wire::sigv4::sha256_hex(format!("{instance}/{uid}").as_bytes());
    format!("{PREFIX}{}", &digest[..ID_DIGITS])
}

/// Enough that nobody finds two of the same.
const ID_DIGITS: usize = 40;

const PREFIX: &str = "pod-";

/// Whether the key of a network, or the owner of a range of numbers, is a pod.
pub fn is_pod(key: &str) -> bool {
    key.starts_with(PREFIX)
}

/// The name under which the process runs whose namespace the containers of a pod share. No run of a container has it.
pub fn reaper() -> ContainerName {
    ContainerName::try_from("~init").expect("it is a name")
}

/// The name under which a container runs: another after each restart, so that the log of the one before can still be read.
pub fn run_name(container: &str, attempt: u32) -> Option<ContainerName> {
    ContainerName::try_from(format!("{container}{RESTART_MARK}{attempt}")).ok()
}

/// Container and number of a run.
pub fn of_run(name: &ContainerName) -> Option<(&str, u32)> {
    let (container, attempt) = name.as_str().rsplit_once(RESTART_MARK)?;
    Some((container, attempt.parse().ok()?))
}

/// No name of a container contains it.
const RESTART_MARK: &str = "~r";
