//! User data of launch configurations.

use wharf_records::Record as _;
use wharf_service::{Place, Sealing, Secrets};

use crate::{
    names::{self, SERVICE},
    records::Configuration,
};

/// By the kinds of their records.
pub const SEALING: Sealing = Sealing {
    service: SERVICE,
    secrets: &[Secrets::new(
        Configuration::KIND,
        &["userdata"],
        |scope, id, _| names::user_data(&Place::of_scope(scope), id),
    )],
};
