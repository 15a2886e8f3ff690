//! A lifecycle hook.

use serde::{Deserialize, Serialize};
use wharf_records::{Record, Unknown};

/// Under its group's uuid and its name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Hook {
    pub name: String,
    /// The name of its group.
    pub group: String,
    pub transition: Transition,
    pub heartbeat_seconds: u32,
    pub otherwise: Outcome,
    #[serde(default)]
    pub metadata: Option<String>,
    /// ARN of a queue or a topic.
    #[serde(default)]
    pub target: Option<String>,
    #[serde(default)]
    pub role: Option<String>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Hook {
    const KIND: &'static str = "lifecycle-hook";
    const FORMAT: u32 = 1;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Transition {
    Launching,
    Terminating,
}

impl Transition {
    pub fn name(self) -> &'static str {
        match self {
            Self::Launching => "autoscaling:EC2_INSTANCE_LAUNCHING",
            Self::Terminating => "autoscaling:EC2_INSTANCE_TERMINATING",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        [Self::Launching, Self::Terminating]
            .into_iter()
            .find(|it| it.name() == name)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    Continue,
    Abandon,
}

impl Outcome {
    pub fn name(self) -> &'static str {
        match self {
            Self::Continue => "CONTINUE",
            Self::Abandon => "ABANDON",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        [Self::Continue, Self::Abandon]
            .into_iter()
            .find(|it| it.name() == name)
    }
}

impl Hook {
    /// Heartbeats or not, nothing waits longer: a hundred heartbeats or two days.
    pub fn most_seconds(&self) -> u32 {
        self.heartbeat_seconds.saturating_mul(100).min(48 * 3600)
    }
}
