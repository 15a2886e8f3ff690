//! `secrets`, `secretOptions` and `repositoryCredentials`: what names them, and what a definition with them must have.

use std::collections::BTreeSet;

use wharf_api_ecs::{ContainerDefinition, KeyValuePair, LogConfiguration, Secret, TaskDefinition};
use wharf_wire::Fault;

use super::{containers, name};
use crate::fault;

/// Longest `valueFrom` that is not a secret's ARN, in characters.
const MAX_PARAMETER: usize = 2048;
/// How much of a caller's words goes into an answer, in characters.
const MAX_SHOWN: usize = 255;

pub(super) fn check(definition: &TaskDefinition) -> Result<(), Fault> {
    let role = definition.execution_role_arn.is_some();
    for container in containers(definition) {
        let secrets = container.secrets.as_deref().unwrap_or_default();
        let log = container.log_configuration.as_ref();
        let log_options = log.and_then(|log| log.secret_options.as_deref());
        let log_options = log_options.unwrap_or_default();
        if !(role || secrets.is_empty() && log_options.is_empty()) {
            return Err(fault::client(
                "When you are specifying container secrets, you must also specify a value for \
                 'executionRoleArn'.",
            ));
        }
        names(container, secrets)?;
        if let Some(log) = log {
            option_names(log, log_options)?;
        }
        secrets.iter().chain(log_options).try_for_each(source)?;
        credentials(container, role)?;
    }
    Ok(())
}

/// Each variable has one value: that of a secret, or that of `environment`.
fn names(container: &ContainerDefinition, secrets: &[Secret]) -> Result<(), Fault> {
    let mut seen = BTreeSet::new();
    for secret in secrets {
        let variable = secret.name.as_deref().unwrap_or_default();
        if variable.is_empty() {
            return Err(fault::client("Secret name must not be null or empty."));
        }
        if variable.contains(['=', '\0']) {
            return Err(fault::client(format!(
                "Invalid setting for container '{}'. The secret name '{}' cannot be that of an \
                 environment variable.",
                name(container),
                shown(variable)
            )));
        }
        if !seen.insert(variable) {
            return Err(fault::client(format!(
                "Duplicate secret names found: {}. Each secret name must be unique.",
                shown(variable)
            )));
        }
    }
    not_shared(container, container.environment.as_deref())
}

/// Each option of a log driver has one value.
fn option_names(log: &LogConfiguration, secrets: &[Secret]) -> Result<(), Fault> {
    let mut seen = BTreeSet::new();
    for secret in secrets {
        let option = secret.name.as_deref().unwrap_or_default();
        if option.is_empty() {
            return Err(fault::client("Secret name must not be null or empty."));
        }
        if !seen.insert(option) {
            return Err(fault::client(format!(
                "Duplicate secret names found: {}. Each secret name must be unique.",
                shown(option)
            )));
        }
        if log.options.iter().flatten().any(|(name, _)| name == option) {
            return Err(fault::client(format!(
                "The secret name must be unique and not shared with any new or existing options set on \
                 the log configuration, such as '{}'.",
                shown(option)
            )));
        }
    }
    Ok(())
}

/// Refuses `environment`, of the definition or of an override, that sets what a secret of the container
/// sets.
pub fn not_shared(
    container: &ContainerDefinition,
    environment: Option<&[KeyValuePair]>,
) -> Result<(), Fault> {
    let secrets = container.secrets.iter().flatten();
    let secrets: BTreeSet<&str> = secrets.filter_map(|one| one.name.as_deref()).collect();
    let variables = environment.unwrap_or_default().iter();
    let mut variables = variables.filter_map(|one| one.name.as_deref());
    match variables.find(|variable| secrets.contains(variable)) {
        Some(variable) => Err(fault::client(format!(
            "The secret name must be unique and not shared with any new or existing environment \
             variables set on the container, such as '{}'.",
            shown(variable)
        ))),
        None => Ok(()),
    }
}

