//! What the server hands in.

use std::sync::Arc;

use wharf_api_kms::Kms;
use wharf_base::Clock;
use wharf_delivery::Operations;
use wharf_egress::Egress;
use wharf_reconcile::Takeover;
use wharf_seal::Keyring;
use wharf_store::Store;
use wharf_vended::Counters;

use crate::{mail::Mailer, signing::Signer};

/// What the service works with.
#[derive(Clone)]
pub struct Parts {
    pub store: Store,
    pub keyring: Keyring,
    /// Past IAM's gate: keys of topics are used in the name of who publishes.
    pub kms: Arc<dyn Kms>,
    /// Without the gate, for what the service itself delivers.
    pub own_kms: Arc<dyn Kms>,
    /// Messages are sent to queues by these.
    pub operations: Arc<dyn Operations>,
    /// And to web servers by this.
    pub egress: Egress,
    /// And to mailboxes by this; without it nobody subscribes one.
    pub mailer: Option<Mailer>,
    /// Where this installation is reached: links in messages begin so, unless the subscriber said another address.
    pub address: String,
    pub signer: Arc<Signer>,
    pub clock: Arc<dyn Clock>,
    /// What happens is counted here, for CloudWatch.
    pub counters: Counters,
    /// Bytes of one account's messages that wait to be delivered; beyond them it publishes nothing.
    pub most_waiting: u64,
    /// Whether another server may hold the shard of the deliveries.
    pub takeover: Takeover,
}
