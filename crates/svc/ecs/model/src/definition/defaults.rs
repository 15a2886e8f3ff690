//! What the answer echoes although nobody gave it.

use wharf_api_ecs::{ContainerDefinition, HealthCheck, PortMapping, TaskDefinition};

use super::network_mode;

pub(super) fn fill(definition: &mut TaskDefinition) {
    let mode = network_mode(definition).to_owned();
    for container in definition.container_definitions.iter_mut().flatten() {
        fill_container(container, &mode);
    }
}

fn fill_container(container: &mut ContainerDefinition, mode: &str) {
    container.cpu.get_or_insert(0);
    container.essential.get_or_insert(true);
    container.environment.get_or_insert_default();
    container.mount_points.get_or_insert_default();
    container.volumes_from.get_or_insert_default();
    container.system_controls.get_or_insert_default();
    for mapping in container.port_mappings.get_or_insert_default() {
        fill_mapping(mapping, mode);
    }
    if let Some(check) = &mut container.health_check {
        fill_health_check(check);
    }
    if let Some(policy) = &mut container.restart_policy {
        policy.restart_attempt_period.get_or_insert(300);
    }
}

fn fill_mapping(mapping: &mut PortMapping, mode: &str) {
    mapping.protocol.get_or_insert_with(|| "tcp".to_owned());
    if mapping.container_port_range.is_some() {
        return;
    }
    let same = mapping.container_port;
    match mode {
        "awsvpc" | "host" => mapping.host_port = same,
        _ => {
            mapping.host_port.get_or_insert(0);
        }
    }
}

fn fill_health_check(check: &mut HealthCheck) {
    if let Some(command) = &mut check.command
        && !matches!(
            command.first().map(String::as_str),
            Some("CMD" | "CMD-SHELL" | "NONE")
        )
    {
        command.insert(0, "CMD-SHELL".to_owned());
    }
    check.interval.get_or_insert(30);
    check.timeout.get_or_insert(5);
    check.retries.get_or_insert(3);
}
