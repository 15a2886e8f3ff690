//! Sandboxes on this machine: one shim for each pod, in the cgroup of its instance, in a user namespace of its own. Containers outlive
//! this process; everything is found again from the shims' folders.

mod events;
mod found;
mod ground;
mod offers;
mod reaper;
mod sockets;
mod storage;

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use parking_lot::Mutex;
use tokio::{
    net::{TcpSocket, TcpStream},
    sync::{broadcast, mpsc},
    time::timeout,
};
use wharf_base::Chain;
use wharf_container::{
    image::{Digest, Image, ImageDisk, OnDemandEvent},
    runtime::{
        ContainerError, ContainerStats, ContainerStatus, ExecOutput, ExecSession, ExecSpec,
        ExitRecord, Input, Limits, LogReader, TaskHandle, TaskNetwork, TaskSandbox,
    },
    spec::{ContainerName, ContainerSpec},
};
use wharf_kube_model::{file_volume::FileVolume, persistent::EbsDisk};
use wharf_network::{Counters, Eni, Mode, Subnet};

use self::{events::tell_all, sockets::socket_in};
pub use self::{
    ground::{Ground, GroundError, GroundParts, runtime_dir},
    storage::{PodFiles, PodVolumes, SandboxDisks},
};
use crate::{
    app_armor,
    disk_use::DiskUse,
    host_paths,
    machine::{
        BlockDevice, ExecFailed, Found, Gate, Images, Lent, MOST_OUTPUT, Machine, MachineError,
        NoImage, PodEni, PodNetwork, Pull, SandboxWish, Seen,
    },
    pod::HostPath,
    qos::Bounds,
};

/// Events that wait for their reader.
const SEEN: usize = 256;
const SIGKILL: i32 = 9;
/// Whether the kernel enforces profiles, and which.
const APP_ARMOR: &str = "/sys/module/apparmor/parameters/enabled";
const PROFILES: &str = "/sys/kernel/security/apparmor/profiles";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The machine as the node of one instance has it.
pub struct LinuxMachine {
    ground: Ground,
    images: Arc<dyn Images>,
    gate: Arc<dyn Gate>,
    instance: String,
    vpc: String,
    /// For sandboxes that have disks of their own.
    disks: Option<Arc<dyn SandboxDisks>>,
    volumes: Option<Arc<dyn PodVolumes>>,
    files: Option<Arc<dyn PodFiles>>,
    lent: Lent,
    /// Of the instance, where pods may have paths of it.
    first_process: Option<host_paths::FirstProcess>,
    live: Mutex<BTreeMap<String, TaskHandle>>,
    /// Held while a process is made whose namespace containers share.
    reapers: tokio::sync::Mutex<()>,
    /// Of which image containers of a sandbox were made, as far as this process made them.
    made_of: Mutex<BTreeMap<String, BTreeMap<ContainerName, Digest>>>,
}

impl LinuxMachine {
    pub fn new(
        ground: Ground,
        images: Arc<dyn Images>,
        gate: Arc<dyn Gate>,
        instance: &str,
        vpc: &str,
    ) -> Self {
        Self {
            ground,
            images,
            gate,
            instance: instance.to_owned(),
            vpc: vpc.to_owned(),
            disks: None,
            volumes: None,
            files: None,
            lent: Lent::default(),
            first_process: None,
            live: Mutex::default(),
            reapers: tokio::sync::Mutex::default(),
            made_of: Mutex::default(),
        }
    }

    async fn own_place(&self) -> Result<host_paths::Place, MachineError> {
        let first_process = self.first_process.clone().ok_or(MachineError::NoPaths)?;
        let own = self.attachments().await?.remove(&self.instance);
        let network = own.and_then(|it| it.attachment.netns);
        let range = self.ground.ranges.of(&self.instance);
        Ok(host_paths::Place {
            first_process,
            network: network.ok_or(MachineError::NoNetwork)?,
            owner: range?.first,
        })
    }

    fn note_made(&self, id: &str, name: &ContainerName, image: &Image) {
        let mut made = self.made_of.lock();
        let made = made.entry(id.to_owned()).or_default();
        made.insert(name.clone(), image.digest().clone());
    }

    fn handle(&self, id: &str) -> Result<TaskHandle, MachineError> {
        let live = self.live.lock().get(id).cloned();
        live.ok_or(MachineError::NoSandbox)
    }

