//! Tags as they come in a request: `TagSpecifications` of a creation, `Tags` of CreateTags.

use wharf_api_ec2::types::{Tag, TagSpecification};
use wharf_records::ecs::Tags;
use wharf_wire::{Call, CallerKind, Fault};

use crate::fault;

/// Tags of a resource, not counting those of services.
pub const MAX_TAGS: usize = 50;
const MAX_KEY: usize = 127;
const MAX_VALUE: usize = 255;
/// Begins the keys that only services may set.
pub const RESERVED: &str = "aws:";

/// The tags that the specifications give a new resource of type `kind`.
pub fn specified(
    call: &Call,
    specifications: Option<&[TagSpecification]>,
    kind: &str,
) -> Result<Tags, Fault> {
    let mut tags = Tags::new();
    for specification in specifications.unwrap_or_default() {
        let of = specification.resource_type.as_deref().unwrap_or_default();
        if of != kind {
            return Err(fault::bad_value(format!(
                "'{of}' is not a valid taggable resource type for this operation."
            )));
        }
        for tag in specification.tags.iter().flatten() {
            let (key, value) = checked(call, tag)?;
            if tags.insert(key.clone(), value).is_some() {
                return Err(fault::bad_value(format!(
                    "Duplicate tag key '{key}' specified."
                )));
            }
        }
    }
    check_count(&tags)?;
    Ok(tags)
}

/// Key and value of a tag that the caller may set.
pub fn checked(call: &Call, tag: &Tag) -> Result<(String, String), Fault> {
    let key = tag.key.clone().unwrap_or_default();
    let value = tag.value.clone().unwrap_or_default();
    if key.is_empty() {
        return Err(fault::bad_value("Tag key cannot be empty."));
    }
    if key.chars().count() > MAX_KEY {
        return Err(fault::bad_value(format!(
            "Tag key exceeds the maximum length of {MAX_KEY} characters."
        )));
    }
    if value.chars().count() > MAX_VALUE {
        return Err(fault::bad_value(format!(
            "Tag value exceeds the maximum length of {MAX_VALUE} characters."
        )));
    }
    if key.starts_with(RESERVED) && call.caller.kind != CallerKind::Service {
        return Err(fault::bad_value(
            "Tag keys starting with 'aws:' are reserved for internal use.",
        ));
    }
    Ok((key, value))
}

pub fn check_count(tags: &Tags) -> Result<(), Fault> {
    let own = tags.keys().filter(|key| !key.starts_with(RESERVED));
    if own.count() > MAX_TAGS {
        return Err(fault::too_many_tags());
    }
    Ok(())
}
