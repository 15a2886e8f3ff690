//! DeleteFlowLogs: what waits to be delivered goes with them.

use wharf_api_ec2::types::{DeleteFlowLogsRequest, DeleteFlowLogsResult};
use wharf_service::transact;
use wharf_store::Txn;
use wharf_wire::{Call, Fault};

use super::{FlowLog, MAX_RESOURCES, fault};
use crate::{
    Ec2Service,
    fault::{dry_run, missing_parameter},
    records::Pointer,
};

pub async fn delete(
    service: &Ec2Service,
    call: &Call,
    input: DeleteFlowLogsRequest,
) -> Result<DeleteFlowLogsResult, Fault> {
    dry_run(input.dry_run)?;
    let mut ids = input.flow_log_ids.unwrap_or_default();
    if ids.is_empty() {
        return Err(missing_parameter("FlowLogId"));
    }
    if ids.len() > MAX_RESOURCES {
        return Err(fault::bad_parameter("Too many flow logs."));
    }
    ids.sort();
    ids.dedup();
    let mut missing = Vec::new();
    for id in &ids {
        if service.find::<FlowLog>(call, id).await?.is_none() {
            missing.push(id.clone());
        }
    }
    if !missing.is_empty() {
        return Err(fault::none_of(&missing));
    }
    for id in &ids {
        one(service, call, id).await?;
    }
    Ok(DeleteFlowLogsResult {
        unsuccessful: Some(Vec::new()),
    })
}

async fn one(service: &Ec2Service, call: &Call, id: &str) -> Result<(), Fault> {
    transact!(service.table, &call.permit, |tx| {
        // Somebody else may have deleted it meanwhile.
        if let Some(stored) = service.stored::<FlowLog>(call, id).await? {
            let mut txn = Txn::new().when(stored.unchanged()).delete(&stored.key);
            if let Some(token) = &stored.record.token_id {
                txn = txn.delete(Ec2Service::key::<Pointer>(call, token));
            }
            tx.join(txn);
        }
    });
    Ok(())
}
