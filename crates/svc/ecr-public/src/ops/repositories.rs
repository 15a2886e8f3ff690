//! Repositories: made, listed, deleted.

use wharf_api_ecr_public::types::*;
use wharf_svc_ecr::{EcrError, Registry, Repository as Record};
use wharf_wire::{Call, Fault};

use super::{
    catalog_data::{read_data, show_data},
    limit,
    tags::read_tags,
};
use crate::service::EcrPublicService;

pub(crate) async fn create_repository(
    service: &EcrPublicService,
    call: &Call,
    input: CreateRepositoryRequest,
) -> Result<CreateRepositoryResponse, Fault> {
    let (catalog, registry) = (&service.catalog, Registry::public(&call.account));
    let named = (
        input.repository_name.unwrap_or_default(),
        read_tags(input.tags)?,
    );
    let data = input.catalog_data.map(read_data);
    let alias = service.alias(call, &registry).await?;
    let made = catalog.create_public_repository(&call.permit, &registry, named, data, call.now);
    let (made, data) = made.await?;
    let data = data.map(|data| show_data(catalog, &alias, &made.name, data));
    Ok(CreateRepositoryResponse {
        repository: Some(show(service, &registry, &alias, made)),
        catalog_data: data,
    })
}

pub(crate) async fn delete_repository(
    service: &EcrPublicService,
    call: &Call,
    input: DeleteRepositoryRequest,
) -> Result<DeleteRepositoryResponse, Fault> {
    let registry = service.registry(call, input.registry_id.as_deref()).await?;
    let name = input.repository_name.unwrap_or_default();
    let force = input.force.unwrap_or(false);
    let catalog = &service.catalog;
    let gone = catalog.delete_repository(&call.permit, &registry, &name, force);
    let gone = gone.await?;
    let alias = service.alias(call, &registry).await?;
    Ok(DeleteRepositoryResponse {
        repository: Some(show(service, &registry, &alias, gone)),
    })
}

/// Those named, all or none of them; or all, page by page.
pub(crate) async fn describe_repositories(
    service: &EcrPublicService,
    call: &Call,
    input: DescribeRepositoriesRequest,
) -> Result<DescribeRepositoriesResponse, Fault> {
    let registry = service.registry(call, input.registry_id.as_deref()).await?;
    let catalog = &service.catalog;
    let (mut found, mut next_token) = (Vec::new(), None);
    match input.repository_names {
        Some(names) if !names.is_empty() => {
            EcrError::no_page(
                "repositoryNames",
                input.next_token.as_deref(),
                input.max_results,
            )?;
            for name in names {
                found.push(catalog.repository(&registry, &name).await?);
            }
        }
        _ => {
            let pages = service.pages(&registry, "repositories", &());
            let after = pages.after(input.next_token.as_deref())?;
            let limit = limit(input.max_results);
            let listed = catalog.repositories(&registry, after.as_deref(), limit);
            let (listed, more) = listed.await?;
            let last = listed.last().filter(|_| more);
            next_token = last.map(|last| pages.token(&last.name));
            found = listed;
        }
    }
    let mut repositories = Vec::new();
    if !found.is_empty() {
        let alias = service.alias(call, &registry).await?;
        let shown = found.into_iter();
        repositories.extend(shown.map(|it| show(service, &registry, &alias, it)));
    }
    Ok(DescribeRepositoriesResponse {
        repositories: Some(repositories),
        next_token,
    })
}

fn show(
    service: &EcrPublicService,
    registry: &Registry,
    alias: &str,
    repository: Record,
) -> Repository {
    let uri = service.catalog.public_uri(alias, Some(&repository.name));
    Repository {
        repository_arn: Some(registry.repository_arn(&repository.name)),
        registry_id: Some(registry.account.clone()),
        repository_uri: Some(uri),
        created_at: Some(repository.created_at),
        repository_name: Some(repository.name),
    }
}
