//! What CreateService and UpdateService ask for, checked in ECS's own words (spec ecs §5). Pure.

use wharf_api_ecs as api;
use wharf_records::{
    Unknown,
    ecs::{
        Breaker, PlacementRule, Revision, Scheduling, ServiceOptions, TargetKind, TargetSpec,
        Threshold, ThresholdKind,
    },
};
use wharf_wire::Fault;

use crate::{
    definition::{containers, name},
    fault::{self, unsupported},
    rebalancing,
};

/// Tasks of one service (spec ecs §12).
pub const MAX_TASKS: i32 = 5000;
const MAX_TARGET_GROUPS: usize = 5;
const MAX_CLIENT_TOKEN: usize = 36;

/// Members of both requests that are not there yet are refused by name; their empty forms pass.
pub struct Extras<'a> {
    pub controller: Option<&'a api::DeploymentController>,
    pub registries: Option<&'a Vec<api::ServiceRegistry>>,
    pub connect: Option<&'a api::ServiceConnectConfiguration>,
    pub lattice: Option<&'a Vec<api::VpcLatticeConfiguration>>,
    pub gateways: Option<&'a Vec<api::GatewayConnector>>,
}

impl Extras<'_> {
    pub fn check(&self) -> Result<(), Fault> {
        match self.controller.and_then(|c| c.type_.as_deref()) {
            None | Some("ECS") => {}
            Some(other) => return Err(unsupported(&format!("The deployment controller {other}"))),
        }
        let some = |there: bool, what| match there {
            true => Err(unsupported(what)),
            false => Ok(()),
        };
        some(
            self.registries.is_some_and(|all| !all.is_empty()),
            "serviceRegistries",
        )?;
        some(
            self.connect.is_some_and(|one| one.enabled == Some(true)),
            "serviceConnectConfiguration",
        )?;
        some(
            self.lattice.is_some_and(|all| !all.is_empty()),
            "vpcLatticeConfigurations",
        )?;
        some(
            self.gateways.is_some_and(|all| !all.is_empty()),
            "gatewayConnectors",
        )
    }
}

pub fn client_token(given: Option<&str>) -> Result<Option<String>, Fault> {
    match given.filter(|token| !token.is_empty()) {
        Some(token)
            if token.len() > MAX_CLIENT_TOKEN
                || !token.bytes().all(|b| (33..=126).contains(&b)) =>
        {
            Err(fault::invalid(
                "clientToken can have up to 36 characters in the range of 33-126 of ASCII.",
            ))
        }
        other => Ok(other.map(str::to_owned)),
    }
}

pub fn scheduling(given: Option<&str>) -> Result<Scheduling, Fault> {
    match given {
        None | Some("" | "REPLICA") => Ok(Scheduling::Replica),
        Some("DAEMON") => Ok(Scheduling::Daemon),
        Some(_) => Err(fault::invalid(
            "schedulingStrategy should be one of [REPLICA, DAEMON].",
        )),
    }
}

/// `None` for a DAEMON, whose count the cluster decides.
pub fn desired(given: Option<i32>, scheduling: Scheduling) -> Result<Option<u32>, Fault> {
    match (scheduling, given) {
        (Scheduling::Daemon, None) => Ok(None),
        (Scheduling::Daemon, Some(_)) => Err(fault::invalid(
            "desiredCount cannot be specified for a service with the DAEMON scheduling strategy.",
        )),
        (Scheduling::Replica, None) => Ok(None),
        (Scheduling::Replica, Some(count)) if count < 0 => {
            Err(fault::invalid("desiredCount cannot be negative."))
        }
        (Scheduling::Replica, Some(count)) if count > MAX_TASKS => Err(fault::invalid(format!(
            "desiredCount cannot be greater than {MAX_TASKS}."
        ))),
        (Scheduling::Replica, Some(count)) => Ok(u32::try_from(count).ok()),
    }
}

