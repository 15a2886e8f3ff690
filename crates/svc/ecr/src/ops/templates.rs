//! Repository creation templates: created, changed, shown, deleted.

use wharf_api_ecr::types::*;
use wharf_wire::Call;

use super::{
    create_repository::{read_encryption, read_tags},
    limit, read_filters, show_filters,
};
use crate::{
    catalog::{Catalog, Registry},
    error::EcrError,
    page::{after, pages},
    records::{EncryptionKind, Template},
};

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
        policy: given(input.repository_policy),
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
        repository_creation_template: Some(show(made)),
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
        if let Some(policy) = input.repository_policy {
            template.policy = given(Some(policy));
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
        repository_creation_template: Some(show(changed)),
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
        repository_creation_template: Some(show(gone)),
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
            found.extend(catalog.template(&registry, prefix).await?.map(show));
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
    Ok(DescribeRepositoryCreationTemplatesResponse {
        next_token: end.map(|end| listing.token(&end.prefix)),
        repository_creation_templates: Some(found.into_iter().map(show).collect()),
        ..answer
    })
}

/// An empty text takes a setting away.
fn given(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

fn text(kind: Option<EncryptionKind>) -> Option<String> {
    Some(kind.map_or("AES256", EncryptionKind::name).to_owned())
}

fn show(template: Template) -> RepositoryCreationTemplate {
    let tag = |(key, value)| Tag {
        key: Some(key),
        value: Some(value),
    };
    RepositoryCreationTemplate {
        prefix: Some(template.prefix),
        description: template.description,
        encryption_configuration: Some(EncryptionConfigurationForRepositoryCreationTemplate {
            encryption_type: text(template.encryption.as_ref().map(|it| it.kind)),
            kms_key: template.encryption.and_then(|it| it.key),
        }),
        resource_tags: Some(template.tags.into_iter().map(tag).collect()),
        image_tag_mutability: Some(template.tag_mutability),
        image_tag_mutability_exclusion_filters: show_filters(template.exclusion_filters),
        repository_policy: template.policy,
        lifecycle_policy: template.lifecycle,
        applied_for: Some(template.applied_for),
        custom_role_arn: template.custom_role,
        created_at: Some(template.created_at),
        updated_at: Some(template.updated_at),
    }
}
