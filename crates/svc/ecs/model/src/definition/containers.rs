//! Checks of each container by itself.

use std::collections::BTreeSet;

use wharf_api_ecs::{ContainerDefinition, HealthCheck, TaskDefinition};
use wharf_wire::Fault;

use super::{containers, linux, name};
use crate::fault;

const ULIMITS: &[&str] = &[
    "core",
    "cpu",
    "data",
    "fsize",
    "locks",
    "memlock",
    "msgqueue",
    "nice",
    "nofile",
    "nproc",
    "rss",
    "rtprio",
    "rttime",
    "sigpending",
    "stack",
];

pub(super) fn check(definition: &TaskDefinition) -> Result<(), Fault> {
    let mut names = BTreeSet::new();
    for container in containers(definition) {
        if container.image.as_deref().unwrap_or_default().is_empty() {
            return Err(fault::client(
                "Container.image should not be null or empty.",
            ));
        }
        if name(container).is_empty() {
            return Err(fault::client("Container.name should not be null or empty."));
        }
        if !crate::names::is_name(name(container)) {
            return Err(fault::client(format!(
                "Container name '{}' is invalid: up to 255 letters, numbers, hyphens and \
                 underscores are allowed.",
                name(container).chars().take(300).collect::<String>()
            )));
        }
        if !names.insert(name(container)) {
            return Err(fault::client("Container names must be unique"));
        }
        check_one(container)?;
    }
    if !containers(definition)
        .iter()
        .any(|c| c.essential.unwrap_or(true))
    {
        return Err(fault::client("At least one container must be essential"));
    }
    links_and_volumes_from(definition, &names)
}

fn check_one(container: &ContainerDefinition) -> Result<(), Fault> {
    let refuse = |text: String| {
        Err(fault::client(format!(
            "Invalid setting for container '{}'. {text}",
            name(container)
        )))
    };
    for ulimit in container.ulimits.iter().flatten() {
        let limit = ulimit.name.as_deref().unwrap_or_default();
        if !ULIMITS.contains(&limit) {
            return refuse(format!("'{limit}' is not a valid ulimit name."));
        }
        if ulimit.soft_limit > ulimit.hard_limit && ulimit.hard_limit != Some(-1) {
            return refuse(format!(
                "The soft limit of ulimit '{limit}' exceeds the hard limit."
            ));
        }
    }
    if container.start_timeout.is_some_and(|seconds| seconds < 2) {
        return refuse("'startTimeout' must be at least 2 seconds.".to_owned());
    }
    if container.stop_timeout.is_some_and(|seconds| seconds < 0) {
        return refuse("'stopTimeout' must not be negative.".to_owned());
    }
    let consistency = container.version_consistency.as_deref();
    if consistency.is_some_and(|given| !["enabled", "disabled"].contains(&given)) {
        return refuse("'versionConsistency' must be one of [enabled, disabled].".to_owned());
    }
    if let Some(policy) = &container.restart_policy {
        if policy
            .restart_attempt_period
            .is_some_and(|s| !(60..=1800).contains(&s))
        {
            return refuse(
                "'restartAttemptPeriod' must be between 60 and 1800 seconds.".to_owned(),
            );
        }
        if policy
            .ignored_exit_codes
            .as_ref()
            .is_some_and(|codes| codes.len() > 50)
        {
            return refuse("'ignoredExitCodes' can have at most 50 items.".to_owned());
        }
    }
    if let Some(parameters) = &container.linux_parameters {
        linux::check(parameters).or_else(|bad| refuse(bad.to_string()))?;
    }
    match &container.health_check {
        Some(health) => health_check(health).or_else(|bad| refuse(bad.to_string())),
        None => Ok(()),
    }
}

/// What is wrong with a health check, as a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum BadHealthCheck {
    #[error("The health check must have a command.")]
    NoCommand,
    #[error("The health check's command must begin with CMD or CMD-SHELL.")]
    Command,
    #[error("The health check's '{what}' must be between {from} and {to}.")]
    Range {
        what: &'static str,
        from: i32,
        to: i32,
    },
}

fn health_check(check: &HealthCheck) -> Result<(), BadHealthCheck> {
    if check.command.as_ref().is_none_or(Vec::is_empty) {
        return Err(BadHealthCheck::NoCommand);
    }
    // A string alone is for the shell.
    let command = check.command.as_deref().unwrap_or_default();
    match command {
        [kind] if kind == "CMD" || kind == "CMD-SHELL" => {
            return Err(BadHealthCheck::NoCommand);
        }
        [_] => {}
        [kind, ..] if kind == "CMD" || kind == "CMD-SHELL" => {}
        _ => return Err(BadHealthCheck::Command),
    }
    let within = |what: &'static str, value: Option<i32>, from: i32, to: i32| match value {
        Some(value) if !(from..=to).contains(&value) => {
            Err(BadHealthCheck::Range { what, from, to })
        }
        _ => Ok(()),
    };
    within("interval", check.interval, 5, 300)?;
    within("timeout", check.timeout, 2, 60)?;
    within("retries", check.retries, 1, 10)?;
    within("startPeriod", check.start_period, 0, 300)
}

fn links_and_volumes_from(
    definition: &TaskDefinition,
    names: &BTreeSet<&str>,
) -> Result<(), Fault> {
    for container in containers(definition) {
        for from in container.volumes_from.iter().flatten() {
            let source = from.source_container.as_deref().unwrap_or_default();
            if !names.contains(source) {
                return Err(fault::client(format!(
                    "Container '{}' refers to unknown container '{source}' in volumesFrom.",
                    name(container)
                )));
            }
        }
        for link in container.links.iter().flatten() {
            let target = link.split(':').next().unwrap_or_default();
            if !names.contains(target) {
                return Err(fault::client(format!(
                    "Container '{}' links to unknown container '{target}'.",
                    name(container)
                )));
            }
        }
    }
    Ok(())
}
