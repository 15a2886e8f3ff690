//! An instance refresh.

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;
use wharf_records::{Record, Unknown};

use super::Source;

/// Under its group's uuid and when it was started, the latest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Refresh {
    pub id: String,
    /// The name of its group.
    pub group: String,
    pub stage: Stage,
    #[serde(default)]
    pub reason: Option<String>,
    pub started_at: Timestamp,
    #[serde(default)]
    pub ended_at: Option<Timestamp>,
    /// What instances are to be made of, if that is not what the group says; the group says so when it ends well.
    #[serde(default)]
    pub desired: Option<Source>,
    pub settings: Settings,
    /// Instances to replace, once they were counted, and those that are left.
    #[serde(default)]
    pub total: Option<u32>,
    #[serde(default)]
    pub left: u32,
    /// When something of it came forward last.
    pub moved_at: Timestamp,
    /// Percentages of checkpoints that were passed.
    #[serde(default)]
    pub passed: u32,
    /// It rests at a checkpoint, or bakes, until then.
    #[serde(default)]
    pub rests_until: Option<Timestamp>,
    #[serde(default)]
    pub rollback: Option<Rollback>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Refresh {
    const KIND: &'static str = "refresh";
    const FORMAT: u32 = 1;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    Pending,
    InProgress,
    Baking,
    Cancelling,
    RollbackInProgress,
    Successful,
    Failed,
    Cancelled,
    RollbackSuccessful,
    RollbackFailed,
}

impl Stage {
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::InProgress => "InProgress",
            Self::Baking => "Baking",
            Self::Cancelling => "Cancelling",
            Self::RollbackInProgress => "RollbackInProgress",
            Self::Successful => "Successful",
            Self::Failed => "Failed",
            Self::Cancelled => "Cancelled",
            Self::RollbackSuccessful => "RollbackSuccessful",
            Self::RollbackFailed => "RollbackFailed",
        }
    }

    pub fn is_over(self) -> bool {
        matches!(
            self,
            Self::Successful
                | Self::Failed
                | Self::Cancelled
                | Self::RollbackSuccessful
                | Self::RollbackFailed
        )
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    pub min_healthy: u32,
    pub max_healthy: u32,
    /// Or else the group's.
    #[serde(default)]
    pub warmup_seconds: Option<u32>,
    /// Ascending; none stands for 100.
    #[serde(default)]
    pub checkpoints: Vec<u32>,
    #[serde(default)]
    pub checkpoint_seconds: u32,
    #[serde(default)]
    pub skips_matching: bool,
    #[serde(default)]
    pub rolls_back: bool,
    #[serde(default)]
    pub bake_seconds: u32,
    pub protected: Others,
    pub standby: Others,
    /// Names of the alarms that end it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alarms: Vec<String>,
}

/// What becomes of instances that are protected from scale-in, or in standby.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Others {
    Ignore,
    /// They are replaced, or ended.
    Take,
    /// The refresh waits for them, and fails if it waits too long.
    Wait,
}

/// It goes back to what the group says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rollback {
    pub reason: String,
    pub started_at: Timestamp,
    /// How far it was.
    pub percentage: u32,
    pub left: u32,
}

impl Refresh {
    pub fn percentage(&self) -> u32 {
        match self.total {
            None => 0,
            Some(0) => 100,
            Some(total) => 100 * total.saturating_sub(self.left) / total,
        }
    }
}
