//! Containers in a user namespace of their task.
//!
//! Inside, root is root; on the host it is a number that owns nothing. A container's first process is in the
//! namespace before it mounts anything, so everything it is to mount has to be within reach of that
//! number: a small file system of the shim's own, the stage, takes the root file system and the
//! mounts of each container, with their owners mapped into the namespace. Nobody but the shim and
//! its children sees it.

use std::{
    fs::{self, File},
    io,
    os::fd::{AsFd, AsRawFd, BorrowedFd},
    path::Path,
};

use nix::{
    errno::Errno,
    mount::{MntFlags, MsFlags, mount, umount2},
    sched::{CloneFlags, setns},
    unistd::{Gid, Uid, setgroups, setresgid, setresuid},
};
use wharf_shim_protocol::{
    ContainerPlan,
    plan::{NETNS_FD, USERNS_FD, UserSetup},
};
use wharf_userns::{attach, clone_tree, clone_whole_tree, map_owners, owner_of};

/// Room for folders and empty files: mount points.
const STAGE_OPTIONS: &str = "mode=755,size=1m";

/// Makes the stage, and holds the user namespace that the network namespace belongs to.
pub fn open(stage: &Path) -> io::Result<()> {
    // SAFETY: the number is that of the network namespace, which is held for good.
    let network = unsafe { BorrowedFd::borrow_raw(NETNS_FD) };
    let owner = owner_of(network)?;
    // SAFETY: both descriptors are ours; nothing else uses number 11 this early.
    if unsafe { libc::dup3(owner.as_raw_fd(), USERNS_FD, libc::O_CLOEXEC) } < 0 {
        return Err(io::Error::last_os_error());
    }
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    mount(
        Some("tmpfs"),
        stage,
        Some("tmpfs"),
        flags,
        Some(STAGE_OPTIONS),
    )?;
    Ok(())
}

/// The task's user namespace, after [`open`].
pub fn held() -> BorrowedFd<'static> {
    // SAFETY: it is held for as long as the shim lives, and by its forked children.
    unsafe { BorrowedFd::borrow_raw(USERNS_FD) }
}

/// Joins the process's user namespace as its root. The caller has one thread.
pub fn enter_as_root(process: impl AsFd, others: CloneFlags) -> nix::Result<()> {
    setns(process, others | CloneFlags::CLONE_NEWUSER)?;
    // Until here this process is nobody inside.
    setgroups(&[])?;
    let (root, group) = (Uid::from_raw(0), Gid::from_raw(0));
    setresgid(group, group, group)?;
    setresuid(root, root, root)
}

/// Puts what the container binds on the stage. The umask lets others read.
pub fn put_on_stage(user: &UserSetup, plan: &ContainerPlan) -> io::Result<()> {
    fs::create_dir_all(&user.stage)?;
    for (number, source) in plan.staged.iter().enumerate() {
        let target = user.staged(number);
        let named = |e: io::Error| io::Error::new(e.kind(), format!("{}: {e}", source.display()));
        if fs::metadata(source).map_err(named)?.is_dir() {
            fs::create_dir_all(&target)?;
        } else {
            File::create(&target)?;
        }
        match plan.staged_as_they_are.contains(&number) {
            true => clone_whole_tree(source).and_then(|tree| attach(&tree, &target)),
            false => put_mapped(source, &target),
        }
        .map_err(named)?;
    }
    Ok(())
}

/// Shows `source` at `target`, with owners as the container numbers them.
pub fn put_mapped(source: &Path, target: &Path) -> io::Result<()> {
    let tree = clone_tree(source)?;
    map_owners(&tree, held())?;
    attach(&tree, target)
}

/// Clears the container's folder on the stage. What is mounted there goes first, and nothing is
/// removed but mount points, so that no content is ever reached.
pub fn clear_stage(user: &UserSetup) {
    let Ok(entries) = fs::read_dir(&user.stage) else {
        return;
    };
    for path in entries.flatten().map(|entry| entry.path()) {
        while umount2(&path, MntFlags::MNT_DETACH | MntFlags::UMOUNT_NOFOLLOW).is_ok() {}
        let _ = fs::remove_dir(&path).or_else(|_| fs::remove_file(&path));
    }
    let _ = fs::remove_dir(&user.stage);
}

/// Hard limits above our own, which nobody may set any more in the namespace; the container's first
/// process then takes them down to what each is to be.
pub fn raise_limits(plan: &ContainerPlan) -> io::Result<()> {
    for (number, hard) in &plan.raised_limits {
        let mut limit = libc::rlimit {
            rlim_cur: 0,
            rlim_max: 0,
        };
        // SAFETY: of this process; `limit` outlives the call, and no new limits are given.
        Errno::result(unsafe { libc::prlimit(0, *number, std::ptr::null(), &raw mut limit) })?;
        if *hard > limit.rlim_max {
            limit.rlim_max = *hard;
            // SAFETY: as above; the old limits are not asked for.
            Errno::result(unsafe {
                libc::prlimit(0, *number, &raw const limit, std::ptr::null_mut())
            })?;
        }
    }
    Ok(())
}
