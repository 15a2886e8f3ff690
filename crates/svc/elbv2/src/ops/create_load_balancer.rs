//! CreateLoadBalancer writes what is wanted, with a public address; the reconciler gives it its
//! interfaces.

use std::net::Ipv4Addr;

use rand::Rng;
use wharf_api_elbv2::{CreateLoadBalancerInput, CreateLoadBalancerOutput, faults};
use wharf_base::ids;
use wharf_records::{Record, Unknown, encode};
use wharf_service::transact;
use wharf_store::{Compare, Range, Txn};
use wharf_wire::{Call, Fault};

use crate::{
    address::candidates,
    check,
    core::{ChangeError, Core},
    describe, fault,
    names::{self, Kind, Names as _, Place, platform_scope},
    network,
    records::{Attributes, BalancerName, Guard, LoadBalancer, PublicAddress, Scheme, Status},
    tree::first_guard,
};

/// In one account and region, as in AWS.
const MAX_BALANCERS: u64 = 50;

pub async fn create_load_balancer(
    core: &Core,
    call: &Call,
    input: CreateLoadBalancerInput,
) -> Result<CreateLoadBalancerOutput, Fault> {
    let name = input.name.clone().unwrap_or_default();
    check::name::balancer(&name)?;
    refuse_unsupported(&input)?;
    let network = input.type_.as_deref() == Some("network");
    let tags = check::tags::given(input.tags)?;
    let scheme = match input.scheme.as_deref() {
        Some("internal") => Scheme::Internal,
        _ => Scheme::InternetFacing,
    };
    let ids = network::given_subnets(input.subnets, input.subnet_mappings)?;
    let dual_stack = network::dual_stack(input.ip_address_type.as_deref().unwrap_or("ipv4"))?;
    let fewest = fewest_subnets(network);
    let (subnets, vpc) = network::subnets(core, call, &ids, fewest, dual_stack).await?;
    let security_groups = network::security_groups(core, call, &vpc, input.security_groups).await?;
    let wanted = LoadBalancer {
        dns_name: dns_name(&name, network, scheme, &call.region),
        name,
        scheme,
        vpc,
        subnets,
        security_groups,
        dual_stack,
        status: Status::Provisioning,
        problem: None,
        public_address: None,
        interfaces: vec![],
        attributes: Attributes::new(),
        former_logs: Vec::new(),
        tags,
        created_at: call.now,
        unknown: Unknown::new(),
    };
    let place = Place::of(call);
    Ok(transact!(core.table, &call.permit, |tx| {
        if let Some((id, there)) = named(core, &place, &wanted.name).await? {
            if names::is_network(&id) != network || !same(&there, &wanted) {
                return Err(fault::duplicate_balancer(&wanted.name));
            }
            return Ok(answer(&place, &id, &there));
        }
        let part = if network { "net" } else { "app" };
        let id = format!("{part}/{}/{}", wanted.name, ids::hex16());
        let mut balancer = wanted.clone();
        if scheme == Scheme::InternetFacing {
            balancer.public_address = Some(free_address(core).await?);
        }
        tx.join(insertion(core, &place, &id, &balancer).await?);
        answer(&place, &id, &balancer)
    }))
}

fn answer(place: &Place, id: &str, balancer: &LoadBalancer) -> CreateLoadBalancerOutput {
    CreateLoadBalancerOutput {
        load_balancers: Some(vec![describe::balancer(place, id, balancer)]),
    }
}

fn refuse_unsupported(input: &CreateLoadBalancerInput) -> Result<(), Fault> {
    match input.type_.as_deref() {
        None | Some("application" | "network") => {}
        Some(other) => {
            return Err(fault::unsupported(format_args!(
                "A load balancer of type '{other}'"
            )));
        }
    }
    if input.customer_owned_ipv4_pool.is_some() || input.ipam_pools.is_some() {
        return Err(fault::unsupported("An address pool of a load balancer"));
    }
    if input.enable_prefix_for_ipv6_source_nat.as_deref() == Some("on") {
        return Err(fault::unsupported("IPv6 source NAT"));
    }
    Ok(())
}

