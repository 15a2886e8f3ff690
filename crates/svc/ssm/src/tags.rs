//! Tags of parameters: the rules of the kit in this service's words.

use wharf_api_ssm::{Tag, faults};
use wharf_service::tags::{Refused, Rules};
use wharf_wire::Fault;

use crate::fault;

/// Keys and values have the lengths of the model, which the dispatcher has checked.
pub const RULES: Rules<Fault> = Rules::usual(refused);

fn refused(why: Refused<'_>) -> Fault {
    match why {
        Refused::Key("") => fault::invalid("A tag must have a key."),
        Refused::Key(_) => fault::invalid("A tag's key has at most 128 characters."),
        Refused::Value(_) => fault::invalid("A tag's value has at most 256 characters."),
        Refused::Reserved(_) => {
            fault::invalid("aws: prefixed tag key names are not allowed for external use.")
        }
        Refused::Twice(key) => {
            fault::invalid(format!("The tag key {key} was specified more than once."))
        }
        Refused::TooMany => faults::too_many_tags_error(format!(
            "A parameter can have at most {} tags.",
            RULES.most
        )),
    }
}

wharf_service::tags_on_the_wire!(Tag { key, value });
