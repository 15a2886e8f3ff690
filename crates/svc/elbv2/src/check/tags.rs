//! Tags as they are given with a resource or added to one.

use wharf_api_elbv2::{Tag, faults};
use wharf_service::tags::{Refused, Rules};
use wharf_wire::Fault;

use crate::fault;

/// Keys and values have the lengths of the model, which the dispatcher has checked.
pub const RULES: Rules<Fault> = Rules::usual(refused);

fn refused(why: Refused<'_>) -> Fault {
    match why {
        Refused::Key(key) => fault::invalid(format!(
            "Tag key '{key}' is invalid: tag keys have from 1 to 128 characters"
        )),
        Refused::Value(key) => fault::invalid(format!(
            "The value of tag key '{key}' is invalid: tag values have at most 256 characters"
        )),
        Refused::Reserved(key) => fault::invalid(format!(
            "Tag key '{key}' is invalid: tag keys that start with 'aws:' are reserved"
        )),
        Refused::Twice(key) => faults::duplicate_tag_keys_exception(format!(
            "Tag key '{key}' was specified more than once"
        )),
        Refused::TooMany => faults::too_many_tags_exception(
            "The maximum number of tags has been reached on the load balancer or target group: 50",
        ),
    }
}

wharf_service::tags_on_the_wire!(Tag { key, value });

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
