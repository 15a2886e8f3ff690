//! A task record out of an order and the host it was placed on, now or after it waited for one. Pure but
//! for the ids it mints.

use wharf_base::{Timestamp, ids};
use wharf_records::{
    ecs::{
        Cluster, Container, ContainerStatus, Desired, ExecAgent, Health, Instance, NetworkWish,
        ServiceNetwork, ServiceSubnet, Status, Task, Waiting,
    },
    hosts::Claim,
};

use crate::{
    definition::{containers, name},
    document,
    launch::Order,
    names::Place,
    provider::FARGATE_SPOT,
    volume,
};

/// What a task is made with beside its order.
pub struct Spot<'a> {
    /// The task's id.
    pub id: String,
    pub cluster: &'a Cluster,
    /// None: it is to [`wait`].
    pub at: Option<At<'a>>,
    pub capacity_provider: Option<String>,
    /// Sealed seed of its credential ids.
    pub credentials_seed: String,
}

/// Where a task goes.
#[derive(Debug, Clone, Copy)]
pub struct At<'a> {
    pub instance: &'a Instance,
    pub host: &'a str,
    pub zone: &'a str,
    /// The subnet, for a task with an interface of its own.
    pub subnet: Option<&'a str>,
}

pub fn task(place: &Place, order: &Order, spot: Spot<'_>, now: Timestamp) -> Task {
    let at = spot.at;
    let mut task = nowhere(place, order, spot, now);
    if let Some(at) = at {
        let network = order.network.as_ref();
        let network = network.map(|it| Terms {
            groups: &it.security_groups,
            public_ip: it.public_ip,
            ipv6: it.ipv6,
        });
        put_on(&mut task, at, network);
    }
    task
}

/// Has a task that is on no host wait for one. Of `subnets` its interface will be in one.
pub fn wait(task: &mut Task, order: &Order, subnets: Vec<ServiceSubnet>) {
    let network = order.network.as_ref().map(|network| ServiceNetwork {
        subnets,
        security_groups: network.security_groups.clone(),
        public_ip: network.public_ip,
        ipv6: network.ipv6,
    });
    task.waiting = Some(Box::new(Waiting {
        constraints: order.rules.constraints.clone(),
        strategies: order.rules.strategies.clone(),
        network,
    }));
}

/// Puts a task that has waited on a host.
pub fn end_wait(task: &mut Task, at: At<'_>, now: Timestamp) {
    let Some(waiting) = task.waiting.take() else {
        return;
    };
    let network = waiting.network.as_ref();
    let network = network.map(|it| Terms {
        groups: &it.security_groups,
        public_ip: it.public_ip,
        ipv6: it.ipv6,
    });
    put_on(task, at, network);
    task.placed_at = Some(now);
    task.version += 1;
}

/// What an interface is to be like, whatever its subnet.
struct Terms<'a> {
    groups: &'a [String],
    public_ip: bool,
    ipv6: bool,
}

fn put_on(task: &mut Task, at: At<'_>, network: Option<Terms<'_>>) {
    task.host = at.host.to_owned();
    task.instance.clone_from(&at.instance.arn);
    task.ec2_instance.clone_from(&at.instance.ec2_instance);
    task.availability_zone = at.zone.to_owned();
    task.network = network.zip(at.subnet).map(|(terms, subnet)| NetworkWish {
        abandoned: false,
        attachment: ids::uuid(),
        subnet: subnet.to_owned(),
        security_groups: terms.groups.to_vec(),
        public_ip: terms.public_ip,
        ipv6: terms.ipv6,
    });
}

fn nowhere(place: &Place, order: &Order, spot: Spot<'_>, now: Timestamp) -> Task {
    let id = spot.id;
    let cluster = spot.cluster.name.clone();
    let claim = Claim {
        spot: spot.capacity_provider.as_deref() == Some(FARGATE_SPOT),
        ..order.claim.clone()
    };
    Task {
        arn: place.task(&cluster, &id),
        cluster_arn: spot.cluster.arn.clone(),
        definition: order.definition.arn.clone(),
        launch: order.launch,
        host: String::new(),
        claim,
        instance: String::new(),
        ec2_instance: String::new(),
        group: order.group.clone(),
        started_by: order.started_by.clone(),
        service: None,
        capacity_provider: spot.capacity_provider,
        platform_version: order.platform_version.clone(),
        availability_zone: String::new(),
        cpu: order.cpu.clone(),
        memory: order.memory.clone(),
        ephemeral_gib: order.ephemeral_gib,
        overrides: document::of_overrides(&order.overrides),
        enable_execute_command: order.execute_command,
        network: None,
        volume: order.volume.as_ref().map(volume::wish),
        credentials_seed: spot.credentials_seed,
        interface: None,
        containers: make_containers(place, &cluster, &id, order),
        waiting: None,
        placed_at: None,
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