/// Takes the given members of a deployment configuration over; the others stay.
pub fn deployment_options(
    options: &mut ServiceOptions,
    given: Option<&api::DeploymentConfiguration>,
    scheduling: Scheduling,
) -> Result<(), Fault> {
    let Some(given) = given else { return Ok(()) };
    match given.strategy.as_deref() {
        None | Some("" | "ROLLING") => {}
        Some(other) => return Err(unsupported(&format!("The deployment strategy {other}"))),
    }
    if given
        .alarms
        .as_ref()
        .is_some_and(|alarms| alarms.enable == Some(true))
    {
        return Err(unsupported("deploymentConfiguration.alarms"));
    }
    if given
        .lifecycle_hooks
        .as_ref()
        .is_some_and(|hooks| !hooks.is_empty())
    {
        return Err(unsupported("deploymentConfiguration.lifecycleHooks"));
    }
    if given.linear_configuration.is_some() || given.canary_configuration.is_some() {
        return Err(unsupported("A linear or canary deployment"));
    }
    let early = given.early_success_criteria.as_ref();
    if early.is_some_and(|early| early.enable == Some(true)) {
        return Err(unsupported("deploymentConfiguration.earlySuccessCriteria"));
    }
    if given
        .bake_time_in_minutes
        .is_some_and(|minutes| minutes > 0)
    {
        return Err(unsupported("deploymentConfiguration.bakeTimeInMinutes"));
    }
    if let Some(percent) = given.minimum_healthy_percent {
        options.minimum_percent = u32::try_from(percent)
            .ok()
            .filter(|percent| *percent <= 100)
            .ok_or_else(|| fault::invalid("minimumHealthyPercent should be between 0 and 100."))?;
    }
    if let Some(percent) = given.maximum_percent {
        options.maximum_percent = u32::try_from(percent)
            .ok()
            .filter(|percent| (100..=1000).contains(percent))
            .ok_or_else(|| fault::invalid("maximumPercent should be between 100 and 1000."))?;
    }
    if scheduling == Scheduling::Daemon && options.maximum_percent != 100 {
        return Err(fault::invalid(
            "The maximumPercent of a service with the DAEMON scheduling strategy must be 100.",
        ));
    }
    if options.minimum_percent == 100 && options.maximum_percent == 100 {
        return Err(fault::invalid(
            "Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block \
             deployments.",
        ));
    }
    if let Some(breaker) = &given.deployment_circuit_breaker {
        options.breaker = read_breaker(breaker)?;
    }
    Ok(())
}

fn read_breaker(given: &api::DeploymentCircuitBreaker) -> Result<Breaker, Fault> {
    let breaker = Breaker {
        enable: given.enable == Some(true),
        rollback: given.rollback == Some(true),
        reset_on_healthy: given.reset_on_healthy_task != Some(false),
        threshold: given
            .threshold_configuration
            .as_ref()
            .map(read_threshold)
            .transpose()?,
    };
    if breaker.rollback && !breaker.enable {
        return Err(fault::invalid(
            "The deployment circuit breaker must be enabled for its rollback to be enabled.",
        ));
    }
    Ok(breaker)
}

fn read_threshold(given: &api::ThresholdConfiguration) -> Result<Threshold, Fault> {
    let kind = match given.type_.as_deref() {
        None | Some("" | "BOUNDED_PERCENT") => ThresholdKind::BoundedPercent,
        Some("UNBOUNDED_PERCENT") => ThresholdKind::UnboundedPercent,
        Some("COUNT") => ThresholdKind::Count,
        Some(_) => {
            return Err(fault::invalid(
                "The type of a threshold should be one of [BOUNDED_PERCENT, UNBOUNDED_PERCENT, \
                 COUNT].",
            ));
        }
    };
    let value = given.value.unwrap_or(50);
    let largest = match kind {
        ThresholdKind::Count => MAX_TASKS,
        _ => 100,
    };
    match u32::try_from(value) {
        Ok(value) if value >= 1 && value <= largest.unsigned_abs() => Ok(Threshold { kind, value }),
        _ => Err(fault::invalid(format!(
            "The value of a threshold should be between 1 and {largest}."
        ))),
    }
}

