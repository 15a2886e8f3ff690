//! Resources of ECR that have tags.

use wharf_service::Tagged;

/// By the kinds of their records.
pub const TAGGED: Tagged = Tagged {
    service: "ecr",
    namespace: "ecr",
    kinds: &[("repository", |id| format!("repository/{id}"))],
};
