//! Answers, and errors in the form clients read: `{"errors":[{"code","message","detail"}]}`.

use http::{
    HeaderName, HeaderValue, Request, Response, StatusCode,
    header::{CONTENT_LENGTH, CONTENT_TYPE, ETAG, WWW_AUTHENTICATE},
    request::Parts,
};
use serde_json::{Value, json};
use wharf_blobs::{BadDigest, BlobError, Digest};
use wharf_svc_ecr::{EcrError, SecretError, UpstreamError};
use wharf_wire::{Fault, fault::Chain};

use crate::{
    body::{self, Body, Broken},
    conditions,
};

pub(crate) const API_VERSION: HeaderName =
    HeaderName::from_static("docker-distribution-api-version");
pub(crate) const CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");
pub(crate) const UPLOAD_UUID: HeaderName = HeaderName::from_static("docker-upload-uuid");

/// Nobody was let in, so that nothing was asked about what the request wants. An extension of such
/// answers, for an audit log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TurnedAway {
    /// It carries no password. The question with which clients begin (`GET /v2/`) is none of these.
    Unnamed,
    WrongPassword,
    ExpiredPassword,
    /// The address of a layer, which needs no password.
    BadAddress,
}

/// What was asked for, of who was turned away, for the same log. An extension of the same answers: of others nobody wants to
/// know it.
#[derive(Debug, Clone)]
pub struct AskedHead(pub Request<()>);

impl AskedHead {
    pub(crate) fn of(parts: Parts) -> Self {
        let mut head = Request::new(());
        *head.method_mut() = parts.method;
        *head.uri_mut() = parts.uri;
        *head.headers_mut() = parts.headers;
        Self(head)
    }
}

/// The answer is in memory as a whole, and holds no file until it has been sent. An extension of such answers, for who counts
/// what they hold.
#[derive(Debug, Clone, Copy)]
pub struct InMemory;

/// An error answer.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub turned_away: Option<TurnedAway>,
    /// What is asked for is there, though it cannot be had: nobody is sent elsewhere for it.
    pub there_is_one: bool,
    pub status: StatusCode,
    pub code: &'static str,
    pub message: String,
    pub detail: Option<Box<Value>>,
    pub headers: Vec<(HeaderName, String)>,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            turned_away: None,
            there_is_one: false,
            status,
            code,
            message: message.into(),
            detail: None,
            headers: Vec::new(),
        }
    }

    pub(crate) fn of(mut self, why: TurnedAway) -> Self {
        self.turned_away = Some(why);
        self
    }

    pub(crate) fn with(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn blob_unknown(digest: &str) -> Self {
        let text = "The layer does not exist in the repository";
        let mut refusal = Self::new(StatusCode::NOT_FOUND, "BLOB_UNKNOWN", text);
        refusal.detail = Some(Box::new(json!({ "digest": shown(digest) })));
        refusal
    }

    /// What is there is not what `If-Match` names, or is what `If-None-Match` names on a push or a deletion.
    pub(crate) fn precondition() -> Self {
        let text = "What is there is not what If-Match or If-None-Match asks for";
        Self::new(StatusCode::PRECONDITION_FAILED, "UNSUPPORTED", text)
    }

    pub(crate) fn manifest_unknown() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "MANIFEST_UNKNOWN",
            "Requested image not found",
        )
    }

    fn bad_digest(digest: &str, why: BadDigest) -> Self {
        let status = StatusCode::BAD_REQUEST;
        let mut refusal = Self::new(status, "DIGEST_INVALID", why.to_string());
        refusal.detail = Some(Box::new(json!({ "digest": shown(digest) })));
        refusal
    }

    pub(crate) fn unsupported() -> Self {
        let text = "The operation is unsupported.";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "UNSUPPORTED", text)
    }

    pub(crate) fn answer(self, is_head: bool) -> Response<Body> {
        let mut error = json!({ "code": self.code, "message": self.message });
        if let Some(detail) = self.detail {
            error["detail"] = *detail;
        }
        let text = json!({ "errors": [error] }).to_string();
        let mut answer = Answer::new(self.status).header(CONTENT_TYPE, "application/json");
        for (name, value) in self.headers {
            answer = answer.header(name, &value);
        }
        let answer = if is_head {
            answer.sized(text.len() as u64)
        } else {
            answer.body(text)
        };
        marked(answer, self.turned_away)
    }
}

