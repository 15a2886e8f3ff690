//! What the server hands in.

use std::sync::Arc;

use wharf_base::Clock;
use wharf_delivery::{Alarms, Operations};
use wharf_reconcile::Takeover;
use wharf_seal::Keyring;
use wharf_store::Store;

/// What the service works with.
#[derive(Clone)]
pub struct Parts {
    pub store: Store,
    pub keyring: Keyring,
    /// ECS and CloudWatch are called through these.
    pub operations: Arc<dyn Operations>,
    /// Those of users, which call step policies.
    pub alarms: Arc<dyn Alarms>,
    pub clock: Arc<dyn Clock>,
    /// Whether another server may hold the reconciler's shard.
    pub takeover: Takeover,
}
