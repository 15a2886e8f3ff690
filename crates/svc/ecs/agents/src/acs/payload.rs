//! A task's record and its definition as the agent reads them (spec ecs-agent §2). Pure.
//!
//! Overrides of environment, cpu and memory are merged here; only the command travels as an
//! override. What Docker's engine API has no member of its own for in a container goes into
//! `dockerConfig`, whose values win over the agent's.

use std::{collections::BTreeMap, net::Ipv6Addr};

use serde_json::{Map, Value, json};
use wharf_api_ecs::{
    ContainerDefinition, ContainerOverride, HealthCheck, LinuxParameters, TaskDefinition,
};
use wharf_base::Cidr6;
use wharf_records::ecs::{Desired, Launch, Task};

use super::{
    message::{
        self, Attachment, Container, Credentials, DockerConfig, Interface, Ipv4, Ipv6, Property,
    },
    server_address::ServerAddress,
};
use crate::{
    definition::{containers, is_secret, name, network_mode, task_size},
    document, images, monitoring, names,
    volume::FILESYSTEM,
};

/// The engine API version that everything set here has existed in.
const ENGINE_API: &str = "1.24";
/// The managed agent of ECS Exec.
pub const EXEC_AGENT: &str = "ExecuteCommandAgent";
/// Tells programs in containers what they run on.
const EXECUTION_ENVIRONMENT: &str = "AWS_EXECUTION_ENV";
const MIB: i64 = 1 << 20;
const NANOS: i64 = 1_000_000_000;

/// What of a payload does not stand in records.
#[derive(Debug, Clone, Default)]
pub struct Extras {
    pub role_credentials: Option<Credentials>,
    pub execution_role_credentials: Option<Credentials>,
    /// The agent serves sessions of ECS Exec.
    pub execute_command: bool,
    /// This server, as the agent knows it.
    pub server: ServerAddress,
    /// Seconds that are left to a task that has to end.
    pub stop_within: Option<u64>,
    /// The agent is none of wharf's, which does by itself what others are told to.
    pub of_another_make: bool,
}

pub fn task(record: &Task, definition: &TaskDefinition, extras: Extras) -> message::Task {
    let overrides = document::overrides(&record.overrides).unwrap_or_default();
    let changes: BTreeMap<&str, &ContainerOverride> = overrides
        .container_overrides
        .iter()
        .flatten()
        .filter_map(|change| Some((change.name.as_deref()?, change)))
        .collect();
    let place = names::place_of(&record.arn);
    let account = place
        .as_ref()
        .map(|place| place.account.clone())
        .unwrap_or_default();
    let region = place.map(|place| place.region).unwrap_or_default();
    let cx = Making {
        record,
        definition,
        extras: &extras,
        account: &account,
        region: &region,
    };
    let made = containers(definition).iter();
    let made = made.map(|container| cx.container(container, changes.get(name(container)).copied()));
    let definition_ref = names::definition_ref(&record.definition).ok().flatten();
    let revision = definition_ref
        .as_ref()
        .and_then(|r| r.revision)
        .unwrap_or_default();
    let sized = task_size(definition) != (None, None)
        || overrides.cpu.is_some()
        || overrides.memory.is_some();
    let number = |text: &str| text.parse::<u32>().ok().filter(|n| sized && *n > 0);
    message::Task {
        arn: record.arn.clone(),
        task_cluster_arn: record.cluster_arn.clone(),
        family: definition_ref.map(|r| r.family).unwrap_or_default(),
        version: revision.to_string(),
        desired_status: crate::task::plan::told(record).as_str().to_owned(),
        task_definition_account_id: account.clone(),
        cpu: number(&record.cpu).map(|units| f64::from(units) / 1024.0),
        memory: number(&record.memory),
        network_mode: network_mode(definition).to_owned(),
        launch_type: record.launch.as_str().to_owned(),
        service_name: record.group.strip_prefix("service:").map(str::to_owned),
        group: record.group.clone(),
        zone: record.availability_zone.clone(),
        pid_mode: definition.pid_mode.clone(),
        ipc_mode: definition.ipc_mode.clone(),
        volumes: volumes(definition),
        containers: made.collect(),
        elastic_network_interfaces: interface(record).into_iter().collect(),
        attachments: volume(record).into_iter().collect(),
        enable_fault_injection: definition.enable_fault_injection,
        measured_every: (!record.high_resolution.is_empty()).then_some(monitoring::HIGH),
        stop_within: extras.stop_within,
        role_credentials: extras.role_credentials.clone(),
        execution_role_credentials: extras.execution_role_credentials.clone(),
        ephemeral_storage: record
            .ephemeral_gib
            .and_then(|gib| u32::try_from(gib).ok())
            .map(|size_in_gib| message::EphemeralStorage { size_in_gib }),
    }
}

