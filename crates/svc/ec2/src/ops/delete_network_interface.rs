//! DeleteNetworkInterface gives its addresses back in the same transaction.

use wharf_api_ec2::types::DeleteNetworkInterfaceRequest;
use wharf_service::transact;
use wharf_store::Txn;
use wharf_wire::{Call, Fault};

use super::interfaces::may_manage;
use crate::{
    Ec2Service, elastic, fault, interface_permissions,
    records::{AddressClaim, Interface, Pointer},
};

/// The service that asked for an interface may delete it as it is attached.
pub async fn delete_network_interface(
    service: &Ec2Service,
    call: &Call,
    input: DeleteNetworkInterfaceRequest,
) -> Result<(), Fault> {
    fault::dry_run(input.dry_run)?;
    let id = input.network_interface_id.as_deref().unwrap_or_default();
    transact!(service.table, &call.permit, |tx| {
        let stored = service.get_stored::<Interface>(call, id).await?;
        let interface = &stored.record;
        if !may_manage(call, interface) {
            let requester = interface.requester.as_deref().unwrap_or_default();
            return Err(fault::interface_managed(id, requester));
        }
        if interface.attachment.is_some() && interface.requester.is_none() {
            return Err(fault::interface_attached(id));
        }
        let mut txn = Txn::new().when(stored.unchanged()).delete(&stored.key);
        for claim in interface.claim_ids() {
            txn = txn.delete(Ec2Service::key::<AddressClaim>(call, &claim));
        }
        if let Some(token_id) = &interface.token_id {
            txn = txn.delete(Ec2Service::key::<Pointer>(call, token_id));
        }
        let scope = Ec2Service::scope(call);
        let txn = (interface_permissions::forgotten(txn, interface), call.now);
        tx.join(elastic::give_all_back(&service.table, &scope, interface, txn).await?);
    });
    Ok(())
}
