//! Tags of topics: the rules of the kit in this service's words.

use wharf_api_sns::{Tag, faults};
use wharf_service::tags::{Refused, Rules};
use wharf_wire::Fault;

use crate::fault;

pub const RULES: Rules<Fault> = Rules::usual(refused);

fn refused(why: Refused<'_>) -> Fault {
    match why {
        Refused::Key(_) | Refused::Value(_) => {
            fault::invalid("Tags", "Keys have 1 to 128 characters, values at most 256")
        }
        Refused::Reserved(_) => fault::invalid("Tags", "Keys that start with aws: are reserved"),
        Refused::Twice(_) => fault::invalid("Tags", "A key is given more than once"),
        Refused::TooMany => faults::tag_limit_exceeded_exception(
            "Could not complete request: tag quota of per resource exceeded",
        ),
    }
}

wharf_service::tags_on_the_wire!(Tag { key, value });
