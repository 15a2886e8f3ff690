//! One container of a task.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use wharf_api_ecs::{ContainerDefinition, ContainerOverride, HealthCheck, TaskDefinition};
use wharf_base::ecr_host;
use wharf_records::ecs::{Launch, Task};

use super::{
    super::message::{Container, DockerConfig},
    Extras,
    host_config::insert,
};
use crate::{
    definition::{is_secret, name},
    images,
};

/// The engine API version that everything set here has existed in.
const ENGINE_API: &str = "1.24";
/// The managed agent of ECS Exec.
pub const EXEC_AGENT: &str = "ExecuteCommandAgent";
/// Tells programs in containers what they run on.
const EXECUTION_ENVIRONMENT: &str = "AWS_EXECUTION_ENV";
const NANOS: i64 = 1_000_000_000;

pub(super) struct Making<'a> {
    pub(super) record: &'a Task,
    pub(super) definition: &'a TaskDefinition,
    pub(super) extras: &'a Extras,
    pub(super) account: &'a str,
    pub(super) region: &'a str,
}

impl Making<'_> {
    pub(super) fn container(
        &self,
        of: &ContainerDefinition,
        change: Option<&ContainerOverride>,
    ) -> Container {
        let known = self.record.containers.iter().find(|c| c.name == name(of));
        let command = change.and_then(|change| change.command.clone());
        let hard = change.and_then(|c| c.memory).or(of.memory);
        let files = change
            .and_then(|c| c.environment_files.as_ref())
            .or(of.environment_files.as_ref());
        let execution_role = self.extras.execution_role_credentials.is_some();
        let awslogs = driver(of) == Some("awslogs");
        Container {
            name: name(of).to_owned(),
            image: self.image(of, known.and_then(|known| known.pinned.as_deref())),
            command: of.command.clone().unwrap_or_default(),
            entry_point: of.entry_point.clone(),
            cpu: change.and_then(|c| c.cpu).or(of.cpu).unwrap_or(0),
            memory: hard.unwrap_or(0),
            essential: of.essential.unwrap_or(true),
            environment: self.environment(of, change),
            environment_files: files.into_iter().flatten().map(|file| {
                json!({"type": file.type_.as_deref().unwrap_or("s3"), "value": file.value})
            }).collect(),
            links: of.links.clone().unwrap_or_default(),
            port_mappings: ports(of),
            mount_points: mounts(of),
            volumes_from: of.volumes_from.iter().flatten().map(|from| {
                json!({"sourceContainer": from.source_container, "readOnly": from.read_only == Some(true)})
            }).collect(),
            secrets: self.secrets(of),
            depends_on: of.depends_on.iter().flatten().map(|dependency| {
                json!({"containerName": dependency.container_name, "condition": dependency.condition})
            }).collect(),
            start_timeout: of.start_timeout,
            stop_timeout: of.stop_timeout,
            restart_policy: of.restart_policy.as_ref().map(|policy| json!({
                "enabled": policy.enabled,
                "ignoredExitCodes": policy.ignored_exit_codes.clone().unwrap_or_default(),
                "restartAttemptPeriod": policy.restart_attempt_period,
            })),
            health_check_type: of.health_check.as_ref().map(|_| "docker"),
            registry_authentication: self.registry(of, execution_role),
            logs_auth_strategy: (awslogs && execution_role).then_some("ExecutionRole"),
            firelens_configuration: of.firelens_configuration.as_ref().map(|firelens| {
                json!({"type": firelens.type_, "options": firelens.options})
            }),
            managed_agents: self.managed_agents(),
            container_arn: known.map(|known| known.arn.clone()).unwrap_or_default(),
            overrides: command.map(|command| json!({"command": command}).to_string()),
            docker_config: DockerConfig {
                config: Value::Object(config(of)).to_string(),
                host_config: Value::Object(self.host_config(of, change)).to_string(),
                version: ENGINE_API,
            },
        }
    }

    /// Other agents give the name to a Docker that knows nothing of this server.
    pub(super) fn image(&self, of: &ContainerDefinition, pinned: Option<&str>) -> String {
        let image = images::at(of.image.as_deref().unwrap_or_default(), pinned);
        match self.extras.of_another_make {
            true => images::untagged(&self.extras.server.image(&image, self.account, self.region)),
            false => image,
        }
    }

    /// The definition's variables with the override's on top, and what other agents are told to set.
    fn environment(
        &self,
        of: &ContainerDefinition,
        change: Option<&ContainerOverride>,
    ) -> BTreeMap<String, String> {
        let mut variables = environment(of, change);
        if self.extras.of_another_make
            && let Some(kind) = execution_environment(self.record.launch)
        {
            variables.insert(EXECUTION_ENVIRONMENT.to_owned(), kind.to_owned());
        }
        variables
    }

    fn managed_agents(&self) -> Vec<Value> {
        match self.record.enable_execute_command && self.extras.execute_command {
            true => vec![json!({"name": EXEC_AGENT, "properties": {}})],
            false => Vec::new(),
        }
    }

    /// `valueFrom` of Secrets Manager is an ARN; anything else is a parameter of SSM.
    fn secrets(&self, of: &ContainerDefinition) -> Vec<Value> {
        let secret = |secret: &wharf_api_ecs::Secret, target: &str| {
            let from = secret.value_from.clone().unwrap_or_default();
            let asm = is_secret(&from);
            let region = from.split(':').nth(3).filter(|_| from.starts_with("arn:"));
            json!({
                "name": secret.name,
                "provider": if asm { "asm" } else { "ssm" },
                "region": region.unwrap_or(self.region),
                "target": target,
                "type": if target == "CONTAINER" { "ENVIRONMENT_VARIABLE" } else { "BOOTSTRAP" },
                "valueFrom": from,
            })
        };
        let own = of
            .secrets
            .iter()
            .flatten()
            .map(|one| secret(one, "CONTAINER"));
        let log = of
            .log_configuration
            .as_ref()
            .and_then(|log| log.secret_options.as_ref());
        own.chain(
            log.into_iter()
                .flatten()
                .map(|one| secret(one, "LOG_DRIVER")),
        )
        .collect()
    }

    pub(super) fn registry(&self, of: &ContainerDefinition, execution_role: bool) -> Option<Value> {
        if let Some(credentials) = &of.repository_credentials {
            let parameter = credentials.credentials_parameter.as_deref()?;
            let region = parameter.split(':').nth(3).unwrap_or(self.region);
            return Some(json!({
                "type": "asm",
                "asmAuthData": {"credentialsParameter": parameter, "region": region},
            }));
        }
        let image = of.image.as_deref().unwrap_or_default();
        let host = image.split('/').next().unwrap_or_default();
        let loosely = || {
            let (registry, rest) = host.split_once(".dkr.ecr.")?;
            Some((registry, rest.split('.').next().unwrap_or(self.region)))
        };
        let (registry, region) = match ecr_host::registry(host).or_else(loosely) {
            Some(named) => named,
            // `localhost:<port>/…` means our own registry too.
            None if self.extras.server.is_own_registry(host) => (self.account, self.region),
            None => return None,
        };
        Some(json!({
            "type": "ecr",
            "ecrAuthData": {
                "registryId": registry,
                "region": region,
                "useExecutionRole": execution_role,
                "endpointOverride": self.extras.server.endpoint(),
            },
        }))
    }
}

