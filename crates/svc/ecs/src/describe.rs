//! Records as the API shows them. Pure.

use std::collections::BTreeMap;

use wharf_api_ecs as api;
use wharf_placement::ledger;
use wharf_records::{
    ecs::{
        CapacityProvider, Cluster, Container, Definition, ExecAgent, Health, Instance,
        InstanceStatus, Launch, ServiceStatus, Status, Task,
    },
    hosts::{Ledger, Port, Protocol},
};

use crate::{
    acs::payload::EXEC_AGENT,
    document::{self, BadDocument},
    names,
    ops::managed_providers,
    tags,
    view::Region,
};

pub fn attribute(name: &str, value: Option<&str>) -> api::Attribute {
    api::Attribute {
        name: Some(name.to_owned()),
        value: value.map(str::to_owned),
        ..api::Attribute::default()
    }
}

fn pair(name: &str, value: impl Into<String>) -> api::KeyValuePair {
    api::KeyValuePair {
        name: Some(name.to_owned()),
        value: Some(value.into()),
    }
}

/// What a caller asked to see besides the plain cluster.
#[derive(Debug, Clone, Copy, Default)]
pub struct ClusterParts {
    pub statistics: bool,
    pub settings: bool,
    pub configurations: bool,
    pub attachments: bool,
    pub tags: bool,
}

impl ClusterParts {
    /// Everything a create or update answers with.
    pub const WRITTEN: Self = Self {
        statistics: true,
        settings: true,
        configurations: true,
        attachments: false,
        tags: true,
    };

    pub fn read(include: Option<&Vec<String>>) -> Self {
        let has = |part: &str| include.into_iter().flatten().any(|one| one == part);
        Self {
            statistics: has("STATISTICS"),
            settings: has("SETTINGS"),
            configurations: has("CONFIGURATIONS"),
            attachments: has("ATTACHMENTS"),
            tags: has("TAGS"),
        }
    }
}

/// Tasks and services of a cluster by launch type.
#[derive(Debug, Default)]
struct Counts {
    running: BTreeMap<&'static str, i32>,
    pending: BTreeMap<&'static str, i32>,
    /// Services by launch type.
    active: BTreeMap<&'static str, i32>,
    draining: BTreeMap<&'static str, i32>,
}

impl Counts {
    fn of(region: &Region, cluster: &str) -> Self {
        let mut counts = Self::default();
        for task in region.tasks_of(cluster) {
            match task.last {
                Status::Running => *counts.running.entry(task.launch.as_str()).or_default() += 1,
                Status::Provisioning | Status::Pending | Status::Activating => {
                    *counts.pending.entry(task.launch.as_str()).or_default() += 1;
                }
                _ => {}
            }
        }
        for service in region.services_of(cluster) {
            let revision = service.primary().map(|primary| &primary.revision);
            let launch = revision.map_or("EC2", |revision| revision.launch.as_str());
            match service.status {
                ServiceStatus::Active => *counts.active.entry(launch).or_default() += 1,
                ServiceStatus::Draining => *counts.draining.entry(launch).or_default() += 1,
                ServiceStatus::Inactive => {}
            }
        }
        counts
    }
}

