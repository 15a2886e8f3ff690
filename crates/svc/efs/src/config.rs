//! What the server hands in.

use std::sync::Arc;

use wharf_api_ec2::Ec2;
use wharf_base::Clock;
use wharf_hosts::Hosts;
use wharf_reconcile::Takeover;
use wharf_seal::Keyring;
use wharf_store::Store;
use wharf_wire::Dispatcher;

/// What the service works with.
#[derive(Clone)]
pub struct Parts {
    pub store: Store,
    pub keyring: Keyring,
    /// Subnets, security groups, interfaces.
    pub ec2: Arc<dyn Ec2>,
    /// Says what policies let those do who mount.
    pub dispatcher: Dispatcher,
    /// Which machines there are.
    pub hosts: Hosts,
    pub clock: Arc<dyn Clock>,
    /// Whether another server may hold the reconciler's shard.
    pub takeover: Takeover,
}