/// What a task of that definition would pull, and as whom.
pub fn images(
    record: &Task,
    definition: &TaskDefinition,
    pins: &images::Pins,
    extras: &Extras,
) -> Vec<message::ContainerImage> {
    let place = names::place_of(&record.arn);
    let (account, region) = place
        .map(|place| (place.account, place.region))
        .unwrap_or_default();
    let cx = Making {
        record,
        definition,
        extras,
        account: &account,
        region: &region,
    };
    let execution_role = extras.execution_role_credentials.is_some();
    let one = |of: &ContainerDefinition| message::ContainerImage {
        name: name(of).to_owned(),
        image: cx.image(of, pins.get(name(of)).map(String::as_str)),
        registry_authentication: cx.registry(of, execution_role),
    };
    containers(definition).iter().map(one).collect()
}

/// The task's EBS volume, if it has one.
fn volume(record: &Task) -> Option<Attachment> {
    let volume = record.volume.as_ref()?;
    let given = volume.live()?;
    let place = names::place_of(&record.arn)?;
    let filesystem = volume.spec.filesystem.as_deref();
    let properties = [
        ("volumeId", given.id.clone()),
        ("volumeSizeGib", volume.spec.gib.to_string()),
        ("volumeName", volume.spec.name.clone()),
        ("fileSystem", filesystem.unwrap_or(FILESYSTEM).to_owned()),
    ];
    let property = |(name, value)| Property { name, value };
    Some(Attachment {
        attachment_arn: place.attachment(&record.cluster, &volume.attachment),
        attachment_type: "amazonebs",
        attachment_properties: properties
            .into_iter()
            // A volume that is as large as its snapshot says no size.
            .filter(|(name, value)| (*name, value.as_str()) != ("volumeSizeGib", "0"))
            .map(property)
            .collect(),
    })
}

/// The task's interface, if it has one that lives.
pub fn interface(record: &Task) -> Option<Interface> {
    let interface = crate::interface::live_interface(record)?;
    let wish = record.network.as_ref()?;
    let place = names::place_of(&record.arn)?;
    Some(Interface {
        ec2_id: interface.id.clone(),
        vpc_id: interface.vpc.clone(),
        mac_address: interface.mac.clone(),
        attachment_arn: place.attachment(&record.cluster, &wish.attachment),
        index: 1,
        ipv4_addresses: vec![Ipv4 {
            primary: true,
            private_address: interface.private_ipv4.clone(),
        }],
        subnet_gateway_ipv4_address: interface.gateway.clone(),
        ipv6_addresses: interface
            .ipv6
            .into_iter()
            .map(|address| Ipv6 {
                primary: true,
                address: address.to_string(),
            })
            .collect(),
        subnet_gateway_ipv6_address: interface.ipv6.and_then(gateway_ipv6),
        private_dns_name: interface.private_dns_name.clone(),
        domain_name: interface.search.clone(),
        domain_name_servers: interface.name_servers.clone(),
        interface_association_protocol: "default",
    })
}

/// `fd12:3456:789a:bc01::1/64`: the first address of the subnet that an address is of.
fn gateway_ipv6(address: Ipv6Addr) -> Option<String> {
    const BITS: u8 = 64;
    let range = Cidr6::around(address, BITS)?;
    let first = Ipv6Addr::from_bits(range.network().to_bits() | 1);
    Some(format!("{first}/{BITS}"))
}

struct Making<'a> {
    record: &'a Task,
    definition: &'a TaskDefinition,
    extras: &'a Extras,
    account: &'a str,
    region: &'a str,
}

