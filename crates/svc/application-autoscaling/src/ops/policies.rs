//! DescribeScalingPolicies and DeleteScalingPolicy.

use wharf_api_application_autoscaling::{
    Alarm, DeleteScalingPolicyRequest, DeleteScalingPolicyResponse, DescribeScalingPoliciesRequest,
    DescribeScalingPoliciesResponse, ScalingPolicy,
};
use wharf_scaling::alarms::Side;
use wharf_service::{Place, Stored, transact};
use wharf_wire::{Call, Fault};

use super::{chosen, listed, targets::fault_of};
use crate::{
    alarms,
    core::Core,
    document,
    fault::{self, unreadable},
    names::{self, DIMENSION, NAMESPACE, Resource},
    neighbours::Neighbours,
    policy::{PREDICTIVE, Rule, STEP, TRACKING},
    records::{Policy, PolicyKind},
    takedown::{self, Right},
};

/// Policies of a page, as AWS has it.
const PAGE: usize = 10;

pub async fn describe_scaling_policies(
    core: &Core,
    call: &Call,
    input: DescribeScalingPoliciesRequest,
) -> Result<DescribeScalingPoliciesResponse, Fault> {
    let place = Place::of(call);
    let target = chosen(
        &place,
        input.service_namespace.as_deref(),
        input.resource_id.as_deref(),
        input.scalable_dimension.as_deref(),
    )?;
    let names = input.policy_names.filter(|it| !it.is_empty());
    let page = core.page(
        call,
        "application-autoscaling/DescribeScalingPolicies",
        &(&names, &target),
        input.next_token.as_deref(),
        (input.max_results, PAGE),
    )?;
    let fits = |it: &Stored<Policy>| {
        let of = &it.record;
        !of.deleting && names.as_ref().is_none_or(|it| it.contains(&of.name))
    };
    let (found, next_token) = listed(core, &place, target.as_deref(), &page, fits).await?;
    let mut shown = Vec::with_capacity(found.len());
    for it in found {
        shown.push(show(core, &place, it.record).await?);
    }
    Ok(DescribeScalingPoliciesResponse {
        scaling_policies: Some(shown),
        next_token,
    })
}

async fn show(core: &Core, place: &Place, policy: Policy) -> Result<ScalingPolicy, Fault> {
    let arn = names::policy_arn(place, &policy.uuid, &policy.resource, &policy.name);
    let id = names::target_id(place, &policy.resource);
    let mut shown = ScalingPolicy {
        policy_arn: Some(arn.clone()),
        service_namespace: Some(NAMESPACE.to_owned()),
        scalable_dimension: Some(DIMENSION.to_owned()),
        creation_time: Some(policy.created_at),
        ..ScalingPolicy::default()
    };
    let names = match policy.kind {
        PolicyKind::Step => {
            shown.policy_type = Some("StepScaling".to_owned());
            let read = document::read(STEP, &policy.configuration);
            shown.step_scaling_policy_configuration = Some(read.map_err(|it| unreadable(&it))?);
            let found = Neighbours::of(core, place, &id).alarms_of(&arn).await;
            found.map_err(|fault| fault::of_neighbour("The alarms cannot be described", fault))?
        }
        PolicyKind::TargetTracking => {
            shown.policy_type = Some("TargetTrackingScaling".to_owned());
            let read = document::read(TRACKING, &policy.configuration);
            shown.target_tracking_scaling_policy_configuration =
                Some(read.map_err(|it| unreadable(&it))?);
            let scales_in = match Rule::of(&policy)? {
                Rule::Tracking(tracking) => tracking.policy.scales_in(),
                Rule::Step { .. } | Rule::Predictive(_) => false,
            };
            let low = scales_in.then(|| alarms::name(&policy, Side::Low));
            [alarms::name(&policy, Side::High)]
                .into_iter()
                .chain(low)
                .collect()
        }
        PolicyKind::Predictive => {
            shown.policy_type = Some("PredictiveScaling".to_owned());
            let read = document::read(PREDICTIVE, &policy.configuration);
            shown.predictive_scaling_policy_configuration =
                Some(read.map_err(|it| unreadable(&it))?);
            Vec::new()
        }
    };
    shown.alarms = Some(shown_alarms(place, names));
    shown.resource_id = Some(policy.resource);
    shown.policy_name = Some(policy.name);
    Ok(shown)
}

pub fn shown_alarms(place: &Place, names: Vec<String>) -> Vec<Alarm> {
    let shown = names.into_iter().map(|name| Alarm {
        alarm_arn: Some(alarms::arn(place, &name)),
        alarm_name: Some(name),
    });
    shown.collect()
}

/// The alarms that it made go with it, and those of users stay without the action that it was.
pub async fn delete_scaling_policy(
    core: &Core,
    call: &Call,
    input: DeleteScalingPolicyRequest,
) -> Result<DeleteScalingPolicyResponse, Fault> {
    let place = Place::of(call);
    let resource = Resource::of_request(
        input.service_namespace.as_deref(),
        input.resource_id.as_deref(),
        input.scalable_dimension.as_deref(),
    )?
    .id();
    let name = input.policy_name.unwrap_or_default();
    let id = names::target_id(&place, &resource);
    let key = names::policy_key(&place, &id, &name);
    let _turn = core.turns.take(&names::target_key(&place, &id)).await;
    transact!(core.table, &call.permit, |tx| {
        let found = tx.find::<Policy>(&key).await?;
        let found = found.filter(|it| !it.deleting);
        let mut policy = found.ok_or_else(|| fault::no_policy(&name, &resource))?;
        policy.deleting = true;
        tx.put(&key, &policy);
    });
    // From here on the loop would finish it, too.
    if let Some(stored) = core.table.read::<Policy>(&key).await? {
        let right = Right {
            permit: &call.permit,
            fence: None,
        };
        let gone = takedown::policy(core, &place, &id, &stored, &right).await;
        gone.map_err(fault_of)?;
    }
    Ok(DeleteScalingPolicyResponse {})
}
