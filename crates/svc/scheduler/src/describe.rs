//! Records as the API shows them.

use wharf_api_scheduler::{
    FlexibleTimeWindow, GetScheduleGroupOutput, GetScheduleOutput, ScheduleGroupSummary,
    ScheduleSummary, TargetSummary,
};
use wharf_service::Place;
use wharf_wire::Fault;

use crate::{
    fault, names,
    records::{Group, Schedule},
    target,
};

pub fn state(enabled: bool) -> String {
    let state = if enabled { "ENABLED" } else { "DISABLED" };
    state.to_owned()
}

/// # Errors
/// The stored target is none.
pub fn schedule(place: &Place, it: Schedule) -> Result<GetScheduleOutput, Fault> {
    let target = target::read(&it.target).map_err(|error| fault::unreadable(&error))?;
    let window = it.when.window_minutes;
    let after = if it.delete_after { "DELETE" } else { "NONE" };
    Ok(GetScheduleOutput {
        arn: Some(names::schedule_arn(place, &it.group, &it.name)),
        group_name: Some(it.group),
        name: Some(it.name),
        schedule_expression: Some(it.when.expression),
        schedule_expression_timezone: Some(it.when.zone),
        start_date: it.when.start,
        end_date: it.when.end,
        description: it.description,
        state: Some(state(it.enabled)),
        creation_date: Some(it.created_at),
        last_modification_date: Some(it.changed_at),
        target: Some(target),
        flexible_time_window: Some(FlexibleTimeWindow {
            mode: Some(if window == 0 { "OFF" } else { "FLEXIBLE" }.to_owned()),
            maximum_window_in_minutes: (window > 0).then(|| i32::try_from(window).ok()).flatten(),
        }),
        action_after_completion: Some(after.to_owned()),
        kms_key_arn: it.kms_key,
    })
}

pub fn summary(place: &Place, it: &Schedule) -> ScheduleSummary {
    let target = it.target.get("Arn").and_then(|it| it.as_str());
    ScheduleSummary {
        arn: Some(names::schedule_arn(place, &it.group, &it.name)),
        name: Some(it.name.clone()),
        group_name: Some(it.group.clone()),
        state: Some(state(it.enabled)),
        creation_date: Some(it.created_at),
        last_modification_date: Some(it.changed_at),
        target: Some(TargetSummary {
            arn: target.map(str::to_owned),
        }),
    }
}

/// The default group has no dates before it has a record.
pub fn group(place: &Place, name: &str, it: Option<&Group>) -> GetScheduleGroupOutput {
    let deleting = it.is_some_and(|it| it.deleting);
    GetScheduleGroupOutput {
        arn: Some(names::group_arn(place, name)),
        name: Some(name.to_owned()),
        state: Some(if deleting { "DELETING" } else { "ACTIVE" }.to_owned()),
        creation_date: it.map(|it| it.created_at),
        last_modification_date: it.map(|it| it.changed_at),
    }
}

pub fn group_summary(place: &Place, name: &str, it: Option<&Group>) -> ScheduleGroupSummary {
    let shown = group(place, name, it);
    ScheduleGroupSummary {
        arn: shown.arn,
        name: shown.name,
        state: shown.state,
        creation_date: shown.creation_date,
        last_modification_date: shown.last_modification_date,
    }
}
