//! Resources of ECR that have tags.

use wharf_service::{Kind, Tagged};

/// By the kinds of their records.
pub const TAGGED: Tagged = Tagged {
    service: "ecr",
    namespace: "ecr",
    kinds: &[Kind::itself("repository", |id| format!("repository/{id}"))],
};