pub fn cluster(
    cluster: &Cluster,
    region: &Region,
    parts: ClusterParts,
) -> Result<api::Cluster, BadDocument> {
    let counts = Counts::of(region, &cluster.name);
    let instances = region.instances_of(&cluster.name);
    let registered = instances
        .filter(|i| i.status != InstanceStatus::Inactive)
        .count();
    let strategy = |item: &wharf_records::ecs::StrategyItem| api::CapacityProviderStrategyItem {
        capacity_provider: Some(item.provider.clone()),
        weight: Some(item.weight),
        base: Some(item.base),
    };
    let setting = |(name, value): &(String, String)| api::ClusterSetting {
        name: Some(name.clone()),
        value: Some(value.clone()),
    };
    let configuration = match &cluster.configuration {
        Some(given) if parts.configurations => Some(document::configuration(given)?),
        _ => None,
    };
    Ok(api::Cluster {
        cluster_arn: Some(cluster.arn.clone()),
        cluster_name: Some(cluster.name.clone()),
        configuration,
        status: Some(cluster.status.as_str().to_owned()),
        registered_container_instances_count: i32::try_from(registered).ok(),
        running_tasks_count: Some(counts.running.values().sum()),
        pending_tasks_count: Some(counts.pending.values().sum()),
        active_services_count: Some(counts.active.values().sum()),
        statistics: Some(if parts.statistics {
            statistics(&counts)
        } else {
            Vec::new()
        }),
        tags: Some(if parts.tags {
            tags::show(&cluster.tags)
        } else {
            Vec::new()
        }),
        settings: Some(match parts.settings {
            true => cluster.settings.iter().map(setting).collect(),
            false => Vec::new(),
        }),
        capacity_providers: Some(cluster.capacity_providers.clone()),
        default_capacity_provider_strategy: Some(
            cluster.default_strategy.iter().map(strategy).collect(),
        ),
        attachments: parts.attachments.then(Vec::new),
        attachments_status: cluster
            .attachments_status
            .filter(|_| parts.attachments)
            .map(|status| status.as_str().to_owned()),
        service_connect_defaults: cluster.service_connect_namespace.as_ref().map(|namespace| {
            api::ClusterServiceConnectDefaults {
                namespace: Some(namespace.clone()),
            }
        }),
    })
}

pub fn provider(record: &CapacityProvider, with_tags: bool) -> api::CapacityProvider {
    if let Some(managed) = &record.managed {
        return api::CapacityProvider {
            cluster: cluster_of(record, &managed.cluster),
            managed_instances_provider: Some(managed_providers::show(managed)),
            type_: Some("MANAGED_INSTANCES".to_owned()),
            ..any_provider(record, with_tags)
        };
    }
    let word = |on: bool| {
        let word = if on { "ENABLED" } else { "DISABLED" };
        Some(word.to_owned())
    };
    let scaling = api::ManagedScaling {
        status: word(record.scaling.enabled),
        target_capacity: Some(record.scaling.target_capacity),
        minimum_scaling_step_size: Some(record.scaling.minimum_step),
        maximum_scaling_step_size: Some(record.scaling.maximum_step),
        instance_warmup_period: Some(record.scaling.warmup),
    };
    api::CapacityProvider {
        auto_scaling_group_provider: Some(api::AutoScalingGroupProvider {
            auto_scaling_group_arn: Some(record.group_arn.clone()),
            managed_scaling: Some(scaling),
            managed_termination_protection: word(record.termination_protection),
            managed_draining: word(record.draining),
        }),
        type_: Some("EC2_AUTOSCALING".to_owned()),
        ..any_provider(record, with_tags)
    }
}

/// What providers of all kinds have.
fn any_provider(record: &CapacityProvider, with_tags: bool) -> api::CapacityProvider {
    api::CapacityProvider {
        capacity_provider_arn: Some(record.arn.clone()),
        name: Some(record.name.clone()),
        status: Some(record.status.as_str().to_owned()),
        update_status: record.update.map(|update| update.as_str().to_owned()),
        update_status_reason: record.update_reason.clone(),
        tags: Some(match with_tags {
            true => tags::show(&record.tags),
            false => Vec::new(),
        }),
        ..api::CapacityProvider::default()
    }
}

/// ARN of the cluster that a provider was made for.
fn cluster_of(record: &CapacityProvider, cluster: &str) -> Option<String> {
    let place = names::place_of(&record.arn)?;
    Some(place.cluster(cluster))
}

fn statistics(counts: &Counts) -> Vec<api::KeyValuePair> {
    let launches = [
        ("EC2", "EC2"),
        ("FARGATE", "Fargate"),
        ("EXTERNAL", "External"),
    ];
    let count = |table: &BTreeMap<&str, i32>, launch| table.get(launch).copied().unwrap_or(0);
    let mut rows = Vec::new();
    for (launch, word) in launches {
        let running = count(&counts.running, launch).to_string();
        rows.push(pair(&format!("running{word}TasksCount"), running));
        let pending = count(&counts.pending, launch).to_string();
        rows.push(pair(&format!("pending{word}TasksCount"), pending));
    }
    for (launch, word) in launches {
        let active = count(&counts.active, launch).to_string();
        rows.push(pair(&format!("active{word}ServiceCount"), active));
        let draining = count(&counts.draining, launch).to_string();
        rows.push(pair(&format!("draining{word}ServiceCount"), draining));
    }
    rows
}

