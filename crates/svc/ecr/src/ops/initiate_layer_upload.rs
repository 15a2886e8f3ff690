//! InitiateLayerUpload.

use wharf_api_ecr::types::*;
use wharf_wire::Call;

use super::registry;
use crate::{catalog::Catalog, error::EcrError};

/// The part size ECR suggests, and the largest it takes: 20 MiB.
const PART_BYTES: i64 = 20_971_520;

pub(crate) async fn initiate_layer_upload(
    catalog: &Catalog,
    call: &Call,
    input: InitiateLayerUploadRequest,
) -> Result<InitiateLayerUploadResponse, EcrError> {
    let registry = registry(call, input.registry_id);
    let name = input.repository_name.unwrap_or_default();
    if catalog.is_made_by_push(&registry, &name).await? {
        catalog
            .make_for_push(&call.permit, &registry, &name, call.now)
            .await?;
    }
    let upload = catalog.begin_upload(&registry, &name).await?;
    Ok(InitiateLayerUploadResponse {
        upload_id: Some(upload.to_string()),
        part_size: Some(PART_BYTES),
    })
}
