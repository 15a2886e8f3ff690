//! Values of SecureString parameters.

use wharf_service::{Sealing, Secrets};

use crate::{names::SERVICE, records::purpose};

/// By the kinds of their records.
pub const SEALING: Sealing = Sealing {
    service: SERVICE,
    secrets: &[Secrets::new("version", &["sealed"], |scope, id, _| {
        purpose(scope, id)
    })],
};
