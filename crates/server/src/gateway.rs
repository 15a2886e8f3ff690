//! The one port: accepts connections, tells TLS from plain HTTP by the first byte, and hands each
//! request to the part of wharf that it is for (architecture §3).

mod api;
mod auth;
mod body;
pub mod bytes_in_flight;
mod connection;
pub mod connections;
mod control;
mod forwarded;
mod origin;
mod refused;
mod route;
mod source;
mod stream;
pub mod throttle;

use std::{
    convert::Infallible,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context as Polling, Poll},
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{
    HeaderValue, Method, Request, Response, StatusCode,
    header::{CONTENT_TYPE, RETRY_AFTER},
};
use http_body_util::{BodyExt, Full, combinators::BoxBody};
use hyper::{body::Incoming, service::service_fn};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite},
    net::{TcpListener, TcpStream},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use api::{Apis, IamMode};
pub use body::Paced;
pub use connections::Asking;
use connections::{Connections, RegistryPlace, Slot};
pub use control::{Done, Refusal};
use refused::Unproven;
pub use source::Source;
use wharf_base::ids;
use wharf_metrics::Metrics;
use wharf_planeproto::forward::Forwarded;
use wharf_wire::{Context, audit::Event};

use crate::{
    backup::Backup, certificate_authority::CertificateAuthority, explain::Explain, join::Join,
    keys::Keys, node_credentials::NodeCredentials, nodes::Nodes, overview::Overview, plane::Planes,
};
pub use auth::{Directory, Key, KeyError};

/// What every answer's body is.
pub type Body = BoxBody<Bytes, io::Error>;

/// A TLS handshake, or the first byte of a connection, may take this long.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// Where a request came in.
#[derive(Debug, Clone)]
pub struct Peer {
    /// The container's own, of a connection that a node passes on.
    pub address: SocketAddr,
    pub secure: bool,
    /// A node passes the connection on for one of its tasks.
    pub task: Option<Arc<Forwarded>>,
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

/// The gateway with everything it hands requests to.
pub struct Gateway {
    pub apis: Apis,
    /// `/v2/…`
    pub registry: Arc<dyn Handler>,
    /// `/acs/ws` and `/tcs/ws`: the agent's sockets.
    pub agents: Arc<dyn AgentSockets>,
    /// `/health`
    pub health: Arc<dyn Handler>,
    /// `/wharf/join`: nodes of other machines
    pub join: Arc<Join>,
    /// `/wharf/node/…`: nodes that renew their credentials
    pub node_credentials: NodeCredentials,
    /// `/wharf/keys…`: for `wharf keys`
    pub keys: Keys,
    /// `/wharf/nodes…`: for `wharf node list` and `wharf node remove`
    pub nodes: Nodes,
    /// `/plane/v1/…`: planes of hosts
    pub planes: Arc<Planes>,
    /// `/wharf/overview`: what runs, for `wharf status`
    pub overview: Overview,
    /// `/wharf/ca`: whom certificates are vouched for by, for `wharf ca`
    pub certificate_authority: CertificateAuthority,
    /// `/wharf/explain`: why a service or task is as it is
    pub explain: Explain,
    pub backup: Backup,
    /// `/metrics`
    pub metrics: Arc<Metrics>,
    pub tls: Option<tokio_rustls::TlsAcceptor>,
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
                            () = closed.closed() => {
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
                    tracing::warn!(%error, "a connection could not be accepted");
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
        if first[0] == 0x16 {
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
        let now = self.apis.clock.now();
        let begun = forwarded::begin(stream, &*self.apis.directory, now);
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
        };
        self.http(stream, peer, slot, shutdown).await;
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

    /// One request, counted until its answer has been sent.
    async fn request(
        &self,
        request: Request<Incoming>,
        peer: Peer,
        asking: Asking,
    ) -> Response<Body> {
        let route = route::classify(request.method(), request.uri().path());
        let mut kept = Kept {
            asking,
            _place: None,
        };
        if route == route::Route::Registry {
            let source = kept.asking.slot().source();
            match self.connections.enter_registry(source) {
                Ok(place) => kept._place = Some(place),
                Err(connections::Full) => return registry_is_busy(),
            }
        }
        let (method, started) = (method_name(request.method()), Instant::now());
        let answer = self.answer(request, route, peer, &kept.asking).await;
        if let Some(service) = route.name() {
            let (status, took) = (answer.status().as_u16(), started.elapsed());
            let requests = &self.apis.requests;
            requests.answered(service, method, status, took);
        }
        if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
            kept.asking.slot().upgraded();
            return answer;
        }
        answer.map(|body| Answering { body, _kept: kept }.boxed())
    }

