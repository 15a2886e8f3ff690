//! PutScalingPolicy: a policy as it is wanted, new or in the place of one of its name, and its alarms.

use wharf_api_autoscaling::{PolicyARNType, PutScalingPolicyType, StepAdjustment, faults};
use wharf_base::ids;
use wharf_records::Unknown;
use wharf_scaling::{forecast::Forecast, forecasting};
use wharf_service::{Place, transact};
use wharf_wire::{Call, Fault};

use super::{given::seconds, policies::shown_alarms};
use crate::{
    cloud::Cloud,
    core::Core,
    fault::{self, invalid},
    names,
    policy::{self, Rule},
    records::{Group, Interval, Policy, Way},
};

/// Policies of a group, as AWS has it.
const MOST_POLICIES: usize = 50;
/// Bytes of a configuration: many times what one with all of its parts has.
const LONGEST: usize = 64 << 10;

pub async fn put(
    core: &Core,
    call: &Call,
    input: PutScalingPolicyType,
) -> Result<PolicyARNType, Fault> {
    let place = Place::of(call);
    let group_name = input.auto_scaling_group_name.clone().unwrap_or_default();
    let name = input.policy_name.clone().unwrap_or_default();
    let group_key = names::group_key(&place, &group_name);
    let group = core.group(&place, &group_name).await?;
    let key = names::policy_key(&place, &group.uuid, &name);
    let found = async || -> Result<Option<Policy>, Fault> {
        Ok(core.table.read::<Policy>(&key).await?.map(|it| it.record))
    };
    let cloud = Cloud::of(core, &place, &group);
    // Out of turn: metrics may take long.
    let wanted = read(core, &input, found().await?.as_ref())?;
    if let Rule::Predictive(predictive) = &Rule::of(&wanted)? {
        let tried = forecasting::try_out(&cloud, predictive, core.now()).await;
        tried.map_err(|refused| {
            refused_by_cloudwatch("The metrics of the policy cannot be read", refused)
        })?;
    }
    let _turn = core.turns.take(&group_key).await;
    let before = found().await?;
    let made = read(core, &input, before.as_ref())?;
    let rule = Rule::of(&made)?;
    let forecast_key = names::forecast_key(&place, &group.uuid, &name);
    let all = core.policies(&place, &group.uuid).await?;
    let mut others = all.iter().filter(|it| it.record.name != name);
    if let Some(other) = others.find(|it| tracks_same(&it.record.way, &made.way)) {
        return Err(invalid(format!(
            "Only one TargetTrackingScaling policy for a given metric specification is allowed: {} has it.",
            other.record.name
        )));
    }
    transact!(core.table, &call.permit, |tx| {
        let standing = core.standing(&mut tx, &place, &group_name).await?;
        if standing.uuid != group.uuid {
            return Err(fault::no_group(&group_name));
        }
        let there = tx.find::<Policy>(&key).await?;
        if there.is_none() && all.len() >= MOST_POLICIES {
            return Err(faults::limit_exceeded_fault(format!(
                "A group can have at most {MOST_POLICIES} scaling policies."
            )));
        }
        tx.put(&key, &made);
        if let Way::Predictive { configuration } = &made.way
            && let Some(mut forecast) = tx.find::<Forecast>(&forecast_key).await?
        {
            let before = match there.as_ref().map(|it| &it.way) {
                Some(Way::Predictive { configuration }) => Some(configuration),
                _ => None,
            };
            forecast.policy_was_put(before, configuration, core.now());
            tx.put(&forecast_key, &forecast);
        }
    });
    core.queue.wake(group_key.clone());
    core.readings.forget_policy(&group_key, &made.uuid);
    let mut alarms = Vec::new();
    if let Rule::Tracking(tracking, metric) = &rule {
        let wanted = policy::wanted(&place, &made, *tracking, metric);
        if let Err(refused) = cloud.put_alarms(&wanted).await {
            undo(core, call, (&place, &group), &key, before).await?;
            return Err(refused_by_cloudwatch(
                "The alarms of the policy cannot be put",
                refused,
            ));
        }
        let put = wanted.into_iter().filter(|it| it.input.is_some());
        alarms.extend(put.map(|it| it.name));
    }
    let arn = names::policy_arn(&place, &made.uuid, &group_name, &name);
    Ok(PolicyARNType {
        policy_arn: Some(arn),
        alarms: Some(shown_alarms(&place, alarms)),
    })
}

