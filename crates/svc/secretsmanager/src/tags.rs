//! Tags of secrets: the rules of the kit in this service's words.

use wharf_api_secretsmanager::Tag;
use wharf_service::tags::{Refused, Rules};
use wharf_wire::Fault;

use crate::fault;

/// Keys and values have the lengths of the model, which the dispatcher has checked.
pub const RULES: Rules<Fault> = Rules::usual(refused);

fn refused(why: Refused<'_>) -> Fault {
    match why {
        Refused::Key("") => fault::parameter("A tag must have a key."),
        Refused::Key(_) => fault::parameter("A tag's key has at most 128 characters."),
        Refused::Value(_) => fault::parameter("A tag's value has at most 256 characters."),
        Refused::Reserved(_) => {
            fault::request("Tag keys that start with \"aws:\" are reserved for AWS use.")
        }
        Refused::Twice(key) => {
            fault::request(format!("The tag key {key} was specified more than once."))
        }
        Refused::TooMany => {
            fault::request(format!("A secret can have at most {} tags.", RULES.most))
        }
    }
}

wharf_service::tags_on_the_wire!(Tag { key, value });
