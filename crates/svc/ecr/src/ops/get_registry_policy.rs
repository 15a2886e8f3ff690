//! GetRegistryPolicy.

use wharf_api_ecr::types::*;
use wharf_wire::Call;

use super::registry;
use crate::{catalog::Catalog, error::EcrError, named::shown_policy};

pub(crate) async fn get_registry_policy(
    catalog: &Catalog,
    call: &Call,
    _: GetRegistryPolicyRequest,
) -> Result<GetRegistryPolicyResponse, EcrError> {
    let of = registry(call, None);
    let missing = || EcrError::RegistryPolicyNotFound(of.account.clone());
    let found = catalog.registry_policy(&of).await?;
    let text = found.ok_or_else(missing)?;
    Ok(GetRegistryPolicyResponse {
        registry_id: Some(of.account),
        policy_text: Some(shown_policy(call, text).await?),
    })
}
