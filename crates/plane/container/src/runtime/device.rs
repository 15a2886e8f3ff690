//! Files as block devices of a container that runs.
//!
//! A loop device is put over the file, and a node for it into the container's `/dev`. Unlike that of a disk which the
//! host mounts, the device stays until it is let go, whoever ends meanwhile: what holds it is nobody's process. So
//! whoever lets go of one first takes the right to open it from the container, since the kernel gives its number to the
//! next.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsString,
    fs::{self, File},
    io::{self, Read as _, Seek as _},
    os::{
        fd::{AsFd, AsRawFd},
        unix::{
            ffi::OsStringExt as _,
            fs::{FileTypeExt, MetadataExt, symlink},
        },
    },
    path::{Path, PathBuf},
    thread,
};

use nix::{
    errno::Errno,
    mount::{MntFlags, MsFlags, mount, umount2},
    sched::{CloneFlags, setns, unshare},
    sys::stat::{Mode, SFlag, makedev, minor, mknod},
    unistd::{Gid, Uid, chown, setfsgid, setfsuid},
};
use wharf_cgroup::{DeviceKind, DeviceRule, PauseSwitch};
use wharf_sealed_file::below_devices;
use wharf_userns::{IdRange, attach, clone_tree};

use super::{
    ContainerName, TaskHandle,
    disk_lock::lock_image,
    error::ContainerError,
    loops::{
        LONG_LOOP, LOOP_MAJOR, backing_file, bind_loop, file_of_devices, open_device, path_of_loop,
        take_writes_at_once,
    },
};
use crate::spec::devices::default_rules;

const LOOP_CLR_FD: libc::Ioctl = 0x4C01;
const LOOP_SET_CAPACITY: libc::Ioctl = 0x4C07;

/// A loop device over a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LoopDevice {
    pub number: u32,
    /// It was let go, or is one that goes with its last user.
    pub goes: bool,
}

impl LoopDevice {
    /// The one over `image`, if there is one. Of one that is sealed: over what shows it.
    pub fn over(image: &Path) -> io::Result<Option<Self>> {
        let image = match file_of_devices(image) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => other?,
        };
        Ok(Self::below(&image)?.remove(&image))
    }

    /// Those over files below `folder`.
    pub fn below(folder: &Path) -> io::Result<BTreeMap<PathBuf, Self>> {
        let mut found = BTreeMap::new();
        for entry in fs::read_dir("/sys/block")? {
            let device = entry?.path();
            // Others are no loop devices, or have no file.
            let Ok(file) = backing_file(&device) else {
                continue;
            };
            let name = device.file_name().and_then(|name| name.to_str());
            let number = name.and_then(|name| name.strip_prefix("loop")?.parse().ok());
            if let Some(number) = number.filter(|_| file.starts_with(folder)) {
                let goes = fs::read_to_string(device.join("loop/autoclear")).unwrap_or_default();
                let goes = goes.trim() == "1";
                found.insert(file, Self { number, goes });
            }
        }
        Ok(found)
    }

    /// The file that it is over.
    pub fn file(number: u32) -> io::Result<PathBuf> {
        backing_file(Path::new(&format!("/sys/block/loop{number}")))
    }

    /// Puts one over `image` that stays until [`Self::let_go`]. Blocks.
    ///
    /// # Errors
    /// [`io::ErrorKind::ResourceBusy`] while anybody else has the file.
    pub fn bind(image: &Path) -> io::Result<Self> {
        let file = lock_image(image)?;
        let (_, number) = bind_loop(&file, &below_devices(image), LONG_LOOP)?;
        take_writes_at_once(number);
        let number = u32::try_from(number).map_err(io::Error::other)?;
        Ok(Self {
            number,
            goes: false,
        })
    }

    /// The kernel takes it away when nobody has it open any more, at once if nobody has.
    pub fn let_go(self, image: &Path) -> io::Result<()> {
        let device = open_device(self.path())?;
        // What is open stays over its file: it is this one or another's.
        if Self::over(image)?.map(|it| it.number) != Some(self.number) {
            return Ok(());
        }
        self.set_read_only(false)?;
        // SAFETY: an ioctl without an argument.
        Errno::result(unsafe { libc::ioctl(device.as_raw_fd(), LOOP_CLR_FD) })?;
        Ok(())
    }

    /// Writes down what was written to the device and not to its file yet.
    pub fn flush(self) -> io::Result<()> {
        open_device(self.path())?.sync_all()
    }

    /// Makes it as large as its file became.
    pub fn grow(self, image: &Path) -> io::Result<()> {
        // Looked at, what shows a sealed one is as long as that is.
        if self.bytes()? >= fs::metadata(below_devices(image))?.len() / 512 * 512 {
            return Ok(());
        }
        let device = open_device(self.path())?;
        // SAFETY: an ioctl without an argument.
        Errno::result(unsafe { libc::ioctl(device.as_raw_fd(), LOOP_SET_CAPACITY) })?;
        Ok(())
    }

    /// How large it is.
    pub fn bytes(self) -> io::Result<u64> {
        let sectors = fs::read_to_string(format!("/sys/block/loop{}/size", self.number))?;
        let sectors: u64 = sectors.trim().parse().unwrap_or(0);
        Ok(sectors * 512)
    }

    /// Where the host finds it.
    pub fn path(self) -> PathBuf {
        path_of_loop(self.number.into())
    }

    fn is(self, device: u64) -> bool {
        device == makedev(LOOP_MAJOR, self.number.into())
    }
}

