//! DeleteVpcEndpoints: each with its routes and interfaces; what could not be deleted is told.

use wharf_api_ec2::types::{DeleteVpcEndpointsRequest, DeleteVpcEndpointsResult};
use wharf_service::transact;
use wharf_store::Txn;
use wharf_wire::{Call, Fault};

use super::{
    VpcEndpoint,
    change::{self, each, remove_routes, tables_of},
    fault,
};
use crate::{
    Ec2Service,
    endpoint_services::{connection_key, scope_of},
    fault::{dry_run, missing_parameter, tell},
    records::Pointer,
    table::LeanOn as _,
};

/// Route tables that one transaction takes an endpoint's routes from: each is a condition and a record.
const AT_ONCE: usize = 50;

pub async fn delete(
    service: &Ec2Service,
    call: &Call,
    input: DeleteVpcEndpointsRequest,
) -> Result<DeleteVpcEndpointsResult, Fault> {
    dry_run(input.dry_run)?;
    let ids = each(&input.vpc_endpoint_ids)?;
    if ids.is_empty() {
        return Err(missing_parameter("VpcEndpointId"));
    }
    let mut unsuccessful = Vec::new();
    for id in ids {
        let done = one(service, call, &id).await;
        let done = done.map_err(|fault| deleted_before(&id, fault));
        tell(&mut unsuccessful, id, done)?;
    }
    Ok(DeleteVpcEndpointsResult {
        unsuccessful: Some(unsuccessful),
    })
}

async fn one(service: &Ec2Service, call: &Call, id: &str) -> Result<(), Fault> {
    // Beyond some, one transaction does not hold them: their routes go before the endpoint does.
    let more = tables_of(service, call, id).await?.into_iter();
    let more: Vec<String> = more.skip(AT_ONCE).map(|it| it.record.id).collect();
    for some in more.chunks(AT_ONCE) {
        transact!(service.table, &call.permit, |tx| {
            let mut tables = tables_of(service, call, id).await?;
            tables.retain(|it| some.contains(&it.record.id));
            tx.join(remove_routes(Txn::new(), id, tables));
        });
    }
    transact!(service.table, &call.permit, |tx| {
        let fence = service.fence(call, id).await?;
        let stored = service.get_stored::<VpcEndpoint>(call, id).await?;
        let tables = tables_of(service, call, id).await?;
        let mut txn = remove_routes(Txn::new().remove(call, &stored, fence), id, tables);
        for interface in &stored.record.interfaces {
            txn = change::delete_interface(service, call, txn, &interface.id).await?;
        }
        if let Some(link) = &stored.record.link {
            let provider = scope_of(&link.provider, &call.region);
            txn = txn.delete(connection_key(&provider, &stored.record.service, id));
        }
        if let Some(token) = &stored.record.token_id {
            txn = txn.delete(Ec2Service::key::<Pointer>(call, token));
        }
        tx.join(txn);
    });
    Ok(())
}

/// One that is not there has been deleted.
fn deleted_before(id: &str, fault: Fault) -> Fault {
    match fault.code == fault::not_found(id).code {
        true => Fault::sender(fault::DELETED_BEFORE, 400, fault.message),
        false => fault,
    }
}
