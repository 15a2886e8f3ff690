//! AssociateVpcCidrBlock and DisassociateVpcCidrBlock: a VPC's further ranges.

use wharf_api_ec2::types::{
    AssociateVpcCidrBlockRequest, AssociateVpcCidrBlockResult, DisassociateVpcCidrBlockRequest,
    DisassociateVpcCidrBlockResult,
};
use wharf_base::ids;
use wharf_records::encode;
use wharf_service::transact;
use wharf_store::Txn;
use wharf_wire::{Call, Fault};

use super::vpcs::vpc_range;
use crate::{
    Ec2Service, fault, peering,
    records::{CidrAssociation, Subnet, Vpc, association_to_wire},
};

/// Ranges of a VPC, its first one counted.
const MAX_CIDRS: usize = 5;

pub async fn associate(
    service: &Ec2Service,
    call: &Call,
    input: AssociateVpcCidrBlockRequest,
) -> Result<AssociateVpcCidrBlockResult, Fault> {
    let id = input.vpc_id.as_deref().unwrap_or_default();
    let cidr = vpc_range(input.cidr_block.as_deref())?;
    let association = CidrAssociation {
        id: ids::ec2_id("vpc-cidr-assoc"),
        cidr,
    };
    let decide = |vpc: &mut Vpc| {
        if vpc.cidrs().any(|known| known.overlaps(cidr)) {
            return Err(fault::vpc_range(&cidr.to_string()));
        }
        if vpc.cidrs().count() == MAX_CIDRS {
            return Err(fault::too_many_cidrs(id, MAX_CIDRS));
        }
        vpc.more_cidrs.push(association.clone());
        Ok(())
    };
    transact!(service.table, &call.permit, |tx| {
        // Whatever makes a peer rewrites the fence.
        let fence = service.fence(call, id).await?;
        let stored = service.get_stored::<Vpc>(call, id).await?;
        let mut record = stored.record.clone();
        decide(&mut record)?;
        peering::may_grow(service, call, id).await?;
        let txn = Txn::new()
            .when(stored.unchanged())
            .when(fence)
            .put(&stored.key, encode(&record));
        tx.join(txn);
    });
    Ok(AssociateVpcCidrBlockResult {
        cidr_block_association: Some(association_to_wire(&association.id, cidr, "associating")),
        vpc_id: Some(id.to_owned()),
        ..AssociateVpcCidrBlockResult::default()
    })
}

pub async fn disassociate(
    service: &Ec2Service,
    call: &Call,
    input: DisassociateVpcCidrBlockRequest,
) -> Result<DisassociateVpcCidrBlockResult, Fault> {
    let id = input.association_id.as_deref().unwrap_or_default();
    let vpcs: Vec<Vpc> = service.all(call).await?;
    if vpcs.iter().any(|vpc| vpc.association_id == id) {
        return Err(fault::first_cidr(id));
    }
    let has_it = |vpc: &&Vpc| vpc.more_cidrs.iter().any(|more| more.id == id);
    let vpc = vpcs.iter().find(has_it);
    let vpc_id = &vpc.ok_or_else(|| fault::cidr_association_not_found(id))?.id;
    let gone = transact!(service.table, &call.permit, |tx| {
        // A new subnet rewrites the fence, also one in this range.
        let fence = service.fence(call, vpc_id).await?;
        let stored = service.get_stored::<Vpc>(call, vpc_id).await?;
        let mut record = stored.record.clone();
        let place = record.more_cidrs.iter().position(|more| more.id == id);
        let place = place.ok_or_else(|| fault::cidr_association_not_found(id))?;
        let gone = record.more_cidrs.remove(place);
        let subnets: Vec<Subnet> = service.all(call).await?;
        let in_it = |subnet: &Subnet| subnet.vpc_id == *vpc_id && gone.cidr.covers(subnet.cidr);
        if subnets.iter().any(in_it) {
            return Err(fault::cidr_in_use(&gone.cidr.to_string()));
        }
        let txn = Txn::new()
            .when(stored.unchanged())
            .when(fence)
            .put(&stored.key, encode(&record));
        tx.join(txn);
        gone
    });
    let shown = association_to_wire(&gone.id, gone.cidr, "disassociating");
    Ok(DisassociateVpcCidrBlockResult {
        cidr_block_association: Some(shown),
        vpc_id: Some(vpc_id.clone()),
        ..DisassociateVpcCidrBlockResult::default()
    })
}
