//! Hosts that are retired: Fargate tasks leave them, those of each account when its time of waiting is over.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;
pub use wharf_hosts::{INSTANCE_NOTICE, Retired};
use wharf_records::{Record, Unknown};

/// The account setting that says how many days a task has.
pub const SETTING: &str = "fargateTaskRetirementWaitPeriod";
/// … if nobody set it.
pub const USUAL_DAYS: u32 = 7;

/// What an account is told of its Fargate tasks on such a host. Under the account and region, by the host's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Retirement {
    pub host: String,
    pub told_at: Timestamp,
    /// When tasks leave.
    pub at: Timestamp,
    /// They do.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub due: bool,
    /// Services with tasks there, as `cluster|service`.
    pub services: BTreeSet<String>,
    /// ARNs of tasks of no service.
    pub tasks: BTreeSet<String>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Retirement {
    const KIND: &'static str = "retirement";
    const FORMAT: u32 = 1;
}
