//! A scaling policy.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use wharf_base::Timestamp;
use wharf_records::{Record, Unknown};

/// Under its group's uuid and its name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Policy {
    pub name: String,
    /// The name of its group.
    pub group: String,
    /// In its ARN, and what the words of its alarms are kept by.
    pub uuid: String,
    pub created_at: Timestamp,
    pub enabled: bool,
    pub way: Way,
    /// In the names of the alarms above and below the target.
    pub high_id: String,
    pub low_id: String,
    /// It goes, with its alarms.
    #[serde(default)]
    pub deleting: bool,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Policy {
    const KIND: &'static str = "policy";
    const FORMAT: u32 = 1;
}

/// How it scales; names of AWS's enumerations are kept as they were given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Way {
    Simple {
        adjustment: String,
        by: i32,
        #[serde(default)]
        min_magnitude: Option<u32>,
        #[serde(default)]
        cooldown_seconds: Option<u32>,
    },
    Step {
        adjustment: String,
        steps: Vec<Interval>,
        #[serde(default)]
        min_magnitude: Option<u32>,
        #[serde(default)]
        aggregation: Option<String>,
        #[serde(default)]
        warmup_seconds: Option<u32>,
    },
    Tracking {
        /// A TargetTrackingConfiguration.
        configuration: Value,
        #[serde(default)]
        warmup_seconds: Option<u32>,
    },
    Predictive {
        /// A PredictiveScalingConfiguration.
        configuration: Value,
    },
}

/// A step of a policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Interval {
    #[serde(default)]
    pub lower: Option<f64>,
    #[serde(default)]
    pub upper: Option<f64>,
    pub by: i32,
}

impl Way {
    /// As PolicyType has it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Simple { .. } => "SimpleScaling",
            Self::Step { .. } => "StepScaling",
            Self::Tracking { .. } => "TargetTrackingScaling",
            Self::Predictive { .. } => "PredictiveScaling",
        }
    }

    pub fn warmup_seconds(&self) -> Option<u32> {
        match self {
            Self::Simple { .. } | Self::Predictive { .. } => None,
            Self::Step { warmup_seconds, .. } | Self::Tracking { warmup_seconds, .. } => {
                *warmup_seconds
            }
        }
    }
}
