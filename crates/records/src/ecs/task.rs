//! A task: one run of a task definition.

use std::{collections::BTreeMap, net::Ipv6Addr};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use wharf_base::Timestamp;

use super::{
    Tags,
    service::{Membership, PlacementRule, ServiceNetwork},
    volume::TaskVolume,
};
use crate::{
    hosts::Claim,
    value::{Record, Unknown},
};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Task {
    pub id: String,
    pub arn: String,
    /// The cluster's name.
    pub cluster: String,
    pub cluster_arn: String,
    /// ARN of the definition; the definition itself is never copied.
    pub definition: String,
    pub launch: Launch,
    /// The host that runs it, and what it claimed there.
    pub host: String,
    pub claim: Claim,
    /// ARN of the container instance its agent speaks for. Shown to users for EC2 tasks only.
    pub instance: String,
    /// The instance's EC2 id, for the texts that name it.
    pub ec2_instance: String,
    pub group: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_by: Option<String>,
    /// Set for tasks that a service started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<Membership>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity_provider: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform_version: Option<String>,
    pub availability_zone: String,
    /// CPU units and MiB as the API prints them.
    pub cpu: String,
    pub memory: String,
    /// Fargate's scratch space in GiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ephemeral_gib: Option<i32>,
    /// The `overrides` document as given.
    pub overrides: Value,
    #[serde(default)]
    pub enable_execute_command: bool,
    /// What it wants of the network; only for network mode awsvpc.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<NetworkWish>,
    /// Its EBS volume.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volume: Option<TaskVolume>,
    /// Sealed seed of the ids under which its containers find role credentials.
    pub credentials_seed: String,
    /// The interface it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interface: Option<Interface>,
    pub containers: Vec<Container>,

    /// Set for a task that was made without room for it: what placing it needs beside its definition.
    /// Until then it is on no host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting: Option<Box<Waiting>>,
    /// When it was placed, if it had to wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placed_at: Option<Timestamp>,

    pub desired: Desired,
    pub last: Status,
    /// The agent said, or wharf concluded, that none of its containers runs any more.
    #[serde(default)]
    pub ended: bool,
    /// Given up with its host while nobody could say whether it still runs: what cannot be shared
    /// (its address) is not reused before the host confirmed or was removed.
    #[serde(default)]
    pub unconfirmed: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_code: Option<StopCode>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped_reason: Option<String>,
    /// Raised by one with every change a user can see.
    pub version: i64,

    pub created_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pull_started_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pull_stopped_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connected_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopping_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub execution_stopped_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped_at: Option<Timestamp>,
    #[serde(default)]
    pub tags: Tags,
    /// Metrics of its service that are measured of it every 20 seconds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub high_resolution: Vec<String>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Task {
    /// Nobody told it to stop, and it has not ended.
    pub fn is_live(&self) -> bool {
        self.desired == Desired::Running && !self.ended
    }
}

impl Record for Task {
    const KIND: &'static str = "task";
    const FORMAT: u32 = 1;
}

/// How a task that waits for capacity may be placed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// Those of its definition are not repeated.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub constraints: Vec<PlacementRule>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub strategies: Vec<PlacementRule>,
    /// What its interface is chosen from; only for network mode awsvpc.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<ServiceNetwork>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Launch {
    Ec2,
    Fargate,
    External,
    ManagedInstances,
}

impl Launch {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ec2 => "EC2",
            Self::Fargate => "FARGATE",
            Self::External => "EXTERNAL",
            Self::ManagedInstances => "MANAGED_INSTANCES",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Desired {
    Running,
    Stopped,
}

impl Desired {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Stopped => "STOPPED",
        }
    }
}

/// `lastStatus`, in the order a task passes through; it never goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    Provisioning,
    Pending,
    Activating,
    Running,
    Deactivating,
    Stopping,
    Deprovisioning,
    Stopped,
}

