//! Listening sockets that outlive this process: whoever supervises it holds them, and the next one
//! takes them over with the connections that wait there.
//!
//! A socket is known by its [`Spot`], which is always read from the kernel: a socket of a namespace
//! that is gone, or that was made anew under its old path, is never listened at.

use std::{
    collections::HashMap,
    fmt, io,
    net::SocketAddr,
    os::fd::{AsRawFd, BorrowedFd, OwnedFd},
    sync::Arc,
};

use nix::sys::socket::{SockaddrStorage, getsockname, getsockopt, sockopt};

use crate::{endpoint::Place, netns::Identity, ports::Ports};

/// Where a socket listens: the network namespace and the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Spot {
    namespace: Identity,
    address: SocketAddr,
}

impl Spot {
    /// Where a socket for the place would listen now.
    pub fn of(place: &Place) -> io::Result<Self> {
        Ok(Self {
            namespace: Identity::of(&place.origin)?,
            address: place.address,
        })
    }

    /// Where a socket listens.
    fn of_listening(socket: &OwnedFd) -> io::Result<Self> {
        if !getsockopt(socket, sockopt::AcceptConn)? {
            return Err(io::Error::other("it does not listen"));
        }
        let name: SockaddrStorage = getsockname(socket.as_raw_fd())?;
        let v4 = name.as_sockaddr_in().map(|it| SocketAddr::V4((*it).into()));
        let v6 = || {
            name.as_sockaddr_in6()
                .map(|it| SocketAddr::V6((*it).into()))
        };
        let address = v4.or_else(v6);
        Ok(Self {
            namespace: Identity::of_socket(socket)?,
            address: address.ok_or_else(|| io::Error::other("it is of no IP family"))?,
        })
    }
}

/// The name under which it is held.
impl fmt::Display for Spot {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.namespace, self.address)
    }
}

/// Holds listening sockets beyond the life of this process.
pub trait Hold: Send + Sync {
    /// The sockets that the process before this one had handed over. Asked once, at the start.
    fn inherited(&self) -> Vec<OwnedFd>;

    /// Hands a listening socket over, in the place of one of the same spot.
    ///
    /// # Errors
    /// It is not held: it ends with this process.
    fn hold(&self, spot: &Spot, socket: BorrowedFd<'_>) -> io::Result<()>;

    /// Lets go of a socket, which frees its address.
    ///
    /// # Errors
    /// It may still be held.
    fn let_go(&self, spot: &Spot) -> io::Result<()>;

    /// Lets go of all inherited sockets that were not handed over anew.
    ///
    /// # Errors
    /// They may still be held.
    fn settle(&self) -> io::Result<()>;
}

pub type Holder = Arc<dyn Hold>;

/// Nobody holds anything: sockets end with this process.
#[derive(Debug, Clone, Copy)]
pub struct HoldNothing;

impl Hold for HoldNothing {
    fn inherited(&self) -> Vec<OwnedFd> {
        Vec::new()
    }

    fn hold(&self, _: &Spot, _: BorrowedFd<'_>) -> io::Result<()> {
        Ok(())
    }

    fn let_go(&self, _: &Spot) -> io::Result<()> {
        Ok(())
    }

    fn settle(&self) -> io::Result<()> {
        Ok(())
    }
}

/// What a process before this one left, until an endpoint takes it.
#[derive(Debug, Default)]
pub struct Inheritance(HashMap<Spot, OwnedFd>);

impl Inheritance {
    /// Takes over what can be used; the rest is let go when this process has settled.
    pub fn take_over(holder: &dyn Hold, ports: &Ports) -> Self {
        let mut usable = HashMap::new();
        for socket in holder.inherited() {
            match Spot::of_listening(&socket) {
                Ok(spot) => {
                    ports.own(&socket);
                    usable.insert(spot, socket);
                }
                Err(error) => {
                    tracing::warn!(%error, "failed to use a socket inherited from the supervisor")
                }
            }
        }
        Self(usable)
    }

    /// The socket for a place in the namespace that the place names now.
    pub fn take(&mut self, place: &Place) -> Option<(Spot, OwnedFd)> {
        if self.0.is_empty() {
            return None;
        }
        let spot = Spot::of(place).ok()?;
        let socket = self.0.remove(&spot)?;
        Some((spot, socket))
    }
}