    fn eni(&self, of: &PodEni) -> Result<Eni, MachineError> {
        let bad = MachineError::Interface;
        let subnet: Subnet = of.subnet_cidr.parse().map_err(bad)?;
        Ok(Eni {
            vpc_id: self.vpc.clone(),
            eni_id: of.id.clone(),
            mac: of.mac.parse().map_err(bad)?,
            address: of.address,
            subnet,
            // As with AWS: the first address behind the network's own.
            gateway: Ipv4Addr::from(u32::from(subnet.network()).saturating_add(1)),
            ipv6: Vec::new(),
        })
    }

    async fn attachments(
        &self,
    ) -> Result<BTreeMap<String, wharf_network::Recovered>, MachineError> {
        let all = self.ground.network.recover().await?;
        Ok(all.into_iter().map(|it| (it.key.clone(), it)).collect())
    }
}

#[async_trait]
impl Machine for LinuxMachine {
    async fn recover(&self) -> Result<Vec<Found>, MachineError> {
        self.found().await
    }

    async fn make(&self, wish: &SandboxWish) -> Result<Option<Ipv4Addr>, MachineError> {
        // Before there is a link, so that no packet is judged by less.
        if let PodNetwork::Interface(of) = &wish.network {
            let known = |name: &str| wish.annotations.get(name).map_or("", String::as_str);
            let (namespace, uid) = (known("namespace"), known("uid"));
            let admitted = self.gate.admit(namespace, uid, of.address).await;
            admitted.map_err(MachineError::Policies)?;
        }
        let (key, mode) = match &wish.network {
            PodNetwork::Interface(of) => (wish.id.as_str(), Some(Mode::Awsvpc(self.eni(of)?))),
            PodNetwork::Node => (self.instance.as_str(), None),
        };
        let ranges = &self.ground.ranges;
        // A pod in its instance's network is in the user namespace that this belongs to.
        let numbers = match wish.has_numbers_of_node {
            true => self.instance.as_str(),
            false => key,
        };
        let range = ranges.of(numbers).map_err(MachineError::NoRange)?;
        let attachment = match mode {
            Some(mode) => {
                let attaching = self
                    .ground
                    .network
                    .attach_pod(key, mode, Some(range), &self.instance)
                    .await;
                attaching.map_err(MachineError::OwnNetwork)?
            }
            None => {
                let own = self.attachments().await?.remove(key);
                own.ok_or(MachineError::NoNetwork)?.attachment
            }
        };
        let address = attachment.address;
        if self.is_running(&wish.id).await? {
            return Ok(address);
        }
        // Never the host's own by mistake.
        let netns = attachment.netns.ok_or(MachineError::NoNamespace)?;
        let sandbox = TaskSandbox {
            task_id: wish.id.clone(),
            group: Some(self.instance.clone()),
            network: TaskNetwork::Namespace(netns),
            cpu_quota_millis: wish.cpu_quota_millis,
            cpu_shares: Some(wish.cpu_shares),
            cpu_gives_way: false,
            memory_limit_bytes: wish.memory_bytes,
            pids_limit: Some(self.ground.pids),
            has_disk: false,
            keeps_disk: false,
            annotations: wish.annotations.clone(),
            user_range: Some(range),
        };
        let disk = match &self.disks {
            Some(disks) => disks.take().await.map_err(MachineError::Disk)?,
            None => None,
        };
        let handle = self.ground.runtime.create_task_on(sandbox, disk).await?;
        self.live.lock().insert(wish.id.clone(), handle);
        Ok(address)
    }

    async fn mount(&self, id: &str, disk: &EbsDisk, place: &Path) -> Result<bool, MachineError> {
        let volumes = self.volumes.as_ref().ok_or(MachineError::NoVolumes)?;
        let handle = self.handle(id)?;
        volumes
            .mount(&self.instance, &disk.id, &disk.filesystem, &handle, place)
            .await
            .map_err(MachineError::Volume)
    }

    async fn hold(&self, id: &str, disk: &EbsDisk) -> Result<bool, MachineError> {
        let volumes = self.volumes.as_ref().ok_or(MachineError::NoVolumes)?;
        let handle = self.handle(id)?;
        let held = volumes.hold(&self.instance, &disk.id, &handle).await;
        held.map_err(MachineError::Volume)
    }

