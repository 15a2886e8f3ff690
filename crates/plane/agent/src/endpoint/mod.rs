//! What a task finds at 169.254.170.2: its metadata, its credentials, and the AWS endpoint (§6,
//! ecs.md §11).
//!
//! Connections come in on sockets inside the network scopes, or on a loopback port for tasks in
//! host mode. A caller is known by the secret random id in its URL, and in the oldest forms by its
//! address.

mod limit;
mod metadata;
mod proxy;
mod routes;
mod stats;

use std::{io, net::IpAddr, sync::Arc, time::Duration};

use http::Response;
use http_body_util::Full;
use hyper::{body::Bytes, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{net::TcpListener, sync::Semaphore, time::sleep};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use self::{limit::RateLimit, proxy::Proxy, routes::Routes, stats::StatsReader};

/// Connections at the same time on one listener; a task that opens more waits.
const MAX_CONNECTIONS: usize = 1024;
/// A client that sends no request line and headers within this is let go.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// After a failed accept, which is out of descriptors or of memory.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Who speaks to an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// The task that has the address, by its id.
    Task(String),
    /// Nobody has it.
    Unknown,
    /// Any of the host's own network, whose addresses are alike.
    OnHost,
}

/// Tells who speaks from an address.
pub type CallerOf = Arc<dyn Fn(IpAddr) -> Caller + Send + Sync>;

/// Serves metadata and credentials on `listener` until shutdown.
pub async fn serve(
    listener: TcpListener,
    routes: Arc<Routes>,
    caller: CallerOf,
    running: TaskTracker,
    shutdown: CancellationToken,
) {
    accept(listener, shutdown, running, move |stream, peer| {
        let (routes, caller) = (routes.clone(), caller.clone());
        async move {
            let service = service_fn(|request: http::Request<hyper::body::Incoming>| {
                let (routes, caller) = (routes.clone(), caller.clone());
                async move {
                    let answer = routes.answer(&request, || caller(peer)).await;
                    Ok::<Response<Full<Bytes>>, std::convert::Infallible>(answer)
                }
            });
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEADER_TIMEOUT)
                .serve_connection(TokioIo::new(stream), service);
            if let Err(error) = connection.await {
                tracing::trace!(%error, "a task's connection ended");
            }
        }
    })
    .await;
}

/// Hands each connection to `handle`, a bounded number at a time.
async fn accept<F, H>(
    listener: TcpListener,
    shutdown: CancellationToken,
    running: TaskTracker,
    handle: H,
) where
    F: Future<Output = ()> + Send + 'static,
    H: Fn(tokio::net::TcpStream, IpAddr) -> F,
{
    let room = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let accepted = tokio::select! {
            () = shutdown.cancelled() => return,
            accepted = next(&listener, &room) => accepted,
        };
        let (permit, stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "cannot accept a task's connection");
                sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let (work, shutdown) = (handle(stream, peer), shutdown.clone());
        running.spawn(async move {
            let _permit = permit;
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = work => {}
            }
        });
    }
}

async fn next(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> io::Result<(
    tokio::sync::OwnedSemaphorePermit,
    tokio::net::TcpStream,
    IpAddr,
)> {
    let permit = room
        .clone()
        .acquire_owned()
        .await
        .map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    stream.set_nodelay(true)?;
    Ok((permit, stream, peer.ip().to_canonical()))
}
