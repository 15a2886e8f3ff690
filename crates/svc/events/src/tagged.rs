//! Resources of EventBridge that have tags.

use wharf_records::Record as _;
use wharf_service::{Kind, Tagged};

use crate::{
    names::{SERVICE, of_rule_id, rule_resource},
    records::{Bus, Rule},
};

/// By the kinds of their records.
pub const TAGGED: Tagged = Tagged {
    service: SERVICE,
    namespace: SERVICE,
    kinds: &[
        Kind::itself(Bus::KIND, |name| format!("event-bus/{name}")),
        Kind::itself(Rule::KIND, |id| {
            let (bus, rule) = of_rule_id(id);
            rule_resource(bus, rule)
        }),
    ],
};