impl Making<'_> {
    fn container(&self, of: &ContainerDefinition, change: Option<&ContainerOverride>) -> Container {
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
    fn image(&self, of: &ContainerDefinition, pinned: Option<&str>) -> String {
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

    fn registry(&self, of: &ContainerDefinition, execution_role: bool) -> Option<Value> {
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
        let (registry, region) = match host.split_once(".dkr.ecr.") {
            Some((registry, rest)) => (registry, rest.split('.').next().unwrap_or(self.region)),
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

    fn host_config(
        &self,
        of: &ContainerDefinition,
        change: Option<&ContainerOverride>,
    ) -> Map<String, Value> {
        let mut host = Map::new();
        let mode = network_mode(self.definition);
        if mode != "awsvpc" {
            host.insert("NetworkMode".into(), mode.into());
        }
        if let Some(log) = &of.log_configuration {
            let options = self.log_options(of, log.options.clone().unwrap_or_default());
            host.insert(
                "LogConfig".into(),
                json!({"Type": log.log_driver, "Config": options}),
            );
        }
        let soft = change
            .and_then(|c| c.memory_reservation)
            .or(of.memory_reservation);
        if let Some(mib) = soft {
            host.insert("MemoryReservation".into(), (i64::from(mib) * MIB).into());
        }
        insert(&mut host, "Privileged", &of.privileged);
        insert(&mut host, "ReadonlyRootfs", &of.readonly_root_filesystem);
        insert_list(&mut host, "Dns", &of.dns_servers);
        insert_list(&mut host, "DnsSearch", &of.dns_search_domains);
        insert_list(&mut host, "SecurityOpt", &of.docker_security_options);
        let hosts: Vec<String> = of
            .extra_hosts
            .iter()
            .flatten()
            .map(|entry| {
                let text = |part: &Option<String>| part.clone().unwrap_or_default();
                format!("{}:{}", text(&entry.hostname), text(&entry.ip_address))
            })
            .collect();
        insert_list(&mut host, "ExtraHosts", &Some(hosts));
        let ulimits = self.ulimits(of);
        if !ulimits.is_empty() {
            host.insert("Ulimits".into(), ulimits.into());
        }
        let sysctls: Map<String, Value> = of
            .system_controls
            .iter()
            .flatten()
            .filter_map(|control| Some((control.namespace.clone()?, control.value.clone()?.into())))
            .collect();
        if !sysctls.is_empty() {
            host.insert("Sysctls".into(), Value::Object(sysctls));
        }
        if let Some(linux) = &of.linux_parameters {
            linux_parameters(&mut host, linux, of.memory);
        }
        host
    }

    /// Fargate's own limit on open files holds unless the definition names another.
    fn ulimits(&self, of: &ContainerDefinition) -> Vec<Value> {
        let given = of.ulimits.iter().flatten();
        let mut ulimits: Vec<Value> = given
            .map(|u| json!({"Name": u.name, "Soft": u.soft_limit, "Hard": u.hard_limit}))
            .collect();
        let named = ulimits.iter().any(|ulimit| ulimit["Name"] == "nofile");
        if self.record.launch == Launch::Fargate && !named {
            ulimits.push(json!({"Name": "nofile", "Soft": 65535, "Hard": 65535}));
        }
        ulimits
    }

    /// For awslogs the stream is named here: `<prefix>/<container>/<task id>`. Docker's driver, of which
    /// other agents make use, has to be told where our Logs are.
    fn log_options(
        &self,
        of: &ContainerDefinition,
        mut options: BTreeMap<String, String>,
    ) -> BTreeMap<String, String> {
        if driver(of) != Some("awslogs") {
            return options;
        }
        if let Some(prefix) = options.remove("awslogs-stream-prefix") {
            let stream = format!("{prefix}/{}/{}", name(of), self.record.id);
            options.insert("awslogs-stream".to_owned(), stream);
        }
        if self.extras.of_another_make {
            options
                .entry("awslogs-endpoint".to_owned())
                .or_insert_with(|| self.extras.server.endpoint().to_owned());
        }
        options
    }
}

fn driver(of: &ContainerDefinition) -> Option<&str> {
    of.log_configuration.as_ref()?.log_driver.as_deref()
}

/// What ECS says of a launch type in its containers; of EXTERNAL nothing.
fn execution_environment(launch: Launch) -> Option<&'static str> {
    match launch {
        Launch::Ec2 => Some("AWS_ECS_EC2"),
        Launch::Fargate => Some("AWS_ECS_FARGATE"),
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

fn volumes(definition: &TaskDefinition) -> Vec<Value> {
    let document = document::of_definition(definition);
    let given = document["volumes"].as_array().cloned().unwrap_or_default();
    let volume = |mut volume: Value| {
        let kind = if volume.get("dockerVolumeConfiguration").is_some() {
            "docker"
        } else if volume.get("efsVolumeConfiguration").is_some() {
            "efs"
        } else if volume
            .get("fsxWindowsFileServerVolumeConfiguration")
            .is_some()
        {
            "fsxWindowsFileServer"
        } else if volume["configuredAtLaunch"] == true {
            "attachment"
        } else {
            if volume.get("host").is_none() {
                volume["host"] = json!({});
            }
            "host"
        };
        volume["type"] = kind.into();
        volume
    };
    given.into_iter().map(volume).collect()
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

fn linux_parameters(host: &mut Map<String, Value>, linux: &LinuxParameters, hard: Option<i32>) {
    if let Some(capabilities) = &linux.capabilities {
        insert_list(host, "CapAdd", &capabilities.add);
        insert_list(host, "CapDrop", &capabilities.drop);
    }
    insert(host, "Init", &linux.init_process_enabled);
    if let Some(mib) = linux.shared_memory_size {
        host.insert("ShmSize".into(), (i64::from(mib) * MIB).into());
    }
    // Docker counts memory and swap together.
    if let (Some(swap), Some(hard)) = (linux.max_swap, hard) {
        host.insert(
            "MemorySwap".into(),
            ((i64::from(swap) + i64::from(hard)) * MIB).into(),
        );
    }
    if let Some(swappiness) = linux.swappiness {
        host.insert("MemorySwappiness".into(), swappiness.into());
    }
    let devices: Vec<Value> = linux.devices.iter().flatten().map(device).collect();
    if !devices.is_empty() {
        host.insert("Devices".into(), devices.into());
    }
    let tmpfs: Map<String, Value> = linux
        .tmpfs
        .iter()
        .flatten()
        .filter_map(|one| {
            let mut options = vec![format!("size={}m", one.size.unwrap_or(0))];
            options.extend(one.mount_options.iter().flatten().cloned());
            Some((one.container_path.clone()?, options.join(",").into()))
        })
        .collect();
    if !tmpfs.is_empty() {
        host.insert("Tmpfs".into(), Value::Object(tmpfs));
    }
}

fn device(device: &wharf_api_ecs::Device) -> Value {
    let letters = |permission: &String| match permission.as_str() {
        "read" => "r",
        "write" => "w",
        "mknod" => "m",
        _ => "",
    };
    let given = device
        .permissions
        .iter()
        .flatten()
        .map(letters)
        .collect::<String>();
    let permissions = if given.is_empty() {
        "rwm".to_owned()
    } else {
        given
    };
    json!({
        "PathOnHost": device.host_path,
        "PathInContainer": device.container_path.as_ref().or(device.host_path.as_ref()),
        "CgroupPermissions": permissions,
    })
}

fn insert<T: Clone + Into<Value>>(map: &mut Map<String, Value>, name: &str, value: &Option<T>) {
    if let Some(value) = value {
        map.insert(name.to_owned(), value.clone().into());
    }
}

fn insert_list(map: &mut Map<String, Value>, name: &str, list: &Option<Vec<String>>) {
    if let Some(list) = list.as_ref().filter(|list| !list.is_empty()) {
        map.insert(name.to_owned(), json!(list));
    }
}

/// Whether an agent has to know of the task: it has what it needs and is not over.
pub fn is_wanted(record: &Task) -> bool {
    use wharf_records::ecs::Status;
    (Status::Pending..Status::Deprovisioning).contains(&record.last) && !record.ended
}

/// Whether the agent is to run it.
pub fn is_to_run(record: &Task) -> bool {
    is_wanted(record) && crate::task::plan::told(record) == Desired::Running
}
