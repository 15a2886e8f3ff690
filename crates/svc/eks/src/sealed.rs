//! Keys of clusters.

use wharf_records::Record as _;
use wharf_service::{Place, Sealing, Secrets};

use crate::{
    names::{self, SERVICE},
    records::Cluster,
};

/// By the kinds of their records.
pub const SEALING: Sealing = Sealing {
    service: SERVICE,
    secrets: &[
        Secrets::new(Cluster::KIND, &["authority", "key"], |scope, id, _| {
            names::authority_purpose(&Place::of_scope(scope), id)
        }),
        Secrets::new(Cluster::KIND, &["authority", "tokens"], |scope, id, _| {
            names::tokens_purpose(&Place::of_scope(scope), id)
        }),
        Secrets::new(Cluster::KIND, &["authority", "secrets"], |scope, id, _| {
            names::secrets_purpose(&Place::of_scope(scope), id)
        }),
    ],
};
