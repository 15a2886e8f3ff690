//! Listening sockets: one endpoint per address and port, with the listeners that answer there.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd},
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwap;
use nix::sys::socket::SockaddrStorage;
use parking_lot::{Mutex, MutexGuard};
use tokio::{
    io::{Interest, unix::AsyncFd},
    time::{Instant, MissedTickBehavior},
};
use tokio_util::sync::CancellationToken;
use wharf_base::Backoff;

use crate::{
    config::table::{EndpointTable, ListenerTable},
    hold::{Hold, Holder, Spot},
    netns::{Origin, Sockets},
    ports::Ports,
    rooms::{Owner, Rooms},
    stream::datagrams::Attendance,
    unbound::{Unbound, UnboundEndpoints},
    worker::{Worker, Workers},
};

/// Connections that may wait to be accepted.
const BACKLOG: i32 = 4096;
/// The first pause between attempts to listen.
const RETRY_FIRST: Duration = Duration::from_millis(50);
/// An address may come a moment after its load balancer; later it is worth a word.
const CLOSED_AFTER: Duration = Duration::from_secs(1);
/// Between looks whether a namespace is still the same.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// After running out of descriptors or memory.
const EXHAUSTED: Duration = Duration::from_millis(100);

/// Where an endpoint is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Place {
    pub origin: Origin,
    pub address: SocketAddr,
    /// Datagrams come there, no connections.
    pub datagrams: bool,
}

impl Place {
    pub fn new(origin: Origin, ip: IpAddr, port: u16) -> Self {
        let address = SocketAddr::new(ip, port);
        Self {
            origin,
            address,
            datagrams: false,
        }
    }

    /// The same address for datagrams.
    pub fn of_datagrams(self) -> Self {
        Self {
            datagrams: true,
            ..self
        }
    }
}

/// A listening address with its listeners, shared by its connections.
#[derive(Debug)]
pub struct Endpoint {
    pub place: Place,
    pub table: ArcSwap<EndpointTable>,
    closed: AtomicBool,
    abandoned: AtomicBool,
    /// Where its socket is held.
    held: Mutex<Option<Spot>>,
}

impl Endpoint {
    pub fn new(place: Place, table: EndpointTable) -> Self {
        Self {
            place,
            table: ArcSwap::from_pointee(table),
            closed: AtomicBool::new(false),
            abandoned: AtomicBool::new(false),
            held: Mutex::new(None),
        }
    }

    /// Whether a listener of this endpoint takes connections of a peer. Inside its VPC the rules of its
    /// namespace have said so already; those of other VPCs, from where VPC endpoints lead to it, know
    /// nothing of its groups.
    pub fn admits(&self, listener: &ListenerTable, peer: IpAddr) -> bool {
        self.is_in_its_vpc(listener) || listener.admits(peer)
    }

    /// The same of a peer's datagrams.
    pub fn admits_datagrams(&self, listener: &ListenerTable, peer: IpAddr) -> bool {
        self.is_in_its_vpc(listener) || listener.admits_datagrams(peer)
    }

    fn is_in_its_vpc(&self, listener: &ListenerTable) -> bool {
        self.place.origin != Origin::Host && self.place.origin == listener.home
    }

    /// Whether any of its listeners does.
    fn admits_any(&self, peer: IpAddr) -> bool {
        let table = self.table.load();
        let mut listeners = table.listeners.iter();
        listeners.any(|it| self.admits(it, peer))
    }

    /// Whose share of connections those at this endpoint are. Where several listen, nobody knows
    /// before the request: they share one.
    fn owner(&self) -> Owner {
        match &self.table.load().listeners[..] {
            [only] => Arc::clone(&only.owner),
            _ => self.place.address.to_string().into(),
        }
    }