impl TaskHandle {
    /// Lets the container open these loop devices from now on, and no others.
    ///
    /// # Errors
    /// It has ended, or the kernel refuses.
    pub fn allow_loop_devices(
        &self,
        name: &ContainerName,
        numbers: &BTreeSet<u32>,
    ) -> Result<(), ContainerError> {
        self.allow_loops(name, numbers.iter().map(|it| (*it, true)))
    }

    /// The same, each to be written to or only to be read.
    ///
    /// # Errors
    /// It has ended, or the kernel refuses.
    pub fn allow_loops(
        &self,
        name: &ContainerName,
        numbers: impl Iterator<Item = (u32, bool)>,
    ) -> Result<(), ContainerError> {
        let mut rules = default_rules();
        rules.extend(numbers.map(|(number, write)| DeviceRule {
            kind: DeviceKind::Block,
            major: u32::try_from(LOOP_MAJOR).ok(),
            minor: Some(number),
            read: true,
            write,
            mknod: false,
        }));
        Ok(self.group_of(name)?.set_devices(&rules)?)
    }

    /// Has what a process of the host's uses count as the container's, within its limits.
    ///
    /// # Errors
    /// It has ended, or the kernel refuses.
    pub fn take_in(&self, name: &ContainerName, process: i32) -> Result<(), ContainerError> {
        Ok(self.group_of(name)?.attach(process)?)
    }

    /// What holds all processes of the container where they are; `None` where the kernel has nothing of the kind.
    ///
    /// # Errors
    /// It has ended.
    pub fn pause_switch(
        &self,
        name: &ContainerName,
    ) -> Result<Option<PauseSwitch>, ContainerError> {
        Ok(self.group_of(name)?.pause_switch())
    }

    /// Processes of the container, as the host numbers them.
    ///
    /// # Errors
    /// It has ended, or the kernel refuses.
    pub fn processes(&self, name: &ContainerName) -> Result<Vec<i32>, ContainerError> {
        Ok(self.group_of(name)?.processes()?)
    }
}

/// A container's `/dev`, by its first process.
///
/// A node lies alone in a folder of its own, `.xvdf/node`, and `xvdf` is a link to it: a node that is itself a mount
/// counts as mounted with programs that make file systems.
#[derive(Debug, Clone, Copy)]
pub struct DevFolder {
    pub first: i32,
    /// Root inside has the first of these numbers.
    pub range: IdRange,
}

const NODE: &str = "node";

/// The folder of a node, below `/dev`.
fn folder_of(name: &str) -> String {
    format!(".{name}")
}

/// What the name is a link to.
fn link_of(name: &str) -> PathBuf {
    Path::new(&folder_of(name)).join(NODE)
}

impl DevFolder {
    /// Whether a node for the device is there under that name.
    pub fn has(self, name: &str, device: LoopDevice) -> bool {
        let dev = format!("/proc/{}/root/dev", self.first);
        // It is compared with a number, so it does not matter where links lead.
        let found = fs::symlink_metadata(Path::new(&dev).join(link_of(name)));
        found.is_ok_and(|it| it.file_type().is_block_device() && device.is(it.rdev()))
    }

