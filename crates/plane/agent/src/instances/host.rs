//! What is done for one instance, on this machine: its disk, network, shim and processes made and taken away. It
//! decides nothing; each step may be repeated.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    net::Ipv4Addr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use wharf_base::cpu::UNITS_OF_A_CORE;
use wharf_container::{
    image::{Digest, Image, ImageConfig, Reference},
    runtime::{
        ContainerError, ContainerStats, ExitRecord, Limits, LogError, LogReader, PreparedDisk,
        RawDisk, Recovered, Runtime, RuntimeError, SecretsFile, TaskHandle, TaskNetwork,
        TaskSandbox,
    },
    spec::{Capabilities, ContainerName, ContainerSpec, LogMode, SecretsOf, Ulimit},
};
use wharf_durable::{self as durable, Durability};
use wharf_instance_init::{Boot, VARIABLE};
use wharf_network::{Attachment, Eni, Mode, Network, Subnet};
use wharf_planeproto::machine::{Image as Source, Instance};
use wharf_userns::{IdRange, Ranges};

use super::{
    disk::{self, Sealer},
    emulator::{Emulator, NoEmulator},
    error::{InstanceError, NoInstanceImage},
    guest::{self, is_guest},
    layers::{NoOwnImage, Program},
    plan::Last,
};
use crate::{
    machine::{DisksInUse, pids_of_instance},
    volumes::Guests,
};

/// Which boot a task of the runtime is.
pub const BOOT: &str = "boot";
/// The one container of an instance.
const CONTAINER: &str = "instance";
/// By which the shim of a virtual machine keeps the device of a disk that is sealed.
const DISK: &str = "disk";
const RECORD: &str = "record.json";
const RECORD_LIMIT: u64 = 64 << 10;
/// The first process ends what else runs in twenty seconds; ten more, and the kernel does.
const GRACE: Duration = Duration::from_secs(30);
const SIGTERM: i32 = 15;
/// The first process of a virtual machine gives its guest ninety seconds.
const GUEST_GRACE: Duration = Duration::from_secs(100);
/// What a console holds between two looks at it; the agent keeps less.
pub const CONSOLE_SPOOL: u64 = 256 << 10;
/// Tasks of the runtime give way to these last, as all that are within a limit.
pub const OOM_SCORE: i32 = 300;
const NOFILE: (u64, u64) = (1024, 524_288);
/// Where images of the registry come from.
#[async_trait]
pub trait InstanceImages: Send + Sync {
    /// The image, which stays on this machine until `instance` is forgotten; by its record it does for as long as it is there.
    /// `has_lived`: its disk is written over
    /// it already, and nobody's leave is needed for what lies here; of one that is new the registry is asked.
    async fn fetch(
        &self,
        instance: &str,
        name: &str,
        has_lived: bool,
    ) -> Result<Image, NoInstanceImage>;

    /// The instance needs none any more, but for what its record says.
    fn forget(&self, instance: &str);
}

/// What snapshots have to do with the disks of instances.
#[async_trait]
pub trait DiskSnapshots: Send + Sync {
    /// Makes the file `disk` what the snapshot says that the instance is made of.
    async fn restore(
        &self,
        it: &Instance,
        disk: &Path,
        sealer: Option<&Sealer>,
    ) -> Result<(), InstanceError>;

    /// What the disk of an instance that is to run here opens by, once the control plane can be asked.
    ///
    /// # Errors
    /// It is refused: [`InstanceError::NoKey`].
    async fn sealer(&self, it: &Instance) -> Result<Sealer, InstanceError>;

    /// Whether one of its disk is still to be taken, or is being taken.
    fn are_awaited(&self, instance: &str) -> bool;
}

/// How an instance has its disk.
enum Disk {
    Mounted(PreparedDisk),
    /// The emulator has it, by a device.
    Device(RawDisk),
    /// … by its file.
    File,
}

/// For nodes that have none.
pub struct NoImages;

