//! What the server hands in.

use std::sync::Arc;

use wharf_api_ec2::Ec2;
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
    pub ec2: Arc<dyn Ec2>,
    /// Load balancing, queues, topics and CloudWatch are called through these.
    pub operations: Arc<dyn Operations>,
    /// Those of users, which call policies.
    pub alarms: Arc<dyn Alarms>,
    pub clock: Arc<dyn Clock>,
    /// Whether another server may hold the reconciler's shard.
    pub takeover: Takeover,
}
