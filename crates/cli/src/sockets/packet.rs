//! Packets with descriptors.
//!
//! Receiving is done with the C library itself: whatever came and however little of it fits, each
//! descriptor must end up owned, which nix leaves out when something was cut off.

use std::{
    io::IoSlice,
    mem,
    os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd},
    ptr,
};

use nix::{
    errno::Errno,
    libc,
    sys::socket::{ControlMessage, MsgFlags, sendmsg},
};

/// Most descriptors that the kernel puts into one packet, SCM_MAX_FD.
const MOST_FROM_KERNEL: usize = 253;
const HEADER: usize = mem::size_of::<libc::cmsghdr>();
/// In words, so that it is aligned: the header is two of them.
const WORDS: usize = (HEADER + MOST_FROM_KERNEL * mem::size_of::<RawFd>()).div_ceil(8);

/// What came in one packet.
#[derive(Debug)]
pub struct Packet {
    /// Bytes of the buffer that were filled.
    pub length: usize,
    /// Nothing was cut off.
    pub whole: bool,
    pub descriptors: Vec<OwnedFd>,
}

/// Receives one packet without waiting; `None` at the end of the connection.
pub fn receive(channel: BorrowedFd<'_>, buffer: &mut [u8]) -> nix::Result<Option<Packet>> {
    let mut control = [0_u64; WORDS];
    let mut part = libc::iovec {
        iov_base: buffer.as_mut_ptr().cast(),
        iov_len: buffer.len(),
    };
    // SAFETY: msghdr is plain numbers and pointers, for which zero is a value.
    let mut header: libc::msghdr = unsafe { mem::zeroed() };
    header.msg_iov = &raw mut part;
    header.msg_iovlen = 1;
    header.msg_control = control.as_mut_ptr().cast();
    header.msg_controllen = mem::size_of_val(&control);
    let flags = libc::MSG_DONTWAIT | libc::MSG_CMSG_CLOEXEC;
    // SAFETY: the header's pointers lead to memory of the lengths that stand beside them.
    let length = unsafe { libc::recvmsg(channel.as_raw_fd(), &raw mut header, flags) };
    let length = Errno::result(length)?;
    let descriptors = descriptors(&header);
    if length == 0 && descriptors.is_empty() {
        return Ok(None);
    }
    Ok(Some(Packet {
        length: usize::try_from(length).unwrap_or(0),
        whole: header.msg_flags & (libc::MSG_TRUNC | libc::MSG_CTRUNC) == 0,
        descriptors,
    }))
}

/// Takes the descriptors out of a header that recvmsg has filled.
fn descriptors(header: &libc::msghdr) -> Vec<OwnedFd> {
    let mut descriptors = Vec::new();
    // SAFETY: the kernel has filled `msg_controllen` bytes of the control buffer with messages;
    // these functions stay within them.
    let mut at = unsafe { libc::CMSG_FIRSTHDR(header) };
    while !at.is_null() {
        // SAFETY: not null, so it is a header within the buffer, which is aligned for it.
        let control = unsafe { &*at };
        if control.cmsg_level == libc::SOL_SOCKET && control.cmsg_type == libc::SCM_RIGHTS {
            let count = control.cmsg_len.saturating_sub(HEADER) / mem::size_of::<RawFd>();
            for number in 0..count {
                // SAFETY: within the message's data. The descriptors were just made for this
                // process and nobody else knows them.
                let fd = unsafe {
                    let data = libc::CMSG_DATA(at).cast::<RawFd>();
                    OwnedFd::from_raw_fd(ptr::read_unaligned(data.add(number)))
                };
                descriptors.push(fd);
            }
        }
        // SAFETY: as above.
        at = unsafe { libc::CMSG_NXTHDR(header, at) };
    }
    descriptors
}

/// Sends one packet.
pub fn send(
    channel: BorrowedFd<'_>,
    bytes: &[u8],
    descriptors: &[RawFd],
    flags: MsgFlags,
) -> nix::Result<()> {
    let rights = [ControlMessage::ScmRights(descriptors)];
    let control = if descriptors.is_empty() {
        &[][..]
    } else {
        &rights[..]
    };
    let flags = flags | MsgFlags::MSG_NOSIGNAL;
    let parts = [IoSlice::new(bytes)];
    // A packet goes as a whole or not at all.
    sendmsg::<()>(channel.as_raw_fd(), &parts, control, flags, None).map(drop)
}
