//! Rebalancing of a service's tasks across zones: what the scheduler has to remember between two looks.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rebalancing {
    /// Since when it is under way; none while there is nothing to move.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// The task that is being moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<Move>,
    /// Zones that took no task, or in which one failed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub barred: BTreeMap<String, Barred>,
}

impl Rebalancing {
    /// There is nothing to remember.
    pub fn is_idle(&self) -> bool {
        *self == Self::default()
    }
}

/// A task was started in a zone with few; once it is healthy, one of a zone with many stops.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Move {
    /// The zone it was started in.
    pub zone: String,
    /// The capacity provider of both tasks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// Id of the deployment it belongs to.
    pub deployment: String,
    /// Tasks that were wanted then: a change of that ends the move.
    pub desired: u32,
    /// The task was created no earlier.
    pub at: Timestamp,
}

/// No task is moved to a zone before `until`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Barred {
    /// Failures in a row.
    pub failures: u32,
    pub until: Timestamp,
}
