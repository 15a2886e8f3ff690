// Written by `cargo xtask generate` from models/. Do not edit.
//! The modelled exceptions, each with its code and status.
#[allow(unused_imports)]
use wharf_wire::Fault;

/// `BlockedByOrganizationPolicyException`, 400
pub fn blocked_by_organization_policy_exception(message: impl Into<String>) -> Fault {
    Fault::sender("BlockedByOrganizationPolicyException", 400, message)
}

/// `EmptyUploadException`, 400
pub fn empty_upload_exception(message: impl Into<String>) -> Fault {
    Fault::sender("EmptyUploadException", 400, message)
}

/// `ExclusionAlreadyExistsException`, 400
pub fn exclusion_already_exists_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ExclusionAlreadyExistsException", 400, message)
}

/// `ExclusionNotFoundException`, 400
pub fn exclusion_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ExclusionNotFoundException", 400, message)
}

/// `ImageAlreadyExistsException`, 400
pub fn image_already_exists_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ImageAlreadyExistsException", 400, message)
}

/// `ImageArchivedException`, 400
pub fn image_archived_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ImageArchivedException", 400, message)
}

/// `ImageDigestDoesNotMatchException`, 400
pub fn image_digest_does_not_match_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ImageDigestDoesNotMatchException", 400, message)
}

/// `ImageNotFoundException`, 400
pub fn image_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ImageNotFoundException", 400, message)
}

/// `ImageStorageClassUpdateNotSupportedException`, 400
pub fn image_storage_class_update_not_supported_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ImageStorageClassUpdateNotSupportedException", 400, message)
}

/// `ImageTagAlreadyExistsException`, 400
pub fn image_tag_already_exists_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ImageTagAlreadyExistsException", 400, message)
}

/// `InvalidLayerException`, 400
pub fn invalid_layer_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidLayerException", 400, message)
}

/// `InvalidLayerPartException`, 400
pub fn invalid_layer_part_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidLayerPartException", 400, message)
}

/// `InvalidParameterException`, 400
pub fn invalid_parameter_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidParameterException", 400, message)
}

/// `InvalidTagParameterException`, 400
pub fn invalid_tag_parameter_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidTagParameterException", 400, message)
}

/// `KmsException`, 400
pub fn kms_exception(message: impl Into<String>) -> Fault {
    Fault::sender("KmsException", 400, message)
}

/// `LayerAlreadyExistsException`, 400
pub fn layer_already_exists_exception(message: impl Into<String>) -> Fault {
    Fault::sender("LayerAlreadyExistsException", 400, message)
}

/// `LayerInaccessibleException`, 400
pub fn layer_inaccessible_exception(message: impl Into<String>) -> Fault {
    Fault::sender("LayerInaccessibleException", 400, message)
}

/// `LayerPartTooSmallException`, 400
pub fn layer_part_too_small_exception(message: impl Into<String>) -> Fault {
    Fault::sender("LayerPartTooSmallException", 400, message)
}

/// `LayersNotFoundException`, 400
pub fn layers_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("LayersNotFoundException", 400, message)
}

/// `LifecyclePolicyNotFoundException`, 400
pub fn lifecycle_policy_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("LifecyclePolicyNotFoundException", 400, message)
}

/// `LifecyclePolicyPreviewInProgressException`, 400
pub fn lifecycle_policy_preview_in_progress_exception(message: impl Into<String>) -> Fault {
    Fault::sender("LifecyclePolicyPreviewInProgressException", 400, message)
}

/// `LifecyclePolicyPreviewNotFoundException`, 400
pub fn lifecycle_policy_preview_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("LifecyclePolicyPreviewNotFoundException", 400, message)
}

/// `LimitExceededException`, 400
pub fn limit_exceeded_exception(message: impl Into<String>) -> Fault {
    Fault::sender("LimitExceededException", 400, message)
}

/// `PullThroughCacheRuleAlreadyExistsException`, 400
pub fn pull_through_cache_rule_already_exists_exception(message: impl Into<String>) -> Fault {
    Fault::sender("PullThroughCacheRuleAlreadyExistsException", 400, message)
}

/// `PullThroughCacheRuleNotFoundException`, 400
pub fn pull_through_cache_rule_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("PullThroughCacheRuleNotFoundException", 400, message)
}

