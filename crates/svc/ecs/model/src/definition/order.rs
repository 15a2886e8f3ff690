//! dependsOn: known containers, sensible conditions, no cycle.

use std::collections::BTreeMap;

use wharf_api_ecs::{ContainerDefinition, TaskDefinition};
use wharf_wire::Fault;

use super::{containers, name};
use crate::fault;

pub(super) fn check(definition: &TaskDefinition) -> Result<(), Fault> {
    let by_name: BTreeMap<&str, &ContainerDefinition> = containers(definition)
        .iter()
        .map(|c| (name(c), c))
        .collect();
    for container in containers(definition) {
        for dependency in container.depends_on.iter().flatten() {
            let target = dependency.container_name.as_deref().unwrap_or_default();
            let Some(target) = by_name.get(target) else {
                return Err(fault::client(format!(
                    "Container '{}' depends on unknown container '{target}'.",
                    name(container)
                )));
            };
            condition(dependency.condition.as_deref().unwrap_or_default(), target)?;
        }
    }
    if has_cycle(&by_name) {
        return Err(fault::client(
            "Container dependencies must not form a cycle.",
        ));
    }
    Ok(())
}

fn condition(condition: &str, target: &ContainerDefinition) -> Result<(), Fault> {
    match condition {
        "START" => Ok(()),
        "COMPLETE" | "SUCCESS" if target.essential.unwrap_or(true) => Err(fault::client(
            "A dependency container with SUCCESS or COMPLETE condition cannot be an essential \
             container",
        )),
        "COMPLETE" | "SUCCESS" => Ok(()),
        "HEALTHY" if target.health_check.is_none() => Err(fault::client(format!(
            "Container '{}' must have a health check: another depends on it being HEALTHY.",
            name(target)
        ))),
        "HEALTHY" => Ok(()),
        other => Err(fault::client(format!(
            "'{other}' is not a valid dependency condition."
        ))),
    }
}

/// Takes away containers that depend on nothing that is left; what stays is a cycle.
fn has_cycle(by_name: &BTreeMap<&str, &ContainerDefinition>) -> bool {
    let mut left: Vec<&str> = by_name.keys().copied().collect();
    loop {
        let blocked = |one: &&str| {
            let needs = by_name[one].depends_on.iter().flatten();
            needs
                .filter_map(|d| d.container_name.as_deref())
                .any(|need| left.contains(&need))
        };
        let next: Vec<&str> = left.iter().copied().filter(|one| blocked(one)).collect();
        if next.len() == left.len() {
            return !left.is_empty();
        }
        left = next;
    }
}
