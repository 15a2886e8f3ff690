//! Target groups, their targets, and how hosts see those.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;
use wharf_planeproto::report;
use wharf_records::{Record, Unknown, ecs::Tags};

use super::{Attributes, Protocol};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TargetGroup {
    pub name: String,
    pub target_type: TargetType,
    pub protocol: Protocol,
    pub version: Version,
    pub port: u16,
    pub vpc: String,
    /// Its targets are IPv6 addresses.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ipv6: bool,
    pub health_check: HealthCheck,
    #[serde(default)]
    pub attributes: Attributes,
    /// ARNs of the listeners and rules that forward to it: all of one load balancer.
    #[serde(default)]
    pub used_by: BTreeSet<String>,
    #[serde(default)]
    pub tags: Tags,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for TargetGroup {
    const KIND: &'static str = "target-group";
    const FORMAT: u32 = 1;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TargetType {
    Instance,
    Ip,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Version {
    Http1,
    Http2,
    Grpc,
}

impl Version {
    pub fn name(self) -> &'static str {
        match self {
            Self::Http1 => "HTTP1",
            Self::Http2 => "HTTP2",
            Self::Grpc => "GRPC",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthCheck {
    pub protocol: Protocol,
    /// None: the port of each target.
    pub port: Option<u16>,
    pub path: String,
    pub matcher: String,
    pub interval_seconds: u32,
    pub timeout_seconds: u32,
    pub healthy_threshold: u32,
    pub unhealthy_threshold: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupName {
    pub id: String,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for GroupName {
    const KIND: &'static str = "target-group-name";
    const FORMAT: u32 = 1;
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Target {
    /// Where it is reached.
    pub address: IpAddr,
    /// An instance with an address of its own in the group's VPC.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_vpc: bool,
    pub zone: Option<String>,
    /// The ranges of its VPC, if it is an address in a subnet of that, or an instance there, and its group may keep clients' addresses. Empty in records of
    /// before, too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vpc_ranges: Vec<String>,
    pub registered_at: Timestamp,
    #[serde(default)]
    pub draining_since: Option<Timestamp>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Target {
    const KIND: &'static str = "target";
    const FORMAT: u32 = 1;
}

/// What the hosts last said of a target; a change of state each, never a heartbeat.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Health {
    /// By instance id.
    pub hosts: BTreeMap<String, HostReport>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Health {
    const KIND: &'static str = "target-health";
    const FORMAT: u32 = 1;
}

/// How a host sees a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TargetState {
    /// Not checked often enough to say.
    Initial,
    Healthy,
    Unhealthy,
    /// Still has requests that began before it was deregistered.
    Draining,
    /// Deregistered, and none of its requests is left on this load balancer.
    Drained,
    /// Health checks are off.
    Unavailable,
}

impl TargetState {
    pub fn of_report(state: report::TargetState) -> Self {
        use report::TargetState as Reported;
        match state {
            Reported::Initial => Self::Initial,
            Reported::Healthy => Self::Healthy,
            Reported::Unhealthy => Self::Unhealthy,
            Reported::Draining => Self::Draining,
            Reported::Drained => Self::Drained,
            Reported::Unavailable => Self::Unavailable,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HostReport {
    pub state: TargetState,
    pub reason: Option<String>,
    pub description: Option<String>,
    pub since: Timestamp,
}
