//! Credentials of a task's roles.

use std::fmt;

use serde::Deserialize;
use wharf_wire::sigv4::SigningKeys;

use super::super::nullable;

/// Credentials of a role; what they are worth is never printed.
#[derive(Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RoleCredentials {
    #[serde(deserialize_with = "nullable")]
    pub credentials_id: String,
    #[serde(deserialize_with = "nullable")]
    pub role_arn: String,
    #[serde(deserialize_with = "nullable")]
    pub access_key_id: String,
    #[serde(deserialize_with = "nullable")]
    pub secret_access_key: String,
    #[serde(deserialize_with = "nullable")]
    pub session_token: String,
    /// RFC 3339
    #[serde(deserialize_with = "nullable")]
    pub expiration: String,
}

impl RoleCredentials {
    pub fn signing_keys(&self) -> SigningKeys {
        SigningKeys {
            access_key_id: self.access_key_id.clone(),
            secret_access_key: self.secret_access_key.clone(),
            session_token: Some(self.session_token.clone()).filter(|t| !t.is_empty()),
        }
    }
}

impl fmt::Debug for RoleCredentials {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("RoleCredentials")
            .field("credentials_id", &self.credentials_id)
            .field("role_arn", &self.role_arn)
            .field("expiration", &self.expiration)
            .finish_non_exhaustive()
    }
}
