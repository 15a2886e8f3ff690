//! Mounts that a container in a user namespace asks for and the kernel would refuse it: file systems on block devices.
//!
//! The container's first process put a filter before `mount` and `fsopen` and holds the end at which the kernel asks
//! what to do. The host takes a copy of that end, looks at each call, and mounts what lies on a device that
//! the container was given: of the ext family alone, with its owners mapped into the user namespace, where the caller
//! asked for it. All other calls go on to the kernel as if nobody had looked.
//!
//! Everything here comes from the container, the descriptor too: it is checked to be such an end, the caller to be of the
//! container, and what it says is read once and judged then. What the call's own memory holds later does not matter.

use std::{
    ffi::{CStr, CString},
    fs::{self, File, OpenOptions},
    io,
    os::{
        fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd},
        unix::{
            ffi::OsStrExt,
            fs::{FileExt, MetadataExt, OpenOptionsExt},
        },
    },
    path::Path,
    thread,
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    fcntl::{OFlag, OpenHow, ResolveFlag, openat2},
    mount::{MntFlags, umount2},
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sched::{CloneFlags, setns, unshare},
    sys::stat::fstat,
    unistd::{chroot, fchdir},
};
use rustix::fs::{AtFlags, StatxFlags};
use wharf_userns::map_owners;

use super::{
    device::{LoopDevice, apart, loop_number},
    disk::mount_detached,
    loops::open_device,
    mount_flags::Wanted,
    superblock::{check_is_alone, has_own_journal},
};

const IS_LISTENER: &str = "anon_inode:seccomp notify";

const RECEIVE: libc::Ioctl = 0xC050_2100_u32 as libc::Ioctl;
const SEND: libc::Ioctl = 0xC018_2101_u32 as libc::Ioctl;
const ID_VALID: libc::Ioctl = 0x4008_2102;
const CONTINUE: u32 = 1;

/// `PATH_MAX`, and a page for options.
const MAX_TEXT: usize = 4096;
const KINDS: [&str; 3] = ["ext2", "ext3", "ext4"];
const CAP_SYS_ADMIN: u32 = 21;

/// `struct seccomp_notif`.
#[repr(C)]
#[derive(Clone, Copy)]
struct Notice {
    id: u64,
    pid: u32,
    flags: u32,
    call: i32,
    architecture: u32,
    instruction: u64,
    arguments: [u64; 6],
}

/// `struct seccomp_notif_resp`.
#[repr(C)]
struct Answer {
    id: u64,
    value: i64,
    error: i32,
    flags: u32,
}

/// The end at which the kernel asks.
#[derive(Debug)]
pub struct MountCalls {
    end: OwnedFd,
    /// The container's first process.
    first: i32,
}

/// What may be mounted, and what is done before.
pub trait Mountable: Send + Sync {
    /// Whether the container was given the device.
    fn is_given(&self, device: u32) -> bool;

    /// Looks the file system over, on a device that nobody has mounted.
    ///
    /// # Errors
    /// It is none, or is damaged.
    fn check(&self, device: &Path) -> io::Result<()>;
}

impl AsFd for MountCalls {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.end.as_fd()
    }
}

impl AsRawFd for MountCalls {
    fn as_raw_fd(&self) -> i32 {
        self.end.as_raw_fd()
    }
}

/// A copy of a descriptor that a process of a container holds; `None` if it holds none under that number. What it is of is
/// the container's to say.
///
/// # Errors
/// The process is gone, or the kernel refuses.
pub fn descriptor_of(process: i32, number: i32) -> io::Result<Option<OwnedFd>> {
    // SAFETY: takes numbers; a success is a new descriptor.
    let process = unsafe {
        let fd = libc::syscall(libc::SYS_pidfd_open, process, 0);
        OwnedFd::from_raw_fd(Errno::result(fd)? as i32)
    };
    // SAFETY: an open descriptor and numbers; a success is a new descriptor.
    let copy = unsafe { libc::syscall(libc::SYS_pidfd_getfd, process.as_raw_fd(), number, 0) };
    match Errno::result(copy) {
        Err(Errno::EBADF) => Ok(None),
        // SAFETY: as above.
        other => Ok(Some(unsafe { OwnedFd::from_raw_fd(other? as i32) })),
    }
}

