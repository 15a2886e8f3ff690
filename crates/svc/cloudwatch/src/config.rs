//! What the server hands in.

use std::{sync::Arc, time::Duration};

use wharf_base::{Clock, Timestamp};
use wharf_contributors::LogEvents;
use wharf_delivery::{ApiDestinations, Operations};
use wharf_reconcile::Takeover;
use wharf_seal::Keyring;
use wharf_series::Series;
use wharf_service::{Place, rates::Quotas};
use wharf_store::Store;
use wharf_wire::{Fault, async_trait};

/// An alarm that calls a policy of Application Auto Scaling or of EC2 Auto Scaling.
#[derive(Debug, Clone, PartialEq)]
pub struct Alarmed {
    pub place: Place,
    /// The policy's ARN.
    pub policy: String,
    /// The alarm's name.
    pub alarm: String,
    /// `ALARM`
    pub state: &'static str,
    pub threshold: f64,
    /// The datapoints that it was judged by, the oldest first.
    pub values: Vec<f64>,
    /// When the time began that the latest of them is about; `None`: whoever set the state did not say.
    pub measured_from: Option<Timestamp>,
    pub at: Timestamp,
    /// When it says the same again if nothing changes.
    pub every: Duration,
}

/// Who has policies of scaling.
#[async_trait]
pub trait Scaling: Send + Sync {
    /// When this returns, what follows is written down.
    ///
    /// # Errors
    /// There is no such policy; or the same may be said again.
    async fn alarmed(&self, alarmed: Alarmed) -> Result<(), Fault>;
}

/// What the service works with.
#[derive(Clone)]
pub struct Parts {
    pub store: Store,
    pub keyring: Keyring,
    /// Where samples are.
    pub series: Series,
    /// What alarms call.
    pub operations: Arc<dyn Operations>,
    /// What alarms scale.
    pub scaling: Arc<dyn Scaling>,
    /// Where the log events are that rules of Contributor Insights count.
    pub log_events: Arc<dyn LogEvents>,
    /// Where metric streams lead.
    pub destinations: Arc<dyn ApiDestinations>,
    /// What requests are bounded by, for `SERVICE_QUOTA`.
    pub quotas: Quotas,
    pub clock: Arc<dyn Clock>,
    /// Whether another server may hold the reconciler's shard.
    pub takeover: Takeover,
}