#[async_trait]
impl InstanceImages for NoImages {
    async fn fetch(&self, _: &str, name: &str, _: bool) -> Result<Image, NoInstanceImage> {
        Err(NoInstanceImage::NoRegistry(name.to_owned()))
    }

    fn forget(&self, _: &str) {}
}

/// What instances stand on.
pub struct Host {
    pub runtime: Runtime,
    pub network: Network,
    pub ranges: Ranges,
    pub images: Arc<dyn InstanceImages>,
    pub program: Program,
    /// The layer of the own image; why there is none.
    pub own: Result<PathBuf, Arc<NoOwnImage>>,
    /// A folder for each instance.
    pub dir: PathBuf,
    /// Processes and threads of one instance.
    pub pids: u64,
    /// Where AWS APIs are reached from inside.
    pub endpoint: String,
    /// Disks that share what is free on this machine.
    pub disks: DisksInUse,
    /// Who gives instances their volumes, if anybody does.
    pub guests: Option<Guests>,
    /// Who takes snapshots of their disks, and makes some of snapshots, if anybody does.
    pub snapshots: Option<Arc<dyn DiskSnapshots>>,
    /// What runs those that are virtual machines; why nothing does.
    pub emulator: Result<Emulator, Arc<NoEmulator>>,
}

impl Host {
    /// What is on record, by the ids of instances.
    pub fn records(&self) -> io::Result<BTreeMap<String, Last>> {
        let mut found = BTreeMap::new();
        for entry in fs::read_dir(&self.dir)? {
            let entry = entry?;
            let Some(id) = entry.file_name().to_str().map(str::to_owned) else {
                continue;
            };
            let record = durable::read_json(&entry.path().join(RECORD), RECORD_LIMIT);
            match record {
                Ok(last) => {
                    // A folder without a record is one that was begun or is half removed.
                    found.insert(id, last.unwrap_or_default());
                }
                Err(error) => {
                    tracing::error!(instance = id, %error, "failed to read the record of an instance; it boots anew if it is still wanted");
                    found.insert(id, Last::default());
                }
            }
        }
        Ok(found)
    }

    pub async fn recover(&self) -> Result<Vec<Recovered>, RuntimeError> {
        self.runtime.recover().await
    }

    pub fn save(&self, id: &str, last: &Last) -> io::Result<()> {
        let folder = self.folder(id);
        fs::create_dir_all(&folder)?;
        durable::replace_json(&folder.join(RECORD), last, Durability::Machine)
    }

    fn folder(&self, id: &str) -> PathBuf {
        self.dir.join(id)
    }

    /// The layers that the root file system is over.
    pub async fn image(&self, it: &Instance, has_lived: bool) -> Result<Image, InstanceError> {
        let (digest, config, mut layers) = match &it.image {
            Source::Own => {
                let layer = self.own.clone();
                let layer = layer.map_err(InstanceError::NoOwnImage)?;
                (Digest::of(&[0; 32]), ImageConfig::default(), vec![layer])
            }
            Source::Registry { name } => {
                let image = self.images.fetch(&it.id, name, has_lived).await?;
                let layers = image.layers().to_vec();
                (image.digest().clone(), image.config().clone(), layers)
            }
        };
        // The disk of a virtual machine is made of its image alone.
        if !it.virtual_machine {
            layers.push(self.program.layer.clone());
        }
        Ok(Image::from_layers(digest, config, layers))
    }

    /// The user numbers of an instance, which are those of its last boot if there was one. Blocks.
    ///
    /// # Errors
    /// They are another's by now: its files would be another's too.
    pub fn range(&self, id: &str, before: Option<IdRange>) -> Result<IdRange, InstanceError> {
        let range = match before {
            Some(range) => self.ranges.again(id, range).map(|()| range),
            None => self.ranges.of(id),
        };
        range.map_err(InstanceError::NoRange)
    }

