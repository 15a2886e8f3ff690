//! CreateRepository.

use wharf_api_ecr::types::*;
use wharf_service::tags::Tags;
use wharf_wire::Call;

use super::{read_filters, registry, show_repository};
use crate::{
    catalog::{Catalog, Granter, NewRepository, TAGS},
    error::EcrError,
    records::{EncryptionKind, WantedEncryption},
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
    let encryption = encryption.map(|it| read_encryption(it.encryption_type, it.kms_key));
    let scanning = input.image_scanning_configuration;
    let new = NewRepository {
        name: input.repository_name.unwrap_or_default(),
        tag_mutability: input
            .image_tag_mutability
            .unwrap_or_else(|| "MUTABLE".to_owned()),
        exclusion_filters: read_filters(input.image_tag_mutability_exclusion_filters),
        scan_on_push: scanning.and_then(|s| s.scan_on_push).unwrap_or(false),
        encryption: encryption.transpose()?.flatten(),
        tags: read_tags(input.tags)?,
        policy: None,
        lifecycle: None,
    };
    let made = catalog
        .create_repository(
            &call.permit,
            &registry,
            new,
            Granter::Caller(call),
            call.now,
        )
        .await?;
    let repository = Some(show_repository(catalog, &registry, made));
    Ok(CreateRepositoryResponse { repository })
}

/// `None` for `AES256`. An empty key is none, as templates have it.
pub(super) fn read_encryption(
    kind: Option<String>,
    key: Option<String>,
) -> Result<Option<WantedEncryption>, EcrError> {
    let key = key.filter(|key| !key.is_empty());
    let kind = match kind.as_deref() {
        Some("KMS") => EncryptionKind::Kms,
        Some("KMS_DSSE") => EncryptionKind::Dsse,
        _ if key.is_some() => {
            let text = "can be given only with the encryption types KMS and KMS_DSSE";
            return Err(EcrError::invalid("kmsKey", text));
        }
        // The model names no other.
        _ => return Ok(None),
    };
    Ok(Some(WantedEncryption { kind, key }))
}

pub(super) fn read_tags(tags: Option<Vec<Tag>>) -> Result<Tags, EcrError> {
    let pair = |tag: Tag| (tag.key.unwrap_or_default(), tag.value.unwrap_or_default());
    TAGS.given(tags.into_iter().flatten().map(pair))
}
