//! The one port: accepts connections, tells TLS from plain HTTP by the first byte, and hands each
//! request to the part of wharf that it is for (architecture §3).

mod api;
mod auth;
mod origin;
mod route;

use std::{
    convert::Infallible,
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, combinators::BoxBody};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite},
    net::{TcpListener, TcpStream},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use api::{Apis, IamMode};

use crate::{
    backup::Backup, certificate_authority::CertificateAuthority, explain::Explain, join::Join,
    overview::Overview, plane::Planes,
};
pub use auth::{Directory, Key, KeyError};

/// What every answer's body is.
pub type Body = BoxBody<Bytes, io::Error>;

/// A slow client may take this long to send its headers.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);
/// A TLS handshake, or the first byte of a connection, may take this long.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// Headers of one request, in bytes; the longest honest ones carry a session token or a registry
/// password.
const MAX_HEADER_BYTES: usize = 96 << 10;
/// Connections served at once; beyond, new ones wait in the kernel's queue.
const MAX_CONNECTIONS: usize = 10_000;

/// Where a request came in.
#[derive(Debug, Clone, Copy)]
pub struct Peer {
    pub address: SocketAddr,
    pub secure: bool,
}

/// A part of wharf that answers on its own paths: the registry, the agent's websockets.
#[async_trait::async_trait]
pub trait Handler: Send + Sync {
    async fn handle(&self, request: Request<Incoming>, peer: Peer) -> Response<Body>;
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
    /// `/plane/v1/…`: planes of hosts
    pub planes: Arc<Planes>,
    /// `/wharf/overview`: what runs, for `wharf status`
    pub overview: Overview,
    /// `/wharf/ca`: whom certificates are vouched for by, for `wharf ca`
    pub certificate_authority: CertificateAuthority,
    /// `/wharf/explain`: why a service or task is as it is
    pub explain: Explain,
    pub backup: Backup,
    pub tls: Option<tokio_rustls::TlsAcceptor>,
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