    /// What its disk opens by, if that is sealed.
    pub async fn sealer(&self, it: &Instance) -> Result<Option<Arc<Sealer>>, InstanceError> {
        if !it.sealed {
            return Ok(None);
        }
        let snapshots = self.snapshots.as_ref();
        let snapshots = snapshots.ok_or(InstanceError::NoSealedDisks)?;
        Ok(Some(Arc::new(snapshots.sealer(it).await?)))
    }

    /// From nothing to a running first process. `makes_disk`: a disk that is not there is made.
    pub async fn boot(
        &self,
        it: &Instance,
        image: &Image,
        range: IdRange,
        (makes_disk, sealer): (bool, Option<Arc<Sealer>>),
    ) -> Result<TaskHandle, InstanceError> {
        if it.virtual_machine {
            return self
                .boot_guest(it, image, range, (makes_disk, sealer))
                .await;
        }
        let attachment = self.attach(it, range).await?;
        let (folder, bytes) = (self.folder(&it.id), it.disk_bytes);
        let disk = on_disk(move || disk::prepare(&folder, bytes, makes_disk, sealer.as_deref()));
        let disk = disk.await?;
        // One that is made of a snapshot carries the numbers of the instance that it was taken of.
        disk.show_as(&container(), range)
            .map_err(InstanceError::Owners)?;
        let sandbox = self.sandbox(it, &attachment, range)?;
        let boot = serde_json::to_string(&boot_of(
            it,
            &attachment,
            &self.endpoint,
            self.guests.is_some(),
        ))?;
        let spec = spec(it, self.program.argv.clone());
        let told = (VARIABLE, boot.as_str());
        let disk = Disk::Mounted(disk);
        self.begin(it, (sandbox, disk), told, (&spec, image)).await
    }

    /// The same for a virtual machine, whose disk is made of the image.
    async fn boot_guest(
        &self,
        it: &Instance,
        image: &Image,
        range: IdRange,
        (makes_disk, sealer): (bool, Option<Arc<Sealer>>),
    ) -> Result<TaskHandle, InstanceError> {
        let emulator = self.emulator.as_ref();
        let emulator = emulator.map_err(|why| InstanceError::NoEmulator(why.clone()))?;
        let attachment = self.attach(it, range).await?;
        let handed = self.network.hand_to_guest(&it.id).await;
        handed.map_err(InstanceError::Network)?;
        let (folder, layers) = (self.folder(&it.id), image.layers().to_vec());
        let (wanted, accelerator) = ((it.disk_bytes, makes_disk), emulator.accelerator);
        let whose = (range, accelerator);
        let files =
            on_disk(move || guest::prepare(&folder, wanted, &layers, whose, sealer.as_deref()));
        let files = files.await?;
        let mut sandbox = self.sandbox(it, &attachment, range)?;
        sandbox.annotations.insert(
            guest::GUEST.to_owned(),
            emulator.accelerator.as_str().to_owned(),
        );
        let machine = serde_json::to_string(&guest::machine(it, emulator, &files)?)?;
        let spec = guest::spec(it, &self.program, &files);
        let image = guest::image(&self.program, emulator);
        let told = (wharf_guest::VARIABLE, machine.as_str());
        let disk = files.device.map_or(Disk::File, |it| Disk::Device(it.open));
        self.begin(it, (sandbox, disk), told, (&spec, &image)).await
    }

    async fn attach(&self, it: &Instance, range: IdRange) -> Result<Attachment, InstanceError> {
        let mode = Mode::Awsvpc(eni(it)?);
        let attached = self.network.attach_owned(&it.id, mode, Some(range)).await;
        attached.map_err(InstanceError::Network)
    }

