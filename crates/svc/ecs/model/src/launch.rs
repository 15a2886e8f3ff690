//! What RunTask and StartTask were asked for, checked against the definition (spec ecs §4). Pure.

mod demand;
mod overrides;
mod rules;

pub use demand::{ARCHITECTURE, EXTERNAL, of_made, of_services, of_waiting, waits_for_machines};
pub use rules::{Rules, shown_constraints, shown_strategies};
use rules::{constraints_of, read_constraints, read_strategies, refuse_placement};

use std::collections::BTreeSet;

use wharf_api_ecs::{
    self as api, NetworkConfiguration, RunTaskRequest, StartTaskRequest, TaskDefinition,
    TaskOverride,
};
use wharf_placement::{Constraint, Strategy};
use wharf_records::{
    ecs::{Definition, Launch, Revision, Service, Tags, TargetSpec, VolumeSpec},
    hosts::{Claim, Phase, Port, Protocol},
};
use wharf_wire::Fault;

use crate::{
    definition::{containers, is_compatible, managed, network_mode},
    document, fault,
    images::{self, Admitted, Pins, RestsOn},
    monitoring, tags, volume,
};

/// Longest `referenceId`, in characters.
const MAX_REFERENCE: usize = 1024;
/// What an instance can do that runs tasks with `enableExecuteCommand`.
const EXEC_CAPABILITY: &str = "ecs.capability.execute-command";
/// What LATEST means.
const PLATFORM: &str = "1.4.0";

/// A launch that may be carried out: one shape of task.
#[derive(Debug, Clone)]
pub struct Order {
    pub definition: Definition,
    pub parsed: TaskDefinition,
    pub launch: Launch,
    pub overrides: TaskOverride,
    pub claim: Claim,
    pub cpu: String,
    pub memory: String,
    pub platform_version: Option<String>,
    pub ephemeral_gib: Option<i32>,
    pub group: String,
    pub started_by: Option<String>,
    pub execute_command: bool,
    pub tags: Tags,
    pub network: Option<NetworkOrder>,
    pub volume: Option<VolumeSpec>,
    /// Which digests its containers are to run.
    pub pins: Pins,
    /// What the decision that its images may start rests on.
    pub admitted_by: Option<RestsOn>,
    /// Metrics of its service that are measured every 20 seconds.
    pub high_resolution: Vec<String>,
    pub constraints: Vec<Constraint>,
    pub strategies: Vec<Strategy>,
    /// Those of the two that are not the definition's, as they were given.
    pub rules: Rules,
}

impl Order {
    /// Its images may start so.
    pub fn admit(&mut self, admitted: Admitted) {
        self.pins.extend(admitted.pins);
        self.admitted_by = admitted.rests_on;
    }
}

/// `awsvpcConfiguration`, checked for form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkOrder {
    pub subnets: Vec<String>,
    pub security_groups: Vec<String>,
    pub public_ip: bool,
    /// Whether the setting `dualStackIPv6` is in effect; no request says so.
    pub ipv6: bool,
}

/// What the two operations have in common.
struct Wish<'a> {
    cluster: &'a str,
    launch: Launch,
    overrides: Option<&'a TaskOverride>,
    network: Option<&'a NetworkConfiguration>,
    group: Option<&'a str>,
    started_by: Option<&'a str>,
    platform_version: Option<&'a str>,
    propagate: Option<&'a str>,
    managed_tags: bool,
    execute_command: bool,
    tags: Option<&'a Vec<api::Tag>>,
    volumes: Vec<VolumeSpec>,
    service_tags: Option<&'a Tags>,
}

/// RunTask's order, for the launch type that was decided on.
pub fn run(
    input: &RunTaskRequest,
    cluster: &str,
    launch: Launch,
    definition: &Definition,
) -> Result<Order, Fault> {
    let constraints = input.placement_constraints.as_deref().unwrap_or_default();
    let strategies = input.placement_strategy.as_deref().unwrap_or_default();
    if launch == Launch::Fargate {
        refuse_placement(constraints, strategies)?;
    }
    check_reference(input.reference_id.as_deref())?;
    let wish = Wish {
        cluster,
        launch,
        overrides: input.overrides.as_ref(),
        network: input.network_configuration.as_ref(),
        group: input.group.as_deref(),
        started_by: input.started_by.as_deref(),
        platform_version: input.platform_version.as_deref(),
        propagate: input.propagate_tags.as_deref(),
        managed_tags: input.enable_ecs_managed_tags == Some(true),
        execute_command: input.enable_execute_command == Some(true),
        tags: input.tags.as_ref(),
        volumes: volume::of_task(input.volume_configurations.as_ref())?,
        service_tags: None,
    };
    let mut order = order(&wish, definition)?;
    order.constraints.extend(read_constraints(constraints)?);
    order.strategies = read_strategies(strategies)?;
    order.rules = Rules::of(constraints, strategies);
    Ok(order)
}

