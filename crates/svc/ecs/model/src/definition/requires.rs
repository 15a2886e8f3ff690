//! `requiresAttributes`: what an instance must be able to do to run the definition.

use std::collections::BTreeSet;

use wharf_api_ecs::{Attribute, ContainerDefinition, TaskDefinition};
use wharf_base::ecr_host;

use super::{containers, network_mode, secrets, task_size};

const DOCKER: &str = "com.amazonaws.ecs.capability.docker-remote-api";

pub(super) fn attributes(definition: &TaskDefinition) -> Vec<Attribute> {
    let mut names = BTreeSet::new();
    let mut add = |name: &str| {
        names.insert(name.to_owned());
    };
    if network_mode(definition) == "awsvpc" {
        add("ecs.capability.task-eni");
        add(&format!("{DOCKER}.1.18"));
    }
    if definition.task_role_arn.is_some() {
        add(match network_mode(definition) {
            "host" => "com.amazonaws.ecs.capability.task-iam-role-network-host",
            _ => "com.amazonaws.ecs.capability.task-iam-role",
        });
    }
    if definition.pid_mode.is_some() || definition.ipc_mode.is_some() {
        add("ecs.capability.pid-ipc-namespace-sharing");
    }
    if task_size(definition) != (None, None) {
        add("ecs.capability.task-cpu-mem-limit");
    }
    for volume in definition.volumes.iter().flatten() {
        if let Some(docker) = &volume.docker_volume_configuration {
            let driver = docker.driver.as_deref().unwrap_or("local");
            add(&format!("ecs.capability.docker-plugin.{driver}"));
        }
        if let Some(efs) = &volume.efs_volume_configuration {
            add("ecs.capability.efs");
            if efs.authorization_config.is_some() {
                add("ecs.capability.efsAuth");
            }
        }
        if volume.configured_at_launch == Some(true) {
            add("ecs.capability.storage.ebs-task-volume-attach");
        }
    }
    let execution_role = definition.execution_role_arn.is_some();
    for container in containers(definition) {
        of_container(container, execution_role, &mut add);
    }
    let show = |name| Attribute {
        name: Some(name),
        ..Attribute::default()
    };
    names.into_iter().map(show).collect()
}

fn of_container(container: &ContainerDefinition, execution_role: bool, add: &mut impl FnMut(&str)) {
    if container.privileged == Some(true) {
        add("com.amazonaws.ecs.capability.privileged-container");
    }
    if container.memory_reservation.is_some() {
        add(&format!("{DOCKER}.1.21"));
    }
    if is_ecr_image(container.image.as_deref().unwrap_or_default()) {
        add("com.amazonaws.ecs.capability.ecr-auth");
        if execution_role {
            add("ecs.capability.execution-role-ecr-pull");
        }
    }
    if let Some(driver) = container
        .log_configuration
        .as_ref()
        .and_then(|l| l.log_driver.as_ref())
    {
        match driver.as_str() {
            "awsfirelens" => add("ecs.capability.logging-driver.awsfirelens"),
            driver => add(&format!(
                "com.amazonaws.ecs.capability.logging-driver.{driver}"
            )),
        }
        if driver == "awslogs" {
            add(&format!("{DOCKER}.1.19"));
            if execution_role {
                add("ecs.capability.execution-role-awslogs");
            }
        }
    }
    let log = container.log_configuration.as_ref();
    let log_options = log.and_then(|log| log.secret_options.as_ref());
    for (all, what) in [
        (container.secrets.as_ref(), "environment-variables"),
        (log_options, "bootstrap.log-driver"),
    ] {
        for secret in all.into_iter().flatten() {
            let from = secret.value_from.as_deref().unwrap_or_default();
            let kind = match secrets::is_secret(from) {
                true => "asm",
                false => "ssm",
            };
            add(&format!("ecs.capability.secrets.{kind}.{what}"));
        }
    }
    if container
        .environment_files
        .as_ref()
        .is_some_and(|files| !files.is_empty())
    {
        add("ecs.capability.env-files.s3");
    }
    if container
        .depends_on
        .as_ref()
        .is_some_and(|list| !list.is_empty())
    {
        add("ecs.capability.container-ordering");
    }
    if container.health_check.is_some() {
        add("ecs.capability.container-health-check");
    }
    if container
        .restart_policy
        .as_ref()
        .is_some_and(|p| p.enabled == Some(true))
    {
        add("ecs.capability.container-restart-policy");
    }
    if container.repository_credentials.is_some() {
        add("ecs.capability.private-registry-authentication.secretsmanager");
    }
    if let Some(kind) = container
        .firelens_configuration
        .as_ref()
        .and_then(|f| f.type_.as_ref())
    {
        add(&format!("ecs.capability.firelens.{kind}"));
    }
    let ranges = container.port_mappings.iter().flatten();
    if ranges
        .into_iter()
        .any(|mapping| mapping.container_port_range.is_some())
    {
        add("ecs.capability.network.container-port-range");
    }
}

/// `<account>.dkr.ecr.<region>.amazonaws.com/…` and the like, or what might be meant for that.
pub(super) fn is_ecr_image(image: &str) -> bool {
    let host = image.split('/').next().unwrap_or_default();
    ecr_host::registry(host).is_some()
        || host.contains(".dkr.ecr.") && host.ends_with(".amazonaws.com")
}
