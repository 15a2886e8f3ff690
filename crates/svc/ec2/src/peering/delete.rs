//! DeleteVpcPeeringConnection: by either owner when it is active, by the requester before.

use wharf_api_ec2::types::{DeleteVpcPeeringConnectionRequest, DeleteVpcPeeringConnectionResult};
use wharf_records::encode;
use wharf_service::transact;
use wharf_store::Txn;
use wharf_wire::{Call, Fault};

use super::{Status, fault};
use crate::Ec2Service;

pub async fn delete(
    service: &Ec2Service,
    call: &Call,
    input: DeleteVpcPeeringConnectionRequest,
) -> Result<DeleteVpcPeeringConnectionResult, Fault> {
    crate::fault::dry_run(input.dry_run)?;
    let id = input.vpc_peering_connection_id.unwrap_or_default();
    transact!(service.table, &call.permit, |tx| {
        let stored = service.get_peering(call, &id).await?;
        let mut peering = stored.record.clone();
        match peering.status_at(call.now) {
            Status::Active => {}
            Status::PendingAcceptance if peering.requester.account == call.account => {}
            Status::PendingAcceptance => {
                return Err(fault::not_the_accepter(&call.account, "delete", &id));
            }
            status => return Err(fault::transition(&id, status.code(), "deleting")),
        }
        peering.status = Status::Deleted(call.account.clone());
        peering.over_at = Some(call.now);
        let txn = Txn::new()
            .when(stored.unchanged())
            .put(&stored.key, encode(&peering));
        tx.join(txn);
    });
    Ok(DeleteVpcPeeringConnectionResult {
        return_: Some(true),
    })
}
