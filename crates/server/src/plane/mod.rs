//! The control plane's end of the plane stream (`/plane/v1/…`): services write records, planes are
//! told those that they are entitled to.
//!
//! ```text
//! store ──watch──▶ feed ──▶ view (records, and how they came about)
//!                             │
//!                             ▼ delivered: what a plane may know, what it knows, what is missing
//!  plane ◀───────────────── session ──reports──▶ load balancers' service
//! ```
//!
//! - [`source`]: the mapping from records to resources, one a service.
//! - `records`, `told` are pure; their property test is that whatever happens in whatever
//!   order, a plane that has been told all knows exactly what its scope admits.
//! - `hosts`: which hosts there are (`wharf_hosts::plane_hosts`), as resources.
//!
//! Who may subscribe is a policy's decision (`wharf:Subscribe` on the plane), and as which host the
//! binding's of the node's identity to its container instance.

mod delivered;
mod feed;
mod hosts;
mod records;
mod session;
pub mod source;
#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::Arc,
};

use async_trait::async_trait;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use parking_lot::Mutex;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use wharf_hosts::PlaneHosts;
use wharf_planeproto::{
    Kind, Messages, Outgoing, Plane, Resource,
    file_system::FileSystemReport,
    machine::{self, Console, InstanceReport},
    measured::{InstanceRow, Minute},
    network,
    report::{TargetHealth, UnboundEndpoint},
    volume::VolumeReport,
};
use wharf_records::node::Grant;
use wharf_store::Store;
use wharf_svc_ec2::{
    instances::{Part, Told},
    volumes::ToldVolume,
};
use wharf_svc_efs::ToldFileSystem;
use wharf_wire::{Check, Context, Dispatcher, Fault};

use self::{
    feed::{Feed, Shared},
    hosts::HostSource,
    session::Session,
    source::Source,
};
use crate::{
    gateway::{Body, Incoming, Peer, text},
    node_identity::plane_arn,
    tls::Authorities,
};

/// Subscriptions served at once: two planes of ten thousand hosts, and half as many that just come
/// back. One that is idle holds its buffers and nothing that grows with the fleet.
const MAX_SUBSCRIPTIONS: usize = 32 << 10;

/// The nodes, as ECS knows them.
#[async_trait]
pub trait Nodes: Send + Sync {
    /// The zone of the host with this instance id.
    ///
    /// # Errors
    /// The caller may not speak for it, or there is none.
    async fn zone_if_bound(&self, cx: &Context, instance: &str) -> Result<String, Fault>;

    /// What the caller's join token allows; `None` for callers that are no joined node.
    ///
    /// # Errors
    /// Nobody can tell now.
    async fn grant(&self, cx: &Context) -> Result<Option<Grant>, Fault>;

    /// Whether a container instance of that id is registered.
    async fn is_registered(&self, account: &str, region: &str, instance: &str) -> bool;
}

/// The service behind the load balancer plane.
#[async_trait]
pub trait Balancers: Send + Sync {
    /// A stream of a host that takes load balancers began, in that version of the protocol.
    async fn host_connected(&self, instance: &str, zone: &str, version: u32);

    /// One that had begun ended; there may be another.
    async fn host_disconnected(&self, instance: &str);

    /// It is no host any more.
    async fn host_gone(&self, instance: &str);

    /// What load balancers of a host in a zone measured; `false` if it should come again.
    async fn measured(&self, instance: &str, zone: &str, minute: Minute) -> bool;

    /// How targets are, as a host sees them.
    async fn report(&self, instance: &str, health: Vec<TargetHealth>);
}

/// The service behind the machines plane.
#[async_trait]
pub trait Instances: Send + Sync {
    /// What a host says of instances that it was told of; `false` if it should be handed in again.
    async fn reported(&self, host: &str, reports: Vec<(Told, InstanceReport)>) -> bool;

    /// The end of the console of one of them.
    async fn console(&self, host: &str, told: Told, console: Console);

    /// What they measured; `false` if it should come again.
    async fn measured(&self, host: &str, part: Part, rows: Vec<(Told, InstanceRow)>) -> bool;

    /// What a host says of volumes that it was told of; `false` if it should be handed in again.
    async fn volumes(&self, host: &str, reports: Vec<(ToldVolume, VolumeReport)>) -> bool;

    /// What a host says of file systems that it was told of; `false` if it should be handed in again.
    async fn file_systems(
        &self,
        host: &str,
        reports: Vec<(ToldFileSystem, FileSystemReport)>,
    ) -> bool;
}

/// Where an EC2 instance is.
pub struct InstanceAt {
    pub host: String,
    pub told: Told,
    pub account: String,
    pub region: String,
    pub vpc: String,
    pub zone: String,
}

/// The addresses of one network interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addresses {
    pub vpc: String,
    pub addresses: Vec<IpAddr>,
}

impl Addresses {
    fn of_interface(it: &network::Interface) -> Self {
        let further = it.secondary.iter().map(|it| it.address);
        Self::new(&it.vpc, it.address, further, &it.ipv6)
    }

