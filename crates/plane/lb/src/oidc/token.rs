//! What providers say: tokens, and claims about a user. The token about the user comes from the provider itself over TLS, so its signature
//! says nothing further (OpenID Connect Core §3.1.3.7); its claims are checked.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::{Map, Value};
use subtle::ConstantTimeEq;

use super::Refused;

/// Clocks differ by so many seconds.
const LEEWAY: u64 = 60;
/// No access token is believed to be good for longer than a century.
const LONGEST: f64 = 3_155_760_000.0;
/// As the standard bounds them.
const MOST_SUBJECT: usize = 255;

/// An answer of a token endpoint.
#[derive(Deserialize)]
pub struct Tokens {
    pub access_token: String,
    pub token_type: Option<String>,
    pub id_token: Option<String>,
    pub refresh_token: Option<String>,
    /// Seconds; some write them as text.
    pub expires_in: Option<Value>,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Tokens")
    }
}

impl Tokens {
    pub fn parse(body: &[u8]) -> Result<Self, Refused> {
        let failed = |what: &str| {
            Err(Refused::Failed(format!(
                "the token endpoint answered {what}"
            )))
        };
        let Ok(tokens) = serde_json::from_slice::<Self>(body) else {
            return failed("what is not understood");
        };
        let kind = tokens.token_type.as_deref().unwrap_or("Bearer");
        if !kind.eq_ignore_ascii_case("bearer") {
            return failed("a token that is no bearer's");
        }
        // It goes into a header, and into another.
        if !is_plain(&tokens.access_token) {
            return failed("a token that is none");
        }
        Ok(tokens)
    }

    /// When the access token expires.
    pub fn expires(&self, now: u64) -> Option<u64> {
        let seconds: f64 = match self.expires_in.as_ref()? {
            Value::String(text) => text.trim().parse().ok()?,
            number => number.as_f64()?,
        };
        // What is no number at all is as good as expired.
        Some(now.saturating_add(seconds.clamp(0.0, LONGEST) as u64))
    }
}

fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|it| it.is_ascii_graphic())
}

/// What the token must say.
pub struct Expected<'a> {
    pub issuer: &'a str,
    pub client_id: &'a str,
    /// As the provider was told it; none when a session goes on.
    pub nonce: Option<&'a str>,
    pub now: u64,
}

/// The subject of a token about a user.
pub fn subject(id_token: &str, expected: &Expected<'_>) -> Result<String, Refused> {
    let refused = |why| Err(Refused::Unauthorized(why));
    let mut parts = id_token.split('.');
    let (Some(_), Some(payload), Some(_), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return refused("the ID token is none");
    };
    let decoded = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok();
    let claims = decoded.and_then(|it| serde_json::from_slice::<Map<String, Value>>(&it).ok());
    let Some(claims) = claims else {
        return refused("the ID token is none");
    };
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    if text("iss") != Some(expected.issuer) {
        return refused("the ID token is another issuer's");
    }
    let own = Some(expected.client_id);
    let is_for_us = match claims.get("aud") {
        Some(Value::Array(all)) => {
            let names_us = all.iter().any(|it| it.as_str() == own);
            names_us && (all.len() == 1 || text("azp") == own)
        }
        other => other.and_then(Value::as_str) == own,
    };
    if !is_for_us || claims.get("azp").is_some_and(|it| it.as_str() != own) {
        return refused("the ID token is for another client");
    }
    let expires = claims.get("exp").and_then(Value::as_f64).unwrap_or(0.0);
    if expires + (LEEWAY as f64) <= expected.now as f64 {
        return refused("the ID token has expired");
    }
    if let Some(nonce) = expected.nonce {
        let said = text("nonce").unwrap_or_default();
        if !bool::from(said.as_bytes().ct_eq(nonce.as_bytes())) {
            return refused("the ID token is of another login");
        }
    }
    match text("sub") {
        Some(subject) if is_subject(subject) => Ok(subject.to_owned()),
        _ => refused("the ID token names nobody"),
    }
}

/// It goes into a header, of whose value blanks at the ends are no part: with some it would be told as somebody else.
fn is_subject(text: &str) -> bool {
    let is_shown = |it: u8| it.is_ascii_graphic() || it == b' ';
    !text.is_empty()
        && text.trim() == text
        && text.len() <= MOST_SUBJECT
        && text.bytes().all(is_shown)
}

/// What the user info endpoint says of `subject`, and of nobody else.
pub fn claims(body: &[u8], subject: &str) -> Result<String, Refused> {
    let claims = serde_json::from_slice::<Map<String, Value>>(body);
    let Ok(claims) = claims else {
        let what = "the user info endpoint answered what is not understood";
        return Err(Refused::Failed(what.to_owned()));
    };
    if claims.get("sub").and_then(Value::as_str) != Some(subject) {
        return Err(Refused::Unauthorized("the user info is somebody else's"));
    }
    Ok(Value::Object(claims).to_string())
}