/// Characters of who started a task, as StartTask takes them; RunTask takes more.
const MOST_OF_START_TASK: usize = 36;

/// StartTask's order.
pub fn start(
    input: &StartTaskRequest,
    cluster: &str,
    definition: &Definition,
) -> Result<Order, Fault> {
    check_reference(input.reference_id.as_deref())?;
    let starter = input.started_by.as_deref().unwrap_or_default();
    if starter.chars().count() > MOST_OF_START_TASK {
        return Err(fault::invalid(format!(
            "startedBy can have at most {MOST_OF_START_TASK} characters."
        )));
    }
    let wish = Wish {
        cluster,
        launch: Launch::Ec2,
        overrides: input.overrides.as_ref(),
        network: input.network_configuration.as_ref(),
        group: input.group.as_deref(),
        started_by: input.started_by.as_deref(),
        platform_version: None,
        propagate: input.propagate_tags.as_deref(),
        managed_tags: input.enable_ecs_managed_tags == Some(true),
        execute_command: input.enable_execute_command == Some(true),
        tags: input.tags.as_ref(),
        volumes: volume::of_task(input.volume_configurations.as_ref())?,
        service_tags: None,
    };
    order(&wish, definition)
}

/// A reference shows nowhere but in the audit log, which has what was asked.
fn check_reference(reference: Option<&str>) -> Result<(), Fault> {
    match reference {
        Some(text) if text.chars().count() > MAX_REFERENCE => Err(fault::invalid(format!(
            "referenceId can have at most {MAX_REFERENCE} characters."
        ))),
        _ => Ok(()),
    }
}

/// The order a service's tasks are made from.
pub fn of_service(
    service: &Service,
    revision: &Revision,
    definition: &Definition,
) -> Result<Order, Fault> {
    let constraints = shown_constraints(&service.options.constraints);
    let strategies = shown_strategies(&service.options.strategies);
    if revision.launch == Launch::Fargate {
        refuse_placement(&constraints, &strategies)?;
    }
    let network = revision
        .network
        .as_ref()
        .map(|network| NetworkConfiguration {
            awsvpc_configuration: Some(api::AwsVpcConfiguration {
                subnets: Some(network.subnets.iter().map(|s| s.id.clone()).collect()),
                security_groups: Some(network.security_groups.clone()),
                assign_public_ip: network.public_ip.then(|| "ENABLED".to_owned()),
            }),
        });
    let wish = Wish {
        cluster: &service.cluster,
        launch: revision.launch,
        overrides: None,
        network: network.as_ref(),
        group: None,
        started_by: None,
        platform_version: revision.platform_version.as_deref(),
        propagate: None,
        managed_tags: service.options.managed_tags,
        execute_command: service.options.execute_command,
        tags: None,
        volumes: revision.volume.iter().cloned().collect(),
        service_tags: Some(&service.tags),
    };
    let mut order = order(&wish, definition)?;
    if let (Some(network), Some(of)) = (&mut order.network, &revision.network) {
        network.ipv6 = of.ipv6;
    }
    order.constraints.extend(read_constraints(&constraints)?);
    order.strategies = read_strategies(&strategies)?;
    order.rules = Rules::of(&constraints, &strategies);
    order.pins = images::pins(&revision.images);
    order.high_resolution = monitoring::high_resolution(&revision.monitoring);
    order.group = format!("service:{}", service.name);
    order.started_by = Some(format!("ecs-svc/{}", revision.id));
    match service.options.propagate_tags.as_str() {
        "SERVICE" => order.tags.extend(service.tags.clone()),
        "TASK_DEFINITION" => order.tags.extend(definition.tags.clone()),
        _ => {}
    }
    if service.options.managed_tags {
        let name = service.name.clone();
        order.tags.insert("aws:ecs:serviceName".to_owned(), name);
    }
    Ok(order)
}

