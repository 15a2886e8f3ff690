// Written by `cargo xtask generate` from models/. Do not edit.
//! Joins the functions of a service to the operations of its contract.
#[allow(unused_imports)]
use crate::types::*;

/// Implements [`Ecr`](crate::Ecr) for a type; see `wharf_wire::operations!`.
#[macro_export]
macro_rules! operations {
    ($($service:tt)*) => {
        $crate::wire::operations! { [$crate Ecr] $($service)* }
    };
}

/// What each operation takes and returns, by the name of its function.
pub mod io {
    pub mod batch_check_layer_availability {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = BatchCheckLayerAvailabilityRequest;
        pub type Output = BatchCheckLayerAvailabilityResponse;
    }

    pub mod batch_delete_image {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = BatchDeleteImageRequest;
        pub type Output = BatchDeleteImageResponse;
    }

    pub mod batch_get_image {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = BatchGetImageRequest;
        pub type Output = BatchGetImageResponse;
    }

    pub mod batch_get_repository_scanning_configuration {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = BatchGetRepositoryScanningConfigurationRequest;
        pub type Output = BatchGetRepositoryScanningConfigurationResponse;
    }

    pub mod complete_layer_upload {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CompleteLayerUploadRequest;
        pub type Output = CompleteLayerUploadResponse;
    }

    pub mod create_pull_through_cache_rule {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreatePullThroughCacheRuleRequest;
        pub type Output = CreatePullThroughCacheRuleResponse;
    }

    pub mod create_repository {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateRepositoryRequest;
        pub type Output = CreateRepositoryResponse;
    }

    pub mod create_repository_creation_template {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateRepositoryCreationTemplateRequest;
        pub type Output = CreateRepositoryCreationTemplateResponse;
    }

