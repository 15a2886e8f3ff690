//! BatchDeleteImage: each image for itself; what could not be deleted is listed with its reason.

use wharf_api_ecr::types::*;
use wharf_wire::Call;

use super::{Failure, read_image_id, registry};
use crate::{
    catalog::{Catalog, ImageRef, Registry},
    error::EcrError,
};

pub(crate) async fn batch_delete_image(
    catalog: &Catalog,
    call: &Call,
    input: BatchDeleteImageRequest,
) -> Result<BatchDeleteImageResponse, EcrError> {
    let registry = registry(call, input.registry_id);
    let name = input.repository_name.unwrap_or_default();
    catalog.repository(&registry, &name).await?;
    let (mut deleted, mut failures) = (Vec::new(), Vec::new());
    for id in input.image_ids.unwrap_or_default() {
        match delete_one(catalog, call, &registry, &name, &id).await? {
            Ok(gone) => deleted.extend(gone),
            Err(failure) => failures.push(failure.show(id)),
        }
    }
    Ok(BatchDeleteImageResponse {
        image_ids: Some(deleted),
        failures: Some(failures),
    })
}

/// The ids that are gone: one for each tag.
async fn delete_one(
    catalog: &Catalog,
    call: &Call,
    registry: &Registry,
    name: &str,
    id: &ImageIdentifier,
) -> Result<Result<Vec<ImageIdentifier>, Failure>, EcrError> {
    let (reference, pair) = match read_image_id(id) {
        Ok(read) => read,
        Err(failure) => return Ok(Err(failure)),
    };
    if let Some((_, digest)) = pair {
        let found = catalog.image(registry, name, &reference).await?;
        if found.is_some_and(|image| image.digest != digest) {
            let text = "Requested tag does not match digest";
            return Ok(Err(Failure::new("ImageTagDoesNotMatchDigest", text)));
        }
    }
    let image = match catalog
        .delete_image(&call.permit, registry, name, &reference, false)
        .await
    {
        Ok(Some(image)) => image,
        Ok(None) => return Ok(Err(Failure::not_found())),
        Err(error @ EcrError::ReferencedByIndex(_)) => {
            return Ok(Err(Failure::new(
                "ImageReferencedByManifestList",
                error.to_string(),
            )));
        }
        Err(other) => return Err(other),
    };
    let digest = Some(image.digest.to_string());
    let tagged = |tag| ImageIdentifier {
        image_digest: digest.clone(),
        image_tag: Some(tag),
    };
    Ok(Ok(match reference {
        ImageRef::Tag(tag) => vec![tagged(tag)],
        ImageRef::Digest(_) if image.tags.is_empty() => {
            vec![ImageIdentifier {
                image_digest: digest,
                image_tag: None,
            }]
        }
        ImageRef::Digest(_) => image.tags.into_iter().map(tagged).collect(),
    }))
}
