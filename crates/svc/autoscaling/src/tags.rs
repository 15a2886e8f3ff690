//! Tags of groups: the rules of the kit in this service's words.

use std::collections::BTreeSet;

use wharf_api_autoscaling::{Tag, TagDescription};
use wharf_service::tags::{Refused, Rules, Tags};
use wharf_wire::Fault;

use crate::{fault::invalid, records::Group};

pub const RULES: Rules<Fault> = Rules::usual(refused);
pub const RESOURCE: &str = "auto-scaling-group";

fn refused(why: Refused<'_>) -> Fault {
    match why {
        Refused::Key(_) => invalid("A tag's key has 1 to 128 characters."),
        Refused::Value(key) => invalid(format!(
            "The value of the tag {key} has more than 256 characters."
        )),
        Refused::Reserved(_) => {
            invalid("Tag keys starting with 'aws:' are reserved for internal use.")
        }
        Refused::Twice(key) => invalid(format!("Duplicate tag key {key}.")),
        Refused::TooMany => invalid("An AutoScalingGroup can have at most 50 tags."),
    }
}

/// Tags of one group, and the keys of those that its instances get.
pub fn given(tags: &[Tag]) -> Result<(Tags, BTreeSet<String>), Fault> {
    let pairs = tags.iter().map(|it| {
        let value = it.value.clone().unwrap_or_default();
        (it.key.clone().unwrap_or_default(), value)
    });
    let all = RULES.given(pairs)?;
    let propagated = tags
        .iter()
        .filter(|it| it.propagate_at_launch == Some(true));
    Ok((all, propagated.filter_map(|it| it.key.clone()).collect()))
}

pub fn shown(group: &Group) -> Vec<TagDescription> {
    let tags = group.tags.iter();
    tags.map(|(key, value)| TagDescription {
        resource_id: Some(group.name.clone()),
        resource_type: Some(RESOURCE.to_owned()),
        key: Some(key.clone()),
        value: Some(value.clone()),
        propagate_at_launch: Some(group.propagated.contains(key)),
    })
    .collect()
}
