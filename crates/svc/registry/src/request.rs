//! One request: who asks, what for, may they; then the part of the API that answers.

use std::{borrow::Cow, net::IpAddr, sync::Arc};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode, header, request::Parts};
use wharf_base::{Clock, ids};
use wharf_blobs::Digest;
use wharf_svc_ecr::{
    Catalog, Registry,
    token::{self, Bearer, TokenError},
};
use wharf_wire::{Call, Check, Context, Dispatcher};

use crate::{
    answer::{Answer, Refusal, TurnedAway, challenge},
    auth::{self, Stranger},
    blobs,
    body::Body,
    lists, manifests,
    path::{self, Route},
    uploads,
};

/// Settings, read once by the composition root.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Whom a request without credentials speaks for; `None` refuses it. For an installation that
    /// verifies nobody.
    pub stranger: Option<Bearer>,
}

/// Where a request came in.
#[derive(Debug, Clone, Copy)]
pub struct Peer {
    pub address: Option<IpAddr>,
    /// Over TLS.
    pub secure: bool,
}

/// The registry's HTTP API. Cheap to clone.
#[derive(Clone)]
pub struct RegistryApi {
    inner: Arc<Inner>,
}

struct Inner {
    catalog: Catalog,
    dispatcher: Dispatcher,
    clock: Arc<dyn Clock>,
    options: Options,
}

/// A request whose sender is known.
pub(crate) struct Asked<'a> {
    pub catalog: &'a Catalog,
    pub dispatcher: &'a Dispatcher,
    pub registry: Registry,
    pub parts: &'a Parts,
    /// Without a registry before the repository.
    path: Cow<'a, str>,
    context: Context,
}

impl RegistryApi {
    /// `dispatcher` asks IAM for every request, as it does for the API's operations.
    pub fn new(
        catalog: Catalog,
        dispatcher: Dispatcher,
        clock: Arc<dyn Clock>,
        options: Options,
    ) -> Self {
        Self {
            inner: Arc::new(Inner {
                catalog,
                dispatcher,
                clock,
                options,
            }),
        }
    }

    /// Whether a request with these headers carries a password of ours.
    pub fn knows(&self, headers: &HeaderMap) -> bool {
        let now = self.inner.clock.now();
        auth::bearer(headers, self.inner.catalog.keyring(), now).is_ok()
    }

    /// Answers a request for a path under `/v2`.
    pub async fn handle<B>(&self, request: Request<B>, peer: Peer) -> Response<Body>
    where
        B: http_body::Body<Data = Bytes> + Unpin,
        B::Error: std::fmt::Display,
    {
        let (parts, mut body) = request.into_parts();
        let is_head = parts.method == Method::HEAD;
        if let Some(answer) = self.download(&parts).await {
            return answer.unwrap_or_else(|refusal| refusal.answer(is_head));
        }
        let now = self.inner.clock.now();
        let bearer = match auth::bearer(&parts.headers, self.inner.catalog.keyring(), now) {
            Ok(bearer) => bearer,
            Err(Stranger::Expired) => return Stranger::expired().answer(is_head),
            Err(Stranger::Unknown) => match &self.inner.options.stranger {
                Some(bearer) => bearer.clone(),
                None => {
                    let realm = format!("{}/", self.endpoint());
                    return challenge(&realm, Stranger::turned_away(&parts));
                }
            },
        };
        let asked = self.asked(&parts, bearer, peer);
        let mut answer = asked.answer(&mut body).await;
        if let Err(refusal) = &answer
            && refusal.status == StatusCode::NOT_FOUND
            && !refusal.there_is_one
            && let Some(asked) = self.asked_by_stranger(&parts, &asked.registry, peer)
        {
            answer = asked.answer(&mut body).await;
        }
        answer.unwrap_or_else(|refusal| refusal.answer(is_head))
    }

