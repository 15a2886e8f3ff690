//! Scheduled actions: PutScheduledUpdateGroupAction, DescribeScheduledActions, DeleteScheduledAction, and both batches.

use std::collections::BTreeSet;

use wharf_api_autoscaling::{
    BatchDeleteScheduledActionAnswer, BatchDeleteScheduledActionType,
    BatchPutScheduledUpdateGroupActionAnswer, BatchPutScheduledUpdateGroupActionType,
    DeleteScheduledActionType, DescribeScheduledActionsType,
    FailedScheduledUpdateGroupActionRequest, PutScheduledUpdateGroupActionType,
    ScheduledActionsType, ScheduledUpdateGroupAction, ScheduledUpdateGroupActionRequest, faults,
};
use wharf_base::{Timestamp, ids};
use wharf_records::{Record as _, Unknown, escape};
use wharf_service::{Place, Stored, transact};
use wharf_wire::{Call, Fault};

use super::{MOST, USUAL, given::size};
use crate::{
    core::Core,
    fault::invalid,
    names,
    records::{Group, Scheduled},
};

/// Scheduled actions of a group, as AWS has it.
const MOST_ACTIONS: usize = 125;
/// Those of one batch.
const AT_ONCE: usize = 50;

fn no_action(name: &str) -> Fault {
    invalid(format!("Scheduled action name not found: {name}"))
}

pub async fn put(
    core: &Core,
    call: &Call,
    input: PutScheduledUpdateGroupActionType,
) -> Result<(), Fault> {
    let start = match (input.start_time, input.time) {
        (Some(start), Some(time)) if start != time => {
            return Err(invalid(
                "Time and StartTime must be the same if both are given.",
            ));
        }
        // The older name of the same.
        (start, time) => start.or(time),
    };
    let request = ScheduledUpdateGroupActionRequest {
        scheduled_action_name: input.scheduled_action_name,
        start_time: start,
        end_time: input.end_time,
        recurrence: input.recurrence,
        min_size: input.min_size,
        max_size: input.max_size,
        desired_capacity: input.desired_capacity,
        time_zone: input.time_zone,
    };
    put_one(
        core,
        call,
        &input.auto_scaling_group_name.unwrap_or_default(),
        request,
    )
    .await
}

async fn put_one(
    core: &Core,
    call: &Call,
    group: &str,
    request: ScheduledUpdateGroupActionRequest,
) -> Result<(), Fault> {
    let place = Place::of(call);
    let made = read(core.now(), group, request)?;
    let group_key = names::group_key(&place, group);
    let _turn = core.turns.take(&group_key).await;
    transact!(core.table, &call.permit, |tx| {
        let group = core.standing(&mut tx, &place, group).await?;
        let key = names::scheduled_key(&place, &group.uuid, &made.name);
        let there = tx.find::<Scheduled>(&key).await?;
        if there.is_none() && core.scheduled(&place, &group.uuid).await?.len() >= MOST_ACTIONS {
            return Err(faults::limit_exceeded_fault(format!(
                "A group can have at most {MOST_ACTIONS} scheduled actions."
            )));
        }
        let uuid = there.map_or_else(|| made.uuid.clone(), |it| it.uuid);
        let made = Scheduled {
            uuid,
            ..made.clone()
        };
        tx.put(&key, &made);
    });
    core.queue.wake(group_key);
    Ok(())
}

fn read(
    now: Timestamp,
    group: &str,
    request: ScheduledUpdateGroupActionRequest,
) -> Result<Scheduled, Fault> {
    let count = |it: Option<i32>, name: &str| it.map(|it| size(it, name)).transpose();
    let made = Scheduled {
        name: request.scheduled_action_name.unwrap_or_default(),
        group: group.to_owned(),
        uuid: ids::uuid(),
        recurrence: request.recurrence.filter(|it| !it.trim().is_empty()),
        zone: request.time_zone,
        start: request.start_time,
        end: request.end_time,
        min: count(request.min_size, "minSize")?,
        max: count(request.max_size, "maxSize")?,
        desired: count(request.desired_capacity, "desiredCapacity")?,
        created_at: now,
        done_until: now,
        unknown: Unknown::new(),
    };
    if made.min.is_none() && made.max.is_none() && made.desired.is_none() {
        return Err(invalid(
            "At least one of MinSize, MaxSize and DesiredCapacity must be given.",
        ));
    }
    let (least, most) = (made.min.unwrap_or(0), made.max.unwrap_or(u32::MAX));
    if least > most {
        return Err(invalid(format!(
            "Max bound, {most}, must be greater than or equal to min bound, {least}"
        )));
    }
    if let Some(desired) = made.desired.filter(|it| !(least..=most).contains(it)) {
        return Err(invalid(format!(
            "Desired capacity:{desired} must be between the specified min size and max size"
        )));
    }
    if made.start.is_some_and(|it| it <= now) {
        return Err(invalid("Given start time is in the past"));
    }
    let calendar = wharf_scaling::Calendar::of_group(
        made.recurrence.as_deref(),
        made.zone.as_deref(),
        made.start,
        made.end,
    );
    let calendar = calendar.map_err(|bad| match bad {
        wharf_scaling::BadCalendar::Expression => {
            invalid("Given recurrence string: is invalid. It has the five fields of cron.")
        }
        bad => invalid(bad.to_string()),
    })?;
    match calendar.next(now, now) {
        Some(_) => Ok(made),
        None => Err(invalid("The scheduled action has no time in the future.")),
    }
}