/// Options of a new service before its request is read.
pub fn default_options(scheduling: Scheduling) -> ServiceOptions {
    let (minimum_percent, maximum_percent) = match scheduling {
        Scheduling::Replica => (100, 200),
        Scheduling::Daemon => (0, 100),
    };
    ServiceOptions {
        minimum_percent,
        maximum_percent,
        breaker: Breaker::default(),
        grace_seconds: None,
        constraints: Vec::new(),
        strategies: Vec::new(),
        managed_tags: false,
        propagate_tags: "NONE".to_owned(),
        execute_command: false,
        zone_rebalancing: match scheduling {
            Scheduling::Replica => rebalancing::ENABLED.to_owned(),
            Scheduling::Daemon => rebalancing::DISABLED.to_owned(),
        },
        unknown: Unknown::new(),
    }
}

pub fn constraints(given: &[api::PlacementConstraint]) -> Vec<PlacementRule> {
    given
        .iter()
        .map(|one| PlacementRule {
            kind: one.type_.clone().unwrap_or_default(),
            argument: one.expression.clone().filter(|text| !text.is_empty()),
        })
        .collect()
}

pub fn strategies(given: &[api::PlacementStrategy]) -> Vec<PlacementRule> {
    given
        .iter()
        .map(|one| PlacementRule {
            kind: one.type_.clone().unwrap_or_default(),
            argument: one.field.clone().filter(|text| !text.is_empty()),
        })
        .collect()
}

pub fn grace(given: Option<i32>) -> Result<Option<u32>, Fault> {
    let Some(seconds) = given else {
        return Ok(None);
    };
    u32::try_from(seconds).map(Some).map_err(|_| {
        fault::invalid("healthCheckGracePeriodSeconds should be between 0 and 2147483647.")
    })
}

pub fn propagate(given: Option<&str>) -> Result<Option<String>, Fault> {
    match given {
        None | Some("") => Ok(None),
        Some(value @ ("NONE" | "SERVICE" | "TASK_DEFINITION")) => Ok(Some(value.to_owned())),
        Some(_) => Err(fault::invalid(
            "propagateTags should be one of [TASK_DEFINITION, SERVICE, NONE].",
        )),
    }
}

/// `loadBalancers` as far as the definition can tell; whether the target groups fit is asked of
/// elbv2.
pub fn targets(
    given: &[api::LoadBalancer],
    definition: &api::TaskDefinition,
) -> Result<Vec<TargetSpec>, Fault> {
    if given.len() > MAX_TARGET_GROUPS {
        return Err(fault::invalid("loadBalancers can have at most 5 items."));
    }
    given.iter().map(|one| target(one, definition)).collect()
}

fn target(
    given: &api::LoadBalancer,
    definition: &api::TaskDefinition,
) -> Result<TargetSpec, Fault> {
    let is_set = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
    if is_set(&given.load_balancer_name) {
        return Err(unsupported("A Classic Load Balancer"));
    }
    if given.advanced_configuration.is_some() {
        return Err(unsupported("loadBalancers.advancedConfiguration"));
    }
    let group = given.target_group_arn.clone().unwrap_or_default();
    if group.is_empty() {
        return Err(fault::invalid("targetGroupArn can not be blank."));
    }
    let wanted = given.container_name.clone().unwrap_or_default();
    let container = containers(definition)
        .iter()
        .find(|container| name(container) == wanted);
    let Some(container) = container else {
        return Err(fault::invalid(format!(
            "The container {wanted} does not exist in the task definition."
        )));
    };
    let port = given.container_port.unwrap_or(0);
    let mut mappings = container.port_mappings.iter().flatten();
    let defined = mappings.any(|mapping| mapping.container_port == Some(port));
    let port = u16::try_from(port).ok().filter(|port| defined && *port > 0);
    let Some(port) = port else {
        return Err(fault::invalid(format!(
            "The container {wanted} did not have a container port {} defined.",
            given.container_port.unwrap_or(0)
        )));
    };
    Ok(TargetSpec {
        group,
        container: wanted,
        port,
        // Told by the target group, see `targets::check`.
        kind: TargetKind::Ip,
    })
}

/// Whether going from one revision to the other changes anything a task is made of.
pub fn differs(a: &Revision, b: &Revision) -> bool {
    a.definition != b.definition
        || a.launch != b.launch
        || a.strategy != b.strategy
        || a.platform_version != b.platform_version
        || a.targets != b.targets
        || a.network != b.network
        || a.monitoring != b.monitoring
        || a.volume != b.volume
}
