//! Where load balancers are, for VPC endpoints that lead to them; and that those in use there stay.

use std::collections::BTreeSet;

use wharf_records::{Record as _, Scope};
use wharf_service::Stored;
use wharf_store::Compare;
use wharf_wire::Fault;

use crate::{
    Elbv2Service,
    core::{ChangeError, Core},
    fault,
    names::{self, Kind, Names as _, Place, SERVICE},
    records::{Host, LoadBalancer},
};

/// A load balancer as it is now.
#[derive(Debug, PartialEq, Eq)]
pub struct Carried {
    pub is_network: bool,
    /// Those of its subnets.
    pub zones: Vec<String>,
    /// Instance ids of the hosts that it is on, that can be counted on and know VPC endpoints, with the zone of its interface there.
    pub hosts: Vec<(String, String)>,
    /// That it was not deleted.
    pub still_there: Compare,
}

/// What a key is about.
#[derive(Debug, PartialEq, Eq)]
pub enum CarriedChange {
    /// The load balancer with that ARN.
    One(String),
    /// A host, and so all of them.
    All,
}

/// What a key of this service says of where load balancers are.
pub fn carried_change(key: &str) -> Option<CarriedChange> {
    let (scope, kind, id) = Scope::parse(key)?;
    match kind {
        LoadBalancer::KIND => Some(CarriedChange::One(
            Place::of_scope(&scope).arn(Kind::Balancer, &id),
        )),
        Host::KIND => Some(CarriedChange::All),
        _ => None,
    }
}

impl Elbv2Service {
    /// The service whose keys [`carried_change`] reads.
    pub const TOLD_BY: &'static str = SERVICE;

    /// The load balancer with that ARN, if there is one.
    ///
    /// # Errors
    /// The store's.
    pub async fn carried(&self, arn: &str) -> Result<Option<Carried>, ChangeError> {
        let core = self.core();
        let Some((place, Kind::Balancer, id)) = names::parse(arn) else {
            return Ok(None);
        };
        let key = place.scope().key(LoadBalancer::KIND, &id);
        let Some(found) = core.table.read::<LoadBalancer>(&key).await? else {
            return Ok(None);
        };
        let hosts = core.known_hosts().await?.into_iter();
        let serving = hosts.filter(|(_, it)| !it.lost && it.knows_endpoints());
        let serving = serving.map(|(id, _)| id).collect();
        Ok(Some(carried(&id, found, &serving)))
    }
}

fn carried(id: &str, found: Stored<LoadBalancer>, serving: &BTreeSet<String>) -> Carried {
    let still_there = found.still_there();
    let balancer = found.record;
    let there = balancer.interfaces.into_iter();
    let there = there.filter(|it| it.attached && serving.contains(&it.host));
    Carried {
        is_network: names::is_network(id),
        zones: balancer.subnets.into_iter().map(|it| it.zone).collect(),
        hosts: there.map(|it| (it.host, it.zone)).collect(),
        still_there,
    }
}

/// That no endpoint service has the load balancer, and none is given it before it is gone.
pub async fn unused(core: &Core, arn: &str) -> Result<Option<Compare>, Fault> {
    let found = core.parts.endpoint_services.have(arn).await;
    match found.map_err(|error| fault::server(&error))? {
        (true, _) => Err(fault::balancer_in_use(arn)),
        (false, unchanged) => Ok(unchanged),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_keys_are_about() {
        let place = Place::new("000000000000", "us-east-1");
        let key = place.scope().key(LoadBalancer::KIND, "net/a/1");
        let arn = "arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/net/a/1";
        assert_eq!(
            carried_change(&key),
            Some(CarriedChange::One(arn.to_owned()))
        );
        let host = names::platform_scope().key(Host::KIND, "i-1");
        assert_eq!(carried_change(&host), Some(CarriedChange::All));
        let other = place.scope().key("target-group", "a/1");
        assert_eq!(carried_change(&other), None);
    }
}
