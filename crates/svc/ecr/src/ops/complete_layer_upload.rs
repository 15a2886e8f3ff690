//! CompleteLayerUpload.

use wharf_api_ecr::types::*;
use wharf_wire::Call;

use super::{read_layer_digest, registry};
use crate::{catalog::Catalog, error::EcrError};

pub(crate) async fn complete_layer_upload(
    catalog: &Catalog,
    call: &Call,
    input: CompleteLayerUploadRequest,
) -> Result<CompleteLayerUploadResponse, EcrError> {
    let registry = registry(call, input.registry_id);
    let name = input.repository_name.unwrap_or_default();
    let upload = input.upload_id.unwrap_or_default().to_ascii_lowercase();
    let digests = input.layer_digests.unwrap_or_default();
    let one = digests.first().map(String::as_str).unwrap_or_default();
    let digest = read_layer_digest(one)?;
    if digests.iter().any(|other| other != one) {
        return Err(EcrError::invalid(
            "layerDigests",
            "must all be the digest of this one layer",
        ));
    }
    let permit = &call.permit;
    catalog
        .complete_upload(permit, &registry, &name, &upload, &digest, call.now)
        .await?;
    Ok(CompleteLayerUploadResponse {
        registry_id: Some(registry.account),
        repository_name: Some(name),
        upload_id: Some(upload),
        layer_digest: Some(digest.to_string()),
    })
}
