//! Tags of scalable targets: the rules of the kit in this service's words.

use wharf_api_application_autoscaling::faults;
use wharf_service::tags::{Refused, Rules};
use wharf_wire::Fault;

use crate::fault::invalid;

pub const RULES: Rules<Fault> = Rules::usual(refused);

fn refused(why: Refused<'_>) -> Fault {
    match why {
        Refused::Key(_) => invalid("A tag's key has 1 to 128 characters."),
        Refused::Value(key) => invalid(format!(
            "The value of the tag {key} has more than 256 characters."
        )),
        Refused::Reserved(key) => {
            invalid(format!("The tag key {key} is reserved: aws: is for AWS."))
        }
        Refused::Twice(key) => invalid(format!("The tag {key} is given twice.")),
        Refused::TooMany => {
            faults::too_many_tags_exception("A scalable target can have at most 50 tags.")
        }
    }
}
