//! The system call filter of every container that is not privileged: an allow list in Docker's
//! spirit, widened by capabilities.
//!
//! Compiled here, ahead of the start, and installed by the shim's executor. In front of the
//! compiled list stand a few instructions of our own: `clone3`, whose flags a filter cannot see,
//! and calls newer than this list answer "not implemented", so that C libraries fall back to what
//! they did before, instead of failing on "not permitted".

mod profile;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, LazyLock},
};

use libc::*;
use parking_lot::Mutex;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, sock_filter,
};

pub use self::profile::{BadProfile, MOST_BYTES as MOST_PROFILE, Profile};
use super::{SpecError, capabilities};

/// Calls that name no namespace, no mount and no machine: allowed to everybody.
const ALWAYS: &[c_long] = &[
    // Files.
    SYS_read,
    SYS_write,
    SYS_close,
    SYS_fstat,
    SYS_lseek,
    SYS_pread64,
    SYS_pwrite64,
    SYS_readv,
    SYS_writev,
    SYS_preadv,
    SYS_pwritev,
    SYS_preadv2,
    SYS_pwritev2,
    SYS_sendfile,
    SYS_fcntl,
    SYS_flock,
    SYS_fsync,
    SYS_fdatasync,
    SYS_truncate,
    SYS_ftruncate,
    SYS_getcwd,
    SYS_chdir,
    SYS_fchdir,
    SYS_fchmod,
    SYS_fchown,
    SYS_umask,
    SYS_ioctl,
    SYS_dup,
    SYS_dup3,
    SYS_pipe2,
    SYS_openat,
    SYS_openat2,
    SYS_mkdirat,
    SYS_mknodat,
    SYS_fchownat,
    SYS_newfstatat,
    SYS_unlinkat,
    SYS_renameat,
    SYS_renameat2,
    SYS_linkat,
    SYS_symlinkat,
    SYS_readlinkat,
    SYS_fchmodat,
    SYS_faccessat,
    SYS_faccessat2,
    SYS_utimensat,
    SYS_statx,
    SYS_statfs,
    SYS_fstatfs,
    SYS_getdents64,
    SYS_fallocate,
    SYS_fadvise64,
    SYS_readahead,
    SYS_copy_file_range,
    SYS_splice,
    SYS_tee,
    SYS_vmsplice,
    SYS_sync,
    SYS_syncfs,
    SYS_sync_file_range,
    SYS_close_range,
    SYS_name_to_handle_at,
    SYS_setxattr,
    SYS_lsetxattr,
    SYS_fsetxattr,
    SYS_getxattr,
    SYS_lgetxattr,
    SYS_fgetxattr,
    SYS_listxattr,
    SYS_llistxattr,
    SYS_flistxattr,
    SYS_removexattr,
    SYS_lremovexattr,
    SYS_fremovexattr,
    SYS_inotify_init1,
    SYS_inotify_add_watch,
    SYS_inotify_rm_watch,
    SYS_fanotify_mark,
    SYS_landlock_create_ruleset,
    SYS_landlock_add_rule,
    SYS_landlock_restrict_self,
    // Memory.
    SYS_mmap,
    SYS_mprotect,
    SYS_munmap,
    SYS_brk,
    SYS_mremap,
    SYS_msync,
    SYS_mincore,
    SYS_madvise,
    SYS_mlock,
    SYS_mlock2,
    SYS_munlock,
    SYS_mlockall,
    SYS_munlockall,
    SYS_memfd_create,
    SYS_memfd_secret,
    SYS_membarrier,
    SYS_pkey_mprotect,
    SYS_pkey_alloc,
    SYS_pkey_free,
    SYS_remap_file_pages,
    SYS_shmget,
    SYS_shmat,
    SYS_shmctl,
    SYS_shmdt,
    SYS_process_mrelease,
    // Waiting and events.
    SYS_ppoll,
    SYS_pselect6,
    SYS_epoll_create1,
    SYS_epoll_ctl,
    SYS_epoll_pwait,
    SYS_epoll_pwait2,
    SYS_eventfd2,
    SYS_signalfd4,
    SYS_timerfd_create,
    SYS_timerfd_settime,
    SYS_timerfd_gettime,
    SYS_io_setup,
    SYS_io_destroy,
    SYS_io_submit,
    SYS_io_cancel,
    SYS_io_getevents,
    SYS_futex,
    SYS_futex_waitv,
    SYS_set_robust_list,
    SYS_get_robust_list,
    SYS_restart_syscall,
    // Processes, users and limits.
    SYS_execve,
    SYS_execveat,
    SYS_exit,
    SYS_exit_group,
    SYS_wait4,
    SYS_waitid,
    SYS_kill,
    SYS_tkill,
    SYS_tgkill,
    SYS_pidfd_open,
    SYS_pidfd_send_signal,
    SYS_getpid,
    SYS_gettid,
    SYS_getppid,
    SYS_getuid,
    SYS_geteuid,
    SYS_getgid,
    SYS_getegid,
    SYS_getresuid,
    SYS_getresgid,
    SYS_setuid,
    SYS_setgid,
    SYS_setreuid,
    SYS_setregid,
    SYS_setresuid,
    SYS_setresgid,
    SYS_setfsuid,
    SYS_setfsgid,
    SYS_getgroups,
    SYS_setgroups,
    SYS_setpgid,
    SYS_getpgid,
    SYS_getsid,
    SYS_setsid,
    SYS_capget,
    SYS_capset,
    SYS_prctl,
    SYS_seccomp,
    SYS_set_tid_address,
    SYS_getrlimit,
    SYS_setrlimit,
    SYS_prlimit64,
    SYS_getrusage,
    SYS_times,
    SYS_getpriority,
    SYS_setpriority,
    SYS_ioprio_get,
    SYS_ioprio_set,
    SYS_sched_yield,
    SYS_sched_setparam,
    SYS_sched_getparam,
    SYS_sched_setscheduler,
    SYS_sched_getscheduler,
    SYS_sched_get_priority_max,
    SYS_sched_get_priority_min,
    SYS_sched_rr_get_interval,
    SYS_sched_setaffinity,
    SYS_sched_getaffinity,
    SYS_sched_getattr,
    SYS_getcpu,
    SYS_rseq,
    SYS_uname,
    SYS_sysinfo,
    SYS_getrandom,
    // Tracing one's own processes: the kernel's checks suffice since 4.8.
    SYS_ptrace,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    // Signals and time.
    SYS_rt_sigaction,
    SYS_rt_sigprocmask,
    SYS_rt_sigpending,
    SYS_rt_sigqueueinfo,
    SYS_rt_sigreturn,
    SYS_rt_sigsuspend,
    SYS_rt_sigtimedwait,
    SYS_rt_tgsigqueueinfo,
    SYS_sigaltstack,
    SYS_getitimer,
    SYS_setitimer,
    SYS_nanosleep,
    SYS_clock_gettime,
    SYS_clock_getres,
    SYS_clock_nanosleep,
    SYS_clock_adjtime,
    SYS_adjtimex,
    SYS_gettimeofday,
    SYS_timer_create,
    SYS_timer_settime,
    SYS_timer_gettime,
    SYS_timer_getoverrun,
    SYS_timer_delete,
    // Sockets and other ways to talk; `socket` itself is below.
    SYS_socketpair,
    SYS_bind,
    SYS_listen,
    SYS_accept,
    SYS_accept4,
    SYS_connect,
    SYS_getsockname,
    SYS_getpeername,
    SYS_sendto,
    SYS_recvfrom,
    SYS_setsockopt,
    SYS_getsockopt,
    SYS_shutdown,
    SYS_sendmsg,
    SYS_recvmsg,
    SYS_sendmmsg,
    SYS_recvmmsg,
    SYS_msgget,
    SYS_msgsnd,
    SYS_msgrcv,
    SYS_msgctl,
    SYS_semget,
    SYS_semop,
    SYS_semctl,
    SYS_semtimedop,
    SYS_mq_open,
    SYS_mq_unlink,
    SYS_mq_timedsend,
    SYS_mq_timedreceive,
    SYS_mq_notify,
    SYS_mq_getsetattr,
    // cachestat, fchmodat2, map_shadow_stack, futex_wake, futex_wait, futex_requeue, mseal: numbered
    // alike on every architecture.
    451,
    452,
    453,
    454,
    455,
    456,
    462,
];

