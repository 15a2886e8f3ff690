//! The API: each operation delegates to its file under `ops/`.

use wharf_api_ecr::{Ecr, Input, types::*};
use wharf_wire::{Call, Check, Context, Fault, async_trait, constraints::Violation};

use crate::{authorize, catalog::Catalog, fault, ops};

/// ECR's API over a catalog.
#[derive(Debug, Clone)]
pub struct EcrService {
    catalog: Catalog,
}

impl EcrService {
    pub fn new(catalog: Catalog) -> Self {
        Self { catalog }
    }
}

macro_rules! delegate {
    ($($operation:ident: $input:ty => $output:ty),* $(,)?) => {
        #[async_trait]
        impl Ecr for EcrService {
            async fn authorize(&self, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
                authorize::row(&self.catalog, cx, input).await
            }

            fn refuse(&self, _operation: &'static str, violations: &[Violation]) -> Option<Fault> {
                fault::refuse(violations)
            }

            $(async fn $operation(&self, call: &Call, input: $input) -> Result<$output, Fault> {
                Ok(ops::$operation::$operation(&self.catalog, call, input).await?)
            })*
        }
    };
}

delegate! {
    batch_check_layer_availability:
        BatchCheckLayerAvailabilityRequest => BatchCheckLayerAvailabilityResponse,
    batch_delete_image: BatchDeleteImageRequest => BatchDeleteImageResponse,
    batch_get_image: BatchGetImageRequest => BatchGetImageResponse,
    complete_layer_upload: CompleteLayerUploadRequest => CompleteLayerUploadResponse,
    create_repository: CreateRepositoryRequest => CreateRepositoryResponse,
    delete_repository: DeleteRepositoryRequest => DeleteRepositoryResponse,
    delete_repository_policy: DeleteRepositoryPolicyRequest => DeleteRepositoryPolicyResponse,
    describe_images: DescribeImagesRequest => DescribeImagesResponse,
    describe_repositories: DescribeRepositoriesRequest => DescribeRepositoriesResponse,
    get_authorization_token: GetAuthorizationTokenRequest => GetAuthorizationTokenResponse,
    get_download_url_for_layer: GetDownloadUrlForLayerRequest => GetDownloadUrlForLayerResponse,
    get_repository_policy: GetRepositoryPolicyRequest => GetRepositoryPolicyResponse,
    initiate_layer_upload: InitiateLayerUploadRequest => InitiateLayerUploadResponse,
    list_image_referrers: ListImageReferrersRequest => ListImageReferrersResponse,
    list_images: ListImagesRequest => ListImagesResponse,
    list_tags_for_resource: ListTagsForResourceRequest => ListTagsForResourceResponse,
    put_image: PutImageRequest => PutImageResponse,
    put_image_tag_mutability: PutImageTagMutabilityRequest => PutImageTagMutabilityResponse,
    set_repository_policy: SetRepositoryPolicyRequest => SetRepositoryPolicyResponse,
    tag_resource: TagResourceRequest => TagResourceResponse,
    untag_resource: UntagResourceRequest => UntagResourceResponse,
    upload_layer_part: UploadLayerPartRequest => UploadLayerPartResponse,
}
