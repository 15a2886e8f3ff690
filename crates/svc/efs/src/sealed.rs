//! Keys of the servers of file systems.

use wharf_service::{Sealing, Secrets};

use crate::{keys, names::SERVICE, records::FileSystem};
use wharf_records::Record as _;

/// By the kinds of their records.
pub const SEALING: Sealing = Sealing {
    service: SERVICE,
    secrets: &[
        Secrets::new(FileSystem::KIND, &["ticket_key"], |scope, id, _| {
            keys::for_tickets(&scope.account, &scope.region, id)
        }),
        Secrets::new(FileSystem::KIND, &["private_key"], |scope, id, _| {
            keys::for_certificate(&scope.account, &scope.region, id)
        }),
    ],
};
