//! Towards targets: connections, their pool, and HTTP/1.1 as spoken there.
//!
//! The client side of HTTP/1.1 is our own, since what a proxy needs most is to know exactly how
//! far a request got. A target may close a kept-alive connection at any time, also just as a
//! request is on its way. Such a request is sent again on another connection if
//! - no byte of a response was read, and what was sent of its body is still at hand, and
//! - either its method may be repeated (RFC 9110 §9.2.2: GET, HEAD, OPTIONS, PUT, DELETE),
//! - or the kernel says that the target's host acknowledged none of its bytes: a request that
//!   arrived nowhere was not acted on, whatever its method (RFC 9110 §9.2.2, "some means to detect
//!   that the original request was never applied").

pub(crate) mod body;
mod connection;
mod exchange;
pub mod http2;
mod pool;
pub(crate) mod response;
mod upload;

use std::{
    io,
    net::SocketAddr,
    os::fd::OwnedFd,
    sync::{Arc, LazyLock},
};

use rustls::{ClientConfig, pki_types::ServerName};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::{TlsConnector, client::TlsStream};

pub use self::{
    connection::{Connection, Stream},
    exchange::{Exchange, Failure, ResponseBody, Why},
    pool::Pool,
    response::{Head, has_token},
    upload::Upload,
};

/// Header lines that a response may have.
pub const MOST_HEADERS: usize = 128;

/// Connects a socket that may be of another namespace.
pub async fn connect_socket(socket: OwnedFd, address: SocketAddr) -> io::Result<TcpStream> {
    let socket = TcpSocket::from_std_stream(std::net::TcpStream::from(socket));
    let stream = socket.connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// TLS with a target, whoever it is.
pub async fn handshake(
    stream: TcpStream,
    address: SocketAddr,
    http2: bool,
) -> io::Result<TlsStream<TcpStream>> {
    static HTTP1: LazyLock<Arc<ClientConfig>> =
        LazyLock::new(|| crate::tls::client_config(Some(b"http/1.1")));
    static HTTP2: LazyLock<Arc<ClientConfig>> =
        LazyLock::new(|| crate::tls::client_config(Some(b"h2")));
    let config = if http2 { &HTTP2 } else { &HTTP1 };
    secure(stream, address, Arc::clone(config)).await
}

/// The same, with what the client of a network load balancer agreed on.
pub async fn handshake_as(
    stream: TcpStream,
    address: SocketAddr,
    alpn: Option<&[u8]>,
) -> io::Result<TlsStream<TcpStream>> {
    static NONE: LazyLock<Arc<ClientConfig>> = LazyLock::new(|| crate::tls::client_config(None));
    let config = match alpn {
        None => Arc::clone(&NONE),
        alpn => crate::tls::client_config(alpn),
    };
    secure(stream, address, config).await
}

async fn secure(
    stream: TcpStream,
    address: SocketAddr,
    config: Arc<ClientConfig>,
) -> io::Result<TlsStream<TcpStream>> {
    let name = ServerName::IpAddress(address.ip().into());
    TlsConnector::from(config).connect(name, stream).await
}
