//! What a token of an identity provider says, and whether the provider signed it. Pure.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};
use wharf_base::Timestamp;

use super::{
    provider,
    signature::{Algorithm, Key},
};

/// A provider's clock may be ahead by this.
const AHEAD_SECONDS: i64 = 300;
/// Where a token names tags of the session, whole or one by one.
const TAGS: &str = "https://aws.amazon.com/tags";
const PRINCIPAL_TAG: &str = "https://aws.amazon.com/tags/principal_tags/";
const TRANSITIVE_KEYS: &str = "https://aws.amazon.com/tags/transitive_tag_keys";
const SOURCE_IDENTITY: &str = "https://aws.amazon.com/source_identity";
/// The issuer whose own claims policies can look at, and these claims.
const GITHUB: &str = "token.actions.githubusercontent.com";
const OF_GITHUB: [&str; 11] = [
    "actor",
    "actor_id",
    "enterprise_id",
    "environment",
    "job_workflow_ref",
    "ref",
    "repository",
    "repository_id",
    "repository_owner_id",
    "repository_visibility",
    "workflow",
];

/// Why a token is not taken, in AWS's words where it has some.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    #[error(
        "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
    )]
    NoToken,
    #[error("Missing a required claim: {0}")]
    Missing(&'static str),
    #[error("No OpenIDConnect provider found in your account for {0}")]
    UnknownIssuer(String),
    #[error("Incorrect token audience")]
    Audience,
    #[error(
        "Token expired: current date/time {now} must be before the expiration date/time {expires}"
    )]
    Expired { now: i64, expires: i64 },
    #[error("Token is not valid before {0}")]
    Early(i64),
    #[error("The signing algorithm of the ID Token is not supported")]
    Algorithm,
    #[error("The ID Token's signature is not valid")]
    Signature,
    #[error("The tags of the ID Token are not valid")]
    Tags,
}

/// A token as it was sent. Nothing of it is proven before [`Token::is_signed_by`].
#[derive(Debug)]
pub(crate) struct Token<'a> {
    /// What is signed.
    message: &'a str,
    signature: Vec<u8>,
    algorithm: Algorithm,
    /// Which of the provider's keys it says that it is signed with.
    pub(crate) key_id: Option<String>,
    /// The provider's name: its issuer without the scheme.
    pub(crate) provider: String,
    pub(crate) issuer: String,
    pub(crate) subject: String,
    audiences: Vec<String>,
    authorized_party: Option<String>,
    pub(crate) claims: Map<String, Value>,
}

impl<'a> Token<'a> {
    /// Takes a token apart and holds it against the time.
    pub(crate) fn read(text: &'a str, now: Timestamp) -> Result<Self, TokenError> {
        let (message, signature) = text.rsplit_once('.').ok_or(TokenError::NoToken)?;
        let (header, claims) = message.split_once('.').ok_or(TokenError::NoToken)?;
        let (header, claims) = (part(header)?, part(claims)?);
        let signature = URL_SAFE_NO_PAD.decode(signature);
        let signature = signature.map_err(|_| TokenError::NoToken)?;
        // Extensions that the token insists on are none that anybody here knows.
        if header.contains_key("crit") {
            return Err(TokenError::NoToken);
        }
        let named = header.get("alg").and_then(Value::as_str);
        let named = named.ok_or(TokenError::NoToken)?;
        let algorithm = Algorithm::of(named).ok_or(TokenError::Algorithm)?;
        let key_id = header.get("kid").and_then(Value::as_str).map(str::to_owned);
        let issuer = text_of(&claims, "iss")?;
        let subject = text_of(&claims, "sub")?;
        let audiences = match claims.get("aud") {
            Some(Value::String(one)) => vec![one.clone()],
            Some(Value::Array(many)) => texts(many).ok_or(TokenError::NoToken)?,
            _ => return Err(TokenError::Missing("aud")),
        };
        let seconds = now.millis().div_euclid(1000);
        let expires = number(&claims, "exp")?.ok_or(TokenError::Missing("exp"))?;
        if seconds >= expires {
            let now = seconds;
            return Err(TokenError::Expired { now, expires });
        }
        let issued = number(&claims, "iat")?.ok_or(TokenError::Missing("iat"))?;
        let from = number(&claims, "nbf")?.unwrap_or(issued).max(issued);
        if from > seconds.saturating_add(AHEAD_SECONDS) {
            return Err(TokenError::Early(from));
        }
        let provider = provider::name_of(&issuer);
        let provider = provider.ok_or_else(|| TokenError::UnknownIssuer(issuer.clone()))?;
        Ok(Self {
            message,
            signature,
            algorithm,
            key_id,
            provider,
            issuer,
            subject,
            audiences,
            authorized_party: claims.get("azp").and_then(Value::as_str).map(str::to_owned),
            claims,
        })
    }

    /// Whom the token is for: the party that asked for it, where it says so.
    pub(crate) fn audience(&self) -> &str {
        let first = self.audiences.first().map_or("", String::as_str);
        self.authorized_party.as_deref().unwrap_or(first)
    }

