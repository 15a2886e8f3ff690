//! Becoming a container instance (§1): what the machine is and has, and where the control plane
//! wants to be spoken to.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use tokio::time::sleep;
use wharf_api_ecs::{
    Attribute, DiscoverPollEndpointRequest, DiscoverPollEndpointResponse,
    RegisterContainerInstanceRequest, RegisterContainerInstanceResponse, Resource,
    schema::SERVICE as ECS,
};

use wharf_base::{Backoff, cpu::UNITS_OF_A_CORE, image_index::LEVEL};
use wharf_container::image;
use wharf_durable::Taker;

use super::NodeError;
use crate::{
    allow::Allow,
    client::{Api, ConnectError, Endpoint, websocket::SocketError},
    config::{NodeConfig, reserve_of},
    engine::admission::HostCapacity,
};

/// What this agent can do, beside custom attributes. Name-only attributes.
const CAPABILITIES: &[&str] = &[
    "com.amazonaws.ecs.capability.docker-remote-api.1.17",
    "com.amazonaws.ecs.capability.docker-remote-api.1.18",
    "com.amazonaws.ecs.capability.docker-remote-api.1.19",
    "com.amazonaws.ecs.capability.docker-remote-api.1.20",
    "com.amazonaws.ecs.capability.docker-remote-api.1.21",
    "com.amazonaws.ecs.capability.docker-remote-api.1.22",
    "com.amazonaws.ecs.capability.docker-remote-api.1.23",
    "com.amazonaws.ecs.capability.docker-remote-api.1.24",
    "com.amazonaws.ecs.capability.docker-remote-api.1.25",
    "com.amazonaws.ecs.capability.docker-remote-api.1.28",
    "com.amazonaws.ecs.capability.docker-remote-api.1.29",
    "com.amazonaws.ecs.capability.docker-remote-api.1.30",
    "com.amazonaws.ecs.capability.docker-remote-api.1.32",
    "com.amazonaws.ecs.capability.logging-driver.awslogs",
    "com.amazonaws.ecs.capability.logging-driver.json-file",
    "com.amazonaws.ecs.capability.logging-driver.none",
    "com.amazonaws.ecs.capability.logging-driver.splunk",
    "com.amazonaws.ecs.capability.ecr-auth",
    "com.amazonaws.ecs.capability.task-iam-role",
    "com.amazonaws.ecs.capability.task-iam-role-network-host",
    "ecs.capability.container-health-check",
    "ecs.capability.container-ordering",
    "ecs.capability.container-restart-policy",
    "ecs.capability.docker-plugin.local",
    "ecs.capability.ecr-endpoint",
    "ecs.capability.env-files.s3",
    "ecs.capability.execute-command",
    "ecs.capability.execution-role-awslogs",
    "ecs.capability.execution-role-ecr-pull",
    "ecs.capability.full-sync",
    "ecs.capability.increased-task-cpu-limit",
    "ecs.capability.network.container-port-range",
    "ecs.capability.pid-ipc-namespace-sharing",
    "ecs.capability.private-registry-authentication.secretsmanager",
    "ecs.capability.secrets.asm.bootstrap.log-driver",
    "ecs.capability.secrets.asm.environment-variables",
    "ecs.capability.secrets.ssm.bootstrap.log-driver",
    "ecs.capability.secrets.ssm.environment-variables",
    "ecs.capability.task-cpu-mem-limit",
    "ecs.capability.task-eni",
    // Takes sessions of ECS Exec over its ACS connection.
    "wharf.execute-command",
    // Keeps what they print, where the cluster says so.
    "wharf.execute-command-logging",
    // Fetches images before a task is there that needs them.
    "wharf.images-ahead",
];

/// As ECS calls it.
pub const ARCHITECTURE: &str = if cfg!(target_arch = "aarch64") {
    "arm64"
} else {
    "x86_64"
};

/// What is registered of the machine.
#[derive(Debug, Clone)]
pub struct Host {
    pub capacity: HostCapacity,
    pub reserved_ports: Vec<u16>,
    pub attributes: Vec<(String, Option<String>)>,
    /// Sent at the first registration only.
    pub custom: BTreeMap<String, String>,
    /// The identity document of an instance of EC2; empty for a machine that is none.
    pub document: String,
}

