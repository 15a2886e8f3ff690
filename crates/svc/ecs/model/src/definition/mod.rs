//! RegisterTaskDefinition's input becomes a definition, or is refused in ECS's own words
//! (spec ecs §3). Pure.

mod containers;
mod defaults;
pub(crate) mod environment_files;
mod fargate;
mod linux;
mod logging;
pub mod managed;
mod network;
mod order;
mod requires;
mod secrets;
pub mod size;
mod unsupported;
mod volumes;

use wharf_api_ecs::{ContainerDefinition, RegisterTaskDefinitionRequest, TaskDefinition};
use wharf_wire::Fault;

pub use self::secrets::{is_secret, not_shared};
use crate::{fault, names};

/// Largest definition, as JSON.
const MAX_BYTES: usize = 64 * 1024;
/// Most containers in a task.
const MAX_CONTAINERS: usize = 10;

const COMPATIBILITIES: &[&str] = &["EC2", "FARGATE", "EXTERNAL", "MANAGED_INSTANCES"];

/// Checks a request and fills in what DescribeTaskDefinition echoes. Revision, ARN, status and
/// registration are the caller's.
pub fn define(input: &RegisterTaskDefinitionRequest) -> Result<TaskDefinition, Fault> {
    let family = input.family.clone().unwrap_or_default();
    if !names::is_name(&family) {
        return Err(fault::client(
            "Family contains invalid characters. Valid characters are letters, numbers, hyphens \
             and underscores, 1 to 255 of them.",
        ));
    }
    let mut definition = TaskDefinition {
        family: Some(family),
        task_role_arn: not_empty(&input.task_role_arn),
        execution_role_arn: not_empty(&input.execution_role_arn),
        network_mode: not_empty(&input.network_mode),
        container_definitions: Some(input.container_definitions.clone().unwrap_or_default()),
        volumes: Some(input.volumes.clone().unwrap_or_default()),
        placement_constraints: Some(input.placement_constraints.clone().unwrap_or_default()),
        requires_compatibilities: input.requires_compatibilities.clone(),
        cpu: size::normal_cpu(input.cpu.as_deref())?,
        memory: size::normal_memory(input.memory.as_deref())?,
        pid_mode: not_empty(&input.pid_mode),
        ipc_mode: not_empty(&input.ipc_mode),
        proxy_configuration: input.proxy_configuration.clone(),
        inference_accelerators: input.inference_accelerators.clone(),
        ephemeral_storage: input.ephemeral_storage.clone(),
        runtime_platform: input.runtime_platform.clone(),
        enable_fault_injection: input.enable_fault_injection,
        trusted_execution_configuration: input.trusted_execution_configuration.clone(),
        ..TaskDefinition::default()
    };
    check(&definition)?;
    defaults::fill(&mut definition);
    definition.compatibilities = Some(compatibilities(&definition)?);
    definition.requires_attributes = Some(requires::attributes(&definition));
    if crate::document::definition_bytes(&definition) > MAX_BYTES {
        return Err(fault::client(
            "Actual length exceeds max length of 65536 bytes.",
        ));
    }
    Ok(definition)
}

/// Reads `overrides` merged into the definition's sizes: units and MiB of the whole task, if set.
pub fn task_size(definition: &TaskDefinition) -> (Option<u32>, Option<u32>) {
    let number = |text: &Option<String>| text.as_deref().and_then(|text| text.parse().ok());
    (number(&definition.cpu), number(&definition.memory))
}

pub fn containers(definition: &TaskDefinition) -> &[ContainerDefinition] {
    definition
        .container_definitions
        .as_deref()
        .unwrap_or_default()
}

/// `bridge` unless the definition says otherwise.
pub fn network_mode(definition: &TaskDefinition) -> &str {
    definition.network_mode.as_deref().unwrap_or("bridge")
}

pub fn name(container: &ContainerDefinition) -> &str {
    container.name.as_deref().unwrap_or_default()
}

/// Whether the definition can be launched so.
pub fn is_compatible(definition: &TaskDefinition, with: &str) -> bool {
    definition
        .compatibilities
        .iter()
        .flatten()
        .any(|one| one == with)
}

