//! Hosts and the container instances they register as.
//!
//! A host exists apart from the container instance: the capacity ledger belongs to the host, and
//! other users of the machine (Fargate tasks of any cluster, later pods and builds) claim on it too.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;

use super::{Tags, ledger::Capacity};
use crate::{
    key::machine,
    value::{Record, Unknown},
};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Host {
    pub id: String,
    /// What the machine offers to tasks, reserved ports already marked.
    pub capacity: Capacity,
    /// Takes Fargate tasks of every cluster.
    pub fargate: bool,
    /// … of these accounts alone, if any are named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accounts: Vec<String>,
    /// … of these regions alone, if any are named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub regions: Vec<String>,
    pub availability_zone: String,
    /// ARN of the container instance this host is.
    pub instance: String,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Host {
    const KIND: &'static str = "host";
    const FORMAT: u32 = 1;
}

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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deregistered_at: Option<Timestamp>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Host {
    pub fn key(id: &str) -> String {
        machine::key(Self::KIND, id)
    }
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
