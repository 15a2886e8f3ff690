//! A connection to an address that was checked.

use std::{
    error::Error,
    fmt, io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::{
    client::legacy::{
        self,
        connect::{Connected, Connection},
    },
    rt::TokioIo,
};
use rustls::pki_types::ServerName;
use tokio::{
    net::{TcpStream, lookup_host},
    sync::Semaphore,
};
use tokio_rustls::TlsConnector;
use tower_service::Service;
use wharf_base::chain::Chain;

use crate::{
    Allowed, Failure,
    trust::{self, Trust},
    with_own,
};

/// Names looked up at once: each takes a thread, of which there are 512, until the system's resolver gives up. More than the
/// parts of all services have together.
const MOST_LOOKUPS: usize = 128;

trait Io: Read + Write + Send + Unpin {}
impl<T: Read + Write + Send + Unpin> Io for T {}

#[derive(Clone)]
pub(crate) struct Connector {
    allowed: Allowed,
    trust: Trust,
    lookups: Arc<Semaphore>,
    /// Of a part: those of its own, and of the parts that it is of, which come before those of all.
    own_lookups: Vec<Arc<Semaphore>>,
}

impl Connector {
    pub(crate) fn new(allowed: Allowed, trust: Trust) -> Self {
        Self {
            allowed,
            trust,
            lookups: Arc::new(Semaphore::new(MOST_LOOKUPS)),
            own_lookups: Vec::new(),
        }
    }

    /// The same, with at most so many look-ups of its own at once.
    pub(crate) fn part(&self, lookups: usize) -> Self {
        Self {
            own_lookups: with_own(&self.own_lookups, lookups),
            ..self.clone()
        }
    }

    async fn connect(self, uri: Uri) -> Result<Stream, Failure> {
        let secure = uri.scheme_str() == Some("https");
        let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
        let host = uri.host().unwrap_or_default();
        // A literal of IPv6 stands in brackets.
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let unreachable = |why: String| Failure::Unreachable {
            host: host.to_owned(),
            why,
        };
        let found = self.find(host, port).await?;
        let tcp = self.open(host, &found).await?;
        let _ = tcp.set_nodelay(true);
        if !secure {
            return Ok(Stream(Box::new(TokioIo::new(tcp))));
        }
        let config = self.client().await;
        let config = config.map_err(|error| unreachable(error.to_string()))?;
        let name = ServerName::try_from(host.to_owned());
        let name = name.map_err(|error| unreachable(error.to_string()))?;
        let tls = TlsConnector::from(config).connect(name, tcp).await;
        let tls = tls.map_err(|error| unreachable(error.to_string()))?;
        Ok(Stream(Box::new(TokioIo::new(tls))))
    }

    /// The addresses of a host, whether requests may go to them or not.
    pub(crate) async fn find(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, Failure> {
        let found = match host.parse::<IpAddr>() {
            Ok(address) => vec![(address, port).into()],
            Err(_) => self.look_up(host, port).await,
        };
        match found.is_empty() {
            true => Err(Failure::Unresolved {
                host: host.to_owned(),
            }),
            false => Ok(found),
        }
    }

    /// A connection to one of the addresses that were found, if it may be.
    pub(crate) async fn open(
        &self,
        host: &str,
        found: &[SocketAddr],
    ) -> Result<TcpStream, Failure> {
        let addresses = self.held(host, found)?;
        // `addresses` tries them in turn.
        let tcp = TcpStream::connect(&addresses[..]).await;
        tcp.map_err(|error| Failure::Unreachable {
            host: host.to_owned(),
            why: error.to_string(),
        })
    }

    /// Those of the addresses of a host that requests may go to.
    fn held(&self, host: &str, found: &[SocketAddr]) -> Result<Vec<SocketAddr>, Failure> {
        let Some(first) = found.first() else {
            let host = host.to_owned();
            return Err(Failure::Unresolved { host });
        };
        let may = |it: &SocketAddr| self.allowed.holds(it.ip());
        let allowed: Vec<SocketAddr> = found.iter().copied().filter(may).collect();
        if allowed.is_empty() {
            let own = found.iter().find(|it| self.allowed.is_own(it.ip()));
            return Err(Failure::NotAllowed {
                host: host.to_owned(),
                address: own.unwrap_or(first).ip(),
                is_own: own.is_some(),
            });
        }
        Ok(allowed)
    }

    /// How a connection to `https` is made now.
    pub(crate) async fn client(&self) -> Result<Arc<rustls::ClientConfig>, rustls::Error> {
        trust::client(&self.trust).await
    }

    async fn look_up(&self, host: &str, port: u16) -> Vec<SocketAddr> {
        let mut own = Vec::with_capacity(self.own_lookups.len());
        for lookups in &self.own_lookups {
            own.push(lookups.clone().acquire_owned().await.ok());
        }
        let Ok(turn) = self.lookups.clone().acquire_owned().await else {
            return Vec::new();
        };
        let host = host.to_owned();
        // The resolver's thread works on when nobody waits any more, and so does its turn.
        let looking = tokio::spawn(async move {
            let _turns = (own, turn);
            lookup_host((host, port)).await.map(Iterator::collect)
        });
        looking.await.ok().and_then(Result::ok).unwrap_or_default()
    }
}

impl Service<Uri> for Connector {
    type Response = Stream;
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, Failure>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        Box::pin(self.clone().connect(uri))
    }
}

/// What a client's error says about the connection it was to make or had.
pub(crate) fn why(error: &legacy::Error) -> Failure {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(failure) = error.downcast_ref::<Failure>() {
            return failure.clone();
        }
        cause = error.source();
    }
    Failure::Broken(Chain(error).to_string())
}

/// A connection, encrypted or not.
pub(crate) struct Stream(Box<dyn Io>);

impl fmt::Debug for Stream {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Stream")
    }
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl Read for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0).poll_read(cx, buf)
    }
}

impl Write for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut *self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0).poll_shutdown(cx)
    }
}
