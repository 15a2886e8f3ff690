//! What the server hands in.

use std::sync::Arc;

use wharf_api_autoscaling::Autoscaling;
use wharf_api_ec2::Ec2;
use wharf_api_iam::Iam;
use wharf_api_kms::Kms;
use wharf_base::Clock;
use wharf_reconcile::Takeover;
use wharf_seal::Keyring;
use wharf_store::Store;
use wharf_wire::async_trait;

use crate::control_planes::ControlPlanes;

/// What the service works with.
#[derive(Clone)]
pub struct Parts {
    pub store: Store,
    pub keyring: Keyring,
    pub ec2: Arc<dyn Ec2>,
    pub autoscaling: Arc<dyn Autoscaling>,
    pub iam: Arc<dyn Iam>,
    /// In the name of callers: its policies decide.
    pub kms: Arc<dyn Kms>,
    pub principals: Arc<dyn Principals>,
    pub control_planes: Arc<dyn ControlPlanes>,
    pub clock: Arc<dyn Clock>,
    /// Whether another server may hold the reconciler's shard.
    pub takeover: Takeover,
}

/// A neighbour could not be asked.
#[derive(Debug, thiserror::Error)]
#[error("{what} cannot be looked up")]
pub struct LookupError {
    pub what: &'static str,
    #[source]
    pub cause: Box<dyn std::error::Error + Send + Sync>,
}

/// Users and roles, as IAM has them.
#[async_trait]
pub trait Principals: Send + Sync + 'static {
    /// Whether the service may assume a role for what has this ARN.
    async fn trusts(&self, role: &str, service: &str, source: &str) -> Result<bool, LookupError>;

    /// The unique id of a user or role; `None` if there is none.
    async fn id(&self, arn: &str) -> Result<Option<String>, LookupError>;
}
