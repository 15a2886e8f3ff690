//! The data plane of load balancers: a proxy that the process `wharf lb` runs.
//!
//! ```text
//!  LbUpdate ─▶ control ──compiles──▶ EndpointTable (swapped atomically, one per listening address)
//!                │  │                     ▲ read once per request
//!                │  └─▶ health checks     │
//!                │         │ rotation     │
//!   accept tasks ▼         ▼              │
//!     sockets ──▶ workers (one thread a core): hyper server ─▶ rules ─▶ pick ─▶ pool ─▶ target
//! ```
//!
//! Invariants
//! - A change of configuration closes no connection that still has somewhere to go: listeners and
//!   targets that stay keep their sockets, health and pooled connections.
//! - A resource that cannot be used is refused alone, with its reason; its last usable version
//!   stays in force.
//! - Nothing here talks to the control plane. Without it, routing and health checks go on.
//! - A request is sent a second time only if its target cannot have acted on it (see
//!   [`upstream`]), or if it may be repeated by definition (RFC 9110 §9.2.2).
//! - Memory per connection is bounded: bodies stream, heads are limited.
//!
//! What network load balancers carry passes by all that speaks HTTP: see [`stream`].
//!
//! Behaviour follows AWS's load balancers; where it differs is in
//! `docs/known-differences.md`.

mod access_log;
mod balance;
mod clock;
mod config;
mod control;
mod cookies;
mod desync;
mod endpoint;
#[doc(hidden)]
pub mod fuzz;
mod health;
mod hold;
mod metrics;
mod netns;
mod oidc;
mod pace;
mod ports;
mod proxy;
mod rooms;
mod rules;
mod sealing;
mod sticky;
mod stream;
mod target;
mod tls;
mod unbound;
mod upstream;
mod worker;

use std::{net::IpAddr, path::PathBuf, sync::Arc, time::Duration};

use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;
use wharf_base::Cidr;
use wharf_egress::Egress;
use wharf_planeproto::{Change, Resource, report::TargetHealth};

pub use self::{
    access_log::{AccessLogs, Lines, NotKept, Packed, Spool, Waiting},
    config::{NotInForce, Refusal, Rejected},
    hold::{Hold, HoldNothing, Holder, Spot},
    metrics::{BalancerCounts, GroupCounts, Metrics, Minutes, TargetCounts},
    pace::Pace,
    ports::{PortMemory, PortRanges, PortRules, Ports, WrongRange},
    unbound::{UnboundChanges, UnboundEndpoints},
};

/// Finds the network namespace in which an interface lives, by the interface's id.
pub type NetnsOf = Arc<dyn Fn(&str) -> PathBuf + Send + Sync>;

/// Client connections at a time if nobody says otherwise: with what they buffer, some hundred MiB.
pub const MOST_CONNECTIONS: usize = 8192;
/// Between attempts to take an address that another process holds or that is not there yet.
const LISTEN_PAUSE: Duration = Duration::from_secs(5);

/// Where load balancers are on their host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HostAddresses {
    /// Addresses on which every internet-facing load balancer also answers, told apart by Host.
    pub listen: Vec<IpAddr>,
    /// The host's own addresses in the networks of its tasks: who comes from there is somebody else, and answers to them would not come
    /// back. Targets see the load balancer in their stead.
    pub unkept: Vec<Cidr>,
}

/// How a load balancer process is set up.
#[derive(Clone)]
pub struct LbConfig {
    /// Instance id of this host; interfaces attached to it are ours.
    pub own_host: String,
    pub netns: NetnsOf,
    /// Where on the host they are. What is sent there while they run is followed; open connections stay.
    pub addresses: watch::Sender<HostAddresses>,
    /// Threads that carry traffic; 0 stands for one a core.
    pub workers: usize,
    /// Which ports may be taken on addresses of the host.
    pub ports: Ports,
    /// Client connections at a time, over all listeners, as far as this process may have open files.
    /// Further ones wait.
    pub max_connections: usize,
    /// Of them, the most of one client address; by default an eighth, and half of loopback, which is
    /// everybody on this machine.
    pub source_connections: Option<usize>,
    /// Of them, the most of one load balancer; by default what is not set aside for others.
    pub balancer_connections: Option<usize>,
    /// The longest pause between attempts to listen at an address that somebody else has.
    pub listen_pause: Duration,
    /// Below this a client's body is no longer waited for, nor a client that takes its response.
    pub pace: Pace,
    /// The way to identity providers.
    pub egress: Egress,
    /// Where counters are read.
    pub metrics: Metrics,
    /// Where entries of access logs are gathered.
    pub logs: AccessLogs,
    /// Holds listening sockets for the process after this one.
    pub holder: Holder,
    /// Targets found healthy or unhealthy: at the start by the process before this one, then by
    /// this one. Requests go by it until the checks have said something themselves.
    pub last_known: watch::Sender<Vec<TargetHealth>>,
    /// Where it should listen and cannot.
    pub closed: UnboundEndpoints,
}

impl LbConfig {
    /// The usual set-up for a host.
    pub fn new(own_host: impl Into<String>, netns: NetnsOf) -> Self {
        let addresses = HostAddresses {
            listen: vec![IpAddr::from([127, 0, 0, 1])],
            unkept: Vec::new(),
        };
        Self {
            own_host: own_host.into(),
            netns,
            ports: Ports::new(
                PortRules::default(),
                &addresses.listen,
                PortMemory::default(),
            ),
            addresses: watch::Sender::new(addresses),
            workers: 0,
            max_connections: MOST_CONNECTIONS,
            source_connections: None,
            balancer_connections: None,
            listen_pause: LISTEN_PAUSE,
            pace: Pace::default(),
            egress: Egress::to(Vec::new()),
            metrics: Metrics::default(),
            logs: AccessLogs::default(),
            holder: Arc::new(HoldNothing),
            last_known: watch::Sender::default(),
            closed: UnboundEndpoints::default(),
        }
    }
}

/// What changed in the configuration.
#[derive(Debug, Clone)]
pub enum Update {
    /// All there is; what is not in it is gone.
    Snapshot(Vec<Resource>),
    Changes(Vec<Change>),
}

/// A change, and where to say that it is in force or why parts of it are not.
#[derive(Debug)]
pub struct LbUpdate {
    pub update: Update,
    pub done: oneshot::Sender<Result<(), NotInForce>>,
}

#[derive(Debug, thiserror::Error)]
pub enum LbError {
    #[error("cannot start a worker thread")]
    Worker(#[source] std::io::Error),
    #[error("cannot start the thread that opens sockets in namespaces")]
    Sockets(#[source] std::io::Error),
}

/// Runs the load balancers of one host until `shutdown`, then lets requests under way finish for
/// a bounded time. When `updates` closes, the last configuration stays in force.
///
/// `reports` gets the health of targets when it changes, and of all of them after a snapshot.
pub async fn run(
    config: LbConfig,
    updates: mpsc::Receiver<LbUpdate>,
    reports: mpsc::Sender<Vec<TargetHealth>>,
    shutdown: CancellationToken,
) -> Result<(), LbError> {
    control::Control::start(config, reports)?
        .run(updates, shutdown)
        .await;
    Ok(())
}
