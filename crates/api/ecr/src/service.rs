// Written by `cargo xtask generate` from models/. Do not edit.
//! The service as a trait, for those who implement it and those who call it.
use std::sync::Arc;

use wharf_wire::{
    Call, Check, Context, Dispatcher, Fault, Service, async_trait,
    constraints::Violation,
    node::{Payload, Struct},
    schema::ServiceSchema,
    understood::{self, Understood},
};

#[allow(unused_imports)]
use crate::{schema::SERVICE, types::*};

/// The input of any operation, for authorisation rows.
#[derive(Debug, Clone, Copy)]
pub enum Input<'a> {
    BatchCheckLayerAvailability(&'a BatchCheckLayerAvailabilityRequest),
    BatchDeleteImage(&'a BatchDeleteImageRequest),
    BatchGetImage(&'a BatchGetImageRequest),
    BatchGetRepositoryScanningConfiguration(&'a BatchGetRepositoryScanningConfigurationRequest),
    CompleteLayerUpload(&'a CompleteLayerUploadRequest),
    CreatePullThroughCacheRule(&'a CreatePullThroughCacheRuleRequest),
    CreateRepository(&'a CreateRepositoryRequest),
    CreateRepositoryCreationTemplate(&'a CreateRepositoryCreationTemplateRequest),
    DeleteLifecyclePolicy(&'a DeleteLifecyclePolicyRequest),
    DeletePullThroughCacheRule(&'a DeletePullThroughCacheRuleRequest),
    DeleteRegistryPolicy(&'a DeleteRegistryPolicyRequest),
    DeleteRepository(&'a DeleteRepositoryRequest),
    DeleteRepositoryCreationTemplate(&'a DeleteRepositoryCreationTemplateRequest),
    DeleteRepositoryPolicy(&'a DeleteRepositoryPolicyRequest),
    DeleteSigningConfiguration(&'a DeleteSigningConfigurationRequest),
    DeregisterPullTimeUpdateExclusion(&'a DeregisterPullTimeUpdateExclusionRequest),
    DescribeImageReplicationStatus(&'a DescribeImageReplicationStatusRequest),
    DescribeImageScanFindings(&'a DescribeImageScanFindingsRequest),
    DescribeImageSigningStatus(&'a DescribeImageSigningStatusRequest),
    DescribeImages(&'a DescribeImagesRequest),
    DescribePullThroughCacheRules(&'a DescribePullThroughCacheRulesRequest),
    DescribeRegistry(&'a DescribeRegistryRequest),
    DescribeReplicationBackfillResults(&'a DescribeReplicationBackfillResultsRequest),
    DescribeRepositories(&'a DescribeRepositoriesRequest),
    DescribeRepositoryCreationTemplates(&'a DescribeRepositoryCreationTemplatesRequest),
    GetAccountSetting(&'a GetAccountSettingRequest),
    GetAuthorizationToken(&'a GetAuthorizationTokenRequest),
    GetDownloadUrlForLayer(&'a GetDownloadUrlForLayerRequest),
    GetLifecyclePolicy(&'a GetLifecyclePolicyRequest),
    GetLifecyclePolicyPreview(&'a GetLifecyclePolicyPreviewRequest),
    GetRegistryPolicy(&'a GetRegistryPolicyRequest),
    GetRegistryScanningConfiguration(&'a GetRegistryScanningConfigurationRequest),
    GetRepositoryPolicy(&'a GetRepositoryPolicyRequest),
    GetSigningConfiguration(&'a GetSigningConfigurationRequest),
    InitiateLayerUpload(&'a InitiateLayerUploadRequest),
    ListImageReferrers(&'a ListImageReferrersRequest),
    ListImages(&'a ListImagesRequest),
    ListPullTimeUpdateExclusions(&'a ListPullTimeUpdateExclusionsRequest),
    ListReplicationBackfills(&'a ListReplicationBackfillsRequest),
    ListTagsForResource(&'a ListTagsForResourceRequest),
    PutAccountSetting(&'a PutAccountSettingRequest),
    PutImage(&'a PutImageRequest),
    PutImageScanningConfiguration(&'a PutImageScanningConfigurationRequest),
    PutImageTagMutability(&'a PutImageTagMutabilityRequest),
    PutLifecyclePolicy(&'a PutLifecyclePolicyRequest),
    PutRegistryPolicy(&'a PutRegistryPolicyRequest),
    PutRegistryScanningConfiguration(&'a PutRegistryScanningConfigurationRequest),
    PutReplicationConfiguration(&'a PutReplicationConfigurationRequest),
    PutSigningConfiguration(&'a PutSigningConfigurationRequest),
    RegisterPullTimeUpdateExclusion(&'a RegisterPullTimeUpdateExclusionRequest),
    SetRepositoryPolicy(&'a SetRepositoryPolicyRequest),
    StartImageScan(&'a StartImageScanRequest),
    StartLifecyclePolicyPreview(&'a StartLifecyclePolicyPreviewRequest),
    StartReplicationBackfill(&'a StartReplicationBackfillRequest),
    StopReplicationBackfill(&'a StopReplicationBackfillRequest),
    TagResource(&'a TagResourceRequest),
    UntagResource(&'a UntagResourceRequest),
    UpdateImageStorageClass(&'a UpdateImageStorageClassRequest),
    UpdatePullThroughCacheRule(&'a UpdatePullThroughCacheRuleRequest),
    UpdateRepositoryCreationTemplate(&'a UpdateRepositoryCreationTemplateRequest),
    UploadLayerPart(&'a UploadLayerPartRequest),
    ValidatePullThroughCacheRule(&'a ValidatePullThroughCacheRuleRequest),
}

impl Input<'_> {
    /// The operation's name.
    pub fn operation(&self) -> &'static str {
        match self {
            Self::BatchCheckLayerAvailability(_) => "BatchCheckLayerAvailability",
            Self::BatchDeleteImage(_) => "BatchDeleteImage",
            Self::BatchGetImage(_) => "BatchGetImage",
            Self::BatchGetRepositoryScanningConfiguration(_) => {
                "BatchGetRepositoryScanningConfiguration"
            }
            Self::CompleteLayerUpload(_) => "CompleteLayerUpload",
            Self::CreatePullThroughCacheRule(_) => "CreatePullThroughCacheRule",
            Self::CreateRepository(_) => "CreateRepository",
            Self::CreateRepositoryCreationTemplate(_) => "CreateRepositoryCreationTemplate",
            Self::DeleteLifecyclePolicy(_) => "DeleteLifecyclePolicy",
            Self::DeletePullThroughCacheRule(_) => "DeletePullThroughCacheRule",
            Self::DeleteRegistryPolicy(_) => "DeleteRegistryPolicy",
            Self::DeleteRepository(_) => "DeleteRepository",
            Self::DeleteRepositoryCreationTemplate(_) => "DeleteRepositoryCreationTemplate",
            Self::DeleteRepositoryPolicy(_) => "DeleteRepositoryPolicy",
            Self::DeleteSigningConfiguration(_) => "DeleteSigningConfiguration",
            Self::DeregisterPullTimeUpdateExclusion(_) => "DeregisterPullTimeUpdateExclusion",
            Self::DescribeImageReplicationStatus(_) => "DescribeImageReplicationStatus",
            Self::DescribeImageScanFindings(_) => "DescribeImageScanFindings",
            Self::DescribeImageSigningStatus(_) => "DescribeImageSigningStatus",
            Self::DescribeImages(_) => "DescribeImages",
            Self::DescribePullThroughCacheRules(_) => "DescribePullThroughCacheRules",
            Self::DescribeRegistry(_) => "DescribeRegistry",
            Self::DescribeReplicationBackfillResults(_) => "DescribeReplicationBackfillResults",
            Self::DescribeRepositories(_) => "DescribeRepositories",
            Self::DescribeRepositoryCreationTemplates(_) => "DescribeRepositoryCreationTemplates",
            Self::GetAccountSetting(_) => "GetAccountSetting",
            Self::GetAuthorizationToken(_) => "GetAuthorizationToken",
            Self::GetDownloadUrlForLayer(_) => "GetDownloadUrlForLayer",
            Self::GetLifecyclePolicy(_) => "GetLifecyclePolicy",
            Self::GetLifecyclePolicyPreview(_) => "GetLifecyclePolicyPreview",
            Self::GetRegistryPolicy(_) => "GetRegistryPolicy",
            Self::GetRegistryScanningConfiguration(_) => "GetRegistryScanningConfiguration",
            Self::GetRepositoryPolicy(_) => "GetRepositoryPolicy",
            Self::GetSigningConfiguration(_) => "GetSigningConfiguration",
            Self::InitiateLayerUpload(_) => "InitiateLayerUpload",
            Self::ListImageReferrers(_) => "ListImageReferrers",
            Self::ListImages(_) => "ListImages",
            Self::ListPullTimeUpdateExclusions(_) => "ListPullTimeUpdateExclusions",
            Self::ListReplicationBackfills(_) => "ListReplicationBackfills",
            Self::ListTagsForResource(_) => "ListTagsForResource",
            Self::PutAccountSetting(_) => "PutAccountSetting",
            Self::PutImage(_) => "PutImage",
            Self::PutImageScanningConfiguration(_) => "PutImageScanningConfiguration",
            Self::PutImageTagMutability(_) => "PutImageTagMutability",
            Self::PutLifecyclePolicy(_) => "PutLifecyclePolicy",
            Self::PutRegistryPolicy(_) => "PutRegistryPolicy",
            Self::PutRegistryScanningConfiguration(_) => "PutRegistryScanningConfiguration",
            Self::PutReplicationConfiguration(_) => "PutReplicationConfiguration",
            Self::PutSigningConfiguration(_) => "PutSigningConfiguration",
            Self::RegisterPullTimeUpdateExclusion(_) => "RegisterPullTimeUpdateExclusion",
            Self::SetRepositoryPolicy(_) => "SetRepositoryPolicy",
            Self::StartImageScan(_) => "StartImageScan",
            Self::StartLifecyclePolicyPreview(_) => "StartLifecyclePolicyPreview",
            Self::StartReplicationBackfill(_) => "StartReplicationBackfill",
            Self::StopReplicationBackfill(_) => "StopReplicationBackfill",
            Self::TagResource(_) => "TagResource",
            Self::UntagResource(_) => "UntagResource",
            Self::UpdateImageStorageClass(_) => "UpdateImageStorageClass",
            Self::UpdatePullThroughCacheRule(_) => "UpdatePullThroughCacheRule",
            Self::UpdateRepositoryCreationTemplate(_) => "UpdateRepositoryCreationTemplate",
            Self::UploadLayerPart(_) => "UploadLayerPart",
            Self::ValidatePullThroughCacheRule(_) => "ValidatePullThroughCacheRule",
        }
    }

    /// The IAM action of the same name.
    pub fn action(&self) -> String {
        format!("ecr:{}", self.operation())
    }
}

#[async_trait]
pub trait Ecr: Send + Sync + 'static {
    /// The authorisation row of each operation: what it does to which resource, evaluated by the
    /// dispatcher before the operation runs.
    async fn authorize(&self, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault>;

    /// The service's own words for an input that breaks the model; `None` for the protocol's.
    fn refuse(&self, operation: &'static str, violations: &[Violation]) -> Option<Fault> {
        let _ = (operation, violations);
        None
    }

    /// Which members of inputs operations understand.
    fn understood(&self) -> Option<&'static Understood> {
        None
    }

    /// The functions of operations that this version has; `None` where nobody says.
    fn written(&self) -> Option<&'static [&'static str]> {
        None
    }

    async fn batch_check_layer_availability(
        &self,
        call: &Call,
        input: BatchCheckLayerAvailabilityRequest,
    ) -> Result<BatchCheckLayerAvailabilityResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr", "BatchCheckLayerAvailability"))
    }

    async fn batch_delete_image(
        &self,
        call: &Call,
        input: BatchDeleteImageRequest,
    ) -> Result<BatchDeleteImageResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr", "BatchDeleteImage"))
    }

    async fn batch_get_image(
        &self,
        call: &Call,
        input: BatchGetImageRequest,
    ) -> Result<BatchGetImageResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr", "BatchGetImage"))
    }

    async fn batch_get_repository_scanning_configuration(
        &self,
        call: &Call,
        input: BatchGetRepositoryScanningConfigurationRequest,
    ) -> Result<BatchGetRepositoryScanningConfigurationResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "ecr",
            "BatchGetRepositoryScanningConfiguration",
        ))
    }

    async fn complete_layer_upload(
        &self,
        call: &Call,
        input: CompleteLayerUploadRequest,
    ) -> Result<CompleteLayerUploadResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr", "CompleteLayerUpload"))
    }

    async fn create_pull_through_cache_rule(
        &self,
        call: &Call,
        input: CreatePullThroughCacheRuleRequest,
    ) -> Result<CreatePullThroughCacheRuleResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr", "CreatePullThroughCacheRule"))
    }

    async fn create_repository(
        &self,
        call: &Call,
        input: CreateRepositoryRequest,
    ) -> Result<CreateRepositoryResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr", "CreateRepository"))
    }

    async fn create_repository_creation_template(
        &self,
        call: &Call,
        input: CreateRepositoryCreationTemplateRequest,
    ) -> Result<CreateRepositoryCreationTemplateResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "ecr",
            "CreateRepositoryCreationTemplate",
        ))
    }

    async fn delete_lifecycle_policy(
        &self,
        call: &Call,
        input: DeleteLifecyclePolicyRequest,
    ) -> Result<DeleteLifecyclePolicyResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr", "DeleteLifecyclePolicy"))
    }

    async fn delete_pull_through_cache_rule(
        &self,
        call: &Call,
        input: DeletePullThroughCacheRuleRequest,
    ) -> Result<DeletePullThroughCacheRuleResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr", "DeletePullThroughCacheRule"))
    }

    async fn delete_registry_policy(
        &self,
        call: &Call,
        input: DeleteRegistryPolicyRequest,
    ) -> Result<DeleteRegistryPolicyResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr", "DeleteRegistryPolicy"))
    }

    async fn delete_repository(
        &self,
        call: &Call,
        input: DeleteRepositoryRequest,
    ) -> Result<DeleteRepositoryResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr", "DeleteRepository"))
    }

    async fn delete_repository_creation_template(
        &self,
        call: &Call,
        input: DeleteRepositoryCreationTemplateRequest,
    ) -> Result<DeleteRepositoryCreationTemplateResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "ecr",
            "DeleteRepositoryCreationTemplate",
        ))
    }

    async fn delete_repository_policy(
        &self,
        call: &Call,
        input: DeleteRepositoryPolicyRequest,
    ) -> Result<DeleteRepositoryPolicyResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr", "DeleteRepositoryPolicy"))
    }

    async fn delete_signing_configuration(
        &self,
        call: &Call,
        input: DeleteSigningConfigurationRequest,
    ) -> Result<DeleteSigningConfigurationResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr", "DeleteSigningConfiguration"))
    }

    async fn deregister_pull_time_update_exclusion(
        &self,
        call: &Call,
        input: DeregisterPullTimeUpdateExclusionRequest,
    ) -> Result<DeregisterPullTimeUpdateExclusionResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "ecr",
            "DeregisterPullTimeUpdateExclusion",
        ))
    }

    async fn describe_image_replication_status(
        &self,
        call: &Call,
        input: DescribeImageReplicationStatusRequest,
    ) -> Result<DescribeImageReplicationStatusResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr", "DescribeImageReplicationStatus"))
    }

    async fn describe_image_scan_findings(
        &self,
        call: &Call,
        input: DescribeImageScanFindingsRequest,
    ) -> Result<DescribeImageScanFindingsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr", "DescribeImageScanFindings"))
    }

    async fn describe_image_signing_status(
        &self,
        call: &Call,
        input: DescribeImageSigningStatusRequest,
    ) -> Result<DescribeImageSigningStatusResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr", "DescribeImageSigningStatus"))
    }

    async fn describe_images(
        &self,
        call: &Call,
        input: DescribeImagesRequest,
    ) -> Result<DescribeImagesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr", "DescribeImages"))
    }

    async fn describe_pull_through_cache_rules(
        &self,
        call: &Call,
        input: DescribePullThroughCacheRulesRequest,
    ) -> Result<DescribePullThroughCacheRulesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr", "DescribePullThroughCacheRules"))
    }

    async fn describe_registry(
        &self,
        call: &Call,
        input: DescribeRegistryRequest,
    ) -> Result<DescribeRegistryResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr", "DescribeRegistry"))
    }

    async fn describe_replication_backfill_results(
        &self,
        call: &Call,
        input: DescribeReplicationBackfillResultsRequest,
    ) -> Result<DescribeReplicationBackfillResultsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "ecr",
            "DescribeReplicationBackfillResults",
        ))
    }

    async fn describe_repositories(
        &self,
        call: &Call,
        input: DescribeRepositoriesRequest,
    ) -> Result<DescribeRepositoriesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr", "DescribeRepositories"))
    }

    async fn describe_repository_creation_templates(
        &self,
        call: &Call,
        input: DescribeRepositoryCreationTemplatesRequest,
    ) -> Result<DescribeRepositoryCreationTemplatesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "ecr",
            "DescribeRepositoryCreationTemplates",
        ))
    }

    async fn get_account_setting(
        &self,
        call: &Call,
        input: GetAccountSettingRequest,
    ) -> Result<GetAccountSettingResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr", "GetAccountSetting"))
    }

    async fn get_authorization_token(
        &self,
        call: &Call,
        input: GetAuthorizationTokenRequest,
    ) -> Result<GetAuthorizationTokenResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr", "GetAuthorizationToken"))
    }

    async fn get_download_url_for_layer(
        &self,
        call: &Call,
        input: GetDownloadUrlForLayerRequest,
    ) -> Result<GetDownloadUrlForLayerResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr", "GetDownloadUrlForLayer"))
    }

    async fn get_lifecycle_policy(
        &self,
        call: &Call,
        input: GetLifecyclePolicyRequest,
    ) -> Result<GetLifecyclePolicyResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr", "GetLifecyclePolicy"))
    }

    async fn get_lifecycle_policy_preview(
        &self,
        call: &Call,
        input: GetLifecyclePolicyPreviewRequest,
    ) -> Result<GetLifecyclePolicyPreviewResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr", "GetLifecyclePolicyPreview"))
    }

    async fn get_registry_policy(
        &self,
        call: &Call,
        input: GetRegistryPolicyRequest,
    ) -> Result<GetRegistryPolicyResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr", "GetRegistryPolicy"))
    }

    async fn get_registry_scanning_configuration(
        &self,
        call: &Call,
        input: GetRegistryScanningConfigurationRequest,
    ) -> Result<GetRegistryScanningConfigurationResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "ecr",
            "GetRegistryScanningConfiguration",
        ))
    }

    async fn get_repository_policy(
        &self,
        call: &Call,
        input: GetRepositoryPolicyRequest,
    ) -> Result<GetRepositoryPolicyResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr", "GetRepositoryPolicy"))
    }

    async fn get_signing_configuration(
        &self,
        call: &Call,
        input: GetSigningConfigurationRequest,
    ) -> Result<GetSigningConfigurationResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr", "GetSigningConfiguration"))
    }

    async fn initiate_layer_upload(
        &self,
        call: &Call,
        input: InitiateLayerUploadRequest,
    ) -> Result<InitiateLayerUploadResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr", "InitiateLayerUpload"))
    }

    async fn list_image_referrers(
        &self,
        call: &Call,
        input: ListImageReferrersRequest,
    ) -> Result<ListImageReferrersResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr", "ListImageReferrers"))
    }

    async fn list_images(
        &self,
        call: &Call,
        input: ListImagesRequest,
    ) -> Result<ListImagesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr", "ListImages"))
    }

    async fn list_pull_time_update_exclusions(
        &self,
        call: &Call,
        input: ListPullTimeUpdateExclusionsRequest,
    ) -> Result<ListPullTimeUpdateExclusionsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr", "ListPullTimeUpdateExclusions"))
    }

    async fn list_replication_backfills(
        &self,
        call: &Call,
        input: ListReplicationBackfillsRequest,
    ) -> Result<ListReplicationBackfillsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr", "ListReplicationBackfills"))
    }

    async fn list_tags_for_resource(
        &self,
        call: &Call,
        input: ListTagsForResourceRequest,
    ) -> Result<ListTagsForResourceResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr", "ListTagsForResource"))
    }

    async fn put_account_setting(
        &self,
        call: &Call,
        input: PutAccountSettingRequest,
    ) -> Result<PutAccountSettingResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr", "PutAccountSetting"))
    }

    async fn put_image(
        &self,
        call: &Call,
        input: PutImageRequest,
    ) -> Result<PutImageResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr", "PutImage"))
    }

    async fn put_image_scanning_configuration(
        &self,
        call: &Call,
        input: PutImageScanningConfigurationRequest,
    ) -> Result<PutImageScanningConfigurationResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr", "PutImageScanningConfiguration"))
    }

    async fn put_image_tag_mutability(
        &self,
        call: &Call,
        input: PutImageTagMutabilityRequest,
    ) -> Result<PutImageTagMutabilityResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr", "PutImageTagMutability"))
    }

    async fn put_lifecycle_policy(
        &self,
        call: &Call,
        input: PutLifecyclePolicyRequest,
    ) -> Result<PutLifecyclePolicyResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr", "PutLifecyclePolicy"))
    }

    async fn put_registry_policy(
        &self,
        call: &Call,
        input: PutRegistryPolicyRequest,
    ) -> Result<PutRegistryPolicyResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr", "PutRegistryPolicy"))
    }

    async fn put_registry_scanning_configuration(
        &self,
        call: &Call,
        input: PutRegistryScanningConfigurationRequest,
    ) -> Result<PutRegistryScanningConfigurationResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "ecr",
            "PutRegistryScanningConfiguration",
        ))
    }

    async fn put_replication_configuration(
        &self,
        call: &Call,
        input: PutReplicationConfigurationRequest,
    ) -> Result<PutReplicationConfigurationResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr", "PutReplicationConfiguration"))
    }

    async fn put_signing_configuration(
        &self,
        call: &Call,
        input: PutSigningConfigurationRequest,
    ) -> Result<PutSigningConfigurationResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr", "PutSigningConfiguration"))
    }

    async fn register_pull_time_update_exclusion(
        &self,
        call: &Call,
        input: RegisterPullTimeUpdateExclusionRequest,
    ) -> Result<RegisterPullTimeUpdateExclusionResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr", "RegisterPullTimeUpdateExclusion"))
    }

    async fn set_repository_policy(
        &self,
        call: &Call,
        input: SetRepositoryPolicyRequest,
    ) -> Result<SetRepositoryPolicyResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr", "SetRepositoryPolicy"))
    }

    async fn start_image_scan(
        &self,
        call: &Call,
        input: StartImageScanRequest,
    ) -> Result<StartImageScanResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr", "StartImageScan"))
    }

    async fn start_lifecycle_policy_preview(
        &self,
        call: &Call,
        input: StartLifecyclePolicyPreviewRequest,
    ) -> Result<StartLifecyclePolicyPreviewResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr", "StartLifecyclePolicyPreview"))
    }

    async fn start_replication_backfill(
        &self,
        call: &Call,
        input: StartReplicationBackfillRequest,
    ) -> Result<StartReplicationBackfillResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr", "StartReplicationBackfill"))
    }

    async fn stop_replication_backfill(
        &self,
        call: &Call,
        input: StopReplicationBackfillRequest,
    ) -> Result<StopReplicationBackfillResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr", "StopReplicationBackfill"))
    }

    async fn tag_resource(
        &self,
        call: &Call,
        input: TagResourceRequest,
    ) -> Result<TagResourceResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr", "TagResource"))
    }

    async fn untag_resource(
        &self,
        call: &Call,
        input: UntagResourceRequest,
    ) -> Result<UntagResourceResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr", "UntagResource"))
    }

    async fn update_image_storage_class(
        &self,
        call: &Call,
        input: UpdateImageStorageClassRequest,
    ) -> Result<UpdateImageStorageClassResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr", "UpdateImageStorageClass"))
    }

    async fn update_pull_through_cache_rule(
        &self,
        call: &Call,
        input: UpdatePullThroughCacheRuleRequest,
    ) -> Result<UpdatePullThroughCacheRuleResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr", "UpdatePullThroughCacheRule"))
    }

    async fn update_repository_creation_template(
        &self,
        call: &Call,
        input: UpdateRepositoryCreationTemplateRequest,
    ) -> Result<UpdateRepositoryCreationTemplateResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "ecr",
            "UpdateRepositoryCreationTemplate",
        ))
    }

    async fn upload_layer_part(
        &self,
        call: &Call,
        input: UploadLayerPartRequest,
    ) -> Result<UploadLayerPartResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr", "UploadLayerPart"))
    }

    async fn validate_pull_through_cache_rule(
        &self,
        call: &Call,
        input: ValidatePullThroughCacheRuleRequest,
    ) -> Result<ValidatePullThroughCacheRuleResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("ecr", "ValidatePullThroughCacheRule"))
    }
}

