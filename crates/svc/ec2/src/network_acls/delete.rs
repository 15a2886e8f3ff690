//! DeleteNetworkAcl: one that no subnet has, and that is not its VPC's own.

use wharf_api_ec2::types::DeleteNetworkAclRequest;
use wharf_service::transact;
use wharf_store::Txn;
use wharf_wire::{Call, Fault};

use super::NetworkAcl;
use crate::{
    Ec2Service, fault,
    records::{Pointer, Subnet, Vpc},
    table::LeanOn,
};

pub async fn delete(
    service: &Ec2Service,
    call: &Call,
    input: DeleteNetworkAclRequest,
) -> Result<(), Fault> {
    fault::dry_run(input.dry_run)?;
    let id = input.network_acl_id.as_deref().unwrap_or_default();
    transact!(service.table, &call.permit, |tx| {
        let fence = service.fence(call, id).await?;
        let stored = service.get_stored::<NetworkAcl>(call, id).await?;
        let vpc: Vpc = service.get(call, &stored.record.vpc_id).await?;
        if vpc.network_acl == id {
            return Err(fault::default_network_acl(id));
        }
        let subnets: Vec<Subnet> = service.all(call).await?;
        if subnets
            .iter()
            .any(|it| it.network_acl.as_deref() == Some(id))
        {
            return Err(fault::network_acl_in_use(id));
        }
        let mut txn = Txn::new().remove(call, &stored, fence);
        if let Some(token) = &stored.record.token_id {
            txn = txn.delete(Ec2Service::key::<Pointer>(call, token));
        }
        tx.join(txn);
    });
    Ok(())
}
