//! What network load balancers carry: connections ([`serve`]) and datagrams ([`datagrams`]), both as flows
//! that stay with one target.
//!
//! A flow is taken from the client, then a target is chosen and reached; bytes pass as they come. A
//! client whose flow has no target to go to is reset.
//!
//! Targets are reached as the load balancer, or as the client ([`source`]).
//!
//! Flows end with their listener, with their target as its group says, and after a time of silence. When the process is to
//! end they go on until its grace is over.

mod choice;
pub mod datagrams;
mod header;
mod pump;
mod source;

pub use self::pump::Meter;
use std::{
    cell::RefCell,
    io,
    net::SocketAddr,
    os::fd::{AsRawFd, RawFd},
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use self::{
    choice::FlowKey,
    pump::{Broken, Side},
    source::Source,
};
use crate::{
    config::table::{Flows, Group, ListenerTable},
    endpoint::Endpoint,
    metrics::BalancerCounters,
    netns::Origin,
    rooms::Room,
    target::Lease,
    upstream,
    worker::{
        Worker,
        watch::{Watch, Watched},
    },
};

/// For connecting to a target before another one is tried.
const CONNECT: Duration = Duration::from_secs(3);
/// For the TLS handshake with a target.
const SECURE: Duration = Duration::from_secs(10);
/// Targets that are tried for one flow.
const MOST_TRIED: usize = 8;

/// Who reset a flow; the index of its counter.
const BY_CLIENT: usize = 0;
const BY_TARGET: usize = 1;
const BY_BALANCER: usize = 2;

thread_local! {
    static OPEN: RefCell<Vec<(Arc<Endpoint>, Arc<Watch>)>> = const { RefCell::new(Vec::new()) };
}

/// Ends the flows of this worker whose listener is gone. Whether any is left.
pub fn sweep() -> bool {
    OPEN.with_borrow_mut(|open| {
        open.retain(|(endpoint, watch)| {
            if watch.is_closed() {
                return false;
            }
            if endpoint.is_abandoned() {
                watch.end(crate::worker::watch::Ended::Forced);
            }
            true
        });
        !open.is_empty()
    })
}

fn follow(endpoint: &Arc<Endpoint>, watched: &Watched) {
    OPEN.with_borrow_mut(|open| open.push((Arc::clone(endpoint), watched.share())));
}

/// A client's connection, TLS taken off.
pub struct Client<S> {
    pub stream: S,
    pub fd: RawFd,
    pub peer: SocketAddr,
    /// What it connected to.
    pub local: SocketAddr,
    /// What was agreed on over TLS.
    pub alpn: Option<Vec<u8>>,
}

/// Carries a connection to its end.
pub async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    worker: &Rc<Worker>,
    endpoint: &Arc<Endpoint>,
    (listener, flows): (&ListenerTable, Flows),
    client: Client<S>,
    meter: Meter<'_>,
) -> io::Result<()> {
    let watched = Watched::new(client.fd, 0, flows.idle_timeout_ms);
    follow(endpoint, &watched);
    let counters = &listener.counters;
    let through = endpoint.table.load().vpc_endpoint.clone();
    let came_by = (&endpoint.place.origin, through.as_deref());
    let reached = match listener.group() {
        Some(group) => reach(worker, came_by, (listener, group), &client).await,
        None => None,
    };
    let Some((group, lease, stream, _room)) = reached else {
        return reset(counters, BY_BALANCER, client.fd);
    };
    let target_fd = stream.as_raw_fd();
    let number = lease.target().number;
    let watched_target = Watched::new(target_fd, number, flows.idle_timeout_ms);
    let near = Side::new(client.stream, watched, Some(meter));
    let ended = match group.tls() {
        false => {
            let far = Side::new(stream, watched_target, None);
            pump::run(near, far, |it| closing(counters, it, client.fd, target_fd)).await
        }
        true => {
            let address = lease.target().address;
            let securing = upstream::handshake_as(stream, address, client.alpn.as_deref());
            match timeout(SECURE, securing).await {
                Ok(Ok(stream)) => {
                    if let Some(entry) = meter.entry {
                        entry.agreed_with_target(stream.get_ref().1.alpn_protocol());
                    }
                    let far = Side::new(stream, watched_target, None);
                    pump::run(near, far, |it| closing(counters, it, client.fd, target_fd)).await
                }
                _ => {
                    group.state.counters.tls_errors.one();
                    return reset(counters, BY_BALANCER, client.fd);
                }
            }
        }
    };
    drop(lease);
    ended
}

