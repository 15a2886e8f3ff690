//! What making and modifying endpoints have in common: routes in tables, interfaces in subnets, what is checked.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use wharf_api_ec2::types::SubnetConfiguration;
use wharf_iam::{Document, DocumentKind};
use wharf_records::encode;
use wharf_service::principals;
use wharf_store::Txn;
use wharf_wire::{Call, Context, Fault};

use super::{EndpointInterface, MAX_LISTED, MAX_POLICY, Service, VpcEndpoint, fault, managed};
use crate::{
    Ec2Service,
    fault::{Ec2Faults, bad_value},
    ops::{create_network_interface::with_address, private_addresses::named_or_free, routes},
    records::{
        AddressClaim, ENDPOINT_REQUESTER, Interface, ListRoute, RouteTable, RouteTarget,
        SecurityGroup, Subnet, Vpc, claim_id,
    },
    table::{LeanOn as _, Stored},
};

/// What an endpoint has that was made without a policy.
pub const OPEN: &str = r#"{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#;

/// A policy as it is stored: for the very users and roles that it names.
pub async fn checked_policy(call: &Call, text: &str) -> Result<String, Fault> {
    if text.len() > MAX_POLICY {
        return Err(fault::bad_policy(&format!(
            "It is longer than {MAX_POLICY} bytes."
        )));
    }
    Document::parse(text, DocumentKind::Resource)
        .map_err(|error| fault::bad_policy(&error.to_string()))?;
    let nobody = |arn: &str| fault::bad_policy(&format!("There is no principal {arn}."));
    let bound = principals::bound(call, text.to_owned()).await;
    bound.map_err(|it| it.fault::<Ec2Faults>(nobody))
}

/// Each once.
pub fn each(given: &Option<Vec<String>>) -> Result<Vec<String>, Fault> {
    let given = given.as_deref().unwrap_or_default();
    if given.len() > MAX_LISTED {
        return Err(bad_value(format!(
            "At most {MAX_LISTED} ids can be given at once."
        )));
    }
    let mut known = HashSet::new();
    let new = given.iter().filter(|id| known.insert(*id));
    Ok(new.cloned().collect())
}

/// Whether a table leads to the endpoint.
pub fn leads_to(table: &RouteTable, endpoint: &str) -> bool {
    let mut targets = table.list_routes.iter().map(|it| &it.target);
    targets.any(|it| matches!(it, RouteTarget::Endpoint(id) if id == endpoint))
}

/// The tables that lead to the endpoint.
pub async fn tables_of(
    service: &Ec2Service,
    cx: &Context,
    endpoint: &str,
) -> Result<Vec<Stored<RouteTable>>, Fault> {
    let all = service
        .table
        .all::<RouteTable>(&Ec2Service::scope(cx), "")
        .await?;
    let all = all.into_iter().map(|(_, stored)| stored);
    Ok(all.filter(|it| leads_to(&it.record, endpoint)).collect())
}

/// A route to the endpoint's service in each of the tables.
pub async fn add_routes(
    service: &Ec2Service,
    call: &Call,
    mut txn: Txn,
    endpoint: &VpcEndpoint,
    tables: &[String],
) -> Result<Txn, Fault> {
    let Some(list) = list_of(endpoint, &call.region) else {
        return Ok(txn);
    };
    for id in tables {
        let stored = service.get_stored::<RouteTable>(call, id).await?;
        let mut table = stored.record.clone();
        if table.vpc_id != endpoint.vpc_id {
            return Err(fault::apart("route table", id, &endpoint.vpc_id));
        }
        if table.list_routes.iter().any(|it| it.list.id == list) {
            return Err(fault::route_exists(id, &list));
        }
        let listed = managed::listed(&call.region, &list);
        table.list_routes.extend(listed.map(|list| ListRoute {
            list,
            target: RouteTarget::Endpoint(endpoint.id.clone()),
        }));
        routes::check_room(&table)?;
        txn = txn
            .when(stored.unchanged())
            .put(&stored.key, encode(&table));
    }
    Ok(txn)
}

pub fn remove_routes(mut txn: Txn, endpoint: &str, tables: Vec<Stored<RouteTable>>) -> Txn {
    for stored in tables {
        let mut table = stored.record.clone();
        table
            .list_routes
            .retain(|it| !matches!(&it.target, RouteTarget::Endpoint(id) if id == endpoint));
        txn = txn
            .when(stored.unchanged())
            .put(&stored.key, encode(&table));
    }
    txn
}

