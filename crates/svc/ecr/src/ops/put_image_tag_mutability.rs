//! PutImageTagMutability.

use wharf_api_ecr::types::*;
use wharf_wire::Call;

use super::{read_filters, registry, show_filters};
use crate::{
    catalog::{Catalog, check_mutability},
    error::EcrError,
};

pub(crate) async fn put_image_tag_mutability(
    catalog: &Catalog,
    call: &Call,
    input: PutImageTagMutabilityRequest,
) -> Result<PutImageTagMutabilityResponse, EcrError> {
    let registry = registry(call, input.registry_id);
    let name = input.repository_name.unwrap_or_default();
    let mutability = input.image_tag_mutability.unwrap_or_default();
    let filters = read_filters(input.image_tag_mutability_exclusion_filters);
    check_mutability(&mutability, &filters)?;
    let change = |repository: &mut crate::records::Repository| {
        repository.tag_mutability.clone_from(&mutability);
        repository.exclusion_filters.clone_from(&filters);
        Ok(())
    };
    catalog
        .update_repository(&call.permit, &registry, &name, change)
        .await?;
    Ok(PutImageTagMutabilityResponse {
        registry_id: Some(registry.account),
        repository_name: Some(name),
        image_tag_mutability: Some(mutability),
        image_tag_mutability_exclusion_filters: show_filters(filters),
    })
}
