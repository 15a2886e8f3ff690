//! The one port: accepts connections, tells TLS from plain HTTP by the first byte, and hands each
//! request to the part of wharf that it is for (architecture §3).

mod access_logs;
mod admission;
mod answer;
mod api;
mod auth;
mod body;
pub mod bytes_in_flight;
pub mod connection;
pub mod connections;
mod cors;
mod detached;
mod events;
pub mod file_systems;
mod flows;
mod form_answer;
mod forwarded;
mod gathered;
mod head;
pub mod held_back;
mod host;
mod incoming;
pub mod instance_credentials;
mod layers;
mod lingering;
mod long;
mod metrics;
mod node_body;
mod origin;
mod post_form;
mod prometheus;
mod refused;
mod response;
mod rooms;
mod route;
mod sending;
mod snapshot_bytes;
mod source;
mod stream;
mod streaming;
mod target;
pub mod throttle;
mod through;
mod together;
mod unknown_service;
mod unpack;
pub mod usage;
mod website;
pub mod whereabouts;

use std::{convert::Infallible, io, net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, combinators::BoxBody};
use hyper::service::service_fn;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite},
    net::{TcpListener, TcpStream},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use api::{Apis, IamMode};
pub use body::Paced;
pub use connections::Asking;
use connections::{Connections, Slot};
pub(crate) use detached::to_its_end;
use forwarded::{Begun, Said};
pub use incoming::Incoming;
pub use source::Source;
pub use through::Through;
use wharf_metrics::Metrics;
use wharf_planeproto::forward::Forwarded;
use wharf_prometheus::PrometheusApi;
use wharf_registry::Standing;
use wharf_svc_ec2::Ec2Service;
use wharf_svc_elbv2::Elbv2Service;
use wharf_svc_sns::Signer;
use wharf_wire::{Context, audit::Event};
use whereabouts::Whereabouts;

use crate::{
    join::Join, kube::issuers::ClusterIssuers, layer_peers::LayerPeers,
    node_credentials::NodeCredentials, plane::Planes,
};
pub use auth::{Directory, Key, KeyError};

/// What every answer's body is.
pub type Body = BoxBody<Bytes, io::Error>;

/// A TLS handshake, or the first byte of a connection, may take this long.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// Service and name under which the audit log tells of connections of nodes.
const FORWARD: (&str, &str) = ("wharf", "ForwardConnection");

/// How a connection over TLS begins.
const TLS: u8 = 0x16;

/// Where a request came in.
#[derive(Debug, Clone)]
pub struct Peer {
    /// The container's own, of a connection that a node passes on.
    pub address: SocketAddr,
    pub secure: bool,
    /// A node passes the connection on for one of its tasks.
    pub task: Option<Arc<Forwarded>>,
    /// The VPC endpoint that a request came through, once it was looked up.
    pub through: Option<Through>,
}

/// A part of wharf that answers on its own paths: the registry, the agent's websockets.
#[async_trait::async_trait]
pub trait Handler: Send + Sync {
    /// `asking` is admitted once the caller is known to be who may ask.
    async fn handle(
        &self,
        request: Request<Incoming>,
        peer: Peer,
        asking: &Asking,
    ) -> Response<Body>;
}

/// The registry, which knows what stands behind a request before it answers.
pub trait Registry: Handler {
    /// What was opened to know it goes along with the request.
    fn standing(&self, request: &mut Request<Incoming>) -> Standing;
}

/// The gateway with everything it hands requests to.
pub struct Gateway {
    pub apis: Apis,
    /// `/v2/…`
    pub registry: Arc<dyn Registry>,
    /// `/workspaces/…`
    pub prometheus: PrometheusApi,
    /// `/acs/ws` and `/tcs/ws`: the agent's sockets.
    pub agents: Arc<dyn AgentSockets>,
    /// `/health`
    pub health: Arc<dyn Handler>,
    /// `/wharf/join`: nodes of other machines
    pub join: Arc<Join>,
    /// `/wharf/node/…`: nodes that renew their credentials
    pub node_credentials: NodeCredentials,
    /// `/wharf/node/ebs/…`: bytes of snapshots; `/wharf/node/instances/…`: sessions of the roles of instances, and logins for their images
    pub instance_roles: instance_credentials::InstanceRoles,
    /// `/wharf/node/file-systems/…`: what tasks mount file systems by
    pub file_systems: file_systems::Mounting,
    /// `/wharf/node/layers`: nodes that have layers for each other
    pub layers: Arc<LayerPeers>,
    /// `/plane/v1/…`: planes of hosts
    pub planes: Arc<Planes>,
    /// `/SimpleNotificationService-….pem`: what signatures of topics are checked by
    pub signer: Arc<Signer>,
    /// `/id/…`: what tokens of clusters are checked by
    pub issuers: ClusterIssuers,
    /// `/elb/public-keys/…`: what targets check by what they are told of users; `/wharf/node/access-logs`: entries of access logs
    pub balancers: Elbv2Service,
    /// `/metrics`
    pub metrics: Arc<Metrics>,
    pub tls: Option<tokio_rustls::TlsAcceptor>,
    /// For what comes through VPC endpoints.
    pub encrypted: Option<tokio_rustls::TlsAcceptor>,
    /// Knows VPC endpoints.
    pub ec2: Ec2Service,
    /// What nodes say of connections that they pass on is checked by it.
    pub whereabouts: Arc<dyn Whereabouts>,
    /// Those of all listeners.
    pub connections: Connections,
}

