//! What the program gives up that speaks with a server nobody vouches for: it reaches the kernel's mount and the server's
//! address, and nothing else.

use std::io;

use seccompiler::{SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompRule};
use wharf_programs::confine::{filter, keep_capabilities};
pub use wharf_programs::confine::{give_up_rights, shut_out_others};

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
    filter(calls.collect(), SeccompAction::Allow, none)
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
    keep_capabilities(0);
    allow(&[ALL, OF_BROKER], Vec::new())
}

fn allow(lists: &[&[libc::c_long]], more: Vec<(libc::c_long, Vec<SeccompRule>)>) -> io::Result<()> {
    let plain = lists.iter().copied().flatten().map(|it| (*it, Vec::new()));
    filter(
        plain.chain(more).collect(),
        SeccompAction::KillProcess,
        SeccompAction::Allow,
    )
}
