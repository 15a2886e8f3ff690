//! Tags: the rules of the kit in this service's words.

use std::collections::BTreeMap;

use wharf_service::tags::{Refused, Rules, Tags};
use wharf_wire::Fault;

use crate::fault;

pub const RULES: Rules<Fault> = Rules::usual(refused);

fn refused(why: Refused<'_>) -> Fault {
    fault::invalid(match why {
        Refused::Key(_) => "A tag's key has 1 to 128 characters.".to_owned(),
        Refused::Value(_) => "A tag's value has at most 256 characters.".to_owned(),
        Refused::Reserved(_) => {
            "Tag keys that begin with aws: are reserved for AWS use.".to_owned()
        }
        Refused::Twice(key) => format!("The tag key {key} was specified more than once."),
        Refused::TooMany => format!("A resource can have at most {} tags.", RULES.most),
    })
}

pub fn given(tags: Option<BTreeMap<String, String>>) -> Result<Tags, Fault> {
    RULES.given(tags.unwrap_or_default())
}
