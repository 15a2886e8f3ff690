// Written by `cargo xtask generate` from models/. Do not edit.
//! Inputs, outputs and their parts. Every member is optional: what must be there is checked by
//! the schema before an operation sees its input.
#[allow(unused_imports)]
use std::collections::BTreeMap;
#[allow(unused_imports)]
use wharf_wire::{Timestamp, structure};

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Account {
    pub account_id: Option<String>,
    pub status: Option<String>,
    pub resource_status: Option<ResourceStatus>,
}
structure!(Account {
0 account_id,
1 status,
2 resource_status,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AccountAggregation {
    pub finding_type: Option<String>,
    pub resource_type: Option<String>,
    pub sort_order: Option<String>,
    pub sort_by: Option<String>,
}
structure!(AccountAggregation {
0 finding_type,
1 resource_type,
2 sort_order,
3 sort_by,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AccountAggregationResponse {
    pub account_id: Option<String>,
    pub severity_counts: Option<SeverityCounts>,
    pub exploit_available_count: Option<i64>,
    pub fix_available_count: Option<i64>,
}
structure!(AccountAggregationResponse {
0 account_id,
1 severity_counts,
2 exploit_available_count,
3 fix_available_count,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AccountState {
    pub account_id: Option<String>,
    pub state: Option<State>,
    pub resource_state: Option<ResourceState>,
}
structure!(AccountState {
0 account_id,
1 state,
2 resource_state,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AggregationRequest {
    pub account_aggregation: Option<AccountAggregation>,
    pub ami_aggregation: Option<AmiAggregation>,
    pub aws_ecr_container_aggregation: Option<AwsEcrContainerAggregation>,
    pub ec2_instance_aggregation: Option<Ec2InstanceAggregation>,
    pub finding_type_aggregation: Option<FindingTypeAggregation>,
    pub image_layer_aggregation: Option<ImageLayerAggregation>,
    pub package_aggregation: Option<PackageAggregation>,
    pub repository_aggregation: Option<RepositoryAggregation>,
    pub title_aggregation: Option<TitleAggregation>,
    pub lambda_layer_aggregation: Option<LambdaLayerAggregation>,
    pub lambda_function_aggregation: Option<LambdaFunctionAggregation>,
    pub code_repository_aggregation: Option<CodeRepositoryAggregation>,
    pub vm_instance_aggregation: Option<VmInstanceAggregation>,
    pub container_image_aggregation: Option<ContainerImageAggregation>,
    pub serverless_function_aggregation: Option<ServerlessFunctionAggregation>,
}
structure!(AggregationRequest {
0 account_aggregation,
1 ami_aggregation,
2 aws_ecr_container_aggregation,
3 ec2_instance_aggregation,
4 finding_type_aggregation,
5 image_layer_aggregation,
6 package_aggregation,
7 repository_aggregation,
8 title_aggregation,
9 lambda_layer_aggregation,
10 lambda_function_aggregation,
11 code_repository_aggregation,
12 vm_instance_aggregation,
13 container_image_aggregation,
14 serverless_function_aggregation,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AggregationResponse {
    pub account_aggregation: Option<AccountAggregationResponse>,
    pub ami_aggregation: Option<AmiAggregationResponse>,
    pub aws_ecr_container_aggregation: Option<AwsEcrContainerAggregationResponse>,
    pub ec2_instance_aggregation: Option<Ec2InstanceAggregationResponse>,
    pub finding_type_aggregation: Option<FindingTypeAggregationResponse>,
    pub image_layer_aggregation: Option<ImageLayerAggregationResponse>,
    pub package_aggregation: Option<PackageAggregationResponse>,
    pub repository_aggregation: Option<RepositoryAggregationResponse>,
    pub title_aggregation: Option<TitleAggregationResponse>,
    pub lambda_layer_aggregation: Option<LambdaLayerAggregationResponse>,
    pub lambda_function_aggregation: Option<LambdaFunctionAggregationResponse>,
    pub code_repository_aggregation: Option<CodeRepositoryAggregationResponse>,
    pub vm_instance_aggregation: Option<VmInstanceAggregationResponse>,
    pub container_image_aggregation: Option<ContainerImageAggregationResponse>,
    pub serverless_function_aggregation: Option<ServerlessFunctionAggregationResponse>,
}
structure!(AggregationResponse {
0 account_aggregation,
1 ami_aggregation,
2 aws_ecr_container_aggregation,
3 ec2_instance_aggregation,
4 finding_type_aggregation,
5 image_layer_aggregation,
6 package_aggregation,
7 repository_aggregation,
8 title_aggregation,
9 lambda_layer_aggregation,
10 lambda_function_aggregation,
11 code_repository_aggregation,
12 vm_instance_aggregation,
13 container_image_aggregation,
14 serverless_function_aggregation,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AmiAggregation {
    pub amis: Option<Vec<StringFilter>>,
    pub sort_order: Option<String>,
    pub sort_by: Option<String>,
    pub scan_sources: Option<Vec<String>>,
}
structure!(AmiAggregation {
0 amis,
1 sort_order,
2 sort_by,
3 scan_sources,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AmiAggregationResponse {
    pub ami: Option<String>,
    pub account_id: Option<String>,
    pub cloud_provider: Option<String>,
    pub cloud_partition: Option<String>,
    pub cloud_region: Option<String>,
    pub cloud_org_id: Option<String>,
    pub cloud_account_id: Option<String>,
    pub severity_counts: Option<SeverityCounts>,
    pub affected_instances: Option<i64>,
    pub scan_source: Option<String>,
}
structure!(AmiAggregationResponse {
0 ami,
1 account_id,
2 cloud_provider,
3 cloud_partition,
4 cloud_region,
5 cloud_org_id,
6 cloud_account_id,
7 severity_counts,
8 affected_instances,
9 scan_source,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AmiConfiguration {
    pub last_launched_within: Option<String>,
    pub created_within: Option<String>,
    pub scan_mode_configuration: Option<AmiScanModeConfiguration>,
}
structure!(AmiConfiguration {
0 last_launched_within,
1 created_within,
2 scan_mode_configuration,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AmiConfigurationState {
    pub last_launched_within: Option<String>,
    pub created_within: Option<String>,
    pub scan_mode_configuration: Option<AmiScanModeConfiguration>,
    pub status: Option<String>,
    pub updated_at: Option<Timestamp>,
}
structure!(AmiConfigurationState {
0 last_launched_within,
1 created_within,
2 scan_mode_configuration,
3 status,
4 updated_at,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AmiScanModeConfiguration {
    pub scan_mode: Option<String>,
    pub tags: Option<Vec<AmiTagFilter>>,
    pub exclude_copied_amis: Option<bool>,
    pub exclude_backup_dlm_amis: Option<bool>,
}
structure!(AmiScanModeConfiguration {
0 scan_mode,
1 tags,
2 exclude_copied_amis,
3 exclude_backup_dlm_amis,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AmiTagFilter {
    pub key: Option<String>,
    pub value: Option<String>,
}
structure!(AmiTagFilter {
0 key,
1 value,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AtigData {
    pub first_seen: Option<Timestamp>,
    pub last_seen: Option<Timestamp>,
    pub targets: Option<Vec<String>>,
    pub ttps: Option<Vec<String>>,
}
structure!(AtigData {
0 first_seen,
1 last_seen,
2 targets,
3 ttps,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AwsEc2InstanceDetails {
    pub type_: Option<String>,
    pub image_id: Option<String>,
    pub ip_v4_addresses: Option<Vec<String>>,
    pub ip_v6_addresses: Option<Vec<String>>,
    pub key_name: Option<String>,
    pub iam_instance_profile_arn: Option<String>,
    pub vpc_id: Option<String>,
    pub subnet_id: Option<String>,
    pub launched_at: Option<Timestamp>,
    pub platform: Option<String>,
}
structure!(AwsEc2InstanceDetails {
0 type_,
1 image_id,
2 ip_v4_addresses,
3 ip_v6_addresses,
4 key_name,
5 iam_instance_profile_arn,
6 vpc_id,
7 subnet_id,
8 launched_at,
9 platform,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AwsEcrContainerAggregation {
    pub resource_ids: Option<Vec<StringFilter>>,
    pub image_shas: Option<Vec<StringFilter>>,
    pub repositories: Option<Vec<StringFilter>>,
    pub architectures: Option<Vec<StringFilter>>,
    pub image_tags: Option<Vec<StringFilter>>,
    pub sort_order: Option<String>,
    pub sort_by: Option<String>,
    pub last_in_use_at: Option<Vec<DateFilter>>,
    pub in_use_count: Option<Vec<NumberFilter>>,
}
structure!(AwsEcrContainerAggregation {
0 resource_ids,
1 image_shas,
2 repositories,
3 architectures,
4 image_tags,
5 sort_order,
6 sort_by,
7 last_in_use_at,
8 in_use_count,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AwsEcrContainerAggregationResponse {
    pub resource_id: Option<String>,
    pub image_sha: Option<String>,
    pub repository: Option<String>,
    pub architecture: Option<String>,
    pub image_tags: Option<Vec<String>>,
    pub account_id: Option<String>,
    pub severity_counts: Option<SeverityCounts>,
    pub last_in_use_at: Option<Timestamp>,
    pub in_use_count: Option<i64>,
}
structure!(AwsEcrContainerAggregationResponse {
0 resource_id,
1 image_sha,
2 repository,
3 architecture,
4 image_tags,
5 account_id,
6 severity_counts,
7 last_in_use_at,
8 in_use_count,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AwsEcrContainerImageDetails {
    pub repository_name: Option<String>,
    pub image_tags: Option<Vec<String>>,
    pub pushed_at: Option<Timestamp>,
    pub author: Option<String>,
    pub architecture: Option<String>,
    pub image_hash: Option<String>,
    pub registry: Option<String>,
    pub platform: Option<String>,
    pub last_in_use_at: Option<Timestamp>,
    pub in_use_count: Option<i64>,
}
structure!(AwsEcrContainerImageDetails {
0 repository_name,
1 image_tags,
2 pushed_at,
3 author,
4 architecture,
5 image_hash,
6 registry,
7 platform,
8 last_in_use_at,
9 in_use_count,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AwsEcsMetadataDetails {
    pub details_group: Option<String>,
    pub task_definition_arn: Option<String>,
}
structure!(AwsEcsMetadataDetails {
0 details_group,
1 task_definition_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AwsEksMetadataDetails {
    pub namespace: Option<String>,
    pub workload_info_list: Option<Vec<AwsEksWorkloadInfo>>,
}
structure!(AwsEksMetadataDetails {
0 namespace,
1 workload_info_list,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AwsEksWorkloadInfo {
    pub name: Option<String>,
    pub type_: Option<String>,
}
structure!(AwsEksWorkloadInfo {
0 name,
1 type_,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AwsLambdaFunctionDetails {
    pub function_name: Option<String>,
    pub runtime: Option<String>,
    pub code_sha256: Option<String>,
    pub version: Option<String>,
    pub execution_role_arn: Option<String>,
    pub layers: Option<Vec<String>>,
    pub vpc_config: Option<LambdaVpcConfig>,
    pub package_type: Option<String>,
    pub architectures: Option<Vec<String>>,
    pub last_modified_at: Option<Timestamp>,
}
structure!(AwsLambdaFunctionDetails {
0 function_name,
1 runtime,
2 code_sha256,
3 version,
4 execution_role_arn,
5 layers,
6 vpc_config,
7 package_type,
8 architectures,
9 last_modified_at,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct BatchGetAccountStatusRequest {
    pub account_ids: Option<Vec<String>>,
}
structure!(BatchGetAccountStatusRequest {
0 account_ids,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct BatchGetAccountStatusResponse {
    pub accounts: Option<Vec<AccountState>>,
    pub failed_accounts: Option<Vec<FailedAccount>>,
}
structure!(BatchGetAccountStatusResponse {
0 accounts,
1 failed_accounts,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct BatchGetFindingDetailsRequest {
    pub finding_arns: Option<Vec<String>>,
}
structure!(BatchGetFindingDetailsRequest {
0 finding_arns,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct BatchGetFindingDetailsResponse {
    pub finding_details: Option<Vec<FindingDetail>>,
    pub errors: Option<Vec<FindingDetailsError>>,
}
structure!(BatchGetFindingDetailsResponse {
0 finding_details,
1 errors,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CancelFindingsReportRequest {
    pub report_id: Option<String>,
}
structure!(CancelFindingsReportRequest {
0 report_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CancelFindingsReportResponse {
    pub report_id: Option<String>,
}
structure!(CancelFindingsReportResponse {
0 report_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CancelSbomExportRequest {
    pub report_id: Option<String>,
}
structure!(CancelSbomExportRequest {
0 report_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CancelSbomExportResponse {
    pub report_id: Option<String>,
}
structure!(CancelSbomExportResponse {
0 report_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CisaData {
    pub date_added: Option<Timestamp>,
    pub date_due: Option<Timestamp>,
    pub action: Option<String>,
}
structure!(CisaData {
0 date_added,
1 date_due,
2 action,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ClusterDetails {
    pub last_in_use: Option<Timestamp>,
    pub running_unit_count: Option<i64>,
    pub stopped_unit_count: Option<i64>,
    pub cluster_metadata: Option<ClusterMetadata>,
}
structure!(ClusterDetails {
0 last_in_use,
1 running_unit_count,
2 stopped_unit_count,
3 cluster_metadata,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ClusterForImageFilterCriteria {
    pub resource_id: Option<String>,
}
structure!(ClusterForImageFilterCriteria {
0 resource_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ClusterInformation {
    pub cluster_arn: Option<String>,
    pub cluster_details: Option<Vec<ClusterDetails>>,
}
structure!(ClusterInformation {
0 cluster_arn,
1 cluster_details,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ClusterMetadata {
    pub aws_ecs_metadata_details: Option<AwsEcsMetadataDetails>,
    pub aws_eks_metadata_details: Option<AwsEksMetadataDetails>,
}
structure!(ClusterMetadata {
0 aws_ecs_metadata_details,
1 aws_eks_metadata_details,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CodeFilePath {
    pub file_name: Option<String>,
    pub file_path: Option<String>,
    pub start_line: Option<i32>,
    pub end_line: Option<i32>,
}
structure!(CodeFilePath {
0 file_name,
1 file_path,
2 start_line,
3 end_line,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CodeRepositoryAggregation {
    pub project_names: Option<Vec<StringFilter>>,
    pub provider_types: Option<Vec<StringFilter>>,
    pub sort_order: Option<String>,
    pub sort_by: Option<String>,
    pub resource_ids: Option<Vec<StringFilter>>,
}
structure!(CodeRepositoryAggregation {
0 project_names,
1 provider_types,
2 sort_order,
3 sort_by,
4 resource_ids,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CodeRepositoryAggregationResponse {
    pub project_names: Option<String>,
    pub provider_type: Option<String>,
    pub severity_counts: Option<SeverityCounts>,
    pub exploit_available_active_findings_count: Option<i64>,
    pub fix_available_active_findings_count: Option<i64>,
    pub account_id: Option<String>,
    pub resource_id: Option<String>,
}
structure!(CodeRepositoryAggregationResponse {
0 project_names,
1 provider_type,
2 severity_counts,
3 exploit_available_active_findings_count,
4 fix_available_active_findings_count,
5 account_id,
6 resource_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CodeRepositoryDetails {
    pub project_name: Option<String>,
    pub integration_arn: Option<String>,
    pub provider_type: Option<String>,
}
structure!(CodeRepositoryDetails {
0 project_name,
1 integration_arn,
2 provider_type,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CodeRepositoryMetadata {
    pub project_name: Option<String>,
    pub integration_arn: Option<String>,
    pub provider_type: Option<String>,
    pub provider_type_visibility: Option<String>,
    pub last_scanned_commit_id: Option<String>,
    pub scan_configuration: Option<ProjectCodeSecurityScanConfiguration>,
    pub on_demand_scan: Option<CodeRepositoryOnDemandScan>,
}
structure!(CodeRepositoryMetadata {
0 project_name,
1 integration_arn,
2 provider_type,
3 provider_type_visibility,
4 last_scanned_commit_id,
5 scan_configuration,
6 on_demand_scan,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CodeRepositoryOnDemandScan {
    pub last_scanned_commit_id: Option<String>,
    pub last_scan_at: Option<Timestamp>,
    pub scan_status: Option<ScanStatus>,
}
structure!(CodeRepositoryOnDemandScan {
0 last_scanned_commit_id,
1 last_scan_at,
2 scan_status,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CodeVulnerabilityDetails {
    pub file_path: Option<CodeFilePath>,
    pub detector_tags: Option<Vec<String>>,
    pub reference_urls: Option<Vec<String>>,
    pub rule_id: Option<String>,
    pub source_lambda_layer_arn: Option<String>,
    pub detector_id: Option<String>,
    pub detector_name: Option<String>,
    pub cwes: Option<Vec<String>>,
}
structure!(CodeVulnerabilityDetails {
0 file_path,
1 detector_tags,
2 reference_urls,
3 rule_id,
4 source_lambda_layer_arn,
5 detector_id,
6 detector_name,
7 cwes,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ContainerImageAggregation {
    pub resource_ids: Option<Vec<StringFilter>>,
    pub image_digests: Option<Vec<StringFilter>>,
    pub repositories: Option<Vec<StringFilter>>,
    pub registries: Option<Vec<StringFilter>>,
    pub architectures: Option<Vec<StringFilter>>,
    pub image_tags: Option<Vec<StringFilter>>,
    pub cloud_providers: Option<Vec<StringFilter>>,
    pub cloud_partitions: Option<Vec<StringFilter>>,
    pub cloud_regions: Option<Vec<StringFilter>>,
    pub cloud_org_ids: Option<Vec<StringFilter>>,
    pub cloud_account_ids: Option<Vec<StringFilter>>,
    pub last_in_use_at: Option<Vec<DateFilter>>,
    pub in_use_count: Option<Vec<NumberFilter>>,
    pub sort_order: Option<String>,
    pub sort_by: Option<String>,
}
structure!(ContainerImageAggregation {
0 resource_ids,
1 image_digests,
2 repositories,
3 registries,
4 architectures,
5 image_tags,
6 cloud_providers,
7 cloud_partitions,
8 cloud_regions,
9 cloud_org_ids,
10 cloud_account_ids,
11 last_in_use_at,
12 in_use_count,
13 sort_order,
14 sort_by,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ContainerImageAggregationResponse {
    pub resource_id: Option<String>,
    pub cloud_provider: Option<String>,
    pub cloud_account_id: Option<String>,
    pub cloud_partition: Option<String>,
    pub cloud_region: Option<String>,
    pub cloud_org_id: Option<String>,
    pub image_digest: Option<String>,
    pub repository: Option<String>,
    pub registry: Option<String>,
    pub architecture: Option<String>,
    pub image_tags: Option<Vec<String>>,
    pub account_id: Option<String>,
    pub severity_counts: Option<SeverityCounts>,
    pub last_in_use_at: Option<Timestamp>,
    pub in_use_count: Option<i64>,
    pub exploit_available_active_findings_count: Option<i64>,
    pub fix_available_active_findings_count: Option<i64>,
}
structure!(ContainerImageAggregationResponse {
0 resource_id,
1 cloud_provider,
2 cloud_account_id,
3 cloud_partition,
4 cloud_region,
5 cloud_org_id,
6 image_digest,
7 repository,
8 registry,
9 architecture,
10 image_tags,
11 account_id,
12 severity_counts,
13 last_in_use_at,
14 in_use_count,
15 exploit_available_active_findings_count,
16 fix_available_active_findings_count,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ContainerImageMetadata {
    pub image_tags: Option<Vec<String>>,
    pub image_pulled_at: Option<Timestamp>,
    pub last_in_use_at: Option<Timestamp>,
    pub in_use_count: Option<i64>,
}
structure!(ContainerImageMetadata {
0 image_tags,
1 image_pulled_at,
2 last_in_use_at,
3 in_use_count,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ContainerRegistryMetadata {
    pub name: Option<String>,
}
structure!(ContainerRegistryMetadata {
0 name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ContainerRepositoryMetadata {
    pub name: Option<String>,
    pub scan_frequency: Option<String>,
}
structure!(ContainerRepositoryMetadata {
0 name,
1 scan_frequency,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Counts {
    pub count: Option<i64>,
    pub group_key: Option<String>,
}
structure!(Counts {
0 count,
1 group_key,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CoverageDateFilter {
    pub start_inclusive: Option<Timestamp>,
    pub end_inclusive: Option<Timestamp>,
}
structure!(CoverageDateFilter {
0 start_inclusive,
1 end_inclusive,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CoverageFilterCriteria {
    pub scan_status_code: Option<Vec<CoverageStringFilter>>,
    pub scan_status_reason: Option<Vec<CoverageStringFilter>>,
    pub account_id: Option<Vec<CoverageStringFilter>>,
    pub resource_id: Option<Vec<CoverageStringFilter>>,
    pub resource_type: Option<Vec<CoverageStringFilter>>,
    pub scan_type: Option<Vec<CoverageStringFilter>>,
    pub ecr_repository_name: Option<Vec<CoverageStringFilter>>,
    pub ecr_image_tags: Option<Vec<CoverageStringFilter>>,
    pub ec2_instance_tags: Option<Vec<CoverageMapFilter>>,
    pub lambda_function_name: Option<Vec<CoverageStringFilter>>,
    pub lambda_function_tags: Option<Vec<CoverageMapFilter>>,
    pub lambda_function_runtime: Option<Vec<CoverageStringFilter>>,
    pub machine_image_tags: Option<Vec<CoverageMapFilter>>,
    pub last_scanned_at: Option<Vec<CoverageDateFilter>>,
    pub scan_mode: Option<Vec<CoverageStringFilter>>,
    pub image_pulled_at: Option<Vec<CoverageDateFilter>>,
    pub ecr_image_last_in_use_at: Option<Vec<CoverageDateFilter>>,
    pub ecr_image_in_use_count: Option<Vec<CoverageNumberFilter>>,
    pub code_repository_project_name: Option<Vec<CoverageStringFilter>>,
    pub code_repository_provider_type: Option<Vec<CoverageStringFilter>>,
    pub code_repository_provider_type_visibility: Option<Vec<CoverageStringFilter>>,
    pub last_scanned_commit_id: Option<Vec<CoverageStringFilter>>,
    pub cloud_provider: Option<Vec<CoverageStringFilter>>,
    pub cloud_provider_account_id: Option<Vec<CoverageStringFilter>>,
    pub cloud_provider_region: Option<Vec<CoverageStringFilter>>,
    pub cloud_vm_instance_tags: Option<Vec<CoverageMapFilter>>,
    pub cloud_container_image_tags: Option<Vec<CoverageStringFilter>>,
    pub cloud_container_repository_name: Option<Vec<CoverageStringFilter>>,
    pub cloud_container_registry_name: Option<Vec<CoverageStringFilter>>,
    pub cloud_serverless_function_name: Option<Vec<CoverageStringFilter>>,
    pub cloud_serverless_function_runtime: Option<Vec<CoverageStringFilter>>,
    pub cloud_serverless_function_tags: Option<Vec<CoverageMapFilter>>,
    pub cloud_provider_org_id: Option<Vec<CoverageStringFilter>>,
}
structure!(CoverageFilterCriteria {
0 scan_status_code,
1 scan_status_reason,
2 account_id,
3 resource_id,
4 resource_type,
5 scan_type,
6 ecr_repository_name,
7 ecr_image_tags,
8 ec2_instance_tags,
9 lambda_function_name,
10 lambda_function_tags,
11 lambda_function_runtime,
12 machine_image_tags,
13 last_scanned_at,
14 scan_mode,
15 image_pulled_at,
16 ecr_image_last_in_use_at,
17 ecr_image_in_use_count,
18 code_repository_project_name,
19 code_repository_provider_type,
20 code_repository_provider_type_visibility,
21 last_scanned_commit_id,
22 cloud_provider,
23 cloud_provider_account_id,
24 cloud_provider_region,
25 cloud_vm_instance_tags,
26 cloud_container_image_tags,
27 cloud_container_repository_name,
28 cloud_container_registry_name,
29 cloud_serverless_function_name,
30 cloud_serverless_function_runtime,
31 cloud_serverless_function_tags,
32 cloud_provider_org_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CoverageMapFilter {
    pub comparison: Option<String>,
    pub key: Option<String>,
    pub value: Option<String>,
}
structure!(CoverageMapFilter {
0 comparison,
1 key,
2 value,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CoverageNumberFilter {
    pub upper_inclusive: Option<i64>,
    pub lower_inclusive: Option<i64>,
}
structure!(CoverageNumberFilter {
0 upper_inclusive,
1 lower_inclusive,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CoverageStringFilter {
    pub comparison: Option<String>,
    pub value: Option<String>,
}
structure!(CoverageStringFilter {
0 comparison,
1 value,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CoveredResource {
    pub resource_type: Option<String>,
    pub resource_id: Option<String>,
    pub account_id: Option<String>,
    pub scan_type: Option<String>,
    pub scan_status: Option<ScanStatus>,
    pub resource_metadata: Option<ResourceScanMetadata>,
    pub last_scanned_at: Option<Timestamp>,
    pub scan_mode: Option<String>,
    pub provider: Option<String>,
    pub provider_account_id: Option<String>,
    pub provider_org_id: Option<String>,
    pub provider_region: Option<String>,
    pub provider_partition: Option<String>,
}
structure!(CoveredResource {
0 resource_type,
1 resource_id,
2 account_id,
3 scan_type,
4 scan_status,
5 resource_metadata,
6 last_scanned_at,
7 scan_mode,
8 provider,
9 provider_account_id,
10 provider_org_id,
11 provider_region,
12 provider_partition,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateFilterRequest {
    pub action: Option<String>,
    pub description: Option<String>,
    pub filter_criteria: Option<FilterCriteria>,
    pub name: Option<String>,
    pub tags: Option<BTreeMap<String, String>>,
    pub reason: Option<String>,
}
structure!(CreateFilterRequest {
0 action,
1 description,
2 filter_criteria,
3 name,
4 tags,
5 reason,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateFilterResponse {
    pub arn: Option<String>,
}
structure!(CreateFilterResponse {
0 arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateFindingsReportRequest {
    pub filter_criteria: Option<FilterCriteria>,
    pub report_format: Option<String>,
    pub s3_destination: Option<Destination>,
}
structure!(CreateFindingsReportRequest {
0 filter_criteria,
1 report_format,
2 s3_destination,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateFindingsReportResponse {
    pub report_id: Option<String>,
}
structure!(CreateFindingsReportResponse {
0 report_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateSbomExportRequest {
    pub resource_filter_criteria: Option<ResourceFilterCriteria>,
    pub report_format: Option<String>,
    pub s3_destination: Option<Destination>,
}
structure!(CreateSbomExportRequest {
0 resource_filter_criteria,
1 report_format,
2 s3_destination,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateSbomExportResponse {
    pub report_id: Option<String>,
}
structure!(CreateSbomExportResponse {
0 report_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cvss2 {
    pub base_score: Option<f64>,
    pub scoring_vector: Option<String>,
}
structure!(Cvss2 {
0 base_score,
1 scoring_vector,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cvss3 {
    pub base_score: Option<f64>,
    pub scoring_vector: Option<String>,
}
structure!(Cvss3 {
0 base_score,
1 scoring_vector,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cvss4 {
    pub base_score: Option<f64>,
    pub scoring_vector: Option<String>,
}
structure!(Cvss4 {
0 base_score,
1 scoring_vector,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CvssScore {
    pub base_score: Option<f64>,
    pub scoring_vector: Option<String>,
    pub version: Option<String>,
    pub source: Option<String>,
}
structure!(CvssScore {
0 base_score,
1 scoring_vector,
2 version,
3 source,
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
    pub score_source: Option<String>,
    pub cvss_source: Option<String>,
    pub version: Option<String>,
    pub score: Option<f64>,
    pub scoring_vector: Option<String>,
    pub adjustments: Option<Vec<CvssScoreAdjustment>>,
}
structure!(CvssScoreDetails {
0 score_source,
1 cvss_source,
2 version,
3 score,
4 scoring_vector,
5 adjustments,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DateFilter {
    pub start_inclusive: Option<Timestamp>,
    pub end_inclusive: Option<Timestamp>,
}
structure!(DateFilter {
0 start_inclusive,
1 end_inclusive,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteFilterRequest {
    pub arn: Option<String>,
}
structure!(DeleteFilterRequest {
0 arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteFilterResponse {
    pub arn: Option<String>,
}
structure!(DeleteFilterResponse {
0 arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Destination {
    pub bucket_name: Option<String>,
    pub key_prefix: Option<String>,
    pub kms_key_arn: Option<String>,
    pub expected_bucket_owner: Option<String>,
}
structure!(Destination {
0 bucket_name,
1 key_prefix,
2 kms_key_arn,
3 expected_bucket_owner,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DisableRequest {
    pub account_ids: Option<Vec<String>>,
    pub resource_types: Option<Vec<String>>,
}
structure!(DisableRequest {
0 account_ids,
1 resource_types,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DisableResponse {
    pub accounts: Option<Vec<Account>>,
    pub failed_accounts: Option<Vec<FailedAccount>>,
}
structure!(DisableResponse {
0 accounts,
1 failed_accounts,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ec2Configuration {
    pub scan_mode: Option<String>,
    pub activate_vm_scanner: Option<bool>,
}
structure!(Ec2Configuration {
0 scan_mode,
1 activate_vm_scanner,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ec2ConfigurationState {
    pub scan_mode_state: Option<Ec2ScanModeState>,
    pub vm_scanner_state: Option<VMScannerState>,
}
structure!(Ec2ConfigurationState {
0 scan_mode_state,
1 vm_scanner_state,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ec2InstanceAggregation {
    pub amis: Option<Vec<StringFilter>>,
    pub operating_systems: Option<Vec<StringFilter>>,
    pub instance_ids: Option<Vec<StringFilter>>,
    pub instance_tags: Option<Vec<MapFilter>>,
    pub sort_order: Option<String>,
    pub sort_by: Option<String>,
}
structure!(Ec2InstanceAggregation {
0 amis,
1 operating_systems,
2 instance_ids,
3 instance_tags,
4 sort_order,
5 sort_by,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ec2InstanceAggregationResponse {
    pub instance_id: Option<String>,
    pub ami: Option<String>,
    pub operating_system: Option<String>,
    pub instance_tags: Option<BTreeMap<String, String>>,
    pub account_id: Option<String>,
    pub severity_counts: Option<SeverityCounts>,
    pub network_findings: Option<i64>,
}
structure!(Ec2InstanceAggregationResponse {
0 instance_id,
1 ami,
2 operating_system,
3 instance_tags,
4 account_id,
5 severity_counts,
6 network_findings,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ec2Metadata {
    pub tags: Option<BTreeMap<String, String>>,
    pub ami_id: Option<String>,
    pub platform: Option<String>,
}
structure!(Ec2Metadata {
0 tags,
1 ami_id,
2 platform,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ec2ScanModeState {
    pub scan_mode: Option<String>,
    pub scan_mode_status: Option<String>,
}
structure!(Ec2ScanModeState {
0 scan_mode,
1 scan_mode_status,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EcrConfiguration {
    pub rescan_duration: Option<String>,
    pub pull_date_rescan_duration: Option<String>,
    pub pull_date_rescan_mode: Option<String>,
}
structure!(EcrConfiguration {
0 rescan_duration,
1 pull_date_rescan_duration,
2 pull_date_rescan_mode,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EcrConfigurationState {
    pub rescan_duration_state: Option<EcrRescanDurationState>,
}
structure!(EcrConfigurationState {
0 rescan_duration_state,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EcrContainerImageMetadata {
    pub tags: Option<Vec<String>>,
    pub image_pulled_at: Option<Timestamp>,
    pub last_in_use_at: Option<Timestamp>,
    pub in_use_count: Option<i64>,
}
structure!(EcrContainerImageMetadata {
0 tags,
1 image_pulled_at,
2 last_in_use_at,
3 in_use_count,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EcrRepositoryMetadata {
    pub name: Option<String>,
    pub scan_frequency: Option<String>,
}
structure!(EcrRepositoryMetadata {
0 name,
1 scan_frequency,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EcrRescanDurationState {
    pub rescan_duration: Option<String>,
    pub status: Option<String>,
    pub updated_at: Option<Timestamp>,
    pub pull_date_rescan_duration: Option<String>,
    pub pull_date_rescan_mode: Option<String>,
}
structure!(EcrRescanDurationState {
0 rescan_duration,
1 status,
2 updated_at,
3 pull_date_rescan_duration,
4 pull_date_rescan_mode,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EnableRequest {
    pub account_ids: Option<Vec<String>>,
    pub resource_types: Option<Vec<String>>,
    pub client_token: Option<String>,
}
structure!(EnableRequest {
0 account_ids,
1 resource_types,
2 client_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EnableResponse {
    pub accounts: Option<Vec<Account>>,
    pub failed_accounts: Option<Vec<FailedAccount>>,
}
structure!(EnableResponse {
0 accounts,
1 failed_accounts,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Epss {
    pub score: Option<f64>,
}
structure!(Epss {
0 score,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EpssDetails {
    pub score: Option<f64>,
}
structure!(EpssDetails {
0 score,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Evidence {
    pub evidence_rule: Option<String>,
    pub evidence_detail: Option<String>,
    pub severity: Option<String>,
}
structure!(Evidence {
0 evidence_rule,
1 evidence_detail,
2 severity,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ExploitObserved {
    pub last_seen: Option<Timestamp>,
    pub first_seen: Option<Timestamp>,
}
structure!(ExploitObserved {
0 last_seen,
1 first_seen,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ExploitabilityDetails {
    pub last_known_exploit_at: Option<Timestamp>,
}
structure!(ExploitabilityDetails {
0 last_known_exploit_at,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct FailedAccount {
    pub account_id: Option<String>,
    pub status: Option<String>,
    pub resource_status: Option<ResourceStatus>,
    pub error_code: Option<String>,
    pub error_message: Option<String>,
}
structure!(FailedAccount {
0 account_id,
1 status,
2 resource_status,
3 error_code,
4 error_message,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filter {
    pub arn: Option<String>,
    pub owner_id: Option<String>,
    pub name: Option<String>,
    pub criteria: Option<FilterCriteria>,
    pub action: Option<String>,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
    pub description: Option<String>,
    pub reason: Option<String>,
    pub tags: Option<BTreeMap<String, String>>,
}
structure!(Filter {
0 arn,
1 owner_id,
2 name,
3 criteria,
4 action,
5 created_at,
6 updated_at,
7 description,
8 reason,
9 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct FilterCriteria {
    pub finding_arn: Option<Vec<StringFilter>>,
    pub aws_account_id: Option<Vec<StringFilter>>,
    pub finding_type: Option<Vec<StringFilter>>,
    pub severity: Option<Vec<StringFilter>>,
    pub first_observed_at: Option<Vec<DateFilter>>,
    pub last_observed_at: Option<Vec<DateFilter>>,
    pub updated_at: Option<Vec<DateFilter>>,
    pub finding_status: Option<Vec<StringFilter>>,
    pub title: Option<Vec<StringFilter>>,
    pub inspector_score: Option<Vec<NumberFilter>>,
    pub resource_type: Option<Vec<StringFilter>>,
    pub resource_id: Option<Vec<StringFilter>>,
    pub resource_tags: Option<Vec<MapFilter>>,
    pub ec2_instance_image_id: Option<Vec<StringFilter>>,
    pub ec2_instance_vpc_id: Option<Vec<StringFilter>>,
    pub ec2_instance_subnet_id: Option<Vec<StringFilter>>,
    pub ecr_image_pushed_at: Option<Vec<DateFilter>>,
    pub ecr_image_architecture: Option<Vec<StringFilter>>,
    pub ecr_image_registry: Option<Vec<StringFilter>>,
    pub ecr_image_repository_name: Option<Vec<StringFilter>>,
    pub ecr_image_tags: Option<Vec<StringFilter>>,
    pub ecr_image_hash: Option<Vec<StringFilter>>,
    pub ecr_image_last_in_use_at: Option<Vec<DateFilter>>,
    pub ecr_image_in_use_count: Option<Vec<NumberFilter>>,
    pub port_range: Option<Vec<PortRangeFilter>>,
    pub network_protocol: Option<Vec<StringFilter>>,
    pub component_id: Option<Vec<StringFilter>>,
    pub component_type: Option<Vec<StringFilter>>,
    pub vulnerability_id: Option<Vec<StringFilter>>,
    pub vulnerability_source: Option<Vec<StringFilter>>,
    pub vendor_severity: Option<Vec<StringFilter>>,
    pub vulnerable_packages: Option<Vec<PackageFilter>>,
    pub related_vulnerabilities: Option<Vec<StringFilter>>,
    pub fix_available: Option<Vec<StringFilter>>,
    pub lambda_function_name: Option<Vec<StringFilter>>,
    pub lambda_function_layers: Option<Vec<StringFilter>>,
    pub lambda_function_runtime: Option<Vec<StringFilter>>,
    pub lambda_function_last_modified_at: Option<Vec<DateFilter>>,
    pub lambda_function_execution_role_arn: Option<Vec<StringFilter>>,
    pub exploit_available: Option<Vec<StringFilter>>,
    pub code_vulnerability_detector_name: Option<Vec<StringFilter>>,
    pub code_vulnerability_detector_tags: Option<Vec<StringFilter>>,
    pub code_vulnerability_file_path: Option<Vec<StringFilter>>,
    pub epss_score: Option<Vec<NumberFilter>>,
    pub code_repository_project_name: Option<Vec<StringFilter>>,
    pub code_repository_provider_type: Option<Vec<StringFilter>>,
    pub machine_image_id: Option<Vec<StringFilter>>,
    pub machine_image_name: Option<Vec<StringFilter>>,
    pub machine_image_owner_account_id: Option<Vec<StringFilter>>,
    pub machine_image_platform: Option<Vec<StringFilter>>,
    pub cloud_provider: Option<Vec<StringFilter>>,
    pub cloud_provider_region: Option<Vec<StringFilter>>,
    pub cloud_provider_account_id: Option<Vec<StringFilter>>,
    pub cloud_provider_org_id: Option<Vec<StringFilter>>,
    pub cloud_vm_image_reference: Option<Vec<StringFilter>>,
    pub cloud_vm_network_id: Option<Vec<StringFilter>>,
    pub cloud_vm_subnet_ids: Option<Vec<StringFilter>>,
    pub cloud_image_repository_name: Option<Vec<StringFilter>>,
    pub cloud_image_registry: Option<Vec<StringFilter>>,
    pub cloud_image_digest: Option<Vec<StringFilter>>,
    pub cloud_image_tags: Option<Vec<StringFilter>>,
    pub cloud_image_pushed_at: Option<Vec<DateFilter>>,
    pub cloud_image_architecture: Option<Vec<StringFilter>>,
    pub cloud_image_last_in_use_at: Option<Vec<DateFilter>>,
    pub cloud_image_in_use_count: Option<Vec<NumberFilter>>,
    pub cloud_serverless_function_name: Option<Vec<StringFilter>>,
    pub cloud_serverless_function_runtime: Option<Vec<StringFilter>>,
    pub cloud_serverless_function_last_modified_at: Option<Vec<DateFilter>>,
    pub cloud_serverless_function_execution_role: Option<Vec<StringFilter>>,
}
structure!(FilterCriteria {
0 finding_arn,
1 aws_account_id,
2 finding_type,
3 severity,
4 first_observed_at,
5 last_observed_at,
6 updated_at,
7 finding_status,
8 title,
9 inspector_score,
10 resource_type,
11 resource_id,
12 resource_tags,
13 ec2_instance_image_id,
14 ec2_instance_vpc_id,
15 ec2_instance_subnet_id,
16 ecr_image_pushed_at,
17 ecr_image_architecture,
18 ecr_image_registry,
19 ecr_image_repository_name,
20 ecr_image_tags,
21 ecr_image_hash,
22 ecr_image_last_in_use_at,
23 ecr_image_in_use_count,
24 port_range,
25 network_protocol,
26 component_id,
27 component_type,
28 vulnerability_id,
29 vulnerability_source,
30 vendor_severity,
31 vulnerable_packages,
32 related_vulnerabilities,
33 fix_available,
34 lambda_function_name,
35 lambda_function_layers,
36 lambda_function_runtime,
37 lambda_function_last_modified_at,
38 lambda_function_execution_role_arn,
39 exploit_available,
40 code_vulnerability_detector_name,
41 code_vulnerability_detector_tags,
42 code_vulnerability_file_path,
43 epss_score,
44 code_repository_project_name,
45 code_repository_provider_type,
46 machine_image_id,
47 machine_image_name,
48 machine_image_owner_account_id,
49 machine_image_platform,
50 cloud_provider,
51 cloud_provider_region,
52 cloud_provider_account_id,
53 cloud_provider_org_id,
54 cloud_vm_image_reference,
55 cloud_vm_network_id,
56 cloud_vm_subnet_ids,
57 cloud_image_repository_name,
58 cloud_image_registry,
59 cloud_image_digest,
60 cloud_image_tags,
61 cloud_image_pushed_at,
62 cloud_image_architecture,
63 cloud_image_last_in_use_at,
64 cloud_image_in_use_count,
65 cloud_serverless_function_name,
66 cloud_serverless_function_runtime,
67 cloud_serverless_function_last_modified_at,
68 cloud_serverless_function_execution_role,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Finding {
    pub finding_arn: Option<String>,
    pub aws_account_id: Option<String>,
    pub type_: Option<String>,
    pub description: Option<String>,
    pub title: Option<String>,
    pub remediation: Option<Remediation>,
    pub severity: Option<String>,
    pub first_observed_at: Option<Timestamp>,
    pub last_observed_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
    pub status: Option<String>,
    pub resources: Option<Vec<Resource>>,
    pub inspector_score: Option<f64>,
    pub inspector_score_details: Option<InspectorScoreDetails>,
    pub network_reachability_details: Option<NetworkReachabilityDetails>,
    pub package_vulnerability_details: Option<PackageVulnerabilityDetails>,
    pub fix_available: Option<String>,
    pub exploit_available: Option<String>,
    pub exploitability_details: Option<ExploitabilityDetails>,
    pub code_vulnerability_details: Option<CodeVulnerabilityDetails>,
    pub epss: Option<EpssDetails>,
}
structure!(Finding {
0 finding_arn,
1 aws_account_id,
2 type_,
3 description,
4 title,
5 remediation,
6 severity,
7 first_observed_at,
8 last_observed_at,
9 updated_at,
10 status,
11 resources,
12 inspector_score,
13 inspector_score_details,
14 network_reachability_details,
15 package_vulnerability_details,
16 fix_available,
17 exploit_available,
18 exploitability_details,
19 code_vulnerability_details,
20 epss,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct FindingDetail {
    pub finding_arn: Option<String>,
    pub cisa_data: Option<CisaData>,
    pub risk_score: Option<i32>,
    pub evidences: Option<Vec<Evidence>>,
    pub ttps: Option<Vec<String>>,
    pub tools: Option<Vec<String>>,
    pub exploit_observed: Option<ExploitObserved>,
    pub reference_urls: Option<Vec<String>>,
    pub cwes: Option<Vec<String>>,
    pub epss_score: Option<f64>,
}
structure!(FindingDetail {
0 finding_arn,
1 cisa_data,
2 risk_score,
3 evidences,
4 ttps,
5 tools,
6 exploit_observed,
7 reference_urls,
8 cwes,
9 epss_score,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct FindingDetailsError {
    pub finding_arn: Option<String>,
    pub error_code: Option<String>,
    pub error_message: Option<String>,
}
structure!(FindingDetailsError {
0 finding_arn,
1 error_code,
2 error_message,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct FindingTypeAggregation {
    pub finding_type: Option<String>,
    pub resource_type: Option<String>,
    pub sort_order: Option<String>,
    pub sort_by: Option<String>,
}
structure!(FindingTypeAggregation {
0 finding_type,
1 resource_type,
2 sort_order,
3 sort_by,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct FindingTypeAggregationResponse {
    pub account_id: Option<String>,
    pub severity_counts: Option<SeverityCounts>,
    pub exploit_available_count: Option<i64>,
    pub fix_available_count: Option<i64>,
    pub cloud_provider: Option<String>,
    pub cloud_account_id: Option<String>,
    pub cloud_org_id: Option<String>,
    pub cloud_region: Option<String>,
    pub cloud_partition: Option<String>,
}
structure!(FindingTypeAggregationResponse {
0 account_id,
1 severity_counts,
2 exploit_available_count,
3 fix_available_count,
4 cloud_provider,
5 cloud_account_id,
6 cloud_org_id,
7 cloud_region,
8 cloud_partition,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetClustersForImageRequest {
    pub filter: Option<ClusterForImageFilterCriteria>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
}
structure!(GetClustersForImageRequest {
0 filter,
1 max_results,
2 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetClustersForImageResponse {
    pub cluster: Option<Vec<ClusterInformation>>,
    pub next_token: Option<String>,
}
structure!(GetClustersForImageResponse {
0 cluster,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetConfigurationRequest {
    pub account_id: Option<String>,
}
structure!(GetConfigurationRequest {
0 account_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetConfigurationResponse {
    pub ecr_configuration: Option<EcrConfigurationState>,
    pub ec2_configuration: Option<Ec2ConfigurationState>,
    pub ami_configuration: Option<AmiConfigurationState>,
}
structure!(GetConfigurationResponse {
0 ecr_configuration,
1 ec2_configuration,
2 ami_configuration,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetEncryptionKeyRequest {
    pub scan_type: Option<String>,
    pub resource_type: Option<String>,
}
structure!(GetEncryptionKeyRequest {
0 scan_type,
1 resource_type,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetEncryptionKeyResponse {
    pub kms_key_id: Option<String>,
}
structure!(GetEncryptionKeyResponse {
0 kms_key_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetFindingsReportStatusRequest {
    pub report_id: Option<String>,
}
structure!(GetFindingsReportStatusRequest {
0 report_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetFindingsReportStatusResponse {
    pub report_id: Option<String>,
    pub status: Option<String>,
    pub error_code: Option<String>,
    pub error_message: Option<String>,
    pub destination: Option<Destination>,
    pub filter_criteria: Option<FilterCriteria>,
}
structure!(GetFindingsReportStatusResponse {
0 report_id,
1 status,
2 error_code,
3 error_message,
4 destination,
5 filter_criteria,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetSbomExportRequest {
    pub report_id: Option<String>,
}
structure!(GetSbomExportRequest {
0 report_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetSbomExportResponse {
    pub report_id: Option<String>,
    pub format: Option<String>,
    pub status: Option<String>,
    pub error_code: Option<String>,
    pub error_message: Option<String>,
    pub s3_destination: Option<Destination>,
    pub filter_criteria: Option<ResourceFilterCriteria>,
}
structure!(GetSbomExportResponse {
0 report_id,
1 format,
2 status,
3 error_code,
4 error_message,
5 s3_destination,
6 filter_criteria,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Image {
    pub repository_name: Option<String>,
    pub registry: Option<String>,
    pub image_tags: Option<Vec<String>>,
    pub image_digest: Option<String>,
    pub pushed_at: Option<Timestamp>,
    pub architecture: Option<String>,
    pub author: Option<String>,
    pub in_use_count: Option<i64>,
    pub last_in_use_at: Option<Timestamp>,
    pub platform: Option<String>,
}
structure!(Image {
0 repository_name,
1 registry,
2 image_tags,
3 image_digest,
4 pushed_at,
5 architecture,
6 author,
7 in_use_count,
8 last_in_use_at,
9 platform,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ImageLayerAggregation {
    pub repositories: Option<Vec<StringFilter>>,
    pub resource_ids: Option<Vec<StringFilter>>,
    pub layer_hashes: Option<Vec<StringFilter>>,
    pub cloud_providers: Option<Vec<StringFilter>>,
    pub cloud_account_ids: Option<Vec<StringFilter>>,
    pub cloud_org_ids: Option<Vec<StringFilter>>,
    pub cloud_regions: Option<Vec<StringFilter>>,
    pub cloud_partitions: Option<Vec<StringFilter>>,
    pub sort_order: Option<String>,
    pub sort_by: Option<String>,
}
structure!(ImageLayerAggregation {
0 repositories,
1 resource_ids,
2 layer_hashes,
3 cloud_providers,
4 cloud_account_ids,
5 cloud_org_ids,
6 cloud_regions,
7 cloud_partitions,
8 sort_order,
9 sort_by,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ImageLayerAggregationResponse {
    pub repository: Option<String>,
    pub resource_id: Option<String>,
    pub layer_hash: Option<String>,
    pub account_id: Option<String>,
    pub cloud_provider: Option<String>,
    pub cloud_account_id: Option<String>,
    pub cloud_org_id: Option<String>,
    pub cloud_region: Option<String>,
    pub cloud_partition: Option<String>,
    pub severity_counts: Option<SeverityCounts>,
}
structure!(ImageLayerAggregationResponse {
0 repository,
1 resource_id,
2 layer_hash,
3 account_id,
4 cloud_provider,
5 cloud_account_id,
6 cloud_org_id,
7 cloud_region,
8 cloud_partition,
9 severity_counts,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InspectorScoreDetails {
    pub adjusted_cvss: Option<CvssScoreDetails>,
}
structure!(InspectorScoreDetails {
0 adjusted_cvss,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LambdaFunctionAggregation {
    pub resource_ids: Option<Vec<StringFilter>>,
    pub function_names: Option<Vec<StringFilter>>,
    pub runtimes: Option<Vec<StringFilter>>,
    pub function_tags: Option<Vec<MapFilter>>,
    pub sort_order: Option<String>,
    pub sort_by: Option<String>,
}
structure!(LambdaFunctionAggregation {
0 resource_ids,
1 function_names,
2 runtimes,
3 function_tags,
4 sort_order,
5 sort_by,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LambdaFunctionAggregationResponse {
    pub resource_id: Option<String>,
    pub function_name: Option<String>,
    pub runtime: Option<String>,
    pub lambda_tags: Option<BTreeMap<String, String>>,
    pub account_id: Option<String>,
    pub severity_counts: Option<SeverityCounts>,
    pub last_modified_at: Option<Timestamp>,
}
structure!(LambdaFunctionAggregationResponse {
0 resource_id,
1 function_name,
2 runtime,
3 lambda_tags,
4 account_id,
5 severity_counts,
6 last_modified_at,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LambdaFunctionMetadata {
    pub function_tags: Option<BTreeMap<String, String>>,
    pub layers: Option<Vec<String>>,
    pub function_name: Option<String>,
    pub runtime: Option<String>,
}
structure!(LambdaFunctionMetadata {
0 function_tags,
1 layers,
2 function_name,
3 runtime,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LambdaLayerAggregation {
    pub function_names: Option<Vec<StringFilter>>,
    pub resource_ids: Option<Vec<StringFilter>>,
    pub layer_arns: Option<Vec<StringFilter>>,
    pub sort_order: Option<String>,
    pub sort_by: Option<String>,
}
structure!(LambdaLayerAggregation {
0 function_names,
1 resource_ids,
2 layer_arns,
3 sort_order,
4 sort_by,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LambdaLayerAggregationResponse {
    pub function_name: Option<String>,
    pub resource_id: Option<String>,
    pub layer_arn: Option<String>,
    pub account_id: Option<String>,
    pub severity_counts: Option<SeverityCounts>,
}
structure!(LambdaLayerAggregationResponse {
0 function_name,
1 resource_id,
2 layer_arn,
3 account_id,
4 severity_counts,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LambdaVpcConfig {
    pub subnet_ids: Option<Vec<String>>,
    pub security_group_ids: Option<Vec<String>>,
    pub vpc_id: Option<String>,
}
structure!(LambdaVpcConfig {
0 subnet_ids,
1 security_group_ids,
2 vpc_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListAccountPermissionsRequest {
    pub service: Option<String>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
}
structure!(ListAccountPermissionsRequest {
0 service,
1 max_results,
2 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListAccountPermissionsResponse {
    pub permissions: Option<Vec<Permission>>,
    pub next_token: Option<String>,
}
structure!(ListAccountPermissionsResponse {
0 permissions,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListCoverageRequest {
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
    pub filter_criteria: Option<CoverageFilterCriteria>,
}
structure!(ListCoverageRequest {
0 max_results,
1 next_token,
2 filter_criteria,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListCoverageResponse {
    pub next_token: Option<String>,
    pub covered_resources: Option<Vec<CoveredResource>>,
}
structure!(ListCoverageResponse {
0 next_token,
1 covered_resources,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListCoverageStatisticsRequest {
    pub filter_criteria: Option<CoverageFilterCriteria>,
    pub group_by: Option<String>,
    pub next_token: Option<String>,
}
structure!(ListCoverageStatisticsRequest {
0 filter_criteria,
1 group_by,
2 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListCoverageStatisticsResponse {
    pub counts_by_group: Option<Vec<Counts>>,
    pub total_counts: Option<i64>,
    pub next_token: Option<String>,
}
structure!(ListCoverageStatisticsResponse {
0 counts_by_group,
1 total_counts,
2 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListFiltersRequest {
    pub arns: Option<Vec<String>>,
    pub action: Option<String>,
    pub next_token: Option<String>,
    pub max_results: Option<i32>,
}
structure!(ListFiltersRequest {
0 arns,
1 action,
2 next_token,
3 max_results,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListFiltersResponse {
    pub filters: Option<Vec<Filter>>,
    pub next_token: Option<String>,
}
structure!(ListFiltersResponse {
0 filters,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListFindingAggregationsRequest {
    pub aggregation_type: Option<String>,
    pub next_token: Option<String>,
    pub max_results: Option<i32>,
    pub account_ids: Option<Vec<StringFilter>>,
    pub aggregation_request: Option<AggregationRequest>,
}
structure!(ListFindingAggregationsRequest {
0 aggregation_type,
1 next_token,
2 max_results,
3 account_ids,
4 aggregation_request,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListFindingAggregationsResponse {
    pub aggregation_type: Option<String>,
    pub responses: Option<Vec<AggregationResponse>>,
    pub next_token: Option<String>,
}
structure!(ListFindingAggregationsResponse {
0 aggregation_type,
1 responses,
2 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListFindingsRequest {
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
    pub filter_criteria: Option<FilterCriteria>,
    pub sort_criteria: Option<SortCriteria>,
}
structure!(ListFindingsRequest {
0 max_results,
1 next_token,
2 filter_criteria,
3 sort_criteria,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListFindingsResponse {
    pub next_token: Option<String>,
    pub findings: Option<Vec<Finding>>,
}
structure!(ListFindingsResponse {
0 next_token,
1 findings,
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
    pub tags: Option<BTreeMap<String, String>>,
}
structure!(ListTagsForResourceResponse {
0 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListUsageTotalsRequest {
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
    pub account_ids: Option<Vec<String>>,
}
structure!(ListUsageTotalsRequest {
0 max_results,
1 next_token,
2 account_ids,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListUsageTotalsResponse {
    pub next_token: Option<String>,
    pub totals: Option<Vec<UsageTotal>>,
}
structure!(ListUsageTotalsResponse {
0 next_token,
1 totals,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct MachineImageDetails {
    pub machine_image_id: Option<String>,
    pub name: Option<String>,
    pub owner_account_id: Option<String>,
    pub platform: Option<String>,
    pub architecture: Option<String>,
    pub creation_date: Option<Timestamp>,
    pub state: Option<String>,
    pub is_public: Option<bool>,
    pub root_device_type: Option<String>,
    pub virtualization_type: Option<String>,
    pub source_resource_id: Option<String>,
}
structure!(MachineImageDetails {
0 machine_image_id,
1 name,
2 owner_account_id,
3 platform,
4 architecture,
5 creation_date,
6 state,
7 is_public,
8 root_device_type,
9 virtualization_type,
10 source_resource_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct MachineImageMetadata {
    pub tags: Option<BTreeMap<String, String>>,
    pub platform: Option<String>,
}
structure!(MachineImageMetadata {
0 tags,
1 platform,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct MapFilter {
    pub comparison: Option<String>,
    pub key: Option<String>,
    pub value: Option<String>,
}
structure!(MapFilter {
0 comparison,
1 key,
2 value,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct NetworkPath {
    pub steps: Option<Vec<Step>>,
}
structure!(NetworkPath {
0 steps,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct NetworkReachabilityDetails {
    pub open_port_range: Option<PortRange>,
    pub protocol: Option<String>,
    pub network_path: Option<NetworkPath>,
}
structure!(NetworkReachabilityDetails {
0 open_port_range,
1 protocol,
2 network_path,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct NumberFilter {
    pub upper_inclusive: Option<f64>,
    pub lower_inclusive: Option<f64>,
}
structure!(NumberFilter {
0 upper_inclusive,
1 lower_inclusive,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PackageAggregation {
    pub package_names: Option<Vec<StringFilter>>,
    pub sort_order: Option<String>,
    pub sort_by: Option<String>,
}
structure!(PackageAggregation {
0 package_names,
1 sort_order,
2 sort_by,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PackageAggregationResponse {
    pub package_name: Option<String>,
    pub account_id: Option<String>,
    pub severity_counts: Option<SeverityCounts>,
}
structure!(PackageAggregationResponse {
0 package_name,
1 account_id,
2 severity_counts,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PackageFilter {
    pub name: Option<StringFilter>,
    pub version: Option<StringFilter>,
    pub epoch: Option<NumberFilter>,
    pub release: Option<StringFilter>,
    pub architecture: Option<StringFilter>,
    pub source_layer_hash: Option<StringFilter>,
    pub source_lambda_layer_arn: Option<StringFilter>,
    pub file_path: Option<StringFilter>,
}
structure!(PackageFilter {
0 name,
1 version,
2 epoch,
3 release,
4 architecture,
5 source_layer_hash,
6 source_lambda_layer_arn,
7 file_path,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PackageVulnerabilityDetails {
    pub vulnerability_id: Option<String>,
    pub vulnerable_packages: Option<Vec<VulnerablePackage>>,
    pub source: Option<String>,
    pub cvss: Option<Vec<CvssScore>>,
    pub related_vulnerabilities: Option<Vec<String>>,
    pub source_url: Option<String>,
    pub vendor_severity: Option<String>,
    pub vendor_created_at: Option<Timestamp>,
    pub vendor_updated_at: Option<Timestamp>,
    pub reference_urls: Option<Vec<String>>,
}
structure!(PackageVulnerabilityDetails {
0 vulnerability_id,
1 vulnerable_packages,
2 source,
3 cvss,
4 related_vulnerabilities,
5 source_url,
6 vendor_severity,
7 vendor_created_at,
8 vendor_updated_at,
9 reference_urls,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Permission {
    pub service: Option<String>,
    pub operation: Option<String>,
}
structure!(Permission {
0 service,
1 operation,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PortRange {
    pub begin: Option<i32>,
    pub end: Option<i32>,
}
structure!(PortRange {
0 begin,
1 end,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PortRangeFilter {
    pub begin_inclusive: Option<i32>,
    pub end_inclusive: Option<i32>,
}
structure!(PortRangeFilter {
0 begin_inclusive,
1 end_inclusive,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ProjectCodeSecurityScanConfiguration {
    pub periodic_scan_configurations: Option<Vec<ProjectPeriodicScanConfiguration>>,
    pub continuous_integration_scan_configurations:
        Option<Vec<ProjectContinuousIntegrationScanConfiguration>>,
}
structure!(ProjectCodeSecurityScanConfiguration {
0 periodic_scan_configurations,
1 continuous_integration_scan_configurations,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ProjectContinuousIntegrationScanConfiguration {
    pub supported_event: Option<String>,
    pub rule_set_categories: Option<Vec<String>>,
}
structure!(ProjectContinuousIntegrationScanConfiguration {
0 supported_event,
1 rule_set_categories,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ProjectPeriodicScanConfiguration {
    pub frequency_expression: Option<String>,
    pub rule_set_categories: Option<Vec<String>>,
}
structure!(ProjectPeriodicScanConfiguration {
0 frequency_expression,
1 rule_set_categories,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Recommendation {
    pub text: Option<String>,
    pub url: Option<String>,
}
structure!(Recommendation {
0 text,
1 url,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Remediation {
    pub recommendation: Option<Recommendation>,
}
structure!(Remediation {
0 recommendation,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RepositoryAggregation {
    pub repositories: Option<Vec<StringFilter>>,
    pub sort_order: Option<String>,
    pub sort_by: Option<String>,
}
structure!(RepositoryAggregation {
0 repositories,
1 sort_order,
2 sort_by,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RepositoryAggregationResponse {
    pub repository: Option<String>,
    pub account_id: Option<String>,
    pub cloud_provider: Option<String>,
    pub cloud_partition: Option<String>,
    pub cloud_region: Option<String>,
    pub cloud_org_id: Option<String>,
    pub cloud_account_id: Option<String>,
    pub severity_counts: Option<SeverityCounts>,
    pub affected_images: Option<i64>,
}
structure!(RepositoryAggregationResponse {
0 repository,
1 account_id,
2 cloud_provider,
3 cloud_partition,
4 cloud_region,
5 cloud_org_id,
6 cloud_account_id,
7 severity_counts,
8 affected_images,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResetEncryptionKeyRequest {
    pub scan_type: Option<String>,
    pub resource_type: Option<String>,
}
structure!(ResetEncryptionKeyRequest {
0 scan_type,
1 resource_type,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResetEncryptionKeyResponse {}
structure!(ResetEncryptionKeyResponse {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Resource {
    pub type_: Option<String>,
    pub id: Option<String>,
    pub partition: Option<String>,
    pub region: Option<String>,
    pub tags: Option<BTreeMap<String, String>>,
    pub details: Option<ResourceDetails>,
    pub provider: Option<String>,
    pub provider_account_id: Option<String>,
    pub provider_org_id: Option<String>,
}
structure!(Resource {
0 type_,
1 id,
2 partition,
3 region,
4 tags,
5 details,
6 provider,
7 provider_account_id,
8 provider_org_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResourceDetails {
    pub aws_ec2_instance: Option<AwsEc2InstanceDetails>,
    pub aws_ecr_container_image: Option<AwsEcrContainerImageDetails>,
    pub aws_lambda_function: Option<AwsLambdaFunctionDetails>,
    pub code_repository: Option<CodeRepositoryDetails>,
    pub machine_image: Option<MachineImageDetails>,
    pub vm: Option<Vm>,
    pub image: Option<Image>,
    pub serverless_function: Option<ServerlessFunction>,
}
structure!(ResourceDetails {
0 aws_ec2_instance,
1 aws_ecr_container_image,
2 aws_lambda_function,
3 code_repository,
4 machine_image,
5 vm,
6 image,
7 serverless_function,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResourceFilterCriteria {
    pub account_id: Option<Vec<ResourceStringFilter>>,
    pub resource_id: Option<Vec<ResourceStringFilter>>,
    pub resource_type: Option<Vec<ResourceStringFilter>>,
    pub ecr_repository_name: Option<Vec<ResourceStringFilter>>,
    pub lambda_function_name: Option<Vec<ResourceStringFilter>>,
    pub ecr_image_tags: Option<Vec<ResourceStringFilter>>,
    pub ec2_instance_tags: Option<Vec<ResourceMapFilter>>,
    pub lambda_function_tags: Option<Vec<ResourceMapFilter>>,
    pub cloud_provider: Option<Vec<ResourceStringFilter>>,
    pub cloud_provider_account_id: Option<Vec<ResourceStringFilter>>,
    pub cloud_provider_org_id: Option<Vec<ResourceStringFilter>>,
    pub cloud_provider_region: Option<Vec<ResourceStringFilter>>,
    pub cloud_vm_instance_tags: Option<Vec<ResourceMapFilter>>,
    pub cloud_container_image_tags: Option<Vec<ResourceStringFilter>>,
    pub cloud_container_repository_name: Option<Vec<ResourceStringFilter>>,
    pub cloud_container_registry_name: Option<Vec<ResourceStringFilter>>,
    pub cloud_serverless_function_name: Option<Vec<ResourceStringFilter>>,
    pub cloud_serverless_function_runtime: Option<Vec<ResourceStringFilter>>,
    pub cloud_serverless_function_tags: Option<Vec<ResourceMapFilter>>,
}
structure!(ResourceFilterCriteria {
0 account_id,
1 resource_id,
2 resource_type,
3 ecr_repository_name,
4 lambda_function_name,
5 ecr_image_tags,
6 ec2_instance_tags,
7 lambda_function_tags,
8 cloud_provider,
9 cloud_provider_account_id,
10 cloud_provider_org_id,
11 cloud_provider_region,
12 cloud_vm_instance_tags,
13 cloud_container_image_tags,
14 cloud_container_repository_name,
15 cloud_container_registry_name,
16 cloud_serverless_function_name,
17 cloud_serverless_function_runtime,
18 cloud_serverless_function_tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResourceMapFilter {
    pub comparison: Option<String>,
    pub key: Option<String>,
    pub value: Option<String>,
}
structure!(ResourceMapFilter {
0 comparison,
1 key,
2 value,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResourceScanMetadata {
    pub ecr_repository: Option<EcrRepositoryMetadata>,
    pub ecr_image: Option<EcrContainerImageMetadata>,
    pub ec2: Option<Ec2Metadata>,
    pub lambda_function: Option<LambdaFunctionMetadata>,
    pub code_repository: Option<CodeRepositoryMetadata>,
    pub vm_instance: Option<VmInstanceMetadata>,
    pub container_image: Option<ContainerImageMetadata>,
    pub container_repository: Option<ContainerRepositoryMetadata>,
    pub container_registry: Option<ContainerRegistryMetadata>,
    pub serverless_function: Option<ServerlessFunctionMetadata>,
    pub machine_image: Option<MachineImageMetadata>,
}
structure!(ResourceScanMetadata {
0 ecr_repository,
1 ecr_image,
2 ec2,
3 lambda_function,
4 code_repository,
5 vm_instance,
6 container_image,
7 container_repository,
8 container_registry,
9 serverless_function,
10 machine_image,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResourceState {
    pub ec2: Option<State>,
    pub ecr: Option<State>,
    pub lambda: Option<State>,
    pub lambda_code: Option<State>,
    pub code_repository: Option<State>,
    pub ami: Option<State>,
}
structure!(ResourceState {
0 ec2,
1 ecr,
2 lambda,
3 lambda_code,
4 code_repository,
5 ami,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResourceStatus {
    pub ec2: Option<String>,
    pub ecr: Option<String>,
    pub lambda: Option<String>,
    pub lambda_code: Option<String>,
    pub code_repository: Option<String>,
    pub ami: Option<String>,
}
structure!(ResourceStatus {
0 ec2,
1 ecr,
2 lambda,
3 lambda_code,
4 code_repository,
5 ami,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResourceStringFilter {
    pub comparison: Option<String>,
    pub value: Option<String>,
}
structure!(ResourceStringFilter {
0 comparison,
1 value,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ScanStatus {
    pub status_code: Option<String>,
    pub reason: Option<String>,
}
structure!(ScanStatus {
0 status_code,
1 reason,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SearchVulnerabilitiesFilterCriteria {
    pub vulnerability_ids: Option<Vec<String>>,
}
structure!(SearchVulnerabilitiesFilterCriteria {
0 vulnerability_ids,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SearchVulnerabilitiesRequest {
    pub filter_criteria: Option<SearchVulnerabilitiesFilterCriteria>,
    pub next_token: Option<String>,
}
structure!(SearchVulnerabilitiesRequest {
0 filter_criteria,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SearchVulnerabilitiesResponse {
    pub vulnerabilities: Option<Vec<Vulnerability>>,
    pub next_token: Option<String>,
}
structure!(SearchVulnerabilitiesResponse {
0 vulnerabilities,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ServerlessFunction {
    pub serverless_function_name: Option<String>,
    pub runtime: Option<String>,
    pub version: Option<String>,
    pub code_digest: Option<String>,
    pub last_modified_at: Option<Timestamp>,
    pub network_id: Option<String>,
    pub subnet_ids: Option<Vec<String>>,
    pub security_group_ids: Option<Vec<String>>,
    pub execution_role: Option<String>,
    pub package_type: Option<String>,
    pub architectures: Option<Vec<String>>,
    pub layers: Option<Vec<String>>,
}
structure!(ServerlessFunction {
0 serverless_function_name,
1 runtime,
2 version,
3 code_digest,
4 last_modified_at,
5 network_id,
6 subnet_ids,
7 security_group_ids,
8 execution_role,
9 package_type,
10 architectures,
11 layers,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ServerlessFunctionAggregation {
    pub resource_ids: Option<Vec<StringFilter>>,
    pub function_names: Option<Vec<StringFilter>>,
    pub runtimes: Option<Vec<StringFilter>>,
    pub function_tags: Option<Vec<MapFilter>>,
    pub cloud_providers: Option<Vec<StringFilter>>,
    pub cloud_partitions: Option<Vec<StringFilter>>,
    pub cloud_regions: Option<Vec<StringFilter>>,
    pub cloud_org_ids: Option<Vec<StringFilter>>,
    pub cloud_account_ids: Option<Vec<StringFilter>>,
    pub sort_order: Option<String>,
    pub sort_by: Option<String>,
}
structure!(ServerlessFunctionAggregation {
0 resource_ids,
1 function_names,
2 runtimes,
3 function_tags,
4 cloud_providers,
5 cloud_partitions,
6 cloud_regions,
7 cloud_org_ids,
8 cloud_account_ids,
9 sort_order,
10 sort_by,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ServerlessFunctionAggregationResponse {
    pub resource_id: Option<String>,
    pub cloud_provider: Option<String>,
    pub cloud_account_id: Option<String>,
    pub cloud_partition: Option<String>,
    pub cloud_region: Option<String>,
    pub cloud_org_id: Option<String>,
    pub function_name: Option<String>,
    pub runtime: Option<String>,
    pub tags: Option<BTreeMap<String, String>>,
    pub account_id: Option<String>,
    pub severity_counts: Option<SeverityCounts>,
    pub last_modified_at: Option<Timestamp>,
    pub exploit_available_active_findings_count: Option<i64>,
    pub fix_available_active_findings_count: Option<i64>,
}
structure!(ServerlessFunctionAggregationResponse {
0 resource_id,
1 cloud_provider,
2 cloud_account_id,
3 cloud_partition,
4 cloud_region,
5 cloud_org_id,
6 function_name,
7 runtime,
8 tags,
9 account_id,
10 severity_counts,
11 last_modified_at,
12 exploit_available_active_findings_count,
13 fix_available_active_findings_count,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ServerlessFunctionMetadata {
    pub serverless_function_name: Option<String>,
    pub runtime: Option<String>,
    pub function_tags: Option<BTreeMap<String, String>>,
}
structure!(ServerlessFunctionMetadata {
0 serverless_function_name,
1 runtime,
2 function_tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SeverityCounts {
    pub all: Option<i64>,
    pub medium: Option<i64>,
    pub high: Option<i64>,
    pub critical: Option<i64>,
    pub low: Option<i64>,
    pub informational: Option<i64>,
    pub untriaged: Option<i64>,
}
structure!(SeverityCounts {
0 all,
1 medium,
2 high,
3 critical,
4 low,
5 informational,
6 untriaged,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SortCriteria {
    pub field: Option<String>,
    pub sort_order: Option<String>,
}
structure!(SortCriteria {
0 field,
1 sort_order,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct State {
    pub status: Option<String>,
    pub error_code: Option<String>,
    pub error_message: Option<String>,
}
structure!(State {
0 status,
1 error_code,
2 error_message,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Step {
    pub component_id: Option<String>,
    pub component_type: Option<String>,
    pub component_arn: Option<String>,
}
structure!(Step {
0 component_id,
1 component_type,
2 component_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct StringFilter {
    pub comparison: Option<String>,
    pub value: Option<String>,
}
structure!(StringFilter {
0 comparison,
1 value,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TagResourceRequest {
    pub resource_arn: Option<String>,
    pub tags: Option<BTreeMap<String, String>>,
}
structure!(TagResourceRequest {
0 resource_arn,
1 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TagResourceResponse {}
structure!(TagResourceResponse {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TitleAggregation {
    pub titles: Option<Vec<StringFilter>>,
    pub vulnerability_ids: Option<Vec<StringFilter>>,
    pub resource_type: Option<String>,
    pub finding_type: Option<String>,
    pub sort_order: Option<String>,
    pub sort_by: Option<String>,
}
structure!(TitleAggregation {
0 titles,
1 vulnerability_ids,
2 resource_type,
3 finding_type,
4 sort_order,
5 sort_by,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TitleAggregationResponse {
    pub title: Option<String>,
    pub vulnerability_id: Option<String>,
    pub account_id: Option<String>,
    pub severity_counts: Option<SeverityCounts>,
}
structure!(TitleAggregationResponse {
0 title,
1 vulnerability_id,
2 account_id,
3 severity_counts,
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
pub struct UpdateConfigurationInheritance {
    pub ec2_configuration: Option<String>,
    pub ecr_configuration: Option<String>,
    pub ami_configuration: Option<String>,
}
structure!(UpdateConfigurationInheritance {
0 ec2_configuration,
1 ecr_configuration,
2 ami_configuration,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateConfigurationRequest {
    pub account_id: Option<String>,
    pub ecr_configuration: Option<EcrConfiguration>,
    pub ec2_configuration: Option<Ec2Configuration>,
    pub ami_configuration: Option<AmiConfiguration>,
    pub update_configuration_inheritance: Option<UpdateConfigurationInheritance>,
}
structure!(UpdateConfigurationRequest {
0 account_id,
1 ecr_configuration,
2 ec2_configuration,
3 ami_configuration,
4 update_configuration_inheritance,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateConfigurationResponse {}
structure!(UpdateConfigurationResponse {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateEncryptionKeyRequest {
    pub kms_key_id: Option<String>,
    pub scan_type: Option<String>,
    pub resource_type: Option<String>,
}
structure!(UpdateEncryptionKeyRequest {
0 kms_key_id,
1 scan_type,
2 resource_type,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateEncryptionKeyResponse {}
structure!(UpdateEncryptionKeyResponse {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateFilterRequest {
    pub action: Option<String>,
    pub description: Option<String>,
    pub filter_criteria: Option<FilterCriteria>,
    pub name: Option<String>,
    pub filter_arn: Option<String>,
    pub reason: Option<String>,
}
structure!(UpdateFilterRequest {
0 action,
1 description,
2 filter_criteria,
3 name,
4 filter_arn,
5 reason,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateFilterResponse {
    pub arn: Option<String>,
}
structure!(UpdateFilterResponse {
0 arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Usage {
    pub type_: Option<String>,
    pub total: Option<f64>,
    pub estimated_monthly_cost: Option<f64>,
    pub currency: Option<String>,
    pub cloud_provider: Option<String>,
}
structure!(Usage {
0 type_,
1 total,
2 estimated_monthly_cost,
3 currency,
4 cloud_provider,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UsageTotal {
    pub account_id: Option<String>,
    pub usage: Option<Vec<Usage>>,
}
structure!(UsageTotal {
0 account_id,
1 usage,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct VMScannerState {
    pub activated: Option<bool>,
    pub activated_at: Option<Timestamp>,
    pub status: Option<String>,
}
structure!(VMScannerState {
0 activated,
1 activated_at,
2 status,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ValidationExceptionField {
    pub name: Option<String>,
    pub message: Option<String>,
}
structure!(ValidationExceptionField {
0 name,
1 message,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Vm {
    pub type_: Option<String>,
    pub vm_name: Option<String>,
    pub vm_image_reference: Option<String>,
    pub ip_v4_addresses: Option<Vec<String>>,
    pub ip_v6_addresses: Option<Vec<String>>,
    pub network_id: Option<String>,
    pub subnet_ids: Option<Vec<String>>,
    pub security_group_ids: Option<Vec<String>>,
    pub launched_at: Option<Timestamp>,
    pub platform: Option<String>,
    pub execution_role: Option<String>,
    pub key_name: Option<String>,
}
structure!(Vm {
0 type_,
1 vm_name,
2 vm_image_reference,
3 ip_v4_addresses,
4 ip_v6_addresses,
5 network_id,
6 subnet_ids,
7 security_group_ids,
8 launched_at,
9 platform,
10 execution_role,
11 key_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct VmInstanceAggregation {
    pub resource_ids: Option<Vec<StringFilter>>,
    pub operating_systems: Option<Vec<StringFilter>>,
    pub instance_tags: Option<Vec<MapFilter>>,
    pub vm_image_references: Option<Vec<StringFilter>>,
    pub cloud_providers: Option<Vec<StringFilter>>,
    pub cloud_partitions: Option<Vec<StringFilter>>,
    pub cloud_regions: Option<Vec<StringFilter>>,
    pub cloud_org_ids: Option<Vec<StringFilter>>,
    pub cloud_account_ids: Option<Vec<StringFilter>>,
    pub sort_order: Option<String>,
    pub sort_by: Option<String>,
}
structure!(VmInstanceAggregation {
0 resource_ids,
1 operating_systems,
2 instance_tags,
3 vm_image_references,
4 cloud_providers,
5 cloud_partitions,
6 cloud_regions,
7 cloud_org_ids,
8 cloud_account_ids,
9 sort_order,
10 sort_by,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct VmInstanceAggregationResponse {
    pub resource_id: Option<String>,
    pub cloud_provider: Option<String>,
    pub cloud_account_id: Option<String>,
    pub cloud_partition: Option<String>,
    pub cloud_region: Option<String>,
    pub cloud_org_id: Option<String>,
    pub vm_image_reference: Option<String>,
    pub operating_system: Option<String>,
    pub tags: Option<BTreeMap<String, String>>,
    pub account_id: Option<String>,
    pub severity_counts: Option<SeverityCounts>,
    pub network_findings: Option<i64>,
    pub exploit_available_active_findings_count: Option<i64>,
    pub fix_available_active_findings_count: Option<i64>,
}
structure!(VmInstanceAggregationResponse {
0 resource_id,
1 cloud_provider,
2 cloud_account_id,
3 cloud_partition,
4 cloud_region,
5 cloud_org_id,
6 vm_image_reference,
7 operating_system,
8 tags,
9 account_id,
10 severity_counts,
11 network_findings,
12 exploit_available_active_findings_count,
13 fix_available_active_findings_count,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct VmInstanceMetadata {
    pub tags: Option<BTreeMap<String, String>>,
    pub platform: Option<String>,
    pub inventory_hash: Option<String>,
    pub vm_image_reference: Option<String>,
}
structure!(VmInstanceMetadata {
0 tags,
1 platform,
2 inventory_hash,
3 vm_image_reference,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Vulnerability {
    pub id: Option<String>,
    pub cwes: Option<Vec<String>>,
    pub cisa_data: Option<CisaData>,
    pub source: Option<String>,
    pub description: Option<String>,
    pub atig_data: Option<AtigData>,
    pub vendor_severity: Option<String>,
    pub cvss4: Option<Cvss4>,
    pub cvss3: Option<Cvss3>,
    pub related_vulnerabilities: Option<Vec<String>>,
    pub cvss2: Option<Cvss2>,
    pub vendor_created_at: Option<Timestamp>,
    pub vendor_updated_at: Option<Timestamp>,
    pub source_url: Option<String>,
    pub reference_urls: Option<Vec<String>>,
    pub exploit_observed: Option<ExploitObserved>,
    pub detection_platforms: Option<Vec<String>>,
    pub epss: Option<Epss>,
}
structure!(Vulnerability {
0 id,
1 cwes,
2 cisa_data,
3 source,
4 description,
5 atig_data,
6 vendor_severity,
7 cvss4,
8 cvss3,
9 related_vulnerabilities,
10 cvss2,
11 vendor_created_at,
12 vendor_updated_at,
13 source_url,
14 reference_urls,
15 exploit_observed,
16 detection_platforms,
17 epss,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct VulnerablePackage {
    pub name: Option<String>,
    pub version: Option<String>,
    pub source_layer_hash: Option<String>,
    pub epoch: Option<i32>,
    pub release: Option<String>,
    pub arch: Option<String>,
    pub package_manager: Option<String>,
    pub file_path: Option<String>,
    pub fixed_in_version: Option<String>,
    pub remediation: Option<String>,
    pub source_lambda_layer_arn: Option<String>,
}
structure!(VulnerablePackage {
0 name,
1 version,
2 source_layer_hash,
3 epoch,
4 release,
5 arch,
6 package_manager,
7 file_path,
8 fixed_in_version,
9 remediation,
10 source_lambda_layer_arn,
});
