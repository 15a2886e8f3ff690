//! StartImageScan: a scan is begun; `scanning` carries it out.

use wharf_api_ecr::types::*;
use wharf_wire::Call;

use super::{read_image_id, registry};
use crate::{
    catalog::{Catalog, ImageRef, Registry, missing},
    error::EcrError,
    records::{Image, ScanStatus},
};

pub(crate) async fn start_image_scan(
    catalog: &Catalog,
    call: &Call,
    input: StartImageScanRequest,
) -> Result<StartImageScanResponse, EcrError> {
    let registry = registry(call, input.registry_id);
    let name = input.repository_name.unwrap_or_default();
    let id = input.image_id.unwrap_or_default();
    let image = named(catalog, &registry, &name, &id).await?;
    let reference = ImageRef::Digest(image.digest);
    let begun = catalog.start_scan(&call.permit, &registry, &name, &reference, call.now);
    let begun = begun.await?;
    Ok(StartImageScanResponse {
        registry_id: Some(registry.account),
        repository_name: Some(name),
        image_id: Some(shown_id(&begun, id.image_tag)),
        image_scan_status: Some(ImageScanStatus {
            status: Some(ScanStatus::InProgress.name().to_owned()),
            description: None,
        }),
    })
}

/// The image that a request is about, where its digest and its tag agree.
pub(super) async fn named(
    catalog: &Catalog,
    registry: &Registry,
    name: &str,
    id: &ImageIdentifier,
) -> Result<Image, EcrError> {
    let (reference, pair) =
        read_image_id(id).map_err(|failure| EcrError::invalid("imageId", failure.reason))?;
    let found = catalog.image(registry, name, &reference).await?;
    let agrees = |image: &Image| pair.as_ref().is_none_or(|(_, it)| image.digest == *it);
    found
        .filter(agrees)
        .ok_or_else(|| missing(registry, name, &reference))
}

pub(super) fn shown_id(image: &Image, tag: Option<String>) -> ImageIdentifier {
    ImageIdentifier {
        image_digest: Some(image.digest.to_string()),
        image_tag: tag,
    }
}
