//! Records of managed signing: which profiles sign what is pushed, and how far that is with an image.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;
use wharf_blobs::Digest;
use wharf_records::Unknown;

/// What a registry has signed; there is one at most, under the id `configuration`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Signing {
    pub rules: Vec<SigningRule>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct SigningRule {
    /// ARN of the profile.
    pub profile: String,
    /// Wildcards of repositories' names; none are all of them.
    #[serde(default)]
    pub filters: Vec<String>,
}

/// A key of KMS that signs images, and the certificate that says it is that key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SigningProfile {
    pub name: String,
    /// ARN of the key.
    pub key: String,
    /// The id of the grant that lets it be used.
    pub grant: String,
    /// DER in base64.
    pub certificate: String,
    /// For how many days a signature counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
    pub created_at: Timestamp,
    /// ARN of the principal that made it.
    pub created_by: String,
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// The signatures of one image that profiles were to make; goes with the image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Signatures {
    /// The name of the repository.
    pub repository: String,
    pub digest: Digest,
    /// By ARN of the profile.
    pub profiles: BTreeMap<String, Signature>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Signature {
    pub status: SignatureStatus,
    pub requested_at: Timestamp,
    /// What the key signed, until it is beside the image: after a kill it is the same once more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub envelope: Option<String>,
    /// Thumbprint of the certificate of the profile that made the envelope: a profile may be made anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<String>,
    /// When the signature stops to count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
    /// What was put beside the image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact: Option<Digest>,
    /// Why it failed: a code and a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<(String, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum SignatureStatus {
    InProgress,
    Complete,
    Failed,
}

impl SignatureStatus {
    pub fn name(self) -> &'static str {
        match self {
            Self::InProgress => "IN_PROGRESS",
            Self::Complete => "COMPLETE",
            Self::Failed => "FAILED",
        }
    }
}

impl Signature {
    pub fn begun(at: Timestamp) -> Self {
        Self {
            status: SignatureStatus::InProgress,
            requested_at: at,
            envelope: None,
            certificate: None,
            expires: None,
            artifact: None,
            failure: None,
        }
    }

    pub fn failed(at: Timestamp, code: &str, why: String) -> Self {
        Self {
            status: SignatureStatus::Failed,
            failure: Some((code.to_owned(), why)),
            ..Self::begun(at)
        }
    }

    /// Whether it was made with that certificate; of one that does not say, that is assumed.
    pub fn is_by(&self, certificate: &str) -> bool {
        let own = self.certificate.as_ref();
        own.is_none_or(|own| own == certificate)
    }
}
