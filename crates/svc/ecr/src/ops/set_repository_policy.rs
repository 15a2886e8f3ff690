//! SetRepositoryPolicy. A resource policy without Resource: the repository is implied.

use wharf_api_ecr::types::*;
use wharf_wire::Call;

use super::registry;
use crate::{
    catalog::{Catalog, check_repository_policy, is_action},
    error::EcrError,
    named::{bound_policy, shown_policy},
};

pub(crate) async fn set_repository_policy(
    catalog: &Catalog,
    call: &Call,
    input: SetRepositoryPolicyRequest,
) -> Result<SetRepositoryPolicyResponse, EcrError> {
    let registry = registry(call, input.registry_id);
    let name = input.repository_name.unwrap_or_default();
    let policy = input.policy_text.unwrap_or_default();
    check_repository_policy(&policy, "PolicyText", is_action)?;
    if !input.force.unwrap_or_default() {
        catalog
            .keeps_access(call, &registry, &name, &policy)
            .await?;
    }
    let policy = bound_policy(call, policy, "PolicyText").await?;
    let change = |repository: &mut crate::records::Repository| {
        repository.policy = Some(policy.clone());
        Ok(())
    };
    catalog
        .update_repository(&call.permit, &registry, &name, change)
        .await?;
    Ok(SetRepositoryPolicyResponse {
        registry_id: Some(registry.account),
        repository_name: Some(name),
        policy_text: Some(shown_policy(call, policy).await?),
    })
}
