//! How what is in a repository is encrypted where a key of KMS is for it.

use serde::{Deserialize, Serialize};

use super::Repository;

/// What a request asks for, or a template.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct WantedEncryption {
    pub kind: EncryptionKind,
    /// In any of its forms; without it, the account's own for ECR.
    #[serde(default)]
    pub key: Option<String>,
}

/// What a repository has; fixed when it is made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Encryption {
    pub kind: EncryptionKind,
    /// ARN of the key.
    pub key: String,
    /// The repository's data key in base 64, as KMS sealed it.
    pub sealed: String,
    /// The grant by which ECR may use the key for this repository.
    pub grant: String,
}

/// Of a repository that is deleted, until nothing of it is left.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct DoomedRepository {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Whose grant is to be given back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encryption: Option<Encryption>,
    #[serde(flatten)]
    pub unknown: wharf_records::Unknown,
}

impl DoomedRepository {
    pub fn of(repository: &Repository) -> Self {
        Self {
            name: repository.name.clone(),
            encryption: repository.encryption.clone(),
            unknown: wharf_records::Unknown::new(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum EncryptionKind {
    #[serde(rename = "KMS")]
    Kms,
    /// In two layers.
    #[serde(rename = "KMS_DSSE")]
    Dsse,
}

impl EncryptionKind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Kms => "KMS",
            Self::Dsse => "KMS_DSSE",
        }
    }
}