/// Takes over a verified websocket request of an agent.
#[async_trait::async_trait]
pub trait AgentSockets: Send + Sync {
    async fn upgrade(
        &self,
        request: Request<Incoming>,
        channel: Channel,
        cx: wharf_wire::Context,
    ) -> Response<Body>;

    /// Takes over an end of a session of ECS Exec. Who it is, its first frame says: the caller of
    /// `cx` is unproven.
    async fn data_channel(&self, request: Request<Incoming>, cx: Context) -> Response<Body>;
}

/// Which of the agent's two sockets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// Commands to the agent.
    Acs,
    /// Telemetry from it.
    Tcs,
}

impl Gateway {
    /// Serves `listener` until `shutdown`, then lets running requests end.
    pub async fn serve(self: Arc<Self>, listener: TcpListener, shutdown: CancellationToken) {
        let tracker = TaskTracker::new();
        loop {
            let accepted = tokio::select! {
                () = shutdown.cancelled() => break,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, address)) => {
                    let Ok(slot) = self.connections.admit(Source::of(address.ip())) else {
                        tracing::debug!(%address, "a connection was refused: its source has too many");
                        continue;
                    };
                    let (gateway, shutdown) = (self.clone(), shutdown.clone());
                    tracker.spawn(async move {
                        let closed = slot.clone();
                        tokio::select! {
                            () = gateway.connection(stream, address, slot, shutdown) => {}
                            () = closed.displaced() => {
                                tracing::debug!(%address, "a connection was closed for another");
                            }
                        }
                    });
                    // Whoever was accepted is heard before further ones take its place: a request
                    // that has come already must not be closed for the flood behind it.
                    tokio::task::yield_now().await;
                }
                Err(error) => {
                    // Out of descriptors, or a connection that ended before we took it.
                    tracing::warn!(%error, "failed to accept a connection");
                    self.connections.close_one();
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }
        }
        tracker.close();
        let _ = tokio::time::timeout(Duration::from_secs(5), tracker.wait()).await;
    }

    async fn connection(
        self: Arc<Self>,
        stream: TcpStream,
        address: SocketAddr,
        slot: Arc<Slot>,
        shutdown: CancellationToken,
    ) {
        let _ = stream.set_nodelay(true);
        let started = tokio::time::timeout(HANDSHAKE_TIMEOUT, self.start(stream, address)).await;
        match started {
            Ok(Ok(Started::Plain(stream))) => {
                self.begin(stream, address, false, slot, shutdown).await;
            }
            Ok(Ok(Started::Tls(stream))) => {
                self.begin(*stream, address, true, slot, shutdown).await;
            }
            Ok(Err(error)) => {
                tracing::debug!(%address, %error, "a connection ended before its first request")
            }
            Err(_) => tracing::debug!(%address, "a connection sent nothing in time"),
        }
    }

    /// Tells TLS (first byte 0x16) from plain HTTP; beyond loopback plain HTTP is refused.
    async fn start(&self, mut stream: TcpStream, address: SocketAddr) -> io::Result<Started> {
        let mut first = [0; 1];
        if stream.peek(&mut first).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if first[0] == TLS {
            let acceptor = self
                .tls
                .as_ref()
                .ok_or_else(|| io::Error::other("TLS is not set up"))?;
            return Ok(Started::Tls(Box::new(acceptor.accept(stream).await?)));
        }
        let local = stream.local_addr()?.ip();
        if !(local.is_loopback() || address.ip().is_loopback() || local == address.ip()) {
            // The bytes are taken first, else the reset overtakes the answer.
            let mut scrap = [0; 1024];
            let _ = stream.read(&mut scrap).await;
            let text = "HTTP/1.1 426 Upgrade Required\r\ncontent-length: 39\r\nconnection: close\r\n\r\n\
                        Use https:// from beyond this machine.\n";
            let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, text.as_bytes()).await;
            return Err(io::Error::other("plain HTTP from beyond this machine"));
        }
        Ok(Started::Plain(stream))
    }

    /// Finds out whom a node passes the connection on for, if one does.
    async fn begin<S>(
        self: Arc<Self>,
        stream: S,
        address: SocketAddr,
        secure: bool,
        slot: Arc<Slot>,
        shutdown: CancellationToken,
    ) where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let begun = self.begun(stream, address);
        let (stream, task) = match tokio::time::timeout(HANDSHAKE_TIMEOUT, begun).await {
            Ok(Ok(begun)) => begun,
            Ok(Err(error)) => {
                tracing::debug!(%address, %error, "a connection was not taken");
                return;
            }
            Err(_) => {
                tracing::debug!(%address, "a connection asked nothing in time");
                return;
            }
        };
        if let Some(task) = &task
            && slot.is_of_task(Source::of_task(task)).is_err()
        {
            tracing::debug!(?task, "a connection was refused: its task has too many");
            return;
        }
        let peer = Peer {
            address: forwarded::address(address, task.as_ref()),
            secure,
            task: task.map(Arc::new),
            through: None,
        };
        let is_through = peer.task.as_ref().is_some_and(|it| it.endpoint.is_some());
        match self.encrypted.as_ref().filter(|_| is_through) {
            Some(acceptor) => {
                self.clone()
                    .through(stream, acceptor, peer, slot, shutdown)
                    .await
            }
            None => self.http(stream, peer, slot, shutdown).await,
        }
    }

    /// Reads what a node says of the connection, and believes what can be.
    async fn begun<S: AsyncRead + Unpin>(
        &self,
        stream: S,
        address: SocketAddr,
    ) -> io::Result<(Begun<S>, Option<Forwarded>)> {
        let nodes = (&*self.apis.directory, self.apis.account.as_str());
        let now = self.apis.clock.now();
        let (stream, said) = forwarded::begin(stream, nodes, now).await?;
        let Some(Said { node, forwarded }) = said else {
            return Ok((stream, None));
        };
        let (account, region) = (&self.apis.account, &self.apis.region);
        let mut cx = Context::internal(account, region, FORWARD.0, now);
        (cx.caller, cx.source_ip) = (node, Some(address.ip()));
        match self.whereabouts.checked(&cx, forwarded.clone()).await {
            Ok(believed) => Ok((stream, Some(believed))),
            Err(why) => {
                tracing::warn!(
                    node = cx.caller.arn,
                    ?forwarded,
                    %why,
                    "a connection that a node passed on was refused"
                );
                let event = Event::of_service(cx, FORWARD.0, FORWARD.1)
                    .with_parameters(&named(&forwarded))
                    .with_error("AccessDenied", why.to_string());
                self.apis.dispatcher.tell(event).await;
                Err(io::Error::new(io::ErrorKind::PermissionDenied, why))
            }
        }
    }

    /// What came through a VPC endpoint is encrypted between it and the container, whose client expects the service
    /// under AWS's name.
    async fn through<S>(
        self: Arc<Self>,
        mut stream: Begun<S>,
        acceptor: &tokio_rustls::TlsAcceptor,
        peer: Peer,
        slot: Arc<Slot>,
        shutdown: CancellationToken,
    ) where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let address = peer.address;
        let started = async {
            match stream.peek().await? {
                TLS => Ok::<_, io::Error>(Err(acceptor.accept(stream).await?)),
                _ => Ok(Ok(stream)),
            }
        };
        match tokio::time::timeout(HANDSHAKE_TIMEOUT, started).await {
            Ok(Ok(Ok(stream))) => {
                let peer = Peer {
                    secure: false,
                    ..peer
                };
                self.http(stream, peer, slot, shutdown).await;
            }
            Ok(Ok(Err(stream))) => {
                let peer = Peer {
                    secure: true,
                    ..peer
                };
                self.http(stream, peer, slot, shutdown).await;
            }
            Ok(Err(error)) => {
                tracing::debug!(%address, %error, "a connection ended before its first request")
            }
            Err(_) => tracing::debug!(%address, "a connection sent nothing in time"),
        }
    }

    async fn http<S>(
        self: Arc<Self>,
        stream: S,
        peer: Peer,
        slot: Arc<Slot>,
        shutdown: CancellationToken,
    ) where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let address = peer.address;
        let asked = slot.clone();
        let service = service_fn(move |request| {
            let (gateway, peer, asking) = (self.clone(), peer.clone(), asked.request());
            async move { Ok::<_, Infallible>(gateway.request(request, peer, asking).await) }
        });
        if let Err(error) = connection::serve(stream, &slot, shutdown, service).await {
            tracing::debug!(%address, %error, "a connection ended early");
        }
    }
}

/// For the audit log.
fn named(forwarded: &Forwarded) -> serde_json::Map<String, serde_json::Value> {
    let Forwarded {
        address,
        task,
        vpc,
        instance,
        endpoint,
    } = forwarded;
    let address = address.map(|it| it.to_string());
    let all = [
        ("address", &address),
        ("task", task),
        ("vpc", vpc),
        ("instance", instance),
        ("endpoint", endpoint),
    ];
    let given = all
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value.as_ref()?.as_str().into())));
    given.collect()
}

enum Started {
    Plain(TcpStream),
    Tls(Box<tokio_rustls::server::TlsStream<TcpStream>>),
}

/// A short text answer.
pub fn text(status: StatusCode, text: impl Into<String>) -> Response<Body> {
    let mut response = Response::new(full(text.into()));
    *response.status_mut() = status;
    response
}

/// A body that is there as a whole.
pub fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into())
        .map_err(|never| match never {})
        .boxed()
}
