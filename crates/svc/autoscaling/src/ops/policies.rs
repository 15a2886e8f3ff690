//! DescribePolicies, DeletePolicy and ExecutePolicy.

use std::collections::BTreeSet;

use wharf_api_autoscaling::{
    Alarm, DeletePolicyType, DescribePoliciesType, ExecutePolicyType, PoliciesType, ScalingPolicy,
    StepAdjustment, TargetTrackingConfiguration, faults,
};
use wharf_records::{Record as _, escape};
use wharf_scaling::{Direction, alarms::Side};
use wharf_service::{Place, Stored, transact};
use wharf_wire::{Call, Fault};

use super::{MOST, USUAL};
use crate::{
    alarms::{self, Left},
    cloud::Cloud,
    core::Core,
    decision,
    fault::invalid,
    names,
    policy::{self, Rule},
    records::{Group, Member, Policy, Way},
};

pub fn no_policy(name: &str) -> Fault {
    invalid(format!("PolicyName not found - no such policy: {name}"))
}

/// The group and the name of a policy, of a request that has them or its ARN.
pub fn named<'a>(
    place: &Place,
    group: Option<&'a str>,
    policy: Option<&'a str>,
) -> (String, String) {
    let policy = policy.unwrap_or_default();
    match names::policy_of_arn(policy).filter(|it| it.place == *place) {
        Some(it) => (it.group, it.name),
        None => (group.unwrap_or_default().to_owned(), policy.to_owned()),
    }
}

pub async fn describe(
    core: &Core,
    call: &Call,
    input: DescribePoliciesType,
) -> Result<PoliciesType, Fault> {
    let place = Place::of(call);
    let wanted: BTreeSet<String> = input.policy_names.into_iter().flatten().collect();
    let kinds: BTreeSet<String> = input.policy_types.into_iter().flatten().collect();
    let group = input.auto_scaling_group_name;
    let page = core.page(
        call,
        "autoscaling/DescribePolicies",
        &(&group, &wanted, &kinds),
        input.next_token.as_deref(),
        (input.max_records, USUAL, MOST),
    )?;
    let below = match group.as_deref() {
        None => String::new(),
        Some(name) => names::below(&core.group(&place, name).await?.uuid, ""),
    };
    let prefix = names::scope(&place).prefix(Policy::KIND) + &escape(&below);
    let fits = |it: &Stored<Policy>| {
        let it = &it.record;
        let arn = || names::policy_arn(&place, &it.uuid, &it.group, &it.name);
        !it.deleting
            && (kinds.is_empty() || kinds.contains(it.way.name()))
            && (wanted.is_empty() || wanted.contains(&it.name) || wanted.contains(&arn()))
    };
    let found = core
        .table
        .page::<Policy>(&prefix, page.after.clone(), page.size, fits)
        .await?;
    let last = found.records.last().map(|it| it.key.as_str());
    let next_token = page.next(found.more, last);
    let mut shown = Vec::with_capacity(found.records.len());
    for it in found.records {
        shown.push(show(core, &place, it.record).await?);
    }
    Ok(PoliciesType {
        scaling_policies: Some(shown),
        next_token,
    })
}

async fn show(core: &Core, place: &Place, policy: Policy) -> Result<ScalingPolicy, Fault> {
    let arn = names::policy_arn(place, &policy.uuid, &policy.group, &policy.name);
    let count = |it: u32| i32::try_from(it).ok();
    let mut shown = ScalingPolicy {
        policy_type: Some(policy.way.name().to_owned()),
        estimated_instance_warmup: policy.way.warmup_seconds().and_then(count),
        enabled: Some(policy.enabled),
        ..ScalingPolicy::default()
    };
    let tracking = match &policy.way {
        Way::Simple {
            adjustment,
            by,
            min_magnitude,
            cooldown_seconds,
        } => {
            shown.adjustment_type = Some(adjustment.clone());
            shown.scaling_adjustment = Some(*by);
            shown.min_adjustment_magnitude = min_magnitude.and_then(count);
            shown.cooldown = cooldown_seconds.and_then(count);
            None
        }
        Way::Step {
            adjustment,
            steps,
            min_magnitude,
            aggregation,
            ..
        } => {
            shown.adjustment_type = Some(adjustment.clone());
            shown.min_adjustment_magnitude = min_magnitude.and_then(count);
            let aggregation = aggregation.clone().unwrap_or_else(|| "Average".to_owned());
            shown.metric_aggregation_type = Some(aggregation);
            let steps = steps.iter().map(|it| StepAdjustment {
                metric_interval_lower_bound: it.lower,
                metric_interval_upper_bound: it.upper,
                scaling_adjustment: Some(it.by),
            });
            shown.step_adjustments = Some(steps.collect());
            None
        }
        Way::Tracking { configuration, .. } => {
            let read: TargetTrackingConfiguration =
                policy::configuration(policy::TRACKING, configuration)?;
            let scales_in = read.disable_scale_in != Some(true);
            shown.target_tracking_configuration = Some(read);
            let low = scales_in.then(|| policy::alarm_name(&policy, Side::Low));
            let high = [policy::alarm_name(&policy, Side::High)];
            Some(high.into_iter().chain(low).collect())
        }
        Way::Predictive { configuration } => {
            let read = policy::configuration(policy::PREDICTIVE, configuration)?;
            shown.predictive_scaling_configuration = Some(read);
            Some(Vec::new())
        }
    };
    let names = match tracking {
        Some(names) => names,
        None => {
            let group = core.group(place, &policy.group).await?;
            Cloud::of(core, place, &group).alarms_of(&arn).await?
        }
    };
    shown.alarms = Some(shown_alarms(place, names));
    shown.policy_arn = Some(arn);
    shown.auto_scaling_group_name = Some(policy.group);
    shown.policy_name = Some(policy.name);
    Ok(shown)
}