/// Joins an implementation to the dispatcher.
pub struct Routes(pub Arc<dyn Ecr>);

/// The payload as the type that the operation's number stands for.
fn typed<T: 'static>(input: Box<dyn Payload>) -> T {
    *input
        .into_any()
        .downcast()
        .expect("the input was made for this operation")
}

fn borrowed<T: 'static>(input: &dyn Payload) -> &T {
    input
        .as_any()
        .downcast_ref()
        .expect("the input was made for this operation")
}

#[async_trait]
impl Service for Routes {
    fn schema(&self) -> &'static ServiceSchema {
        &SERVICE
    }

    fn input(&self, operation: usize) -> Box<dyn Payload> {
        match operation {
            0 => Box::new(BatchCheckLayerAvailabilityRequest::default()),
            1 => Box::new(BatchDeleteImageRequest::default()),
            2 => Box::new(BatchGetImageRequest::default()),
            3 => Box::new(BatchGetRepositoryScanningConfigurationRequest::default()),
            4 => Box::new(CompleteLayerUploadRequest::default()),
            5 => Box::new(CreatePullThroughCacheRuleRequest::default()),
            6 => Box::new(CreateRepositoryRequest::default()),
            7 => Box::new(CreateRepositoryCreationTemplateRequest::default()),
            8 => Box::new(DeleteLifecyclePolicyRequest::default()),
            9 => Box::new(DeletePullThroughCacheRuleRequest::default()),
            10 => Box::new(DeleteRegistryPolicyRequest::default()),
            11 => Box::new(DeleteRepositoryRequest::default()),
            12 => Box::new(DeleteRepositoryCreationTemplateRequest::default()),
            13 => Box::new(DeleteRepositoryPolicyRequest::default()),
            14 => Box::new(DeleteSigningConfigurationRequest::default()),
            15 => Box::new(DeregisterPullTimeUpdateExclusionRequest::default()),
            16 => Box::new(DescribeImageReplicationStatusRequest::default()),
            17 => Box::new(DescribeImageScanFindingsRequest::default()),
            18 => Box::new(DescribeImageSigningStatusRequest::default()),
            19 => Box::new(DescribeImagesRequest::default()),
            20 => Box::new(DescribePullThroughCacheRulesRequest::default()),
            21 => Box::new(DescribeRegistryRequest::default()),
            22 => Box::new(DescribeReplicationBackfillResultsRequest::default()),
            23 => Box::new(DescribeRepositoriesRequest::default()),
            24 => Box::new(DescribeRepositoryCreationTemplatesRequest::default()),
            25 => Box::new(GetAccountSettingRequest::default()),
            26 => Box::new(GetAuthorizationTokenRequest::default()),
            27 => Box::new(GetDownloadUrlForLayerRequest::default()),
            28 => Box::new(GetLifecyclePolicyRequest::default()),
            29 => Box::new(GetLifecyclePolicyPreviewRequest::default()),
            30 => Box::new(GetRegistryPolicyRequest::default()),
            31 => Box::new(GetRegistryScanningConfigurationRequest::default()),
            32 => Box::new(GetRepositoryPolicyRequest::default()),
            33 => Box::new(GetSigningConfigurationRequest::default()),
            34 => Box::new(InitiateLayerUploadRequest::default()),
            35 => Box::new(ListImageReferrersRequest::default()),
            36 => Box::new(ListImagesRequest::default()),
            37 => Box::new(ListPullTimeUpdateExclusionsRequest::default()),
            38 => Box::new(ListReplicationBackfillsRequest::default()),
            39 => Box::new(ListTagsForResourceRequest::default()),
            40 => Box::new(PutAccountSettingRequest::default()),
            41 => Box::new(PutImageRequest::default()),
            42 => Box::new(PutImageScanningConfigurationRequest::default()),
            43 => Box::new(PutImageTagMutabilityRequest::default()),
            44 => Box::new(PutLifecyclePolicyRequest::default()),
            45 => Box::new(PutRegistryPolicyRequest::default()),
            46 => Box::new(PutRegistryScanningConfigurationRequest::default()),
            47 => Box::new(PutReplicationConfigurationRequest::default()),
            48 => Box::new(PutSigningConfigurationRequest::default()),
            49 => Box::new(RegisterPullTimeUpdateExclusionRequest::default()),
            50 => Box::new(SetRepositoryPolicyRequest::default()),
            51 => Box::new(StartImageScanRequest::default()),
            52 => Box::new(StartLifecyclePolicyPreviewRequest::default()),
            53 => Box::new(StartReplicationBackfillRequest::default()),
            54 => Box::new(StopReplicationBackfillRequest::default()),
            55 => Box::new(TagResourceRequest::default()),
            56 => Box::new(UntagResourceRequest::default()),
            57 => Box::new(UpdateImageStorageClassRequest::default()),
            58 => Box::new(UpdatePullThroughCacheRuleRequest::default()),
            59 => Box::new(UpdateRepositoryCreationTemplateRequest::default()),
            60 => Box::new(UploadLayerPartRequest::default()),
            61 => Box::new(ValidatePullThroughCacheRuleRequest::default()),
            _ => Box::new(()),
        }
    }

    fn output(&self, operation: usize) -> Box<dyn Payload> {
        match operation {
            0 => Box::new(BatchCheckLayerAvailabilityResponse::default()),
            1 => Box::new(BatchDeleteImageResponse::default()),
            2 => Box::new(BatchGetImageResponse::default()),
            3 => Box::new(BatchGetRepositoryScanningConfigurationResponse::default()),
            4 => Box::new(CompleteLayerUploadResponse::default()),
            5 => Box::new(CreatePullThroughCacheRuleResponse::default()),
            6 => Box::new(CreateRepositoryResponse::default()),
            7 => Box::new(CreateRepositoryCreationTemplateResponse::default()),
            8 => Box::new(DeleteLifecyclePolicyResponse::default()),
            9 => Box::new(DeletePullThroughCacheRuleResponse::default()),
            10 => Box::new(DeleteRegistryPolicyResponse::default()),
            11 => Box::new(DeleteRepositoryResponse::default()),
            12 => Box::new(DeleteRepositoryCreationTemplateResponse::default()),
            13 => Box::new(DeleteRepositoryPolicyResponse::default()),
            14 => Box::new(DeleteSigningConfigurationResponse::default()),
            15 => Box::new(DeregisterPullTimeUpdateExclusionResponse::default()),
            16 => Box::new(DescribeImageReplicationStatusResponse::default()),
            17 => Box::new(DescribeImageScanFindingsResponse::default()),
            18 => Box::new(DescribeImageSigningStatusResponse::default()),
            19 => Box::new(DescribeImagesResponse::default()),
            20 => Box::new(DescribePullThroughCacheRulesResponse::default()),
            21 => Box::new(DescribeRegistryResponse::default()),
            22 => Box::new(DescribeReplicationBackfillResultsResponse::default()),
            23 => Box::new(DescribeRepositoriesResponse::default()),
            24 => Box::new(DescribeRepositoryCreationTemplatesResponse::default()),
            25 => Box::new(GetAccountSettingResponse::default()),
            26 => Box::new(GetAuthorizationTokenResponse::default()),
            27 => Box::new(GetDownloadUrlForLayerResponse::default()),
            28 => Box::new(GetLifecyclePolicyResponse::default()),
            29 => Box::new(GetLifecyclePolicyPreviewResponse::default()),
            30 => Box::new(GetRegistryPolicyResponse::default()),
            31 => Box::new(GetRegistryScanningConfigurationResponse::default()),
            32 => Box::new(GetRepositoryPolicyResponse::default()),
            33 => Box::new(GetSigningConfigurationResponse::default()),
            34 => Box::new(InitiateLayerUploadResponse::default()),
            35 => Box::new(ListImageReferrersResponse::default()),
            36 => Box::new(ListImagesResponse::default()),
            37 => Box::new(ListPullTimeUpdateExclusionsResponse::default()),
            38 => Box::new(ListReplicationBackfillsResponse::default()),
            39 => Box::new(ListTagsForResourceResponse::default()),
            40 => Box::new(PutAccountSettingResponse::default()),
            41 => Box::new(PutImageResponse::default()),
            42 => Box::new(PutImageScanningConfigurationResponse::default()),
            43 => Box::new(PutImageTagMutabilityResponse::default()),
            44 => Box::new(PutLifecyclePolicyResponse::default()),
            45 => Box::new(PutRegistryPolicyResponse::default()),
            46 => Box::new(PutRegistryScanningConfigurationResponse::default()),
            47 => Box::new(PutReplicationConfigurationResponse::default()),
            48 => Box::new(PutSigningConfigurationResponse::default()),
            49 => Box::new(RegisterPullTimeUpdateExclusionResponse::default()),
            50 => Box::new(SetRepositoryPolicyResponse::default()),
            51 => Box::new(StartImageScanResponse::default()),
            52 => Box::new(StartLifecyclePolicyPreviewResponse::default()),
            53 => Box::new(StartReplicationBackfillResponse::default()),
            54 => Box::new(StopReplicationBackfillResponse::default()),
            55 => Box::new(TagResourceResponse::default()),
            56 => Box::new(UntagResourceResponse::default()),
            57 => Box::new(UpdateImageStorageClassResponse::default()),
            58 => Box::new(UpdatePullThroughCacheRuleResponse::default()),
            59 => Box::new(UpdateRepositoryCreationTemplateResponse::default()),
            60 => Box::new(UploadLayerPartResponse::default()),
            61 => Box::new(ValidatePullThroughCacheRuleResponse::default()),
            _ => Box::new(()),
        }
    }

    fn refuse(&self, operation: usize, violations: &[Violation]) -> Option<Fault> {
        self.0
            .refuse(SERVICE.operations[operation].name, violations)
    }

    fn understood(&self) -> Option<&'static Understood> {
        self.0.understood()
    }

    fn written(&self) -> Option<&'static [&'static str]> {
        self.0.written()
    }

    async fn checks(
        &self,
        cx: &Context,
        operation: usize,
        input: &dyn Payload,
    ) -> Result<Vec<Check>, Fault> {
        let input = match operation {
            0 => Input::BatchCheckLayerAvailability(borrowed(input)),
            1 => Input::BatchDeleteImage(borrowed(input)),
            2 => Input::BatchGetImage(borrowed(input)),
            3 => Input::BatchGetRepositoryScanningConfiguration(borrowed(input)),
            4 => Input::CompleteLayerUpload(borrowed(input)),
            5 => Input::CreatePullThroughCacheRule(borrowed(input)),
            6 => Input::CreateRepository(borrowed(input)),
            7 => Input::CreateRepositoryCreationTemplate(borrowed(input)),
            8 => Input::DeleteLifecyclePolicy(borrowed(input)),
            9 => Input::DeletePullThroughCacheRule(borrowed(input)),
            10 => Input::DeleteRegistryPolicy(borrowed(input)),
            11 => Input::DeleteRepository(borrowed(input)),
            12 => Input::DeleteRepositoryCreationTemplate(borrowed(input)),
            13 => Input::DeleteRepositoryPolicy(borrowed(input)),
            14 => Input::DeleteSigningConfiguration(borrowed(input)),
            15 => Input::DeregisterPullTimeUpdateExclusion(borrowed(input)),
            16 => Input::DescribeImageReplicationStatus(borrowed(input)),
            17 => Input::DescribeImageScanFindings(borrowed(input)),
            18 => Input::DescribeImageSigningStatus(borrowed(input)),
            19 => Input::DescribeImages(borrowed(input)),
            20 => Input::DescribePullThroughCacheRules(borrowed(input)),
            21 => Input::DescribeRegistry(borrowed(input)),
            22 => Input::DescribeReplicationBackfillResults(borrowed(input)),
            23 => Input::DescribeRepositories(borrowed(input)),
            24 => Input::DescribeRepositoryCreationTemplates(borrowed(input)),
            25 => Input::GetAccountSetting(borrowed(input)),
            26 => Input::GetAuthorizationToken(borrowed(input)),
            27 => Input::GetDownloadUrlForLayer(borrowed(input)),
            28 => Input::GetLifecyclePolicy(borrowed(input)),
            29 => Input::GetLifecyclePolicyPreview(borrowed(input)),
            30 => Input::GetRegistryPolicy(borrowed(input)),
            31 => Input::GetRegistryScanningConfiguration(borrowed(input)),
            32 => Input::GetRepositoryPolicy(borrowed(input)),
            33 => Input::GetSigningConfiguration(borrowed(input)),
            34 => Input::InitiateLayerUpload(borrowed(input)),
            35 => Input::ListImageReferrers(borrowed(input)),
            36 => Input::ListImages(borrowed(input)),
            37 => Input::ListPullTimeUpdateExclusions(borrowed(input)),
            38 => Input::ListReplicationBackfills(borrowed(input)),
            39 => Input::ListTagsForResource(borrowed(input)),
            40 => Input::PutAccountSetting(borrowed(input)),
            41 => Input::PutImage(borrowed(input)),
            42 => Input::PutImageScanningConfiguration(borrowed(input)),
            43 => Input::PutImageTagMutability(borrowed(input)),
            44 => Input::PutLifecyclePolicy(borrowed(input)),
            45 => Input::PutRegistryPolicy(borrowed(input)),
            46 => Input::PutRegistryScanningConfiguration(borrowed(input)),
            47 => Input::PutReplicationConfiguration(borrowed(input)),
            48 => Input::PutSigningConfiguration(borrowed(input)),
            49 => Input::RegisterPullTimeUpdateExclusion(borrowed(input)),
            50 => Input::SetRepositoryPolicy(borrowed(input)),
            51 => Input::StartImageScan(borrowed(input)),
            52 => Input::StartLifecyclePolicyPreview(borrowed(input)),
            53 => Input::StartReplicationBackfill(borrowed(input)),
            54 => Input::StopReplicationBackfill(borrowed(input)),
            55 => Input::TagResource(borrowed(input)),
            56 => Input::UntagResource(borrowed(input)),
            57 => Input::UpdateImageStorageClass(borrowed(input)),
            58 => Input::UpdatePullThroughCacheRule(borrowed(input)),
            59 => Input::UpdateRepositoryCreationTemplate(borrowed(input)),
            60 => Input::UploadLayerPart(borrowed(input)),
            61 => Input::ValidatePullThroughCacheRule(borrowed(input)),
            _ => unreachable!("operations are numbered by the schema"),
        };
        self.0.authorize(cx, input).await
    }

    async fn invoke(
        &self,
        call: &Call,
        operation: usize,
        input: Box<dyn Payload>,
    ) -> Result<wharf_wire::Output, Fault> {
        Ok(wharf_wire::Output::Whole(match operation {
            0 => Box::new(
                self.0
                    .batch_check_layer_availability(call, typed(input))
                    .await?,
            ),
            1 => Box::new(self.0.batch_delete_image(call, typed(input)).await?),
            2 => Box::new(self.0.batch_get_image(call, typed(input)).await?),
            3 => Box::new(
                self.0
                    .batch_get_repository_scanning_configuration(call, typed(input))
                    .await?,
            ),
            4 => Box::new(self.0.complete_layer_upload(call, typed(input)).await?),
            5 => Box::new(
                self.0
                    .create_pull_through_cache_rule(call, typed(input))
                    .await?,
            ),
            6 => Box::new(self.0.create_repository(call, typed(input)).await?),
            7 => Box::new(
                self.0
                    .create_repository_creation_template(call, typed(input))
                    .await?,
            ),
            8 => Box::new(self.0.delete_lifecycle_policy(call, typed(input)).await?),
            9 => Box::new(
                self.0
                    .delete_pull_through_cache_rule(call, typed(input))
                    .await?,
            ),
            10 => Box::new(self.0.delete_registry_policy(call, typed(input)).await?),
            11 => Box::new(self.0.delete_repository(call, typed(input)).await?),
            12 => Box::new(
                self.0
                    .delete_repository_creation_template(call, typed(input))
                    .await?,
            ),
            13 => Box::new(self.0.delete_repository_policy(call, typed(input)).await?),
            14 => Box::new(
                self.0
                    .delete_signing_configuration(call, typed(input))
                    .await?,
            ),
            15 => Box::new(
                self.0
                    .deregister_pull_time_update_exclusion(call, typed(input))
                    .await?,
            ),
            16 => Box::new(
                self.0
                    .describe_image_replication_status(call, typed(input))
                    .await?,
            ),
            17 => Box::new(
                self.0
                    .describe_image_scan_findings(call, typed(input))
                    .await?,
            ),
            18 => Box::new(
                self.0
                    .describe_image_signing_status(call, typed(input))
                    .await?,
            ),
            19 => Box::new(self.0.describe_images(call, typed(input)).await?),
            20 => Box::new(
                self.0
                    .describe_pull_through_cache_rules(call, typed(input))
                    .await?,
            ),
            21 => Box::new(self.0.describe_registry(call, typed(input)).await?),
            22 => Box::new(
                self.0
                    .describe_replication_backfill_results(call, typed(input))
                    .await?,
            ),
            23 => Box::new(self.0.describe_repositories(call, typed(input)).await?),
            24 => Box::new(
                self.0
                    .describe_repository_creation_templates(call, typed(input))
                    .await?,
            ),
            25 => Box::new(self.0.get_account_setting(call, typed(input)).await?),
            26 => Box::new(self.0.get_authorization_token(call, typed(input)).await?),
            27 => Box::new(
                self.0
                    .get_download_url_for_layer(call, typed(input))
                    .await?,
            ),
            28 => Box::new(self.0.get_lifecycle_policy(call, typed(input)).await?),
            29 => Box::new(
                self.0
                    .get_lifecycle_policy_preview(call, typed(input))
                    .await?,
            ),
            30 => Box::new(self.0.get_registry_policy(call, typed(input)).await?),
            31 => Box::new(
                self.0
                    .get_registry_scanning_configuration(call, typed(input))
                    .await?,
            ),
            32 => Box::new(self.0.get_repository_policy(call, typed(input)).await?),
            33 => Box::new(self.0.get_signing_configuration(call, typed(input)).await?),
            34 => Box::new(self.0.initiate_layer_upload(call, typed(input)).await?),
            35 => Box::new(self.0.list_image_referrers(call, typed(input)).await?),
            36 => Box::new(self.0.list_images(call, typed(input)).await?),
            37 => Box::new(
                self.0
                    .list_pull_time_update_exclusions(call, typed(input))
                    .await?,
            ),
            38 => Box::new(
                self.0
                    .list_replication_backfills(call, typed(input))
                    .await?,
            ),
            39 => Box::new(self.0.list_tags_for_resource(call, typed(input)).await?),
            40 => Box::new(self.0.put_account_setting(call, typed(input)).await?),
            41 => Box::new(self.0.put_image(call, typed(input)).await?),
            42 => Box::new(
                self.0
                    .put_image_scanning_configuration(call, typed(input))
                    .await?,
            ),
            43 => Box::new(self.0.put_image_tag_mutability(call, typed(input)).await?),
            44 => Box::new(self.0.put_lifecycle_policy(call, typed(input)).await?),
            45 => Box::new(self.0.put_registry_policy(call, typed(input)).await?),
            46 => Box::new(
                self.0
                    .put_registry_scanning_configuration(call, typed(input))
                    .await?,
            ),
            47 => Box::new(
                self.0
                    .put_replication_configuration(call, typed(input))
                    .await?,
            ),
            48 => Box::new(self.0.put_signing_configuration(call, typed(input)).await?),
            49 => Box::new(
                self.0
                    .register_pull_time_update_exclusion(call, typed(input))
                    .await?,
            ),
            50 => Box::new(self.0.set_repository_policy(call, typed(input)).await?),
            51 => Box::new(self.0.start_image_scan(call, typed(input)).await?),
            52 => Box::new(
                self.0
                    .start_lifecycle_policy_preview(call, typed(input))
                    .await?,
            ),
            53 => Box::new(
                self.0
                    .start_replication_backfill(call, typed(input))
                    .await?,
            ),
            54 => Box::new(self.0.stop_replication_backfill(call, typed(input)).await?),
            55 => Box::new(self.0.tag_resource(call, typed(input)).await?),
            56 => Box::new(self.0.untag_resource(call, typed(input)).await?),
            57 => Box::new(
                self.0
                    .update_image_storage_class(call, typed(input))
                    .await?,
            ),
            58 => Box::new(
                self.0
                    .update_pull_through_cache_rule(call, typed(input))
                    .await?,
            ),
            59 => Box::new(
                self.0
                    .update_repository_creation_template(call, typed(input))
                    .await?,
            ),
            60 => Box::new(self.0.upload_layer_part(call, typed(input)).await?),
            61 => Box::new(
                self.0
                    .validate_pull_through_cache_rule(call, typed(input))
                    .await?,
            ),
            _ => unreachable!("operations are numbered by the schema"),
        }))
    }
}

