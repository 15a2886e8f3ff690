//! A task as the control plane hands it over (spec ecs-agent.md §2, "Task").
//!
//! The same shape is what the agent keeps on disk: `Serialize` leaves credentials out, which the
//! protocol forbids to store and which come again after a restart (`sendCredentials=true`).

mod credentials;
mod interface;
mod volumes;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use self::{
    credentials::RoleCredentials,
    interface::{Ipv4Address, Ipv6Address, NetworkInterface},
    volumes::{ATTACHED, Attachment, DockerVolume, EBS, FILE_SYSTEM, HostVolume, Property, Volume},
};
use super::nullable;

/// More containers than any task definition may have (10), with room for injected ones.
pub const MAX_CONTAINERS: usize = 32;

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Task {
    #[serde(deserialize_with = "nullable")]
    pub arn: String,
    #[serde(deserialize_with = "nullable")]
    pub task_cluster_arn: String,
    #[serde(deserialize_with = "nullable")]
    pub family: String,
    #[serde(deserialize_with = "nullable")]
    pub version: String,
    #[serde(deserialize_with = "nullable")]
    pub desired_status: String,
    #[serde(deserialize_with = "nullable")]
    pub task_definition_account_id: String,
    /// vCPUs; 0 means no limit for the whole task.
    #[serde(deserialize_with = "nullable")]
    pub cpu: f64,
    /// MiB; 0 means no limit for the whole task.
    #[serde(deserialize_with = "nullable")]
    pub memory: i64,
    #[serde(deserialize_with = "nullable")]
    pub network_mode: String,
    #[serde(deserialize_with = "nullable")]
    pub launch_type: String,
    #[serde(deserialize_with = "nullable")]
    pub service_name: String,
    #[serde(deserialize_with = "nullable")]
    pub group: String,
    #[serde(deserialize_with = "nullable")]
    pub pid_mode: String,
    #[serde(deserialize_with = "nullable")]
    pub ipc_mode: String,
    #[serde(deserialize_with = "nullable")]
    pub zone: String,
    #[serde(deserialize_with = "nullable")]
    pub volumes: Vec<Volume>,
    #[serde(deserialize_with = "nullable")]
    pub containers: Vec<Container>,
    #[serde(deserialize_with = "nullable")]
    pub elastic_network_interfaces: Vec<NetworkInterface>,
    #[serde(deserialize_with = "nullable")]
    pub attachments: Vec<Attachment>,
    #[serde(skip_serializing)]
    pub role_credentials: Option<RoleCredentials>,
    #[serde(skip_serializing)]
    pub execution_role_credentials: Option<RoleCredentials>,
    #[serde(deserialize_with = "nullable")]
    pub enable_fault_injection: bool,
    #[serde(deserialize_with = "nullable")]
    pub ephemeral_storage: EphemeralStorage,
    /// Seconds that its own sums are about besides those of a minute; said by wharf's own control plane.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measured_every: Option<u32>,
    /// Seconds in which all of it has to end, whatever its containers ask for; said by wharf's own control plane.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_within: Option<u64>,
}

/// What the task may write; said by wharf's own control plane.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct EphemeralStorage {
    /// 0 where the definition says nothing.
    #[serde(rename = "sizeInGiB", deserialize_with = "nullable")]
    pub size_in_gib: u64,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Container {
    #[serde(deserialize_with = "nullable")]
    pub name: String,
    #[serde(deserialize_with = "nullable")]
    pub image: String,
    #[serde(deserialize_with = "nullable")]
    pub command: Vec<String>,
    #[serde(deserialize_with = "nullable")]
    pub entry_point: Option<Vec<String>>,
    /// CPU shares; 1024 are one core.
    #[serde(deserialize_with = "nullable")]
    pub cpu: u64,
    /// Hard limit in MiB; 0 means none.
    #[serde(deserialize_with = "nullable")]
    pub memory: u64,
    #[serde(deserialize_with = "nullable")]
    pub essential: bool,
    #[serde(deserialize_with = "nullable")]
    pub environment: BTreeMap<String, String>,
    #[serde(deserialize_with = "nullable")]
    pub links: Vec<String>,
    #[serde(deserialize_with = "nullable")]
    pub port_mappings: Vec<PortMapping>,
    #[serde(deserialize_with = "nullable")]
    pub mount_points: Vec<MountPoint>,
    #[serde(deserialize_with = "nullable")]
    pub volumes_from: Vec<VolumesFrom>,
    #[serde(deserialize_with = "nullable")]
    pub depends_on: Vec<DependsOn>,
    /// Seconds a dependent waits for this container; 0 means without end.
    #[serde(deserialize_with = "nullable")]
    pub start_timeout: u64,
    /// Seconds between the stop signal and SIGKILL; 0 means the node's default.
    #[serde(deserialize_with = "nullable")]
    pub stop_timeout: u64,
    pub restart_policy: Option<RestartPolicy>,
    #[serde(deserialize_with = "nullable")]
    pub managed_agents: Vec<ManagedAgent>,
    #[serde(deserialize_with = "nullable")]
    pub health_check_type: String,
    pub registry_authentication: Option<RegistryAuthentication>,
    #[serde(deserialize_with = "nullable")]
    pub logs_auth_strategy: String,
    #[serde(deserialize_with = "nullable")]
    pub container_arn: String,
    /// Where their values are; never the values.
    #[serde(deserialize_with = "nullable")]
    pub secrets: Vec<Secret>,
    #[serde(deserialize_with = "nullable")]
    pub environment_files: Vec<EnvironmentFile>,
    /// A JSON string; of its members only `command` is allowed.
    #[serde(deserialize_with = "nullable")]
    pub overrides: String,
    pub docker_config: Option<DockerConfig>,
}

