//! Seeds of the ids under which containers find the credentials of their roles.

use wharf_service::{Sealing, Secrets};

use crate::credentials;

/// By the kinds of their records.
pub const SEALING: Sealing = Sealing {
    service: "ecs",
    secrets: &[Secrets::new("task", &["credentials_seed"], |_, _, _| {
        credentials::CONTEXT.to_owned()
    })
    .tokens()],
};
