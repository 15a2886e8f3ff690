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

#[async_trait]
impl Ecr for EcrService {
    async fn authorize(&self, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
        authorize::row(&self.catalog, cx, input).await
    }

    fn refuse(&self, _operation: &'static str, violations: &[Violation]) -> Option<Fault> {
        fault::refuse(violations)
    }

    async fn batch_check_layer_availability(
        &self,
        call: &Call,
        input: BatchCheckLayerAvailabilityRequest,
    ) -> Result<BatchCheckLayerAvailabilityResponse, Fault> {
        Ok(
            ops::batch_check_layer_availability::batch_check_layer_availability(
                &self.catalog,
                call,
                input,
            )
            .await?,
        )
    }

    async fn batch_delete_image(
        &self,
        call: &Call,
        input: BatchDeleteImageRequest,
    ) -> Result<BatchDeleteImageResponse, Fault> {
        Ok(ops::batch_delete_image::batch_delete_image(&self.catalog, call, input).await?)
    }

    async fn batch_get_image(
        &self,
        call: &Call,
        input: BatchGetImageRequest,
    ) -> Result<BatchGetImageResponse, Fault> {
        Ok(ops::batch_get_image::batch_get_image(&self.catalog, call, input).await?)
    }

    async fn complete_layer_upload(
        &self,
        call: &Call,
        input: CompleteLayerUploadRequest,
    ) -> Result<CompleteLayerUploadResponse, Fault> {
        Ok(ops::complete_layer_upload::complete_layer_upload(&self.catalog, call, input).await?)
    }

    async fn create_repository(
        &self,
        call: &Call,
        input: CreateRepositoryRequest,
    ) -> Result<CreateRepositoryResponse, Fault> {
        Ok(ops::create_repository::create_repository(&self.catalog, call, input).await?)
    }

    async fn delete_lifecycle_policy(
        &self,
        call: &Call,
        input: DeleteLifecyclePolicyRequest,
    ) -> Result<DeleteLifecyclePolicyResponse, Fault> {
        Ok(
            ops::delete_lifecycle_policy::delete_lifecycle_policy(&self.catalog, call, input)
                .await?,
        )
    }

    async fn delete_repository(
        &self,
        call: &Call,
        input: DeleteRepositoryRequest,
    ) -> Result<DeleteRepositoryResponse, Fault> {
        Ok(ops::delete_repository::delete_repository(&self.catalog, call, input).await?)
    }

    async fn delete_repository_policy(
        &self,
        call: &Call,
        input: DeleteRepositoryPolicyRequest,
    ) -> Result<DeleteRepositoryPolicyResponse, Fault> {
        Ok(
            ops::delete_repository_policy::delete_repository_policy(&self.catalog, call, input)
                .await?,
        )
    }

    async fn describe_images(
        &self,
        call: &Call,
        input: DescribeImagesRequest,
    ) -> Result<DescribeImagesResponse, Fault> {
        Ok(ops::describe_images::describe_images(&self.catalog, call, input).await?)
    }

    async fn describe_registry(
        &self,
        call: &Call,
        input: DescribeRegistryRequest,
    ) -> Result<DescribeRegistryResponse, Fault> {
        Ok(ops::describe_registry::describe_registry(&self.catalog, call, input).await?)
    }

    async fn describe_repositories(
        &self,
        call: &Call,
        input: DescribeRepositoriesRequest,
    ) -> Result<DescribeRepositoriesResponse, Fault> {
        Ok(ops::describe_repositories::describe_repositories(&self.catalog, call, input).await?)
    }

    async fn get_authorization_token(
        &self,
        call: &Call,
        input: GetAuthorizationTokenRequest,
    ) -> Result<GetAuthorizationTokenResponse, Fault> {
        Ok(
            ops::get_authorization_token::get_authorization_token(&self.catalog, call, input)
                .await?,
        )
    }

    async fn get_download_url_for_layer(
        &self,
        call: &Call,
        input: GetDownloadUrlForLayerRequest,
    ) -> Result<GetDownloadUrlForLayerResponse, Fault> {
        Ok(
            ops::get_download_url_for_layer::get_download_url_for_layer(&self.catalog, call, input)
                .await?,
        )
    }

    async fn get_lifecycle_policy(
        &self,
        call: &Call,
        input: GetLifecyclePolicyRequest,
    ) -> Result<GetLifecyclePolicyResponse, Fault> {
        Ok(ops::get_lifecycle_policy::get_lifecycle_policy(&self.catalog, call, input).await?)
    }