    async fn mount_files(
        &self,
        id: &str,
        volume: &str,
        files: &FileVolume,
        place: &Path,
    ) -> Result<(), MachineError> {
        let mounts = self.files.as_ref();
        let mounts = mounts.ok_or(MachineError::NoFileSystems)?;
        let handle = self.handle(id)?;
        // As the driver does: what is mounted for pods is mounted by the node, from the node's address.
        let own = self.attachments().await?.remove(&self.instance);
        let network = own.and_then(|it| it.attachment.netns);
        let network = network.ok_or(MachineError::NoNetwork)?;
        let of_pod = (&handle, volume);
        mounts
            .mount(&self.instance, of_pod, files, &network, place)
            .await
            .map_err(MachineError::Volume)
    }

    fn has_mount(&self, id: &str, place: &Path) -> bool {
        let handle = self.handle(id);
        handle.is_ok_and(|it| {
            it.has_disk_at(place).unwrap_or_default() || it.has_mount_at(place).unwrap_or_default()
        })
    }

    fn has_host_paths(&self) -> bool {
        self.first_process.is_some()
    }

    fn app_armor(&self) -> Option<BTreeSet<String>> {
        let enabled = std::fs::read_to_string(APP_ARMOR).ok()?;
        let list = || std::fs::read_to_string(PROFILES).unwrap_or_default();
        enabled.starts_with('Y').then(|| app_armor::names(&list()))
    }

    fn lends(&self) -> Lent {
        self.lent
    }

    async fn first_process(&self) -> Result<i32, MachineError> {
        let of_instance = self.own_place().await?;
        let found = tokio::task::spawn_blocking(move || of_instance.number()).await;
        let found = found.map_err(io::Error::other).flatten();
        found.map_err(MachineError::Processes)
    }

    async fn read_file(&self, path: &Path, most: u64) -> Result<Vec<u8>, MachineError> {
        let of_instance = self.own_place().await?;
        let path = path.to_owned();
        let read = tokio::task::spawn_blocking(move || of_instance.read(&path, most)).await;
        let read = read.map_err(io::Error::other).flatten();
        read.map_err(MachineError::Io)
    }

    async fn mount_host_path(
        &self,
        id: &str,
        path: &HostPath,
        place: &Path,
    ) -> Result<(), MachineError> {
        let handle = self.handle(id)?;
        let there = (handle.clone(), place.to_owned());
        let is_there = tokio::task::spawn_blocking(move || there.0.has_mount_at(&there.1)).await;
        let is_there = is_there.map_err(io::Error::other).flatten();
        if is_there? {
            return Ok(());
        }
        let of_instance = self.own_place().await?;
        let (path, place) = (path.clone(), place.to_owned());
        let work = move || -> Result<(), MachineError> {
            let tree = of_instance.open(&path)?;
            handle.mount_tree(tree, &place).map_err(MachineError::Io)
        };
        tokio::task::spawn_blocking(work).await?
    }

    async fn node_hosts(&self) -> Option<String> {
        let of_instance = self.own_place().await.ok()?;
        let read = tokio::task::spawn_blocking(move || of_instance.hosts()).await;
        let read = read.map_err(io::Error::other).flatten();
        let failed = |error: &io::Error| tracing::warn!(%error, instance = self.instance, "failed to read the hosts of a node; its pods go without");
        read.inspect_err(failed).ok()
    }

    async fn node_host_name(&self) -> Option<String> {
        let of_instance = self.own_place().await.ok()?;
        let read = tokio::task::spawn_blocking(move || of_instance.host_name()).await;
        let read = read.map_err(io::Error::other).flatten();
        let failed = |error: &io::Error| tracing::warn!(%error, instance = self.instance, "failed to read the host name of a node; its pods have the name of its object");
        read.inspect_err(failed).ok()
    }

    fn seen(&self, id: &str, place: &Path) -> Result<PathBuf, MachineError> {
        let seen = self.handle(id)?.seen(place);
        seen.map_err(MachineError::Io)
    }

    async fn remove(&self, id: &str) -> Result<(), MachineError> {
        let live = self.live.lock().remove(id);
        let killed = match &live {
            Some(handle) => handle.kill().await,
            None => Ok(()),
        };
        if let Err(error) = killed {
            self.live.lock().extend(live.map(|it| (id.to_owned(), it)));
            return Err(error.into());
        }
        self.ground.remove(&self.instance, id).await?;
        if let Some(files) = &self.files {
            let forgotten = files.forget(&self.instance, id);
            forgotten.map_err(MachineError::MountedBy)?;
        }
        self.images.forget(id);
        self.made_of.lock().remove(id);
        Ok(())
    }