/// A service's targets as the API shows them.
pub fn shown_targets(targets: &[TargetSpec]) -> Vec<api::LoadBalancer> {
    let show = |target: &TargetSpec| api::LoadBalancer {
        target_group_arn: Some(target.group.clone()),
        container_name: Some(target.container.clone()),
        container_port: Some(i32::from(target.port)),
        ..api::LoadBalancer::default()
    };
    targets.iter().map(show).collect()
}

/// A service's network configuration, checked against the definition's network mode.
pub fn network_of(
    given: Option<&NetworkConfiguration>,
    launch: Launch,
    definition: &Definition,
) -> Result<Option<NetworkOrder>, Fault> {
    let parsed = document::definition(&definition.document).map_err(|e| fault::server(&e))?;
    network(launch, given, &parsed)
}

fn order(wish: &Wish<'_>, definition: &Definition) -> Result<Order, Fault> {
    let parsed = document::definition(&definition.document).map_err(|e| fault::server(&e))?;
    let overrides = wish.overrides.cloned().unwrap_or_default();
    overrides::check(&overrides, &parsed)?;
    if wish.launch == Launch::Fargate && !is_compatible(&parsed, "FARGATE") {
        return Err(fault::invalid(
            "Task definition does not support launch_type FARGATE.",
        ));
    }
    if wish.launch == Launch::External && !is_compatible(&parsed, "EXTERNAL") {
        return Err(fault::invalid(
            "Task definition does not support launch_type EXTERNAL.",
        ));
    }
    // Those that were registered before there were any say nothing of it.
    if wish.launch == Launch::ManagedInstances && managed::check(&parsed).is_err() {
        return Err(fault::invalid(
            "Task definition does not support launch_type MANAGED_INSTANCES.",
        ));
    }
    let network = network(wish.launch, wish.network, &parsed)?;
    let volume = volume::for_definition(&wish.volumes, &parsed)?
        .map(|spec| volume::with_tags(spec, &definition.tags, wish.service_tags));
    if volume.is_some() && wish.launch == Launch::External {
        return Err(fault::invalid(
            "Managed EBS volumes are not supported with the EXTERNAL launch type.",
        ));
    }
    let (cpu, memory) = overrides::size(&parsed, &overrides, wish.launch)?;
    let claim = Claim {
        cpu,
        memory,
        interfaces: u32::from(network.is_some()),
        ports: ports(&parsed),
        phase: Phase::Held,
        // Disks of tasks are theirs for as long as they run, and share what is free.
        disk: 0,
        spot: false,
    };
    let constraints = constraints_of(&parsed)?;
    let storage = overrides
        .ephemeral_storage
        .as_ref()
        .or(parsed.ephemeral_storage.as_ref());
    let ephemeral_gib = storage.and_then(|storage| storage.size_in_gi_b);
    let mut parsed = parsed;
    if wish.execute_command {
        need_exec(&mut parsed);
    }
    Ok(Order {
        launch: wish.launch,
        claim,
        cpu: cpu.to_string(),
        memory: memory.to_string(),
        platform_version: platform_version(wish)?,
        ephemeral_gib,
        group: group(wish.group, &definition.family)?,
        started_by: started_by(wish.started_by)?,
        execute_command: wish.execute_command,
        tags: task_tags(wish, definition)?,
        network,
        volume,
        pins: Pins::new(),
        admitted_by: None,
        high_resolution: Vec::new(),
        constraints,
        strategies: Vec::new(),
        rules: Rules::default(),
        overrides,
        parsed,
        definition: definition.clone(),
    })
}

/// Asks of the host that commands can be executed in the task.
fn need_exec(definition: &mut TaskDefinition) {
    let capability = api::Attribute {
        name: Some(EXEC_CAPABILITY.to_owned()),
        ..api::Attribute::default()
    };
    definition
        .requires_attributes
        .get_or_insert_default()
        .push(capability);
}

