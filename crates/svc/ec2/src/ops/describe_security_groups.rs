//! DescribeSecurityGroups.

use wharf_api_ec2::types::{DescribeSecurityGroupsRequest, DescribeSecurityGroupsResult};
use wharf_wire::{Call, Fault};

use crate::{
    Ec2Service, fault,
    filter::{Fields, matches},
    page,
    records::{Rule, RulePeer, SecurityGroup},
};

pub async fn describe_security_groups(
    service: &Ec2Service,
    call: &Call,
    input: DescribeSecurityGroupsRequest,
) -> Result<DescribeSecurityGroupsResult, Fault> {
    fault::dry_run(input.dry_run)?;
    service.ensure_default_vpc(&call.permit, call).await?;
    let all: Vec<SecurityGroup> = service.all(call).await?;
    let ids = input.group_ids.unwrap_or_default();
    let names = input.group_names.unwrap_or_default();
    if let Some(id) = ids
        .iter()
        .find(|id| !all.iter().any(|group| group.id == **id))
    {
        return Err(fault::group_not_found(id));
    }
    if let Some(name) = names
        .iter()
        .find(|name| !all.iter().any(|group| group.name == **name))
    {
        return Err(fault::group_not_found(name));
    }
    let filters = input.filters.unwrap_or_default();
    let mut found = Vec::new();
    for group in all {
        let asked = (ids.is_empty() || ids.contains(&group.id))
            && (names.is_empty() || names.contains(&group.name));
        if asked && matches(&filters, &fields(&group, &call.account))? {
            found.push(group);
        }
    }
    let (page, next_token) = page::cut(
        found,
        |group| &group.id,
        input.next_token.as_deref(),
        input.max_results,
    )?;
    let groups = page
        .iter()
        .map(|group| group.to_wire(&call.account, &call.region))
        .collect();
    Ok(DescribeSecurityGroupsResult {
        next_token,
        security_groups: Some(groups),
    })
}

fn fields<'a>(group: &'a SecurityGroup, account: &str) -> Fields<'a> {
    let of = |rules: &[Rule], value: &dyn Fn(&Rule) -> Option<String>| {
        rules.iter().filter_map(value).collect()
    };
    let cidr = |rule: &Rule| match &rule.peer {
        RulePeer::Cidr(cidr) => Some(cidr.to_string()),
        RulePeer::Group(_) => None,
    };
    let peer_group = |rule: &Rule| match &rule.peer {
        RulePeer::Group(id) => Some(id.clone()),
        RulePeer::Cidr(_) => None,
    };
    let protocol = |rule: &Rule| Some(rule.protocol.clone());
    let from_port = |rule: &Rule| rule.from_port.map(|port| port.to_string());
    let to_port = |rule: &Rule| rule.to_port.map(|port| port.to_string());
    Fields {
        named: vec![
            ("group-id", vec![group.id.clone()]),
            ("group-name", vec![group.name.clone()]),
            ("description", vec![group.description.clone()]),
            ("owner-id", vec![account.to_owned()]),
            ("vpc-id", vec![group.vpc_id.clone()]),
            ("ip-permission.cidr", of(&group.ingress, &cidr)),
            ("ip-permission.group-id", of(&group.ingress, &peer_group)),
            ("ip-permission.protocol", of(&group.ingress, &protocol)),
            ("ip-permission.from-port", of(&group.ingress, &from_port)),
            ("ip-permission.to-port", of(&group.ingress, &to_port)),
            ("egress.ip-permission.cidr", of(&group.egress, &cidr)),
            (
                "egress.ip-permission.group-id",
                of(&group.egress, &peer_group),
            ),
            (
                "egress.ip-permission.protocol",
                of(&group.egress, &protocol),
            ),
        ],
        tags: &group.tags,
    }
}
