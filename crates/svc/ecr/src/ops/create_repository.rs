//! CreateRepository.

use wharf_api_ecr::types::*;
use wharf_service::tags::Tags;
use wharf_wire::Call;

use super::{read_filters, registry, show_repository};
use crate::{
    catalog::{Catalog, NewRepository, TAGS},
    error::EcrError,
};

pub(crate) async fn create_repository(
    catalog: &Catalog,
    call: &Call,
    input: CreateRepositoryRequest,
) -> Result<CreateRepositoryResponse, EcrError> {
    let registry = registry(call, input.registry_id);
    if registry.account != call.account {
        return Err(EcrError::invalid(
            "registryId",
            "must be the id of your own registry",
        ));
    }
    let encryption = input.encryption_configuration;
    check_encryption(encryption.and_then(|it| it.encryption_type))?;
    let scanning = input.image_scanning_configuration;
    let new = NewRepository {
        name: input.repository_name.unwrap_or_default(),
        tag_mutability: input
            .image_tag_mutability
            .unwrap_or_else(|| "MUTABLE".to_owned()),
        exclusion_filters: read_filters(input.image_tag_mutability_exclusion_filters),
        scan_on_push: scanning.and_then(|s| s.scan_on_push).unwrap_or(false),
        tags: read_tags(input.tags)?,
        policy: None,
        lifecycle: None,
    };
    let made = catalog
        .create_repository(&call.permit, &registry, new, call.now)
        .await?;
    let repository = Some(show_repository(catalog, &registry, made));
    Ok(CreateRepositoryResponse { repository })
}

/// Keys of a user's own are not to be had yet, and saying yes to them would be a lie.
pub(super) fn check_encryption(kind: Option<String>) -> Result<(), EcrError> {
    match kind {
        Some(other) if other != "AES256" => Err(EcrError::Encryption(other)),
        _ => Ok(()),
    }
}

pub(super) fn read_tags(tags: Option<Vec<Tag>>) -> Result<Tags, EcrError> {
    let pair = |tag: Tag| (tag.key.unwrap_or_default(), tag.value.unwrap_or_default());
    TAGS.given(tags.into_iter().flatten().map(pair))
}
