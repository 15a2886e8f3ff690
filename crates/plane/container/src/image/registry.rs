//! A client of OCI registries: manifests, blobs, and the ways they ask who we are.
//!
//! One connection a request: an image needs a handful of them, and a layer keeps one busy.

use std::{fmt, io, sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;

use super::{error::RegistryError, reference::Reference};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Until headers, and between pieces of a body.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(60);
const MAX_REDIRECTS: usize = 5;
/// Bound on a token answer, in bytes.
const TOKEN_LIMIT: u64 = 1 << 20;

/// Who we are to a registry.
#[derive(Clone, Default)]
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
    /// What the last challenge led to.
    authorization: tokio::sync::Mutex<Option<HeaderValue>>,
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
            authorization: tokio::sync::Mutex::new(first),
        }
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

    /// The manifest of a tag or digest, at most `limit` bytes.
    pub async fn manifest(&self, wanted: &str, limit: u64) -> Result<Bytes, RegistryError> {
        let url = self.url(&format!("manifests/{wanted}"));
        let response = self.get(&url, Some(super::manifest::ACCEPT)).await?;
        collect(response.into_body(), "the manifest", limit, &self.base).await
    }

    /// A small blob as a whole.
    pub async fn small_blob(&self, digest: &str, limit: u64) -> Result<Bytes, RegistryError> {
        let body = self.blob(digest).await?;
        collect(body.body, "the configuration", limit, &self.base).await
    }

    /// A blob as it arrives.
    pub async fn blob(&self, digest: &str) -> Result<Body, RegistryError> {
        let url = self.url(&format!("blobs/{digest}"));
        let response = self.get(&url, None).await?;
        Ok(Body {
            body: response.into_body(),
            host: self.base.clone(),
        })
    }

    /// Whether the repository has the blob, for who we are.
    pub async fn has_blob(&self, digest: &str) -> Result<(), RegistryError> {
        let url = self.url(&format!("blobs/{digest}"));
        self.ask(&Method::HEAD, &url, None).await.map(drop)
    }

    /// Which registry this is; the same for all its repositories.
    pub fn registry(&self) -> &str {
        &self.base
    }

    async fn get(
        &self,
        url: &str,
        accept: Option<&'static str>,
    ) -> Result<Response<Incoming>, RegistryError> {
        self.ask(&Method::GET, url, accept).await
    }

    async fn ask(
        &self,
        method: &Method,
        url: &str,
        accept: Option<&'static str>,
    ) -> Result<Response<Incoming>, RegistryError> {
        let authorization = self.authorization.lock().await.clone();
        let follow = async |who| self.follow(method, url, accept, who).await;
        let response = follow(authorization.as_ref()).await?;
        if response.status() != StatusCode::UNAUTHORIZED {
            return accept_status(response, method, url);
        }
        let fresh = self.answer_challenge(response.headers()).await?;
        if fresh.is_none() || fresh == authorization {
            return Err(RegistryError::Denied(url.to_owned()));
        }
        self.authorization.lock().await.clone_from(&fresh);
        accept_status(follow(fresh.as_ref()).await?, method, url)
    }

    /// What a registry that said 401 wants to see instead.
    async fn answer_challenge(
        &self,
        headers: &HeaderMap,
    ) -> Result<Option<HeaderValue>, RegistryError> {
        for challenge in headers.get_all(header::WWW_AUTHENTICATE) {
            let Ok(challenge) = challenge.to_str() else {
                continue;
            };
            let (scheme, parameters) = challenge.split_once(' ').unwrap_or((challenge, ""));
            if scheme.eq_ignore_ascii_case("bearer") {
                return self.fetch_token(parameters).await;
            }
            if scheme.eq_ignore_ascii_case("basic")
                && let RegistryAuth::Basic { user, password } = &self.auth
            {
                return Ok(basic(user, password));
            }
        }
        Ok(None)
    }

    async fn fetch_token(&self, parameters: &str) -> Result<Option<HeaderValue>, RegistryError> {
        #[derive(serde::Deserialize)]
        struct Answer {
            #[serde(default)]
            token: String,
            #[serde(default)]
            access_token: String,
        }
        let find = |name: &str| {
            parse_parameters(parameters)
                .find(|(key, _)| *key == name)
                .map(|(_, value)| value)
        };
        let realm = find("realm")
            .ok_or_else(|| RegistryError::Nonsense("a challenge without a realm".to_owned()))?;
        // Credentials go to the registry itself, or encrypted to whom it names.
        if !realm.starts_with("https://") && !realm.starts_with(&format!("{}/", self.base)) {
            return Err(RegistryError::Nonsense(format!("tokens from {realm}")));
        }
        let scope = find("scope").map_or_else(
            || format!("repository:{}:pull", self.repository),
            str::to_owned,
        );
        let mut url = format!(
            "{realm}{}scope={}",
            if realm.contains('?') { '&' } else { '?' },
            encode(&scope)
        );
        if let Some(service) = find("service") {
            url.push_str(&format!("&service={}", encode(service)));
        }
        let credentials = match &self.auth {
            RegistryAuth::Basic { user, password } => basic(user, password),
            _ => None,
        };
        let response = self
            .follow(&Method::GET, &url, None, credentials.as_ref())
            .await?;
        if response.status() == StatusCode::UNAUTHORIZED
            || response.status() == StatusCode::FORBIDDEN
        {
            return Err(RegistryError::Denied(realm.to_owned()));
        }
        let body = collect(
            accept_status(response, &Method::GET, &url)?.into_body(),
            "the token",
            TOKEN_LIMIT,
            realm,
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

    /// Redirected as the registry wishes; who we are is told to its own host only.
    async fn follow(
        &self,
        method: &Method,
        url: &str,
        accept: Option<&'static str>,
        authorization: Option<&HeaderValue>,
    ) -> Result<Response<Incoming>, RegistryError> {
        let mut uri: Uri = url
            .parse()
            .map_err(|_| RegistryError::BadUrl(url.to_owned()))?;
        let home = uri.authority().cloned();
        let plain_home = uri.scheme_str() == Some("http");
        for _ in 0..=MAX_REDIRECTS {
            let mut headers = HeaderMap::new();
            if let Some(accept) = accept {
                headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
            }
            if uri.authority() == home.as_ref()
                && let Some(value) = authorization
            {
                headers.insert(header::AUTHORIZATION, value.clone());
            }
            let response = send(method, &uri, headers, &self.tls).await?;
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
                _ => return Ok(response),
            }
        }
        Err(RegistryError::Redirects)
    }
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
        exchange(stream, request, authority.as_str()).await
    } else {
        exchange(stream, request, authority.as_str()).await
    }
}

async fn exchange<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stream: S,
    request: Request<Empty<Bytes>>,
    host: &str,
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
    timed(SILENCE_TIMEOUT, host, sender.send_request(request))
        .await?
        .map_err(failed)
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

/// `realm="…",service="…"`.
pub(super) fn parse_parameters(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (key, value) = rest.trim_start_matches([',', ' ']).split_once('=')?;
        let (value, after) = match value.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => value.split_once(',').unwrap_or((value, "")),
        };
        rest = after;
        Some((key, value))
    })
}

fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' | b':' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
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
    fn challenges_and_redirects() {
        let text = r#"realm="https://a/t",service="s, t",scope="repository:x:pull""#;
        let all: Vec<_> = parse_parameters(text).collect();
        assert_eq!(
            all,
            [
                ("realm", "https://a/t"),
                ("service", "s, t"),
                ("scope", "repository:x:pull")
            ]
        );
        let from: Uri = "http://h:1/v2/".parse().unwrap();
        assert_eq!(redirect(&from, "/x").unwrap(), "http://h:1/x");
        assert_eq!(redirect(&from, "https://o/y").unwrap(), "https://o/y");
        assert_eq!(encode("a b&c"), "a%20b%26c");
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
