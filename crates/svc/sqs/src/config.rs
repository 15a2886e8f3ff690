//! What the server hands in.

use std::sync::Arc;

use wharf_api_kms::Kms;
use wharf_base::Clock;
use wharf_reconcile::Takeover;
use wharf_seal::Keyring;
use wharf_store::Store;
use wharf_vended::Counters;

/// Bytes of messages that all queues of one account hold: they lie in memory, which is shared with all others.
pub const MOST_BYTES: u64 = 2 << 30;

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
    /// Bytes of messages that all queues of one account hold; beyond it nothing is sent to them.
    pub most_bytes: u64,
    /// Whether another server may hold the reconciler's shard.
    pub takeover: Takeover,
}
