//! ECR's exceptions for what went wrong.

use serde_json::json;
use wharf_api_ecr::faults;
use wharf_blobs::BlobError;
use wharf_service::{Cause, ChangeError, Faults};
use wharf_store::StoreError;
use wharf_wire::{Fault, constraints::Violation};

use crate::{error::EcrError, upstream::SecretError};

/// What ECR says when its records or pages fail.
#[derive(Debug)]
pub enum EcrFaults {}

impl Faults for EcrFaults {
    fn internal(cause: &dyn std::error::Error) -> Fault {
        let shown = "An error on the server's side; it was logged.";
        Fault::receiver("ServerException", 500, shown, cause)
    }

    fn bad_token() -> Fault {
        EcrError::bad_token().into()
    }
}

impl From<ChangeError<EcrFaults>> for EcrError {
    fn from(error: ChangeError<EcrFaults>) -> Self {
        match error.cause {
            Cause::Store(StoreError::Conflict { .. }) => Self::Contention,
            Cause::Store(error) => Self::Store(error),
            Cause::Record(error) => Self::Record(error),
            // Nothing here writes under a fence.
            Cause::Fenced | Cause::Other(_) => Self::Contention,
        }
    }
}

impl From<EcrError> for Fault {
    fn from(error: EcrError) -> Self {
        Self::from(error.told())
    }
}

