//! The PID namespace of another container of the task.
//!
//! Whoever is in it already sees each further process of it, and one that may trace others could
//! take such a process over. The container is therefore built outside, with the namespace's `/proc`
//! borrowed from the container that has it, and the program joins at the very end
//! ([`crate::executor`]).

use std::{
    fs::{self, File},
    io,
    os::fd::OwnedFd,
    path::Path,
};

use nix::{
    sched::{CloneFlags, setns},
    sys::statfs::{PROC_SUPER_MAGIC, fstatfs},
    unistd::fchdir,
};
use wharf_userns::{attach, clone_tree};

/// Puts the `/proc` of the process's namespace at `proc`, and returns the namespace, to be joined.
/// The caller has one thread.
pub fn join_later(process: i32, proc: &Path) -> io::Result<OwnedFd> {
    let namespace = File::open(format!("/proc/{process}/ns/pid"))?;
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
