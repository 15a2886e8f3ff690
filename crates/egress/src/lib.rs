//! Requests to addresses that users named: endpoints of subscribers, API destinations, the keys of
//! identity providers.
//!
//! They leave from the control plane's machine, so whoever may name an address could reach what only
//! that machine reaches: its loopback, the metadata service of a cloud, the company's own network, its own
//! ports behind its firewall. Each request therefore goes to a public address that is not the machine's own,
//! or into a range that the operator allowed (`wharf up --allow-egress CIDR`, for the node's own `--node-allow-egress`). The name is resolved here and the connection goes to an address
//! that was checked, so a name that changes its mind between check and use gains nothing; redirects are
//! answers like others, followed by nobody.

#![forbid(unsafe_code)]

mod allowed;
mod connect;
mod shares;
mod stream;
mod trust;

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

pub use allowed::Allowed;
use bytes::Bytes;
use http::{Request, Response, Uri};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper_util::{
    client::legacy::Client,
    rt::{TokioExecutor, TokioTimer},
};
pub use shares::Shares;
pub use stream::{Pieces, StreamLimits};
use tokio::{
    net::TcpStream,
    sync::{Semaphore, SemaphorePermit},
    time::timeout,
};
pub use trust::Roots;
use wharf_base::{Cidr, Opaque};

use self::{connect::Connector, trust::Trust};

/// Requests under way at once; further ones wait, within their time. More than the parts of all services have together, so
/// that requests of one service never keep another's waiting.
const MOST_REQUESTS: usize = 512;
/// Of those whose answers pass piece by piece, which may take long.
const MOST_STREAMS: usize = 128;
/// Connections that wait for a next request to the same address, and how long they do.
const IDLE_CONNECTIONS: usize = 4;
const IDLE_TIME: Duration = Duration::from_secs(20);

/// What one request may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// From waiting for its turn to the last byte of the answer.
    pub time: Duration,
    /// Bytes of the answer's body.
    pub body: usize,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    #[error("{url} is no http or https address")]
    Address { url: String },
    #[error("{host} does not resolve")]
    Unresolved { host: String },
    #[error("{host} is at {address}, which `wharf up --allow-egress {address}` would allow")]
    NotAllowed {
        host: String,
        address: IpAddr,
        /// It is public, but this machine's own.
        is_own: bool,
    },
    #[error("cannot connect to {host}: {why}")]
    Unreachable { host: String, why: String },
    #[error("no answer within {} seconds", .0.as_secs())]
    TimedOut(Duration),
    /// Nothing was sent: others had all turns.
    #[error("no turn within {} seconds", .0.as_secs())]
    Busy(Duration),
    #[error("the answer is longer than {0} bytes")]
    TooLong(usize),
    #[error("the connection failed: {0}")]
    Broken(String),
}

impl Failure {
    /// Whether the same request may succeed later. What is at an own address worked before these were refused: it is tried
    /// on, so that nothing is lost until the operator allows it.
    pub fn passes(&self) -> bool {
        match self {
            Self::Address { .. } => false,
            Self::NotAllowed { is_own, .. } => *is_own,
            _ => true,
        }
    }
}

/// The way out. Cheap to clone.
#[derive(Clone)]
pub struct Egress {
    client: Opaque<Client<Connector, Full<Bytes>>>,
    connector: Connector,
    turns: Arc<Semaphore>,
    /// Of a part: those of its own, and of the parts that it is of, which come before those of all.
    own_turns: Vec<Arc<Semaphore>>,
    streams: Arc<Semaphore>,
}

impl fmt::Debug for Egress {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Egress").finish_non_exhaustive()
    }
}

impl Egress {
    /// To public addresses of other machines and those `allowed`; `roots` are trusted beside those of the system.
    pub fn new(allowed: Vec<Cidr>, roots: Arc<dyn Roots>) -> Self {
        Self::trusting(allowed, Trust::Authorities(roots))
    }

    /// The same, whatever certificate a server shows: for those whose users ask for it.
    pub fn unverified(allowed: Vec<Cidr>) -> Self {
        Self::trusting(allowed, Trust::Anybody)
    }

    fn trusting(allowed: Vec<Cidr>, trust: Trust) -> Self {
        let connector = Connector::new(Allowed::new(allowed), trust);
        Self {
            client: Opaque::new(client(&connector)),
            connector,
            turns: Arc::new(Semaphore::new(MOST_REQUESTS)),
            own_turns: Vec::new(),
            streams: Arc::new(Semaphore::new(MOST_STREAMS)),
        }
    }

