//! Listening sockets: one door per address and port, with the listeners that answer there.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd},
    rc::Rc,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwap;
use tokio::{
    io::{Interest, unix::AsyncFd},
    sync::Semaphore,
    time::{Instant, MissedTickBehavior},
};
use tokio_util::sync::CancellationToken;

use crate::{
    closed::ClosedDoors,
    config::table::DoorTable,
    hold::{Hold, Holder, Spot},
    netns::{Origin, Sockets},
    worker::{Worker, Workers},
};

/// Connections that may wait to be accepted.
const BACKLOG: i32 = 4096;
/// Between attempts to take an address that another process holds or that is not there yet.
const RETRY_FIRST: Duration = Duration::from_millis(50);
const RETRY_MOST: Duration = Duration::from_secs(5);
/// An address may come a moment after its load balancer; later it is worth a word.
const CLOSED_AFTER: Duration = Duration::from_secs(1);
/// Between looks whether a namespace is still the same.
const LOOK_EVERY: Duration = Duration::from_secs(1);
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
    /// Where its socket is held.
    held: Mutex<Option<Spot>>,
}

impl Door {
    pub fn new(place: Place, table: DoorTable) -> Self {
        Self {
            place,
            table: ArcSwap::from_pointee(table),
            closed: AtomicBool::new(false),
            held: Mutex::new(None),
        }
    }

    /// This process accepts no more here: its connections end after the request under way.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
    }

    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    /// No longer configured: closed for good, for the next process too.
    pub fn abandon(&self, holder: &dyn Hold) {
        // Closed before the lock is taken, so that no socket is handed over afterwards.
        self.close();
        self.let_go(holder);
    }

    /// Has the socket held while it is wanted.
    fn hold(&self, holder: &dyn Hold, spot: Spot, socket: &OwnedFd) {
        let mut held = self.held();
        if self.is_closed() {
            return;
        }
        match holder.hold(&spot, socket.as_fd()) {
            Ok(()) => *held = Some(spot),
            Err(error) => {
                tracing::warn!(address = %self.place.address, %error, "a socket ends with this process");
            }
        }
    }

    fn let_go(&self, holder: &dyn Hold) {
        if let Some(spot) = self.held().take()
            && let Err(error) = holder.let_go(&spot)
        {
            tracing::warn!(address = %self.place.address, %error, "an address is not free yet");
        }
    }

    fn held(&self) -> MutexGuard<'_, Option<Spot>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What accepting takes.
#[derive(Clone)]
pub struct Porter {
    pub sockets: Sockets,
    pub holder: Holder,
    pub closed: ClosedDoors,
    pub workers: Workers,
    /// Connections that may be open.
    pub room: Arc<Semaphore>,
}

impl Porter {
    /// Listens at the door, with the socket of the process before this one if there is one, and
    /// has the workers accept there, until aborted.
    pub async fn attend(self, door: Arc<Door>, inherited: Option<(Spot, OwnedFd)>) {
        let mut inherited = inherited;
        loop {
            let (spot, listening) = match inherited.take() {
                Some(inherited) => inherited,
                None => self.listen(&door.place).await,
            };
            door.hold(&*self.holder, spot, &listening);
            let end = CancellationToken::new();
            let _ends_with_us = end.clone().drop_guard();
            let shift = Shift {
                door: Arc::clone(&door),
                room: Arc::clone(&self.room),
                workers: self.workers.clone(),
                end,
            };
            if let Err(error) = self.workers.attend(&listening, &shift) {
                tracing::error!(address = %door.place.address, %error, "nobody accepts connections");
            }
            drop((shift, listening));
            moved(&door.place, spot).await;
            tracing::warn!(address = %door.place.address, "the network namespace is another; listening anew");
            door.let_go(&*self.holder);
        }
    }

    /// Tries until it has the address.
    async fn listen(&self, place: &Place) -> (Spot, OwnedFd) {
        let began = Instant::now();
        let mut pause = RETRY_FIRST;
        let mut closed = None;
        loop {
            let error = match self.try_listen(place).await {
                Ok(listening) => return listening,
                Err(error) => error,
            };
            if closed.is_none() && began.elapsed() >= CLOSED_AFTER {
                tracing::warn!(address = %place.address, %error, "cannot listen; trying again");
                closed = Some(self.closed.add(place, &error));
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(RETRY_MOST);
        }
    }

    async fn try_listen(&self, place: &Place) -> io::Result<(Spot, OwnedFd)> {
        let spot = Spot::of(place)?;
        let socket = self.sockets.tcp(&place.origin, place.address.ip()).await?;
        bind(&socket, place.address)?;
        Ok((spot, socket))
    }
}

/// Binds and listens.
fn bind(socket: &OwnedFd, address: SocketAddr) -> io::Result<()> {
    use nix::sys::socket::{Backlog, SockaddrStorage, bind, listen, setsockopt, sockopt};
    setsockopt(socket, sockopt::ReuseAddr, &true)?;
    bind(socket.as_raw_fd(), &SockaddrStorage::from(address))?;
    Ok(listen(socket, Backlog::new(BACKLOG)?)?)
}

/// Returns once the place is no longer where the spot is: its namespace is gone, or another one
/// was made in its stead. The socket would keep the old one alive, unreachable for everybody.
async fn moved(place: &Place, spot: Spot) {
    let mut looks = tokio::time::interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while Spot::of(place).is_ok_and(|now| now == spot) {
        looks.tick().await;
    }
}

/// What a worker needs to accept at a door.
#[derive(Clone)]
pub struct Shift {
    pub door: Arc<Door>,
    /// Connections that may be open.
    room: Arc<Semaphore>,
    workers: Workers,
    /// The door closes.
    end: CancellationToken,
}

impl Shift {
    /// Accepts on a worker's thread until the door closes. All workers do, each with a descriptor
    /// of its own; who accepts keeps the connection unless another worker has fewer.
    pub async fn work(self, worker: Rc<Worker>, listening: OwnedFd) {
        let closed = self.end.clone();
        tokio::select! {
            () = closed.cancelled() => {}
            Err(error) = self.accept_all(worker, listening) => {
                tracing::error!(address = %self.door.place.address, %error, "a worker cannot accept connections");
            }
        }
    }

    async fn accept_all(&self, worker: Rc<Worker>, listening: OwnedFd) -> io::Result<()> {
        // SAFETY: an OwnedFd is open and the same descriptor until it is dropped.
        let listening = unsafe { AsyncFd::register_with_interest(listening, Interest::READABLE) }?;
        loop {
            let room = Arc::clone(&self.room).acquire_owned().await;
            let room = room.map_err(io::Error::other)?;
            match accept(&listening).await {
                Ok(connection) => {
                    let door = Arc::clone(&self.door);
                    self.workers.serve(&worker, connection, door, room);
                }
                Err(error) if is_of_peer(&error) => {}
                Err(error) => {
                    tracing::warn!(address = %self.door.place.address, %error, "cannot accept connections");
                    tokio::time::sleep(EXHAUSTED).await;
                }
            }
        }
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
