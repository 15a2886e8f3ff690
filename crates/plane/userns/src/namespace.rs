//! Making a task's user namespace with the network namespace that belongs to it.

use std::{
    ffi::CStr,
    fs::{self, File},
    io,
    os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd},
};

use nix::{
    errno::Errno,
    sys::{
        signal::{Signal, kill},
        wait::{WaitPidFlag, WaitStatus, waitpid},
    },
    unistd::Pid,
};

use crate::IdRange;

/// What each user may make within a user namespace of a task or an instance, however privileged it is there. Most of
/// these cost the machine more than the memory that is counted as the maker's, and their end takes locks that all share.
/// Root inside has no right to change them, and what is made in namespaces below counts too.
const LIMITS: [(&CStr, &[u8]); 9] = [
    (c"/proc/sys/user/max_user_namespaces", b"64"),
    (c"/proc/sys/user/max_net_namespaces", b"64"),
    (c"/proc/sys/user/max_mnt_namespaces", b"256"),
    (c"/proc/sys/user/max_pid_namespaces", b"256"),
    (c"/proc/sys/user/max_ipc_namespaces", b"256"),
    (c"/proc/sys/user/max_uts_namespaces", b"256"),
    (c"/proc/sys/user/max_cgroup_namespaces", b"256"),
    (c"/proc/sys/user/max_time_namespaces", b"64"),
    (c"/proc/sys/user/max_inotify_instances", b"1024"),
];

/// `NS_GET_USERNS` of `linux/nsfs.h`: the user namespace that another namespace belongs to.
const GET_OWNER: libc::c_ulong = 0xb701;

/// A new network namespace that belongs to a new user namespace with this range. Works in a process
/// of many threads: nothing of the caller changes.
pub fn network_namespace(range: IdRange) -> io::Result<OwnedFd> {
    let child = Holder::start()?;
    let of = |file: &str| format!("/proc/{}/{file}", child.0);
    // One entry: written whole or not at all. Groups may be set inside, since we are privileged.
    let map = format!("0 {} {}\n", range.first, range.count);
    fs::write(of("uid_map"), &map)?;
    fs::write(of("gid_map"), &map)?;
    Ok(File::open(of("ns/net"))?.into())
}

/// A user namespace by which a mount shows the numbers `from`, which are on its disk, as those of `to`; the host's root
/// stays what it is. Nobody is in it.
pub fn translation(from: IdRange, to: IdRange) -> io::Result<OwnedFd> {
    if from.count != to.count {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let child = Holder::start()?;
    let of = |file: &str| format!("/proc/{}/{file}", child.0);
    let map = format!("0 0 1\n{} {} {}\n", from.first, to.first, to.count);
    fs::write(of("uid_map"), &map)?;
    fs::write(of("gid_map"), &map)?;
    Ok(File::open(of("ns/user"))?.into())
}

/// The user namespace that a namespace belongs to.
pub fn owner_of(namespace: impl AsFd) -> io::Result<OwnedFd> {
    // SAFETY: takes a descriptor and a number; a success is a new descriptor of ours.
    let fd = Errno::result(unsafe { libc::ioctl(namespace.as_fd().as_raw_fd(), GET_OWNER) })?;
    // SAFETY: as above.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// A process that does nothing but be in the new namespaces. It ends when this is dropped.
struct Holder(Pid);

impl Holder {
    fn start() -> io::Result<Self> {
        let flags = libc::CLONE_NEWUSER | libc::CLONE_NEWNET | libc::SIGCHLD;
        // SAFETY: as fork, with a copy of the memory. Other threads may hold locks in that copy, so
        // the child takes none: it makes calls of the kernel and nothing else.
        let child = Errno::result(unsafe { libc::syscall(libc::SYS_clone, flags, 0, 0, 0, 0) })?;
        if child == 0 {
            // SAFETY: these take numbers. Sockets of the caller must not stay open here.
            unsafe {
                libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL, 0, 0, 0);
                libc::syscall(libc::SYS_close_range, 0, libc::c_uint::MAX, 0);
            }
            // The files show those of the namespace of whoever opens them.
            for (path, number) in LIMITS {
                // SAFETY: a C string and bytes that are there for good. A kernel that lacks one has no such limit.
                unsafe {
                    let file = libc::open(path.as_ptr(), libc::O_WRONLY | libc::O_CLOEXEC);
                    if file >= 0 {
                        libc::write(file, number.as_ptr().cast(), number.len());
                        libc::close(file);
                    }
                }
            }
            loop {
                // SAFETY: it stops itself, which says that it is ready, and waits until it is killed.
                unsafe { libc::syscall(libc::SYS_kill, libc::getpid(), libc::SIGSTOP) };
            }
        }
        let holder = Self(Pid::from_raw(child as i32));
        loop {
            match waitpid(holder.0, Some(WaitPidFlag::WUNTRACED)) {
                Ok(WaitStatus::Stopped(..)) => return Ok(holder),
                Err(Errno::EINTR) => {}
                Err(other) => return Err(other.into()),
                Ok(ended) => {
                    let text = format!("the holder of a namespace ended: {ended:?}");
                    return Err(io::Error::other(text));
                }
            }
        }
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        let _ = kill(self.0, Signal::SIGKILL);
        let _ = waitpid(self.0, None);
    }
}

#[cfg(test)]
mod tests {
    use nix::sched::{CloneFlags, setns, unshare};

    use super::*;

    #[test]
    fn a_network_namespace_belongs_to_a_user_namespace_with_the_range() {
        let range = IdRange {
            first: 0x4100_0000,
            count: 1 << 16,
        };
        let network = network_namespace(range).unwrap();
        let owner = owner_of(&network).unwrap();
        // A child, since threads cannot change their user namespace.
        // SAFETY: the child makes calls of the kernel, reads a file and ends.
        match unsafe { nix::unistd::fork() }.unwrap() {
            nix::unistd::ForkResult::Child => {
                let joined = setns(&owner, CloneFlags::CLONE_NEWUSER).is_ok();
                let map = fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
                let map: Vec<&str> = map.split_whitespace().collect();
                let fits = map == ["0", "1090519040", "65536"];
                let network = setns(&network, CloneFlags::CLONE_NEWNET).is_ok();
                let limit = fs::read_to_string("/proc/sys/user/max_net_namespaces");
                let limited = limit.is_ok_and(|text| text.trim() == "64");
                // Root inside makes as many and no more, of which one is there.
                let mut made = 1;
                while made < 100 && unshare(CloneFlags::CLONE_NEWNET).is_ok() {
                    // What nobody is in ends at once, unless somebody has it open.
                    std::mem::forget(File::open("/proc/self/ns/net"));
                    made += 1;
                }
                let bound = made == 64;
                // SAFETY: ends the process.
                unsafe { libc::_exit(i32::from(!(joined && fits && network && limited && bound))) }
            }
            nix::unistd::ForkResult::Parent { child } => {
                let ended = waitpid(child, None).unwrap();
                assert_eq!(ended, nix::sys::wait::WaitStatus::Exited(child, 0));
            }
        }
    }
}
