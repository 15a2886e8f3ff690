//! One repository of an upstream registry, asked in the OCI distribution protocol.
//!
//! The registry says how it wants to be told who asks; the answer to that is kept for the next request.
//! Redirects, which lead to storage, are followed without it. Nothing that was sent in confidence goes
//! on in the clear.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{
    HeaderValue, Method, Request, Response, StatusCode, Uri,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, LOCATION, WWW_AUTHENTICATE},
};
use parking_lot::Mutex;
use serde::Deserialize;
use wharf_base::Challenge;
use wharf_blobs::Digest;
use wharf_egress::{Egress, Failure, Pieces, StreamLimits};

use super::{Address, Login, UpstreamError};
use crate::manifest::{ACCEPTED, MAX_MANIFEST_BYTES};

/// Until the head of an answer. Clients of the cache wait for it.
const HEAD: Duration = Duration::from_secs(20);
/// Without a byte of a body.
const IDLE: Duration = Duration::from_secs(30);
/// For a document.
const DOCUMENT: Duration = Duration::from_secs(60);
/// For a layer: the largest at about 15 MB a second.
const LAYER: Duration = Duration::from_secs(3600);
/// Bytes of an answer that carries a token.
const TOKEN_BYTES: u64 = 64 << 10;
/// From the registry to its storage.
const MOST_REDIRECTS: usize = 5;

pub(crate) struct Remote {
    egress: Arc<Egress>,
    address: Address,
    login: Option<Login>,
    repository: String,
    /// What the registry accepted last.
    shown: Mutex<Option<HeaderValue>>,
}

/// A manifest as it came.
#[derive(Debug)]
pub(crate) struct Served {
    pub bytes: Bytes,
    pub media_type: Option<String>,
    /// What the registry calls it; not verified.
    pub digest: Option<Digest>,
}

#[derive(Deserialize)]
struct Token {
    token: Option<String>,
    access_token: Option<String>,
}

impl Remote {
    pub(crate) fn new(
        egress: Arc<Egress>,
        address: Address,
        login: Option<Login>,
        repository: String,
    ) -> Self {
        Self {
            egress,
            address,
            login,
            repository,
            shown: Mutex::new(None),
        }
    }

    pub(crate) fn host(&self) -> &str {
        self.address.host()
    }

    /// Whether the registry answers, and takes the login.
    pub(crate) async fn greet(&self) -> Result<(), UpstreamError> {
        let limits = limits(DOCUMENT, TOKEN_BYTES);
        let answer = self.ask(Method::GET, "/v2/", limits).await?;
        self.expect_ok(&answer)
    }

    /// The digest that the registry says a tag has now; `None` if it does not say.
    pub(crate) async fn digest_of(&self, tag: &str) -> Result<Option<Digest>, UpstreamError> {
        let limits = limits(DOCUMENT, 0);
        let path = self.path("manifests", tag);
        let answer = self.ask(Method::HEAD, &path, limits).await?;
        self.expect_ok(&answer)?;
        Ok(told_digest(&answer))
    }

    /// The manifest of a tag or digest, as it came.
    pub(crate) async fn manifest(&self, reference: &str) -> Result<Served, UpstreamError> {
        let limits = limits(DOCUMENT, MAX_MANIFEST_BYTES as u64);
        let path = self.path("manifests", reference);
        let answer = self.ask(Method::GET, &path, limits).await?;
        self.expect_ok(&answer)?;
        let media_type = answer.headers().get(CONTENT_TYPE);
        let media_type = media_type.and_then(|it| it.to_str().ok());
        let media_type = media_type.map(|it| it.split(';').next().unwrap_or(it).trim().to_owned());
        let digest = told_digest(&answer);
        let bytes = answer.into_body().whole().await;
        let bytes = bytes.map_err(|it| self.failed(&it))?;
        Ok(Served {
            bytes,
            media_type,
            digest,
        })
    }

    /// A layer of at most so many bytes, on its way in.
    pub(crate) async fn layer(&self, digest: &Digest, most: u64) -> Result<Pieces, UpstreamError> {
        let path = self.path("blobs", &digest.to_string());
        let answer = self.ask(Method::GET, &path, limits(LAYER, most)).await?;
        self.expect_ok(&answer)?;
        Ok(answer.into_body())
    }

    pub(crate) fn failed(&self, failure: &Failure) -> UpstreamError {
        UpstreamError::of(self.host(), failure)
    }

    fn path(&self, kind: &str, reference: &str) -> String {
        format!("/v2/{}/{kind}/{reference}", self.repository)
    }

