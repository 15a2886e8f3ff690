//! DescribeAutoScalingGroups, DeleteAutoScalingGroup and SetDesiredCapacity.

use std::collections::BTreeSet;

use wharf_api_autoscaling::{
    AutoScalingGroup, AutoScalingGroupNamesType, AutoScalingGroupsType,
    AvailabilityZoneDistribution, DeleteAutoScalingGroupType, Filter, Instance,
    InstanceMaintenancePolicy, LaunchTemplateSpecification, SetDesiredCapacityType,
    SuspendedProcess, TrafficSourceIdentifier, faults,
};
use wharf_records::Record as _;
use wharf_service::{Place, Stored, transact};
use wharf_wire::{Call, Fault};

use super::{MOST, USUAL, given, metrics, mixed, warm_pool};
use crate::{
    core::Core,
    decision,
    fault::{self, invalid},
    names,
    plan::words_at,
    records::{Group, Kept, Member, Source},
    tags,
};

pub async fn describe(
    core: &Core,
    call: &Call,
    input: AutoScalingGroupNamesType,
) -> Result<AutoScalingGroupsType, Fault> {
    let place = Place::of(call);
    let names: BTreeSet<String> = input
        .auto_scaling_group_names
        .into_iter()
        .flatten()
        .collect();
    let filters = filters(input.filters)?;
    let page = core.page(
        call,
        "autoscaling/DescribeAutoScalingGroups",
        &(&names, &filters),
        input.next_token.as_deref(),
        (input.max_records, USUAL, MOST),
    )?;
    let prefix = names::scope(&place).prefix(Group::KIND);
    let fits = |it: &Stored<Group>| {
        (names.is_empty() || names.contains(&it.record.name))
            && filters.iter().all(|filter| fits(&it.record, filter))
    };
    let found = core
        .table
        .page::<Group>(&prefix, page.after.clone(), page.size, fits)
        .await?;
    let last = found.records.last().map(|it| it.key.as_str());
    let next_token = page.next(found.more, last);
    let with_instances = input.include_instances != Some(false);
    let mut shown = Vec::with_capacity(found.records.len());
    for stored in found.records {
        let members = match with_instances {
            true => core.members(&place, &stored.record.uuid).await?,
            false => Vec::new(),
        };
        shown.push(show(&place, stored.record, members));
    }
    Ok(AutoScalingGroupsType {
        auto_scaling_groups: Some(shown),
        next_token,
    })
}

type Filters = Vec<(String, Vec<String>)>;

fn filters(given: Option<Vec<Filter>>) -> Result<Filters, Fault> {
    let given = given.into_iter().flatten();
    given
        .map(|it| {
            let name = it.name.unwrap_or_default();
            let known = ["tag-key", "tag-value"].contains(&name.as_str()) || name.starts_with("tag:");
            match known {
                true => Ok((name, it.values.unwrap_or_default())),
                false => Err(invalid(format!(
                    "Filter type {name} is not correct. Allowed Filter types are: tag-key, tag-value, tag:<key>"
                ))),
            }
        })
        .collect()
}

fn fits(group: &Group, (name, values): &(String, Vec<String>)) -> bool {
    let is = |it: &String| values.contains(it);
    match name.strip_prefix("tag:") {
        Some(key) => group.tags.get(key).is_some_and(is),
        None if name == "tag-key" => group.tags.keys().any(is),
        None => group.tags.values().any(is),
    }
}

fn count(it: u32) -> Option<i32> {
    i32::try_from(it).ok()
}

pub fn template(source: &Source) -> Option<LaunchTemplateSpecification> {
    match source {
        Source::Configuration { .. } => None,
        Source::Template { id, name, version } => Some(LaunchTemplateSpecification {
            launch_template_id: Some(id.clone()),
            launch_template_name: Some(name.clone()),
            version: Some(version.clone()),
        }),
    }
}

pub fn configuration(source: &Source) -> Option<String> {
    match source {
        Source::Configuration { name, .. } => Some(name.clone()),
        Source::Template { .. } => None,
    }
}

