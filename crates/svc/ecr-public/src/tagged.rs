//! Resources of the public gallery that have tags.

use wharf_service::{Kind, Tagged};

/// By the kinds of their records.
pub const TAGGED: Tagged = Tagged {
    service: "ecr-public",
    namespace: "ecr-public",
    kinds: &[Kind::itself("repository", |id| format!("repository/{id}")).of_no_region()],
};
