//! Images: put and deleted.

use wharf_api_ecr_public::types::*;
use wharf_svc_ecr::{EcrError, NewImage};
use wharf_wire::{Call, Fault};

use crate::service::EcrPublicService;

pub(crate) async fn put_image(
    service: &EcrPublicService,
    call: &Call,
    input: PutImageRequest,
) -> Result<PutImageResponse, Fault> {
    let registry = service.registry(call, input.registry_id.as_deref()).await?;
    let name = input.repository_name.unwrap_or_default();
    let manifest = input.image_manifest.unwrap_or_default();
    let new = NewImage {
        manifest: manifest.clone().into_bytes().into(),
        media_type: input.image_manifest_media_type,
        tag: input.image_tag.clone(),
        digest: input.image_digest,
    };
    let catalog = &service.catalog;
    let pushed = catalog.put_image(&call.permit, &registry, &name, new, call.now);
    let pushed = pushed.await?;
    if !pushed.changed {
        let there = EcrError::ImageExists {
            digest: pushed.image.digest.into(),
            tag: input.image_tag.unwrap_or_else(|| "null".to_owned()),
            name,
            account: registry.account,
        };
        return Err(there.into());
    }
    let image = Image {
        registry_id: Some(registry.account),
        repository_name: Some(name),
        image_id: Some(ImageIdentifier {
            image_digest: Some(pushed.image.digest.to_string()),
            image_tag: input.image_tag,
        }),
        image_manifest: Some(manifest),
        image_manifest_media_type: Some(pushed.image.media_type),
    };
    Ok(PutImageResponse { image: Some(image) })
}

/// Each image for itself; what could not be deleted is listed with its reason.
pub(crate) async fn batch_delete_image(
    service: &EcrPublicService,
    call: &Call,
    input: BatchDeleteImageRequest,
) -> Result<BatchDeleteImageResponse, Fault> {
    let registry = service.registry(call, input.registry_id.as_deref()).await?;
    let name = input.repository_name.unwrap_or_default();
    let catalog = &service.catalog;
    catalog.repository(&registry, &name).await?;
    let (mut deleted, mut failures) = (Vec::new(), Vec::new());
    for id in input.image_ids.unwrap_or_default() {
        let named = (id.image_digest.as_deref(), id.image_tag.as_deref());
        let gone = catalog.delete_named(&call.permit, &registry, &name, named);
        match gone.await? {
            Ok(gone) => {
                deleted.extend(gone.into_iter().map(|(digest, image_tag)| ImageIdentifier {
                    image_digest: Some(digest.to_string()),
                    image_tag,
                }))
            }
            Err(failure) => failures.push(ImageFailure {
                image_id: Some(id),
                failure_code: Some(failure.code.to_owned()),
                failure_reason: Some(failure.reason),
            }),
        }
    }
    Ok(BatchDeleteImageResponse {
        image_ids: Some(deleted),
        failures: Some(failures),
    })
}