/// Those that are refused are in the answer; the others are put.
pub async fn batch_put(
    core: &Core,
    call: &Call,
    input: BatchPutScheduledUpdateGroupActionType,
) -> Result<BatchPutScheduledUpdateGroupActionAnswer, Fault> {
    let group = input.auto_scaling_group_name.unwrap_or_default();
    let requests = input.scheduled_update_group_actions.unwrap_or_default();
    at_once(requests.len())?;
    core.group(&Place::of(call), &group).await?;
    let mut failed = Vec::new();
    for request in requests {
        let name = request.scheduled_action_name.clone();
        if let Err(fault) = put_one(core, call, &group, request).await {
            failed.push(refused(name, fault)?);
        }
    }
    Ok(BatchPutScheduledUpdateGroupActionAnswer {
        failed_scheduled_update_group_actions: Some(failed),
    })
}

fn at_once(count: usize) -> Result<(), Fault> {
    match count <= AT_ONCE {
        true => Ok(()),
        false => Err(invalid(format!(
            "At most {AT_ONCE} scheduled actions can be given at once."
        ))),
    }
}

/// # Errors
/// It is our fault.
fn refused(
    name: Option<String>,
    fault: Fault,
) -> Result<FailedScheduledUpdateGroupActionRequest, Fault> {
    match fault.status {
        500.. => Err(fault),
        _ => Ok(FailedScheduledUpdateGroupActionRequest {
            scheduled_action_name: name,
            error_code: Some(fault.code.to_string()),
            error_message: Some(fault.message.clone()),
        }),
    }
}

pub async fn describe(
    core: &Core,
    call: &Call,
    input: DescribeScheduledActionsType,
) -> Result<ScheduledActionsType, Fault> {
    let place = Place::of(call);
    let wanted: BTreeSet<String> = input.scheduled_action_names.into_iter().flatten().collect();
    let group = input.auto_scaling_group_name;
    let times = (input.start_time, input.end_time);
    let page = core.page(
        call,
        "autoscaling/DescribeScheduledActions",
        &(&group, &wanted, &times),
        input.next_token.as_deref(),
        (input.max_records, USUAL, MOST),
    )?;
    let below = match group.as_deref() {
        None => String::new(),
        Some(name) => names::below(&core.group(&place, name).await?.uuid, ""),
    };
    let prefix = names::scope(&place).prefix(Scheduled::KIND) + &escape(&below);
    let fits = |it: &Stored<Scheduled>| {
        let of = &it.record;
        let arn = || names::scheduled_arn(&place, &of.uuid, &of.group, &of.name);
        match wanted.is_empty() {
            // Times select among all alone.
            true => of.next().is_some_and(|at| {
                times.0.is_none_or(|it| at >= it) && times.1.is_none_or(|it| at <= it)
            }),
            false => wanted.contains(&of.name) || wanted.contains(&arn()),
        }
    };
    let found = core
        .table
        .page::<Scheduled>(&prefix, page.after.clone(), page.size, fits)
        .await?;
    let last = found.records.last().map(|it| it.key.as_str());
    let next_token = page.next(found.more, last);
    let shown = found.records.into_iter().map(|it| show(&place, it.record));
    Ok(ScheduledActionsType {
        scheduled_update_group_actions: Some(shown.collect()),
        next_token,
    })
}

/// AWS shows when it comes next as its start.
fn show(place: &Place, it: Scheduled) -> ScheduledUpdateGroupAction {
    let count = |it: Option<u32>| it.and_then(|it| i32::try_from(it).ok());
    let next = it.next().or(it.start);
    ScheduledUpdateGroupAction {
        scheduled_action_arn: Some(names::scheduled_arn(place, &it.uuid, &it.group, &it.name)),
        time: next,
        start_time: next,
        end_time: it.end,
        min_size: count(it.min),
        max_size: count(it.max),
        desired_capacity: count(it.desired),
        recurrence: it.recurrence,
        time_zone: it.zone,
        auto_scaling_group_name: Some(it.group),
        scheduled_action_name: Some(it.name),
    }
}

pub async fn delete(
    core: &Core,
    call: &Call,
    input: DeleteScheduledActionType,
) -> Result<(), Fault> {
    let group = input.auto_scaling_group_name.unwrap_or_default();
    let name = input.scheduled_action_name.unwrap_or_default();
    delete_one(core, call, &group, &name).await
}

async fn delete_one(core: &Core, call: &Call, group: &str, name: &str) -> Result<(), Fault> {
    let place = Place::of(call);
    let _turn = core.turns.take(&names::group_key(&place, group)).await;
    transact!(core.table, &call.permit, |tx| {
        let found = tx.find::<Group>(&names::group_key(&place, group)).await?;
        let group = found.ok_or_else(|| crate::fault::no_group(group))?;
        let key = names::scheduled_key(&place, &group.uuid, name);
        let found = tx.find::<Scheduled>(&key).await?;
        found.ok_or_else(|| no_action(name))?;
        tx.delete(&key);
    });
    Ok(())
}

/// Those that are not there are in the answer; the others go.
pub async fn batch_delete(
    core: &Core,
    call: &Call,
    input: BatchDeleteScheduledActionType,
) -> Result<BatchDeleteScheduledActionAnswer, Fault> {
    let group = input.auto_scaling_group_name.unwrap_or_default();
    let given = input.scheduled_action_names.unwrap_or_default();
    at_once(given.len())?;
    core.group(&Place::of(call), &group).await?;
    let mut failed = Vec::new();
    for name in given {
        if let Err(fault) = delete_one(core, call, &group, &name).await {
            failed.push(refused(Some(name), fault)?);
        }
    }
    Ok(BatchDeleteScheduledActionAnswer {
        failed_scheduled_actions: Some(failed),
    })
}
