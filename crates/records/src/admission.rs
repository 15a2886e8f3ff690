//! Rules of admission: which images tasks of an account may start.

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;

use crate::{
    key::Scope,
    value::{Record, Unknown},
};

/// Service segment of the keys.
const SERVICE: &str = "wharf";
/// Rules hold in all regions.
const REGION: &str = "aws-global";

/// What images of some repositories must be to start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdmissionRule {
    pub name: String,
    /// Patterns with `*` for names of repositories.
    pub repositories: Vec<String>,
    /// Public keys in PEM form, one of which must have signed; without any, images need no signature.
    #[serde(default)]
    pub keys: Vec<String>,
    pub changed_at: Timestamp,
    /// ARN of the principal that wrote it.
    pub changed_by: String,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for AdmissionRule {
    const KIND: &'static str = "admission-rule";
    const FORMAT: u32 = 1;
}

/// Written with each change of an account's rules: what was decided by them counts while this is as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdmissionChange {
    pub at: Timestamp,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for AdmissionChange {
    const KIND: &'static str = "admission-change";
    const FORMAT: u32 = 1;
}

impl AdmissionChange {
    pub fn key(account: &str) -> String {
        AdmissionRule::scope(account).key(Self::KIND, "last")
    }
}

impl AdmissionRule {
    /// Where those of an account are.
    pub fn scope(account: &str) -> Scope {
        Scope::new(SERVICE, account, REGION)
    }

    pub fn key(account: &str, name: &str) -> String {
        Self::scope(account).key(Self::KIND, name)
    }
}
