//! What the server hands in.

use std::sync::Arc;

use wharf_api_kms::Kms;
use wharf_base::{Clock, regions::Regions};
use wharf_egress::Egress;
use wharf_reconcile::Takeover;
use wharf_seal::Keyring;
use wharf_store::Store;
use wharf_wire::service::Dispatcher;

/// What the service works with.
#[derive(Clone)]
pub struct Parts {
    pub store: Store,
    pub keyring: Keyring,
    /// Asks policies about each secret of a batch.
    pub dispatcher: Dispatcher,
    /// Past IAM's gate: keys are used in the name of the caller.
    pub kms: Arc<dyn Kms>,
    /// To the endpoints that rotate secrets.
    pub egress: Egress,
    pub clock: Arc<dyn Clock>,
    /// Where replicas may be.
    pub regions: Regions,
    /// Whether another server may hold the reconciler's shard.
    pub takeover: Takeover,
}
