//! What placement is asked for the tasks of an order.

use wharf_api_ecs::TaskDefinition;
use wharf_placement::{Asks, Demand, Pool, group_of};
use wharf_records::ecs::Launch;

use super::Order;
use crate::{asks, names::Place};

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
        let fargate = self.launch == Launch::Fargate;
        let mut demand = Demand::new(self.pool(place, cluster_arn), self.claim.clone());
        demand.constraints = self.constraints.clone();
        demand.strategies = self.strategies.clone();
        demand.group = group_of(&place.account, &place.region, &self.group);
        demand.attributes = platform(&self.parsed);
        demand.asks = self.asks();
        if self.launch == Launch::External {
            demand.attributes.push((EXTERNAL.to_owned(), None));
        }
        if !fargate {
            let required = self.parsed.requires_attributes.iter().flatten();
            let required = required.filter_map(|a| Some((a.name.clone()?, a.value.clone())));
            demand.attributes.extend(required);
        }
        demand
    }

    /// What such a task asks of its host beyond what is its own.
    pub fn asks(&self) -> Asks {
        asks::of(&self.parsed, self.launch)
    }
}

/// Attributes a host must have for the processor, system and devices the definition names.
fn platform(definition: &TaskDefinition) -> Vec<(String, Option<String>)> {
    let mut needs = Vec::new();
    let mut need = |name: &str, value: Option<&str>| {
        needs.push((name.to_owned(), value.map(str::to_owned)));
    };
    if let Some(platform) = &definition.runtime_platform {
        match platform.cpu_architecture.as_deref() {
            Some("ARM64") => need("ecs.cpu-architecture", Some("arm64")),
            Some("X86_64") => need("ecs.cpu-architecture", Some("x86_64")),
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