impl Host {
    /// Looks at the machine.
    ///
    /// # Errors
    /// The kernel does not say how much memory there is.
    pub fn probe(config: &NodeConfig, allow: &Allow) -> Result<Self, NodeError> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from) as u64;
        let memory = wharf_durable::memory(Taker::Groups).ok_or_else(|| {
            NodeError::Host(std::io::Error::other("/proc/meminfo has no MemTotal"))
        })? >> 20;
        let mut attributes = capabilities();
        attributes.extend(allow.attributes());
        let mut custom = config.attributes.clone();
        if !config.identity.instance_name.is_empty() {
            custom
                .entry("ecs.instance-name".to_owned())
                .or_insert_with(|| config.identity.instance_name.clone());
        }
        let granted = config.identity.granted.clone().unwrap_or_default();
        let most = |most: Option<u32>| most.map_or(u64::MAX, u64::from);
        Ok(Self {
            capacity: HostCapacity {
                cpu: units(cores, config.overcommit).min(most(granted.max_cpu)),
                memory: memory
                    .saturating_sub(
                        config
                            .reserved_memory_mib
                            .unwrap_or_else(|| reserve_of(memory)),
                    )
                    .min(most(granted.max_memory)),
            },
            reserved_ports: config.reserved_ports.clone(),
            attributes,
            custom,
            document: String::new(),
        })
    }
}

/// What every node says of itself.
pub fn capabilities() -> Vec<(String, Option<String>)> {
    let names = CAPABILITIES.iter().map(|name| ((*name).to_owned(), None));
    let facts = [
        ("ecs.os-type", "linux"),
        ("ecs.os-family", "LINUX"),
        ("ecs.cpu-architecture", ARCHITECTURE),
        ("ecs.capability.cni-plugin-version", "wharf"),
    ];
    let facts = facts.map(|(name, value)| (name.to_owned(), Some(value.to_owned())));
    // By it is known which image of an index runs here.
    let level = (LEVEL.to_owned(), Some(image::level().to_string()));
    names.chain(facts).chain([level]).collect()
}

/// What tasks may reserve of the cores, in CPU units.
fn units(cores: u64, overcommit: f64) -> u64 {
    (cores as f64 * f64::from(UNITS_OF_A_CORE) * overcommit) as u64
}

/// What the control plane made of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    /// ARN of the container instance.
    pub arn: String,
    /// `i-…`, where the control plane names one.
    pub ec2_instance: Option<String>,
}

/// Registers, again and again while the trouble may pass.
///
/// # Errors
/// [`NodeError::Refused`] if the control plane says no for good, or its answer lacks an attribute
/// that was sent (§1).
pub async fn register(
    api: &Api,
    cluster: &str,
    host: &Host,
    stored: Option<&str>,
) -> Result<Registered, NodeError> {
    let input = request(cluster, host, stored);
    let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(30), 2.0);
    loop {
        let call = api.call::<RegisterContainerInstanceResponse>(
            &ECS,
            "RegisterContainerInstance",
            &input,
        );
        match call.await {
            Ok(answer) => return registered(&input, answer),
            Err(error) if error.is_transient() => {
                tracing::info!(
                    error = &error as &dyn std::error::Error,
                    "not registered yet"
                );
            }
            // On a fresh control plane the server may still be about to create it.
            Err(error) if error.code() == "ClusterNotFoundException" => {
                tracing::info!(cluster, "not registered yet: the cluster does not exist");
            }
            Err(error) => return Err(NodeError::Refused(error.to_string())),
        }
        sleep(backoff.wait()).await;
    }
}

fn request(cluster: &str, host: &Host, stored: Option<&str>) -> RegisterContainerInstanceRequest {
    let integer = |name: &str, value: u64| Resource {
        name: Some(name.to_owned()),
        type_: Some("INTEGER".to_owned()),
        integer_value: Some(i32::try_from(value).unwrap_or(i32::MAX)),
        ..Default::default()
    };
    let ports = |name: &str, ports: &[u16]| Resource {
        name: Some(name.to_owned()),
        type_: Some("STRINGSET".to_owned()),
        string_set_value: Some(ports.iter().map(u16::to_string).collect()),
        ..Default::default()
    };
    let custom = host.custom.iter().filter(|_| stored.is_none());
    let attributes = host
        .attributes
        .iter()
        .cloned()
        .chain(
            custom
                .map(|(name, value)| (name.clone(), Some(value.clone()).filter(|v| !v.is_empty()))),
        )
        .map(|(name, value)| Attribute {
            name: Some(name),
            value,
            ..Default::default()
        });
    RegisterContainerInstanceRequest {
        cluster: Some(cluster.to_owned()),
        container_instance_arn: stored.map(str::to_owned),
        total_resources: Some(vec![
            integer("CPU", host.capacity.cpu),
            integer("MEMORY", host.capacity.memory),
            ports("PORTS", &host.reserved_ports),
            ports("PORTS_UDP", &[]),
        ]),
        attributes: Some(attributes.collect()),
        instance_identity_document: Some(host.document.clone()),
        instance_identity_document_signature: Some(String::new()),
        ..Default::default()
    }
}

