//! A pod as the API describes it, as far as the node acts on it. What is read here and not done is refused by name
//! ([`crate::refused`]).

mod container;
mod volume;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Deserializer};
use serde_json::Value;

pub use self::{
    container::{
        CapabilityChange, Container, EnvFrom, EnvSource, EnvVar, ExecAction, FieldRef, Grpc,
        Handler, HttpGet, HttpHeader, KeyRef, Lifecycle, Port, Probe, ResizePolicy,
        ResourceFieldRef, Resources, Security, Sleep, SourceRef, TcpSocket, VolumeDevice,
        VolumeMount,
    },
    volume::{
        ClaimSource, ConfigMapSource, DownwardFile, DownwardFiles, EmptyDir, HostPath, KeyToPath,
        Projected, Projection, SecretSource, TokenSource, Volume,
    },
};

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Pod {
    #[serde(deserialize_with = "or_default")]
    pub metadata: Metadata,
    #[serde(deserialize_with = "or_default")]
    pub spec: PodSpec,
    /// As it was last written, by this node or by others.
    #[serde(deserialize_with = "or_default")]
    pub status: Value,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Metadata {
    pub name: String,
    pub namespace: String,
    pub uid: String,
    pub generation: Option<i64>,
    #[serde(deserialize_with = "or_default")]
    pub labels: BTreeMap<String, String>,
    #[serde(deserialize_with = "or_default")]
    pub annotations: BTreeMap<String, String>,
    pub deletion_timestamp: Option<String>,
    pub deletion_grace_period_seconds: Option<i64>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodSpec {
    #[serde(deserialize_with = "or_default")]
    pub containers: Vec<Container>,
    #[serde(deserialize_with = "or_default")]
    pub init_containers: Vec<Container>,
    #[serde(deserialize_with = "or_default")]
    pub ephemeral_containers: Vec<Container>,
    #[serde(deserialize_with = "or_default")]
    pub volumes: Vec<Volume>,
    #[serde(deserialize_with = "or_default")]
    pub restart_policy: RestartPolicy,
    pub termination_grace_period_seconds: Option<i64>,
    pub active_deadline_seconds: Option<i64>,
    pub dns_policy: Option<String>,
    pub dns_config: Option<DnsConfig>,
    pub service_account_name: Option<String>,
    pub node_name: Option<String>,
    #[serde(deserialize_with = "or_default")]
    pub host_network: bool,
    #[serde(rename = "hostPID", deserialize_with = "or_default")]
    pub host_pid: bool,
    #[serde(rename = "hostIPC", deserialize_with = "or_default")]
    pub host_ipc: bool,
    pub host_users: Option<bool>,
    #[serde(deserialize_with = "or_default")]
    pub share_process_namespace: bool,
    #[serde(deserialize_with = "or_default")]
    pub security_context: PodSecurity,
    #[serde(deserialize_with = "or_default")]
    pub image_pull_secrets: Vec<NameRef>,
    pub hostname: Option<String>,
    /// Stands in place of every other name, of which those of DNS know nothing.
    pub hostname_override: Option<String>,
    pub subdomain: Option<String>,
    #[serde(rename = "setHostnameAsFQDN", deserialize_with = "or_default")]
    pub set_hostname_as_fqdn: bool,
    #[serde(deserialize_with = "or_default")]
    pub host_aliases: Vec<HostAlias>,
    pub runtime_class_name: Option<String>,
    #[serde(deserialize_with = "or_default")]
    pub enable_service_links: Option<bool>,
    #[serde(deserialize_with = "or_default")]
    pub resource_claims: Vec<Value>,
    /// What its containers have together.
    #[serde(deserialize_with = "or_default")]
    pub resources: Resources,
    #[serde(deserialize_with = "or_default")]
    pub readiness_gates: Vec<ReadinessGate>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub enum RestartPolicy {
    #[default]
    Always,
    OnFailure,
    Never,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DnsConfig {
    #[serde(deserialize_with = "or_default")]
    pub nameservers: Vec<String>,
    #[serde(deserialize_with = "or_default")]
    pub searches: Vec<String>,
    #[serde(deserialize_with = "or_default")]
    pub options: Vec<DnsOption>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct DnsOption {
    pub name: String,
    pub value: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HostAlias {
    pub ip: String,
    #[serde(deserialize_with = "or_default")]
    pub hostnames: Vec<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ReadinessGate {
    pub condition_type: String,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct NameRef {
    pub name: String,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodSecurity {
    pub run_as_user: Option<i64>,
    pub run_as_group: Option<i64>,
    pub run_as_non_root: Option<bool>,
    pub fs_group: Option<u32>,
    pub fs_group_change_policy: Option<String>,
    #[serde(deserialize_with = "or_default")]
    pub supplemental_groups: Vec<u32>,
    pub supplemental_groups_policy: Option<String>,
    #[serde(deserialize_with = "or_default")]
    pub sysctls: Vec<Sysctl>,
    pub seccomp_profile: Option<Profile>,
    pub app_armor_profile: Option<Profile>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Sysctl {
    pub name: String,
    pub value: String,
}

impl Sysctl {
    /// Its name with dots between its parts, where slashes may be as well: whichever comes first is what divides them.
    pub fn dotted(&self) -> String {
        match self.name.find(['.', '/']) {
            Some(at) if self.name[at..].starts_with('/') => {
                let other = |it: char| match it {
                    '/' => '.',
                    '.' => '/',
                    it => it,
                };
                self.name.chars().map(other).collect()
            }
            _ => self.name.clone(),
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Profile {
    #[serde(rename = "type")]
    pub kind: String,
    /// A file of the node's, for one of type `Localhost`.
    #[serde(rename = "localhostProfile")]
    pub file: Option<String>,
}

/// Of one pod; nobody has more.
const MOST_CONTAINERS: usize = 64;
const MOST_VOLUMES: usize = 128;
/// ConfigMaps and Secrets: each is watched.
const MOST_REFERENCES: usize = 256;

/// A pod that cannot be one.
#[derive(Debug, thiserror::Error)]
pub enum BadPod {
    #[error("the pod cannot be read: {0}")]
    Shape(#[from] serde_json::Error),
    #[error("{0} has a name that it cannot have, or that another has")]
    Name(String),
    #[error("the pod has {count} {what}; a node takes at most {most}")]
    TooMany {
        what: &'static str,
        count: usize,
        most: usize,
    },
}

/// Less than nothing counts as one, as upstream has it.
pub fn seconds(told: i64) -> u64 {
    u64::try_from(told).unwrap_or(1)
}

fn is_label(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=63).contains(&name.len()) && name.bytes().all(plain)
}

/// Members may be there and say `null`.
fn or_default<'de, D, T>(from: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::<T>::deserialize(from)?.unwrap_or_default())
}

impl Pod {
    /// # Errors
    /// It is none that an API server which checks would hold. This one may be anybody's, and names become those of folders.
    pub fn read(value: &Value) -> Result<Self, BadPod> {
        let pod = Self::deserialize(value)?;
        let bad = |what: &str, name: &str| BadPod::Name(format!("{what} {name:?}"));
        let mut seen = BTreeSet::new();
        for container in pod.all_containers().chain(&pod.spec.ephemeral_containers) {
            if !is_label(&container.name) || !seen.insert(&container.name) {
                return Err(bad("the container", &container.name));
            }
        }
        let mut seen = BTreeSet::new();
        for volume in &pod.spec.volumes {
            if !is_label(&volume.name) || !seen.insert(&volume.name) {
                return Err(bad("the volume", &volume.name));
            }
        }
        let counts = [
            ("containers", pod.all_containers().count(), MOST_CONTAINERS),
            ("volumes", pod.spec.volumes.len(), MOST_VOLUMES),
            (
                "references",
                crate::objects::references(&pod).len(),
                MOST_REFERENCES,
            ),
        ];
        match counts.into_iter().find(|(_, count, most)| count > most) {
            Some((what, count, most)) => Err(BadPod::TooMany { what, count, most }),
            None => Ok(pod),
        }
    }

    /// What of a pod that cannot be read is needed to tell of it and to end it.
    pub fn unreadable(value: &Value) -> Self {
        let text = |name: &str| {
            value["metadata"][name]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        };
        Self {
            metadata: Metadata {
                name: text("name"),
                namespace: text("namespace"),
                uid: text("uid"),
                deletion_timestamp: Some(text("deletionTimestamp")).filter(|it| !it.is_empty()),
                ..Metadata::default()
            },
            status: value["status"].clone(),
            ..Self::default()
        }
    }

    /// `NAMESPACE/NAME`
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.metadata.namespace, self.metadata.name)
    }

    pub fn is_deleted(&self) -> bool {
        self.metadata.deletion_timestamp.is_some()
    }

    /// How long its containers have to end once it is deleted.
    pub fn grace_seconds(&self) -> u64 {
        const DEFAULT: i64 = 30;
        let wanted = self.metadata.deletion_grace_period_seconds;
        let wanted = wanted
            .or(self.spec.termination_grace_period_seconds)
            .unwrap_or(DEFAULT);
        seconds(wanted)
    }

    /// Init containers, then the others.
    pub fn all_containers(&self) -> impl Iterator<Item = &Container> {
        self.spec
            .init_containers
            .iter()
            .chain(&self.spec.containers)
    }

    /// Of all sorts.
    pub fn container(&self, name: &str) -> Option<&Container> {
        let ephemeral = &self.spec.ephemeral_containers;
        let mut all = self.all_containers().chain(ephemeral);
        all.find(|it| it.name == name)
    }

    pub fn is_ephemeral(&self, name: &str) -> bool {
        let ephemeral = &self.spec.ephemeral_containers;
        ephemeral.iter().any(|it| it.name == name)
    }

    /// Where a container is in the pod, as events name it.
    pub fn path_of(&self, container: &str) -> String {
        let is_among = |all: &[Container]| all.iter().any(|it| it.name == container);
        let list = if is_among(&self.spec.init_containers) {
            "initContainers"
        } else if is_among(&self.spec.ephemeral_containers) {
            "ephemeralContainers"
        } else {
            "containers"
        };
        format!("spec.{list}{{{container}}}")
    }

    pub fn volume(&self, name: &str) -> Option<&Volume> {
        self.spec.volumes.iter().find(|it| it.name == name)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_that_could_be_paths_are_none() {
        let of = |spec: Value| Pod::read(&json!({"metadata": {"name": "p"}, "spec": spec}));
        assert!(of(json!({"containers": [{"name": "a"}], "volumes": [{"name": "v"}]})).is_ok());
        for spec in [
            json!({"volumes": [{"name": "/"}]}),
            json!({"volumes": [{"name": "a/b"}]}),
            json!({"volumes": [{"name": ".."}]}),
            json!({"volumes": [{"name": "a"}, {"name": "a"}]}),
            json!({"containers": [{"name": "../x"}]}),
            json!({"containers": [{"name": "a"}], "initContainers": [{"name": "a"}]}),
            json!({"volumes": (0..200).map(|it| json!({"name": format!("v{it}")})).collect::<Vec<_>>()}),
        ] {
            assert!(of(spec.clone()).is_err(), "{spec}");
        }
    }

    #[test]
    fn less_than_nothing_is_one_second() {
        let pod = Pod::read(&json!({"spec": {"terminationGracePeriodSeconds": -1}})).unwrap();
        assert_eq!(pod.grace_seconds(), 1);
    }
}
