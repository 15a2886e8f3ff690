//! How load balancers find out who a user is: by an identity provider that speaks OpenID Connect.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

/// The version of the protocol in which load balancers are told of it.
pub const SINCE: u32 = 13;
/// Parameters of the request to the authorization endpoint that are nobody else's to give.
pub const OWN_PARAMETERS: [&str; 6] = [
    "client_id",
    "nonce",
    "redirect_uri",
    "response_type",
    "scope",
    "state",
];

/// An identity provider, and this side as its client. The secret is never logged.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Oidc {
    pub issuer: String,
    pub authorization_endpoint: String,
    pub token_endpoint: String,
    pub user_info_endpoint: String,
    pub client_id: String,
    pub client_secret: String,
    /// Sessions are in cookies of this name, `-0` and so on appended.
    pub cookie: String,
    pub scope: String,
    pub session_seconds: u64,
    /// Of the request that users are sent to the provider with.
    pub extra: BTreeMap<String, String>,
    pub unauthenticated: Unauthenticated,
}

impl fmt::Debug for Oidc {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Oidc")
            .field("issuer", &self.issuer)
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

/// What becomes of requests of users who are not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unauthenticated {
    /// 401
    Deny,
    /// They pass, without a word about who it is.
    Allow,
    /// They are sent to the provider.
    Authenticate,
}

/// What seals sessions, and signs what targets are told of users. Never logged.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionKey {
    /// By which targets find the public part of the signing key.
    pub id: String,
    /// 32 bytes in base 64.
    pub secret: String,
    /// A key of ECDSA over P-256: PKCS #8 in base 64.
    pub signing_key: String,
}

impl fmt::Debug for SessionKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("SessionKey")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
