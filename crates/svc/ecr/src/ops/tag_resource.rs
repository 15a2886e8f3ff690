//! TagResource.

use wharf_api_ecr::types::*;
use wharf_wire::Call;

use super::create_repository::read_tags;
use crate::{
    authorize::parse_arn,
    catalog::{Catalog, TAGS},
    error::EcrError,
};

pub(crate) async fn tag_resource(
    catalog: &Catalog,
    call: &Call,
    input: TagResourceRequest,
) -> Result<TagResourceResponse, EcrError> {
    let (registry, name) = parse_arn(input.resource_arn.as_deref())?;
    let tags = read_tags(input.tags)?;
    let change =
        |repository: &mut crate::records::Repository| TAGS.add(&mut repository.tags, &tags);
    catalog
        .update_repository(&call.permit, &registry, &name, change)
        .await?;
    Ok(TagResourceResponse::default())
}
