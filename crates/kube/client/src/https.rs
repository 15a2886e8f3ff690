//! The API server over the network.

use std::{
    error::Error as StdError,
    fmt, io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderValue, Request, Response, Uri, header};
use http_body_util::{BodyExt, Full};
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::{
    client::legacy::{
        self,
        connect::{Connected, Connection},
    },
    rt::{TokioExecutor, TokioIo, TokioTimer},
};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
};
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::TlsConnector;
use tower_service::Service;

use crate::{
    error::Error,
    transport::{Body, Transport},
};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// A server that is cut off is noticed after a ping and this long, though watches are silent for minutes.
const PING_EVERY: Duration = Duration::from_secs(15);
const PING_TIMEOUT: Duration = Duration::from_secs(15);

/// Makes the bearer token of each request; it should keep one until that is old.
#[async_trait]
pub trait Tokens: Send + Sync + 'static {
    /// # Errors
    /// There is none now.
    async fn token(&self) -> Result<String, NoToken>;
}

/// Why there is no token now.
#[derive(Debug, thiserror::Error)]
#[error("no token: {0}")]
pub struct NoToken(pub Box<dyn StdError + Send + Sync>);

/// Who the client is.
#[derive(Clone)]
pub enum Credentials {
    Anonymous,
    Tokens(Arc<dyn Tokens>),
    /// A client certificate with its chain, and its key, both in PEM.
    Certificate {
        chain: Vec<u8>,
        key: Vec<u8>,
    },
}

/// An API server at an `https://` URL.
pub struct Https {
    base: String,
    tokens: Option<Arc<dyn Tokens>>,
    client: legacy::Client<Connector, Full<Bytes>>,
}

impl Https {
    /// `authorities` are the certificates of those who may vouch for the server, in PEM.
    ///
    /// # Errors
    /// The URL, certificates or key are none.
    pub fn new(url: &str, authorities: &[u8], credentials: Credentials) -> Result<Self, Error> {
        let bad = |why: String| Error::Transport(why);
        let uri: Uri = url.parse().map_err(|_| bad(format!("`{url}` is no URL")))?;
        if uri.scheme_str() != Some("https") || uri.host().is_none_or(str::is_empty) {
            return Err(bad(format!("`{url}` is no URL of the form https://host")));
        }
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(authorities) {
            let certificate = certificate.map_err(|error| bad(format!("authority: {error}")))?;
            roots
                .add(certificate)
                .map_err(|error| bad(format!("authority: {error}")))?;
        }
        if roots.is_empty() {
            return Err(bad("no certificate of an authority was given".to_owned()));
        }
        let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| bad(error.to_string()))?
            .with_root_certificates(roots);
        let (mut tls, tokens) = match credentials {
            Credentials::Anonymous => (tls.with_no_client_auth(), None),
            Credentials::Tokens(tokens) => (tls.with_no_client_auth(), Some(tokens)),
            Credentials::Certificate { chain, key } => {
                let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&chain).collect();
                let chain = chain.map_err(|error| bad(format!("certificate: {error}")))?;
                let key = PrivateKeyDer::from_pem_slice(&key)
                    .map_err(|error| bad(format!("key: {error}")))?;
                let tls = tls.with_client_auth_cert(chain, key);
                (
                    tls.map_err(|error| bad(format!("certificate: {error}")))?,
                    None,
                )
            }
        };
        tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let client = legacy::Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .http2_keep_alive_interval(PING_EVERY)
            .http2_keep_alive_timeout(PING_TIMEOUT)
            .http2_keep_alive_while_idle(true)
            .http2_adaptive_window(true)
            .build(Connector { tls: Arc::new(tls) });
        Ok(Self {
            base: url.trim_end_matches('/').to_owned(),
            tokens,
            client,
        })
    }
}

#[async_trait]
impl Transport for Https {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Body>, Error> {
        let (mut head, body) = request.into_parts();
        let target = head.uri.path_and_query().map_or("/", |it| it.as_str());
        head.uri = format!("{}{target}", self.base)
            .parse()
            .map_err(|_| Error::Transport(format!("{target} is no path of a URL")))?;
        if let Some(tokens) = &self.tokens {
            let token = tokens.token().await;
            let token = token.map_err(|why| Error::Transport(why.to_string()))?;
            let mut value = HeaderValue::from_str(&format!("Bearer {token}"))
                .map_err(|_| Error::Transport("the token cannot stand in a header".to_owned()))?;
            value.set_sensitive(true);
            head.headers.insert(header::AUTHORIZATION, value);
        }
        let answer = self
            .client
            .request(Request::from_parts(head, Full::new(body)))
            .await
            .map_err(|error| Error::Transport(wharf_base::Chain(&error).to_string()))?;
        Ok(answer.map(|body| body.map_err(io::Error::other).boxed_unsync()))
    }
}

#[derive(Clone)]
struct Connector {
    tls: Arc<ClientConfig>,
}

impl Connector {
    async fn connect(self, uri: Uri) -> io::Result<Stream> {
        let host = uri.host().unwrap_or_default();
        // A literal of IPv6 stands in brackets.
        let host = host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned();
        let port = uri.port_u16().unwrap_or(443);
        let name = ServerName::try_from(host.clone()).map_err(io::Error::other)?;
        let opened = async {
            let tcp = TcpStream::connect((host, port)).await?;
            tcp.set_nodelay(true)?;
            TlsConnector::from(self.tls).connect(name, tcp).await
        };
        let stream = timeout(CONNECT_TIMEOUT, opened)
            .await
            .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        let is_h2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        Ok(Stream {
            inner: TokioIo::new(Box::new(stream)),
            is_h2,
        })
    }
}

impl Service<Uri> for Connector {
    type Response = Stream;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Stream>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        Box::pin(self.clone().connect(uri))
    }
}

struct Stream {
    inner: TokioIo<Box<tokio_rustls::client::TlsStream<TcpStream>>>,
    is_h2: bool,
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        match self.is_h2 {
            true => Connected::new().negotiated_h2(),
            false => Connected::new(),
        }
    }
}

impl Read for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buffer)
    }
}

impl Write for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

impl fmt::Debug for Https {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Https")
            .field("base", &self.base)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_with_an_authority() {
        for (url, authorities) in [
            ("http://a", b"".as_slice()),
            ("https://", b""),
            ("a b", b""),
            ("https://a", b""),
            (
                "https://a",
                b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            ),
        ] {
            let made = Https::new(url, authorities, Credentials::Anonymous);
            assert!(made.is_err(), "{url}");
        }
    }
}
