//! Instances that are virtual machines: their disk, which is made once, of the image or of a snapshot of another machine's
//! ([`super::host::Host::restore`]), the kernel that was taken out of the image, and the container of the emulator.
//!
//! What is on the disk is the guest's doing from its first boot on. So nothing here reads it again: it is mounted by no host,
//! and kernel and initial file system are those of the image, as they were unpacked. One emulator has it at a time: it is locked by
//! the file that this writes to, or, if it is sealed, by the device that shows it.

use std::{
    fs::{self, File},
    io::{self, Read as _},
    os::{
        fd::{AsFd as _, AsRawFd as _, OwnedFd},
        unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _, chown},
    },
    path::{Path, PathBuf},
    thread,
};

use nix::{
    errno::Errno,
    fcntl::{FallocateFlags, OFlag, fallocate},
    mount::{MntFlags, MsFlags, mount, umount2},
    sched::{CloneFlags, unshare},
    sys::stat::{Mode, SFlag, mknod},
};
use wharf_container::{
    image::{Digest, Image, ImageConfig},
    runtime::{LoopDevice, RawDisk, TaskHandle},
    spec::{Capabilities, ContainerSpec, Device, LogMode, Mount, SecretsOf},
};
use wharf_durable::{put_in_place, remove_file};
use wharf_guest::{
    Accelerator, DISK, INITRD, KERNEL, KVM, Lease, Machine, VARIABLE, guest_memory_mib,
    kernel::{self, Entry, Listing},
    vcpus,
};
use wharf_network::{TUN, private_domain};
use wharf_planeproto::machine::Instance;
use wharf_rootdir::{RootDir, proc_path};
use wharf_userns::IdRange;

use super::{
    disk::{self, KEPT_FREE, Sealer},
    emulator::Emulator,
    error::InstanceError,
    host::{CONSOLE_SPOOL, OOM_SCORE, container, cpu_guaranteed, eni, name_servers},
    layers::Program,
    tool::Tool,
};

/// Which instances are virtual machines, among the annotations of their tasks.
pub const GUEST: &str = "guest";
/// More than kernels have.
const MAX_KERNEL: u64 = 128 << 20;
/// … and their initial file systems.
const MAX_INITRD: u64 = 512 << 20;
/// Names of a folder in which kernels are looked for.
const MOST_NAMES: usize = 4096;
/// What ext4 has that kernels of ten years know.
const FEATURES: &str = "none,has_journal,ext_attr,resize_inode,dir_index,filetype,extent,64bit,flex_bg,\
    sparse_super,large_file,huge_file,dir_nlink,extra_isize,metadata_csum";
/// By which the program is process 1 of a machine's container.
const PROCESS_1: &str = "vm-init";

/// Whether a task is a virtual machine.
pub fn is_guest(handle: &TaskHandle) -> bool {
    handle.sandbox().annotations.contains_key(GUEST)
}

/// The files of a machine in its folder, from its first boot on.
#[derive(Debug)]
pub struct Files {
    /// What is its disk in its container: the file, or a node of the device that shows what is in it.
    pub disk: PathBuf,
    /// Of one that is sealed.
    pub device: Option<Shown>,
    pub kernel: PathBuf,
    pub initrd: Option<PathBuf>,
    pub nodes: Vec<Node>,
}

/// A sealed disk in the clear.
#[derive(Debug)]
pub struct Shown {
    /// It is there for as long as anybody has this open.
    pub open: RawDisk,
    pub node: Node,
}

/// Makes what is missing: the disk of `bytes` at the first boot alone (`may_make`), and the kernel of one that was made of a
/// snapshot. Blocks.
pub fn prepare(
    folder: &Path,
    (bytes, may_make): (u64, bool),
    layers: &[PathBuf],
    (range, accelerator): (IdRange, Accelerator),
    sealer: Option<&Sealer>,
) -> io::Result<Files> {
    let image = disk::image(folder);
    let (kernel, initrd) = (folder.join("kernel"), folder.join("initrd"));
    if !image.try_exists()? {
        if !may_make {
            let text = format!("{} is missing", image.display());
            return Err(io::Error::new(io::ErrorKind::NotFound, text));
        }
        make(folder, bytes, layers, (&kernel, &initrd), sealer)?;
    }
    if !kernel.try_exists()? {
        take_kernel(&merged(layers, &folder.join("tree"))?, &kernel, &initrd)?;
    }
    disk::check_sealed(&image, sealer)?;
    let device = match sealer {
        Some(sealer) => Some(Shown::of(folder, &image, sealer, range)?),
        None => {
            disk::await_unlocked(&image)?;
            // The numbers that the instance has may be others than before.
            chown(&image, Some(range.first), Some(range.first))?;
            None
        }
    };
    let initrd = initrd.try_exists()?.then_some(initrd);
    let mut nodes = vec![Node::make(folder, TUN, range)?];
    if accelerator == Accelerator::Kvm {
        nodes.push(Node::make(folder, KVM, range)?);
    }
    Ok(Files {
        disk: device.as_ref().map_or(image, |it| it.node.own.clone()),
        device,
        kernel,
        initrd,
        nodes,
    })
}

