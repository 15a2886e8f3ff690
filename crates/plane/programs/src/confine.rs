//! What programs give up: they can read and write what they have open, and little else.

use std::{
    collections::BTreeMap,
    ffi::CStr,
    io,
    os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd},
};

use nix::{
    errno::Errno,
    mount::{MntFlags, MsFlags, mount, umount2},
    sched::{CloneFlags, unshare},
    sys::signal::{SigHandler, Signal, signal},
    unistd::{Gid, Uid, chdir, chroot, pivot_root, setgroups, setresgid, setresuid},
};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, SeccompRule, TargetArch};

use crate::capabilities;

/// Users that no file and no other program belongs to, beyond the numbers of user namespaces: of programs without a network,
/// and with one.
const NOBODY: u32 = 0x7ffe_5ea1;
const NOBODY_WITH_NETWORK: u32 = 0x7ffe_5ea2;

/// Nobody reads its memory from here on, not even into a dump. `name`: what it is called among processes.
///
/// # Errors
/// The kernel refuses.
pub fn shut_out_others(name: &CStr) -> io::Result<()> {
    // SAFETY: plain prctl without pointers.
    Errno::result(unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0) })?;
    // SAFETY: as above.
    Errno::result(unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) })?;
    // SAFETY: a C string that outlives the call.
    unsafe { libc::prctl(libc::PR_SET_NAME, name.as_ptr()) };
    // Memory that is given back to the kernel while it writes must not wait for this program. Where it may not say so,
    // it can wait for longer.
    const IO_FLUSHER: libc::c_int = 57;
    // SAFETY: as the first.
    unsafe { libc::prctl(IO_FLUSHER, 1, 0, 0, 0) };
    Ok(())
}

/// No files, no rights, a user of its own; and no network, unless it `keeps_network`. With one thread.
///
/// # Errors
/// The kernel refuses.
pub fn give_up_rights(keeps_network: bool) -> io::Result<()> {
    let mut own = CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWIPC | CloneFlags::CLONE_NEWUTS;
    own.set(CloneFlags::CLONE_NEWNET, !keeps_network);
    unshare(own)?;
    let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
    mount(None::<&str>, "/", None::<&str>, private, None::<&str>)?;
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NOEXEC | MsFlags::MS_NODEV | MsFlags::MS_RDONLY;
    mount(
        Some("tmpfs"),
        "/proc",
        Some("tmpfs"),
        flags,
        Some("size=4k,nr_inodes=2"),
    )?;
    chdir("/proc")?;
    make_this_the_root()?;
    keep_capabilities(0);
    setgroups(&[])?;
    let user = match keeps_network {
        true => NOBODY_WITH_NETWORK,
        false => NOBODY,
    };
    let (user, group) = (Uid::from_raw(user), Gid::from_raw(user));
    setresgid(group, group, group)?;
    // What it was allowed goes with the last number that is root's.
    setresuid(user, user, user)?;
    // A change of the user is one that lets its memory be read again, where the system says so.
    // SAFETY: plain prctl without pointers.
    Errno::result(unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0) })?;
    Ok(())
}

/// The folder that the process is in, on which something is mounted, becomes the root: nothing else is kept mounted by it.
///
/// # Errors
/// The kernel refuses.
pub fn make_this_the_root() -> io::Result<()> {
    match pivot_root(".", ".") {
        Ok(()) => umount2(".", MntFlags::MNT_DETACH)?,
        // The root is that of the machine's first file system, which cannot go.
        Err(_) => chroot(".")?,
    }
    Ok(chdir("/")?)
}

/// Beyond those no program that it becomes can have any; what may not be bounded is given up in other ways as well.
pub fn keep_capabilities(kept: u64) {
    let _ = capabilities::bound(kept);
}

