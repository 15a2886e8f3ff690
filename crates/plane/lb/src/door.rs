//! Listening sockets: one door per address and port, with the listeners that answer there.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    os::fd::{AsRawFd, FromRawFd, OwnedFd},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwap;
use tokio::{
    io::{Interest, unix::AsyncFd},
    sync::Semaphore,
};

use crate::{
    config::table::DoorTable,
    netns::{Origin, Sockets},
    worker::Workers,
};

/// Connections that may wait to be accepted.
const BACKLOG: i32 = 4096;
/// Between attempts to take an address that another process holds or that is not there yet.
const RETRY_FIRST: Duration = Duration::from_millis(50);
const RETRY_MOST: Duration = Duration::from_secs(5);
/// After running out of descriptors or memory.
const EXHAUSTED: Duration = Duration::from_millis(100);

/// Where a door is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Place {
    pub origin: Origin,
    pub address: SocketAddr,
}

impl Place {
    pub fn new(origin: Origin, ip: IpAddr, port: u16) -> Self {
        let address = SocketAddr::new(ip, port);
        Self { origin, address }
    }
}

/// A listening address with its listeners, shared by its connections.
#[derive(Debug)]
pub struct Door {
    pub place: Place,
    pub table: ArcSwap<DoorTable>,
    closed: AtomicBool,
}

impl Door {
    pub fn new(place: Place, table: DoorTable) -> Self {
        Self {
            place,
            table: ArcSwap::from_pointee(table),
            closed: AtomicBool::new(false),
        }
    }

    /// No longer configured: its connections end after the request under way.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
    }

    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }
}

/// Makes listening sockets. A supervisor that hands sockets down to its
/// successor puts another implementation here.
pub trait Listen: Send + Sync {
    /// Binds and listens. The socket does not block and is in the right namespace.
    fn listen(&self, socket: OwnedFd, address: SocketAddr) -> io::Result<OwnedFd>;
}

pub type Bind = Arc<dyn Listen>;

/// Binds anew.
#[derive(Debug, Clone, Copy)]
pub struct BindSockets;

impl Listen for BindSockets {
    fn listen(&self, socket: OwnedFd, address: SocketAddr) -> io::Result<OwnedFd> {
        use nix::sys::socket::{Backlog, SockaddrStorage, bind, listen, setsockopt, sockopt};
        setsockopt(&socket, sockopt::ReuseAddr, &true)?;
        bind(socket.as_raw_fd(), &SockaddrStorage::from(address))?;
        listen(&socket, Backlog::new(BACKLOG)?)?;
        Ok(socket)
    }
}

/// What accepting takes.
#[derive(Clone)]
pub struct Porter {
    pub sockets: Sockets,
    pub bind: Bind,
    pub workers: Workers,
    /// Connections that may be open.
    pub room: Arc<Semaphore>,
}

impl Porter {
    /// Listens at the door and hands its connections to workers, until aborted.
    pub async fn attend(self, door: Arc<Door>) {
        let listening = self.listen(&door.place).await;
        loop {
            let Ok(room) = Arc::clone(&self.room).acquire_owned().await else {
                return;
            };
            match accept(&listening).await {
                Ok(connection) => self.workers.serve(connection, Arc::clone(&door), room),
                Err(error) if is_of_peer(&error) => {}
                Err(error) => {
                    tracing::warn!(address = %door.place.address, %error, "cannot accept connections");
                    tokio::time::sleep(EXHAUSTED).await;
                }
            }
        }
    }

    /// Tries until it has the address.
    async fn listen(&self, place: &Place) -> AsyncFd<OwnedFd> {
        let mut pause = RETRY_FIRST;
        loop {
            let error = match self.try_listen(place).await {
                Ok(listening) => return listening,
                Err(error) => error,
            };
            if pause == RETRY_FIRST {
                tracing::warn!(address = %place.address, %error, "cannot listen; trying again");
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(RETRY_MOST);
        }
    }

    async fn try_listen(&self, place: &Place) -> io::Result<AsyncFd<OwnedFd>> {
        let socket = self.sockets.tcp(&place.origin, place.address.ip()).await?;
        let listening = self.bind.listen(socket, place.address)?;
        // SAFETY: an OwnedFd is open and the same descriptor until it is dropped.
        Ok(unsafe { AsyncFd::register_with_interest(listening, Interest::READABLE) }?)
    }
}

async fn accept(listening: &AsyncFd<OwnedFd>) -> io::Result<OwnedFd> {
    use nix::sys::socket::{SockFlag, accept4};
    loop {
        let mut ready = listening.readable().await?;
        let accepted = ready.try_io(|listening| {
            let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
            let fd = accept4(listening.as_raw_fd(), flags)?;
            // SAFETY: accept4 just made it and nobody else knows it.
            Ok(unsafe { OwnedFd::from_raw_fd(fd) })
        });
        if let Ok(accepted) = accepted {
            return accepted;
        }
    }
}

/// Errors that accept(2) passes on from the connection; the listening socket is fine.
fn is_of_peer(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::Interrupted
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
    )
}
