//! PutRegistryPolicy.

use wharf_api_ecr::types::*;
use wharf_wire::Call;

use super::registry;
use crate::{catalog::Catalog, error::EcrError};

pub(crate) async fn put_registry_policy(
    catalog: &Catalog,
    call: &Call,
    input: PutRegistryPolicyRequest,
) -> Result<PutRegistryPolicyResponse, EcrError> {
    let text = input.policy_text.unwrap_or_default();
    let of = registry(call, None);
    catalog
        .put_registry_policy(&call.permit, &of, text.clone())
        .await?;
    Ok(PutRegistryPolicyResponse {
        registry_id: Some(of.account),
        policy_text: Some(text),
    })
}