/// Whether the definition was made for this launch type.
pub fn requires(definition: &TaskDefinition, launch: &str) -> bool {
    definition
        .requires_compatibilities
        .iter()
        .flatten()
        .any(|one| one == launch)
}

fn check(definition: &TaskDefinition) -> Result<(), Fault> {
    for one in definition.requires_compatibilities.iter().flatten() {
        if !COMPATIBILITIES.contains(&one.as_str()) {
            return Err(fault::invalid(format!(
                "Requires compatibilities: {one} is not one of [{}].",
                COMPATIBILITIES.join(", ")
            )));
        }
    }
    let modes = ["bridge", "host", "awsvpc", "none"];
    if !modes.contains(&network_mode(definition)) {
        return Err(fault::client(format!(
            "Invalid 'networkMode' setting for task. Valid values are [{}].",
            modes.join(", ")
        )));
    }
    let count = containers(definition).len();
    if count == 0 {
        return Err(fault::client("Container list cannot be empty."));
    }
    if count > MAX_CONTAINERS {
        return Err(fault::client("Too many containers."));
    }
    containers::check(definition)?;
    secrets::check(definition)?;
    environment_files::check(definition)?;
    size::check(definition)?;
    network::check(definition)?;
    volumes::check(definition)?;
    order::check(definition)?;
    logging::check(definition)?;
    unsupported::check(definition)?;
    modes_of_sharing(definition)?;
    placement(definition)
}

fn modes_of_sharing(definition: &TaskDefinition) -> Result<(), Fault> {
    let one_of = |given: &Option<String>, what: &str, valid: &[&str]| match given.as_deref() {
        Some(mode) if !valid.contains(&mode) => Err(fault::client(format!(
            "Invalid '{what}' setting for task. Valid values are [{}].",
            valid.join(", ")
        ))),
        _ => Ok(()),
    };
    one_of(&definition.pid_mode, "pidMode", &["host", "task"])?;
    one_of(&definition.ipc_mode, "ipcMode", &["host", "task", "none"])
}

fn placement(definition: &TaskDefinition) -> Result<(), Fault> {
    let constraints = definition.placement_constraints.iter().flatten();
    for constraint in constraints.clone() {
        if constraint.type_.as_deref() != Some("memberOf") {
            return Err(fault::client(
                "Task definitions only support the memberOf constraint.",
            ));
        }
        let expression = constraint.expression.as_deref().unwrap_or_default();
        wharf_placement::query::Expression::parse(expression)
            .map_err(|bad| fault::invalid(bad.to_string()))?;
    }
    match constraints.count() {
        0..=10 => Ok(()),
        _ => Err(fault::client(
            "A task definition can have at most 10 placement constraints.",
        )),
    }
}

/// EXTERNAL, EC2, FARGATE, MANAGED_INSTANCES: what the definition can be launched as; refuses one that requires what
/// it cannot be.
fn compatibilities(definition: &TaskDefinition) -> Result<Vec<String>, Fault> {
    let mut found = Vec::new();
    let external = external(definition);
    if external.is_ok() {
        found.push("EXTERNAL".to_owned());
    } else if requires(definition, "EXTERNAL") {
        external?;
    }
    found.push("EC2".to_owned());
    let fargate = fargate::check(definition);
    if fargate.is_ok() {
        found.push("FARGATE".to_owned());
    } else if requires(definition, "FARGATE") {
        fargate?;
    }
    let managed = managed::check(definition);
    if managed.is_ok() {
        found.push("MANAGED_INSTANCES".to_owned());
    } else if requires(definition, "MANAGED_INSTANCES") {
        managed?;
    }
    Ok(found)
}

/// ECS Anywhere: no VPC, no file systems of the cloud.
fn external(definition: &TaskDefinition) -> Result<(), Fault> {
    if network_mode(definition) == "awsvpc" {
        return Err(fault::client(
            "External does not support network mode 'awsvpc'.",
        ));
    }
    let mounts = definition.volumes.iter().flatten();
    if mounts
        .clone()
        .any(|volume| volume.efs_volume_configuration.is_some())
    {
        return Err(fault::client("External does not support EFS volumes."));
    }
    Ok(())
}

fn not_empty(text: &Option<String>) -> Option<String> {
    text.clone().filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests;