fn network(
    launch: Launch,
    given: Option<&NetworkConfiguration>,
    definition: &TaskDefinition,
) -> Result<Option<NetworkOrder>, Fault> {
    let given = given.and_then(|network| network.awsvpc_configuration.as_ref());
    if network_mode(definition) != "awsvpc" {
        return match given {
            None => Ok(None),
            Some(_) => Err(fault::invalid(
                "Network Configuration is not valid for the given networkMode of this task \
                 definition.",
            )),
        };
    }
    let Some(given) = given else {
        return Err(fault::invalid(
            "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
        ));
    };
    let subnets = given.subnets.clone().unwrap_or_default();
    let security_groups = given.security_groups.clone().unwrap_or_default();
    match subnets.len() {
        0 => return Err(fault::invalid("subnets can not be empty.")),
        1..=16 => {}
        _ => return Err(fault::invalid("subnets can have at most 16 items.")),
    }
    if security_groups.len() > 5 {
        return Err(fault::invalid("securityGroups can have at most 5 items."));
    }
    let public_ip = given.assign_public_ip.as_deref() == Some("ENABLED");
    if public_ip && launch != Launch::Fargate {
        return Err(fault::invalid(
            "Assign public IP is not supported for this launch type.",
        ));
    }
    Ok(Some(NetworkOrder {
        subnets,
        security_groups,
        public_ip,
        ipv6: false,
    }))
}

/// Ports of the host that are taken: those named under bridge, all of them under host.
fn ports(definition: &TaskDefinition) -> Vec<Port> {
    if !matches!(network_mode(definition), "bridge" | "host") {
        return Vec::new();
    }
    let mappings = containers(definition)
        .iter()
        .flat_map(|c| c.port_mappings.iter().flatten());
    let taken: BTreeSet<Port> = mappings
        .filter_map(|mapping| {
            let number = mapping
                .host_port
                .and_then(|port| u16::try_from(port).ok())?;
            let protocol = match mapping.protocol.as_deref() {
                Some("udp") => Protocol::Udp,
                _ => Protocol::Tcp,
            };
            (number != 0).then_some(Port { number, protocol })
        })
        .collect();
    taken.into_iter().collect()
}

fn platform_version(wish: &Wish<'_>) -> Result<Option<String>, Fault> {
    if wish.launch != Launch::Fargate {
        return match wish.platform_version {
            None => Ok(None),
            Some(_) => Err(fault::invalid(
                "The platform version must be null when specifying an EC2 launch type.",
            )),
        };
    }
    match wish.platform_version {
        None | Some("LATEST" | PLATFORM) => Ok(Some(PLATFORM.to_owned())),
        Some(_) => Err(api::faults::platform_unknown_exception(
            "The specified platform does not exist.",
        )),
    }
}

fn group(given: Option<&str>, family: &str) -> Result<String, Fault> {
    match given.filter(|group| !group.is_empty()) {
        None => Ok(format!("family:{family}")),
        Some(group) if group.starts_with("family:") || group.starts_with("service:") => {
            Err(fault::invalid(format!(
                "Invalid namespace for group. Group: {group} must not start with family: or service:."
            )))
        }
        Some(group) if group.len() > 255 => {
            Err(fault::invalid("group can have at most 255 characters."))
        }
        Some(group) => Ok(group.to_owned()),
    }
}

fn started_by(given: Option<&str>) -> Result<Option<String>, Fault> {
    match given.filter(|text| !text.is_empty()) {
        Some(text) if text.chars().count() > 128 => {
            Err(fault::invalid("startedBy can have at most 128 characters."))
        }
        Some(text) if !text.chars().all(is_of_starter) => Err(fault::invalid(
            "startedBy can have letters, numbers, hyphens, slashes, underscores and periods.",
        )),
        other => Ok(other.map(str::to_owned)),
    }
}

/// Periods are in the names of rules and schedules, which say so that it was they.
fn is_of_starter(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '/' | '_' | '.')
}

fn task_tags(wish: &Wish<'_>, definition: &Definition) -> Result<Tags, Fault> {
    let mut all = match wish.propagate {
        None | Some("" | "NONE") => Tags::new(),
        Some("TASK_DEFINITION") => definition.tags.clone(),
        Some(_) => {
            return Err(fault::invalid(
                "propagateTags can only be TASK_DEFINITION or NONE for a task that no service owns.",
            ));
        }
    };
    all.extend(tags::read(wish.tags)?);
    tags::RULES.within_limit(&all)?;
    if wish.managed_tags {
        all.insert("aws:ecs:clusterName".to_owned(), wish.cluster.to_owned());
    }
    Ok(all)
}
