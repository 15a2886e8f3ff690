//! Where instances are, for those who lead traffic to them.

use std::net::Ipv4Addr;

use wharf_records::{Record as _, Scope};
use wharf_service::Place;
use wharf_wire::{Context, Fault};

use super::life::State;
use crate::{Ec2Service, records::Instance, table::SERVICE};

/// An instance as others reach it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    pub vpc: String,
    /// Of its first interface.
    pub address: Ipv4Addr,
    pub zone: String,
    pub runs: bool,
}

impl Ec2Service {
    /// An instance in a VPC that users see and that has not ended.
    ///
    /// # Errors
    /// The store's.
    pub async fn located(&self, place: &Place, id: &str) -> Result<Option<Located>, Fault> {
        let now = self.instances.now();
        let context = Context::internal(&place.account, &place.region, PRINCIPAL, now);
        let found: Option<Instance> = self.find(&context, id).await?;
        let has_ended =
            |it: &Instance| matches!(it.life.state, State::ShuttingDown | State::Terminated);
        let found = found.filter(|it| it.pod.is_none() && it.provider.is_host() && !has_ended(it));
        Ok(found.map(|it| Located {
            address: it.interface.address,
            runs: it.life.state.lives(),
            vpc: it.vpc_id,
            zone: it.zone,
        }))
    }
}

/// In whose name instances are looked for.
const PRINCIPAL: &str = "ec2.amazonaws.com";

/// The instance that a key of the store is about.
pub fn of_key(key: &str) -> Option<(Place, String)> {
    let (scope, kind, id) = Scope::parse(key)?;
    let is_one = scope.service == SERVICE && kind == Instance::KIND;
    is_one.then(|| (Place::of_scope(&scope), id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_instances() {
        let scope = Scope::new(SERVICE, "1", "us-east-1");
        let which = Some((Place::new("1", "us-east-1"), "i-1".to_owned()));
        assert_eq!(of_key(&scope.key(Instance::KIND, "i-1")), which);
        assert_eq!(of_key(&scope.key("vpc", "i-1")), None);
        assert_eq!(of_key("i-1"), None);
    }
}