fn show(place: &Place, group: Group, members: Vec<Stored<Member>>) -> AutoScalingGroup {
    let zones: BTreeSet<String> = group.subnets.iter().map(|it| it.zone.clone()).collect();
    let subnets: Vec<&str> = group.subnets.iter().map(|it| it.id.as_str()).collect();
    let suspended = group
        .suspended
        .iter()
        .map(|(process, at)| SuspendedProcess {
            process_name: Some(process.name().to_owned()),
            suspension_reason: Some(format!("User suspended at {}", at.iso8601_seconds())),
        });
    let sources = group
        .target_groups
        .iter()
        .map(|it| TrafficSourceIdentifier {
            identifier: Some(it.clone()),
            type_: Some("elbv2".to_owned()),
        });
    let launched = members.into_iter().map(|it| it.record);
    let (pooled, of_group): (Vec<Member>, Vec<Member>) = launched
        .filter(|it| it.instance.is_some())
        .partition(Member::is_pooled);
    AutoScalingGroup {
        auto_scaling_group_arn: Some(names::group_arn(place, &group.uuid, &group.name)),
        launch_configuration_name: configuration(&group.launch),
        launch_template: template(&group.launch).filter(|_| group.mixed.is_none()),
        mixed_instances_policy: group
            .mixed
            .as_ref()
            .map(|it| mixed::shown(it, &group.launch)),
        min_size: count(group.min),
        max_size: count(group.max),
        desired_capacity: count(group.desired),
        default_cooldown: count(group.cooldown_seconds),
        default_instance_warmup: group.warmup_seconds.and_then(count),
        availability_zones: Some(zones.into_iter().collect()),
        load_balancer_names: Some(Vec::new()),
        target_group_arns: Some(group.target_groups.clone()),
        traffic_sources: Some(sources.collect()),
        health_check_type: Some(if group.elb_health { "ELB" } else { "EC2" }.to_owned()),
        health_check_grace_period: count(group.grace_seconds),
        instances: Some(of_group.into_iter().map(|it| shown(&group, it)).collect()),
        warm_pool_configuration: group.pool.as_ref().map(warm_pool::shown),
        warm_pool_size: group
            .pool
            .as_ref()
            .and_then(|_| i32::try_from(pooled.len()).ok()),
        created_time: Some(group.created_at),
        suspended_processes: Some(suspended.collect()),
        vpc_zone_identifier: Some(subnets.join(",")),
        enabled_metrics: Some(metrics::shown(&group)),
        status: group.deleting.then(|| "Delete in progress".to_owned()),
        tags: Some(tags::shown(&group)),
        termination_policies: Some(
            group
                .termination
                .iter()
                .map(|it| it.name().to_owned())
                .collect(),
        ),
        new_instances_protected_from_scale_in: Some(group.protects_new),
        service_linked_role_arn: Some(names::role_arn(place)),
        max_instance_lifetime: group.max_lifetime_seconds.and_then(count),
        instance_maintenance_policy: group.maintenance.map(|it| InstanceMaintenancePolicy {
            min_healthy_percentage: count(it.min_healthy),
            max_healthy_percentage: count(it.max_healthy),
        }),
        capacity_rebalance: Some(group.rebalances),
        availability_zone_distribution: Some(AvailabilityZoneDistribution {
            capacity_distribution_strategy: Some(
                match group.evenly_only {
                    true => given::BALANCED_ONLY,
                    false => given::BALANCED,
                }
                .to_owned(),
            ),
        }),
        deletion_protection: Some(group.kept.map_or("none", Kept::name).to_owned()),
        placement_group: group.placement_group.clone(),
        context: group.context.clone(),
        auto_scaling_group_name: Some(group.name),
        ..AutoScalingGroup::default()
    }
}

