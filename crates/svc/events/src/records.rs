//! What is stored: buses and rules. Targets are kept as the API shows them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use wharf_base::Timestamp;
use wharf_records::{Record, Unknown, ecs::Tags};

/// A bus, under its name. The default bus has a record only once something is said of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Bus {
    #[serde(default)]
    pub description: Option<String>,
    /// JSON
    #[serde(default)]
    pub policy: Option<String>,
    pub created_at: Timestamp,
    pub changed_at: Timestamp,
    #[serde(default)]
    pub tags: Tags,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Bus {
    const KIND: &'static str = "bus";
    const FORMAT: u32 = 1;
}

/// Written with every change of a rule of a bus, under the bus's name: whoever has compiled its rules
/// sees by the revision whether they still stand.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Rules {
    /// How many there are.
    pub count: usize,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Rules {
    const KIND: &'static str = "rules";
    const FORMAT: u32 = 1;
}

/// A rule with its targets, under bus and name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// As it was given.
    #[serde(default)]
    pub pattern: Option<String>,
    #[serde(default)]
    pub schedule: Option<String>,
    pub state: State,
    #[serde(default)]
    pub description: Option<String>,
    #[serde(default)]
    pub role: Option<String>,
    /// The service that put it, and that alone changes it.
    #[serde(default)]
    pub managed_by: Option<String>,
    pub created_by: String,
    /// When its schedule, if it has one, began to count.
    pub scheduled_at: Timestamp,
    #[serde(default)]
    pub tags: Tags,
    /// By id, as the API shows them.
    #[serde(default)]
    pub targets: BTreeMap<String, Value>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Rule {
    const KIND: &'static str = "rule";
    const FORMAT: u32 = 1;
}

/// Whether a rule takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    Enabled,
    Disabled,
    EnabledWithAllCloudtrailManagementEvents,
}

impl State {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Enabled => "ENABLED",
            Self::Disabled => "DISABLED",
            Self::EnabledWithAllCloudtrailManagementEvents => {
                "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
            }
        }
    }

    /// The state of that name; the model knows no others.
    pub fn named(name: &str) -> Self {
        match name {
            "DISABLED" => Self::Disabled,
            "ENABLED" => Self::Enabled,
            _ => Self::EnabledWithAllCloudtrailManagementEvents,
        }
    }
}

/// How far the history of a service was followed, under the service's name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cursor {
    pub revision: u64,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Cursor {
    const KIND: &'static str = "cursor";
    const FORMAT: u32 = 1;
}

/// When a rule with a schedule last sent its event, under the rule's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fired {
    pub at: Timestamp,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Fired {
    const KIND: &'static str = "fired";
    const FORMAT: u32 = 1;
}