/// What CloudWatch refused, in the words of this service.
fn refused_by_cloudwatch(what: &str, refused: Fault) -> Fault {
    match refused.status {
        500.. => refused,
        _ => invalid(format!("{what}: {}", refused.message)),
    }
}

fn tracks_same(one: &Way, other: &Way) -> bool {
    match (one, other) {
        (
            Way::Tracking { configuration, .. },
            Way::Tracking {
                configuration: other,
                ..
            },
        ) => policy::tracks_same(configuration, other),
        _ => false,
    }
}

/// The record of a request.
fn read(
    core: &Core,
    input: &PutScalingPolicyType,
    before: Option<&Policy>,
) -> Result<Policy, Fault> {
    if before.is_some_and(|it| it.deleting) {
        return Err(invalid("The policy of this name is being deleted."));
    }
    let of_before = |it: fn(&Policy) -> &String| before.map(it).cloned().unwrap_or_else(ids::uuid);
    let way = way(input)?;
    // A policy of another type is another policy: its alarms would not be its own.
    if before.is_some_and(|it| it.way.name() != way.name()) {
        return Err(invalid("The type of a scaling policy cannot be changed."));
    }
    Ok(Policy {
        name: input.policy_name.clone().unwrap_or_default(),
        group: input.auto_scaling_group_name.clone().unwrap_or_default(),
        uuid: of_before(|it| &it.uuid),
        created_at: before.map_or_else(|| core.now(), |it| it.created_at),
        enabled: input.enabled.unwrap_or(true),
        way,
        high_id: of_before(|it| &it.high_id),
        low_id: of_before(|it| &it.low_id),
        deleting: false,
        unknown: before.map_or_else(Unknown::new, |it| it.unknown.clone()),
    })
}