pub fn shown_alarms(place: &Place, names: Vec<String>) -> Vec<Alarm> {
    let shown = names.into_iter().map(|name| Alarm {
        alarm_arn: Some(names::alarm_arn(place, &name)),
        alarm_name: Some(name),
    });
    shown.collect()
}

/// The alarms that it made go with it, and those of users stay without the action that it was.
pub async fn delete(core: &Core, call: &Call, input: DeletePolicyType) -> Result<(), Fault> {
    let place = Place::of(call);
    let (group, name) = named(
        &place,
        input.auto_scaling_group_name.as_deref(),
        input.policy_name.as_deref(),
    );
    let group = core.group(&place, &group).await?;
    let key = names::policy_key(&place, &group.uuid, &name);
    let _turn = core
        .turns
        .take(&names::group_key(&place, &group.name))
        .await;
    transact!(core.table, &call.permit, |tx| {
        let found = tx.find::<Policy>(&key).await?.filter(|it| !it.deleting);
        let mut policy = found.ok_or_else(|| no_policy(&name))?;
        policy.deleting = true;
        tx.put(&key, &policy);
    });
    // From here on the loop would finish it, too.
    if let Some(stored) = core.table.read::<Policy>(&key).await? {
        let cloud = Cloud::of(core, &place, &group);
        let gone = alarms::take_down(core, &cloud, &place, &stored, &call.permit, None).await;
        gone.map_err(|left| match left {
            Left::Change(error) => error.into(),
            Left::Alarm(fault) => fault,
        })?;
    }
    Ok(())
}

/// Scales once, as the policy says.
pub async fn execute(core: &Core, call: &Call, input: ExecutePolicyType) -> Result<(), Fault> {
    let place = Place::of(call);
    let (group, name) = named(
        &place,
        input.auto_scaling_group_name.as_deref(),
        input.policy_name.as_deref(),
    );
    let group_key = names::group_key(&place, &group);
    let _turn = core.turns.take(&group_key).await;
    let uuid = core.group(&place, &group).await?.uuid;
    let key = names::policy_key(&place, &uuid, &name);
    let found = core.table.read::<Policy>(&key).await?;
    let found = found.filter(|it| !it.record.deleting);
    let policy = found.ok_or_else(|| no_policy(&name))?.record;
    if !policy.enabled {
        return Err(invalid(format!("The scaling policy {name} is disabled.")));
    }
    let (rule, difference) = by_hand(&policy, &input)?;
    let members = core.members(&place, &uuid).await?;
    let members: Vec<Member> = members.into_iter().map(|it| it.record).collect();
    let now = core.now();
    let honors = input.honor_cooldown == Some(true);
    transact!(core.table, &call.permit, |tx| {
        let mut group = core.standing(&mut tx, &place, &group).await?;
        if honors && decision::is_busy(&group, &members, now) {
            return Err(faults::scaling_activity_in_progress_fault(format!(
                "Scaling activity cannot be executed while the cooldown of the group {} is not over.",
                group.name
            )));
        }
        let Some(wanted) = rule.wanted(group.desired, difference) else {
            return Ok(());
        };
        change(&mut group, &policy, wanted, now);
        tx.put(&group_key, &group);
    });
    Ok(())
}

fn change(group: &mut Group, policy: &Policy, wanted: u32, now: wharf_base::Timestamp) {
    let to = wanted.clamp(group.min, group.max.max(group.min));
    if to == group.desired {
        return;
    }
    let direction = match to > group.desired {
        true => Direction::Out,
        false => Direction::In,
    };
    let what = format!("a user request executed policy {}", policy.name);
    decision::scale(group, Some(policy), to, direction, &what, now);
}

/// The steps of a policy, and how far a metric is beyond its threshold.
fn by_hand(
    policy: &Policy,
    input: &ExecutePolicyType,
) -> Result<(wharf_scaling::StepPolicy, f64), Fault> {
    let difference = input.metric_value.zip(input.breach_threshold);
    match Rule::of(policy)? {
        Rule::Simple(it) => match (input.metric_value, input.breach_threshold) {
            (None, None) => Ok((it, 0.0)),
            _ => Err(invalid(
                "MetricValue and BreachThreshold are not supported for policy type: SimpleScaling",
            )),
        },
        Rule::Step(..) if input.honor_cooldown == Some(true) => Err(invalid(
            "HonorCooldown is not supported for policy type: StepScaling",
        )),
        Rule::Step(it, _) => {
            let (value, threshold) = difference.ok_or_else(|| {
                invalid("You must specify a MetricValue and a BreachThreshold for policy type: StepScaling")
            })?;
            let difference = value - threshold;
            match difference.is_nan() {
                true => Err(invalid("MetricValue and BreachThreshold must be numbers.")),
                false => Ok((it, difference)),
            }
        }
        Rule::Tracking(..) => Err(invalid(
            "Policies of type TargetTrackingScaling cannot be executed.",
        )),
        Rule::Predictive(_) => Err(invalid(
            "Policies of type PredictiveScaling cannot be executed.",
        )),
    }
}