    async fn fetch(&self, id: &str, pull: Pull<'_>) -> Result<Image, NoImage> {
        self.images.fetch(id, pull).await
    }

    async fn image_disk(&self) -> Option<ImageDisk> {
        self.images.disk().await
    }

    fn on_demand_events(&self) -> Option<broadcast::Receiver<OnDemandEvent>> {
        self.images.on_demand_events()
    }

    async fn end_those_of(&self, id: &str, image: &Digest) {
        let Ok(handle) = self.handle(id) else { return };
        let Ok(status) = handle.status().await else {
            return;
        };
        let known = self.made_of.lock().get(id).cloned().unwrap_or_default();
        let is_of = |name: &ContainerName| known.get(name).is_none_or(|of| of == image);
        let runs = status.containers.into_iter().filter(|(name, it)| {
            it.state == wharf_container::runtime::ContainerState::Running && is_of(name)
        });
        for (name, _) in runs {
            if let Err(error) = handle.stop(&name, SIGKILL, Duration::ZERO).await {
                tracing::warn!(sandbox = id, container = %name, error = %Chain(&error), "failed to end a container whose image is wrong");
            }
        }
    }

    async fn start(
        &self,
        id: &str,
        spec: &ContainerSpec,
        image: &Image,
        devices: &[BlockDevice],
        made: &(dyn Fn() + Send + Sync),
    ) -> Result<i64, MachineError> {
        let handle = self.handle(id)?;
        self.keep_reaper(&handle, spec).await?;
        self.images.note_user(image, id);
        self.note_made(id, &spec.name, image);
        match handle.create_container(spec, image).await {
            Ok(_) => {}
            // An earlier agent had come this far.
            Err(ContainerError::Refused {
                failure: wharf_container::runtime::Failure::AlreadyExists { .. },
                ..
            }) => {}
            Err(error) => return Err(error.into()),
        }
        if !devices.is_empty() {
            let volumes = self.volumes.as_ref().ok_or(MachineError::NoVolumes)?;
            if let Err(why) = volumes.give(&handle, &spec.name, devices).await {
                // What was made and never ran is in the way of the next try.
                let _ = handle.remove(&spec.name).await;
                return Err(MachineError::Volume(why));
            }
        }
        made();
        match handle.start(&spec.name).await {
            Ok(started) => Ok(started.at),
            Err(error) => {
                let status = handle.status().await.ok();
                let found = status.and_then(|it| it.containers.get(&spec.name).cloned());
                match found.and_then(|it| it.started_at) {
                    Some(at) => Ok(at),
                    None => {
                        // What was made and never ran is in the way of the next try.
                        let _ = handle.remove(&spec.name).await;
                        Err(error.into())
                    }
                }
            }
        }
    }

    async fn stop(
        &self,
        id: &str,
        name: &ContainerName,
        signal: i32,
        grace: Duration,
    ) -> Result<ExitRecord, MachineError> {
        let stopped = self.handle(id)?.stop(name, signal, grace).await;
        stopped.map_err(MachineError::Container)
    }

    async fn resize(
        &self,
        id: &str,
        whole: Bounds,
        each: &[(ContainerName, Bounds)],
    ) -> Result<(), MachineError> {
        let (handle, each) = (self.handle(id)?, each.to_vec());
        let limits = |of: Bounds, swap_bytes: Option<u64>| Limits {
            memory_bytes: of.memory_bytes,
            swap_bytes,
            cpu_shares: Some(of.cpu_shares),
            cpu_quota_millis: of.cpu_quota_millis,
            ..Limits::default()
        };
        let work = move || {
            let whole = limits(whole, None);
            // Upwards the sandbox comes first, downwards what is in it.
            let _ = handle.change_limits(None, &whole);
            for (name, of) in &each {
                handle.change_limits(Some(name), &limits(*of, Some(0)))?;
            }
            handle.change_limits(None, &whole)
        };
        let done = tokio::task::spawn_blocking(work).await?;
        done.map_err(MachineError::Container)
    }

    async fn forget(&self, id: &str, name: &ContainerName) {
        if let Some(made) = self.made_of.lock().get_mut(id) {
            made.remove(name);
        }
        if let Ok(handle) = self.handle(id)
            && let Err(error) = handle.remove(name).await
        {
            tracing::debug!(sandbox = id, container = %name, error = %Chain(&error), "failed to remove an ended container");
        }
    }

