//! Groups that rules of another group name.

use wharf_api_ec2::types::IpPermission;
use wharf_wire::{Context, Fault};

use super::security_groups::default_vpc_of;
use crate::{
    Ec2Service, endpoints, fault,
    peering::groups,
    prefix_lists::{self, PrefixList},
    records::{Rule, RulePeer, SecurityGroup},
    table::Stored,
};

/// Puts ids in the place of names, which only groups of the default VPC may be called by, and says of
/// groups of a peer whose they are.
pub async fn name_by_id(
    service: &Ec2Service,
    cx: &Context,
    group: &SecurityGroup,
    permissions: &mut [IpPermission],
) -> Result<(), Fault> {
    for permission in permissions {
        for pair in permission.user_id_group_pairs.iter_mut().flatten() {
            let given = pair.vpc_peering_connection_id.take();
            let named = pair.group_name.clone().filter(|_| pair.group_id.is_none());
            if let Some(name) = named {
                pair.group_id = Some(by_name(service, cx, group, &name).await?);
            }
            groups::complete(service, cx, group, pair).await?;
            if given.is_some() && given != pair.vpc_peering_connection_id {
                return Err(fault::groups_apart());
            }
        }
    }
    Ok(())
}

async fn by_name(
    service: &Ec2Service,
    cx: &Context,
    group: &SecurityGroup,
    name: &str,
) -> Result<String, Fault> {
    let default = default_vpc_of(service, cx).await?;
    if default.is_none_or(|vpc| vpc.id != group.vpc_id) {
        return Err(fault::bad_value(format!(
            "Invalid value '{name}' for groupName. You may not reference Amazon VPC security \
             groups by name. Please use the corresponding id for this operation."
        )));
    }
    let groups: Vec<SecurityGroup> = service.all(cx).await?;
    let found = groups
        .into_iter()
        .find(|known| known.vpc_id == group.vpc_id && known.name == name);
    found
        .map(|known| known.id)
        .ok_or_else(|| fault::group_name_not_found(name))
}

/// Ids of the groups that the rules name, the group's own aside; all of them there, in its VPC.
pub async fn peers_of(
    service: &Ec2Service,
    cx: &Context,
    group: &SecurityGroup,
    rules: &[Rule],
) -> Result<Vec<String>, Fault> {
    let mut peers: Vec<String> = Vec::new();
    for id in rules.iter().filter_map(Rule::group) {
        if id == group.id || peers.iter().any(|known| known == id) {
            continue;
        }
        let peer: SecurityGroup = service.get(cx, id).await?;
        if peer.vpc_id != group.vpc_id {
            return Err(fault::groups_apart());
        }
        peers.push(peer.id);
    }
    Ok(peers)
}

/// Gives rules that name prefix lists the ranges of these; the lists themselves.
pub async fn fill_lists(
    service: &Ec2Service,
    cx: &Context,
    rules: &mut [Rule],
) -> Result<Vec<Stored<PrefixList>>, Fault> {
    let mut lists: Vec<Stored<PrefixList>> = Vec::new();
    for rule in rules {
        let RulePeer::PrefixList(named) = &mut rule.peer else {
            continue;
        };
        if let Some(listed) = endpoints::managed_list(&cx.region, &named.id) {
            *named = listed;
            continue;
        }
        let (stored, listed) = service.listed(cx, &named.id).await?;
        *named = listed;
        if lists.iter().any(|known| known.key == stored.key) {
            continue;
        }
        prefix_lists::check_room(service, cx, &stored.record.id).await?;
        lists.push(stored);
    }
    Ok(lists)
}