fn registered(
    sent: &RegisterContainerInstanceRequest,
    answer: RegisterContainerInstanceResponse,
) -> Result<Registered, NodeError> {
    let refused = |text: &str| NodeError::Refused(text.to_owned());
    let instance = answer
        .container_instance
        .ok_or_else(|| refused("the answer names no instance"))?;
    let echoed: BTreeMap<&str, &str> = instance
        .attributes
        .iter()
        .flatten()
        .map(|a| {
            (
                a.name.as_deref().unwrap_or_default(),
                a.value.as_deref().unwrap_or_default(),
            )
        })
        .collect();
    for attribute in sent.attributes.iter().flatten() {
        let name = attribute.name.as_deref().unwrap_or_default();
        let value = attribute.value.as_deref().unwrap_or_default();
        if echoed.get(name) != Some(&value) {
            return Err(NodeError::Refused(format!(
                "the attribute {name} was not accepted"
            )));
        }
    }
    Ok(Registered {
        arn: instance
            .container_instance_arn
            .ok_or_else(|| refused("the answer names no ARN"))?,
        ec2_instance: instance.ec2_instance_id.filter(|id| !id.is_empty()),
    })
}

/// The two websockets' base URLs.
#[derive(Debug, Clone)]
pub struct Discovered {
    pub acs: String,
    pub telemetry: String,
}

/// Endpoints stay good for half a day; when asking fails, old ones are used again (§1).
const CACHED: Duration = Duration::from_secs(12 * 60 * 60);

#[derive(Debug, Default)]
pub struct EndpointCache {
    /// `None` beside the moment: ask again, but keep this for the case that nobody answers.
    kept: Option<(Option<Instant>, Discovered)>,
}

impl EndpointCache {
    pub async fn get(
        &mut self,
        api: &Api,
        cluster: &str,
        instance: &str,
    ) -> Result<Discovered, SocketError> {
        if let Some((Some(at), found)) = &self.kept
            && at.elapsed() < CACHED
        {
            return Ok(found.clone());
        }
        match discover(api, cluster, instance).await {
            Ok(found) => {
                self.kept = Some((Some(Instant::now()), found.clone()));
                Ok(found)
            }
            Err(error) => self
                .kept
                .as_ref()
                .map(|(_, found)| found.clone())
                .ok_or(error),
        }
    }

    /// What was found led nowhere.
    pub fn doubt(&mut self) {
        if let Some((at, _)) = &mut self.kept {
            *at = None;
        }
    }
}

async fn discover(api: &Api, cluster: &str, instance: &str) -> Result<Discovered, SocketError> {
    let input = DiscoverPollEndpointRequest {
        cluster: Some(cluster.to_owned()),
        container_instance: Some(instance.to_owned()),
    };
    let answer: DiscoverPollEndpointResponse = api
        .call(&ECS, "DiscoverPollEndpoint", &input)
        .await
        .map_err(SocketError::Discovery)?;
    let acs = answer.endpoint.unwrap_or_default();
    let telemetry = answer.telemetry_endpoint.unwrap_or_else(|| acs.clone());
    Ok(Discovered { acs, telemetry })
}

pub fn endpoint(url: &str) -> Result<Endpoint, SocketError> {
    Endpoint::parse(url).map_err(|e| SocketError::Connect(ConnectError::Name(e.to_string())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cores_are_lent_more_than_once_where_that_is_wanted() {
        assert_eq!(
            (units(2, 1.0), units(2, 4.0), units(3, 1.5)),
            (2048, 8192, 4608)
        );
    }

    #[test]
    fn every_attribute_must_come_back() {
        let host = Host {
            capacity: HostCapacity {
                cpu: 1024,
                memory: 10,
            },
            reserved_ports: vec![22],
            attributes: vec![("a".into(), None), ("b".into(), Some("1".into()))],
            custom: BTreeMap::from([("c".into(), "2".into())]),
            document: String::new(),
        };
        let sent = request("default", &host, None);
        let answer = |attributes: Vec<Attribute>| RegisterContainerInstanceResponse {
            container_instance: Some(wharf_api_ecs::ContainerInstance {
                container_instance_arn: Some("arn".into()),
                attributes: Some(attributes),
                ..Default::default()
            }),
        };
        let mut all = sent.attributes.clone().unwrap();
        assert_eq!(all.len(), 3);
        assert_eq!(registered(&sent, answer(all.clone())).unwrap().arn, "arn");
        all.pop();
        assert!(matches!(
            registered(&sent, answer(all)),
            Err(NodeError::Refused(_))
        ));
        assert_eq!(
            request("default", &host, Some("x"))
                .attributes
                .unwrap()
                .len(),
            2,
            "custom once"
        );
    }
}
