//! The Engine API documents inside `dockerConfig`, as far as task definitions can fill them.
//!
//! They are decoded over the agent's own values, so what they say wins (§2).

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{nullable, payload::DockerConfig};

/// `dockerConfig.config`
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Config {
    #[serde(deserialize_with = "nullable")]
    pub user: String,
    #[serde(deserialize_with = "nullable")]
    pub working_dir: String,
    #[serde(deserialize_with = "nullable")]
    pub hostname: String,
    #[serde(deserialize_with = "nullable")]
    pub labels: BTreeMap<String, String>,
    #[serde(deserialize_with = "nullable")]
    pub tty: bool,
    #[serde(deserialize_with = "nullable")]
    pub open_stdin: bool,
    #[serde(deserialize_with = "nullable")]
    pub network_disabled: bool,
    pub healthcheck: Option<Healthcheck>,
}

/// Times are nanoseconds.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Healthcheck {
    #[serde(deserialize_with = "nullable")]
    pub test: Vec<String>,
    #[serde(deserialize_with = "nullable")]
    pub interval: u64,
    #[serde(deserialize_with = "nullable")]
    pub timeout: u64,
    #[serde(deserialize_with = "nullable")]
    pub retries: u32,
    #[serde(deserialize_with = "nullable")]
    pub start_period: u64,
}

/// `dockerConfig.hostConfig`
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct HostConfig {
    #[serde(deserialize_with = "nullable")]
    pub network_mode: String,
    #[serde(deserialize_with = "nullable")]
    pub log_config: LogConfig,
    /// Bytes.
    #[serde(deserialize_with = "nullable")]
    pub memory_reservation: u64,
    /// Bytes of memory and swap together; 0 is unset, and what would be unlimited is refused.
    #[serde(deserialize_with = "nullable")]
    pub memory_swap: i64,
    pub memory_swappiness: Option<u64>,
    #[serde(deserialize_with = "nullable")]
    pub cap_add: Vec<String>,
    #[serde(deserialize_with = "nullable")]
    pub cap_drop: Vec<String>,
    #[serde(deserialize_with = "nullable")]
    pub privileged: bool,
    #[serde(deserialize_with = "nullable")]
    pub readonly_rootfs: bool,
    #[serde(deserialize_with = "nullable")]
    pub ulimits: Vec<Ulimit>,
    #[serde(deserialize_with = "nullable")]
    pub dns: Vec<String>,
    #[serde(deserialize_with = "nullable")]
    pub dns_search: Vec<String>,
    /// `name:address`
    #[serde(deserialize_with = "nullable")]
    pub extra_hosts: Vec<String>,
    #[serde(deserialize_with = "nullable")]
    pub security_opt: Vec<String>,
    #[serde(deserialize_with = "nullable")]
    pub devices: Vec<Device>,
    /// Path → comma separated mount options.
    #[serde(deserialize_with = "nullable")]
    pub tmpfs: BTreeMap<String, String>,
    /// Bytes.
    #[serde(deserialize_with = "nullable")]
    pub shm_size: u64,
    pub init: Option<bool>,
    #[serde(deserialize_with = "nullable")]
    pub sysctls: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct LogConfig {
    #[serde(deserialize_with = "nullable")]
    pub r#type: String,
    #[serde(deserialize_with = "nullable")]
    pub config: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Ulimit {
    #[serde(deserialize_with = "nullable")]
    pub name: String,
    #[serde(deserialize_with = "nullable")]
    pub soft: i64,
    #[serde(deserialize_with = "nullable")]
    pub hard: i64,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Device {
    #[serde(deserialize_with = "nullable")]
    pub path_on_host: String,
    #[serde(deserialize_with = "nullable")]
    pub path_in_container: String,
    /// Any of `r`, `w`, `m`.
    #[serde(deserialize_with = "nullable")]
    pub cgroup_permissions: String,
}

/// The two documents of one container, decoded.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Engine {
    pub config: Config,
    pub host: HostConfig,
}

/// One of the two documents is not what the Engine API takes.
#[derive(Debug, thiserror::Error)]
#[error("dockerConfig.{member}: {source}")]
pub struct BadDockerConfig {
    pub member: &'static str,
    pub source: serde_json::Error,
}

/// Decodes both documents; an absent one is the default.
///
/// # Errors
/// A document that is no JSON object of the Engine API's form.
pub fn read(documents: Option<&DockerConfig>) -> Result<Engine, BadDockerConfig> {
    fn one<T: Default + for<'a> Deserialize<'a>>(
        member: &'static str,
        text: &str,
    ) -> Result<T, BadDockerConfig> {
        if text.trim().is_empty() {
            return Ok(T::default());
        }
        let read: Option<T> =
            serde_json::from_str(text).map_err(|source| BadDockerConfig { member, source })?;
        Ok(read.unwrap_or_default())
    }
    let Some(documents) = documents else {
        return Ok(Engine::default());
    };
    Ok(Engine {
        config: one("config", &documents.config)?,
        host: one("hostConfig", &documents.host_config)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_a_control_plane_writes() {
        let engine = read(Some(&DockerConfig {
            config: r#"{"User":"1000:1000","Healthcheck":{"Test":["CMD","true"],"Interval":5000000000},"X":1}"#
                .into(),
            host_config: r#"{"NetworkMode":"bridge","CapAdd":null,"LogConfig":{"Type":"awslogs","Config":{"awslogs-group":"g"}},"Ulimits":[{"Name":"nofile","Soft":10,"Hard":20}]}"#
                .into(),
            version: "1.24".into(),
        }))
        .unwrap();
        assert_eq!(engine.config.user, "1000:1000");
        assert_eq!(engine.config.healthcheck.unwrap().interval, 5_000_000_000);
        assert_eq!(engine.host.log_config.config["awslogs-group"], "g");
        assert_eq!(engine.host.ulimits[0].hard, 20);
        assert!(engine.host.cap_add.is_empty());
    }

    #[test]
    fn names_the_document_that_is_wrong() {
        let bad = DockerConfig {
            host_config: "[".into(),
            ..DockerConfig::default()
        };
        assert!(
            read(Some(&bad))
                .unwrap_err()
                .to_string()
                .starts_with("dockerConfig.hostConfig")
        );
    }
}
