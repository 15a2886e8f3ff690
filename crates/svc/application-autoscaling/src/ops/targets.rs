//! RegisterScalableTarget, DescribeScalableTargets and DeregisterScalableTarget.

use std::collections::BTreeMap;

use wharf_api_application_autoscaling::{
    DeregisterScalableTargetRequest, DeregisterScalableTargetResponse,
    DescribeScalableTargetsRequest, DescribeScalableTargetsResponse, RegisterScalableTargetRequest,
    RegisterScalableTargetResponse, ScalableTarget, SuspendedState,
};
use wharf_records::{Record as _, Unknown};
use wharf_scaling::Bounds;
use wharf_service::{Place, Stored, transact};
use wharf_wire::{Call, Fault};

use super::listed;
use crate::{
    core::Core,
    fault::{self, invalid},
    names::{self, DIMENSION, NAMESPACE, Resource},
    neighbours::{Neighbours, Seen},
    predicting,
    records::{Suspension, Target},
    tags,
    takedown::{self, Left, Right},
};

/// Targets of an account in a region, as AWS has it for services of ECS.
const MOST_TARGETS: usize = 3000;
const PAGE: usize = 50;

pub async fn register_scalable_target(
    core: &Core,
    call: &Call,
    input: RegisterScalableTargetRequest,
) -> Result<RegisterScalableTargetResponse, Fault> {
    let place = Place::of(call);
    let resource = Resource::of_request(
        input.service_namespace.as_deref(),
        input.resource_id.as_deref(),
        input.scalable_dimension.as_deref(),
    )?;
    let min = capacity(input.min_capacity, "MinCapacity")?;
    let max = capacity(input.max_capacity, "MaxCapacity")?;
    let given = tags::RULES.given(input.tags.unwrap_or_default())?;
    let name = resource.id();
    let id = names::target_id(&place, &name);
    let key = names::target_key(&place, &id);
    let _turn = core.turns.take(&key).await;
    match Neighbours::of(core, &place, &id).see(&resource).await {
        Ok(Seen::Active { daemon: false, .. }) => {}
        // Its tasks are counted by its instances.
        Ok(Seen::Active { daemon: true, .. }) => {
            return Err(invalid(format!(
                "ECS services that use the DAEMON scheduling strategy don't support service auto scaling: {name}"
            )));
        }
        Ok(Seen::Draining | Seen::Gone) => {
            return Err(invalid(format!("ECS service doesn't exist: {name}")));
        }
        Err(fault) => {
            return Err(fault::of_neighbour(
                "The service cannot be described",
                fault,
            ));
        }
    }
    transact!(core.table, &call.permit, |tx| {
        match tx.find::<Target>(&key).await? {
            Some(there) if there.deleting => return Err(fault::busy()),
            Some(there) => {
                if !given.is_empty() {
                    return Err(invalid(
                        "Tags can only be specified when a scalable target is registered for the first time; use TagResource",
                    ));
                }
                let bounds = there.bounds().with(min, max);
                let bounds = bounds.map_err(|bad| invalid(bad.to_string()))?;
                let mut target = there.clone();
                (target.min, target.max) = (bounds.min(), bounds.max());
                if min.is_some() || max.is_some() {
                    target.range_changed = true;
                    target.refused = None;
                }
                suspend(&mut target.suspended, input.suspended_state.as_ref());
                if there.suspended.scheduled && !target.suspended.scheduled {
                    target.resumed_at = Some(core.now());
                }
                if target != there {
                    tx.put(&key, &target);
                }
            }
            None => {
                let (Some(min), Some(max)) = (min, max) else {
                    return Err(invalid(
                        "MinCapacity and MaxCapacity are required to register a new scalable target",
                    ));
                };
                let bounds = Bounds::new(min, max).map_err(|bad| invalid(bad.to_string()))?;
                let all = names::scope(&place).prefix(Target::KIND);
                if core.table.count(&all).await? >= MOST_TARGETS {
                    return Err(fault::too_many("scalable targets", MOST_TARGETS));
                }
                let mut suspended = Suspension::default();
                suspend(&mut suspended, input.suspended_state.as_ref());
                let target = Target {
                    resource: name.clone(),
                    min: bounds.min(),
                    max: bounds.max(),
                    suspended,
                    resumed_at: None,
                    created_at: core.now(),
                    tags: given.clone(),
                    deleting: false,
                    range_changed: true,
                    scaled_out: None,
                    scaled_in: None,
                    moving: None,
                    heeded: BTreeMap::new(),
                    unscaled: None,
                    refused: None,
                    unknown: Unknown::new(),
                };
                tx.put(&key, &target);
            }
        }
    });
    Ok(RegisterScalableTargetResponse {
        scalable_target_arn: Some(names::target_arn(&place, &id)),
    })
}

