// Written by `cargo xtask generate` from models/. Do not edit.
//! Inputs, outputs and their parts. Every member is optional: what must be there is checked by
//! the schema before an operation sees its input.
#[allow(unused_imports)]
use std::collections::BTreeMap;
#[allow(unused_imports)]
use wharf_wire::{Timestamp, structure};

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Attribute {
    pub key: Option<String>,
    pub value: Option<String>,
}
structure!(Attribute {
0 key,
1 value,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AuthorizationData {
    pub authorization_token: Option<String>,
    pub expires_at: Option<Timestamp>,
    pub proxy_endpoint: Option<String>,
}
structure!(AuthorizationData {
0 authorization_token,
1 expires_at,
2 proxy_endpoint,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AwsEcrContainerImageDetails {
    pub architecture: Option<String>,
    pub author: Option<String>,
    pub image_hash: Option<String>,
    pub image_tags: Option<Vec<String>>,
    pub platform: Option<String>,
    pub pushed_at: Option<Timestamp>,
    pub last_in_use_at: Option<Timestamp>,
    pub in_use_count: Option<i64>,
    pub registry: Option<String>,
    pub repository_name: Option<String>,
}
structure!(AwsEcrContainerImageDetails {
0 architecture,
1 author,
2 image_hash,
3 image_tags,
4 platform,
5 pushed_at,
6 last_in_use_at,
7 in_use_count,
8 registry,
9 repository_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct BatchCheckLayerAvailabilityRequest {
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
    pub layer_digests: Option<Vec<String>>,
}
structure!(BatchCheckLayerAvailabilityRequest {
0 registry_id,
1 repository_name,
2 layer_digests,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct BatchCheckLayerAvailabilityResponse {
    pub layers: Option<Vec<Layer>>,
    pub failures: Option<Vec<LayerFailure>>,
}
structure!(BatchCheckLayerAvailabilityResponse {
0 layers,
1 failures,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct BatchDeleteImageRequest {
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
    pub image_ids: Option<Vec<ImageIdentifier>>,
}
structure!(BatchDeleteImageRequest {
0 registry_id,
1 repository_name,
2 image_ids,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct BatchDeleteImageResponse {
    pub image_ids: Option<Vec<ImageIdentifier>>,
    pub failures: Option<Vec<ImageFailure>>,
}
structure!(BatchDeleteImageResponse {
0 image_ids,
1 failures,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct BatchGetImageRequest {
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
    pub image_ids: Option<Vec<ImageIdentifier>>,
    pub accepted_media_types: Option<Vec<String>>,
}
structure!(BatchGetImageRequest {
0 registry_id,
1 repository_name,
2 image_ids,
3 accepted_media_types,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct BatchGetImageResponse {
    pub images: Option<Vec<Image>>,
    pub failures: Option<Vec<ImageFailure>>,
}
structure!(BatchGetImageResponse {
0 images,
1 failures,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct BatchGetRepositoryScanningConfigurationRequest {
    pub repository_names: Option<Vec<String>>,
}
structure!(BatchGetRepositoryScanningConfigurationRequest {
0 repository_names,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct BatchGetRepositoryScanningConfigurationResponse {
    pub scanning_configurations: Option<Vec<RepositoryScanningConfiguration>>,
    pub failures: Option<Vec<RepositoryScanningConfigurationFailure>>,
}
structure!(BatchGetRepositoryScanningConfigurationResponse {
0 scanning_configurations,
1 failures,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CompleteLayerUploadRequest {
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
    pub upload_id: Option<String>,
    pub layer_digests: Option<Vec<String>>,
}
structure!(CompleteLayerUploadRequest {
0 registry_id,
1 repository_name,
2 upload_id,
3 layer_digests,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CompleteLayerUploadResponse {
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
    pub upload_id: Option<String>,
    pub layer_digest: Option<String>,
}
structure!(CompleteLayerUploadResponse {
0 registry_id,
1 repository_name,
2 upload_id,
3 layer_digest,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreatePullThroughCacheRuleRequest {
    pub ecr_repository_prefix: Option<String>,
    pub upstream_registry_url: Option<String>,
    pub registry_id: Option<String>,
    pub upstream_registry: Option<String>,
    pub credential_arn: Option<String>,
    pub custom_role_arn: Option<String>,
    pub upstream_repository_prefix: Option<String>,
}
structure!(CreatePullThroughCacheRuleRequest {
0 ecr_repository_prefix,
1 upstream_registry_url,
2 registry_id,
3 upstream_registry,
4 credential_arn,
5 custom_role_arn,
6 upstream_repository_prefix,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreatePullThroughCacheRuleResponse {
    pub ecr_repository_prefix: Option<String>,
    pub upstream_registry_url: Option<String>,
    pub created_at: Option<Timestamp>,
    pub registry_id: Option<String>,
    pub upstream_registry: Option<String>,
    pub credential_arn: Option<String>,
    pub custom_role_arn: Option<String>,
    pub upstream_repository_prefix: Option<String>,
}
structure!(CreatePullThroughCacheRuleResponse {
0 ecr_repository_prefix,
1 upstream_registry_url,
2 created_at,
3 registry_id,
4 upstream_registry,
5 credential_arn,
6 custom_role_arn,
7 upstream_repository_prefix,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateRepositoryCreationTemplateRequest {
    pub prefix: Option<String>,
    pub description: Option<String>,
    pub encryption_configuration: Option<EncryptionConfigurationForRepositoryCreationTemplate>,
    pub resource_tags: Option<Vec<Tag>>,
    pub image_tag_mutability: Option<String>,
    pub image_tag_mutability_exclusion_filters: Option<Vec<ImageTagMutabilityExclusionFilter>>,
    pub repository_policy: Option<String>,
    pub lifecycle_policy: Option<String>,
    pub applied_for: Option<Vec<String>>,
    pub custom_role_arn: Option<String>,
}
structure!(CreateRepositoryCreationTemplateRequest {
0 prefix,
1 description,
2 encryption_configuration,
3 resource_tags,
4 image_tag_mutability,
5 image_tag_mutability_exclusion_filters,
6 repository_policy,
7 lifecycle_policy,
8 applied_for,
9 custom_role_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateRepositoryCreationTemplateResponse {
    pub registry_id: Option<String>,
    pub repository_creation_template: Option<RepositoryCreationTemplate>,
}
structure!(CreateRepositoryCreationTemplateResponse {
0 registry_id,
1 repository_creation_template,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateRepositoryRequest {
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
    pub tags: Option<Vec<Tag>>,
    pub image_tag_mutability: Option<String>,
    pub image_tag_mutability_exclusion_filters: Option<Vec<ImageTagMutabilityExclusionFilter>>,
    pub image_scanning_configuration: Option<ImageScanningConfiguration>,
    pub encryption_configuration: Option<EncryptionConfiguration>,
}
structure!(CreateRepositoryRequest {
0 registry_id,
1 repository_name,
2 tags,
3 image_tag_mutability,
4 image_tag_mutability_exclusion_filters,
5 image_scanning_configuration,
6 encryption_configuration,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateRepositoryResponse {
    pub repository: Option<Repository>,
}
structure!(CreateRepositoryResponse {
0 repository,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CvssScore {
    pub base_score: Option<f64>,
    pub scoring_vector: Option<String>,
    pub source: Option<String>,
    pub version: Option<String>,
}
structure!(CvssScore {
0 base_score,
1 scoring_vector,
2 source,
3 version,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CvssScoreAdjustment {
    pub metric: Option<String>,
    pub reason: Option<String>,
}
structure!(CvssScoreAdjustment {
0 metric,
1 reason,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CvssScoreDetails {
    pub adjustments: Option<Vec<CvssScoreAdjustment>>,
    pub score: Option<f64>,
    pub score_source: Option<String>,
    pub scoring_vector: Option<String>,
    pub version: Option<String>,
}
structure!(CvssScoreDetails {
0 adjustments,
1 score,
2 score_source,
3 scoring_vector,
4 version,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteLifecyclePolicyRequest {
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
}
structure!(DeleteLifecyclePolicyRequest {
0 registry_id,
1 repository_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteLifecyclePolicyResponse {
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
    pub lifecycle_policy_text: Option<String>,
    pub last_evaluated_at: Option<Timestamp>,
}
structure!(DeleteLifecyclePolicyResponse {
0 registry_id,
1 repository_name,
2 lifecycle_policy_text,
3 last_evaluated_at,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeletePullThroughCacheRuleRequest {
    pub ecr_repository_prefix: Option<String>,
    pub registry_id: Option<String>,
}
structure!(DeletePullThroughCacheRuleRequest {
0 ecr_repository_prefix,
1 registry_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeletePullThroughCacheRuleResponse {
    pub ecr_repository_prefix: Option<String>,
    pub upstream_registry_url: Option<String>,
    pub created_at: Option<Timestamp>,
    pub registry_id: Option<String>,
    pub credential_arn: Option<String>,
    pub custom_role_arn: Option<String>,
    pub upstream_repository_prefix: Option<String>,
}
structure!(DeletePullThroughCacheRuleResponse {
0 ecr_repository_prefix,
1 upstream_registry_url,
2 created_at,
3 registry_id,
4 credential_arn,
5 custom_role_arn,
6 upstream_repository_prefix,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteRegistryPolicyRequest {}
structure!(DeleteRegistryPolicyRequest {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteRegistryPolicyResponse {
    pub registry_id: Option<String>,
    pub policy_text: Option<String>,
}
structure!(DeleteRegistryPolicyResponse {
0 registry_id,
1 policy_text,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteReplication {
    pub enabled: Option<bool>,
}
structure!(DeleteReplication {
0 enabled,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteRepositoryCreationTemplateRequest {
    pub prefix: Option<String>,
}
structure!(DeleteRepositoryCreationTemplateRequest {
0 prefix,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteRepositoryCreationTemplateResponse {
    pub registry_id: Option<String>,
    pub repository_creation_template: Option<RepositoryCreationTemplate>,
}
structure!(DeleteRepositoryCreationTemplateResponse {
0 registry_id,
1 repository_creation_template,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteRepositoryPolicyRequest {
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
}
structure!(DeleteRepositoryPolicyRequest {
0 registry_id,
1 repository_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteRepositoryPolicyResponse {
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
    pub policy_text: Option<String>,
}
structure!(DeleteRepositoryPolicyResponse {
0 registry_id,
1 repository_name,
2 policy_text,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteRepositoryRequest {
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
    pub force: Option<bool>,
}
structure!(DeleteRepositoryRequest {
0 registry_id,
1 repository_name,
2 force,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteRepositoryResponse {
    pub repository: Option<Repository>,
}
structure!(DeleteRepositoryResponse {
0 repository,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteSigningConfigurationRequest {}
structure!(DeleteSigningConfigurationRequest {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteSigningConfigurationResponse {
    pub registry_id: Option<String>,
    pub signing_configuration: Option<SigningConfiguration>,
}
structure!(DeleteSigningConfigurationResponse {
0 registry_id,
1 signing_configuration,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeregisterPullTimeUpdateExclusionRequest {
    pub principal_arn: Option<String>,
}
structure!(DeregisterPullTimeUpdateExclusionRequest {
0 principal_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeregisterPullTimeUpdateExclusionResponse {
    pub principal_arn: Option<String>,
}
structure!(DeregisterPullTimeUpdateExclusionResponse {
0 principal_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeImageReplicationStatusRequest {
    pub repository_name: Option<String>,
    pub image_id: Option<ImageIdentifier>,
    pub registry_id: Option<String>,
}
structure!(DescribeImageReplicationStatusRequest {
0 repository_name,
1 image_id,
2 registry_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeImageReplicationStatusResponse {
    pub repository_name: Option<String>,
    pub image_id: Option<ImageIdentifier>,
    pub replication_statuses: Option<Vec<ImageReplicationStatus>>,
}
structure!(DescribeImageReplicationStatusResponse {
0 repository_name,
1 image_id,
2 replication_statuses,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeImageScanFindingsRequest {
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
    pub image_id: Option<ImageIdentifier>,
    pub next_token: Option<String>,
    pub max_results: Option<i32>,
}
structure!(DescribeImageScanFindingsRequest {
0 registry_id,
1 repository_name,
2 image_id,
3 next_token,
4 max_results,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeImageScanFindingsResponse {
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
    pub image_id: Option<ImageIdentifier>,
    pub image_scan_status: Option<ImageScanStatus>,
    pub image_scan_findings: Option<ImageScanFindings>,
    pub next_token: Option<String>,
}
structure!(DescribeImageScanFindingsResponse {
0 registry_id,
1 repository_name,
2 image_id,
3 image_scan_status,
4 image_scan_findings,
5 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeImageSigningStatusRequest {
    pub repository_name: Option<String>,
    pub image_id: Option<ImageIdentifier>,
    pub registry_id: Option<String>,
}
structure!(DescribeImageSigningStatusRequest {
0 repository_name,
1 image_id,
2 registry_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeImageSigningStatusResponse {
    pub repository_name: Option<String>,
    pub image_id: Option<ImageIdentifier>,
    pub registry_id: Option<String>,
    pub signing_statuses: Option<Vec<ImageSigningStatus>>,
}
structure!(DescribeImageSigningStatusResponse {
0 repository_name,
1 image_id,
2 registry_id,
3 signing_statuses,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeImagesFilter {
    pub tag_status: Option<String>,
    pub image_status: Option<String>,
}
structure!(DescribeImagesFilter {
0 tag_status,
1 image_status,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeImagesRequest {
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
    pub image_ids: Option<Vec<ImageIdentifier>>,
    pub next_token: Option<String>,
    pub max_results: Option<i32>,
    pub filter: Option<DescribeImagesFilter>,
}
structure!(DescribeImagesRequest {
0 registry_id,
1 repository_name,
2 image_ids,
3 next_token,
4 max_results,
5 filter,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeImagesResponse {
    pub image_details: Option<Vec<ImageDetail>>,
    pub next_token: Option<String>,
}
structure!(DescribeImagesResponse {
0 image_details,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribePullThroughCacheRulesRequest {
    pub registry_id: Option<String>,
    pub ecr_repository_prefixes: Option<Vec<String>>,
    pub next_token: Option<String>,
    pub max_results: Option<i32>,
}
structure!(DescribePullThroughCacheRulesRequest {
0 registry_id,
1 ecr_repository_prefixes,
2 next_token,
3 max_results,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribePullThroughCacheRulesResponse {
    pub pull_through_cache_rules: Option<Vec<PullThroughCacheRule>>,
    pub next_token: Option<String>,
}
structure!(DescribePullThroughCacheRulesResponse {
0 pull_through_cache_rules,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeRegistryRequest {}
structure!(DescribeRegistryRequest {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeRegistryResponse {
    pub registry_id: Option<String>,
    pub replication_configuration: Option<ReplicationConfiguration>,
}
structure!(DescribeRegistryResponse {
0 registry_id,
1 replication_configuration,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeReplicationBackfillResultsRequest {
    pub registry_id: Option<String>,
    pub replication_backfill_id: Option<String>,
    pub result_status_filter: Option<String>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
}
structure!(DescribeReplicationBackfillResultsRequest {
0 registry_id,
1 replication_backfill_id,
2 result_status_filter,
3 max_results,
4 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeReplicationBackfillResultsResponse {
    pub registry_id: Option<String>,
    pub replication_backfill_id: Option<String>,
    pub destination: Option<ReplicationDestination>,
    pub status: Option<String>,
    pub failure_code: Option<String>,
    pub progress: Option<ReplicationBackfillProgress>,
    pub results: Option<Vec<ReplicationBackfillResult>>,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub next_token: Option<String>,
}
structure!(DescribeReplicationBackfillResultsResponse {
0 registry_id,
1 replication_backfill_id,
2 destination,
3 status,
4 failure_code,
5 progress,
6 results,
7 started_at,
8 ended_at,
9 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeRepositoriesRequest {
    pub registry_id: Option<String>,
    pub repository_names: Option<Vec<String>>,
    pub next_token: Option<String>,
    pub max_results: Option<i32>,
}
structure!(DescribeRepositoriesRequest {
0 registry_id,
1 repository_names,
2 next_token,
3 max_results,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeRepositoriesResponse {
    pub repositories: Option<Vec<Repository>>,
    pub next_token: Option<String>,
}
structure!(DescribeRepositoriesResponse {
0 repositories,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeRepositoryCreationTemplatesRequest {
    pub prefixes: Option<Vec<String>>,
    pub next_token: Option<String>,
    pub max_results: Option<i32>,
}
structure!(DescribeRepositoryCreationTemplatesRequest {
0 prefixes,
1 next_token,
2 max_results,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeRepositoryCreationTemplatesResponse {
    pub registry_id: Option<String>,
    pub repository_creation_templates: Option<Vec<RepositoryCreationTemplate>>,
    pub next_token: Option<String>,
}
structure!(DescribeRepositoryCreationTemplatesResponse {
0 registry_id,
1 repository_creation_templates,
2 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EncryptionConfiguration {
    pub encryption_type: Option<String>,
    pub kms_key: Option<String>,
}
structure!(EncryptionConfiguration {
0 encryption_type,
1 kms_key,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EncryptionConfigurationForRepositoryCreationTemplate {
    pub encryption_type: Option<String>,
    pub kms_key: Option<String>,
}
structure!(EncryptionConfigurationForRepositoryCreationTemplate {
0 encryption_type,
1 kms_key,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EnhancedImageScanFinding {
    pub aws_account_id: Option<String>,
    pub description: Option<String>,
    pub finding_arn: Option<String>,
    pub first_observed_at: Option<Timestamp>,
    pub last_observed_at: Option<Timestamp>,
    pub package_vulnerability_details: Option<PackageVulnerabilityDetails>,
    pub remediation: Option<Remediation>,
    pub resources: Option<Vec<Resource>>,
    pub score: Option<f64>,
    pub score_details: Option<ScoreDetails>,
    pub severity: Option<String>,
    pub status: Option<String>,
    pub title: Option<String>,
    pub type_: Option<String>,
    pub updated_at: Option<Timestamp>,
    pub fix_available: Option<String>,
    pub exploit_available: Option<String>,
}
structure!(EnhancedImageScanFinding {
0 aws_account_id,
1 description,
2 finding_arn,
3 first_observed_at,
4 last_observed_at,
5 package_vulnerability_details,
6 remediation,
7 resources,
8 score,
9 score_details,
10 severity,
11 status,
12 title,
13 type_,
14 updated_at,
15 fix_available,
16 exploit_available,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetAccountSettingRequest {
    pub name: Option<String>,
}
structure!(GetAccountSettingRequest {
0 name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetAccountSettingResponse {
    pub name: Option<String>,
    pub value: Option<String>,
}
structure!(GetAccountSettingResponse {
0 name,
1 value,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetAuthorizationTokenRequest {
    pub registry_ids: Option<Vec<String>>,
}
structure!(GetAuthorizationTokenRequest {
0 registry_ids,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetAuthorizationTokenResponse {
    pub authorization_data: Option<Vec<AuthorizationData>>,
}
structure!(GetAuthorizationTokenResponse {
0 authorization_data,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetDownloadUrlForLayerRequest {
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
    pub layer_digest: Option<String>,
}
structure!(GetDownloadUrlForLayerRequest {
0 registry_id,
1 repository_name,
2 layer_digest,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetDownloadUrlForLayerResponse {
    pub download_url: Option<String>,
    pub layer_digest: Option<String>,
}
structure!(GetDownloadUrlForLayerResponse {
0 download_url,
1 layer_digest,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetLifecyclePolicyPreviewRequest {
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
    pub image_ids: Option<Vec<ImageIdentifier>>,
    pub next_token: Option<String>,
    pub max_results: Option<i32>,
    pub filter: Option<LifecyclePolicyPreviewFilter>,
}
structure!(GetLifecyclePolicyPreviewRequest {
0 registry_id,
1 repository_name,
2 image_ids,
3 next_token,
4 max_results,
5 filter,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetLifecyclePolicyPreviewResponse {
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
    pub lifecycle_policy_text: Option<String>,
    pub status: Option<String>,
    pub next_token: Option<String>,
    pub preview_results: Option<Vec<LifecyclePolicyPreviewResult>>,
    pub summary: Option<LifecyclePolicyPreviewSummary>,
}
structure!(GetLifecyclePolicyPreviewResponse {
0 registry_id,
1 repository_name,
2 lifecycle_policy_text,
3 status,
4 next_token,
5 preview_results,
6 summary,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetLifecyclePolicyRequest {
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
}
structure!(GetLifecyclePolicyRequest {
0 registry_id,
1 repository_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetLifecyclePolicyResponse {
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
    pub lifecycle_policy_text: Option<String>,
    pub last_evaluated_at: Option<Timestamp>,
}
structure!(GetLifecyclePolicyResponse {
0 registry_id,
1 repository_name,
2 lifecycle_policy_text,
3 last_evaluated_at,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetRegistryPolicyRequest {}
structure!(GetRegistryPolicyRequest {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetRegistryPolicyResponse {
    pub registry_id: Option<String>,
    pub policy_text: Option<String>,
}
structure!(GetRegistryPolicyResponse {
0 registry_id,
1 policy_text,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetRegistryScanningConfigurationRequest {}
structure!(GetRegistryScanningConfigurationRequest {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetRegistryScanningConfigurationResponse {
    pub registry_id: Option<String>,
    pub scanning_configuration: Option<RegistryScanningConfiguration>,
}
structure!(GetRegistryScanningConfigurationResponse {
0 registry_id,
1 scanning_configuration,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetRepositoryPolicyRequest {
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
}
structure!(GetRepositoryPolicyRequest {
0 registry_id,
1 repository_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetRepositoryPolicyResponse {
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
    pub policy_text: Option<String>,
}
structure!(GetRepositoryPolicyResponse {
0 registry_id,
1 repository_name,
2 policy_text,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetSigningConfigurationRequest {}
structure!(GetSigningConfigurationRequest {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetSigningConfigurationResponse {
    pub registry_id: Option<String>,
    pub signing_configuration: Option<SigningConfiguration>,
}
structure!(GetSigningConfigurationResponse {
0 registry_id,
1 signing_configuration,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Image {
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
    pub image_id: Option<ImageIdentifier>,
    pub image_manifest: Option<String>,
    pub image_manifest_media_type: Option<String>,
}
structure!(Image {
0 registry_id,
1 repository_name,
2 image_id,
3 image_manifest,
4 image_manifest_media_type,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ImageDetail {
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
    pub image_digest: Option<String>,
    pub image_tags: Option<Vec<String>>,
    pub image_size_in_bytes: Option<i64>,
    pub image_pushed_at: Option<Timestamp>,
    pub image_scan_status: Option<ImageScanStatus>,
    pub image_scan_findings_summary: Option<ImageScanFindingsSummary>,
    pub image_manifest_media_type: Option<String>,
    pub artifact_media_type: Option<String>,
    pub last_recorded_pull_time: Option<Timestamp>,
    pub subject_manifest_digest: Option<String>,
    pub image_status: Option<String>,
    pub last_archived_at: Option<Timestamp>,
    pub last_activated_at: Option<Timestamp>,
}
structure!(ImageDetail {
0 registry_id,
1 repository_name,
2 image_digest,
3 image_tags,
4 image_size_in_bytes,
5 image_pushed_at,
6 image_scan_status,
7 image_scan_findings_summary,
8 image_manifest_media_type,
9 artifact_media_type,
10 last_recorded_pull_time,
11 subject_manifest_digest,
12 image_status,
13 last_archived_at,
14 last_activated_at,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ImageFailure {
    pub image_id: Option<ImageIdentifier>,
    pub failure_code: Option<String>,
    pub failure_reason: Option<String>,
}
structure!(ImageFailure {
0 image_id,
1 failure_code,
2 failure_reason,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ImageIdentifier {
    pub image_digest: Option<String>,
    pub image_tag: Option<String>,
}
structure!(ImageIdentifier {
0 image_digest,
1 image_tag,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ImageReferrer {
    pub digest: Option<String>,
    pub media_type: Option<String>,
    pub artifact_type: Option<String>,
    pub size: Option<i64>,
    pub annotations: Option<BTreeMap<String, String>>,
    pub artifact_status: Option<String>,
}
structure!(ImageReferrer {
0 digest,
1 media_type,
2 artifact_type,
3 size,
4 annotations,
5 artifact_status,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ImageReplicationStatus {
    pub region: Option<String>,
    pub registry_id: Option<String>,
    pub status: Option<String>,
    pub failure_code: Option<String>,
}
structure!(ImageReplicationStatus {
0 region,
1 registry_id,
2 status,
3 failure_code,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ImageScanFinding {
    pub name: Option<String>,
    pub description: Option<String>,
    pub uri: Option<String>,
    pub severity: Option<String>,
    pub attributes: Option<Vec<Attribute>>,
}
structure!(ImageScanFinding {
0 name,
1 description,
2 uri,
3 severity,
4 attributes,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ImageScanFindings {
    pub image_scan_completed_at: Option<Timestamp>,
    pub vulnerability_source_updated_at: Option<Timestamp>,
    pub finding_severity_counts: Option<BTreeMap<String, i32>>,
    pub findings: Option<Vec<ImageScanFinding>>,
    pub enhanced_findings: Option<Vec<EnhancedImageScanFinding>>,
}
structure!(ImageScanFindings {
0 image_scan_completed_at,
1 vulnerability_source_updated_at,
2 finding_severity_counts,
3 findings,
4 enhanced_findings,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ImageScanFindingsSummary {
    pub image_scan_completed_at: Option<Timestamp>,
    pub vulnerability_source_updated_at: Option<Timestamp>,
    pub finding_severity_counts: Option<BTreeMap<String, i32>>,
}
structure!(ImageScanFindingsSummary {
0 image_scan_completed_at,
1 vulnerability_source_updated_at,
2 finding_severity_counts,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ImageScanStatus {
    pub status: Option<String>,
    pub description: Option<String>,
}
structure!(ImageScanStatus {
0 status,
1 description,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ImageScanningConfiguration {
    pub scan_on_push: Option<bool>,
}
structure!(ImageScanningConfiguration {
0 scan_on_push,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ImageSigningStatus {
    pub signing_profile_arn: Option<String>,
    pub failure_code: Option<String>,
    pub failure_reason: Option<String>,
    pub status: Option<String>,
}
structure!(ImageSigningStatus {
0 signing_profile_arn,
1 failure_code,
2 failure_reason,
3 status,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ImageTagMutabilityExclusionFilter {
    pub filter_type: Option<String>,
    pub filter: Option<String>,
}
structure!(ImageTagMutabilityExclusionFilter {
0 filter_type,
1 filter,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InitiateLayerUploadRequest {
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
}
structure!(InitiateLayerUploadRequest {
0 registry_id,
1 repository_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InitiateLayerUploadResponse {
    pub upload_id: Option<String>,
    pub part_size: Option<i64>,
}
structure!(InitiateLayerUploadResponse {
0 upload_id,
1 part_size,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Layer {
    pub layer_digest: Option<String>,
    pub layer_availability: Option<String>,
    pub layer_size: Option<i64>,
    pub media_type: Option<String>,
}
structure!(Layer {
0 layer_digest,
1 layer_availability,
2 layer_size,
3 media_type,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LayerFailure {
    pub layer_digest: Option<String>,
    pub failure_code: Option<String>,
    pub failure_reason: Option<String>,
}
structure!(LayerFailure {
0 layer_digest,
1 failure_code,
2 failure_reason,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LifecyclePolicyPreviewFilter {
    pub tag_status: Option<String>,
}
structure!(LifecyclePolicyPreviewFilter {
0 tag_status,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LifecyclePolicyPreviewResult {
    pub image_tags: Option<Vec<String>>,
    pub image_digest: Option<String>,
    pub image_pushed_at: Option<Timestamp>,
    pub action: Option<LifecyclePolicyRuleAction>,
    pub applied_rule_priority: Option<i32>,
    pub storage_class: Option<String>,
}
structure!(LifecyclePolicyPreviewResult {
0 image_tags,
1 image_digest,
2 image_pushed_at,
3 action,
4 applied_rule_priority,
5 storage_class,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LifecyclePolicyPreviewSummary {
    pub expiring_image_total_count: Option<i32>,
    pub transitioning_image_total_counts: Option<Vec<TransitioningImageTotalCount>>,
}
structure!(LifecyclePolicyPreviewSummary {
0 expiring_image_total_count,
1 transitioning_image_total_counts,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LifecyclePolicyRuleAction {
    pub type_: Option<String>,
    pub target_storage_class: Option<String>,
}
structure!(LifecyclePolicyRuleAction {
0 type_,
1 target_storage_class,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListImageReferrersFilter {
    pub artifact_types: Option<Vec<String>>,
    pub artifact_status: Option<String>,
}
structure!(ListImageReferrersFilter {
0 artifact_types,
1 artifact_status,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListImageReferrersRequest {
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
    pub subject_id: Option<SubjectIdentifier>,
    pub filter: Option<ListImageReferrersFilter>,
    pub next_token: Option<String>,
    pub max_results: Option<i32>,
}
structure!(ListImageReferrersRequest {
0 registry_id,
1 repository_name,
2 subject_id,
3 filter,
4 next_token,
5 max_results,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListImageReferrersResponse {
    pub referrers: Option<Vec<ImageReferrer>>,
    pub next_token: Option<String>,
}
structure!(ListImageReferrersResponse {
0 referrers,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListImagesFilter {
    pub tag_status: Option<String>,
    pub image_status: Option<String>,
}
structure!(ListImagesFilter {
0 tag_status,
1 image_status,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListImagesRequest {
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
    pub next_token: Option<String>,
    pub max_results: Option<i32>,
    pub filter: Option<ListImagesFilter>,
}
structure!(ListImagesRequest {
0 registry_id,
1 repository_name,
2 next_token,
3 max_results,
4 filter,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListImagesResponse {
    pub image_ids: Option<Vec<ImageIdentifier>>,
    pub next_token: Option<String>,
}
structure!(ListImagesResponse {
0 image_ids,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListPullTimeUpdateExclusionsRequest {
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
}
structure!(ListPullTimeUpdateExclusionsRequest {
0 max_results,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListPullTimeUpdateExclusionsResponse {
    pub pull_time_update_exclusions: Option<Vec<String>>,
    pub next_token: Option<String>,
}
structure!(ListPullTimeUpdateExclusionsResponse {
0 pull_time_update_exclusions,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListReplicationBackfillsRequest {
    pub registry_id: Option<String>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
}
structure!(ListReplicationBackfillsRequest {
0 registry_id,
1 max_results,
2 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListReplicationBackfillsResponse {
    pub registry_id: Option<String>,
    pub backfills: Option<Vec<ReplicationBackfillSummary>>,
    pub next_token: Option<String>,
}
structure!(ListReplicationBackfillsResponse {
0 registry_id,
1 backfills,
2 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListTagsForResourceRequest {
    pub resource_arn: Option<String>,
}
structure!(ListTagsForResourceRequest {
0 resource_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListTagsForResourceResponse {
    pub tags: Option<Vec<Tag>>,
}
structure!(ListTagsForResourceResponse {
0 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PackageVulnerabilityDetails {
    pub cvss: Option<Vec<CvssScore>>,
    pub reference_urls: Option<Vec<String>>,
    pub related_vulnerabilities: Option<Vec<String>>,
    pub source: Option<String>,
    pub source_url: Option<String>,
    pub vendor_created_at: Option<Timestamp>,
    pub vendor_severity: Option<String>,
    pub vendor_updated_at: Option<Timestamp>,
    pub vulnerability_id: Option<String>,
    pub vulnerable_packages: Option<Vec<VulnerablePackage>>,
}
structure!(PackageVulnerabilityDetails {
0 cvss,
1 reference_urls,
2 related_vulnerabilities,
3 source,
4 source_url,
5 vendor_created_at,
6 vendor_severity,
7 vendor_updated_at,
8 vulnerability_id,
9 vulnerable_packages,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PullThroughCacheRule {
    pub ecr_repository_prefix: Option<String>,
    pub upstream_registry_url: Option<String>,
    pub created_at: Option<Timestamp>,
    pub registry_id: Option<String>,
    pub credential_arn: Option<String>,
    pub custom_role_arn: Option<String>,
    pub upstream_repository_prefix: Option<String>,
    pub upstream_registry: Option<String>,
    pub updated_at: Option<Timestamp>,
}
structure!(PullThroughCacheRule {
0 ecr_repository_prefix,
1 upstream_registry_url,
2 created_at,
3 registry_id,
4 credential_arn,
5 custom_role_arn,
6 upstream_repository_prefix,
7 upstream_registry,
8 updated_at,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutAccountSettingRequest {
    pub name: Option<String>,
    pub value: Option<String>,
}
structure!(PutAccountSettingRequest {
0 name,
1 value,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutAccountSettingResponse {
    pub name: Option<String>,
    pub value: Option<String>,
}
structure!(PutAccountSettingResponse {
0 name,
1 value,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutImageRequest {
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
    pub image_manifest: Option<String>,
    pub image_manifest_media_type: Option<String>,
    pub image_tag: Option<String>,
    pub image_digest: Option<String>,
}
structure!(PutImageRequest {
0 registry_id,
1 repository_name,
2 image_manifest,
3 image_manifest_media_type,
4 image_tag,
5 image_digest,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutImageResponse {
    pub image: Option<Image>,
}
structure!(PutImageResponse {
0 image,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutImageScanningConfigurationRequest {
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
    pub image_scanning_configuration: Option<ImageScanningConfiguration>,
}
structure!(PutImageScanningConfigurationRequest {
0 registry_id,
1 repository_name,
2 image_scanning_configuration,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutImageScanningConfigurationResponse {
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
    pub image_scanning_configuration: Option<ImageScanningConfiguration>,
}
structure!(PutImageScanningConfigurationResponse {
0 registry_id,
1 repository_name,
2 image_scanning_configuration,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutImageTagMutabilityRequest {
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
    pub image_tag_mutability: Option<String>,
    pub image_tag_mutability_exclusion_filters: Option<Vec<ImageTagMutabilityExclusionFilter>>,
}
structure!(PutImageTagMutabilityRequest {
0 registry_id,
1 repository_name,
2 image_tag_mutability,
3 image_tag_mutability_exclusion_filters,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutImageTagMutabilityResponse {
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
    pub image_tag_mutability: Option<String>,
    pub image_tag_mutability_exclusion_filters: Option<Vec<ImageTagMutabilityExclusionFilter>>,
}
structure!(PutImageTagMutabilityResponse {
0 registry_id,
1 repository_name,
2 image_tag_mutability,
3 image_tag_mutability_exclusion_filters,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutLifecyclePolicyRequest {
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
    pub lifecycle_policy_text: Option<String>,
}
structure!(PutLifecyclePolicyRequest {
0 registry_id,
1 repository_name,
2 lifecycle_policy_text,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutLifecyclePolicyResponse {
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
    pub lifecycle_policy_text: Option<String>,
}
structure!(PutLifecyclePolicyResponse {
0 registry_id,
1 repository_name,
2 lifecycle_policy_text,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutRegistryPolicyRequest {
    pub policy_text: Option<String>,
}
structure!(PutRegistryPolicyRequest {
0 policy_text,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutRegistryPolicyResponse {
    pub registry_id: Option<String>,
    pub policy_text: Option<String>,
}
structure!(PutRegistryPolicyResponse {
0 registry_id,
1 policy_text,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutRegistryScanningConfigurationRequest {
    pub scan_type: Option<String>,
    pub rules: Option<Vec<RegistryScanningRule>>,
}
structure!(PutRegistryScanningConfigurationRequest {
0 scan_type,
1 rules,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutRegistryScanningConfigurationResponse {
    pub registry_scanning_configuration: Option<RegistryScanningConfiguration>,
}
structure!(PutRegistryScanningConfigurationResponse {
0 registry_scanning_configuration,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutReplicationConfigurationRequest {
    pub replication_configuration: Option<ReplicationConfiguration>,
}
structure!(PutReplicationConfigurationRequest {
0 replication_configuration,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutReplicationConfigurationResponse {
    pub replication_configuration: Option<ReplicationConfiguration>,
}
structure!(PutReplicationConfigurationResponse {
0 replication_configuration,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutSigningConfigurationRequest {
    pub signing_configuration: Option<SigningConfiguration>,
}
structure!(PutSigningConfigurationRequest {
0 signing_configuration,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutSigningConfigurationResponse {
    pub signing_configuration: Option<SigningConfiguration>,
}
structure!(PutSigningConfigurationResponse {
0 signing_configuration,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Recommendation {
    pub url: Option<String>,
    pub text: Option<String>,
}
structure!(Recommendation {
0 url,
1 text,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RegisterPullTimeUpdateExclusionRequest {
    pub principal_arn: Option<String>,
}
structure!(RegisterPullTimeUpdateExclusionRequest {
0 principal_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RegisterPullTimeUpdateExclusionResponse {
    pub principal_arn: Option<String>,
    pub created_at: Option<Timestamp>,
}
structure!(RegisterPullTimeUpdateExclusionResponse {
0 principal_arn,
1 created_at,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RegistryScanningConfiguration {
    pub scan_type: Option<String>,
    pub rules: Option<Vec<RegistryScanningRule>>,
}
structure!(RegistryScanningConfiguration {
0 scan_type,
1 rules,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RegistryScanningRule {
    pub scan_frequency: Option<String>,
    pub repository_filters: Option<Vec<ScanningRepositoryFilter>>,
}
structure!(RegistryScanningRule {
0 scan_frequency,
1 repository_filters,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Remediation {
    pub recommendation: Option<Recommendation>,
}
structure!(Remediation {
0 recommendation,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReplicationBackfillProgress {
    pub total_replication_count: Option<i32>,
    pub completed_replication_count: Option<i32>,
    pub failed_replication_count: Option<i32>,
    pub failure_codes: Option<Vec<String>>,
}
structure!(ReplicationBackfillProgress {
0 total_replication_count,
1 completed_replication_count,
2 failed_replication_count,
3 failure_codes,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReplicationBackfillResult {
    pub repository_name: Option<String>,
    pub image_id: Option<ImageIdentifier>,
    pub status: Option<String>,
    pub failure_code: Option<String>,
    pub sub_image_failure_codes: Option<Vec<String>>,
}
structure!(ReplicationBackfillResult {
0 repository_name,
1 image_id,
2 status,
3 failure_code,
4 sub_image_failure_codes,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReplicationBackfillSummary {
    pub replication_backfill_id: Option<String>,
    pub destination: Option<ReplicationDestination>,
    pub status: Option<String>,
    pub failure_code: Option<String>,
    pub progress: Option<ReplicationBackfillProgress>,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
}
structure!(ReplicationBackfillSummary {
0 replication_backfill_id,
1 destination,
2 status,
3 failure_code,
4 progress,
5 started_at,
6 ended_at,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReplicationConfiguration {
    pub rules: Option<Vec<ReplicationRule>>,
}
structure!(ReplicationConfiguration {
0 rules,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReplicationDestination {
    pub region: Option<String>,
    pub registry_id: Option<String>,
}
structure!(ReplicationDestination {
0 region,
1 registry_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReplicationRule {
    pub destinations: Option<Vec<ReplicationDestination>>,
    pub repository_filters: Option<Vec<RepositoryFilter>>,
    pub delete_replication: Option<DeleteReplication>,
}
structure!(ReplicationRule {
0 destinations,
1 repository_filters,
2 delete_replication,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Repository {
    pub repository_arn: Option<String>,
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
    pub repository_uri: Option<String>,
    pub created_at: Option<Timestamp>,
    pub image_tag_mutability: Option<String>,
    pub image_tag_mutability_exclusion_filters: Option<Vec<ImageTagMutabilityExclusionFilter>>,
    pub image_scanning_configuration: Option<ImageScanningConfiguration>,
    pub encryption_configuration: Option<EncryptionConfiguration>,
}
structure!(Repository {
0 repository_arn,
1 registry_id,
2 repository_name,
3 repository_uri,
4 created_at,
5 image_tag_mutability,
6 image_tag_mutability_exclusion_filters,
7 image_scanning_configuration,
8 encryption_configuration,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RepositoryCreationTemplate {
    pub prefix: Option<String>,
    pub description: Option<String>,
    pub encryption_configuration: Option<EncryptionConfigurationForRepositoryCreationTemplate>,
    pub resource_tags: Option<Vec<Tag>>,
    pub image_tag_mutability: Option<String>,
    pub image_tag_mutability_exclusion_filters: Option<Vec<ImageTagMutabilityExclusionFilter>>,
    pub repository_policy: Option<String>,
    pub lifecycle_policy: Option<String>,
    pub applied_for: Option<Vec<String>>,
    pub custom_role_arn: Option<String>,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
}
structure!(RepositoryCreationTemplate {
0 prefix,
1 description,
2 encryption_configuration,
3 resource_tags,
4 image_tag_mutability,
5 image_tag_mutability_exclusion_filters,
6 repository_policy,
7 lifecycle_policy,
8 applied_for,
9 custom_role_arn,
10 created_at,
11 updated_at,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RepositoryFilter {
    pub filter: Option<String>,
    pub filter_type: Option<String>,
}
structure!(RepositoryFilter {
0 filter,
1 filter_type,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RepositoryScanningConfiguration {
    pub repository_arn: Option<String>,
    pub repository_name: Option<String>,
    pub scan_on_push: Option<bool>,
    pub scan_frequency: Option<String>,
    pub applied_scan_filters: Option<Vec<ScanningRepositoryFilter>>,
}
structure!(RepositoryScanningConfiguration {
0 repository_arn,
1 repository_name,
2 scan_on_push,
3 scan_frequency,
4 applied_scan_filters,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RepositoryScanningConfigurationFailure {
    pub repository_name: Option<String>,
    pub failure_code: Option<String>,
    pub failure_reason: Option<String>,
}
structure!(RepositoryScanningConfigurationFailure {
0 repository_name,
1 failure_code,
2 failure_reason,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Resource {
    pub details: Option<ResourceDetails>,
    pub id: Option<String>,
    pub tags: Option<BTreeMap<String, String>>,
    pub type_: Option<String>,
}
structure!(Resource {
0 details,
1 id,
2 tags,
3 type_,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResourceDetails {
    pub aws_ecr_container_image: Option<AwsEcrContainerImageDetails>,
}
structure!(ResourceDetails {
0 aws_ecr_container_image,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ScanningRepositoryFilter {
    pub filter: Option<String>,
    pub filter_type: Option<String>,
}
structure!(ScanningRepositoryFilter {
0 filter,
1 filter_type,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ScoreDetails {
    pub cvss: Option<CvssScoreDetails>,
}
structure!(ScoreDetails {
0 cvss,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SetRepositoryPolicyRequest {
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
    pub policy_text: Option<String>,
    pub force: Option<bool>,
}
structure!(SetRepositoryPolicyRequest {
0 registry_id,
1 repository_name,
2 policy_text,
3 force,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SetRepositoryPolicyResponse {
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
    pub policy_text: Option<String>,
}
structure!(SetRepositoryPolicyResponse {
0 registry_id,
1 repository_name,
2 policy_text,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SigningConfiguration {
    pub rules: Option<Vec<SigningRule>>,
}
structure!(SigningConfiguration {
0 rules,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SigningRepositoryFilter {
    pub filter: Option<String>,
    pub filter_type: Option<String>,
}
structure!(SigningRepositoryFilter {
0 filter,
1 filter_type,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SigningRule {
    pub signing_profile_arn: Option<String>,
    pub repository_filters: Option<Vec<SigningRepositoryFilter>>,
}
structure!(SigningRule {
0 signing_profile_arn,
1 repository_filters,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct StartImageScanRequest {
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
    pub image_id: Option<ImageIdentifier>,
}
structure!(StartImageScanRequest {
0 registry_id,
1 repository_name,
2 image_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct StartImageScanResponse {
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
    pub image_id: Option<ImageIdentifier>,
    pub image_scan_status: Option<ImageScanStatus>,
}
structure!(StartImageScanResponse {
0 registry_id,
1 repository_name,
2 image_id,
3 image_scan_status,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct StartLifecyclePolicyPreviewRequest {
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
    pub lifecycle_policy_text: Option<String>,
}
structure!(StartLifecyclePolicyPreviewRequest {
0 registry_id,
1 repository_name,
2 lifecycle_policy_text,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct StartLifecyclePolicyPreviewResponse {
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
    pub lifecycle_policy_text: Option<String>,
    pub status: Option<String>,
}
structure!(StartLifecyclePolicyPreviewResponse {
0 registry_id,
1 repository_name,
2 lifecycle_policy_text,
3 status,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct StartReplicationBackfillRequest {
    pub registry_id: Option<String>,
    pub destination: Option<ReplicationDestination>,
}
structure!(StartReplicationBackfillRequest {
0 registry_id,
1 destination,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct StartReplicationBackfillResponse {
    pub replication_backfill_id: Option<String>,
    pub registry_id: Option<String>,
    pub destination: Option<ReplicationDestination>,
    pub status: Option<String>,
    pub started_at: Option<Timestamp>,
}
structure!(StartReplicationBackfillResponse {
0 replication_backfill_id,
1 registry_id,
2 destination,
3 status,
4 started_at,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct StopReplicationBackfillRequest {
    pub registry_id: Option<String>,
    pub replication_backfill_id: Option<String>,
}
structure!(StopReplicationBackfillRequest {
0 registry_id,
1 replication_backfill_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct StopReplicationBackfillResponse {
    pub registry_id: Option<String>,
    pub replication_backfill_id: Option<String>,
    pub destination: Option<ReplicationDestination>,
    pub status: Option<String>,
    pub started_at: Option<Timestamp>,
}
structure!(StopReplicationBackfillResponse {
0 registry_id,
1 replication_backfill_id,
2 destination,
3 status,
4 started_at,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SubjectIdentifier {
    pub image_digest: Option<String>,
}
structure!(SubjectIdentifier {
0 image_digest,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tag {
    pub key: Option<String>,
    pub value: Option<String>,
}
structure!(Tag {
0 key,
1 value,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TagResourceRequest {
    pub resource_arn: Option<String>,
    pub tags: Option<Vec<Tag>>,
}
structure!(TagResourceRequest {
0 resource_arn,
1 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TagResourceResponse {}
structure!(TagResourceResponse {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TransitioningImageTotalCount {
    pub target_storage_class: Option<String>,
    pub image_total_count: Option<i32>,
}
structure!(TransitioningImageTotalCount {
0 target_storage_class,
1 image_total_count,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UntagResourceRequest {
    pub resource_arn: Option<String>,
    pub tag_keys: Option<Vec<String>>,
}
structure!(UntagResourceRequest {
0 resource_arn,
1 tag_keys,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UntagResourceResponse {}
structure!(UntagResourceResponse {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateImageStorageClassRequest {
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
    pub image_id: Option<ImageIdentifier>,
    pub target_storage_class: Option<String>,
}
structure!(UpdateImageStorageClassRequest {
0 registry_id,
1 repository_name,
2 image_id,
3 target_storage_class,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateImageStorageClassResponse {
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
    pub image_id: Option<ImageIdentifier>,
    pub image_status: Option<String>,
}
structure!(UpdateImageStorageClassResponse {
0 registry_id,
1 repository_name,
2 image_id,
3 image_status,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdatePullThroughCacheRuleRequest {
    pub registry_id: Option<String>,
    pub ecr_repository_prefix: Option<String>,
    pub credential_arn: Option<String>,
    pub custom_role_arn: Option<String>,
}
structure!(UpdatePullThroughCacheRuleRequest {
0 registry_id,
1 ecr_repository_prefix,
2 credential_arn,
3 custom_role_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdatePullThroughCacheRuleResponse {
    pub ecr_repository_prefix: Option<String>,
    pub registry_id: Option<String>,
    pub updated_at: Option<Timestamp>,
    pub credential_arn: Option<String>,
    pub custom_role_arn: Option<String>,
    pub upstream_repository_prefix: Option<String>,
}
structure!(UpdatePullThroughCacheRuleResponse {
0 ecr_repository_prefix,
1 registry_id,
2 updated_at,
3 credential_arn,
4 custom_role_arn,
5 upstream_repository_prefix,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateRepositoryCreationTemplateRequest {
    pub prefix: Option<String>,
    pub description: Option<String>,
    pub encryption_configuration: Option<EncryptionConfigurationForRepositoryCreationTemplate>,
    pub resource_tags: Option<Vec<Tag>>,
    pub image_tag_mutability: Option<String>,
    pub image_tag_mutability_exclusion_filters: Option<Vec<ImageTagMutabilityExclusionFilter>>,
    pub repository_policy: Option<String>,
    pub lifecycle_policy: Option<String>,
    pub applied_for: Option<Vec<String>>,
    pub custom_role_arn: Option<String>,
}
structure!(UpdateRepositoryCreationTemplateRequest {
0 prefix,
1 description,
2 encryption_configuration,
3 resource_tags,
4 image_tag_mutability,
5 image_tag_mutability_exclusion_filters,
6 repository_policy,
7 lifecycle_policy,
8 applied_for,
9 custom_role_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateRepositoryCreationTemplateResponse {
    pub registry_id: Option<String>,
    pub repository_creation_template: Option<RepositoryCreationTemplate>,
}
structure!(UpdateRepositoryCreationTemplateResponse {
0 registry_id,
1 repository_creation_template,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UploadLayerPartRequest {
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
    pub upload_id: Option<String>,
    pub part_first_byte: Option<i64>,
    pub part_last_byte: Option<i64>,
    pub layer_part_blob: Option<Vec<u8>>,
}
structure!(UploadLayerPartRequest {
0 registry_id,
1 repository_name,
2 upload_id,
3 part_first_byte,
4 part_last_byte,
5 layer_part_blob,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UploadLayerPartResponse {
    pub registry_id: Option<String>,
    pub repository_name: Option<String>,
    pub upload_id: Option<String>,
    pub last_byte_received: Option<i64>,
}
structure!(UploadLayerPartResponse {
0 registry_id,
1 repository_name,
2 upload_id,
3 last_byte_received,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ValidatePullThroughCacheRuleRequest {
    pub ecr_repository_prefix: Option<String>,
    pub registry_id: Option<String>,
}
structure!(ValidatePullThroughCacheRuleRequest {
0 ecr_repository_prefix,
1 registry_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ValidatePullThroughCacheRuleResponse {
    pub ecr_repository_prefix: Option<String>,
    pub registry_id: Option<String>,
    pub upstream_registry_url: Option<String>,
    pub credential_arn: Option<String>,
    pub custom_role_arn: Option<String>,
    pub upstream_repository_prefix: Option<String>,
    pub is_valid: Option<bool>,
    pub failure: Option<String>,
}
structure!(ValidatePullThroughCacheRuleResponse {
0 ecr_repository_prefix,
1 registry_id,
2 upstream_registry_url,
3 credential_arn,
4 custom_role_arn,
5 upstream_repository_prefix,
6 is_valid,
7 failure,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct VulnerablePackage {
    pub arch: Option<String>,
    pub epoch: Option<i32>,
    pub file_path: Option<String>,
    pub name: Option<String>,
    pub package_manager: Option<String>,
    pub release: Option<String>,
    pub source_layer_hash: Option<String>,
    pub version: Option<String>,
    pub fixed_in_version: Option<String>,
}
structure!(VulnerablePackage {
0 arch,
1 epoch,
2 file_path,
3 name,
4 package_manager,
5 release,
6 source_layer_hash,
7 version,
8 fixed_in_version,
});
