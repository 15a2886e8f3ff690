//! What the program gives up: all but its files, and the rights that a server of files needs over files.

use std::{
    collections::BTreeMap,
    ffi::CString,
    fs, io,
    os::{
        fd::{AsRawFd as _, BorrowedFd},
        unix::ffi::OsStrExt as _,
    },
    path::{Path, PathBuf},
};

use nix::{
    errno::Errno,
    mount::{MsFlags, mount},
    sched::{CloneFlags, unshare},
    unistd::chdir,
};
use seccompiler::{SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompRule};
use wharf_programs::{capabilities, confine};

/// CHOWN, DAC_OVERRIDE, DAC_READ_SEARCH, FOWNER, FSETID, SETGID, SETUID: it acts as whoever asks, and finds files by their
/// handles.
const KEPT: [u32; 7] = [0, 1, 2, 3, 4, 6, 7];

/// The folder, or the disk that is mounted at no place, becomes the root, and nothing else is there. With one thread.
pub fn enter(files: BorrowedFd<'_>, is_disk: bool) -> io::Result<()> {
    let path = match is_disk {
        // A folder that is there on every machine.
        true => PathBuf::from("/proc"),
        false => fs::read_link(format!("/proc/self/fd/{}", files.as_raw_fd()))?,
    };
    unshare(
        CloneFlags::CLONE_NEWNS
            | CloneFlags::CLONE_NEWNET
            | CloneFlags::CLONE_NEWIPC
            | CloneFlags::CLONE_NEWUTS,
    )?;
    let none = None::<&str>;
    mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none)?;
    match is_disk {
        true => move_to(files, &path)?,
        false => mount(Some(&path), &path, none, MsFlags::MS_BIND, none)?,
    }
    // Not `noexec`: whether a client may execute a file is for it to know.
    let flags = MsFlags::MS_BIND | MsFlags::MS_REMOUNT | MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    mount(none, &path, none, flags, none)?;
    chdir(&path)?;
    confine::make_this_the_root()
}

/// Mounts at a place what is mounted at none.
fn move_to(mount: BorrowedFd<'_>, place: &Path) -> io::Result<()> {
    /// `MOVE_MOUNT_F_EMPTY_PATH`
    const ITSELF: libc::c_uint = 4;
    let place = CString::new(place.as_os_str().as_bytes())?;
    // SAFETY: C strings that outlive the call, a descriptor and numbers.
    let done = unsafe {
        libc::syscall(
            libc::SYS_move_mount,
            mount.as_raw_fd(),
            c"".as_ptr(),
            libc::AT_FDCWD,
            place.as_ptr(),
            ITSELF,
        )
    };
    Errno::result(done)?;
    Ok(())
}

/// With one thread.
pub fn give_up_rights() -> io::Result<()> {
    let kept = KEPT.iter().fold(0, |set, it| set | 1 << it);
    confine::keep_capabilities(kept);
    capabilities::set(kept)?;
    // SAFETY: plain prctl without pointers.
    Errno::result(unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0) })?;
    // SAFETY: as above.
    Errno::result(unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) })?;
    forbid_calls()
}

/// What no server of files ever asks of the kernel. It does open files by their handles, of whatever file system its files are on.
fn forbid_calls() -> io::Result<()> {
    // Other processes, and whoever could become one.
    let mut calls = vec![
        libc::SYS_execve,
        libc::SYS_execveat,
        libc::SYS_ptrace,
        libc::SYS_process_vm_readv,
        libc::SYS_process_vm_writev,
        libc::SYS_process_madvise,
        libc::SYS_process_mrelease,
        libc::SYS_kcmp,
        libc::SYS_kill,
        libc::SYS_tkill,
        libc::SYS_tgkill,
        libc::SYS_rt_sigqueueinfo,
        libc::SYS_rt_tgsigqueueinfo,
        libc::SYS_pidfd_open,
        libc::SYS_pidfd_send_signal,
        libc::SYS_pidfd_getfd,
    ];
    #[cfg(target_arch = "x86_64")]
    calls.extend([libc::SYS_fork, libc::SYS_vfork]);
    // Other files than those of its folder.
    calls.extend([
        libc::SYS_mount,
        libc::SYS_umount2,
        libc::SYS_pivot_root,
        libc::SYS_chroot,
        libc::SYS_open_tree,
        libc::SYS_move_mount,
        libc::SYS_fsopen,
        libc::SYS_fsmount,
        libc::SYS_fsconfig,
        libc::SYS_fspick,
        libc::SYS_mount_setattr,
        libc::SYS_setns,
        libc::SYS_unshare,
        libc::SYS_fanotify_init,
        libc::SYS_quotactl,
        libc::SYS_swapon,
        libc::SYS_swapoff,
        libc::SYS_acct,
    ]);
    // The network, of which it is handed what it needs, and the kernel itself.
    calls.extend([
        libc::SYS_socket,
        libc::SYS_connect,
        libc::SYS_bind,
        libc::SYS_bpf,
        libc::SYS_perf_event_open,
        libc::SYS_userfaultfd,
        libc::SYS_io_uring_setup,
        libc::SYS_io_uring_enter,
        libc::SYS_io_uring_register,
        libc::SYS_keyctl,
        libc::SYS_add_key,
        libc::SYS_request_key,
        libc::SYS_init_module,
        libc::SYS_finit_module,
        libc::SYS_delete_module,
        libc::SYS_kexec_load,
        libc::SYS_reboot,
        libc::SYS_syslog,
    ]);
    // It begins threads, and no processes.
    let threads = u64::from(libc::CLONE_THREAD.cast_unsigned());
    let is_none = SeccompCmpOp::MaskedEq(threads);
    let is_none = SeccompCondition::new(0, SeccompCmpArgLen::Qword, is_none, 0);
    let process = SeccompRule::new(vec![is_none.map_err(io::Error::other)?]);
    let mut rules: BTreeMap<_, _> = calls.into_iter().map(|it| (it, Vec::new())).collect();
    rules.insert(libc::SYS_clone, vec![process.map_err(io::Error::other)?]);
    forbid(rules, libc::EPERM)?;
    // The C library goes on with the older form, whose flags can be looked at, if the kernel does not know this one.
    forbid([(libc::SYS_clone3, Vec::new())].into(), libc::ENOSYS)
}

fn forbid(rules: BTreeMap<libc::c_long, Vec<SeccompRule>>, error: libc::c_int) -> io::Result<()> {
    let refused = SeccompAction::Errno(error.cast_unsigned());
    confine::filter(rules, SeccompAction::Allow, refused)
}
