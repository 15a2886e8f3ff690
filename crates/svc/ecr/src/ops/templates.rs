//! Repository creation templates: created, changed, shown, deleted.

use wharf_api_ecr::types::*;
use wharf_wire::Call;

use super::{
    create_repository::{read_encryption, read_tags},
    limit, read_filters, show_filters,
};
use crate::{
    catalog::{Catalog, Registry, check_repository_policy, is_action},
    error::EcrError,
    named::{bound_policy, shown_policy},
    page::{after, pages},
    records::{EncryptionKind, Template},
};

/// Where the policy of its repositories is given.
const POLICY: &str = "repositoryPolicy";

pub(crate) async fn create(
    catalog: &Catalog,
    call: &Call,
    input: CreateRepositoryCreationTemplateRequest,
) -> Result<CreateRepositoryCreationTemplateResponse, EcrError> {
    let registry = Registry::new(&call.account, &call.region);
    let encryption = input.encryption_configuration;
    let encryption = encryption.map(|it| read_encryption(it.encryption_type, it.kms_key));
    let template = Template {
        prefix: input.prefix.unwrap_or_default(),
        description: input.description,
        tags: read_tags(input.resource_tags)?,
        tag_mutability: input
            .image_tag_mutability
            .unwrap_or_else(|| "MUTABLE".to_owned()),
        exclusion_filters: read_filters(input.image_tag_mutability_exclusion_filters),
        policy: bound(call, given(input.repository_policy)).await?,
        lifecycle: given(input.lifecycle_policy),
        applied_for: input.applied_for.unwrap_or_default(),
        custom_role: given(input.custom_role_arn),
        encryption: encryption.transpose()?.flatten(),
        created_at: call.now,
        updated_at: call.now,
        unknown: Default::default(),
    };
    let made = catalog
        .create_template(&call.permit, &registry, template)
        .await?;
    Ok(CreateRepositoryCreationTemplateResponse {
        registry_id: Some(registry.account),
        repository_creation_template: Some(show(call, made).await?),
    })
}

pub(crate) async fn update(
    catalog: &Catalog,
    call: &Call,
    input: UpdateRepositoryCreationTemplateRequest,
) -> Result<UpdateRepositoryCreationTemplateResponse, EcrError> {
    let registry = Registry::new(&call.account, &call.region);
    let prefix = input.prefix.clone().unwrap_or_default();
    let encryption = input.encryption_configuration.clone();
    let encryption = encryption.map(|it| read_encryption(it.encryption_type, it.kms_key));
    let encryption = encryption.transpose()?;
    let tags = input.resource_tags.clone();
    let tags = tags.map(|tags| read_tags(Some(tags))).transpose()?;
    let policy = match input.repository_policy.clone() {
        Some(policy) => Some(bound(call, given(Some(policy))).await?),
        None => None,
    };
    let filters = input.image_tag_mutability_exclusion_filters.clone();
    let change = |template: &mut Template| {
        let input = input.clone();
        template.updated_at = call.now;
        if let Some(description) = input.description {
            template.description = Some(description);
        }
        if let Some(tags) = &tags {
            template.tags.clone_from(tags);
        }
        if let Some(encryption) = &encryption {
            template.encryption.clone_from(encryption);
        }
        if let Some(mutability) = input.image_tag_mutability {
            template.tag_mutability = mutability;
            // Filters belong to the setting that they are given with.
            template.exclusion_filters = read_filters(filters.clone());
        } else if filters.is_some() {
            template.exclusion_filters = read_filters(filters.clone());
        }
        if let Some(policy) = &policy {
            template.policy.clone_from(policy);
        }
        if let Some(policy) = input.lifecycle_policy {
            template.lifecycle = given(Some(policy));
        }
        if let Some(applied_for) = input.applied_for {
            template.applied_for = applied_for;
        }
        if let Some(role) = input.custom_role_arn {
            template.custom_role = given(Some(role));
        }
    };
    let changed = catalog
        .update_template(&call.permit, &registry, &prefix, change)
        .await?;
    Ok(UpdateRepositoryCreationTemplateResponse {
        registry_id: Some(registry.account),
        repository_creation_template: Some(show(call, changed).await?),
    })
}

