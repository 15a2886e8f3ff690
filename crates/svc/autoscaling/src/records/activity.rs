//! A scaling activity.

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;
use wharf_records::{Record, Unknown};

use super::Pooled;

/// Under its group's uuid and when it was, the latest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Activity {
    pub id: String,
    /// The name of its group.
    pub group: String,
    pub kind: Kind,
    /// Once it is known.
    #[serde(default)]
    pub instance: Option<String>,
    pub description: String,
    pub cause: String,
    pub started_at: Timestamp,
    #[serde(default)]
    pub ended_at: Option<Timestamp>,
    pub status: Status,
    #[serde(default)]
    pub message: Option<String>,
    pub progress: u8,
    pub subnet: String,
    pub zone: String,
    /// What the warm pool has to do with it.
    #[serde(default)]
    pub pooled: Pooled,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Activity {
    const KIND: &'static str = "activity";
    const FORMAT: u32 = 1;
}

/// What is done to the instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    Launch,
    Terminate,
    /// It is attached, detached or moved.
    Move,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    WaitingForInstanceId,
    PreInService,
    InProgress,
    MidLifecycleAction,
    #[serde(rename = "WaitingForELBConnectionDraining")]
    WaitingForElbConnectionDraining,
    Successful,
    Failed,
    Cancelled,
}

impl Status {
    pub fn name(self) -> &'static str {
        match self {
            Self::WaitingForInstanceId => "WaitingForInstanceId",
            Self::PreInService => "PreInService",
            Self::InProgress => "InProgress",
            Self::MidLifecycleAction => "MidLifecycleAction",
            Self::WaitingForElbConnectionDraining => "WaitingForELBConnectionDraining",
            Self::Successful => "Successful",
            Self::Failed => "Failed",
            Self::Cancelled => "Cancelled",
        }
    }
}

impl Activity {
    pub fn end(&mut self, status: Status, message: Option<String>, now: Timestamp) {
        self.status = status;
        self.message = message;
        self.progress = 100;
        self.ended_at = Some(now);
    }
}