/// Forms that only this architecture still has.
#[cfg(target_arch = "x86_64")]
const ARCHITECTURE: &[c_long] = &[
    SYS_open,
    SYS_stat,
    SYS_lstat,
    SYS_poll,
    SYS_access,
    SYS_pipe,
    SYS_select,
    SYS_dup2,
    SYS_pause,
    SYS_alarm,
    SYS_fork,
    SYS_vfork,
    SYS_getdents,
    SYS_rename,
    SYS_mkdir,
    SYS_rmdir,
    SYS_creat,
    SYS_link,
    SYS_unlink,
    SYS_symlink,
    SYS_readlink,
    SYS_chmod,
    SYS_chown,
    SYS_lchown,
    SYS_getpgrp,
    SYS_utime,
    SYS_utimes,
    SYS_futimesat,
    SYS_mknod,
    SYS_epoll_create,
    SYS_epoll_wait,
    SYS_epoll_ctl_old,
    SYS_epoll_wait_old,
    SYS_inotify_init,
    SYS_signalfd,
    SYS_eventfd,
    SYS_time,
    SYS_arch_prctl,
    SYS_modify_ldt,
    SYS_get_thread_area,
    SYS_set_thread_area,
    // io_pgetevents, which libc does not name.
    333,
];
#[cfg(not(target_arch = "x86_64"))]
const ARCHITECTURE: &[c_long] = &[];

