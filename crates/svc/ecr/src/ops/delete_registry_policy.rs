//! DeleteRegistryPolicy.

use wharf_api_ecr::types::*;
use wharf_wire::Call;

use super::registry;
use crate::{catalog::Catalog, error::EcrError, named::shown_policy};

pub(crate) async fn delete_registry_policy(
    catalog: &Catalog,
    call: &Call,
    _: DeleteRegistryPolicyRequest,
) -> Result<DeleteRegistryPolicyResponse, EcrError> {
    let of = registry(call, None);
    let text = catalog.delete_registry_policy(&call.permit, &of).await?;
    Ok(DeleteRegistryPolicyResponse {
        registry_id: Some(of.account),
        policy_text: Some(shown_policy(call, text).await?),
    })
}
