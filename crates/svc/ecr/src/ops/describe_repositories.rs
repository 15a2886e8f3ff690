//! DescribeRepositories: those named, all or none of them; or all, page by page.

use wharf_api_ecr::types::*;
use wharf_wire::Call;

use super::{limit, registry, show_repository};
use crate::{
    catalog::Catalog,
    error::EcrError,
    page::{self, pages},
};

pub(crate) async fn describe_repositories(
    catalog: &Catalog,
    call: &Call,
    input: DescribeRepositoriesRequest,
) -> Result<DescribeRepositoriesResponse, EcrError> {
    let registry = registry(call, input.registry_id);
    let mut repositories = Vec::new();
    let mut next_token = None;
    match input.repository_names {
        Some(names) if !names.is_empty() => {
            EcrError::no_page(
                "repositoryNames",
                input.next_token.as_deref(),
                input.max_results,
            )?;
            for name in names {
                repositories.push(catalog.repository(&registry, &name).await?);
            }
        }
        _ => {
            let listing = pages(catalog, &registry, "repositories", &());
            let after = page::after(&listing, input.next_token.as_deref())?;
            let limit = limit(input.max_results);
            let (found, more) = catalog
                .repositories(&registry, after.as_deref(), limit)
                .await?;
            let last = found.last().filter(|_| more);
            next_token = last.map(|last| listing.token(&last.name));
            repositories = found;
        }
    }
    let show = |repository| show_repository(catalog, &registry, repository);
    let repositories = Some(repositories.into_iter().map(show).collect());
    Ok(DescribeRepositoriesResponse {
        repositories,
        next_token,
    })
}
