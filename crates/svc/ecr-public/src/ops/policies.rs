//! Policies of repositories: who pushes. Anybody pulls, whatever they say.

use wharf_api_ecr_public::types::*;
use wharf_service::actions;
use wharf_svc_ecr::{
    EcrError, Registry, Repository as Record, bound_policy, check_repository_policy, shown_policy,
};
use wharf_wire::{Call, Fault};

use crate::service::EcrPublicService;

pub(crate) async fn set_repository_policy(
    service: &EcrPublicService,
    call: &Call,
    input: SetRepositoryPolicyRequest,
) -> Result<SetRepositoryPolicyResponse, Fault> {
    let registry = service.registry(call, input.registry_id.as_deref()).await?;
    let name = input.repository_name.unwrap_or_default();
    let policy = input.policy_text.unwrap_or_default();
    check_repository_policy(&policy, "PolicyText", is_action)?;
    if !input.force.unwrap_or_default() {
        service
            .catalog
            .keeps_access(call, &registry, &name, &policy)
            .await?;
    }
    let policy = bound_policy(call, policy, "PolicyText").await?;
    let change = |repository: &mut Record| {
        repository.policy = Some(policy.clone());
        Ok(())
    };
    let catalog = &service.catalog;
    catalog
        .update_repository(&call.permit, &registry, &name, change)
        .await?;
    Ok(SetRepositoryPolicyResponse {
        registry_id: Some(registry.account),
        repository_name: Some(name),
        policy_text: Some(shown_policy(call, policy).await?),
    })
}

pub(crate) async fn get_repository_policy(
    service: &EcrPublicService,
    call: &Call,
    input: GetRepositoryPolicyRequest,
) -> Result<GetRepositoryPolicyResponse, Fault> {
    let registry = service.registry(call, input.registry_id.as_deref()).await?;
    let name = input.repository_name.unwrap_or_default();
    let found = service.catalog.repository(&registry, &name).await?;
    let policy = found.policy.ok_or_else(|| missing(&name, &registry))?;
    Ok(GetRepositoryPolicyResponse {
        registry_id: Some(registry.account),
        repository_name: Some(name),
        policy_text: Some(shown_policy(call, policy).await?),
    })
}

/// Answers with the policy that was there.
pub(crate) async fn delete_repository_policy(
    service: &EcrPublicService,
    call: &Call,
    input: DeleteRepositoryPolicyRequest,
) -> Result<DeleteRepositoryPolicyResponse, Fault> {
    let registry = service.registry(call, input.registry_id.as_deref()).await?;
    let name = input.repository_name.unwrap_or_default();
    let mut policy_text = None;
    let change = |repository: &mut Record| {
        policy_text = repository.policy.take();
        match policy_text {
            Some(_) => Ok(()),
            None => Err(missing(&repository.name, &registry)),
        }
    };
    let catalog = &service.catalog;
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

fn missing(name: &str, registry: &Registry) -> EcrError {
    EcrError::PolicyNotFound {
        name: name.to_owned(),
        account: registry.account.clone(),
    }
}

/// Whether there are actions of ECR Public that a policy names so.
fn is_action(named: &str) -> bool {
    let all = wharf_api_ecr_public::schema::SERVICE.operations.iter();
    actions::means_one(named, "ecr-public", all.map(|it| it.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_of_ecr_public() {
        for (named, is_known) in [
            ("*", true),
            ("ecr-public:*", true),
            ("ecr-public:Put*", true),
            ("ecr-public:PutImages", false),
            ("ecr:PutImage", false),
        ] {
            assert_eq!(is_action(named), is_known, "{named}");
        }
    }
}
