//! Hosts that are retired: nothing new comes there, and what is there leaves.

use std::{collections::BTreeSet, time::Duration};

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;
use wharf_records::{Record, Unknown, machine};

/// How long EC2 instances stay where nobody says otherwise.
pub const INSTANCE_NOTICE: Duration = Duration::from_secs(14 * 24 * 3600);

/// Says of a host that it takes nothing new. Under the host's id, among what belongs to machines.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Retired {
    pub host: String,
    pub at: Timestamp,
    /// It took Fargate tasks before.
    pub fargate: bool,
    /// Accounts and regions that have a notice of their Fargate tasks.
    #[serde(default)]
    pub noticed: BTreeSet<(String, String)>,
    /// When EC2 instances end; never where a version marked the host that left them alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instances_end_at: Option<Timestamp>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Retired {
    const KIND: &'static str = "retired";
    const FORMAT: u32 = 1;
}

impl Retired {
    pub fn key(host: &str) -> String {
        machine::key(Self::KIND, host)
    }

    /// Where all are.
    pub fn folder() -> String {
        machine::folder(Self::KIND)
    }
}
