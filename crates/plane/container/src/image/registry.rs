//! A client of OCI registries: manifests, blobs, and the ways they ask who we are.
//!
//! One connection a request: an image needs a handful of them, and a layer keeps one busy.

use std::{fmt, io, sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri, header,
};
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
use wharf_base::Challenge;
use wharf_planeproto::layers::{self, Peer};

use super::{digest::Digest, error::RegistryError, reference::Reference};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Between pieces of a body, and until the headers of small answers.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(60);
/// Until the headers of a blob: a registry that has it brought from another one answers when all of it is there.
const BLOB_TIMEOUT: Duration = Duration::from_secs(20 * 60);
/// A registry that is gone is noticed while nothing is said.
const KEEPALIVE_SECONDS: u32 = 30;
const MAX_REDIRECTS: usize = 5;
/// Bound on a token answer, in bytes.
const TOKEN_LIMIT: u64 = 1 << 20;

/// Who we are to a registry.
#[derive(Clone, Default, PartialEq, Eq)]
pub enum RegistryAuth {
    #[default]
    Anonymous,
    Basic {
        user: String,
        password: String,
    },
    Bearer {
        token: String,
    },
}

/// Never shows a secret.
impl fmt::Debug for RegistryAuth {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anonymous => out.write_str("Anonymous"),
            Self::Basic { user, .. } => out
                .debug_struct("Basic")
                .field("user", user)
                .finish_non_exhaustive(),
            Self::Bearer { .. } => out.write_str("Bearer(…)"),
        }
    }
}

/// Where a reference's registry is really reached, such as `http://127.0.0.1:4566`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    pub base: String,
}

impl Endpoint {
    /// By the reference's own host: plain HTTP on this machine, TLS everywhere else.
    pub fn of(reference: &Reference) -> Self {
        let host = reference.host();
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        let plain = name == "localhost" || name.ends_with(".localhost") || name.starts_with("127.");
        let host = if host == "docker.io" {
            "registry-1.docker.io"
        } else {
            host
        };
        Self {
            base: format!("{}://{host}", if plain { "http" } else { "https" }),
        }
    }
}

/// The query that names the reference's own host, if that is one of ECR and reached elsewhere.
fn namespace(endpoint: &Endpoint, reference: &Reference) -> String {
    let host = reference.host();
    let is_plain = host
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b".-".contains(&b));
    let is_elsewhere = Endpoint::of(reference) != *endpoint;
    match is_elsewhere && is_plain && host.contains(".dkr.ecr.") {
        true => format!("?ns={host}"),
        false => String::new(),
    }
}

/// One repository, for the length of a pull.
pub struct Repository {
    base: String,
    /// `?ns=HOST` where the base stands in for the reference's own host, as for a mirror: a registry
    /// of many accounts and regions finds the one meant by it.
    namespace: String,
    repository: String,
    auth: RegistryAuth,
    tls: Arc<ClientConfig>,
    /// Wharf's own, which names peers that have a layer.
    is_own: bool,
    /// What the last challenge led to.
    authorization: tokio::sync::Mutex<Option<HeaderValue>>,
}

/// Without who we are.
impl fmt::Debug for Repository {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Repository")
            .field("base", &self.base)
            .field("repository", &self.repository)
            .finish_non_exhaustive()
    }
}

impl Repository {
    pub fn new(
        endpoint: &Endpoint,
        reference: &Reference,
        auth: RegistryAuth,
        tls: Arc<ClientConfig>,
    ) -> Self {
        let first = match &auth {
            RegistryAuth::Anonymous => None,
            RegistryAuth::Basic { user, password } => basic(user, password),
            RegistryAuth::Bearer { token } => bearer(token),
        };
        Self {
            base: endpoint.base.trim_end_matches('/').to_owned(),
            namespace: namespace(endpoint, reference),
            repository: reference.repository().to_owned(),
            auth,
            tls,
            is_own: false,
            authorization: tokio::sync::Mutex::new(first),
        }
    }

    /// The same, of wharf's own registry.
    pub fn own(self) -> Self {
        Self {
            is_own: true,
            ..self
        }
    }

    pub fn is_own(&self) -> bool {
        self.is_own
    }

    fn url(&self, path: &str) -> String {
        let Self {
            base,
            repository,
            namespace,
            ..
        } = self;
        format!("{base}/v2/{repository}/{path}{namespace}")
    }