impl Task {
    /// Drops what is large and only serves to make containers; names, images and everything by which
    /// the task is known stay.
    pub fn forget_how_to_run(&mut self) {
        self.volumes = Vec::new();
        for container in &mut self.containers {
            *container = Container {
                name: std::mem::take(&mut container.name),
                image: std::mem::take(&mut container.image),
                essential: container.essential,
                cpu: container.cpu,
                memory: container.memory,
                container_arn: std::mem::take(&mut container.container_arn),
                ..Container::default()
            };
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PortMapping {
    #[serde(deserialize_with = "nullable")]
    pub container_port: u16,
    #[serde(deserialize_with = "nullable")]
    pub host_port: u16,
    #[serde(deserialize_with = "nullable")]
    pub container_port_range: String,
    #[serde(deserialize_with = "nullable")]
    pub protocol: String,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MountPoint {
    #[serde(deserialize_with = "nullable")]
    pub source_volume: String,
    #[serde(deserialize_with = "nullable")]
    pub container_path: String,
    #[serde(deserialize_with = "nullable")]
    pub read_only: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VolumesFrom {
    #[serde(deserialize_with = "nullable")]
    pub source_container: String,
    #[serde(deserialize_with = "nullable")]
    pub read_only: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DependsOn {
    #[serde(deserialize_with = "nullable")]
    pub container_name: String,
    #[serde(deserialize_with = "nullable")]
    pub condition: String,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RestartPolicy {
    #[serde(deserialize_with = "nullable")]
    pub enabled: bool,
    #[serde(deserialize_with = "nullable")]
    pub ignored_exit_codes: Vec<i32>,
    /// Seconds a container must have run before it is restarted; 0 means the default of 300.
    #[serde(deserialize_with = "nullable")]
    pub restart_attempt_period: u64,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RegistryAuthentication {
    #[serde(rename = "type", deserialize_with = "nullable")]
    pub kind: String,
    pub ecr_auth_data: Option<EcrAuthData>,
    pub asm_auth_data: Option<AsmAuthData>,
}

/// A secret with the user and password of a registry.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AsmAuthData {
    /// Name or ARN.
    #[serde(deserialize_with = "nullable")]
    pub credentials_parameter: String,
    #[serde(deserialize_with = "nullable")]
    pub region: String,
}

/// An object of S3 with variables.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct EnvironmentFile {
    /// `s3`.
    #[serde(rename = "type", deserialize_with = "nullable")]
    pub kind: String,
    /// Its ARN.
    #[serde(deserialize_with = "nullable")]
    pub value: String,
}

/// A variable, or an option of the log driver, whose value another service has.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Secret {
    #[serde(deserialize_with = "nullable")]
    pub name: String,
    #[serde(deserialize_with = "nullable")]
    pub value_from: String,
    #[serde(deserialize_with = "nullable")]
    pub region: String,
    /// `asm` or `ssm`.
    #[serde(deserialize_with = "nullable")]
    pub provider: String,
    /// `ENVIRONMENT_VARIABLE` or `BOOTSTRAP`.
    #[serde(rename = "type", deserialize_with = "nullable")]
    pub kind: String,
    /// `CONTAINER` or `LOG_DRIVER`.
    #[serde(deserialize_with = "nullable")]
    pub target: String,
}

impl Task {
    /// `ecs-<family>-<revision>-<name>-<hex>` (§5).
    pub fn docker_name(&self, at: usize, runtime_id: &str) -> String {
        let name = self.containers[at].name.chars();
        let plain: String = name
            .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
            .collect();
        let id = runtime_id.get(..20).unwrap_or_default();
        format!("ecs-{}-{}-{plain}-{id}", self.family, self.version)
    }
}

impl Secret {
    /// Of the container's environment; otherwise for its log driver.
    pub fn is_variable(&self) -> bool {
        self.target != "LOG_DRIVER"
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EcrAuthData {
    #[serde(deserialize_with = "nullable")]
    pub registry_id: String,
    #[serde(deserialize_with = "nullable")]
    pub region: String,
    #[serde(deserialize_with = "nullable")]
    pub use_execution_role: bool,
    #[serde(deserialize_with = "nullable")]
    pub endpoint_override: String,
}

/// The Engine API documents of a container, as JSON strings.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DockerConfig {
    #[serde(deserialize_with = "nullable")]
    pub config: String,
    #[serde(deserialize_with = "nullable")]
    pub host_config: String,
    #[serde(deserialize_with = "nullable")]
    pub version: String,
}

/// An agent that runs beside a container's program.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ManagedAgent {
    #[serde(deserialize_with = "nullable")]
    pub name: String,
}

/// The one by which commands are executed; this agent is it, for all containers of the node.
pub const EXEC_AGENT: &str = "ExecuteCommandAgent";

/// Why a task of a payload cannot be taken on.
#[derive(Debug, thiserror::Error)]
pub enum BadTask {
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    #[error("`{0}` is not the name of a task")]
    Arn(String),
    #[error("the desired status `{0}` is neither RUNNING nor STOPPED")]
    DesiredStatus(String),
    #[error("it has {0} containers; between 1 and {MAX_CONTAINERS} are possible")]
    ContainerCount(usize),
    #[error("the container name `{0}` is empty, too long or given twice")]
    ContainerName(String),
}

/// Reads one task of a payload and checks what the rest of the agent relies on.
///
/// # Errors
/// See [`BadTask`]; such a task is reported STOPPED as `UnrecogniedTaskError`.
pub fn read_task(json: &str) -> Result<Task, BadTask> {
    let task: Task = serde_json::from_str(json)?;
    if task_id(&task.arn).is_none() {
        return Err(BadTask::Arn(task.arn));
    }
    if !matches!(task.desired_status.as_str(), "RUNNING" | "STOPPED") {
        return Err(BadTask::DesiredStatus(task.desired_status));
    }
    let count = task.containers.len();
    if count == 0 || count > MAX_CONTAINERS {
        return Err(BadTask::ContainerCount(count));
    }
    for (at, container) in task.containers.iter().enumerate() {
        let name = &container.name;
        let twice = task.containers[..at].iter().any(|c| &c.name == name);
        if name.is_empty() || name.len() > 255 || twice {
            return Err(BadTask::ContainerName(name.clone()));
        }
    }
    Ok(task)
}

/// The last part of a task's ARN: letters, digits and `-` only, because it becomes part of paths,
/// of cgroup names and of log streams.
pub fn task_id(arn: &str) -> Option<&str> {
    let (head, id) = arn.rsplit_once('/')?;
    let plain = id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    (head.contains(":task") && plain && (8..=64).contains(&id.len())).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str =
        "arn:aws:ecs:us-east-1:000000000000:task/default/0123456789abcdef0123456789abcdef";

    #[test]
    fn credentials_are_neither_stored_nor_printed() {
        let json = format!(
            r#"{{"arn":"{ARN}","desiredStatus":"RUNNING","containers":[{{"name":"a","image":"i"}}],
               "roleCredentials":{{"credentialsId":"id","secretAccessKey":"hush","sessionToken":"hush"}}}}"#
        );
        let task = read_task(&json).unwrap();
        assert_eq!(
            task.role_credentials.as_ref().unwrap().secret_access_key,
            "hush"
        );
        assert!(!format!("{task:?}").contains("hush"));
        assert!(!serde_json::to_string(&task).unwrap().contains("hush"));
    }

    #[test]
    fn null_is_absent() {
        let json = format!(
            r#"{{"arn":"{ARN}","desiredStatus":"STOPPED","volumes":null,"cpu":null,
               "containers":[{{"name":"a","entryPoint":null,"environment":null,"dependsOn":null}}]}}"#
        );
        assert_eq!(read_task(&json).unwrap().containers[0].entry_point, None);
    }

    #[test]
    fn refuses_names_that_could_leave_their_folder() {
        for arn in [
            "",
            "arn:aws:ecs:r:a:task/default/../../x",
            "arn:aws:ecs:r:a:task/c/a.b",
            "task",
        ] {
            assert_eq!(task_id(arn), None, "{arn}");
        }
        assert_eq!(task_id(ARN), Some("0123456789abcdef0123456789abcdef"));
    }

    #[test]
    fn refuses_contradictions() {
        for (json, text) in [
            (
                format!(r#"{{"arn":"{ARN}","desiredStatus":"RUNNING"}}"#),
                "0 containers",
            ),
            (
                format!(r#"{{"arn":"{ARN}","desiredStatus":"PAUSED"}}"#),
                "PAUSED",
            ),
            (
                format!(
                    r#"{{"arn":"{ARN}","desiredStatus":"RUNNING","containers":[{{"name":"a"}},{{"name":"a"}}]}}"#
                ),
                "given twice",
            ),
        ] {
            let error = read_task(&json).unwrap_err().to_string();
            assert!(error.contains(text), "{error}");
        }
    }
}
