//! Clusters of EKS as those see them who make things of other services for them.

use wharf_base::{Permit, Timestamp, arn::partition_of};
use wharf_wire::{Call, Context};

use crate::Place;

const PRINCIPAL: &str = "eks.amazonaws.com";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cluster {
    pub place: Place,
    pub name: String,
    /// Of this cluster alone: another of the same name has another.
    pub id: String,
}

impl Cluster {
    /// A call of EKS in its own name, for this cluster.
    pub fn call(&self, permit: Permit, now: Timestamp) -> Call {
        let (Place { account, region }, name) = (&self.place, &self.name);
        let context = Context::internal(account, region, PRINCIPAL, now);
        let partition = partition_of(region);
        let arn = format!("arn:{partition}:eks:{region}:{account}:cluster/{name}");
        Call::by_controller(context.acting_for(arn), permit)
    }
}
