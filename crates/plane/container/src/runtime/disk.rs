//! A file system of a task's own, of a fixed size: everything its containers write beside their
//! images, so that a task can fill no disk but this one.
//!
//! It is an ext4 image in a sparse file behind a loop device. It is mounted nowhere on the host: the
//! mount is handed to the task's shim as a descriptor, and lives in the shim's mount namespace. When
//! the last process of the task is gone, however it ended, so are mount and device; the file goes
//! with the task's folder.

use std::{
    collections::BTreeSet,
    ffi::{CStr, CString},
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    ops::Deref,
    os::{
        fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd},
        unix::{
            ffi::OsStrExt,
            fs::{FileExt, MetadataExt, OpenOptionsExt},
        },
    },
    path::{Path, PathBuf},
};

use nix::{
    errno::Errno,
    sys::{
        stat::{Mode, SFlag, major, makedev, minor, mknod},
        statvfs::statvfs,
    },
    unistd::{Whence, lseek64},
};
use wharf_durable as durable;
use wharf_sealed_file::{Shown, below_devices, is_sealed, state};
use wharf_shim_protocol::{
    ShimState, TaskFolder,
    record::{RECORD_LIMIT, boot_id},
};

use super::superblock::check_is_alone;

/// Of the kernel's loop devices.
pub(super) const LOOP_MAJOR: u64 = 7;
/// Others may take the device that was free a moment ago; so often the next one is tried.
const LOOP_TRIES: u32 = 64;

/// A formatted disk that no task has yet. Dropping it leaves its file alone.
#[derive(Debug)]
pub struct PreparedDisk {
    image: PathBuf,
    mount: OwnedFd,
    kept: bool,
}

impl PreparedDisk {
    /// A copy of the formatted file `template` at `image`, ready to be mounted. Blocks for some
    /// milliseconds.
    pub fn make(template: &Path, image: &Path) -> io::Result<Self> {
        let made = copy_sparse(template, image)
            .and_then(|file| attach(&file, image))
            .and_then(|(device, number)| {
                let mount = mount_detached(device, number, &SHORT_LIVED, 0)?;
                look_ahead_little(number);
                Ok(mount)
            });
        match made {
            Ok(mount) => Ok(Self {
                image: image.to_owned(),
                mount,
                kept: false,
            }),
            Err(error) => {
                let _ = fs::remove_file(image);
                Err(error)
            }
        }
    }

    /// The disk in the file `image`, which stays where it is and outlives the task: what is written to it is
    /// flushed when the task's last process ends. Blocks for some milliseconds.
    ///
    /// # Errors
    /// [`io::ErrorKind::ResourceBusy`] while it is mounted: two mounts of one file would destroy what is on it.
    pub fn kept(image: &Path) -> io::Result<Self> {
        Self::kept_checked(image, |_| Ok(()))
    }

    /// The same after `check` of the device, which nobody else writes to meanwhile: it is told the device's path.
    ///
    /// # Errors
    /// See [`PreparedDisk::kept`]; also while a check that an earlier agent began goes on, and for a file system that
    /// leads to another device.
    pub fn kept_checked(
        image: &Path,
        check: impl FnOnce(&Path) -> io::Result<()>,
    ) -> io::Result<Self> {
        Self::kept_by(image, check, &LONG_LIVED)
    }

    /// The same with a file system that takes nothing more once what files have in them could not be written: what was not
    /// synced is nobody's.
    ///
    /// # Errors
    /// See [`PreparedDisk::kept_checked`].
    pub fn kept_or_ended(
        image: &Path,
        check: impl FnOnce(&Path) -> io::Result<()>,
    ) -> io::Result<Self> {
        let [first, second, third] = LONG_LIVED;
        let ends = (c"data_err", Some(c"abort"));
        Self::kept_by(image, check, &[first, second, third, ends])
    }