    /// Puts a node for the device there, which root inside can open. Blocks. `scratch`: a folder of the host.
    ///
    /// # Errors
    /// Something else is there under that name, the container ended, or the kernel refuses.
    pub fn put(self, name: &str, device: LoopDevice, scratch: &Path) -> io::Result<()> {
        let (name, scratch) = (name.to_owned(), scratch.to_owned());
        let namespace = self.namespace()?;
        apart("device-node", move || {
            unshare(CloneFlags::CLONE_FS | CloneFlags::CLONE_NEWNS)?;
            let node = self.node(device, &scratch)?;
            setns(namespace.as_fd(), CloneFlags::CLONE_NEWNS)?;
            std::env::set_current_dir("/dev")?;
            // Before anything is mounted, which would be mounted once more with each try.
            self.as_root_inside(|| {
                match symlink(link_of(&name), &name) {
                    Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
                        // One that was left by an attachment before this one will do.
                        let link = fs::read_link(&name);
                        link.ok().filter(|it| *it == link_of(&name)).ok_or(e)?;
                    }
                    other => other?,
                }
                match fs::create_dir(folder_of(&name)) {
                    Err(e) if e.kind() != io::ErrorKind::AlreadyExists => Err(e),
                    _ => Ok(()),
                }
            })?;
            attach(&node, Path::new(&folder_of(&name)))
        })
    }

    /// A mount of a folder with a node alone, which is nowhere yet. What is mounted in a user namespace opens no
    /// devices, so it is of a file system of the host's, which nobody else sees.
    fn node(self, device: LoopDevice, scratch: &Path) -> io::Result<std::os::fd::OwnedFd> {
        let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
        mount(None::<&str>, "/", None::<&str>, private, None::<&str>)?;
        wharf_durable::private_folder(scratch)?;
        let flags = MsFlags::MS_NOSUID | MsFlags::MS_NOEXEC;
        mount(
            Some("tmpfs"),
            scratch,
            Some("tmpfs"),
            flags,
            Some("size=16k,mode=755"),
        )?;
        let node = scratch.join(NODE);
        let number = makedev(LOOP_MAJOR, device.number.into());
        let mode = Mode::from_bits_truncate(0o600);
        mknod(&node, SFlag::S_IFBLK, mode, number)?;
        let root = self.range.first;
        chown(&node, Some(Uid::from_raw(root)), Some(Gid::from_raw(root)))?;
        clone_tree(scratch)
    }

    /// In the name of root inside: others own nothing on the container's file systems. For a thread of its own.
    fn as_root_inside<T>(self, work: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        let root = self.range.first;
        setfsgid(Gid::from_raw(root));
        setfsuid(Uid::from_raw(root));
        let done = work();
        setfsuid(Uid::from_raw(0));
        setfsgid(Gid::from_raw(0));
        done
    }

    /// Takes the node away, if it is there. Blocks.
    pub fn take(self, name: &str, device: LoopDevice) -> io::Result<()> {
        if !self.has(name, device) {
            return Ok(());
        }
        let name = name.to_owned();
        let namespace = self.namespace()?;
        apart("device-node", move || {
            unshare(CloneFlags::CLONE_FS)?;
            setns(namespace.as_fd(), CloneFlags::CLONE_NEWNS)?;
            std::env::set_current_dir("/dev")?;
            let flags = MntFlags::MNT_DETACH | MntFlags::UMOUNT_NOFOLLOW;
            umount2(Path::new(&folder_of(&name)), flags)?;
            self.as_root_inside(|| {
                let link = fs::read_link(&name);
                if link.is_ok_and(|it| it == link_of(&name)) {
                    fs::remove_file(&name)?;
                }
                fs::remove_dir(folder_of(&name))
            })
        })
    }

    /// Takes all mounts of the device away, also those that are in use, and what is mounted over them or over folders
    /// that they are in. Blocks.
    ///
    /// # Errors
    /// Some are left.
    pub fn unmount_all(self, device: LoopDevice) -> io::Result<()> {
        /// Who mounts them elsewhere meanwhile does not keep this going for ever.
        const ROUNDS: u32 = 1000;
        let mut mounts = File::open(format!("/proc/{}/mountinfo", self.first))?;
        let namespace = self.namespace()?;
        apart("unmount", move || {
            unshare(CloneFlags::CLONE_FS)?;
            setns(namespace.as_fd(), CloneFlags::CLONE_NEWNS)?;
            for _ in 0..ROUNDS {
                let mut now = Vec::new();
                mounts.rewind()?;
                mounts.read_to_end(&mut now)?;
                let mounts = mounts_of(&now, (LOOP_MAJOR, device.number.into()));
                if mounts.is_empty() {
                    return Ok(());
                }
                // The next one may go with it.
                if !mounts.iter().rev().any(|it| unmount_at(&it.place)) {
                    break;
                }
            }
            Err(io::Error::from(io::ErrorKind::ResourceBusy))
        })
    }

    fn namespace(self) -> io::Result<File> {
        let path = |of: &str| format!("/proc/{of}/ns/mnt");
        let namespace = File::open(path(&self.first.to_string()))?;
        let inode = |of: io::Result<fs::Metadata>| of.map(|it| it.ino());
        // Never the host's by mistake.
        if inode(namespace.metadata())? == inode(fs::metadata(path("self")))? {
            return Err(io::Error::from(io::ErrorKind::NotFound));
        }
        Ok(namespace)
    }
}

