//! The PID namespace of another container of the task.
//!
//! Whoever is in it already sees each further process of it, and one that may trace others could
//! take such a process over. The container is therefore built outside, with the namespace's `/proc`
//! borrowed from the container that has it, and the program joins at the very end
//! ([`crate::executor`]).

use std::{
    fs::{self, File},
    io,
    os::fd::{BorrowedFd, OwnedFd},
    path::Path,
};

use nix::{
    sched::{CloneFlags, setns},
    sys::{
        stat::fstat,
        statfs::{PROC_SUPER_MAGIC, fstatfs},
    },
    unistd::fchdir,
};
use wharf_userns::{attach, clone_tree, owner_of};

/// Puts the `/proc` of the process's namespace at `proc`, and returns the namespace, to be joined.
/// The caller has one thread. `within`: the user namespace that it has to belong to. Whoever gave the number may have seen its process
/// end, and another have it since.
pub fn join_later(
    process: i32,
    proc: &Path,
    within: Option<BorrowedFd<'_>>,
) -> io::Result<OwnedFd> {
    let namespace = File::open(format!("/proc/{process}/ns/pid"))?;
    if let Some(within) = within {
        let (owner, own) = (fstat(owner_of(&namespace)?)?, fstat(within)?);
        if (owner.st_dev, owner.st_ino) != (own.st_dev, own.st_ino) {
            let text = "the process is of another user namespace";
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, text));
        }
    }
    let mount = proc_of(process)?;
    fs::create_dir_all(proc)?;
    attach(&mount, proc)?;
    Ok(namespace.into())
}

/// A copy of the mount on `/proc` that the process sees, without what lies on top of it there.
fn proc_of(process: i32) -> io::Result<OwnedFd> {
    let theirs = File::open(format!("/proc/{process}/ns/mnt"))?;
    let ours = File::open("/proc/self/ns/mnt")?;
    let here = File::open(".")?;
    setns(theirs, CloneFlags::CLONE_NEWNS)?;
    let copy = clone_tree(Path::new("/proc"));
    setns(ours, CloneFlags::CLONE_NEWNS)?;
    fchdir(here)?;
    let copy = copy?;
    if fstatfs(&copy)?.filesystem_type() != PROC_SUPER_MAGIC {
        let text = "the other container has no /proc";
        return Err(io::Error::new(io::ErrorKind::InvalidData, text));
    }
    Ok(copy)
}
