//! A client's connection: TLS if the endpoint asks for it, then HTTP/1.1 or HTTP/2.

use std::{
    cell::{Cell, OnceCell},
    convert::Infallible,
    future::Future,
    io::{self, IoSlice},
    net::SocketAddr,
    os::fd::{AsRawFd, OwnedFd},
    pin::Pin,
    rc::Rc,
    sync::{Arc, atomic::Ordering},
    task::{Context, Poll},
    time::{Duration, Instant, SystemTime},
};

use http::{Response, StatusCode};
use hyper::{
    body::Incoming,
    rt::{Executor, ReadBufCursor},
    server::conn::{http1, http2},
    service::service_fn,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::{LazyConfigAcceptor, server::TlsStream};

use super::{
    Worker,
    closing::{Closing, Graceful, Until},
    tally::Tally,
    watch::{Ended, Watch, Watched},
};
use crate::{
    access_log::{Connection, Entry, Handshake, TlsConnection, protocols},
    clock,
    config::table::{Flows, ListenerTable},
    desync::{Heads, Seen},
    endpoint::Endpoint,
    metrics::BalancerCounters,
    proxy::{self, Answer},
    rooms::Room,
    stream::{self, Meter},
    tls::Agreed,
};

/// For the whole of a TLS handshake, and for the first byte where a port serves both.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// First byte of a TLS connection.
const TLS_HANDSHAKE: u8 = 0x16;
/// All of a request's head: AWS's limit.
const HEAD_BYTES: usize = 64 * 1024;
const HEADERS: usize = 128;
/// Requests that an HTTP/2 client may have under way, as on AWS.
const STREAMS: u32 = 128;
/// What an HTTP/2 client may send ahead, per stream and per connection.
const STREAM_WINDOW: u32 = 256 * 1024;
const CONNECTION_WINDOW: u32 = 1024 * 1024;
/// Of a response, waiting for an HTTP/2 client that does not read.
const SEND_BUFFER: usize = 256 * 1024;

/// What is known of a client.
pub struct Client {
    pub worker: Rc<Worker>,
    pub endpoint: Arc<Endpoint>,
    pub peer: SocketAddr,
    /// The peer's address as it is forwarded.
    pub address: String,
    pub is_ipv6: bool,
    pub is_tls: bool,
    /// The load balancer whose certificate it got, by its name.
    pub secured_as: Option<String>,
    /// What was agreed on with it.
    pub tls: Option<Agreed>,
    /// When it was there, and how long that took over TLS.
    begun: (SystemTime, Duration),
    /// Whether a log of connections has it.
    is_noted: Cell<bool>,
    pub is_http2: bool,
    /// The bytes of heads, over HTTP/1.
    heads: Option<Arc<Heads>>,
    /// The connection's name in logs, once one is asked for.
    trace: OnceCell<u128>,
    watch: Arc<Watch>,
    closing: Rc<Closing>,
    tally: Arc<Tally>,
    /// Requests under way.
    requests: Cell<usize>,
}

impl Client {
    /// Names the connection.
    pub fn trace(&self) -> u128 {
        *self.trace.get_or_init(rand::random)
    }

    /// What was seen of the next request's head, over HTTP/1: to be asked once for each request, in their order.
    pub fn seen(&self) -> Option<Seen> {
        self.heads.as_ref().map(|it| it.take())
    }

    /// The connection is one of this listener's, for its log, unless another's has it already. One whose certificate it got may
    /// keep no log, and the one that it sends its requests to may.
    fn belongs_to(&self, listener: &ListenerTable) {
        if let Some(log) = &listener.connections
            && !self.is_noted.replace(true)
        {
            let (at, took) = self.begun;
            log.connected(&Connection {
                at,
                client: self.peer,
                port: listener.port,
                handshake: match &self.tls {
                    None => Handshake::NotAsked,
                    Some(agreed) => Handshake::Done(agreed, took),
                },
                trace: self.trace(),
            });
        }
    }

    /// Its connection is of no more use: ended at once, or after HTTP/2's other streams.
    pub fn give_up(&self) {
        match self.is_http2 {
            true => self.closing.ask(),
            false => self.watch.end(Ended::Idle),
        }
    }
}

/// A request under way, until its response was given to the connection or nobody wants it.
pub struct RequestGuard {
    client: Rc<Client>,
    /// Where to count it if the client left before there was an answer.
    unanswered: Option<Arc<BalancerCounters>>,
    /// What is noted of it where that is asked for; it is written when the request is over.
    pub entry: Option<Box<Entry>>,
}

impl RequestGuard {
    pub fn new(client: &Rc<Client>) -> Self {
        let under_way = client.requests.get();
        client.requests.set(under_way + 1);
        if under_way == 0 {
            client.watch.pause(true);
        }
        Self {
            client: Rc::clone(client),
            unanswered: None,
            entry: None,
        }
    }

    /// The request has a listener.
    pub fn begin(&mut self, listener: &ListenerTable) {
        self.client
            .watch
            .set_limit_ms(listener.settings.idle_timeout_ms);
        self.client.tally.belongs_to(&listener.counters);
        self.client.belongs_to(listener);
        self.unanswered = Some(Arc::clone(&listener.counters));
    }

    pub fn answered<B>(&mut self, response: &Response<B>) {
        self.unanswered = None;
        if response.status() == StatusCode::SWITCHING_PROTOCOLS
            && let Some(heads) = &self.client.heads
        {
            heads.stop();
        }
        if let Some(entry) = &mut self.entry {
            entry.answered(response);
        }
    }

    /// Bytes of the answer's body go to the client.
    pub fn gives(&mut self, bytes: usize) {
        if let Some(entry) = &mut self.entry {
            entry.gives(bytes);
        }
    }
}

impl Drop for RequestGuard {
    fn drop(&mut self) {
        let left = self.client.requests.get() - 1;
        self.client.requests.set(left);
        if left == 0 {
            self.client.watch.pause(false);
        }
        if let Some(counters) = &self.unanswered {
            counters.client_closed.one();
        }
        if let Some(entry) = self.entry.take() {
            entry.end();
        }
    }
}

/// A connection is counted as long as this lives, however its task ends.
struct Counted {
    worker: Rc<Worker>,
    _room: Room,
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.worker.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Serves one connection to its end.
pub async fn serve(worker: Rc<Worker>, connection: OwnedFd, endpoint: Arc<Endpoint>, room: Room) {
    let _counted = Counted {
        worker: Rc::clone(&worker),
        _room: room,
    };
    if let Err(error) = try_serve(worker, connection, endpoint).await {
        tracing::debug!(%error, "a client's connection ended early");
    }
}

/// Of the only load balancer that has the port. Whom a connection to a shared port is for is known from its
/// first request.
fn counters_of(endpoint: &Endpoint) -> Option<Arc<BalancerCounters>> {
    Some(Arc::clone(&only_listener(endpoint)?.counters))
}

fn only_listener(endpoint: &Endpoint) -> Option<Arc<ListenerTable>> {
    match &endpoint.table.load().listeners[..] {
        [only] => Some(Arc::clone(only)),
        _ => None,
    }
}

async fn try_serve(
    worker: Rc<Worker>,
    connection: OwnedFd,
    endpoint: Arc<Endpoint>,
) -> io::Result<()> {
    let stream = TcpStream::from_std(std::net::TcpStream::from(connection))?;
    stream.set_nodelay(true)?;
    let peer = stream.peer_addr()?;
    let fd = stream.as_raw_fd();
    if let Some((listener, flows)) = flows_of(&endpoint) {
        let tally = Tally::of_flow(listener.kind_of_flows(), &listener.counters);
        return carry((worker, endpoint), (listener, flows), stream, &tally).await;
    }
    let tally = Arc::new(Tally::of_connection(peer.ip()));
    if let Some(counters) = counters_of(&endpoint) {
        tally.belongs_to(&counters);
    }
    if !wants_tls(&stream, &endpoint).await? {
        return run(worker, endpoint, peer, fd, (Plain(stream), None), tally).await;
    }
    let (begun, mut hello) = (Instant::now(), Hello::default());
    let accepting = accept_tls(stream, (&endpoint, peer), &mut hello);
    match tokio::time::timeout(HANDSHAKE, accepting).await {
        Ok(Ok((stream, listener))) => {
            let secured = (stream, Some((listener, begun.elapsed())));
            run(worker, endpoint, peer, fd, secured, tally).await
        }
        failed => {
            // Of several, the one that the client named before it failed.
            if let Some(listener) = hello.listener.or_else(|| only_listener(&endpoint)) {
                listener.counters.tls_errors.one();
                refused(&listener, peer);
            }
            failed?.map(drop)
        }
    }
}

/// Notes a connection that came to nothing.
fn refused(listener: &ListenerTable, peer: SocketAddr) {
    if let Some(log) = &listener.connections {
        log.connected(&Connection {
            at: SystemTime::now(),
            client: peer,
            port: listener.port,
            handshake: Handshake::Failed,
            trace: rand::random(),
        });
    }
}

/// The listener of a network load balancer, if it is one's endpoint.
fn flows_of(endpoint: &Endpoint) -> Option<(Arc<ListenerTable>, Flows)> {
    let table = endpoint.table.load();
    let (listener, flows) = table.flows()?;
    Some((Arc::clone(listener), flows))
}

/// What a network load balancer does with a connection, TLS taken off if it is one's with certificates.
async fn carry(
    (worker, endpoint): (Rc<Worker>, Arc<Endpoint>),
    (listener, flows): (Arc<ListenerTable>, Flows),
    stream: TcpStream,
    tally: &Tally,
) -> io::Result<()> {
    let (fd, peer, local) = (
        stream.as_raw_fd(),
        stream.peer_addr()?,
        stream.local_addr()?,
    );
    if !listener.is_tls {
        let client = stream::Client {
            stream,
            fd,
            peer,
            local,
            alpn: None,
        };
        let meter = Meter { tally, entry: None };
        return stream::serve(&worker, &endpoint, (&listener, flows), client, meter).await;
    }
    let mut entry = TlsConnection::begin(&listener, peer, local);
    let mut hello = Hello::default();
    let accepting = accept_tls(stream, (&endpoint, peer), &mut hello);
    let accepted = tokio::time::timeout(HANDSHAKE, accepting).await;
    if let Some(entry) = entry.as_mut().filter(|_| hello.listener.is_some()) {
        entry.greeted(&listener, hello.server_name.as_deref(), hello.protocols);
    }
    match accepted {
        Ok(Ok((Secured(stream), _))) => {
            let connection = stream.get_ref().1;
            let alpn = connection.alpn_protocol().map(<[u8]>::to_vec);
            if let Some(entry) = &mut entry {
                entry.agreed(Agreed::of(connection), alpn.as_deref());
            }
            let meter = Meter {
                tally,
                entry: entry.as_ref(),
            };
            let client = stream::Client {
                stream,
                fd,
                peer,
                local,
                alpn,
            };
            stream::serve(&worker, &endpoint, (&listener, flows), client, meter).await
        }
        failed => {
            listener.counters.tls_errors.one();
            if let (Some(entry), Ok(Err(error))) = (&entry, &failed) {
                entry.failed(error);
            }
            failed?.map(drop)
        }
    }
}

/// Whether the client speaks TLS: known from the endpoint, or seen from its first byte where
/// listeners of both kinds share a port.
async fn wants_tls(stream: &TcpStream, endpoint: &Endpoint) -> io::Result<bool> {
    let (tls, plain) = {
        let table = endpoint.table.load();
        let mut kinds = table.listeners.iter().map(|it| it.is_tls);
        let tls = kinds.clone().any(|it| it);
        (tls, kinds.any(|it| !it))
    };
    if !(tls && plain) {
        return Ok(tls);
    }
    let mut first = [0];
    let seen = tokio::time::timeout(HANDSHAKE, stream.peek(&mut first)).await??;
    Ok(seen == 1 && first[0] == TLS_HANDSHAKE)
}

/// What a client said first, as far as it is known.
#[derive(Default)]
struct Hello {
    server_name: Option<String>,
    /// Whom it speaks to.
    listener: Option<Arc<ListenerTable>>,
    /// What it would speak, where a network load balancer notes that.
    protocols: String,
}

/// The stream, and whose certificate the client got. What it said is known also if nothing comes of it.
async fn accept_tls(
    stream: TcpStream,
    (endpoint, peer): (&Endpoint, SocketAddr),
    hello: &mut Hello,
) -> io::Result<(Secured, Arc<ListenerTable>)> {
    let start = LazyConfigAcceptor::new(rustls::server::Acceptor::default(), stream).await?;
    let said = start.client_hello();
    hello.server_name = said.server_name().map(str::to_owned);
    let name = hello.server_name.as_deref();
    let listener = endpoint.table.load().choose_tls(name).cloned();
    let listener = listener.filter(|it| endpoint.admits(it, peer.ip()));
    let usable = listener.and_then(|it| Some((it.tls.clone()?, it)));
    let (config, listener) =
        usable.ok_or_else(|| io::Error::other("no certificate can be used"))?;
    if listener.flows.is_some() && listener.logged.is_some() {
        hello.protocols = said.alpn().map(protocols).unwrap_or_default();
    }
    hello.listener = Some(Arc::clone(&listener));
    let stream = start.into_stream(config).await?;
    Ok((Secured(Box::new(stream)), listener))
}

struct Plain(TcpStream);
struct Secured(Box<TlsStream<TcpStream>>);

/// A stream below HTTP.
trait Transport: Send + Unpin + 'static {
    type Stream: AsyncRead + AsyncWrite + Send + Unpin + 'static;
    const TLS: bool;
    fn http2(&self) -> bool;
    fn agreed(&self) -> Option<Agreed>;
    fn into_stream(self) -> Self::Stream;
}

impl Transport for Plain {
    type Stream = TcpStream;
    const TLS: bool = false;
    fn http2(&self) -> bool {
        false
    }
    fn agreed(&self) -> Option<Agreed> {
        None
    }
    fn into_stream(self) -> TcpStream {
        self.0
    }
}

impl Transport for Secured {
    type Stream = Box<TlsStream<TcpStream>>;
    const TLS: bool = true;
    fn http2(&self) -> bool {
        self.0.get_ref().1.alpn_protocol() == Some(b"h2")
    }
    fn agreed(&self) -> Option<Agreed> {
        Some(Agreed::of(self.0.get_ref().1))
    }
    fn into_stream(self) -> Self::Stream {
        self.0
    }
}

async fn run<T: Transport>(
    worker: Rc<Worker>,
    endpoint: Arc<Endpoint>,
    peer: SocketAddr,
    fd: std::os::fd::RawFd,
    (transport, secured): (T, Option<(Arc<ListenerTable>, Duration)>),
    tally: Arc<Tally>,
) -> io::Result<()> {
    let begun = SystemTime::now();
    let (listener, took) = match secured {
        Some((listener, took)) => (Some(listener), took),
        None => (only_listener(&endpoint), Duration::ZERO),
    };
    let (idle_ms, keep_alive_ms) = limits(&endpoint);
    let http2 = transport.http2();
    let heads = (!http2).then(Arc::<Heads>::default);
    let watched = Watched::new(fd, 0, idle_ms);
    let closing = Closing::new(Arc::clone(&endpoint), clock::now_ms(), keep_alive_ms);
    let client = Rc::new(Client {
        worker,
        endpoint,
        peer,
        address: peer.ip().to_canonical().to_string(),
        is_ipv6: peer.ip().to_canonical().is_ipv6(),
        is_tls: T::TLS,
        secured_as: listener
            .as_ref()
            .filter(|_| T::TLS)
            .map(|it| it.dns_name.clone()),
        tls: transport.agreed(),
        begun: (begun, took),
        is_noted: Cell::new(false),
        is_http2: http2,
        heads: heads.clone(),
        trace: OnceCell::new(),
        watch: watched.share(),
        closing: Rc::clone(&closing),
        tally: Arc::clone(&tally),
        requests: Cell::new(0),
    });
    if let Some(listener) = listener {
        client.belongs_to(&listener);
    }
    let io = ClientIo {
        watched,
        tally,
        heads,
        stream: transport.into_stream(),
    };
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let client = Rc::clone(&client);
        async move { Ok::<_, Infallible>(proxy::handle(client, request).await) }
    });
    let ended = if http2 {
        let connection = http2_settings().serve_connection(io, service);
        Until::new(connection, closing).await
    } else {
        let connection = http1_settings()
            .serve_connection(io, service)
            .with_upgrades();
        Until::new(connection, closing).await
    };
    ended.map_err(io::Error::other)
}

