//! PutImage.

use wharf_api_ecr::types::*;
use wharf_wire::Call;

use super::registry;
use crate::{
    catalog::{Catalog, NewImage},
    error::EcrError,
};

pub(crate) async fn put_image(
    catalog: &Catalog,
    call: &Call,
    input: PutImageRequest,
) -> Result<PutImageResponse, EcrError> {
    let registry = registry(call, input.registry_id);
    let name = input.repository_name.unwrap_or_default();
    let manifest = input.image_manifest.unwrap_or_default();
    let new = NewImage {
        manifest: manifest.clone().into_bytes().into(),
        media_type: input.image_manifest_media_type,
        tag: input.image_tag.clone(),
        digest: input.image_digest,
    };
    let pushed = catalog.push_image(call, &registry, &name, new, None);
    let pushed = pushed.await?;
    if !pushed.changed {
        let (digest, account) = (pushed.image.digest.into(), registry.account);
        let tag = input.image_tag.unwrap_or_else(|| "null".to_owned());
        return Err(EcrError::ImageExists {
            digest,
            tag,
            name,
            account,
        });
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
