//! What the program gives up that speaks with a server nobody vouches for: it reaches the kernel's mount and the server's
//! address, and nothing else.

use std::{collections::BTreeMap, io};

use nix::{
    errno::Errno,
    mount::{MntFlags, MsFlags, mount, umount2},
    sched::{CloneFlags, unshare},
    unistd::{Gid, Uid, chdir, chroot, pivot_root, setgroups, setresgid, setresuid},
};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch,
};

/// A user that no file and no other program belongs to, beyond the numbers of user namespaces.
const NOBODY: u32 = 0x7ffe_5ea2;

/// Nobody reads its memory from here on, not even into a dump.
pub fn shut_out_others(name: &std::ffi::CStr) -> io::Result<()> {
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

/// No files, no rights, a user of its own; the network stays that of the task. With one thread.
pub fn give_up_rights() -> io::Result<()> {
    unshare(CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWIPC | CloneFlags::CLONE_NEWUTS)?;
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
    // Nothing of the host's is kept mounted by it.
    match pivot_root(".", ".") {
        Ok(()) => umount2(".", MntFlags::MNT_DETACH)?,
        // The root is that of the machine's first file system, which cannot go.
        Err(_) => chroot(".")?,
    }
    chdir("/")?;
    drop_capabilities();
    setgroups(&[])?;
    let (user, group) = (Uid::from_raw(NOBODY), Gid::from_raw(NOBODY));
    setresgid(group, group, group)?;
    // What it was allowed goes with the last number that is root's.
    setresuid(user, user, user)?;
    // A change of the user is one that lets its memory be read again, where the system says so.
    // SAFETY: plain prctl without pointers.
    Errno::result(unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0) })?;
    Ok(())
}

fn drop_capabilities() {
    for capability in 0..64 {
        // SAFETY: plain prctl without pointers. Those that the kernel does not know are none.
        unsafe { libc::prctl(libc::PR_CAPBSET_DROP, capability, 0, 0, 0) };
    }
}

/// Of all threads.
const ALL: &[libc::c_long] = &[
    libc::SYS_read,
    libc::SYS_write,
    libc::SYS_writev,
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
    // Which processors there are, for the allocator.
    libc::SYS_sched_getaffinity,
    // Whether a descriptor is open is asked before it is closed, where the standard library checks itself.
    libc::SYS_fcntl,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_restart_syscall,
];

/// Of those that speak with the kernel and the server.
const OF_WORKERS: &[libc::c_long] = &[
    libc::SYS_sendto,
    libc::SYS_recvfrom,
    libc::SYS_shutdown,
    libc::SYS_poll,
    libc::SYS_ppoll,
    libc::SYS_nanosleep,
    libc::SYS_clock_nanosleep,
    libc::SYS_getrandom,
];

/// Of the one that makes connections, which are of TCP.
const OF_KEEPER: &[libc::c_long] = &[
    libc::SYS_connect,
    libc::SYS_setsockopt,
    libc::SYS_getsockopt,
    libc::SYS_ioctl,
];

const OF_BROKER: &[libc::c_long] = &[
    libc::SYS_sendto,
    libc::SYS_recvfrom,
    libc::SYS_openat,
    libc::SYS_lseek,
    libc::SYS_fstat,
    libc::SYS_statx,
    libc::SYS_newfstatat,
];

/// The C library looks for files of the machine's now and then; there are none.
const NONE_THERE: &[libc::c_long] = &[libc::SYS_openat];

/// What a thread needs of the kernel; anything else ends the program.
pub fn allow_calls_of_workers() -> io::Result<()> {
    refuse_files()?;
    allow(&[ALL, OF_WORKERS, NONE_THERE], Vec::new())
}

fn refuse_files() -> io::Result<()> {
    let none = SeccompAction::Errno(libc::ENOENT.cast_unsigned());
    let calls = NONE_THERE.iter().map(|it| (*it, Vec::new()));
    apply(calls.collect(), SeccompAction::Allow, none)
}

pub fn allow_calls_of_keeper() -> io::Result<()> {
    let is = |at, value: i32| {
        let value = u64::from(value.cast_unsigned());
        SeccompCondition::new(at, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, value)
            .map_err(io::Error::other)
    };
    let of_tcp = vec![
        is(0, libc::AF_INET)?,
        is(1, libc::SOCK_STREAM | libc::SOCK_CLOEXEC)?,
    ];
    let socket = SeccompRule::new(of_tcp).map_err(io::Error::other)?;
    refuse_files()?;
    allow(
        &[ALL, OF_WORKERS, OF_KEEPER, NONE_THERE],
        vec![(libc::SYS_socket, vec![socket])],
    )
}

/// It stays root's, since it reads what is root's; it can do nothing else.
pub fn keep_for_broker() -> io::Result<()> {
    shut_out_others(c"shared-files-b")?;
    drop_capabilities();
    allow(&[ALL, OF_BROKER], Vec::new())
}

fn allow(lists: &[&[libc::c_long]], more: Vec<(libc::c_long, Vec<SeccompRule>)>) -> io::Result<()> {
    let plain = lists.iter().copied().flatten().map(|it| (*it, Vec::new()));
    apply(
        plain.chain(more).collect(),
        SeccompAction::KillProcess,
        SeccompAction::Allow,
    )
}

fn apply(
    rules: BTreeMap<libc::c_long, Vec<SeccompRule>>,
    others: SeccompAction,
    these: SeccompAction,
) -> io::Result<()> {
    let arch = TargetArch::try_from(std::env::consts::ARCH).map_err(io::Error::other)?;
    let filter = SeccompFilter::new(rules, others, these, arch).map_err(io::Error::other)?;
    let program: BpfProgram = filter.try_into().map_err(io::Error::other)?;
    seccompiler::apply_filter(&program).map_err(io::Error::other)
}
