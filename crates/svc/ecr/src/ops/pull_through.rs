//! CreatePullThroughCacheRule, DeletePullThroughCacheRule, DescribePullThroughCacheRules,
//! UpdatePullThroughCacheRule, ValidatePullThroughCacheRule.

use wharf_api_ecr::types::*;
use wharf_wire::Call;

use super::limit;
use crate::{
    catalog::{Catalog, NewRule, Registry},
    error::EcrError,
    page::{after, pages},
    records::PullThrough,
};

/// Rules are the business of the registry's own account.
fn own(call: &Call, asked: Option<String>) -> Result<Registry, EcrError> {
    match asked {
        Some(other) if other != call.account => Err(EcrError::invalid(
            "registryId",
            "must be the id of your own registry",
        )),
        _ => Ok(Registry::new(&call.account, &call.region)),
    }
}

pub(crate) async fn create(
    catalog: &Catalog,
    call: &Call,
    input: CreatePullThroughCacheRuleRequest,
) -> Result<CreatePullThroughCacheRuleResponse, EcrError> {
    let registry = own(call, input.registry_id)?;
    let new = NewRule {
        prefix: input.ecr_repository_prefix.unwrap_or_default(),
        url: input.upstream_registry_url.unwrap_or_default(),
        upstream: input.upstream_registry,
        upstream_prefix: input.upstream_repository_prefix,
        credential: input.credential_arn,
        role: input.custom_role_arn.filter(|it| !it.is_empty()),
    };
    let made = catalog.create_rule(call, &registry, new).await?;
    Ok(CreatePullThroughCacheRuleResponse {
        registry_id: Some(registry.account),
        ecr_repository_prefix: Some(made.prefix),
        upstream_registry_url: Some(made.url),
        upstream_registry: made.upstream,
        upstream_repository_prefix: Some(made.upstream_prefix),
        credential_arn: made.credential,
        custom_role_arn: made.role,
        created_at: Some(made.created_at),
    })
}

pub(crate) async fn update(
    catalog: &Catalog,
    call: &Call,
    input: UpdatePullThroughCacheRuleRequest,
) -> Result<UpdatePullThroughCacheRuleResponse, EcrError> {
    let registry = own(call, input.registry_id.clone())?;
    let prefix = input.ecr_repository_prefix.clone().unwrap_or_default();
    let secret = input.credential_arn.as_deref();
    let role = input.custom_role_arn.as_deref().filter(|it| !it.is_empty());
    if secret.is_none() && role.is_none() {
        let text = "there is neither a secret nor a role";
        return Err(EcrError::invalid("credentialArn", text));
    }
    let changed = catalog
        .update_rule(call, &registry, &prefix, secret, role)
        .await?;
    Ok(UpdatePullThroughCacheRuleResponse {
        registry_id: Some(registry.account),
        ecr_repository_prefix: Some(changed.prefix),
        upstream_repository_prefix: Some(changed.upstream_prefix),
        credential_arn: changed.credential,
        custom_role_arn: changed.role,
        updated_at: Some(changed.updated_at),
    })
}

pub(crate) async fn delete(
    catalog: &Catalog,
    call: &Call,
    input: DeletePullThroughCacheRuleRequest,
) -> Result<DeletePullThroughCacheRuleResponse, EcrError> {
    let registry = own(call, input.registry_id)?;
    let prefix = input.ecr_repository_prefix.unwrap_or_default();
    let gone = catalog
        .delete_rule(&call.permit, &registry, &prefix)
        .await?;
    Ok(DeletePullThroughCacheRuleResponse {
        registry_id: Some(registry.account),
        ecr_repository_prefix: Some(gone.prefix),
        upstream_registry_url: Some(gone.url),
        upstream_repository_prefix: Some(gone.upstream_prefix),
        credential_arn: gone.credential,
        custom_role_arn: gone.role,
        created_at: Some(gone.created_at),
    })
}

/// Those of the prefixes, each of which must be there, or all.
pub(crate) async fn describe(
    catalog: &Catalog,
    call: &Call,
    input: DescribePullThroughCacheRulesRequest,
) -> Result<DescribePullThroughCacheRulesResponse, EcrError> {
    let registry = own(call, input.registry_id)?;
    let shown = |rules: Vec<PullThrough>, next_token| DescribePullThroughCacheRulesResponse {
        pull_through_cache_rules: Some(rules.into_iter().map(|it| show(&registry, it)).collect()),
        next_token,
    };
    let named = input.ecr_repository_prefixes;
    if let Some(prefixes) = named.filter(|prefixes| !prefixes.is_empty()) {
        EcrError::no_page(
            "ecrRepositoryPrefixes",
            input.next_token.as_deref(),
            input.max_results,
        )?;
        let mut found = Vec::new();
        for prefix in &prefixes {
            found.push(catalog.rule(&registry, prefix).await?);
        }
        return Ok(shown(found, None));
    }
    let listing = pages(catalog, &registry, "pull through cache rules", "");
    let last = after(&listing, input.next_token.as_deref())?;
    let (found, more) = catalog
        .rules(&registry, last.as_deref(), limit(input.max_results))
        .await?;
    let end = found.last().filter(|_| more);
    let token = end.map(|end| listing.token(&end.prefix));
    Ok(shown(found, token))
}

/// Asks the upstream registry whether it takes the rule's login.
pub(crate) async fn validate(
    catalog: &Catalog,
    call: &Call,
    input: ValidatePullThroughCacheRuleRequest,
) -> Result<ValidatePullThroughCacheRuleResponse, EcrError> {
    let registry = own(call, input.registry_id)?;
    let prefix = input.ecr_repository_prefix.unwrap_or_default();
    let rule = catalog.rule(&registry, &prefix).await?;
    let tried = catalog
        .try_rule(&registry, &rule, &call.permit, call.now)
        .await?;
    Ok(ValidatePullThroughCacheRuleResponse {
        registry_id: Some(registry.account),
        ecr_repository_prefix: Some(rule.prefix),
        upstream_registry_url: Some(rule.url),
        upstream_repository_prefix: Some(rule.upstream_prefix),
        credential_arn: rule.credential,
        custom_role_arn: rule.role,
        is_valid: Some(tried.is_ok()),
        failure: tried.err().map(|error| error.to_string()),
    })
}

fn show(registry: &Registry, rule: PullThrough) -> PullThroughCacheRule {
    PullThroughCacheRule {
        registry_id: Some(registry.account.clone()),
        ecr_repository_prefix: Some(rule.prefix),
        upstream_registry_url: Some(rule.url),
        upstream_registry: rule.upstream,
        upstream_repository_prefix: Some(rule.upstream_prefix),
        credential_arn: rule.credential,
        custom_role_arn: rule.role,
        created_at: Some(rule.created_at),
        updated_at: Some(rule.updated_at),
    }
}