    /// The manifest of a tag or digest, at most `limit` bytes, and what the registry calls it.
    pub async fn manifest(
        &self,
        wanted: &str,
        limit: u64,
    ) -> Result<(Bytes, Option<Digest>), RegistryError> {
        let url = self.url(&format!("manifests/{wanted}"));
        let headers = [(header::ACCEPT, super::manifest::ACCEPT.to_owned())];
        let response = self
            .ask(&Method::GET, &url, &headers, SILENCE_TIMEOUT)
            .await?;
        let told = response.headers().get("docker-content-digest");
        let told = told.and_then(|it| it.to_str().ok()?.to_owned().try_into().ok());
        let bytes = collect(response.into_body(), "the manifest", limit, &self.base).await?;
        Ok((bytes, told))
    }

    /// A small blob as a whole.
    pub async fn small_blob(&self, digest: &str, limit: u64) -> Result<Bytes, RegistryError> {
        let body = self.blob(digest).await?;
        collect(body.body, "the configuration", limit, &self.base).await
    }

    /// A blob as it arrives.
    pub async fn blob(&self, digest: &str) -> Result<Body, RegistryError> {
        let url = self.url(&format!("blobs/{digest}"));
        let response = self.ask(&Method::GET, &url, &[], BLOB_TIMEOUT).await?;
        Ok(self.body(response))
    }

    /// A blob as it arrives, or the peers from which the node of a session may have it.
    pub async fn blob_or_peers(
        &self,
        digest: &str,
        session: &str,
    ) -> Result<Offered, RegistryError> {
        let url = self.url(&format!("blobs/{digest}"));
        let headers = [(HeaderName::from_static(layers::SESSION), session.to_owned())];
        let response = self.ask(&Method::GET, &url, &headers, BLOB_TIMEOUT).await?;
        let named = response.headers().get(layers::PEERS);
        match named.and_then(|it| it.to_str().ok()) {
            Some(named) if response.status() == StatusCode::NO_CONTENT => {
                Ok(Offered::Peers(layers::peers(named)))
            }
            _ => Ok(Offered::Blob(self.body(response))),
        }
    }

    /// Whether the node of a session should fetch a blob now: else another of its zone does, and it will be a peer's soon.
    pub async fn is_its_turn(&self, digest: &str, session: &str) -> Result<bool, RegistryError> {
        let url = self.url(&format!("blobs/{digest}"));
        let header =
            |name: &'static str, value: &str| (HeaderName::from_static(name), value.to_owned());
        let headers = [
            header(layers::SESSION, session),
            header(layers::TURN, layers::NOW),
        ];
        let response = self.ask(&Method::GET, &url, &headers, BLOB_TIMEOUT).await?;
        let told = response.headers().get(layers::TURN);
        Ok(told.is_none_or(|told| told != layers::WAIT))
    }

    /// A blob of `size` bytes from the byte `from` to `last`, or to its end, as it arrives; `None` from a registry
    /// that sends only whole ones. It may send less than it was asked for.
    pub async fn blob_part(
        &self,
        digest: &str,
        from: u64,
        last: Option<u64>,
        size: u64,
    ) -> Result<Option<Body>, RegistryError> {
        let url = self.url(&format!("blobs/{digest}"));
        let last = last.map(|last| last.to_string()).unwrap_or_default();
        let headers = [(header::RANGE, format!("bytes={from}-{last}"))];
        let response = self.ask(&Method::GET, &url, &headers, BLOB_TIMEOUT).await?;
        let sent = response.headers().get(header::CONTENT_RANGE);
        let sent = sent.and_then(|sent| part_of(sent.to_str().ok()?, size));
        let is_part = response.status() == StatusCode::PARTIAL_CONTENT && sent == Some(from);
        Ok(is_part.then(|| self.body(response)))
    }

    fn body(&self, response: Response<Incoming>) -> Body {
        Body {
            body: response.into_body(),
            host: self.base.clone(),
        }
    }

    /// Whether the repository has the blob, for who we are.
    pub async fn has_blob(&self, digest: &str) -> Result<(), RegistryError> {
        let url = self.url(&format!("blobs/{digest}"));
        self.ask(&Method::HEAD, &url, &[], BLOB_TIMEOUT)
            .await
            .map(drop)
    }

