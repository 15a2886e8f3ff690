//! DeleteVpcEndpointServiceConfigurations: those that no endpoint uses or waits for; what could not be deleted is told.

use wharf_api_ec2::types::{
    DeleteVpcEndpointServiceConfigurationsRequest, DeleteVpcEndpointServiceConfigurationsResult,
};
use wharf_service::transact;
use wharf_store::Txn;
use wharf_wire::{Call, Fault};

use super::{EndpointService, LinkState, connections, fault, place_key};
use crate::{
    Ec2Service,
    endpoints::each,
    fault::{dry_run, missing_parameter, tell},
    records::Pointer,
    table::LeanOn as _,
};

pub async fn delete(
    service: &Ec2Service,
    call: &Call,
    input: DeleteVpcEndpointServiceConfigurationsRequest,
) -> Result<DeleteVpcEndpointServiceConfigurationsResult, Fault> {
    dry_run(input.dry_run)?;
    let ids = each(&input.service_ids)?;
    if ids.is_empty() {
        return Err(missing_parameter("ServiceId"));
    }
    let mut failed = Vec::new();
    for id in ids {
        let done = one(service, call, &id).await;
        tell(&mut failed, id, done)?;
    }
    Ok(DeleteVpcEndpointServiceConfigurationsResult {
        unsuccessful: Some(failed),
    })
}

/// Endpoints that were rejected stay as they are, and what their connections are known by until they go: they lead nowhere.
async fn one(service: &Ec2Service, call: &Call, id: &str) -> Result<(), Fault> {
    let provider = Ec2Service::scope(call);
    transact!(service.table, &call.permit, |tx| {
        let fence = service.fence(call, id).await?;
        let stored = service.get_stored::<EndpointService>(call, id).await?;
        for connection in service.connections(&provider, Some(id)).await? {
            let endpoint = connections::endpoint(service, &call.region, &connection).await?;
            let link = endpoint.and_then(|it| it.record.link);
            if link.is_some_and(|it| it.state != LinkState::Rejected) {
                return Err(fault::has_endpoints(id));
            }
        }
        let mut txn = Txn::new()
            .remove(call, &stored, fence)
            .delete(place_key(&call.region, id));
        if let Some(token) = &stored.record.token_id {
            txn = txn.delete(Ec2Service::key::<Pointer>(call, token));
        }
        tx.join(txn);
    });
    Ok(())
}