impl Shown {
    fn of(folder: &Path, image: &Path, sealer: &Sealer, range: IdRange) -> io::Result<Self> {
        let open = disk::once_free(|| {
            sealer.open(image)?;
            RawDisk::alone(image)
        })?;
        let device = LoopDevice::over(image)?.ok_or(io::ErrorKind::NotFound)?;
        // One of an earlier boot had another number.
        let (of, own) = (device.path(), folder.join("node-disk"));
        make_node(&own, &of, range.first)?;
        let node = Node { own, of };
        Ok(Self { open, node })
    }
}

fn make(
    folder: &Path,
    bytes: u64,
    layers: &[PathBuf],
    (kernel, initrd): (&Path, &Path),
    sealer: Option<&Sealer>,
) -> io::Result<()> {
    let tree = merged(layers, &folder.join("tree"))?;
    take_kernel(&tree, kernel, initrd)?;
    let fresh = disk::begin(folder, bytes, sealer.is_some())?;
    reserve(&fresh)?;
    match sealer {
        Some(sealer) => sealer.on_device(&fresh, |device| format(device, &tree))?,
        None => format(&fresh, &tree)?,
    }
    // From now on the machine has lived.
    disk::keep(folder, &fresh)
}

/// The kernel of an image and its initial file system, if it has one. Where the kernel is, both are.
fn take_kernel(tree: &OwnedFd, kernel: &Path, initrd: &Path) -> io::Result<()> {
    let root = RootDir::open(&proc_path(tree.as_fd()))?;
    let found = kernel::search(&listing(&root)?).ok_or_else(|| {
        io::Error::new(
            io::ErrorKind::NotFound,
            "its image has no kernel: neither /boot/vmlinuz-VERSION nor /vmlinuz",
        )
    })?;
    match &found.initrd {
        Some(path) => take(&root, path, initrd, MAX_INITRD)?,
        // An earlier try may have left one.
        None => remove_file(initrd)?,
    }
    take(&root, &found.kernel, kernel, MAX_KERNEL)
}

/// The layers of an image as one tree, which is mounted nowhere. `place`: a folder that may be made for that.
fn merged(layers: &[PathBuf], place: &Path) -> io::Result<OwnedFd> {
    if let [one] = layers {
        let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        return Ok(nix::fcntl::open(one, flags, Mode::empty())?);
    }
    fs::create_dir_all(place)?;
    let (layers, at) = (layers.to_vec(), place.to_owned());
    // A thread whose mounts nobody else sees, and which end with it.
    let mounting = thread::Builder::new().name("layers".to_owned());
    let mounted = mounting.spawn(move || -> io::Result<OwnedFd> {
        unshare(CloneFlags::CLONE_FS | CloneFlags::CLONE_NEWNS)?;
        let private = MsFlags::MS_PRIVATE | MsFlags::MS_REC;
        mount(None::<&str>, "/", None::<&str>, private, None::<&str>)?;
        let open: io::Result<Vec<RootDir>> =
            layers.iter().map(|layer| RootDir::open(layer)).collect();
        let open = open?;
        let lower: Vec<_> = open.iter().map(RootDir::as_fd).collect();
        wharf_userns::mount_layers(&lower, &[], &at)?;
        let tree = wharf_userns::clone_tree(&at)?;
        umount2(&at, MntFlags::MNT_DETACH)?;
        Ok(tree)
    })?;
    let tree = mounted
        .join()
        .unwrap_or_else(|_| Err(io::Error::other("the thread that mounts layers panicked")));
    let _ = fs::remove_dir(place);
    tree
}

