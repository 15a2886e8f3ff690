//! What the server hands in.

use std::sync::{Arc, OnceLock};

use wharf_api_kms::Kms;
use wharf_base::Clock;
use wharf_delivery::{LogDeliveries, Operations};
use wharf_egress::Egress;
use wharf_journal::Journal;
use wharf_reconcile::Takeover;
use wharf_seal::Keyring;
use wharf_service::{KeptSecrets, announce::Announce};
use wharf_store::Store;
use wharf_vended::Counters;

/// What the service works with.
#[derive(Clone)]
pub struct Parts {
    pub store: Store,
    /// Holds the events of archives.
    pub journal: Journal,
    pub keyring: Keyring,
    /// Makes and opens data keys, in the service's name.
    pub kms: Arc<dyn Kms>,
    /// Targets are calls of these.
    pub operations: Arc<dyn Operations>,
    /// API destinations are asked by this.
    pub egress: Egress,
    /// Where connections keep what they prove themselves by.
    pub secrets: Arc<dyn KeptSecrets>,
    /// Where logs of buses go.
    pub log_deliveries: Arc<dyn LogDeliveries>,
    /// What wharf's own services announce, once all are built.
    pub sources: Arc<OnceLock<Vec<Arc<dyn Announce>>>>,
    pub clock: Arc<dyn Clock>,
    /// What happens is counted here, for CloudWatch.
    pub counters: Counters,
    /// Bytes of one account's events that wait to be delivered.
    pub most_waiting: u64,
    /// Bytes of all archives together.
    pub most_archived: u64,
    /// Whether another server may hold the shards of the loops.
    pub takeover: Takeover,
}
