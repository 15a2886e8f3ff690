//! CreateVpcPeeringConnection: a request to the owner of the other VPC.

use wharf_api_ec2::types::{CreateVpcPeeringConnectionRequest, CreateVpcPeeringConnectionResult};
use wharf_base::{Cidr4, ids};
use wharf_records::{Record, Unknown, encode};
use wharf_service::{tags::Tags, transact};
use wharf_store::{Compare, Txn};
use wharf_wire::{Call, Fault};

use super::{
    End, MAX_KEPT, MAX_PENDING, Peering, Status, VpcPeeringConnection, fault, peering_key,
    scope_of, side_key,
};
use crate::{
    Ec2Service,
    records::{Entity, Vpc},
    tags,
};

pub async fn create(
    service: &Ec2Service,
    call: &Call,
    input: CreateVpcPeeringConnectionRequest,
) -> Result<CreateVpcPeeringConnectionResult, Fault> {
    crate::fault::dry_run(input.dry_run)?;
    let (requester, accepter) = ends(call, &input)?;
    let specifications = input.tag_specifications.as_deref();
    let tags = tags::specified(call, specifications, VpcPeeringConnection::KIND)?;
    forget_old(service, call).await?;
    let (peering, tags) = transact!(service.table, &call.permit, |tx| {
        let vpc = service.get_stored::<Vpc>(call, &requester.vpc_id).await?;
        let all = service.peerings(call).await?;
        if let Some(known) = between(&all, &requester, &accepter, call) {
            if known.is_active() || !known.requester.is_same(&requester) {
                return Err(fault::exists(&known.id));
            }
            let side = side_key(&requester, &known.id);
            let side = service.table.read::<VpcPeeringConnection>(&side).await?;
            let tags = side.map(|it| it.record.tags).unwrap_or_default();
            return Ok(answer(known, &tags, call));
        }
        let mine = |it: &&Peering| it.requester.is_same(&requester) && it.is_open(call.now);
        let pending = all.iter().filter(mine).filter(|it| !it.is_active());
        if pending.count() >= MAX_PENDING {
            return Err(fault::too_many_pending());
        }
        if all.len() >= MAX_KEPT {
            return Err(fault::too_many());
        }
        let possible = is_possible(service, call, &vpc.record, &accepter).await?;
        let mut own = requester.clone();
        own.look_at(Some(&vpc.record));
        let peering = Peering {
            id: ids::ec2_id("pcx"),
            requester: own,
            accepter: accepter.clone(),
            status: match possible {
                true => Status::PendingAcceptance,
                false => Status::Failed,
            },
            requested_at: call.now,
            over_at: (!possible).then_some(call.now),
            unknown: Unknown::new(),
        };
        let txn = Txn::new()
            .when(vpc.unchanged())
            .when(Compare::absent(peering_key(&peering.id)))
            .put(peering_key(&peering.id), encode(&peering));
        let mut txn = service.alone_about(txn, &requester).await?;
        let mut sides = vec![(&requester, tags.clone())];
        // Nobody hears of a request that failed but who made it.
        if possible && scope_of(&accepter) != scope_of(&requester) {
            sides.push((&accepter, Tags::new()));
        }
        for (end, tags) in sides {
            let side = VpcPeeringConnection {
                id: peering.id.clone(),
                tags,
                unknown: Unknown::new(),
            };
            txn = txn.put(side_key(end, &peering.id), encode(&side));
        }
        tx.join(txn);
        (peering, tags.clone())
    });
    Ok(answer(&peering, &tags, call))
}

fn answer(peering: &Peering, tags: &Tags, call: &Call) -> CreateVpcPeeringConnectionResult {
    CreateVpcPeeringConnectionResult {
        vpc_peering_connection: Some(peering.to_wire(tags, call.now)),
    }
}

fn ends(call: &Call, input: &CreateVpcPeeringConnectionRequest) -> Result<(End, End), Fault> {
    let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let vpc = given(&input.vpc_id).ok_or_else(|| crate::fault::missing_parameter("vpcId"))?;
    let peer = given(&input.peer_vpc_id);
    let peer = peer.ok_or_else(|| crate::fault::missing_parameter("peerVpcId"))?;
    let end = |account: Option<String>, region: Option<String>, vpc_id| End {
        account: account.unwrap_or_else(|| call.account.clone()),
        region: region.unwrap_or_else(|| call.region.clone()),
        vpc_id,
        cidrs: Vec::new(),
        ipv6: None,
    };
    let requester = end(None, None, vpc);
    let accepter = end(given(&input.peer_owner_id), given(&input.peer_region), peer);
    if requester.vpc_id == accepter.vpc_id {
        return Err(fault::with_itself(&requester.vpc_id));
    }
    Ok((requester, accepter))
}

fn between<'a>(all: &'a [Peering], one: &End, other: &End, call: &Call) -> Option<&'a Peering> {
    let mut open = all.iter().filter(|it| it.is_open(call.now));
    open.find(|it| {
        let ends = (&it.requester, &it.accepter);
        [ends, (ends.1, ends.0)]
            .iter()
            .any(|(a, b)| a.is_same(one) && b.is_same(other))
    })
}

/// Whether the two can be peers, as far as that can be told now. A VPC of the caller's own must be there.
async fn is_possible(
    service: &Ec2Service,
    call: &Call,
    vpc: &Vpc,
    accepter: &End,
) -> Result<bool, Fault> {
    let Some(peer) = service.vpc_at(accepter).await? else {
        return match accepter.is_of(call) {
            true => Err(Vpc::missing(&accepter.vpc_id)),
            false => Ok(false),
        };
    };
    let theirs = service.peerings_in(&scope_of(accepter), call).await?;
    let ranges: Vec<Cidr4> = peer.record.cidrs().collect();
    Ok(theirs.len() < MAX_KEPT
        && !super::accept::overlap(service, call, &vpc.id, vpc.cidrs(), &ranges, None).await?)
}

/// Removes the caller's connections that are over and no longer shown.
async fn forget_old(service: &Ec2Service, call: &Call) -> Result<(), Fault> {
    for side in service.all::<VpcPeeringConnection>(call).await? {
        let Some(stored) = service.peering(call, &side.id).await? else {
            continue;
        };
        let peering = &stored.record;
        if peering.is_shown(call.now) {
            continue;
        }
        let txn = Txn::new()
            .when(stored.unchanged())
            .delete(&stored.key)
            .delete(side_key(&peering.requester, &peering.id))
            .delete(side_key(&peering.accepter, &peering.id));
        // Somebody else may have been faster.
        service.commit(call, txn).await?;
    }
    Ok(())
}