fn listing(root: &RootDir) -> io::Result<Listing> {
    let boot = match entries(root, "boot") {
        Err(e) if is_absent(&e) => Vec::new(),
        other => other?,
    };
    Ok(Listing {
        top: entries(root, "")?,
        boot,
    })
}

fn is_absent(error: &io::Error) -> bool {
    [io::ErrorKind::NotFound, io::ErrorKind::NotADirectory].contains(&error.kind())
}

fn entries(root: &RootDir, path: &str) -> io::Result<Vec<Entry>> {
    let folder = root.open_at(Path::new(path), OFlag::O_RDONLY | OFlag::O_DIRECTORY)?;
    let at = proc_path(folder.as_fd());
    let mut found = Vec::new();
    for entry in fs::read_dir(&at)?.take(MOST_NAMES) {
        let entry = entry?;
        // A name that is no text is no kernel's.
        let Some(name) = entry.file_name().to_str().map(str::to_owned) else {
            continue;
        };
        let is_link = entry.file_type()?.is_symlink();
        let target = is_link.then(|| fs::read_link(at.join(&name))).transpose()?;
        let target = target.map(|it| it.to_string_lossy().into_owned());
        found.push(Entry { name, target });
    }
    Ok(found)
}

/// Copies a file of the image. Links are followed inside of it.
fn take(root: &RootDir, path: &str, to: &Path, most: u64) -> io::Result<()> {
    // Nothing but a file is opened: to this machine a device of the image is its own.
    let opened = root.open_file(Path::new(path));
    let file = opened.map_err(|e| io::Error::new(e.kind(), format!("{path}: {e}")))?;
    if file.metadata()?.len() > most {
        let text = format!("{path} is too large");
        return Err(io::Error::new(io::ErrorKind::InvalidData, text));
    }
    let fresh = to.with_extension("new");
    let mut copy = File::create(&fresh)?;
    io::copy(&mut file.take(most), &mut copy)?;
    // Who reads it has no rights on this machine.
    copy.set_permissions(fs::Permissions::from_mode(0o644))?;
    put_in_place(&fresh, to)
}

/// Takes the room of the whole disk at once: nothing holds a guest back later, when others want what is free.
pub fn reserve(disk: &Path) -> io::Result<()> {
    let file = File::options().write(true).open(disk)?;
    let bytes = file.metadata()?.len();
    let node = nix::sys::statvfs::statvfs(disk)?;
    let free = node.blocks_available() * node.fragment_size();
    if free < bytes.saturating_add(KEPT_FREE) {
        let text = format!(
            "a virtual machine takes its disk of {} MiB as a whole, and the node has {} MiB free",
            bytes >> 20,
            free >> 20
        );
        return Err(io::Error::new(io::ErrorKind::StorageFull, text));
    }
    let length = i64::try_from(bytes).map_err(io::Error::other)?;
    match fallocate(&file, FallocateFlags::empty(), 0, length) {
        // A file system that cannot keep room has it as it is written.
        Err(Errno::EOPNOTSUPP | Errno::ENOSYS) => Ok(()),
        other => Ok(other?),
    }
}

fn format(disk: &Path, tree: &OwnedFd) -> io::Result<()> {
    // It walks through all of the image, and takes its time.
    let mut format = Tool::named("mkfs.ext4").ended_with_agent();
    format
        .command
        .args(["-q", "-F", "-m", "0", "-L", "root", "-O", FEATURES])
        .args([
            "-E",
            "lazy_itable_init=1,lazy_journal_init=1,nodiscard",
            "-d",
        ])
        // The descriptor is this process's, and goes with no other.
        .arg(format!(
            "/proc/{}/fd/{}",
            std::process::id(),
            tree.as_raw_fd()
        ))
        .arg(disk);
    format.run()
}

/// A device of the host that a machine has.
#[derive(Debug, Clone)]
pub struct Node {
    /// The machine's own node of it, which its root in a user namespace may open.
    pub own: PathBuf,
    pub of: PathBuf,
}

impl Node {
    fn make(folder: &Path, of: &str, range: IdRange) -> io::Result<Self> {
        let of = PathBuf::from(of);
        let own = folder.join(format!("node-{}", Self::name(&of)));
        make_node(&own, &of, range.first)?;
        Ok(Self { own, of })
    }