/// systemd sends SIGTERM to every process when the machine shuts down, while those who have the file still write to it.
///
/// # Errors
/// The kernel refuses.
pub fn outlive_others() -> io::Result<()> {
    for each in [
        Signal::SIGTERM,
        Signal::SIGINT,
        Signal::SIGHUP,
        Signal::SIGPIPE,
    ] {
        // SAFETY: SIG_IGN installs no code of ours.
        unsafe { signal(each, SigHandler::SigIgn) }?;
    }
    Ok(())
}

/// The same file under a number that nothing prints to.
///
/// # Errors
/// There are too many files open.
pub fn away(of: &impl AsFd) -> io::Result<OwnedFd> {
    const LEAST: i32 = 10;
    // SAFETY: takes a descriptor of ours and numbers; a success is a new one.
    let fd = unsafe { libc::fcntl(of.as_fd().as_raw_fd(), libc::F_DUPFD_CLOEXEC, LEAST) };
    // SAFETY: as above.
    Ok(unsafe { OwnedFd::from_raw_fd(Errno::result(fd)?) })
}

/// What a thread that answers needs of the kernel, and `more`; anything else ends the program.
///
/// # Errors
/// The kernel takes no such filter.
pub fn allow_calls_of_workers(more: &[i64]) -> io::Result<()> {
    let calls = [
        libc::SYS_read,
        libc::SYS_writev,
        libc::SYS_pread64,
        libc::SYS_pwrite64,
        libc::SYS_fallocate,
        libc::SYS_fdatasync,
        libc::SYS_statx,
        libc::SYS_fstat,
        libc::SYS_newfstatat,
        libc::SYS_futex,
        // Locks look at the clock, which is a call of the kernel's where the machine's cannot be read without one.
        libc::SYS_clock_gettime,
        libc::SYS_brk,
        libc::SYS_mmap,
        libc::SYS_munmap,
        libc::SYS_mremap,
        libc::SYS_madvise,
        libc::SYS_mprotect,
        libc::SYS_sched_yield,
        libc::SYS_sigaltstack,
        libc::SYS_rt_sigprocmask,
        libc::SYS_rt_sigreturn,
        libc::SYS_close,
        libc::SYS_exit,
        libc::SYS_exit_group,
        libc::SYS_restart_syscall,
    ];
    let rules = calls.iter().chain(more).map(|it| (*it, Vec::new()));
    filter(
        rules.collect(),
        SeccompAction::KillProcess,
        SeccompAction::Allow,
    )
}

/// What the kernel does at `these` calls from here on, and at all `others`.
///
/// # Errors
/// It takes no such filter.
pub fn filter(
    rules: BTreeMap<libc::c_long, Vec<SeccompRule>>,
    others: SeccompAction,
    these: SeccompAction,
) -> io::Result<()> {
    let arch = TargetArch::try_from(std::env::consts::ARCH).map_err(io::Error::other)?;
    let filter = SeccompFilter::new(rules, others, these, arch).map_err(io::Error::other)?;
    let program: BpfProgram = filter.try_into().map_err(io::Error::other)?;
    seccompiler::apply_filter(&program).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use nix::{
        sys::wait::{WaitStatus, waitpid},
        unistd::{ForkResult, fork},
    };

    use super::*;

    /// How a process ends that makes a call under the filter.
    fn end_of(call: libc::c_long) -> WaitStatus {
        // SAFETY: the child calls the kernel, and ends.
        match unsafe { fork() }.unwrap() {
            ForkResult::Parent { child } => waitpid(child, None).unwrap(),
            ForkResult::Child => {
                let mut time = [0_i64; 2];
                // SAFETY: plain prctl, and a call with a place for its answer.
                unsafe {
                    libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
                    let allowed = allow_calls_of_workers(&[]).is_ok();
                    libc::syscall(call, libc::CLOCK_MONOTONIC, time.as_mut_ptr());
                    libc::_exit(i32::from(!allowed));
                }
            }
        }
    }

    #[test]
    fn the_clock_can_be_read_also_by_a_call() {
        let ends = |call| matches!(end_of(call), WaitStatus::Exited(_, 0));
        assert!(ends(libc::SYS_clock_gettime));
        assert!(!ends(libc::SYS_getpid));
    }
}