pub(crate) async fn delete(
    catalog: &Catalog,
    call: &Call,
    input: DeleteRepositoryCreationTemplateRequest,
) -> Result<DeleteRepositoryCreationTemplateResponse, EcrError> {
    let registry = Registry::new(&call.account, &call.region);
    let prefix = input.prefix.unwrap_or_default();
    let gone = catalog
        .delete_template(&call.permit, &registry, &prefix)
        .await?;
    Ok(DeleteRepositoryCreationTemplateResponse {
        registry_id: Some(registry.account),
        repository_creation_template: Some(show(call, gone).await?),
    })
}

/// Those of the prefixes that are there, or all of them.
pub(crate) async fn describe(
    catalog: &Catalog,
    call: &Call,
    input: DescribeRepositoryCreationTemplatesRequest,
) -> Result<DescribeRepositoryCreationTemplatesResponse, EcrError> {
    let registry = Registry::new(&call.account, &call.region);
    let answer = DescribeRepositoryCreationTemplatesResponse {
        registry_id: Some(registry.account.clone()),
        ..Default::default()
    };
    if let Some(prefixes) = input.prefixes.filter(|prefixes| !prefixes.is_empty()) {
        EcrError::no_page("prefixes", input.next_token.as_deref(), input.max_results)?;
        let mut found = Vec::new();
        for prefix in &prefixes {
            if let Some(template) = catalog.template(&registry, prefix).await? {
                found.push(show(call, template).await?);
            }
        }
        return Ok(DescribeRepositoryCreationTemplatesResponse {
            repository_creation_templates: Some(found),
            ..answer
        });
    }
    let listing = pages(catalog, &registry, "templates", "");
    let last = after(&listing, input.next_token.as_deref())?;
    let (found, more) = catalog
        .templates(&registry, last.as_deref(), limit(input.max_results))
        .await?;
    let end = found.last().filter(|_| more);
    let next_token = end.map(|end| listing.token(&end.prefix));
    let mut shown = Vec::with_capacity(found.len());
    for template in found {
        shown.push(show(call, template).await?);
    }
    Ok(DescribeRepositoryCreationTemplatesResponse {
        next_token,
        repository_creation_templates: Some(shown),
        ..answer
    })
}

/// An empty text takes a setting away.
fn given(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

/// The policy that repositories are made with, as it is stored: for the very users and roles that it names.
async fn bound(call: &Call, policy: Option<String>) -> Result<Option<String>, EcrError> {
    let Some(policy) = policy else {
        return Ok(None);
    };
    check_repository_policy(&policy, POLICY, is_action)?;
    bound_policy(call, policy, POLICY).await.map(Some)
}

fn text(kind: Option<EncryptionKind>) -> Option<String> {
    Some(kind.map_or("AES256", EncryptionKind::name).to_owned())
}

async fn show(call: &Call, template: Template) -> Result<RepositoryCreationTemplate, EcrError> {
    let tag = |(key, value)| Tag {
        key: Some(key),
        value: Some(value),
    };
    let policy = match template.policy {
        Some(policy) => Some(shown_policy(call, policy).await?),
        None => None,
    };
    Ok(RepositoryCreationTemplate {
        prefix: Some(template.prefix),
        description: template.description,
        encryption_configuration: Some(EncryptionConfigurationForRepositoryCreationTemplate {
            encryption_type: text(template.encryption.as_ref().map(|it| it.kind)),
            kms_key: template.encryption.and_then(|it| it.key),
        }),
        resource_tags: Some(template.tags.into_iter().map(tag).collect()),
        image_tag_mutability: Some(template.tag_mutability),
        image_tag_mutability_exclusion_filters: show_filters(template.exclusion_filters),
        repository_policy: policy,
        lifecycle_policy: template.lifecycle,
        applied_for: Some(template.applied_for),
        custom_role_arn: template.custom_role,
        created_at: Some(template.created_at),
        updated_at: Some(template.updated_at),
    })
}
