//! A client of OCI registries: manifests, blobs, and the ways they ask who we are.
//!
//! One connection a request: an image needs a handful of them, and a layer keeps one busy.

mod auth;
mod transfer;

use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, Uri, header};
use hyper::body::Incoming;
use rustls::ClientConfig;
use wharf_base::ecr_host;
use wharf_planeproto::layers::{self, Peer};

pub use self::{
    auth::RegistryAuth,
    transfer::{Body, system_tls},
};
use self::{
    auth::{basic, bearer},
    transfer::{SILENCE_TIMEOUT, accept_status, collect, part_of, redirect, send},
};
use super::{digest::Digest, error::RegistryError, reference::Reference};

/// Until the headers of a blob: a registry that has it brought from another one answers when all of it is there.
const BLOB_TIMEOUT: Duration = Duration::from_secs(20 * 60);
const MAX_REDIRECTS: usize = 5;

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
    match is_elsewhere && is_plain && ecr_host::is_like_a_registry(host) {
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

#[cfg(test)]
mod tests {
    use http::Request;
    use http_body_util::Empty;
    use hyper_util::rt::TokioIo;

    use super::*;

    #[test]
    fn where_registries_are() {
        let base = |text: &str| Endpoint::of(&Reference::parse(text).unwrap()).base;
        assert_eq!(base("localhost:4566/x"), "http://localhost:4566");
        assert_eq!(base("127.0.0.1:80/x"), "http://127.0.0.1:80");
        assert_eq!(base("public.ecr.aws/x/y"), "https://public.ecr.aws");
        assert_eq!(base("nginx"), "https://registry-1.docker.io");
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
}
