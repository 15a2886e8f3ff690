//! Keeps the interfaces of endpoints where their load balancers are, and the private names of services with those endpoints that
//! are to have them.
//!
//! | woken by | what is looked at |
//! | --- | --- |
//! | an endpoint that changed or went | it, and those of its account and region that are without a private name |
//! | a service that changed | the endpoints that lead to it |
//! | a load balancer that changed | the services that have it |
//! | a host of load balancers that came or went | all services |
//!
//! Each look compares what is with what should be, in one transaction, so it may be repeated and may come from anywhere.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use wharf_base::Arn;
use wharf_reconcile::Next;
use wharf_records::{Record as _, Scope, encode};
use wharf_service::{Look, Reach, feed, fence, platform};
use wharf_store::Txn;
use wharf_wire::Fault;

use super::{Carrier, EndpointService, LinkState, ServicePlace, ToldOf, fronts, scope_of};
use crate::{
    Ec2Service, endpoints::VpcEndpoint, fault::Ec2Faults, instances::PERMIT, table::SERVICE,
};

/// Before another look where somebody came between.
const RETRY: Duration = Duration::from_millis(100);

type StepError = wharf_service::StepError<Ec2Faults>;

/// What is looked at.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Wake {
    /// By its key.
    Endpoint(String),
    /// By its key.
    Service(String),
    /// Those of an account and region that are to have a private name and have none: another one may have given it up.
    /// Only what is written wakes them, never a look, so that two that are without do not wake each other.
    Unnamed(Scope),
    /// By its ARN.
    Balancer(String),
    AllServices,
}

/// Has those looked at whom a change of load balancing concerns.
pub async fn follow_balancers(service: Ec2Service, stop: CancellationToken) {
    let Some(balancers) = service.balancers.get().cloned() else {
        return;
    };
    let changed = |key: &str, _: Look| {
        match balancers.told(key) {
            Some(ToldOf::One(arn)) => service.instances.links.wake(Wake::Balancer(arn)),
            Some(ToldOf::All) => service.instances.links.wake(Wake::AllServices),
            None => {}
        }
        Reach::One
    };
    let store = service.table.store().clone();
    feed(store, balancers.told_by(), stop, changed).await;
}

pub async fn reconcile(service: &Ec2Service, wake: Wake) -> Result<Next, StepError> {
    let links = &service.instances.links;
    match wake {
        Wake::Endpoint(key) => return endpoint(service, &key).await,
        Wake::Service(key) => {
            let Some((provider, _, id)) = Scope::parse(&key) else {
                return Ok(Next::Settled);
            };
            for it in service.connections(&provider, Some(&id)).await? {
                let scope = scope_of(&it.account, &provider.region);
                links.wake(Wake::Endpoint(scope.key(VpcEndpoint::KIND, &it.endpoint)));
            }
        }
        Wake::Unnamed(scope) => {
            let all = service.table.all::<VpcEndpoint>(&scope, "").await?;
            for (_, it) in all {
                if it.record.is_unnamed() {
                    links.wake(Wake::Endpoint(it.key));
                }
            }
        }
        Wake::Balancer(arn) => {
            let Ok(parsed) = arn.parse::<Arn>() else {
                return Ok(Next::Settled);
            };
            let provider = scope_of(&parsed.account, &parsed.region);
            let all = service.table.all::<EndpointService>(&provider, "").await?;
            for (_, it) in all {
                if it.record.balancers.contains(&arn) {
                    links.wake(Wake::Service(it.key));
                }
            }
        }
        Wake::AllServices => {
            let of_all = platform::scope(SERVICE);
            for (id, place) in service.table.all::<ServicePlace>(&of_all, "").await? {
                let Some((region, id)) = id.split_once(':') else {
                    continue;
                };
                let provider = scope_of(&place.record.account, region);
                links.wake(Wake::Service(provider.key(EndpointService::KIND, id)));
            }
        }
    }
    Ok(Next::Settled)
}

async fn endpoint(service: &Ec2Service, key: &str) -> Result<Next, StepError> {
    let Some(stored) = service.table.read::<VpcEndpoint>(key).await? else {
        return Ok(Next::Settled);
    };
    let Some((scope, ..)) = Scope::parse(key) else {
        return Ok(Next::Settled);
    };
    let mut endpoint = stored.record.clone();
    let Some(link) = &endpoint.link else {
        return Ok(Next::Settled);
    };
    let (carriers, private_name) = match link.state {
        LinkState::Available => {
            let found = found(service, &scope.region, &endpoint).await;
            found.map_err(|fault| StepError::Neighbour {
                action: "find the load balancers of an endpoint service",
                fault,
            })?
        }
        LinkState::PendingAcceptance | LinkState::Rejected => (Vec::new(), None),
    };
    let wanted = fronts::plan(&endpoint.interfaces, &link.fronts, &carriers);
    let mut txn = Txn::new().when(stored.unchanged());
    let private_name = match private_name {
        Some(name) if link.private_name.as_ref() != Some(&name) => {
            // Whoever else takes the name looks at the VPC's endpoints too.
            txn = service.alone_at(txn, &scope, &endpoint.vpc_id).await?;
            free(service, &scope, &endpoint, name).await?
        }
        same => same,
    };
    if wanted == link.fronts && private_name == link.private_name {
        return Ok(Next::Settled);
    }
    if let Some(link) = &mut endpoint.link {
        link.private_name = private_name;
    }
    let txn = txn.when(fence(&service.instances.shard)?);
    let now = service.instances.now();
    let txn = fronts::place(service, txn, &scope, &mut endpoint, wanted, now).await?;
    let txn = txn.put(key, encode(&endpoint));
    if !service.table.commit(&PERMIT, txn).await? {
        // A change of an interface wakes nobody.
        return Ok(Next::After(RETRY));
    }
    Ok(Next::Settled)
}

/// The hosts on which the service's load balancers are, and the name that the endpoint should have of it; none if the service is
/// gone.
async fn found(
    service: &Ec2Service,
    region: &str,
    endpoint: &VpcEndpoint,
) -> Result<(Vec<Carrier>, Option<String>), Fault> {
    let id = &endpoint.service;
    let Some((_, found)) = service.endpoint_service(region, id).await? else {
        tracing::warn!(
            endpoint = endpoint.id,
            service = id,
            "a VPC endpoint leads to a service that is gone"
        );
        return Ok((Vec::new(), None));
    };
    let mut carriers = Vec::new();
    for arn in &found.record.balancers {
        let balancer = service.balancer(arn).await?;
        carriers.extend(balancer.into_iter().flat_map(|it| it.carriers));
    }
    carriers.sort();
    let private = found.record.private_name.filter(|_| endpoint.private_dns);
    let name = private.and_then(|it| it.verified().map(str::to_owned));
    Ok((carriers, name))
}

/// The name, unless another endpoint of the VPC has it.
async fn free(
    service: &Ec2Service,
    scope: &Scope,
    endpoint: &VpcEndpoint,
    name: String,
) -> Result<Option<String>, StepError> {
    let all = service.table.all::<VpcEndpoint>(scope, "").await?;
    let mut all = all.iter().map(|(_, it)| &it.record);
    let Some(other) = all.find(|it| it.has_name(endpoint, &name, &scope.region)) else {
        return Ok(Some(name));
    };
    // It is its account's to change, and every look at the endpoint finds it again.
    tracing::debug!(
        endpoint = endpoint.id,
        name,
        other = other.id,
        "failed to give a VPC endpoint the private name of its service: another one of its VPC has it"
    );
    Ok(None)
}