/// The strictest of the endpoint's listeners, until a request has chosen one.
fn limits(endpoint: &Endpoint) -> (u32, u64) {
    let table = endpoint.table.load();
    let settings = || table.listeners.iter().map(|it| &it.settings);
    let idle = settings().map(|it| it.idle_timeout_ms).min();
    let keep_alive = settings().map(|it| it.client_keep_alive_ms).min();
    (idle.unwrap_or(60_000), keep_alive.unwrap_or(3_600_000))
}

/// No timers: [`Watched`] ends idle connections and heads that take too long.
fn http1_settings() -> http1::Builder {
    let mut settings = http1::Builder::new();
    settings
        .header_read_timeout(None)
        .max_headers(HEADERS)
        .max_buf_size(HEAD_BYTES);
    settings
}

fn http2_settings() -> http2::Builder<Local> {
    let mut settings = http2::Builder::new(Local);
    settings
        .max_concurrent_streams(STREAMS)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buf_size(SEND_BUFFER)
        .max_header_list_size(u32::try_from(HEAD_BYTES).unwrap_or(u32::MAX));
    settings
}

/// Runs HTTP/2's streams on their connection's thread.
#[derive(Clone, Copy)]
pub struct Local;

impl<F: Future<Output: 'static> + 'static> Executor<F> for Local {
    fn execute(&self, future: F) {
        tokio::task::spawn_local(future);
    }
}

