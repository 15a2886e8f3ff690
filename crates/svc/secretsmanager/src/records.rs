//! Secrets, their values and their replicas, as they are stored.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;
use wharf_records::{Record, Scope, Unknown, ecs::Tags};
use wharf_seal::Sealed;

use crate::{copying::Copying, rotation::Rotation};

/// A secret in its own region, under its name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Secret {
    /// The random end of its ARN.
    pub suffix: String,
    /// The key of KMS that new values are under, as it was named; `None` for the service's own.
    #[serde(default)]
    pub kms_key: Option<String>,
    #[serde(default)]
    pub description: Option<String>,
    pub created_at: Timestamp,
    pub changed_at: Timestamp,
    /// The day on which a value was last read.
    #[serde(default)]
    pub accessed_at: Option<Timestamp>,
    #[serde(default)]
    pub deletion: Option<Deletion>,
    /// JSON
    #[serde(default)]
    pub policy: Option<String>,
    #[serde(default)]
    pub tags: Tags,
    /// By id.
    #[serde(default)]
    pub versions: BTreeMap<String, Version>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotation: Option<Rotation>,
    /// Regions with a replica.
    #[serde(default)]
    pub replicas: BTreeSet<String>,
    /// Those of them that keep values of their own, since a key is in one region alone, with the key of KMS that
    /// these are under, as it was named; `None` for the service's own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub copies: BTreeMap<String, Option<String>>,
    /// Values that are being written for replicas, and do not count yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copying: Option<Copying>,
    /// The service that keeps it for its users; nobody else changes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Secret {
    const KIND: &'static str = "secret";
    const FORMAT: u32 = 1;
}

/// What is known of a version; its value is a record of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Version {
    pub created_at: Timestamp,
    /// The day on which it was last read.
    #[serde(default)]
    pub accessed_at: Option<Timestamp>,
    /// Its staging labels.
    pub stages: BTreeSet<String>,
    /// ARN of the key of KMS that its value is under; `None` for the service's own.
    #[serde(default)]
    pub kms_key: Option<String>,
}

/// The secret can be restored until it is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deletion {
    pub asked_at: Timestamp,
    pub due_at: Timestamp,
}

/// The value of a version, under [`value_id`].
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Value {
    /// Sealed for [`purpose`].
    pub sealed: Sealed,
    /// Bytes rather than text.
    #[serde(default)]
    pub binary: bool,
    /// The data key that seals the content once more inside, sealed by KMS, in base 64.
    #[serde(default)]
    pub data_key: Option<String>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl fmt::Debug for Value {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Value").finish_non_exhaustive()
    }
}

impl Record for Value {
    const KIND: &'static str = "value";
    const FORMAT: u32 = 1;
}

impl Secret {
    /// Whether any value is under a key of KMS.
    pub fn is_under_a_key(&self) -> bool {
        let mut keys = self.versions.values().map(|it| &it.kms_key);
        self.kms_key.is_some() || keys.any(Option::is_some)
    }
}

/// A replica in another region, under the secret's name. What it does not keep itself is read from the primary.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Replica {
    pub primary_region: String,
    /// The same as the primary's.
    pub suffix: String,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Replica {
    const KIND: &'static str = "replica";
    const FORMAT: u32 = 1;
}

/// The id of the value of a version. The suffix keeps secrets of one name apart that came after each other.
pub fn value_id(name: &str, suffix: &str, version: &str) -> String {
    format!("{name}/{suffix}/{version}")
}

/// What the value with that id is sealed for.
pub fn purpose(scope: &Scope, value_id: &str) -> String {
    let Scope {
        account, region, ..
    } = scope;
    format!("secretsmanager/value/{account}/{region}/{value_id}")
}