/// Before both sides are closed: what one has broken is broken for the other.
fn closing(counters: &BalancerCounters, broken: Broken, client: RawFd, target: RawFd) {
    let by = match broken {
        Broken::Near => BY_CLIENT,
        Broken::Far => BY_TARGET,
        Broken::Ended => BY_BALANCER,
    };
    counters.resets[by].one();
    linger_not(client);
    linger_not(target);
}

fn reset(counters: &BalancerCounters, by: usize, client: RawFd) -> io::Result<()> {
    counters.resets[by].one();
    linger_not(client);
    Ok(())
}

/// Has the socket closed with a reset.
fn linger_not(fd: RawFd) {
    let at_once = libc::linger {
        l_onoff: 1,
        l_linger: 0,
    };
    let length = libc::socklen_t::try_from(size_of_val(&at_once)).unwrap_or_default();
    // SAFETY: the descriptor is open, its owner is alive in the caller, and the kernel reads `length`
    // bytes of `at_once`. Without it the connection is closed in the usual way.
    unsafe {
        libc::setsockopt(
            fd,
            libc::SOL_SOCKET,
            libc::SO_LINGER,
            (&raw const at_once).cast(),
            length,
        )
    };
}

/// A connection to a target of the group, with what is said ahead already said. It came from somewhere, maybe through a VPC
/// endpoint.
async fn reach<'a, S>(
    worker: &Rc<Worker>,
    (came_by, through): (&Origin, Option<&str>),
    (listener, group): (&ListenerTable, &'a Arc<Group>),
    client: &Client<S>,
) -> Option<(&'a Arc<Group>, Lease, TcpStream, Room)> {
    let flows = group.config.flows.as_ref()?;
    let key = FlowKey::of(client.peer, client.local, flows.by_source);
    let mut tried = Vec::new();
    while tried.len() < MOST_TRIED {
        let lease = choice::target(group, key, &tried)?;
        tried.push(lease.target().number);
        let unkept = worker.unkept.load_full();
        let source = Source::of(flows, lease.target(), client.peer, came_by, &unkept);
        let Some(source) = source else {
            continue;
        };
        let room = worker.upstreams.try_enter(&listener.owner, None).ok()?;
        match timeout(CONNECT, connect(worker, &lease, source)).await {
            Ok(Ok(mut stream)) => {
                if flows.proxy_protocol {
                    let header = header::of_connection(client.peer, client.local, through);
                    stream.write_all(&header).await.ok()?;
                }
                group.state.chosen_unhealthy();
                return Some((group, lease, stream, room));
            }
            failed => {
                if let Ok(Err(error)) = &failed
                    && source::is_of_port(error)
                {
                    listener.counters.port_errors.one();
                }
                group.state.counters.connection_errors.one();
            }
        }
    }
    None
}

async fn connect(worker: &Rc<Worker>, lease: &Lease, source: Source) -> io::Result<TcpStream> {
    match connect_as(worker, lease, source).await {
        Err(error) if source.is_client() && source::is_of_port(&error) => {
            connect_as(worker, lease, source.on_any_port()).await
        }
        connected => connected,
    }
}

async fn connect_as(worker: &Rc<Worker>, lease: &Lease, source: Source) -> io::Result<TcpStream> {
    let target = lease.target();
    let socket = source::tcp(worker, target, source).await?;
    upstream::connect_socket(socket, target.address).await
}
