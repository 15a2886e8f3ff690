//! Tags: the rules of the kit in this service's words.

use wharf_api_ecs::Tag;
use wharf_records::ecs::Tags;
use wharf_service::tags::{self, Refused, Rules};
use wharf_wire::Fault;

use crate::fault;

pub const RULES: Rules<Fault> = Rules::usual(refused);

fn refused(why: Refused<'_>) -> Fault {
    fault::invalid(match why {
        Refused::Key(_) => "Tag keys must have between 1 and 128 characters.".to_owned(),
        Refused::Value(_) => "Tag values can have at most 256 characters.".to_owned(),
        Refused::Reserved(_) => {
            "System tags (keys that begin with aws:) cannot be set or removed by users.".to_owned()
        }
        Refused::Twice(key) => {
            format!("Duplicate tag keys found. Please note that Tag keys are unique. Key: {key}")
        }
        Refused::TooMany => format!("The maximum number of tags per resource is {}.", RULES.most),
    })
}

/// Checks what a caller gives.
///
/// # Errors
/// The refusal of the first tag that breaks a rule.
pub fn read(tags: Option<&Vec<Tag>>) -> Result<Tags, Fault> {
    let tags = tags.into_iter().flatten();
    RULES.given(tags.map(|it| {
        let (key, value) = (it.key.clone(), it.value.clone());
        (key.unwrap_or_default(), value.unwrap_or_default())
    }))
}

pub fn show(all: &Tags) -> Vec<Tag> {
    tags::to_wire(all, |key, value| Tag { key, value })
}