    /// Whether it is for one of the clients that the provider is known for.
    pub(crate) fn is_for(&self, clients: &[String]) -> Result<(), TokenError> {
        let known = |it: &String| clients.contains(it);
        let is_meant = match &self.authorized_party {
            Some(party) => known(party),
            None => self.audiences.iter().any(known),
        };
        is_meant.then_some(()).ok_or(TokenError::Audience)
    }

    /// Whether a client is among its audiences, whoever asked for it.
    pub(crate) fn names(&self, client: &str) -> Result<(), TokenError> {
        let is_meant = self.audiences.iter().any(|it| it == client);
        is_meant.then_some(()).ok_or(TokenError::Audience)
    }

    /// Whether one of the keys signed it.
    pub(crate) fn is_signed_by(&self, keys: &[Key]) -> Result<(), TokenError> {
        let message = self.message.as_bytes();
        let holds = |key: &Key| key.signed(self.algorithm, message, &self.signature);
        let is_signed = keys.iter().any(holds);
        is_signed.then_some(()).ok_or(TokenError::Signature)
    }

    /// The condition keys that it gives, under the provider's name.
    pub(crate) fn keys(&self) -> BTreeMap<String, Vec<String>> {
        let name = &self.provider;
        let mut keys = BTreeMap::new();
        let mut put = |claim: &str, values: Vec<String>| {
            if !values.is_empty() {
                keys.insert(format!("{name}:{claim}"), values);
            }
        };
        put("sub", vec![self.subject.clone()]);
        match &self.authorized_party {
            Some(party) => {
                put("aud", vec![party.clone()]);
                put("oaud", self.audiences.clone());
            }
            None => put("aud", self.audiences.clone()),
        }
        let own: &[&str] = match name == GITHUB {
            true => &OF_GITHUB,
            false => &[],
        };
        for claim in ["amr"].iter().chain(own) {
            match self.claims.get(*claim) {
                Some(Value::String(one)) => put(claim, vec![one.clone()]),
                Some(Value::Array(many)) => put(claim, texts(many).unwrap_or_default()),
                _ => {}
            }
        }
        keys
    }

    pub(crate) fn source_identity(&self) -> Option<String> {
        let claim = self.claims.get(SOURCE_IDENTITY)?;
        claim.as_str().map(str::to_owned)
    }

    /// Tags of the session that it asks for, and which of them later sessions inherit.
    pub(crate) fn tags(&self) -> Result<(BTreeMap<String, String>, Vec<String>), TokenError> {
        let mut tags = BTreeMap::new();
        let mut transitive = Vec::new();
        if let Some(whole) = self.claims.get(TAGS) {
            let whole = whole.as_object().ok_or(TokenError::Tags)?;
            if let Some(given) = whole.get("principal_tags") {
                for (key, value) in given.as_object().ok_or(TokenError::Tags)? {
                    tags.insert(key.clone(), single(value)?);
                }
            }
            if let Some(keys) = whole.get("transitive_tag_keys") {
                let keys = keys.as_array().and_then(|it| texts(it));
                transitive = keys.ok_or(TokenError::Tags)?;
            }
        }
        for (claim, value) in &self.claims {
            if let Some(key) = claim.strip_prefix(PRINCIPAL_TAG) {
                tags.insert(key.to_owned(), single(value)?);
            }
        }
        if let Some(keys) = self.claims.get(TRANSITIVE_KEYS) {
            let keys = keys.as_array().and_then(|it| texts(it));
            transitive.extend(keys.ok_or(TokenError::Tags)?);
        }
        Ok((tags, transitive))
    }
}

/// Header or claims: an object of JSON in base 64.
fn part(text: &str) -> Result<Map<String, Value>, TokenError> {
    let bytes = URL_SAFE_NO_PAD.decode(text);
    let bytes = bytes.map_err(|_| TokenError::NoToken)?;
    serde_json::from_slice(&bytes).map_err(|_| TokenError::NoToken)
}

/// A tag's value: a text, or a list with one.
fn single(value: &Value) -> Result<String, TokenError> {
    let text = match value {
        Value::Array(list) if list.len() == 1 => list[0].as_str(),
        other => other.as_str(),
    };
    text.map(str::to_owned).ok_or(TokenError::Tags)
}

fn texts(list: &[Value]) -> Option<Vec<String>> {
    let text = |it: &Value| it.as_str().map(str::to_owned);
    list.iter().map(text).collect()
}

fn text_of(claims: &Map<String, Value>, name: &'static str) -> Result<String, TokenError> {
    let text = claims.get(name).and_then(Value::as_str);
    let text = text.filter(|it| !it.is_empty());
    text.map(str::to_owned).ok_or(TokenError::Missing(name))
}

/// A time in seconds; None where there is none.
fn number(claims: &Map<String, Value>, name: &'static str) -> Result<Option<i64>, TokenError> {
    let Some(value) = claims.get(name) else {
        return Ok(None);
    };
    // Some providers write a fraction.
    let whole = value.as_i64();
    let number = whole.or_else(|| value.as_f64().map(|it| it as i64));
    number.map(Some).ok_or(TokenError::NoToken)
}

#[cfg(test)]
mod tests;
