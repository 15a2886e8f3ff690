//! AssociateSubnetCidrBlock and DisassociateSubnetCidrBlock: a subnet's range of IPv6 addresses.

use wharf_api_ec2::types::{
    AssociateSubnetCidrBlockRequest, AssociateSubnetCidrBlockResult,
    DisassociateSubnetCidrBlockRequest, DisassociateSubnetCidrBlockResult,
};
use wharf_base::{Cidr6, ids};
use wharf_records::encode;
use wharf_service::transact;
use wharf_store::Txn;
use wharf_wire::{Call, Fault};

use crate::{
    Ec2Service, fault,
    ipv6::OF_SUBNET,
    records::{AddressClaim, Ipv6Association, Subnet, Vpc},
    table::LeanOn,
};

/// The range that a request names for a subnet, as far as that does not depend on its VPC.
pub fn range(text: &str) -> Result<Cidr6, Fault> {
    let cidr = Cidr6::canonical(text).map_err(|_| fault::no_ipv6_cidr(text))?;
    match cidr.prefix() == OF_SUBNET {
        true => Ok(cidr),
        false => Err(fault::subnet_range(text)),
    }
}

/// Whether a subnet of the VPC may have the range beside its `siblings`.
pub fn check(cidr: Cidr6, vpc: &Vpc, siblings: &[&Subnet]) -> Result<(), Fault> {
    let within = vpc.ipv6.as_ref().is_some_and(|it| it.cidr.covers(cidr));
    let mut others = siblings.iter().filter_map(|it| it.ipv6.as_ref());
    if !within {
        Err(fault::subnet_range(&cidr.to_string()))
    } else if others.any(|it| it.cidr.overlaps(cidr)) {
        Err(fault::subnet_conflict(&cidr.to_string()))
    } else {
        Ok(())
    }
}

pub fn association(cidr: Cidr6) -> Ipv6Association {
    Ipv6Association {
        id: ids::ec2_id("subnet-cidr-assoc"),
        cidr,
    }
}

pub async fn associate(
    service: &Ec2Service,
    call: &Call,
    input: AssociateSubnetCidrBlockRequest,
) -> Result<AssociateSubnetCidrBlockResult, Fault> {
    let id = input.subnet_id.as_deref().unwrap_or_default();
    let text = input.ipv6_cidr_block.as_deref().unwrap_or_default();
    if text.is_empty() {
        return Err(fault::missing_parameter("ipv6CidrBlock"));
    }
    let association = association(range(text)?);
    transact!(service.table, &call.permit, |tx| {
        let mut stored = service.get_stored::<Subnet>(call, id).await?;
        let vpc_id = stored.record.vpc_id.clone();
        // Whoever gives a subnet a range rewrites the fence, so that two never get the same.
        let fence = service.fence(call, &vpc_id).await?;
        let vpc = service.get_stored::<Vpc>(call, &vpc_id).await?;
        if stored.record.ipv6.is_some() {
            return Err(fault::subnet_has_ipv6(id));
        }
        let all: Vec<Subnet> = service.all(call).await?;
        let siblings: Vec<&Subnet> = all.iter().filter(|it| it.vpc_id == vpc_id).collect();
        check(association.cidr, &vpc.record, &siblings)?;
        let condition = stored.unchanged();
        stored.record.ipv6 = Some(association.clone());
        let txn = Txn::new()
            .when(condition)
            .when(fence)
            .when(vpc.unchanged())
            .put(&stored.key, encode(&stored.record))
            .lean_on::<Vpc>(call, &vpc_id);
        tx.join(txn);
    });
    Ok(AssociateSubnetCidrBlockResult {
        ipv6_cidr_block_association: Some(association.of_subnet_to_wire("associating")),
        subnet_id: Some(id.to_owned()),
    })
}

pub async fn disassociate(
    service: &Ec2Service,
    call: &Call,
    input: DisassociateSubnetCidrBlockRequest,
) -> Result<DisassociateSubnetCidrBlockResult, Fault> {
    let id = input.association_id.as_deref().unwrap_or_default();
    let missing = || fault::subnet_cidr_association_not_found(id);
    let has_it = |subnet: &Subnet| subnet.ipv6.as_ref().is_some_and(|it| it.id == id);
    let subnets: Vec<Subnet> = service.all(call).await?;
    let subnet = subnets.into_iter().find(has_it).ok_or_else(missing)?;
    let gone = transact!(service.table, &call.permit, |tx| {
        // An interface that gets an address of it rewrites the fence.
        let fence = service.fence(call, &subnet.id).await?;
        let mut stored = service.get_stored::<Subnet>(call, &subnet.id).await?;
        let condition = stored.unchanged();
        let gone = stored.record.ipv6.take().filter(|it| it.id == id);
        let gone = gone.ok_or_else(missing)?;
        let claims = Ec2Service::key::<AddressClaim>(call, &format!("ipv6:{}:", subnet.id));
        if service.table.count(&claims).await? > 0 {
            return Err(fault::ipv6_in_use(&gone.cidr.to_string()));
        }
        if stored.record.reserves_any_ipv6() {
            return Err(fault::ipv6_reserved(&gone.cidr.to_string()));
        }
        stored.record.assign_ipv6 = false;
        let txn = Txn::new()
            .when(condition)
            .when(fence)
            .put(&stored.key, encode(&stored.record));
        tx.join(txn);
        gone
    });
    Ok(DisassociateSubnetCidrBlockResult {
        ipv6_cidr_block_association: Some(gone.of_subnet_to_wire("disassociating")),
        subnet_id: Some(subnet.id),
    })
}
