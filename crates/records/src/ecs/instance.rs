//! Container instances: what a host is to ECS. The host itself is a record of its own
//! ([`crate::hosts::Host`]).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;

use super::Tags;
use crate::value::{Record, Unknown};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Instance {
    pub id: String,
    pub arn: String,
    pub cluster: String,
    pub host: String,
    pub ec2_instance: String,
    pub status: InstanceStatus,
    pub version: i64,
    pub registered_at: Timestamp,
    /// Who registered it; a bound node identity may speak for this instance alone.
    pub registered_by: String,
    /// EC2 knew its instance when it registered.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub of_ec2: bool,
    pub agent_connected: bool,
    /// When the last connection went away; the node counts as lost some time after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disconnected_at: Option<Timestamp>,
    /// Its tasks were given up; cleared when the agent connects again.
    #[serde(default)]
    pub lost: bool,
    #[serde(default)]
    pub agent_version: String,
    #[serde(default)]
    pub agent_hash: String,
    #[serde(default)]
    pub docker_version: String,
    /// Attribute name to value; a capability has none.
    #[serde(default)]
    pub attributes: BTreeMap<String, Option<String>>,
    /// Registered resources beyond cpu, memory and ports, as they were sent.
    #[serde(default)]
    pub registered: Vec<RegisteredResource>,
    #[serde(default)]
    pub tags: Tags,
    /// Result of the agent's own checks, `OK` or `IMPAIRED` …; none before the first report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health: Option<InstanceHealth>,
    /// The capacity provider whose Auto Scaling group its EC2 instance belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity_provider: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deregistered_at: Option<Timestamp>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Instance {
    const KIND: &'static str = "instance";
    const FORMAT: u32 = 1;
}

/// One row of `totalResources`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RegisteredResource {
    pub name: String,
    /// `INTEGER` or `STRINGSET`.
    pub kind: String,
    #[serde(default)]
    pub integer: i32,
    #[serde(default)]
    pub set: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InstanceHealth {
    pub status: String,
    pub updated_at: Timestamp,
    pub changed_at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum InstanceStatus {
    Active,
    Draining,
    Inactive,
}

impl InstanceStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Draining => "DRAINING",
            Self::Inactive => "INACTIVE",
        }
    }
}
