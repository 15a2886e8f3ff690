//! Whether containers can have user namespaces on this machine, found out by doing what they need:
//! mapped owners on the file system of the node's data, layers under an overlay, and the mounts of
//! every container, inside.

use std::{
    fs, io,
    os::{
        fd::AsRawFd,
        unix::fs::{MetadataExt, symlink},
    },
    path::{Path, PathBuf},
};

use nix::{
    mount::{MsFlags, mount},
    sched::{CloneFlags, setns, unshare},
    sys::wait::{WaitStatus, waitpid},
    unistd::{ForkResult, Pid, fork},
};
use wharf_shim_protocol::{
    ContainerName, RootfsPlan, TaskFolder,
    plan::{NETNS_FD, UserSetup},
};
use wharf_userns::{IdRange, network_namespace};

use crate::{create::Umask, overlay, startup::own_mounts, user_namespace};

/// The first argument that asks for it; the second is the stage.
pub const ARGUMENT: &str = "probe-user-namespaces";
/// In the folder of tasks, where it is no task's name.
const FOLDER: &str = ".probe";

/// What every container has mounted, in the order it is tried. Its place is the exit code's.
const MOUNTS: [&str; 5] = ["proc", "sysfs", "mqueue", "devpts", "tmpfs"];
/// The steps before the mounts.
const ENTERING: i32 = 100;

/// Why not, or nothing. The working directory is the folder of tasks.
pub fn run(stage: &Path) -> Result<(), String> {
    let _public = Umask::public();
    let _ = fs::remove_dir_all(FOLDER);
    let probed = probe(stage);
    let _ = fs::remove_dir_all(FOLDER);
    probed
}

fn probe(stage: &Path) -> Result<(), String> {
    let failed = |step: &'static str| move |e: io::Error| format!("{step}: {e}");
    let range = IdRange::of_nobody();
    let network = network_namespace(range).map_err(failed("make a user namespace"))?;
    // SAFETY: both descriptors are ours; nothing else uses number 10 this early.
    if unsafe { libc::dup3(network.as_raw_fd(), NETNS_FD, libc::O_CLOEXEC) } < 0 {
        return Err(format!("keep a namespace: {}", io::Error::last_os_error()));
    }
    own_mounts().map_err(|e| format!("make a mount namespace: {e}"))?;
    user_namespace::open(stage).map_err(failed("mount a tmpfs"))?;
    let user = UserSetup {
        range,
        stage: stage.join("probe"),
    };
    fs::create_dir(&user.stage).map_err(failed("make a folder"))?;
    let rootfs = mount_root(&user).map_err(failed("map the owners of layers"))?;
    let seen = fs::metadata(rootfs.join("etc")).map_err(failed("look at a layer"))?;
    let result = if seen.uid() == range.first {
        mounts_inside(&rootfs)
    } else {
        Err(format!(
            "an overlay shows the owner {} of a mapped layer",
            seen.uid()
        ))
    };
    user_namespace::clear_stage(&user);
    result
}

/// A root of one layer.
fn mount_root(user: &UserSetup) -> io::Result<PathBuf> {
    let layer = Path::new(FOLDER).join("layers/one");
    for folder in ["etc", "mnt"] {
        fs::create_dir_all(layer.join(folder))?;
    }
    symlink("nowhere", layer.join("link"))?;
    let name = ContainerName::try_from("probe").map_err(|_| io::ErrorKind::InvalidInput)?;
    let task = TaskFolder::new(FOLDER);
    let folder = task.container(&name);
    let plan = RootfsPlan {
        layers: vec![layer],
        kept: false,
    };
    overlay::mount_rootfs(&folder, &task.writable(&name), &plan, Some(user))?;
    Ok(user.rootfs())
}

/// Tries in two children, as a container is made: the second is in the PID namespace.
fn mounts_inside(rootfs: &Path) -> Result<(), String> {
    let code = in_child(|| {
        let entered = user_namespace::enter_as_root(user_namespace::held(), CloneFlags::empty())
            .and_then(|()| {
                // SAFETY: the number is held for good.
                let network = unsafe { std::os::fd::BorrowedFd::borrow_raw(NETNS_FD) };
                setns(network, CloneFlags::CLONE_NEWNET)
            })
            .and_then(|()| {
                unshare(
                    CloneFlags::CLONE_NEWNS
                        | CloneFlags::CLONE_NEWPID
                        | CloneFlags::CLONE_NEWIPC
                        | CloneFlags::CLONE_NEWUTS
                        | CloneFlags::CLONE_NEWCGROUP,
                )
            });
        match entered {
            Ok(()) => in_child(|| mount_all(rootfs)).unwrap_or(ENTERING),
            Err(_) => ENTERING,
        }
    })
    .map_err(|e| format!("fork: {e}"))?;
    match usize::try_from(code - 1).ok().and_then(|at| MOUNTS.get(at)) {
        _ if code == 0 => Ok(()),
        Some(kind) => Err(format!(
            "a container cannot mount {kind} in a user namespace"
        )),
        None => Err("a process cannot enter the namespaces of a container".to_owned()),
    }
}

/// 0, or which mount failed, from 1.
fn mount_all(rootfs: &Path) -> i32 {
    let target = rootfs.join("mnt");
    for (at, kind) in MOUNTS.into_iter().enumerate() {
        let flags = MsFlags::MS_NOSUID | MsFlags::MS_NOEXEC;
        if mount(Some(kind), &target, Some(kind), flags, None::<&str>).is_err() {
            return at as i32 + 1;
        }
    }
    0
}

fn in_child(work: impl FnOnce() -> i32) -> nix::Result<i32> {
    // SAFETY: this process has one thread.
    match unsafe { fork() }? {
        ForkResult::Child => {
            let code = work();
            // SAFETY: ends the process.
            unsafe { libc::_exit(code) }
        }
        ForkResult::Parent { child } => wait(child),
    }
}

fn wait(child: Pid) -> nix::Result<i32> {
    match waitpid(child, None)? {
        WaitStatus::Exited(_, code) => Ok(code),
        _ => Ok(ENTERING),
    }
}
