//! DescribeVpcs.

use wharf_api_ec2::types::{DescribeVpcsRequest, DescribeVpcsResult};
use wharf_wire::{Call, Fault};

use crate::{
    Ec2Service, fault,
    filter::{Fields, matches},
    page,
    records::Vpc,
};

pub async fn describe_vpcs(
    service: &Ec2Service,
    call: &Call,
    input: DescribeVpcsRequest,
) -> Result<DescribeVpcsResult, Fault> {
    fault::dry_run(input.dry_run)?;
    service.ensure_default_vpc(&call.permit, call).await?;
    let all: Vec<Vpc> = service.all(call).await?;
    let ids = input.vpc_ids.unwrap_or_default();
    if let Some(id) = ids.iter().find(|id| !all.iter().any(|vpc| vpc.id == **id)) {
        return Err(fault::vpc_not_found(id));
    }
    let filters = input.filters.unwrap_or_default();
    let mut found = Vec::new();
    for vpc in all {
        if (ids.is_empty() || ids.contains(&vpc.id))
            && matches(&filters, &fields(&vpc, &call.account))?
        {
            found.push(vpc);
        }
    }
    let (page, next_token) = page::cut(
        found,
        |vpc| &vpc.id,
        input.next_token.as_deref(),
        input.max_results,
    )?;
    let vpcs = page.iter().map(|vpc| vpc.to_wire(&call.account)).collect();
    Ok(DescribeVpcsResult {
        next_token,
        vpcs: Some(vpcs),
    })
}

fn fields<'a>(vpc: &'a Vpc, account: &str) -> Fields<'a> {
    let is_default = vpc.is_default.to_string();
    let cidr = vpc.cidr.to_string();
    Fields {
        named: vec![
            ("vpc-id", vec![vpc.id.clone()]),
            ("cidr", vec![cidr.clone()]),
            ("cidr-block-association.cidr-block", vec![cidr]),
            ("dhcp-options-id", vec![vpc.dhcp_options_id.clone()]),
            ("is-default", vec![is_default.clone()]),
            ("isDefault", vec![is_default]),
            ("owner-id", vec![account.to_owned()]),
            ("state", vec!["available".to_owned()]),
        ],
        tags: &vpc.tags,
    }
}
