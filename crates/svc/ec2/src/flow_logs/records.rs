//! What is stored of flow logs, of what they record, and of what waits to be delivered.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};
use wharf_api_ec2::types as wire;
use wharf_base::{Cidr4, Timestamp};
use wharf_planeproto::flows::{self as plane, FlowsOf};
use wharf_records::{Record, Scope, Unknown, ecs::Tags};

use super::{Flow, Part, fault, format};
use crate::records::{entity, tags_to_wire};

/// A flow log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FlowLog {
    /// `fl-…`
    pub id: String,
    pub of: Recorded,
    pub vpc_id: String,
    pub traffic: Traffic,
    pub destination: Destination,
    pub format: String,
    /// Seconds. Windows are never longer than a minute.
    pub interval: i32,
    /// Why the last delivery failed, as AWS says it.
    pub trouble: Option<String>,
    /// Id of the pointer that the client token of its making left.
    pub token_id: Option<String>,
    /// Digest of the request that made it.
    pub asked: String,
    pub created_at: Timestamp,
    pub tags: Tags,
    #[serde(flatten)]
    pub unknown: Unknown,
}

entity!(FlowLog, "vpc-flow-log", fault::not_found, vpc_id);

/// What is recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Recorded {
    Vpc(String),
    /// A subnet and its range.
    Subnet(String, Cidr4),
    Interface(String),
}

impl Recorded {
    pub fn id(&self) -> &str {
        match self {
            Self::Vpc(id) | Self::Subnet(id, _) | Self::Interface(id) => id,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Traffic {
    All,
    Accept,
    Reject,
}

impl Traffic {
    pub fn name(self) -> &'static str {
        match self {
            Self::All => "ALL",
            Self::Accept => "ACCEPT",
            Self::Reject => "REJECT",
        }
    }

    pub fn takes(self, accepted: bool) -> bool {
        match self {
            Self::All => true,
            Self::Accept => accepted,
            Self::Reject => !accepted,
        }
    }
}

/// Where records go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Destination {
    Logs {
        group: String,
        role: String,
        /// It was named by its ARN.
        by_arn: Option<String>,
    },
    S3 {
        bucket: String,
        /// Without slashes around it.
        prefix: String,
        arn: String,
        hive: bool,
        hourly: bool,
    },
}

impl Destination {
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Logs { .. } => "cloud-watch-logs",
            Self::S3 { .. } => "s3",
        }
    }
}

