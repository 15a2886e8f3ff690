//! What the server hands in.

use std::{collections::BTreeSet, sync::Arc};

use wharf_base::{Clock, SystemClock};
use wharf_reconcile::Takeover;
use wharf_seal::Keyring;
use wharf_store::{Compare, Store};
use wharf_wire::async_trait;

/// What the service works with.
#[derive(Clone)]
pub struct Parts {
    pub store: Store,
    pub keyring: Keyring,
    pub users: Arc<dyn Users>,
    pub clock: Arc<dyn Clock>,
    /// Whether another server may hold the reconciler's shard.
    pub takeover: Takeover,
}

impl Parts {
    /// With nobody who uses certificates.
    pub fn new(store: Store, keyring: Keyring) -> Self {
        Self {
            store,
            keyring,
            users: Arc::new(Nobody),
            clock: Arc::new(SystemClock),
            takeover: Takeover::Replace,
        }
    }
}

/// Who uses a certificate.
#[derive(Debug, Clone, Default)]
pub struct Usage {
    /// ARNs of load balancers.
    pub users: BTreeSet<String>,
    /// Holds for as long as the users stay the same.
    pub unchanged: Option<Compare>,
}

/// A neighbour could not be asked.
#[derive(Debug, thiserror::Error)]
#[error("{what} cannot be looked up")]
pub struct LookupError {
    pub what: &'static str,
    #[source]
    pub cause: Box<dyn std::error::Error + Send + Sync>,
}

/// Those who serve certificates.
#[async_trait]
pub trait Users: Send + Sync + 'static {
    async fn of(&self, account: &str, region: &str, arn: &str) -> Result<Usage, LookupError>;
}

struct Nobody;

#[async_trait]
impl Users for Nobody {
    async fn of(&self, _: &str, _: &str, _: &str) -> Result<Usage, LookupError> {
        Ok(Usage::default())
    }
}