    fn kept_by(
        image: &Path,
        check: impl FnOnce(&Path) -> io::Result<()>,
        options: &[FsOption<'_>],
    ) -> io::Result<Self> {
        let file = lock_image(image)?;
        let (device, number) = attach(&file, &below_devices(image))?;
        check_is_alone(&device)?;
        check(&path_of(&device, number))?;
        check_is_alone(&device)?;
        let mount = mount_detached(device, number, options, MOUNT_ATTR_NODEV)?;
        Ok(Self {
            image: image.to_owned(),
            mount,
            kept: true,
        })
    }

    /// The disk in the file `image` once more, which others have mounted from the loop device of that number: all of them
    /// see one file system.
    ///
    /// # Errors
    /// The device is over that file no more, as when the last who had it mounted went meanwhile.
    pub fn shared(image: &Path, number: u64) -> io::Result<Self> {
        Ok(Self {
            mount: mounted_again(image, number)?,
            image: image.to_owned(),
            kept: true,
        })
    }

    pub(super) fn is_kept(&self) -> bool {
        self.kept
    }

    /// The file becomes the task's, unless it is kept.
    pub(super) fn move_to(&mut self, image: PathBuf) -> io::Result<()> {
        if self.kept {
            return Ok(());
        }
        fs::rename(&self.image, &image)?;
        self.image = image;
        Ok(())
    }

    pub(super) fn mount(&self) -> &OwnedFd {
        &self.mount
    }
}

/// Its mount, which is at no place.
impl AsFd for PreparedDisk {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.mount.as_fd()
    }
}

/// The first thing that a task writes has the kernel make the tables of all groups of an empty disk, 160 of 20 GiB, in
/// case it should want them: 1.6 ms, for a task that mostly fills one. Best effort, since it is only slower without.
fn look_ahead_little(number: u64) {
    let groups = format!("/sys/fs/ext4/loop{number}/mb_prefetch");
    let _ = fs::write(groups, "4");
}

/// Opens a file that nobody has, and keeps others from it: a loop device keeps the open file, and the lock with it, for
/// as long as anybody uses the device. Of one that is sealed it is the file that shows it, which has to be shown.
pub(super) fn lock_image(image: &Path) -> io::Result<File> {
    let busy = || {
        let text = "the disk is still mounted";
        io::Error::new(io::ErrorKind::ResourceBusy, text)
    };
    if is_attached(image)? {
        return Err(busy());
    }
    if is_sealed(image) && state(image)? != Shown::Yes {
        let text = "the disk is sealed, and nobody here has its key";
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, text));
    }
    let file = open_device(below_devices(image))?;
    let exclusive = libc::LOCK_EX | libc::LOCK_NB;
    // SAFETY: takes a descriptor of ours and a number.
    let locked = unsafe { libc::flock(file.as_raw_fd(), exclusive) };
    match Errno::result(locked) {
        Err(Errno::EWOULDBLOCK) => Err(busy()),
        other => other.map(|_| file).map_err(Into::into),
    }
}

/// A file that no device comes over meanwhile.
#[derive(Debug)]
pub struct Held {
    file: File,
    /// What shows it in the clear, which devices would be over.
    _shown: Option<File>,
}

impl Deref for Held {
    type Target = File;

    fn deref(&self) -> &File {
        &self.file
    }
}

/// Opens a file that no device is over, to read it, and keeps devices from it for as long as it is held. One that is sealed
/// is read as it is, also while it is shown: then it must not be hidden meanwhile.
///
/// # Errors
/// [`io::ErrorKind::ResourceBusy`]: one is, or comes to be, or it is just being shown or hidden.
pub fn hold_unattached(image: &Path) -> io::Result<Held> {
    let is_shown = is_sealed(image) && state(image)? == Shown::Yes;
    if !is_shown {
        let file = held(image, image)?;
        return Ok(Held { file, _shown: None });
    }
    let shown = held(&below_devices(image), image)?;
    let file = File::open(image)?;
    match shown.metadata()?.dev() == file.metadata()?.dev() {
        // It was hidden, and that is the empty file below.
        true => Err(io::ErrorKind::ResourceBusy.into()),
        false => Ok(Held {
            file,
            _shown: Some(shown),
        }),
    }
}

/// `file`: of the image, locked against devices.
fn held(file: &Path, image: &Path) -> io::Result<File> {
    let busy = || io::Error::new(io::ErrorKind::ResourceBusy, "somebody has the disk");
    let file = File::open(file)?;
    let shared = libc::LOCK_SH | libc::LOCK_NB;
    // SAFETY: takes a descriptor of ours and a number.
    let locked = unsafe { libc::flock(file.as_raw_fd(), shared) };
    match Errno::result(locked) {
        Err(Errno::EWOULDBLOCK) => Err(busy()),
        Err(other) => Err(other.into()),
        Ok(_) if is_attached(image)? => Err(busy()),
        Ok(_) => Ok(file),
    }
}

/// Where others find a device, also if `/dev` is not the kernel's own.
fn path_of(device: &File, number: u64) -> PathBuf {
    let named = PathBuf::from(format!("/dev/loop{number}"));
    if named.exists() {
        return named;
    }
    PathBuf::from(format!(
        "/proc/{}/fd/{}",
        std::process::id(),
        device.as_raw_fd()
    ))
}