    /// This process accepts no more here: its connections end after the request under way.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
    }

    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    /// Its address is no longer this host's: closed for the next process too. Flows go on.
    pub fn leave(&self, holder: &dyn Hold) {
        // Closed before the lock is taken, so that no socket is handed over afterwards.
        self.close();
        self.let_go(holder);
    }

    /// No longer configured: left, and its flows end.
    pub fn abandon(&self, holder: &dyn Hold) {
        self.abandoned.store(true, Ordering::Relaxed);
        self.leave(holder);
    }

    /// Whether its listeners are gone: a flow that has no end of its own ends with them.
    pub fn is_abandoned(&self) -> bool {
        self.abandoned.load(Ordering::Relaxed)
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
                tracing::warn!(address = %self.place.address, %error, "failed to hand a socket to the supervisor; it closes when this process ends");
            }
        }
    }

    fn let_go(&self, holder: &dyn Hold) {
        if let Some(spot) = self.held().take()
            && let Err(error) = holder.let_go(&spot)
        {
            tracing::warn!(address = %self.place.address, %error, "address still in use; will retry");
        }
    }

    fn held(&self) -> MutexGuard<'_, Option<Spot>> {
        self.held.lock()
    }
}

/// What accepting takes.
#[derive(Clone)]
pub struct Porter {
    pub sockets: Sockets,
    pub holder: Holder,
    pub closed: UnboundEndpoints,
    pub workers: Workers,
    pub ports: Ports,
    /// Connections that may be open.
    pub rooms: Rooms,
    /// The longest between attempts to listen.
    pub listen_pause: Duration,
}

impl Porter {
    /// Listens at the endpoint, with the socket of the process before this one if there is one, and
    /// has the workers accept there, until aborted.
    pub async fn attend(self, endpoint: Arc<Endpoint>, inherited: Option<(Spot, OwnedFd)>) {
        let mut inherited = inherited;
        loop {
            let (spot, listening) = match inherited.take() {
                Some(inherited) => inherited,
                None => self.listen(&endpoint.place).await,
            };
            self.ports.own(&listening);
            endpoint.hold(&*self.holder, spot, &listening);
            let end = CancellationToken::new();
            let _ends_with_us = end.clone().drop_guard();
            let shift = Shift {
                endpoint: Arc::clone(&endpoint),
                rooms: self.rooms.clone(),
                workers: self.workers.clone(),
                end,
            };
            if let Err(error) = self.workers.attend(&listening, &shift) {
                tracing::error!(address = %endpoint.place.address, %error, "failed to start accepting connections on a listener");
            }
            drop((shift, listening));
            moved(&endpoint.place, spot).await;
            tracing::warn!(address = %endpoint.place.address, "network namespace changed; listening again");
            endpoint.let_go(&*self.holder);
        }
    }

    /// Has a worker read datagrams at the endpoint, until aborted.
    pub async fn attend_datagrams(self, endpoint: Arc<Endpoint>) {
        loop {
            let (spot, socket) = self.listen(&endpoint.place).await;
            let end = CancellationToken::new();
            let _ends_with_us = end.clone().drop_guard();
            let attendance = Attendance {
                endpoint: Arc::clone(&endpoint),
                rooms: self.rooms.clone(),
                end,
            };
            self.workers.read(socket, attendance);
            moved(&endpoint.place, spot).await;
            tracing::warn!(address = %endpoint.place.address, "network namespace changed; reading datagrams again");
        }
    }

    /// Tries until it has the address.
    async fn listen(&self, place: &Place) -> (Spot, OwnedFd) {
        let began = Instant::now();
        let mut backoff = Backoff::steady(RETRY_FIRST, self.listen_pause);
        // Shown to people while it holds, with its reason.
        let mut closed: Option<(String, Unbound)> = None;
        loop {
            let refused = self.ports.refuses(place);
            let known = refused.is_some();
            let reason = match refused {
                Some(reason) => reason,
                None => match self.try_listen(place).await {
                    Ok(listening) => return listening,
                    Err(error) => self.reason(place, &error),
                },
            };
            let shown = closed.as_ref().is_some_and(|(shown, _)| *shown == reason);
            if !shown && (known || began.elapsed() >= CLOSED_AFTER) {
                tracing::warn!(address = %place.address, reason, "failed to listen on an address; will retry");
                // The entry goes with its holder, so the old one goes first.
                drop(closed.take());
                closed = Some((reason.clone(), self.closed.add(place, reason)));
            }
            tokio::time::sleep(backoff.wait()).await;
        }
    }

