// Written by `cargo xtask generate` from models/. Do not edit.
//! Inputs, outputs and their parts. Every member is optional: what must be there is checked by
//! the schema before an operation sees its input.
#[allow(unused_imports)]
use std::collections::BTreeMap;
#[allow(unused_imports)]
use wharf_wire::{Timestamp, structure};

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Activation {
    pub activation_id: Option<String>,
    pub description: Option<String>,
    pub default_instance_name: Option<String>,
    pub iam_role: Option<String>,
    pub registration_limit: Option<i32>,
    pub registrations_count: Option<i32>,
    pub expiration_date: Option<Timestamp>,
    pub expired: Option<bool>,
    pub created_date: Option<Timestamp>,
    pub tags: Option<Vec<Tag>>,
}
structure!(Activation {
0 activation_id,
1 description,
2 default_instance_name,
3 iam_role,
4 registration_limit,
5 registrations_count,
6 expiration_date,
7 expired,
8 created_date,
9 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AddTagsToResourceRequest {
    pub resource_type: Option<String>,
    pub resource_id: Option<String>,
    pub tags: Option<Vec<Tag>>,
}
structure!(AddTagsToResourceRequest {
0 resource_type,
1 resource_id,
2 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AddTagsToResourceResult {}
structure!(AddTagsToResourceResult {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Alarm {
    pub name: Option<String>,
}
structure!(Alarm {
0 name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AlarmConfiguration {
    pub ignore_poll_alarm_failure: Option<bool>,
    pub alarms: Option<Vec<Alarm>>,
}
structure!(AlarmConfiguration {
0 ignore_poll_alarm_failure,
1 alarms,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AlarmStateInformation {
    pub name: Option<String>,
    pub state: Option<String>,
}
structure!(AlarmStateInformation {
0 name,
1 state,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AttachmentContent {
    pub name: Option<String>,
    pub size: Option<i64>,
    pub hash: Option<String>,
    pub hash_type: Option<String>,
    pub url: Option<String>,
}
structure!(AttachmentContent {
0 name,
1 size,
2 hash,
3 hash_type,
4 url,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AttachmentInformation {
    pub name: Option<String>,
}
structure!(AttachmentInformation {
0 name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AttachmentsSource {
    pub key: Option<String>,
    pub values: Option<Vec<String>>,
    pub name: Option<String>,
}
structure!(AttachmentsSource {
0 key,
1 values,
2 name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CancelCommandRequest {
    pub command_id: Option<String>,
    pub instance_ids: Option<Vec<String>>,
}
structure!(CancelCommandRequest {
0 command_id,
1 instance_ids,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CancelCommandResult {}
structure!(CancelCommandResult {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CloudWatchOutputConfig {
    pub cloud_watch_log_group_name: Option<String>,
    pub cloud_watch_output_enabled: Option<bool>,
}
structure!(CloudWatchOutputConfig {
0 cloud_watch_log_group_name,
1 cloud_watch_output_enabled,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Command {
    pub command_id: Option<String>,
    pub document_name: Option<String>,
    pub document_version: Option<String>,
    pub comment: Option<String>,
    pub expires_after: Option<Timestamp>,
    pub parameters: Option<BTreeMap<String, Vec<String>>>,
    pub instance_ids: Option<Vec<String>>,
    pub targets: Option<Vec<Target>>,
    pub requested_date_time: Option<Timestamp>,
    pub status: Option<String>,
    pub status_details: Option<String>,
    pub output_s3_region: Option<String>,
    pub output_s3_bucket_name: Option<String>,
    pub output_s3_key_prefix: Option<String>,
    pub max_concurrency: Option<String>,
    pub max_errors: Option<String>,
    pub target_count: Option<i32>,
    pub completed_count: Option<i32>,
    pub error_count: Option<i32>,
    pub delivery_timed_out_count: Option<i32>,
    pub service_role: Option<String>,
    pub notification_config: Option<NotificationConfig>,
    pub cloud_watch_output_config: Option<CloudWatchOutputConfig>,
    pub timeout_seconds: Option<i32>,
    pub alarm_configuration: Option<AlarmConfiguration>,
    pub triggered_alarms: Option<Vec<AlarmStateInformation>>,
}
structure!(Command {
0 command_id,
1 document_name,
2 document_version,
3 comment,
4 expires_after,
5 parameters,
6 instance_ids,
7 targets,
8 requested_date_time,
9 status,
10 status_details,
11 output_s3_region,
12 output_s3_bucket_name,
13 output_s3_key_prefix,
14 max_concurrency,
15 max_errors,
16 target_count,
17 completed_count,
18 error_count,
19 delivery_timed_out_count,
20 service_role,
21 notification_config,
22 cloud_watch_output_config,
23 timeout_seconds,
24 alarm_configuration,
25 triggered_alarms,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CommandFilter {
    pub key: Option<String>,
    pub value: Option<String>,
}
structure!(CommandFilter {
0 key,
1 value,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CommandInvocation {
    pub command_id: Option<String>,
    pub instance_id: Option<String>,
    pub instance_name: Option<String>,
    pub comment: Option<String>,
    pub document_name: Option<String>,
    pub document_version: Option<String>,
    pub requested_date_time: Option<Timestamp>,
    pub status: Option<String>,
    pub status_details: Option<String>,
    pub trace_output: Option<String>,
    pub standard_output_url: Option<String>,
    pub standard_error_url: Option<String>,
    pub command_plugins: Option<Vec<CommandPlugin>>,
    pub service_role: Option<String>,
    pub notification_config: Option<NotificationConfig>,
    pub cloud_watch_output_config: Option<CloudWatchOutputConfig>,
}
structure!(CommandInvocation {
0 command_id,
1 instance_id,
2 instance_name,
3 comment,
4 document_name,
5 document_version,
6 requested_date_time,
7 status,
8 status_details,
9 trace_output,
10 standard_output_url,
11 standard_error_url,
12 command_plugins,
13 service_role,
14 notification_config,
15 cloud_watch_output_config,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CommandPlugin {
    pub name: Option<String>,
    pub status: Option<String>,
    pub status_details: Option<String>,
    pub response_code: Option<i32>,
    pub response_start_date_time: Option<Timestamp>,
    pub response_finish_date_time: Option<Timestamp>,
    pub output: Option<String>,
    pub standard_output_url: Option<String>,
    pub standard_error_url: Option<String>,
    pub output_s3_region: Option<String>,
    pub output_s3_bucket_name: Option<String>,
    pub output_s3_key_prefix: Option<String>,
}
structure!(CommandPlugin {
0 name,
1 status,
2 status_details,
3 response_code,
4 response_start_date_time,
5 response_finish_date_time,
6 output,
7 standard_output_url,
8 standard_error_url,
9 output_s3_region,
10 output_s3_bucket_name,
11 output_s3_key_prefix,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateActivationRequest {
    pub description: Option<String>,
    pub default_instance_name: Option<String>,
    pub iam_role: Option<String>,
    pub registration_limit: Option<i32>,
    pub expiration_date: Option<Timestamp>,
    pub tags: Option<Vec<Tag>>,
    pub registration_metadata: Option<Vec<RegistrationMetadataItem>>,
}
structure!(CreateActivationRequest {
0 description,
1 default_instance_name,
2 iam_role,
3 registration_limit,
4 expiration_date,
5 tags,
6 registration_metadata,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateActivationResult {
    pub activation_id: Option<String>,
    pub activation_code: Option<String>,
}
structure!(CreateActivationResult {
0 activation_id,
1 activation_code,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateDocumentRequest {
    pub content: Option<String>,
    pub requires: Option<Vec<DocumentRequires>>,
    pub attachments: Option<Vec<AttachmentsSource>>,
    pub name: Option<String>,
    pub display_name: Option<String>,
    pub version_name: Option<String>,
    pub document_type: Option<String>,
    pub document_format: Option<String>,
    pub target_type: Option<String>,
    pub tags: Option<Vec<Tag>>,
}
structure!(CreateDocumentRequest {
0 content,
1 requires,
2 attachments,
3 name,
4 display_name,
5 version_name,
6 document_type,
7 document_format,
8 target_type,
9 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateDocumentResult {
    pub document_description: Option<DocumentDescription>,
}
structure!(CreateDocumentResult {
0 document_description,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Credentials {
    pub access_key_id: Option<String>,
    pub secret_access_key: Option<String>,
    pub session_token: Option<String>,
    pub expiration_time: Option<Timestamp>,
}
structure!(Credentials {
0 access_key_id,
1 secret_access_key,
2 session_token,
3 expiration_time,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteActivationRequest {
    pub activation_id: Option<String>,
}
structure!(DeleteActivationRequest {
0 activation_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteActivationResult {}
structure!(DeleteActivationResult {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteDocumentRequest {
    pub name: Option<String>,
    pub document_version: Option<String>,
    pub version_name: Option<String>,
    pub force: Option<bool>,
}
structure!(DeleteDocumentRequest {
0 name,
1 document_version,
2 version_name,
3 force,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteDocumentResult {}
structure!(DeleteDocumentResult {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteParameterRequest {
    pub name: Option<String>,
}
structure!(DeleteParameterRequest {
0 name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteParameterResult {}
structure!(DeleteParameterResult {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteParametersRequest {
    pub names: Option<Vec<String>>,
}
structure!(DeleteParametersRequest {
0 names,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteParametersResult {
    pub deleted_parameters: Option<Vec<String>>,
    pub invalid_parameters: Option<Vec<String>>,
}
structure!(DeleteParametersResult {
0 deleted_parameters,
1 invalid_parameters,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeregisterManagedInstanceRequest {
    pub instance_id: Option<String>,
}
structure!(DeregisterManagedInstanceRequest {
0 instance_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeregisterManagedInstanceResult {}
structure!(DeregisterManagedInstanceResult {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeActivationsFilter {
    pub filter_key: Option<String>,
    pub filter_values: Option<Vec<String>>,
}
structure!(DescribeActivationsFilter {
0 filter_key,
1 filter_values,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeActivationsRequest {
    pub filters: Option<Vec<DescribeActivationsFilter>>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
}
structure!(DescribeActivationsRequest {
0 filters,
1 max_results,
2 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeActivationsResult {
    pub activation_list: Option<Vec<Activation>>,
    pub next_token: Option<String>,
}
structure!(DescribeActivationsResult {
0 activation_list,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeDocumentRequest {
    pub name: Option<String>,
    pub document_version: Option<String>,
    pub version_name: Option<String>,
}
structure!(DescribeDocumentRequest {
0 name,
1 document_version,
2 version_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeDocumentResult {
    pub document: Option<DocumentDescription>,
}
structure!(DescribeDocumentResult {
0 document,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeInstanceInformationRequest {
    pub instance_information_filter_list: Option<Vec<InstanceInformationFilter>>,
    pub filters: Option<Vec<InstanceInformationStringFilter>>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
}
structure!(DescribeInstanceInformationRequest {
0 instance_information_filter_list,
1 filters,
2 max_results,
3 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeInstanceInformationResult {
    pub instance_information_list: Option<Vec<InstanceInformation>>,
    pub next_token: Option<String>,
}
structure!(DescribeInstanceInformationResult {
0 instance_information_list,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeParametersRequest {
    pub filters: Option<Vec<ParametersFilter>>,
    pub parameter_filters: Option<Vec<ParameterStringFilter>>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
    pub shared: Option<bool>,
}
structure!(DescribeParametersRequest {
0 filters,
1 parameter_filters,
2 max_results,
3 next_token,
4 shared,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeParametersResult {
    pub parameters: Option<Vec<ParameterMetadata>>,
    pub next_token: Option<String>,
}
structure!(DescribeParametersResult {
0 parameters,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeSessionsRequest {
    pub state: Option<String>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
    pub filters: Option<Vec<SessionFilter>>,
}
structure!(DescribeSessionsRequest {
0 state,
1 max_results,
2 next_token,
3 filters,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeSessionsResponse {
    pub sessions: Option<Vec<Session>>,
    pub next_token: Option<String>,
}
structure!(DescribeSessionsResponse {
0 sessions,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DocumentDefaultVersionDescription {
    pub name: Option<String>,
    pub default_version: Option<String>,
    pub default_version_name: Option<String>,
}
structure!(DocumentDefaultVersionDescription {
0 name,
1 default_version,
2 default_version_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DocumentDescription {
    pub sha1: Option<String>,
    pub hash: Option<String>,
    pub hash_type: Option<String>,
    pub name: Option<String>,
    pub display_name: Option<String>,
    pub version_name: Option<String>,
    pub owner: Option<String>,
    pub created_date: Option<Timestamp>,
    pub status: Option<String>,
    pub status_information: Option<String>,
    pub document_version: Option<String>,
    pub description: Option<String>,
    pub parameters: Option<Vec<DocumentParameter>>,
    pub platform_types: Option<Vec<String>>,
    pub document_type: Option<String>,
    pub schema_version: Option<String>,
    pub latest_version: Option<String>,
    pub default_version: Option<String>,
    pub document_format: Option<String>,
    pub target_type: Option<String>,
    pub tags: Option<Vec<Tag>>,
    pub attachments_information: Option<Vec<AttachmentInformation>>,
    pub requires: Option<Vec<DocumentRequires>>,
    pub author: Option<String>,
    pub review_information: Option<Vec<ReviewInformation>>,
    pub approved_version: Option<String>,
    pub pending_review_version: Option<String>,
    pub review_status: Option<String>,
    pub category: Option<Vec<String>>,
    pub category_enum: Option<Vec<String>>,
}
structure!(DocumentDescription {
0 sha1,
1 hash,
2 hash_type,
3 name,
4 display_name,
5 version_name,
6 owner,
7 created_date,
8 status,
9 status_information,
10 document_version,
11 description,
12 parameters,
13 platform_types,
14 document_type,
15 schema_version,
16 latest_version,
17 default_version,
18 document_format,
19 target_type,
20 tags,
21 attachments_information,
22 requires,
23 author,
24 review_information,
25 approved_version,
26 pending_review_version,
27 review_status,
28 category,
29 category_enum,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DocumentFilter {
    pub key: Option<String>,
    pub value: Option<String>,
}
structure!(DocumentFilter {
0 key,
1 value,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DocumentIdentifier {
    pub name: Option<String>,
    pub created_date: Option<Timestamp>,
    pub display_name: Option<String>,
    pub owner: Option<String>,
    pub version_name: Option<String>,
    pub platform_types: Option<Vec<String>>,
    pub document_version: Option<String>,
    pub document_type: Option<String>,
    pub schema_version: Option<String>,
    pub document_format: Option<String>,
    pub target_type: Option<String>,
    pub tags: Option<Vec<Tag>>,
    pub requires: Option<Vec<DocumentRequires>>,
    pub review_status: Option<String>,
    pub author: Option<String>,
}
structure!(DocumentIdentifier {
0 name,
1 created_date,
2 display_name,
3 owner,
4 version_name,
5 platform_types,
6 document_version,
7 document_type,
8 schema_version,
9 document_format,
10 target_type,
11 tags,
12 requires,
13 review_status,
14 author,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DocumentKeyValuesFilter {
    pub key: Option<String>,
    pub values: Option<Vec<String>>,
}
structure!(DocumentKeyValuesFilter {
0 key,
1 values,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DocumentParameter {
    pub name: Option<String>,
    pub type_: Option<String>,
    pub description: Option<String>,
    pub default_value: Option<String>,
}
structure!(DocumentParameter {
0 name,
1 type_,
2 description,
3 default_value,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DocumentRequires {
    pub name: Option<String>,
    pub version: Option<String>,
    pub require_type: Option<String>,
    pub version_name: Option<String>,
}
structure!(DocumentRequires {
0 name,
1 version,
2 require_type,
3 version_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetAccessTokenRequest {
    pub access_request_id: Option<String>,
}
structure!(GetAccessTokenRequest {
0 access_request_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetAccessTokenResponse {
    pub credentials: Option<Credentials>,
    pub access_request_status: Option<String>,
}
structure!(GetAccessTokenResponse {
0 credentials,
1 access_request_status,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetCommandInvocationRequest {
    pub command_id: Option<String>,
    pub instance_id: Option<String>,
    pub plugin_name: Option<String>,
}
structure!(GetCommandInvocationRequest {
0 command_id,
1 instance_id,
2 plugin_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetCommandInvocationResult {
    pub command_id: Option<String>,
    pub instance_id: Option<String>,
    pub comment: Option<String>,
    pub document_name: Option<String>,
    pub document_version: Option<String>,
    pub plugin_name: Option<String>,
    pub response_code: Option<i32>,
    pub execution_start_date_time: Option<String>,
    pub execution_elapsed_time: Option<String>,
    pub execution_end_date_time: Option<String>,
    pub status: Option<String>,
    pub status_details: Option<String>,
    pub standard_output_content: Option<String>,
    pub standard_output_url: Option<String>,
    pub standard_error_content: Option<String>,
    pub standard_error_url: Option<String>,
    pub cloud_watch_output_config: Option<CloudWatchOutputConfig>,
}
structure!(GetCommandInvocationResult {
0 command_id,
1 instance_id,
2 comment,
3 document_name,
4 document_version,
5 plugin_name,
6 response_code,
7 execution_start_date_time,
8 execution_elapsed_time,
9 execution_end_date_time,
10 status,
11 status_details,
12 standard_output_content,
13 standard_output_url,
14 standard_error_content,
15 standard_error_url,
16 cloud_watch_output_config,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetConnectionStatusRequest {
    pub target: Option<String>,
}
structure!(GetConnectionStatusRequest {
0 target,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetConnectionStatusResponse {
    pub target: Option<String>,
    pub status: Option<String>,
}
structure!(GetConnectionStatusResponse {
0 target,
1 status,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetDocumentRequest {
    pub name: Option<String>,
    pub version_name: Option<String>,
    pub document_version: Option<String>,
    pub document_format: Option<String>,
}
structure!(GetDocumentRequest {
0 name,
1 version_name,
2 document_version,
3 document_format,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetDocumentResult {
    pub name: Option<String>,
    pub created_date: Option<Timestamp>,
    pub display_name: Option<String>,
    pub version_name: Option<String>,
    pub document_version: Option<String>,
    pub status: Option<String>,
    pub status_information: Option<String>,
    pub content: Option<String>,
    pub document_type: Option<String>,
    pub document_format: Option<String>,
    pub requires: Option<Vec<DocumentRequires>>,
    pub attachments_content: Option<Vec<AttachmentContent>>,
    pub review_status: Option<String>,
}
structure!(GetDocumentResult {
0 name,
1 created_date,
2 display_name,
3 version_name,
4 document_version,
5 status,
6 status_information,
7 content,
8 document_type,
9 document_format,
10 requires,
11 attachments_content,
12 review_status,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetParameterHistoryRequest {
    pub name: Option<String>,
    pub with_decryption: Option<bool>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
}
structure!(GetParameterHistoryRequest {
0 name,
1 with_decryption,
2 max_results,
3 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetParameterHistoryResult {
    pub parameters: Option<Vec<ParameterHistory>>,
    pub next_token: Option<String>,
}
structure!(GetParameterHistoryResult {
0 parameters,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetParameterRequest {
    pub name: Option<String>,
    pub with_decryption: Option<bool>,
}
structure!(GetParameterRequest {
0 name,
1 with_decryption,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetParameterResult {
    pub parameter: Option<Parameter>,
}
structure!(GetParameterResult {
0 parameter,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetParametersByPathRequest {
    pub path: Option<String>,
    pub recursive: Option<bool>,
    pub parameter_filters: Option<Vec<ParameterStringFilter>>,
    pub with_decryption: Option<bool>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
}
structure!(GetParametersByPathRequest {
0 path,
1 recursive,
2 parameter_filters,
3 with_decryption,
4 max_results,
5 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetParametersByPathResult {
    pub parameters: Option<Vec<Parameter>>,
    pub next_token: Option<String>,
}
structure!(GetParametersByPathResult {
0 parameters,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetParametersRequest {
    pub names: Option<Vec<String>>,
    pub with_decryption: Option<bool>,
}
structure!(GetParametersRequest {
0 names,
1 with_decryption,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetParametersResult {
    pub parameters: Option<Vec<Parameter>>,
    pub invalid_parameters: Option<Vec<String>>,
}
structure!(GetParametersResult {
0 parameters,
1 invalid_parameters,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetServiceSettingRequest {
    pub setting_id: Option<String>,
}
structure!(GetServiceSettingRequest {
0 setting_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetServiceSettingResult {
    pub service_setting: Option<ServiceSetting>,
}
structure!(GetServiceSettingResult {
0 service_setting,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InstanceAggregatedAssociationOverview {
    pub detailed_status: Option<String>,
    pub instance_association_status_aggregated_count: Option<BTreeMap<String, i32>>,
}
structure!(InstanceAggregatedAssociationOverview {
0 detailed_status,
1 instance_association_status_aggregated_count,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InstanceInformation {
    pub instance_id: Option<String>,
    pub ping_status: Option<String>,
    pub last_ping_date_time: Option<Timestamp>,
    pub agent_version: Option<String>,
    pub is_latest_version: Option<bool>,
    pub platform_type: Option<String>,
    pub platform_name: Option<String>,
    pub platform_version: Option<String>,
    pub activation_id: Option<String>,
    pub iam_role: Option<String>,
    pub registration_date: Option<Timestamp>,
    pub resource_type: Option<String>,
    pub name: Option<String>,
    pub ip_address: Option<String>,
    pub computer_name: Option<String>,
    pub association_status: Option<String>,
    pub last_association_execution_date: Option<Timestamp>,
    pub last_successful_association_execution_date: Option<Timestamp>,
    pub association_overview: Option<InstanceAggregatedAssociationOverview>,
    pub source_id: Option<String>,
    pub source_type: Option<String>,
    pub source_location: Option<String>,
}
structure!(InstanceInformation {
0 instance_id,
1 ping_status,
2 last_ping_date_time,
3 agent_version,
4 is_latest_version,
5 platform_type,
6 platform_name,
7 platform_version,
8 activation_id,
9 iam_role,
10 registration_date,
11 resource_type,
12 name,
13 ip_address,
14 computer_name,
15 association_status,
16 last_association_execution_date,
17 last_successful_association_execution_date,
18 association_overview,
19 source_id,
20 source_type,
21 source_location,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InstanceInformationFilter {
    pub key: Option<String>,
    pub value_set: Option<Vec<String>>,
}
structure!(InstanceInformationFilter {
0 key,
1 value_set,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InstanceInformationStringFilter {
    pub key: Option<String>,
    pub values: Option<Vec<String>>,
}
structure!(InstanceInformationStringFilter {
0 key,
1 values,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LabelParameterVersionRequest {
    pub name: Option<String>,
    pub parameter_version: Option<i64>,
    pub labels: Option<Vec<String>>,
}
structure!(LabelParameterVersionRequest {
0 name,
1 parameter_version,
2 labels,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LabelParameterVersionResult {
    pub invalid_labels: Option<Vec<String>>,
    pub parameter_version: Option<i64>,
}
structure!(LabelParameterVersionResult {
0 invalid_labels,
1 parameter_version,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListCommandInvocationsRequest {
    pub command_id: Option<String>,
    pub instance_id: Option<String>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
    pub filters: Option<Vec<CommandFilter>>,
    pub details: Option<bool>,
}
structure!(ListCommandInvocationsRequest {
0 command_id,
1 instance_id,
2 max_results,
3 next_token,
4 filters,
5 details,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListCommandInvocationsResult {
    pub command_invocations: Option<Vec<CommandInvocation>>,
    pub next_token: Option<String>,
}
structure!(ListCommandInvocationsResult {
0 command_invocations,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListCommandsRequest {
    pub command_id: Option<String>,
    pub instance_id: Option<String>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
    pub filters: Option<Vec<CommandFilter>>,
}
structure!(ListCommandsRequest {
0 command_id,
1 instance_id,
2 max_results,
3 next_token,
4 filters,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListCommandsResult {
    pub commands: Option<Vec<Command>>,
    pub next_token: Option<String>,
}
structure!(ListCommandsResult {
0 commands,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListDocumentsRequest {
    pub document_filter_list: Option<Vec<DocumentFilter>>,
    pub filters: Option<Vec<DocumentKeyValuesFilter>>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
}
structure!(ListDocumentsRequest {
0 document_filter_list,
1 filters,
2 max_results,
3 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListDocumentsResult {
    pub document_identifiers: Option<Vec<DocumentIdentifier>>,
    pub next_token: Option<String>,
}
structure!(ListDocumentsResult {
0 document_identifiers,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListTagsForResourceRequest {
    pub resource_type: Option<String>,
    pub resource_id: Option<String>,
}
structure!(ListTagsForResourceRequest {
0 resource_type,
1 resource_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListTagsForResourceResult {
    pub tag_list: Option<Vec<Tag>>,
}
structure!(ListTagsForResourceResult {
0 tag_list,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct NotificationConfig {
    pub notification_arn: Option<String>,
    pub notification_events: Option<Vec<String>>,
    pub notification_type: Option<String>,
}
structure!(NotificationConfig {
0 notification_arn,
1 notification_events,
2 notification_type,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parameter {
    pub name: Option<String>,
    pub type_: Option<String>,
    pub value: Option<String>,
    pub version: Option<i64>,
    pub selector: Option<String>,
    pub source_result: Option<String>,
    pub last_modified_date: Option<Timestamp>,
    pub arn: Option<String>,
    pub data_type: Option<String>,
}
structure!(Parameter {
0 name,
1 type_,
2 value,
3 version,
4 selector,
5 source_result,
6 last_modified_date,
7 arn,
8 data_type,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ParameterHistory {
    pub name: Option<String>,
    pub type_: Option<String>,
    pub key_id: Option<String>,
    pub last_modified_date: Option<Timestamp>,
    pub last_modified_user: Option<String>,
    pub description: Option<String>,
    pub value: Option<String>,
    pub allowed_pattern: Option<String>,
    pub version: Option<i64>,
    pub labels: Option<Vec<String>>,
    pub tier: Option<String>,
    pub policies: Option<Vec<ParameterInlinePolicy>>,
    pub data_type: Option<String>,
}
structure!(ParameterHistory {
0 name,
1 type_,
2 key_id,
3 last_modified_date,
4 last_modified_user,
5 description,
6 value,
7 allowed_pattern,
8 version,
9 labels,
10 tier,
11 policies,
12 data_type,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ParameterInlinePolicy {
    pub policy_text: Option<String>,
    pub policy_type: Option<String>,
    pub policy_status: Option<String>,
}
structure!(ParameterInlinePolicy {
0 policy_text,
1 policy_type,
2 policy_status,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ParameterMetadata {
    pub name: Option<String>,
    pub arn: Option<String>,
    pub type_: Option<String>,
    pub key_id: Option<String>,
    pub last_modified_date: Option<Timestamp>,
    pub last_modified_user: Option<String>,
    pub description: Option<String>,
    pub allowed_pattern: Option<String>,
    pub version: Option<i64>,
    pub tier: Option<String>,
    pub policies: Option<Vec<ParameterInlinePolicy>>,
    pub data_type: Option<String>,
}
structure!(ParameterMetadata {
0 name,
1 arn,
2 type_,
3 key_id,
4 last_modified_date,
5 last_modified_user,
6 description,
7 allowed_pattern,
8 version,
9 tier,
10 policies,
11 data_type,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ParameterStringFilter {
    pub key: Option<String>,
    pub option: Option<String>,
    pub values: Option<Vec<String>>,
}
structure!(ParameterStringFilter {
0 key,
1 option,
2 values,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ParametersFilter {
    pub key: Option<String>,
    pub values: Option<Vec<String>>,
}
structure!(ParametersFilter {
0 key,
1 values,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutParameterRequest {
    pub name: Option<String>,
    pub description: Option<String>,
    pub value: Option<String>,
    pub type_: Option<String>,
    pub key_id: Option<String>,
    pub overwrite: Option<bool>,
    pub allowed_pattern: Option<String>,
    pub tags: Option<Vec<Tag>>,
    pub tier: Option<String>,
    pub policies: Option<String>,
    pub data_type: Option<String>,
}
structure!(PutParameterRequest {
0 name,
1 description,
2 value,
3 type_,
4 key_id,
5 overwrite,
6 allowed_pattern,
7 tags,
8 tier,
9 policies,
10 data_type,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutParameterResult {
    pub version: Option<i64>,
    pub tier: Option<String>,
}
structure!(PutParameterResult {
0 version,
1 tier,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RegistrationMetadataItem {
    pub key: Option<String>,
    pub value: Option<String>,
}
structure!(RegistrationMetadataItem {
0 key,
1 value,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RemoveTagsFromResourceRequest {
    pub resource_type: Option<String>,
    pub resource_id: Option<String>,
    pub tag_keys: Option<Vec<String>>,
}
structure!(RemoveTagsFromResourceRequest {
0 resource_type,
1 resource_id,
2 tag_keys,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RemoveTagsFromResourceResult {}
structure!(RemoveTagsFromResourceResult {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResetServiceSettingRequest {
    pub setting_id: Option<String>,
}
structure!(ResetServiceSettingRequest {
0 setting_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResetServiceSettingResult {
    pub service_setting: Option<ServiceSetting>,
}
structure!(ResetServiceSettingResult {
0 service_setting,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResumeSessionRequest {
    pub session_id: Option<String>,
}
structure!(ResumeSessionRequest {
0 session_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResumeSessionResponse {
    pub session_id: Option<String>,
    pub token_value: Option<String>,
    pub stream_url: Option<String>,
}
structure!(ResumeSessionResponse {
0 session_id,
1 token_value,
2 stream_url,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReviewInformation {
    pub reviewed_time: Option<Timestamp>,
    pub status: Option<String>,
    pub reviewer: Option<String>,
}
structure!(ReviewInformation {
0 reviewed_time,
1 status,
2 reviewer,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SendCommandRequest {
    pub instance_ids: Option<Vec<String>>,
    pub targets: Option<Vec<Target>>,
    pub document_name: Option<String>,
    pub document_version: Option<String>,
    pub document_hash: Option<String>,
    pub document_hash_type: Option<String>,
    pub timeout_seconds: Option<i32>,
    pub comment: Option<String>,
    pub parameters: Option<BTreeMap<String, Vec<String>>>,
    pub output_s3_region: Option<String>,
    pub output_s3_bucket_name: Option<String>,
    pub output_s3_key_prefix: Option<String>,
    pub max_concurrency: Option<String>,
    pub max_errors: Option<String>,
    pub service_role_arn: Option<String>,
    pub notification_config: Option<NotificationConfig>,
    pub cloud_watch_output_config: Option<CloudWatchOutputConfig>,
    pub alarm_configuration: Option<AlarmConfiguration>,
}
structure!(SendCommandRequest {
0 instance_ids,
1 targets,
2 document_name,
3 document_version,
4 document_hash,
5 document_hash_type,
6 timeout_seconds,
7 comment,
8 parameters,
9 output_s3_region,
10 output_s3_bucket_name,
11 output_s3_key_prefix,
12 max_concurrency,
13 max_errors,
14 service_role_arn,
15 notification_config,
16 cloud_watch_output_config,
17 alarm_configuration,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SendCommandResult {
    pub command: Option<Command>,
}
structure!(SendCommandResult {
0 command,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ServiceSetting {
    pub setting_id: Option<String>,
    pub setting_value: Option<String>,
    pub last_modified_date: Option<Timestamp>,
    pub last_modified_user: Option<String>,
    pub arn: Option<String>,
    pub status: Option<String>,
}
structure!(ServiceSetting {
0 setting_id,
1 setting_value,
2 last_modified_date,
3 last_modified_user,
4 arn,
5 status,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Session {
    pub session_id: Option<String>,
    pub target: Option<String>,
    pub status: Option<String>,
    pub start_date: Option<Timestamp>,
    pub end_date: Option<Timestamp>,
    pub document_name: Option<String>,
    pub owner: Option<String>,
    pub reason: Option<String>,
    pub details: Option<String>,
    pub output_url: Option<SessionManagerOutputUrl>,
    pub max_session_duration: Option<String>,
    pub access_type: Option<String>,
}
structure!(Session {
0 session_id,
1 target,
2 status,
3 start_date,
4 end_date,
5 document_name,
6 owner,
7 reason,
8 details,
9 output_url,
10 max_session_duration,
11 access_type,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SessionFilter {
    pub key: Option<String>,
    pub value: Option<String>,
}
structure!(SessionFilter {
0 key,
1 value,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SessionManagerOutputUrl {
    pub s3_output_url: Option<String>,
    pub cloud_watch_output_url: Option<String>,
}
structure!(SessionManagerOutputUrl {
0 s3_output_url,
1 cloud_watch_output_url,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct StartAccessRequestRequest {
    pub reason: Option<String>,
    pub targets: Option<Vec<Target>>,
    pub tags: Option<Vec<Tag>>,
}
structure!(StartAccessRequestRequest {
0 reason,
1 targets,
2 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct StartAccessRequestResponse {
    pub access_request_id: Option<String>,
}
structure!(StartAccessRequestResponse {
0 access_request_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct StartSessionRequest {
    pub target: Option<String>,
    pub document_name: Option<String>,
    pub reason: Option<String>,
    pub parameters: Option<BTreeMap<String, Vec<String>>>,
}
structure!(StartSessionRequest {
0 target,
1 document_name,
2 reason,
3 parameters,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct StartSessionResponse {
    pub session_id: Option<String>,
    pub token_value: Option<String>,
    pub stream_url: Option<String>,
}
structure!(StartSessionResponse {
0 session_id,
1 token_value,
2 stream_url,
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
pub struct Target {
    pub key: Option<String>,
    pub values: Option<Vec<String>>,
}
structure!(Target {
0 key,
1 values,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TerminateSessionRequest {
    pub session_id: Option<String>,
}
structure!(TerminateSessionRequest {
0 session_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TerminateSessionResponse {
    pub session_id: Option<String>,
}
structure!(TerminateSessionResponse {
0 session_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UnlabelParameterVersionRequest {
    pub name: Option<String>,
    pub parameter_version: Option<i64>,
    pub labels: Option<Vec<String>>,
}
structure!(UnlabelParameterVersionRequest {
0 name,
1 parameter_version,
2 labels,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UnlabelParameterVersionResult {
    pub removed_labels: Option<Vec<String>>,
    pub invalid_labels: Option<Vec<String>>,
}
structure!(UnlabelParameterVersionResult {
0 removed_labels,
1 invalid_labels,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateDocumentDefaultVersionRequest {
    pub name: Option<String>,
    pub document_version: Option<String>,
}
structure!(UpdateDocumentDefaultVersionRequest {
0 name,
1 document_version,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateDocumentDefaultVersionResult {
    pub description: Option<DocumentDefaultVersionDescription>,
}
structure!(UpdateDocumentDefaultVersionResult {
0 description,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateDocumentRequest {
    pub content: Option<String>,
    pub attachments: Option<Vec<AttachmentsSource>>,
    pub name: Option<String>,
    pub display_name: Option<String>,
    pub version_name: Option<String>,
    pub document_version: Option<String>,
    pub document_format: Option<String>,
    pub target_type: Option<String>,
}
structure!(UpdateDocumentRequest {
0 content,
1 attachments,
2 name,
3 display_name,
4 version_name,
5 document_version,
6 document_format,
7 target_type,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateDocumentResult {
    pub document_description: Option<DocumentDescription>,
}
structure!(UpdateDocumentResult {
0 document_description,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateManagedInstanceRoleRequest {
    pub instance_id: Option<String>,
    pub iam_role: Option<String>,
}
structure!(UpdateManagedInstanceRoleRequest {
0 instance_id,
1 iam_role,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateManagedInstanceRoleResult {}
structure!(UpdateManagedInstanceRoleResult {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateServiceSettingRequest {
    pub setting_id: Option<String>,
    pub setting_value: Option<String>,
}
structure!(UpdateServiceSettingRequest {
0 setting_id,
1 setting_value,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateServiceSettingResult {}
structure!(UpdateServiceSettingResult {});