    fn name(of: &Path) -> String {
        let name = of.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    /// By which its number may be opened in the container. The node that comes of it is the host's, and of no use there where
    /// the host keeps it to some of its users.
    fn right(&self) -> Device {
        Device {
            host_path: self.of.clone(),
            container_path: format!("/dev/host-{}", Self::name(&self.of)).into(),
            permissions: "rw".to_owned(),
        }
    }
}

/// Makes a node of the device that is at `of`, for `owner` alone.
pub fn make_node(node: &Path, of: &Path, owner: u32) -> io::Result<()> {
    let named = |e: io::Error| io::Error::new(e.kind(), format!("{}: {e}", of.display()));
    let found = fs::metadata(of).map_err(named)?;
    let kind = match found.file_type().is_block_device() {
        true => SFlag::S_IFBLK,
        false => SFlag::S_IFCHR,
    };
    remove_file(node)?;
    mknod(node, kind, Mode::S_IRUSR | Mode::S_IWUSR, found.rdev())?;
    chown(node, Some(owner), Some(owner))
}

/// What process 1 of its container is told.
pub fn machine(
    it: &Instance,
    emulator: &Emulator,
    files: &Files,
) -> Result<Machine, InstanceError> {
    let eni = eni(it)?;
    let of = &it.interface;
    let host_name = it.metadata.host_name.split('.').next().unwrap_or_default();
    Ok(Machine {
        instance: it.id.clone(),
        instance_type: it.instance_type.clone(),
        program: emulator.words.clone(),
        firmware: emulator.firmware.clone(),
        modules: emulator.modules.clone(),
        accelerator: emulator.accelerator,
        vcpus: vcpus(it.cpu),
        memory_mib: guest_memory_mib(it.memory_mib, emulator.accelerator)?,
        has_initrd: files.initrd.is_some(),
        has_device: files.device.is_some(),
        mac: eni.mac.to_string(),
        lease: Lease {
            address: eni.address,
            prefix: eni.subnet.prefix(),
            gateway: eni.gateway,
            name_servers: name_servers(it).to_vec(),
            domain: of
                .search
                .first()
                .cloned()
                .unwrap_or_else(|| private_domain(&it.region)),
            host_name: host_name.to_owned(),
            ..Lease::default()
        },
    })
}

/// The container of the emulator: it reads nothing of the host's but what is mounted here.
pub fn spec(it: &Instance, program: &Program, files: &Files) -> ContainerSpec {
    let mut argv = program.argv.clone();
    argv.pop();
    argv.push(PROCESS_1.to_owned());
    let mut spec = ContainerSpec::new(container(), argv);
    spec.hostname.clone_from(&it.metadata.host_name);
    spec.secrets = Some(SecretsOf {
        container: container(),
        variables: vec![VARIABLE.to_owned()],
    });
    spec.capabilities = Capabilities {
        // For its tap, and for the frames there; process 1 gives them up before it starts the emulator.
        add: ["NET_ADMIN", "NET_RAW"].map(str::to_owned).to_vec(),
        drop: vec!["ALL".to_owned()],
    };
    spec.read_only_root = true;
    spec.oom_score_adj = OOM_SCORE;
    spec.reserves_cpu = cpu_guaranteed(it) > 0;
    let of_disk = files.device.iter().map(|it| &it.node);
    let nodes = files.nodes.iter().chain(of_disk);
    spec.devices = nodes.map(Node::right).collect();
    let mount = |source: &Path, destination: &Path, read_only: bool| Mount {
        source: source.to_owned(),
        destination: destination.to_owned(),
        read_only,
        beneath: None,
        copy_up: false,
        as_it_is: true,
    };
    spec.mounts = vec![
        mount(&files.disk, Path::new(DISK), false),
        mount(&files.kernel, Path::new(KERNEL), true),
    ];
    let initrd = files.initrd.iter();
    spec.mounts
        .extend(initrd.map(|path| mount(path, Path::new(INITRD), true)));
    let nodes = files.nodes.iter();
    spec.mounts
        .extend(nodes.map(|node| mount(&node.own, &node.of, false)));
    spec.log = LogMode::Spool {
        max_bytes: CONSOLE_SPOOL,
        blocking: false,
    };
    spec
}

/// The root file system of that container.
pub fn image(program: &Program, emulator: &Emulator) -> Image {
    let layers = vec![program.layer.clone(), emulator.layer.clone()];
    Image::from_layers(Digest::of(&[0; 32]), ImageConfig::default(), layers)
}

#[cfg(test)]
mod tests {
    use wharf_network::RESOLVER;