    /// What came ended before its time.
    pub fn short(&self) -> RegistryError {
        RegistryError::Short(self.base.clone())
    }

    /// Which registry this is; the same for all its repositories.
    pub fn registry(&self) -> &str {
        &self.base
    }

    async fn ask(
        &self,
        method: &Method,
        url: &str,
        headers: &[(HeaderName, String)],
        patience: Duration,
    ) -> Result<Response<Incoming>, RegistryError> {
        let authorization = self.authorization.lock().await.clone();
        let follow = async |who| self.follow(method, url, headers, who, patience).await;
        let (response, is_its_own) = follow(authorization.as_ref()).await?;
        // Who it redirects to does not say where credentials go.
        if !is_its_own || response.status() != StatusCode::UNAUTHORIZED {
            return accept_status(response, method, url);
        }
        let fresh = self.answer_challenge(response.headers()).await?;
        if fresh.is_none() || fresh == authorization {
            return Err(RegistryError::Denied(url.to_owned()));
        }
        self.authorization.lock().await.clone_from(&fresh);
        accept_status(follow(fresh.as_ref()).await?.0, method, url)
    }

    /// What a registry that said 401 wants to see instead.
    async fn answer_challenge(
        &self,
        headers: &HeaderMap,
    ) -> Result<Option<HeaderValue>, RegistryError> {
        let said = headers.get_all(header::WWW_AUTHENTICATE).iter();
        match Challenge::read(said.filter_map(|it| it.to_str().ok())) {
            Some(challenge @ Challenge::Bearer { .. }) => self.fetch_token(&challenge).await,
            Some(Challenge::Basic) => Ok(match &self.auth {
                RegistryAuth::Basic { user, password } => basic(user, password),
                _ => None,
            }),
            None => Ok(None),
        }
    }

    async fn fetch_token(
        &self,
        challenge: &Challenge,
    ) -> Result<Option<HeaderValue>, RegistryError> {
        #[derive(serde::Deserialize)]
        struct Answer {
            #[serde(default)]
            token: String,
            #[serde(default)]
            access_token: String,
        }
        let Some(url) = challenge.token_url(&self.repository) else {
            return Ok(None);
        };
        // Credentials go to the registry itself, or encrypted to whom it names.
        if !url.starts_with("https://") && !url.starts_with(&format!("{}/", self.base)) {
            return Err(RegistryError::Nonsense(format!("tokens from {url}")));
        }
        let credentials = match &self.auth {
            RegistryAuth::Basic { user, password } => basic(user, password),
            _ => None,
        };
        let (response, _) = self
            .follow(
                &Method::GET,
                &url,
                &[],
                credentials.as_ref(),
                SILENCE_TIMEOUT,
            )
            .await?;
        if response.status() == StatusCode::UNAUTHORIZED
            || response.status() == StatusCode::FORBIDDEN
        {
            return Err(RegistryError::Denied(url));
        }
        let body = collect(
            accept_status(response, &Method::GET, &url)?.into_body(),
            "the token",
            TOKEN_LIMIT,
            &url,
        )
        .await?;
        let answer: Answer =
            serde_json::from_slice(&body).map_err(|e| RegistryError::Nonsense(e.to_string()))?;
        Ok(bearer(if answer.token.is_empty() {
            &answer.access_token
        } else {
            &answer.token
        }))
    }

    /// Redirected as the registry wishes; who we are is told to its own host only. Whether the answer is
    /// that host's.
    async fn follow(
        &self,
        method: &Method,
        url: &str,
        more: &[(HeaderName, String)],
        authorization: Option<&HeaderValue>,
        patience: Duration,
    ) -> Result<(Response<Incoming>, bool), RegistryError> {
        let mut uri: Uri = url
            .parse()
            .map_err(|_| RegistryError::BadUrl(url.to_owned()))?;
        let home = uri.authority().cloned();
        let plain_home = uri.scheme_str() == Some("http");
        for _ in 0..=MAX_REDIRECTS {
            let mut headers = HeaderMap::new();
            let at_home = uri.authority() == home.as_ref();
            for (name, value) in more {
                if name.as_str() == layers::SESSION && !at_home {
                    continue;
                }
                let value = HeaderValue::from_str(value);
                headers.insert(
                    name,
                    value.map_err(|_| RegistryError::BadUrl(url.to_owned()))?,
                );
            }
            if at_home && let Some(value) = authorization {
                headers.insert(header::AUTHORIZATION, value.clone());
            }
            let response = send(method, &uri, headers, &self.tls, patience).await?;
            let location = response
                .headers()
                .get(header::LOCATION)
                .and_then(|l| l.to_str().ok());
            match location {
                Some(location) if response.status().is_redirection() => {
                    uri = redirect(&uri, location)?;
                    // Never from a protected registry to an unprotected place.
                    if uri.scheme_str() == Some("http") && !plain_home {
                        return Err(RegistryError::BadUrl(uri.to_string()));
                    }
                }
                _ => return Ok((response, at_home)),
            }
        }
        Err(RegistryError::Redirects)
    }
}