/// Runs it in a thread of its own, which is in other namespaces from there to its end.
pub(super) fn apart<T: Send>(
    name: &str,
    work: impl FnOnce() -> io::Result<T> + Send,
) -> io::Result<T> {
    let thread = thread::Builder::new().name(name.to_owned());
    thread::scope(|scope| {
        let joined = thread.spawn_scoped(scope, work)?.join();
        joined.unwrap_or_else(|_| Err(io::Error::other("a thread panicked")))
    })
}

/// Takes away what is mounted last at a place, or at the nearest folder above it: that hides the place.
fn unmount_at(place: &Path) -> bool {
    let flags = MntFlags::MNT_DETACH | MntFlags::UMOUNT_NOFOLLOW;
    let mut places = place.ancestors().filter(|it| it.parent().is_some());
    places.any(|it| umount2(it, flags).is_ok())
}

/// A mount of a file system.
#[derive(Debug, PartialEq, Eq)]
pub struct Mounted {
    /// Its root is that of the file system.
    pub is_whole: bool,
    pub place: PathBuf,
}

/// Where a device is mounted, by `/proc/<pid>/mountinfo`. Names are any bytes.
pub fn mounts_of(mountinfo: &[u8], device: (u64, u64)) -> Vec<Mounted> {
    let device = format!("{}:{}", device.0, device.1);
    let mounted = |line: &[u8]| {
        let mut words = line.split(|it| *it == b' ').skip(2);
        let (of, root, place) = (words.next()?, words.next()?, words.next()?);
        (of == device.as_bytes()).then(|| Mounted {
            is_whole: root == b"/",
            place: place_of_mount(place),
        })
    };
    let lines = mountinfo.split(|it| *it == b'\n');
    lines.filter_map(mounted).collect()
}

/// A path as the kernel writes it, where blanks and such are three octal digits behind a backslash.
fn place_of_mount(text: &[u8]) -> PathBuf {
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, after @ ..] = rest {
        let code = after.get(..3).filter(|_| *first == b'\\');
        let code = code.and_then(|it| u8::from_str_radix(std::str::from_utf8(it).ok()?, 8).ok());
        plain.push(code.unwrap_or(*first));
        rest = code.map_or(after, |_| &after[3..]);
    }
    PathBuf::from(OsString::from_vec(plain))
}

/// Which loop device a device number is of.
pub fn loop_number(device: u64) -> Option<u32> {
    let is_loop = nix::sys::stat::major(device) == LOOP_MAJOR;
    is_loop.then(|| u32::try_from(minor(device)).ok())?
}

#[cfg(test)]
mod tests {
    use std::{
        io::Write as _,
        process::{Command, Stdio},
    };

    use super::*;

