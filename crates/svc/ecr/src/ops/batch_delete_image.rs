//! BatchDeleteImage: each image for itself; what could not be deleted is listed with its reason.

use wharf_api_ecr::types::*;
use wharf_wire::Call;

use super::{registry, show_failure};
use crate::{catalog::Catalog, error::EcrError};

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
        let named = (id.image_digest.as_deref(), id.image_tag.as_deref());
        let gone = catalog.delete_named(&call.permit, &registry, &name, named);
        match gone.await? {
            Ok(gone) => {
                deleted.extend(gone.into_iter().map(|(digest, image_tag)| ImageIdentifier {
                    image_digest: Some(digest.to_string()),
                    image_tag,
                }))
            }
            Err(failure) => failures.push(show_failure(failure, id)),
        }
    }
    Ok(BatchDeleteImageResponse {
        image_ids: Some(deleted),
        failures: Some(failures),
    })
}
