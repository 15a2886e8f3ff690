//! A task's record and its definition as the agent reads them (spec ecs-agent §2). Pure.
//!
//! Overrides of environment, cpu and memory are merged here; only the command travels as an
//! override. What Docker's engine API has no member of its own for in a container goes into
//! `dockerConfig`, whose values win over the agent's.

mod container;
mod host_config;

use std::{collections::BTreeMap, net::Ipv6Addr};

use serde_json::{Value, json};
use wharf_api_ecs::{ContainerDefinition, ContainerOverride, TaskDefinition};
use wharf_base::{Cidr6, cpu::UNITS_OF_A_CORE};
use wharf_records::ecs::{Desired, Task};

pub use self::container::EXEC_AGENT;
use self::container::Making;
use super::{
    message::{self, Attachment, Credentials, Interface, Ipv4, Ipv6, Property},
    server_address::ServerAddress,
};
use crate::{
    definition::{containers, name, network_mode, task_size},
    document, images, names,
    volume::FILESYSTEM,
};

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
    /// Seconds between samples of a task that is measured closely.
    pub high_resolution: Option<u32>,
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
        cpu: number(&record.cpu).map(|units| f64::from(units) / f64::from(UNITS_OF_A_CORE)),
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
        measured_every: extras
            .high_resolution
            .filter(|_| !record.high_resolution.is_empty()),
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

/// Whether an agent has to know of the task: it has what it needs and is not over.
pub fn is_wanted(record: &Task) -> bool {
    use wharf_records::ecs::Status;
    (Status::Pending..Status::Deprovisioning).contains(&record.last) && !record.ended
}

/// Whether the agent is to run it.
pub fn is_to_run(record: &Task) -> bool {
    is_wanted(record) && crate::task::plan::told(record) == Desired::Running
}
