//! Users who are authenticated before their requests are forwarded: the authorization code flow of OpenID Connect, as
//! application load balancers do it.
//!
//! ```text
//!  no session ─▶ 302 to the provider, with a sealed state; a nonce stays in a cookie
//!  /oauth2/idpresponse?code=…&state=… ─▶ state and nonce agree ─▶ token endpoint ─▶ user info endpoint ─▶ 302 to where
//!      the user wanted to go, with the session in cookies
//!  session ─▶ forwarded, with who it is in headers that nobody else can set
//! ```
//!
//! Nothing is kept of a user here: state, nonce and session are sealed for the browser to keep, by keys that all hosts of a listener
//! have. A state is worth nothing without the cookie of the browser that it was made for, so nobody logs others in; it leads back to the
//! host that it came from, and nowhere else. A session is one of a provider and a client: another rule with others does not take it.
//! What the provider says is bounded, and checked before anything is made of it.
//!
//! The decisions are pure ([`state`], [`session`], [`token`], [`identity`]); [`provider`] speaks with identity providers.

pub mod identity;
pub mod keys;
pub mod provider;
pub mod session;
pub mod state;
pub mod token;

use std::sync::Arc;

use form_urlencoded::Serializer;
use http::Uri;
use ring::digest::{SHA256, digest};
use tokio::sync::Semaphore;
use wharf_planeproto::oidc as told;

use self::keys::SessionKeys;

/// Where providers send users back to.
pub const CALLBACK: &str = "/oauth2/idpresponse";
/// Calls to one provider at a time, so that a slow one leaves room for others.
const CALLS: usize = 32;

/// How a rule has its users authenticated.
pub struct Oidc {
    pub told: told::Oidc,
    /// Names all of it but the secret: a state says under which it was made.
    pub id: [u8; 16],
    /// Names provider and client: sessions of one are none of another.
    provider: [u8; 16],
    keys: Arc<SessionKeys>,
    token_endpoint: Uri,
    user_info_endpoint: Uri,
    calls: Semaphore,
    /// The load balancer's ARN.
    signer: String,
}

impl std::fmt::Debug for Oidc {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(&self.told, out)
    }
}

impl Oidc {
    /// `None` if it cannot be used.
    pub fn compile(told: &told::Oidc, keys: &Arc<SessionKeys>, signer: &str) -> Option<Self> {
        let endpoint = |text: &str| {
            let uri = text.parse::<Uri>().ok()?;
            (uri.scheme_str() == Some("https") && uri.host().is_some()).then_some(uri)
        };
        endpoint(&told.authorization_endpoint)?;
        let own = [
            &told.issuer,
            &told.authorization_endpoint,
            &told.token_endpoint,
            &told.user_info_endpoint,
            &told.client_id,
            &told.cookie,
        ];
        let seconds = told.session_seconds.to_string();
        let unauthenticated = format!("{:?}", told.unauthenticated);
        let further = [&told.scope, &seconds, &unauthenticated];
        let extra = told.extra.iter().flat_map(|(key, value)| [key, value]);
        Some(Self {
            id: named(own.into_iter().chain(further).chain(extra)),
            provider: named(own.into_iter()),
            keys: Arc::clone(keys),
            token_endpoint: endpoint(&told.token_endpoint)?,
            user_info_endpoint: endpoint(&told.user_info_endpoint)?,
            calls: Semaphore::new(CALLS),
            signer: signer.to_owned(),
            told: told.clone(),
        })
    }

    pub fn keys(&self) -> &SessionKeys {
        &self.keys
    }

    /// Where a user goes to be known. `authority` is what the user's browser calls this side.
    pub fn authorization(&self, authority: &str, state: &str, nonce: &str) -> String {
        let endpoint = &self.told.authorization_endpoint;
        let endpoint = endpoint
            .split_once('#')
            .map_or(endpoint.as_str(), |it| it.0);
        let mut query = Serializer::new(String::new());
        query
            .append_pair("client_id", &self.told.client_id)
            .append_pair("redirect_uri", &redirect_uri(authority))
            .append_pair("response_type", "code")
            .append_pair("scope", &self.told.scope)
            .append_pair("state", state)
            .append_pair("nonce", nonce);
        let extra = self.told.extra.iter();
        for (key, value) in extra.filter(|(key, _)| !told::OWN_PARAMETERS.contains(&key.as_str())) {
            query.append_pair(key, value);
        }
        let mark = if endpoint.contains('?') { '&' } else { '?' };
        format!("{endpoint}{mark}{}", query.finish())
    }
}

/// Where the provider sends a user back to.
fn redirect_uri(authority: &str) -> String {
    format!("https://{authority}{CALLBACK}")
}

/// A short name for texts, each apart from the next.
fn named<'a>(texts: impl Iterator<Item = &'a String>) -> [u8; 16] {
    let mut all = Vec::new();
    for text in texts {
        all.extend_from_slice(&(text.len() as u64).to_be_bytes());
        all.extend_from_slice(text.as_bytes());
    }
    let whole = digest(&SHA256, &all);
    let mut name = [0; 16];
    name.copy_from_slice(&whole.as_ref()[..16]);
    name
}

/// Why a user is not let in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// 401: what the browser brings is nothing, or too late, or the provider did not say who it is.
    #[error("{0}")]
    Unauthorized(&'static str),
    /// 561: the provider answered with an error.
    #[error("the provider answered {0}")]
    Provider(String),
    /// 500: the provider cannot be reached, or what it says is not understood or too much.
    #[error("{0}")]
    Failed(String),
}

impl Refused {
    pub fn status(&self) -> u16 {
        match self {
            Self::Unauthorized(_) => 401,
            Self::Provider(_) => 561,
            Self::Failed(_) => 500,
        }
    }
}

#[cfg(test)]
pub mod tests;
