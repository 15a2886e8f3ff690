//! Resources of SNS that have tags.

use wharf_records::Record as _;
use wharf_service::{Kind, Tagged};

use crate::{names::SERVICE, records::Topic};

/// By the kinds of their records.
pub const TAGGED: Tagged = Tagged {
    service: SERVICE,
    namespace: SERVICE,
    kinds: &[Kind::itself(Topic::KIND, str::to_owned)],
};
