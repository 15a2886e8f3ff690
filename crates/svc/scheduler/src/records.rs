//! What is stored.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use wharf_base::Timestamp;
use wharf_datakeys::Envelope;
use wharf_records::{Record, Unknown};
use wharf_service::tags::Tags;

/// A schedule, under its group and name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Schedule {
    pub group: String,
    pub name: String,
    pub when: When,
    /// The API's `Target`, as it was given; without its input, if that is sealed.
    pub target: Value,
    /// The key of KMS that its target's input is sealed under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kms_key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<Envelope>,
    #[serde(default)]
    pub description: Option<String>,
    pub enabled: bool,
    /// Whether it goes away after its last moment.
    pub delete_after: bool,
    pub created_at: Timestamp,
    pub changed_at: Timestamp,
    /// Every moment up to this one was carried out, or came before the schedule did.
    pub done_until: Timestamp,
    /// Tells it from another of its name, before and after.
    pub incarnation: String,
    /// The token it was made with, and the digest of that request.
    #[serde(default)]
    pub token: Option<Token>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// Its times, as they were given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct When {
    pub expression: String,
    pub zone: String,
    #[serde(default)]
    pub start: Option<Timestamp>,
    #[serde(default)]
    pub end: Option<Timestamp>,
    /// Minutes that a moment may be late; 0 for none.
    #[serde(default)]
    pub window_minutes: u32,
}

/// A request that may be repeated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Token {
    pub token: String,
    pub digest: String,
}

impl Record for Schedule {
    const KIND: &'static str = "schedule";
    const FORMAT: u32 = 1;
}

/// A group, under its name. The default one has a record once it has tags.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Group {
    #[serde(default)]
    pub tags: Tags,
    #[serde(default)]
    pub deleting: bool,
    pub created_at: Timestamp,
    pub changed_at: Timestamp,
    #[serde(default)]
    pub token: Option<Token>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Group {
    const KIND: &'static str = "schedule-group";
    const FORMAT: u32 = 1;
}
