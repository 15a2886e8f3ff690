//! Records of replication: where images are to be as well, and what is still owed.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;
use wharf_blobs::Digest;
use wharf_records::Unknown;

/// Another registry, of this installation unless the configuration knows where else it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Destination {
    pub account: String,
    pub region: String,
}

impl Destination {
    /// Unlike that of any other; part of keys.
    pub(crate) fn name(&self) -> String {
        format!("{}.{}", self.account, self.region)
    }
}

/// What a registry replicates; there is one at most, under the id `configuration`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Replication {
    pub rules: Vec<ReplicationRule>,
    /// Addresses of destinations that are registries of other installations, by their names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub elsewhere: BTreeMap<String, String>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ReplicationRule {
    pub destinations: Vec<Destination>,
    /// Beginnings of repositories' names; none are all of them.
    #[serde(default)]
    pub prefixes: Vec<String>,
    /// Whether what is deleted here is deleted there; `None` where the request did not say.
    #[serde(default)]
    pub deletes: Option<bool>,
}

/// What became of an image at one destination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replica {
    pub destination: Destination,
    pub status: ReplicaStatus,
    #[serde(default)]
    pub failure: Option<String>,
    /// When it became so.
    pub at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReplicaStatus {
    InProgress,
    Complete,
    Failed,
}

impl ReplicaStatus {
    pub fn name(self) -> &'static str {
        match self {
            Self::InProgress => "IN_PROGRESS",
            Self::Complete => "COMPLETE",
            Self::Failed => "FAILED",
        }
    }
}

/// An image that is to be at a destination as it is here. Written with the change that made it so; gone
/// when it was carried out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Owed {
    /// The repository's name.
    pub repository: String,
    pub destination: Destination,
    /// What is deleted here is deleted there.
    pub deletes: bool,
    /// Tags that the image lost here.
    #[serde(default)]
    pub lost_tags: Vec<String>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// A journey through all images of a registry to one destination.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Backfill {
    pub id: String,
    pub destination: Destination,
    pub status: BackfillStatus,
    pub started_at: Timestamp,
    #[serde(default)]
    pub ended_at: Option<Timestamp>,
    /// Key of the last image that was seen to.
    #[serde(default)]
    pub position: Option<String>,
    /// Images that were missing there when it began.
    pub total: u64,
    pub completed: u64,
    pub failed: u64,
    #[serde(default)]
    pub failure_codes: BTreeSet<String>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum BackfillStatus {
    Preparing,
    InProgress,
    Complete,
    Stopping,
    Stopped,
}

impl BackfillStatus {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Preparing => "PREPARING",
            Self::InProgress => "IN_PROGRESS",
            Self::Complete => "COMPLETE",
            Self::Stopping => "STOPPING",
            Self::Stopped => "STOPPED",
        }
    }

    pub(crate) fn is_end(self) -> bool {
        matches!(self, Self::Complete | Self::Stopped)
    }
}

/// What became of one image of a backfill.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct BackfillResult {
    pub repository: String,
    pub digest: Digest,
    #[serde(default)]
    pub tag: Option<String>,
    pub status: ReplicaStatus,
    #[serde(default)]
    pub failure: Option<String>,
    #[serde(flatten)]
    pub unknown: Unknown,
}
