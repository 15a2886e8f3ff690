//! Material of keys.

use wharf_service::{Place, Sealing, Secrets};

use crate::{names::SERVICE, records::purpose};

/// By the kinds of their records.
pub const SEALING: Sealing = Sealing {
    service: SERVICE,
    secrets: &[Secrets::new("material", &["sealed"], |scope, id, _| {
        let place = Place::of_scope(scope);
        purpose(&place, id)
    })],
};
