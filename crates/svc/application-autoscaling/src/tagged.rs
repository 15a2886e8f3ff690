//! Resources of Application Auto Scaling that have tags.

use wharf_records::Record as _;
use wharf_service::{Kind, Tagged};

use crate::{names::SERVICE, records::Target};

/// By the kinds of their records.
pub const TAGGED: Tagged = Tagged {
    service: SERVICE,
    namespace: SERVICE,
    kinds: &[Kind::itself(Target::KIND, |id| {
        format!("scalable-target/{id}")
    })],
};