    async fn answer(
        &self,
        request: Request<Incoming>,
        route: route::Route,
        peer: Peer,
        asking: &Asking,
    ) -> Response<Body> {
        match route {
            route::Route::Registry
                if self.apis.iam == IamMode::Off
                    && (self.apis.is_foreign(&request) || self.apis.is_shut_to(&peer)) =>
            {
                text(
                    StatusCode::FORBIDDEN,
                    "Unsigned requests from other sites, and of tasks, are refused.\n",
                )
            }
            route::Route::Registry => self.registry.handle(request, peer, asking).await,
            route::Route::Health => self.health.handle(request, peer, asking).await,
            route::Route::Join => {
                let request_id = ids::uuid();
                let cx = self.apis.frame(&request, &peer, &request_id);
                let mut answer = self.join.join(request, &peer, cx).await;
                api::name_request(&mut answer, &request_id);
                answer
            }
            route::Route::NodeCredentials | route::Route::NodeConfirmation => {
                self.node(&request, route, &peer).await
            }
            route::Route::Control(endpoint) => {
                control::answer(self, endpoint, &request, &peer).await
            }
            route::Route::Agent(channel) => {
                let name = match channel {
                    Channel::Acs => "Poll",
                    Channel::Tcs => "StartTelemetrySession",
                };
                match self.authenticate(&request, "ecs", name, &peer).await {
                    Ok(cx) => {
                        asking.admit();
                        let node =
                            container_instance(&request).unwrap_or_else(|| cx.caller.arn.clone());
                        let answer = self.agents.upgrade(request, channel, cx).await;
                        if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
                            asking.slot().is_of_node(&node);
                        }
                        answer
                    }
                    Err(answer) => answer,
                }
            }
            route::Route::DataChannel => {
                let cx = self.apis.frame(&request, &peer, &ids::uuid());
                self.agents.data_channel(request, cx).await
            }
            route::Route::Plane(plane) => {
                match self
                    .authenticate(&request, "wharf", "Subscribe", &peer)
                    .await
                {
                    Ok(cx) => {
                        asking.admit();
                        let node = cx.caller.arn.clone();
                        let answer = self.planes.subscribe(cx, plane, request, peer).await;
                        if answer.status() == StatusCode::OK {
                            asking.slot().is_of_node(&node);
                        }
                        answer
                    }
                    Err(answer) => answer,
                }
            }
            route::Route::Api => self.apis.handle(request, peer, asking).await,
            route::Route::Nothing => {
                text(StatusCode::NOT_FOUND, "There is nothing at this path.\n")
            }
        }
    }

    /// The context of a request for a stream, signed for `service`; or the answer to a stranger.
    async fn authenticate(
        &self,
        request: &Request<Incoming>,
        service: &'static str,
        name: &'static str,
        peer: &Peer,
    ) -> Result<Context, Response<Body>> {
        let request_id = ids::uuid();
        let asks = Unproven {
            service,
            name,
            peer,
            request_id: &request_id,
        };
        let known = self.apis.authenticate(request, &asks).await;
        known.map_err(|answer| api::respond(answer, &request_id))
    }

    /// A node renews its credentials, or confirms that it has written them down.
    async fn node(
        &self,
        request: &Request<Incoming>,
        route: route::Route,
        peer: &Peer,
    ) -> Response<Body> {
        let renews = route == route::Route::NodeCredentials;
        let request_id = ids::uuid();
        let asks = Unproven {
            service: "wharf",
            name: match renews {
                true => "RenewNodeCredentials",
                false => "ConfirmNodeCredentials",
            },
            peer,
            request_id: &request_id,
        };
        let cx = match self.apis.node(request, &asks).await {
            Ok(cx) => cx,
            Err(answer) => return api::respond(answer, &request_id),
        };
        let done = match renews {
            true => self.node_credentials.renew(&cx.caller).await,
            false => {
                let confirmed = self.node_credentials.confirm(&cx.caller).await;
                confirmed.map(|()| serde_json::Value::Null)
            }
        };
        let event = Event::of_service(cx, asks.service, asks.name);
        let (event, mut answer) = match done {
            Ok(renewed) if renews => (event, text(StatusCode::OK, renewed.to_string())),
            Ok(_) => (event, text(StatusCode::OK, "")),
            Err((status, why)) => (
                event.with_error("AccessDenied", &why),
                text(status, format!("{why}\n")),
            ),
        };
        self.apis.dispatcher.tell(event).await;
        api::name_request(&mut answer, &request_id);
        answer
    }
}

enum Started {
    Plain(TcpStream),
    Tls(Box<tokio_rustls::server::TlsStream<TcpStream>>),
}

/// A method by a name of few, for metrics.
fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        _ => "other",
    }
}

/// The container instance that an agent's socket is for.
fn container_instance<B>(request: &Request<B>) -> Option<String> {
    let query = request.uri().query()?;
    let named = form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name.starts_with("containerInstance"))?;
    Some(named.1.into_owned())
}

/// In the words of the OCI distribution specification; clients try again.
fn registry_is_busy() -> Response<Body> {
    let mut answer = text(
        StatusCode::TOO_MANY_REQUESTS,
        r#"{"errors":[{"code":"TOOMANYREQUESTS","message":"too many requests at once"}]}"#,
    );
    let headers = answer.headers_mut();
    let (json, second) = ("application/json", "1");
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(json));
    headers.insert(RETRY_AFTER, HeaderValue::from_static(second));
    answer
}

/// What a request holds until its answer has been sent.
struct Kept {
    asking: Asking,
    _place: Option<RegistryPlace>,
}

/// An answer on its way.
struct Answering {
    body: Body,
    _kept: Kept,
}

impl http_body::Body for Answering {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Polling<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, io::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.body.size_hint()
    }
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
