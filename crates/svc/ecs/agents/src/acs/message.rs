//! Frames of ACS and TCS: `{"type":"<Shape>","message":{…}}` (spec ecs-agent §2, §4).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A frame to an agent.
pub fn frame(kind: &str, message: &impl Serialize) -> String {
    #[derive(Serialize)]
    struct Frame<'a, T> {
        r#type: &'a str,
        message: &'a T,
    }
    serde_json::to_string(&Frame {
        r#type: kind,
        message,
    })
    .expect("plain structs serialise")
}

/// A null member is an absent one.
pub fn nullable<'de, D, T>(from: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

/// A frame from an agent; members nobody asks for are ignored.
#[derive(Debug, Deserialize)]
pub struct Incoming {
    pub r#type: String,
    #[serde(default, deserialize_with = "nullable")]
    pub message: Value,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Payload {
    pub message_id: String,
    pub cluster_arn: String,
    pub container_instance_arn: String,
    pub generated_at: i64,
    pub seq_num: i64,
    pub timeline: i64,
    pub tasks: Vec<Task>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Heartbeat {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    pub healthy: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CredentialsMessage {
    pub message_id: String,
    pub task_arn: String,
    pub task_cluster_arn: String,
    pub role_type: &'static str,
    pub role_credentials: Credentials,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    pub message_id: String,
    pub cluster_arn: String,
    pub container_instance_arn: String,
    pub generated_at: i64,
    pub timeline: i64,
    pub tasks: Vec<TaskIdentifier>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskIdentifier {
    pub task_arn: String,
    #[serde(default, deserialize_with = "nullable")]
    pub task_cluster_arn: String,
    #[serde(default, deserialize_with = "nullable")]
    pub desired_status: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StopVerificationAck {
    pub message_id: String,
    pub generated_at: i64,
    pub stop_tasks: Vec<TaskIdentifier>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AttachInterfaces {
    pub message_id: String,
    pub cluster_arn: String,
    pub container_instance_arn: String,
    pub generated_at: i64,
    pub task_arn: String,
    pub task_cluster_arn: String,
    pub wait_timeout_ms: i64,
    pub elastic_network_interfaces: Vec<Interface>,
}

/// Beyond the published messages, for agents that say they know it: serve a session of ECS Exec.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExecuteCommand {
    pub message_id: String,
    pub cluster_arn: String,
    pub container_instance_arn: String,
    pub task_arn: String,
    pub container_name: String,
    pub session_id: String,
    /// Opens the agent's end of the session's data channel.
    pub token_value: String,
    pub command: String,
    pub logging: Logging,
}

/// Beyond the published messages, for agents that say they know it: all that the host is to fetch ahead. What is not among
/// it is wanted no more.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FetchImages {
    pub message_id: String,
    pub cluster_arn: String,
    pub container_instance_arn: String,
    pub orders: Vec<ImageOrder>,
}

/// The images of a deployment.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ImageOrder {
    /// Its id.
    pub deployment: String,
    pub service_arn: String,
    pub launch_type: String,
    /// Seconds from now after which nobody waits for it.
    pub within: u64,
    pub containers: Vec<ContainerImage>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execution_role_credentials: Option<Credentials>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ContainerImage {
    pub name: String,
    pub image: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registry_authentication: Option<Value>,
}

/// What an agent says of images that it was to fetch.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FetchedImages {
    #[serde(default, deserialize_with = "nullable")]
    pub states: Vec<FetchedState>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FetchedState {
    #[serde(default, deserialize_with = "nullable")]
    pub deployment: String,
    /// `FETCHED` or `FAILED`.
    #[serde(default, deserialize_with = "nullable")]
    pub status: String,
    #[serde(default, deserialize_with = "nullable")]
    pub reason: String,
}

/// What becomes of what a session prints.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Logging {
    /// `NONE`, `DEFAULT` or `OVERRIDE`, as clusters have it.
    pub kind: String,
    pub log_group: String,
    /// Only a group with a key of its own will do.
    pub log_group_encrypted: bool,
    pub bucket: String,
    pub key_prefix: String,
}

#[derive(Debug, Serialize)]
pub struct Close {
    pub message: &'static str,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ack {
    #[serde(default, deserialize_with = "nullable")]
    pub message_id: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StopVerification {
    #[serde(default, deserialize_with = "nullable")]
    pub message_id: String,
    #[serde(default, deserialize_with = "nullable")]
    pub stop_candidates: Vec<TaskIdentifier>,
}

/// Temporary keys of one of a task's roles.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Credentials {
    pub credentials_id: String,
    pub role_arn: String,
    pub access_key_id: String,
    pub secret_access_key: String,
    pub session_token: String,
    /// RFC 3339.
    pub expiration: String,
}

/// Secrets are never printed.
impl std::fmt::Debug for Credentials {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Credentials")
            .field("role_arn", &self.role_arn)
            .field("expiration", &self.expiration)
            .finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Interface {
    pub ec2_id: String,
    /// Beyond the published members: which VPC's namespace the interface belongs in.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub vpc_id: String,
    pub mac_address: String,
    pub attachment_arn: String,
    pub index: i64,
    #[serde(rename = "ipv4Addresses")]
    pub ipv4_addresses: Vec<Ipv4>,
    #[serde(rename = "subnetGatewayIpv4Address")]
    pub subnet_gateway_ipv4_address: String,
    #[serde(rename = "ipv6Addresses", skip_serializing_if = "Vec::is_empty")]
    pub ipv6_addresses: Vec<Ipv6>,
    #[serde(
        rename = "subnetGatewayIpv6Address",
        skip_serializing_if = "Option::is_none"
    )]
    pub subnet_gateway_ipv6_address: Option<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub private_dns_name: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub domain_name: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub domain_name_servers: Vec<String>,
    pub interface_association_protocol: &'static str,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Ipv4 {
    pub primary: bool,
    pub private_address: String,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Ipv6 {
    pub primary: bool,
    pub address: String,
}

/// A task as agents read it (spec ecs-agent §2, "Task"). Absent members are left out.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Task {
    pub arn: String,
    pub task_cluster_arn: String,
    pub family: String,
    pub version: String,
    pub desired_status: String,
    pub task_definition_account_id: String,
    /// vCPU.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu: Option<f64>,
    /// MiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<u32>,
    pub network_mode: String,
    pub launch_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_name: Option<String>,
    pub group: String,
    pub zone: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pid_mode: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ipc_mode: Option<String>,
    pub volumes: Vec<Value>,
    pub containers: Vec<Container>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub elastic_network_interfaces: Vec<Interface>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_credentials: Option<Credentials>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execution_role_credentials: Option<Credentials>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_fault_injection: Option<bool>,
    /// Not among what AWS sends: seconds that the task's own sums are about besides those of a minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measured_every: Option<u32>,
    /// Not among what AWS sends: seconds from now in which all of it has to end, whatever its containers ask for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_within: Option<u64>,
    /// Not among what AWS sends: its Fargate gives the disk before the agent is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ephemeral_storage: Option<EphemeralStorage>,
}

/// What else is attached to a task: EBS volumes.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Attachment {
    pub attachment_arn: String,
    pub attachment_type: &'static str,
    pub attachment_properties: Vec<Property>,
}

#[derive(Debug, Serialize)]
pub struct Property {
    pub name: &'static str,
    pub value: String,
}

#[derive(Debug, Serialize)]
pub struct EphemeralStorage {
    #[serde(rename = "sizeInGiB")]
    pub size_in_gib: u32,
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Container {
    pub name: String,
    pub image: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub command: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry_point: Option<Vec<String>>,
    /// Shares.
    pub cpu: i32,
    /// Hard limit in MiB, 0 for none.
    pub memory: i32,
    pub essential: bool,
    pub environment: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub environment_files: Vec<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<String>,
    pub port_mappings: Vec<Value>,
    pub mount_points: Vec<Value>,
    pub volumes_from: Vec<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_timeout: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_timeout: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restart_policy: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health_check_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registry_authentication: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logs_auth_strategy: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub firelens_configuration: Option<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub managed_agents: Vec<Value>,
    pub container_arn: String,
    /// JSON as a string; only `{"command":[…]}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overrides: Option<String>,
    pub docker_config: DockerConfig,
}

/// Engine API documents, as JSON strings.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DockerConfig {
    pub config: String,
    pub host_config: String,
    pub version: &'static str,
}
