//! What load balancing says of network load balancers.

use wharf_store::Compare;
use wharf_wire::{Fault, async_trait};

use crate::Ec2Service;

/// A load balancer as it is now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FoundBalancer {
    pub is_network: bool,
    /// Those of its subnets.
    pub zones: Vec<String>,
    /// The hosts that it can be counted on to be on.
    pub carriers: Vec<Carrier>,
    /// That it was not deleted.
    pub still_there: Option<Compare>,
}

/// A host that carries it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Carrier {
    /// ARN of the load balancer.
    pub balancer: String,
    /// Instance id.
    pub host: String,
    /// The zone in which the load balancer is on the host.
    pub zone: String,
}

/// Whom a key of load balancing is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToldOf {
    /// The load balancer with that ARN.
    One(String),
    /// A host, and so all of them.
    All,
}

/// Load balancing, which is there once all services are built.
#[async_trait]
pub trait Balancers: Send + Sync + 'static {
    /// The load balancer of that ARN, if there is one.
    async fn find(&self, arn: &str) -> Result<Option<FoundBalancer>, Fault>;

    /// The service whose keys tell of changes.
    fn told_by(&self) -> &'static str;

    /// Whom one of its keys is about.
    fn told(&self, key: &str) -> Option<ToldOf>;
}

impl Ec2Service {
    pub(crate) async fn balancer(&self, arn: &str) -> Result<Option<FoundBalancer>, Fault> {
        match self.balancers.get() {
            Some(balancers) => balancers.find(arn).await,
            None => Ok(None),
        }
    }
}
