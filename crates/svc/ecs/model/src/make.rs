//! A task record out of an order and the host it was placed on. Pure but for the ids it mints.

use wharf_base::{Timestamp, ids};
use wharf_records::ecs::{
    Cluster, Container, ContainerStatus, Desired, ExecAgent, Health, Instance, NetworkWish, Status,
    Task,
};

use crate::{
    definition::{containers, name},
    document,
    launch::Order,
    names::Place,
};

/// Where a task goes.
pub struct Spot<'a> {
    /// The task's id.
    pub id: String,
    pub cluster: &'a Cluster,
    pub instance: &'a Instance,
    pub host: &'a str,
    pub zone: &'a str,
    /// The subnet, for a task with an interface of its own.
    pub subnet: Option<&'a str>,
    pub capacity_provider: Option<String>,
    /// Sealed seed of its credential ids.
    pub credentials_seed: String,
}

pub fn task(place: &Place, order: &Order, spot: Spot<'_>, now: Timestamp) -> Task {
    let id = spot.id;
    let cluster = spot.cluster.name.clone();
    let network = order
        .network
        .as_ref()
        .zip(spot.subnet)
        .map(|(network, subnet)| NetworkWish {
            abandoned: false,
            attachment: ids::uuid(),
            subnet: subnet.to_owned(),
            security_groups: network.security_groups.clone(),
            public_ip: network.public_ip,
        });
    Task {
        arn: place.task(&cluster, &id),
        cluster_arn: spot.cluster.arn.clone(),
        definition: order.definition.arn.clone(),
        launch: order.launch,
        host: spot.host.to_owned(),
        claim: order.claim.clone(),
        instance: spot.instance.arn.clone(),
        ec2_instance: spot.instance.ec2_instance.clone(),
        group: order.group.clone(),
        started_by: order.started_by.clone(),
        service: None,
        capacity_provider: spot.capacity_provider,
        platform_version: order.platform_version.clone(),
        availability_zone: spot.zone.to_owned(),
        cpu: order.cpu.clone(),
        memory: order.memory.clone(),
        ephemeral_gib: order.ephemeral_gib,
        overrides: document::of_overrides(&order.overrides),
        enable_execute_command: order.execute_command,
        network,
        credentials_seed: spot.credentials_seed,
        interface: None,
        containers: make_containers(place, &cluster, &id, order),
        desired: Desired::Running,
        last: Status::Provisioning,
        ended: false,
        unconfirmed: false,
        stop_code: None,
        stopped_reason: None,
        version: 1,
        created_at: now,
        pull_started_at: None,
        pull_stopped_at: None,
        started_at: None,
        connected_at: None,
        stopping_at: None,
        execution_stopped_at: None,
        stopped_at: None,
        tags: order.tags.clone(),
        high_resolution: order.high_resolution.clone(),
        unknown: wharf_records::Unknown::new(),
        id,
        cluster,
    }
}

fn make_containers(place: &Place, cluster: &str, task: &str, order: &Order) -> Vec<Container> {
    let change = |wanted: &str| {
        let mut overrides = order.overrides.container_overrides.iter().flatten();
        overrides.find(|one| one.name.as_deref() == Some(wanted))
    };
    let make = |container: &wharf_api_ecs::ContainerDefinition| {
        let change = change(name(container));
        let text = |number: Option<i32>| number.map(|number| number.to_string());
        Container {
            name: name(container).to_owned(),
            arn: place.container(cluster, task, &ids::uuid()),
            image: container.image.clone().unwrap_or_default(),
            pinned: order.pins.get(name(container)).cloned(),
            essential: container.essential.unwrap_or(true),
            last: ContainerStatus::Pending,
            cpu: change
                .and_then(|c| c.cpu)
                .or(container.cpu)
                .unwrap_or(0)
                .to_string(),
            memory: text(change.and_then(|c| c.memory).or(container.memory)),
            memory_reservation: text(
                change
                    .and_then(|c| c.memory_reservation)
                    .or(container.memory_reservation),
            ),
            image_digest: None,
            runtime_id: None,
            exit_code: None,
            reason: None,
            exec_agent: order.execute_command.then(ExecAgent::pending),
            bindings: Vec::new(),
            health: Health::Unknown,
            checked: container.health_check.is_some(),
        }
    };
    containers(&order.parsed).iter().map(make).collect()
}
