//! CreateSubnet, CreateDefaultSubnet, DeleteSubnet and ModifySubnetAttribute.

use wharf_api_ec2::types::{
    CreateDefaultSubnetRequest, CreateDefaultSubnetResult, CreateSubnetRequest, CreateSubnetResult,
    DeleteSubnetRequest, ModifySubnetAttributeRequest,
};
use wharf_base::ids;
use wharf_records::{Record, Unknown, ecs::Tags, encode};
use wharf_service::transact;
use wharf_store::Txn;
use wharf_wire::{Call, Fault};

use super::{
    describe_subnets::used_addresses, security_groups::default_vpc_of, subnet_cidrs,
    vpcs::subnet_range,
};
use crate::{
    Ec2Service, default_vpc, fault, quota,
    records::{ResourceName, Subnet, Vpc},
    table::LeanOn,
    tags, zone,
};

pub async fn create(
    service: &Ec2Service,
    call: &Call,
    input: CreateSubnetRequest,
) -> Result<CreateSubnetResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let cidr = subnet_range(input.cidr_block.as_deref())?;
    let specifications = input.tag_specifications.as_deref();
    let ipv6 = input.ipv6_cidr_block.as_deref();
    let ipv6 = ipv6.filter(|it| !it.is_empty()).map(subnet_cidrs::range);
    let wanted = Subnet {
        id: ids::ec2_id("subnet"),
        vpc_id: input.vpc_id.clone().unwrap_or_default(),
        cidr,
        zone: wanted_zone(
            &call.region,
            input.availability_zone.as_deref(),
            input.availability_zone_id.as_deref(),
        )?
        .unwrap_or_default(),
        default_for_zone: false,
        map_public_ip: false,
        tags: tags::specified(call, specifications, Subnet::KIND)?,
        route_table: None,
        acl_association: ids::ec2_id("aclassoc"),
        network_acl: None,
        ipv6: ipv6.transpose()?.map(subnet_cidrs::association),
        assign_ipv6: false,
        resource_names: ResourceName::default(),
        reservations: Vec::new(),
        unknown: Unknown::new(),
    };
    let made = add(service, call, wanted).await?;
    let mut shown = made.to_wire(call, 0);
    shown.ipv6_cidr_block_association_set = Some(
        (made.ipv6.iter())
            .map(|it| it.of_subnet_to_wire("associating"))
            .collect(),
    );
    Ok(CreateSubnetResult {
        subnet: Some(shown),
    })
}

pub async fn create_default(
    service: &Ec2Service,
    call: &Call,
    input: CreateDefaultSubnetRequest,
) -> Result<CreateDefaultSubnetResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let zone = wanted_zone(
        &call.region,
        input.availability_zone.as_deref(),
        input.availability_zone_id.as_deref(),
    )?
    .ok_or_else(|| fault::missing_parameter("availabilityZone"))?;
    service.ensure_default_vpc(&call.permit, call).await?;
    let vpc = default_vpc_of(service, call).await?;
    let vpc = vpc.ok_or_else(fault::default_vpc_missing)?;
    let subnets: Vec<Subnet> = service.all(call).await?;
    let is_it = |subnet: &&Subnet| subnet.default_for_zone && subnet.zone == zone;
    if let Some(known) = subnets.iter().find(is_it) {
        return Err(fault::default_subnet_exists(&known.id, &zone));
    }
    let letter = zone.chars().last().unwrap_or('a');
    let cidr = default_vpc::subnet_cidr(letter).ok_or_else(|| fault::zone_not_found(&zone))?;
    let wanted = Subnet {
        id: ids::ec2_id("subnet"),
        vpc_id: vpc.id,
        cidr,
        zone,
        default_for_zone: true,
        map_public_ip: true,
        tags: Tags::new(),
        route_table: None,
        acl_association: ids::ec2_id("aclassoc"),
        network_acl: None,
        ipv6: None,
        assign_ipv6: false,
        resource_names: ResourceName::default(),
        reservations: Vec::new(),
        unknown: Unknown::new(),
    };
    let made = add(service, call, wanted).await?;
    Ok(CreateDefaultSubnetResult {
        subnet: Some(made.to_wire(call, 0)),
    })
}

