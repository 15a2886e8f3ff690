//! PutScalingPolicy: a policy as it is wanted, new or in the place of one of its name, and its alarms.

use wharf_api_application_autoscaling::{PutScalingPolicyRequest, PutScalingPolicyResponse};
use wharf_base::ids;
use wharf_records::Unknown;
use wharf_scaling::forecasting;
use wharf_service::{Place, transact};
use wharf_wire::{Call, Fault};

use super::policies::shown_alarms;
use crate::{
    alarms,
    core::Core,
    document,
    fault::{self, invalid},
    names::{self, Resource},
    neighbours::Neighbours,
    policy::{self, PREDICTIVE, Rule, STEP, TRACKING},
    records::{Forecast, Policy, PolicyKind},
};

/// Policies of a target, as AWS has it.
const MOST_POLICIES: usize = 50;
/// Bytes of a configuration: many times what one with all of its parts has.
const LONGEST: usize = 64 << 10;

pub async fn put_scaling_policy(
    core: &Core,
    call: &Call,
    input: PutScalingPolicyRequest,
) -> Result<PutScalingPolicyResponse, Fault> {
    let place = Place::of(call);
    let resource = Resource::of_request(
        input.service_namespace.as_deref(),
        input.resource_id.as_deref(),
        input.scalable_dimension.as_deref(),
    )?;
    let name = input.policy_name.clone().unwrap_or_default();
    let id = names::target_id(&place, &resource.id());
    let target_key = names::target_key(&place, &id);
    let key = names::policy_key(&place, &id, &name);
    let found = async || -> Result<Option<Policy>, Fault> {
        Ok(core.table.read::<Policy>(&key).await?.map(|it| it.record))
    };
    // Out of turn: metrics may take long.
    let wanted = read(core, &resource, &input, found().await?.as_ref())?;
    if let Rule::Predictive(predictive) = &Rule::of(&wanted)? {
        let tried =
            forecasting::try_out(&Neighbours::of(core, &place, &id), predictive, core.now()).await;
        tried.map_err(|refused| {
            fault::of_neighbour("The metrics of the policy cannot be read", refused)
        })?;
    }
    let _turn = core.turns.take(&target_key).await;
    let before = found().await?;
    let made = read(core, &resource, &input, before.as_ref())?;
    let rule = Rule::of(&made)?;
    let forecast_key = names::forecast_key(&place, &id, &name);
    let all = core.policies(&place, &id).await?;
    let others = || all.iter().filter(|it| it.record.name != name);
    transact!(core.table, &call.permit, |tx| {
        core.standing(&mut tx, &place, &resource.id()).await?;
        let there = tx.find::<Policy>(&key).await?;
        if there.is_none() && all.len() >= MOST_POLICIES {
            return Err(fault::too_many(
                "scaling policies for a scalable target",
                MOST_POLICIES,
            ));
        }
        let same = |other: &Policy| {
            other.kind == made.kind
                && policy::tracks_same(&other.configuration, &made.configuration)
        };
        if made.kind == PolicyKind::TargetTracking && others().any(|it| same(&it.record)) {
            return Err(invalid(
                "Only one TargetTrackingScaling policy for a given metric specification is allowed.",
            ));
        }
        tx.put(&key, &made);
        if let Some(mut forecast) = tx.find::<Forecast>(&forecast_key).await? {
            let before = there.as_ref().map(|it| &it.configuration);
            forecast.policy_was_put(before, &made.configuration, core.now());
            tx.put(&forecast_key, &forecast);
        }
    });
    core.readings.forget_policy(&target_key, &made.uuid);
    let mut names = Vec::new();
    if let Rule::Tracking(tracking) = &rule {
        let wanted = alarms::wanted(&place, &made, tracking);
        let neighbours = Neighbours::of(core, &place, &id);
        if let Err(refused) = neighbours.put_alarms(&wanted).await {
            undo(core, call, &place, &id, &key, before).await?;
            return Err(fault::of_neighbour(
                "The alarms of the policy cannot be put",
                refused,
            ));
        }
        let put = wanted.into_iter().filter(|it| it.input.is_some());
        names.extend(put.map(|it| it.name));
    }
    Ok(PutScalingPolicyResponse {
        policy_arn: Some(names::policy_arn(&place, &made.uuid, &made.resource, &name)),
        alarms: Some(shown_alarms(&place, names)),
    })
}

