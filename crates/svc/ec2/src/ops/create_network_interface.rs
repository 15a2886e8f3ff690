//! CreateNetworkInterface claims an address and writes the interface in one transaction.

use std::{collections::HashSet, net::Ipv4Addr};

use wharf_api_ec2::types::{CreateNetworkInterfaceRequest, CreateNetworkInterfaceResult};
use wharf_records::{Record as _, Unknown, encode};
use wharf_service::transact;
use wharf_store::{Compare, Txn};
use wharf_wire::{Call, CallerKind, Fault};

use super::{
    interfaces::{checked_description, group_names, groups},
    ipv6_addresses,
    private_addresses::{MOST, Named},
};
use crate::{
    Ec2Service,
    address::Addresses as _,
    fault, ipv6, quota,
    records::{
        AddressClaim, BALANCER_REQUESTER, FILES_REQUESTER, Interface, Pointer, Secondary,
        SecurityGroup, Subnet, claim_id,
    },
    table::{LeanOn, client_token},
    tags,
};

pub async fn create_network_interface(
    service: &Ec2Service,
    call: &Call,
    input: CreateNetworkInterfaceRequest,
) -> Result<CreateNetworkInterfaceResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let token = client_token(input.client_token.as_deref())?;
    let token_id = token.map(|token| token_id(call, token));
    let subnet_id = input.subnet_id.as_deref().unwrap_or_default();
    if let Some(made) = made_before(service, call, token_id.as_deref()).await? {
        if made.subnet_id != subnet_id {
            return Err(fault::token_reused());
        }
        return answer(service, call, made, input.client_token).await;
    }
    let subnet: Subnet = service.get(call, subnet_id).await?;
    let named = Named::of(
        input.private_ip_address.as_deref(),
        input.private_ip_addresses.as_deref(),
        input.secondary_private_ip_address_count,
        MOST,
    )?;
    let mut ipv6 = ipv6_addresses::Named::of_members(
        input.ipv6_addresses.as_deref(),
        input.ipv6_address_count,
        ipv6::MOST,
    )?;
    // What services make for themselves gets what they ask for.
    if call.caller.kind == CallerKind::Service {
        ipv6.count = ipv6.count.or(Some(0));
    }
    let (most, code) = (quota::INTERFACES, "NetworkInterfaceLimitExceeded");
    let _turn = match call.caller.kind {
        CallerKind::Service => None,
        _ => {
            let free = service.require_quota::<Interface>(call, most, code, "network interfaces");
            Some(free.await?)
        }
    };
    let interface = transact!(service.table, &call.permit, |tx| {
        // Another call with the same token may have been faster.
        if let Some(made) = made_before(service, call, token_id.as_deref()).await? {
            return answer(service, call, made, input.client_token).await;
        }
        let mut taken = HashSet::new();
        let chosen = named.choose(service, call, &subnet, &mut taken).await?;
        let mut taken = HashSet::new();
        let six = ipv6.choose(service, call, &subnet, &mut taken).await?;
        let interface = Interface {
            ipv6: six,
            token_id: token_id.clone(),
            secondary: chosen.secondary.into_iter().map(Secondary::new).collect(),
            ..interface(service, call, &input, &subnet, chosen.primary).await?
        };
        let place = (subnet.id.as_str(), &interface.ipv6[..]);
        tx.join(ipv6_addresses::kept(service, call, claim(call, &interface), place).await?);
        interface
    });
    answer(service, call, interface, input.client_token).await
}

/// Tokens of services and of users never meet.
fn token_id(call: &Call, token: &str) -> String {
    match call.caller.kind {
        CallerKind::Service => format!("service-interface-token:{}:{token}", call.caller.arn),
        _ => format!("interface-token:{token}"),
    }
}

async fn made_before(
    service: &Ec2Service,
    call: &Call,
    token_id: Option<&str>,
) -> Result<Option<Interface>, Fault> {
    let Some(token_id) = token_id else {
        return Ok(None);
    };
    match service.find::<Pointer>(call, token_id).await? {
        Some(pointer) => service.find(call, &pointer.id).await,
        None => Ok(None),
    }
}

pub async fn is_taken(
    service: &Ec2Service,
    call: &Call,
    subnet: &Subnet,
    address: Ipv4Addr,
) -> Result<bool, Fault> {
    let claim = claim_id(&subnet.id, address);
    let found = service.find::<AddressClaim>(call, &claim).await?;
    Ok(found.is_some())
}