fn marked(mut answer: Response<Body>, turned_away: Option<TurnedAway>) -> Response<Body> {
    if let Some(why) = turned_away {
        answer.extensions_mut().insert(why);
    }
    answer
}

/// A digest out of a request.
pub(crate) fn digest(text: &str) -> Result<Digest, Refusal> {
    text.parse().map_err(|why| Refusal::bad_digest(text, why))
}

/// Text from a request, kept short.
fn shown(text: &str) -> String {
    text.chars().take(100).collect()
}

impl From<EcrError> for Refusal {
    fn from(error: EcrError) -> Self {
        use EcrError as E;
        let told = error.told();
        let (status, code) = match told {
            E::RepositoryNotFound { .. } => (StatusCode::NOT_FOUND, "NAME_UNKNOWN"),
            E::ImageNotFound { .. } => return Self::manifest_unknown(),
            E::Precondition => return Self::precondition(),
            E::ImageArchived { .. } => (StatusCode::NOT_FOUND, "MANIFEST_UNKNOWN"),
            E::TagImmutable { .. } | E::BadTag => (StatusCode::BAD_REQUEST, "TAG_INVALID"),
            E::Manifest(_) => (StatusCode::BAD_REQUEST, "MANIFEST_INVALID"),
            E::ManifestDigest { .. } | E::LayerDigest { .. } => {
                (StatusCode::BAD_REQUEST, "DIGEST_INVALID")
            }
            E::LayersNotFound { .. } | E::ReferencedImagesNotFound { .. } => {
                (StatusCode::BAD_REQUEST, "MANIFEST_BLOB_UNKNOWN")
            }
            E::ReferencedByIndex(_) => (StatusCode::METHOD_NOT_ALLOWED, "UNSUPPORTED"),
            E::UploadNotFound { .. } => (StatusCode::NOT_FOUND, "BLOB_UPLOAD_UNKNOWN"),
            // Not 429 or 507: clients would try again.
            E::RepositoryFull { .. }
            | E::RegistryFull { .. }
            | E::TooManyImages { .. }
            | E::TooManyRepositories { .. } => (StatusCode::FORBIDDEN, "DENIED"),
            // The key is disabled or gone, or ECR may not use it.
            E::Kms(fault) if fault.sender => (StatusCode::FORBIDDEN, "DENIED"),
            E::LimitExceeded(_) => (StatusCode::BAD_REQUEST, "MANIFEST_INVALID"),
            E::Blob(BlobError::TooLarge { .. }) => (StatusCode::PAYLOAD_TOO_LARGE, "SIZE_INVALID"),
            E::Blob(BlobError::UploadBusy) => (StatusCode::BAD_REQUEST, "BLOB_UPLOAD_INVALID"),
            E::Blob(BlobError::TooManyUploads { .. } | BlobError::TooManyUploadBytes { .. })
            | E::Contention => {
                let text = "Rate exceeded";
                return Self::new(StatusCode::TOO_MANY_REQUESTS, "TOOMANYREQUESTS", text);
            }
            E::Blob(BlobError::NoSpace(_)) => {
                tracing::error!(error = %Chain(&error), "push failed: no space left");
                let text = "The registry has no space left";
                return Self::new(StatusCode::INSUFFICIENT_STORAGE, "UNKNOWN", text);
            }
            E::Upstream(UpstreamError::NotFound(_)) => return Self::manifest_unknown(),
            E::Upstream(UpstreamError::TooMany(_)) => {
                (StatusCode::TOO_MANY_REQUESTS, "TOOMANYREQUESTS")
            }
            E::Secret(SecretError::Failed(_)) => {
                tracing::warn!(error = %Chain(&error), "failed to read the login of a pull");
                (StatusCode::SERVICE_UNAVAILABLE, "UNKNOWN")
            }
            E::Upstream(UpstreamError::Denied { .. }) | E::Secret(_) => {
                (StatusCode::FORBIDDEN, "DENIED")
            }
            E::Upstream(_) => {
                tracing::warn!(error = %Chain(&error), "failed to pull through");
                (StatusCode::BAD_GATEWAY, "UNKNOWN")
            }
            _ => {
                tracing::error!(error = %Chain(&error), "registry request failed");
                let text = "An error on the server's side; it was logged.";
                return Self::new(StatusCode::INTERNAL_SERVER_ERROR, "UNKNOWN", text);
            }
        };
        let mut refusal = Self::new(status, code, error.to_string());
        refusal.there_is_one = matches!(told, E::ImageArchived { .. } | E::Kms(_));
        if let E::LayersNotFound { digests, .. } | E::ReferencedImagesNotFound { digests, .. } =
            told
        {
            refusal.detail = Some(Box::new(json!({ "digests": digests })));
        }
        refusal
    }
}

