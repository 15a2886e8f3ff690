//! Target groups, as the elbv2 service knows them: checked when a service names them, asked for
//! health, told of targets.

use std::{collections::BTreeSet, sync::Arc};

use wharf_api_elbv2::{
    DeregisterTargetsInput, DescribeTargetGroupsInput, DescribeTargetHealthInput, Elbv2,
    RegisterTargetsInput, TargetDescription, TargetGroup, TargetHealthDescription,
};
use wharf_records::ecs::{Service, TargetKind, TargetSpec};
use wharf_wire::{Call, Fault};

use super::observe::{HealthTable, TargetHealth};
use crate::{fault, names::PRINCIPAL};

/// The load balancers that services register their tasks with, if there are any.
#[derive(Clone)]
pub struct Balancers {
    elbv2: Option<Arc<dyn Elbv2>>,
}

impl Balancers {
    pub fn new(elbv2: Option<Arc<dyn Elbv2>>) -> Self {
        Self { elbv2 }
    }

    fn elbv2(&self) -> Result<&Arc<dyn Elbv2>, Fault> {
        self.elbv2.as_ref().ok_or_else(|| {
            wharf_api_ecs::faults::unsupported_feature_exception(
                "This server has no load balancers.",
            )
        })
    }
}

/// Whether the target groups exist, are behind a load balancer, and take what this network mode has
/// to give; fills their kinds in.
pub async fn check(
    balancers: &Balancers,
    call: &Call,
    network_mode: &str,
    targets: &mut [TargetSpec],
) -> Result<(), Fault> {
    if targets.is_empty() {
        return Ok(());
    }
    let onward = call.passed_on_by(PRINCIPAL);
    for target in targets {
        let input = DescribeTargetGroupsInput {
            target_group_arns: Some(vec![target.group.clone()]),
            ..DescribeTargetGroupsInput::default()
        };
        let described = balancers
            .elbv2()?
            .describe_target_groups(&onward, input)
            .await;
        let described = described.map_err(|cause| refused(&target.group, &cause))?;
        let found = described.target_groups.into_iter().flatten().next();
        let found = found.ok_or_else(|| unknown(&target.group))?;
        target.kind = kind(&target.group, &found, network_mode)?;
    }
    Ok(())
}

fn kind(arn: &str, group: &TargetGroup, network_mode: &str) -> Result<TargetKind, Fault> {
    if group.load_balancer_arns.as_ref().is_none_or(Vec::is_empty) {
        return Err(fault::invalid(format!(
            "The target group with targetGroupArn {arn} does not have an associated load balancer."
        )));
    }
    let given = group.target_type.as_deref().unwrap_or("instance");
    match (given, network_mode) {
        ("ip", "awsvpc") if group.ip_address_type.as_deref() == Some("ipv6") => {
            Ok(TargetKind::Ipv6)
        }
        ("ip", "awsvpc") => Ok(TargetKind::Ip),
        ("instance", "bridge" | "host") => Ok(TargetKind::Instance),
        _ => Err(fault::invalid(format!(
            "The provided target group {arn} has target type {given}, which is incompatible with \
             the {network_mode} network mode specified in the task definition."
        ))),
    }
}

fn unknown(arn: &str) -> Fault {
    fault::invalid(format!("The specified target group {arn} does not exist."))
}

fn refused(arn: &str, cause: &Fault) -> Fault {
    match cause.sender {
        true => unknown(arn),
        false => fault::server(cause),
    }
}

/// Health of every target in the groups of a service's deployments.
pub async fn health(
    balancers: &Balancers,
    call: &Call,
    service: &Service,
) -> Result<HealthTable, Fault> {
    let specs = service
        .deployments
        .iter()
        .flat_map(|deployment| &deployment.revision.targets);
    let groups: BTreeSet<&String> = specs.map(|spec| &spec.group).collect();
    let mut table = HealthTable::new();
    for group in groups {
        let input = DescribeTargetHealthInput {
            target_group_arn: Some(group.clone()),
            ..DescribeTargetHealthInput::default()
        };
        let described = match balancers.elbv2()?.describe_target_health(call, input).await {
            Ok(described) => described,
            // Deleted under the service: none of its targets is registered anywhere.
            Err(fault) if is_gone(&fault) => continue,
            Err(other) => return Err(other),
        };
        for row in described.target_health_descriptions.into_iter().flatten() {
            let (id, port, health) = read(row);
            table.insert((group.clone(), id, port), health);
        }
    }
    Ok(table)
}

fn is_gone(fault: &Fault) -> bool {
    fault.code == "TargetGroupNotFound"
}

fn read(row: TargetHealthDescription) -> (String, u16, TargetHealth) {
    let target = row.target.unwrap_or_default();
    let port = target.port.and_then(|port| u16::try_from(port).ok());
    let health = row.target_health.unwrap_or_default();
    let state = match health.state.as_deref() {
        // Without health checks nothing can be held against it.
        Some("healthy" | "unavailable") => TargetHealth::Healthy,
        Some("unhealthy" | "unhealthy.draining") => {
            TargetHealth::Unhealthy(health.description.or(health.reason).unwrap_or_default())
        }
        Some("draining") => TargetHealth::Draining,
        _ => TargetHealth::Initial,
    };
    (target.id.unwrap_or_default(), port.unwrap_or(0), state)
}

/// One target, as it is registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    pub id: String,
    pub port: u16,
}

fn descriptions(targets: &[Address]) -> Option<Vec<TargetDescription>> {
    let describe = |target: &Address| TargetDescription {
        id: Some(target.id.clone()),
        port: Some(i32::from(target.port)),
        ..TargetDescription::default()
    };
    Some(targets.iter().map(describe).collect())
}

pub async fn register(
    balancers: &Balancers,
    call: &Call,
    group: &str,
    targets: &[Address],
) -> Result<(), Fault> {
    let input = RegisterTargetsInput {
        target_group_arn: Some(group.to_owned()),
        targets: descriptions(targets),
    };
    balancers.elbv2()?.register_targets(call, input).await?;
    Ok(())
}

/// A group that is gone has no targets: that is success.
pub async fn deregister(
    balancers: &Balancers,
    call: &Call,
    group: &str,
    targets: &[Address],
) -> Result<(), Fault> {
    let input = DeregisterTargetsInput {
        target_group_arn: Some(group.to_owned()),
        targets: descriptions(targets),
    };
    match balancers.elbv2()?.deregister_targets(call, input).await {
        Ok(_) => Ok(()),
        Err(fault) if is_gone(&fault) || fault.code == "InvalidTarget" => Ok(()),
        Err(other) => Err(other),
    }
}
