//! Values of secrets.

use wharf_service::{Sealing, Secrets};

use crate::{names::SERVICE, records::purpose};

/// By the kinds of their records.
pub const SEALING: Sealing = Sealing {
    service: SERVICE,
    secrets: &[Secrets::new("value", &["sealed"], |scope, id, _| {
        purpose(scope, id)
    })],
};