    /// A part of it for one of many who share it: as allowed and trusting as the whole, with connections of its own, and with at most so
    /// many requests under way and names looked up at once. What one names that never answers keeps little from the others. A part may
    /// have parts.
    #[must_use]
    pub fn part(&self, requests: usize, lookups: usize) -> Self {
        let connector = self.connector.part(lookups);
        Self {
            client: Opaque::new(client(&connector)),
            connector,
            turns: Arc::clone(&self.turns),
            own_turns: with_own(&self.own_turns, requests),
            streams: Arc::clone(&self.streams),
        }
    }

    /// The same, trusting nobody beside those of the system.
    pub fn to(allowed: Vec<Cidr>) -> Self {
        Self::new(allowed, Arc::new(()))
    }

    /// Sends a request to the absolute address it carries.
    ///
    /// # Errors
    /// There is no whole answer within the limits.
    pub async fn send(
        &self,
        request: Request<Bytes>,
        limits: Limits,
    ) -> Result<Response<Bytes>, Failure> {
        let answered = timeout(limits.time, self.answer(request, limits.body)).await;
        answered.unwrap_or(Err(Failure::TimedOut(limits.time)))
    }

    /// The same, but the wait for a turn is as long again and apart: [`Failure::Busy`] says that nothing was sent.
    ///
    /// # Errors
    /// There is no turn, or no whole answer within the limits.
    pub async fn send_in_turn(
        &self,
        request: Request<Bytes>,
        limits: Limits,
    ) -> Result<Response<Bytes>, Failure> {
        check(request.uri())?;
        let turn = timeout(limits.time, self.turn()).await;
        let _turn = turn.map_err(|_| Failure::Busy(limits.time))?;
        let answered = timeout(limits.time, self.ask(request, limits.body)).await;
        answered.unwrap_or(Err(Failure::TimedOut(limits.time)))
    }

    async fn answer(
        &self,
        request: Request<Bytes>,
        most: usize,
    ) -> Result<Response<Bytes>, Failure> {
        check(request.uri())?;
        let _turn = self.turn().await;
        self.ask(request, most).await
    }

    /// The addresses of a host, for callers who reach some of them by another way; nothing says that the others may be connected to.
    ///
    /// # Errors
    /// There are none.
    pub async fn addresses(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, Failure> {
        self.connector.find(host, port).await
    }

    /// A connection to one of these addresses of a host, for callers who know themselves whom they trust and how long they wait. It
    /// takes none of the turns of requests.
    ///
    /// # Errors
    /// None of them may be connected to, or none answers.
    pub async fn connect(&self, host: &str, to: &[SocketAddr]) -> Result<TcpStream, Failure> {
        let stream = self.connector.open(host, to).await?;
        let _ = stream.set_nodelay(true);
        Ok(stream)
    }

    /// How TLS is spoken on such a connection to who is trusted as all requests trust.
    ///
    /// # Errors
    /// There is no way to.
    pub async fn tls(&self) -> Result<Arc<rustls::ClientConfig>, rustls::Error> {
        self.connector.client().await
    }

    /// A turn of each that it is a part of, its own first.
    async fn turn(&self) -> Vec<SemaphorePermit<'_>> {
        let mut held = Vec::with_capacity(self.own_turns.len() + 1);
        for turns in self.own_turns.iter().chain([&self.turns]) {
            held.extend(turns.acquire().await);
        }
        held
    }

    async fn ask(&self, request: Request<Bytes>, most: usize) -> Result<Response<Bytes>, Failure> {
        let answer = self.client.request(request.map(Full::new)).await;
        let (head, body) = answer.map_err(|error| connect::why(&error))?.into_parts();
        let whole = Limited::new(body, most).collect().await;
        let whole = whole.map_err(|error| match error.downcast::<LengthLimitError>() {
            Ok(_) => Failure::TooLong(most),
            Err(error) => Failure::Broken(error.to_string()),
        })?;
        Ok(Response::from_parts(head, whole.to_bytes()))
    }
}

/// A part's own turns go first: while it waits for one it holds none of the others'.
fn with_own(others: &[Arc<Semaphore>], own: usize) -> Vec<Arc<Semaphore>> {
    let own = Arc::new(Semaphore::new(own));
    [own].into_iter().chain(others.iter().cloned()).collect()
}

fn client(connector: &Connector) -> Client<Connector, Full<Bytes>> {
    Client::builder(TokioExecutor::new())
        .pool_idle_timeout(IDLE_TIME)
        .pool_max_idle_per_host(IDLE_CONNECTIONS)
        .pool_timer(TokioTimer::new())
        .build(connector.clone())
}

/// Only whole addresses of the web, without passwords in them.
fn check(uri: &Uri) -> Result<(), Failure> {
    let plain = uri.authority().is_some_and(|it| !it.as_str().contains('@'));
    if plain && matches!(uri.scheme_str(), Some("http" | "https")) {
        return Ok(());
    }
    let url = uri.to_string();
    Err(Failure::Address { url })
}

#[cfg(test)]
mod tests;