impl<I, S> Graceful for http1::UpgradeableConnection<I, S>
where
    I: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
    S: hyper::service::HttpService<Incoming, ResBody = Answer>,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    fn end(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

impl<I, S> Graceful for http2::Connection<I, S, Local>
where
    I: hyper::rt::Read + hyper::rt::Write + Unpin,
    S: hyper::service::HttpService<Incoming, ResBody = Answer>,
    S::Future: 'static,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    fn end(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

/// A client's stream that notes when bytes move.
struct ClientIo<S> {
    /// Before the stream, see [`Watched`].
    watched: Watched,
    tally: Arc<Tally>,
    heads: Option<Arc<Heads>>,
    stream: S,
}

impl<S: AsyncRead + Unpin> hyper::rt::Read for ClientIo<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut cursor: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        // SAFETY: tokio's streams never make initialised bytes uninitialised, and `advance` is
        // told only of bytes that were filled.
        let mut buffer = ReadBuf::uninit(unsafe { cursor.as_mut() });
        let read = Pin::new(&mut self.stream).poll_read(cx, &mut buffer);
        let filled = buffer.filled().len();
        if filled > 0 {
            self.watched.touch();
            self.watched.head_bytes();
            self.tally.moved(filled);
            if let Some(heads) = &self.heads {
                heads.feed(buffer.filled());
            }
        }
        // SAFETY: so many bytes were filled.
        unsafe { cursor.advance(filled) };
        read
    }
}

impl<S: AsyncWrite + Unpin> ClientIo<S> {
    fn noted(&self, wrote: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Ok(bytes @ 1..)) = wrote {
            self.watched.touch();
            self.tally.moved(bytes);
        }
        wrote
    }
}

impl<S: AsyncWrite + Unpin> hyper::rt::Write for ClientIo<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let wrote = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.noted(wrote)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let wrote = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.noted(wrote)
    }
}