impl MountCalls {
    /// `None` if the first process holds no such end under the number `end`.
    pub fn of(first: i32, end: i32) -> io::Result<Option<Self>> {
        let Some(end) = descriptor_of(first, end)? else {
            return Ok(None);
        };
        let kind = fs::read_link(format!("/proc/self/fd/{}", end.as_raw_fd()))?;
        Ok((kind == Path::new(IS_LISTENER)).then_some(Self { end, first }))
    }

    /// Has calls begin anew that an agent heard of which is no more: nobody would ever answer them.
    pub fn begin_anew(processes: &[i32]) {
        for process in processes {
            if is_in(*process, [libc::SYS_mount, libc::SYS_fsopen]) {
                for signal in [libc::SIGSTOP, libc::SIGCONT] {
                    // SAFETY: takes numbers.
                    unsafe { libc::kill(*process, signal) };
                }
            }
        }
    }

    /// Answers the calls that wait now, up to one that takes its time: that is for [`Self::answer`].
    ///
    /// # Errors
    /// [`io::ErrorKind::BrokenPipe`] once no process is left that could call.
    pub fn next_call(&self) -> io::Result<Option<MountCall>> {
        loop {
            let mut polled = [PollFd::new(self.end.as_fd(), PollFlags::POLLIN)];
            poll(&mut polled, PollTimeout::ZERO)?;
            let now = polled[0].revents().unwrap_or(PollFlags::empty());
            if now.contains(PollFlags::POLLIN) {
                match self.hear() {
                    // Whoever called is gone.
                    Err(e) if e.raw_os_error() == Some(libc::ENOENT) => {}
                    Ok(None) => {}
                    other => return other,
                }
            } else if now.contains(PollFlags::POLLHUP) {
                return Err(io::Error::from(io::ErrorKind::BrokenPipe));
            } else {
                return Ok(None);
            }
        }
    }

    fn hear(&self) -> io::Result<Option<MountCall>> {
        // SAFETY: zeros are a value of it.
        let mut notice: Notice = unsafe { std::mem::zeroed() };
        // SAFETY: the structure is the kernel's and outlives the call.
        let received = unsafe { libc::ioctl(self.end.as_raw_fd(), RECEIVE, &raw mut notice) };
        Errno::result(received)?;
        let judged = self.judge(&notice);
        if matches!(judged, Ok(Judged::Later)) {
            return Ok(Some(MountCall(notice)));
        }
        self.send(&notice, judged)?;
        Ok(None)
    }

    /// Mounts what a call asks for, if it lies on a device of the container's. Blocks for as long as its check takes.
    ///
    /// # Errors
    /// The kernel takes no answers.
    pub fn answer(&self, call: &MountCall, given: &dyn Mountable) -> io::Result<()> {
        let MountCall(notice) = call;
        let (judged, attached) = match self.mount(notice, given) {
            Ok(Some(attached)) => (Ok(Judged::Done), Some(attached)),
            Ok(None) => (Ok(Judged::Passed), None),
            Err(error) => (Err(error), None),
        };
        let is_heard = self.send(notice, judged)?;
        // A signal came in between, and the call begins anew if its caller lives.
        if let Some(attached) = attached.filter(|_| !is_heard)
            && let Err(error) = attached.take_back()
        {
            tracing::warn!(process = notice.pid, %error, "failed to take back what an instance mounts once more");
        }
        Ok(())
    }

    /// Whether the caller was there to hear it.
    fn send(&self, notice: &Notice, done: io::Result<Judged>) -> io::Result<bool> {
        let mut answer = Answer {
            id: notice.id,
            value: 0,
            error: 0,
            flags: 0,
        };
        match done {
            Ok(Judged::Passed | Judged::Later) => answer.flags = CONTINUE,
            Ok(Judged::Done) => {}
            Ok(Judged::Refused(errno)) => answer.error = -(errno as i32),
            Err(error) => {
                tracing::debug!(process = notice.pid, %error, "failed to mount for an instance");
                let errno = error.raw_os_error().unwrap_or(match error.kind() {
                    io::ErrorKind::InvalidData => libc::EUCLEAN,
                    _ => libc::EINVAL,
                });
                answer.error = -errno;
            }
        }
        // SAFETY: as above.
        let sent = unsafe { libc::ioctl(self.end.as_raw_fd(), SEND, &raw const answer) };
        match Errno::result(sent) {
            Ok(_) => Ok(true),
            Err(Errno::ENOENT) => Ok(false),
            Err(other) => Err(other.into()),
        }
    }

