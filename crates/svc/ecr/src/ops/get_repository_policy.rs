//! GetRepositoryPolicy.

use wharf_api_ecr::types::*;
use wharf_wire::Call;

use super::registry;
use crate::{catalog::Catalog, error::EcrError, named::shown_policy};

pub(crate) async fn get_repository_policy(
    catalog: &Catalog,
    call: &Call,
    input: GetRepositoryPolicyRequest,
) -> Result<GetRepositoryPolicyResponse, EcrError> {
    let registry = registry(call, input.registry_id);
    let name = input.repository_name.unwrap_or_default();
    let policy = catalog.repository(&registry, &name).await?.policy;
    let missing = || EcrError::PolicyNotFound {
        name: name.clone(),
        account: registry.account.clone(),
    };
    let policy = policy.ok_or_else(missing)?;
    let policy_text = Some(shown_policy(call, policy).await?);
    Ok(GetRepositoryPolicyResponse {
        registry_id: Some(registry.account),
        repository_name: Some(name),
        policy_text,
    })
}
