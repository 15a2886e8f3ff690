//! Task definitions: immutable revisions of a family.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use wharf_base::Timestamp;

use super::Tags;
use crate::value::{Record, Unknown};

/// The counter of a family: revisions are never issued twice, even after a delete. Rewritten with
/// every change of a revision's status, and as short for the thousandth as for the first. Format 1
/// listed all ACTIVE revisions; it is read still.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "StoredFamily")]
pub struct Family {
    pub name: String,
    pub last_revision: i32,
    /// The latest ACTIVE revision: what a bare family name means.
    pub newest_active: Option<i32>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Family {
    const KIND: &'static str = "family";
    const FORMAT: u32 = 2;
}

/// Both formats.
#[derive(Deserialize)]
struct StoredFamily {
    name: String,
    last_revision: i32,
    #[serde(default)]
    newest_active: Option<i32>,
    /// Format 1: ascending.
    #[serde(default)]
    active: Vec<i32>,
    #[serde(flatten)]
    unknown: Unknown,
}

impl From<StoredFamily> for Family {
    fn from(stored: StoredFamily) -> Self {
        Self {
            name: stored.name,
            last_revision: stored.last_revision,
            newest_active: stored.newest_active.or(stored.active.last().copied()),
            unknown: stored.unknown,
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{decode, encode};

    #[test]
    fn families_of_both_formats_are_read() {
        let old = br#"{"kind":"family","format":1,"body":{"name":"web","last_revision":9,"active":[3,7]}}"#;
        let family: Family = decode(old).unwrap();
        assert_eq!((family.last_revision, family.newest_active), (9, Some(7)));
        let stored = encode(&family);
        let new = br#"{"kind":"family","format":2,"body":{"name":"web","last_revision":9,"newest_active":7}}"#;
        assert_eq!(stored.as_ref(), new);
        assert_eq!(decode::<Family>(&stored).unwrap(), family);
    }
}