/// # Errors
/// It is less than nothing.
pub fn capacity(given: Option<i32>, name: &str) -> Result<Option<u32>, Fault> {
    let read = |it| {
        u32::try_from(it).map_err(|_| invalid(format!("{name} must be greater than or equal to 0")))
    };
    given.map(read).transpose()
}

/// What is not given stays.
fn suspend(held: &mut Suspension, given: Option<&SuspendedState>) {
    let Some(given) = given else {
        return;
    };
    let set = |held: &mut bool, given: Option<bool>| *held = given.unwrap_or(*held);
    set(&mut held.scale_in, given.dynamic_scaling_in_suspended);
    set(&mut held.scale_out, given.dynamic_scaling_out_suspended);
    set(&mut held.scheduled, given.scheduled_scaling_suspended);
}

pub async fn describe_scalable_targets(
    core: &Core,
    call: &Call,
    input: DescribeScalableTargetsRequest,
) -> Result<DescribeScalableTargetsResponse, Fault> {
    let place = Place::of(call);
    names::known(
        input.service_namespace.as_deref(),
        input.scalable_dimension.as_deref(),
    )?;
    let wanted = input.resource_ids.filter(|it| !it.is_empty());
    if wanted.is_none() && input.scalable_dimension.is_some() {
        return Err(invalid(
            "If you specify a scalable dimension, you must also specify a resource ID.",
        ));
    }
    let page = core.page(
        call,
        "application-autoscaling/DescribeScalableTargets",
        &wanted,
        input.next_token.as_deref(),
        (input.max_results, PAGE),
    )?;
    let fits = |it: &Stored<Target>| {
        let of = &it.record;
        !of.deleting && wanted.as_ref().is_none_or(|it| it.contains(&of.resource))
    };
    let (found, next_token) = listed(core, &place, None, &page, fits).await?;
    let mut shown = Vec::with_capacity(found.len());
    for it in found {
        shown.push(show(core, &place, it.record).await?);
    }
    Ok(DescribeScalableTargetsResponse {
        scalable_targets: Some(shown),
        next_token,
    })
}

async fn show(core: &Core, place: &Place, target: Target) -> Result<ScalableTarget, Fault> {
    let id = names::target_id(place, &target.resource);
    let policies = core.policies(place, &id).await?;
    let forecasters = predicting::forecasters(core, place, &id, &policies).await?;
    let foreseen = predicting::foreseen(&forecasters, &target, core.now());
    Ok(ScalableTarget {
        service_namespace: Some(NAMESPACE.to_owned()),
        scalable_dimension: Some(DIMENSION.to_owned()),
        min_capacity: i32::try_from(target.min).ok(),
        max_capacity: i32::try_from(target.max).ok(),
        predicted_capacity: foreseen.and_then(|it| i32::try_from(it.forecast).ok()),
        role_arn: Some(names::role_arn(place)),
        creation_time: Some(target.created_at),
        suspended_state: Some(SuspendedState {
            dynamic_scaling_in_suspended: Some(target.suspended.scale_in),
            dynamic_scaling_out_suspended: Some(target.suspended.scale_out),
            scheduled_scaling_suspended: Some(target.suspended.scheduled),
        }),
        scalable_target_arn: Some(names::target_arn(place, &id)),
        resource_id: Some(target.resource),
    })
}

/// Its policies, their alarms and its scheduled actions go with it.
pub async fn deregister_scalable_target(
    core: &Core,
    call: &Call,
    input: DeregisterScalableTargetRequest,
) -> Result<DeregisterScalableTargetResponse, Fault> {
    let place = Place::of(call);
    let resource = Resource::of_request(
        input.service_namespace.as_deref(),
        input.resource_id.as_deref(),
        input.scalable_dimension.as_deref(),
    )?;
    let name = resource.id();
    let id = names::target_id(&place, &name);
    let key = names::target_key(&place, &id);
    let _turn = core.turns.take(&key).await;
    transact!(core.table, &call.permit, |tx| {
        let found = tx.find::<Target>(&key).await?;
        let found = found.filter(|it| !it.deleting);
        let mut target = found.ok_or_else(|| fault::no_target(&name))?;
        target.deleting = true;
        tx.put(&key, &target);
    });
    // From here on the loop would finish it, too.
    if let Some(stored) = core.table.read::<Target>(&key).await? {
        let right = Right {
            permit: &call.permit,
            fence: None,
        };
        let gone = takedown::target(core, &place, &id, &stored, &right).await;
        gone.map_err(fault_of)?;
    }
    Ok(DeregisterScalableTargetResponse {})
}

/// Why something is not gone yet, as callers read it.
pub fn fault_of(left: Left) -> Fault {
    match left {
        Left::Change(error) => error.into(),
        Left::Alarm(fault) => fault::of_neighbour("An alarm cannot be deleted", fault),
    }
}
