//! Resources of Inspector that have tags.

use wharf_records::Record as _;
use wharf_service::{Kind, Tagged};

use crate::records::{Filter, SERVICE, resource};

/// By the kinds of their records.
pub const TAGGED: Tagged = Tagged {
    service: SERVICE,
    namespace: SERVICE,
    kinds: &[Kind::itself(Filter::KIND, resource)],
};
