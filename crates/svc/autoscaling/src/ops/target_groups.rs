//! Target groups of load balancing: the operations that name them as such, and those that call them traffic sources.

use serde_json::json;
use wharf_api_autoscaling::{
    AttachLoadBalancerTargetGroupsResultType, AttachLoadBalancerTargetGroupsType,
    AttachTrafficSourcesResultType, AttachTrafficSourcesType,
    DescribeLoadBalancerTargetGroupsRequest, DescribeLoadBalancerTargetGroupsResponse,
    DescribeTrafficSourcesRequest, DescribeTrafficSourcesResponse,
    DetachLoadBalancerTargetGroupsResultType, DetachLoadBalancerTargetGroupsType,
    DetachTrafficSourcesResultType, DetachTrafficSourcesType, LoadBalancerTargetGroupState,
    TrafficSourceIdentifier, TrafficSourceState,
};
use wharf_delivery::{Actor, Request};
use wharf_service::{Place, transact};
use wharf_wire::{Call, Fault};

use super::MOST;
use crate::{
    core::Core,
    fault::invalid,
    names::{self, PRINCIPAL},
    records::{Group, State},
};

/// Target groups of one group, and of one request, as AWS has it.
const MOST_GROUPS: usize = 50;
const AT_ONCE: usize = 10;
/// The kind of traffic source that there is.
const KIND: &str = "elbv2";

/// Target groups must be there, and take instances.
///
/// # Errors
/// One is not, or does not.
pub async fn checked(core: &Core, place: &Place, arns: &[String]) -> Result<(), Fault> {
    if arns.len() > AT_ONCE {
        return Err(invalid(format!(
            "At most {AT_ONCE} target groups are attached at once."
        )));
    }
    for arn in arns {
        let actor = Actor::Service {
            name: PRINCIPAL.to_owned(),
            account: place.account.clone(),
            source_arn: String::new(),
        };
        let input = json!({ "TargetGroupArns": [arn] });
        let request = Request::new(KIND, "DescribeTargetGroups", &place.region, input);
        let found = core.parts.operations.call(&actor, &request).await;
        let found = found.map_err(|fault| match fault.status {
            500.. => fault,
            _ => invalid(format!(
                "Provided Target Groups may not be valid. Please ensure they exist and try again. {arn}"
            )),
        })?;
        if found["TargetGroups"][0]["TargetType"] != "instance" {
            return Err(invalid(format!(
                "Target group {arn} does not take instances."
            )));
        }
    }
    Ok(())
}

async fn attach(
    core: &Core,
    call: &Call,
    name: Option<String>,
    arns: Vec<String>,
) -> Result<(), Fault> {
    let place = Place::of(call);
    checked(core, &place, &arns).await?;
    change(core, call, name, |group| {
        for arn in &arns {
            if !group.target_groups.contains(arn) {
                group.target_groups.push(arn.clone());
            }
        }
        match group.target_groups.len() > MOST_GROUPS {
            true => Err(wharf_api_autoscaling::faults::limit_exceeded_fault(
                format!("A group can have at most {MOST_GROUPS} target groups."),
            )),
            false => Ok(()),
        }
    })
    .await
}

async fn detach(
    core: &Core,
    call: &Call,
    name: Option<String>,
    arns: Vec<String>,
) -> Result<(), Fault> {
    change(core, call, name, |group| {
        if let Some(arn) = arns.iter().find(|it| !group.target_groups.contains(it)) {
            return Err(invalid(format!(
                "Trying to remove Target Groups that are not part of the group: {arn}"
            )));
        }
        group.target_groups.retain(|it| !arns.contains(it));
        Ok(())
    })
    .await
}

async fn change(
    core: &Core,
    call: &Call,
    name: Option<String>,
    change: impl Fn(&mut Group) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let place = Place::of(call);
    let name = name.unwrap_or_default();
    let key = names::group_key(&place, &name);
    let _turn = core.turns.take(&key).await;
    transact!(core.table, &call.permit, |tx| {
        let mut group = core.standing(&mut tx, &place, &name).await?;
        change(&mut group)?;
        tx.put(&key, &group);
    });
    Ok(())
}

/// # Errors
/// One is of a kind that is not supported.
pub fn of_sources(given: Option<Vec<TrafficSourceIdentifier>>) -> Result<Vec<String>, Fault> {
    let given = given.into_iter().flatten();
    given
        .map(|it| match it.type_.as_deref() {
            None | Some(KIND) => Ok(it.identifier.unwrap_or_default()),
            Some(other) => Err(invalid(format!(
                "The traffic source type {other} is not supported by this version of wharf: sources are of {KIND}."
            ))),
        })
        .collect()
}

