//! What ECS has and this version has not, or what nodes would refuse when a task starts: refused when the
//! definition is registered, by name.
//!
//! Log drivers that only some agents have are not among it: definitions ask for them by attribute, and an
//! agent that announces one gets the task. Fargate's nodes are wharf's own, so there the driver decides.

use wharf_api_ecs::{ContainerDefinition, TaskDefinition, Volume};
use wharf_base::sysctl::{self, Namespace};
use wharf_wire::Fault;

use super::{containers, name, network_mode, requires};
use crate::fault;

/// Drivers that wharf's own nodes have.
const OWN_DRIVERS: [&str; 3] = ["awslogs", "json-file", "splunk"];
/// Options of `splunk` that they do not have.
const FOREIGN_OPTIONS: [&str; 6] = [
    "splunk-capath",
    "splunk-caname",
    "labels",
    "labels-regex",
    "env",
    "env-regex",
];
/// Options that a node needs before it reads secrets.
const NO_SECRETS: [&str; 2] = ["mode", "max-buffer-size"];
/// How much of a caller's words goes into an answer, in characters.
const MAX_SHOWN: usize = 64;

pub(super) fn check(definition: &TaskDefinition) -> Result<(), Fault> {
    if let Some(what) = of_task(definition) {
        return Err(fault::client(format!(
            "{what} not supported by this version of wharf."
        )));
    }
    for volume in definition.volumes.iter().flatten() {
        if let Some(what) = of_volume(volume).or_else(|| of_files(definition, volume)) {
            let name = volume.name.as_deref().unwrap_or_default();
            return Err(fault::client(format!(
                "volume '{name}': {what} are not supported by this version of wharf."
            )));
        }
    }
    let fargate = requires(definition, "FARGATE");
    for container in containers(definition) {
        let refuse = |text: String| {
            Err(fault::client(format!(
                "Container '{}': {text}.",
                name(container)
            )))
        };
        if let Some(what) = of_container(container, fargate) {
            return refuse(format!("{what} not supported by this version of wharf"));
        }
        if let Some(text) = of_settings(definition, container) {
            return refuse(text);
        }
    }
    Ok(())
}

/// The first of these that is asked for.
fn first<const N: usize>(all: [(bool, &'static str); N]) -> Option<&'static str> {
    all.into_iter()
        .find_map(|(asked, what)| asked.then_some(what))
}

fn is_given<T>(list: Option<&Vec<T>>) -> bool {
    list.is_some_and(|list| !list.is_empty())
}

fn of_task(definition: &TaskDefinition) -> Option<&'static str> {
    first([
        (
            definition.proxy_configuration.is_some(),
            "proxyConfiguration is",
        ),
        (
            is_given(definition.inference_accelerators.as_ref()),
            "inferenceAccelerators are",
        ),
        (
            definition.enable_fault_injection == Some(true),
            "enableFaultInjection is",
        ),
        (
            definition.trusted_execution_configuration.is_some(),
            "trustedExecutionConfiguration is",
        ),
    ])
}

fn of_volume(volume: &Volume) -> Option<&'static str> {
    let docker = volume.docker_volume_configuration.as_ref();
    let options = docker.and_then(|docker| docker.driver_opts.as_ref());
    first([
        (
            volume
                .fsx_windows_file_server_volume_configuration
                .is_some(),
            "FSx volumes",
        ),
        (
            volume.s3files_volume_configuration.is_some(),
            "S3 Files volumes",
        ),
        (
            options.is_some_and(|options| !options.is_empty()),
            "driver options",
        ),
    ])
}

/// File systems are mounted from inside the task's own network, by a program that has no port there.
fn of_files(definition: &TaskDefinition, volume: &Volume) -> Option<&'static str> {
    let efs = volume.efs_volume_configuration.as_ref()?;
    first([
        (
            network_mode(definition) != "awsvpc",
            "EFS volumes in network modes other than awsvpc",
        ),
        (
            efs.transit_encryption_port.is_some(),
            "ports of transit encryption (transitEncryptionPort)",
        ),
    ])
}

fn of_container(container: &ContainerDefinition, fargate: bool) -> Option<String> {
    let plain = first([
        (
            container.firelens_configuration.is_some(),
            "FireLens routers are",
        ),
        (
            is_given(container.credential_specs.as_ref()),
            "credentialSpecs are",
        ),
    ]);
    plain
        .map(str::to_owned)
        .or_else(|| security_option(container))
        .or_else(|| resource(container, fargate))
        .or_else(|| log_driver(container, fargate))
        .or_else(|| splunk(container, fargate))
}

/// `no-new-privileges` is the one that nodes know. The others name profiles of security modules, which
/// a container must not go without.
fn security_option(container: &ContainerDefinition) -> Option<String> {
    let known = |option: &str| {
        let value = option.strip_prefix("no-new-privileges");
        let value = value.map(|value| value.trim_start_matches([':', '=']));
        matches!(value, Some("" | "true" | "false"))
    };
    let mut all = container.docker_security_options.iter().flatten();
    let unknown = all.find(|option| !known(option))?;
    let shown: String = unknown.chars().take(MAX_SHOWN).collect();
    Some(format!("the Docker security option '{shown}' is"))
}

