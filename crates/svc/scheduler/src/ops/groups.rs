//! CreateScheduleGroup, GetScheduleGroup, ListScheduleGroups and DeleteScheduleGroup.

use wharf_api_scheduler::{
    CreateScheduleGroupInput, CreateScheduleGroupOutput, DeleteScheduleGroupInput,
    DeleteScheduleGroupOutput, GetScheduleGroupInput, GetScheduleGroupOutput,
    ListScheduleGroupsInput, ListScheduleGroupsOutput,
};
use wharf_service::{Place, transact};
use wharf_wire::{Call, Fault};

use super::put::repeats;
use crate::{
    core::{Core, digest},
    describe, fault,
    names::{self, DEFAULT_GROUP},
    records::{Group, Token},
    tags,
};

const PAGE: usize = 100;
/// What an account may have in a region, as AWS has it.
const MOST_GROUPS: usize = 500;

pub async fn create_schedule_group(
    core: &Core,
    call: &Call,
    input: CreateScheduleGroupInput,
) -> Result<CreateScheduleGroupOutput, Fault> {
    let place = Place::of(call);
    let token = input.client_token.clone().map(|token| Token {
        token,
        digest: digest("CreateScheduleGroup", &input),
    });
    let name = input.name.unwrap_or_default();
    if name == DEFAULT_GROUP {
        return Err(fault::group_exists(&name));
    }
    let now = core.now();
    let made = Group {
        tags: tags::given(input.tags)?,
        deleting: false,
        created_at: now,
        changed_at: now,
        token,
        unknown: Default::default(),
    };
    let all = names::scope(&place).prefix(<Group as wharf_records::Record>::KIND);
    if core.table.count(&all).await? >= MOST_GROUPS {
        return Err(fault::too_many("schedule groups", MOST_GROUPS));
    }
    let key = names::group_key(&place, &name);
    transact!(core.table, &call.permit, |tx| {
        match tx.find::<Group>(&key).await? {
            None => tx.put(&key, &made),
            Some(there) => repeats(&there.token, &made.token, || fault::group_exists(&name))?,
        }
    });
    Ok(CreateScheduleGroupOutput {
        schedule_group_arn: Some(names::group_arn(&place, &name)),
    })
}

pub async fn get_schedule_group(
    core: &Core,
    call: &Call,
    input: GetScheduleGroupInput,
) -> Result<GetScheduleGroupOutput, Fault> {
    let place = Place::of(call);
    let name = input.name.unwrap_or_default();
    let group = core.group(&place, &name).await?;
    Ok(describe::group(&place, &name, group.as_ref()))
}

/// Its schedules go with it, and then the group itself.
pub async fn delete_schedule_group(
    core: &Core,
    call: &Call,
    input: DeleteScheduleGroupInput,
) -> Result<DeleteScheduleGroupOutput, Fault> {
    let place = Place::of(call);
    let name = input.name.unwrap_or_default();
    if name == DEFAULT_GROUP {
        return Err(fault::invalid(
            "The default schedule group cannot be deleted.",
        ));
    }
    let key = names::group_key(&place, &name);
    transact!(core.table, &call.permit, |tx| {
        let found = tx.find::<Group>(&key).await?;
        let mut group = found.ok_or_else(|| fault::no_group(&name))?;
        if !group.deleting {
            group.deleting = true;
            group.changed_at = core.now();
            tx.put(&key, &group);
        }
    });
    Ok(DeleteScheduleGroupOutput {})
}

pub async fn list_schedule_groups(
    core: &Core,
    call: &Call,
    input: ListScheduleGroupsInput,
) -> Result<ListScheduleGroupsOutput, Fault> {
    let place = Place::of(call);
    let start = input.name_prefix.unwrap_or_default();
    let pages = core.pages(call, "scheduler/ListScheduleGroups", &start);
    let size = input.max_results.and_then(|it| usize::try_from(it).ok());
    let page = pages.page(input.next_token.as_deref(), size.unwrap_or(PAGE))?;
    let found = core
        .table
        .all::<Group>(&names::scope(&place), &start)
        .await?;
    let mut groups: Vec<(String, Option<Group>)> = found
        .into_iter()
        .map(|(name, stored)| (name, Some(stored.record)))
        .collect();
    if DEFAULT_GROUP.starts_with(&start) && !groups.iter().any(|(name, _)| name == DEFAULT_GROUP) {
        groups.push((DEFAULT_GROUP.to_owned(), None));
    }
    groups.sort_by(|one, other| one.0.cmp(&other.0));
    let (groups, next_token) = page.cut(groups, |(name, _)| name);
    let summary = |(name, group): &(String, Option<Group>)| {
        describe::group_summary(&place, name, group.as_ref())
    };
    Ok(ListScheduleGroupsOutput {
        next_token,
        schedule_groups: Some(groups.iter().map(summary).collect()),
    })
}
