//! DescribeNetworkAcls: each VPC has its default one, which lets everything through.

use wharf_api_ec2::types::{
    DescribeNetworkAclsRequest, DescribeNetworkAclsResult, NetworkAcl as Shown,
    NetworkAclAssociation, NetworkAclEntry,
};
use wharf_wire::{Call, Fault};

use crate::{
    Ec2Service, fault,
    filter::{Asked, Fields, names},
    records::{NetworkAcl, Subnet, tags_to_wire},
};

/// Number of the rule that allows, and of the one at the end that denies what is left.
const ALLOW: i32 = 100;
const DENY: i32 = 32767;

pub async fn describe(
    service: &Ec2Service,
    call: &Call,
    input: DescribeNetworkAclsRequest,
) -> Result<DescribeNetworkAclsResult, Fault> {
    fault::dry_run(input.dry_run)?;
    service.ensure_default_vpc(&call.permit, call).await?;
    let subnets: Vec<Subnet> = service.all(call).await?;
    let asked = Asked {
        ids: input.network_acl_ids,
        filters: input.filters,
        next_token: input.next_token,
        max_results: input.max_results,
    };
    let fields = |acl: &NetworkAcl| fields(acl, &subnets, &call.account);
    let (page, next_token) = service
        .select(call, asked, &names::NETWORK_ACLS, fields)
        .await?;
    let acls = page.iter().map(|acl| shown(acl, &subnets, &call.account));
    Ok(DescribeNetworkAclsResult {
        network_acls: Some(acls.collect()),
        next_token,
    })
}

fn shown(acl: &NetworkAcl, subnets: &[Subnet], account: &str) -> Shown {
    let association = |subnet: &Subnet| NetworkAclAssociation {
        network_acl_association_id: Some(subnet.acl_association.clone()),
        network_acl_id: Some(acl.id.clone()),
        subnet_id: Some(subnet.id.clone()),
    };
    let entry = |egress, number, action: &str| NetworkAclEntry {
        cidr_block: Some("0.0.0.0/0".to_owned()),
        egress: Some(egress),
        protocol: Some("-1".to_owned()),
        rule_action: Some(action.to_owned()),
        rule_number: Some(number),
        ..NetworkAclEntry::default()
    };
    Shown {
        associations: Some(of_vpc(acl, subnets).map(association).collect()),
        entries: Some(vec![
            entry(true, ALLOW, "allow"),
            entry(true, DENY, "deny"),
            entry(false, ALLOW, "allow"),
            entry(false, DENY, "deny"),
        ]),
        is_default: Some(true),
        network_acl_id: Some(acl.id.clone()),
        tags: Some(tags_to_wire(&acl.tags)),
        vpc_id: Some(acl.vpc_id.clone()),
        owner_id: Some(account.to_owned()),
    }
}

fn of_vpc<'a>(acl: &'a NetworkAcl, subnets: &'a [Subnet]) -> impl Iterator<Item = &'a Subnet> {
    subnets.iter().filter(|subnet| subnet.vpc_id == acl.vpc_id)
}

fn fields(acl: &NetworkAcl, subnets: &[Subnet], account: &str) -> Fields {
    let one = |value: &str| vec![value.to_owned()];
    let associations = of_vpc(acl, subnets).map(|subnet| subnet.acl_association.clone());
    let associated = of_vpc(acl, subnets).map(|subnet| subnet.id.clone());
    vec![
        ("network-acl-id", one(&acl.id)),
        ("vpc-id", one(&acl.vpc_id)),
        ("owner-id", one(account)),
        ("default", one("true")),
        ("association.association-id", associations.collect()),
        ("association.network-acl-id", one(&acl.id)),
        ("association.subnet-id", associated.collect()),
        ("entry.cidr", one("0.0.0.0/0")),
        ("entry.egress", vec!["true".to_owned(), "false".to_owned()]),
        ("entry.protocol", one("-1")),
        (
            "entry.rule-action",
            vec!["allow".to_owned(), "deny".to_owned()],
        ),
        (
            "entry.rule-number",
            vec![ALLOW.to_string(), DENY.to_string()],
        ),
    ]
}
