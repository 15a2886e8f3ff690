//! What each operation does to which trail.

use wharf_api_cloudtrail::Input;
use wharf_wire::{Check, Context};

use crate::{names, trails};

pub fn checks(cx: &Context, input: Input<'_>) -> Vec<Check> {
    let action = input.action();
    // A name that is none is refused by the operation; nobody needs a permission on it.
    let trail = |given: &Option<String>| {
        let name = given
            .as_deref()
            .and_then(|given| names::name_of(given, cx).ok());
        trails::arn(cx, name.as_deref().unwrap_or("*"))
    };
    let resource = match input {
        Input::CreateTrail(it) => trail(&it.name),
        Input::UpdateTrail(it) => trail(&it.name),
        Input::DeleteTrail(it) => trail(&it.name),
        Input::GetTrail(it) => trail(&it.name),
        Input::GetTrailStatus(it) => trail(&it.name),
        Input::StartLogging(it) => trail(&it.name),
        Input::StopLogging(it) => trail(&it.name),
        Input::GetEventSelectors(it) => trail(&it.trail_name),
        Input::PutEventSelectors(it) => trail(&it.trail_name),
        Input::AddTags(it) => trail(&it.resource_id),
        Input::RemoveTags(it) => trail(&it.resource_id),
        Input::DescribeTrails(_)
        | Input::ListTags(_)
        | Input::ListTrails(_)
        | Input::LookupEvents(_) => "*".to_owned(),
    };
    vec![Check::new(action, resource)]
}