pub fn shown(group: &Group, member: Member) -> Instance {
    Instance {
        weighted_capacity: group.shown_weight(&member),
        instance_type: member.instance_type.clone(),
        availability_zone: Some(member.zone.clone()),
        lifecycle_state: Some(member.state_name()),
        health_status: Some(health(&member).to_owned()),
        launch_configuration_name: member.source.as_ref().and_then(configuration),
        launch_template: member.source.as_ref().and_then(template),
        image_id: member.image.clone(),
        protected_from_scale_in: Some(member.protected),
        instance_id: member.instance,
        ..Instance::default()
    }
}

pub fn health(member: &Member) -> &'static str {
    match member.unhealthy {
        Some(_) => "Unhealthy",
        None => "Healthy",
    }
}

/// With force, instances go first; without, there must be none.
pub async fn delete(
    core: &Core,
    call: &Call,
    input: DeleteAutoScalingGroupType,
) -> Result<(), Fault> {
    let place = Place::of(call);
    let name = input.auto_scaling_group_name.unwrap_or_default();
    let key = names::group_key(&place, &name);
    let _turn = core.turns.take(&key).await;
    transact!(core.table, &call.permit, |tx| {
        let found = tx.find::<Group>(&key).await?;
        let mut group = found.ok_or_else(|| fault::no_group(&name))?;
        if group.deleting {
            return Ok(());
        }
        let keeps = match group.kept {
            Some(Kept::WithInstances) => input.force_delete == Some(true),
            Some(Kept::Always) => true,
            None => false,
        };
        if keeps && let Some(kept) = group.kept {
            return Err(invalid(format!(
                "You cannot delete the AutoScalingGroup {name} while its deletion protection is {}.",
                kept.name()
            )));
        }
        let members = core.members(&place, &group.uuid).await?;
        if input.force_delete != Some(true) {
            if members.iter().any(|it| it.record.activity.is_some()) {
                return Err(faults::scaling_activity_in_progress_fault(
                    "You cannot delete an AutoScalingGroup while there are scaling activities in progress for that group.",
                ));
            }
            if !members.is_empty() {
                return Err(faults::resource_in_use_fault(
                    "You cannot delete an AutoScalingGroup while there are instances or pending Spot instance request(s) still in the group.",
                ));
            }
        }
        let at = "a user request deleted the AutoScalingGroup.";
        group.deleting = true;
        group.cause = Some(words_at(core.now(), at));
        (group.min, group.max, group.desired) = (0, 0, 0);
        tx.put(&key, &group);
    });
    Ok(())
}

pub async fn set_desired(
    core: &Core,
    call: &Call,
    input: SetDesiredCapacityType,
) -> Result<(), Fault> {
    let place = Place::of(call);
    let name = input.auto_scaling_group_name.unwrap_or_default();
    let desired = given::size(
        input.desired_capacity.unwrap_or_default(),
        "desiredCapacity",
    )?;
    let key = names::group_key(&place, &name);
    let _turn = core.turns.take(&key).await;
    let honors = input.honor_cooldown == Some(true);
    transact!(core.table, &call.permit, |tx| {
        let mut group = core.standing(&mut tx, &place, &name).await?;
        let members = core.members(&place, &group.uuid).await?;
        let members: Vec<Member> = members.into_iter().map(|it| it.record).collect();
        if honors && decision::is_busy(&group, &members, core.now()) {
            return Err(faults::scaling_activity_in_progress_fault(format!(
                "Scaling activity is in progress, or the cooldown of the group {name} is not over."
            )));
        }
        if desired > group.max {
            return Err(invalid(format!(
                "New SetDesiredCapacity value {desired} is above max value {} for the AutoScalingGroup.",
                group.max
            )));
        }
        if desired < group.min {
            return Err(invalid(format!(
                "New SetDesiredCapacity value {desired} is below min value {} for the AutoScalingGroup.",
                group.min
            )));
        }
        let cause = format!(
            "a user request explicitly set group desired capacity changing the desired capacity from {} to {desired}.",
            group.desired
        );
        group.cause = Some(words_at(core.now(), &cause));
        group.desire(desired, core.now());
        tx.put(&key, &group);
    });
    Ok(())
}
