//! DescribeAutoScalingInstances, SetInstanceHealth and SetInstanceProtection.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use wharf_api_autoscaling::{
    AutoScalingInstanceDetails, AutoScalingInstancesType, DescribeAutoScalingInstancesType,
    SetInstanceHealthQuery, SetInstanceProtectionAnswer, SetInstanceProtectionQuery,
};
use wharf_records::Record as _;
use wharf_service::{Place, Stored, transact};
use wharf_wire::{Call, Fault};

use super::{
    USUAL,
    groups::{configuration, health, template},
    membership::{Chosen, chosen},
};
use crate::{
    core::Core,
    fault::{self, invalid},
    names,
    plan::BY_USER,
    records::{Group, Member},
};

/// Instances of one request.
const MOST_NAMED: usize = 50;

pub async fn describe(
    core: &Core,
    call: &Call,
    input: DescribeAutoScalingInstancesType,
) -> Result<AutoScalingInstancesType, Fault> {
    let place = Place::of(call);
    let ids: BTreeSet<String> = input.instance_ids.into_iter().flatten().collect();
    if ids.len() > MOST_NAMED {
        return Err(invalid(format!(
            "The number of instance ids must not be more than {MOST_NAMED}."
        )));
    }
    let page = core.page(
        call,
        "autoscaling/DescribeAutoScalingInstances",
        &ids,
        input.next_token.as_deref(),
        (input.max_records, USUAL, USUAL),
    )?;
    let prefix = names::scope(&place).prefix(Member::KIND);
    let fits = |it: &Stored<Member>| {
        let id = it.record.instance.as_ref();
        id.is_some_and(|id| ids.is_empty() || ids.contains(id))
    };
    let found = core
        .table
        .page::<Member>(&prefix, page.after.clone(), page.size, fits)
        .await?;
    let last = found.records.last().map(|it| it.key.as_str());
    let next_token = page.next(found.more, last);
    let mut groups = BTreeMap::new();
    for name in found.records.iter().map(|it| &it.record.group) {
        if !groups.contains_key(name) {
            let key = names::group_key(&place, name);
            let group = core.table.read::<Group>(&key).await?;
            groups.insert(name.clone(), group.map(|it| it.record));
        }
    }
    let shown = found.records.into_iter().map(|it| {
        let group = groups.get(&it.record.group).and_then(Option::as_ref);
        show(group, it.record)
    });
    Ok(AutoScalingInstancesType {
        auto_scaling_instances: Some(shown.collect()),
        next_token,
    })
}

fn show(group: Option<&Group>, member: Member) -> AutoScalingInstanceDetails {
    AutoScalingInstanceDetails {
        weighted_capacity: group.and_then(|it| it.shown_weight(&member)),
        instance_type: member.instance_type.clone(),
        auto_scaling_group_name: Some(member.group.clone()),
        availability_zone: Some(member.zone.clone()),
        lifecycle_state: Some(member.state_name()),
        health_status: Some(health(&member).to_uppercase()),
        launch_configuration_name: member.source.as_ref().and_then(configuration),
        launch_template: member.source.as_ref().and_then(template),
        image_id: member.image.clone(),
        protected_from_scale_in: Some(member.protected),
        instance_id: member.instance,
        ..AutoScalingInstanceDetails::default()
    }
}

/// Health that is said within the grace period is passed over, unless the caller wants otherwise.
pub async fn set_health(
    core: &Core,
    call: &Call,
    input: SetInstanceHealthQuery,
) -> Result<(), Fault> {
    let place = Place::of(call);
    let id = input.instance_id.unwrap_or_default();
    let healthy = match input.health_status.as_deref() {
        Some("Healthy") => true,
        Some("Unhealthy") => false,
        other => {
            return Err(invalid(format!(
                "The health status {} is not valid: it is Healthy or Unhealthy.",
                other.unwrap_or_default()
            )));
        }
    };
    let graceful = input.should_respect_grace_period != Some(false);
    let stored = core.member(&place, &id).await?;
    let group_key = names::group_key(&place, &stored.record.group);
    let _turn = core.turns.take(&group_key).await;
    let now = core.now();
    transact!(core.table, &call.permit, |tx| {
        let found = tx.find::<Member>(&stored.key).await?;
        let mut member = found.ok_or_else(|| fault::no_instance(&id))?;
        let group = core.table.read::<Group>(&group_key).await?;
        let grace = group.map_or(0, |it| it.record.grace_seconds);
        let until = member.in_service_at.unwrap_or(now) + Duration::from_secs(grace.into());
        if healthy || !graceful || now >= until {
            member.unhealthy = (!healthy).then(|| BY_USER.to_owned());
            tx.put(&stored.key, &member);
        }
    });
    core.queue.wake(group_key);
    Ok(())
}

pub async fn set_protection(
    core: &Core,
    call: &Call,
    input: SetInstanceProtectionQuery,
) -> Result<SetInstanceProtectionAnswer, Fault> {
    let place = Place::of(call);
    let name = input.auto_scaling_group_name.unwrap_or_default();
    let protected = input.protected_from_scale_in == Some(true);
    let ids = input.instance_ids.unwrap_or_default();
    let key = names::group_key(&place, &name);
    let _turn = core.turns.take(&key).await;
    transact!(core.table, &call.permit, |tx| {
        let Chosen { members, .. } = chosen(core, &mut tx, &place, &name, &ids).await?;
        for (key, mut member) in members {
            if member.state.is_terminating() {
                return Err(invalid(format!(
                    "The instance {} is not in InService or EnteringStandby or Standby or Pending.",
                    member.id()
                )));
            }
            member.protected = protected;
            tx.put(key, &member);
        }
    });
    core.queue.wake(key);
    Ok(SetInstanceProtectionAnswer {})
}
