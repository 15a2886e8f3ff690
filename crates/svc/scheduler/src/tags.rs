//! Tags of groups: the rules of the kit in this service's words.

use wharf_api_scheduler::Tag;
use wharf_service::tags::{Refused, Rules};
use wharf_wire::Fault;

use crate::fault;

pub const RULES: Rules<Fault> = Rules::usual(refused);

fn refused(why: Refused<'_>) -> Fault {
    fault::invalid(match why {
        Refused::Key(_) => "A tag's key has 1 to 128 characters.".to_owned(),
        Refused::Value(_) => "A tag's value has at most 256 characters.".to_owned(),
        Refused::Reserved(_) => {
            "aws: prefixed tag key names are not allowed for external use.".to_owned()
        }
        Refused::Twice(key) => format!("The tag key {key} was specified more than once."),
        Refused::TooMany => format!("A schedule group can have at most {} tags.", RULES.most),
    })
}

wharf_service::tags_on_the_wire!(Tag { key, value });
