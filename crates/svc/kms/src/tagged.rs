//! Keys have tags.

use wharf_service::{Kind, Tagged};

/// By the kinds of their records.
pub const TAGGED: Tagged = Tagged {
    service: "kms",
    namespace: "kms",
    kinds: &[Kind::itself("key", |id| format!("key/{id}"))],
};