pub async fn attach_target_groups(
    core: &Core,
    call: &Call,
    input: AttachLoadBalancerTargetGroupsType,
) -> Result<AttachLoadBalancerTargetGroupsResultType, Fault> {
    let arns = input.target_group_arns.unwrap_or_default();
    attach(core, call, input.auto_scaling_group_name, arns).await?;
    Ok(AttachLoadBalancerTargetGroupsResultType {})
}

pub async fn detach_target_groups(
    core: &Core,
    call: &Call,
    input: DetachLoadBalancerTargetGroupsType,
) -> Result<DetachLoadBalancerTargetGroupsResultType, Fault> {
    let arns = input.target_group_arns.unwrap_or_default();
    detach(core, call, input.auto_scaling_group_name, arns).await?;
    Ok(DetachLoadBalancerTargetGroupsResultType {})
}

pub async fn attach_sources(
    core: &Core,
    call: &Call,
    input: AttachTrafficSourcesType,
) -> Result<AttachTrafficSourcesResultType, Fault> {
    let arns = of_sources(input.traffic_sources)?;
    attach(core, call, input.auto_scaling_group_name, arns).await?;
    Ok(AttachTrafficSourcesResultType {})
}

pub async fn detach_sources(
    core: &Core,
    call: &Call,
    input: DetachTrafficSourcesType,
) -> Result<DetachTrafficSourcesResultType, Fault> {
    let arns = of_sources(input.traffic_sources)?;
    detach(core, call, input.auto_scaling_group_name, arns).await?;
    Ok(DetachTrafficSourcesResultType {})
}

pub async fn describe_target_groups(
    core: &Core,
    call: &Call,
    input: DescribeLoadBalancerTargetGroupsRequest,
) -> Result<DescribeLoadBalancerTargetGroupsResponse, Fault> {
    let page = (input.next_token, input.max_records);
    let (states, next_token) = states(core, call, input.auto_scaling_group_name, page).await?;
    let shown = states
        .into_iter()
        .map(|(arn, state)| LoadBalancerTargetGroupState {
            load_balancer_target_group_arn: Some(arn),
            state: Some(state.to_owned()),
        });
    Ok(DescribeLoadBalancerTargetGroupsResponse {
        load_balancer_target_groups: Some(shown.collect()),
        next_token,
    })
}

pub async fn describe_sources(
    core: &Core,
    call: &Call,
    input: DescribeTrafficSourcesRequest,
) -> Result<DescribeTrafficSourcesResponse, Fault> {
    if input
        .traffic_source_type
        .as_deref()
        .is_some_and(|it| it != KIND)
    {
        return Ok(DescribeTrafficSourcesResponse {
            traffic_sources: Some(Vec::new()),
            next_token: None,
        });
    }
    let page = (input.next_token, input.max_records);
    let (states, next_token) = states(core, call, input.auto_scaling_group_name, page).await?;
    let shown = states.into_iter().map(|(arn, state)| TrafficSourceState {
        traffic_source: Some(arn.clone()),
        identifier: Some(arn),
        state: Some(state.to_owned()),
        type_: Some(KIND.to_owned()),
    });
    Ok(DescribeTrafficSourcesResponse {
        traffic_sources: Some(shown.collect()),
        next_token,
    })
}

type States = (Vec<(String, &'static str)>, Option<String>);

/// Target groups with how far their registrations are.
async fn states(
    core: &Core,
    call: &Call,
    name: Option<String>,
    (token, size): (Option<String>, Option<i32>),
) -> Result<States, Fault> {
    let place = Place::of(call);
    let name = name.unwrap_or_default();
    let group = core.group(&place, &name).await?;
    let members = core.members(&place, &group.uuid).await?;
    let list = "autoscaling/DescribeTargetGroups";
    let page = core.page(call, list, &name, token.as_deref(), (size, MOST, MOST))?;
    let standing = members
        .iter()
        .filter(|it| it.record.state == State::InService);
    let standing: Vec<_> = standing.collect();
    let state = |arn: &String| {
        let registered = standing
            .iter()
            .filter(|it| it.record.registered.contains(arn));
        match registered.count() == standing.len() {
            true if standing.is_empty() => "Added",
            true => "InService",
            false => "Adding",
        }
    };
    let mut all: Vec<(String, &str)> = Vec::new();
    for arn in &group.target_groups {
        all.push((arn.clone(), state(arn)));
    }
    let left = members.iter().flat_map(|it| &it.record.registered);
    for arn in left.filter(|it| !group.target_groups.contains(it)) {
        if !all.iter().any(|it| it.0 == *arn) {
            all.push((arn.clone(), "Removing"));
        }
    }
    all.sort();
    Ok(page.cut(all, |it| &it.0))
}
