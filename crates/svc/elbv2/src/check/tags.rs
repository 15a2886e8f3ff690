//! Tags as they are given with a resource or added to one.

use wharf_api_elbv2::{Tag, faults};
use wharf_records::ecs::Tags;
use wharf_wire::Fault;

use crate::fault;

const MAX_TAGS: usize = 50;

/// The tags given; keys must be the caller's own and differ.
pub fn given(tags: Option<Vec<Tag>>) -> Result<Tags, Fault> {
    let mut found = Tags::new();
    for tag in tags.into_iter().flatten() {
        let key = tag.key.unwrap_or_default();
        if key.to_ascii_lowercase().starts_with("aws:") {
            return Err(fault::invalid(format!(
                "Tag key '{key}' is invalid: tag keys that start with 'aws:' are reserved"
            )));
        }
        if found
            .insert(key.clone(), tag.value.unwrap_or_default())
            .is_some()
        {
            return Err(faults::duplicate_tag_keys_exception(format!(
                "Tag key '{key}' was specified more than once"
            )));
        }
    }
    within_limit(&found)?;
    Ok(found)
}

/// Adds tags to those there are.
pub fn add(to: &mut Tags, more: &Tags) -> Result<(), Fault> {
    to.extend(more.iter().map(|(key, value)| (key.clone(), value.clone())));
    within_limit(to)
}

fn within_limit(tags: &Tags) -> Result<(), Fault> {
    if tags.len() > MAX_TAGS {
        return Err(faults::too_many_tags_exception(
            "The maximum number of tags has been reached on the load balancer or target group: 50",
        ));
    }
    Ok(())
}

pub fn to_wire(tags: &Tags) -> Vec<Tag> {
    tags.iter()
        .map(|(key, value)| Tag {
            key: Some(key.clone()),
            value: Some(value.clone()),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(key: &str) -> Tag {
        Tag {
            key: Some(key.to_owned()),
            value: None,
        }
    }

    #[test]
    fn keys_are_the_callers_own_and_differ() {
        assert_eq!(given(Some(vec![tag("a"), tag("b")])).unwrap().len(), 2);
        let code = |tags| given(Some(tags)).unwrap_err().code;
        assert_eq!(code(vec![tag("a"), tag("a")]), "DuplicateTagKeys");
        assert_eq!(code(vec![tag("aws:a")]), "ValidationError");
        assert_eq!(
            code((0..51).map(|n| tag(&n.to_string())).collect()),
            "TooManyTags"
        );
    }
}