/// Calls the service in process, past the same gate as calls from outside.
#[derive(Clone)]
pub struct Client {
    inner: Arc<dyn Ecr>,
    dispatcher: Dispatcher,
}

impl Client {
    pub fn new(inner: Arc<dyn Ecr>, dispatcher: Dispatcher) -> Self {
        Self { inner, dispatcher }
    }

    async fn admit(
        &self,
        call: &Call,
        input: Input<'_>,
        operation: usize,
        given: &dyn Struct,
    ) -> Result<Call, Fault> {
        let checks = self.inner.authorize(call.context(), input).await?;
        let call = self.dispatcher.admit(&SERVICE, call, &checks).await?;
        understood::check(self.inner.understood(), &SERVICE, operation, given)?;
        Ok(call)
    }
}

#[async_trait]
impl Ecr for Client {
    async fn authorize(&self, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
        self.inner.authorize(cx, input).await
    }

    async fn batch_check_layer_availability(
        &self,
        call: &Call,
        input: BatchCheckLayerAvailabilityRequest,
    ) -> Result<BatchCheckLayerAvailabilityResponse, Fault> {
        let call = self
            .admit(call, Input::BatchCheckLayerAvailability(&input), 0, &input)
            .await?;
        self.inner
            .batch_check_layer_availability(&call, input)
            .await
    }

