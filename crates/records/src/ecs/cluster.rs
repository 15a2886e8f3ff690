//! A cluster: a name that tasks, services and container instances gather under.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use wharf_base::Timestamp;

use super::Tags;
use crate::value::{Record, Unknown};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cluster {
    pub name: String,
    pub arn: String,
    pub status: ClusterStatus,
    pub created_at: Timestamp,
    /// When it became INACTIVE; it stays describable for a while after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<Timestamp>,
    /// Name and value, e.g. `containerInsights` and `disabled`.
    #[serde(default)]
    pub settings: Vec<(String, String)>,
    /// The `configuration` document as the user gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub configuration: Option<Value>,
    #[serde(default)]
    pub capacity_providers: Vec<String>,
    /// Those providers that were made for this cluster alone, whether it has them now or not.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub managed_providers: BTreeSet<String>,
    #[serde(default)]
    pub default_strategy: Vec<StrategyItem>,
    /// How far what its providers need is set up; none before they were first put.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attachments_status: Option<AttachmentsStatus>,
    /// ARN of the Cloud Map namespace services use by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_connect_namespace: Option<String>,
    #[serde(default)]
    pub tags: Tags,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Cluster {
    const KIND: &'static str = "cluster";
    const FORMAT: u32 = 1;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ClusterStatus {
    Active,
    Inactive,
}

impl ClusterStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Inactive => "INACTIVE",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AttachmentsStatus {
    UpdateInProgress,
    UpdateComplete,
    UpdateFailed,
}

impl AttachmentsStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UpdateInProgress => "UPDATE_IN_PROGRESS",
            Self::UpdateComplete => "UPDATE_COMPLETE",
            Self::UpdateFailed => "UPDATE_FAILED",
        }
    }
}

/// One row of a capacity provider strategy: fill `base` tasks, then share by `weight`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StrategyItem {
    pub provider: String,
    pub weight: i32,
    pub base: i32,
}
