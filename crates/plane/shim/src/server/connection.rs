//! Connections of those who ask, and what they are answered.

use std::{
    io::{self, Write as _},
    os::{
        fd::{AsRawFd as _, OwnedFd},
        unix::net::UnixStream,
    },
};

use nix::errno::Errno;
use wharf_shim_protocol::{
    Envelope, Failure, Reply,
    frame::{self, Assembler},
};

use crate::tty::receive_fds;

/// A connection whose request has not arrived completely.
pub(super) struct Connection {
    pub socket: UnixStream,
    pub assembler: Assembler,
    pub streams: Vec<OwnedFd>,
}

impl Connection {
    /// The request, once it is there. The other side's end is [`io::ErrorKind::UnexpectedEof`].
    pub(super) fn read(&mut self) -> io::Result<Option<Envelope>> {
        let mut buffer = [0; 8192];
        loop {
            match receive_fds(self.socket.as_raw_fd(), &mut buffer) {
                Ok((0, _)) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok((len, streams)) => {
                    self.streams.extend(streams);
                    self.assembler.push(&buffer[..len]);
                }
                Err(Errno::EAGAIN) => return Ok(None),
                Err(Errno::EINTR) => continue,
                Err(e) => return Err(e.into()),
            }
            if let Some(envelope) = self.assembler.next_frame()? {
                return Ok(Some(envelope));
            }
        }
    }
}

pub(super) fn done(_: ()) -> Reply {
    Reply::Done
}

pub(super) fn failed(failure: Failure) -> Reply {
    Reply::Failed { failure }
}

/// Whoever asked may be gone; then nobody is told.
pub(super) fn send(socket: &UnixStream, reply: &Reply) {
    let _ = try_send(socket, reply);
}

/// Without waiting: replies fit into a socket's buffer, and one that is full has no reader.
pub(super) fn try_send(mut socket: &UnixStream, reply: &Reply) -> io::Result<()> {
    socket.write_all(&frame::encode(reply)?)
}
