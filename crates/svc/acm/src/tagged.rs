//! Resources of Certificate Manager that have tags.

use wharf_service::Tagged;

/// By the kinds of their records.
pub const TAGGED: Tagged = Tagged {
    service: "acm",
    namespace: "acm",
    kinds: &[("certificate", |id| format!("certificate/{id}"))],
};