/// How the registry answers a node that shares layers.
pub enum Offered {
    Blob(Body),
    Peers(Vec<Peer>),
}

/// A body with a bound on silence.
pub struct Body {
    body: Incoming,
    host: String,
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

async fn collect(
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

fn accept_status(
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

async fn send(
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
fn part_of(sent: &str, size: u64) -> Option<u64> {
    let (range, complete) = sent.strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
    let is_of_it = complete == "*" || complete.parse() == Ok(size);
    (is_of_it && first <= last && last < size).then_some(first)
}

fn redirect(from: &Uri, location: &str) -> Result<Uri, RegistryError> {
    let bad = |_| RegistryError::BadUrl(location.chars().take(200).collect());
    if location.starts_with('/') {
        let scheme = from.scheme_str().unwrap_or("https");
        let host = from.authority().map_or("", |authority| authority.as_str());
        return format!("{scheme}://{host}{location}").parse().map_err(bad);
    }
    location.parse().map_err(bad)
}

fn basic(user: &str, password: &str) -> Option<HeaderValue> {
    secret(&format!(
        "Basic {}",
        STANDARD.encode(format!("{user}:{password}"))
    ))
}

fn bearer(token: &str) -> Option<HeaderValue> {
    secret(&format!("Bearer {token}"))
}

fn secret(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
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
    fn where_registries_are() {
        let base = |text: &str| Endpoint::of(&Reference::parse(text).unwrap()).base;
        assert_eq!(base("localhost:4566/x"), "http://localhost:4566");
        assert_eq!(base("127.0.0.1:80/x"), "http://127.0.0.1:80");
        assert_eq!(base("public.ecr.aws/x/y"), "https://public.ecr.aws");
        assert_eq!(base("nginx"), "https://registry-1.docker.io");
    }

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

    /// A registry that says nothing for so long, and then that it has it.
    async fn slow(silence: Duration) -> Repository {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let reference = format!("{}/x:1", listener.local_addr().unwrap());
        let reference = Reference::parse(&reference).unwrap();
        tokio::spawn(async move {
            let service = hyper::service::service_fn(move |_: Request<Incoming>| async move {
                tokio::time::sleep(silence).await;
                Ok::<_, std::convert::Infallible>(Response::new(Empty::<Bytes>::new()))
            });
            while let Ok((stream, _)) = listener.accept().await {
                let connection = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service);
                tokio::spawn(connection);
            }
        });
        let endpoint = Endpoint::of(&reference);
        let auth = RegistryAuth::Anonymous;
        Repository::new(&endpoint, &reference, auth, system_tls())
    }

    #[tokio::test(start_paused = true)]
    async fn blobs_are_waited_for_longer_than_manifests() {
        let registry = slow(Duration::from_secs(15 * 60)).await;
        registry.has_blob("sha256:a").await.unwrap();
        assert!(registry.blob("sha256:a").await.is_ok());
        let ended = registry.manifest("1", 100).await;
        assert!(
            matches!(ended, Err(RegistryError::TimedOut { seconds: 60, .. })),
            "{ended:?}"
        );
        let registry = slow(Duration::from_secs(21 * 60)).await;
        let ended = registry.has_blob("sha256:a").await;
        assert!(
            matches!(ended, Err(RegistryError::TimedOut { seconds: 1200, .. })),
            "{ended:?}"
        );
    }

    #[test]
    fn secrets_are_not_shown() {
        let auth = RegistryAuth::Basic {
            user: "AWS".into(),
            password: "hidden".into(),
        };
        assert!(!format!("{auth:?} {:?}", basic("u", "hidden")).contains("hidden"));
    }
}
