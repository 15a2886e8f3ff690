//! An export task as it is stored.

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;
use wharf_records::{Record, Unknown};

/// Under its id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExportTask {
    /// As the user calls it.
    pub name: Option<String>,
    /// The group's name, and its id: one that was made again is another.
    pub group: String,
    pub group_id: String,
    /// What the names of its streams start with.
    #[serde(default)]
    pub streams: String,
    /// Milliseconds since 1970, both included.
    pub from: i64,
    pub to: i64,
    pub bucket: String,
    pub prefix: String,
    /// As which service the bucket lets it in.
    pub principal: String,
    pub created_at: Timestamp,
    pub status: Status,
    #[serde(default)]
    pub message: Option<String>,
    #[serde(default)]
    pub ended_at: Option<Timestamp>,
    #[serde(default)]
    pub progress: Option<Progress>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for ExportTask {
    const KIND: &'static str = "export-task";
    const FORMAT: u32 = 1;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    Pending,
    Running,
    PendingCancel,
    Completed,
    Cancelled,
    Failed,
}

impl Status {
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Running => "RUNNING",
            Self::PendingCancel => "PENDING_CANCEL",
            Self::Completed => "COMPLETED",
            Self::Cancelled => "CANCELLED",
            Self::Failed => "FAILED",
        }
    }

    pub fn has_ended(self) -> bool {
        matches!(self, Self::Completed | Self::Cancelled | Self::Failed)
    }
}

/// The last file that was written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// The stream it is of.
    pub stream: String,
    /// Files in the stream's folder.
    pub files: u32,
    /// Time and offset of its last event.
    pub last: (i64, u64),
    pub at: Timestamp,
}

/// The task of an account in a region that has not ended, or the last one that did: one runs at a time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExportTurn {
    pub task: String,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for ExportTurn {
    const KIND: &'static str = "export-turn";
    const FORMAT: u32 = 1;
}

impl ExportTurn {
    /// There is one.
    pub const ID: &'static str = "0";
}
