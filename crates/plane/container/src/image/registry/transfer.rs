//! One request over a connection of its own, with a bound on each of its waits, and what is made of the answer.

use std::{io, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode, Uri, header};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use nix::sys::socket::{setsockopt, sockopt};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;

use super::super::error::RegistryError;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Between pieces of a body, and until the headers of small answers.
pub(super) const SILENCE_TIMEOUT: Duration = Duration::from_secs(60);
/// A registry that is gone is noticed while nothing is said.
const KEEPALIVE_SECONDS: u32 = 30;

/// A body with a bound on silence.
pub struct Body {
    pub(super) body: Incoming,
    pub(super) host: String,
}

impl Body {
    /// The next piece; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<Bytes>, RegistryError> {
        next_piece(&mut self.body, &self.host).await
    }
}

async fn next_piece(body: &mut Incoming, host: &str) -> Result<Option<Bytes>, RegistryError> {
    loop {
        let frame = timed(SILENCE_TIMEOUT, host, body.frame()).await?;
        match frame {
            None => return Ok(None),
            Some(Err(source)) => {
                return Err(RegistryError::Http {
                    host: host.to_owned(),
                    source,
                });
            }
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
        }
    }
}

pub(super) async fn collect(
    mut body: Incoming,
    what: &'static str,
    limit: u64,
    host: &str,
) -> Result<Bytes, RegistryError> {
    let mut all = Vec::new();
    while let Some(piece) = next_piece(&mut body, host).await? {
        if (all.len() + piece.len()) as u64 > limit {
            return Err(RegistryError::TooLarge { what, limit });
        }
        all.extend_from_slice(&piece);
    }
    Ok(all.into())
}

async fn timed<T>(
    limit: Duration,
    host: &str,
    future: impl Future<Output = T>,
) -> Result<T, RegistryError> {
    tokio::time::timeout(limit, future)
        .await
        .map_err(|_| RegistryError::TimedOut {
            host: host.to_owned(),
            seconds: limit.as_secs(),
        })
}

pub(super) fn accept_status(
    response: Response<Incoming>,
    method: &Method,
    url: &str,
) -> Result<Response<Incoming>, RegistryError> {
    match response.status() {
        status if status.is_success() => Ok(response),
        StatusCode::NOT_FOUND => Err(RegistryError::NotFound),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            Err(RegistryError::Denied(url.to_owned()))
        }
        StatusCode::TOO_MANY_REQUESTS => Err(RegistryError::TooManyRequests),
        status => Err(RegistryError::Status {
            method: if *method == Method::HEAD {
                "HEAD"
            } else {
                "GET"
            },
            url: url.to_owned(),
            status: status.as_u16(),
        }),
    }
}

pub(super) async fn send(
    method: &Method,
    uri: &Uri,
    headers: HeaderMap,
    tls: &Arc<ClientConfig>,
    patience: Duration,
) -> Result<Response<Incoming>, RegistryError> {
    let bad = || RegistryError::BadUrl(uri.to_string());
    let authority = uri.authority().ok_or_else(bad)?;
    let secure = match uri.scheme_str() {
        Some("https") => true,
        Some("http") => false,
        _ => return Err(bad()),
    };
    let port = authority
        .port_u16()
        .unwrap_or(if secure { 443 } else { 80 });
    let name = authority
        .host()
        .trim_start_matches('[')
        .trim_end_matches(']')
        .to_owned();
    let failed = |source: io::Error| RegistryError::Connect {
        host: authority.to_string(),
        source,
    };
    let stream = timed(
        CONNECT_TIMEOUT,
        authority.as_str(),
        TcpStream::connect((name.as_str(), port)),
    )
    .await?;
    let stream = stream.map_err(failed)?;
    keep_alive(&stream).map_err(|error| failed(error.into()))?;
    // Else the kernel holds the request back until the other end has acknowledged the end of the TLS handshake: 40 ms.
    stream.set_nodelay(true).map_err(failed)?;
    let mut request = Request::builder()
        .method(method)
        .uri(uri.path_and_query().map_or("/", |path| path.as_str()))
        .header(header::HOST, authority.as_str())
        .header(header::USER_AGENT, "wharf")
        .body(Empty::<Bytes>::new())
        .map_err(|_| bad())?;
    request.headers_mut().extend(headers);
    if secure {
        let server = ServerName::try_from(name).map_err(|_| bad())?;
        let connect = TlsConnector::from(Arc::clone(tls)).connect(server, stream);
        let stream = timed(CONNECT_TIMEOUT, authority.as_str(), connect)
            .await?
            .map_err(failed)?;
        exchange(stream, request, authority.as_str(), patience).await
    } else {
        exchange(stream, request, authority.as_str(), patience).await
    }
}

