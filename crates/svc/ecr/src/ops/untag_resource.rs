//! UntagResource; keys that are not there are passed over.

use wharf_api_ecr::types::*;
use wharf_wire::Call;

use crate::{
    authorize::parse_arn,
    catalog::{Catalog, TAGS},
    error::EcrError,
};

pub(crate) async fn untag_resource(
    catalog: &Catalog,
    call: &Call,
    input: UntagResourceRequest,
) -> Result<UntagResourceResponse, EcrError> {
    let (registry, name) = parse_arn(input.resource_arn.as_deref())?;
    let keys = input.tag_keys.unwrap_or_default();
    let change =
        |repository: &mut crate::records::Repository| TAGS.remove(&mut repository.tags, &keys);
    catalog
        .update_repository(&call.permit, &registry, &name, change)
        .await?;
    Ok(UntagResourceResponse::default())
}
