//! What is stored: buses and rules. Targets are kept as the API shows them.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use wharf_base::Timestamp;
use wharf_records::{Record, Unknown, ecs::Tags};

/// What is being told of a service's history while its cursor waits for the last of it, under the service's
/// name: what comes of it needs several transactions. It is gone when the cursor has moved.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Telling {
    /// When it was read, by the last revision that was read then.
    #[serde(default)]
    pub read_at: BTreeMap<u64, Timestamp>,
    /// Marks of deliveries that are written.
    #[serde(default)]
    pub written: BTreeSet<String>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Telling {
    const KIND: &'static str = "telling";
    const FORMAT: u32 = 1;
}

/// A bus, under its name. The default bus has a record only once something is said of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Bus {
    #[serde(default)]
    pub description: Option<String>,
    /// The key of KMS that its events are sealed under, as it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kms_key: Option<String>,
    /// The ARN of the queue for events that this key does not let it seal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dead_letters: Option<String>,
    /// What is logged of it; nothing without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logs: Option<LogSettings>,
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

/// What of a bus is logged, as it was given.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogSettings {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<LogDetail>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<LogLevel>,
}

/// Whether records have what is in events, and what targets get.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LogDetail {
    None,
    Full,
}

/// How much is logged; each has what those before it have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LogLevel {
    Off,
    Error,
    Info,
    Trace,
}

impl LogLevel {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "OFF",
            Self::Error => "ERROR",
            Self::Info => "INFO",
            Self::Trace => "TRACE",
        }
    }

    /// The level of that name; the model knows no others.
    pub fn named(name: &str) -> Self {
        match name {
            "ERROR" => Self::Error,
            "INFO" => Self::Info,
            "TRACE" => Self::Trace,
            _ => Self::Off,
        }
    }
}

/// Written with every change of a rule of a bus, under the bus's name: whoever has compiled its rules
/// sees by the revision whether they still stand.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Rules {
    /// How many there are.
    pub count: usize,
    /// What their patterns and those of archives take in memory once they are compiled; `None` before it was counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern_bytes: Option<usize>,
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

/// Events of a bus that are kept, under the archive's name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Archive {
    /// The bus's name.
    pub bus: String,
    #[serde(default)]
    pub description: Option<String>,
    /// Which events; all without one.
    #[serde(default)]
    pub pattern: Option<String>,
    /// For ever with 0.
    pub retention_days: u32,
    /// Of the journal, its own.
    pub stream: String,
    /// The key of KMS that its events are sealed under, as it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kms_key: Option<String>,
    pub created_at: Timestamp,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Archive {
    const KIND: &'static str = "archive";
    const FORMAT: u32 = 1;
}

/// Events of an archive that are sent once more, under the replay's name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Replay {
    #[serde(default)]
    pub description: Option<String>,
    /// The archive's name and its stream.
    pub archive: String,
    pub stream: String,
    /// The bus's name.
    pub bus: String,
    /// Rules that get the events; all if there are none.
    #[serde(default)]
    pub rules: BTreeSet<String>,
    pub from: Timestamp,
    pub to: Timestamp,
    pub state: ReplayState,
    pub started_at: Timestamp,
    #[serde(default)]
    pub ended_at: Option<Timestamp>,
    /// The time of the event that was last sent.
    #[serde(default)]
    pub last_at: Option<Timestamp>,
    /// Where to read on.
    pub offset: u64,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Replay {
    const KIND: &'static str = "replay";
    const FORMAT: u32 = 1;
}

impl Replay {
    pub fn end(&mut self, state: ReplayState, now: Timestamp) {
        self.state = state;
        self.ended_at = Some(now);
    }
}

/// How far a replay is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReplayState {
    Starting,
    Running,
    Cancelling,
    Completed,
    Cancelled,
}

impl ReplayState {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "STARTING",
            Self::Running => "RUNNING",
            Self::Cancelling => "CANCELLING",
            Self::Completed => "COMPLETED",
            Self::Cancelled => "CANCELLED",
        }
    }

    /// Whether there is something to cancel.
    pub const fn goes_on(self) -> bool {
        matches!(self, Self::Starting | Self::Running)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buses_of_a_version_before_open_and_stay_as_they_are() {
        let before =
            r#"{"description":null,"policy":null,"created_at":5,"changed_at":6,"tags":{}}"#;
        let bus: Bus = serde_json::from_str(before).unwrap();
        assert_eq!(bus.logs, None);
        assert_eq!(serde_json::to_string(&bus).unwrap(), before);
        let logs = LogSettings {
            detail: Some(LogDetail::Full),
            level: Some(LogLevel::Trace),
        };
        let written = serde_json::to_string(&logs).unwrap();
        assert_eq!(written, r#"{"detail":"FULL","level":"TRACE"}"#);
        assert!(LogLevel::Off < LogLevel::Error && LogLevel::Info < LogLevel::Trace);
    }
}
