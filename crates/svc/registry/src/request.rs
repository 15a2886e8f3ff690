//! One request: who asks, and for which registry; then the part of the API that answers.

use std::{borrow::Cow, net::IpAddr, sync::Arc};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header, request::Parts};
use wharf_base::{Clock, ids};
use wharf_blobs::Digest;
use wharf_svc_ecr::{
    Catalog, Registry,
    token::{self, Bearer, TokenError},
};
use wharf_wire::{Caller, Context, Dispatcher, Origin, Settled};

use crate::{
    answer::{self, Answer, AskedHead, Refusal, TurnedAway, challenge},
    asked::Asked,
    auth::{self, Shown, Stranger, Who},
    blobs,
    body::Body,
    gallery::{self, InGallery, Place, Pulls},
    path::{self, Route},
    tokens,
};

/// Settings, read once by the composition root.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Whom a request without credentials speaks for; `None` refuses it. For an installation that
    /// verifies nobody.
    pub stranger: Option<Bearer>,
    /// How fast images are pulled from the public gallery; `None`: as fast as may be.
    pub pulls: Option<Arc<dyn Pulls>>,
}

/// Where a request came in.
#[derive(Debug, Clone)]
pub struct Peer {
    pub address: Option<IpAddr>,
    /// The task that it comes from: its address is a private one, which tasks of other accounts have too.
    pub task: Option<Arc<str>>,
    /// As policies see it.
    pub origin: Option<Origin>,
    /// Over TLS.
    pub secure: bool,
}

/// The repository, by its id, whose layer an address opens that GetDownloadUrlForLayer gave.
#[derive(Debug, Clone)]
struct Address {
    registry: Registry,
    repository: String,
}

