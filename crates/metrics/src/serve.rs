//! `GET /metrics` on a port of its own, or at a socket in a folder. Nobody proves who asks, so the port
//! is one of this machine alone: the flag that opens it takes loopback addresses only; and who may
//! open the socket, the folder says.

use std::{
    convert::Infallible,
    fs::{File, Permissions},
    io,
    net::SocketAddr,
    os::{fd::AsRawFd, unix::fs::PermissionsExt},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use http::{Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::{
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, UnixListener, UnixStream},
    sync::Semaphore,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::Metrics;

/// What [`Metrics::text`] is.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// A scraper has one or two connections.
const MAX_CONNECTIONS: usize = 16;
/// A request must have come, and its answer been taken, within this long.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Bytes of metrics that are read; a part has some tens of thousands.
const MOST_READ: u64 = 16 << 20;

/// Serves at `address` until `stop`.
pub async fn serve(
    address: SocketAddr,
    metrics: Arc<Metrics>,
    stop: CancellationToken,
) -> io::Result<()> {
    let listener = TcpListener::bind(address).await?;
    tracing::info!(%address, "metrics are served");
    let accept = || async { Ok(listener.accept().await?.0) };
    accept_all(accept, metrics, stop).await;
    Ok(())
}

/// Serves at a socket `name` in `folder` until `stop`: whoever may open the socket may read. One that
/// an earlier process left is replaced.
pub async fn serve_in(
    folder: &Path,
    name: &str,
    metrics: Arc<Metrics>,
    stop: CancellationToken,
) -> io::Result<()> {
    let place = Place::of(folder)?;
    match std::fs::remove_file(place.path(name)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(place.path(name))?;
    std::fs::set_permissions(place.path(name), Permissions::from_mode(0o600))?;
    let accept = || async { Ok(listener.accept().await?.0) };
    accept_all(accept, metrics, stop).await;
    Ok(())
}

/// What is served at the socket `name` in `folder`.
///
/// # Errors
/// Nobody serves there, or not in time.
pub async fn read_from(folder: &Path, name: &str) -> io::Result<String> {
    let reading = async {
        let place = Place::of(folder)?;
        let mut stream = UnixStream::connect(place.path(name)).await?;
        let request = b"GET /metrics HTTP/1.1\r\nhost: metrics\r\nconnection: close\r\n\r\n";
        stream.write_all(request).await?;
        let mut answer = String::new();
        stream.take(MOST_READ).read_to_string(&mut answer).await?;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
        match head.starts_with("HTTP/1.1 200 ") {
            true => Ok(body.to_owned()),
            false => Err(io::Error::other("no metrics are served there")),
        }
    };
    match tokio::time::timeout(TIMEOUT, reading).await {
        Ok(read) => read,
        Err(_) => Err(io::ErrorKind::TimedOut.into()),
    }
}

/// A folder by its descriptor: the address of a socket has room for 107 bytes, folders' paths are
/// longer.
struct Place(File);

impl Place {
    fn of(folder: &Path) -> io::Result<Self> {
        File::open(folder).map(Self)
    }

    fn path(&self, name: &str) -> PathBuf {
        PathBuf::from(format!("/proc/self/fd/{}/{name}", self.0.as_raw_fd()))
    }
}

async fn accept_all<S, F>(accept: impl Fn() -> F, metrics: Arc<Metrics>, stop: CancellationToken)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    F: Future<Output = io::Result<S>>,
{
    let slots = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let tracker = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = accept() => accepted,
        };
        let Ok(stream) = accepted else {
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let Ok(slot) = slots.clone().try_acquire_owned() else {
            continue;
        };
        let metrics = metrics.clone();
        tracker.spawn(async move {
            let service = service_fn(move |request| {
                let answer = answer(&request, &metrics);
                async move { Ok::<_, Infallible>(answer) }
            });
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(TIMEOUT)
                .keep_alive(false)
                .serve_connection(TokioIo::new(stream), service);
            // A client that breaks off is no concern of ours.
            let _ = tokio::time::timeout(2 * TIMEOUT, connection).await;
            drop(slot);
        });
    }
}

fn answer(request: &Request<Incoming>, metrics: &Metrics) -> Response<Full<Bytes>> {
    let (status, text) = match (request.method(), request.uri().path()) {
        (&Method::GET, "/metrics") => (StatusCode::OK, metrics.text()),
        _ => (StatusCode::NOT_FOUND, "GET /metrics\n".to_owned()),
    };
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    let kind = header::HeaderValue::from_static(CONTENT_TYPE);
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpStream;

    use super::*;

    async fn ask(address: SocketAddr, request: &str) -> String {
        let mut stream = loop {
            match TcpStream::connect(address).await {
                Ok(stream) => break stream,
                Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        };
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn scrapes() {
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let folder = tempfile::tempdir().unwrap();
        let metrics = Arc::new(Metrics::new(folder.path()));
        let stop = CancellationToken::new();
        let serving = tokio::spawn(serve(address, metrics, stop.clone()));
        let answer = ask(address, "GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(
            answer.contains(CONTENT_TYPE) && answer.ends_with("# EOF\n"),
            "{answer}"
        );
        let other = ask(address, "POST /metrics HTTP/1.1\r\nhost: x\r\n\r\n").await;
        assert!(other.starts_with("HTTP/1.1 404 "), "{other}");
        stop.cancel();
        serving.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_folder_of_any_length_has_a_socket() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("x".repeat(120));
        std::fs::create_dir(&deep).unwrap();
        assert!(read_from(&deep, "a.sock").await.is_err(), "nobody serves");
        // What a process that was killed left is replaced.
        std::fs::write(deep.join("a.sock"), "").unwrap();
        let metrics = Arc::new(Metrics::new(folder.path()));
        let stop = CancellationToken::new();
        let (at, ends) = (deep.clone(), stop.clone());
        let serving = tokio::spawn(async move { serve_in(&at, "a.sock", metrics, ends).await });
        let text = loop {
            match read_from(&deep, "a.sock").await {
                Ok(text) => break text,
                Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        };
        assert!(
            text.contains("process_open_fds ") && text.ends_with("# EOF\n"),
            "{text}"
        );
        stop.cancel();
        serving.await.unwrap().unwrap();
    }
}