    fn expect_ok(&self, answer: &Response<Pieces>) -> Result<(), UpstreamError> {
        let host = self.host().to_owned();
        Err(match answer.status() {
            StatusCode::OK => return Ok(()),
            StatusCode::NOT_FOUND => UpstreamError::NotFound(host),
            StatusCode::TOO_MANY_REQUESTS => UpstreamError::TooMany(host),
            status @ (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => {
                UpstreamError::denied(&host, format!("it answers {status}"))
            }
            status => UpstreamError::unavailable(&host, format!("it answers {status}")),
        })
    }

    /// One request of the registry; once more with what it wants to be shown.
    async fn ask(
        &self,
        method: Method,
        path: &str,
        limits: StreamLimits,
    ) -> Result<Response<Pieces>, UpstreamError> {
        let url = self.address.url(path);
        let shown = self.shown.lock().clone();
        let (answer, is_its_own) = self.follow(&method, &url, shown, limits).await?;
        // Who it redirects to does not say where the login goes.
        if answer.status() != StatusCode::UNAUTHORIZED || !is_its_own {
            return Ok(answer);
        }
        let headers = answer.headers().get_all(WWW_AUTHENTICATE);
        let headers = headers.iter().filter_map(|it| it.to_str().ok());
        let Some(challenge) = Challenge::read(headers) else {
            return Ok(answer);
        };
        // Its connection is free for the next one.
        drop(answer);
        let show = self.answer_to(&challenge).await?;
        *self.shown.lock() = Some(show.clone());
        Ok(self.follow(&method, &url, Some(show), limits).await?.0)
    }

    /// What the registry wants to be shown.
    async fn answer_to(&self, challenge: &Challenge) -> Result<HeaderValue, UpstreamError> {
        let host = self.host();
        let login = self.login.as_ref().map(Login::header);
        let Some(url) = challenge.token_url(&self.repository) else {
            let why = "it wants a login, and the rule has none";
            return login.ok_or_else(|| UpstreamError::denied(host, why));
        };
        if self.address.secure() && !url.starts_with("https://") {
            let why = "it gives its tokens in the clear";
            return Err(UpstreamError::wrong(host, why));
        }
        let mut request = Request::get(&url);
        if let Some(login) = login {
            request = request.header(AUTHORIZATION, login);
        }
        let request = request.body(Bytes::new());
        let request = request.map_err(|error| UpstreamError::wrong(host, error.to_string()))?;
        let answer = self.egress.open(request, limits(DOCUMENT, TOKEN_BYTES));
        let answer = answer.await.map_err(|it| self.failed(&it))?;
        self.expect_ok(&answer)?;
        let token = answer.into_body().whole().await;
        let token = token.map_err(|it| self.failed(&it))?;
        let read = serde_json::from_slice::<Token>(&token).ok();
        let token = read.and_then(|it| it.token.or(it.access_token));
        let header = token.and_then(|it| HeaderValue::try_from(format!("Bearer {it}")).ok());
        let wrong = || UpstreamError::wrong(host, "its token is none");
        let mut header = header.ok_or_else(wrong)?;
        header.set_sensitive(true);
        Ok(header)
    }

    /// One request, and those that it is sent on with; whether the last answer is the registry's own.
    async fn follow(
        &self,
        method: &Method,
        url: &str,
        shown: Option<HeaderValue>,
        limits: StreamLimits,
    ) -> Result<(Response<Pieces>, bool), UpstreamError> {
        let wrong = |why: &str| UpstreamError::wrong(self.host(), why);
        let mut at: Uri = url.parse().map_err(|_| wrong("its address is none"))?;
        for _ in 0..=MOST_REDIRECTS {
            let mut request = Request::builder().method(method.clone()).uri(at.clone());
            if at.path().contains("/manifests/") {
                for kind in ACCEPTED {
                    request = request.header(ACCEPT, kind);
                }
            }
            let at_home = at.authority().is_some_and(|it| it.as_str() == self.host());
            if let Some(shown) = shown.as_ref().filter(|_| at_home) {
                request = request.header(AUTHORIZATION, shown);
            }
            let request = request.body(Bytes::new());
            let request = request.map_err(|error| wrong(&error.to_string()))?;
            let answer = self.egress.open(request, limits).await;
            let answer = answer.map_err(|it| self.failed(&it))?;
            let status = answer.status();
            if !status.is_redirection() {
                return Ok((answer, at_home));
            }
            let to = answer.headers().get(LOCATION);
            let to = to.and_then(|it| it.to_str().ok());
            let to = to.and_then(|to| redirected(&at, to));
            at = to.ok_or_else(|| wrong(&format!("it answers {status} to nowhere")))?;
        }
        Err(wrong("it sends from one address to the next without end"))
    }
}

fn told_digest(answer: &Response<Pieces>) -> Option<Digest> {
    let digest = answer.headers().get("docker-content-digest");
    digest.and_then(|it| it.to_str().ok()?.parse().ok())
}

fn limits(whole: Duration, body: u64) -> StreamLimits {
    StreamLimits {
        head: HEAD,
        idle: IDLE,
        whole,
        body,
    }
}

/// Where a redirect leads; `None` if that is no address, or one in the clear behind one that is not.
fn redirected(from: &Uri, to: &str) -> Option<Uri> {
    let next: Uri = match to.starts_with('/') && !to.starts_with("//") {
        true => {
            let mut parts = from.clone().into_parts();
            parts.path_and_query = Some(to.parse().ok()?);
            Uri::from_parts(parts).ok()?
        }
        false => to.parse().ok()?,
    };
    match (from.scheme_str(), next.scheme_str()) {
        (_, Some("https")) | (Some("http"), Some("http")) => Some(next),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_never_lead_into_the_clear() {
        let from: Uri = "https://a:5000/v2/x?y".parse().unwrap();
        for (to, expected) in [
            ("/other?z", Some("https://a:5000/other?z")),
            ("https://b/x", Some("https://b/x")),
            ("http://b/x", None),
            ("//b/x", None),
            ("x", None),
            ("ftp://b/x", None),
            ("", None),
        ] {
            let next = redirected(&from, to).map(|it| it.to_string());
            assert_eq!(next.as_deref(), expected, "{to}");
        }
        let plain: Uri = "http://a/".parse().unwrap();
        assert!(redirected(&plain, "http://b/").is_some());
    }
}
