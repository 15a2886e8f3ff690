//! DeleteRepositoryPolicy; answers with the policy that was there.

use wharf_api_ecr::types::*;
use wharf_wire::Call;

use super::registry;
use crate::{catalog::Catalog, error::EcrError, named::shown_policy};

pub(crate) async fn delete_repository_policy(
    catalog: &Catalog,
    call: &Call,
    input: DeleteRepositoryPolicyRequest,
) -> Result<DeleteRepositoryPolicyResponse, EcrError> {
    let registry = registry(call, input.registry_id);
    let name = input.repository_name.unwrap_or_default();
    let account = registry.account.clone();
    let mut policy_text = None;
    let change = |repository: &mut crate::records::Repository| {
        policy_text = repository.policy.take();
        if policy_text.is_none() {
            let (name, account) = (repository.name.clone(), account.clone());
            return Err(EcrError::PolicyNotFound { name, account });
        }
        Ok(())
    };
    catalog
        .update_repository(&call.permit, &registry, &name, change)
        .await?;
    let policy_text = match policy_text {
        Some(policy) => Some(shown_policy(call, policy).await?),
        None => None,
    };
    Ok(DeleteRepositoryPolicyResponse {
        registry_id: Some(registry.account),
        repository_name: Some(name),
        policy_text,
    })
}
