//! What ECS has and nodes of this version would refuse when a task starts: refused when the definition is
//! registered, by name.
//!
//! Log drivers that only some agents have are not among it: definitions ask for them by attribute, and an
//! agent that announces one gets the task. Fargate's nodes are wharf's own, so there the driver decides.

use wharf_api_ecs::{ContainerDefinition, TaskDefinition, Volume};
use wharf_wire::Fault;

use super::{containers, name, requires};
use crate::fault;

/// Drivers that wharf's own nodes have.
const OWN_DRIVERS: [&str; 3] = ["awslogs", "json-file", "none"];

pub(super) fn check(definition: &TaskDefinition) -> Result<(), Fault> {
    for volume in definition.volumes.iter().flatten() {
        if let Some(kind) = of_volume(volume) {
            let name = volume.name.as_deref().unwrap_or_default();
            return Err(fault::client(format!(
                "volume '{name}': {kind} volumes are not supported by this version of wharf."
            )));
        }
    }
    let fargate = requires(definition, "FARGATE");
    for container in containers(definition) {
        if let Some(what) = of_container(container, fargate) {
            return Err(fault::client(format!(
                "Container '{}': {what} not supported by this version of wharf.",
                name(container)
            )));
        }
    }
    Ok(())
}

fn of_volume(volume: &Volume) -> Option<&'static str> {
    [
        (volume.efs_volume_configuration.is_some(), "EFS"),
        (
            volume
                .fsx_windows_file_server_volume_configuration
                .is_some(),
            "FSx",
        ),
        (volume.s3files_volume_configuration.is_some(), "S3 Files"),
    ]
    .into_iter()
    .find_map(|(asked, kind)| asked.then_some(kind))
}

fn of_container(container: &ContainerDefinition, fargate: bool) -> Option<String> {
    let log = container.log_configuration.as_ref();
    let driver = log.and_then(|log| log.log_driver.as_deref());
    let given = |list: Option<usize>| list.is_some_and(|count| count > 0);
    let plain = [
        (
            given(container.secrets.as_ref().map(Vec::len)),
            "secrets are",
        ),
        (
            given(log.and_then(|log| log.secret_options.as_ref().map(Vec::len))),
            "secret options of a log driver are",
        ),
        (
            given(container.environment_files.as_ref().map(Vec::len)),
            "environment files are",
        ),
        (
            container.repository_credentials.is_some(),
            "repository credentials from Secrets Manager are",
        ),
        (
            container.firelens_configuration.is_some(),
            "FireLens routers are",
        ),
    ];
    let asked = plain
        .into_iter()
        .find_map(|(asked, what)| asked.then_some(what));
    asked.map(str::to_owned).or_else(|| {
        driver
            .filter(|driver| fargate && !OWN_DRIVERS.contains(driver))
            .map(|driver| format!("the log driver {driver} is"))
    })
}

#[cfg(test)]
mod tests {
    use wharf_api_ecs::{
        EFSVolumeConfiguration, EnvironmentFile, LogConfiguration, RepositoryCredentials, Secret,
    };

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
        let secret = || Secret {
            name: Some("S".to_owned()),
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
        let secrets = ContainerDefinition {
            secrets: Some(vec![secret()]),
            ..none()
        };
        assert_eq!(
            refused(secrets, None, false),
            "Container 'main': secrets are not supported by this version of wharf."
        );
        let files = ContainerDefinition {
            environment_files: Some(vec![EnvironmentFile::default()]),
            ..none()
        };
        assert!(refused(files, None, false).contains("environment files are"));
        let credentials = ContainerDefinition {
            repository_credentials: Some(RepositoryCredentials::default()),
            ..none()
        };
        assert!(refused(credentials, None, false).contains("repository credentials"));
        assert!(
            refused(with("awslogs", Some(vec![secret()])), None, false).contains("secret options")
        );
        assert!(refused(with("splunk", None), None, true).contains("log driver splunk is"));
        assert_eq!(
            refused(with("splunk", None), None, false),
            "",
            "an agent may have it"
        );
        assert_eq!(refused(with("awslogs", None), None, true), "");
        let efs = Volume {
            name: Some("shared".to_owned()),
            efs_volume_configuration: Some(EFSVolumeConfiguration::default()),
            ..Default::default()
        };
        assert_eq!(
            refused(none(), Some(efs), false),
            "volume 'shared': EFS volumes are not supported by this version of wharf."
        );
        let empty = ContainerDefinition {
            secrets: Some(Vec::new()),
            environment_files: Some(Vec::new()),
            ..none()
        };
        assert_eq!(refused(empty, None, true), "");
    }
}