pub fn definition(record: &Definition) -> Result<api::TaskDefinition, BadDocument> {
    let document = document::definition(&record.document)?;
    Ok(registered(record, document))
}

/// The same for who has the document as it was before it was stored.
pub fn registered(record: &Definition, document: api::TaskDefinition) -> api::TaskDefinition {
    api::TaskDefinition {
        task_definition_arn: Some(record.arn.clone()),
        family: Some(record.family.clone()),
        revision: Some(record.revision),
        status: Some(record.status.as_str().to_owned()),
        registered_at: Some(record.registered_at),
        registered_by: Some(record.registered_by.clone()),
        deregistered_at: record.deregistered_at,
        delete_requested_at: record.delete_requested_at,
        ..document
    }
}

pub fn task(record: &Task, with_tags: bool) -> Result<api::Task, BadDocument> {
    let fargate = record.launch == Launch::Fargate;
    let storage = record.ephemeral_gib.or(fargate.then_some(20));
    Ok(api::Task {
        attachments: Some(attachments(record)),
        attributes: Some(vec![attribute(
            "ecs.cpu-architecture",
            Some(architecture()),
        )]),
        availability_zone: not_empty(&record.availability_zone),
        capacity_provider_name: record.capacity_provider.clone(),
        cluster_arn: Some(record.cluster_arn.clone()),
        connectivity: record.connected_at.map(|_| "CONNECTED".to_owned()),
        connectivity_at: record.connected_at,
        container_instance_arn: not_empty(&record.instance).filter(|_| !fargate),
        containers: Some(
            record
                .containers
                .iter()
                .map(|c| container(record, c))
                .collect(),
        ),
        cpu: Some(record.cpu.clone()),
        created_at: Some(record.created_at),
        desired_status: Some(record.desired.as_str().to_owned()),
        enable_execute_command: Some(record.enable_execute_command),
        execution_stopped_at: record.execution_stopped_at,
        group: Some(record.group.clone()),
        health_status: Some(health(record).as_str().to_owned()),
        inference_accelerators: Some(Vec::new()),
        last_status: Some(record.last.as_str().to_owned()),
        launch_type: Some(record.launch.as_str().to_owned()),
        memory: Some(record.memory.clone()),
        overrides: Some(overrides(record)?),
        platform_version: record.platform_version.clone(),
        platform_family: fargate.then(|| "Linux".to_owned()),
        pull_started_at: record.pull_started_at,
        pull_stopped_at: record.pull_stopped_at,
        started_at: record.started_at,
        started_by: record.started_by.clone(),
        stop_code: record.stop_code.map(|code| code.as_str().to_owned()),
        stopped_at: record.stopped_at,
        stopped_reason: record.stopped_reason.clone(),
        stopping_at: record.stopping_at,
        tags: Some(if with_tags {
            tags::show(&record.tags)
        } else {
            Vec::new()
        }),
        task_arn: Some(record.arn.clone()),
        task_definition_arn: Some(record.definition.clone()),
        version: Some(record.version),
        ephemeral_storage: storage.map(|gib| api::EphemeralStorage {
            size_in_gi_b: Some(gib),
        }),
        fargate_ephemeral_storage: storage.filter(|_| fargate).map(|gib| {
            api::TaskEphemeralStorage {
                size_in_gi_b: Some(gib),
                kms_key_id: None,
            }
        }),
        trusted_execution_summary: None,
    })
}

/// What was overridden; a container without an override stands there with its name alone.
fn overrides(record: &Task) -> Result<api::TaskOverride, BadDocument> {
    let mut overrides = document::overrides(&record.overrides)?;
    let given = overrides.container_overrides.get_or_insert_default();
    for container in &record.containers {
        if !given
            .iter()
            .any(|one| one.name.as_ref() == Some(&container.name))
        {
            let name = Some(container.name.clone());
            given.push(api::ContainerOverride {
                name,
                ..api::ContainerOverride::default()
            });
        }
    }
    overrides
        .inference_accelerator_overrides
        .get_or_insert_default();
    Ok(overrides)
}

/// The architecture of this build: all nodes of an installation share it.
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "aarch64" => "arm64",
        other => other,
    }
}

