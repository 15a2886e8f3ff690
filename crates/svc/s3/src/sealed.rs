//! Keys of packs.

use wharf_service::{Sealing, Secrets};

use crate::records::{SERVICE, purpose_of_pack};

/// By the kinds of their records.
pub const SEALING: Sealing = Sealing {
    service: SERVICE,
    secrets: &[Secrets::new("pack", &["sealed"], |_, id, _| {
        purpose_of_pack(id)
    })],
};
