//! RegisterPullTimeUpdateExclusion, DeregisterPullTimeUpdateExclusion, ListPullTimeUpdateExclusions.

use wharf_api_ecr::types::*;
use wharf_wire::Call;

use super::limit;
use crate::{
    catalog::{Catalog, Registry},
    error::EcrError,
    page::{after, pages},
};

pub(crate) async fn register(
    catalog: &Catalog,
    call: &Call,
    input: RegisterPullTimeUpdateExclusionRequest,
) -> Result<RegisterPullTimeUpdateExclusionResponse, EcrError> {
    let registry = Registry::new(&call.account, &call.region);
    let principal = input.principal_arn.unwrap_or_default();
    catalog
        .exclude_pulls(&call.permit, &registry, &principal, call.now)
        .await?;
    Ok(RegisterPullTimeUpdateExclusionResponse {
        principal_arn: Some(principal),
        created_at: Some(call.now),
    })
}

pub(crate) async fn deregister(
    catalog: &Catalog,
    call: &Call,
    input: DeregisterPullTimeUpdateExclusionRequest,
) -> Result<DeregisterPullTimeUpdateExclusionResponse, EcrError> {
    let registry = Registry::new(&call.account, &call.region);
    let principal = input.principal_arn.unwrap_or_default();
    catalog
        .include_pulls(&call.permit, &registry, &principal)
        .await?;
    Ok(DeregisterPullTimeUpdateExclusionResponse {
        principal_arn: Some(principal),
    })
}

pub(crate) async fn list(
    catalog: &Catalog,
    call: &Call,
    input: ListPullTimeUpdateExclusionsRequest,
) -> Result<ListPullTimeUpdateExclusionsResponse, EcrError> {
    let registry = Registry::new(&call.account, &call.region);
    let listing = pages(catalog, &registry, "pull exclusions", "");
    let last = after(&listing, input.next_token.as_deref())?;
    let (found, more) = catalog
        .pull_exclusions(&registry, last.as_deref(), limit(input.max_results))
        .await?;
    let end = found.last().filter(|_| more);
    Ok(ListPullTimeUpdateExclusionsResponse {
        next_token: end.map(|end| listing.token(end)),
        pull_time_update_exclusions: Some(found),
    })
}
