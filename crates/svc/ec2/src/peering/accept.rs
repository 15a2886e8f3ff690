//! AcceptVpcPeeringConnection and RejectVpcPeeringConnection, by the owner of the accepter VPC.

use wharf_api_ec2::types::{
    AcceptVpcPeeringConnectionRequest, AcceptVpcPeeringConnectionResult,
    RejectVpcPeeringConnectionRequest, RejectVpcPeeringConnectionResult,
};
use wharf_base::Cidr4;
use wharf_records::encode;
use wharf_service::transact;
use wharf_store::Txn;
use wharf_wire::{Call, Fault};

use super::{MAX_ACTIVE, Peering, Status, VpcPeeringConnection, fault, scope_of};
use crate::{
    Ec2Service,
    records::{Entity, Vpc},
};

pub async fn accept(
    service: &Ec2Service,
    call: &Call,
    input: AcceptVpcPeeringConnectionRequest,
) -> Result<AcceptVpcPeeringConnectionResult, Fault> {
    crate::fault::dry_run(input.dry_run)?;
    let id = input.vpc_peering_connection_id.unwrap_or_default();
    let peering = transact!(service.table, &call.permit, |tx| {
        let stored = service.get_peering(call, &id).await?;
        let mut peering = stored.record.clone();
        may_answer(&peering, call, "accept")?;
        let status = peering.status_at(call.now);
        if status != Status::PendingAcceptance {
            return Err(fault::transition(&id, status.code(), "provisioning"));
        }
        let (requester, accepter) = (&peering.requester, &peering.accepter);
        let mine = service.vpc_at(accepter).await?;
        let mine = mine.ok_or_else(|| Vpc::missing(&accepter.vpc_id))?;
        let theirs = service.vpc_at(requester).await?;
        let ranges: Vec<Cidr4> = theirs.iter().flat_map(|vpc| vpc.record.cidrs()).collect();
        for end in [requester, accepter] {
            let all = service.peerings_in(&scope_of(end), call).await?;
            let active = all.iter().filter(|it| it.is_active());
            let active = active.filter(|it| it.other_end(&end.vpc_id).is_some());
            if active.count() >= MAX_ACTIVE {
                return Err(fault::too_many());
            }
        }
        let overlap = theirs.is_none()
            || overlap(
                service,
                call,
                &accepter.vpc_id,
                mine.record.cidrs(),
                &ranges,
                Some(&peering),
            )
            .await?;
        let mut txn = Txn::new().when(stored.unchanged()).when(mine.unchanged());
        if let Some(theirs) = &theirs {
            txn = txn.when(theirs.unchanged());
        }
        txn = service.alone_about(txn, requester).await?;
        txn = service.alone_about(txn, accepter).await?;
        peering
            .requester
            .look_at(theirs.as_ref().map(|it| &it.record));
        peering.accepter.look_at(Some(&mine.record));
        peering.status = match overlap {
            true => Status::Failed,
            false => Status::Active,
        };
        peering.over_at = overlap.then_some(call.now);
        tx.join(txn.put(&stored.key, encode(&peering)));
        peering
    });
    let side: VpcPeeringConnection = service.get(call, &id).await?;
    Ok(AcceptVpcPeeringConnectionResult {
        vpc_peering_connection: Some(peering.to_wire(&side.tags, call.now)),
    })
}

pub async fn reject(
    service: &Ec2Service,
    call: &Call,
    input: RejectVpcPeeringConnectionRequest,
) -> Result<RejectVpcPeeringConnectionResult, Fault> {
    crate::fault::dry_run(input.dry_run)?;
    let id = input.vpc_peering_connection_id.unwrap_or_default();
    transact!(service.table, &call.permit, |tx| {
        let stored = service.get_peering(call, &id).await?;
        let mut peering = stored.record.clone();
        may_answer(&peering, call, "reject")?;
        let status = peering.status_at(call.now);
        if status != Status::PendingAcceptance {
            return Err(fault::transition(&id, status.code(), "rejected"));
        }
        peering.status = Status::Rejected(call.account.clone());
        peering.over_at = Some(call.now);
        let txn = Txn::new()
            .when(stored.unchanged())
            .put(&stored.key, encode(&peering));
        tx.join(txn);
    });
    Ok(RejectVpcPeeringConnectionResult {
        return_: Some(true),
    })
}

fn may_answer(peering: &Peering, call: &Call, what: &str) -> Result<(), Fault> {
    let accepter = &peering.accepter;
    if accepter.account != call.account {
        return Err(fault::not_the_accepter(&call.account, what, &peering.id));
    }
    if accepter.region != call.region {
        return Err(fault::wrong_region(&call.region, &accepter.region));
    }
    Ok(())
}

/// Whether two VPCs that are to be peers have a range in common, with each other or with another peer of
/// either: hosts route each address of a VPC's peers to one place.
pub async fn overlap(
    service: &Ec2Service,
    call: &Call,
    vpc: &str,
    own: impl Iterator<Item = Cidr4>,
    peer: &[Cidr4],
    about: Option<&Peering>,
) -> Result<bool, Fault> {
    let own: Vec<Cidr4> = own.collect();
    let common = |a: &[Cidr4], b: &[Cidr4]| a.iter().any(|a| b.iter().any(|b| a.overlaps(*b)));
    if common(&own, peer) {
        return Ok(true);
    }
    let sides = match about {
        // The other side is looked at when it is the one that is asked.
        None => vec![(Ec2Service::scope(call), vpc, peer)],
        Some(peering) => {
            let other = peering.other_end(vpc).unwrap_or(&peering.requester);
            vec![
                (Ec2Service::scope(call), vpc, peer),
                (scope_of(other), other.vpc_id.as_str(), own.as_slice()),
            ]
        }
    };
    for (scope, vpc, ranges) in sides {
        for known in service.peerings_in(&scope, call).await? {
            let Some(third) = known.other_end(vpc).filter(|_| known.is_active()) else {
                continue;
            };
            let third = service.vpc_at(third).await?;
            let third: Vec<Cidr4> = third.iter().flat_map(|it| it.record.cidrs()).collect();
            if common(&third, ranges) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}