/// # Errors
/// A member is missing, or is none of the type's.
fn way(input: &PutScalingPolicyType) -> Result<Way, Fault> {
    let kind = input.policy_type.as_deref().unwrap_or("SimpleScaling");
    let lacks = |what: &str| invalid(format!("You must specify {what} for policy type: {kind}"));
    let only = |allowed: &[&str]| -> Result<(), Fault> {
        let given = [
            ("AdjustmentType", input.adjustment_type.is_some()),
            ("MinAdjustmentStep", input.min_adjustment_step.is_some()),
            (
                "MinAdjustmentMagnitude",
                input.min_adjustment_magnitude.is_some(),
            ),
            ("ScalingAdjustment", input.scaling_adjustment.is_some()),
            ("Cooldown", input.cooldown.is_some()),
            (
                "MetricAggregationType",
                input.metric_aggregation_type.is_some(),
            ),
            (
                "StepAdjustments",
                input
                    .step_adjustments
                    .as_ref()
                    .is_some_and(|it| !it.is_empty()),
            ),
            (
                "EstimatedInstanceWarmup",
                input.estimated_instance_warmup.is_some(),
            ),
            (
                "PredictiveScalingConfiguration",
                input.predictive_scaling_configuration.is_some(),
            ),
            (
                "TargetTrackingConfiguration",
                input.target_tracking_configuration.is_some(),
            ),
        ];
        let mut beyond = given.iter().filter(|it| it.1 && !allowed.contains(&it.0));
        match beyond.next() {
            Some((name, _)) => Err(invalid(format!(
                "{name} is not supported for policy type: {kind}"
            ))),
            None => Ok(()),
        }
    };
    let adjustment = || {
        let given = input.adjustment_type.clone();
        given.ok_or_else(|| lacks("an AdjustmentType"))
    };
    let optional = |it: Option<i32>, name: &str| it.map(|it| seconds(it, name)).transpose();
    let warmup = optional(input.estimated_instance_warmup, "estimatedInstanceWarmup")?;
    // The older name of the same.
    let magnitude = match (input.min_adjustment_magnitude, input.min_adjustment_step) {
        (Some(_), Some(_)) => {
            return Err(invalid(
                "Only one of MinAdjustmentMagnitude and MinAdjustmentStep can be specified.",
            ));
        }
        (magnitude, step) => optional(magnitude.or(step), "minAdjustmentMagnitude")?,
    };
    match kind {
        "SimpleScaling" => {
            only(&[
                "AdjustmentType",
                "MinAdjustmentStep",
                "MinAdjustmentMagnitude",
                "ScalingAdjustment",
                "Cooldown",
            ])?;
            let by = input.scaling_adjustment;
            Ok(Way::Simple {
                adjustment: adjustment()?,
                by: by.ok_or_else(|| lacks("a ScalingAdjustment"))?,
                min_magnitude: magnitude,
                cooldown_seconds: optional(input.cooldown, "cooldown")?,
            })
        }
        "StepScaling" => {
            only(&[
                "AdjustmentType",
                "MinAdjustmentMagnitude",
                "MetricAggregationType",
                "StepAdjustments",
                "EstimatedInstanceWarmup",
            ])?;
            let adjustment = adjustment()?;
            let steps = input.step_adjustments.as_deref().unwrap_or_default();
            if steps.is_empty() {
                return Err(lacks("StepAdjustments"));
            }
            Ok(Way::Step {
                adjustment,
                steps: steps.iter().map(interval).collect(),
                min_magnitude: magnitude,
                aggregation: input.metric_aggregation_type.clone(),
                warmup_seconds: warmup,
            })
        }
        "TargetTrackingScaling" => {
            only(&["TargetTrackingConfiguration", "EstimatedInstanceWarmup"])?;
            let given = input.target_tracking_configuration.as_ref();
            let given = given.ok_or_else(|| lacks("a TargetTrackingConfiguration"))?;
            let configuration = policy::document(policy::TRACKING, given);
            if configuration.to_string().len() > LONGEST {
                return Err(invalid("The TargetTrackingConfiguration is too long."));
            }
            Ok(Way::Tracking {
                configuration,
                warmup_seconds: warmup,
            })
        }
        "PredictiveScaling" => {
            only(&["PredictiveScalingConfiguration"])?;
            let given = input.predictive_scaling_configuration.as_ref();
            let given = given.ok_or_else(|| lacks("a PredictiveScalingConfiguration"))?;
            let configuration = policy::document(policy::PREDICTIVE, given);
            if configuration.to_string().len() > LONGEST {
                return Err(invalid("The PredictiveScalingConfiguration is too long."));
            }
            Ok(Way::Predictive { configuration })
        }
        _ => Err(invalid(
            "PolicyType must be one of: SimpleScaling, StepScaling, TargetTrackingScaling, PredictiveScaling.",
        )),
    }
}

fn interval(it: &StepAdjustment) -> Interval {
    Interval {
        lower: it.metric_interval_lower_bound,
        upper: it.metric_interval_upper_bound,
        by: it.scaling_adjustment.unwrap_or_default(),
    }
}

/// CloudWatch did not take the alarms: the policy is again what it was.
async fn undo(
    core: &Core,
    call: &Call,
    (place, group): (&Place, &Group),
    key: &str,
    before: Option<Policy>,
) -> Result<(), Fault> {
    let restored = before.clone();
    transact!(core.table, &call.permit, |tx| {
        let Some(made) = tx.find::<Policy>(key).await? else {
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
    let group_key = names::group_key(place, &group.name);
    core.repaired.lock().remove(&group_key);
    core.queue.wake(group_key);
    Ok(())
}
