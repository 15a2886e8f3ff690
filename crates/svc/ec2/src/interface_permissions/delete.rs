//! DeleteNetworkInterfacePermission.

use wharf_api_ec2::types::{
    DeleteNetworkInterfacePermissionRequest, DeleteNetworkInterfacePermissionResult,
};
use wharf_records::encode;
use wharf_service::transact;
use wharf_store::Txn;
use wharf_wire::{Call, Fault};

use super::found_by_others;
use crate::{Ec2Service, fault, records::Interface};

/// One that its account uses goes by force alone. What uses the interface keeps it.
pub async fn delete(
    service: &Ec2Service,
    call: &Call,
    input: DeleteNetworkInterfacePermissionRequest,
) -> Result<DeleteNetworkInterfacePermissionResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let id = input.network_interface_permission_id.as_deref();
    let id = id.unwrap_or_default();
    let found = service.with_permission(call, id).await?;
    transact!(service.table, &call.permit, |tx| {
        let stored = service.get_stored::<Interface>(call, &found.id).await?;
        let mut record = stored.record.clone();
        let at = record.permissions.iter().position(|it| it.id == id);
        let at = at.ok_or_else(|| fault::permission_not_found(id))?;
        let permission = record.permissions.remove(at);
        if permission.is_used(&record) && input.force != Some(true) {
            return Err(fault::permission_in_use(
                id,
                &permission.account,
                &record.id,
            ));
        }
        let txn = Txn::new()
            .when(stored.unchanged())
            .put(&stored.key, encode(&record));
        tx.join(found_by_others(txn, call, &record));
    });
    Ok(DeleteNetworkInterfacePermissionResult {
        return_: Some(true),
    })
}
