//! DeleteNatGateway gives its addresses back; the gateway itself is shown for a while.

use wharf_api_ec2::types::{DeleteNatGatewayRequest, DeleteNatGatewayResult};
use wharf_records::encode;
use wharf_service::transact;
use wharf_store::Txn;
use wharf_wire::{Call, Fault};

use super::NatGateway;
use crate::{
    Ec2Service, elastic, fault,
    records::{AddressClaim, Interface, Pointer, claim_id},
};

pub async fn delete(
    service: &Ec2Service,
    call: &Call,
    input: DeleteNatGatewayRequest,
) -> Result<DeleteNatGatewayResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let id = input.nat_gateway_id.as_deref().unwrap_or_default();
    transact!(service.table, &call.permit, |tx| {
        let mut stored = service.get_stored::<NatGateway>(call, id).await?;
        if stored.record.is_forgotten(call.now) {
            return Err(fault::nat_gateway_not_found(id));
        }
        if stored.record.deleted_at.is_none() {
            let mut txn = Txn::new().when(stored.unchanged());
            let interface = service
                .stored::<Interface>(call, &stored.record.interface)
                .await?;
            if let Some(interface) = interface {
                let claim = claim_id(&interface.record.subnet_id, interface.record.address);
                let claim = Ec2Service::key::<AddressClaim>(call, &claim);
                txn = txn
                    .when(interface.unchanged())
                    .delete(&interface.key)
                    .delete(claim);
                let scope = Ec2Service::scope(call);
                let of = &interface.record;
                txn = elastic::give_all_back(&service.table, &scope, of, (txn, call.now)).await?;
            }
            if let Some(token) = stored.record.token_id.take() {
                txn = txn.delete(Ec2Service::key::<Pointer>(call, &token));
            }
            stored.record.deleted_at = Some(call.now);
            tx.join(txn.put(&stored.key, encode(&stored.record)));
        }
    });
    forget_old(service, call).await?;
    Ok(DeleteNatGatewayResult {
        nat_gateway_id: Some(id.to_owned()),
    })
}

/// Deletes what nobody is told of any more: as many as fit into a transaction, the rest by the next.
async fn forget_old(service: &Ec2Service, call: &Call) -> Result<(), Fault> {
    const AT_ONCE: usize = 50;
    let scope = Ec2Service::scope(call);
    let all = service.table.all::<NatGateway>(&scope, "").await?;
    let old = all.into_iter().map(|(_, stored)| stored);
    let old = old.filter(|it| it.record.is_forgotten(call.now));
    let old: Vec<_> = old.take(AT_ONCE).collect();
    if !old.is_empty() {
        let txn = old.iter().fold(Txn::new(), |txn, stored| {
            txn.when(stored.unchanged()).delete(&stored.key)
        });
        // Somebody else may have been faster.
        service.commit(call, txn).await?;
    }
    Ok(())
}
