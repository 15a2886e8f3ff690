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
//! The decisions are pure ([`state`], [`session`], [`token`], [`identity`], [`refreshes`]); [`provider`] speaks with identity providers,
//! within the [`share`] of each load balancer.

pub mod identity;
pub mod keys;
pub mod provider;
mod refreshes;
pub mod session;
mod share;
pub mod state;
pub mod token;

use std::sync::Arc;

use form_urlencoded::Serializer;
use http::Uri;
use ring::digest::{SHA256, digest};
use wharf_planeproto::oidc::{self as plane, Unauthenticated};

use self::{keys::SessionKeys, state::Returned};

/// Where providers send users back to.
pub const CALLBACK: &str = "/oauth2/idpresponse";

/// How a rule has its users authenticated.
pub struct LoginRule {
    pub settings: plane::Oidc,
    /// Names all of it, the secret too: a state says under which it was made.
    pub id: [u8; 16],
    /// Names what a session is good for: provider, client, cookie, and what users are asked for (scope and further parameters, such as a
    /// second factor). Sessions of one are none of another.
    session_scope: [u8; 16],
    keys: Arc<SessionKeys>,
    token_endpoint: Uri,
    user_info_endpoint: Uri,
    /// The load balancer's ARN: it signs, and what it may take of the way to providers is bounded.
    balancer: String,
}

impl std::fmt::Debug for LoginRule {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(&self.settings, out)
    }
}

impl LoginRule {
    /// `None` if it cannot be used.
    pub fn compile(
        settings: &plane::Oidc,
        keys: &Arc<SessionKeys>,
        balancer: &str,
    ) -> Option<Self> {
        let endpoint = |text: &str| {
            let uri = text.parse::<Uri>().ok()?;
            (uri.scheme_str() == Some("https") && uri.host().is_some()).then_some(uri)
        };
        endpoint(&settings.authorization_endpoint)?;
        let texts = [
            &settings.issuer,
            &settings.authorization_endpoint,
            &settings.token_endpoint,
            &settings.user_info_endpoint,
            &settings.client_id,
            &settings.cookie,
            &settings.scope,
        ];
        let mut scope: Vec<&[u8]> = texts.into_iter().map(|it| it.as_bytes()).collect();
        let extra = settings.extra.iter();
        scope.extend(extra.flat_map(|(key, value)| [key.as_bytes(), value.as_bytes()]));
        let session_scope = name_of(&scope);
        let seconds = settings.session_seconds.to_be_bytes();
        let unauthenticated: &[u8] = match settings.unauthenticated {
            Unauthenticated::Deny => b"deny",
            Unauthenticated::Allow => b"allow",
            Unauthenticated::Authenticate => b"authenticate",
        };
        let secret = settings.client_secret.as_bytes();
        Some(Self {
            id: name_of(&[&session_scope, &seconds, unauthenticated, secret]),
            session_scope,
            keys: Arc::clone(keys),
            token_endpoint: endpoint(&settings.token_endpoint)?,
            user_info_endpoint: endpoint(&settings.user_info_endpoint)?,
            balancer: balancer.to_owned(),
            settings: settings.clone(),
        })
    }

    /// RFC 9207: a provider that says who it is must be the one that the user was sent to. Else what it gave would be told to another one of
    /// the same host.
    fn check_issuer(&self, returned: &Returned) -> Result<(), Refused> {
        match returned
            .issuer
            .as_ref()
            .is_none_or(|it| *it == self.settings.issuer)
        {
            true => Ok(()),
            false => Err(Refused::Unauthorized("the code is another issuer's")),
        }
    }

    pub fn keys(&self) -> &SessionKeys {
        &self.keys
    }

    /// Where a user goes to be known. `authority` is what the user's browser calls this side.
    pub fn authorization(&self, authority: &str, state: &str, nonce: &str) -> String {
        let endpoint = &self.settings.authorization_endpoint;
        let endpoint = endpoint
            .split_once('#')
            .map_or(endpoint.as_str(), |it| it.0);
        let mut query = Serializer::new(String::new());
        query
            .append_pair("client_id", &self.settings.client_id)
            .append_pair("redirect_uri", &redirect_uri(authority))
            .append_pair("response_type", "code")
            .append_pair("scope", &self.settings.scope)
            .append_pair("state", state)
            .append_pair("nonce", nonce);
        let extra = self.settings.extra.iter();
        for (key, value) in extra.filter(|(key, _)| !plane::OWN_PARAMETERS.contains(&key.as_str()))
        {
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

/// A short name for texts, each apart from the next. It tells nothing of them.
fn name_of(texts: &[&[u8]]) -> [u8; 16] {
    let mut all = Vec::new();
    for text in texts {
        all.extend_from_slice(&(text.len() as u64).to_be_bytes());
        all.extend_from_slice(text);
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
    /// 401: the session would be longer than a browser can bring back.
    #[error("what the provider says of the user is too much")]
    TooMuch,
    /// 561: the provider answered with an error.
    #[error("the provider answered {0}")]
    Provider(String),
    /// 503: so many others wait that a further one would wait in vain.
    #[error("too many users of this load balancer wait for their providers")]
    Busy,
    /// 500: the provider cannot be reached, or what it says is not understood.
    #[error("{0}")]
    Failed(String),
}

impl Refused {
    pub fn status(&self) -> u16 {
        match self {
            Self::Unauthorized(_) | Self::TooMuch => 401,
            Self::Provider(_) => 561,
            Self::Busy => 503,
            Self::Failed(_) => 500,
        }
    }
}

#[cfg(test)]
pub mod tests;