/// Of essential containers with checks: UNHEALTHY before UNKNOWN before HEALTHY.
fn health(task: &Task) -> Health {
    let checked = || task.containers.iter().filter(|c| c.essential && c.checked);
    if checked().any(|c| c.health == Health::Unhealthy) {
        Health::Unhealthy
    } else if checked().next().is_none() || checked().any(|c| c.health == Health::Unknown) {
        Health::Unknown
    } else {
        Health::Healthy
    }
}

fn attachments(task: &Task) -> Vec<api::Attachment> {
    interface(task).into_iter().chain(volume(task)).collect()
}

/// The EBS volume of a task.
fn volume(task: &Task) -> Option<api::Attachment> {
    let volume = task.volume.as_ref()?;
    let mut details = vec![
        pair("roleArn", volume.spec.role.clone()),
        pair("volumeName", volume.spec.name.clone()),
        pair("deleteOnTermination", volume.spec.delete.to_string()),
    ];
    let status = match &volume.given {
        Some(given) => {
            details.push(pair("volumeId", given.id.clone()));
            given.state.as_str()
        }
        None if task.last == Status::Stopped => "DELETED",
        None => "PRECREATED",
    };
    Some(api::Attachment {
        id: Some(volume.attachment.clone()),
        type_: Some("AmazonElasticBlockStorage".to_owned()),
        status: Some(status.to_owned()),
        details: Some(details),
    })
}

fn interface(task: &Task) -> Option<api::Attachment> {
    let wish = task.network.as_ref()?;
    let mut details = vec![pair("subnetId", wish.subnet.clone())];
    let mut status = "PRECREATED";
    if let Some(interface) = &task.interface {
        details.push(pair("networkInterfaceId", interface.id.clone()));
        details.push(pair("macAddress", interface.mac.clone()));
        if !interface.private_dns_name.is_empty() {
            details.push(pair("privateDnsName", interface.private_dns_name.clone()));
        }
        details.push(pair("privateIPv4Address", interface.private_ipv4.clone()));
        if let Some(address) = interface.ipv6 {
            details.push(pair("ipv6Address", address.to_string()));
        }
        status = interface.state.as_str();
    } else if task.last == Status::Stopped {
        status = "DELETED";
    }
    Some(api::Attachment {
        id: Some(wish.attachment.clone()),
        type_: Some("ElasticNetworkInterface".to_owned()),
        status: Some(status.to_owned()),
        details: Some(details),
    })
}

fn container(task: &Task, container: &Container) -> api::Container {
    let bindings = container
        .bindings
        .iter()
        .map(|binding| api::NetworkBinding {
            bind_ip: binding.bind_ip.clone(),
            container_port: binding.container_port,
            host_port: binding.host_port,
            protocol: binding.protocol.clone(),
            container_port_range: binding.container_port_range.clone(),
            host_port_range: binding.host_port_range.clone(),
        });
    let interface = task.network.as_ref().zip(task.interface.as_ref());
    let interfaces = interface.map(|(wish, interface)| api::NetworkInterface {
        attachment_id: Some(wish.attachment.clone()),
        private_ipv4_address: Some(interface.private_ipv4.clone()),
        ipv6_address: interface.ipv6.map(|it| it.to_string()),
    });
    let awsvpc = task.network.is_some();
    api::Container {
        container_arn: Some(container.arn.clone()),
        task_arn: Some(task.arn.clone()),
        name: Some(container.name.clone()),
        image: Some(container.image.clone()),
        image_digest: container.image_digest.clone(),
        runtime_id: container.runtime_id.clone(),
        last_status: Some(container.last.as_str().to_owned()),
        exit_code: container.exit_code,
        reason: container.reason.clone(),
        network_bindings: Some(if awsvpc {
            Vec::new()
        } else {
            bindings.collect()
        }),
        network_interfaces: Some(interfaces.into_iter().collect()),
        health_status: Some(container.health.as_str().to_owned()),
        cpu: Some(container.cpu.clone()),
        memory: container.memory.clone(),
        memory_reservation: container.memory_reservation.clone(),
        managed_agents: container
            .exec_agent
            .as_ref()
            .map(|agent| vec![exec_agent(agent)]),
        ..api::Container::default()
    }
}

fn exec_agent(agent: &ExecAgent) -> api::ManagedAgent {
    api::ManagedAgent {
        name: Some(EXEC_AGENT.to_owned()),
        last_status: Some(agent.status.as_str().to_owned()),
        last_started_at: agent.started_at,
        reason: agent.reason.clone(),
    }
}