fn keep_alive(stream: &TcpStream) -> nix::Result<()> {
    setsockopt(stream, sockopt::KeepAlive, &true)?;
    setsockopt(stream, sockopt::TcpKeepIdle, &KEEPALIVE_SECONDS)?;
    setsockopt(stream, sockopt::TcpKeepInterval, &KEEPALIVE_SECONDS)
}

async fn exchange<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stream: S,
    request: Request<Empty<Bytes>>,
    host: &str,
    patience: Duration,
) -> Result<Response<Incoming>, RegistryError> {
    let failed = |source| RegistryError::Http {
        host: host.to_owned(),
        source,
    };
    let handshake = hyper::client::conn::http1::handshake(TokioIo::new(stream));
    let (mut sender, connection) = timed(CONNECT_TIMEOUT, host, handshake)
        .await?
        .map_err(failed)?;
    // Ends with the body, or when that is dropped.
    tokio::spawn(connection);
    timed(patience, host, sender.send_request(request))
        .await?
        .map_err(failed)
}

/// Where a part of `size` bytes begins, by its `Content-Range`; `None` if it is none of them.
pub(super) fn part_of(sent: &str, size: u64) -> Option<u64> {
    let (range, complete) = sent.strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
    let is_of_it = complete == "*" || complete.parse() == Ok(size);
    (is_of_it && first <= last && last < size).then_some(first)
}

pub(super) fn redirect(from: &Uri, location: &str) -> Result<Uri, RegistryError> {
    let bad = |_| RegistryError::BadUrl(location.chars().take(200).collect());
    if location.starts_with('/') {
        let scheme = from.scheme_str().unwrap_or("https");
        let host = from.authority().map_or("", |authority| authority.as_str());
        return format!("{scheme}://{host}{location}").parse().map_err(bad);
    }
    location.parse().map_err(bad)
}

/// TLS that trusts what this machine trusts.
pub fn system_tls() -> Arc<ClientConfig> {
    const BUNDLES: [&str; 3] = [
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/cert.pem",
    ];
    let mut roots = RootCertStore::empty();
    for bundle in BUNDLES {
        let Ok(pem) = std::fs::read(bundle) else {
            continue;
        };
        let certificates = CertificateDer::pem_slice_iter(&pem).filter_map(Result::ok);
        roots.add_parsable_certificates(certificates);
        break;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring speaks the default versions of TLS")
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects() {
        let from: Uri = "http://h:1/v2/".parse().unwrap();
        assert_eq!(redirect(&from, "/x").unwrap(), "http://h:1/x");
        assert_eq!(redirect(&from, "https://o/y").unwrap(), "https://o/y");
    }

    #[test]
    fn what_a_part_is_of() {
        assert_eq!(part_of("bytes 3-9/10", 10), Some(3));
        assert_eq!(part_of("bytes 3-3/*", 10), Some(3));
        for bad in [
            "bytes 3-9/11",
            "bytes 3-10/10",
            "bytes 9-3/10",
            "bytes */10",
            "bytes 3-/10",
            "items 3-9/10",
            "bytes 3-9",
            "",
        ] {
            assert_eq!(part_of(bad, 10), None, "{bad}");
        }
    }
}