    /// Makes the shim and the container, tells its first process, and starts that.
    async fn begin(
        &self,
        it: &Instance,
        (sandbox, disk): (TaskSandbox, Disk),
        told: (&str, &str),
        (spec, image): (&ContainerSpec, &Image),
    ) -> Result<TaskHandle, InstanceError> {
        // Containers that its node runs share what its type has with it.
        let limits = Limits {
            memory_bytes: sandbox.memory_limit_bytes,
            cpu_quota_millis: sandbox.cpu_quota_millis,
            cpu_shares: sandbox.cpu_shares,
            pids: Some(pids_of_instance(it.cpu)),
            ..Limits::default()
        };
        let limited = self.runtime.limit_group(&it.id, limits).await;
        limited.map_err(InstanceError::Limits)?;
        let (mounted, device) = match disk {
            Disk::Mounted(disk) => (Some(disk), None),
            Disk::Device(device) => (None, Some(device)),
            Disk::File => (None, None),
        };
        let handle = self.runtime.create_task_on(sandbox, mounted).await?;
        self.guard(&it.id, &handle);
        let secrets = SecretsFile::new([told]);
        let secrets = secrets.map_err(InstanceError::Told)?;
        let name = container();
        if let Some(device) = &device {
            handle.hold_device(DISK, device).await?;
        }
        handle.hold_secrets(&name, &secrets).await?;
        handle.create_container(spec, image).await?;
        handle.start(&name).await?;
        Ok(handle)
    }

    fn sandbox(
        &self,
        it: &Instance,
        attachment: &Attachment,
        range: IdRange,
    ) -> Result<TaskSandbox, InstanceError> {
        // Never the host's own by mistake.
        let netns = attachment.netns.clone().ok_or(InstanceError::NoNamespace)?;
        Ok(TaskSandbox {
            task_id: it.id.clone(),
            group: Some(it.id.clone()),
            network: TaskNetwork::Namespace(netns),
            cpu_quota_millis: Some(u64::from(it.cpu) * 1000 / u64::from(UNITS_OF_A_CORE)),
            cpu_shares: Some(u64::from(cpu_guaranteed(it))),
            cpu_gives_way: false,
            memory_limit_bytes: Some(u64::from(it.memory_mib) << 20),
            pids_limit: Some(self.pids),
            has_disk: false,
            keeps_disk: false,
            annotations: BTreeMap::from([(BOOT.to_owned(), it.boot.to_string())]),
            user_range: Some(range),
        })
    }

    /// Has its disk take no more than its share of what is free, until it is cleared away.
    pub fn guard(&self, id: &str, handle: &TaskHandle) {
        if let Some(disk) = handle.disk() {
            self.disks.put(id, disk);
        }
    }

    /// Its first process, as this machine numbers it.
    pub async fn first_process(&self, handle: &TaskHandle) -> Option<i32> {
        let status = handle.status().await.ok()?;
        let pid = status.containers.get(&container())?.pid;
        (pid > 0).then_some(pid)
    }

    /// What its processes used.
    pub fn stats(&self, handle: &TaskHandle) -> Option<ContainerStats> {
        handle.stats(&container()).ok()
    }

    /// While it runs, volumes may be given to it; `None`: it does not run.
    pub fn give_volumes(&self, id: &str, handle: Option<&TaskHandle>) {
        if let Some(guests) = &self.guests {
            guests.set(id, handle);
        }
    }

    /// Ends its processes, the first one first.
    pub async fn halt(&self, handle: &TaskHandle) -> Result<ExitRecord, ContainerError> {
        let grace = match is_guest(handle) {
            true => GUEST_GRACE,
            false => GRACE,
        };
        handle.stop(&container(), SIGTERM, grace).await
    }

    /// Returns when its first process has ended.
    pub async fn wait(&self, handle: &TaskHandle) -> Result<ExitRecord, ContainerError> {
        handle.wait(&container()).await
    }

    /// What it says, from the oldest that is kept.
    pub fn console(&self, handle: &TaskHandle) -> Result<LogReader, LogError> {
        handle.logs(&container())
    }

    /// Takes away shim and network of an instance whose processes have ended, or end by this.
    pub async fn clear(&self, id: &str, handle: Option<&TaskHandle>) -> Result<(), InstanceError> {
        self.disks.remove(id);
        match handle {
            Some(handle) => handle.kill().await?,
            None => self.runtime.remove_task(id).await?,
        }
        // Containers of its node may be in it still.
        let _ = self.runtime.remove_group(id).await;
        let released = self.network.detach(id).await;
        released.map_err(InstanceError::Network)
    }

