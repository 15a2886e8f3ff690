//! Endpoints and the byte streams to them.

use std::{fmt, io, net::IpAddr, path::Path, sync::Arc, time::Duration};

use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::TlsConnector;

use crate::trust::Trust;

/// A server on loopback answers at once; one far away within this or not at all.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A base URL: `http://127.0.0.1:4566`, `https://wharf.example:4566/prefix`.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    pub tls: bool,
    pub host: String,
    pub port: u16,
    /// Without a `/` at its end.
    pub path: String,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadEndpoint {
    #[error("`{0}` is not a URL of the form http(s)://host[:port][/path]")]
    Form(String),
    #[error("`{0}` leaves this machine unencrypted: use https and the authority's certificate")]
    Plain(String),
}

impl Endpoint {
    /// # Errors
    /// No URL of ours, or plain text beyond loopback.
    pub fn parse(url: &str) -> Result<Self, BadEndpoint> {
        let bad = || BadEndpoint::Form(url.to_owned());
        let uri: http::Uri = url.parse().map_err(|_| bad())?;
        let tls = match uri.scheme_str() {
            Some("http" | "ws") => false,
            Some("https" | "wss") => true,
            _ => return Err(bad()),
        };
        let host = uri.host().filter(|h| !h.is_empty()).ok_or_else(bad)?;
        let endpoint = Self {
            tls,
            host: host.trim_matches(['[', ']']).to_owned(),
            port: uri.port_u16().unwrap_or(if tls { 443 } else { 80 }),
            path: uri.path().trim_end_matches('/').to_owned(),
        };
        if !tls && !endpoint.is_loopback() {
            return Err(BadEndpoint::Plain(url.to_owned()));
        }
        Ok(endpoint)
    }

    /// Whether it is on this machine.
    pub fn is_loopback(&self) -> bool {
        let address = self.host.parse::<IpAddr>();
        self.host == "localhost" || address.is_ok_and(|address| address.is_loopback())
    }

    /// The `Host` header: the port only where it is not the scheme's own.
    pub fn authority(&self) -> String {
        let host = if self.host.contains(':') {
            format!("[{}]", self.host)
        } else {
            self.host.clone()
        };
        match (self.tls, self.port) {
            (false, 80) | (true, 443) => host,
            (_, port) => format!("{host}:{port}"),
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "https" } else { "http" };
        write!(out, "{scheme}://{}{}", self.authority(), self.path)
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

/// No stream to an endpoint.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    #[error("cannot connect to {endpoint}")]
    Tcp { endpoint: String, source: io::Error },
    #[error("no answer from {0} in {CONNECT_TIMEOUT:?}")]
    Timeout(String),
    #[error("no encrypted connection to {endpoint}")]
    Tls { endpoint: String, source: io::Error },
    #[error("{0} needs TLS and no authority's certificate was given")]
    NoAuthority(String),
    #[error("`{0}` can be no name of a TLS server")]
    Name(String),
    #[error("cannot read the authority's certificate {path}")]
    Authority { path: String, source: io::Error },
}

/// A connection, encrypted or not.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Opens connections; knows whom to trust.
#[derive(Clone)]
pub struct Dialer {
    trust: Option<Arc<Trust>>,
    tls: Option<Arc<ClientConfig>>,
}

impl Dialer {
    /// `ca` is the PEM file of the authorities that are trusted; it is followed as it changes.
    ///
    /// # Errors
    /// The file is not readable or holds no certificate.
    pub fn new(ca: Option<&Path>) -> Result<Self, ConnectError> {
        let Some(ca) = ca else {
            return Ok(Self {
                trust: None,
                tls: None,
            });
        };
        let refuse = |source| ConnectError::Authority {
            path: ca.display().to_string(),
            source,
        };
        let trust = Arc::new(Trust::open(ca).map_err(refuse)?);
        let tls = trust.clone().client().map_err(refuse)?;
        Ok(Self {
            trust: Some(trust),
            tls: Some(tls),
        })
    }

    /// The control plane said which authorities should be trusted.
    pub fn told(&self, authorities: Vec<String>) {
        if let Some(trust) = &self.trust {
            trust.told(authorities);
        }
    }

    /// Whether others should be trusted than are, as far as the control plane said.
    pub fn is_outdated(&self) -> bool {
        self.trust.as_ref().is_some_and(|trust| trust.is_outdated())
    }

    /// Digests of the authorities that are trusted.
    pub fn authorities(&self) -> Vec<String> {
        let trust = self.trust.as_ref();
        trust.map_or_else(Vec::new, |trust| trust.digests())
    }

    /// Trusts as the file says at each handshake; `None` without an authority.
    pub fn tls(&self) -> Option<Arc<ClientConfig>> {
        self.tls.clone()
    }

    pub async fn connect(&self, endpoint: &Endpoint) -> Result<Box<dyn Stream>, ConnectError> {
        match timeout(CONNECT_TIMEOUT, self.open(endpoint)).await {
            Ok(opened) => opened,
            Err(_) => Err(ConnectError::Timeout(endpoint.to_string())),
        }
    }

    async fn open(&self, endpoint: &Endpoint) -> Result<Box<dyn Stream>, ConnectError> {
        let name = endpoint.to_string();
        let tcp = TcpStream::connect((endpoint.host.as_str(), endpoint.port))
            .await
            .and_then(|tcp| tcp.set_nodelay(true).map(|()| tcp))
            .map_err(|source| ConnectError::Tcp {
                endpoint: name.clone(),
                source,
            })?;
        if !endpoint.tls {
            return Ok(Box::new(tcp));
        }
        let Some(tls) = &self.tls else {
            return Err(ConnectError::NoAuthority(name));
        };
        let server = ServerName::try_from(endpoint.host.clone())
            .map_err(|_| ConnectError::Name(endpoint.host.clone()))?;
        let stream = TlsConnector::from(tls.clone())
            .connect(server, tcp)
            .await
            .map_err(|source| ConnectError::Tls {
                endpoint: name,
                source,
            })?;
        Ok(Box::new(stream))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_stays_on_this_machine() {
        for url in [
            "http://127.0.0.1:4566",
            "http://localhost",
            "http://[::1]:1/x/",
            "https://a.b",
        ] {
            assert!(Endpoint::parse(url).is_ok(), "{url}");
        }
        for url in [
            "",
            "ftp://x",
            "127.0.0.1:4566",
            "http://",
            "http://10.0.0.1",
            "http://example",
        ] {
            assert!(Endpoint::parse(url).is_err(), "{url}");
        }
    }

    #[test]
    fn host_header() {
        for (url, host) in [
            ("http://127.0.0.1:4566/", "127.0.0.1:4566"),
            ("https://a.b:443", "a.b"),
            ("http://[::1]:81", "[::1]:81"),
        ] {
            assert_eq!(Endpoint::parse(url).unwrap().authority(), host);
        }
    }

    #[tokio::test]
    async fn https_without_an_authority_is_refused() {
        let endpoint = Endpoint::parse("https://127.0.0.1:1").unwrap();
        let dialer = Dialer::new(None).unwrap();
        assert!(dialer.connect(&endpoint).await.is_err());
        assert!(Dialer::new(Some(Path::new("/nonexistent"))).is_err());
    }
}
