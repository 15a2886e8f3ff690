//! The part's side: hands the load balancers' sockets over and takes them back.

use std::{
    io,
    os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd},
};

use nix::{
    errno::Errno,
    fcntl::{FcntlArg, FdFlag, fcntl},
    sys::{
        socket::{MsgFlags, setsockopt, sockopt},
        time::TimeVal,
    },
};
use wharf_lb::{Hold, Spot};

use super::{END, HOLD, LET_GO, SETTLE, SOCKETS, packet};

/// For a supervisor that does not read. Its queue is hundreds of messages long.
const PATIENCE_S: i64 = 1;

/// The connection to the supervisor.
pub struct Keeper {
    channel: OwnedFd,
}

impl Keeper {
    /// Takes over the descriptor that the supervisor named.
    ///
    /// # Errors
    /// It is none, or no socket.
    pub fn of_descriptor(number: RawFd) -> io::Result<Self> {
        // SAFETY: only asks about the number, whatever it is.
        let named = unsafe { BorrowedFd::borrow_raw(number) };
        fcntl(named, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC))?;
        // SAFETY: it is open, the supervisor made it for this process alone, and it is taken over
        // here exactly once, at start.
        Self::new(unsafe { OwnedFd::from_raw_fd(number) })
    }

    pub(super) fn new(channel: OwnedFd) -> io::Result<Self> {
        let patience = TimeVal::new(PATIENCE_S, 0);
        setsockopt(&channel, sockopt::SendTimeout, &patience)?;
        Ok(Self { channel })
    }

    fn tell(&self, kind: u8, name: &str, descriptors: &[RawFd]) -> io::Result<()> {
        let mut message = Vec::with_capacity(1 + name.len());
        message.push(kind);
        message.extend(name.as_bytes());
        let flags = MsgFlags::empty();
        Ok(packet::send(
            self.channel.as_fd(),
            &message,
            descriptors,
            flags,
        )?)
    }
}

impl Hold for Keeper {
    /// All of it was sent before this process began.
    fn inherited(&self) -> Vec<OwnedFd> {
        let mut sockets = Vec::new();
        loop {
            let mut kind = [0; 1];
            match packet::receive(self.channel.as_fd(), &mut kind) {
                Ok(Some(packet)) if packet.whole && kind == [SOCKETS] => {
                    sockets.extend(packet.descriptors);
                }
                Ok(Some(_)) if kind == [END] => return sockets,
                Err(Errno::EINTR) => {}
                other => {
                    tracing::error!(?other, "failed to take over the supervisor's sockets");
                    return sockets;
                }
            }
        }
    }

    fn hold(&self, spot: &Spot, socket: BorrowedFd<'_>) -> io::Result<()> {
        self.tell(HOLD, &spot.to_string(), &[socket.as_raw_fd()])
    }

    fn let_go(&self, spot: &Spot) -> io::Result<()> {
        self.tell(LET_GO, &spot.to_string(), &[])
    }

    fn settle(&self) -> io::Result<()> {
        self.tell(SETTLE, "", &[])
    }
}
