//! Records of pulls through a cache.

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;
use wharf_records::Unknown;

/// Repositories under a prefix are filled from another registry by those who pull.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PullThrough {
    /// Of the names of the repositories, or `ROOT`.
    pub prefix: String,
    /// As it was given.
    pub url: String,
    /// The name that AWS has for the registry.
    #[serde(default)]
    pub upstream: Option<String>,
    /// What stands in place of the prefix there; `ROOT` is nothing.
    pub upstream_prefix: String,
    /// The secret with the login.
    #[serde(default)]
    pub credential: Option<String>,
    /// By which a registry of another account is read.
    #[serde(default)]
    pub role: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// Where an image was pulled through from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// Of the rule.
    pub prefix: String,
    /// Of the registry, as the rule has it.
    pub url: String,
    /// Under which tag; `None` where the pull named a digest.
    #[serde(default)]
    pub tag: Option<String>,
    pub at: Timestamp,
}
