//! DeleteManagedPrefixList.

use wharf_api_ec2::types::{DeleteManagedPrefixListRequest, DeleteManagedPrefixListResult};
use wharf_service::transact;
use wharf_store::Txn;
use wharf_wire::{Call, Fault};

use super::{PrefixList, create::claim, fault, users};
use crate::{Ec2Service, records::Pointer, table::LeanOn};

pub async fn delete(
    service: &Ec2Service,
    call: &Call,
    input: DeleteManagedPrefixListRequest,
) -> Result<DeleteManagedPrefixListResult, Fault> {
    crate::fault::dry_run(input.dry_run)?;
    let id = input.prefix_list_id.as_deref().unwrap_or_default();
    let gone = transact!(service.table, &call.permit, |tx| {
        let fence = service.fence(call, id).await?;
        let stored = service.get_stored::<PrefixList>(call, id).await?;
        if !users::of(service, call, id).await?.is_empty() {
            return Err(fault::in_use(id));
        }
        let mut txn = Txn::new().remove(call, &stored, fence);
        if let Some(token) = &stored.record.client_token {
            txn = txn.delete(Ec2Service::key::<Pointer>(call, &claim(token)));
        }
        tx.join(txn);
        stored.record
    });
    Ok(DeleteManagedPrefixListResult {
        prefix_list: Some(gone.to_wire(call, "delete")),
    })
}
