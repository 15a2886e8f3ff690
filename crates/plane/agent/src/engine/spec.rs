//! What the engine needs to know of a task, checked and indexed once from its payload.

use std::{collections::BTreeMap, time::Duration};

use wharf_base::cpu::UNITS_OF_A_CORE;

use super::graph;
use crate::protocol::payload::{Container, Task};

/// How long a container may take to stop when its definition does not say (§5).
pub const DEFAULT_STOP_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a container must have run before its restart policy applies (ecs.md §3).
const DEFAULT_RESTART_PERIOD: Duration = Duration::from_secs(300);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NetworkMode {
    Awsvpc,
    Bridge,
    Host,
    None,
}

/// When a container may start, as far as another is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    Start,
    Complete,
    Success,
    Healthy,
}

/// A container that must come first, by its index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dependency {
    pub on: usize,
    pub condition: Condition,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restart {
    pub ignored_exit_codes: Vec<i32>,
    /// A container that ran for less is not restarted.
    pub period: Duration,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerSpec {
    pub name: String,
    pub essential: bool,
    pub depends_on: Vec<Dependency>,
    /// Containers that depend on this one, whatever the condition.
    pub dependents: Vec<usize>,
    /// How long dependents wait for it after its start.
    pub start_timeout: Option<Duration>,
    pub stop_timeout: Duration,
    pub restart: Option<Restart>,
    pub has_health_check: bool,
}

/// Claims on the host, for FIFO admission.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Claims {
    /// 1024ths of a core.
    pub cpu: u64,
    /// MiB
    pub memory: u64,
    /// (port, is UDP) on the host's own addresses.
    pub ports: Vec<(u16, bool)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spec {
    pub network: NetworkMode,
    /// The first to start, whose process or IPC namespace the others share where the task says so.
    pub first: usize,
    pub containers: Vec<ContainerSpec>,
    pub claims: Claims,
}

/// A task whose parts contradict each other. It is reported STOPPED with this text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadSpec {
    #[error("TaskDependencyError: Task dependencies cannot be resolved, taskArn: {0}")]
    Dependencies(String),
    #[error("ContainerNetworkingError: unknown network mode `{0}`")]
    NetworkMode(String),
    #[error("ContainerNetworkingError: network mode awsvpc without an elastic network interface")]
    NoInterface,
}

impl Spec {
    /// # Errors
    /// See [`BadSpec`].
    pub fn of(task: &Task) -> Result<Self, BadSpec> {
        let network = network_mode(task)?;
        let unresolved = || BadSpec::Dependencies(task.arn.clone());
        let index: BTreeMap<&str, usize> = task
            .containers
            .iter()
            .enumerate()
            .map(|(at, c)| (c.name.as_str(), at))
            .collect();
        let mut containers = Vec::with_capacity(task.containers.len());
        for container in &task.containers {
            let depends_on = dependencies(container, &index).ok_or_else(unresolved)?;
            containers.push(container_spec(container, depends_on));
        }
        let edges = |containers: &[ContainerSpec]| -> Vec<Vec<usize>> {
            containers
                .iter()
                .map(|c| c.depends_on.iter().map(|d| d.on).collect())
                .collect()
        };
        let order = graph::order(&edges(&containers)).ok_or_else(unresolved)?;
        let first = order.first().copied().unwrap_or_default();
        if task.pid_mode == "task" || task.ipc_mode == "task" {
            follow(first, &mut containers);
        }
        let edges = edges(&containers);
        for (at, before) in edges.iter().enumerate() {
            for on in before {
                if !containers[*on].dependents.contains(&at) {
                    containers[*on].dependents.push(at);
                }
            }
        }
        Ok(Self {
            network,
            first,
            containers,
            claims: claims(task, network),
        })
    }
}

/// Lets everyone else start after `first`, which depends on nobody.
fn follow(first: usize, containers: &mut [ContainerSpec]) {
    for (at, container) in containers.iter_mut().enumerate() {
        if at != first && !container.depends_on.iter().any(|d| d.on == first) {
            container.depends_on.push(Dependency {
                on: first,
                condition: Condition::Start,
            });
        }
    }
}

