//! Identity providers.

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;
use wharf_records::Unknown;
use wharf_seal::Sealed;

use super::Tags;

/// An identity provider that speaks OpenID Connect; its id is its address without the scheme.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OidcProviderRecord {
    pub name: String,
    /// Whom its tokens may be for, in the order that they were given.
    #[serde(default)]
    pub client_ids: Vec<String>,
    #[serde(default)]
    pub thumbprints: Vec<String>,
    pub created: Timestamp,
    #[serde(default)]
    pub tags: Tags,
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// An identity provider that speaks SAML; its id is its name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SamlProviderRecord {
    /// Its own, never used again.
    pub id: String,
    pub name: String,
    /// XML, as it was given.
    pub metadata: String,
    pub valid_until: Timestamp,
    pub created: Timestamp,
    /// None: nobody said whether assertions come encrypted, and one that does is opened if there is a key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encryption: Option<AssertionEncryption>,
    /// Those that assertions are opened with, the oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub private_keys: Vec<SamlPrivateKey>,
    #[serde(default)]
    pub tags: Tags,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl SamlProviderRecord {
    /// What its private keys are sealed for.
    pub fn purpose(id: &str) -> String {
        format!("iam/saml-provider/{id}")
    }
}

/// Whether assertions of a provider come encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum AssertionEncryption {
    Required,
    Allowed,
}

/// A key that assertions are opened with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SamlPrivateKey {
    pub id: String,
    pub added: Timestamp,
    /// PKCS #8, sealed for [`SamlProviderRecord::purpose`].
    pub key: Sealed,
}

/// What lists show of a [`SamlProviderRecord`]; read only, so that its metadata is passed over.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SamlProviderListed {
    pub name: String,
    pub valid_until: Timestamp,
    pub created: Timestamp,
}
