//! PutLifecyclePolicy.

use wharf_api_ecr::types::*;
use wharf_wire::Call;

use super::registry;
use crate::{catalog::Catalog, error::EcrError};

pub(crate) async fn put_lifecycle_policy(
    catalog: &Catalog,
    call: &Call,
    input: PutLifecyclePolicyRequest,
) -> Result<PutLifecyclePolicyResponse, EcrError> {
    let registry = registry(call, input.registry_id);
    let name = input.repository_name.unwrap_or_default();
    let text = input.lifecycle_policy_text.unwrap_or_default();
    catalog
        .put_lifecycle(&call.permit, &registry, &name, &text, call.now)
        .await?;
    Ok(PutLifecyclePolicyResponse {
        registry_id: Some(registry.account),
        repository_name: Some(name),
        lifecycle_policy_text: Some(text),
    })
}