/// What a capability opens, beyond the kernel's own check of it.
const BY_CAPABILITY: &[(&str, &[c_long])] = &[
    ("DAC_READ_SEARCH", &[SYS_open_by_handle_at]),
    (
        "SYS_ADMIN",
        &[
            SYS_bpf,
            SYS_fanotify_init,
            SYS_fsconfig,
            SYS_fsmount,
            SYS_fsopen,
            SYS_fspick,
            SYS_mount,
            SYS_mount_setattr,
            SYS_move_mount,
            SYS_open_tree,
            SYS_perf_event_open,
            SYS_quotactl,
            SYS_quotactl_fd,
            SYS_setdomainname,
            SYS_sethostname,
            SYS_setns,
            SYS_syslog,
            SYS_umount2,
            SYS_unshare,
            SYS_pivot_root,
            SYS_clone,
            SYS_clone3,
        ],
    ),
    ("SYS_BOOT", &[SYS_reboot]),
    ("SYS_CHROOT", &[SYS_chroot]),
    (
        "SYS_MODULE",
        &[SYS_init_module, SYS_finit_module, SYS_delete_module],
    ),
    ("SYS_PACCT", &[SYS_acct]),
    (
        "SYS_PTRACE",
        &[SYS_kcmp, SYS_pidfd_getfd, SYS_process_madvise],
    ),
    #[cfg(target_arch = "x86_64")]
    ("SYS_RAWIO", &[SYS_iopl, SYS_ioperm]),
    ("SYS_TIME", &[SYS_settimeofday, SYS_clock_settime]),
    ("SYS_TTY_CONFIG", &[SYS_vhangup]),
    (
        // A short slice lets a program come before those of others (`wharf_cgroup::slice`), and the kernel asks for no right.
        "SYS_NICE",
        &[
            SYS_get_mempolicy,
            SYS_mbind,
            SYS_set_mempolicy,
            SYS_sched_setattr,
        ],
    ),
    ("SYSLOG", &[SYS_syslog]),
    ("BPF", &[SYS_bpf]),
    ("PERFMON", &[SYS_perf_event_open]),
];

