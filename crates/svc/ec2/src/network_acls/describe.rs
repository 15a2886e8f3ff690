//! DescribeNetworkAcls.

use wharf_api_ec2::types::{
    DescribeNetworkAclsRequest, DescribeNetworkAclsResult, NetworkAcl as Shown,
    NetworkAclAssociation, NetworkAclEntry,
};
use wharf_wire::{Call, Fault};

use super::NetworkAcl;
use crate::{
    Ec2Service, fault,
    filter::{Asked, Fields, names},
    records::{Subnet, Vpc, tags_to_wire},
};

pub async fn describe(
    service: &Ec2Service,
    call: &Call,
    input: DescribeNetworkAclsRequest,
) -> Result<DescribeNetworkAclsResult, Fault> {
    fault::dry_run(input.dry_run)?;
    service.ensure_default_vpc(&call.permit, call).await?;
    let vpcs: Vec<Vpc> = service.all(call).await?;
    let subnets: Vec<Subnet> = service.all(call).await?;
    let shown = |acl: &NetworkAcl| shown(acl, &vpcs, &subnets, &call.account);
    let asked = Asked {
        ids: input.network_acl_ids,
        filters: input.filters,
        next_token: input.next_token,
        max_results: input.max_results,
    };
    let fields = |acl: &NetworkAcl| fields(shown(acl));
    let (page, next_token) = service
        .select(call, asked, &names::NETWORK_ACLS, fields)
        .await?;
    Ok(DescribeNetworkAclsResult {
        network_acls: Some(page.iter().map(shown).collect()),
        next_token,
    })
}

/// `vpcs` and `subnets`: those of the account.
pub fn shown(acl: &NetworkAcl, vpcs: &[Vpc], subnets: &[Subnet], account: &str) -> Shown {
    let is_default = vpcs.iter().any(|it| it.network_acl == acl.id);
    let ipv6 = (vpcs.iter()).any(|it| it.id == acl.vpc_id && it.ipv6.is_some());
    let has_it = |subnet: &&Subnet| match &subnet.network_acl {
        Some(id) => *id == acl.id,
        None => is_default && subnet.vpc_id == acl.vpc_id,
    };
    let association = |subnet: &Subnet| NetworkAclAssociation {
        network_acl_association_id: Some(subnet.acl_association.clone()),
        network_acl_id: Some(acl.id.clone()),
        subnet_id: Some(subnet.id.clone()),
    };
    let subnets = subnets.iter().filter(has_it);
    Shown {
        associations: Some(subnets.map(association).collect()),
        entries: Some(acl.entries_to_wire(ipv6)),
        is_default: Some(is_default),
        network_acl_id: Some(acl.id.clone()),
        tags: Some(tags_to_wire(&acl.tags)),
        vpc_id: Some(acl.vpc_id.clone()),
        owner_id: Some(account.to_owned()),
    }
}

fn fields(acl: Shown) -> Fields {
    type Text<T> = fn(&T) -> Option<String>;
    fn texts<T>(all: &[T], text: Text<T>) -> Vec<String> {
        all.iter().filter_map(text).collect()
    }
    let one = |value: Option<String>| value.into_iter().collect::<Vec<_>>();
    let associations = acl.associations.unwrap_or_default();
    let entries = acl.entries.unwrap_or_default();
    let of_associations = |text: Text<NetworkAclAssociation>| texts(&associations, text);
    let of_entries = |text: Text<NetworkAclEntry>| texts(&entries, text);
    vec![
        ("network-acl-id", one(acl.network_acl_id)),
        ("vpc-id", one(acl.vpc_id)),
        ("owner-id", one(acl.owner_id)),
        ("default", one(acl.is_default.map(|it| it.to_string()))),
        (
            "association.association-id",
            of_associations(|it| it.network_acl_association_id.clone()),
        ),
        (
            "association.network-acl-id",
            of_associations(|it| it.network_acl_id.clone()),
        ),
        (
            "association.subnet-id",
            of_associations(|it| it.subnet_id.clone()),
        ),
        ("entry.cidr", of_entries(|it| it.cidr_block.clone())),
        (
            "entry.ipv6-cidr",
            of_entries(|it| it.ipv6_cidr_block.clone()),
        ),
        (
            "entry.egress",
            of_entries(|it| Some(it.egress?.to_string())),
        ),
        (
            "entry.icmp.code",
            of_entries(|it| Some(it.icmp_type_code.as_ref()?.code?.to_string())),
        ),
        (
            "entry.icmp.type",
            of_entries(|it| Some(it.icmp_type_code.as_ref()?.type_?.to_string())),
        ),
        (
            "entry.port-range.from",
            of_entries(|it| Some(it.port_range.as_ref()?.from?.to_string())),
        ),
        (
            "entry.port-range.to",
            of_entries(|it| Some(it.port_range.as_ref()?.to?.to_string())),
        ),
        ("entry.protocol", of_entries(|it| it.protocol.clone())),
        ("entry.rule-action", of_entries(|it| it.rule_action.clone())),
        (
            "entry.rule-number",
            of_entries(|it| Some(it.rule_number?.to_string())),
        ),
    ]
}