    fn judge(&self, notice: &Notice) -> io::Result<Judged> {
        let Some(caller) = Caller::of(notice.pid, self.first)? else {
            return Ok(Judged::Passed);
        };
        let [source, _, kind, ..] = notice.arguments;
        if i64::from(notice.call) == libc::SYS_fsopen {
            let kind = caller.text(source)?.unwrap_or_default();
            // Programs then do with `mount`, which says all at once.
            return Ok(match is_kind(&kind) {
                true => Judged::Refused(Errno::ENOSYS),
                false => Judged::Passed,
            });
        }
        let kind = caller.text(kind)?.unwrap_or_default();
        Ok(
            match i64::from(notice.call) == libc::SYS_mount && is_kind(&kind) {
                true => Judged::Later,
                false => Judged::Passed,
            },
        )
    }

    /// `None` if that is not for the host to do.
    fn mount(&self, notice: &Notice, given: &dyn Mountable) -> io::Result<Option<Attached>> {
        let Some(caller) = Caller::of(notice.pid, self.first)? else {
            return Ok(None);
        };
        let [source, target, _, flags, data, _] = notice.arguments;
        let source = caller.text(source)?.unwrap_or_default();
        let target = caller.text(target)?.unwrap_or_default();
        let data = caller.text(data)?.unwrap_or_default();
        // Whoever it was is still the one that asks.
        if !self.is_valid(notice.id) {
            return Err(Errno::ENOENT.into());
        }
        let Some(number) = caller.device(&source)?.filter(|it| given.is_given(*it)) else {
            return Ok(None);
        };
        let wanted = Wanted::of(flags, &data)?;
        let Some(device) = checked(number, given)? else {
            return Ok(None);
        };
        let ready = |mount: &OwnedFd| {
            map_owners(mount, &caller.user)?;
            // It may have been taken from the container while it was checked.
            match self.is_valid(notice.id) && given.is_given(number) {
                true => Ok(()),
                false => Err(Errno::ENOENT.into()),
            }
        };
        let mount = caller.mount((&device, number), &wanted, &target, ready)?;
        Ok(Some(Attached {
            mount,
            caller,
            target,
        }))
    }

    fn is_valid(&self, id: u64) -> bool {
        // SAFETY: the kernel reads one number, which outlives the call.
        let valid = unsafe { libc::ioctl(self.end.as_raw_fd(), ID_VALID, &raw const id) };
        valid == 0
    }
}

/// A device of the container whose file system may be mounted; `None` if it was given no such device.
fn checked(number: u32, given: &dyn Mountable) -> io::Result<Option<File>> {
    let device = LoopDevice {
        number,
        goes: false,
    };
    // From here on the number is that of the same file, whoever lets go of the device meanwhile.
    let open = open_device(device.path())?;
    if !given.is_given(number) {
        return Ok(None);
    }
    // One that the kernel has as it is was checked before.
    if !Path::new(&format!("/sys/fs/ext4/loop{number}")).exists() {
        await_unused(&device.path())?;
        check_is_alone(&open)?;
        given.check(&device.path())?;
        check_is_alone(&open)?;
    }
    Ok(Some(open))
}

/// Mounts what is on a device, at no place.
fn mounted(device: &File, number: u32, wanted: &Wanted) -> io::Result<OwnedFd> {
    let mount = mount_detached(device, number.into(), &wanted.options(), wanted.attributes)?;
    has_own_journal(number)?;
    Ok(mount)
}

