//! Log drivers and their options.

use wharf_api_ecs::{LogConfiguration, TaskDefinition};
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

/// What Docker's driver of that name takes.
const SPLUNK: &[&str] = &[
    "splunk-token",
    "splunk-url",
    "splunk-url-path",
    "splunk-source",
    "splunk-sourcetype",
    "splunk-index",
    "splunk-capath",
    "splunk-caname",
    "splunk-insecureskipverify",
    "splunk-format",
    "splunk-verify-connection",
    "splunk-gzip",
    "splunk-gzip-level",
    "splunk-index-acknowledgment",
    "tag",
    "labels",
    "labels-regex",
    "env",
    "env-regex",
    "mode",
    "max-buffer-size",
];

pub(super) fn check(definition: &TaskDefinition) -> Result<(), Fault> {
    let all = containers(definition).iter();
    for log in all.filter_map(|c| c.log_configuration.as_ref()) {
        let driver = log.log_driver.as_deref().unwrap_or_default();
        if !DRIVERS.contains(&driver) {
            return Err(fault::client(format!(
                "'{driver}' is not a valid log driver. Valid values are [{}].",
                DRIVERS.join(", ")
            )));
        }
        match driver {
            "awslogs" => awslogs(log, requires(definition, "FARGATE"))?,
            "splunk" => splunk(log)?,
            // None of its options is a secret.
            "json-file" => disallow(driver, secrets(log))?,
            _ => {}
        }
    }
    Ok(())
}

/// The names of the options that are secrets.
fn secrets(log: &LogConfiguration) -> impl Iterator<Item = &str> {
    let secrets = log.secret_options.iter().flatten();
    secrets.filter_map(|option| option.name.as_deref())
}

fn options(log: &LogConfiguration) -> impl Iterator<Item = &str> {
    let options = log.options.iter().flatten();
    options.map(|(name, _)| name.as_str())
}

fn disallow<'a>(driver: &str, names: impl Iterator<Item = &'a str>) -> Result<(), Fault> {
    let names: Vec<&str> = names.collect();
    if names.is_empty() {
        return Ok(());
    }
    let shown: String = names.join(", ").chars().take(MAX_SHOWN).collect();
    Err(fault::client(format!(
        "Log driver {driver} disallows options: {shown}"
    )))
}

fn awslogs(log: &LogConfiguration, fargate: bool) -> Result<(), Fault> {
    let mut needed = vec!["awslogs-region", "awslogs-group"];
    if fargate {
        needed.push("awslogs-stream-prefix");
    }
    if !needed
        .iter()
        .all(|one| options(log).any(|name| name == *one))
    {
        return Err(fault::client(format!(
            "Log driver awslogs requires options: {}",
            needed.join(", ")
        )));
    }
    // None of its options is a secret.
    disallow("awslogs", secrets(log))
}

fn splunk(log: &LogConfiguration) -> Result<(), Fault> {
    let all = || options(log).chain(secrets(log));
    let needed = ["splunk-url", "splunk-token"];
    let missing = needed
        .into_iter()
        .filter(|one| !all().any(|name| name == *one));
    let missing: Vec<&str> = missing.collect();
    if !missing.is_empty() {
        return Err(fault::client(format!(
            "Log driver splunk requires options: {}",
            missing.join(", ")
        )));
    }
    disallow("splunk", all().filter(|name| !SPLUNK.contains(name)))
}