/// The file system on a loop device over `image` that is alive although nothing has it mounted, at no place: one that
/// was frozen when its last mount went can be thawed by it.
///
/// # Errors
/// [`io::ErrorKind::NotFound`] if the device is over another file, of the same path in another mount namespace.
pub fn mounted_again(image: &Path, number: u64) -> io::Result<OwnedFd> {
    let device = loop_device(number, image)?;
    let mut info = config_of(&device, image, 0).info;
    // SAFETY: the structure is the kernel's and outlives the call.
    Errno::result(unsafe { libc::ioctl(device.as_raw_fd(), LOOP_GET_STATUS64, &raw mut info) })?;
    let file = fs::metadata(below_devices(image))?;
    if (info.device, info.inode) != (file.dev(), file.ino()) {
        return Err(io::ErrorKind::NotFound.into());
    }
    mount_detached(device, number, &LONG_LIVED, MOUNT_ATTR_NODEV)
}

/// Where the host has a device by its number.
pub(super) fn path_of_loop(number: u64) -> PathBuf {
    PathBuf::from(format!("/dev/loop{number}"))
}

/// Whether a loop device is over the file, or over what shows it.
pub fn is_attached(image: &Path) -> io::Result<bool> {
    Ok(attached_files()?.contains(&file_of_devices(image)?))
}

/// The file that devices of an image are over, as the kernel names it.
///
/// # Errors
/// There is no image.
pub fn file_of_devices(image: &Path) -> io::Result<PathBuf> {
    let file = below_devices(image);
    match (is_sealed(image), file.parent(), file.file_name()) {
        // One whose program has ended cannot be looked at by itself.
        (true, Some(folder), Some(name)) => Ok(fs::canonicalize(folder)?.join(name)),
        _ => fs::canonicalize(file),
    }
}

/// The files that loop devices are over.
pub fn attached_files() -> io::Result<BTreeSet<PathBuf>> {
    let mut files = BTreeSet::new();
    for entry in fs::read_dir("/sys/block")? {
        // Others are no loop devices, or have no file.
        if let Ok(backing) = backing_file(&entry?.path()) {
            files.insert(backing);
        }
    }
    Ok(files)
}

/// The file below a loop device, by the device's folder in `/sys`.
pub(super) fn backing_file(device: &Path) -> io::Result<PathBuf> {
    let text = fs::read_to_string(device.join("loop/backing_file"))?;
    Ok(PathBuf::from(text.trim_end_matches('\n')))
}

/// Copies only what is not a hole; the copy has the same length.
fn copy_sparse(from: &Path, to: &Path) -> io::Result<File> {
    let from = File::open(from)?;
    let to = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(to)?;
    let length = from.metadata()?.len();
    to.set_len(length)?;
    let mut buffer = vec![0; 64 << 10];
    let mut at = 0;
    loop {
        let start = match lseek64(&from, at, Whence::SeekData) {
            // Only holes follow.
            Err(Errno::ENXIO) => return Ok(to),
            other => other?,
        };
        at = lseek64(&from, start, Whence::SeekHole)?;
        let (mut next, end) = (start as u64, at as u64);
        while next < end {
            let want = buffer.len().min((end - next) as usize);
            from.read_exact_at(&mut buffer[..want], next)?;
            to.write_all_at(&buffer[..want], next)?;
            next += want as u64;
        }
    }
}

/// `struct loop_info64` of the kernel.
#[repr(C)]
struct LoopInfo {
    device: u64,
    inode: u64,
    rdevice: u64,
    offset: u64,
    sizelimit: u64,
    number: u32,
    encrypt_type: u32,
    encrypt_key_size: u32,
    flags: u32,
    file_name: [u8; 64],
    crypt_name: [u8; 64],
    encrypt_key: [u8; 32],
    init: [u64; 2],
}

/// `struct loop_config`.
#[repr(C)]
struct LoopConfig {
    fd: u32,
    block_size: u32,
    info: LoopInfo,
    reserved: [u64; 8],
}

const LOOP_GET_STATUS64: libc::Ioctl = 0x4C05;
const LOOP_CONFIGURE: libc::Ioctl = 0x4C0A;
const LOOP_CTL_GET_FREE: libc::Ioctl = 0x4C82;
/// The device lets go of its file when the last who uses it closes it.
const LO_FLAGS_AUTOCLEAR: u32 = 4;
/// Past the page cache: what a task writes is cached once, and counts as the task's.
const LO_FLAGS_DIRECT_IO: u32 = 16;

