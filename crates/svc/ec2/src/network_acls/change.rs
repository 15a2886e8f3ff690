//! CreateNetworkAclEntry, ReplaceNetworkAclEntry, DeleteNetworkAclEntry, and
//! ReplaceNetworkAclAssociation.

use wharf_api_ec2::types::{
    CreateNetworkAclEntryRequest, DeleteNetworkAclEntryRequest,
    ReplaceNetworkAclAssociationRequest, ReplaceNetworkAclAssociationResult,
    ReplaceNetworkAclEntryRequest,
};
use wharf_base::ids;
use wharf_records::encode;
use wharf_service::transact;
use wharf_store::Txn;
use wharf_wire::{Call, Fault};

use super::{
    NetworkAcl,
    entries::{Given, direction, number},
    records::Entry,
};
use crate::{
    Ec2Service, fault,
    records::{Subnet, Vpc},
    table::LeanOn,
};

/// Entries of each direction and family, as with AWS.
const MAX_ENTRIES: usize = 20;

pub async fn add_entry(
    service: &Ec2Service,
    call: &Call,
    input: CreateNetworkAclEntryRequest,
) -> Result<(), Fault> {
    fault::dry_run(input.dry_run)?;
    let given = Given {
        number: input.rule_number,
        egress: input.egress,
        protocol: input.protocol.as_deref(),
        action: input.rule_action.as_deref(),
        cidr: input.cidr_block.as_deref(),
        ipv6_cidr: input.ipv6_cidr_block.as_deref(),
        ports: input.port_range.as_ref(),
        icmp: input.icmp_type_code.as_ref(),
    };
    let entry = given.read()?;
    let id = input.network_acl_id.as_deref().unwrap_or_default();
    let decide = |acl: &mut NetworkAcl| {
        if acl.entries.iter().any(|it| it.place() == entry.place()) {
            return Err(fault::acl_entry_exists(entry.number));
        }
        let is_like = |it: &&Entry| it.egress == entry.egress && it.is_ipv6() == entry.is_ipv6();
        let same = acl.entries.iter().filter(is_like);
        if same.count() >= MAX_ENTRIES {
            return Err(fault::too_many_acl_entries(MAX_ENTRIES));
        }
        acl.entries.push(entry.clone());
        acl.entries.sort_by_key(|it| it.place());
        Ok(())
    };
    service.change(call, id, decide).await
}

pub async fn replace_entry(
    service: &Ec2Service,
    call: &Call,
    input: ReplaceNetworkAclEntryRequest,
) -> Result<(), Fault> {
    fault::dry_run(input.dry_run)?;
    let given = Given {
        number: input.rule_number,
        egress: input.egress,
        protocol: input.protocol.as_deref(),
        action: input.rule_action.as_deref(),
        cidr: input.cidr_block.as_deref(),
        ipv6_cidr: input.ipv6_cidr_block.as_deref(),
        ports: input.port_range.as_ref(),
        icmp: input.icmp_type_code.as_ref(),
    };
    let entry = given.read()?;
    let id = input.network_acl_id.as_deref().unwrap_or_default();
    let decide = |acl: &mut NetworkAcl| {
        let mut entries = acl.entries.iter_mut();
        let known = entries.find(|it| it.place() == entry.place());
        *known.ok_or_else(|| fault::acl_entry_not_found(entry.number))? = entry.clone();
        Ok(())
    };
    service.change(call, id, decide).await
}

pub async fn remove_entry(
    service: &Ec2Service,
    call: &Call,
    input: DeleteNetworkAclEntryRequest,
) -> Result<(), Fault> {
    fault::dry_run(input.dry_run)?;
    let place = (direction(input.egress)?, number(input.rule_number)?);
    let id = input.network_acl_id.as_deref().unwrap_or_default();
    let decide = |acl: &mut NetworkAcl| {
        let known = acl.entries.len();
        acl.entries.retain(|it| it.place() != place);
        match acl.entries.len() < known {
            true => Ok(()),
            false => Err(fault::acl_entry_not_found(place.1)),
        }
    };
    service.change(call, id, decide).await
}

/// A subnet has one ACL; the association gets another id, as with AWS.
pub async fn associate(
    service: &Ec2Service,
    call: &Call,
    input: ReplaceNetworkAclAssociationRequest,
) -> Result<ReplaceNetworkAclAssociationResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let association = input.association_id.as_deref().unwrap_or_default();
    let id = input.network_acl_id.as_deref().unwrap_or_default();
    let made = transact!(service.table, &call.permit, |tx| {
        let subnets: Vec<Subnet> = service.all(call).await?;
        let subnet = subnets.iter().find(|it| it.acl_association == association);
        let subnet = subnet.filter(|_| !association.is_empty());
        let subnet = subnet.ok_or_else(|| fault::address_association_not_found(association))?;
        let mut stored = service.get_stored::<Subnet>(call, &subnet.id).await?;
        let acl: NetworkAcl = service.get(call, id).await?;
        if acl.vpc_id != stored.record.vpc_id {
            return Err(fault::acl_and_subnet_apart(id, &stored.record.id));
        }
        let vpc: Vpc = service.get(call, &acl.vpc_id).await?;
        let made = ids::ec2_id("aclassoc");
        let condition = stored.unchanged();
        stored.record.acl_association.clone_from(&made);
        stored.record.network_acl = (vpc.network_acl != id).then(|| id.to_owned());
        let txn = Txn::new()
            .when(condition)
            .put(&stored.key, encode(&stored.record))
            .lean_on::<NetworkAcl>(call, id);
        tx.join(txn);
        made
    });
    Ok(ReplaceNetworkAclAssociationResult {
        new_association_id: Some(made),
    })
}