/// `ReferencedImagesNotFoundException`, 400
pub fn referenced_images_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ReferencedImagesNotFoundException", 400, message)
}

/// `RegistryPolicyNotFoundException`, 400
pub fn registry_policy_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("RegistryPolicyNotFoundException", 400, message)
}

/// `ReplicationBackfillInProgressException`, 400
pub fn replication_backfill_in_progress_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ReplicationBackfillInProgressException", 400, message)
}

/// `ReplicationBackfillInvalidStatusException`, 400
pub fn replication_backfill_invalid_status_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ReplicationBackfillInvalidStatusException", 400, message)
}

/// `ReplicationBackfillNotFoundException`, 400
pub fn replication_backfill_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ReplicationBackfillNotFoundException", 400, message)
}

/// `RepositoryAlreadyExistsException`, 400
pub fn repository_already_exists_exception(message: impl Into<String>) -> Fault {
    Fault::sender("RepositoryAlreadyExistsException", 400, message)
}

/// `RepositoryNotEmptyException`, 400
pub fn repository_not_empty_exception(message: impl Into<String>) -> Fault {
    Fault::sender("RepositoryNotEmptyException", 400, message)
}

/// `RepositoryNotFoundException`, 400
pub fn repository_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("RepositoryNotFoundException", 400, message)
}

/// `RepositoryPolicyNotFoundException`, 400
pub fn repository_policy_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("RepositoryPolicyNotFoundException", 400, message)
}

/// `ScanNotFoundException`, 400
pub fn scan_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ScanNotFoundException", 400, message)
}

/// `SecretNotFoundException`, 400
pub fn secret_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("SecretNotFoundException", 400, message)
}

/// `ServerException`, 500; `cause` is logged, never sent.
pub fn server_exception(message: impl Into<String>, cause: &dyn std::error::Error) -> Fault {
    Fault::receiver("ServerException", 500, message, cause)
}

/// `SigningConfigurationNotFoundException`, 400
pub fn signing_configuration_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("SigningConfigurationNotFoundException", 400, message)
}

/// `TemplateAlreadyExistsException`, 400
pub fn template_already_exists_exception(message: impl Into<String>) -> Fault {
    Fault::sender("TemplateAlreadyExistsException", 400, message)
}

/// `TemplateNotFoundException`, 400
pub fn template_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("TemplateNotFoundException", 400, message)
}

/// `TooManyTagsException`, 400
pub fn too_many_tags_exception(message: impl Into<String>) -> Fault {
    Fault::sender("TooManyTagsException", 400, message)
}

/// `UnableToAccessSecretException`, 400
pub fn unable_to_access_secret_exception(message: impl Into<String>) -> Fault {
    Fault::sender("UnableToAccessSecretException", 400, message)
}

/// `UnableToDecryptSecretValueException`, 400
pub fn unable_to_decrypt_secret_value_exception(message: impl Into<String>) -> Fault {
    Fault::sender("UnableToDecryptSecretValueException", 400, message)
}

/// `UnableToGetUpstreamImageException`, 400
pub fn unable_to_get_upstream_image_exception(message: impl Into<String>) -> Fault {
    Fault::sender("UnableToGetUpstreamImageException", 400, message)
}

/// `UnableToGetUpstreamLayerException`, 400
pub fn unable_to_get_upstream_layer_exception(message: impl Into<String>) -> Fault {
    Fault::sender("UnableToGetUpstreamLayerException", 400, message)
}

/// `UnableToListUpstreamImageReferrersException`, 400
pub fn unable_to_list_upstream_image_referrers_exception(message: impl Into<String>) -> Fault {
    Fault::sender("UnableToListUpstreamImageReferrersException", 400, message)
}

/// `UnsupportedImageTypeException`, 400
pub fn unsupported_image_type_exception(message: impl Into<String>) -> Fault {
    Fault::sender("UnsupportedImageTypeException", 400, message)
}

/// `UnsupportedUpstreamRegistryException`, 400
pub fn unsupported_upstream_registry_exception(message: impl Into<String>) -> Fault {
    Fault::sender("UnsupportedUpstreamRegistryException", 400, message)
}

/// `UploadNotFoundException`, 400
pub fn upload_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("UploadNotFoundException", 400, message)
}

/// `ValidationException`, 400
pub fn validation_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ValidationException", 400, message)
}