    async fn get_lifecycle_policy_preview(
        &self,
        call: &Call,
        input: GetLifecyclePolicyPreviewRequest,
    ) -> Result<GetLifecyclePolicyPreviewResponse, Fault> {
        Ok(
            ops::get_lifecycle_policy_preview::get_lifecycle_policy_preview(
                &self.catalog,
                call,
                input,
            )
            .await?,
        )
    }

    async fn get_repository_policy(
        &self,
        call: &Call,
        input: GetRepositoryPolicyRequest,
    ) -> Result<GetRepositoryPolicyResponse, Fault> {
        Ok(ops::get_repository_policy::get_repository_policy(&self.catalog, call, input).await?)
    }

    async fn initiate_layer_upload(
        &self,
        call: &Call,
        input: InitiateLayerUploadRequest,
    ) -> Result<InitiateLayerUploadResponse, Fault> {
        Ok(ops::initiate_layer_upload::initiate_layer_upload(&self.catalog, call, input).await?)
    }

    async fn list_image_referrers(
        &self,
        call: &Call,
        input: ListImageReferrersRequest,
    ) -> Result<ListImageReferrersResponse, Fault> {
        Ok(ops::list_image_referrers::list_image_referrers(&self.catalog, call, input).await?)
    }

    async fn list_images(
        &self,
        call: &Call,
        input: ListImagesRequest,
    ) -> Result<ListImagesResponse, Fault> {
        Ok(ops::list_images::list_images(&self.catalog, call, input).await?)
    }

    async fn list_tags_for_resource(
        &self,
        call: &Call,
        input: ListTagsForResourceRequest,
    ) -> Result<ListTagsForResourceResponse, Fault> {
        Ok(ops::list_tags_for_resource::list_tags_for_resource(&self.catalog, call, input).await?)
    }

    async fn put_image(
        &self,
        call: &Call,
        input: PutImageRequest,
    ) -> Result<PutImageResponse, Fault> {
        Ok(ops::put_image::put_image(&self.catalog, call, input).await?)
    }

    async fn put_image_scanning_configuration(
        &self,
        call: &Call,
        input: PutImageScanningConfigurationRequest,
    ) -> Result<PutImageScanningConfigurationResponse, Fault> {
        Ok(
            ops::put_image_scanning_configuration::put_image_scanning_configuration(
                &self.catalog,
                call,
                input,
            )
            .await?,
        )
    }

    async fn put_image_tag_mutability(
        &self,
        call: &Call,
        input: PutImageTagMutabilityRequest,
    ) -> Result<PutImageTagMutabilityResponse, Fault> {
        Ok(
            ops::put_image_tag_mutability::put_image_tag_mutability(&self.catalog, call, input)
                .await?,
        )
    }

    async fn put_lifecycle_policy(
        &self,
        call: &Call,
        input: PutLifecyclePolicyRequest,
    ) -> Result<PutLifecyclePolicyResponse, Fault> {
        Ok(ops::put_lifecycle_policy::put_lifecycle_policy(&self.catalog, call, input).await?)
    }

    async fn set_repository_policy(
        &self,
        call: &Call,
        input: SetRepositoryPolicyRequest,
    ) -> Result<SetRepositoryPolicyResponse, Fault> {
        Ok(ops::set_repository_policy::set_repository_policy(&self.catalog, call, input).await?)
    }

    async fn start_lifecycle_policy_preview(
        &self,
        call: &Call,
        input: StartLifecyclePolicyPreviewRequest,
    ) -> Result<StartLifecyclePolicyPreviewResponse, Fault> {
        Ok(
            ops::start_lifecycle_policy_preview::start_lifecycle_policy_preview(
                &self.catalog,
                call,
                input,
            )
            .await?,
        )
    }

    async fn tag_resource(
        &self,
        call: &Call,
        input: TagResourceRequest,
    ) -> Result<TagResourceResponse, Fault> {
        Ok(ops::tag_resource::tag_resource(&self.catalog, call, input).await?)
    }

    async fn untag_resource(
        &self,
        call: &Call,
        input: UntagResourceRequest,
    ) -> Result<UntagResourceResponse, Fault> {
        Ok(ops::untag_resource::untag_resource(&self.catalog, call, input).await?)
    }

    async fn upload_layer_part(
        &self,
        call: &Call,
        input: UploadLayerPartRequest,
    ) -> Result<UploadLayerPartResponse, Fault> {
        Ok(ops::upload_layer_part::upload_layer_part(&self.catalog, call, input).await?)
    }
}