/// Rises with each change of the instance and of what it has left.
fn version(record: &Instance, ledger: Option<&Ledger>) -> i64 {
    let changes = ledger.map_or(0, |ledger| ledger.changes);
    record
        .version
        .saturating_add(i64::try_from(changes).unwrap_or(i64::MAX))
}

pub fn instance(
    record: &Instance,
    region: &Region,
    with_tags: bool,
    with_health: bool,
) -> api::ContainerInstance {
    let tasks = || region.tasks_on(&record.host);
    let count = |statuses: &[Status]| {
        i32::try_from(tasks().filter(|task| statuses.contains(&task.last)).count()).ok()
    };
    let ledger = region.ledgers.get(&record.host);
    let attributes = record.attributes.iter();
    api::ContainerInstance {
        container_instance_arn: Some(record.arn.clone()),
        ec2_instance_id: Some(record.ec2_instance.clone()),
        version: Some(version(record, ledger.map(|held| &*held.record))),
        version_info: Some(api::VersionInfo {
            agent_version: not_empty(&record.agent_version),
            agent_hash: not_empty(&record.agent_hash),
            docker_version: not_empty(&record.docker_version),
        }),
        remaining_resources: Some(ledger.map(|l| remaining(record, l)).unwrap_or_default()),
        registered_resources: Some(record.registered.iter().map(resource).collect()),
        status: Some(record.status.as_str().to_owned()),
        agent_connected: Some(record.agent_connected),
        running_tasks_count: count(&[Status::Running]),
        pending_tasks_count: count(&[Status::Provisioning, Status::Pending, Status::Activating]),
        attributes: Some(
            attributes
                .map(|(n, v)| attribute(n, v.as_deref()))
                .collect(),
        ),
        registered_at: Some(record.registered_at),
        capacity_provider_name: record.capacity_provider.clone(),
        attachments: Some(Vec::new()),
        tags: Some(if with_tags {
            tags::show(&record.tags)
        } else {
            Vec::new()
        }),
        health_status: with_health.then(|| instance_health(record)),
        ..api::ContainerInstance::default()
    }
}

fn not_empty(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn instance_health(record: &Instance) -> api::ContainerInstanceHealthStatus {
    let known = record.health.as_ref();
    let status = known
        .map_or("INSUFFICIENT_DATA", |health| &health.status)
        .to_owned();
    api::ContainerInstanceHealthStatus {
        overall_status: Some(status.clone()),
        details: Some(vec![api::InstanceHealthCheckResult {
            type_: Some("CONTAINER_RUNTIME".to_owned()),
            status: Some(status),
            last_updated: known.map(|health| health.updated_at),
            last_status_change: known.map(|health| health.changed_at),
            ..api::InstanceHealthCheckResult::default()
        }]),
    }
}

fn resource(row: &wharf_records::ecs::instance::RegisteredResource) -> api::Resource {
    let set = row.kind == "STRINGSET";
    api::Resource {
        name: Some(row.name.clone()),
        type_: Some(row.kind.clone()),
        double_value: Some(0.0),
        long_value: Some(0),
        integer_value: Some(row.integer),
        string_set_value: set.then(|| row.set.clone()),
    }
}

/// The registered rows with what the ledger leaves of them; of ports, those that are taken.
fn remaining(record: &Instance, ledger: &Ledger) -> Vec<api::Resource> {
    let free = ledger::free(ledger);
    let ports = |protocol: Protocol| {
        let taken = free
            .taken
            .iter()
            .filter(move |port: &&Port| port.protocol == protocol);
        taken
            .map(|port| port.number.to_string())
            .collect::<Vec<_>>()
    };
    let mut rows: Vec<api::Resource> = record.registered.iter().map(resource).collect();
    for row in &mut rows {
        match row.name.as_deref() {
            Some("CPU") => row.integer_value = i32::try_from(free.cpu).ok(),
            Some("MEMORY") => row.integer_value = i32::try_from(free.memory).ok(),
            Some("PORTS") => row.string_set_value = Some(ports(Protocol::Tcp)),
            Some("PORTS_UDP") => row.string_set_value = Some(ports(Protocol::Udp)),
            _ => {}
        }
    }
    rows
}
