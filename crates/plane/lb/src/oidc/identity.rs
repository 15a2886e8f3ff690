//! What a target is told of the user, in headers that no client can set.

use base64::{Engine, engine::general_purpose::URL_SAFE};
use http::HeaderValue;
use serde_json::{Map, Value, json};

use super::{LoginRule, session::Session};

/// All names of headers that begin so are the load balancer's own. Gateways that make variables of headers take other signs for `-`.
const PREFIX: &[u8] = b"x-amzn-oidc-";
/// A signed word about a user is good for so long.
const SIGNED_SECONDS: u64 = 120;

/// Whether a header is one that clients may not send.
pub fn is_own(name: &str) -> bool {
    let start = name.as_bytes().get(..PREFIX.len());
    start.is_some_and(|start| {
        let mut both = start.iter().zip(PREFIX);
        both.all(|(given, own)| match own {
            b'-' => !given.is_ascii_alphanumeric(),
            _ => given.eq_ignore_ascii_case(own),
        })
    })
}

/// Headers about a user.
pub struct Identity(Vec<(&'static str, HeaderValue)>);

impl Identity {
    pub fn headers(&self) -> &[(&'static str, HeaderValue)] {
        &self.0
    }
}

impl LoginRule {
    /// What targets are told; `None` if it cannot be said.
    pub fn identity(&self, session: &Session, now: u64) -> Option<Identity> {
        let signed = self.signed(session, now)?;
        let headers = [
            ("x-amzn-oidc-accesstoken", session.access_token.as_str()),
            ("x-amzn-oidc-identity", session.subject.as_str()),
            ("x-amzn-oidc-data", signed.as_str()),
        ];
        let headers = headers.map(|(name, text)| {
            let mut value = HeaderValue::from_str(text).ok()?;
            value.set_sensitive(true);
            Some((name, value))
        });
        headers.into_iter().collect::<Option<_>>().map(Identity)
    }

    /// The claims as a JWT. As on AWS, its parts are padded.
    fn signed(&self, session: &Session, now: u64) -> Option<String> {
        let expires = now.saturating_add(SIGNED_SECONDS);
        let head = json!({
            "typ": "JWT",
            "kid": self.keys.signing_id(),
            "alg": "ES256",
            "iss": self.settings.issuer,
            "client": self.settings.client_id,
            "signer": self.balancer,
            "exp": expires,
        });
        let mut claims: Map<String, Value> = serde_json::from_str(&session.claims).ok()?;
        claims.insert("exp".to_owned(), expires.into());
        claims.insert("iss".to_owned(), self.settings.issuer.as_str().into());
        let encoded = |value: Value| URL_SAFE.encode(value.to_string());
        let text = format!("{}.{}", encoded(head), encoded(Value::Object(claims)));
        let signature = self.keys.sign(text.as_bytes())?;
        Some(format!("{text}.{}", URL_SAFE.encode(signature)))
    }
}
