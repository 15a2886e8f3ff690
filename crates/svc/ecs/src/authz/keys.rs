//! Condition keys of ECS: what a request and a task definition say, as policies see it. Pure.

use wharf_api_ecs::{
    CapacityProviderStrategyItem, ContainerDefinition, NetworkConfiguration,
    RegisterTaskDefinitionRequest, TaskDefinition, TaskOverride,
};
use wharf_placement::Feature;
use wharf_records::ecs::{Launch, Tags};
use wharf_wire::Check;

use crate::{
    asks,
    definition::{
        containers,
        size::{normal_cpu, normal_memory},
    },
};

/// What a request wants of tasks or a service, apart from their definition.
pub struct Wish<'a> {
    /// `None` where the request leaves it as it is.
    pub execute_command: Option<bool>,
    pub managed_tags: Option<bool>,
    pub service_connect: Option<bool>,
    pub network: Option<&'a NetworkConfiguration>,
    pub strategy: Option<&'a Vec<CapacityProviderStrategyItem>>,
    pub propagate_tags: Option<&'a str>,
    pub volumes: Option<usize>,
}

impl<'a> Wish<'a> {
    pub fn new(
        network: Option<&'a NetworkConfiguration>,
        strategy: Option<&'a Vec<CapacityProviderStrategyItem>>,
        propagate_tags: Option<&'a str>,
        volumes: Option<usize>,
    ) -> Self {
        Self {
            execute_command: None,
            managed_tags: None,
            service_connect: None,
            network,
            strategy,
            propagate_tags,
            volumes,
        }
    }

    pub fn on(&self, mut check: Check) -> Check {
        for (key, given) in [
            ("ecs:enable-execute-command", self.execute_command),
            ("ecs:enable-ecs-managed-tags", self.managed_tags),
            ("ecs:enable-service-connect", self.service_connect),
            (
                "ecs:enable-ebs-volumes",
                self.volumes.map(|count| count > 0),
            ),
        ] {
            if let Some(given) = given {
                check = check.with(key, given.to_string());
            }
        }
        if let Some(from) = self.propagate_tags.filter(|from| !from.is_empty()) {
            check = check.with("ecs:propagate-tags", from);
        }
        for item in self.strategy.into_iter().flatten() {
            if let Some(provider) = &item.capacity_provider {
                check = check.with("ecs:capacity-provider", provider.clone());
            }
        }
        let network = self.network.and_then(|it| it.awsvpc_configuration.as_ref());
        let Some(network) = network else {
            return check;
        };
        for subnet in network.subnets.iter().flatten() {
            check = check.with("ecs:subnet", subnet.clone());
        }
        let public = network.assign_public_ip.as_deref() == Some("ENABLED");
        check.with("ecs:auto-assign-public-ip", public.to_string())
    }
}

/// What a definition is that is to be registered.
pub fn of_registration(check: Check, input: &RegisterTaskDefinitionRequest) -> Check {
    let check = compatibilities(check, input.requires_compatibilities.as_ref());
    let asking = TaskDefinition {
        container_definitions: input.container_definitions.clone(),
        volumes: input.volumes.clone(),
        network_mode: input.network_mode.clone(),
        pid_mode: input.pid_mode.clone(),
        ipc_mode: input.ipc_mode.clone(),
        ..TaskDefinition::default()
    };
    sizes(
        host_access(check, &asking),
        input.cpu.as_deref(),
        input.memory.as_deref(),
    )
}

/// What a task of the definition is, with the sizes that an override gives it.
pub fn of_definition(
    check: Check,
    definition: &TaskDefinition,
    overrides: Option<&TaskOverride>,
) -> Check {
    let check = compatibilities(check, definition.requires_compatibilities.as_ref());
    let cpu = overrides.and_then(|over| over.cpu.as_deref());
    let memory = overrides.and_then(|over| over.memory.as_deref());
    sizes(
        host_access(check, definition),
        cpu.or(definition.cpu.as_deref()),
        memory.or(definition.memory.as_deref()),
    )
}

/// What it asks of its host: AWS's own key, and one of wharf with all the words of `--allow` that a node
/// would need, for what AWS has no key for.
fn host_access(check: Check, definition: &TaskDefinition) -> Check {
    let is_privileged = |one: &ContainerDefinition| one.privileged == Some(true);
    let any = containers(definition).iter().any(is_privileged);
    let check = check.with("ecs:privileged", any.to_string());
    // Fargate refuses all of it anyway.
    let asks = asks::of(definition, Launch::Ec2);
    let paths = (!asks.host_paths.is_empty()).then_some(Feature::HostPath);
    let asked = asks.features.into_iter().chain(paths);
    asked.fold(check, |check, feature| {
        check.with("wharf:HostAccess", feature.flag())
    })
}

fn compatibilities(check: Check, given: Option<&Vec<String>>) -> Check {
    given.into_iter().flatten().fold(check, |check, one| {
        check.with("ecs:compute-compatibility", one.clone())
    })
}

/// In units and MiB, however they were written; what cannot be read stays as it is, and the operation
/// refuses it.
fn sizes(mut check: Check, cpu: Option<&str>, memory: Option<&str>) -> Check {
    for (key, given, normal) in [
        ("ecs:task-cpu", cpu, normal_cpu(cpu)),
        ("ecs:task-memory", memory, normal_memory(memory)),
    ] {
        if let Some(given) = given.filter(|text| !text.is_empty()) {
            let size = normal.ok().flatten();
            check = check.with(key, size.unwrap_or_else(|| given.to_owned()));
        }
    }
    check
}

/// The capacity providers that a cluster is to have.
pub fn of_providers(check: Check, given: Option<&Vec<String>>) -> Check {
    given.into_iter().flatten().fold(check, |check, one| {
        check.with("ecs:capacity-provider", one.clone())
    })
}

/// Tags of what is acted on, under both names they have.
pub fn resource_tags(check: Check, tags: &Tags) -> Check {
    tags.iter().fold(check, |check, (key, value)| {
        check
            .with(&format!("aws:ResourceTag/{key}"), value.clone())
            .with(&format!("ecs:ResourceTag/{key}"), value.clone())
    })
}