/// The next address in the subnet's circle, and if that is taken, the next that nobody has, none of those that are kept
/// for who names them. `chosen`: what the same call has found already.
pub async fn free_address(
    service: &Ec2Service,
    call: &Call,
    subnet: &Subnet,
    chosen: &HashSet<Ipv4Addr>,
) -> Result<Ipv4Addr, Fault> {
    let full = || fault::no_free_address(&subnet.id);
    let start = service.cursors.next(&subnet.id, subnet.cidr);
    let candidates = subnet.cidr.candidates(start);
    let mut candidates = candidates.filter(|address| !subnet.reserves(*address));
    let next = candidates.next().ok_or_else(full)?;
    if !chosen.contains(&next) && !is_taken(service, call, subnet, next).await? {
        return Ok(next);
    }
    let prefix = Ec2Service::key::<AddressClaim>(call, &format!("{}:", subnet.id));
    let claims = service.table.keys(&prefix).await?;
    let taken: HashSet<Ipv4Addr> = claims
        .iter()
        .filter_map(|key| key.strip_prefix(&prefix)?.parse().ok())
        .collect();
    candidates
        .find(|address| !taken.contains(address) && !chosen.contains(address))
        .ok_or_else(full)
}

async fn interface(
    service: &Ec2Service,
    call: &Call,
    input: &CreateNetworkInterfaceRequest,
    subnet: &Subnet,
    address: Ipv4Addr,
) -> Result<Interface, Fault> {
    let wanted = input.groups.as_deref().unwrap_or_default();
    let specifications = input.tag_specifications.as_deref();
    Ok(Interface {
        groups: groups(service, call, &subnet.vpc_id, wanted).await?,
        description: checked_description(input.description.as_deref())?,
        operator: operator(call, input)?,
        load_balancer: served(call),
        requester: (call.caller.kind == CallerKind::Service).then(|| call.caller.arn.clone()),
        tags: tags::specified(call, specifications, Interface::KIND)?,
        ..Interface::new(subnet, address, call.now)
    })
}

/// Services alone act on machines of others.
fn operator(call: &Call, input: &CreateNetworkInterfaceRequest) -> Result<Option<String>, Fault> {
    let operator = input.operator.as_ref().and_then(|it| it.principal.clone());
    match operator {
        Some(_) if call.caller.kind != CallerKind::Service => Err(fault::operator_reserved()),
        other => Ok(other),
    }
}

/// The load balancer that Elastic Load Balancing makes an interface for, or the file system that EFS does.
fn served(call: &Call) -> Option<String> {
    let caller = &call.caller;
    let wired_without_a_task = [BALANCER_REQUESTER, FILES_REQUESTER];
    let is_one = caller.kind == CallerKind::Service && wired_without_a_task.contains(&&*caller.arn);
    call.source_arn.clone().filter(|_| is_one)
}

/// Writes the interface, unless its address or token is taken meanwhile, or the subnet or a group
/// goes.
pub fn claim(call: &Call, interface: &Interface) -> Txn {
    let mut txn =
        with_address(Txn::new(), call, interface).lean_on::<Subnet>(call, &interface.subnet_id);
    for group in &interface.groups {
        txn = txn.lean_on::<SecurityGroup>(call, group);
    }
    if let Some(token_id) = &interface.token_id {
        let key = Ec2Service::key::<Pointer>(call, token_id);
        txn = txn
            .when(Compare::absent(key.clone()))
            .put(key, encode(&Pointer::to(&interface.id)));
    }
    txn
}

/// Puts an interface, which has its addresses from then on.
pub fn with_address(txn: Txn, call: &Call, interface: &Interface) -> Txn {
    let address = AddressClaim {
        interface_id: interface.id.clone(),
        unknown: Unknown::new(),
    };
    let claimed = interface.claim_ids().fold(txn, |txn, id| {
        let key = Ec2Service::key::<AddressClaim>(call, &id);
        txn.when(Compare::absent(key.clone()))
            .put(key, encode(&address))
    });
    claimed.put(
        Ec2Service::key::<Interface>(call, &interface.id),
        encode(interface),
    )
}

async fn answer(
    service: &Ec2Service,
    call: &Call,
    interface: Interface,
    client_token: Option<String>,
) -> Result<CreateNetworkInterfaceResult, Fault> {
    let interface = [interface];
    let names = group_names(service, call, &interface).await?;
    Ok(CreateNetworkInterfaceResult {
        network_interface: Some(interface[0].to_wire(call, &names)),
        client_token,
    })
}
