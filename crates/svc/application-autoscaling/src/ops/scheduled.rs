//! PutScheduledAction, DescribeScheduledActions and DeleteScheduledAction.

use wharf_api_application_autoscaling::{
    DeleteScheduledActionRequest, DeleteScheduledActionResponse, DescribeScheduledActionsRequest,
    DescribeScheduledActionsResponse, PutScheduledActionRequest, PutScheduledActionResponse,
    ScalableTargetAction, ScheduledAction,
};
use wharf_base::ids;
use wharf_records::{Record as _, Unknown};
use wharf_scaling::{Bounds, Calendar};
use wharf_service::{Place, Stored, transact};
use wharf_wire::{Call, Fault};

use super::{chosen, listed, targets::capacity};
use crate::{
    core::Core,
    fault::{self, invalid},
    names::{self, DIMENSION, NAMESPACE, Resource},
    records::Scheduled,
};

/// Scheduled actions of a target, as AWS has it.
const MOST_ACTIONS: usize = 200;
const PAGE: usize = 50;

/// What is not given stays as it was, but for start and end: those are gone then.
pub async fn put_scheduled_action(
    core: &Core,
    call: &Call,
    input: PutScheduledActionRequest,
) -> Result<PutScheduledActionResponse, Fault> {
    let place = Place::of(call);
    let resource = Resource::of_request(
        input.service_namespace.as_deref(),
        input.resource_id.as_deref(),
        input.scalable_dimension.as_deref(),
    )?
    .id();
    let name = input.scheduled_action_name.clone().unwrap_or_default();
    let id = names::target_id(&place, &resource);
    let key = names::scheduled_key(&place, &id, &name);
    let _turn = core.turns.take(&names::target_key(&place, &id)).await;
    transact!(core.table, &call.permit, |tx| {
        core.standing(&mut tx, &place, &resource).await?;
        let there = tx.find::<Scheduled>(&key).await?;
        if there.is_none() {
            let all = names::prefix(&place, Scheduled::KIND, Some(&id));
            if core.table.count(&all).await? >= MOST_ACTIONS {
                let what = "scheduled actions for a scalable target";
                return Err(fault::too_many(what, MOST_ACTIONS));
            }
        }
        let made = read(core, &resource, &input, there)?;
        tx.put(&key, &made);
    });
    Ok(PutScheduledActionResponse {})
}

fn read(
    core: &Core,
    resource: &str,
    input: &PutScheduledActionRequest,
    there: Option<Scheduled>,
) -> Result<Scheduled, Fault> {
    let now = core.now();
    let schedule = input.schedule.clone();
    let schedule = schedule.or_else(|| there.as_ref().map(|it| it.schedule.clone()));
    let Some(schedule) = schedule else {
        return Err(invalid("Schedule is required for a new scheduled action"));
    };
    let mut made = there.unwrap_or_else(|| Scheduled {
        name: input.scheduled_action_name.clone().unwrap_or_default(),
        resource: resource.to_owned(),
        uuid: ids::uuid(),
        schedule: String::new(),
        zone: None,
        start: None,
        end: None,
        min: None,
        max: None,
        created_at: now,
        changed_at: now,
        done_until: now,
        unknown: Unknown::new(),
    });
    let retimed = made.schedule != schedule
        || input.timezone.is_some() && made.zone != input.timezone
        || made.start != input.start_time;
    let is_new_end = made.end != input.end_time;
    made.schedule = schedule;
    made.zone = input.timezone.clone().or(made.zone);
    (made.start, made.end) = (input.start_time, input.end_time);
    // A rate keeps its beat when only its end is another; what its old end kept it from is over in any case.
    if retimed {
        made.changed_at = now;
    }
    if retimed || is_new_end {
        made.done_until = now;
    }
    if let Some(action) = &input.scalable_target_action {
        made.min = capacity(action.min_capacity, "MinCapacity")?;
        made.max = capacity(action.max_capacity, "MaxCapacity")?;
    }
    if made.min.is_none() && made.max.is_none() {
        return Err(invalid(
            "At least one of MinCapacity and MaxCapacity must be specified in ScalableTargetAction",
        ));
    }
    if let (Some(min), Some(max)) = (made.min, made.max) {
        Bounds::new(min, max).map_err(|bad| invalid(bad.to_string()))?;
    }
    let calendar = Calendar::new(&made.schedule, made.zone.as_deref(), made.start, made.end);
    let calendar = calendar.map_err(|bad| invalid(bad.to_string()))?;
    if (retimed || is_new_end) && calendar.next(made.changed_at, made.done_until).is_none() {
        return Err(invalid("Schedule has no time in the future"));
    }
    Ok(made)
}

pub async fn describe_scheduled_actions(
    core: &Core,
    call: &Call,
    input: DescribeScheduledActionsRequest,
) -> Result<DescribeScheduledActionsResponse, Fault> {
    let place = Place::of(call);
    let target = chosen(
        &place,
        input.service_namespace.as_deref(),
        input.resource_id.as_deref(),
        input.scalable_dimension.as_deref(),
    )?;
    let names = input.scheduled_action_names.filter(|it| !it.is_empty());
    let page = core.page(
        call,
        "application-autoscaling/DescribeScheduledActions",
        &(&names, &target),
        input.next_token.as_deref(),
        (input.max_results, PAGE),
    )?;
    let fits = |it: &Stored<Scheduled>| {
        names
            .as_ref()
            .is_none_or(|names| names.contains(&it.record.name))
    };
    let (found, next_token) = listed(core, &place, target.as_deref(), &page, fits).await?;
    let shown = found.into_iter().map(|it| show(&place, it.record));
    Ok(DescribeScheduledActionsResponse {
        scheduled_actions: Some(shown.collect()),
        next_token,
    })
}

fn show(place: &Place, it: Scheduled) -> ScheduledAction {
    let arn = names::scheduled_arn(place, &it.uuid, &it.resource, &it.name);
    let count = |it: Option<u32>| it.and_then(|it| i32::try_from(it).ok());
    ScheduledAction {
        scheduled_action_name: Some(it.name),
        scheduled_action_arn: Some(arn),
        service_namespace: Some(NAMESPACE.to_owned()),
        schedule: Some(it.schedule),
        timezone: it.zone,
        resource_id: Some(it.resource),
        scalable_dimension: Some(DIMENSION.to_owned()),
        start_time: it.start,
        end_time: it.end,
        scalable_target_action: Some(ScalableTargetAction {
            min_capacity: count(it.min),
            max_capacity: count(it.max),
        }),
        creation_time: Some(it.created_at),
    }
}

pub async fn delete_scheduled_action(
    core: &Core,
    call: &Call,
    input: DeleteScheduledActionRequest,
) -> Result<DeleteScheduledActionResponse, Fault> {
    let place = Place::of(call);
    let resource = Resource::of_request(
        input.service_namespace.as_deref(),
        input.resource_id.as_deref(),
        input.scalable_dimension.as_deref(),
    )?
    .id();
    let name = input.scheduled_action_name.unwrap_or_default();
    let id = names::target_id(&place, &resource);
    let key = names::scheduled_key(&place, &id, &name);
    transact!(core.table, &call.permit, |tx| {
        let found = tx.find::<Scheduled>(&key).await?;
        found.ok_or_else(|| fault::no_action(&name, &resource))?;
        tx.delete(&key);
    });
    Ok(DeleteScheduledActionResponse {})
}
