//! BatchGetImage: manifests as they were pushed.

use wharf_api_ecr::types::*;
use wharf_wire::Call;

use super::{Failure, read_image_id, registry};
use crate::{
    catalog::{Catalog, Registry, Stored},
    error::EcrError,
};

/// Manifests in one answer, in bytes: a hundred of the largest would be 400 MiB.
const MAX_ANSWER_BYTES: usize = 16 << 20;

pub(crate) async fn batch_get_image(
    catalog: &Catalog,
    call: &Call,
    input: BatchGetImageRequest,
) -> Result<BatchGetImageResponse, EcrError> {
    let registry = registry(call, input.registry_id);
    let name = input.repository_name.unwrap_or_default();
    catalog.repository(&registry, &name).await?;
    let (mut images, mut failures) = (Vec::new(), Vec::new());
    let mut bytes = 0;
    for id in input.image_ids.unwrap_or_default() {
        match find(catalog, &registry, &name, &id).await? {
            Ok(stored) if bytes + stored.manifest.len() <= MAX_ANSWER_BYTES => {
                bytes += stored.manifest.len();
                let digest = &stored.image.digest;
                catalog.record_pull(call, &registry, &name, digest).await?;
                images.push(show(&registry, &name, stored, id.image_tag));
            }
            Ok(_) => {
                let text = "The manifests asked for are too large for one answer; ask for fewer";
                failures.push(Failure::new("ImageInaccessible", text).show(id));
            }
            Err(failure) => failures.push(failure.show(id)),
        }
    }
    Ok(BatchGetImageResponse {
        images: Some(images),
        failures: Some(failures),
    })
}

async fn find(
    catalog: &Catalog,
    registry: &Registry,
    name: &str,
    id: &ImageIdentifier,
) -> Result<Result<Stored, Failure>, EcrError> {
    let (reference, pair) = match read_image_id(id) {
        Ok(read) => read,
        Err(failure) => return Ok(Err(failure)),
    };
    let found = match catalog.manifest(registry, name, &reference).await {
        Err(error @ EcrError::ImageArchived { .. }) => {
            return Ok(Err(Failure::new("ImageInaccessible", error.to_string())));
        }
        found => found?,
    };
    Ok(match (found, pair) {
        (None, _) => Err(Failure::not_found()),
        (Some(stored), Some((_, digest))) if stored.image.digest != digest => Err(Failure::new(
            "ImageTagDoesNotMatchDigest",
            "Requested tag does not match digest",
        )),
        (Some(stored), _) => Ok(stored),
    })
}

fn show(registry: &Registry, name: &str, stored: Stored, tag: Option<String>) -> Image {
    Image {
        registry_id: Some(registry.account.clone()),
        repository_name: Some(name.to_owned()),
        image_id: Some(ImageIdentifier {
            image_digest: Some(stored.image.digest.to_string()),
            image_tag: tag,
        }),
        // Parsed as JSON when it was pushed, and therefore UTF-8.
        image_manifest: Some(String::from_utf8_lossy(&stored.manifest).into_owned()),
        image_manifest_media_type: Some(stored.image.media_type),
    }
}
