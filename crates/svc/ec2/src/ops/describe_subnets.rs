//! DescribeSubnets.

use wharf_api_ec2::types::{self as wire, DescribeSubnetsRequest, DescribeSubnetsResult};
use wharf_records::Record;
use wharf_store::Range;
use wharf_wire::{Call, Fault};

use crate::{
    Ec2Service, fault,
    filter::{Fields, matches},
    page,
    records::{AddressClaim, Subnet, tags_to_wire},
    zone,
};

pub async fn describe_subnets(
    service: &Ec2Service,
    call: &Call,
    input: DescribeSubnetsRequest,
) -> Result<DescribeSubnetsResult, Fault> {
    fault::dry_run(input.dry_run)?;
    service.ensure_default_vpc(&call.permit, call).await?;
    let all: Vec<Subnet> = service.all(call).await?;
    let ids = input.subnet_ids.unwrap_or_default();
    if let Some(id) = ids
        .iter()
        .find(|id| !all.iter().any(|subnet| subnet.id == **id))
    {
        return Err(fault::subnet_not_found(id));
    }
    let filters = input.filters.unwrap_or_default();
    let mut found = Vec::new();
    for subnet in all {
        if (ids.is_empty() || ids.contains(&subnet.id))
            && matches(&filters, &fields(&subnet, call))?
        {
            found.push(subnet);
        }
    }
    let (page, next_token) = page::cut(
        found,
        |subnet| &subnet.id,
        input.next_token.as_deref(),
        input.max_results,
    )?;
    let mut subnets = Vec::with_capacity(page.len());
    for subnet in page {
        let used = used_addresses(service, call, &subnet.id).await?;
        subnets.push(to_wire(&subnet, call, used));
    }
    Ok(DescribeSubnetsResult {
        next_token,
        subnets: Some(subnets),
    })
}

async fn used_addresses(service: &Ec2Service, call: &Call, subnet: &str) -> Result<u64, Fault> {
    let prefix = Ec2Service::scope(call).key(AddressClaim::KIND, &format!("{subnet}:"));
    let reply = service
        .store
        .range(Range::prefix(prefix).count_only())
        .await
        .map_err(fault::store)?;
    Ok(reply.count as u64)
}

fn zone_id(subnet: &Subnet, call: &Call) -> String {
    zone::id(&call.region, subnet.zone.chars().last().unwrap_or('a'))
}

fn arn(subnet: &Subnet, call: &Call) -> String {
    format!(
        "arn:aws:ec2:{}:{}:subnet/{}",
        call.region, call.account, subnet.id
    )
}

fn fields<'a>(subnet: &'a Subnet, call: &Call) -> Fields<'a> {
    let cidr = subnet.cidr.to_string();
    let default = subnet.default_for_zone.to_string();
    Fields {
        named: vec![
            ("subnet-id", vec![subnet.id.clone()]),
            ("vpc-id", vec![subnet.vpc_id.clone()]),
            ("availability-zone", vec![subnet.zone.clone()]),
            ("availabilityZone", vec![subnet.zone.clone()]),
            ("availability-zone-id", vec![zone_id(subnet, call)]),
            ("cidr", vec![cidr.clone()]),
            ("cidr-block", vec![cidr.clone()]),
            ("cidrBlock", vec![cidr]),
            ("default-for-az", vec![default.clone()]),
            ("defaultForAz", vec![default]),
            (
                "map-public-ip-on-launch",
                vec![subnet.map_public_ip.to_string()],
            ),
            ("owner-id", vec![call.account.clone()]),
            ("state", vec!["available".to_owned()]),
            ("subnet-arn", vec![arn(subnet, call)]),
        ],
        tags: &subnet.tags,
    }
}

fn to_wire(subnet: &Subnet, call: &Call, used: u64) -> wire::Subnet {
    let free = subnet.cidr.usable().saturating_sub(used);
    wire::Subnet {
        availability_zone_id: Some(zone_id(subnet, call)),
        map_customer_owned_ip_on_launch: Some(false),
        owner_id: Some(call.account.clone()),
        assign_ipv6_address_on_creation: Some(false),
        ipv6_cidr_block_association_set: Some(vec![]),
        tags: Some(tags_to_wire(&subnet.tags)),
        subnet_arn: Some(arn(subnet, call)),
        enable_dns64: Some(false),
        ipv6_native: Some(false),
        subnet_id: Some(subnet.id.clone()),
        state: Some("available".to_owned()),
        vpc_id: Some(subnet.vpc_id.clone()),
        cidr_block: Some(subnet.cidr.to_string()),
        available_ip_address_count: Some(i32::try_from(free).unwrap_or(i32::MAX)),
        availability_zone: Some(subnet.zone.clone()),
        default_for_az: Some(subnet.default_for_zone),
        map_public_ip_on_launch: Some(subnet.map_public_ip),
        ..wire::Subnet::default()
    }
}