impl From<BlobError> for Refusal {
    fn from(error: BlobError) -> Self {
        EcrError::from(error).into()
    }
}

impl From<Broken> for Refusal {
    fn from(broken: Broken) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "BLOB_UPLOAD_INVALID",
            broken.to_string(),
        )
    }
}

/// What IAM refused: its own text.
impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self::new(StatusCode::FORBIDDEN, "DENIED", fault.message)
    }
}

/// An answer in the making.
pub(crate) struct Answer(Response<Body>);

impl Answer {
    pub(crate) fn new(status: StatusCode) -> Self {
        let mut response = Response::new(body::empty());
        *response.status_mut() = status;
        let version = HeaderValue::from_static("registry/2.0");
        response.headers_mut().insert(API_VERSION, version);
        response.extensions_mut().insert(InMemory);
        Self(response)
    }

    /// A value that is no header value (only text from outside could be) leaves the header out.
    pub(crate) fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.0.headers_mut().insert(name, value);
        }
        self
    }

    /// What it is about, as clients verify and compare it.
    pub(crate) fn of_digest(self, digest: &Digest) -> Self {
        let text = digest.to_string();
        self.header(ETAG, &conditions::tag_of_text(&text))
            .header(CONTENT_DIGEST, &text)
    }

    pub(crate) fn body(mut self, bytes: impl Into<bytes::Bytes>) -> Response<Body> {
        *self.0.body_mut() = body::full(bytes);
        self.0
    }

    pub(crate) fn json(self, value: &Value) -> Response<Body> {
        self.header(CONTENT_TYPE, "application/json")
            .body(value.to_string())
    }

    pub(crate) fn stream(mut self, body: Body) -> Response<Body> {
        self.0.extensions_mut().remove::<InMemory>();
        *self.0.body_mut() = body;
        self.0
    }

    /// No body, but the length one would have: for HEAD.
    pub(crate) fn sized(self, length: u64) -> Response<Body> {
        self.header(CONTENT_LENGTH, &length.to_string()).0
    }

    pub(crate) fn empty(self) -> Response<Body> {
        self.sized(0)
    }

    /// 204 and its like carry no length.
    pub(crate) fn bare(self) -> Response<Body> {
        self.0
    }
}

/// 401 with the challenge that makes clients send their password, or ask for a token.
pub(crate) fn challenge(value: &str, turned_away: Option<TurnedAway>) -> Response<Body> {
    let answer = Answer::new(StatusCode::UNAUTHORIZED)
        .header(WWW_AUTHENTICATE, value)
        .header(CONTENT_TYPE, "text/plain; charset=utf-8")
        .body("Not Authorized\n");
    marked(answer, turned_away)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_but_what_streams_is_in_memory() {
        let is_here = |answer: Response<Body>| answer.extensions().get::<InMemory>().is_some();
        assert!(is_here(Answer::new(StatusCode::OK).body("content")));
        assert!(is_here(Refusal::unsupported().answer(true)));
        let streams = Answer::new(StatusCode::OK).stream(body::empty());
        assert!(!is_here(streams));
    }

    #[test]
    fn a_login_that_cannot_be_read_for_the_moment_is_no_refusal() {
        let failed = Fault::sender("InternalServiceError", 500, "no");
        for (error, status) in [
            (SecretError::Failed(failed), 503),
            (SecretError::NotFound, 403),
        ] {
            assert_eq!(Refusal::from(EcrError::from(error)).status, status);
        }
    }
}
