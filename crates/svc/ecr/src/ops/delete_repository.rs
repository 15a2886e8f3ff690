//! DeleteRepository.

use wharf_api_ecr::types::*;
use wharf_wire::Call;

use super::{registry, show_repository};
use crate::{catalog::Catalog, error::EcrError};

pub(crate) async fn delete_repository(
    catalog: &Catalog,
    call: &Call,
    input: DeleteRepositoryRequest,
) -> Result<DeleteRepositoryResponse, EcrError> {
    let registry = registry(call, input.registry_id);
    let name = input.repository_name.unwrap_or_default();
    let force = input.force.unwrap_or(false);
    let gone = catalog
        .delete_repository(&call.permit, &registry, &name, force)
        .await?;
    let repository = Some(show_repository(catalog, &registry, gone));
    Ok(DeleteRepositoryResponse { repository })
}