    async fn follow(&self, id: &str) -> mpsc::Receiver<Seen> {
        let (tell, seen) = mpsc::channel(SEEN);
        let (runtime, handle) = (self.ground.runtime.clone(), self.handle(id).ok());
        let id = id.to_owned();
        tokio::spawn(async move { tell_all(&runtime, &id, handle, &tell).await });
        seen
    }

    async fn exec(
        &self,
        id: &str,
        name: &ContainerName,
        spec: &ExecSpec,
    ) -> Result<ExecSession, MachineError> {
        let session = self.handle(id)?.exec(name, spec).await;
        session.map_err(MachineError::Container)
    }

    async fn attach(
        &self,
        id: &str,
        name: &ContainerName,
        once: bool,
    ) -> Result<Option<Input>, MachineError> {
        let attached = self.handle(id)?.attach(name, once).await;
        attached.map_err(MachineError::Container)
    }

    async fn exec_output(
        &self,
        id: &str,
        name: &ContainerName,
        spec: &ExecSpec,
        timeout: Duration,
    ) -> Result<ExecOutput, ExecFailed> {
        let handle = self.handle(id)?;
        match handle.exec_output(name, spec, timeout, MOST_OUTPUT).await {
            Ok(output) => Ok(output),
            Err(ContainerError::TimedOut(_)) => Err(ExecFailed::TimedOut),
            Err(error) => Err(ExecFailed::Other(error.into())),
        }
    }

    async fn containers(
        &self,
        id: &str,
    ) -> Result<BTreeMap<ContainerName, ContainerStatus>, MachineError> {
        let status = self.handle(id)?.status().await?;
        Ok(status.containers)
    }

    fn logs(&self, id: &str, name: &ContainerName) -> Result<LogReader, MachineError> {
        self.handle(id)?.logs(name).map_err(MachineError::Log)
    }

    fn stats(&self, id: &str, name: &ContainerName) -> Option<ContainerStats> {
        self.handle(id).ok()?.stats(name).ok()
    }

    fn process_count(&self, id: &str, name: &ContainerName) -> Option<u64> {
        let count = self.handle(id).ok()?.process_count(name).ok()?;
        u64::try_from(count).ok()
    }

    async fn carried(&self, id: &str) -> Option<Counters> {
        self.ground.network.counters(id).await.ok().flatten()
    }

    async fn node_stats(&self) -> Option<ContainerStats> {
        let runtime = &self.ground.runtime;
        runtime.stats_of_group(&self.instance).await.ok()
    }

    fn written(&self, id: &str) -> Option<PathBuf> {
        Some(self.handle(id).ok()?.dir().to_owned())
    }

    fn own_disk(&self) -> DiskUse {
        let process = self.first_process.as_ref();
        process
            .and_then(|it| it.disk_use().ok())
            .unwrap_or_default()
    }

    async fn dial(&self, address: Ipv4Addr, port: u16) -> io::Result<TcpStream> {
        let all = self.attachments().await;
        let all = all.map_err(|e| io::Error::other(e.text()))?;
        let own = all.get(&self.instance);
        let netns = own.and_then(|it| it.attachment.netns.clone());
        let netns = netns.ok_or_else(|| io::Error::from(io::ErrorKind::NetworkUnreachable))?;
        connect_in(netns, address, port).await
    }

    async fn connect(&self, id: &str, address: Ipv4Addr, port: u16) -> io::Result<TcpStream> {
        let handle = self.handle(id).map_err(io::Error::other)?;
        let TaskNetwork::Namespace(netns) = handle.sandbox().network.clone() else {
            return Err(io::ErrorKind::NotFound.into());
        };
        connect_in(netns, address, port).await
    }
}

/// A connection from within a network namespace.
async fn connect_in(netns: PathBuf, address: Ipv4Addr, port: u16) -> io::Result<TcpStream> {
    let made = tokio::task::spawn_blocking(move || socket_in(&netns)).await;
    let socket = TcpSocket::from_std_stream(made.map_err(io::Error::other)??);
    let to = SocketAddr::from((address, port));
    match timeout(CONNECT_TIMEOUT, socket.connect(to)).await {
        Ok(connected) => connected,
        Err(_) => Err(io::ErrorKind::TimedOut.into()),
    }
}
