//! DeregisterImage. Instances that were launched from the image keep running.

use std::collections::BTreeSet;

use wharf_api_ec2::types::{
    DeleteSnapshotRequest, DeleteSnapshotReturnCode, DeregisterImageRequest, DeregisterImageResult,
};
use wharf_service::transact;
use wharf_wire::{Call, Fault};

use super::{Image, all_accounts, attributes::shared_key, owned, register::name_pointer};
use crate::{Ec2Service, fault, records::Pointer, snapshots};

pub async fn deregister(
    service: &Ec2Service,
    call: &Call,
    input: DeregisterImageRequest,
) -> Result<DeregisterImageResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let deletes = input.delete_associated_snapshots == Some(true);
    let id = input.image_id.as_deref().unwrap_or_default();
    owned(service, call, id).await?;
    let key = Ec2Service::key::<Image>(call, id);
    let brought = transact!(service.table, &call.permit, |tx| {
        let image: Option<Image> = tx.find(&key).await?;
        let image = image.ok_or_else(|| fault::image_not_found(id))?;
        tx.delete(&key);
        tx.delete(Ec2Service::key::<Pointer>(call, &name_pointer(&image.name)));
        for account in &image.shared_with {
            tx.delete(shared_key(call, account, id));
        }
        if let Some((token, _)) = &image.token {
            tx.delete(Ec2Service::key::<Pointer>(call, token));
        }
        if image.public {
            tx.delete(all_accounts(&call.region, id));
        }
        image
            .snapshots()
            .map(str::to_owned)
            .collect::<BTreeSet<_>>()
    });
    let mut results = Vec::new();
    for snapshot in brought.into_iter().filter(|_| deletes) {
        results.push(delete(service, call, snapshot).await);
    }
    Ok(DeregisterImageResult {
        return_: Some(true),
        delete_snapshot_results: deletes.then_some(results),
    })
}

/// What other images bring stays.
async fn delete(service: &Ec2Service, call: &Call, id: String) -> DeleteSnapshotReturnCode {
    let input = DeleteSnapshotRequest {
        snapshot_id: Some(id.clone()),
        dry_run: None,
    };
    let code = match snapshots::delete(service, call, input).await {
        Ok(()) => "success",
        Err(fault) if fault.code == "InvalidSnapshot.InUse" => "skipped",
        Err(fault) if !fault.sender => "internal-error",
        Err(_) => "client-error",
    };
    DeleteSnapshotReturnCode {
        snapshot_id: Some(id),
        return_code: Some(code.to_owned()),
    }
}
