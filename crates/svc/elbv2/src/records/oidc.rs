//! How users are authenticated, and what seals their sessions.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;
use wharf_planeproto::oidc as plane;
use wharf_records::{Record, Unknown};
use wharf_seal::Sealed;

/// An action `authenticate-oidc`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Oidc {
    pub settings: OidcSettings,
    /// Sealed for the ARN of the listener or the rule: [`crate::login::secret_context`].
    pub client_secret: Sealed,
}

impl fmt::Debug for Oidc {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Oidc")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// All of it but the secret; defaults included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OidcSettings {
    pub issuer: String,
    pub authorization_endpoint: String,
    pub token_endpoint: String,
    pub user_info_endpoint: String,
    pub client_id: String,
    pub cookie: String,
    pub scope: String,
    pub session_seconds: u64,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub extra: BTreeMap<String, String>,
    pub unauthenticated: Unauthenticated,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unauthenticated {
    Deny,
    Allow,
    Authenticate,
}

impl Unauthenticated {
    /// As the API names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Deny => "deny",
            Self::Allow => "allow",
            Self::Authenticate => "authenticate",
        }
    }

    fn to_plane(self) -> plane::Unauthenticated {
        match self {
            Self::Deny => plane::Unauthenticated::Deny,
            Self::Allow => plane::Unauthenticated::Allow,
            Self::Authenticate => plane::Unauthenticated::Authenticate,
        }
    }
}

impl Oidc {
    pub fn to_plane(&self, client_secret: String) -> plane::Oidc {
        let OidcSettings {
            issuer,
            authorization_endpoint,
            token_endpoint,
            user_info_endpoint,
            client_id,
            cookie,
            scope,
            session_seconds,
            extra,
            unauthenticated,
        } = self.settings.clone();
        plane::Oidc {
            issuer,
            authorization_endpoint,
            token_endpoint,
            user_info_endpoint,
            client_id,
            client_secret,
            cookie,
            scope,
            session_seconds,
            extra,
            unauthenticated: unauthenticated.to_plane(),
        }
    }
}

/// Seals sessions of a listener's users, and signs what targets are told of them.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct SessionKey {
    /// Of the [`SessionPublicKey`].
    pub id: String,
    pub made_at: Timestamp,
    /// Base 64 of 32 bytes, sealed.
    pub secret: Sealed,
    /// Base 64 of PKCS #8, sealed.
    pub signing_key: Sealed,
}

impl fmt::Debug for SessionKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("SessionKey")
            .field("id", &self.id)
            .field("made_at", &self.made_at)
            .finish_non_exhaustive()
    }
}

/// The public part of a listener's signing key, found by its id alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SessionPublicKey {
    pub pem: String,
    /// ARN of the listener.
    pub listener: String,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for SessionPublicKey {
    const KIND: &'static str = "session-public-key";
    const FORMAT: u32 = 1;
}