    /// Why it cannot listen, for people. Of a port that somebody has, it is found out whether that
    /// is another program, which then keeps it.
    fn reason(&self, place: &Place, error: &io::Error) -> String {
        match error.kind() {
            io::ErrorKind::AddrInUse => {
                self.ports.conflict(place);
                "the port is in use".to_owned()
            }
            io::ErrorKind::AddrNotAvailable => "this machine has no such address".to_owned(),
            _ => error.to_string(),
        }
    }

    async fn try_listen(&self, place: &Place) -> io::Result<(Spot, OwnedFd)> {
        let spot = Spot::of(place)?;
        let (origin, ip) = (&place.origin, place.address.ip());
        if place.datagrams {
            let socket = self.sockets.udp(origin, ip).await?;
            let address = SockaddrStorage::from(place.address);
            nix::sys::socket::bind(socket.as_raw_fd(), &address)?;
            return Ok((spot, socket));
        }
        let socket = self.sockets.tcp(origin, ip).await?;
        bind(&socket, place.address)?;
        Ok((spot, socket))
    }
}

/// Binds and listens.
fn bind(socket: &OwnedFd, address: SocketAddr) -> io::Result<()> {
    use nix::sys::socket::{Backlog, bind, listen, setsockopt, sockopt};
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

/// What a worker needs to accept at an endpoint.
#[derive(Clone)]
pub struct Shift {
    pub endpoint: Arc<Endpoint>,
    rooms: Rooms,
    workers: Workers,
    /// The endpoint closes.
    end: CancellationToken,
}

impl Shift {
    /// Accepts on a worker's thread until the endpoint closes. All workers do, each with a descriptor
    /// of its own; who accepts keeps the connection unless another worker has fewer.
    pub async fn work(self, worker: Rc<Worker>, listening: OwnedFd) {
        let closed = self.end.clone();
        tokio::select! {
            () = closed.cancelled() => {}
            Err(error) = self.accept_all(worker, listening) => {
                tracing::error!(address = %self.endpoint.place.address, %error, "worker failed to accept connections");
            }
        }
    }

    async fn accept_all(&self, worker: Rc<Worker>, listening: OwnedFd) -> io::Result<()> {
        // SAFETY: an OwnedFd is open and the same descriptor until it is dropped.
        let listening = unsafe { AsyncFd::register_with_interest(listening, Interest::READABLE) }?;
        loop {
            match accept(&listening).await {
                Ok(connection) => self.take(&worker, connection).await,
                Err(error) if is_of_peer(&error) => {}
                Err(error) => {
                    tracing::warn!(address = %self.endpoint.place.address, %error, "failed to accept connections");
                    tokio::time::sleep(EXHAUSTED).await;
                }
            }
        }
    }
}

impl Shift {
    /// Serves a connection if its peer may have one; else it is reset before a byte is read.
    async fn take(&self, worker: &Rc<Worker>, connection: OwnedFd) {
        // A peer that has left already is nobody's.
        let Some(peer) = peer_of(&connection) else {
            return;
        };
        if !self.endpoint.admits_any(peer) {
            return reset(connection);
        }
        // Accepted and not served, this one waits, and those behind it in the backlog.
        match self.rooms.enter(&self.endpoint.owner(), peer).await {
            Ok(room) => {
                let endpoint = Arc::clone(&self.endpoint);
                self.workers.serve(worker, connection, endpoint, room);
            }
            Err(_) => {
                for listener in &self.endpoint.table.load().listeners {
                    listener.turned_away();
                }
                reset(connection);
            }
        }
    }
}

fn peer_of(connection: &OwnedFd) -> Option<IpAddr> {
    use nix::sys::socket::getpeername;
    let name: SockaddrStorage = getpeername(connection.as_raw_fd()).ok()?;
    let v4 = name.as_sockaddr_in().map(|it| IpAddr::V4(it.ip()));
    let v6 = || name.as_sockaddr_in6().map(|it| IpAddr::V6(it.ip()));
    v4.or_else(v6).map(|it| it.to_canonical())
}

/// Closes with a reset, which leaves nothing behind in the kernel.
fn reset(connection: OwnedFd) {
    use nix::sys::socket::{setsockopt, sockopt};
    let at_once = libc::linger {
        l_onoff: 1,
        l_linger: 0,
    };
    // Without it the connection is closed in the usual way.
    let _ = setsockopt(&connection, sockopt::Linger, &at_once);
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
