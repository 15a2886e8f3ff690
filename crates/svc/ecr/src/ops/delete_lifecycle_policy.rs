//! DeleteLifecyclePolicy.

use wharf_api_ecr::types::*;
use wharf_wire::Call;

use super::registry;
use crate::{catalog::Catalog, error::EcrError};

pub(crate) async fn delete_lifecycle_policy(
    catalog: &Catalog,
    call: &Call,
    input: DeleteLifecyclePolicyRequest,
) -> Result<DeleteLifecyclePolicyResponse, EcrError> {
    let registry = registry(call, input.registry_id);
    let name = input.repository_name.unwrap_or_default();
    let lifecycle = catalog
        .delete_lifecycle(&call.permit, &registry, &name)
        .await?;
    Ok(DeleteLifecyclePolicyResponse {
        registry_id: Some(registry.account),
        repository_name: Some(name),
        lifecycle_policy_text: Some(lifecycle.text),
        last_evaluated_at: lifecycle.evaluated_at,
    })
}
