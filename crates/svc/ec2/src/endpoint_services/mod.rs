//! Endpoint services: network load balancers that VPCs of other accounts reach by interface endpoints.
//!
//! A service is a record in its provider's account ([`EndpointService`]), found by everybody through one of no account
//! ([`ServicePlace`]). An endpoint that leads to it is the consumer's record ([`VpcEndpoint`]),
//! whose [`Link`] says whether the provider has accepted it; the provider finds it through a record of its own
//! ([`Connection`]), which is made and deleted with it.
//!
//! The interfaces of an endpoint are attached to hosts that carry the load balancers, each to one: to the other hosts of the
//! consumer's VPC it is where it is, as a task's would be, and the load balancer listens there as it does in its own VPC
//! ([`fronts`], pure; [`reconcile`] does as that says). So nothing joins the two VPCs but what the load balancer carries, and
//! their ranges may be the same. Targets see the load balancer, never the consumer.
//!
//! What a provider rejects is cut in the transaction that says so; what it accepts is attached by the reconciler.
//!
//! A service may have a name of the provider's own ([`private_name`]), which endpoints have in their VPCs beside theirs.

mod balancers;
mod connections;
mod create;
mod delete;
mod describe;
pub(crate) mod fault;
mod fronts;
mod modify;
mod permissions;
mod private_name;
mod reconcile;
mod records;

use wharf_base::Arn;
use wharf_records::{Record, Scope, encode};
use wharf_service::platform;
use wharf_store::{Compare, Txn};
use wharf_wire::{Context, Fault};

pub use balancers::{Balancers, Carrier, FoundBalancer, ToldOf};
pub use connections::{accept, check_room, describe as describe_connections, reject};
pub use create::create;
pub use delete::delete;
pub use describe::{Offered, configurations, offered};
pub use modify::modify;
pub use permissions::{describe as describe_permissions, modify as modify_permissions};
pub use private_name::{PrivateName, TextRecords, Verification, usable as usable_name, verify};
pub use reconcile::{Wake, follow_balancers, reconcile};
pub use records::{Connection, EndpointService, Front, Link, LinkState, ServicePlace};

use crate::{
    Ec2Service,
    endpoints::VpcEndpoint,
    fault::ChangeError,
    records::{Fence, Subnet},
    table::{SERVICE, Stored},
};

/// Services of one account in one region. AWS names no number.
const MAX_SERVICES: usize = 100;
/// Load balancers of one service; each endpoint is at one of them in each of its subnets.
const MAX_BALANCERS: usize = 10;
/// Principals that one service names, and that one request names.
const MAX_PRINCIPALS: usize = 200;
/// Endpoints that lead to one service and were not rejected.
const MAX_CONNECTIONS: usize = 1_000;
/// With those that were, which only their owners can delete: no list is endless.
const MAX_KNOWN: usize = 10 * MAX_CONNECTIONS;

/// Rewritten by whoever gives a load balancer to a service, so that one that is deleted meanwhile is not.
const GIVEN: &str = "vpc-endpoint-service-balancers";

/// How names of these services begin, before their region.
const NAME: &str = "com.amazonaws.vpce.";

/// `com.amazonaws.vpce.us-east-1.vpce-svc-…`
pub fn name_of(id: &str, region: &str) -> String {
    format!("{NAME}{region}.{id}")
}

/// The id in the name of a service of a region.
pub fn id_in<'a>(name: &'a str, region: &str) -> Option<&'a str> {
    let rest = name.strip_prefix(NAME)?.strip_prefix(region)?;
    rest.strip_prefix('.').filter(|id| is_id(id))
}

/// What the names of its endpoints end with.
pub fn base_name(id: &str, region: &str) -> String {
    format!("{id}.{region}.vpce.amazonaws.com")
}

/// Whether it is the id of such a service.
pub fn is_id(text: &str) -> bool {
    text.strip_prefix("vpce-svc-")
        .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|it| it.is_ascii_alphanumeric()))
}

pub fn scope_of(account: &str, region: &str) -> Scope {
    Scope::new(SERVICE, account, region)
}

fn place_key(region: &str, id: &str) -> String {
    platform::scope(SERVICE).key(ServicePlace::KIND, &format!("{region}:{id}"))
}

fn connection_id(service: &str, endpoint: &str) -> String {
    format!("{service}:{endpoint}")
}

/// Key of what the provider finds an endpoint by.
pub fn connection_key(provider: &Scope, service: &str, endpoint: &str) -> String {
    provider.key(Connection::KIND, &connection_id(service, endpoint))
}

impl Ec2Service {
    /// A service of the region, wherever its account is, with that account.
    pub(crate) async fn endpoint_service(
        &self,
        region: &str,
        id: &str,
    ) -> Result<Option<(String, Stored<EndpointService>)>, Fault> {
        let place = self
            .table
            .read::<ServicePlace>(&place_key(region, id))
            .await?;
        let Some(place) = place else {
            return Ok(None);
        };
        let account = place.record.account;
        let key = scope_of(&account, region).key(EndpointService::KIND, id);
        let found = self.table.read::<EndpointService>(&key).await?;
        Ok(found.map(|it| (account, it)))
    }

