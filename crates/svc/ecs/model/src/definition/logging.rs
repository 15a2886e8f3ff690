//! Log drivers and their options.

use wharf_api_ecs::TaskDefinition;
use wharf_wire::Fault;

use super::{containers, requires};
use crate::fault;

const DRIVERS: &[&str] = &[
    "json-file",
    "syslog",
    "journald",
    "gelf",
    "fluentd",
    "awslogs",
    "splunk",
    "awsfirelens",
];

/// How much of a caller's words goes into an answer, in characters.
const MAX_SHOWN: usize = 255;

pub(super) fn check(definition: &TaskDefinition) -> Result<(), Fault> {
    for log in containers(definition)
        .iter()
        .filter_map(|c| c.log_configuration.as_ref())
    {
        let driver = log.log_driver.as_deref().unwrap_or_default();
        if !DRIVERS.contains(&driver) {
            return Err(fault::client(format!(
                "'{driver}' is not a valid log driver. Valid values are [{}].",
                DRIVERS.join(", ")
            )));
        }
        if driver != "awslogs" {
            continue;
        }
        let mut needed = vec!["awslogs-region", "awslogs-group"];
        if requires(definition, "FARGATE") {
            needed.push("awslogs-stream-prefix");
        }
        let has = |option: &&str| {
            log.options
                .as_ref()
                .is_some_and(|o| o.contains_key(*option))
        };
        if !needed.iter().all(has) {
            return Err(fault::client(format!(
                "Log driver awslogs requires options: {}",
                needed.join(", ")
            )));
        }
        // None of its options is a secret.
        let secret = log.secret_options.iter().flatten();
        let names: Vec<&str> = secret.filter_map(|option| option.name.as_deref()).collect();
        if !names.is_empty() {
            let shown: String = names.join(", ").chars().take(MAX_SHOWN).collect();
            return Err(fault::client(format!(
                "Log driver awslogs disallows options: {shown}"
            )));
        }
    }
    Ok(())
}