impl FlowLog {
    pub fn status(&self) -> &'static str {
        match self.trouble {
            Some(_) => "FAILED",
            None => "SUCCESS",
        }
    }

    pub fn group(&self) -> Option<&str> {
        match &self.destination {
            Destination::Logs { group, .. } => Some(group),
            Destination::S3 { .. } => None,
        }
    }

    /// Whether another one would write the same to the same place.
    pub fn is_like(&self, other: &Self) -> bool {
        let place = |it: &Self| match it.destination.clone() {
            Destination::Logs { group, .. } => (group, String::new()),
            Destination::S3 { bucket, prefix, .. } => (bucket, prefix),
        };
        self.of == other.of
            && self.traffic == other.traffic
            && self.destination.kind() == other.destination.kind()
            && place(self) == place(other)
    }

    /// Whether it is about an interface.
    pub fn is_about(&self, source: &FlowSource) -> bool {
        self.vpc_id == source.vpc_id
            && match &self.of {
                Recorded::Vpc(_) => true,
                Recorded::Subnet(id, _) => *id == source.subnet_id,
                Recorded::Interface(id) => *id == source.id,
            }
    }

    pub fn to_wire(&self) -> wire::FlowLog {
        let mut shown = wire::FlowLog {
            creation_time: Some(self.created_at),
            deliver_logs_error_message: self.trouble.clone(),
            deliver_logs_status: Some(self.status().to_owned()),
            flow_log_id: Some(self.id.clone()),
            flow_log_status: Some("ACTIVE".to_owned()),
            resource_id: Some(self.of.id().to_owned()),
            traffic_type: Some(self.traffic.name().to_owned()),
            log_destination_type: Some(self.destination.kind().to_owned()),
            log_format: Some(self.format.clone()),
            max_aggregation_interval: Some(self.interval),
            tags: Some(tags_to_wire(&self.tags)),
            ..wire::FlowLog::default()
        };
        match &self.destination {
            Destination::Logs {
                group,
                role,
                by_arn,
            } => {
                shown.log_group_name = Some(group.clone());
                shown.deliver_logs_permission_arn = Some(role.clone());
                shown.log_destination.clone_from(by_arn);
            }
            Destination::S3 {
                arn, hive, hourly, ..
            } => {
                shown.log_destination = Some(arn.clone());
                shown.destination_options = Some(wire::DestinationOptionsResponse {
                    file_format: Some("plain-text".to_owned()),
                    hive_compatible_partitions: Some(*hive),
                    per_hour_partition: Some(*hourly),
                });
            }
        }
        shown
    }

    /// As hosts are told.
    pub fn to_plane(&self, scope: &Scope) -> plane::FlowLog {
        plane::FlowLog {
            id: self.id.clone(),
            vpc: self.vpc_id.clone(),
            account: scope.account.clone(),
            region: scope.region.clone(),
            of: match &self.of {
                Recorded::Vpc(_) => FlowsOf::Vpc,
                Recorded::Subnet(_, range) => FlowsOf::Subnet(range.to_string()),
                Recorded::Interface(id) => FlowsOf::Interface(id.clone()),
            },
            accepted: self.traffic.takes(true),
            rejected: self.traffic.takes(false),
            tcp_flags: format::has_tcp_flags(&self.format),
        }
    }
}

/// An interface that is recorded, under its id: what its windows are told with, the last of them after it is gone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FlowSource {
    pub id: String,
    /// Instance id of the host that reports of it.
    pub host: String,
    pub vpc_id: String,
    pub subnet_id: String,
    pub zone_id: String,
    pub address: Ipv4Addr,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ipv6: Vec<Ipv6Addr>,
    /// The user's instance that it is attached to.
    pub instance: Option<String>,
    /// The interface was not there when it was looked for.
    #[serde(default)]
    pub gone: bool,
    /// When it was noticed that it is not on the host any more, seconds since 1970.
    #[serde(default)]
    pub left: Option<i64>,
    /// The host that it was on before, and when it was noticed that it came to another.
    #[serde(default)]
    pub former: Option<(String, i64)>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl FlowSource {
    /// Whether the interface is that end of what passes it.
    pub fn has(&self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(it) => it == self.address,
            IpAddr::V6(it) => self.ipv6.contains(&it),
        }
    }
}

impl Record for FlowSource {
    const KIND: &'static str = "flow-source";
    const FORMAT: u32 = 1;
}

/// A window of an interface for a flow log, until it is delivered. Its id begins with the flow log's, then says when it ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FlowBatch {
    pub source: FlowSource,
    pub part: Part,
    /// Seconds since 1970.
    pub start: i64,
    pub end: i64,
    pub skipped: bool,
    /// When it was reported, seconds since 1970.
    #[serde(default)]
    pub arrived: i64,
    pub flows: Vec<Flow>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// A file of a bucket that is being written, under the id of its flow log: after a kill it is the same under the same name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowFile {
    pub object: String,
    /// The keys of the windows that are in it.
    pub batches: Vec<String>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for FlowFile {
    const KIND: &'static str = "flow-file";
    const FORMAT: u32 = 1;
}

impl Record for FlowBatch {
    const KIND: &'static str = "flow-batch";
    const FORMAT: u32 = 1;
}

/// What a host has reported, under its instance id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowIntake {
    pub run: u64,
    /// All windows up to this one are taken.
    pub number: u64,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for FlowIntake {
    const KIND: &'static str = "flow-intake";
    const FORMAT: u32 = 1;
}