    /// Where nobody is challenged, clients send no password: whatever they push is in the stranger's registry,
    /// and is read from there for tasks of every account and region that have no image of that name.
    fn asked_by_stranger<'a>(
        &'a self,
        parts: &'a Parts,
        own: &Registry,
        peer: Peer,
    ) -> Option<Asked<'a>> {
        let reads = matches!(parts.method, Method::GET | Method::HEAD);
        let stranger = self.inner.options.stranger.as_ref().filter(|_| reads)?;
        let asked = self.asked(parts, stranger.clone(), peer);
        (asked.registry != *own).then_some(asked)
    }

    fn endpoint(&self) -> String {
        let config = self.inner.catalog.config();
        format!("{}://{}", config.scheme, config.host)
    }

    fn asked<'a>(&'a self, parts: &'a Parts, bearer: Bearer, peer: Peer) -> Asked<'a> {
        let header = |name| {
            parts
                .headers
                .get(name)
                .and_then(|value| value.to_str().ok())
        };
        // HTTP/2 has the host in the address.
        let host = parts.uri.host().or_else(|| header(header::HOST));
        let ns = path::parameter(parts.uri.query(), "ns");
        let reads = matches!(parts.method, Method::GET | Method::HEAD);
        let path = parts.uri.path();
        let (registry, path) = match path::registry(path).filter(|_| reads) {
            Some((registry, path)) => (registry, Cow::Owned(path)),
            None => {
                let registry = auth::registry(ns.as_deref(), host, &bearer);
                (registry, Cow::Borrowed(path))
            }
        };
        let context = Context {
            account: registry.account.clone(),
            region: registry.region.clone(),
            caller: bearer.caller,
            called_via: Vec::new(),
            source_arn: None,
            now: self.inner.clock.now(),
            request_id: ids::uuid(),
            source_ip: peer.address,
            origin: None,
            user_agent: header(header::USER_AGENT).unwrap_or_default().to_owned(),
            secure: peer.secure,
            by_form: false,
            endpoint: self.endpoint(),
        };
        let Inner {
            catalog,
            dispatcher,
            ..
        } = &*self.inner;
        Asked {
            catalog,
            dispatcher,
            registry,
            parts,
            path,
            context,
        }
    }

    /// A layer fetched with the address GetDownloadUrlForLayer gave; `None` for other requests.
    async fn download(&self, parts: &Parts) -> Option<Result<Response<Body>, Refusal>> {
        if !matches!(parts.method, Method::GET | Method::HEAD) {
            return None;
        }
        let token = path::parameter(parts.uri.query(), "wharf-token")?;
        let Some(Route::Blob { digest, .. }) = path::parse(parts.uri.path()) else {
            return None;
        };
        Some(self.downloaded(parts, &token, &digest).await)
    }

    async fn downloaded(
        &self,
        parts: &Parts,
        token: &str,
        digest: &str,
    ) -> Result<Response<Body>, Refusal> {
        let digest: Digest = digest.parse().map_err(|_| Refusal::bad_digest(digest))?;
        let catalog = &self.inner.catalog;
        let now = self.inner.clock.now();
        let opened = token::open_download(catalog.keyring(), token, &digest, now);
        let (registry, repository) = opened.map_err(|error| {
            let text = match error {
                TokenError::Invalid => "The address is not one this registry gave",
                TokenError::Expired => "The address has expired",
            };
            Refusal::new(StatusCode::FORBIDDEN, "DENIED", text).of(TurnedAway::BadAddress)
        })?;
        let found = catalog
            .read_layer_by_id(&registry, &repository, &digest)
            .await?;
        blobs::send(
            parts,
            found.ok_or_else(|| Refusal::blob_unknown(&digest.to_string()))?,
        )
    }
}

impl Asked<'_> {
    async fn answer<B>(&self, body: &mut B) -> Result<Response<Body>, Refusal>
    where
        B: http_body::Body<Data = Bytes> + Unpin,
        B::Error: std::fmt::Display,
    {
        let Some(route) = path::parse(&self.path) else {
            let text = "There is nothing at this path";
            return Err(Refusal::new(StatusCode::NOT_FOUND, "NAME_INVALID", text));
        };
        match (self.parts.method.as_str(), &route) {
            ("GET" | "HEAD", Route::Base) => {
                Ok(Answer::new(StatusCode::OK).json(&serde_json::json!({})))
            }
            ("GET", Route::Catalog) => lists::catalog(self).await,
            ("GET", Route::Tags { name }) => lists::tags(self, name).await,
            ("GET", Route::Referrers { name, digest }) => {
                lists::referrers(self, name, digest).await
            }
            ("GET" | "HEAD", Route::Manifest { name, reference }) => {
                manifests::get(self, name, reference).await
            }
            ("PUT", Route::Manifest { name, reference }) => {
                manifests::put(self, name, reference, body).await
            }
            ("DELETE", Route::Manifest { name, reference }) => {
                manifests::delete(self, name, reference).await
            }
            ("HEAD", Route::Blob { name, digest }) => blobs::head(self, name, digest).await,
            ("GET", Route::Blob { name, digest }) => blobs::get(self, name, digest).await,
            ("POST", Route::Uploads { name }) => uploads::begin(self, name, body).await,
            ("GET", Route::Upload { name, id }) => uploads::status(self, name, id).await,
            ("PATCH", Route::Upload { name, id }) => uploads::patch(self, name, id, body).await,
            ("PUT", Route::Upload { name, id }) => uploads::finish(self, name, id, body).await,
            ("DELETE", Route::Upload { name, id }) => uploads::cancel(self, name, id).await,
            _ => Err(Refusal::unsupported()),
        }
    }

    /// Asks IAM whether the bearer may do `action` (without `ecr:`) to the repository.
    pub(crate) async fn may(&self, action: &str, name: &str) -> Result<Call, Refusal> {
        let action = format!("ecr:{action}");
        let check = self.catalog.check(&action, &self.registry, name).await?;
        self.admit(check).await
    }

    /// As [`Asked::may`] for what shows all repositories.
    pub(crate) async fn may_list(&self, action: &str) -> Result<Call, Refusal> {
        let every = self.registry.repository_arn("*");
        let check = Check::new(format!("ecr:{action}"), every);
        let asked = self.catalog.with_policies(check, &self.registry, None);
        self.admit(asked.await?).await
    }

    /// A push makes its repository where a template says so and the bearer may.
    pub(crate) async fn make_repository(&self, name: &str) -> Result<(), Refusal> {
        if !self.catalog.is_made_by_push(&self.registry, name).await? {
            return Ok(());
        }
        let check = self.catalog.check_creation(&self.registry, name).await?;
        let call = self.admit(check).await?;
        let made = self
            .catalog
            .make_for_push(&call.permit, &self.registry, name, call.now);
        Ok(made.await?)
    }

    async fn admit(&self, check: Check) -> Result<Call, Refusal> {
        let (ecr, cx) = (&wharf_api_ecr::schema::SERVICE, self.context.clone());
        Ok(self
            .dispatcher
            .admit_from_outside(ecr, cx, &[check])
            .await?)
    }

    pub(crate) fn header(&self, name: header::HeaderName) -> Option<&str> {
        self.parts.headers.get(name)?.to_str().ok()
    }

    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        path::parameter(self.parts.uri.query(), name)
    }
}
