//! Certificates, the tokens of their requests and the authority, as they are stored.

use std::fmt;

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;
use wharf_records::{Record, Unknown, ecs::Tags};
use wharf_seal::Sealed;

use crate::{facts::Facts, key::Algorithm};

/// Under the last part of its ARN.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Certificate {
    pub origin: Origin,
    /// As asked for, or the certificate's own; the first of `names`.
    pub domain: String,
    pub names: Vec<String>,
    pub algorithm: Algorithm,
    /// PEM of PKCS #8, sealed for [`Certificate::purpose`].
    pub private_key: Sealed,
    /// `None` until the names are validated.
    pub issued: Option<Issued>,
    pub created_at: Timestamp,
    #[serde(default)]
    pub renewal: Option<Renewal>,
    /// The key it has now was given out: somebody uses it of whom nothing is known.
    #[serde(default)]
    pub exported: bool,
    /// The days that were left when the world was last told that its end comes; none: it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days_told: Option<u32>,
    #[serde(default)]
    pub tags: Tags,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Certificate {
    const KIND: &'static str = "certificate";
    const FORMAT: u32 = 1;
}

impl Certificate {
    /// What the key of the certificate with this ARN is sealed for.
    pub fn purpose(arn: &str) -> String {
        format!("acm/certificate/{arn}")
    }

    pub fn is_exportable(&self) -> bool {
        let requested = &self.origin;
        matches!(
            requested,
            Origin::Requested {
                exportable: true,
                ..
            }
        )
    }

    pub fn status(&self, now: Timestamp) -> Status {
        match &self.issued {
            None => Status::PendingValidation,
            Some(issued) if issued.facts.not_after <= now => Status::Expired,
            Some(_) => Status::Issued,
        }
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Certificate")
            .field("names", &self.names)
            .field("algorithm", &self.algorithm)
            .field("created_at", &self.created_at)
            .finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    Requested {
        method: Method,
        /// One for each name, in the order of names.
        validations: Vec<Validation>,
        /// The caller's wish about transparency logs; there are none here.
        transparency: bool,
        /// Whether the key may be given out.
        #[serde(default)]
        exportable: bool,
    },
    Imported,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    Dns,
    Email,
}

impl Method {
    pub fn name(self) -> &'static str {
        match self {
            Self::Dns => "DNS",
            Self::Email => "EMAIL",
        }
    }
}

/// How the caller would prove to own a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validation {
    pub name: String,
    /// Where mail would go.
    pub domain: String,
    /// Name of the DNS record, and what it would point to.
    pub record: String,
    pub target: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Issued {
    /// PEM
    pub body: String,
    /// PEM, in the order in which they were signed.
    pub chain: Option<String>,
    pub facts: Facts,
    pub at: Timestamp,
    /// Generation of the authority that signed it; nothing for what was imported.
    #[serde(default)]
    pub authority: u32,
}

impl Issued {
    /// What servers send: the certificate, then its chain.
    pub fn full_chain(&self) -> String {
        self.body.clone() + self.chain.as_deref().unwrap_or_default()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    PendingValidation,
    Issued,
    Expired,
}

impl Status {
    pub fn name(self) -> &'static str {
        match self {
            Self::PendingValidation => "PENDING_VALIDATION",
            Self::Issued => "ISSUED",
            Self::Expired => "EXPIRED",
        }
    }
}

/// The last renewal of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Renewal {
    /// Asked for, but not done.
    pub pending: bool,
    pub updated_at: Timestamp,
}

/// What an account has set in a region.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccountSettings {
    /// From how many days before the end of a certificate events tell of it.
    pub days_before_expiry: u32,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for AccountSettings {
    const KIND: &'static str = "settings";
    const FORMAT: u32 = 1;
}

/// A request's idempotency token, under a digest of token and request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Token {
    /// Id of the certificate.
    pub certificate: String,
    pub created_at: Timestamp,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Token {
    const KIND: &'static str = "token";
    const FORMAT: u32 = 1;
}

/// The authority of an installation that signs; there is one, under `1`.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Authority {
    /// Its common name.
    pub name: String,
    /// PEM
    pub certificate: String,
    pub not_after: Timestamp,
    /// PEM, sealed for `acm/authority`.
    pub private_key: Sealed,
    /// How many were before it.
    #[serde(default)]
    pub generation: u32,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl fmt::Debug for Authority {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Authority")
            .field("name", &self.name)
            .field("not_after", &self.not_after)
            .finish_non_exhaustive()
    }
}

impl Record for Authority {
    const KIND: &'static str = "authority";
    const FORMAT: u32 = 1;
}

/// One that signs nothing any more and is trusted until it is retired or ends; under its generation.
/// Its key is gone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FormerAuthority {
    pub name: String,
    /// PEM
    pub certificate: String,
    pub not_after: Timestamp,
    pub generation: u32,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for FormerAuthority {
    const KIND: &'static str = "former-authority";
    const FORMAT: u32 = 1;
}