/// Waits a little for a check that an agent began which is no more, and for who has the device to itself.
///
/// # Errors
/// [`io::ErrorKind::ResourceBusy`]: a program of the container's has it.
fn await_unused(device: &Path) -> io::Result<()> {
    const PATIENCE: Duration = Duration::from_secs(2);
    const LOOK_EVERY: Duration = Duration::from_millis(20);
    let end = Instant::now() + PATIENCE;
    let mut exclusive = OpenOptions::new();
    exclusive
        .read(true)
        .write(true)
        .custom_flags(libc::O_EXCL | libc::O_CLOEXEC);
    loop {
        // With descriptors of its own: a program that this process starts just then would have the device to itself when this is
        // over, and what is on it could not be mounted.
        let looked = apart("guest-look", || {
            unshare(CloneFlags::CLONE_FILES)?;
            exclusive.open(device).map(drop)
        });
        match looked {
            Err(e) if e.kind() == io::ErrorKind::ResourceBusy && Instant::now() < end => {
                thread::sleep(LOOK_EVERY);
            }
            other => return other,
        }
    }
}

/// Whether any thread of a process is in one of these calls.
fn is_in(process: i32, calls: impl IntoIterator<Item = libc::c_long> + Clone) -> bool {
    let threads = fs::read_dir(format!("/proc/{process}/task"));
    let mut threads = threads.into_iter().flatten().filter_map(Result::ok);
    threads.any(|thread| {
        let now = fs::read_to_string(thread.path().join("syscall")).unwrap_or_default();
        let now = now.split(' ').next().and_then(|it| it.parse().ok());
        calls.clone().into_iter().any(|call| now == Some(call))
    })
}

/// A call of `mount` for a file system on a block device.
pub struct MountCall(Notice);

enum Judged {
    /// The kernel does what it would have done.
    Passed,
    /// It is of a device.
    Later,
    Done,
    Refused(Errno),
}

fn is_kind(kind: &CStr) -> bool {
    kind.to_str().is_ok_and(|kind| KINDS.contains(&kind))
}

/// A process that calls.
struct Caller {
    memory: File,
    root: File,
    current: File,
    mounts: File,
    user: File,
}

impl Caller {
    /// `None` for one that may mount nothing: it is in a user namespace of its own, or lacks the capability.
    fn of(pid: u32, first: i32) -> io::Result<Option<Self>> {
        let folder = Path::new("/proc").join(pid.to_string());
        let path = libc::O_PATH | libc::O_CLOEXEC;
        let open = |name: &str, flags| {
            let mut options = OpenOptions::new();
            options
                .read(true)
                .custom_flags(flags)
                .open(folder.join(name))
        };
        let caller = Self {
            memory: open("mem", libc::O_CLOEXEC)?,
            root: open("root", path)?,
            current: open("cwd", path)?,
            mounts: open("ns/mnt", libc::O_CLOEXEC)?,
            user: open("ns/user", libc::O_CLOEXEC)?,
        };
        let number = |file: &File| file.metadata().map(|it| it.ino());
        let of =
            |of: &str, name: &str| fs::metadata(format!("/proc/{of}/ns/{name}")).map(|it| it.ino());
        let is_inside = number(&caller.user)? == of(&first.to_string(), "user")?;
        // Never the host's by mistake.
        let is_host = number(&caller.mounts)? == of("self", "mnt")?
            || number(&caller.user)? == of("self", "user")?;
        let status = fs::read_to_string(folder.join("status"))?;
        let may = is_inside && !is_host && may_mount(&status);
        Ok(may.then_some(caller))
    }

    /// A text of its memory; `None` where there is none.
    fn text(&self, at: u64) -> io::Result<Option<CString>> {
        if at == 0 {
            return Ok(None);
        }
        let mut text = Vec::new();
        while text.len() < MAX_TEXT {
            let from = at.checked_add(text.len() as u64).ok_or(Errno::EFAULT)?;
            // Never over the end of a page: the next one may not be there.
            let rest = 4096 - (from % 4096) as usize;
            let mut bytes = vec![0; rest.min(MAX_TEXT - text.len())];
            let read = self.memory.read_at(&mut bytes, from)?;
            if read == 0 {
                return Err(Errno::EFAULT.into());
            }
            let bytes = &bytes[..read];
            if let Some(end) = bytes.iter().position(|it| *it == 0) {
                text.extend_from_slice(&bytes[..end]);
                return Ok(Some(CString::new(text)?));
            }
            text.extend_from_slice(bytes);
        }
        Err(Errno::ENAMETOOLONG.into())
    }

