//! UpdateImageStorageClass: into the archive, and back.

use wharf_api_ecr::types::*;
use wharf_wire::Call;

use super::{not_found, read_image_id, registry};
use crate::{
    catalog::{Catalog, ImageRef, StorageClass},
    error::EcrError,
};

pub(crate) async fn update_image_storage_class(
    catalog: &Catalog,
    call: &Call,
    input: UpdateImageStorageClassRequest,
) -> Result<UpdateImageStorageClassResponse, EcrError> {
    let registry = registry(call, input.registry_id);
    let name = input.repository_name.unwrap_or_default();
    let id = input.image_id.unwrap_or_default();
    let (mut reference, pair) =
        read_image_id(&id).map_err(|failure| EcrError::invalid("imageId", failure.reason))?;
    if let Some((_, digest)) = pair {
        let found = catalog.image(&registry, &name, &reference).await?;
        if found.is_none_or(|image| image.digest != digest) {
            return Err(not_found(&registry, &name, &id));
        }
        // Wherever its tag is moved now.
        reference = ImageRef::Digest(digest);
    }
    let to = match input.target_storage_class.as_deref() {
        Some("ARCHIVE") => StorageClass::Archive,
        _ => StorageClass::Standard,
    };
    let moved = catalog
        .move_image(&call.permit, &registry, &name, &reference, to, call.now)
        .await?;
    let image = moved.ok_or_else(|| not_found(&registry, &name, &id))?;
    Ok(UpdateImageStorageClassResponse {
        registry_id: Some(registry.account),
        repository_name: Some(name),
        image_id: Some(ImageIdentifier {
            image_digest: Some(image.digest.to_string()),
            image_tag: id.image_tag,
        }),
        image_status: Some(image.status.name().to_owned()),
    })
}