/// What stands behind a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// A password, or an address that was given for one; or nobody is asked for any.
    Proven,
    /// What anybody gets, for the public gallery.
    Visit,
    /// Nothing: the answer says what is missing.
    Nothing,
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

    /// What stands behind a request, by its head alone. What was opened for that goes along with the request, so that
    /// [`RegistryApi::handle`] need not open it again.
    pub fn standing<B>(&self, request: &mut Request<B>) -> Standing {
        let (keyring, now) = (self.inner.catalog.keyring(), self.inner.clock.now());
        if self.inner.options.stranger.is_some() {
            return Standing::Proven;
        }
        if let Some(address) = self.address(request.uri()) {
            request.extensions_mut().insert(address);
            return Standing::Proven;
        }
        let shown = Shown::of(request.headers(), keyring, now);
        let standing = match &shown {
            Shown::Private(_) | Shown::Public(_) => Standing::Proven,
            Shown::Visit => Standing::Visit,
            Shown::Nothing if gallery::is_logo(request.uri().path()) => Standing::Visit,
            _ => Standing::Nothing,
        };
        request.extensions_mut().insert(shown);
        standing
    }

    /// What it opens, if it is an address that GetDownloadUrlForLayer gave.
    fn address(&self, uri: &http::Uri) -> Option<Address> {
        let token = path::parameter(uri.query(), "wharf-token")?;
        let Some(Route::Blob { digest, .. }) = path::parse(uri.path()) else {
            return None;
        };
        self.open_address(&token, &digest.parse().ok()?).ok()
    }

    fn open_address(&self, token: &str, digest: &Digest) -> Result<Address, TokenError> {
        let (keyring, now) = (self.inner.catalog.keyring(), self.inner.clock.now());
        let (registry, repository) = token::open_download(keyring, token, digest, now)?;
        Ok(Address {
            registry,
            repository,
        })
    }

    /// Answers a request for a path under `/v2`, or for [`crate::is_token_path`].
    pub async fn handle<B>(&self, request: Request<B>, peer: Peer) -> Response<Body>
    where
        B: http_body::Body<Data = Bytes> + Unpin,
        B::Error: std::fmt::Display,
    {
        let (mut parts, mut body) = request.into_parts();
        let is_head = parts.method == Method::HEAD;
        let shown = parts.extensions.remove::<Shown>();
        let answer = self.answer(&parts, shown, &mut body, &peer).await;
        let mut answer = answer.unwrap_or_else(|refusal| refusal.answer(is_head));
        if answer.extensions().get::<TurnedAway>().is_some() {
            answer.extensions_mut().insert(AskedHead::of(parts));
        }
        answer
    }

    async fn answer<B>(
        &self,
        parts: &Parts,
        shown: Option<Shown>,
        body: &mut B,
        peer: &Peer,
    ) -> Result<Response<Body>, Refusal>
    where
        B: http_body::Body<Data = Bytes> + Unpin,
        B::Error: std::fmt::Display,
    {
        if let Some(answer) = self.download(parts).await {
            return answer;
        }
        let (keyring, now) = (self.inner.catalog.keyring(), self.inner.clock.now());
        let shown = shown.unwrap_or_else(|| Shown::of(&parts.headers, keyring, now));
        if tokens::is_token_path(parts.uri.path()) {
            let realm = self.realm(parts, peer);
            let (method, headers) = (&parts.method, &parts.headers);
            return tokens::answer(method, headers, &shown, keyring, (&realm, now));
        }
        if let Some(at) = gallery::split(parts, host(parts)) {
            return self.in_gallery(parts, body, peer, (at, shown)).await;
        }
        let reads = matches!(parts.method, Method::GET | Method::HEAD);
        let is_base = reads && path::is_base(parts.uri.path());
        if is_base && shown.is_good() {
            return Ok(Answer::new(StatusCode::OK).json(&serde_json::json!({})));
        }
        let bearer = match shown.private() {
            Ok(bearer) => bearer,
            Err(Stranger::Expired) => return Err(Stranger::expired()),
            Err(Stranger::Unknown) => match &self.inner.options.stranger {
                Some(bearer) => bearer.clone(),
                None => return Ok(self.challenge(parts, peer, is_base)),
            },
        };
        let asked = self.asked(parts, bearer, peer);
        let mut answer = asked.answer(body).await;
        if let Err(refusal) = &answer
            && refusal.status == StatusCode::NOT_FOUND
            && !refusal.there_is_one
            && let Some(asked) = self.asked_by_stranger(parts, &asked.registry, peer)
        {
            answer = asked.answer(body).await;
        }
        answer
    }

    /// A request for a repository of the gallery.
    async fn in_gallery<B>(
        &self,
        parts: &Parts,
        body: &mut B,
        peer: &Peer,
        (at, shown): ((&str, &str), Shown),
    ) -> Result<Response<Body>, Refusal>
    where
        B: http_body::Body<Data = Bytes> + Unpin,
        B::Error: std::fmt::Display,
    {
        let Inner {
            catalog, options, ..
        } = &*self.inner;
        if let Some(name) = gallery::logo(parts, at.1) {
            let place = Place::find(catalog, at).await?;
            let cx = self.context(parts, peer, &place.registry, Caller::unproven("", ""));
            return gallery::show_logo(catalog, &self.inner.dispatcher, cx, (&place, &name), parts)
                .await;
        }
        let who = match shown.anybody() {
            Ok(who) => who,
            Err(Stranger::Expired) => return Err(Stranger::expired()),
            Err(Stranger::Unknown) => match &options.stranger {
                Some(bearer) => Who::Bearer(bearer.clone()),
                None => return Ok(self.challenge(parts, peer, true)),
            },
        };
        let Place {
            registry,
            prefix,
            path,
        } = Place::find(catalog, at).await?;
        let (caller, is_logged_in) = match who {
            Who::Bearer(bearer) => (Some(bearer.caller), true),
            Who::PrivateBearer(bearer) => (Some(bearer.caller), false),
            Who::Visitor => (None, false),
        };
        let nobody = || Caller::unproven(&registry.account, "");
        let speaks = caller.clone().unwrap_or_else(nobody);
        let asked = Asked {
            catalog,
            dispatcher: &self.inner.dispatcher,
            context: Arc::new(self.context(parts, peer, &registry, speaks)),
            registry,
            parts,
            path: Cow::Owned(path),
            gallery: Some(InGallery {
                prefix,
                caller,
                is_logged_in,
                from: peer,
                pulls: options.pulls.as_deref(),
                challenge: gallery::challenge(&self.realm(parts, peer)),
            }),
        };
        asked.answer(body).await
    }

    /// Who asks at the shared host may want the gallery: clients that begin with `GET /v2/` get a token for
    /// whatever they want then. At hosts of private registries, and in them, it is ECR's own challenge.
    fn challenge(&self, parts: &Parts, peer: &Peer, is_shared: bool) -> Response<Body> {
        let turned_away = Stranger::turned_away(parts);
        if is_shared && host(parts).is_none_or(|host| auth::aws_host(host).is_none()) {
            return challenge(&gallery::challenge(&self.realm(parts, peer)), turned_away);
        }
        let basic = format!(
            "Basic realm=\"{}/\",service=\"ecr.amazonaws.com\"",
            self.endpoint()
        );
        challenge(&basic, turned_away)
    }

    /// Where the client gets tokens: at the host by which it knows this one.
    fn realm(&self, parts: &Parts, peer: &Peer) -> String {
        let authority = parts.uri.authority().map(|it| it.as_str());
        let is_plain = |host: &&str| {
            let plain = |b: u8| b.is_ascii_alphanumeric() || b".-:[]".contains(&b);
            !host.is_empty() && host.len() <= 300 && host.bytes().all(plain)
        };
        let named = authority.or_else(|| header_of(parts, header::HOST));
        match named.filter(is_plain) {
            Some(host) if peer.secure => format!("https://{host}/token/"),
            Some(host) => format!("http://{host}/token/"),
            None => format!("{}/token/", self.endpoint()),
        }
    }

    /// Where nobody is challenged, clients send no password: whatever they push is in the stranger's registry,
    /// and is read from there for tasks of every account and region that have no image of that name.
    fn asked_by_stranger<'a>(
        &'a self,
        parts: &'a Parts,
        own: &Registry,
        peer: &Peer,
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

    fn asked<'a>(&'a self, parts: &'a Parts, bearer: Bearer, peer: &Peer) -> Asked<'a> {
        let host = host(parts);
        let ns = path::parameter(parts.uri.query(), "ns");
        let reads = matches!(parts.method, Method::GET | Method::HEAD);
        let path = parts.uri.path();
        // Who names a registry by its host means a repository of it, whatever that is called: what rules of
        // admission judged by its host must not be found by its path.
        let (registry, path) = match auth::registry(ns.as_deref(), host) {
            Some(registry) => (registry, Cow::Borrowed(path)),
            None => match path::registry(path).filter(|_| reads) {
                Some((registry, path)) => (registry, Cow::Owned(path)),
                None => {
                    let registry = Registry::new(bearer.registry(), &bearer.region);
                    (registry, Cow::Borrowed(path))
                }
            },
        };
        Asked {
            catalog: &self.inner.catalog,
            dispatcher: &self.inner.dispatcher,
            context: Arc::new(self.context(parts, peer, &registry, bearer.caller)),
            registry,
            parts,
            path,
            gallery: None,
        }
    }

    fn context(&self, parts: &Parts, peer: &Peer, registry: &Registry, caller: Caller) -> Context {
        Context {
            account: registry.account.clone(),
            region: registry.region.clone(),
            caller,
            called_via: Vec::new(),
            acting: None,
            source_arn: None,
            now: self.inner.clock.now(),
            request_id: ids::uuid(),
            source_ip: peer.address,
            origin: peer.origin.clone(),
            user_agent: header_of(parts, header::USER_AGENT)
                .unwrap_or_default()
                .to_owned(),
            referer: None,
            signed: None,
            secure: peer.secure,
            by_form: false,
            endpoint: self.endpoint(),
            settled: Settled::default(),
        }
    }

    /// A layer fetched with the address GetDownloadUrlForLayer gave; `None` for other requests.
    async fn download(&self, parts: &Parts) -> Option<Result<Response<Body>, Refusal>> {
        if !matches!(parts.method, Method::GET | Method::HEAD) {
            return None;
        }
        let token = path::parameter(parts.uri.query(), "wharf-token")?;
        let Some(Route::Blob { name, digest }) = path::parse(parts.uri.path()) else {
            return None;
        };
        Some(self.downloaded(parts, &token, &name, &digest).await)
    }

    async fn downloaded(
        &self,
        parts: &Parts,
        token: &str,
        name: &str,
        digest: &str,
    ) -> Result<Response<Body>, Refusal> {
        let digest = answer::digest(digest)?;
        let address = match parts.extensions.get::<Address>() {
            Some(opened) => opened.clone(),
            None => self.open_address(token, &digest).map_err(bad_address)?,
        };
        let found = self
            .inner
            .catalog
            .read_layer_by_id(&address.registry, name, &address.repository, &digest)
            .await?;
        let found = found.ok_or_else(|| Refusal::blob_unknown(&digest.to_string()))?;
        blobs::send(parts, found, &digest)
    }
}

fn bad_address(error: TokenError) -> Refusal {
    let text = match error {
        TokenError::Invalid => "The address is not one this registry gave",
        TokenError::Expired => "The address has expired",
    };
    Refusal::new(StatusCode::FORBIDDEN, "DENIED", text).of(TurnedAway::BadAddress)
}

fn header_of(parts: &Parts, name: header::HeaderName) -> Option<&str> {
    parts.headers.get(name)?.to_str().ok()
}

/// HTTP/2 has the host in the address.
fn host(parts: &Parts) -> Option<&str> {
    parts.uri.host().or_else(|| header_of(parts, header::HOST))
}
