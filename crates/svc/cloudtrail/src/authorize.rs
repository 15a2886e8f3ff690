//! What each operation does to which trail.

use wharf_api_cloudtrail::{Input, types::Tag};
use wharf_service::tags;
use wharf_wire::{Check, Context};

use crate::{destinations::PRINCIPAL, names, trails};

pub fn checks(cx: &Context, input: Input<'_>) -> Vec<Check> {
    let action = input.action();
    // A name that is none is refused by the operation; nobody needs a permission on it.
    let trail = |given: &Option<String>| {
        let name = given
            .as_deref()
            .and_then(|given| names::name_of(given, cx).ok());
        trails::arn(cx, name.as_deref().unwrap_or("*"))
    };
    let tagging = |check: Check, given: &Option<Vec<Tag>>| {
        let given = given.iter().flatten();
        tags::requested(
            check,
            given.map(|it| (it.key.as_deref(), it.value.as_deref())),
        )
    };
    let passing = |role: &Option<String>| {
        let role = role.as_ref().filter(|it| !it.is_empty())?;
        Some(Check::pass_role(role, PRINCIPAL))
    };
    let resource = match input {
        Input::CreateTrail(it) => {
            let arn = trail(&it.name);
            let mut checks = vec![tagging(Check::new(action, arn.clone()), &it.tags_list)];
            if it.tags_list.as_ref().is_some_and(|it| !it.is_empty()) {
                let add = Check::new("cloudtrail:AddTags".to_owned(), arn);
                checks.push(tagging(add, &it.tags_list));
            }
            checks.extend(passing(&it.cloud_watch_logs_role_arn));
            return checks;
        }
        Input::AddTags(it) => {
            return vec![tagging(
                Check::new(action, trail(&it.resource_id)),
                &it.tags_list,
            )];
        }
        Input::RemoveTags(it) => {
            let check = Check::new(action, trail(&it.resource_id));
            let gone = it.tags_list.iter().flatten();
            let keys: Vec<String> = gone.filter_map(|it| it.key.clone()).collect();
            return vec![tags::removed(check, Some(&keys))];
        }
        Input::ListTags(it) => {
            let arns = it.resource_id_list.iter().flatten();
            let all = arns.map(|arn| Check::new(action.clone(), trail(&Some(arn.clone()))));
            return all.collect();
        }
        Input::UpdateTrail(it) => {
            let mut checks = vec![Check::new(action, trail(&it.name))];
            checks.extend(passing(&it.cloud_watch_logs_role_arn));
            return checks;
        }
        Input::DeleteTrail(it) => trail(&it.name),
        Input::GetTrail(it) => trail(&it.name),
        Input::GetTrailStatus(it) => trail(&it.name),
        Input::StartLogging(it) => trail(&it.name),
        Input::StopLogging(it) => trail(&it.name),
        Input::GetEventSelectors(it) => trail(&it.trail_name),
        Input::PutEventSelectors(it) => trail(&it.trail_name),
        Input::DescribeTrails(_) | Input::ListTrails(_) | Input::LookupEvents(_) => "*".to_owned(),
    };
    vec![Check::new(action, resource)]
}