    /// Makes its disk of the snapshot that it is made of, if it has none yet.
    pub async fn restore(
        &self,
        it: &Instance,
        sealer: Option<Arc<Sealer>>,
    ) -> Result<(), InstanceError> {
        let folder = self.folder(&it.id);
        if !it.restore || disk::image(&folder).try_exists().unwrap_or(true) {
            return Ok(());
        }
        let snapshots = self.snapshots.as_ref();
        let snapshots = snapshots.ok_or(InstanceError::NoSnapshots)?;
        let (of_it, bytes, sealed) = (folder.clone(), it.disk_bytes, sealer.is_some());
        let is_machine = it.virtual_machine;
        let begun = on_disk(move || {
            let fresh = disk::begin(&of_it, bytes, sealed)?;
            if is_machine {
                guest::reserve(&fresh)?;
            }
            Ok(fresh)
        });
        let fresh = begun.await?;
        snapshots.restore(it, &fresh, sealer.as_deref()).await?;
        on_disk(move || match is_machine {
            // What is on it is its guest's, who makes its file system as large as the disk.
            true => disk::keep(&folder, &fresh),
            false => disk::end(&folder, sealer.as_deref()),
        })
        .await
    }

    /// Has the key of its disk go, once nobody has that any more. Blocks.
    pub fn shut(&self, id: &str) -> io::Result<()> {
        disk::shut(&self.folder(id))
    }

    /// Whether a snapshot of its disk has to be taken before anything else is done with it.
    pub fn awaits_snapshot(&self, id: &str) -> bool {
        let snapshots = self.snapshots.as_ref();
        snapshots.is_some_and(|it| it.are_awaited(id))
    }

    pub fn has_disk(&self, id: &str) -> bool {
        // Where that cannot be told, it is taken for one.
        disk::image(&self.folder(id)).try_exists().unwrap_or(true)
    }

    /// Waits until the kernel has let go of its disk, if it has one. Blocks.
    pub fn await_disk(&self, id: &str) -> io::Result<()> {
        disk::await_detached(&disk::image(&self.folder(id)))
    }

    /// Takes its disk away, for a boot that came to nothing.
    pub fn remove_disk(&self, id: &str) -> io::Result<()> {
        self.shut(id)?;
        disk::remove(&self.folder(id))
    }

    /// Takes away all that is known of it, its record last.
    pub fn remove(&self, id: &str) -> io::Result<()> {
        self.images.forget(id);
        self.ranges.release(id)?;
        self.remove_disk(id)?;
        wharf_rootdir::remove_tree(&self.folder(id))
    }
}

/// See [`super::images_in_use`]. `dir`: a folder for each instance.
pub fn images_in_use(dir: &Path) -> io::Result<BTreeSet<Digest>> {
    let folders = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
        other => other?,
    };
    let mut images = BTreeSet::new();
    for entry in folders {
        let folder = entry?.path();
        let last: io::Result<Option<Last>> = durable::read_json(&folder.join(RECORD), RECORD_LIMIT);
        let last = last.map_err(|error| {
            io::Error::new(error.kind(), format!("{}: {error}", folder.display()))
        })?;
        images.extend(last.and_then(|last| last.image));
    }
    Ok(images)
}

/// The image that an instance is made of, where its name says which one that is: a tag may mean another by now.
pub fn named_image(it: &Instance) -> Option<Digest> {
    let Source::Registry { name } = &it.image else {
        return None;
    };
    Reference::parse(name).ok()?.digest().cloned()
}

/// Work on its disk, off the threads that serve others.
async fn on_disk<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, InstanceError> {
    let done = tokio::task::spawn_blocking(work).await;
    let done = done.unwrap_or_else(|e| Err(io::Error::other(e)));
    done.map_err(InstanceError::Disk)
}

