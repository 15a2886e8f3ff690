//! What placement is asked for the tasks of an order.

use wharf_api_ecs::TaskDefinition;
use wharf_hosts::FargateQueue;
use wharf_placement::{Asks, Demand, Pool, Strategy, group_of, pack::Ask};
use wharf_records::ecs::{Definition, Launch, Task};
use wharf_wire::Fault;

use super::{
    Order, constraints_of, need_exec, read_constraints, read_strategies, shown_constraints,
    shown_strategies,
};
use crate::{asks, document, fault, names::Place};

const ZONE: &str = "ecs.availability-zone";
/// The attribute by which an instance says which programs it runs.
pub const ARCHITECTURE: &str = "ecs.cpu-architecture";

/// What agents register that run outside of EC2; tasks of launch type EXTERNAL are theirs.
pub const EXTERNAL: &str = "ecs.capability.external";

impl Order {
    /// The hosts that such a task may be placed on.
    pub fn pool(&self, place: &Place, cluster_arn: &str) -> Pool {
        match self.launch {
            Launch::Fargate => place.fargate(),
            _ => Pool::Cluster(cluster_arn.to_owned()),
        }
    }

    /// What placement is asked for one such task of a place.
    pub fn demand(&self, place: &Place, cluster_arn: &str) -> Demand {
        let mut demand = Demand::new(self.pool(place, cluster_arn), self.claim.clone());
        demand.constraints = self.constraints.clone();
        demand.strategies = self.strategies.clone();
        demand.group = group_of(&place.account, &place.region, &self.group);
        demand.asks = self.asks();
        demand.attributes = attributes(&self.parsed, self.launch);
        demand
    }

    /// What such a task asks of its host beyond what is its own.
    pub fn asks(&self) -> Asks {
        asks::of(&self.parsed, self.launch)
    }
}

/// What placement is asked for a task that waits for capacity, on hosts of its provider, or of Fargate.
///
/// # Errors
/// Its record or its definition cannot be read.
pub fn of_waiting(place: &Place, task: &Task, definition: &Definition) -> Result<Demand, Fault> {
    let read = document::definition(&definition.document);
    let mut parsed = read.map_err(|error| fault::server(&error))?;
    if task.enable_execute_command {
        need_exec(&mut parsed);
    }
    let pool = match task.launch {
        Launch::Fargate => place.fargate(),
        _ => Pool::Provider {
            cluster: task.cluster_arn.clone(),
            provider: task.capacity_provider.clone().unwrap_or_default(),
        },
    };
    let mut demand = Demand::new(pool, task.claim.clone());
    demand.constraints = constraints_of(&parsed)?;
    if let Some(rules) = &task.waiting {
        let constraints = read_constraints(&shown_constraints(&rules.constraints))?;
        demand.constraints.extend(constraints);
        demand.strategies = read_strategies(&shown_strategies(&rules.strategies))?;
    }
    if demand.strategies.is_empty() && task.service.is_some() {
        demand.strategies = of_services();
    }
    demand.group = group_of(&place.account, &place.region, &task.group);
    demand.asks = asks::of(&parsed, task.launch);
    demand.attributes = attributes(&parsed, task.launch);
    Ok(demand)
}

/// What Fargate tasks ask of a machine that may be made for them; `None` where they ask for more than its size and its processor,
/// such as another system.
pub fn of_made(demand: &Demand) -> Option<Ask<'_>> {
    let mut architecture = None;
    for (name, value) in &demand.attributes {
        if name != ARCHITECTURE {
            return None;
        }
        architecture = value.as_deref();
    }
    Some(Ask {
        claim: &demand.claim,
        apart: None,
        architecture,
    })
}

/// Whether machines are made for tasks of that launch type where Fargate has no room.
pub fn waits_for_machines(queue: &FargateQueue, launch: Launch, demand: &Demand) -> bool {
    launch == Launch::Fargate
        && of_made(demand).is_some_and(|ask| queue.may_wait(&ask, &demand.zones))
}

/// What AWS spreads a service by unless told otherwise.
pub fn of_services() -> Vec<Strategy> {
    vec![
        Strategy::SpreadAttribute(ZONE.to_owned()),
        Strategy::SpreadHost,
    ]
}

/// Attributes a host must have to run tasks of a definition.
fn attributes(definition: &TaskDefinition, launch: Launch) -> Vec<(String, Option<String>)> {
    let mut needs = platform(definition);
    if launch == Launch::External {
        needs.push((EXTERNAL.to_owned(), None));
    }
    if launch != Launch::Fargate {
        let required = definition.requires_attributes.iter().flatten();
        let required = required.filter_map(|a| Some((a.name.clone()?, a.value.clone())));
        needs.extend(required);
    }
    needs
}

/// Attributes a host must have for the processor, system and devices the definition names.
fn platform(definition: &TaskDefinition) -> Vec<(String, Option<String>)> {
    let mut needs = Vec::new();
    let mut need = |name: &str, value: Option<&str>| {
        needs.push((name.to_owned(), value.map(str::to_owned)));
    };
    if let Some(platform) = &definition.runtime_platform {
        match platform.cpu_architecture.as_deref() {
            Some("ARM64") => need(ARCHITECTURE, Some("arm64")),
            Some("X86_64") => need(ARCHITECTURE, Some("x86_64")),
            _ => {}
        }
        let family = platform
            .operating_system_family
            .as_deref()
            .unwrap_or_default();
        if family.starts_with("WINDOWS") {
            need("ecs.os-type", Some("windows"));
        }
    }
    let containers = crate::definition::containers(definition);
    let mut devices = containers
        .iter()
        .flat_map(|one| one.resource_requirements.iter().flatten());
    if devices.any(|device| device.type_.as_deref() == Some("GPU")) {
        need("ecs.capability.gpu", None);
    }
    needs
}