fn network_mode(task: &Task) -> Result<NetworkMode, BadSpec> {
    let mode = match task.network_mode.as_str() {
        "awsvpc" => NetworkMode::Awsvpc,
        "host" => NetworkMode::Host,
        "none" => NetworkMode::None,
        "bridge" | "default" => NetworkMode::Bridge,
        // An empty mode with an interface can only mean awsvpc (older control planes).
        "" if !task.elastic_network_interfaces.is_empty() => NetworkMode::Awsvpc,
        "" => NetworkMode::Bridge,
        other => return Err(BadSpec::NetworkMode(other.to_owned())),
    };
    if mode == NetworkMode::Awsvpc && task.elastic_network_interfaces.is_empty() {
        return Err(BadSpec::NoInterface);
    }
    Ok(mode)
}

/// `dependsOn`, and what `links` and `volumesFrom` imply; `None` for an unknown name or condition.
fn dependencies(container: &Container, index: &BTreeMap<&str, usize>) -> Option<Vec<Dependency>> {
    let mut found: Vec<Dependency> = Vec::new();
    for wanted in &container.depends_on {
        let condition = match wanted.condition.as_str() {
            "START" => Condition::Start,
            "COMPLETE" => Condition::Complete,
            "SUCCESS" => Condition::Success,
            "HEALTHY" => Condition::Healthy,
            _ => return None,
        };
        found.push(Dependency {
            on: *index.get(wanted.container_name.as_str())?,
            condition,
        });
    }
    let links = container
        .links
        .iter()
        .map(|link| link.split(':').next().unwrap_or_default());
    let volumes = container
        .volumes_from
        .iter()
        .map(|v| v.source_container.as_str());
    for name in links.chain(volumes) {
        let on = *index.get(name)?;
        if !found.iter().any(|d| d.on == on) {
            found.push(Dependency {
                on,
                condition: Condition::Start,
            });
        }
    }
    Some(found)
}

fn container_spec(container: &Container, depends_on: Vec<Dependency>) -> ContainerSpec {
    let seconds = |n: u64| (n > 0).then(|| Duration::from_secs(n));
    ContainerSpec {
        name: container.name.clone(),
        essential: container.essential,
        depends_on,
        dependents: Vec::new(),
        start_timeout: seconds(container.start_timeout),
        stop_timeout: seconds(container.stop_timeout).unwrap_or(DEFAULT_STOP_TIMEOUT),
        restart: container
            .restart_policy
            .as_ref()
            .filter(|p| p.enabled)
            .map(|policy| Restart {
                ignored_exit_codes: policy.ignored_exit_codes.clone(),
                period: seconds(policy.restart_attempt_period).unwrap_or(DEFAULT_RESTART_PERIOD),
            }),
        has_health_check: container.health_check_type == "docker",
    }
}

/// The task's own limits where it has them, else the sums over its containers.
fn claims(task: &Task, network: NetworkMode) -> Claims {
    let sum =
        |of: fn(&Container) -> u64| task.containers.iter().map(of).fold(0, u64::saturating_add);
    let cpu = if task.cpu > 0.0 {
        (task.cpu * f64::from(UNITS_OF_A_CORE)) as u64
    } else {
        sum(|c| c.cpu)
    };
    let memory = match u64::try_from(task.memory) {
        Ok(memory) if memory > 0 => memory,
        _ => task
            .containers
            .iter()
            .map(reserved_memory)
            .fold(0, u64::saturating_add),
    };
    let on_host = matches!(network, NetworkMode::Bridge | NetworkMode::Host);
    let mut ports = Vec::new();
    for mapping in task
        .containers
        .iter()
        .flat_map(|c| &c.port_mappings)
        .filter(|_| on_host)
    {
        let port = if network == NetworkMode::Host {
            mapping.container_port
        } else {
            mapping.host_port
        };
        let claim = (port, mapping.protocol == "udp");
        // Port 0 is chosen on the host and can never collide.
        if port != 0 && !ports.contains(&claim) {
            ports.push(claim);
        }
    }
    Claims { cpu, memory, ports }
}

/// What the scheduler counted: the reservation if there is one, else the limit (ecs.md §6).
fn reserved_memory(container: &Container) -> u64 {
    let reservation = crate::protocol::docker::read(container.docker_config.as_ref())
        .map_or(0, |engine| engine.host.memory_reservation >> 20);
    if reservation > 0 {
        reservation
    } else {
        container.memory
    }
}
