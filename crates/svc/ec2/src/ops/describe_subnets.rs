//! DescribeSubnets.

use std::collections::BTreeMap;

use wharf_api_ec2::types::{DescribeSubnetsRequest, DescribeSubnetsResult};
use wharf_wire::{Call, Context, Fault};

use crate::{
    Ec2Service, fault,
    filter::{Asked, Fields, names},
    records::{AddressClaim, Ipv6Association, Subnet, arn},
};

const FREE: &str = "available-ip-address-count";
const FREE_ALIAS: &str = "availableIpAddressCount";

pub async fn describe_subnets(
    service: &Ec2Service,
    call: &Call,
    input: DescribeSubnetsRequest,
) -> Result<DescribeSubnetsResult, Fault> {
    fault::dry_run(input.dry_run)?;
    service.ensure_default_vpc(&call.permit, call).await?;
    let mut free = BTreeMap::new();
    let by_free = |filter: &wharf_api_ec2::types::Filter| {
        matches!(filter.name.as_deref(), Some(FREE | FREE_ALIAS))
    };
    if input.filters.iter().flatten().any(by_free) {
        for subnet in service.all::<Subnet>(call).await? {
            let used = used_addresses(service, call, &subnet.id).await?;
            free.insert(subnet.id.clone(), subnet.free(used).to_string());
        }
    }
    let asked = Asked {
        ids: input.subnet_ids,
        filters: input.filters,
        next_token: input.next_token,
        max_results: input.max_results,
    };
    let fields = |subnet: &Subnet| fields(subnet, call, free.get(&subnet.id));
    let (page, next_token) = service.select(call, asked, &names::SUBNETS, fields).await?;
    let mut subnets = Vec::with_capacity(page.len());
    for subnet in page {
        let used = used_addresses(service, call, &subnet.id).await?;
        subnets.push(subnet.to_wire(call, used));
    }
    Ok(DescribeSubnetsResult {
        next_token,
        subnets: Some(subnets),
    })
}

/// How many addresses of the subnet interfaces hold.
pub async fn used_addresses(
    service: &Ec2Service,
    cx: &Context,
    subnet: &str,
) -> Result<u64, Fault> {
    let prefix = Ec2Service::key::<AddressClaim>(cx, &format!("{subnet}:"));
    Ok(service.table.count(&prefix).await? as u64)
}

fn fields(subnet: &Subnet, cx: &Context, free: Option<&String>) -> Fields {
    let one = |value: &str| vec![value.to_owned()];
    let ipv6 = |of: fn(&Ipv6Association) -> String| subnet.ipv6.iter().map(of).collect();
    let cidr = one(&subnet.cidr.to_string());
    let default = one(&subnet.default_for_zone.to_string());
    let zone = one(&subnet.zone);
    let zone_id = one(&subnet.zone_id(&cx.region));
    vec![
        ("subnet-id", one(&subnet.id)),
        ("vpc-id", one(&subnet.vpc_id)),
        ("availability-zone", zone.clone()),
        ("availabilityZone", zone),
        ("availability-zone-id", zone_id.clone()),
        ("availabilityZoneId", zone_id),
        (FREE, free.into_iter().cloned().collect()),
        (FREE_ALIAS, free.into_iter().cloned().collect()),
        ("cidr-block", cidr.clone()),
        ("cidrBlock", cidr.clone()),
        ("cidr", cidr),
        ("default-for-az", default.clone()),
        ("defaultForAz", default),
        (
            "map-public-ip-on-launch",
            one(&subnet.map_public_ip.to_string()),
        ),
        (
            "ipv6-cidr-block-association.association-id",
            ipv6(|it| it.id.clone()),
        ),
        (
            "ipv6-cidr-block-association.ipv6-cidr-block",
            ipv6(|it| it.cidr.to_string()),
        ),
        (
            "ipv6-cidr-block-association.state",
            ipv6(|_| "associated".to_owned()),
        ),
        ("enable-dns64", one("false")),
        ("ipv6-native", one("false")),
        ("map-customer-owned-ip-on-launch", one("false")),
        (
            "private-dns-name-options-on-launch.hostname-type",
            one("ip-name"),
        ),
        (
            "private-dns-name-options-on-launch.enable-resource-name-dns-a-record",
            one(&subnet.resource_names.ipv4.to_string()),
        ),
        (
            "private-dns-name-options-on-launch.enable-resource-name-dns-aaaa-record",
            one(&subnet.resource_names.ipv6.to_string()),
        ),
        ("owner-id", one(&cx.account)),
        ("state", one("available")),
        ("subnet-arn", one(&arn(cx, "subnet", &subnet.id))),
    ]
}