/// Hosts have processors, memory and ports to give, no devices. What Fargate says of a GPU is AWS's own
/// ([`super::fargate`]).
fn resource(container: &ContainerDefinition, fargate: bool) -> Option<String> {
    let all = container.resource_requirements.iter().flatten();
    let mut kinds = all.filter_map(|one| one.type_.as_deref());
    let kind = kinds.find(|kind| !fargate || *kind != "GPU")?;
    Some(format!("the resource requirement {kind} is"))
}

fn log_driver(container: &ContainerDefinition, fargate: bool) -> Option<String> {
    let log = container.log_configuration.as_ref();
    let driver = log.and_then(|log| log.log_driver.as_deref())?;
    let missing = fargate && !OWN_DRIVERS.contains(&driver);
    missing.then(|| format!("the log driver {driver} is"))
}

/// Options of the driver that nodes would refuse, where they are wharf's own.
fn splunk(container: &ContainerDefinition, fargate: bool) -> Option<String> {
    let log = container.log_configuration.as_ref()?;
    if !fargate || log.log_driver.as_deref() != Some("splunk") {
        return None;
    }
    let names = |option: &str| FOREIGN_OPTIONS.iter().find(|one| **one == option);
    let options = log.options.iter().flatten();
    let mut plain = options.filter_map(|(name, _)| names(name));
    let secrets = || log.secret_options.iter().flatten();
    let mut secret = secrets().filter_map(|one| names(one.name.as_deref()?));
    if let Some(option) = plain.next().or_else(|| secret.next()) {
        return Some(format!("the option {option} of the log driver splunk is"));
    }
    let mut kept = secrets().filter_map(|one| one.name.as_deref());
    let option = kept.find(|name| NO_SECRETS.contains(name))?;
    Some(format!(
        "the option {option} of the log driver splunk as a secret is"
    ))
}

/// Settings of the kernel that would not be the task's own.
fn of_settings(definition: &TaskDefinition, container: &ContainerDefinition) -> Option<String> {
    let is_own = |setting: &str| match sysctl::namespace_of(setting) {
        Some(Namespace::Network) => network_mode(definition) != "host",
        Some(Namespace::Ipc) => definition.ipc_mode.as_deref() != Some("host"),
        None => false,
    };
    let all = container.system_controls.iter().flatten();
    let mut names = all.map(|one| one.namespace.as_deref().unwrap_or_default());
    let foreign = names.find(|setting| !is_own(setting))?;
    let shown: String = foreign.chars().take(MAX_SHOWN).collect();
    Some(format!(
        "the kernel setting {shown} would be the host's; no task may change it"
    ))
}

#[cfg(test)]
mod tests {
    use wharf_api_ecs::{EFSVolumeConfiguration, LogConfiguration, Secret};

    use super::*;

    fn refused(container: ContainerDefinition, volume: Option<Volume>, fargate: bool) -> String {
        let definition = TaskDefinition {
            container_definitions: Some(vec![ContainerDefinition {
                name: Some("main".to_owned()),
                ..container
            }]),
            volumes: Some(volume.into_iter().collect()),
            requires_compatibilities: fargate.then(|| vec!["FARGATE".to_owned()]),
            ..Default::default()
        };
        check(&definition).map_or_else(|fault| fault.message, |()| String::new())
    }

    #[test]
    fn what_a_node_would_refuse_is_refused_by_name() {
        let secret = |name: &str| Secret {
            name: Some(name.to_owned()),
            value_from: Some("arn:aws:secretsmanager:us-east-1:000000000000:secret:x".to_owned()),
        };
        let with = |driver: &str, options: Option<Vec<Secret>>| ContainerDefinition {
            log_configuration: Some(LogConfiguration {
                log_driver: Some(driver.to_owned()),
                secret_options: options,
                ..Default::default()
            }),
            ..Default::default()
        };
        let none = ContainerDefinition::default;
        assert_eq!(
            refused(
                with("splunk", Some(vec![secret("splunk-token")])),
                None,
                true
            ),
            ""
        );
        assert!(refused(with("gelf", None), None, true).contains("log driver gelf is"));
        let foreign = || with("splunk", Some(vec![secret("splunk-caname")]));
        assert_eq!(
            refused(foreign(), None, true),
            "Container 'main': the option splunk-caname of the log driver splunk is not supported by this version of wharf."
        );
        let kept = with("splunk", Some(vec![secret("mode")]));
        assert_eq!(
            refused(kept, None, true),
            "Container 'main': the option mode of the log driver splunk as a secret is not supported by this version of wharf."
        );
        for other in [with("gelf", None), foreign()] {
            assert_eq!(refused(other, None, false), "", "an agent may have it");
        }
        assert_eq!(refused(with("awslogs", None), None, true), "");
        assert!(refused(with("none", None), None, true).contains("log driver none is"));
        let efs = Volume {
            name: Some("shared".to_owned()),
            efs_volume_configuration: Some(EFSVolumeConfiguration::default()),
            ..Default::default()
        };
        assert_eq!(
            refused(none(), Some(efs), false),
            "volume 'shared': EFS volumes in network modes other than awsvpc are not supported by this version of wharf."
        );
        let empty = ContainerDefinition {
            credential_specs: Some(Vec::new()),
            ..none()
        };
        assert_eq!(refused(empty, None, true), "");
    }
}
