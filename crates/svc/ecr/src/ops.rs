//! One file an operation; what they share of reading inputs and showing records is here.

pub(crate) mod account_settings;
pub(crate) mod backfills;
pub(crate) mod batch_check_layer_availability;
pub(crate) mod batch_delete_image;
pub(crate) mod batch_get_image;
pub(crate) mod batch_get_repository_scanning_configuration;
pub(crate) mod complete_layer_upload;
pub(crate) mod create_repository;
pub(crate) mod delete_lifecycle_policy;
pub(crate) mod delete_registry_policy;
pub(crate) mod delete_repository;
pub(crate) mod delete_repository_policy;
pub(crate) mod describe_image_scan_findings;
pub(crate) mod describe_images;
pub(crate) mod describe_repositories;
pub(crate) mod enhanced_findings;
pub(crate) mod get_authorization_token;
pub(crate) mod get_download_url_for_layer;
pub(crate) mod get_lifecycle_policy;
pub(crate) mod get_lifecycle_policy_preview;
pub(crate) mod get_registry_policy;
pub(crate) mod get_repository_policy;
pub(crate) mod initiate_layer_upload;
pub(crate) mod list_image_referrers;
pub(crate) mod list_images;
pub(crate) mod list_tags_for_resource;
pub(crate) mod pull_exclusions;
pub(crate) mod pull_through;
pub(crate) mod put_image;
pub(crate) mod put_image_scanning_configuration;
pub(crate) mod put_image_tag_mutability;
pub(crate) mod put_lifecycle_policy;
pub(crate) mod put_registry_policy;
pub(crate) mod registry_scanning_configuration;
pub(crate) mod replication;
pub(crate) mod set_repository_policy;
pub(crate) mod signing;
pub(crate) mod start_image_scan;
pub(crate) mod start_lifecycle_policy_preview;
pub(crate) mod tag_resource;
pub(crate) mod templates;
pub(crate) mod through;
pub(crate) mod untag_resource;
pub(crate) mod update_image_storage_class;
pub(crate) mod upload_layer_part;

use wharf_api_ecr::types as wire;
use wharf_blobs::Digest;
use wharf_wire::Call;

use crate::{
    catalog::{Catalog, ImageRef, Registry},
    error::EcrError,
    identifier::{Failure, Pair, image_named},
    records::{EncryptionKind, Repository},
};

/// What lists return where the request does not say.
const DEFAULT_RESULTS: usize = 100;
const MAX_RESULTS: usize = 1000;

/// The registry a request is about: the caller's own, unless it names another.
fn registry(call: &Call, id: Option<String>) -> Registry {
    Registry::new(id.unwrap_or_else(|| call.account.clone()), &call.region)
}

/// `maxResults` as a number of entries.
fn limit(max_results: Option<i32>) -> usize {
    let asked = max_results.and_then(|asked| usize::try_from(asked).ok());
    asked.unwrap_or(DEFAULT_RESULTS).clamp(1, MAX_RESULTS)
}

fn show_repository(
    catalog: &Catalog,
    registry: &Registry,
    repository: Repository,
) -> wire::Repository {
    let kind = repository.encryption.as_ref().map(|it| it.kind);
    wire::Repository {
        repository_arn: Some(registry.repository_arn(&repository.name)),
        registry_id: Some(registry.account.clone()),
        repository_uri: Some(catalog.repository_uri(&repository.name)),
        created_at: Some(repository.created_at),
        image_tag_mutability: Some(repository.tag_mutability),
        image_tag_mutability_exclusion_filters: show_filters(repository.exclusion_filters),
        image_scanning_configuration: Some(wire::ImageScanningConfiguration {
            scan_on_push: Some(repository.scan_on_push),
        }),
        encryption_configuration: Some(wire::EncryptionConfiguration {
            encryption_type: Some(kind.map_or("AES256", EncryptionKind::name).to_owned()),
            kms_key: repository.encryption.map(|it| it.key),
        }),
        repository_name: Some(repository.name),
    }
}

fn show_filters(filters: Vec<String>) -> Option<Vec<wire::ImageTagMutabilityExclusionFilter>> {
    let show = |filter| wire::ImageTagMutabilityExclusionFilter {
        filter_type: Some("WILDCARD".to_owned()),
        filter: Some(filter),
    };
    (!filters.is_empty()).then(|| filters.into_iter().map(show).collect())
}

fn read_filters(filters: Option<Vec<wire::ImageTagMutabilityExclusionFilter>>) -> Vec<String> {
    filters
        .unwrap_or_default()
        .into_iter()
        .filter_map(|filter| filter.filter)
        .collect()
}

fn show_failure(failure: Failure, id: wire::ImageIdentifier) -> wire::ImageFailure {
    wire::ImageFailure {
        image_id: Some(id),
        failure_code: Some(failure.code.to_owned()),
        failure_reason: Some(failure.reason),
    }
}

/// An image as a batch names it.
fn read_image_id(id: &wire::ImageIdentifier) -> Result<(ImageRef, Option<Pair>), Failure> {
    image_named(id.image_digest.as_deref(), id.image_tag.as_deref())
}

/// Where the caller reaches the registry. Whoever came over TLS is perhaps not on this machine: it knows the registry by the
/// name that it used.
fn reached_at(catalog: &Catalog, call: &Call) -> String {
    let config = catalog.config();
    match call.endpoint.starts_with("https://") {
        true => call.endpoint.trim_end_matches('/').to_owned(),
        false => format!("{}://{}", config.scheme, config.host),
    }
}

/// There is no such image in the repository.
fn not_found(registry: &Registry, name: &str, id: &wire::ImageIdentifier) -> EcrError {
    let null = || "null".to_owned();
    EcrError::ImageNotFound {
        digest: id.image_digest.clone().unwrap_or_else(null),
        tag: id.image_tag.clone().unwrap_or_else(null),
        name: name.to_owned(),
        account: registry.account.clone(),
    }
}

/// What a digest must be that is none.
pub(crate) const DIGEST: &str = "must be a digest of the algorithm sha256 or sha512";

/// A layer's digest in a request that is about this one layer.
fn read_layer_digest(text: &str) -> Result<Digest, EcrError> {
    text.parse()
        .map_err(|_| EcrError::invalid("layerDigest", DIGEST))
}