impl From<&EcrError> for Fault {
    fn from(error: &EcrError) -> Self {
        use EcrError as E;
        let text = error.to_string();
        match error {
            E::InvalidParameter { .. } | E::BadTag | E::ReferencedByIndex(_) => {
                faults::invalid_parameter_exception(text)
            }
            E::Manifest(_) => faults::invalid_parameter_exception(format!(
                "Invalid parameter at 'ImageManifest' failed to satisfy constraint: '{text}'"
            )),
            E::RepositoryNotFound { .. } => faults::repository_not_found_exception(text),
            E::RepositoryExists { .. } => faults::repository_already_exists_exception(text),
            E::RepositoryNotEmpty { .. } => faults::repository_not_empty_exception(text),
            E::RegistryPolicyNotFound(_) => faults::registry_policy_not_found_exception(text),
            E::PolicyNotFound { .. } => faults::repository_policy_not_found_exception(text),
            E::LifecycleNotFound { .. } => faults::lifecycle_policy_not_found_exception(text),
            E::PreviewNotFound { .. } => faults::lifecycle_policy_preview_not_found_exception(text),
            E::ImageNotFound { .. } => faults::image_not_found_exception(text),
            E::ImageArchived { .. } | E::ArchivedNotScanned { .. } => {
                faults::image_archived_exception(text)
            }
            E::StorageClass { .. } => {
                faults::image_storage_class_update_not_supported_exception(text)
            }
            E::BackfillInProgress(_) => faults::replication_backfill_in_progress_exception(text),
            E::BackfillNotFound(_) => faults::replication_backfill_not_found_exception(text),
            E::BackfillStatus(..) => faults::replication_backfill_invalid_status_exception(text),
            E::TemplateExists(_) => faults::template_already_exists_exception(text),
            E::TemplateNotFound(_) => faults::template_not_found_exception(text),
            E::ExclusionExists(_) => faults::exclusion_already_exists_exception(text),
            E::ExclusionNotFound(_) => faults::exclusion_not_found_exception(text),
            E::ImageExists { .. } => faults::image_already_exists_exception(text),
            E::TagImmutable { .. } => faults::image_tag_already_exists_exception(text),
            E::ManifestDigest { .. } => faults::image_digest_does_not_match_exception(text),
            E::LayersNotFound { .. } | E::LayerNotFound { .. } => {
                faults::layers_not_found_exception(text)
            }
            E::ReferencedImagesNotFound { .. } => {
                faults::referenced_images_not_found_exception(text)
            }
            E::LayerInaccessible { .. } => faults::layer_inaccessible_exception(text),
            E::LayerExists { .. } => faults::layer_already_exists_exception(text),
            E::UploadNotFound { .. } => faults::upload_not_found_exception(text),
            E::LayerPart {
                upload,
                name,
                account,
                received,
            } => faults::invalid_layer_part_exception(text)
                .with("registryId", account.clone())
                .with("repositoryName", name.clone())
                .with("uploadId", upload.clone())
                .with("lastValidByteReceived", json!(received.saturating_sub(1))),
            E::LayerPartTooSmall => faults::layer_part_too_small_exception(text),
            E::EmptyUpload => faults::empty_upload_exception(text),
            E::LayerDigest { .. } => faults::invalid_layer_exception(text),
            E::LimitExceeded(_)
            | E::RepositoryFull { .. }
            | E::RegistryFull { .. }
            | E::TooManyImages { .. }
            | E::TooManyRepositories { .. }
            | E::TooManyParts(_) => faults::limit_exceeded_exception(text),
            E::Blob(
                BlobError::TooManyUploads { .. }
                | BlobError::TooManyUploadBytes { .. }
                | BlobError::TooLarge { .. },
            ) => faults::limit_exceeded_exception(text),
            E::Blob(BlobError::UploadBusy) => faults::invalid_parameter_exception(text),
            E::ScanNotFound { .. } => faults::scan_not_found_exception(text),
            E::ScansEnhanced | E::Shut(_) => faults::validation_exception(text),
            E::ScanQuota => faults::limit_exceeded_exception(text),
            E::NotScannable(_) => faults::unsupported_image_type_exception(text),
            E::SigningNotFound(_) => faults::signing_configuration_not_found_exception(text),
            E::SigningProfile(_) => faults::validation_exception(text),
            E::InvalidTagParameter(_) => faults::invalid_tag_parameter_exception(text),
            E::TooManyTags(_) => faults::too_many_tags_exception(text),
            E::Kms(fault) if fault.sender => {
                faults::kms_exception(text).with("kmsError", fault.code.clone().into_owned())
            }
            // It was logged where it was made.
            E::Kms(fault) => fault.clone(),
            E::Encryption(_) => faults::kms_exception(text),
            E::RuleExists { .. } => faults::pull_through_cache_rule_already_exists_exception(text),
            E::RuleNotFound { .. } => faults::pull_through_cache_rule_not_found_exception(text),
            E::UnsupportedUpstream(_) => faults::unsupported_upstream_registry_exception(text),
            E::Secret(SecretError::NotFound) => faults::secret_not_found_exception(text),
            E::Secret(SecretError::Inaccessible) => faults::unable_to_access_secret_exception(text),
            E::Secret(SecretError::Undecryptable) => {
                faults::unable_to_decrypt_secret_value_exception(text)
            }
            E::Secret(SecretError::Malformed) => faults::invalid_parameter_exception(format!(
                "Invalid parameter at 'credentialArn' failed to satisfy constraint: '{text}'"
            )),
            E::Secret(SecretError::NoPlace) => faults::invalid_parameter_exception(format!(
                "Invalid parameter at 'replicationConfiguration' failed to satisfy constraint: '{text}'"
            )),
            E::Secret(SecretError::Failed(fault)) => fault.clone(),
            E::Upstream(_) => faults::unable_to_get_upstream_image_exception(text),
            E::UpstreamLayer(_) => faults::unable_to_get_upstream_layer_exception(text),
            E::Shared(_)
            | E::Precondition
            | E::Contention
            | E::ScanData(_)
            | E::ScanBroke(_)
            | E::SigningBroke(_)
            | E::Store(_)
            | E::Record(_)
            | E::Blob(_)
            | E::Principals(_)
            | E::BytesMissing(_) => EcrFaults::internal(error),
        }
    }
}

/// ECR's own words for an input that breaks the model (spec platform.md §1).
pub(crate) fn refuse(_operation: &str, violations: &[Violation]) -> Option<Fault> {
    let first = violations.first()?;
    let constraint = first.constraint();
    let constraint = constraint.strip_prefix("Member ").unwrap_or(&constraint);
    Some(faults::invalid_parameter_exception(format!(
        "Invalid parameter at '{}' failed to satisfy constraint: '{constraint}'",
        first.path
    )))
}
