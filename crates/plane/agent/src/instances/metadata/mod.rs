//! What instances find at 169.254.169.254: the instance metadata service, in both of its versions.
//!
//! A caller is known by its address, which nobody else can have in its network; tasks find nothing here. Where tokens
//! are required nothing is told without one, and a token is told to nobody whose request passed a proxy.

mod credentials;
mod serve;
mod tokens;
mod tree;

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use serde_json::json;
use wharf_base::Clock;
use wharf_planeproto::machine::Instance;

#[cfg(test)]
pub use self::tree::tests::instance;
pub use self::{
    credentials::{Credentials, NoSession, RoleSession},
    serve::serve,
};
use self::{
    tokens::{TTL, Tokens},
    tree::{Asked, look},
};
use super::{Known, is_instance};
use crate::endpoint::{Caller, RateLimit};

const TOKEN: &str = "x-aws-ec2-metadata-token";
const TOKEN_TTL: &str = "x-aws-ec2-metadata-token-ttl-seconds";
const FORWARDED: &str = "x-forwarded-for";
const TOKEN_PATH: &str = "/latest/api/token";

/// Answers instances.
pub struct MetadataService {
    pub known: Known,
    pub credentials: Arc<Credentials>,
    pub clock: Arc<dyn Clock>,
    tokens: Tokens,
    limit: RateLimit,
}

/// Status and body.
type Answer = (StatusCode, Vec<u8>);

fn refuse(status: StatusCode) -> Answer {
    let text = status.canonical_reason().unwrap_or_default();
    (status, text.as_bytes().to_vec())
}

impl MetadataService {
    pub fn new(known: Known, credentials: Arc<Credentials>, clock: Arc<dyn Clock>) -> Self {
        Self {
            known,
            credentials,
            clock,
            tokens: Tokens::default(),
            limit: RateLimit::default(),
        }
    }

    /// How far answers to the caller go, in hops; `None` for one that gets none.
    pub fn hop_limit(&self, caller: &Caller) -> Option<u8> {
        let instance = self.instance(caller)?;
        // To the guest of a virtual machine there is one hop more: the namespace that it is behind.
        let further = u8::from(instance.virtual_machine);
        Some(instance.metadata.hop_limit.max(1).saturating_add(further))
    }

    fn instance(&self, caller: &Caller) -> Option<Arc<Instance>> {
        match caller {
            Caller::Task(id) => self.known.get(id),
            Caller::Host | Caller::Unknown(..) => None,
        }
    }

    /// Whether it may be an instance of which the control plane has not spoken yet since the agent began.
    fn awaits_word(&self, caller: &Caller) -> bool {
        matches!(caller, Caller::Task(id) if is_instance(id)) && !self.known.is_told()
    }

    pub async fn answer<B>(&self, request: &Request<B>, caller: &Caller) -> Response<Full<Bytes>> {
        let path = request.uri().path();
        let answer = match self.instance(caller) {
            None if self.awaits_word(caller) => {
                // SDKs ask again after this, on another connection: how far answers go is settled when one begins.
                let mut response = respond(refuse(StatusCode::SERVICE_UNAVAILABLE), None);
                let close = header::HeaderValue::from_static("close");
                response.headers_mut().insert(header::CONNECTION, close);
                return response;
            }
            None => refuse(StatusCode::NOT_FOUND),
            Some(it) if !it.metadata.enabled => refuse(StatusCode::FORBIDDEN),
            Some(it) if !self.limit.admit(&it.id, self.clock.now()) => {
                refuse(StatusCode::SERVICE_UNAVAILABLE)
            }
            Some(it) if request.method() == Method::PUT && path == TOKEN_PATH => {
                match self.token(&it, request.headers()) {
                    Ok((seconds, token)) => {
                        let body = (StatusCode::OK, token.into_bytes());
                        return respond(body, Some(seconds));
                    }
                    Err(status) => refuse(status),
                }
            }
            Some(it) => {
                let (method, headers) = (request.method(), request.headers());
                self.read(&it, method, path, headers).await
            }
        };
        respond(answer, None)
    }

