//! Tags of secrets. Pure.

use wharf_api_secretsmanager::Tag;
use wharf_records::ecs::Tags;
use wharf_wire::Fault;

use crate::fault;

/// As in AWS.
const MAX_TAGS: usize = 50;

/// Adds the tags given to those there are.
///
/// # Errors
/// A reserved key, a key given twice, too many.
pub fn add(to: &mut Tags, given: &[Tag]) -> Result<(), Fault> {
    let mut seen = std::collections::BTreeSet::new();
    for tag in given {
        let key = tag.key.clone().unwrap_or_default();
        if key.is_empty() {
            return Err(fault::parameter("A tag must have a key."));
        }
        if key.to_ascii_lowercase().starts_with("aws:") {
            return Err(fault::request(
                "Tag keys that start with \"aws:\" are reserved for AWS use.",
            ));
        }
        if !seen.insert(key.clone()) {
            return Err(fault::request(format!(
                "The tag key {key} was specified more than once."
            )));
        }
        to.insert(key, tag.value.clone().unwrap_or_default());
    }
    match to.len() <= MAX_TAGS {
        true => Ok(()),
        false => Err(fault::request(format!(
            "A secret can have at most {MAX_TAGS} tags."
        ))),
    }
}

pub fn to_wire(tags: &Tags) -> Vec<Tag> {
    let tag = |(key, value): (&String, &String)| Tag {
        key: Some(key.clone()),
        value: Some(value.clone()),
    };
    tags.iter().map(tag).collect()
}
