//! Network namespaces that outlive their maker: each is held by a bind mount on a file of its own.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::thread;

use nix::errno::Errno;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, setns, unshare};
use nix::sys::statfs::{FsType, fstatfs};

use wharf_userns::IdRange;

use crate::error::NetworkError;

/// `NSFS_MAGIC` of `linux/magic.h`: what a file on which a namespace is mounted belongs to.
const NSFS: FsType = FsType(0x6e73_6673);
/// The namespace of the calling thread, not of the process.
pub(crate) const OWN: &str = "/proc/thread-self/ns/net";
/// The file whose names the places of namespaces are, beside them. Tasks and scopes have other names, with a dot.
const PLACE: &str = "place";
/// The threads that visit a namespace do little.
const STACK: usize = 256 << 10;

#[derive(Debug)]
pub(crate) struct Namespace {
    file: File,
}

impl Namespace {
    /// Makes a namespace, runs `set_up` inside and only then mounts it at `path`, so that one that
    /// is found there is set up. Nothing is mounted there yet. It belongs to a new user namespace
    /// of the `owner`'s range, else to ours.
    pub(crate) fn create<T: Send>(
        path: &Path,
        owner: Option<IdRange>,
        set_up: impl FnOnce() -> Result<T, NetworkError> + Send,
    ) -> Result<(Self, T), NetworkError> {
        const STEP: &str = "make a network namespace";
        make_place(path).map_err(|e| NetworkError::state(path, e))?;
        // A thread of its own: unshare moves the caller, who wants to stay.
        let made = visit(|| {
            enter_new(owner).map_err(|e| NetworkError::kernel(STEP, e))?;
            let made = set_up()?;
            mount(
                Some(OWN),
                path,
                None::<&str>,
                MsFlags::MS_BIND,
                None::<&str>,
            )
            .map_err(|e| NetworkError::kernel(format!("mount {}", path.display()), e))?;
            Ok(made)
        })
        .map_err(|e| NetworkError::kernel(STEP, e))
        .flatten()?;
        let namespace = Self::open(path)?
            .ok_or_else(|| NetworkError::kernel(STEP, io::Error::other("it is not there")))?;
        Ok((namespace, made))
    }

    /// The namespace mounted at `path`; `None` if there is none, as after a reboot.
    pub(crate) fn open(path: &Path) -> Result<Option<Self>, NetworkError> {
        let failed = |e: io::Error| NetworkError::state(path, e);
        match File::open(path) {
            Ok(file) => {
                let kind = fstatfs(&file)
                    .map_err(|e| failed(e.into()))?
                    .filesystem_type();
                Ok((kind == NSFS).then_some(Self { file }))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    /// Lets go of the namespace at `path`. It ends with its last process.
    pub(crate) fn remove(path: &Path) -> Result<(), NetworkError> {
        loop {
            match umount2(path, MntFlags::MNT_DETACH | MntFlags::UMOUNT_NOFOLLOW) {
                // There may be several, one above the other.
                Ok(()) => {}
                Err(Errno::EINVAL | Errno::ENOENT) => break,
                Err(errno) => {
                    let step = format!("unmount {}", path.display());
                    return Err(NetworkError::kernel(step, errno));
                }
            }
        }
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(NetworkError::state(path, error))
            }
            _ => Ok(()),
        }
    }

    /// Runs `work` on a thread inside the namespace: sockets opened and `/proc/sys/net` seen there
    /// are the namespace's.
    pub(crate) fn run<T: Send>(&self, work: impl FnOnce() -> T + Send) -> io::Result<T> {
        visit(|| {
            setns(&self.file, CloneFlags::CLONE_NEWNET)?;
            Ok(work())
        })
        .flatten()
    }
}

/// Makes a name to mount something on, where there is none. All are names of one file: nobody reads it, and to make one
/// for each costs a file system more than a namespace costs the kernel.
fn make_place(path: &Path) -> io::Result<()> {
    let common = path.with_file_name(PLACE);
    let linked = match fs::hard_link(&common, path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            make_file(&common).and_then(|()| fs::hard_link(&common, path))
        }
        linked => linked,
    };
    match linked {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        // It has as many names as the file system allows, or there are no further names here.
        Err(_) => make_file(path),
        Ok(()) => Ok(()),
    }
}

fn make_file(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let options = options.create(true).append(true).mode(0o600);
    options.open(path).map(drop)
}

impl AsFd for Namespace {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

fn enter_new(owner: Option<IdRange>) -> io::Result<()> {
    match owner {
        None => unshare(CloneFlags::CLONE_NEWNET)?,
        Some(range) => {
            let namespace = wharf_userns::network_namespace(range)?;
            setns(namespace, CloneFlags::CLONE_NEWNET)?;
        }
    }
    Ok(())
}

/// Runs `work` on a thread in a namespace of its own, which ends with it.
pub(crate) fn in_passing<T: Send>(work: impl FnOnce() -> T + Send) -> io::Result<T> {
    visit(|| {
        enter_new(None)?;
        Ok(work())
    })
    .flatten()
}

/// Runs `work` on a new thread, which ends with it: it may change its namespace.
fn visit<T: Send>(work: impl FnOnce() -> T + Send) -> io::Result<T> {
    thread::scope(|scope| {
        let thread = thread::Builder::new()
            .name("wharf-netns".into())
            .stack_size(STACK);
        let visitor = thread.spawn_scoped(scope, work)?;
        visitor
            .join()
            .map_err(|_| io::Error::other("the visiting thread panicked"))
    })
}
