//! Task definitions: immutable revisions of a family.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use wharf_base::Timestamp;

use super::Tags;
use crate::value::{Record, Unknown};

/// The counter of a family: revisions are never issued twice, even after a delete.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Family {
    pub name: String,
    pub last_revision: i32,
    /// Revisions that are ACTIVE now, ascending: what a bare family name means is the last.
    #[serde(default)]
    pub active: Vec<i32>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Family {
    const KIND: &'static str = "family";
    const FORMAT: u32 = 1;
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Definition {
    pub family: String,
    pub revision: i32,
    pub arn: String,
    pub status: DefinitionStatus,
    pub registered_at: Timestamp,
    pub registered_by: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deregistered_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delete_requested_at: Option<Timestamp>,
    /// The definition as DescribeTaskDefinition shows it, validated and with its defaults filled
    /// in, without the members that stand in this record.
    pub document: Value,
    #[serde(default)]
    pub tags: Tags,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Definition {
    const KIND: &'static str = "definition";
    const FORMAT: u32 = 1;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DefinitionStatus {
    Active,
    Inactive,
    DeleteInProgress,
}

impl DefinitionStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Inactive => "INACTIVE",
            Self::DeleteInProgress => "DELETE_IN_PROGRESS",
        }
    }
}

/// The id of a revision in its key: ten digits, so that keys sort as numbers do.
pub fn definition_id(family: &str, revision: i32) -> String {
    format!("{family}:{revision:010}")
}