    use super::*;

    fn layer(dir: &Path, name: &str, files: &[(&str, &str)]) -> PathBuf {
        let layer = dir.join(name);
        for (path, content) in files {
            let path = layer.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        layer
    }

    /// Like all that mounts, this needs root.
    #[test]
    fn a_disk_is_made_of_all_layers_and_the_kernel_is_theirs() {
        let dir = tempfile::tempdir().unwrap();
        let below = layer(
            dir.path(),
            "below",
            &[("boot/vmlinuz-5.10", "old"), ("etc/name", "below")],
        );
        let above = layer(
            dir.path(),
            "above",
            &[
                ("boot/vmlinuz-6.1", "new"),
                ("boot/initrd.img-6.1", "initial"),
                ("etc/name", "above"),
            ],
        );
        let folder = dir.path().join("i-1");
        fs::create_dir(&folder).unwrap();
        let range = IdRange {
            first: 200_000,
            count: 65_536,
        };
        let layers = [below, above];
        let how = (range, Accelerator::Tcg);
        let missing = prepare(&folder, (64 << 20, false), &layers, how, None);
        assert_eq!(missing.unwrap_err().kind(), io::ErrorKind::NotFound);
        let files = prepare(&folder, (64 << 20, true), &layers, how, None).unwrap();
        assert_eq!(fs::read_to_string(&files.kernel).unwrap(), "new");
        let initrd = files.initrd.as_ref().unwrap();
        assert_eq!(fs::read_to_string(initrd).unwrap(), "initial");
        let meta = fs::metadata(&files.disk).unwrap();
        assert_eq!((meta.len(), meta.uid()), (64 << 20, range.first));
        assert!(!folder.join("tree").exists());
        let shown = std::process::Command::new("debugfs")
            .args(["-R", "cat /etc/name"])
            .arg(&files.disk)
            .output()
            .unwrap();
        assert_eq!(String::from_utf8_lossy(&shown.stdout), "above");
        let [tun] = &files.nodes[..] else {
            panic!("{:?}", files.nodes);
        };
        let node = fs::metadata(&tun.own).unwrap();
        assert_eq!((node.uid(), node.mode() & 0o777), (range.first, 0o600));
        assert_eq!(node.rdev(), fs::metadata(TUN).unwrap().rdev());
        // The next boot finds it as it is.
        let inode = meta.ino();
        let files = prepare(&folder, (64 << 20, false), &layers, how, None).unwrap();
        assert_eq!(fs::metadata(&files.disk).unwrap().ino(), inode);
        // One that was made of a snapshot has no kernel yet, whatever an agent that was killed has of it.
        fs::remove_file(&files.kernel).unwrap();
        fs::write(files.initrd.unwrap(), "half").unwrap();
        let files = prepare(&folder, (64 << 20, false), &layers, how, None).unwrap();
        assert_eq!(fs::metadata(&files.disk).unwrap().ino(), inode);
        assert_eq!(fs::read_to_string(&files.kernel).unwrap(), "new");
        let initrd = fs::read_to_string(files.initrd.unwrap()).unwrap();
        assert_eq!(initrd, "initial");
    }

    fn instance(memory_mib: u32) -> Instance {
        let told = serde_json::json!({
            "id": "i-0123456789abcdef0", "account": "000000000000", "region": "us-east-1", "zone": "us-east-1a",
            "host": "i-1", "wanted": "running", "boot": 1, "image": "own", "instance_type": "t3.micro",
            "cpu": 2048, "memory_mib": memory_mib, "disk_bytes": 8_u64 << 30, "virtual_machine": true,
            "interface": {
                "id": "eni-1", "vpc": "vpc-1", "subnet": "subnet-1", "subnet_cidr": "172.31.16.0/20",
                "address": "172.31.20.5", "mac": "0a:00:00:00:00:05", "groups": []
            },
            "metadata": {
                "enabled": true, "tokens_required": false, "hop_limit": 1, "image_id": "ami-1", "reservation": "r-1",
                "launch_index": 0, "host_name": "ip-172-31-20-5.ec2.internal"
            },
            "user_data": null, "launched_at_ms": 0
        });
        serde_json::from_value(told).unwrap()
    }

    fn files() -> Files {
        let path = |name: &str| Path::new("/kept/i-1").join(name);
        let nodes = [TUN, KVM].map(|of| Node {
            own: path("node"),
            of: of.into(),
        });
        Files {
            disk: path("disk.img"),
            device: None,
            kernel: path("kernel"),
            initrd: None,
            nodes: nodes.to_vec(),
        }
    }

    #[test]
    fn what_a_machine_is_told_is_what_its_instance_is() {
        let emulator = Emulator {
            layer: "/layers/emulator".into(),
            words: vec!["/qemu".to_owned()],
            firmware: "/firmware".into(),
            modules: "/modules".into(),
            accelerator: Accelerator::Kvm,
        };
        let made = machine(&instance(1024), &emulator, &files()).unwrap();
        assert_eq!((made.vcpus, made.memory_mib), (2, 896));
        assert!(!made.has_initrd);
        let lease = &made.lease;
        assert_eq!(lease.address.to_string(), "172.31.20.5");
        assert_eq!(
            (lease.prefix, lease.gateway.to_string().as_str()),
            (20, "172.31.16.1")
        );
        assert_eq!(lease.name_servers, [RESOLVER]);
        assert_eq!(
            (lease.host_name.as_str(), lease.domain.as_str()),
            ("ip-172-31-20-5", "ec2.internal")
        );
        let refused = machine(&instance(128), &emulator, &files()).unwrap_err();
        let text = refused.to_string();
        assert!(text.contains("more memory than 128 MiB"), "{text}");
    }

    #[test]
    fn its_container_has_its_own_files_and_no_rights() {
        let program = Program {
            layer: "/layers/program".into(),
            argv: ["/loader", "/wharf", "instance-init"]
                .map(str::to_owned)
                .to_vec(),
        };
        let spec = spec(&instance(1024), &program, &files());
        assert_eq!(spec.argv, ["/loader", "/wharf", "vm-init"]);
        assert!(spec.read_only_root && spec.no_new_privileges && !spec.privileged);
        assert_eq!(spec.capabilities.drop, ["ALL"]);
        let mounted: Vec<(&Path, bool)> = spec
            .mounts
            .iter()
            .map(|it| (it.destination.as_path(), it.read_only))
            .collect();
        let expected = [(DISK, false), (KERNEL, true), (TUN, false), (KVM, false)];
        assert_eq!(
            mounted,
            expected.map(|(path, read_only)| (Path::new(path), read_only))
        );
        let devices: Vec<&Path> = spec
            .devices
            .iter()
            .map(|it| it.host_path.as_path())
            .collect();
        assert_eq!(devices, [Path::new(TUN), Path::new(KVM)]);
        // A device lies beside the node that is the machine's own, not over it.
        assert!(
            spec.devices
                .iter()
                .all(|it| !mounted.iter().any(|(at, _)| *at == it.container_path))
        );
    }

    /// Like all that makes nodes of devices, this needs root.
    #[test]
    fn a_device_in_the_place_of_a_kernel_is_not_opened() {
        let dir = tempfile::tempdir().unwrap();
        let only = layer(dir.path(), "only", &[("boot/grub", "")]);
        // Of no driver: to open it would fail in another way.
        let number = nix::sys::stat::makedev(511, 7);
        let place = only.join("boot/vmlinuz-6.1");
        mknod(&place, SFlag::S_IFCHR, Mode::S_IRUSR, number).unwrap();
        let range = IdRange {
            first: 200_000,
            count: 65_536,
        };
        let how = (range, Accelerator::Tcg);
        let refused = prepare(dir.path(), (64 << 20, true), &[only], how, None).unwrap_err();
        let text = refused.to_string();
        assert!(text.contains("vmlinuz-6.1: not a regular file"), "{text}");
    }

    #[test]
    fn an_image_without_a_kernel_makes_no_disk() {
        let dir = tempfile::tempdir().unwrap();
        let layers = [layer(dir.path(), "only", &[("boot/grub", "")])];
        let range = IdRange {
            first: 200_000,
            count: 65_536,
        };
        let how = (range, Accelerator::Tcg);
        let refused = prepare(dir.path(), (64 << 20, true), &layers, how, None).unwrap_err();
        assert!(refused.to_string().contains("has no kernel"), "{refused}");
        assert!(!disk::image(dir.path()).exists());
    }
}
