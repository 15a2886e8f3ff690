//! A container of a pod, as the API describes it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::{Profile, RestartPolicy, or_default};

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Container {
    pub name: String,
    pub image: String,
    pub image_pull_policy: Option<String>,
    #[serde(deserialize_with = "or_default")]
    pub command: Vec<String>,
    #[serde(deserialize_with = "or_default")]
    pub args: Vec<String>,
    pub working_dir: Option<String>,
    #[serde(deserialize_with = "or_default")]
    pub ports: Vec<Port>,
    #[serde(deserialize_with = "or_default")]
    pub env: Vec<EnvVar>,
    #[serde(deserialize_with = "or_default")]
    pub env_from: Vec<EnvFrom>,
    #[serde(deserialize_with = "or_default")]
    pub resources: Resources,
    #[serde(deserialize_with = "or_default")]
    pub resize_policy: Vec<ResizePolicy>,
    #[serde(deserialize_with = "or_default")]
    pub volume_mounts: Vec<VolumeMount>,
    #[serde(deserialize_with = "or_default")]
    pub volume_devices: Vec<VolumeDevice>,
    pub liveness_probe: Option<Probe>,
    pub readiness_probe: Option<Probe>,
    pub startup_probe: Option<Probe>,
    pub lifecycle: Option<Lifecycle>,
    #[serde(deserialize_with = "or_default")]
    pub security_context: Security,
    #[serde(deserialize_with = "or_default")]
    pub stdin: bool,
    #[serde(deserialize_with = "or_default")]
    pub stdin_once: bool,
    #[serde(deserialize_with = "or_default")]
    pub tty: bool,
    pub termination_message_path: Option<String>,
    pub termination_message_policy: Option<String>,
    /// `Always` makes an init container one that stays beside the others.
    pub restart_policy: Option<RestartPolicy>,
    #[serde(deserialize_with = "or_default")]
    pub restart_policy_rules: Vec<Value>,
    /// Whose processes an ephemeral container sees.
    pub target_container_name: Option<String>,
}

impl Container {
    /// Whether an init container stays beside the others.
    pub fn is_sidecar(&self) -> bool {
        self.restart_policy == Some(RestartPolicy::Always)
    }
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Port {
    pub name: Option<String>,
    pub container_port: u16,
    pub host_port: Option<u16>,
    #[serde(rename = "hostIP")]
    pub host_ip: Option<String>,
    pub protocol: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EnvVar {
    pub name: String,
    pub value: Option<String>,
    pub value_from: Option<EnvSource>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EnvSource {
    pub field_ref: Option<FieldRef>,
    pub resource_field_ref: Option<ResourceFieldRef>,
    pub config_map_key_ref: Option<KeyRef>,
    pub secret_key_ref: Option<KeyRef>,
    pub file_key_ref: Option<Value>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FieldRef {
    pub field_path: String,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ResourceFieldRef {
    pub container_name: Option<String>,
    pub resource: String,
    pub divisor: Option<Value>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct KeyRef {
    pub name: String,
    pub key: String,
    #[serde(deserialize_with = "or_default")]
    pub optional: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EnvFrom {
    #[serde(deserialize_with = "or_default")]
    pub prefix: String,
    pub config_map_ref: Option<SourceRef>,
    pub secret_ref: Option<SourceRef>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SourceRef {
    pub name: String,
    #[serde(deserialize_with = "or_default")]
    pub optional: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Resources {
    #[serde(deserialize_with = "or_default")]
    pub limits: BTreeMap<String, Value>,
    #[serde(deserialize_with = "or_default")]
    pub requests: BTreeMap<String, Value>,
    #[serde(deserialize_with = "or_default")]
    pub claims: Vec<Value>,
}

impl Resources {
    /// As the API has them; null where there are none.
    pub fn to_value(&self) -> Value {
        let mut value = serde_json::Map::new();
        for (name, all) in [("limits", &self.limits), ("requests", &self.requests)] {
            if !all.is_empty() {
                let all = all.iter().map(|(name, it)| (name.clone(), it.clone()));
                value.insert(name.to_owned(), Value::Object(all.collect()));
            }
        }
        match value.is_empty() {
            true => Value::Null,
            false => Value::Object(value),
        }
    }
}

/// What a container needs for a change of one of its resources.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ResizePolicy {
    pub resource_name: String,
    pub restart_policy: String,
}

impl Container {
    /// Whether it has to begin anew to have what it asks for, after what it had.
    pub fn restarts_for(&self, had: &Resources) -> bool {
        let differs = |name: &str| {
            let now = &self.resources;
            now.limits.get(name) != had.limits.get(name)
                || now.requests.get(name) != had.requests.get(name)
        };
        let mut policies = self.resize_policy.iter();
        policies.any(|it| it.restart_policy == "RestartContainer" && differs(&it.resource_name))
    }
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VolumeMount {
    pub name: String,
    pub mount_path: String,
    #[serde(deserialize_with = "or_default")]
    pub read_only: bool,
    pub sub_path: Option<String>,
    pub sub_path_expr: Option<String>,
    pub mount_propagation: Option<String>,
    pub recursive_read_only: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VolumeDevice {
    pub name: String,
    pub device_path: String,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Security {
    pub run_as_user: Option<i64>,
    pub run_as_group: Option<i64>,
    pub run_as_non_root: Option<bool>,
    pub privileged: Option<bool>,
    pub allow_privilege_escalation: Option<bool>,
    pub read_only_root_filesystem: Option<bool>,
    pub capabilities: Option<CapabilityChange>,
    pub seccomp_profile: Option<Profile>,
    pub app_armor_profile: Option<Profile>,
    pub proc_mount: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct CapabilityChange {
    #[serde(deserialize_with = "or_default")]
    pub add: Vec<String>,
    #[serde(deserialize_with = "or_default")]
    pub drop: Vec<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Probe {
    #[serde(flatten)]
    pub handler: Handler,
    pub initial_delay_seconds: Option<u32>,
    pub timeout_seconds: Option<u32>,
    pub period_seconds: Option<u32>,
    pub success_threshold: Option<u32>,
    pub failure_threshold: Option<u32>,
    pub termination_grace_period_seconds: Option<i64>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Lifecycle {
    pub post_start: Option<Handler>,
    pub pre_stop: Option<Handler>,
    pub stop_signal: Option<String>,
}

/// What a probe or a hook does: one of these.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Handler {
    pub exec: Option<ExecAction>,
    pub http_get: Option<HttpGet>,
    pub tcp_socket: Option<TcpSocket>,
    pub grpc: Option<Grpc>,
    pub sleep: Option<Sleep>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct ExecAction {
    #[serde(deserialize_with = "or_default")]
    pub command: Vec<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HttpGet {
    #[serde(deserialize_with = "or_default")]
    pub path: String,
    pub port: Value,
    pub host: Option<String>,
    pub scheme: Option<String>,
    #[serde(deserialize_with = "or_default")]
    pub http_headers: Vec<HttpHeader>,
}

impl HttpGet {
    pub fn is_over_tls(&self) -> bool {
        let scheme = self.scheme.as_deref();
        scheme.is_some_and(|it| it.eq_ignore_ascii_case("https"))
    }
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct HttpHeader {
    pub name: String,
    pub value: String,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct TcpSocket {
    pub port: Value,
    pub host: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Grpc {
    pub port: u16,
    pub service: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Sleep {
    pub seconds: u64,
}
