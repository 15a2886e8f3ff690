//! One row per operation: what it does to which schedule or group, under which condition keys.

use wharf_api_scheduler::{Input, Tag, Target};
use wharf_service::{Place, tags, tags::Tags};
use wharf_wire::{Check, Context, Fault};

use crate::{
    core::Core,
    names::{self, DEFAULT_GROUP, PRINCIPAL, SERVICE},
};

pub async fn checks(core: &Core, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
    let place = Place::of(cx);
    let action = input.action();
    let schedule = |group: Option<&str>, name: Option<&str>| {
        let group = group.unwrap_or(DEFAULT_GROUP);
        let arn = names::schedule_arn(&place, group, name.unwrap_or_default());
        Check::new(action.clone(), arn)
    };
    let row = Groups {
        core,
        place: &place,
        action: &action,
    };
    let check = match input {
        Input::CreateSchedule(it) => {
            let check = schedule(it.group_name.as_deref(), it.name.as_deref());
            return Ok(passing(check, it.target.as_ref()));
        }
        Input::UpdateSchedule(it) => {
            let check = schedule(it.group_name.as_deref(), it.name.as_deref());
            return Ok(passing(check, it.target.as_ref()));
        }
        Input::GetSchedule(it) => schedule(it.group_name.as_deref(), it.name.as_deref()),
        Input::DeleteSchedule(it) => schedule(it.group_name.as_deref(), it.name.as_deref()),
        Input::CreateScheduleGroup(it) => {
            with_tags(row.named(it.name.as_deref()), it.tags.as_deref())
        }
        Input::GetScheduleGroup(it) => row.there(it.name.as_deref()).await?,
        Input::DeleteScheduleGroup(it) => {
            let group = row.there(it.name.as_deref()).await?;
            // Its schedules go with it.
            let all = schedule(it.name.as_deref(), Some("*"));
            let all = Check::new("scheduler:DeleteSchedule", all.resource);
            return Ok(vec![group, all]);
        }
        Input::TagResource(it) => {
            let check = row.at(it.resource_arn.as_deref()).await?;
            with_tags(check, it.tags.as_deref())
        }
        Input::UntagResource(it) => {
            let check = row.at(it.resource_arn.as_deref()).await?;
            tags::removed(check, it.tag_keys.as_deref())
        }
        Input::ListTagsForResource(it) => row.at(it.resource_arn.as_deref()).await?,
        Input::ListSchedules(it) => {
            schedule(Some(it.group_name.as_deref().unwrap_or("*")), Some("*"))
        }
        Input::ListScheduleGroups(_) => row.named(Some("*")),
    };
    Ok(vec![check])
}

/// The row of a schedule that calls its target with a role.
fn passing(check: Check, target: Option<&Target>) -> Vec<Check> {
    let role = target.and_then(|it| it.role_arn.as_deref());
    let passed = |role: &str| Check::pass_role(role, PRINCIPAL).associated_with(&check.resource);
    let role: Option<Check> = role.map(passed);
    [check].into_iter().chain(role).collect()
}

struct Groups<'a> {
    core: &'a Core,
    place: &'a Place,
    action: &'a str,
}

impl Groups<'_> {
    fn named(&self, name: Option<&str>) -> Check {
        let arn = names::group_arn(self.place, name.unwrap_or_default());
        Check::new(self.action, arn)
    }

    /// With its tags, if it is there.
    async fn there(&self, name: Option<&str>) -> Result<Check, Fault> {
        let check = self.named(name);
        let key = names::group_key(self.place, name.unwrap_or_default());
        let found = self.core.table.read::<crate::records::Group>(&key).await?;
        let held = found.map_or_else(Tags::new, |it| it.record.tags);
        Ok(tags::of_resource(check, Some(SERVICE), &held))
    }

    /// What an ARN names; one of elsewhere as it stands.
    async fn at(&self, arn: Option<&str>) -> Result<Check, Fault> {
        let arn = arn.unwrap_or_default();
        match names::group_of_arn(self.place, arn) {
            Ok(name) => self.there(Some(&name)).await,
            Err(_) => Ok(Check::new(self.action, arn)),
        }
    }
}

/// With the tags that a request sets.
fn with_tags(check: Check, given: Option<&[Tag]>) -> Check {
    let given = given.unwrap_or_default().iter();
    tags::requested(
        check,
        given.map(|tag| (tag.key.as_deref(), tag.value.as_deref())),
    )
}
