//! What can be wrong with a request, in AWS's words (spec ecr.md §4, §9). The API and the registry
//! put each in their own form.

use wharf_blobs::{BlobError, Digest};
use wharf_records::RecordError;
use wharf_store::StoreError;
use wharf_wanted::WantedError;

use crate::{
    manifest::ManifestError,
    records::Status,
    upstream::{SecretError, UpstreamError},
};

#[derive(Debug, thiserror::Error)]
pub enum EcrError {
    #[error("Invalid parameter at '{parameter}' failed to satisfy constraint: '{constraint}'")]
    InvalidParameter {
        parameter: &'static str,
        constraint: String,
    },
    #[error("The repository with name '{name}' does not exist in the registry with id '{account}'")]
    RepositoryNotFound { name: String, account: String },
    #[error("The repository with name '{name}' already exists in the registry with id '{account}'")]
    RepositoryExists { name: String, account: String },
    #[error(
        "The repository with name '{name}' in registry with id '{account}' cannot be deleted because it still contains images"
    )]
    RepositoryNotEmpty { name: String, account: String },
    #[error(
        "Repository policy does not exist for the repository with name '{name}' in the registry with id '{account}'"
    )]
    PolicyNotFound { name: String, account: String },
    #[error("Registry policy does not exist in the registry with id '{0}'")]
    RegistryPolicyNotFound(String),
    #[error(
        "Lifecycle policy does not exist for the repository with name '{name}' in the registry with id '{account}'"
    )]
    LifecycleNotFound { name: String, account: String },
    #[error(
        "Lifecycle policy preview does not exist for the repository with name '{name}' in the registry with id '{account}'"
    )]
    PreviewNotFound { name: String, account: String },
    #[error(
        "The image with imageId {{imageDigest:'{digest}', imageTag:'{tag}'}} does not exist within the repository with name '{name}' in the registry with id '{account}'"
    )]
    ImageNotFound {
        digest: String,
        tag: String,
        name: String,
        account: String,
    },
    #[error(
        "The image with imageId {{imageDigest:'{digest}'}} in the repository with name '{name}' in the registry with id '{account}' cannot be pulled because its status is {}", .status.name()
    )]
    ImageArchived {
        digest: Digest,
        status: Status,
        name: String,
        account: String,
    },
    #[error(
        "The image with imageId {{imageDigest:'{digest}'}} in the repository with name '{name}' in the registry with id '{account}' cannot be scanned because its status is {}", .status.name()
    )]
    ArchivedNotScanned {
        digest: Digest,
        status: Status,
        name: String,
        account: String,
    },
    #[error("The storage class of the image with digest '{digest}' cannot be changed: {why}")]
    StorageClass { digest: Digest, why: String },
    #[error("A replication backfill to the destination '{0}' is already in progress")]
    BackfillInProgress(String),
    #[error("The replication backfill with id '{0}' does not exist")]
    BackfillNotFound(String),
    #[error("The replication backfill with id '{0}' cannot be stopped because its status is {1}")]
    BackfillStatus(String, &'static str),
    #[error("The repository creation template with prefix '{0}' already exists")]
    TemplateExists(String),
    #[error("The repository creation template with prefix '{0}' does not exist")]
    TemplateNotFound(String),
    #[error("The pull time update exclusion for '{0}' already exists")]
    ExclusionExists(String),
    #[error("The pull time update exclusion for '{0}' does not exist")]
    ExclusionNotFound(String),
    #[error(
        "Image with digest '{digest}' and tag '{tag}' already exists in the repository with name '{name}' in registry with id '{account}'"
    )]
    ImageExists {
        digest: Box<Digest>,
        tag: String,
        name: String,
        account: String,
    },
    #[error(
        "The image tag '{tag}' already exists in the '{name}' repository and cannot be overwritten because the tag is immutable."
    )]
    TagImmutable { tag: String, name: String },
    #[error(
        "Invalid parameter at 'imageTag' failed to satisfy constraint: 'must satisfy regular expression '[a-zA-Z0-9_][a-zA-Z0-9._-]{{0,127}}''"
    )]
    BadTag,
    /// Of a push or a deletion of the registry's API.
    #[error("What is there does not meet the conditions of the request")]
    Precondition,
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    #[error("The digest of the manifest is '{actual}', not '{expected}'")]
    ManifestDigest { expected: String, actual: Digest },
    #[error("Layers with digests '{}' required for pushing image into repository with name '{name}' in the registry with id '{account}' do not exist", joined(.digests))]
    LayersNotFound {
        digests: Vec<Digest>,
        name: String,
        account: String,
    },
    #[error("Images with digests '{}' required for pushing image into repository with name '{name}' in the registry with id '{account}' do not exist", joined(.digests))]
    ReferencedImagesNotFound {
        digests: Vec<Digest>,
        name: String,
        account: String,
    },
    #[error("Requested image referenced by manifest list: [{}]", joined(.0))]
    ReferencedByIndex(Vec<Digest>),
    #[error(
        "Layer with digest '{digest}' does not exist in the repository with name '{name}' in the registry with id '{account}'"
    )]
    LayerNotFound {
        digest: String,
        name: String,
        account: String,
    },
    #[error(
        "Layer with digest '{digest}' is not associated with an image in the repository with name '{name}' in the registry with id '{account}'"
    )]
    LayerInaccessible {
        digest: Digest,
        name: String,
        account: String,
    },
    #[error(
        "Layer with digest '{digest}' already exists in the repository with name '{name}' in the registry with id '{account}'"
    )]
    LayerExists {
        digest: Digest,
        name: String,
        account: String,
    },
    #[error(
        "Upload with id '{upload}' could not be found for the repository with name '{name}' in the registry with id '{account}'"
    )]
    UploadNotFound {
        upload: String,
        name: String,
        account: String,
    },
    #[error(
        "The layer part size is not valid, or the first byte specified is not consecutive to the last byte of a previous layer part upload."
    )]
    LayerPart {
        upload: String,
        name: String,
        account: String,
        received: u64,
    },
    #[error("Layer parts must be at least 5 MiB in size.")]
    LayerPartTooSmall,
    #[error("The specified layer upload does not contain any layer parts.")]
    EmptyUpload,
    #[error(
        "The layer digest calculation performed by Amazon ECR upon receipt of the image layer does not match the digest specified: '{expected}', not '{actual}'"
    )]
    LayerDigest {
        expected: Box<Digest>,
        actual: Box<Digest>,
    },
    #[error(
        "The repository with name '{name}' in registry with id '{account}' would exceed the maximum allowed size which is '{limit}' bytes"
    )]
    RepositoryFull {
        name: String,
        account: String,
        limit: u64,
    },
    #[error(
        "The registry with id '{account}' would exceed the maximum allowed size which is '{limit}' bytes"
    )]
    RegistryFull { account: String, limit: u64 },
    #[error(
        "The repository with name '{name}' in registry with id '{account}' already has the maximum allowed number of images which is '{limit}'"
    )]
    TooManyImages {
        name: String,
        account: String,
        limit: usize,
    },
    #[error(
        "The registry with id '{account}' already has the maximum allowed number of repositories which is '{limit}'"
    )]
    TooManyRepositories { account: String, limit: usize },
    #[error("A layer upload can have at most {0} parts")]
    TooManyParts(u32),
    #[error("{0}")]
    LimitExceeded(String),
    #[error("{0}")]
    InvalidTagParameter(String),
    #[error(
        "Image scan does not exist for the image with '{{imageDigest:'{digest}', imageTag:'{tag}'}}' in the repository with name '{name}' in the registry with id '{account}'"
    )]
    ScanNotFound {
        digest: String,
        tag: String,
        name: String,
        account: String,
    },
    #[error("This feature is disabled")]
    ScansEnhanced,
    #[error("The scan quota per image has been exceeded. Wait and try again.")]
    ScanQuota,
    #[error("Image scanning is not supported for images of media type {0}")]
    NotScannable(String),
    #[error("The signing configuration does not exist in the registry with id '{0}'")]
    SigningNotFound(String),
    #[error("{0}")]
    SigningProfile(String),
    #[error("a signature could not be made: {0}")]
    SigningBroke(String),
    #[error("A resource can have at most {0} tags")]
    TooManyTags(usize),
    #[error("The operation failed due to a KMS exception: {}: {}", .0.code, .0.message)]
    Kms(wharf_wire::Fault),
    /// Of what scans found, under a key that Inspector may not use any more.
    #[error("The findings cannot be decrypted due to a KMS exception: {}: {}", .0.code, .0.message)]
    Shut(wharf_wire::Fault),
    /// For registries that are wired without KMS.
    #[error("Encryption with {0} is not to be had here")]
    Encryption(&'static str),
    #[error(
        "The pull through cache rule with the ECR repository prefix '{prefix}' already exists in the registry with id '{account}'"
    )]
    RuleExists { prefix: String, account: String },
    #[error(
        "The pull through cache rule with the ECR repository prefix '{prefix}' does not exist in the registry with id '{account}'"
    )]
    RuleNotFound { prefix: String, account: String },
    #[error("{0}")]
    UnsupportedUpstream(String),
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(transparent)]
    Upstream(#[from] UpstreamError),
    #[error("{0}")]
    UpstreamLayer(String),
    /// Another who waited for the same is told the same.
    #[error(transparent)]
    Shared(#[from] std::sync::Arc<EcrError>),
    /// Lost the race against other changes again and again.
    #[error("The repository is being changed by too many requests at once. Try again.")]
    Contention,
    #[error("vulnerability data cannot be read: {0}")]
    ScanData(String),
    #[error("reading the image failed: {0}")]
    ScanBroke(String),
    #[error("a request of the store failed")]
    Store(#[from] StoreError),
    #[error("a stored record cannot be read")]
    Record(#[from] RecordError),
    #[error(transparent)]
    Blob(#[from] BlobError),
    #[error("cannot tell whom a policy names")]
    Principals(#[source] wharf_wire::Unreadable),
    /// A record names bytes that are not on disk.
    #[error("the bytes of {0} are missing")]
    BytesMissing(Digest),
}

impl From<WantedError> for EcrError {
    fn from(error: WantedError) -> Self {
        match error {
            WantedError::Store(error) => error.into(),
            WantedError::Record(error) => error.into(),
            WantedError::Blob(error) => error.into(),
            WantedError::Contention => Self::Contention,
        }
    }
}

fn joined(digests: &[Digest]) -> String {
    digests
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}

impl EcrError {
    /// What ECR calls it that an upstream registry gave nothing.
    pub(crate) fn upstream_code(&self) -> Option<&'static str> {
        match self.told() {
            Self::Upstream(UpstreamError::NotFound(_)) => Some("ImageNotFound"),
            Self::Upstream(UpstreamError::Denied { .. }) => Some("UpstreamAccessDenied"),
            Self::Upstream(UpstreamError::TooMany(_)) => Some("UpstreamTooManyRequests"),
            Self::Upstream(UpstreamError::Unavailable { .. }) => Some("UpstreamUnavailable"),
            Self::Upstream(UpstreamError::Wrong { .. }) => Some("ImageInaccessible"),
            Self::Secret(_) => Some("UpstreamAccessDenied"),
            Self::Kms(fault) if fault.sender => Some("KmsError"),
            _ => None,
        }
    }

    /// What happened, whoever waited for it.
    pub fn told(&self) -> &Self {
        match self {
            Self::Shared(shared) => shared.told(),
            own => own,
        }
    }

    pub fn bad_token() -> Self {
        Self::invalid("nextToken", "the token is not of this listing")
    }

    pub fn invalid(parameter: &'static str, constraint: impl Into<String>) -> Self {
        Self::InvalidParameter {
            parameter,
            constraint: constraint.into(),
        }
    }

    /// Refuses a page of what a parameter names: all of that is shown.
    pub fn no_page(
        parameter: &'static str,
        next_token: Option<&str>,
        max_results: Option<i32>,
    ) -> Result<(), Self> {
        match next_token.is_some() || max_results.is_some() {
            true => {
                let text = "must not be given together with nextToken or maxResults";
                Err(Self::invalid(parameter, text))
            }
            false => Ok(()),
        }
    }
}
