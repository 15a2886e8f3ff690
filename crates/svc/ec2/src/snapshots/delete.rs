//! DeleteSnapshot: at once for users; its bytes go when no volume is still to be made of them, and no later snapshot of
//! its volume is still being sent.

use wharf_api_ec2::types::DeleteSnapshotRequest;
use wharf_records::Record as _;
use wharf_service::transact;
use wharf_wire::{Call, Fault};

use super::{Snapshot, all_accounts, check_id, shared_key};
use crate::{Ec2Service, fault, images::Image};

pub async fn delete(
    service: &Ec2Service,
    call: &Call,
    input: DeleteSnapshotRequest,
) -> Result<(), Fault> {
    fault::dry_run(input.dry_run)?;
    let id = input.snapshot_id.as_deref().unwrap_or_default();
    check_id(id)?;
    let key = Ec2Service::key::<Snapshot>(call, id);
    // Who registers an image of it either sees its end, or is seen here.
    let _turn = service.counting.take((&call.account, Image::KIND)).await;
    let images: Vec<Image> = service.all(call).await?;
    if let Some(image) = images.iter().find(|it| it.has_snapshot(id)) {
        // It may be nobody's.
        if service
            .find::<Snapshot>(call, id)
            .await?
            .is_some_and(|it| it.is_seen())
        {
            return Err(fault::snapshot_of_image(id, &image.id));
        }
    }
    transact!(service.table, &call.permit, |tx| {
        let found = tx.find::<Snapshot>(&key).await?;
        let Some(mut snapshot) = found.filter(Snapshot::is_seen) else {
            return Err(fault::snapshot_not_found(id));
        };
        for account in &snapshot.shared_with {
            tx.delete(shared_key(call, account, id));
        }
        if snapshot.public {
            tx.delete(all_accounts(&call.region, id));
        }
        snapshot.public = false;
        snapshot.shared_with.clear();
        snapshot.deleting = true;
        snapshot.meter(call.now);
        tx.put(&key, &snapshot);
        if let Some(word) = snapshot.origin_use() {
            tx.delete(word);
        }
    });
    Ok(())
}