/// Of a device that stays until it is let go.
pub(super) const LONG_LOOP: u32 = LO_FLAGS_DIRECT_IO;

/// Puts a loop device over the file, which goes with its last user.
pub(super) fn attach(file: &File, path: &Path) -> io::Result<(File, u64)> {
    bind_loop(file, path, LO_FLAGS_AUTOCLEAR | LO_FLAGS_DIRECT_IO)
}

pub(super) fn bind_loop(file: &File, path: &Path, flags: u32) -> io::Result<(File, u64)> {
    let control = open_device("/dev/loop-control")?;
    let mut flags = flags;
    for _ in 0..LOOP_TRIES {
        // SAFETY: an ioctl without an argument.
        let number =
            Errno::result(unsafe { libc::ioctl(control.as_raw_fd(), LOOP_CTL_GET_FREE) })? as u64;
        let device = loop_device(number, path)?;
        let config = config_of(file, path, flags);
        // SAFETY: the structure is the kernel's and outlives the call.
        let done = unsafe { libc::ioctl(device.as_raw_fd(), LOOP_CONFIGURE, &raw const config) };
        match Errno::result(done) {
            Ok(_) => return Ok((device, number)),
            // Taken by somebody else meanwhile.
            Err(Errno::EBUSY) => {}
            // Not every file system can do without the page cache.
            Err(Errno::EINVAL) if flags & LO_FLAGS_DIRECT_IO != 0 => flags &= !LO_FLAGS_DIRECT_IO,
            Err(other) => return Err(other.into()),
        }
    }
    Err(io::Error::new(
        io::ErrorKind::ResourceBusy,
        "no loop device stays free",
    ))
}

fn config_of(file: &File, path: &Path, flags: u32) -> LoopConfig {
    let mut file_name = [0; 64];
    // Shown by `losetup`; the last byte stays zero.
    let name = path.as_os_str().as_bytes();
    let shown = &name[name.len().saturating_sub(63)..];
    file_name[..shown.len()].copy_from_slice(shown);
    LoopConfig {
        fd: file.as_raw_fd() as u32,
        block_size: 0,
        info: LoopInfo {
            device: 0,
            inode: 0,
            rdevice: 0,
            offset: 0,
            sizelimit: 0,
            number: 0,
            encrypt_type: 0,
            encrypt_key_size: 0,
            flags,
            file_name,
            crypt_name: [0; 64],
            encrypt_key: [0; 32],
            init: [0; 2],
        },
        reserved: [0; 8],
    }
}

pub(super) fn open_device(path: impl AsRef<Path>) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags(libc::O_CLOEXEC)
        .open(path)
}

/// Where `/dev` is not the kernel's own, a device that is new has no file there yet.
fn loop_device(number: u64, beside: &Path) -> io::Result<File> {
    match open_device(format!("/dev/loop{number}")) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            let node = beside.with_extension("loop");
            let device = makedev(LOOP_MAJOR, number);
            mknod(
                &node,
                SFlag::S_IFBLK,
                Mode::from_bits_truncate(0o600),
                device,
            )?;
            let opened = open_device(&node);
            let _ = fs::remove_file(node);
            opened
        }
        other => other,
    }
}

/// Shims hold namespaces at 10 and 11, the agent has some dozens of descriptors.
const LEAST_FD: libc::c_int = 64;
const FSCONFIG_SET_FLAG: libc::c_int = 0;
const FSCONFIG_SET_STRING: libc::c_int = 1;
const FSCONFIG_CMD_CREATE: libc::c_int = 6;
const FSOPEN_CLOEXEC: libc::c_int = 1;
const FSMOUNT_CLOEXEC: libc::c_int = 1;
/// Blocks of a disk that is kept may come from elsewhere: a device node among them opens nothing.
pub(super) const MOUNT_ATTR_NODEV: libc::c_int = 4;