    fn token(&self, it: &Instance, headers: &HeaderMap) -> Result<(u32, String), StatusCode> {
        if headers.contains_key(FORWARDED) {
            return Err(StatusCode::FORBIDDEN);
        }
        let wanted = headers.get(TOKEN_TTL).and_then(|value| value.to_str().ok());
        let wanted = wanted.and_then(|text| text.trim().parse::<u32>().ok());
        let seconds = wanted.filter(|seconds| TTL.contains(seconds));
        let seconds = seconds.ok_or(StatusCode::BAD_REQUEST)?;
        Ok((seconds, self.tokens.make(&it.id, seconds, self.clock.now())))
    }

    async fn read(
        &self,
        it: &Instance,
        method: &Method,
        path: &str,
        headers: &HeaderMap,
    ) -> Answer {
        if method != Method::GET && method != Method::HEAD {
            return refuse(StatusCode::METHOD_NOT_ALLOWED);
        }
        let token = headers
            .get(TOKEN)
            .map(|value| value.to_str().unwrap_or_default());
        let holds = |token| self.tokens.holds(&it.id, token, self.clock.now());
        if !token.map_or(!it.metadata.tokens_required, holds) {
            return refuse(StatusCode::UNAUTHORIZED);
        }
        let Ok(path) = percent_encoding::percent_decode_str(path).decode_utf8() else {
            return refuse(StatusCode::BAD_REQUEST);
        };
        let wanted = match look(it, &path) {
            Asked::Found(body) => return (StatusCode::OK, body),
            Asked::Nothing => return refuse(StatusCode::NOT_FOUND),
            Asked::Roles => None,
            Asked::Credentials(role) => Some(role),
        };
        let session = match self.credentials.of(&it.id).await {
            Ok(session) => session,
            Err(NoSession::NoRole) => return refuse(StatusCode::NOT_FOUND),
            Err(error) => {
                tracing::warn!(instance = it.id, %error, "failed to get credentials for an instance");
                return refuse(StatusCode::SERVICE_UNAVAILABLE);
            }
        };
        match wanted {
            None => (StatusCode::OK, session.role().as_bytes().to_vec()),
            Some(role) if role == session.role() => (StatusCode::OK, document(&session)),
            Some(_) => refuse(StatusCode::NOT_FOUND),
        }
    }
}

fn document(session: &RoleSession) -> Vec<u8> {
    let document = json!({
        "Code": "Success",
        "LastUpdated": session.at.iso8601_seconds(),
        "Type": "AWS-HMAC",
        "AccessKeyId": session.access_key_id,
        "SecretAccessKey": session.secret_access_key,
        "Token": session.session_token,
        "Expiration": session.expires_at.iso8601_seconds(),
    });
    serde_json::to_vec_pretty(&document).unwrap_or_default()
}

fn respond((status, body): Answer, ttl: Option<u32>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static("text/plain"),
    );
    headers.insert(header::SERVER, header::HeaderValue::from_static("EC2ws"));
    if let Some(ttl) = ttl {
        headers.insert(TOKEN_TTL, ttl.into());
    }
    response
}

#[cfg(test)]
mod tests {
    use wharf_base::SystemClock;
    use wharf_wire::sigv4::SigningKeys;

    use super::*;
    use crate::client::{Api, Dialer, Endpoint};

    fn service(known: &Known) -> MetadataService {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let api = Api::new(
            Endpoint::parse("http://127.0.0.1:1").unwrap(),
            Dialer::new(None).unwrap(),
            SigningKeys {
                access_key_id: String::new(),
                secret_access_key: String::new(),
                session_token: None,
            },
            "us-east-1",
            clock.clone(),
        );
        let credentials = Credentials::new(api, clock.clone(), known.clone());
        MetadataService::new(known.clone(), Arc::new(credentials), clock)
    }

    #[tokio::test]
    async fn before_the_first_word_instances_are_told_to_come_back() {
        let known = Known::default();
        let service = service(&known);
        let asked = async |caller: &str| {
            let request = Request::get("/latest/meta-data/instance-id").body(());
            let caller = Caller::Task(caller.to_owned());
            let response = service.answer(&request.unwrap(), &caller).await;
            let closes = response.headers().contains_key(header::CONNECTION);
            (response.status().as_u16(), closes)
        };
        assert_eq!(asked("i-1").await, (503, true));
        // Tasks find nothing here, ever.
        assert_eq!(asked("0123456789abcdef").await, (404, false));
        known.put(Arc::new(instance()));
        assert_eq!(asked("i-1").await, (200, false));
        known.told();
        assert_eq!(asked("i-1").await, (200, false));
        assert_eq!(asked("i-2").await, (404, false));
    }
}
