//! What a task finds at 169.254.170.2: its metadata, its credentials, and the AWS endpoint (§6,
//! ecs.md §11).
//!
//! Connections come in on sockets inside the network scopes, or on a loopback port for tasks in
//! host mode. A caller is known by its address, and by the secret random id in its URL: of either alone
//! nobody learns anything. In the host's network, where all have one address, only the id counts.

mod caller;
mod connections;
mod idle;
mod limit;
mod metadata;
mod proxy;
mod routes;
mod stats;

use std::{net::IpAddr, sync::Arc, time::Duration};

use http::{Request, Response};
use http_body_util::Full;
use hyper::{
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use self::{
    caller::{Caller, CallerOf, callers_in},
    connections::{Connections, Limits},
    limit::RateLimit,
    proxy::{Proxy, Way, WayOf},
    routes::Routes,
    stats::StatsReader,
};

/// A client that sends no request line and headers within this is let go.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// A connection to the metadata lasts no longer, however slowly its client reads.
const LIFETIME: Duration = Duration::from_secs(10 * 60);
/// After a failed accept, which is out of descriptors or of memory.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves metadata and credentials on `listener` until shutdown.
pub async fn serve(
    listener: TcpListener,
    routes: Arc<Routes>,
    caller: CallerOf,
    connections: Connections,
    running: TaskTracker,
    shutdown: CancellationToken,
) {
    let handle = move |stream: TcpStream, _: IpAddr, caller: Caller| {
        let routes = routes.clone();
        async move {
            let answer = |request: Request<Incoming>| {
                let (routes, caller) = (&routes, &caller);
                async move { routes.answer(&request, caller).await }
            };
            answer_on(stream, answer).await;
        }
    };
    accept(listener, caller, connections, shutdown, running, handle).await;
}

/// Answers the requests of one connection, until it ends or has lasted long enough.
pub(crate) async fn answer_on<F>(stream: TcpStream, answer: impl Fn(Request<Incoming>) -> F)
where
    F: Future<Output = Response<Full<Bytes>>>,
{
    let service = service_fn(|request: Request<Incoming>| {
        let answer = answer(request);
        async move { Ok::<Response<Full<Bytes>>, std::convert::Infallible>(answer.await) }
    });
    let connection = http1::Builder::new()
        // Whoever has said all may still want the answer: `printf … | nc` does it so.
        .half_close(true)
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service);
    match timeout(LIFETIME, connection).await {
        Ok(Err(error)) => tracing::trace!(%error, "a task's connection ended"),
        Err(_) => tracing::trace!("a task's connection lasted too long"),
        Ok(Ok(())) => {}
    }
}

/// Hands each connection that has a place to `handle`; others are closed at once, so that the queue
/// of the listener, which all tasks of a network share, is never full of one task's.
pub(crate) async fn accept<F, H>(
    listener: TcpListener,
    caller: CallerOf,
    connections: Connections,
    shutdown: CancellationToken,
    running: TaskTracker,
    handle: H,
) where
    F: Future<Output = ()> + Send + 'static,
    H: Fn(TcpStream, IpAddr, Caller) -> F,
{
    loop {
        let accepted = tokio::select! {
            () = shutdown.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok((stream, peer)) => (stream, peer.ip().to_canonical()),
            Err(error) => {
                tracing::warn!(%error, "failed to accept a task's connection");
                sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let caller = caller(peer);
        let Some(slot) = connections.admit(&caller) else {
            tracing::debug!(?caller, "a connection is refused: its task has too many");
            continue;
        };
        let _ = stream.set_nodelay(true);
        let (work, shutdown) = (handle(stream, peer, caller), shutdown.clone());
        running.spawn(async move {
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = slot.displaced() => {}
                () = work => {}
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        sync::Notify,
    };

    use super::*;

    #[tokio::test]
    async fn whoever_has_said_all_still_gets_the_answer() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let has_ended = Arc::new(Notify::new());
        let ended = has_ended.clone();
        let serving = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let answer = move |_| {
                let ended = ended.clone();
                async move {
                    ended.notified().await;
                    // The connection looks at its stream once more.
                    sleep(Duration::from_millis(1)).await;
                    Response::new(Full::new(Bytes::from("all of it")))
                }
            };
            answer_on(stream, answer).await;
        });
        let mut client = TcpStream::connect(at).await.unwrap();
        client.write_all(b"GET / HTTP/1.0\r\n\r\n").await.unwrap();
        client.shutdown().await.unwrap();
        has_ended.notify_one();
        let mut said = String::new();
        client.read_to_string(&mut said).await.unwrap();
        assert!(said.ends_with("all of it"), "{said}");
        serving.await.unwrap();
    }
}
