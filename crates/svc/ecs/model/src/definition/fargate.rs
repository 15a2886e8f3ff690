//! What Fargate asks of a definition, and what it refuses.

use wharf_api_ecs::{ContainerDefinition, TaskDefinition};
use wharf_wire::Fault;

use super::{containers, name, network_mode, size, task_size};
use crate::fault;

/// The users and groups of a task are 0 to this: each has a user namespace of 65,536 numbers.
const MAX_USER: u32 = 65_535;

const LOG_DRIVERS: &[&str] = &["awslogs", "splunk", "awsfirelens"];

pub(super) fn check(definition: &TaskDefinition) -> Result<(), Fault> {
    if network_mode(definition) != "awsvpc" {
        return Err(fault::client(
            "Fargate only supports network mode ‘awsvpc’.",
        ));
    }
    let (cpu, memory) = task_size(definition);
    let missing = |what: &str| {
        fault::client(format!(
            "Fargate requires that '{what}' be defined at the task level."
        ))
    };
    let cpu = cpu.ok_or_else(|| missing("cpu"))?;
    let memory = memory.ok_or_else(|| missing("memory"))?;
    if !size::is_fargate_pair(cpu, memory) {
        return Err(size::no_fargate_pair(cpu, memory));
    }
    task_settings(definition)?;
    containers(definition)
        .iter()
        .try_for_each(container_settings)?;
    execution_role(definition)
}

fn unsupported(what: &str) -> Fault {
    fault::client(format!(
        "Tasks using the Fargate launch type do not support {what}"
    ))
}

fn task_settings(definition: &TaskDefinition) -> Result<(), Fault> {
    if definition
        .placement_constraints
        .as_ref()
        .is_some_and(|list| !list.is_empty())
    {
        return Err(unsupported("placement constraints"));
    }
    if definition.pid_mode.as_deref() == Some("host") {
        return Err(unsupported("pidMode host"));
    }
    if definition.ipc_mode.is_some() {
        return Err(unsupported("ipcMode"));
    }
    for volume in definition.volumes.iter().flatten() {
        let path = volume
            .host
            .as_ref()
            .and_then(|host| host.source_path.as_deref());
        if path.is_some_and(|path| !path.is_empty()) {
            return Err(unsupported("host volumes with a sourcePath"));
        }
        if volume.docker_volume_configuration.is_some() {
            return Err(unsupported("docker volumes"));
        }
    }
    let platform = definition.runtime_platform.as_ref();
    let system = platform.and_then(|platform| platform.operating_system_family.as_deref());
    if let Some(system) = system.filter(|system| system.starts_with("WINDOWS")) {
        return Err(fault::client(format!(
            "Fargate tasks of the operating system family {system} are not supported by this version \
             of wharf."
        )));
    }
    Ok(())
}

fn container_settings(container: &ContainerDefinition) -> Result<(), Fault> {
    if container.privileged == Some(true) {
        return Err(unsupported("privileged containers"));
    }
    if container
        .links
        .as_ref()
        .is_some_and(|links| !links.is_empty())
    {
        return Err(unsupported("links"));
    }
    let mut devices = container.resource_requirements.iter().flatten();
    if devices.any(|device| device.type_.as_deref() == Some("GPU")) {
        return Err(unsupported("GPU resource requirements"));
    }
    if let Some(number) = container.user.as_deref().and_then(number_beyond) {
        return Err(fault::client(format!(
            "Container '{}': the user or group {number}, beyond the {MAX_USER} of a Fargate task, is not \
             supported by this version of wharf.",
            name(container)
        )));
    }
    let driver = container
        .log_configuration
        .as_ref()
        .and_then(|log| log.log_driver.as_deref());
    if let Some(driver) = driver.filter(|driver| !LOG_DRIVERS.contains(driver)) {
        return Err(unsupported(&format!("log driver {driver}")));
    }
    for (what, seconds) in [
        ("startTimeout", container.start_timeout),
        ("stopTimeout", container.stop_timeout),
    ] {
        if seconds.is_some_and(|seconds| !(2..=120).contains(&seconds)) {
            return Err(fault::client(format!(
                "Invalid setting for container '{}'. '{what}' must be between 2 and 120 seconds on \
                 Fargate.",
                name(container)
            )));
        }
    }
    let Some(linux) = &container.linux_parameters else {
        return Ok(());
    };
    let given = [
        (
            linux.devices.as_ref().is_some_and(|d| !d.is_empty()),
            "devices",
        ),
        (linux.shared_memory_size.is_some(), "sharedMemorySize"),
        (linux.max_swap.is_some(), "maxSwap"),
        (linux.swappiness.is_some(), "swappiness"),
    ];
    if let Some((_, what)) = given.iter().find(|(given, _)| *given) {
        return Err(unsupported(what));
    }
    let added = linux
        .capabilities
        .iter()
        .flat_map(|c| c.add.iter().flatten());
    match added
        .into_iter()
        .find(|capability| *capability != "SYS_PTRACE")
    {
        Some(capability) => Err(unsupported(&format!("adding the capability {capability}"))),
        None => Ok(()),
    }
}

/// The number in `user[:group]` that a Fargate task has nobody for. Names are the image's affair.
fn number_beyond(user: &str) -> Option<String> {
    let is_number = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let mut numbers = user.split(':').filter(is_number);
    let is_there = |part: &str| part.parse::<u32>().is_ok_and(|number| number <= MAX_USER);
    let number = numbers.find(|part| !is_there(part))?;
    Some(number.chars().take(20).collect())
}

fn execution_role(definition: &TaskDefinition) -> Result<(), Fault> {
    if definition.execution_role_arn.is_some() {
        return Ok(());
    }
    let needs = |what: &str| {
        Err(fault::client(format!(
            "Fargate requires task definition to have execution role ARN to support {what}."
        )))
    };
    for container in containers(definition) {
        if super::requires::is_ecr_image(container.image.as_deref().unwrap_or_default()) {
            return needs("ECR images");
        }
        let log = container.log_configuration.as_ref();
        if log.is_some_and(|log| log.log_driver.as_deref() == Some("awslogs")) {
            return needs("log driver awslogs");
        }
    }
    Ok(())
}
