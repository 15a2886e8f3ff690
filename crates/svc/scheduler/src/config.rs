//! What the server hands in.

use std::sync::Arc;

use wharf_api_kms::Kms;
use wharf_base::Clock;
use wharf_delivery::Operations;
use wharf_reconcile::Takeover;
use wharf_seal::Keyring;
use wharf_store::Store;
use wharf_vended::Counters;

/// What the service works with.
#[derive(Clone)]
pub struct Parts {
    pub store: Store,
    pub keyring: Keyring,
    /// Makes data keys for inputs, in the name of callers.
    pub kms: Arc<dyn Kms>,
    /// What targets are called through.
    pub operations: Arc<dyn Operations>,
    pub clock: Arc<dyn Clock>,
    /// What happens is counted here, for CloudWatch.
    pub counters: Counters,
    /// Bytes of one account's invocations that wait to be delivered.
    pub most_waiting: u64,
    /// Whether another server may hold the reconcilers' shards.
    pub takeover: Takeover,
}