pub fn container() -> ContainerName {
    ContainerName::try_from(CONTAINER).expect("the name is one")
}

/// The first process of a task that was found again; `None` if it ended or never ran.
pub fn runs(found: &Recovered) -> bool {
    use wharf_container::runtime::ContainerState::Running;
    let status = found.containers.get(&container());
    status.is_some_and(|status| status.state == Running)
}

/// How it ended, if anybody saw it.
pub fn exit_of(found: &Recovered) -> Option<ExitRecord> {
    found.containers.get(&container())?.exit
}

pub fn eni(it: &Instance) -> Result<Eni, InstanceError> {
    let of = &it.interface;
    let subnet: Subnet = of.subnet_cidr.parse().map_err(InstanceError::Interface)?;
    Ok(Eni {
        vpc_id: of.vpc.clone(),
        eni_id: of.id.clone(),
        mac: of.mac.parse().map_err(InstanceError::Interface)?,
        address: of.address,
        subnet,
        // As with AWS: the first address behind the network's own.
        gateway: Ipv4Addr::from(u32::from(subnet.network()).saturating_add(1)),
        ipv6: Vec::new(),
    })
}

/// The units of its type that are its own; others it has while nobody else wants them.
pub fn cpu_guaranteed(it: &Instance) -> u32 {
    it.cpu_guaranteed.unwrap_or(it.cpu)
}

fn spec(it: &Instance, argv: Vec<String>) -> ContainerSpec {
    let mut spec = ContainerSpec::new(container(), argv);
    spec.hostname.clone_from(&it.metadata.host_name);
    spec.secrets = Some(SecretsOf {
        container: container(),
        variables: vec![VARIABLE.to_owned()],
    });
    spec.keeps_root = true;
    spec.no_new_privileges = false;
    spec.capabilities = Capabilities::of_instances();
    spec.oom_score_adj = OOM_SCORE;
    spec.reserves_cpu = cpu_guaranteed(it) > 0;
    spec.ulimits = vec![Ulimit {
        name: "nofile".to_owned(),
        soft: NOFILE.0,
        hard: NOFILE.1,
        explicit: false,
    }];
    spec.log = LogMode::Spool {
        max_bytes: CONSOLE_SPOOL,
        blocking: false,
    };
    spec
}

fn boot_of(it: &Instance, attachment: &Attachment, endpoint: &str, asks_for_mounts: bool) -> Boot {
    let name = &it.metadata.host_name;
    let short = name.split('.').next().unwrap_or_default();
    Boot {
        instance: it.id.clone(),
        region: it.region.clone(),
        host_name: name.clone(),
        hosts: wharf_network::hosts_file(attachment, &[name, short]),
        resolv_conf: resolv_conf(it),
        endpoint: endpoint.to_owned(),
        user_data: it.user_data.clone(),
        public_keys: it
            .metadata
            .public_keys
            .iter()
            .map(|(_, line)| line.clone())
            .collect(),
        // It counts as the instance's memory.
        memory_file_system_bytes: u64::from(it.memory_mib) << 19,
        asks_for_mounts,
        // Nobody would bring them.
        devices: match asks_for_mounts {
            true => it.devices.clone(),
            false => Vec::new(),
        },
    }
}

/// Those that its VPC's DHCP options name, else the VPC's own.
pub fn name_servers(it: &Instance) -> &[Ipv4Addr] {
    match it.interface.name_servers.as_slice() {
        [] => &[wharf_network::RESOLVER],
        told => told,
    }
}

/// What its VPC's DHCP options say, as they were when it was launched.
fn resolv_conf(it: &Instance) -> String {
    let servers: String = name_servers(it)
        .iter()
        .map(|server| format!("nameserver {server}\n"))
        .collect();
    let search = match it.interface.search.as_slice() {
        [] => wharf_network::private_domain(&it.region),
        told => told.join(" "),
    };
    format!("{servers}search {search}\n")
}
