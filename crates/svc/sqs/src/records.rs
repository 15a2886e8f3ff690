//! Queues, data keys and move tasks, as they are stored. Messages are in `stored`.

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;
use wharf_records::{Record, Unknown, ecs::Tags};
use wharf_seal::Sealed;

use crate::settings::Settings;

/// A queue, under its name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Queue {
    /// The drawer that its messages are in: another after each purge.
    pub drawer: String,
    pub created_at: Timestamp,
    pub changed_at: Timestamp,
    #[serde(default)]
    pub purged_at: Option<Timestamp>,
    pub settings: Settings,
    #[serde(default)]
    pub tags: Tags,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Queue {
    const KIND: &'static str = "queue";
    const FORMAT: u32 = 1;
}

/// A drawer whose messages are to be removed, under its name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Condemned {
    pub since: Timestamp,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Condemned {
    const KIND: &'static str = "condemned";
    const FORMAT: u32 = 1;
}

/// A key that contents of messages are sealed under, by its id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DataKey {
    /// For `sqs/data-key/<account>/<region>/<id>`: the key itself, or what KMS made of it.
    pub sealed: Sealed,
    /// The key of KMS that opens it.
    #[serde(default)]
    pub kms: Option<OfKms>,
    pub made_at: Timestamp,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for DataKey {
    const KIND: &'static str = "data-key";
    const FORMAT: u32 = 1;
}

/// A data key that KMS made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OfKms {
    /// ARN of the queue that it was made for: its encryption context.
    pub queue: String,
}

/// A task that moves what is in a dead-letter queue, under `<queue>/<task>`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MoveTask {
    /// ARN of the queue that messages go to; each to where it came from if there is none.
    #[serde(default)]
    pub destination: Option<String>,
    /// Messages a second.
    #[serde(default)]
    pub rate: Option<u32>,
    pub started_at: Timestamp,
    pub status: MoveStatus,
    pub moved: u64,
    /// Messages that were there as it began.
    pub to_move: u64,
    /// Messages that were sent later stay.
    pub until: u64,
    /// By the rate, none is moved before. Each step changes this record, which wakes the next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_at: Option<Timestamp>,
    #[serde(default)]
    pub failure: Option<String>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for MoveTask {
    const KIND: &'static str = "move";
    const FORMAT: u32 = 1;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum MoveStatus {
    Running,
    Completed,
    Cancelling,
    Cancelled,
    Failed,
}

impl MoveStatus {
    pub fn shown(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Completed => "COMPLETED",
            Self::Cancelling => "CANCELLING",
            Self::Cancelled => "CANCELLED",
            Self::Failed => "FAILED",
        }
    }

    pub fn is_active(self) -> bool {
        matches!(self, Self::Running | Self::Cancelling)
    }
}

/// The id of the data key of queues that have no key of KMS.
pub const MANAGED_KEY: &str = "managed";
