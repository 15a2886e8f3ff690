//! One repository of a registry of ECR in another installation, or of AWS itself, that images are replicated to.
//!
//! It is reached as any client reaches it: an access key signs for a password, the password pushes. What it may do there is what the
//! key's policies say.

use std::{sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{
    HeaderValue, Method, Request, Response, StatusCode, Uri,
    header::{AUTHORIZATION, CONTENT_RANGE, CONTENT_TYPE, HOST, LOCATION},
};
use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::{Value, json};
use wharf_api_secretsmanager::{GetSecretValueRequest, Secretsmanager};
use wharf_base::Timestamp;
use wharf_blobs::Digest;
use wharf_egress::{Egress, Limits};
use wharf_wire::{
    Call,
    sigv4::{RequestParts, SigningKeys, sha256_hex, sign},
};
use zeroize::Zeroizing;

use super::{Address, SecretError, UpstreamError};
use crate::catalog::Registry;

/// Who reads secrets for replication, by its service-linked role.
pub(crate) const REPLICATION: &str = "replication.ecr.amazonaws.com";
/// For one request: a piece at 70 KiB a second.
const TIME: Duration = Duration::from_secs(120);
/// Bytes of an answer: none is long but refusals, of which the beginning says why.
const ANSWER: usize = 64 << 10;
const OPERATIONS: &str = "AmazonEC2ContainerRegistry_V20150921";
const PLAIN: &str = "application/octet-stream";

/// Where a registry is, and the key that pushes there: the content of a secret.
pub(crate) struct FarLogin {
    pub url: String,
    pub address: Address,
    keys: SigningKeys,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Text {
    url: String,
    access_key_id: String,
    secret_access_key: Zeroizing<String>,
}

impl FarLogin {
    /// The secret that says where a destination is, and of whom.
    pub(crate) fn secret(destination: &str) -> String {
        format!("ecr-replication/{destination}")
    }

    /// Reads the secret in the name of `call`'s caller; `None` if there is none.
    pub(crate) async fn of_secret(
        secrets: &dyn Secretsmanager,
        call: &Call,
        destination: &str,
    ) -> Result<Option<Self>, SecretError> {
        let input = GetSecretValueRequest {
            secret_id: Some(Self::secret(destination)),
            ..Default::default()
        };
        let read = match secrets.get_secret_value(call, input).await {
            Ok(read) => read,
            Err(fault) => match SecretError::of(fault) {
                SecretError::NotFound => return Ok(None),
                other => return Err(other),
            },
        };
        let text = Zeroizing::new(read.secret_string.ok_or(SecretError::NoPlace)?);
        Self::read(&text).ok_or(SecretError::NoPlace).map(Some)
    }

    fn read(text: &str) -> Option<Self> {
        let Text {
            url,
            access_key_id,
            mut secret_access_key,
        } = serde_json::from_str(text).ok()?;
        let address = Address::read(&url)?;
        let fits = !access_key_id.is_empty()
            && access_key_id.bytes().all(|b| b.is_ascii_alphanumeric())
            && !secret_access_key.is_empty();
        fits.then(|| Self {
            url,
            address,
            keys: SigningKeys {
                access_key_id,
                secret_access_key: std::mem::take(&mut *secret_access_key),
                session_token: None,
            },
        })
    }
}

/// Why something did not arrive.
#[derive(Debug)]
pub(crate) enum NotSent {
    /// Another try would not help; the code is noted at the image.
    Refused(&'static str),
    Later(UpstreamError),
}

pub(crate) struct Far {
    egress: Arc<Egress>,
    login: FarLogin,
    registry: Registry,
    repository: String,
    /// Of the password.
    shown: Mutex<Option<HeaderValue>>,
}

impl Far {
    pub(crate) fn new(
        egress: Arc<Egress>,
        login: FarLogin,
        registry: Registry,
        repository: String,
    ) -> Self {
        Self {
            egress,
            login,
            registry,
            repository,
            shown: Mutex::new(None),
        }
    }

    /// Whether the layer is there.
    pub(crate) async fn has_layer(&self, digest: &Digest, now: Timestamp) -> Result<bool, NotSent> {
        let path = self.path("blobs", &digest.to_string());
        let answer = self.ask(Method::HEAD, &path, Sent::nothing(), now).await?;
        self.is_there(&answer)
    }

    /// Begins an upload, in a repository that is made if it must be; its address.
    pub(crate) async fn begin(&self, now: Timestamp) -> Result<String, NotSent> {
        let path = self.path("blobs", "uploads/");
        let mut answer = self.ask(Method::POST, &path, Sent::nothing(), now).await?;
        if answer.status() == StatusCode::NOT_FOUND {
            self.make_repository(now).await?;
            answer = self.ask(Method::POST, &path, Sent::nothing(), now).await?;
        }
        self.expect(&answer, StatusCode::ACCEPTED)?;
        self.place(&answer)
    }

    /// The next bytes of an upload, behind the first `at`; where the upload goes on.
    pub(crate) async fn piece(
        &self,
        place: &str,
        at: u64,
        piece: Bytes,
        now: Timestamp,
    ) -> Result<String, NotSent> {
        let last = at + (piece.len() as u64).saturating_sub(1);
        let sent = Sent {
            kind: Some(PLAIN),
            range: Some(format!("{at}-{last}")),
            body: piece,
        };
        let answer = self.ask(Method::PATCH, place, sent, now).await?;
        self.expect(&answer, StatusCode::ACCEPTED)?;
        self.place(&answer)
    }

    pub(crate) async fn end(
        &self,
        place: &str,
        digest: &Digest,
        now: Timestamp,
    ) -> Result<(), NotSent> {
        let and = if place.contains('?') { '&' } else { '?' };
        let path = format!("{place}{and}digest={digest}");
        let answer = self.ask(Method::PUT, &path, Sent::nothing(), now).await?;
        self.expect(&answer, StatusCode::CREATED)
    }

    /// The digest of the image that a tag or digest leads to there.
    pub(crate) async fn image(
        &self,
        reference: &str,
        now: Timestamp,
    ) -> Result<Option<Digest>, NotSent> {
        let path = self.path("manifests", reference);
        let answer = self.ask(Method::HEAD, &path, Sent::nothing(), now).await?;
        if !self.is_there(&answer)? {
            return Ok(None);
        }
        let told = answer.headers().get("docker-content-digest");
        Ok(told.and_then(|it| it.to_str().ok()?.parse().ok()))
    }

    pub(crate) async fn put(
        &self,
        reference: &str,
        digest: &Digest,
        (kind, manifest): (&str, Bytes),
        now: Timestamp,
    ) -> Result<(), NotSent> {
        let mut path = self.path("manifests", reference);
        // An image that is pushed by tag is known by its sha256 unless this says otherwise.
        if digest.to_string().starts_with("sha512:") {
            path += &format!("?digest={digest}");
        }
        let sent = Sent {
            kind: Some(kind),
            range: None,
            body: manifest,
        };
        let answer = self.ask(Method::PUT, &path, sent, now).await?;
        self.expect(&answer, StatusCode::CREATED)
    }

    /// What is not there, and what an index there needs, is left.
    pub(crate) async fn delete(&self, reference: &str, now: Timestamp) -> Result<(), NotSent> {
        let path = self.path("manifests", reference);
        let answer = self
            .ask(Method::DELETE, &path, Sent::nothing(), now)
            .await?;
        match answer.status() {
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => Ok(()),
            _ => self.expect(&answer, StatusCode::ACCEPTED),
        }
    }

    fn path(&self, kind: &str, reference: &str) -> String {
        format!("/v2/{}/{kind}/{reference}", self.repository)
    }

    /// Path and query of where an answer says that an upload goes on: the password goes to nobody else.
    fn place(&self, answer: &Response<Bytes>) -> Result<String, NotSent> {
        let place = answer.headers().get(LOCATION);
        let place = place.and_then(|it| it.to_str().ok()?.parse::<Uri>().ok());
        let place = place.and_then(|it| Some(it.path_and_query()?.as_str().to_owned()));
        place.ok_or_else(|| self.later("it does not say where an upload goes on"))
    }

    fn is_there(&self, answer: &Response<Bytes>) -> Result<bool, NotSent> {
        match answer.status() {
            StatusCode::NOT_FOUND => Ok(false),
            _ => self.expect(answer, StatusCode::OK).map(|()| true),
        }
    }

    fn expect(&self, answer: &Response<Bytes>, status: StatusCode) -> Result<(), NotSent> {
        if answer.status() == status {
            return Ok(());
        }
        let said = String::from_utf8_lossy(answer.body());
        match refused(answer.status(), &said) {
            Some(code) => Err(NotSent::Refused(code)),
            None => Err(self.later(format!("it answers {}", answer.status()))),
        }
    }

    fn later(&self, why: impl Into<String>) -> NotSent {
        NotSent::Later(UpstreamError::unavailable(self.login.address.host(), why))
    }

    /// One request of the registry, with the password.
    async fn ask(
        &self,
        method: Method,
        path: &str,
        sent: Sent<'_>,
        now: Timestamp,
    ) -> Result<Response<Bytes>, NotSent> {
        let known = self.shown.lock().clone();
        let shown = match known {
            Some(shown) => shown,
            None => self.password(now).await?,
        };
        let mut request = Request::builder()
            .method(method)
            .uri(self.login.address.url(path))
            .header(AUTHORIZATION, shown);
        if let Some(kind) = sent.kind {
            request = request.header(CONTENT_TYPE, kind);
        }
        if let Some(range) = sent.range {
            request = request.header(CONTENT_RANGE, range);
        }
        let request = request.body(sent.body);
        self.send(request.map_err(|error| self.later(error.to_string()))?)
            .await
    }

    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, NotSent> {
        let limits = Limits {
            time: TIME,
            body: ANSWER,
        };
        let answer = self.egress.send(request, limits).await;
        answer.map_err(|failure| self.later(failure.to_string()))
    }

    async fn password(&self, now: Timestamp) -> Result<HeaderValue, NotSent> {
        let input = json!({"registryIds": [self.registry.account]});
        let answer = self.operation("GetAuthorizationToken", &input, now).await?;
        self.expect(&answer, StatusCode::OK)?;
        let said: Option<Value> = serde_json::from_slice(answer.body()).ok();
        let token = said
            .as_ref()
            .and_then(|it| it.pointer("/authorizationData/0/authorizationToken"));
        let token = token
            .and_then(Value::as_str)
            .filter(|it| STANDARD.decode(it).is_ok());
        let header = token.and_then(|it| HeaderValue::try_from(format!("Basic {it}")).ok());
        let mut header = header.ok_or_else(|| self.later("its password is none"))?;
        header.set_sensitive(true);
        *self.shown.lock() = Some(header.clone());
        Ok(header)
    }

    async fn make_repository(&self, now: Timestamp) -> Result<(), NotSent> {
        let input = json!({"repositoryName": self.repository});
        let answer = self.operation("CreateRepository", &input, now).await?;
        let said = String::from_utf8_lossy(answer.body());
        match said.contains("RepositoryAlreadyExistsException") {
            true => Ok(()),
            false => self.expect(&answer, StatusCode::OK),
        }
    }

    /// An operation of ECR's API, signed.
    async fn operation(
        &self,
        name: &str,
        input: &Value,
        now: Timestamp,
    ) -> Result<Response<Bytes>, NotSent> {
        let body = Bytes::from(input.to_string());
        let mut headers = vec![
            (
                CONTENT_TYPE.to_string(),
                "application/x-amz-json-1.1".to_owned(),
            ),
            (HOST.to_string(), self.login.address.host().to_owned()),
            ("x-amz-target".to_owned(), format!("{OPERATIONS}.{name}")),
        ];
        let parts = RequestParts {
            method: "POST",
            path: "/",
            query: "",
            headers: &headers,
        };
        let (keys, region) = (&self.login.keys, &self.registry.region);
        let signed = sign(&parts, &sha256_hex(&body), keys, region, "ecr", now);
        headers.extend(signed);
        let mut request = Request::post(self.login.address.url("/"));
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let request = request.body(body);
        self.send(request.map_err(|error| self.later(error.to_string()))?)
            .await
    }
}

/// What goes with a request.
struct Sent<'a> {
    kind: Option<&'a str>,
    range: Option<String>,
    body: Bytes,
}

impl Sent<'_> {
    fn nothing() -> Self {
        Self {
            kind: None,
            range: None,
            body: Bytes::new(),
        }
    }
}

/// Which refusals stay what they are, by the codes that ECR has for them; `None` for what passes.
fn refused(status: StatusCode, said: &str) -> Option<&'static str> {
    let says = |word: &str| said.contains(word);
    match status {
        StatusCode::BAD_REQUEST if says("Throttling") || says("TOOMANYREQUESTS") => None,
        StatusCode::FORBIDDEN if says("maximum allowed") => Some("LimitExceeded"),
        StatusCode::FORBIDDEN if says("KMS") => Some("KmsError"),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Some("AccessDenied"),
        StatusCode::BAD_REQUEST if says("AccessDenied") || says("UnrecognizedClient") => {
            Some("AccessDenied")
        }
        StatusCode::BAD_REQUEST if says("InvalidSignature") || says("IncompleteSignature") => {
            Some("AccessDenied")
        }
        StatusCode::BAD_REQUEST if says("TAG_INVALID") => Some("ImageTagAlreadyExists"),
        StatusCode::BAD_REQUEST if says("LimitExceeded") => Some("LimitExceeded"),
        // What it names went from there meanwhile: it is sent again.
        StatusCode::BAD_REQUEST if says("MANIFEST_BLOB_UNKNOWN") => None,
        StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE => Some("InvalidParameter"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_address_and_key_are_a_place() {
        let text = r#"{"url": "https://h:4566", "accessKeyId": "AKIA1", "secretAccessKey": "s", "more": 1}"#;
        let read = FarLogin::read(text).unwrap();
        assert_eq!(
            (&*read.url, &*read.keys.secret_access_key),
            ("https://h:4566", "s")
        );
        for other in [
            "",
            "{}",
            r#"{"url": "https://h/path", "accessKeyId": "AKIA1", "secretAccessKey": "s"}"#,
            r#"{"url": "https://h", "accessKeyId": "", "secretAccessKey": "s"}"#,
            r#"{"url": "https://h", "accessKeyId": "a b", "secretAccessKey": "s"}"#,
            r#"{"url": "https://h", "accessKeyId": "AKIA1", "secretAccessKey": ""}"#,
            r#"{"url": "https://h", "accessKeyId": "AKIA1"}"#,
        ] {
            assert!(FarLogin::read(other).is_none(), "{other}");
        }
    }

    #[test]
    fn what_passes_is_told_from_what_stays() {
        for (status, said, expected) in [
            (403, "DENIED", Some("AccessDenied")),
            (401, "", Some("AccessDenied")),
            (
                403,
                "already has the maximum allowed number of images",
                Some("LimitExceeded"),
            ),
            (400, "TAG_INVALID", Some("ImageTagAlreadyExists")),
            (400, "UnrecognizedClientException", Some("AccessDenied")),
            (400, "MANIFEST_INVALID", Some("InvalidParameter")),
            (400, "MANIFEST_BLOB_UNKNOWN", None),
            (400, "ThrottlingException", None),
            (429, "", None),
            (500, "", None),
            (507, "", None),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(refused(status, said), expected, "{status} {said}");
        }
    }
}
