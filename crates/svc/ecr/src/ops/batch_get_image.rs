//! BatchGetImage: manifests as they were pushed.

use bytes::Bytes;
use wharf_api_ecr::types::*;
use wharf_blobs::Digest;
use wharf_wire::Call;

use super::{
    read_image_id, registry, show_failure,
    through::{self, Upstream},
};
use crate::{
    catalog::{Brought, Catalog, Registry, Stored},
    error::EcrError,
    identifier::Failure,
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
    let mut through = through::Images {
        catalog,
        call,
        registry: &registry,
        name: &name,
        down: None,
    };
    let (mut images, mut failures) = (Vec::new(), Vec::new());
    let mut bytes = 0;
    for some in input.image_ids.unwrap_or_default().chunks(through::AT_ONCE) {
        let brought = through.bring(some).await?;
        // The first image that is brought makes its repository.
        if brought.iter().all(|it| matches!(it, Upstream::Nothing)) {
            catalog.repository(&registry, &name).await?;
        }
        for (id, brought) in some.iter().zip(brought) {
            let found = match brought {
                Upstream::Failed(failure) => Err(failure),
                Upstream::Brought(brought) => Ok(Found::from(&*brought)),
                Upstream::Nothing => find(catalog, &registry, &name, id).await?,
            };
            match found {
                Ok(found) if bytes + found.manifest.len() <= MAX_ANSWER_BYTES => {
                    bytes += found.manifest.len();
                    // What comes just now is not recorded yet: its first pull is noted with it.
                    catalog
                        .record_pull(call, &registry, &name, &found.digest)
                        .await?;
                    images.push(found.show(&registry, &name, id.image_tag.clone()));
                }
                Ok(_) => {
                    let text =
                        "The manifests asked for are too large for one answer; ask for fewer";
                    let failure = Failure::new("ImageInaccessible", text);
                    failures.push(show_failure(failure, id.clone()));
                }
                Err(failure) => failures.push(show_failure(failure, id.clone())),
            }
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
) -> Result<Result<Found, Failure>, EcrError> {
    let (reference, pair) = match read_image_id(id) {
        Ok(read) => read,
        Err(failure) => return Ok(Err(failure)),
    };
    let found = match catalog.manifest(registry, name, &reference).await {
        Err(error @ EcrError::ImageArchived { .. }) => {
            return Ok(Err(Failure::new("ImageInaccessible", error.to_string())));
        }
        Err(EcrError::Kms(fault)) if fault.sender => {
            let text = EcrError::Kms(fault).to_string();
            return Ok(Err(Failure::new("KmsError", text)));
        }
        found => found?,
    };
    Ok(match (found, pair) {
        (None, _) => Err(Failure::not_found()),
        (Some(stored), Some((_, digest))) if stored.image.digest != digest => Err(Failure::new(
            "ImageTagDoesNotMatchDigest",
            "Requested tag does not match digest",
        )),
        (Some(stored), _) => Ok(stored.into()),
    })
}

/// A manifest to give out.
struct Found {
    digest: Digest,
    media_type: String,
    manifest: Bytes,
}

impl From<&Brought> for Found {
    fn from(brought: &Brought) -> Self {
        Self {
            digest: brought.digest,
            media_type: brought.media_type.clone(),
            manifest: brought.manifest.clone(),
        }
    }
}

impl From<Stored> for Found {
    fn from(stored: Stored) -> Self {
        Self {
            digest: stored.image.digest,
            media_type: stored.image.media_type,
            manifest: stored.manifest.into(),
        }
    }
}

impl Found {
    fn show(self, registry: &Registry, name: &str, tag: Option<String>) -> Image {
        Image {
            registry_id: Some(registry.account.clone()),
            repository_name: Some(name.to_owned()),
            image_id: Some(ImageIdentifier {
                image_digest: Some(self.digest.to_string()),
                image_tag: tag,
            }),
            // Parsed as JSON when it came, and therefore UTF-8.
            image_manifest: Some(String::from_utf8_lossy(&self.manifest).into_owned()),
            image_manifest_media_type: Some(self.media_type),
        }
    }
}