impl Status {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Provisioning => "PROVISIONING",
            Self::Pending => "PENDING",
            Self::Activating => "ACTIVATING",
            Self::Running => "RUNNING",
            Self::Deactivating => "DEACTIVATING",
            Self::Stopping => "STOPPING",
            Self::Deprovisioning => "DEPROVISIONING",
            Self::Stopped => "STOPPED",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum StopCode {
    EssentialContainerExited,
    UserInitiated,
    ServiceSchedulerInitiated,
    TaskFailedToStart,
    SpotInterruption,
    TerminationNotice,
    InfrastructureHealth,
}

impl StopCode {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EssentialContainerExited => "EssentialContainerExited",
            Self::UserInitiated => "UserInitiated",
            Self::ServiceSchedulerInitiated => "ServiceSchedulerInitiated",
            Self::TaskFailedToStart => "TaskFailedToStart",
            Self::SpotInterruption => "SpotInterruption",
            Self::TerminationNotice => "TerminationNotice",
            Self::InfrastructureHealth => "InfrastructureHealth",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Container {
    pub name: String,
    pub arn: String,
    pub image: String,
    /// The digest it is to run, where that was settled before it was placed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pinned: Option<String>,
    pub essential: bool,
    pub last: ContainerStatus,
    /// CPU units, and MiB where set, as the API prints them.
    pub cpu: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_reservation: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_digest: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(default)]
    pub bindings: Vec<NetworkBinding>,
    pub health: Health,
    /// Its definition has a health check.
    #[serde(default)]
    pub checked: bool,
    /// The agent by which commands are executed in it, where the task was run with that enabled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exec_agent: Option<ExecAgent>,
}

/// The managed agent `ExecuteCommandAgent` of a container.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExecAgent {
    pub status: ContainerStatus,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl ExecAgent {
    /// One that was not heard of yet.
    pub fn pending() -> Self {
        Self {
            status: ContainerStatus::Pending,
            started_at: None,
            reason: None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ContainerStatus {
    Pending,
    Running,
    Stopped,
}

impl ContainerStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Running => "RUNNING",
            Self::Stopped => "STOPPED",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Health {
    Unknown,
    Healthy,
    Unhealthy,
}

impl Health {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "UNKNOWN",
            Self::Healthy => "HEALTHY",
            Self::Unhealthy => "UNHEALTHY",
        }
    }
}

/// A port of the host that leads to one of a container.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkBinding {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bind_ip: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container_port: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_port: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container_port_range: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_port_range: Option<String>,
}

/// The `awsvpcConfiguration` of a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkWish {
    /// The attachment's id, minted with the task: the client token of the interface derives from it.
    pub attachment: String,
    pub subnet: String,
    pub security_groups: Vec<String>,
    pub public_ip: bool,
    /// It has an IPv6 address where its subnet has some (the setting `dualStackIPv6`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ipv6: bool,
    /// The task ended before an interface was recorded, and EC2 holds none under this attachment
    /// any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub abandoned: bool,
}

/// An elastic network interface made for a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interface {
    pub id: String,
    /// The VPC it is in: nodes serve several.
    #[serde(default)]
    pub vpc: String,
    pub mac: String,
    pub private_dns_name: String,
    pub private_ipv4: String,
    /// Prefix length and gateway of its subnet: `172.31.0.1/20`.
    pub gateway: String,
    /// The domains in which short names are sought; none: that of the interface's own name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub search: Vec<String>,
    /// Whom its task asks for names; nobody: the VPC's own name service.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub name_servers: Vec<String>,
    /// Its IPv6 address, of a /64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ipv6: Option<Ipv6Addr>,
    pub state: InterfaceState,
    /// Further members.
    #[serde(flatten)]
    pub unknown: BTreeMap<String, Value>,
}

/// Attachment status, in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum InterfaceState {
    Precreated,
    Created,
    Attaching,
    Attached,
    Detaching,
    Detached,
    Deleted,
}

impl InterfaceState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Precreated => "PRECREATED",
            Self::Created => "CREATED",
            Self::Attaching => "ATTACHING",
            Self::Attached => "ATTACHED",
            Self::Detaching => "DETACHING",
            Self::Detached => "DETACHED",
            Self::Deleted => "DELETED",
        }
    }
}