/// An ARN of Secrets Manager; anything else names a parameter of Systems Manager.
fn source(secret: &Secret) -> Result<(), Fault> {
    let from = secret.value_from.as_deref().unwrap_or_default();
    if is_secret(from) || is_parameter(from) {
        return Ok(());
    }
    Err(fault::client(format!(
        "The Systems Manager parameter name specified for secret {} is invalid. The parameter name can \
         be up to {MAX_PARAMETER} characters and include the following letters and symbols: \
         a-zA-Z0-9_.-",
        shown(secret.name.as_deref().unwrap_or_default())
    )))
}

/// Whether `valueFrom` is the ARN of a secret, with or without key, stage and version behind its name.
pub fn is_secret(from: &str) -> bool {
    let parts: Vec<&str> = from.split(':').collect();
    matches!(parts.as_slice(), ["arn", partition, "secretsmanager", region, account, "secret", name, ..]
        if ![partition, region, account, name].iter().any(|part| part.is_empty()))
}

fn is_parameter(from: &str) -> bool {
    let (path, symbols): (&str, &[char]) = match from.starts_with("arn:") {
        false => (from, &['_', '.', '-', '/']),
        true => {
            let parts: Vec<&str> = from.splitn(6, ':').collect();
            match parts.as_slice() {
                [_, _, "ssm", _, _, resource] => match resource.strip_prefix("parameter/") {
                    // Behind a colon is a version or a label.
                    Some(path) => (path, &['_', '.', '-', '/', ':']),
                    None => return false,
                },
                _ => return false,
            }
        }
    };
    let known = |c: char| c.is_ascii_alphanumeric() || symbols.contains(&c);
    !path.is_empty() && from.len() <= MAX_PARAMETER && path.chars().all(known)
}

fn credentials(container: &ContainerDefinition, role: bool) -> Result<(), Fault> {
    let Some(credentials) = &container.repository_credentials else {
        return Ok(());
    };
    if !role {
        return Err(fault::client(
            "Private repository authentication requires that the task definition specify a value for \
             executionRoleArn.",
        ));
    }
    let parameter = credentials.credentials_parameter.as_deref();
    if parameter.unwrap_or_default().is_empty() {
        return Err(fault::client(format!(
            "Invalid setting for container '{}'. 'credentialsParameter' must name a secret.",
            name(container)
        )));
    }
    Ok(())
}

fn shown(text: &str) -> String {
    text.chars().take(MAX_SHOWN).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_value_comes_from() {
        const SECRET: &str = "arn:aws:secretsmanager:us-east-1:000000000000:secret:";
        const PARAMETER: &str = "arn:aws:ssm:us-east-1:000000000000:parameter/";
        let secret = |tail: &str| is_secret(&format!("{SECRET}{tail}"));
        assert!(secret("db-aB3dE6") && secret("a/b-aB3dE6:key::") && secret("db:key:AWSPREVIOUS:"));
        assert!(!secret(""));
        assert!(!is_secret("arn:aws:secretsmanager:us-east-1::secret:db"));
        assert!(!is_secret(
            "arn:aws:secretsmanager:us-east-1:000000000000:other:db"
        ));
        assert!(!is_secret("db"));
        let long = "x".repeat(MAX_PARAMETER);
        for from in [
            "db",
            "/app/db.user_1-x",
            &format!("{PARAMETER}app/db"),
            &format!("{PARAMETER}db:3"),
            &long,
        ] {
            assert!(is_parameter(from), "{from}");
        }
        for from in [
            "",
            "a b",
            "db:3",
            "päss",
            PARAMETER,
            "arn:aws:ssm:us-east-1:000000000000:document/x",
            "arn:aws:s3:::bucket/key",
            &format!("{long}x"),
        ] {
            assert!(!is_parameter(from), "{from}");
        }
    }
}
