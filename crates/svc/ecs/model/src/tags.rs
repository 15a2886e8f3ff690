//! Tags: at most 50, keys of 1–128 characters, values up to 256, `aws:` reserved, keys unique.

use wharf_api_ecs::Tag;
use wharf_records::ecs::Tags;
use wharf_wire::Fault;

use crate::fault;

/// Most tags on one resource.
pub const MAX_TAGS: usize = 50;

/// Checks what a caller gives.
pub fn read(tags: Option<&Vec<Tag>>) -> Result<Tags, Fault> {
    let mut read = Tags::new();
    for tag in tags.into_iter().flatten() {
        let key = tag.key.clone().unwrap_or_default();
        let value = tag.value.clone().unwrap_or_default();
        if !(1..=128).contains(&key.chars().count()) {
            return Err(fault::invalid(
                "Tag keys must have between 1 and 128 characters.",
            ));
        }
        if value.chars().count() > 256 {
            return Err(fault::invalid(
                "Tag values can have at most 256 characters.",
            ));
        }
        if key.to_ascii_lowercase().starts_with("aws:") {
            return Err(fault::invalid(
                "System tags (keys that begin with aws:) cannot be set by users.",
            ));
        }
        if read.insert(key.clone(), value).is_some() {
            return Err(fault::invalid(format!(
                "Duplicate tag keys found. Please note that Tag keys are unique. Key: {key}"
            )));
        }
    }
    within_limit(&read)?;
    Ok(read)
}

/// Refuses more tags than one resource can have.
pub fn within_limit(tags: &Tags) -> Result<(), Fault> {
    match tags.len() {
        0..=MAX_TAGS => Ok(()),
        _ => Err(fault::invalid(format!(
            "The maximum number of tags per resource is {MAX_TAGS}."
        ))),
    }
}

pub fn show(tags: &Tags) -> Vec<Tag> {
    let show = |(key, value): (&String, &String)| Tag {
        key: Some(key.clone()),
        value: Some(value.clone()),
    };
    tags.iter().map(show).collect()
}