    /// Takes over an end of a session of ECS Exec.
    async fn data_channel(&self, request: Request<Incoming>) -> Response<Body>;
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
        let slots = Arc::new(tokio::sync::Semaphore::new(MAX_CONNECTIONS));
        loop {
            let slot = slots
                .clone()
                .acquire_owned()
                .await
                .expect("the semaphore is never closed");
            let accepted = tokio::select! {
                () = shutdown.cancelled() => break,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, address)) => {
                    let (gateway, shutdown) = (self.clone(), shutdown.clone());
                    tracker.spawn(async move {
                        gateway.connection(stream, address, shutdown).await;
                        drop(slot);
                    });
                }
                Err(error) => {
                    // Out of descriptors, or a connection that ended before we took it.
                    tracing::warn!(%error, "a connection could not be accepted");
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
        shutdown: CancellationToken,
    ) {
        let _ = stream.set_nodelay(true);
        let started = tokio::time::timeout(HANDSHAKE_TIMEOUT, self.start(stream, address)).await;
        match started {
            Ok(Ok(Started::Plain(stream))) => self.http(stream, address, false, shutdown).await,
            Ok(Ok(Started::Tls(stream))) => self.http(*stream, address, true, shutdown).await,
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

    async fn http<S>(
        self: Arc<Self>,
        stream: S,
        address: SocketAddr,
        secure: bool,
        shutdown: CancellationToken,
    ) where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let peer = Peer { address, secure };
        let asked = Arc::new(AtomicBool::new(false));
        let first = asked.clone();
        let service = service_fn(move |request| {
            first.store(true, Ordering::Relaxed);
            let gateway = self.clone();
            async move { Ok::<_, Infallible>(gateway.request(request, peer).await) }
        });
        let mut builder = auto::Builder::new(TokioExecutor::new());
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADER_TIMEOUT)
            .max_buf_size(MAX_HEADER_BYTES);
        builder
            .http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(256)
            .max_header_list_size(MAX_HEADER_BYTES as u32)
            .keep_alive_interval(HEADER_TIMEOUT)
            .keep_alive_timeout(HANDSHAKE_TIMEOUT);
        let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
        tokio::pin!(connection);
        let ended = tokio::select! {
            ended = &mut connection => ended,
            // The builder itself waits for ever for the byte that tells HTTP/1 from HTTP/2.
            () = silent(&asked) => {
                tracing::debug!(%address, "a connection asked nothing in time");
                return;
            }
            () = shutdown.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%address, %error, "a connection ended early");
        }
    }

    async fn request(&self, request: Request<Incoming>, peer: Peer) -> Response<Body> {
        match route::classify(request.method(), request.uri().path()) {
            route::Route::Registry
                if self.apis.iam == IamMode::Off && self.apis.is_foreign(&request) =>
            {
                text(
                    StatusCode::FORBIDDEN,
                    "Unsigned requests from other sites are refused.\n",
                )
            }
            route::Route::Registry => self.registry.handle(request, peer).await,
            route::Route::Health => self.health.handle(request, peer).await,
            route::Route::Join => self.join.handle(request, peer).await,
            route::Route::JoinToken => {
                match self.apis.authenticate(&request, "wharf", peer).await {
                    Ok(cx) => {
                        let query = request.uri().query().unwrap_or_default();
                        self.join.create_token(cx, query).await
                    }
                    Err(answer) => api::respond(answer, ""),
                }
            }
            route::Route::Overview => match self.apis.authenticate(&request, "wharf", peer).await {
                Ok(cx) => match self.overview.document(cx).await {
                    Ok(document) => text(StatusCode::OK, document.to_string()),
                    Err(refusal) => text(StatusCode::FORBIDDEN, format!("{refusal}\n")),
                },
                Err(answer) => api::respond(answer, ""),
            },
            route::Route::CertificateAuthority => {
                match self.apis.authenticate(&request, "wharf", peer).await {
                    Ok(cx) => match self.certificate_authority.certificate(cx).await {
                        Ok(certificate) => text(StatusCode::OK, certificate),
                        Err(refusal) => text(StatusCode::FORBIDDEN, format!("{refusal}\n")),
                    },
                    Err(answer) => api::respond(answer, ""),
                }
            }
            route::Route::Explain => {
                let query = request.uri().query().unwrap_or_default().to_owned();
                match self.apis.authenticate(&request, "wharf", peer).await {
                    Ok(cx) => match self.explain.document(cx, &query).await {
                        Ok(document) => text(StatusCode::OK, document.to_string()),
                        Err(refusal) => text(StatusCode::BAD_REQUEST, format!("{refusal}\n")),
                    },
                    Err(answer) => api::respond(answer, ""),
                }
            }
            route::Route::Backup => match self.apis.authenticate(&request, "wharf", peer).await {
                Ok(cx) => {
                    let query = request.uri().query().unwrap_or_default();
                    let answer = if request.method() == http::Method::POST {
                        self.backup.begin(cx, query).await
                    } else {
                        self.backup.state(cx).await
                    };
                    match answer {
                        Ok(state) => text(StatusCode::OK, state.to_string()),
                        Err(refusal) => text(StatusCode::BAD_REQUEST, format!("{refusal}\n")),
                    }
                }
                Err(answer) => api::respond(answer, ""),
            },
            route::Route::Agent(channel) => {
                match self.apis.authenticate(&request, "ecs", peer).await {
                    Ok(cx) => self.agents.upgrade(request, channel, cx).await,
                    Err(answer) => api::respond(answer, ""),
                }
            }
            route::Route::DataChannel => self.agents.data_channel(request).await,
            route::Route::Plane(plane) => {
                match self.apis.authenticate(&request, "wharf", peer).await {
                    Ok(cx) => self.planes.subscribe(cx, plane, request, peer).await,
                    Err(answer) => api::respond(answer, ""),
                }
            }
            route::Route::Api => self.apis.handle(request, peer).await,
            route::Route::Nothing => {
                text(StatusCode::NOT_FOUND, "There is nothing at this path.\n")
            }
        }
    }
}

enum Started {
    Plain(TcpStream),
    Tls(Box<tokio_rustls::server::TlsStream<TcpStream>>),
}

/// Returns if no request has come after the time for its headers; never otherwise.
async fn silent(asked: &AtomicBool) {
    tokio::time::sleep(HEADER_TIMEOUT).await;
    if asked.load(Ordering::Relaxed) {
        std::future::pending::<()>().await;
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
