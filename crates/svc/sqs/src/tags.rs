//! Tags of queues: the rules of the kit in this service's words.

use wharf_service::tags::{Refused, Rules};
use wharf_wire::Fault;

use crate::fault;

pub const RULES: Rules<Fault> = Rules::usual(refused);

fn refused(why: Refused<'_>) -> Fault {
    match why {
        Refused::Key(_) => {
            fault::invalid("Tag keys must be between 1 and 128 characters in length.")
        }
        Refused::Value(_) => fault::invalid("Tag values must be at most 256 characters in length."),
        Refused::Reserved(_) => {
            fault::invalid("System tag keys (with the prefix aws:) cannot be added or deleted.")
        }
        Refused::Twice(key) => {
            fault::invalid(format!("The tag key {key} is given more than once."))
        }
        Refused::TooMany => fault::invalid(format!(
            "Too many tags added for queue: a queue has at most {}.",
            RULES.most
        )),
    }
}
