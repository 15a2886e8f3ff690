//! AssociateVpcCidrBlock and DisassociateVpcCidrBlock: a VPC's further ranges, and that of IPv6 addresses.

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
    Ec2Service, fault,
    network_acls::open_to_ipv6,
    peering,
    records::{
        CidrAssociation, Ipv6Association, NetworkAcl, SecurityGroup, Subnet, Vpc,
        association_to_wire,
    },
    vpc_parts::{allow_ipv6, ipv6_association},
};

/// Ranges of a VPC, its first one counted.
const MAX_CIDRS: usize = 5;
/// Those of IPv6: what a VPC is given follows from what it is.
const MAX_IPV6: usize = 1;

pub async fn associate(
    service: &Ec2Service,
    call: &Call,
    input: AssociateVpcCidrBlockRequest,
) -> Result<AssociateVpcCidrBlockResult, Fault> {
    let id = input.vpc_id.as_deref().unwrap_or_default();
    if input.amazon_provided_ipv6_cidr_block == Some(true) {
        if input.cidr_block.is_some_and(|it| !it.is_empty()) {
            return Err(fault::ipv4_or_ipv6_range());
        }
        let given = associate_ipv6(service, call, id).await?;
        let shown = given.of_vpc_to_wire(&call.region, "associating");
        return Ok(AssociateVpcCidrBlockResult {
            ipv6_cidr_block_association: Some(shown),
            vpc_id: Some(id.to_owned()),
            ..AssociateVpcCidrBlockResult::default()
        });
    }
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

/// Groups and the default network ACL that are as they were made are open to IPv6 first, so that an end in the middle is
/// completed by another request.
async fn associate_ipv6(
    service: &Ec2Service,
    call: &Call,
    id: &str,
) -> Result<Ipv6Association, Fault> {
    service.ensure_default_vpc(&call.permit, call).await?;
    let vpc: Vpc = service.get(call, id).await?;
    let may = |vpc: &Vpc| match vpc.ipv6 {
        Some(_) => Err(fault::too_many_cidrs(id, MAX_IPV6)),
        None => Ok(()),
    };
    may(&vpc)?;
    for group in service.all::<SecurityGroup>(call).await? {
        if group.vpc_id != id {
            continue;
        }
        let open = |group: &mut SecurityGroup| {
            allow_ipv6(group);
            Ok(())
        };
        gone_is_fine(service.change(call, &group.id, open).await)?;
    }
    let open = |acl: &mut NetworkAcl| {
        open_to_ipv6(&mut acl.entries);
        Ok(())
    };
    gone_is_fine(service.change(call, &vpc.network_acl, open).await)?;
    let give = |vpc: &mut Vpc| {
        may(vpc)?;
        let given = ipv6_association(vpc);
        vpc.ipv6 = Some(given.clone());
        Ok(given)
    };
    service.change(call, id, give).await
}

fn gone_is_fine(done: Result<(), Fault>) -> Result<(), Fault> {
    match done {
        Err(gone) if gone.code.ends_with(".NotFound") => Ok(()),
        done => done,
    }
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
    let has_ipv6 = |vpc: &&Vpc| vpc.ipv6.as_ref().is_some_and(|it| it.id == id);
    if let Some(vpc) = vpcs.iter().find(has_ipv6) {
        let gone = disassociate_ipv6(service, call, (&vpc.id, id)).await?;
        let shown = gone.of_vpc_to_wire(&call.region, "disassociating");
        return Ok(DisassociateVpcCidrBlockResult {
            ipv6_cidr_block_association: Some(shown),
            vpc_id: Some(vpc.id.clone()),
            ..DisassociateVpcCidrBlockResult::default()
        });
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

async fn disassociate_ipv6(
    service: &Ec2Service,
    call: &Call,
    (vpc, id): (&str, &str),
) -> Result<Ipv6Association, Fault> {
    Ok(transact!(service.table, &call.permit, |tx| {
        // A subnet that gets a range rewrites the fence.
        let fence = service.fence(call, vpc).await?;
        let stored = service.get_stored::<Vpc>(call, vpc).await?;
        let mut record = stored.record.clone();
        let gone = record.ipv6.take().filter(|it| it.id == id);
        let gone = gone.ok_or_else(|| fault::cidr_association_not_found(id))?;
        let subnets: Vec<Subnet> = service.all(call).await?;
        if (subnets.iter()).any(|it| it.vpc_id == vpc && it.ipv6.is_some()) {
            return Err(fault::cidr_in_use(&gone.cidr.to_string()));
        }
        let txn = Txn::new()
            .when(stored.unchanged())
            .when(fence)
            .put(&stored.key, encode(&record));
        tx.join(txn);
        gone
    }))
}
