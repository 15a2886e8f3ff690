//! How the agent speaks with the program: a connection for each request, whose sockets come with it.
//!
//! A message is its length, in four bytes, and JSON. The descriptors of listeners come with its first byte.

use std::{
    io::{self, IoSlice, IoSliceMut, Read as _, Write as _},
    os::{
        fd::{AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd, RawFd},
        unix::net::UnixStream,
    },
};

use nix::sys::socket::{ControlMessage, ControlMessageOwned, MsgFlags, UnixAddr, recvmsg, sendmsg};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::config::{Config, Place, Status};

/// Mount targets of a file system.
pub const MAX_PLACES: usize = 16;
const MAX_MESSAGE: usize = 16 << 20;

/// What the program is told first, by who starts it, with a descriptor of what it keeps open: its lock, or the image of its disk.
#[derive(Debug, Serialize, Deserialize)]
pub struct Begin {
    /// The files' folder may be made.
    pub may_make: bool,
    /// They lie on a disk of their own.
    pub on_disk: bool,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Request {
    /// That is how it is to be. The descriptors that come with it listen at these.
    Be {
        config: Box<Config>,
        listeners: Vec<Place>,
    },
    /// It ends.
    End,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    Status(Status),
    Failed(String),
}

pub fn send<T: Serialize>(to: &UnixStream, message: &T, fds: &[BorrowedFd<'_>]) -> io::Result<()> {
    let json = serde_json::to_vec(message)?;
    let length = u32::try_from(json.len()).map_err(io::Error::other)?;
    let raw: Vec<RawFd> = fds.iter().map(|it| it.as_raw_fd()).collect();
    let control = [ControlMessage::ScmRights(&raw)];
    let control = if raw.is_empty() {
        &[][..]
    } else {
        &control[..]
    };
    let head = length.to_be_bytes();
    let parts = [IoSlice::new(&head)];
    let sent = sendmsg::<UnixAddr>(to.as_raw_fd(), &parts, control, MsgFlags::empty(), None)?;
    let mut to = to;
    to.write_all(&head[sent..])?;
    to.write_all(&json)
}

pub fn receive<T: DeserializeOwned>(from: &UnixStream) -> io::Result<(T, Vec<OwnedFd>)> {
    let mut head = [0; 4];
    let mut fds = Vec::new();
    let mut room = nix::cmsg_space!([RawFd; MAX_PLACES]);
    let mut parts = [IoSliceMut::new(&mut head)];
    let flags = MsgFlags::MSG_CMSG_CLOEXEC;
    let message = recvmsg::<UnixAddr>(from.as_raw_fd(), &mut parts, Some(&mut room), flags)?;
    let read = message.bytes;
    for control in message.cmsgs()? {
        if let ControlMessageOwned::ScmRights(raw) = control {
            // SAFETY: the kernel just made them for this process.
            fds.extend(
                raw.into_iter()
                    .map(|it| unsafe { OwnedFd::from_raw_fd(it) }),
            );
        }
    }
    let mut from = from;
    from.read_exact(&mut head[read..])?;
    let length = u32::from_be_bytes(head) as usize;
    if length > MAX_MESSAGE {
        return Err(io::Error::other("a message is too long"));
    }
    // Read as it comes: nothing is allocated for a length alone.
    let mut json = Vec::new();
    let read = from.take(length as u64).read_to_end(&mut json)?;
    if read < length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok((serde_json::from_slice(&json)?, fds))
}
