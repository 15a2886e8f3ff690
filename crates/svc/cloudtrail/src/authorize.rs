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
            let mut checks: Vec<Check> = all.collect();
            if checks.is_empty() {
                // The operation refuses it.
                checks.push(Check::any(action));
            }
            return checks;
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

#[cfg(test)]
mod tests {
    use wharf_api_cloudtrail::types::ListTagsRequest;
    use wharf_wire::Timestamp;

    use super::*;

    #[test]
    fn whoever_names_no_trail_is_judged_too() {
        let now = Timestamp::from_millis(0);
        let cx = Context::internal("000000000000", "us-east-1", "test", now);
        for resource_id_list in [None, Some(Vec::new())] {
            let input = ListTagsRequest {
                resource_id_list,
                ..ListTagsRequest::default()
            };
            let found = checks(&cx, Input::ListTags(&input));
            assert_eq!(found.len(), 1);
            assert_eq!(found[0].resource, "*");
        }
    }
}
