//! What temporary credentials carry. The token is this, sealed (crate `wharf-seal`), so any server
//! can check it without asking anyone.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};
use wharf_base::{Timestamp, ids};

/// Prefix of the access key ids of temporary credentials.
pub const KEY_PREFIX: &str = "ASIA";

/// A secret access key, which shows itself to nobody by accident.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecretKey(String);

impl SecretKey {
    pub fn mint() -> Self {
        Self(ids::secret_access_key())
    }

    pub fn new(secret: String) -> Self {
        Self(secret)
    }

    /// The secret itself: for signatures, and for the one answer that hands it out.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("SecretKey(…)")
    }
}

/// The contents of a session token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionToken {
    pub access_key_id: String,
    pub secret: SecretKey,
    pub account: String,
    pub holder: Holder,
    pub issued: Timestamp,
    /// From this moment on the token is refused.
    pub expires: Timestamp,
    /// None: made without session policies. Otherwise the session may do what one of them allows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policies: Option<SessionPolicies>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// Keys of `tags` that the next role in a chain inherits.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transitive_tag_keys: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_identity: Option<String>,
    /// Condition keys that were fixed when the session was made: what an identity provider said.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub facts: BTreeMap<String, Vec<String>>,
    /// When a second factor was shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mfa_at: Option<Timestamp>,
}

/// Who acts with the token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Holder {
    /// A session of a role. The id is compared with that of the role of this name, so a role made
    /// anew under an old name does not inherit sessions.
    Role {
        role_arn: String,
        role_id: String,
        session_name: String,
    },
    /// GetSessionToken of a user.
    User { user_arn: String, user_id: String },
    /// GetSessionToken of the account's root.
    Root,
    /// GetFederationToken: somebody whom a user, or root, gave a name.
    Federated {
        name: String,
        /// Who did it, as [`Holder::User`] and [`Holder::Root`] are written.
        maker: Box<Holder>,
    },
}

/// Policies given when the session was made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionPolicies {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inline: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arns: Vec<String>,
}

impl SessionToken {
    /// Fresh credentials of `holder`, without policies and tags.
    pub fn mint(account: &str, holder: Holder, issued: Timestamp, expires: Timestamp) -> Self {
        Self {
            access_key_id: ids::access_key_id(KEY_PREFIX, account),
            secret: SecretKey::mint(),
            account: account.to_owned(),
            holder,
            issued,
            expires,
            policies: None,
            tags: BTreeMap::new(),
            transitive_tag_keys: Vec::new(),
            source_identity: None,
            facts: BTreeMap::new(),
            mfa_at: None,
        }
    }

    pub fn is_expired(&self, now: Timestamp) -> bool {
        now >= self.expires
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn token() -> SessionToken {
        let issued = Timestamp::from_millis(1_000);
        let expires = issued + Duration::from_secs(3600);
        SessionToken::mint("000000000000", Holder::Root, issued, expires)
    }

    #[test]
    fn survives_being_written_down() {
        let token = token();
        let text = serde_json::to_string(&token).unwrap();
        assert_eq!(serde_json::from_str::<SessionToken>(&text).unwrap(), token);
        assert!(token.access_key_id.starts_with("ASIA") && token.access_key_id.len() == 20);
    }

    #[test]
    fn debug_keeps_the_secret() {
        let token = token();
        assert!(!format!("{token:?}").contains(token.secret.expose()));
    }

    #[test]
    fn ends_at_its_last_moment() {
        let token = token();
        assert!(!token.is_expired(Timestamp::from_millis(3_600_999)));
        assert!(token.is_expired(Timestamp::from_millis(3_601_000)));
    }
}