/// `web-1234567890.us-east-1.elb.localhost`: a name that resolvers map to this machine. That of an
/// internal one is its VPC's alone, and ends so that no program takes it for this machine.
///
/// A network load balancer is `web-0123456789abcdef.us-east-1.elb.localhost`, internal or not.
fn dns_name(name: &str, network: bool, scheme: Scheme, region: &str) -> String {
    let (prefix, domain) = match scheme {
        Scheme::InternetFacing => ("", "elb.localhost"),
        Scheme::Internal => ("internal-", "elb.internal"),
    };
    if network {
        return format!("{name}-{}.{region}.{domain}", ids::hex16());
    }
    let digits = rand::rng().random_range(1_000_000_000_u64..10_000_000_000);
    format!("{prefix}{name}-{digits}.{region}.{domain}")
}

/// A network load balancer may be in one zone alone, as in AWS.
pub fn fewest_subnets(network: bool) -> usize {
    if network { 1 } else { 2 }
}

/// The load balancer of a name, with its id.
pub async fn named(
    core: &Core,
    place: &Place,
    name: &str,
) -> Result<Option<(String, LoadBalancer)>, Fault> {
    let scope = place.scope();
    let Some(pointer) = core
        .table
        .read::<BalancerName>(&scope.key(BalancerName::KIND, name))
        .await?
    else {
        return Ok(None);
    };
    let id = pointer.record.id;
    let found = core
        .table
        .read::<LoadBalancer>(&scope.key(LoadBalancer::KIND, &id))
        .await?;
    Ok(found.map(|found| (id, found.record)))
}

/// Whether a repeated request means the load balancer that is there.
fn same(there: &LoadBalancer, wanted: &LoadBalancer) -> bool {
    let sorted = |groups: &[String]| {
        let mut groups = groups.to_vec();
        groups.sort();
        groups
    };
    there.scheme == wanted.scheme
        && there.dual_stack == wanted.dual_stack
        && there.subnets == wanted.subnets
        && sorted(&there.security_groups) == sorted(&wanted.security_groups)
}

/// An address of the public range that no load balancer has.
async fn free_address(core: &Core) -> Result<Ipv4Addr, Fault> {
    let scope = platform_scope();
    for address in candidates(core.parts.config.public_cidr) {
        let key = scope.key(PublicAddress::KIND, &address.to_string());
        let taken = core
            .parts
            .store
            .get(&key)
            .await
            .map_err(ChangeError::from)?;
        if taken.is_none() {
            return Ok(address);
        }
    }
    Err(fault::configuration(
        "No address is free in the range of public addresses",
    ))
}

/// Writes the load balancer if its name and its address are free.
async fn insertion(
    core: &Core,
    place: &Place,
    id: &str,
    balancer: &LoadBalancer,
) -> Result<Txn, Fault> {
    let scope = place.scope();
    let count = Range::prefix(scope.prefix(LoadBalancer::KIND)).count_only();
    let count = core
        .parts
        .store
        .range(count)
        .await
        .map_err(ChangeError::from)?
        .count;
    if count as u64 >= MAX_BALANCERS {
        return Err(faults::too_many_load_balancers_exception(
            "The maximum number of load balancers has been reached",
        ));
    }
    let name_key = scope.key(BalancerName::KIND, &balancer.name);
    let name = BalancerName {
        id: id.to_owned(),
        unknown: Unknown::new(),
    };
    let mut txn = Txn::new()
        .when(Compare::absent(&name_key))
        .put(name_key, encode(&name))
        .put(scope.key(LoadBalancer::KIND, id), encode(balancer))
        .put(scope.key(Guard::KIND, id), encode(&first_guard()));
    if let Some(address) = balancer.public_address {
        let key = platform_scope().key(PublicAddress::KIND, &address.to_string());
        let claim = PublicAddress {
            owner: place.arn(Kind::Balancer, id),
            unknown: Unknown::new(),
        };
        txn = txn.when(Compare::absent(&key)).put(key, encode(&claim));
    }
    Ok(txn)
}
