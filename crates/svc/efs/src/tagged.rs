//! Resources of EFS that have tags, and the rules of tags in its words.

use wharf_api_efs::Tag;
use wharf_records::Record as _;
use wharf_service::{
    Kind, Tagged,
    tags::{Refused, Rules},
};
use wharf_wire::Fault;

use crate::{
    fault,
    names::{NAMESPACE, SERVICE},
    records::{AccessPoint, FileSystem},
};

/// By the kinds of their records.
pub const TAGGED: Tagged = Tagged {
    service: SERVICE,
    namespace: NAMESPACE,
    kinds: &[
        Kind::itself(FileSystem::KIND, |id| format!("file-system/{id}")),
        Kind::itself(AccessPoint::KIND, |id| format!("access-point/{id}")),
    ],
};

pub const RULES: Rules<Fault> = Rules::usual(refused);

fn refused(why: Refused<'_>) -> Fault {
    fault::bad_request(match why {
        Refused::Key(_) => "A tag's key has 1 to 128 characters.".to_owned(),
        Refused::Value(_) => "A tag's value has at most 256 characters.".to_owned(),
        Refused::Reserved(_) => "Tag keys that begin with aws: are reserved.".to_owned(),
        Refused::Twice(key) => format!("The tag key {key} was given more than once."),
        Refused::TooMany => format!("A resource can have at most {} tags.", RULES.most),
    })
}

wharf_service::tags_on_the_wire!(Tag { key, value });

/// What the tag `Name` says.
pub fn name(tags: &wharf_service::tags::Tags) -> Option<String> {
    tags.get("Name").cloned()
}
