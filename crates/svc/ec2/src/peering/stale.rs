//! DescribeSecurityGroupReferences and DescribeStaleSecurityGroups: groups that rules of peers name, and rules
//! that name groups which are no longer there or no longer a peer's.

use std::collections::BTreeSet;

use wharf_api_ec2::types::{
    DescribeSecurityGroupReferencesRequest, DescribeSecurityGroupReferencesResult,
    DescribeStaleSecurityGroupsRequest, DescribeStaleSecurityGroupsResult, SecurityGroupReference,
    StaleIpPermission, StaleSecurityGroup,
};
use wharf_records::{Record as _, Scope};
use wharf_wire::{Call, Fault};

use super::{Peering, scope_of};
use crate::{
    Ec2Service,
    records::{Direction, PeerGroup, Rule, RulePeer, SecurityGroup, Vpc},
    table::SERVICE,
};

/// Each costs a look at all groups of its peers.
const MAX_ASKED: usize = 50;

pub async fn references(
    service: &Ec2Service,
    call: &Call,
    input: DescribeSecurityGroupReferencesRequest,
) -> Result<DescribeSecurityGroupReferencesResult, Fault> {
    crate::fault::dry_run(input.dry_run)?;
    let asked = input.group_id.unwrap_or_default();
    if asked.len() > MAX_ASKED {
        return Err(crate::fault::bad_value(format!(
            "At most {MAX_ASKED} security groups can be asked about at once."
        )));
    }
    let mut found = Vec::new();
    let all = service.peerings(call).await?;
    for id in &asked {
        let group: SecurityGroup = service.get(call, id).await?;
        for peering in all.iter().filter(|it| it.is_active()) {
            let Some(peer) = peering.other_end(&group.vpc_id) else {
                continue;
            };
            let scope = scope_of(peer);
            let theirs = service.table.all::<SecurityGroup>(&scope, "").await?;
            let names_it = |theirs: &SecurityGroup| {
                theirs.vpc_id == peer.vpc_id
                    && peers_of(theirs)
                        .any(|(_, _, it)| it.group == *id && it.peering == peering.id)
            };
            if theirs.iter().any(|(_, it)| names_it(&it.record)) {
                found.push(SecurityGroupReference {
                    group_id: Some(id.clone()),
                    referencing_vpc_id: Some(peer.vpc_id.clone()),
                    vpc_peering_connection_id: Some(peering.id.clone()),
                    ..Default::default()
                });
            }
        }
    }
    Ok(DescribeSecurityGroupReferencesResult {
        security_group_reference_set: Some(found),
    })
}

pub async fn stale(
    service: &Ec2Service,
    call: &Call,
    input: DescribeStaleSecurityGroupsRequest,
) -> Result<DescribeStaleSecurityGroupsResult, Fault> {
    crate::fault::dry_run(input.dry_run)?;
    let vpc = input.vpc_id.as_deref().unwrap_or_default();
    service.get::<Vpc>(call, vpc).await?;
    let page = (input.next_token.as_deref(), input.max_results);
    let page = service.page(call, "stale-security-group", &vpc, page)?;
    let active = service.peerings(call).await?;
    let mut found = Vec::new();
    for group in service.all::<SecurityGroup>(call).await? {
        if group.vpc_id != vpc {
            continue;
        }
        let mut gone = BTreeSet::new();
        for (_, _, peer) in peers_of(&group) {
            if !is_there(service, call, &active, peer).await? {
                gone.insert((peer.account.clone(), peer.group.clone()));
            }
        }
        if gone.is_empty() {
            continue;
        }
        let permissions = |wanted: Direction| {
            let rules = peers_of(&group).filter(|(direction, _, _)| *direction == wanted);
            let rules =
                rules.filter(|(_, _, it)| gone.contains(&(it.account.clone(), it.group.clone())));
            let shown = rules.map(|(_, rule, _)| stale_permission(rule, call));
            Some(shown.collect())
        };
        found.push(StaleSecurityGroup {
            description: Some(group.description.clone()),
            group_id: Some(group.id.clone()),
            group_name: Some(group.name.clone()),
            stale_ip_permissions: permissions(Direction::Ingress),
            stale_ip_permissions_egress: permissions(Direction::Egress),
            vpc_id: Some(vpc.to_owned()),
        });
    }
    let by_id = |group: &StaleSecurityGroup| group.group_id.clone().unwrap_or_default();
    found.sort_by_key(by_id);
    let found = found.into_iter().map(|group| (by_id(&group), group));
    let (page, next_token) = page.cut(found, |(id, _)| id);
    Ok(DescribeStaleSecurityGroupsResult {
        next_token,
        stale_security_group_set: Some(page.into_iter().map(|(_, group)| group).collect()),
    })
}

/// The rules of a group that name groups of peers.
fn peers_of(group: &SecurityGroup) -> impl Iterator<Item = (Direction, &Rule, &PeerGroup)> {
    group
        .all_rules()
        .filter_map(|(direction, rule)| match &rule.peer {
            RulePeer::PeerGroup(peer) => Some((direction, rule, peer)),
            _ => None,
        })
}

async fn is_there(
    service: &Ec2Service,
    call: &Call,
    peerings: &[Peering],
    peer: &PeerGroup,
) -> Result<bool, Fault> {
    let active = |it: &Peering| it.id == peer.peering && it.is_active();
    if !peerings.iter().any(active) {
        return Ok(false);
    }
    let scope = Scope::new(SERVICE, &peer.account, &call.region);
    let key = scope.key(SecurityGroup::KIND, &peer.group);
    Ok(service.table.read::<SecurityGroup>(&key).await?.is_some())
}

fn stale_permission(rule: &Rule, call: &Call) -> StaleIpPermission {
    let shown = rule.to_permission(&call.account);
    StaleIpPermission {
        from_port: shown.from_port,
        ip_protocol: shown.ip_protocol,
        ip_ranges: Some(Vec::new()),
        prefix_list_ids: Some(Vec::new()),
        to_port: shown.to_port,
        user_id_group_pairs: shown.user_id_group_pairs,
    }
}
