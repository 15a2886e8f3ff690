//! The key that signs messages.

use wharf_service::{Sealing, Secrets};

use crate::{names::SERVICE, signing};

/// By the kinds of their records.
pub const SEALING: Sealing = Sealing {
    service: SERVICE,
    secrets: &[Secrets::new("signing-key", &["private_key"], |_, _, _| {
        signing::PURPOSE.to_owned()
    })],
};
