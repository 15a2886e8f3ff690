//! ModifyNetworkInterfaceAttribute: groups, description, source and destination check, public address.

use std::collections::HashSet;

use wharf_api_ec2::types::{
    ModifyNetworkInterfaceAttributeRequest, NetworkInterfaceAttachmentChanges,
};
use wharf_records::encode;
use wharf_service::transact;
use wharf_store::Txn;
use wharf_wire::{Call, Fault};

use super::interfaces::{checked_description, groups, may_change};
use crate::{
    Ec2Service, elastic, fault,
    records::{Interface, SecurityGroup, Vpc},
    table::LeanOn,
};

pub async fn modify_network_interface_attribute(
    service: &Ec2Service,
    call: &Call,
    input: ModifyNetworkInterfaceAttributeRequest,
) -> Result<(), Fault> {
    fault::dry_run(input.dry_run)?;
    let id = input.network_interface_id.as_deref().unwrap_or_default();
    transact!(service.table, &call.permit, |tx| {
        let stored = service.get_stored::<Interface>(call, id).await?;
        let record = stored.record.clone();
        may_change(service, call, &record, "ModifyNetworkInterfaceAttribute").await?;
        let mut changed = record.clone();
        apply(&mut changed, &input)?;
        let wanted = input.groups.as_deref().unwrap_or_default();
        if !wanted.is_empty() {
            changed.groups = groups(service, call, &record.vpc_id, wanted).await?;
        }
        let mut txn = Txn::new().when(stored.unchanged());
        for group in &changed.groups {
            if !record.groups.contains(group) {
                txn = txn.lean_on::<SecurityGroup>(call, group);
            }
        }
        match input.associate_public_ip_address {
            Some(true) if changed.public.is_none() => {
                let vpc: Vpc = service.get(call, &record.vpc_id).await?;
                let public = elastic::own(service, &vpc, &HashSet::new()).await?;
                txn = elastic::claim(txn, call, public.address, id);
                changed.public = Some(public);
            }
            // An elastic address is disassociated by itself.
            Some(false) if has_own(&record) => {
                let scope = Ec2Service::scope(call);
                txn = elastic::give_back(
                    &service.table,
                    &scope,
                    (&record, record.public.as_ref()),
                    (txn, call.now),
                )
                .await?;
                changed.public = None;
            }
            _ => {}
        }
        if changed != record {
            tx.join(txn.put(&stored.key, encode(&changed)));
        }
    });
    Ok(())
}

fn has_own(interface: &Interface) -> bool {
    let public = interface.public.as_ref();
    public.is_some_and(|it| it.allocation.is_none())
}

/// All but the groups and the public address, which must be looked up.
fn apply(
    interface: &mut Interface,
    input: &ModifyNetworkInterfaceAttributeRequest,
) -> Result<(), Fault> {
    if let Some(description) = &input.description {
        interface.description = checked_description(description.value.as_deref())?;
    }
    if let Some(check) = input.source_dest_check.as_ref().and_then(|it| it.value) {
        interface.source_dest_check = check;
    }
    if let Some(changes) = &input.attachment {
        apply_to_attachment(interface, changes)?;
    }
    Ok(())
}

fn apply_to_attachment(
    interface: &mut Interface,
    changes: &NetworkInterfaceAttachmentChanges,
) -> Result<(), Fault> {
    let id = changes.attachment_id.as_deref().unwrap_or_default();
    let attachment = interface.attachment.as_mut();
    let attachment = attachment.filter(|attachment| attachment.id == id);
    let attachment = attachment.ok_or_else(|| fault::attachment_not_found(id))?;
    if let Some(delete) = changes.delete_on_termination {
        attachment.delete_on_termination = delete;
    }
    Ok(())
}
