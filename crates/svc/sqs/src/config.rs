//! What the server hands in.

use std::sync::Arc;

use wharf_api_kms::Kms;
use wharf_base::Clock;
use wharf_reconcile::Takeover;
use wharf_seal::Keyring;
use wharf_store::Store;
use wharf_vended::Counters;

/// What the service works with.
#[derive(Clone)]
pub struct Parts {
    pub store: Store,
    /// Seals page tokens and data keys.
    pub keyring: Keyring,
    /// Past IAM's gate: keys are used in the name of the caller.
    pub kms: Arc<dyn Kms>,
    pub clock: Arc<dyn Clock>,
    /// What happens to queues is counted here.
    pub counters: Counters,
    /// Whether another server may hold the reconciler's shard.
    pub takeover: Takeover,
}