/// What nobody in a user namespace needs of the calls above: the kernel guards some by sysctls alone, or not at all, and they
/// tell of, or reach, the whole machine.
const NOT_WITHIN: &[c_long] = &[
    SYS_bpf,
    SYS_fanotify_init,
    SYS_perf_event_open,
    SYS_quotactl,
    SYS_quotactl_fd,
    SYS_sched_setattr,
    SYS_syslog,
];

/// `ioctl`s of loop devices, which instances and pods have for their volumes: they put a device over another file, and so give its
/// number, which the instance may open, to whoever comes next.
const LOOP_CALLS: std::ops::RangeInclusive<u64> = 0x4C00..=0x4CFF;

/// CLONE_NEW* but the time namespace, whose bit `clone` has no room for.
const NEW_NAMESPACES: u64 = (CLONE_NEWNS
    | CLONE_NEWCGROUP
    | CLONE_NEWUTS
    | CLONE_NEWIPC
    | CLONE_NEWUSER
    | CLONE_NEWPID
    | CLONE_NEWNET) as u64;

/// Execution domains that change nothing about security: Linux, 32 bit, and asking for the present one.
const PERSONALITIES: [u64; 5] = [0, 8, 0x2_0000, 0x2_0008, 0xffff_ffff];

/// The newest call this list knew of (`mseal`).
const NEWEST: u32 = 462;

/// The compiled filter for a capability set, 8 bytes an instruction as the kernel takes them.
/// Built once for each set that makes a difference. `counts_within`: the capabilities count in a user
/// namespace alone, and devices of the host, if there are any, are lent.
pub fn filter(capabilities: u64, counts_within: bool) -> Result<Arc<[u8]>, SpecError> {
    type Built = HashMap<(u64, bool), Arc<[u8]>>;
    static BUILT: LazyLock<Mutex<Built>> = LazyLock::new(Mutex::default);
    let relevant = BY_CAPABILITY
        .iter()
        .filter_map(|(name, _)| capabilities::bit(name))
        .fold(0, |set, bit| set | bit);
    let key = (capabilities & relevant, counts_within);
    let mut built = BUILT.lock();
    if let Some(filter) = built.get(&key) {
        return Ok(Arc::clone(filter));
    }
    let program = default_program(key.0, counts_within)?;
    let filter: Arc<[u8]> = program.iter().flat_map(bytes).collect();
    built.insert(key, Arc::clone(&filter));
    Ok(filter)
}

fn default_program(capabilities: u64, counts_within: bool) -> Result<BpfProgram, SpecError> {
    compile(capabilities, counts_within).map_err(|e| SpecError::Filter(e.to_string()))
}

/// The same where a profile says more: `alone`, or of what the default filter allows. `None`: it allows everything.
pub fn filter_of(
    profile: &Profile,
    alone: bool,
    capabilities: u64,
    counts_within: bool,
) -> Result<Option<Arc<[u8]>>, SpecError> {
    let mut programs = profile.programs.clone();
    if !alone {
        programs.insert(0, default_program(capabilities, counts_within)?);
    }
    if programs.is_empty() {
        return Ok(None);
    }
    let program = profile::joined(programs)?;
    Ok(Some(program.iter().flat_map(bytes).collect()))
}