    fn of_instance(it: &machine::Interface) -> Self {
        Self::new(&it.vpc, it.address, it.secondary.iter().copied(), &it.ipv6)
    }

    fn new(
        vpc: &str,
        first: Ipv4Addr,
        further: impl Iterator<Item = Ipv4Addr>,
        ipv6: &[Ipv6Addr],
    ) -> Self {
        let ipv4 = std::iter::once(first).chain(further).map(IpAddr::V4);
        Self {
            vpc: vpc.to_owned(),
            addresses: ipv4.chain(ipv6.iter().copied().map(IpAddr::V6)).collect(),
        }
    }
}

/// What the planes stand on.
pub struct Parts {
    /// The installation's own. No other has load balancer hosts: those are told of the load balancers of
    /// all accounts, with their keys.
    pub account: String,
    pub store: Store,
    pub dispatcher: Dispatcher,
    pub sources: Vec<Arc<dyn Source>>,
    pub nodes: Arc<dyn Nodes>,
    pub balancers: Arc<dyn Balancers>,
    pub instances: Arc<dyn Instances>,
    pub authorities: Arc<Authorities>,
    pub stop: CancellationToken,
}

/// Serves subscriptions.
pub struct Planes {
    account: String,
    store: Store,
    dispatcher: Dispatcher,
    nodes: Arc<dyn Nodes>,
    balancers: Arc<dyn Balancers>,
    instances: Arc<dyn Instances>,
    hosts: PlaneHosts,
    shared: Arc<Shared>,
    feed: Feed,
    live: Mutex<HashMap<(Plane, String), CancellationToken>>,
    /// By host. Those of a host that is not connected are not known.
    closed: Mutex<HashMap<String, Vec<UnboundEndpoint>>>,
    slots: Arc<Semaphore>,
    authorities: Arc<Authorities>,
    stop: CancellationToken,
}

impl Planes {
    pub fn new(parts: Parts) -> Self {
        let shared = Arc::new(Shared::default());
        let mut sources = parts.sources;
        sources.push(Arc::new(HostSource));
        Self {
            hosts: PlaneHosts::new(parts.store.clone()),
            feed: Feed::new(parts.store.clone(), sources, shared.clone()),
            account: parts.account,
            store: parts.store,
            dispatcher: parts.dispatcher,
            nodes: parts.nodes,
            balancers: parts.balancers,
            instances: parts.instances,
            shared,
            live: Mutex::default(),
            closed: Mutex::default(),
            slots: Arc::new(Semaphore::new(MAX_SUBSCRIPTIONS)),
            authorities: parts.authorities,
            stop: parts.stop,
        }
    }

    /// Follows the store until told to stop.
    pub async fn run(&self) {
        let sweep = hosts::sweep(
            self.hosts.clone(),
            self.shared.clone(),
            self.nodes.clone(),
            self.balancers.clone(),
        );
        tokio::select! {
            () = self.feed.run(self.stop.clone()) => {}
            () = sweep => {}
        }
    }

    /// A verified request to subscribe.
    pub async fn subscribe(
        self: &Arc<Self>,
        cx: Context,
        plane: Plane,
        request: Request<Incoming>,
        peer: Peer,
    ) -> Response<Body> {
        let arn = plane_arn(&cx.region, &cx.account, plane);
        let checks = [Check::new("wharf:Subscribe", arn)];
        if let Err(refusal) = self.dispatcher.decide(&cx, &checks).await {
            return text(StatusCode::FORBIDDEN, format!("{refusal}\n"));
        }
        if plane == Plane::LoadBalancer && cx.account != self.account {
            let why = "Load balancers are carried by nodes of the installation's own account.\n";
            return text(StatusCode::FORBIDDEN, why);
        }
        let Ok(slot) = self.slots.clone().try_acquire_owned() else {
            return text(
                StatusCode::SERVICE_UNAVAILABLE,
                "Too many planes are subscribed.\n",
            );
        };
        let (outgoing, body) = Outgoing::channel();
        let session = Session {
            planes: self.clone(),
            cx,
            plane,
            peer: peer.address.ip(),
            incoming: Messages::new(request.into_body()),
            outgoing,
        };
        tokio::spawn(async move {
            session.run().await;
            drop(slot);
        });
        Response::new(body.boxed())
    }

    /// Addresses at which connected hosts should listen and cannot, each with its host, in order.
    pub fn unbound_endpoints(&self) -> Vec<(String, UnboundEndpoint)> {
        let closed = self.closed.lock();
        let mut all: Vec<(String, UnboundEndpoint)> = closed
            .iter()
            .flat_map(|(host, endpoints)| {
                endpoints
                    .iter()
                    .map(|endpoint| (host.clone(), endpoint.clone()))
            })
            .collect();
        all.sort_by(|(one, a), (other, b)| (one, a.address).cmp(&(other, b.address)));
        all
    }

