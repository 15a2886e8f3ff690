//! Tags of keys: the rules of the kit in this service's words.

use wharf_api_kms::{Tag, faults};
use wharf_service::tags::{Refused, Rules};
use wharf_wire::Fault;

use crate::fault;

/// Keys and values have the lengths of the model, which the dispatcher has checked.
pub const RULES: Rules<Fault> = Rules::usual(refused);

fn refused(why: Refused<'_>) -> Fault {
    let text = match why {
        Refused::Key("") => "A tag must have a key.".to_owned(),
        Refused::Key(_) => "A tag's key has at most 128 characters.".to_owned(),
        Refused::Value(_) => "A tag's value has at most 256 characters.".to_owned(),
        Refused::Reserved(_) => {
            "aws: prefixed tag key names are not allowed for external use.".to_owned()
        }
        Refused::Twice(_) => "Duplicate tag keys".to_owned(),
        Refused::TooMany => return fault::limit("Too many tags"),
    };
    faults::tag_exception(text)
}

wharf_service::tags_on_the_wire!(Tag { tag_key, tag_value });
