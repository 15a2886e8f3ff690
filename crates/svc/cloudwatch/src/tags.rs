//! Tags of alarms, dashboards and metric streams: the rules of the kit in this service's words.

use wharf_api_cloudwatch::Tag;
use wharf_service::tags::{Refused, Rules};
use wharf_wire::Fault;

use crate::fault::invalid;

/// Keys and values have the lengths of the model, which the dispatcher has checked.
pub const RULES: Rules<Fault> = Rules::usual(refused);

fn refused(why: Refused<'_>) -> Fault {
    invalid(match why {
        Refused::Key(_) => "A tag's key has 1 to 128 characters.".to_owned(),
        Refused::Value(key) => format!("The value of the tag {key} has more than 256 characters."),
        Refused::Reserved(_) => "Tag keys that begin with aws: are reserved.".to_owned(),
        Refused::Twice(key) => format!("The tag {key} is given twice."),
        Refused::TooMany => "A resource has at most 50 tags.".to_owned(),
    })
}

wharf_service::tags_on_the_wire!(Tag { key, value });
