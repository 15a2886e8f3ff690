//! GetSecurityGroupsForVpc and DescribeSecurityGroupVpcAssociations: which security groups interfaces of a VPC may have.
//!
//! A group is of one VPC and none is associated with a second one here, so there are no associations to describe.

use wharf_api_ec2::types::{
    DescribeSecurityGroupVpcAssociationsRequest, DescribeSecurityGroupVpcAssociationsResult,
    GetSecurityGroupsForVpcRequest, GetSecurityGroupsForVpcResult, SecurityGroupForVpc,
};
use wharf_wire::{Call, Context, Fault};

use crate::{
    Ec2Service, fault,
    filter::{self, Fields, matches, names},
    records::{SecurityGroup, Vpc, tags_to_wire},
};

pub async fn get(
    service: &Ec2Service,
    call: &Call,
    input: GetSecurityGroupsForVpcRequest,
) -> Result<GetSecurityGroupsForVpcResult, Fault> {
    fault::dry_run(input.dry_run)?;
    service.ensure_default_vpc(&call.permit, call).await?;
    let vpc = input.vpc_id.as_deref().unwrap_or_default();
    let selection = (vpc, &input.filters);
    let page = (input.next_token.as_deref(), input.max_results);
    let page = service.page(call, "security-group-for-vpc", &selection, page)?;
    let filters = filter::checked(input.filters, &names::SECURITY_GROUPS_FOR_VPC)?;
    service.get::<Vpc>(call, vpc).await?;
    let mut found: Vec<SecurityGroup> = service.all(call).await?;
    found.retain(|it| it.vpc_id == vpc && matches(&filters, &fields(it, call), &it.tags));
    let (page, next_token) = page.cut(found, |it| &it.id);
    let shown = page.into_iter().map(|it| SecurityGroupForVpc {
        tags: Some(tags_to_wire(&it.tags)),
        description: Some(it.description),
        group_name: Some(it.name),
        owner_id: Some(call.account.clone()),
        group_id: Some(it.id),
        primary_vpc_id: Some(it.vpc_id),
    });
    Ok(GetSecurityGroupsForVpcResult {
        security_group_for_vpcs: Some(shown.collect()),
        next_token,
    })
}

fn fields(group: &SecurityGroup, cx: &Context) -> Fields {
    let one = |value: &str| vec![value.to_owned()];
    vec![
        ("description", one(&group.description)),
        ("group-id", one(&group.id)),
        ("group-name", one(&group.name)),
        ("owner-id", one(&cx.account)),
        ("primary-vpc-id", one(&group.vpc_id)),
    ]
}

pub async fn associations(
    service: &Ec2Service,
    call: &Call,
    input: DescribeSecurityGroupVpcAssociationsRequest,
) -> Result<DescribeSecurityGroupVpcAssociationsResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let page = (input.next_token.as_deref(), input.max_results);
    service.page(call, "security-group-vpc-association", &input.filters, page)?;
    filter::checked(input.filters, &names::SECURITY_GROUP_VPC_ASSOCIATIONS)?;
    Ok(DescribeSecurityGroupVpcAssociationsResult {
        security_group_vpc_associations: Some(Vec::new()),
        next_token: None,
    })
}
