//! Security groups of peers, which rules of a VPC's groups may name.

use wharf_api_ec2::types::UserIdGroupPair;
use wharf_records::{Record as _, Scope};
use wharf_wire::{Context, Fault};

use crate::{
    Ec2Service, fault,
    records::{Entity as _, RulePeer, SecurityGroup},
    table::SERVICE,
};

/// Completes a pair that names a group of a peer of the group's VPC; any other is left as it is. Groups of
/// another account must be of a peer, in the same region.
pub async fn complete(
    service: &Ec2Service,
    cx: &Context,
    group: &SecurityGroup,
    pair: &mut UserIdGroupPair,
) -> Result<(), Fault> {
    let Some(id) = pair.group_id.clone().filter(|id| !id.is_empty()) else {
        return Ok(());
    };
    let account = pair.user_id.clone().unwrap_or_else(|| cx.account.clone());
    if account == cx.account && id == group.id {
        return Ok(());
    }
    // A rule that is there can be named when its peer is no more.
    let known = group.all_rules().find_map(|(_, rule)| match &rule.peer {
        RulePeer::PeerGroup(known) if known.group == id && known.account == account => Some(known),
        _ => None,
    });
    if let Some(known) = known {
        pair.user_id = Some(account);
        pair.vpc_id = Some(known.vpc.clone());
        pair.vpc_peering_connection_id = Some(known.peering.clone());
        return Ok(());
    }
    let foreign = account != cx.account;
    let missing = || SecurityGroup::missing(&id);
    let key = Scope::new(SERVICE, &account, &cx.region).key(SecurityGroup::KIND, &id);
    let found = service.table.read::<SecurityGroup>(&key).await?;
    let found = match found {
        Some(found) => found.record,
        None if foreign => return Err(missing()),
        // Whoever looks for it says so.
        None => return Ok(()),
    };
    if !foreign && found.vpc_id == group.vpc_id {
        return Ok(());
    }
    let all = service.peerings(cx).await?;
    let mut active = all.iter().filter(|it| it.is_active());
    let joined = active.find(|it| {
        it.other_end(&group.vpc_id).is_some_and(|end| {
            (&end.account, &end.region, &end.vpc_id) == (&account, &cx.region, &found.vpc_id)
        })
    });
    match joined {
        Some(peering) => {
            pair.user_id = Some(account);
            pair.vpc_id = Some(found.vpc_id);
            pair.vpc_peering_connection_id = Some(peering.id.clone());
            Ok(())
        }
        // What another account has is as unknown as any.
        None if foreign => Err(missing()),
        None => Err(fault::groups_apart()),
    }
}
