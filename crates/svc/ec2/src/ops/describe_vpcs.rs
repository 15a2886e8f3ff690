//! DescribeVpcs.

use wharf_api_ec2::types::{DescribeVpcsRequest, DescribeVpcsResult};
use wharf_wire::{Call, Fault};

use crate::{
    Ec2Service, fault,
    filter::{Asked, Fields, names},
    ipv6::POOL,
    records::{Ipv6Association, Vpc},
};

pub async fn describe_vpcs(
    service: &Ec2Service,
    call: &Call,
    input: DescribeVpcsRequest,
) -> Result<DescribeVpcsResult, Fault> {
    fault::dry_run(input.dry_run)?;
    service.ensure_default_vpc(&call.permit, call).await?;
    let asked = Asked {
        ids: input.vpc_ids,
        filters: input.filters,
        next_token: input.next_token,
        max_results: input.max_results,
    };
    let fields = |vpc: &Vpc| fields(vpc, &call.account);
    let (page, next_token) = service.select(call, asked, &names::VPCS, fields).await?;
    let vpcs = page.iter().map(|vpc| vpc.to_wire(call)).collect();
    Ok(DescribeVpcsResult {
        next_token,
        vpcs: Some(vpcs),
    })
}

fn fields(vpc: &Vpc, account: &str) -> Fields {
    let one = |value: &str| vec![value.to_owned()];
    let ipv6 = |of: fn(&Ipv6Association) -> String| vpc.ipv6.iter().map(of).collect();
    let is_default = one(&vpc.is_default.to_string());
    let associations = std::iter::once(&vpc.association_id)
        .chain(vpc.more_cidrs.iter().map(|more| &more.id))
        .cloned();
    vec![
        ("vpc-id", one(&vpc.id)),
        ("cidr", one(&vpc.cidr.to_string())),
        ("cidr-block", one(&vpc.cidr.to_string())),
        ("cidrBlock", one(&vpc.cidr.to_string())),
        (
            "cidr-block-association.cidr-block",
            vpc.cidrs().map(|cidr| cidr.to_string()).collect(),
        ),
        (
            "cidr-block-association.association-id",
            associations.collect(),
        ),
        ("cidr-block-association.state", one("associated")),
        (
            "ipv6-cidr-block-association.association-id",
            ipv6(|it| it.id.clone()),
        ),
        (
            "ipv6-cidr-block-association.ipv6-cidr-block",
            ipv6(|it| it.cidr.to_string()),
        ),
        (
            "ipv6-cidr-block-association.ipv6-pool",
            ipv6(|_| POOL.to_owned()),
        ),
        (
            "ipv6-cidr-block-association.state",
            ipv6(|_| "associated".to_owned()),
        ),
        ("dhcp-options-id", one(&vpc.dhcp_options_id)),
        ("dhcpOptionsId", one(&vpc.dhcp_options_id)),
        ("is-default", is_default.clone()),
        ("isDefault", is_default),
        ("owner-id", one(account)),
        ("state", one("available")),
    ]
}