pub(super) fn driver(of: &ContainerDefinition) -> Option<&str> {
    of.log_configuration.as_ref()?.log_driver.as_deref()
}

/// What ECS says of a launch type in its containers; of EXTERNAL nothing.
fn execution_environment(launch: Launch) -> Option<&'static str> {
    match launch {
        Launch::Ec2 => Some("AWS_ECS_EC2"),
        Launch::Fargate => Some("AWS_ECS_FARGATE"),
        Launch::ManagedInstances => Some("AWS_ECS_MANAGED_INSTANCES"),
        Launch::External => None,
    }
}

/// The definition's variables with the override's on top.
fn environment(
    of: &ContainerDefinition,
    change: Option<&ContainerOverride>,
) -> BTreeMap<String, String> {
    let over = change.and_then(|change| change.environment.as_ref());
    let pairs = of
        .environment
        .iter()
        .flatten()
        .chain(over.into_iter().flatten());
    pairs
        .filter_map(|pair| Some((pair.name.clone()?, pair.value.clone().unwrap_or_default())))
        .collect()
}

fn ports(of: &ContainerDefinition) -> Vec<Value> {
    let mapping = |mapping: &wharf_api_ecs::PortMapping| {
        let mut one = Map::new();
        insert(&mut one, "containerPort", &mapping.container_port);
        insert(&mut one, "hostPort", &mapping.host_port);
        insert(
            &mut one,
            "containerPortRange",
            &mapping.container_port_range,
        );
        one.insert(
            "protocol".into(),
            mapping.protocol.as_deref().unwrap_or("tcp").into(),
        );
        Value::Object(one)
    };
    of.port_mappings.iter().flatten().map(mapping).collect()
}

fn mounts(of: &ContainerDefinition) -> Vec<Value> {
    let mount = |mount: &wharf_api_ecs::MountPoint| {
        json!({
            "sourceVolume": mount.source_volume,
            "containerPath": mount.container_path,
            "readOnly": mount.read_only == Some(true),
        })
    };
    of.mount_points.iter().flatten().map(mount).collect()
}

fn config(of: &ContainerDefinition) -> Map<String, Value> {
    let mut config = Map::new();
    insert(&mut config, "User", &of.user);
    insert(&mut config, "WorkingDir", &of.working_directory);
    insert(&mut config, "Hostname", &of.hostname);
    insert(&mut config, "Tty", &of.pseudo_terminal);
    insert(&mut config, "OpenStdin", &of.interactive);
    insert(&mut config, "NetworkDisabled", &of.disable_networking);
    if let Some(labels) = of
        .docker_labels
        .as_ref()
        .filter(|labels| !labels.is_empty())
    {
        config.insert("Labels".into(), json!(labels));
    }
    if let Some(check) = &of.health_check {
        config.insert("Healthcheck".into(), health_check(check));
    }
    config
}

fn health_check(check: &HealthCheck) -> Value {
    let nanos = |seconds: Option<i32>| i64::from(seconds.unwrap_or(0)) * NANOS;
    json!({
        "Test": check.command,
        "Interval": nanos(check.interval),
        "Timeout": nanos(check.timeout),
        "Retries": check.retries,
        "StartPeriod": nanos(check.start_period),
    })
}
