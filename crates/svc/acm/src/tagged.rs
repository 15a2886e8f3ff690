//! Resources of Certificate Manager that have tags.

use wharf_service::{Kind, Tagged};

/// By the kinds of their records.
pub const TAGGED: Tagged = Tagged {
    service: "acm",
    namespace: "acm",
    kinds: &[Kind::itself("certificate", |id| {
        format!("certificate/{id}")
    })],
};