fn list_of(endpoint: &VpcEndpoint, region: &str) -> Option<String> {
    Service::short(&endpoint.service).map(|it| managed::id(it, region))
}

/// The addresses that interfaces in `subnets` are to have, by subnet.
pub fn addresses(
    given: Option<&[SubnetConfiguration]>,
    subnets: &[String],
) -> Result<BTreeMap<String, String>, Fault> {
    let mut addresses = BTreeMap::new();
    let mut known = BTreeSet::new();
    for one in given.unwrap_or_default() {
        let id = one.subnet_id.clone().unwrap_or_default();
        // There are no more than subnets, each once.
        if !subnets.contains(&id) || !known.insert(id.clone()) {
            return Err(fault::odd_configuration(&id));
        }
        if let Some(address) = one.ipv4.clone().filter(|it| !it.is_empty()) {
            addresses.insert(id, address);
        }
    }
    Ok(addresses)
}

/// An interface of the endpoint in each of the subnets, which are in zones of their own.
pub async fn new_interfaces(
    service: &Ec2Service,
    call: &Call,
    endpoint: &mut VpcEndpoint,
    (subnets, addresses): (&[String], &BTreeMap<String, String>),
) -> Result<Vec<Interface>, Fault> {
    let mut made = Vec::new();
    for id in subnets {
        let subnet: Subnet = service.get(call, id).await?;
        if subnet.vpc_id != endpoint.vpc_id {
            return Err(fault::apart("subnet", id, &endpoint.vpc_id));
        }
        if endpoint.interfaces.iter().any(|it| it.zone == subnet.zone) {
            return Err(fault::zone_taken(id));
        }
        let named = addresses.get(id).map(String::as_str);
        let address = named_or_free(service, call, &subnet, named).await?;
        let interface = Interface {
            description: format!("VPC Endpoint Interface {}", endpoint.id),
            requester: Some(ENDPOINT_REQUESTER.to_owned()),
            groups: endpoint.groups.clone(),
            ..Interface::new(&subnet, address, call.now)
        };
        endpoint.interfaces.push(EndpointInterface {
            id: interface.id.clone(),
            subnet_id: subnet.id.clone(),
            subnet_cidr: subnet.cidr,
            zone: subnet.zone.clone(),
            address,
            mac: interface.mac.clone(),
            since: Some(call.now),
        });
        made.push(interface);
    }
    Ok(made)
}

/// Writes new interfaces, unless an address is taken meanwhile, or a subnet or a group goes.
pub fn put_interfaces(mut txn: Txn, call: &Call, made: &[Interface]) -> Txn {
    let subnets: BTreeSet<&String> = made.iter().map(|it| &it.subnet_id).collect();
    for subnet in subnets {
        txn = txn.lean_on::<Subnet>(call, subnet);
    }
    for interface in made {
        txn = with_address(txn, call, interface);
    }
    txn
}

pub fn lean_on_groups(mut txn: Txn, call: &Call, groups: &[String]) -> Txn {
    for group in groups {
        txn = txn.lean_on::<SecurityGroup>(call, group);
    }
    txn
}

/// Gives an interface and its address back.
pub async fn delete_interface(
    service: &Ec2Service,
    call: &Call,
    txn: Txn,
    id: &str,
) -> Result<Txn, Fault> {
    let Some(stored) = service.stored::<Interface>(call, id).await? else {
        return Ok(txn);
    };
    let claim = claim_id(&stored.record.subnet_id, stored.record.address);
    let claim = Ec2Service::key::<AddressClaim>(call, &claim);
    Ok(txn
        .when(stored.unchanged())
        .delete(&stored.key)
        .delete(claim))
}

/// Whether the VPC can know this endpoint by the name of its service, which it has here already.
pub async fn check_private_dns(
    service: &Ec2Service,
    cx: &Context,
    endpoint: &VpcEndpoint,
) -> Result<(), Fault> {
    let vpc: Vpc = service.get(cx, &endpoint.vpc_id).await?;
    if !(vpc.dns_support && vpc.dns_hostnames()) {
        return Err(fault::no_dns_attributes(&vpc.id));
    }
    let all: Vec<VpcEndpoint> = service.all(cx).await?;
    let Some(name) = endpoint.private_name(&cx.region) else {
        return Ok(());
    };
    match all
        .iter()
        .any(|it| it.has_name(endpoint, &name, &cx.region))
    {
        true => Err(fault::conflicting_name(&name, &vpc.id)),
        false => Ok(()),
    }
}
