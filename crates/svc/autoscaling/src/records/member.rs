//! An instance of a group, from the decision to launch it until it is gone.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;
use wharf_records::{Record, Unknown};

use super::{Activity, Outcome, Pooled, Source};

/// Under the group's uuid and its own token. It is written before the instance is asked for, and the token makes the
/// launch happen once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Member {
    /// The name of its group.
    pub group: String,
    /// EC2's client token.
    pub token: String,
    /// Once EC2 has it.
    #[serde(default)]
    pub instance: Option<String>,
    pub subnet: String,
    pub zone: String,
    /// What it is made of; attached ones are made of nothing that is known.
    #[serde(default)]
    pub source: Option<Source>,
    /// By a mixed instances policy.
    #[serde(default)]
    pub wanted_type: Option<String>,
    /// In units of capacity, by what the policy said of its type then: it counts once the policy says nothing of that any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<u32>,
    /// As a Spot instance, likewise.
    #[serde(default)]
    pub spot: bool,
    #[serde(default)]
    pub instance_type: Option<String>,
    #[serde(default)]
    pub image: Option<String>,
    pub state: State,
    /// The words by which it is said to be unhealthy.
    #[serde(default)]
    pub unhealthy: Option<String>,
    #[serde(default)]
    pub protected: bool,
    pub created_at: Timestamp,
    /// When it came into service last.
    #[serde(default)]
    pub in_service_at: Option<Timestamp>,
    /// The activity under way, under its id below the group.
    #[serde(default)]
    pub activity: Option<(String, Activity)>,
    /// What hooks wait for.
    #[serde(default)]
    pub waits: Vec<Wait>,
    /// Target groups that it was registered with.
    #[serde(default)]
    pub registered: BTreeSet<String>,
    /// It is one more until it is in service, since another zone has too many, or until it is warm, since an instance
    /// refresh launched it for an old one.
    #[serde(default)]
    pub extra: bool,
    #[serde(default)]
    pub pooled: Pooled,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Member {
    const KIND: &'static str = "instance";
    const FORMAT: u32 = 1;
}

/// A hook's wait.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Wait {
    pub hook: String,
    pub token: String,
    pub since: Timestamp,
    /// Without another heartbeat.
    pub until: Timestamp,
    /// Whatever heartbeats come.
    pub at_most: Timestamp,
    pub heartbeat_seconds: u32,
    /// What it comes to when nobody says anything.
    pub otherwise: Outcome,
    #[serde(default)]
    pub outcome: Option<Outcome>,
    /// The time ran out.
    #[serde(default)]
    pub timed_out: bool,
    /// What its hook says with each.
    #[serde(default)]
    pub metadata: Option<String>,
    /// The hook's target has heard of it, or there is none.
    #[serde(default)]
    pub told: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    Pending,
    PendingWait,
    InService,
    EnteringStandby,
    Standby,
    Detaching,
    /// Load balancing lets go of it.
    Terminating,
    TerminatingWait,
    /// EC2 ends it.
    TerminatingProceed,
    /// It is launched for the warm pool, or returns to it.
    WarmedPending,
    WarmedPendingWait,
    /// EC2 stops it.
    WarmedPendingProceed,
    WarmedStopped,
    WarmedRunning,
}

impl State {
    /// As it is shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::PendingWait => "Pending:Wait",
            Self::InService => "InService",
            Self::EnteringStandby => "EnteringStandby",
            Self::Standby => "Standby",
            Self::Detaching => "Detaching",
            Self::Terminating => "Terminating",
            Self::TerminatingWait => "Terminating:Wait",
            Self::TerminatingProceed => "Terminating:Proceed",
            Self::WarmedPending => "Warmed:Pending",
            Self::WarmedPendingWait => "Warmed:Pending:Wait",
            Self::WarmedPendingProceed => "Warmed:Pending:Proceed",
            Self::WarmedStopped => "Warmed:Stopped",
            Self::WarmedRunning => "Warmed:Running",
        }
    }

    pub fn is_pending(self) -> bool {
        matches!(self, Self::Pending | Self::PendingWait)
    }

    /// It waits in the warm pool.
    pub fn is_warm(self) -> bool {
        matches!(self, Self::WarmedStopped | Self::WarmedRunning)
    }

    /// It is on its way into the warm pool.
    pub fn is_warming(self) -> bool {
        matches!(
            self,
            Self::WarmedPending | Self::WarmedPendingWait | Self::WarmedPendingProceed
        )
    }

    pub fn is_terminating(self) -> bool {
        matches!(
            self,
            Self::Terminating | Self::TerminatingWait | Self::TerminatingProceed
        )
    }
}

impl Member {
    /// Whether it counts towards the desired capacity.
    pub fn counts(&self) -> bool {
        (self.state == State::InService || self.state.is_pending()) && !self.extra
    }

    /// Whether it is the warm pool's.
    pub fn is_pooled(&self) -> bool {
        self.pooled == Pooled::Of
    }

    /// Its state as it is shown.
    pub fn state_name(&self) -> String {
        match self.is_pooled() && self.state.is_terminating() {
            true => format!("Warmed:{}", self.state.name()),
            false => self.state.name().to_owned(),
        }
    }

    /// What its launches fail by.
    pub fn place(&self) -> String {
        place(&self.subnet, self.wanted_type.as_deref(), self.spot)
    }

    pub fn id(&self) -> &str {
        self.instance.as_deref().unwrap_or_default()
    }
}

/// Before the subnet in the place of a launch of a Spot instance.
pub const SPOT: &str = "spot/";

/// What launches of a type fail by in a subnet.
pub fn place(subnet: &str, of: Option<&str>, spot: bool) -> String {
    let market = if spot { SPOT } else { "" };
    match of {
        Some(of) => format!("{market}{subnet}/{of}"),
        None => format!("{market}{subnet}"),
    }
}