/// The record of a request.
fn read(
    core: &Core,
    resource: &Resource,
    input: &PutScalingPolicyRequest,
    before: Option<&Policy>,
) -> Result<Policy, Fault> {
    if before.is_some_and(|it| it.deleting) {
        return Err(fault::busy());
    }
    let kind = match (input.policy_type.as_deref(), before) {
        (Some("TargetTrackingScaling"), _) => PolicyKind::TargetTracking,
        (Some("StepScaling"), _) => PolicyKind::Step,
        (Some("PredictiveScaling"), _) => PolicyKind::Predictive,
        (None, before) => before.map_or(PolicyKind::Step, |it| it.kind),
        (Some(other), _) => {
            return Err(invalid(format!(
                "The policy type {other} is not valid: policies are StepScaling, TargetTrackingScaling or PredictiveScaling."
            )));
        }
    };
    if before.is_some_and(|it| it.kind != kind) {
        return Err(invalid("The type of a scaling policy cannot be changed"));
    }
    let step = &input.step_scaling_policy_configuration;
    let tracking = &input.target_tracking_scaling_policy_configuration;
    let predictive = &input.predictive_scaling_policy_configuration;
    let configuration = match (kind, step, tracking, predictive) {
        (PolicyKind::Step, Some(step), None, None) => document::of(STEP, step),
        (PolicyKind::TargetTracking, None, Some(given), None) => document::of(TRACKING, given),
        (PolicyKind::Predictive, None, None, Some(given)) => document::of(PREDICTIVE, given),
        (PolicyKind::Predictive, ..) => {
            return Err(invalid(
                "A policy of type PredictiveScaling takes exactly a PredictiveScalingPolicyConfiguration",
            ));
        }
        (PolicyKind::Step, ..) => {
            return Err(invalid(
                "A policy of type StepScaling takes exactly a StepScalingPolicyConfiguration",
            ));
        }
        (PolicyKind::TargetTracking, ..) => {
            return Err(invalid(
                "A policy of type TargetTrackingScaling takes exactly a TargetTrackingScalingPolicyConfiguration",
            ));
        }
    };
    if configuration.to_string().len() > LONGEST {
        return Err(invalid(
            "The configuration of the scaling policy is too long",
        ));
    }
    let of_before = |it: fn(&Policy) -> &String| before.map(it).cloned().unwrap_or_else(ids::uuid);
    Ok(Policy {
        name: input.policy_name.clone().unwrap_or_default(),
        resource: resource.id(),
        uuid: of_before(|it| &it.uuid),
        created_at: before.map_or_else(|| core.now(), |it| it.created_at),
        kind,
        configuration,
        high_id: of_before(|it| &it.high_id),
        low_id: of_before(|it| &it.low_id),
        deleting: false,
        unknown: before.map_or_else(Unknown::new, |it| it.unknown.clone()),
    })
}

/// CloudWatch did not take the alarms: the policy is again what it was.
async fn undo(
    core: &Core,
    call: &Call,
    place: &Place,
    target: &str,
    key: &str,
    before: Option<Policy>,
) -> Result<(), Fault> {
    let restored = before.clone();
    transact!(core.table, &call.permit, |tx| {
        let made = tx.find::<Policy>(key).await?;
        let Some(made) = made else {
            return Ok(());
        };
        match &restored {
            Some(before) => tx.put(key, before),
            // One of its alarms may be there already: the loop takes it away.
            None => tx.put(
                key,
                &Policy {
                    deleting: true,
                    ..made
                },
            ),
        }
    });
    if let Some(before) = before
        && let Rule::Tracking(tracking) = Rule::of(&before)?
    {
        let wanted = alarms::wanted(place, &before, &tracking);
        // What fails here the loop repairs.
        if let Err(error) = Neighbours::of(core, place, target)
            .put_alarms(&wanted)
            .await
        {
            tracing::warn!(policy = before.name, %error, "the alarms of a policy were not put back, will retry");
        }
    }
    core.repaired
        .lock()
        .remove(&names::target_key(place, target));
    Ok(())
}
