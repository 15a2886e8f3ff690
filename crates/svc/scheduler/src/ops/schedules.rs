//! GetSchedule, ListSchedules and DeleteSchedule.

use wharf_api_scheduler::{
    DeleteScheduleInput, DeleteScheduleOutput, GetScheduleInput, GetScheduleOutput,
    ListSchedulesInput, ListSchedulesOutput,
};
use wharf_records::{Record as _, escape};
use wharf_service::{Place, Stored, transact};
use wharf_wire::{Call, Fault};

use crate::{
    core::Core,
    describe, fault,
    names::{self, DEFAULT_GROUP},
    records::Schedule,
    under_key,
};

const PAGE: usize = 100;

pub async fn get_schedule(
    core: &Core,
    call: &Call,
    input: GetScheduleInput,
) -> Result<GetScheduleOutput, Fault> {
    let place = Place::of(call);
    let group = input.group_name.as_deref().unwrap_or(DEFAULT_GROUP);
    let name = input.name.unwrap_or_default();
    let found = core.schedule(&place, group, &name).await?;
    let arn = names::schedule_arn(&place, group, &name);
    let shown = under_key::shown(&*core.parts.kms, call, &arn, found).await?;
    describe::schedule(&place, shown)
}

pub async fn delete_schedule(
    core: &Core,
    call: &Call,
    input: DeleteScheduleInput,
) -> Result<DeleteScheduleOutput, Fault> {
    let place = Place::of(call);
    let group = input.group_name.as_deref().unwrap_or(DEFAULT_GROUP);
    let name = input.name.unwrap_or_default();
    let key = names::schedule_key(&place, group, &name);
    transact!(core.table, &call.permit, |tx| {
        let found = tx.find::<Schedule>(&key).await?;
        found.ok_or_else(|| fault::no_schedule(&name))?;
        tx.delete(&key);
    });
    Ok(DeleteScheduleOutput {})
}

pub async fn list_schedules(
    core: &Core,
    call: &Call,
    input: ListSchedulesInput,
) -> Result<ListSchedulesOutput, Fault> {
    let place = Place::of(call);
    let (group, start) = (input.group_name, input.name_prefix.unwrap_or_default());
    if let Some(group) = &group {
        core.group(&place, group).await?;
    }
    let chosen = (&group, &start, &input.state);
    let pages = core.pages(call, "scheduler/ListSchedules", &chosen);
    let size = input.max_results.and_then(|it| usize::try_from(it).ok());
    let page = pages.page(input.next_token.as_deref(), size.unwrap_or(PAGE))?;
    let within = match &group {
        Some(group) => escape(&names::schedule_id(group, &start)),
        None => String::new(),
    };
    let prefix = names::scope(&place).prefix(Schedule::KIND) + &within;
    let fits = |it: &Stored<Schedule>| {
        let it = &it.record;
        let state = input.state.as_deref();
        it.name.starts_with(&start)
            && state.is_none_or(|state| state == describe::state(it.enabled))
    };
    let found = core
        .table
        .page::<Schedule>(&prefix, page.after.clone(), page.size, fits)
        .await?;
    let last = found.records.last().map(|it| it.key.as_str());
    Ok(ListSchedulesOutput {
        next_token: page.next(found.more, last),
        schedules: Some(
            found
                .records
                .iter()
                .map(|it| describe::summary(&place, &it.record))
                .collect(),
        ),
    })
}