/// Writes a subnet whose range lies in its VPC's and in no other subnet's. One without a zone gets
/// the one in which the VPC has the fewest.
async fn add(service: &Ec2Service, call: &Call, mut subnet: Subnet) -> Result<Subnet, Fault> {
    Ok(transact!(service.table, &call.permit, |tx| {
        let fence = service.fence(call, &subnet.vpc_id).await?;
        let stored = service.get_stored::<Vpc>(call, &subnet.vpc_id).await?;
        let record = stored.record.clone();
        let all: Vec<Subnet> = service.all(call).await?;
        let siblings: Vec<&Subnet> = all.iter().filter(|it| it.vpc_id == record.id).collect();
        // Who else adds one changes the VPC's fence.
        if siblings.len() >= quota::SUBNETS {
            let (code, most) = ("SubnetLimitExceeded", quota::SUBNETS);
            return Err(fault::over_quota(code, "subnets of a VPC", most));
        }
        if !record.cidrs().any(|range| range.covers(subnet.cidr)) {
            return Err(fault::subnet_range(&subnet.cidr.to_string()));
        }
        if siblings.iter().any(|it| it.cidr.overlaps(subnet.cidr)) {
            return Err(fault::subnet_conflict(&subnet.cidr.to_string()));
        }
        if let Some(ipv6) = &subnet.ipv6 {
            subnet_cidrs::check(ipv6.cidr, &record, &siblings)?;
        }
        if subnet.zone.is_empty() {
            subnet.zone = emptiest_zone(&call.region, &siblings);
        }
        let txn = Txn::new()
            .when(fence)
            .when(stored.unchanged())
            .put(Ec2Service::key::<Subnet>(call, &subnet.id), encode(&subnet))
            .lean_on::<Vpc>(call, &record.id);
        tx.join(txn);
        subnet.clone()
    }))
}

fn emptiest_zone(region: &str, siblings: &[&Subnet]) -> String {
    let zones = zone::LETTERS.map(|letter| zone::name(region, letter));
    let subnets_in = |zone: &String| siblings.iter().filter(|it| it.zone == *zone).count();
    zones.into_iter().min_by_key(subnets_in).unwrap_or_default()
}

/// The zone that a request names, by name or id.
fn wanted_zone(
    region: &str,
    name: Option<&str>,
    id: Option<&str>,
) -> Result<Option<String>, Fault> {
    let (given, parameter) = match (name, id) {
        (None, None) => return Ok(None),
        (Some(name), _) => (name, "availabilityZone"),
        (None, Some(id)) => (id, "availabilityZoneId"),
    };
    let known = zone::LETTERS.into_iter().find(|letter| match name {
        Some(name) => zone::name(region, *letter) == name,
        None => zone::id(region, *letter) == given,
    });
    match known {
        Some(letter) => Ok(Some(zone::name(region, letter))),
        None => Err(fault::no_subnets_in_zone(region, given, parameter)),
    }
}

pub async fn delete(
    service: &Ec2Service,
    call: &Call,
    input: DeleteSubnetRequest,
) -> Result<(), Fault> {
    fault::dry_run(input.dry_run)?;
    let id = input.subnet_id.as_deref().unwrap_or_default();
    transact!(service.table, &call.permit, |tx| {
        let fence = service.fence(call, id).await?;
        let stored = service.get_stored::<Subnet>(call, id).await?;
        if used_addresses(service, call, id).await? > 0 {
            return Err(fault::subnet_in_use(id));
        }
        let txn = Txn::new().remove(call, &stored, fence);
        tx.join(txn);
    });
    service.cursors.forget(id);
    Ok(())
}

pub async fn modify(
    service: &Ec2Service,
    call: &Call,
    input: ModifySubnetAttributeRequest,
) -> Result<(), Fault> {
    let id = input.subnet_id.as_deref().unwrap_or_default();
    let map_public_ip = input.map_public_ip_on_launch.and_then(|it| it.value);
    let assign_ipv6 = input
        .assign_ipv6_address_on_creation
        .and_then(|it| it.value);
    let ipv4_name = input
        .enable_resource_name_dns_a_record_on_launch
        .and_then(|it| it.value);
    let ipv6_name = input
        .enable_resource_name_dns_aaaa_record_on_launch
        .and_then(|it| it.value);
    let given = [map_public_ip, assign_ipv6, ipv4_name, ipv6_name];
    match given.iter().flatten().count() {
        0 => return Err(fault::missing_parameter("attribute")),
        1 => {}
        _ => return Err(fault::one_attribute_only()),
    }
    let decide = |subnet: &mut Subnet| {
        if assign_ipv6 == Some(true) && subnet.ipv6.is_none() {
            return Err(fault::subnet_without_ipv6(id));
        }
        subnet.assign_ipv6 = assign_ipv6.unwrap_or(subnet.assign_ipv6);
        subnet.map_public_ip = map_public_ip.unwrap_or(subnet.map_public_ip);
        let names = &mut subnet.resource_names;
        names.ipv4 = ipv4_name.unwrap_or(names.ipv4);
        names.ipv6 = ipv6_name.unwrap_or(names.ipv6);
        Ok(())
    };
    service.change(call, id, decide).await
}