fn compile(
    capabilities: u64,
    counts_within: bool,
) -> Result<BpfProgram, Box<dyn std::error::Error>> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = ALWAYS
        .iter()
        .chain(ARCHITECTURE)
        .map(|call| (*call, Vec::new()))
        .collect();
    let condition =
        |argument, len, operator, value| SeccompCondition::new(argument, len, operator, value);
    let no_namespace = SeccompCmpOp::MaskedEq(NEW_NAMESPACES);
    rules.insert(
        SYS_clone,
        vec![SeccompRule::new(vec![condition(
            0,
            SeccompCmpArgLen::Qword,
            no_namespace,
            0,
        )?])?],
    );
    // Sockets to the hypervisor would bypass every network rule.
    let not_vsock = condition(
        0,
        SeccompCmpArgLen::Dword,
        SeccompCmpOp::Ne,
        AF_VSOCK as u64,
    )?;
    rules.insert(SYS_socket, vec![SeccompRule::new(vec![not_vsock])?]);
    let domains = PERSONALITIES.iter().map(|domain| {
        SeccompRule::new(vec![condition(
            0,
            SeccompCmpArgLen::Dword,
            SeccompCmpOp::Eq,
            *domain,
        )?])
    });
    rules.insert(SYS_personality, domains.collect::<Result<_, _>>()?);
    for (name, calls) in BY_CAPABILITY {
        if capabilities::bit(name).is_some_and(|bit| capabilities & bit != 0) {
            rules.extend(calls.iter().map(|call| (*call, Vec::new())));
        }
    }
    if counts_within {
        let outside = [
            (SeccompCmpOp::Lt, *LOOP_CALLS.start()),
            (SeccompCmpOp::Gt, *LOOP_CALLS.end()),
        ];
        let outside = outside.map(|(operator, bound)| {
            SeccompRule::new(vec![condition(
                1,
                SeccompCmpArgLen::Dword,
                operator,
                bound,
            )?])
        });
        rules.insert(SYS_ioctl, outside.into_iter().collect::<Result<_, _>>()?);
        rules.retain(|call, _| !NOT_WITHIN.contains(call));
    }
    let clone3 = rules.contains_key(&SYS_clone3);
    let refuse = SeccompAction::Errno(EPERM as u32);
    let filter = SeccompFilter::new(
        rules,
        refuse,
        SeccompAction::Allow,
        std::env::consts::ARCH.try_into()?,
    )?;
    let list: BpfProgram = filter.try_into()?;
    Ok(preamble(clone3).into_iter().chain(list).collect())
}

/// `ENOSYS` for calls newer than the list and, unless allowed, for clone3; all others fall through.
fn preamble(clone3: bool) -> Vec<sock_filter> {
    const LOAD: u16 = 0x20;
    const JUMP_EQUAL: u16 = 0x15;
    const JUMP_GREATER: u16 = 0x25;
    const RETURN: u16 = 0x06;
    let op = |code, jt, jf, k| sock_filter { code, jt, jf, k };
    let not_implemented = op(RETURN, 0, 0, SECCOMP_RET_ERRNO | ENOSYS as u32);
    // The number of the call is the first word of the kernel's structure.
    let mut program = vec![
        op(LOAD, 0, 0, 0),
        op(JUMP_GREATER, 0, 1, NEWEST),
        not_implemented.clone(),
    ];
    if !clone3 {
        program.extend([op(JUMP_EQUAL, 0, 1, SYS_clone3 as u32), not_implemented]);
    }
    program
}

fn bytes(instruction: &sock_filter) -> [u8; 8] {
    let mut bytes = [0; 8];
    bytes[..2].copy_from_slice(&instruction.code.to_ne_bytes());
    bytes[2] = instruction.jt;
    bytes[3] = instruction.jf;
    bytes[4..].copy_from_slice(&instruction.k.to_ne_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_once_per_set_that_differs() {
        let plain = filter(0xa804_25fb, false).unwrap();
        assert_eq!(plain.len() % 8, 0);
        assert!(
            plain.len() / 8 < 4096,
            "the kernel takes at most 4096 instructions"
        );
        // CHOWN changes nothing; SYS_ADMIN does.
        assert!(Arc::ptr_eq(&plain, &filter(0xa804_25fa, false).unwrap()));
        let admin = filter(0xa804_25fb | 1 << 21, false).unwrap();
        assert_ne!(plain, admin);
        filter(capabilities::ALL, false).unwrap();
        // A comparison for each call that is allowed.
        let system = filter(0xa804_25fb | 1 << 21, true).unwrap();
        assert!(system.len() < admin.len() && system.len() > plain.len());
    }
}