    /// The loop device that a path of its own leads to.
    fn device(&self, path: &CStr) -> io::Result<Option<u32>> {
        let how = OpenHow::new()
            .flags(OFlag::O_PATH | OFlag::O_CLOEXEC)
            .resolve(ResolveFlag::RESOLVE_IN_ROOT | ResolveFlag::RESOLVE_NO_MAGICLINKS);
        let Ok(found) = openat2(&self.root, path, how) else {
            return Ok(None);
        };
        let found = fstat(&found)?;
        let is_block = found.st_mode & libc::S_IFMT == libc::S_IFBLK;
        Ok(is_block.then(|| loop_number(found.st_rdev)).flatten())
    }

    /// Mounts what is on a device at a path of its own, as `ready` has it; the id of the mount.
    ///
    /// With descriptors of its own meanwhile: a program that this process starts just then has those of all others open for
    /// a moment, and the caller may unmount this as soon as it hears of it. What others gave is only borrowed, for what is
    /// closed here stays open there.
    fn mount(
        &self,
        (device, number): (&File, u32),
        wanted: &Wanted,
        target: &CStr,
        ready: impl FnOnce(&OwnedFd) -> io::Result<()> + Send,
    ) -> io::Result<u64> {
        apart("guest-mount", || {
            unshare(CloneFlags::CLONE_FILES)?;
            let mount = mounted(device, number, wanted)?;
            ready(&mount)?;
            let id = mount_id(&mount)?;
            let put = |target: &Path| wharf_userns::attach(&mount, target);
            self.inside("guest-attach", target, put)?;
            Ok(id)
        })
    }

    /// Does something at a path of its own, as it would have found the place. Nothing of ours is left on what is mounted
    /// there: the caller may unmount it as soon as it hears of it.
    fn inside(
        &self,
        name: &str,
        target: &CStr,
        work: impl FnOnce(&Path) -> io::Result<()> + Send,
    ) -> io::Result<()> {
        apart(name, || {
            unshare(CloneFlags::CLONE_FS)?;
            setns(self.mounts.as_fd(), CloneFlags::CLONE_NEWNS)?;
            fchdir(&self.root)?;
            chroot(".")?;
            fchdir(&self.current)?;
            let target = std::ffi::OsStr::from_bytes(target.to_bytes());
            let done = work(Path::new(target));
            // The thread may be there for some time after it was joined: it is on no mount that the caller could end.
            fchdir(&self.root)?;
            done
        })
    }
}

/// A mount where its caller wanted it.
struct Attached {
    mount: u64,
    caller: Caller,
    target: CString,
}

impl Attached {
    fn take_back(&self) -> io::Result<()> {
        self.caller.inside("guest-unmount", &self.target, |target| {
            let mut path = OpenOptions::new();
            path.read(true).custom_flags(libc::O_PATH | libc::O_CLOEXEC);
            // It was moved or taken away meanwhile.
            let Ok(top) = path.open(target) else {
                return Ok(());
            };
            if mount_id(&top)? != self.mount {
                return Ok(());
            }
            fchdir(&top)?;
            match umount2(".", MntFlags::MNT_DETACH) {
                Err(Errno::EINVAL) | Ok(()) => Ok(()),
                Err(other) => Err(other.into()),
            }
        })
    }
}

/// As `/proc/<pid>/mountinfo` has it.
fn mount_id(file: impl AsFd) -> io::Result<u64> {
    let found = rustix::fs::statx(file, c"", AtFlags::EMPTY_PATH, StatxFlags::MNT_ID)?;
    Ok(found.stx_mnt_id)
}

/// By the text of `/proc/<pid>/status`.
fn may_mount(status: &str) -> bool {
    let effective = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    let effective = effective.and_then(|it| u64::from_str_radix(it.trim(), 16).ok());
    effective.is_some_and(|it| it >> CAP_SYS_ADMIN & 1 == 1)
}

#[cfg(test)]
mod tests;
