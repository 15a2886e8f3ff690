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
    let row = Groups {
        core,
        place: &place,
        action: &action,
    };
    let check = match input {
        Input::CreateSchedule(it) => {
            let check = row.schedule(it.group_name.as_deref(), it.name.as_deref());
            return Ok(passing(check.await?, it.target.as_ref()));
        }
        Input::UpdateSchedule(it) => {
            let check = row.schedule(it.group_name.as_deref(), it.name.as_deref());
            return Ok(passing(check.await?, it.target.as_ref()));
        }
        Input::GetSchedule(it) => {
            let (group, name) = (it.group_name.as_deref(), it.name.as_deref());
            row.schedule(group, name).await?
        }
        Input::DeleteSchedule(it) => {
            let (group, name) = (it.group_name.as_deref(), it.name.as_deref());
            row.schedule(group, name).await?
        }
        Input::CreateScheduleGroup(it) => {
            with_tags(row.named(it.name.as_deref()), it.tags.as_deref())
        }
        Input::GetScheduleGroup(it) => row.there(it.name.as_deref()).await?,
        Input::DeleteScheduleGroup(it) => {
            let group = row.there(it.name.as_deref()).await?;
            // Its schedules go with it.
            let all = row.schedule(it.name.as_deref(), Some("*")).await?;
            let action = "scheduler:DeleteSchedule".to_owned();
            return Ok(vec![group, Check { action, ..all }]);
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
            let group = it.group_name.as_deref().unwrap_or("*");
            Check::new(&action, names::schedule_arn(&place, group, "*"))
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
        let held = self.tags(name.unwrap_or_default()).await?;
        Ok(tags::of_resource(self.named(name), Some(SERVICE), &held))
    }

    /// A schedule. It has no tags of its own; policies see those of its group.
    async fn schedule(&self, group: Option<&str>, name: Option<&str>) -> Result<Check, Fault> {
        let group = group.unwrap_or(DEFAULT_GROUP);
        let arn = names::schedule_arn(self.place, group, name.unwrap_or_default());
        let held = self.tags(group).await?;
        let check = Check::new(self.action, arn);
        Ok(tags::of_resource(check, Some(SERVICE), &held))
    }

    async fn tags(&self, group: &str) -> Result<Tags, Fault> {
        let key = names::group_key(self.place, group);
        let found = self.core.table.read::<crate::records::Group>(&key).await?;
        Ok(found.map_or_else(Tags::new, |it| it.record.tags))
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