/// Nothing on a task's disk has to outlive the machine's own end, so nothing is flushed for that, and
/// inode tables are written as they are used.
const SHORT_LIVED: [FsOption<'static>; 2] = [(c"noinit_itable", None), (c"nobarrier", None)];

/// One that is kept gives back to the machine what is deleted on it. Its superblock may come from elsewhere: what it says
/// of errors must not end the machine.
const LONG_LIVED: [FsOption<'static>; 3] = [(c"noinit_itable", None), (c"discard", None), ERRORS];
pub(super) const ERRORS: FsOption<'static> = (c"errors", Some(c"remount-ro"));

/// A flag, or a name with a value.
pub(super) type FsOption<'a> = (&'a CStr, Option<&'a CStr>);

/// Mounts the device, at no place.
pub(super) fn mount_detached(
    device: File,
    number: u64,
    options: &[FsOption<'_>],
    attributes: libc::c_int,
) -> io::Result<OwnedFd> {
    let source = path_of(&device, number);
    let source = CString::new(source.as_os_str().as_bytes())?;
    // SAFETY: a C string that outlives the call; a success is a new descriptor.
    let context = unsafe {
        let fd = libc::syscall(libc::SYS_fsopen, c"ext4".as_ptr(), FSOPEN_CLOEXEC);
        OwnedFd::from_raw_fd(Errno::result(fd)? as i32)
    };
    let set = |command: libc::c_int, key: Option<&CStr>, value: Option<&CStr>| {
        // SAFETY: C strings or null, as the command takes them; they outlive the call.
        Errno::result(unsafe {
            libc::syscall(
                libc::SYS_fsconfig,
                context.as_raw_fd(),
                command,
                key.map_or(std::ptr::null(), CStr::as_ptr),
                value.map_or(std::ptr::null(), CStr::as_ptr),
                0,
            )
        })
    };
    set(FSCONFIG_SET_STRING, Some(c"source"), Some(&source))?;
    for (name, value) in options {
        let command = match value {
            None => FSCONFIG_SET_FLAG,
            Some(_) => FSCONFIG_SET_STRING,
        };
        set(command, Some(name), *value)?;
    }
    set(FSCONFIG_CMD_CREATE, None, None).map_err(|e| {
        io::Error::new(
            io::Error::from(e).kind(),
            format!("cannot mount /dev/loop{number}: {}", e.desc()),
        )
    })?;
    // SAFETY: takes a descriptor and numbers; a success is a new descriptor.
    let mount = unsafe {
        let fd = libc::syscall(
            libc::SYS_fsmount,
            context.as_raw_fd(),
            FSMOUNT_CLOEXEC,
            attributes,
        );
        OwnedFd::from_raw_fd(Errno::result(fd)? as i32)
    };
    // Beyond the numbers that a shim gives to descriptors of its own.
    // SAFETY: takes numbers; a success is a new descriptor.
    let fd = unsafe { libc::fcntl(mount.as_raw_fd(), libc::F_DUPFD_CLOEXEC, LEAST_FD) };
    // SAFETY: as above.
    Ok(unsafe { OwnedFd::from_raw_fd(Errno::result(fd)?) })
}

fn loop_in_sys(number: u64) -> PathBuf {
    PathBuf::from(format!("/sys/dev/block/{LOOP_MAJOR}:{number}"))
}

/// How full a task's disk is, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DiskUsage {
    /// What the task could still write if the node had the room.
    pub free: u64,
    /// What its files hold.
    pub used: u64,
    /// What of the node's own disk they take now: less while something waits to be written, more
    /// after files were deleted.
    pub allocated: u64,
}

/// A disk as it was a moment ago.
#[derive(Debug)]
pub struct SeenDisk {
    pub usage: DiskUsage,
    /// Of its loop device.
    number: u64,
    /// Its file.
    image: PathBuf,
    blocks: u64,
    block: u64,
}

impl SeenDisk {
    /// Of what is free on it, `bytes` are not given out until another number is set: then writing
    /// meets a full disk. A little is always kept, as the file system itself does, for its own tables.
    pub fn hold_back(&self, bytes: u64) -> io::Result<()> {
        const KEPT_BLOCKS: u64 = 4096;
        let kept = KEPT_BLOCKS.min(self.blocks / 50);
        let blocks = (bytes / self.block).max(kept);
        let file = format!("/sys/fs/ext4/loop{}/reserved_clusters", self.number);
        // Open before the look: a file system that ends takes what is open with it.
        let mut file = OpenOptions::new().write(true).open(file)?;
        if backing_file(&loop_in_sys(self.number)).ok().as_ref() != Some(&self.image) {
            let text = "its loop device is another's by now";
            return Err(io::Error::new(io::ErrorKind::NotFound, text));
        }
        file.write_all(blocks.to_string().as_bytes())
    }
}

/// The disk of a task that runs.
#[derive(Debug, Clone)]
pub struct TaskDisk {
    folder: TaskFolder,
}

impl TaskDisk {
    pub(super) fn new(folder: TaskFolder) -> Self {
        Self { folder }
    }

    pub fn usage(&self) -> io::Result<DiskUsage> {
        Ok(self.look()?.usage)
    }

    /// How full it is, and what it takes to change how much it gives out.
    pub fn look(&self) -> io::Result<SeenDisk> {
        let root = self.seen_by_shim()?;
        let (seen, number) = (statvfs(&root)?, minor(fs::metadata(&root)?.dev()));
        let block = seen.fragment_size();
        // Disks that are kept do not lie in the task's folder.
        let image = backing_file(&loop_in_sys(number))?;
        Ok(SeenDisk {
            usage: DiskUsage {
                free: seen.blocks_free() * block,
                used: (seen.blocks() - seen.blocks_free()) * block,
                allocated: fs::metadata(&image)?.blocks() * 512,
            },
            number,
            image,
            blocks: seen.blocks(),
            block,
        })
    }

    /// See [`SeenDisk::hold_back`].
    pub fn hold_back(&self, bytes: u64) -> io::Result<()> {
        self.look()?.hold_back(bytes)
    }

    /// Gives the node back what deleted files held.
    pub fn trim(&self) -> io::Result<()> {
        /// `struct fstrim_range`: start, length, least extent.
        const FITRIM: libc::Ioctl = 0xC018_5879;
        let root = File::open(self.seen_by_shim()?)?;
        let mut range = [0_u64, u64::MAX, 0];
        // SAFETY: the kernel reads and writes three numbers, which outlive the call.
        Errno::result(unsafe { libc::ioctl(root.as_raw_fd(), FITRIM, range.as_mut_ptr()) })?;
        Ok(())
    }

    /// Nobody reads or writes it any more: what waits to be written is dropped, which makes its end
    /// a matter of milliseconds however much that is.
    pub fn abandon(&self) -> io::Result<()> {
        /// `EXT4_IOC_SHUTDOWN`
        const SHUTDOWN: libc::Ioctl = 0x8004_587D;
        let no_log_flush = 2_u32;
        let root = File::open(self.seen_by_shim()?)?;
        // SAFETY: the kernel reads one number, which outlives the call.
        Errno::result(unsafe { libc::ioctl(root.as_raw_fd(), SHUTDOWN, &raw const no_log_flush) })?;
        Ok(())
    }

    /// Its mount is the shim's alone. An open file on it would keep it alive, so none is kept.
    fn seen_by_shim(&self) -> io::Result<PathBuf> {
        let gone = || io::Error::new(io::ErrorKind::NotFound, "the task has no shim");
        let state: Option<ShimState> = durable::read_json(&self.folder.state(), RECORD_LIMIT)?;
        let state = state
            .filter(|state| state.boot_id == boot_id() && state.shim.is_alive())
            .ok_or_else(gone)?;
        let disk = self.folder.disk();
        let below = disk.strip_prefix("/").map_err(|_| gone())?;
        let root = Path::new("/proc")
            .join(state.shim.pid.to_string())
            .join("root")
            .join(below);
        if major(fs::metadata(&root)?.dev()) == LOOP_MAJOR {
            Ok(root)
        } else {
            Err(gone())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// Needs root, loop devices and ext4.
    #[test]
    fn nothing_is_held_back_of_the_next_who_has_the_device() {
        let dir = tempfile::tempdir().unwrap();
        let image = dir.path().join("disk.img");
        File::create(&image).unwrap().set_len(64 << 20).unwrap();
        let made = Command::new("mkfs.ext4").arg("-qF").arg(&image).status();
        assert!(made.unwrap().success());
        let disk = PreparedDisk::kept(&image).unwrap();
        let root = format!("/proc/self/fd/{}", disk.mount().as_raw_fd());
        let number = minor(fs::metadata(root).unwrap().dev());
        let seen = |image: PathBuf| SeenDisk {
            usage: DiskUsage::default(),
            number,
            image,
            blocks: 16 << 10,
            block: 4 << 10,
        };
        let file = format!("/sys/fs/ext4/loop{number}/reserved_clusters");
        let kept = || fs::read_to_string(&file).unwrap().trim().to_owned();
        let before = kept();
        let refused = seen(dir.path().join("other.img")).hold_back(8 << 20);
        assert_eq!(refused.unwrap_err().kind(), io::ErrorKind::NotFound);
        assert_eq!(kept(), before);
        seen(image).hold_back(8 << 20).unwrap();
        assert_eq!(kept(), "2048");
    }
}
