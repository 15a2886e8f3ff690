//! Tags as they come in a request: `TagSpecifications` of a creation, `Tags` of CreateTags.

use wharf_api_ec2::types::{Tag, TagSpecification};
use wharf_service::tags::{Refused, Rules, Tags};
use wharf_wire::{Call, CallerKind, Fault};

use crate::fault;

/// Keys differ by case, the reserved prefix does not.
pub const RULES: Rules<Fault> = Rules {
    longest_key: 127,
    longest_value: 255,
    ..Rules::usual(refused)
};

fn refused(why: Refused<'_>) -> Fault {
    match why {
        Refused::Key("") => fault::bad_value("Tag key cannot be empty."),
        Refused::Key(_) => fault::bad_value(format!(
            "Tag key exceeds the maximum length of {} characters.",
            RULES.longest_key
        )),
        Refused::Value(_) => fault::bad_value(format!(
            "Tag value exceeds the maximum length of {} characters.",
            RULES.longest_value
        )),
        Refused::Reserved(_) => {
            fault::bad_value("Tag keys starting with 'aws:' are reserved for internal use.")
        }
        Refused::Twice(key) => fault::bad_value(format!("Duplicate tag key '{key}' specified.")),
        Refused::TooMany => fault::too_many_tags(),
    }
}

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
                return Err(refused(Refused::Twice(&key)));
            }
        }
    }
    RULES.within_limit(&tags)?;
    Ok(tags)
}

/// A service of AWS by itself, or in its service-linked role.
pub fn is_service(call: &Call) -> bool {
    let caller = &call.caller;
    caller.kind == CallerKind::Service || caller.role_arn.contains(":role/aws-service-role/")
}

/// Key and value of a tag that the caller may set.
pub fn checked(call: &Call, tag: &Tag) -> Result<(String, String), Fault> {
    let key = tag.key.clone().unwrap_or_default();
    let value = tag.value.clone().unwrap_or_default();
    if is_service(call) {
        RULES.check_length(&key, &value)?;
    } else {
        RULES.check(&key, &value)?;
    }
    Ok((key, value))
}
