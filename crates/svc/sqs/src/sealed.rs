//! Keys that messages are sealed under.

use wharf_service::{Place, Sealing, Secrets};

use crate::{keys::purpose, names::SERVICE};

/// By the kinds of their records.
pub const SEALING: Sealing = Sealing {
    service: SERVICE,
    secrets: &[Secrets::new("data-key", &["sealed"], |scope, id, _| {
        let place = Place::of_scope(scope);
        purpose(&place, id)
    })],
};
