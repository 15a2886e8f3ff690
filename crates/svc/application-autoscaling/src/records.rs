//! What is stored.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use wharf_base::Timestamp;
use wharf_records::{Record, Unknown};
pub use wharf_scaling::forecast::Forecast;
use wharf_scaling::{Bounds, Cooldowns, Done, Suspended};
use wharf_service::tags::Tags;

/// A scalable target, under the id in its ARN.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Target {
    /// `service/CLUSTER/SERVICE`
    pub resource: String,
    pub min: u32,
    pub max: u32,
    #[serde(default)]
    pub suspended: Suspension,
    /// When scheduled actions were let act again: what should have come before does not.
    #[serde(default)]
    pub resumed_at: Option<Timestamp>,
    pub created_at: Timestamp,
    #[serde(default)]
    pub tags: Tags,
    /// It goes, with all that belongs to it.
    #[serde(default)]
    pub deleting: bool,
    /// The range is another than when the capacity was last compared with it.
    #[serde(default)]
    pub range_changed: bool,
    #[serde(default)]
    pub scaled_out: Option<Scaled>,
    #[serde(default)]
    pub scaled_in: Option<Scaled>,
    /// The change that is under way.
    #[serde(default)]
    pub moving: Option<Move>,
    /// By policy and alarm, the last word that a step policy has scaled for.
    #[serde(default)]
    pub heeded: BTreeMap<String, Timestamp>,
    /// The last wish without effect, so that it is told once.
    #[serde(default)]
    pub unscaled: Option<Unscaled>,
    /// The count that ECS refused last, so that a forecast does not ask for it at once again.
    #[serde(default)]
    pub refused: Option<Refused>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Target {
    const KIND: &'static str = "target";
    const FORMAT: u32 = 1;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Suspension {
    #[serde(default)]
    pub scale_in: bool,
    #[serde(default)]
    pub scale_out: bool,
    #[serde(default)]
    pub scheduled: bool,
}

/// A change by a policy, for its cooldown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Scaled {
    pub at: Timestamp,
    pub cooldown_seconds: u32,
    pub from: u32,
}

/// A change of the desired count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Move {
    /// Its activity, below the target.
    pub activity: String,
    /// What was wanted before; not known of changes that began under an earlier version.
    #[serde(default)]
    pub from: Option<u32>,
    pub to: u32,
    pub since: Timestamp,
    /// The count is set; its tasks are awaited.
    #[serde(default)]
    pub set: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Unscaled {
    pub policy: String,
    pub code: String,
}

/// A count that could not be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Refused {
    pub count: u32,
    pub at: Timestamp,
}

/// A scaling policy, under its target and its name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Policy {
    pub name: String,
    pub resource: String,
    pub uuid: String,
    pub created_at: Timestamp,
    pub kind: PolicyKind,
    /// As it was given.
    pub configuration: Value,
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum PolicyKind {
    #[serde(rename = "StepScaling")]
    Step,
    #[serde(rename = "TargetTrackingScaling")]
    TargetTracking,
    #[serde(rename = "PredictiveScaling")]
    Predictive,
}

/// A scheduled action, under its target and its name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Scheduled {
    pub name: String,
    pub resource: String,
    pub uuid: String,
    pub schedule: String,
    #[serde(default)]
    pub zone: Option<String>,
    #[serde(default)]
    pub start: Option<Timestamp>,
    #[serde(default)]
    pub end: Option<Timestamp>,
    #[serde(default)]
    pub min: Option<u32>,
    #[serde(default)]
    pub max: Option<u32>,
    pub created_at: Timestamp,
    /// From when a rate counts.
    pub changed_at: Timestamp,
    /// Up to when its moments were carried out.
    pub done_until: Timestamp,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Scheduled {
    const KIND: &'static str = "scheduled-action";
    const FORMAT: u32 = 1;
}

/// What was done or tried, under its target and when it was, the latest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Activity {
    pub id: String,
    pub resource: String,
    pub description: String,
    pub cause: String,
    pub started_at: Timestamp,
    #[serde(default)]
    pub ended_at: Option<Timestamp>,
    pub status: String,
    #[serde(default)]
    pub message: Option<String>,
    #[serde(default)]
    pub not_scaled: Option<Reason>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Activity {
    const KIND: &'static str = "activity";
    const FORMAT: u32 = 1;
}

/// Why there was no change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reason {
    pub code: String,
    #[serde(default)]
    pub min: Option<u32>,
    #[serde(default)]
    pub max: Option<u32>,
    #[serde(default)]
    pub current: Option<u32>,
}

impl Target {
    /// A record has no other than what a request was let have: its range is none that is empty.
    pub fn bounds(&self) -> Bounds {
        Bounds::new(self.min, self.max.max(self.min)).expect("the maximum is not below")
    }

    pub fn suspended(&self) -> Suspended {
        Suspended {
            scale_in: self.suspended.scale_in,
            scale_out: self.suspended.scale_out,
            scheduled: self.suspended.scheduled,
        }
    }

    pub fn cooldowns(&self) -> Cooldowns {
        let done = |it: Scaled| Done {
            at: it.at,
            cooldown: Duration::from_secs(it.cooldown_seconds.into()),
            from: it.from,
        };
        Cooldowns {
            out: self.scaled_out.map(done),
            inward: self.scaled_in.map(done),
        }
    }

    pub fn set_cooldowns(&mut self, cooldowns: Cooldowns) {
        let scaled = |it: Done| Scaled {
            at: it.at,
            cooldown_seconds: u32::try_from(it.cooldown.as_secs()).unwrap_or(u32::MAX),
            from: it.from,
        };
        self.scaled_out = cooldowns.out.map(scaled);
        self.scaled_in = cooldowns.inward.map(scaled);
    }
}
