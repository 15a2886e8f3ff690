//! DeleteNetworkInterface gives the address back in the same transaction.

use wharf_api_ec2::types::DeleteNetworkInterfaceRequest;
use wharf_records::Record;
use wharf_store::{Compare, Txn};
use wharf_wire::{Call, CallerKind, Fault};

use crate::{
    Ec2Service, fault,
    records::{AddressClaim, Interface, Pointer},
};

pub async fn delete_network_interface(
    service: &Ec2Service,
    call: &Call,
    input: DeleteNetworkInterfaceRequest,
) -> Result<(), Fault> {
    fault::dry_run(input.dry_run)?;
    let id = input.network_interface_id.as_deref().unwrap_or_default();
    let interface: Interface = service
        .find(call, id)
        .await?
        .ok_or_else(|| fault::interface_not_found(id))?;
    if let Some(requester) = &interface.requester
        && call.caller.kind != CallerKind::Service
    {
        return Err(fault::interface_managed(id, requester));
    }
    let scope = Ec2Service::scope(call);
    let key = scope.key(Interface::KIND, id);
    let address = scope.key(
        AddressClaim::KIND,
        &format!("{}:{}", interface.subnet_id, interface.address),
    );
    let mut txn = Txn::new()
        .when(Compare::present(key.clone()))
        .delete(key)
        .delete(address);
    if let Some(token_id) = &interface.token_id {
        txn = txn.delete(scope.key(Pointer::KIND, token_id));
    }
    let reply = service
        .store
        .txn(&call.permit, txn)
        .await
        .map_err(fault::store)?;
    // Whoever came first has deleted it.
    if reply.succeeded {
        Ok(())
    } else {
        Err(fault::interface_not_found(id))
    }
}
