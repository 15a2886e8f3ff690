//! A terminal for a container or an exec, made from the container's own devpts.

use std::{
    fs::File,
    io::{IoSlice, IoSliceMut},
    os::{
        fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd},
        unix::fs::OpenOptionsExt,
    },
};

use nix::{
    cmsg_space,
    sys::socket::{
        AddressFamily, ControlMessage, ControlMessageOwned, MsgFlags, SockFlag, SockType, UnixAddr,
        recvmsg, sendmsg, socketpair,
    },
    unistd::{Uid, fchown, setsid},
};
use wharf_shim_protocol::Failure;

/// A pair over which the process inside sends the terminal's other side.
pub fn channel() -> nix::Result<(OwnedFd, OwnedFd)> {
    socketpair(
        AddressFamily::Unix,
        SockType::Datagram,
        None,
        SockFlag::SOCK_CLOEXEC,
    )
}

/// Inside the container: opens a terminal, makes it the standard streams, and sends its other side
/// away. Needs the rights of the container's root; [`take`] needs none.
pub fn open_inside(channel: &OwnedFd, uid: u32) -> Result<(), Failure> {
    open(channel, uid).map_err(failed)
}

/// Makes the terminal on standard input that of a session of this process's own.
pub fn take() -> Result<(), Failure> {
    // Already the head of a session in a container's first process.
    let _ = setsid();
    // SAFETY: takes a descriptor and a number.
    if unsafe { libc::ioctl(0, libc::TIOCSCTTY, 0) } != 0 {
        return Err(failed(std::io::Error::last_os_error()));
    }
    Ok(())
}

fn failed(error: std::io::Error) -> Failure {
    Failure::Process {
        step: "terminal".to_owned(),
        detail: error.to_string(),
    }
}

fn open(channel: &OwnedFd, uid: u32) -> std::io::Result<()> {
    let flags = libc::O_NOCTTY | libc::O_CLOEXEC;
    let open = |path: &str| {
        File::options()
            .read(true)
            .write(true)
            .custom_flags(flags)
            .open(path)
    };
    let main = open("/dev/pts/ptmx")?;
    let (mut unlock, mut number): (libc::c_int, libc::c_int) = (0, 0);
    // SAFETY: the requests take a pointer to an int, which outlives the calls.
    unsafe {
        if libc::ioctl(main.as_raw_fd(), libc::TIOCSPTLCK, &raw mut unlock) != 0
            || libc::ioctl(main.as_raw_fd(), libc::TIOCGPTN, &raw mut number) != 0
        {
            return Err(std::io::Error::last_os_error());
        }
    }
    let side = open(&format!("/dev/pts/{number}"))?;
    fchown(&side, Some(Uid::from_raw(uid)), None)?;
    for standard in 0..3 {
        // SAFETY: both descriptors are open; 0 to 2 are this process's standard streams.
        if unsafe { libc::dup2(side.as_raw_fd(), standard) } < 0 {
            return Err(std::io::Error::last_os_error());
        }
    }
    Ok(send(channel, main.as_fd())?)
}

/// Sends a descriptor over a channel; the receiver gets one of its own.
pub fn send(channel: &OwnedFd, what: BorrowedFd<'_>) -> nix::Result<()> {
    let fds = [what.as_raw_fd()];
    let rights = [ControlMessage::ScmRights(&fds)];
    sendmsg::<UnixAddr>(
        channel.as_raw_fd(),
        &[IoSlice::new(b"t")],
        &rights,
        MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL,
        None,
    )
    .map(drop)
}

/// In the shim: the terminal's other side, if it was sent.
pub fn receive(channel: &OwnedFd) -> Option<OwnedFd> {
    receive_fds(channel.as_fd().as_raw_fd(), &mut [0; 1])
        .ok()?
        .1
        .into_iter()
        .next()
}

/// Bytes and the descriptors that came with them, at most three, without waiting.
pub fn receive_fds(socket: RawFd, buffer: &mut [u8]) -> nix::Result<(usize, Vec<OwnedFd>)> {
    let mut space = cmsg_space!([RawFd; 3]);
    let mut parts = [IoSliceMut::new(buffer)];
    let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_CMSG_CLOEXEC;
    let message = recvmsg::<UnixAddr>(socket, &mut parts, Some(&mut space), flags)?;
    let mut fds = Vec::new();
    for control in message.cmsgs()? {
        if let ControlMessageOwned::ScmRights(received) = control {
            // SAFETY: the kernel has just given these descriptors to us.
            fds.extend(
                received
                    .into_iter()
                    .map(|fd| unsafe { OwnedFd::from_raw_fd(fd) }),
            );
        }
    }
    Ok((message.bytes, fds))
}
