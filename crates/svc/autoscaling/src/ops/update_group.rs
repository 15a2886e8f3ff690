//! UpdateAutoScalingGroup.

use wharf_api_autoscaling::UpdateAutoScalingGroupType;
use wharf_base::Timestamp;
use wharf_service::{Place, transact};
use wharf_wire::{Call, Fault};

use super::{
    create_group::{ONE_SOURCE, role},
    given, mixed,
};
use crate::{
    core::Core,
    fault::invalid,
    names,
    plan::words_at,
    records::{Group, Kept, Source},
};

pub async fn update(
    core: &Core,
    call: &Call,
    input: UpdateAutoScalingGroupType,
) -> Result<(), Fault> {
    let place = Place::of(call);
    let name = input.auto_scaling_group_name.clone().unwrap_or_default();
    role(&place, input.service_linked_role_arn.as_deref())?;
    let there = core.group(&place, &name).await?;
    let given = input.mixed_instances_policy.clone();
    let given = given.map(|it| mixed::read(it, there.mixed.as_ref()));
    let (of_mixed, mut mixed) = given.transpose()?.unzip();
    let of_mixed = of_mixed.flatten();
    if let Some(mixed) = &mut mixed {
        mixed::settle(core, call, mixed).await?;
    }
    let (configuration, template) = (
        input.launch_configuration_name.as_deref(),
        input.launch_template.as_ref(),
    );
    if mixed.is_some() && template.is_some() {
        return Err(invalid(ONE_SOURCE));
    }
    let template = template.or(of_mixed.as_ref());
    let launch = given::source(core, call, configuration, template).await?;
    let of_configuration = matches!(
        launch.as_ref().unwrap_or(&there.launch),
        Source::Configuration { .. }
    );
    // A policy is about instances of a template.
    if mixed.is_some() && of_configuration {
        return Err(invalid(ONE_SOURCE));
    }
    let (identifier, zones) = (
        input.vpc_zone_identifier.as_deref(),
        input.availability_zones.as_deref(),
    );
    let subnets = match (identifier, zones) {
        (None, None) => None,
        _ => Some(given::subnets(core, call, identifier, zones).await?),
    };
    if launch.is_some() || subnets.is_some() || mixed.is_some() || input.placement_group.is_some() {
        let kept = there.mixed.as_ref().filter(|_| launch.is_none());
        let policy = mixed.as_ref().or(kept);
        let launch = launch.as_ref().unwrap_or(&there.launch);
        if mixed.is_some() {
            mixed::check_market(core, call, launch).await?;
        }
        let subnets = subnets.as_deref().unwrap_or(&there.subnets);
        let placed = input.placement_group.as_deref();
        let placed = placed.or(there.placement_group.as_deref());
        let placed = placed.filter(|it| !it.is_empty());
        given::may_launch(core, call, launch, (subnets, placed), policy).await?;
        mixed::may_have_spot(core, call, launch, (subnets, policy)).await?;
    }
    let key = names::group_key(&place, &name);
    let now = core.now();
    let _turn = core.turns.take(&key).await;
    transact!(core.table, &call.permit, |tx| {
        let mut group = core.standing(&mut tx, &place, &name).await?;
        if let Some(launch) = &launch {
            given::hold(&mut tx, &place, launch).await?;
            group.launch = launch.clone();
            // Another source takes the policy's place.
            group.mixed = None;
        }
        if mixed.is_some() {
            group.mixed.clone_from(&mixed);
        }
        if let Some(subnets) = &subnets {
            group.subnets.clone_from(subnets);
        }
        settings(&mut group, &input)?;
        let before = group.desired;
        resize(&mut group, &input, now)?;
        if group.desired != before {
            let cause = format!(
                "a user request update of AutoScalingGroup constraints to min: {}, max: {}, desired: {} changing the desired capacity from {before} to {}.",
                group.min, group.max, group.desired, group.desired
            );
            group.cause = Some(words_at(now, &cause));
        }
        tx.put(&key, &group);
    });
    Ok(())
}

fn settings(group: &mut Group, input: &UpdateAutoScalingGroupType) -> Result<(), Fault> {
    if let Some(it) = input.default_cooldown {
        group.cooldown_seconds = given::seconds(it, "defaultCooldown")?;
    }
    if let Some(it) = input.default_instance_warmup {
        // Minus one takes it away.
        group.warmup_seconds = given::warmup(it)?;
    }
    if let Some(it) = input.capacity_rebalance {
        group.rebalances = it;
    }
    if let Some(it) = given::evenly_only(input.availability_zone_distribution.as_ref()) {
        group.evenly_only = it;
    }
    if let Some(it) = &input.health_check_type {
        group.elb_health = given::health_check(it)?;
    }
    if let Some(it) = input.health_check_grace_period {
        group.grace_seconds = given::seconds(it, "healthCheckGracePeriod")?;
    }
    if let Some(it) = input
        .termination_policies
        .as_deref()
        .filter(|it| !it.is_empty())
    {
        group.termination = given::termination(it)?;
    }
    if let Some(it) = input.new_instances_protected_from_scale_in {
        group.protects_new = it;
    }
    if let Some(it) = input.max_instance_lifetime {
        group.max_lifetime_seconds = given::lifetime(it)?;
    }
    if let Some(it) = &input.instance_maintenance_policy {
        group.maintenance = given::maintenance(it)?;
    }
    if let Some(it) = &input.placement_group {
        // An empty one takes it away.
        group.placement_group = Some(it.clone()).filter(|it| !it.is_empty());
    }
    if let Some(it) = &input.deletion_protection {
        group.kept = Kept::named(it);
    }
    if let Some(it) = &input.context {
        group.context = Some(it.clone());
    }
    Ok(())
}

/// A capacity that is not given follows the bounds.
fn resize(
    group: &mut Group,
    input: &UpdateAutoScalingGroupType,
    now: Timestamp,
) -> Result<(), Fault> {
    if let Some(min) = input.min_size {
        group.min = given::size(min, "minSize")?;
    }
    if let Some(max) = input.max_size {
        group.max = given::size(max, "maxSize")?;
    }
    let desired = match input.desired_capacity {
        Some(desired) => given::size(desired, "desiredCapacity")?,
        None => group.desired.max(group.min).min(group.max),
    };
    given::sizes(group.min, group.max, desired)?;
    if let Some(pool) = &group.pool {
        given::pool_size(pool, group.max)?;
    }
    group.desire(desired, now);
    Ok(())
}