    /// The same of one that the caller may know of.
    pub(crate) async fn admitting_service(
        &self,
        cx: &Context,
        id: &str,
    ) -> Result<Option<(String, Stored<EndpointService>)>, Fault> {
        let found = self.endpoint_service(&cx.region, id).await?;
        Ok(found.filter(|(account, it)| it.record.admits(account, cx)))
    }

    /// What else comes to depend on a service meanwhile makes the transaction fail, and the transaction the service's end.
    pub(crate) async fn alone_at(
        &self,
        txn: Txn,
        provider: &Scope,
        service: &str,
    ) -> Result<Txn, ChangeError> {
        let unchanged = self.unchanged(provider, service).await?;
        let key = provider.key(Fence::KIND, service);
        Ok(txn.when(unchanged).put(key, encode(&Fence {})))
    }

    /// That a fence stays as it is now.
    pub(crate) async fn unchanged(&self, scope: &Scope, id: &str) -> Result<Compare, ChangeError> {
        let key = scope.key(Fence::KIND, id);
        let found = self.table.read::<Fence>(&key).await?;
        Ok(found.map_or_else(|| Compare::absent(key), |it| it.unchanged()))
    }

    /// All connections of one of the caller's services, or of all of them.
    pub(crate) async fn connections(
        &self,
        provider: &Scope,
        service: Option<&str>,
    ) -> Result<Vec<Connection>, ChangeError> {
        let start = service.map(|id| connection_id(id, "")).unwrap_or_default();
        let all = self.table.all::<Connection>(provider, &start).await?;
        Ok(all.into_iter().map(|(_, it)| it.record).collect())
    }
}

/// Whether a service has the load balancer of that ARN, and a comparison that holds for as long as none is given any of the
/// load balancer's account and region; `None` if that is no ARN.
///
/// # Errors
/// The store's.
pub async fn have(
    service: &Ec2Service,
    balancer: &str,
) -> Result<(bool, Option<Compare>), ChangeError> {
    let Ok(arn) = balancer.parse::<Arn>() else {
        return Ok((false, None));
    };
    let provider = scope_of(&arn.account, &arn.region);
    let unchanged = service.unchanged(&provider, GIVEN).await?;
    let all = service.table.all::<EndpointService>(&provider, "").await?;
    let mut all = all.iter().flat_map(|(_, it)| &it.record.balancers);
    Ok((all.any(|it| it == balancer), Some(unchanged)))
}

/// The zones of a service, in order: those of its load balancers.
pub async fn zones(service: &Ec2Service, balancers: &[String]) -> Result<Vec<String>, Fault> {
    let mut zones = std::collections::BTreeSet::new();
    for arn in balancers {
        let found = service.balancer(arn).await?;
        zones.extend(found.into_iter().flat_map(|it| it.zones));
    }
    Ok(zones.into_iter().collect())
}

/// That the service of an endpoint is where these subnets are.
pub async fn check_zones(
    service: &Ec2Service,
    cx: &Context,
    endpoint: &VpcEndpoint,
    subnets: &[String],
) -> Result<(), Fault> {
    let found = service
        .endpoint_service(&cx.region, &endpoint.service)
        .await?;
    let balancers = found.map(|(_, it)| it.record.balancers);
    let zones = zones(service, &balancers.unwrap_or_default()).await?;
    for id in subnets {
        let subnet: Subnet = service.get(cx, id).await?;
        if !zones.contains(&subnet.zone) {
            let name = name_of(&endpoint.service, &cx.region);
            return Err(fault::not_in_zone(&name, id));
        }
    }
    Ok(())
}

/// ARN of an endpoint of an account.
pub fn endpoint_arn(scope: &Scope, id: &str) -> String {
    let resource = format!("vpc-endpoint/{id}");
    Arn::new("ec2", &scope.region, &scope.account, resource).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_services() {
        let id = "vpce-svc-0123456789abcdef0";
        let name = name_of(id, "us-east-1");
        assert_eq!(
            name,
            "com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0"
        );
        assert_eq!(id_in(&name, "us-east-1"), Some(id));
        for (odd, region) in [
            (name.as_str(), "eu-west-1"),
            ("com.amazonaws.vpce.us-east-1.", "us-east-1"),
            ("com.amazonaws.vpce.us-east-1.vpce-svc-", "us-east-1"),
            ("com.amazonaws.vpce.us-east-1.vpce-svc-1:2", "us-east-1"),
            ("com.amazonaws.vpce.us-east-1.vpce-1", "us-east-1"),
            ("com.amazonaws.us-east-1.s3", "us-east-1"),
        ] {
            assert_eq!(id_in(odd, region), None, "{odd}");
        }
    }
}