    async fn batch_delete_image(
        &self,
        call: &Call,
        input: BatchDeleteImageRequest,
    ) -> Result<BatchDeleteImageResponse, Fault> {
        let call = self
            .admit(call, Input::BatchDeleteImage(&input), 1, &input)
            .await?;
        self.inner.batch_delete_image(&call, input).await
    }

    async fn batch_get_image(
        &self,
        call: &Call,
        input: BatchGetImageRequest,
    ) -> Result<BatchGetImageResponse, Fault> {
        let call = self
            .admit(call, Input::BatchGetImage(&input), 2, &input)
            .await?;
        self.inner.batch_get_image(&call, input).await
    }

    async fn batch_get_repository_scanning_configuration(
        &self,
        call: &Call,
        input: BatchGetRepositoryScanningConfigurationRequest,
    ) -> Result<BatchGetRepositoryScanningConfigurationResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::BatchGetRepositoryScanningConfiguration(&input),
                3,
                &input,
            )
            .await?;
        self.inner
            .batch_get_repository_scanning_configuration(&call, input)
            .await
    }

    async fn complete_layer_upload(
        &self,
        call: &Call,
        input: CompleteLayerUploadRequest,
    ) -> Result<CompleteLayerUploadResponse, Fault> {
        let call = self
            .admit(call, Input::CompleteLayerUpload(&input), 4, &input)
            .await?;
        self.inner.complete_layer_upload(&call, input).await
    }

    async fn create_pull_through_cache_rule(
        &self,
        call: &Call,
        input: CreatePullThroughCacheRuleRequest,
    ) -> Result<CreatePullThroughCacheRuleResponse, Fault> {
        let call = self
            .admit(call, Input::CreatePullThroughCacheRule(&input), 5, &input)
            .await?;
        self.inner
            .create_pull_through_cache_rule(&call, input)
            .await
    }

    async fn create_repository(
        &self,
        call: &Call,
        input: CreateRepositoryRequest,
    ) -> Result<CreateRepositoryResponse, Fault> {
        let call = self
            .admit(call, Input::CreateRepository(&input), 6, &input)
            .await?;
        self.inner.create_repository(&call, input).await
    }

    async fn create_repository_creation_template(
        &self,
        call: &Call,
        input: CreateRepositoryCreationTemplateRequest,
    ) -> Result<CreateRepositoryCreationTemplateResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::CreateRepositoryCreationTemplate(&input),
                7,
                &input,
            )
            .await?;
        self.inner
            .create_repository_creation_template(&call, input)
            .await
    }

    async fn delete_lifecycle_policy(
        &self,
        call: &Call,
        input: DeleteLifecyclePolicyRequest,
    ) -> Result<DeleteLifecyclePolicyResponse, Fault> {
        let call = self
            .admit(call, Input::DeleteLifecyclePolicy(&input), 8, &input)
            .await?;
        self.inner.delete_lifecycle_policy(&call, input).await
    }

    async fn delete_pull_through_cache_rule(
        &self,
        call: &Call,
        input: DeletePullThroughCacheRuleRequest,
    ) -> Result<DeletePullThroughCacheRuleResponse, Fault> {
        let call = self
            .admit(call, Input::DeletePullThroughCacheRule(&input), 9, &input)
            .await?;
        self.inner
            .delete_pull_through_cache_rule(&call, input)
            .await
    }

    async fn delete_registry_policy(
        &self,
        call: &Call,
        input: DeleteRegistryPolicyRequest,
    ) -> Result<DeleteRegistryPolicyResponse, Fault> {
        let call = self
            .admit(call, Input::DeleteRegistryPolicy(&input), 10, &input)
            .await?;
        self.inner.delete_registry_policy(&call, input).await
    }

    async fn delete_repository(
        &self,
        call: &Call,
        input: DeleteRepositoryRequest,
    ) -> Result<DeleteRepositoryResponse, Fault> {
        let call = self
            .admit(call, Input::DeleteRepository(&input), 11, &input)
            .await?;
        self.inner.delete_repository(&call, input).await
    }

    async fn delete_repository_creation_template(
        &self,
        call: &Call,
        input: DeleteRepositoryCreationTemplateRequest,
    ) -> Result<DeleteRepositoryCreationTemplateResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::DeleteRepositoryCreationTemplate(&input),
                12,
                &input,
            )
            .await?;
        self.inner
            .delete_repository_creation_template(&call, input)
            .await
    }

    async fn delete_repository_policy(
        &self,
        call: &Call,
        input: DeleteRepositoryPolicyRequest,
    ) -> Result<DeleteRepositoryPolicyResponse, Fault> {
        let call = self
            .admit(call, Input::DeleteRepositoryPolicy(&input), 13, &input)
            .await?;
        self.inner.delete_repository_policy(&call, input).await
    }

    async fn delete_signing_configuration(
        &self,
        call: &Call,
        input: DeleteSigningConfigurationRequest,
    ) -> Result<DeleteSigningConfigurationResponse, Fault> {
        let call = self
            .admit(call, Input::DeleteSigningConfiguration(&input), 14, &input)
            .await?;
        self.inner.delete_signing_configuration(&call, input).await
    }

    async fn deregister_pull_time_update_exclusion(
        &self,
        call: &Call,
        input: DeregisterPullTimeUpdateExclusionRequest,
    ) -> Result<DeregisterPullTimeUpdateExclusionResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::DeregisterPullTimeUpdateExclusion(&input),
                15,
                &input,
            )
            .await?;
        self.inner
            .deregister_pull_time_update_exclusion(&call, input)
            .await
    }

    async fn describe_image_replication_status(
        &self,
        call: &Call,
        input: DescribeImageReplicationStatusRequest,
    ) -> Result<DescribeImageReplicationStatusResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::DescribeImageReplicationStatus(&input),
                16,
                &input,
            )
            .await?;
        self.inner
            .describe_image_replication_status(&call, input)
            .await
    }

    async fn describe_image_scan_findings(
        &self,
        call: &Call,
        input: DescribeImageScanFindingsRequest,
    ) -> Result<DescribeImageScanFindingsResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeImageScanFindings(&input), 17, &input)
            .await?;
        self.inner.describe_image_scan_findings(&call, input).await
    }

    async fn describe_image_signing_status(
        &self,
        call: &Call,
        input: DescribeImageSigningStatusRequest,
    ) -> Result<DescribeImageSigningStatusResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeImageSigningStatus(&input), 18, &input)
            .await?;
        self.inner.describe_image_signing_status(&call, input).await
    }

    async fn describe_images(
        &self,
        call: &Call,
        input: DescribeImagesRequest,
    ) -> Result<DescribeImagesResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeImages(&input), 19, &input)
            .await?;
        self.inner.describe_images(&call, input).await
    }

    async fn describe_pull_through_cache_rules(
        &self,
        call: &Call,
        input: DescribePullThroughCacheRulesRequest,
    ) -> Result<DescribePullThroughCacheRulesResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::DescribePullThroughCacheRules(&input),
                20,
                &input,
            )
            .await?;
        self.inner
            .describe_pull_through_cache_rules(&call, input)
            .await
    }

    async fn describe_registry(
        &self,
        call: &Call,
        input: DescribeRegistryRequest,
    ) -> Result<DescribeRegistryResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeRegistry(&input), 21, &input)
            .await?;
        self.inner.describe_registry(&call, input).await
    }

    async fn describe_replication_backfill_results(
        &self,
        call: &Call,
        input: DescribeReplicationBackfillResultsRequest,
    ) -> Result<DescribeReplicationBackfillResultsResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::DescribeReplicationBackfillResults(&input),
                22,
                &input,
            )
            .await?;
        self.inner
            .describe_replication_backfill_results(&call, input)
            .await
    }

    async fn describe_repositories(
        &self,
        call: &Call,
        input: DescribeRepositoriesRequest,
    ) -> Result<DescribeRepositoriesResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeRepositories(&input), 23, &input)
            .await?;
        self.inner.describe_repositories(&call, input).await
    }

    async fn describe_repository_creation_templates(
        &self,
        call: &Call,
        input: DescribeRepositoryCreationTemplatesRequest,
    ) -> Result<DescribeRepositoryCreationTemplatesResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::DescribeRepositoryCreationTemplates(&input),
                24,
                &input,
            )
            .await?;
        self.inner
            .describe_repository_creation_templates(&call, input)
            .await
    }

    async fn get_account_setting(
        &self,
        call: &Call,
        input: GetAccountSettingRequest,
    ) -> Result<GetAccountSettingResponse, Fault> {
        let call = self
            .admit(call, Input::GetAccountSetting(&input), 25, &input)
            .await?;
        self.inner.get_account_setting(&call, input).await
    }

    async fn get_authorization_token(
        &self,
        call: &Call,
        input: GetAuthorizationTokenRequest,
    ) -> Result<GetAuthorizationTokenResponse, Fault> {
        let call = self
            .admit(call, Input::GetAuthorizationToken(&input), 26, &input)
            .await?;
        self.inner.get_authorization_token(&call, input).await
    }

    async fn get_download_url_for_layer(
        &self,
        call: &Call,
        input: GetDownloadUrlForLayerRequest,
    ) -> Result<GetDownloadUrlForLayerResponse, Fault> {
        let call = self
            .admit(call, Input::GetDownloadUrlForLayer(&input), 27, &input)
            .await?;
        self.inner.get_download_url_for_layer(&call, input).await
    }

    async fn get_lifecycle_policy(
        &self,
        call: &Call,
        input: GetLifecyclePolicyRequest,
    ) -> Result<GetLifecyclePolicyResponse, Fault> {
        let call = self
            .admit(call, Input::GetLifecyclePolicy(&input), 28, &input)
            .await?;
        self.inner.get_lifecycle_policy(&call, input).await
    }

    async fn get_lifecycle_policy_preview(
        &self,
        call: &Call,
        input: GetLifecyclePolicyPreviewRequest,
    ) -> Result<GetLifecyclePolicyPreviewResponse, Fault> {
        let call = self
            .admit(call, Input::GetLifecyclePolicyPreview(&input), 29, &input)
            .await?;
        self.inner.get_lifecycle_policy_preview(&call, input).await
    }

    async fn get_registry_policy(
        &self,
        call: &Call,
        input: GetRegistryPolicyRequest,
    ) -> Result<GetRegistryPolicyResponse, Fault> {
        let call = self
            .admit(call, Input::GetRegistryPolicy(&input), 30, &input)
            .await?;
        self.inner.get_registry_policy(&call, input).await
    }

    async fn get_registry_scanning_configuration(
        &self,
        call: &Call,
        input: GetRegistryScanningConfigurationRequest,
    ) -> Result<GetRegistryScanningConfigurationResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::GetRegistryScanningConfiguration(&input),
                31,
                &input,
            )
            .await?;
        self.inner
            .get_registry_scanning_configuration(&call, input)
            .await
    }

    async fn get_repository_policy(
        &self,
        call: &Call,
        input: GetRepositoryPolicyRequest,
    ) -> Result<GetRepositoryPolicyResponse, Fault> {
        let call = self
            .admit(call, Input::GetRepositoryPolicy(&input), 32, &input)
            .await?;
        self.inner.get_repository_policy(&call, input).await
    }

    async fn get_signing_configuration(
        &self,
        call: &Call,
        input: GetSigningConfigurationRequest,
    ) -> Result<GetSigningConfigurationResponse, Fault> {
        let call = self
            .admit(call, Input::GetSigningConfiguration(&input), 33, &input)
            .await?;
        self.inner.get_signing_configuration(&call, input).await
    }

    async fn initiate_layer_upload(
        &self,
        call: &Call,
        input: InitiateLayerUploadRequest,
    ) -> Result<InitiateLayerUploadResponse, Fault> {
        let call = self
            .admit(call, Input::InitiateLayerUpload(&input), 34, &input)
            .await?;
        self.inner.initiate_layer_upload(&call, input).await
    }

    async fn list_image_referrers(
        &self,
        call: &Call,
        input: ListImageReferrersRequest,
    ) -> Result<ListImageReferrersResponse, Fault> {
        let call = self
            .admit(call, Input::ListImageReferrers(&input), 35, &input)
            .await?;
        self.inner.list_image_referrers(&call, input).await
    }

    async fn list_images(
        &self,
        call: &Call,
        input: ListImagesRequest,
    ) -> Result<ListImagesResponse, Fault> {
        let call = self
            .admit(call, Input::ListImages(&input), 36, &input)
            .await?;
        self.inner.list_images(&call, input).await
    }

    async fn list_pull_time_update_exclusions(
        &self,
        call: &Call,
        input: ListPullTimeUpdateExclusionsRequest,
    ) -> Result<ListPullTimeUpdateExclusionsResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::ListPullTimeUpdateExclusions(&input),
                37,
                &input,
            )
            .await?;
        self.inner
            .list_pull_time_update_exclusions(&call, input)
            .await
    }

    async fn list_replication_backfills(
        &self,
        call: &Call,
        input: ListReplicationBackfillsRequest,
    ) -> Result<ListReplicationBackfillsResponse, Fault> {
        let call = self
            .admit(call, Input::ListReplicationBackfills(&input), 38, &input)
            .await?;
        self.inner.list_replication_backfills(&call, input).await
    }

    async fn list_tags_for_resource(
        &self,
        call: &Call,
        input: ListTagsForResourceRequest,
    ) -> Result<ListTagsForResourceResponse, Fault> {
        let call = self
            .admit(call, Input::ListTagsForResource(&input), 39, &input)
            .await?;
        self.inner.list_tags_for_resource(&call, input).await
    }

    async fn put_account_setting(
        &self,
        call: &Call,
        input: PutAccountSettingRequest,
    ) -> Result<PutAccountSettingResponse, Fault> {
        let call = self
            .admit(call, Input::PutAccountSetting(&input), 40, &input)
            .await?;
        self.inner.put_account_setting(&call, input).await
    }

    async fn put_image(
        &self,
        call: &Call,
        input: PutImageRequest,
    ) -> Result<PutImageResponse, Fault> {
        let call = self
            .admit(call, Input::PutImage(&input), 41, &input)
            .await?;
        self.inner.put_image(&call, input).await
    }

    async fn put_image_scanning_configuration(
        &self,
        call: &Call,
        input: PutImageScanningConfigurationRequest,
    ) -> Result<PutImageScanningConfigurationResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::PutImageScanningConfiguration(&input),
                42,
                &input,
            )
            .await?;
        self.inner
            .put_image_scanning_configuration(&call, input)
            .await
    }

    async fn put_image_tag_mutability(
        &self,
        call: &Call,
        input: PutImageTagMutabilityRequest,
    ) -> Result<PutImageTagMutabilityResponse, Fault> {
        let call = self
            .admit(call, Input::PutImageTagMutability(&input), 43, &input)
            .await?;
        self.inner.put_image_tag_mutability(&call, input).await
    }

    async fn put_lifecycle_policy(
        &self,
        call: &Call,
        input: PutLifecyclePolicyRequest,
    ) -> Result<PutLifecyclePolicyResponse, Fault> {
        let call = self
            .admit(call, Input::PutLifecyclePolicy(&input), 44, &input)
            .await?;
        self.inner.put_lifecycle_policy(&call, input).await
    }

    async fn put_registry_policy(
        &self,
        call: &Call,
        input: PutRegistryPolicyRequest,
    ) -> Result<PutRegistryPolicyResponse, Fault> {
        let call = self
            .admit(call, Input::PutRegistryPolicy(&input), 45, &input)
            .await?;
        self.inner.put_registry_policy(&call, input).await
    }

    async fn put_registry_scanning_configuration(
        &self,
        call: &Call,
        input: PutRegistryScanningConfigurationRequest,
    ) -> Result<PutRegistryScanningConfigurationResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::PutRegistryScanningConfiguration(&input),
                46,
                &input,
            )
            .await?;
        self.inner
            .put_registry_scanning_configuration(&call, input)
            .await
    }

    async fn put_replication_configuration(
        &self,
        call: &Call,
        input: PutReplicationConfigurationRequest,
    ) -> Result<PutReplicationConfigurationResponse, Fault> {
        let call = self
            .admit(call, Input::PutReplicationConfiguration(&input), 47, &input)
            .await?;
        self.inner.put_replication_configuration(&call, input).await
    }

    async fn put_signing_configuration(
        &self,
        call: &Call,
        input: PutSigningConfigurationRequest,
    ) -> Result<PutSigningConfigurationResponse, Fault> {
        let call = self
            .admit(call, Input::PutSigningConfiguration(&input), 48, &input)
            .await?;
        self.inner.put_signing_configuration(&call, input).await
    }

    async fn register_pull_time_update_exclusion(
        &self,
        call: &Call,
        input: RegisterPullTimeUpdateExclusionRequest,
    ) -> Result<RegisterPullTimeUpdateExclusionResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::RegisterPullTimeUpdateExclusion(&input),
                49,
                &input,
            )
            .await?;
        self.inner
            .register_pull_time_update_exclusion(&call, input)
            .await
    }

    async fn set_repository_policy(
        &self,
        call: &Call,
        input: SetRepositoryPolicyRequest,
    ) -> Result<SetRepositoryPolicyResponse, Fault> {
        let call = self
            .admit(call, Input::SetRepositoryPolicy(&input), 50, &input)
            .await?;
        self.inner.set_repository_policy(&call, input).await
    }

    async fn start_image_scan(
        &self,
        call: &Call,
        input: StartImageScanRequest,
    ) -> Result<StartImageScanResponse, Fault> {
        let call = self
            .admit(call, Input::StartImageScan(&input), 51, &input)
            .await?;
        self.inner.start_image_scan(&call, input).await
    }

    async fn start_lifecycle_policy_preview(
        &self,
        call: &Call,
        input: StartLifecyclePolicyPreviewRequest,
    ) -> Result<StartLifecyclePolicyPreviewResponse, Fault> {
        let call = self
            .admit(call, Input::StartLifecyclePolicyPreview(&input), 52, &input)
            .await?;
        self.inner
            .start_lifecycle_policy_preview(&call, input)
            .await
    }

    async fn start_replication_backfill(
        &self,
        call: &Call,
        input: StartReplicationBackfillRequest,
    ) -> Result<StartReplicationBackfillResponse, Fault> {
        let call = self
            .admit(call, Input::StartReplicationBackfill(&input), 53, &input)
            .await?;
        self.inner.start_replication_backfill(&call, input).await
    }

    async fn stop_replication_backfill(
        &self,
        call: &Call,
        input: StopReplicationBackfillRequest,
    ) -> Result<StopReplicationBackfillResponse, Fault> {
        let call = self
            .admit(call, Input::StopReplicationBackfill(&input), 54, &input)
            .await?;
        self.inner.stop_replication_backfill(&call, input).await
    }

    async fn tag_resource(
        &self,
        call: &Call,
        input: TagResourceRequest,
    ) -> Result<TagResourceResponse, Fault> {
        let call = self
            .admit(call, Input::TagResource(&input), 55, &input)
            .await?;
        self.inner.tag_resource(&call, input).await
    }

    async fn untag_resource(
        &self,
        call: &Call,
        input: UntagResourceRequest,
    ) -> Result<UntagResourceResponse, Fault> {
        let call = self
            .admit(call, Input::UntagResource(&input), 56, &input)
            .await?;
        self.inner.untag_resource(&call, input).await
    }

    async fn update_image_storage_class(
        &self,
        call: &Call,
        input: UpdateImageStorageClassRequest,
    ) -> Result<UpdateImageStorageClassResponse, Fault> {
        let call = self
            .admit(call, Input::UpdateImageStorageClass(&input), 57, &input)
            .await?;
        self.inner.update_image_storage_class(&call, input).await
    }

    async fn update_pull_through_cache_rule(
        &self,
        call: &Call,
        input: UpdatePullThroughCacheRuleRequest,
    ) -> Result<UpdatePullThroughCacheRuleResponse, Fault> {
        let call = self
            .admit(call, Input::UpdatePullThroughCacheRule(&input), 58, &input)
            .await?;
        self.inner
            .update_pull_through_cache_rule(&call, input)
            .await
    }

    async fn update_repository_creation_template(
        &self,
        call: &Call,
        input: UpdateRepositoryCreationTemplateRequest,
    ) -> Result<UpdateRepositoryCreationTemplateResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::UpdateRepositoryCreationTemplate(&input),
                59,
                &input,
            )
            .await?;
        self.inner
            .update_repository_creation_template(&call, input)
            .await
    }

    async fn upload_layer_part(
        &self,
        call: &Call,
        input: UploadLayerPartRequest,
    ) -> Result<UploadLayerPartResponse, Fault> {
        let call = self
            .admit(call, Input::UploadLayerPart(&input), 60, &input)
            .await?;
        self.inner.upload_layer_part(&call, input).await
    }

    async fn validate_pull_through_cache_rule(
        &self,
        call: &Call,
        input: ValidatePullThroughCacheRuleRequest,
    ) -> Result<ValidatePullThroughCacheRuleResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::ValidatePullThroughCacheRule(&input),
                61,
                &input,
            )
            .await?;
        self.inner
            .validate_pull_through_cache_rule(&call, input)
            .await
    }
}
