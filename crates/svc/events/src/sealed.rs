//! What connections authorise with.

use wharf_service::{Sealing, Secrets};

use crate::{connection::Connection, names::SERVICE};

/// By the kinds of their records.
pub const SEALING: Sealing = Sealing {
    service: SERVICE,
    secrets: &[Secrets::new("connection", &["sealed"], |scope, id, _| {
        Connection::purpose(&scope.account, &scope.region, id)
    })],
};
