//! DeregisterImage. Instances that were launched from the image keep running.

use wharf_api_ec2::types::{DeregisterImageRequest, DeregisterImageResult};
use wharf_service::transact;
use wharf_wire::{Call, Fault};

use super::{Image, all_accounts, attributes::shared_key, owned, register::name_pointer};
use crate::{Ec2Service, fault, records::Pointer};

pub async fn deregister(
    service: &Ec2Service,
    call: &Call,
    input: DeregisterImageRequest,
) -> Result<DeregisterImageResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let id = input.image_id.as_deref().unwrap_or_default();
    owned(service, call, id).await?;
    let key = Ec2Service::key::<Image>(call, id);
    transact!(service.table, &call.permit, |tx| {
        let image: Option<Image> = tx.find(&key).await?;
        let image = image.ok_or_else(|| fault::image_not_found(id))?;
        tx.delete(&key);
        tx.delete(Ec2Service::key::<Pointer>(call, &name_pointer(&image.name)));
        for account in &image.shared_with {
            tx.delete(shared_key(call, account, id));
        }
        if image.public {
            tx.delete(all_accounts(&call.region, id));
        }
    });
    Ok(DeregisterImageResult {
        return_: Some(true),
        delete_snapshot_results: None,
    })
}
