//! StartLifecyclePolicyPreview: a preview is written down, and worked out when it is read.

use wharf_api_ecr::types::*;
use wharf_wire::Call;

use super::registry;
use crate::{catalog::Catalog, error::EcrError};

pub(crate) async fn start_lifecycle_policy_preview(
    catalog: &Catalog,
    call: &Call,
    input: StartLifecyclePolicyPreviewRequest,
) -> Result<StartLifecyclePolicyPreviewResponse, EcrError> {
    let registry = registry(call, input.registry_id);
    let name = input.repository_name.unwrap_or_default();
    let text = input.lifecycle_policy_text.as_deref();
    let text = catalog
        .start_preview(&call.permit, &registry, &name, text, call.now)
        .await?;
    Ok(StartLifecyclePolicyPreviewResponse {
        registry_id: Some(registry.account),
        repository_name: Some(name),
        lifecycle_policy_text: Some(text),
        status: Some("IN_PROGRESS".to_owned()),
    })
}