    pub mod delete_lifecycle_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteLifecyclePolicyRequest;
        pub type Output = DeleteLifecyclePolicyResponse;
    }

    pub mod delete_pull_through_cache_rule {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeletePullThroughCacheRuleRequest;
        pub type Output = DeletePullThroughCacheRuleResponse;
    }

    pub mod delete_registry_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteRegistryPolicyRequest;
        pub type Output = DeleteRegistryPolicyResponse;
    }

    pub mod delete_repository {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteRepositoryRequest;
        pub type Output = DeleteRepositoryResponse;
    }

    pub mod delete_repository_creation_template {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteRepositoryCreationTemplateRequest;
        pub type Output = DeleteRepositoryCreationTemplateResponse;
    }

    pub mod delete_repository_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteRepositoryPolicyRequest;
        pub type Output = DeleteRepositoryPolicyResponse;
    }

    pub mod delete_signing_configuration {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteSigningConfigurationRequest;
        pub type Output = DeleteSigningConfigurationResponse;
    }

    pub mod deregister_pull_time_update_exclusion {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeregisterPullTimeUpdateExclusionRequest;
        pub type Output = DeregisterPullTimeUpdateExclusionResponse;
    }

    pub mod describe_image_replication_status {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeImageReplicationStatusRequest;
        pub type Output = DescribeImageReplicationStatusResponse;
    }

    pub mod describe_image_scan_findings {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeImageScanFindingsRequest;
        pub type Output = DescribeImageScanFindingsResponse;
    }

    pub mod describe_image_signing_status {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeImageSigningStatusRequest;
        pub type Output = DescribeImageSigningStatusResponse;
    }

    pub mod describe_images {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeImagesRequest;
        pub type Output = DescribeImagesResponse;
    }

    pub mod describe_pull_through_cache_rules {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribePullThroughCacheRulesRequest;
        pub type Output = DescribePullThroughCacheRulesResponse;
    }

    pub mod describe_registry {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeRegistryRequest;
        pub type Output = DescribeRegistryResponse;
    }

    pub mod describe_replication_backfill_results {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeReplicationBackfillResultsRequest;
        pub type Output = DescribeReplicationBackfillResultsResponse;
    }

    pub mod describe_repositories {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeRepositoriesRequest;
        pub type Output = DescribeRepositoriesResponse;
    }

    pub mod describe_repository_creation_templates {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeRepositoryCreationTemplatesRequest;
        pub type Output = DescribeRepositoryCreationTemplatesResponse;
    }

    pub mod get_account_setting {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetAccountSettingRequest;
        pub type Output = GetAccountSettingResponse;
    }

    pub mod get_authorization_token {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetAuthorizationTokenRequest;
        pub type Output = GetAuthorizationTokenResponse;
    }

    pub mod get_download_url_for_layer {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetDownloadUrlForLayerRequest;
        pub type Output = GetDownloadUrlForLayerResponse;
    }

    pub mod get_lifecycle_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetLifecyclePolicyRequest;
        pub type Output = GetLifecyclePolicyResponse;
    }

    pub mod get_lifecycle_policy_preview {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetLifecyclePolicyPreviewRequest;
        pub type Output = GetLifecyclePolicyPreviewResponse;
    }

    pub mod get_registry_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetRegistryPolicyRequest;
        pub type Output = GetRegistryPolicyResponse;
    }

    pub mod get_registry_scanning_configuration {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetRegistryScanningConfigurationRequest;
        pub type Output = GetRegistryScanningConfigurationResponse;
    }

    pub mod get_repository_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetRepositoryPolicyRequest;
        pub type Output = GetRepositoryPolicyResponse;
    }

    pub mod get_signing_configuration {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetSigningConfigurationRequest;
        pub type Output = GetSigningConfigurationResponse;
    }

    pub mod initiate_layer_upload {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = InitiateLayerUploadRequest;
        pub type Output = InitiateLayerUploadResponse;
    }

    pub mod list_image_referrers {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListImageReferrersRequest;
        pub type Output = ListImageReferrersResponse;
    }

    pub mod list_images {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListImagesRequest;
        pub type Output = ListImagesResponse;
    }

    pub mod list_pull_time_update_exclusions {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListPullTimeUpdateExclusionsRequest;
        pub type Output = ListPullTimeUpdateExclusionsResponse;
    }

    pub mod list_replication_backfills {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListReplicationBackfillsRequest;
        pub type Output = ListReplicationBackfillsResponse;
    }

    pub mod list_tags_for_resource {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListTagsForResourceRequest;
        pub type Output = ListTagsForResourceResponse;
    }

    pub mod put_account_setting {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutAccountSettingRequest;
        pub type Output = PutAccountSettingResponse;
    }

    pub mod put_image {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutImageRequest;
        pub type Output = PutImageResponse;
    }

    pub mod put_image_scanning_configuration {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutImageScanningConfigurationRequest;
        pub type Output = PutImageScanningConfigurationResponse;
    }

    pub mod put_image_tag_mutability {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutImageTagMutabilityRequest;
        pub type Output = PutImageTagMutabilityResponse;
    }

    pub mod put_lifecycle_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutLifecyclePolicyRequest;
        pub type Output = PutLifecyclePolicyResponse;
    }

    pub mod put_registry_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutRegistryPolicyRequest;
        pub type Output = PutRegistryPolicyResponse;
    }

    pub mod put_registry_scanning_configuration {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutRegistryScanningConfigurationRequest;
        pub type Output = PutRegistryScanningConfigurationResponse;
    }

    pub mod put_replication_configuration {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutReplicationConfigurationRequest;
        pub type Output = PutReplicationConfigurationResponse;
    }

    pub mod put_signing_configuration {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutSigningConfigurationRequest;
        pub type Output = PutSigningConfigurationResponse;
    }

    pub mod register_pull_time_update_exclusion {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = RegisterPullTimeUpdateExclusionRequest;
        pub type Output = RegisterPullTimeUpdateExclusionResponse;
    }

    pub mod set_repository_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = SetRepositoryPolicyRequest;
        pub type Output = SetRepositoryPolicyResponse;
    }

    pub mod start_image_scan {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = StartImageScanRequest;
        pub type Output = StartImageScanResponse;
    }

    pub mod start_lifecycle_policy_preview {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = StartLifecyclePolicyPreviewRequest;
        pub type Output = StartLifecyclePolicyPreviewResponse;
    }

    pub mod start_replication_backfill {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = StartReplicationBackfillRequest;
        pub type Output = StartReplicationBackfillResponse;
    }

    pub mod stop_replication_backfill {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = StopReplicationBackfillRequest;
        pub type Output = StopReplicationBackfillResponse;
    }

    pub mod tag_resource {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = TagResourceRequest;
        pub type Output = TagResourceResponse;
    }

    pub mod untag_resource {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UntagResourceRequest;
        pub type Output = UntagResourceResponse;
    }

    pub mod update_image_storage_class {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateImageStorageClassRequest;
        pub type Output = UpdateImageStorageClassResponse;
    }

    pub mod update_pull_through_cache_rule {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdatePullThroughCacheRuleRequest;
        pub type Output = UpdatePullThroughCacheRuleResponse;
    }

    pub mod update_repository_creation_template {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateRepositoryCreationTemplateRequest;
        pub type Output = UpdateRepositoryCreationTemplateResponse;
    }

    pub mod upload_layer_part {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UploadLayerPartRequest;
        pub type Output = UploadLayerPartResponse;
    }

    pub mod validate_pull_through_cache_rule {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ValidatePullThroughCacheRuleRequest;
        pub type Output = ValidatePullThroughCacheRuleResponse;
    }
}