    /// Needs root and loop devices.
    #[test]
    fn a_device_stays_until_it_is_let_go_and_grows_with_its_file() {
        let dir = tempfile::tempdir().unwrap();
        let image = dir.path().join("disk.img");
        let file = File::create(&image).unwrap();
        file.set_len(1 << 20).unwrap();
        assert_eq!(LoopDevice::over(&image).unwrap(), None);
        let device = LoopDevice::bind(&image).unwrap();
        assert_eq!(LoopDevice::over(&image).unwrap(), Some(device));
        let busy = LoopDevice::bind(&image).unwrap_err();
        assert_eq!(busy.kind(), io::ErrorKind::ResourceBusy);
        let size = || {
            let text = fs::read_to_string(format!("/sys/block/loop{}/size", device.number));
            text.unwrap().trim().parse::<u64>().unwrap() * 512
        };
        assert_eq!(size(), 1 << 20);
        file.set_len(2 << 20).unwrap();
        device.grow(&image).unwrap();
        assert_eq!(size(), 2 << 20);
        let user = File::open(device.path()).unwrap();
        device.let_go(&image).unwrap();
        assert!(LoopDevice::over(&image).unwrap().is_some_and(|it| it.goes));
        // For as long as anybody has it, nobody else gets the file.
        let busy = LoopDevice::bind(&image).unwrap_err();
        assert_eq!(busy.kind(), io::ErrorKind::ResourceBusy);
        drop(user);
        while LoopDevice::over(&image).unwrap().is_some() {
            thread::yield_now();
        }
    }

    /// Needs root and loop devices. Others take numbers meanwhile, so it asks for the same until it has it.
    #[test]
    fn one_whose_number_was_held_back_takes_writes() {
        let dir = tempfile::tempdir().unwrap();
        let image = dir.path().join("disk.img");
        File::create(&image).unwrap().set_len(1 << 20).unwrap();
        let bind = || loop {
            match LoopDevice::bind(&image) {
                Err(error) if error.kind() == io::ErrorKind::ResourceBusy => thread::yield_now(),
                other => return other.unwrap(),
            }
        };
        for _ in 0..100 {
            let before = bind();
            let device = open_device(before.path()).unwrap();
            before.hold_back(true).unwrap();
            // SAFETY: an ioctl without an argument.
            Errno::result(unsafe { libc::ioctl(device.as_raw_fd(), LOOP_CLR_FD) }).unwrap();
            drop(device);
            let next = bind();
            open_device(next.path())
                .unwrap()
                .write_all(&[1; 4096])
                .unwrap();
            next.let_go(&image).unwrap();
            if next.number == before.number {
                return;
            }
        }
        panic!("never had the same number");
    }

    /// Needs root, loop devices and ext4.
    #[test]
    fn mounts_that_are_hidden_or_have_odd_names_are_taken_away() {
        let dir = tempfile::tempdir().unwrap();
        let image = dir.path().join("disk.img");
        File::create(&image).unwrap().set_len(64 << 20).unwrap();
        let mut format = Command::new("mkfs.ext4");
        let made = format.args(["-qF"]).arg(&image).status();
        assert!(made.unwrap().success());
        let device = LoopDevice::bind(&image).unwrap();
        let script = "mkdir -p a/in b $(printf 'c\\377'); mount \"$0\" a/in; mount --bind a/in b; \
            mount --bind a/in \"$(printf 'c\\377')\"; mount -t tmpfs none b; mount -t tmpfs none a; echo there; exec cat";
        let mut guest = Command::new("unshare")
            .args(["-m", "sh", "-ec", script])
            .arg(device.path())
            .current_dir(dir.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = [0; 6];
        guest.stdout.take().unwrap().read_exact(&mut said).unwrap();
        let first = guest.id().cast_signed();
        let mounts = || {
            let now = fs::read(format!("/proc/{first}/mountinfo")).unwrap();
            mounts_of(&now, (LOOP_MAJOR, device.number.into())).len()
        };
        assert_eq!(mounts(), 3);
        let range = IdRange::of_nobody();
        let dev = DevFolder { first, range };
        dev.unmount_all(device).unwrap();
        assert_eq!(mounts(), 0);
        dev.unmount_all(device).unwrap();
        drop(guest.stdin.take());
        guest.wait().unwrap();
        device.let_go(&image).unwrap();
    }

    #[test]
    fn places_as_the_kernel_writes_them() {
        let mounts = b"36 35 7:3 / /a\\040b\\134c rw,noatime master:1 - ext4 /dev/loop3 rw\n\
            37 35 7:3 /sub /o\xff\\9 rw - ext4 /dev/loop3 rw\n\
            38 35 7:33 / /c rw - ext4 /dev/loop33 rw\n";
        let mounted = |is_whole, place: &[u8]| Mounted {
            is_whole,
            place: PathBuf::from(OsString::from_vec(place.to_vec())),
        };
        assert_eq!(
            mounts_of(mounts, (7, 3)),
            [mounted(true, b"/a b\\c"), mounted(false, b"/o\xff\\9")]
        );
        assert!(mounts_of(mounts, (7, 4)).is_empty());
    }
}
