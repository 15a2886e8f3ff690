//! UploadLayerPart: parts come one after the other, without gaps.

use wharf_api_ecr::types::*;
use wharf_wire::Call;

use super::registry;
use crate::{catalog::Catalog, error::EcrError};

pub(crate) async fn upload_layer_part(
    catalog: &Catalog,
    call: &Call,
    input: UploadLayerPartRequest,
) -> Result<UploadLayerPartResponse, EcrError> {
    let registry = registry(call, input.registry_id);
    let name = input.repository_name.unwrap_or_default();
    let upload = input.upload_id.unwrap_or_default().to_ascii_lowercase();
    let part = input.layer_part_blob.unwrap_or_default();
    let byte = |at: Option<i64>| at.and_then(|at| u64::try_from(at).ok());
    let first = byte(input.part_first_byte)
        .ok_or_else(|| EcrError::invalid("partFirstByte", "must not be negative"))?;
    let last = byte(input.part_last_byte)
        .ok_or_else(|| EcrError::invalid("partLastByte", "must not be negative"))?;
    if last.checked_sub(first).and_then(|n| n.checked_add(1)) != Some(part.len() as u64) {
        let received = catalog.upload_length(&registry, &name, &upload).await?;
        let account = registry.account;
        return Err(EcrError::LayerPart {
            upload,
            name,
            account,
            received,
        });
    }
    let received = catalog
        .upload_part(&registry, &name, &upload, first, part.into())
        .await?;
    Ok(UploadLayerPartResponse {
        registry_id: Some(registry.account),
        repository_name: Some(name),
        upload_id: Some(upload),
        last_byte_received: i64::try_from(received.saturating_sub(1)).ok(),
    })
}
