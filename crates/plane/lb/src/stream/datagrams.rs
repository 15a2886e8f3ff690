//! UDP: a flow for each address and port of a client, to one target, until it was silent for two minutes.
//!
//! One worker reads what comes to an endpoint. Each flow has a socket of its own towards its target, so
//! that what comes back there is the client's.

use std::{
    cell::RefCell,
    collections::HashMap,
    io,
    net::SocketAddr,
    os::fd::{AsRawFd, OwnedFd},
    rc::Rc,
    sync::Arc,
};

use tokio::net::UdpSocket;
use tokio_util::sync::CancellationToken;

use super::{choice, choice::FlowKey, follow, source, source::Source};
use crate::{
    config::table::ListenerTable,
    endpoint::{Endpoint, Place},
    metrics::FlowKind,
    rooms::{Room, Rooms},
    target::{Lease, TargetState},
    worker::{Tally, Worker, watch::Watched},
};

/// As on AWS.
const IDLE_MS: u32 = 120_000;
/// The largest datagram there is.
const DATAGRAM: usize = 64 * 1024;

/// What a worker needs to read at an endpoint.
pub struct Attendance {
    pub endpoint: Arc<Endpoint>,
    pub rooms: Rooms,
    /// The endpoint closes.
    pub end: CancellationToken,
}

/// One flow; its task holds the rest.
struct Flow {
    target: Rc<UdpSocket>,
    watch: Arc<crate::worker::watch::Watch>,
    tally: Rc<Tally>,
}

type Flows = Rc<RefCell<HashMap<SocketAddr, Flow>>>;

/// Reads until the endpoint closes.
pub async fn attend(worker: Rc<Worker>, socket: OwnedFd, attendance: Attendance) {
    let end = attendance.end.clone();
    tokio::select! {
        () = end.cancelled() => {}
        Err(error) = read_all(worker, socket, attendance) => {
            tracing::error!(%error, "worker failed to read datagrams");
        }
    }
}

async fn read_all(worker: Rc<Worker>, socket: OwnedFd, it: Attendance) -> io::Result<()> {
    let socket = Rc::new(UdpSocket::from_std(std::net::UdpSocket::from(socket))?);
    let flows = Flows::default();
    let mut buffer = vec![0; DATAGRAM];
    loop {
        let (count, peer) = match socket.recv_from(&mut buffer).await {
            Ok(came) => came,
            // What an earlier answer of ours met; the socket is fine.
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => continue,
            Err(error) => {
                tracing::warn!(address = %it.endpoint.place.address, %error, "failed to read datagrams");
                tokio::time::sleep(super::CONNECT).await;
                continue;
            }
        };
        if !flows.borrow().contains_key(&peer)
            && begin(&worker, &socket, &flows, &it, peer).await.is_none()
        {
            continue;
        }
        if let Some(flow) = flows.borrow().get(&peer) {
            flow.watch.touch();
            flow.tally.moved(count);
            // A datagram that finds no room is lost, as anywhere on its way.
            let _ = flow.target.try_send(&buffer[..count]);
        }
    }
}

/// Makes a flow for the peer; `None` if it may not have one, or there is no target.
async fn begin(
    worker: &Rc<Worker>,
    socket: &Rc<UdpSocket>,
    flows: &Flows,
    it: &Attendance,
    peer: SocketAddr,
) -> Option<()> {
    let table = it.endpoint.table.load_full();
    let (listener, _) = table.flows()?;
    if !it.endpoint.admits_datagrams(listener, peer.ip()) {
        return None;
    }
    let room = it.rooms.try_enter(&listener.owner, Some(peer.ip()));
    let Ok(room) = room else {
        listener.counters.flows(FlowKind::Udp).rejected.one();
        return None;
    };
    let (lease, target, upstream) = reach(worker, listener, peer, &it.endpoint.place).await?;
    let watched = Watched::new(target.as_raw_fd(), lease.target().number, IDLE_MS);
    follow(&it.endpoint, &watched);
    let tally = Rc::new(Tally::of_flow(FlowKind::Udp, &listener.counters));
    let target = Rc::new(target);
    let flow = Flow {
        target: Rc::clone(&target),
        watch: watched.share(),
        tally: Rc::clone(&tally),
    };
    flows.borrow_mut().insert(peer, flow);
    let answers = Answers {
        watched,
        target,
        socket: Rc::clone(socket),
        peer,
        tally,
        _held: (lease, room, upstream),
    };
    let (flows, end) = (Rc::clone(flows), it.end.clone());
    tokio::task::spawn_local(async move {
        tokio::select! {
            () = answers.carry() => {}
            () = end.cancelled() => {}
        }
        // Before the socket is closed, which the flow shares.
        flows.borrow_mut().remove(&peer);
        drop(answers);
    });
    Some(())
}

async fn reach(
    worker: &Rc<Worker>,
    listener: &ListenerTable,
    peer: SocketAddr,
    place: &Place,
) -> Option<(Lease, UdpSocket, Room)> {
    let group = listener.group()?;
    let flows = group.config.flows.as_ref()?;
    let key = FlowKey::of(peer, place.address, flows.by_source);
    let mut lease = choice::target(group, key, &[])?;
    let unkept = worker.unkept.load_full();
    let source_to = |target: &TargetState| Source::of(flows, target, peer, &place.origin, &unkept);
    let source = match source_to(lease.target()) {
        Some(source) => source,
        // The client is that target: another one, if there is any.
        None => {
            lease = choice::target(group, key, &[lease.target().number])?;
            source_to(lease.target())?
        }
    };
    let room = worker.upstreams.try_enter(&listener.owner, None).ok()?;
    let target = lease.target();
    let socket = match connected(worker, target, source).await {
        Ok(socket) => socket,
        Err(error) => {
            // A socket for datagrams that finds none is told to try again.
            if source::is_of_port(&error) || error.kind() == io::ErrorKind::WouldBlock {
                listener.counters.port_errors.one();
            }
            return None;
        }
    };
    group.state.chosen_unhealthy();
    Some((lease, socket, room))
}

async fn connected(
    worker: &Rc<Worker>,
    target: &TargetState,
    source: Source,
) -> io::Result<UdpSocket> {
    let socket = source::udp(worker, target, source).await?;
    let socket = UdpSocket::from_std(std::net::UdpSocket::from(socket))?;
    socket.connect(target.address).await?;
    // The runtime knows of no readiness yet, and would give up on the first datagram.
    socket.writable().await?;
    Ok(socket)
}

/// What comes back from the target of a flow.
struct Answers {
    /// Before the socket, see [`Watched`].
    watched: Watched,
    target: Rc<UdpSocket>,
    socket: Rc<UdpSocket>,
    peer: SocketAddr,
    tally: Rc<Tally>,
    _held: (Lease, Room, Room),
}

impl Answers {
    /// Until the flow was silent for too long or is ended, or the target's host says that nobody is there:
    /// what the client sends next may go to another one.
    async fn carry(&self) {
        let mut buffer = Vec::new();
        loop {
            // A socket that was shut down is readable and yet has nothing to read.
            if self.target.readable().await.is_err() || self.watched.ended().is_some() {
                return;
            }
            buffer.reserve(DATAGRAM);
            let read = self.target.try_recv_buf(&mut buffer);
            match read {
                Ok(count) => {
                    self.watched.touch();
                    self.tally.moved(count);
                    let _ = self.socket.try_send_to(&buffer[..count], self.peer);
                    buffer.clear();
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => buffer = Vec::new(),
                Err(_) => return,
            }
        }
    }
}
