//! DescribeSecurityGroups.

use std::collections::BTreeMap;

use wharf_api_ec2::types::{DescribeSecurityGroupsRequest, DescribeSecurityGroupsResult, Filter};
use wharf_wire::{Call, Context, Fault};

use crate::{
    Ec2Service, fault,
    filter::{self, Asked, Fields, names},
    records::{Rule, SecurityGroup},
};

pub async fn describe_security_groups(
    service: &Ec2Service,
    call: &Call,
    input: DescribeSecurityGroupsRequest,
) -> Result<DescribeSecurityGroupsResult, Fault> {
    fault::dry_run(input.dry_run)?;
    service.ensure_default_vpc(&call.permit, call).await?;
    let mut filters = input.filters.unwrap_or_default();
    filter::checked(Some(filters.clone()), &names::SECURITY_GROUPS)?;
    let wanted = input.group_names.unwrap_or_default();
    if !wanted.is_empty() {
        let all: Vec<SecurityGroup> = service.all(call).await?;
        let unknown = |name: &&String| !all.iter().any(|group| group.name == **name);
        if let Some(name) = wanted.iter().find(unknown) {
            return Err(fault::group_not_found(name));
        }
        filters.push(Filter {
            name: Some("group-name".to_owned()),
            values: Some(wanted.iter().map(|name| literal(name)).collect()),
        });
    }
    let by_peer =
        |filter: &Filter| matches!(filter.name.as_deref(), Some(PEER_NAME | EGRESS_PEER_NAME));
    let peer_names = if filters.iter().any(by_peer) {
        let all: Vec<SecurityGroup> = service.all(call).await?;
        all.into_iter().map(|one| (one.id, one.name)).collect()
    } else {
        BTreeMap::new()
    };
    let asked = Asked {
        ids: input.group_ids,
        filters: Some(filters),
        next_token: input.next_token,
        max_results: input.max_results,
    };
    let fields = |group: &SecurityGroup| fields(group, call, &peer_names);
    let (page, next_token) = service
        .select(call, asked, &names::SECURITY_GROUPS, fields)
        .await?;
    let groups = page.iter().map(|group| group.to_wire(call)).collect();
    Ok(DescribeSecurityGroupsResult {
        next_token,
        security_groups: Some(groups),
    })
}

/// A pattern that matches this name alone; names may hold a `*`.
fn literal(name: &str) -> String {
    let escape = |c: char| matches!(c, '*' | '?' | '\\').then_some('\\');
    name.chars()
        .flat_map(|c| escape(c).into_iter().chain([c]))
        .collect()
}

fn fields(group: &SecurityGroup, cx: &Context, names: &BTreeMap<String, String>) -> Fields {
    let one = |value: &str| vec![value.to_owned()];
    let mut named = vec![
        ("group-id", one(&group.id)),
        ("group-name", one(&group.name)),
        ("description", one(&group.description)),
        ("owner-id", one(&cx.account)),
        ("vpc-id", one(&group.vpc_id)),
    ];
    named.extend(rule_fields(&group.ingress, &cx.account, names, INGRESS));
    named.extend(rule_fields(&group.egress, &cx.account, names, EGRESS));
    named
}

/// Names of the filters on the rules of a direction, in the order of [`rule_fields`].
const INGRESS: [&str; 9] = [
    "ip-permission.cidr",
    "ip-permission.ipv6-cidr",
    "ip-permission.group-id",
    PEER_NAME,
    "ip-permission.protocol",
    "ip-permission.from-port",
    "ip-permission.to-port",
    "ip-permission.user-id",
    "ip-permission.prefix-list-id",
];
const EGRESS: [&str; 9] = [
    "egress.ip-permission.cidr",
    "egress.ip-permission.ipv6-cidr",
    "egress.ip-permission.group-id",
    EGRESS_PEER_NAME,
    "egress.ip-permission.protocol",
    "egress.ip-permission.from-port",
    "egress.ip-permission.to-port",
    "egress.ip-permission.user-id",
    "egress.ip-permission.prefix-list-id",
];
const PEER_NAME: &str = "ip-permission.group-name";
const EGRESS_PEER_NAME: &str = "egress.ip-permission.group-name";

fn rule_fields(
    rules: &[Rule],
    account: &str,
    names: &BTreeMap<String, String>,
    fields: [&'static str; 9],
) -> [(&'static str, Vec<String>); 9] {
    let of = |value: &dyn Fn(&Rule) -> Option<String>| rules.iter().filter_map(value).collect();
    let port = |port: Option<i32>| port.map(|port| port.to_string());
    let values = [
        of(&|rule| rule.cidr().map(|cidr| cidr.to_string())),
        of(&|rule| rule.cidr6().map(|cidr| cidr.to_string())),
        of(&|rule| rule.group().map(str::to_owned)),
        of(&|rule| names.get(rule.group()?).cloned()),
        of(&|rule| Some(rule.protocol.clone())),
        of(&|rule| port(rule.from_port)),
        of(&|rule| port(rule.to_port)),
        of(&|rule| rule.group().map(|_| account.to_owned())),
        of(&|rule| rule.prefix_list().map(|list| list.id.clone())),
    ];
    let mut values = values.into_iter();
    fields.map(|name| (name, values.next().unwrap_or_default()))
}