    /// Where a load balancer is reached: at its public address, or inside its VPC.
    pub fn balancer_addresses(&self, arn: &str) -> Vec<Ipv4Addr> {
        self.shared.read(|view| {
            let found = view.now().find(Kind::LoadBalancer, arn);
            let Some(Resource::LoadBalancer(it)) = found.map(|(_, held)| &held.resource) else {
                return Vec::new();
            };
            let own = it.interfaces.iter().map(|interface| interface.address);
            it.public_address
                .map_or_else(|| own.collect(), |it| vec![it])
        })
    }

    /// An EC2 instance, with its host, if the caller may speak for that host.
    pub async fn instance(&self, cx: &Context, id: &str) -> Option<(String, Told)> {
        let found = self.instance_at(cx, id).await?;
        Some((found.host, found.told))
    }

    /// The same, with where in the network it is.
    pub async fn instance_at(&self, cx: &Context, id: &str) -> Option<InstanceAt> {
        let found = self.shared.read(|view| {
            let (_, held) = view.now().find(Kind::Instance, id)?;
            match &held.resource {
                Resource::Instance(it) => Some(InstanceAt {
                    host: it.host.clone(),
                    told: Told::of(it),
                    account: it.account.clone(),
                    region: it.region.clone(),
                    vpc: it.interface.vpc.clone(),
                    zone: it.zone.clone(),
                }),
                _ => None,
            }
        })?;
        let bound = self.nodes.zone_if_bound(cx, &found.host).await;
        bound.is_ok().then_some(found)
    }

    /// Which interface an EC2 instance has that one of `hosts` keeps.
    pub fn interface_of_instance(&self, hosts: &[String], id: &str) -> Option<Addresses> {
        self.shared.read(|view| {
            let (_, held) = view.now().find(Kind::Instance, id)?;
            match &held.resource {
                Resource::Instance(it) if hosts.contains(&it.host) => {
                    Some(Addresses::of_instance(&it.interface))
                }
                _ => None,
            }
        })
    }

    /// The interfaces with an address that are attached to one of `hosts`.
    pub fn interfaces_at(&self, hosts: &[String], address: IpAddr) -> Vec<Addresses> {
        self.shared.read(|view| {
            let now = view.now();
            let all = hosts.iter().flat_map(|host| now.interfaces_on(host));
            let all = all.map(Addresses::of_interface);
            all.filter(|it| it.addresses.contains(&address)).collect()
        })
    }

    /// Returns once everything is known that has been written by now.
    pub async fn up_to_date(&self) {
        let newest = wharf_service::newest(&self.store).await;
        let mut reached = self.shared.reached.subscribe();
        // The view outlives whoever asks.
        let _ = reached.wait_for(|revision| *revision >= newest).await;
    }

    /// The zone of a host.
    ///
    /// # Errors
    /// The caller may not speak for it, or there is none.
    pub async fn zone_of(&self, cx: &Context, host: &str) -> Result<String, Fault> {
        self.nodes.zone_if_bound(cx, host).await
    }

    /// Where other hosts reach a host, if they do.
    pub fn underlay(&self, host: &str) -> Option<IpAddr> {
        self.shared.read(|view| {
            let (_, held) = view.now().find(Kind::Host, host)?;
            match &held.resource {
                Resource::Host(it) => it.underlay,
                _ => None,
            }
        })
    }

    /// Whether the caller may speak for a host.
    pub async fn speaks_for(&self, cx: &Context, host: &str) -> bool {
        self.nodes.zone_if_bound(cx, host).await.is_ok()
    }

    /// All that are closed on a host.
    fn put_closed(&self, host: &str, endpoints: Vec<UnboundEndpoint>) {
        let mut closed = self.closed.lock();
        if endpoints.is_empty() {
            closed.remove(host);
        } else {
            closed.insert(host.to_owned(), endpoints);
        }
    }

    /// Takes the place of the host's earlier subscription, which ends.
    fn live(self: &Arc<Self>, plane: Plane, host: &str) -> Live {
        let token = CancellationToken::new();
        let key = (plane, host.to_owned());
        let mut live = self.live.lock();
        if let Some(earlier) = live.insert(key.clone(), token.clone()) {
            earlier.cancel();
        }
        if plane == Plane::LoadBalancer {
            self.put_closed(host, Vec::new());
        }
        Live {
            planes: self.clone(),
            key,
            token,
        }
    }

    fn is_live(&self, plane: Plane, host: &str) -> bool {
        let live = self.live.lock();
        live.contains_key(&(plane, host.to_owned()))
    }
}

/// A subscription's entry among those that are served.
struct Live {
    planes: Arc<Planes>,
    key: (Plane, String),
    token: CancellationToken,
}

impl Live {
    /// Cancelled when another takes its place.
    fn token(&self) -> CancellationToken {
        self.token.clone()
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        let mut live = self.planes.live.lock();
        // Cancelled: the entry is the successor's.
        if !self.token.is_cancelled() {
            live.remove(&self.key);
            if self.key.0 == Plane::LoadBalancer {
                self.planes.put_closed(&self.key.1, Vec::new());
            }
        }
    }
}
