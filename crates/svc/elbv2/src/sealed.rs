//! Keys of the certificates that listeners have.

use wharf_service::{Sealing, Secrets};

use crate::{certificates, names::SERVICE};

/// By the kinds of their records.
pub const SEALING: Sealing = Sealing {
    service: SERVICE,
    secrets: &[Secrets::new("certificate", &["private_key"], |_, id, _| {
        certificates::context(id)
    })],
};
