//! ListTagsForResource.

use wharf_api_ecr::types::*;
use wharf_wire::Call;

use crate::{authorize::parse_arn, catalog::Catalog, error::EcrError};

pub(crate) async fn list_tags_for_resource(
    catalog: &Catalog,
    _call: &Call,
    input: ListTagsForResourceRequest,
) -> Result<ListTagsForResourceResponse, EcrError> {
    let (registry, name) = parse_arn(input.resource_arn.as_deref())?;
    let repository = catalog.repository(&registry, &name).await?;
    let show = |(key, value)| Tag {
        key: Some(key),
        value: Some(value),
    };
    Ok(ListTagsForResourceResponse {
        tags: Some(repository.tags.into_iter().map(show).collect()),
    })
}
