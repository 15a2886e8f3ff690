// Written by `cargo xtask generate` from models/. Do not edit.
//! Inputs, outputs and their parts. Every member is optional: what must be there is checked by
//! the schema before an operation sees its input.
#[allow(unused_imports)]
use std::collections::BTreeMap;
#[allow(unused_imports)]
use wharf_wire::{Timestamp, structure};

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AccountPolicy {
    pub policy_name: Option<String>,
    pub policy_document: Option<String>,
    pub last_updated_time: Option<i64>,
    pub policy_type: Option<String>,
    pub scope: Option<String>,
    pub selection_criteria: Option<String>,
    pub account_id: Option<String>,
}
structure!(AccountPolicy {
0 policy_name,
1 policy_document,
2 last_updated_time,
3 policy_type,
4 scope,
5 selection_criteria,
6 account_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AddKeyEntry {
    pub key: Option<String>,
    pub value: Option<String>,
    pub overwrite_if_exists: Option<bool>,
}
structure!(AddKeyEntry {
0 key,
1 value,
2 overwrite_if_exists,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AddKeys {
    pub entries: Option<Vec<AddKeyEntry>>,
}
structure!(AddKeys {
0 entries,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AggregateLogGroupSummary {
    pub log_group_count: Option<i32>,
    pub grouping_identifiers: Option<Vec<GroupingIdentifier>>,
}
structure!(AggregateLogGroupSummary {
0 log_group_count,
1 grouping_identifiers,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Anomaly {
    pub anomaly_id: Option<String>,
    pub pattern_id: Option<String>,
    pub anomaly_detector_arn: Option<String>,
    pub pattern_string: Option<String>,
    pub pattern_regex: Option<String>,
    pub priority: Option<String>,
    pub first_seen: Option<i64>,
    pub last_seen: Option<i64>,
    pub description: Option<String>,
    pub active: Option<bool>,
    pub state: Option<String>,
    pub histogram: Option<BTreeMap<String, i64>>,
    pub log_samples: Option<Vec<LogEvent>>,
    pub pattern_tokens: Option<Vec<PatternToken>>,
    pub log_group_arn_list: Option<Vec<String>>,
    pub suppressed: Option<bool>,
    pub suppressed_date: Option<i64>,
    pub suppressed_until: Option<i64>,
    pub is_pattern_level_suppression: Option<bool>,
}
structure!(Anomaly {
0 anomaly_id,
1 pattern_id,
2 anomaly_detector_arn,
3 pattern_string,
4 pattern_regex,
5 priority,
6 first_seen,
7 last_seen,
8 description,
9 active,
10 state,
11 histogram,
12 log_samples,
13 pattern_tokens,
14 log_group_arn_list,
15 suppressed,
16 suppressed_date,
17 suppressed_until,
18 is_pattern_level_suppression,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AnomalyDetector {
    pub anomaly_detector_arn: Option<String>,
    pub detector_name: Option<String>,
    pub log_group_arn_list: Option<Vec<String>>,
    pub evaluation_frequency: Option<String>,
    pub filter_pattern: Option<String>,
    pub anomaly_detector_status: Option<String>,
    pub kms_key_id: Option<String>,
    pub creation_time_stamp: Option<i64>,
    pub last_modified_time_stamp: Option<i64>,
    pub anomaly_visibility_time: Option<i64>,
}
structure!(AnomalyDetector {
0 anomaly_detector_arn,
1 detector_name,
2 log_group_arn_list,
3 evaluation_frequency,
4 filter_pattern,
5 anomaly_detector_status,
6 kms_key_id,
7 creation_time_stamp,
8 last_modified_time_stamp,
9 anomaly_visibility_time,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AssociateKmsKeyRequest {
    pub log_group_name: Option<String>,
    pub kms_key_id: Option<String>,
    pub resource_identifier: Option<String>,
}
structure!(AssociateKmsKeyRequest {
0 log_group_name,
1 kms_key_id,
2 resource_identifier,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AssociateSourceToS3TableIntegrationRequest {
    pub integration_arn: Option<String>,
    pub data_source: Option<DataSource>,
}
structure!(AssociateSourceToS3TableIntegrationRequest {
0 integration_arn,
1 data_source,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AssociateSourceToS3TableIntegrationResponse {
    pub identifier: Option<String>,
}
structure!(AssociateSourceToS3TableIntegrationResponse {
0 identifier,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CSV {
    pub quote_character: Option<String>,
    pub delimiter: Option<String>,
    pub columns: Option<Vec<String>>,
    pub source: Option<String>,
    pub destination: Option<String>,
}
structure!(CSV {
0 quote_character,
1 delimiter,
2 columns,
3 source,
4 destination,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CancelExportTaskRequest {
    pub task_id: Option<String>,
}
structure!(CancelExportTaskRequest {
0 task_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CancelImportTaskRequest {
    pub import_id: Option<String>,
}
structure!(CancelImportTaskRequest {
0 import_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CancelImportTaskResponse {
    pub import_id: Option<String>,
    pub import_statistics: Option<ImportStatistics>,
    pub import_status: Option<String>,
    pub creation_time: Option<i64>,
    pub last_updated_time: Option<i64>,
}
structure!(CancelImportTaskResponse {
0 import_id,
1 import_statistics,
2 import_status,
3 creation_time,
4 last_updated_time,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ConfigurationTemplate {
    pub service: Option<String>,
    pub log_type: Option<String>,
    pub resource_type: Option<String>,
    pub delivery_destination_type: Option<String>,
    pub default_delivery_config_values: Option<ConfigurationTemplateDeliveryConfigValues>,
    pub allowed_fields: Option<Vec<RecordField>>,
    pub allowed_output_formats: Option<Vec<String>>,
    pub allowed_action_for_allow_vended_logs_delivery_for_resource: Option<String>,
    pub allowed_field_delimiters: Option<Vec<String>>,
    pub allowed_suffix_path_fields: Option<Vec<String>>,
    pub delivery_source_configuration: Option<Vec<DeliverySourceConfigurationSchema>>,
    pub s3_tables_integration: Option<S3TablesIntegration>,
}
structure!(ConfigurationTemplate {
0 service,
1 log_type,
2 resource_type,
3 delivery_destination_type,
4 default_delivery_config_values,
5 allowed_fields,
6 allowed_output_formats,
7 allowed_action_for_allow_vended_logs_delivery_for_resource,
8 allowed_field_delimiters,
9 allowed_suffix_path_fields,
10 delivery_source_configuration,
11 s3_tables_integration,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ConfigurationTemplateDeliveryConfigValues {
    pub record_fields: Option<Vec<String>>,
    pub field_delimiter: Option<String>,
    pub s3_delivery_configuration: Option<S3DeliveryConfiguration>,
}
structure!(ConfigurationTemplateDeliveryConfigValues {
0 record_fields,
1 field_delimiter,
2 s3_delivery_configuration,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CopyValue {
    pub entries: Option<Vec<CopyValueEntry>>,
}
structure!(CopyValue {
0 entries,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CopyValueEntry {
    pub source: Option<String>,
    pub target: Option<String>,
    pub overwrite_if_exists: Option<bool>,
}
structure!(CopyValueEntry {
0 source,
1 target,
2 overwrite_if_exists,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateDeliveryRequest {
    pub delivery_source_name: Option<String>,
    pub delivery_destination_arn: Option<String>,
    pub record_fields: Option<Vec<String>>,
    pub field_delimiter: Option<String>,
    pub s3_delivery_configuration: Option<S3DeliveryConfiguration>,
    pub tags: Option<BTreeMap<String, String>>,
}
structure!(CreateDeliveryRequest {
0 delivery_source_name,
1 delivery_destination_arn,
2 record_fields,
3 field_delimiter,
4 s3_delivery_configuration,
5 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateDeliveryResponse {
    pub delivery: Option<Delivery>,
}
structure!(CreateDeliveryResponse {
0 delivery,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateExportTaskRequest {
    pub task_name: Option<String>,
    pub log_group_name: Option<String>,
    pub log_stream_name_prefix: Option<String>,
    pub from: Option<i64>,
    pub to: Option<i64>,
    pub destination: Option<String>,
    pub destination_prefix: Option<String>,
}
structure!(CreateExportTaskRequest {
0 task_name,
1 log_group_name,
2 log_stream_name_prefix,
3 from,
4 to,
5 destination,
6 destination_prefix,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateExportTaskResponse {
    pub task_id: Option<String>,
}
structure!(CreateExportTaskResponse {
0 task_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateImportTaskRequest {
    pub import_source_arn: Option<String>,
    pub import_role_arn: Option<String>,
    pub import_filter: Option<ImportFilter>,
}
structure!(CreateImportTaskRequest {
0 import_source_arn,
1 import_role_arn,
2 import_filter,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateImportTaskResponse {
    pub import_id: Option<String>,
    pub import_destination_arn: Option<String>,
    pub creation_time: Option<i64>,
}
structure!(CreateImportTaskResponse {
0 import_id,
1 import_destination_arn,
2 creation_time,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateLogAnomalyDetectorRequest {
    pub log_group_arn_list: Option<Vec<String>>,
    pub detector_name: Option<String>,
    pub evaluation_frequency: Option<String>,
    pub filter_pattern: Option<String>,
    pub kms_key_id: Option<String>,
    pub anomaly_visibility_time: Option<i64>,
    pub tags: Option<BTreeMap<String, String>>,
}
structure!(CreateLogAnomalyDetectorRequest {
0 log_group_arn_list,
1 detector_name,
2 evaluation_frequency,
3 filter_pattern,
4 kms_key_id,
5 anomaly_visibility_time,
6 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateLogAnomalyDetectorResponse {
    pub anomaly_detector_arn: Option<String>,
}
structure!(CreateLogAnomalyDetectorResponse {
0 anomaly_detector_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateLogGroupRequest {
    pub log_group_name: Option<String>,
    pub kms_key_id: Option<String>,
    pub tags: Option<BTreeMap<String, String>>,
    pub log_group_class: Option<String>,
    pub deletion_protection_enabled: Option<bool>,
}
structure!(CreateLogGroupRequest {
0 log_group_name,
1 kms_key_id,
2 tags,
3 log_group_class,
4 deletion_protection_enabled,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateLogStreamRequest {
    pub log_group_name: Option<String>,
    pub log_stream_name: Option<String>,
}
structure!(CreateLogStreamRequest {
0 log_group_name,
1 log_stream_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateLookupTableRequest {
    pub lookup_table_name: Option<String>,
    pub description: Option<String>,
    pub table_body: Option<String>,
    pub query_id: Option<String>,
    pub kms_key_id: Option<String>,
    pub tags: Option<BTreeMap<String, String>>,
}
structure!(CreateLookupTableRequest {
0 lookup_table_name,
1 description,
2 table_body,
3 query_id,
4 kms_key_id,
5 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateLookupTableResponse {
    pub lookup_table_arn: Option<String>,
    pub created_at: Option<i64>,
}
structure!(CreateLookupTableResponse {
0 lookup_table_arn,
1 created_at,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateScheduledQueryRequest {
    pub name: Option<String>,
    pub description: Option<String>,
    pub query_language: Option<String>,
    pub query_string: Option<String>,
    pub log_group_identifiers: Option<Vec<String>>,
    pub schedule_expression: Option<String>,
    pub timezone: Option<String>,
    pub start_time_offset: Option<i64>,
    pub end_time_offset: Option<i64>,
    pub destination_configuration: Option<DestinationConfiguration>,
    pub schedule_start_time: Option<i64>,
    pub schedule_end_time: Option<i64>,
    pub execution_role_arn: Option<String>,
    pub state: Option<String>,
    pub tags: Option<BTreeMap<String, String>>,
}
structure!(CreateScheduledQueryRequest {
0 name,
1 description,
2 query_language,
3 query_string,
4 log_group_identifiers,
5 schedule_expression,
6 timezone,
7 start_time_offset,
8 end_time_offset,
9 destination_configuration,
10 schedule_start_time,
11 schedule_end_time,
12 execution_role_arn,
13 state,
14 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateScheduledQueryResponse {
    pub scheduled_query_arn: Option<String>,
    pub state: Option<String>,
}
structure!(CreateScheduledQueryResponse {
0 scheduled_query_arn,
1 state,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DataSource {
    pub name: Option<String>,
    pub type_: Option<String>,
}
structure!(DataSource {
0 name,
1 type_,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DataSourceFilter {
    pub name: Option<String>,
    pub type_: Option<String>,
}
structure!(DataSourceFilter {
0 name,
1 type_,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DateTimeConverter {
    pub source: Option<String>,
    pub target: Option<String>,
    pub target_format: Option<String>,
    pub match_patterns: Option<Vec<String>>,
    pub source_timezone: Option<String>,
    pub target_timezone: Option<String>,
    pub locale: Option<String>,
}
structure!(DateTimeConverter {
0 source,
1 target,
2 target_format,
3 match_patterns,
4 source_timezone,
5 target_timezone,
6 locale,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteAccountPolicyRequest {
    pub policy_name: Option<String>,
    pub policy_type: Option<String>,
    pub dry_run: Option<bool>,
}
structure!(DeleteAccountPolicyRequest {
0 policy_name,
1 policy_type,
2 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteAccountPolicyResponse {
    pub dry_run_result: Option<DryRunResult>,
}
structure!(DeleteAccountPolicyResponse {
0 dry_run_result,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteDataProtectionPolicyRequest {
    pub log_group_identifier: Option<String>,
}
structure!(DeleteDataProtectionPolicyRequest {
0 log_group_identifier,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteDeliveryDestinationPolicyRequest {
    pub delivery_destination_name: Option<String>,
}
structure!(DeleteDeliveryDestinationPolicyRequest {
0 delivery_destination_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteDeliveryDestinationRequest {
    pub name: Option<String>,
}
structure!(DeleteDeliveryDestinationRequest {
0 name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteDeliveryRequest {
    pub id: Option<String>,
}
structure!(DeleteDeliveryRequest {
0 id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteDeliverySourceRequest {
    pub name: Option<String>,
}
structure!(DeleteDeliverySourceRequest {
0 name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteDestinationRequest {
    pub destination_name: Option<String>,
}
structure!(DeleteDestinationRequest {
0 destination_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteIndexPolicyRequest {
    pub log_group_identifier: Option<String>,
}
structure!(DeleteIndexPolicyRequest {
0 log_group_identifier,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteIndexPolicyResponse {}
structure!(DeleteIndexPolicyResponse {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteIntegrationRequest {
    pub integration_name: Option<String>,
    pub force: Option<bool>,
}
structure!(DeleteIntegrationRequest {
0 integration_name,
1 force,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteIntegrationResponse {}
structure!(DeleteIntegrationResponse {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteKeys {
    pub with_keys: Option<Vec<String>>,
}
structure!(DeleteKeys {
0 with_keys,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteLogAnomalyDetectorRequest {
    pub anomaly_detector_arn: Option<String>,
}
structure!(DeleteLogAnomalyDetectorRequest {
0 anomaly_detector_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteLogGroupRequest {
    pub log_group_name: Option<String>,
}
structure!(DeleteLogGroupRequest {
0 log_group_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteLogStreamRequest {
    pub log_group_name: Option<String>,
    pub log_stream_name: Option<String>,
}
structure!(DeleteLogStreamRequest {
0 log_group_name,
1 log_stream_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteLookupTableRequest {
    pub lookup_table_arn: Option<String>,
}
structure!(DeleteLookupTableRequest {
0 lookup_table_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteMetricFilterRequest {
    pub log_group_name: Option<String>,
    pub filter_name: Option<String>,
}
structure!(DeleteMetricFilterRequest {
0 log_group_name,
1 filter_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteQueryDefinitionRequest {
    pub query_definition_id: Option<String>,
}
structure!(DeleteQueryDefinitionRequest {
0 query_definition_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteQueryDefinitionResponse {
    pub success: Option<bool>,
}
structure!(DeleteQueryDefinitionResponse {
0 success,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteResourcePolicyRequest {
    pub policy_name: Option<String>,
    pub resource_arn: Option<String>,
    pub expected_revision_id: Option<String>,
}
structure!(DeleteResourcePolicyRequest {
0 policy_name,
1 resource_arn,
2 expected_revision_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteRetentionPolicyRequest {
    pub log_group_name: Option<String>,
}
structure!(DeleteRetentionPolicyRequest {
0 log_group_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteScheduledQueryRequest {
    pub identifier: Option<String>,
}
structure!(DeleteScheduledQueryRequest {
0 identifier,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteScheduledQueryResponse {}
structure!(DeleteScheduledQueryResponse {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteSubscriptionFilterRequest {
    pub log_group_name: Option<String>,
    pub filter_name: Option<String>,
}
structure!(DeleteSubscriptionFilterRequest {
0 log_group_name,
1 filter_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteSyslogConfigurationRequest {
    pub log_group_identifier: Option<String>,
    pub vpc_endpoint_id: Option<String>,
}
structure!(DeleteSyslogConfigurationRequest {
0 log_group_identifier,
1 vpc_endpoint_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteTransformerRequest {
    pub log_group_identifier: Option<String>,
}
structure!(DeleteTransformerRequest {
0 log_group_identifier,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Delivery {
    pub id: Option<String>,
    pub arn: Option<String>,
    pub delivery_source_name: Option<String>,
    pub delivery_destination_arn: Option<String>,
    pub delivery_destination_type: Option<String>,
    pub record_fields: Option<Vec<String>>,
    pub field_delimiter: Option<String>,
    pub s3_delivery_configuration: Option<S3DeliveryConfiguration>,
    pub tags: Option<BTreeMap<String, String>>,
}
structure!(Delivery {
0 id,
1 arn,
2 delivery_source_name,
3 delivery_destination_arn,
4 delivery_destination_type,
5 record_fields,
6 field_delimiter,
7 s3_delivery_configuration,
8 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeliveryDestination {
    pub name: Option<String>,
    pub arn: Option<String>,
    pub delivery_destination_type: Option<String>,
    pub output_format: Option<String>,
    pub delivery_destination_configuration: Option<DeliveryDestinationConfiguration>,
    pub role_arn: Option<String>,
    pub tags: Option<BTreeMap<String, String>>,
}
structure!(DeliveryDestination {
0 name,
1 arn,
2 delivery_destination_type,
3 output_format,
4 delivery_destination_configuration,
5 role_arn,
6 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeliveryDestinationConfiguration {
    pub destination_resource_arn: Option<String>,
}
structure!(DeliveryDestinationConfiguration {
0 destination_resource_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeliverySource {
    pub name: Option<String>,
    pub arn: Option<String>,
    pub resource_arns: Option<Vec<String>>,
    pub service: Option<String>,
    pub log_type: Option<String>,
    pub tags: Option<BTreeMap<String, String>>,
    pub delivery_source_configuration: Option<BTreeMap<String, String>>,
    pub status: Option<String>,
    pub status_reason: Option<String>,
}
structure!(DeliverySource {
0 name,
1 arn,
2 resource_arns,
3 service,
4 log_type,
5 tags,
6 delivery_source_configuration,
7 status,
8 status_reason,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeliverySourceConfigurationSchema {
    pub key_name: Option<String>,
    pub value_type: Option<String>,
    pub default_value: Option<String>,
    pub supported_values: Option<Vec<String>>,
    pub min_value: Option<f64>,
    pub max_value: Option<f64>,
}
structure!(DeliverySourceConfigurationSchema {
0 key_name,
1 value_type,
2 default_value,
3 supported_values,
4 min_value,
5 max_value,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeAccountPoliciesRequest {
    pub policy_type: Option<String>,
    pub policy_name: Option<String>,
    pub account_identifiers: Option<Vec<String>>,
    pub next_token: Option<String>,
}
structure!(DescribeAccountPoliciesRequest {
0 policy_type,
1 policy_name,
2 account_identifiers,
3 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeAccountPoliciesResponse {
    pub account_policies: Option<Vec<AccountPolicy>>,
    pub next_token: Option<String>,
}
structure!(DescribeAccountPoliciesResponse {
0 account_policies,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeConfigurationTemplatesRequest {
    pub service: Option<String>,
    pub log_types: Option<Vec<String>>,
    pub resource_types: Option<Vec<String>>,
    pub delivery_destination_types: Option<Vec<String>>,
    pub next_token: Option<String>,
    pub limit: Option<i32>,
}
structure!(DescribeConfigurationTemplatesRequest {
0 service,
1 log_types,
2 resource_types,
3 delivery_destination_types,
4 next_token,
5 limit,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeConfigurationTemplatesResponse {
    pub configuration_templates: Option<Vec<ConfigurationTemplate>>,
    pub next_token: Option<String>,
}
structure!(DescribeConfigurationTemplatesResponse {
0 configuration_templates,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeDeliveriesRequest {
    pub next_token: Option<String>,
    pub limit: Option<i32>,
    pub delivery_source_names: Option<Vec<String>>,
}
structure!(DescribeDeliveriesRequest {
0 next_token,
1 limit,
2 delivery_source_names,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeDeliveriesResponse {
    pub deliveries: Option<Vec<Delivery>>,
    pub next_token: Option<String>,
}
structure!(DescribeDeliveriesResponse {
0 deliveries,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeDeliveryDestinationsRequest {
    pub next_token: Option<String>,
    pub limit: Option<i32>,
    pub names: Option<Vec<String>>,
}
structure!(DescribeDeliveryDestinationsRequest {
0 next_token,
1 limit,
2 names,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeDeliveryDestinationsResponse {
    pub delivery_destinations: Option<Vec<DeliveryDestination>>,
    pub next_token: Option<String>,
}
structure!(DescribeDeliveryDestinationsResponse {
0 delivery_destinations,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeDeliverySourcesRequest {
    pub next_token: Option<String>,
    pub limit: Option<i32>,
    pub resource_arns: Option<Vec<String>>,
}
structure!(DescribeDeliverySourcesRequest {
0 next_token,
1 limit,
2 resource_arns,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeDeliverySourcesResponse {
    pub delivery_sources: Option<Vec<DeliverySource>>,
    pub next_token: Option<String>,
}
structure!(DescribeDeliverySourcesResponse {
0 delivery_sources,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeDestinationsRequest {
    pub destination_name_prefix: Option<String>,
    pub next_token: Option<String>,
    pub limit: Option<i32>,
}
structure!(DescribeDestinationsRequest {
0 destination_name_prefix,
1 next_token,
2 limit,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeDestinationsResponse {
    pub destinations: Option<Vec<Destination>>,
    pub next_token: Option<String>,
}
structure!(DescribeDestinationsResponse {
0 destinations,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeExportTasksRequest {
    pub task_id: Option<String>,
    pub status_code: Option<String>,
    pub next_token: Option<String>,
    pub limit: Option<i32>,
}
structure!(DescribeExportTasksRequest {
0 task_id,
1 status_code,
2 next_token,
3 limit,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeExportTasksResponse {
    pub export_tasks: Option<Vec<ExportTask>>,
    pub next_token: Option<String>,
}
structure!(DescribeExportTasksResponse {
0 export_tasks,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeFieldIndexesRequest {
    pub log_group_identifiers: Option<Vec<String>>,
    pub index_categories: Option<Vec<String>>,
    pub next_token: Option<String>,
}
structure!(DescribeFieldIndexesRequest {
0 log_group_identifiers,
1 index_categories,
2 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeFieldIndexesResponse {
    pub field_indexes: Option<Vec<FieldIndex>>,
    pub next_token: Option<String>,
}
structure!(DescribeFieldIndexesResponse {
0 field_indexes,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeImportTaskBatchesRequest {
    pub import_id: Option<String>,
    pub batch_import_status: Option<Vec<String>>,
    pub limit: Option<i32>,
    pub next_token: Option<String>,
}
structure!(DescribeImportTaskBatchesRequest {
0 import_id,
1 batch_import_status,
2 limit,
3 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeImportTaskBatchesResponse {
    pub import_source_arn: Option<String>,
    pub import_id: Option<String>,
    pub import_batches: Option<Vec<ImportBatch>>,
    pub next_token: Option<String>,
}
structure!(DescribeImportTaskBatchesResponse {
0 import_source_arn,
1 import_id,
2 import_batches,
3 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeImportTasksRequest {
    pub import_id: Option<String>,
    pub import_status: Option<String>,
    pub import_source_arn: Option<String>,
    pub limit: Option<i32>,
    pub next_token: Option<String>,
}
structure!(DescribeImportTasksRequest {
0 import_id,
1 import_status,
2 import_source_arn,
3 limit,
4 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeImportTasksResponse {
    pub imports: Option<Vec<Import>>,
    pub next_token: Option<String>,
}
structure!(DescribeImportTasksResponse {
0 imports,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeIndexPoliciesRequest {
    pub log_group_identifiers: Option<Vec<String>>,
    pub next_token: Option<String>,
}
structure!(DescribeIndexPoliciesRequest {
0 log_group_identifiers,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeIndexPoliciesResponse {
    pub index_policies: Option<Vec<IndexPolicy>>,
    pub next_token: Option<String>,
}
structure!(DescribeIndexPoliciesResponse {
0 index_policies,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeLogGroupsRequest {
    pub account_identifiers: Option<Vec<String>>,
    pub log_group_name_prefix: Option<String>,
    pub log_group_name_pattern: Option<String>,
    pub next_token: Option<String>,
    pub limit: Option<i32>,
    pub include_linked_accounts: Option<bool>,
    pub log_group_class: Option<String>,
    pub log_group_identifiers: Option<Vec<String>>,
}
structure!(DescribeLogGroupsRequest {
0 account_identifiers,
1 log_group_name_prefix,
2 log_group_name_pattern,
3 next_token,
4 limit,
5 include_linked_accounts,
6 log_group_class,
7 log_group_identifiers,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeLogGroupsResponse {
    pub log_groups: Option<Vec<LogGroup>>,
    pub next_token: Option<String>,
}
structure!(DescribeLogGroupsResponse {
0 log_groups,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeLogStreamsRequest {
    pub log_group_name: Option<String>,
    pub log_group_identifier: Option<String>,
    pub log_stream_name_prefix: Option<String>,
    pub order_by: Option<String>,
    pub descending: Option<bool>,
    pub next_token: Option<String>,
    pub limit: Option<i32>,
}
structure!(DescribeLogStreamsRequest {
0 log_group_name,
1 log_group_identifier,
2 log_stream_name_prefix,
3 order_by,
4 descending,
5 next_token,
6 limit,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeLogStreamsResponse {
    pub log_streams: Option<Vec<LogStream>>,
    pub next_token: Option<String>,
}
structure!(DescribeLogStreamsResponse {
0 log_streams,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeLookupTablesRequest {
    pub lookup_table_name_prefix: Option<String>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
}
structure!(DescribeLookupTablesRequest {
0 lookup_table_name_prefix,
1 max_results,
2 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeLookupTablesResponse {
    pub lookup_tables: Option<Vec<LookupTable>>,
    pub next_token: Option<String>,
}
structure!(DescribeLookupTablesResponse {
0 lookup_tables,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeMetricFiltersRequest {
    pub log_group_name: Option<String>,
    pub filter_name_prefix: Option<String>,
    pub next_token: Option<String>,
    pub limit: Option<i32>,
    pub metric_name: Option<String>,
    pub metric_namespace: Option<String>,
}
structure!(DescribeMetricFiltersRequest {
0 log_group_name,
1 filter_name_prefix,
2 next_token,
3 limit,
4 metric_name,
5 metric_namespace,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeMetricFiltersResponse {
    pub metric_filters: Option<Vec<MetricFilter>>,
    pub next_token: Option<String>,
}
structure!(DescribeMetricFiltersResponse {
0 metric_filters,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeQueriesRequest {
    pub log_group_name: Option<String>,
    pub status: Option<String>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
    pub query_language: Option<String>,
}
structure!(DescribeQueriesRequest {
0 log_group_name,
1 status,
2 max_results,
3 next_token,
4 query_language,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeQueriesResponse {
    pub queries: Option<Vec<QueryInfo>>,
    pub next_token: Option<String>,
}
structure!(DescribeQueriesResponse {
0 queries,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeQueryDefinitionsRequest {
    pub query_language: Option<String>,
    pub query_definition_name_prefix: Option<String>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
}
structure!(DescribeQueryDefinitionsRequest {
0 query_language,
1 query_definition_name_prefix,
2 max_results,
3 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeQueryDefinitionsResponse {
    pub query_definitions: Option<Vec<QueryDefinition>>,
    pub next_token: Option<String>,
}
structure!(DescribeQueryDefinitionsResponse {
0 query_definitions,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeResourcePoliciesRequest {
    pub next_token: Option<String>,
    pub limit: Option<i32>,
    pub resource_arn: Option<String>,
    pub policy_scope: Option<String>,
}
structure!(DescribeResourcePoliciesRequest {
0 next_token,
1 limit,
2 resource_arn,
3 policy_scope,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeResourcePoliciesResponse {
    pub resource_policies: Option<Vec<ResourcePolicy>>,
    pub next_token: Option<String>,
}
structure!(DescribeResourcePoliciesResponse {
0 resource_policies,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeSubscriptionFiltersRequest {
    pub log_group_name: Option<String>,
    pub filter_name_prefix: Option<String>,
    pub next_token: Option<String>,
    pub limit: Option<i32>,
}
structure!(DescribeSubscriptionFiltersRequest {
0 log_group_name,
1 filter_name_prefix,
2 next_token,
3 limit,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeSubscriptionFiltersResponse {
    pub subscription_filters: Option<Vec<SubscriptionFilter>>,
    pub next_token: Option<String>,
}
structure!(DescribeSubscriptionFiltersResponse {
0 subscription_filters,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Destination {
    pub destination_name: Option<String>,
    pub target_arn: Option<String>,
    pub role_arn: Option<String>,
    pub access_policy: Option<String>,
    pub arn: Option<String>,
    pub creation_time: Option<i64>,
}
structure!(Destination {
0 destination_name,
1 target_arn,
2 role_arn,
3 access_policy,
4 arn,
5 creation_time,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DestinationConfiguration {
    pub s3_configuration: Option<S3Configuration>,
    pub lookup_table_configuration: Option<LookupTableConfiguration>,
}
structure!(DestinationConfiguration {
0 s3_configuration,
1 lookup_table_configuration,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DisassociateKmsKeyRequest {
    pub log_group_name: Option<String>,
    pub resource_identifier: Option<String>,
}
structure!(DisassociateKmsKeyRequest {
0 log_group_name,
1 resource_identifier,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DisassociateSourceFromS3TableIntegrationRequest {
    pub identifier: Option<String>,
}
structure!(DisassociateSourceFromS3TableIntegrationRequest {
0 identifier,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DisassociateSourceFromS3TableIntegrationResponse {
    pub identifier: Option<String>,
}
structure!(DisassociateSourceFromS3TableIntegrationResponse {
0 identifier,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DryRunResult {
    pub total_matched_log_groups: Option<i32>,
    pub increased_retention_log_group_count: Option<i32>,
    pub decreased_retention_log_group_count: Option<i32>,
    pub unchanged_retention_log_group_count: Option<i32>,
    pub failed_analysis_count: Option<i32>,
    pub top_log_groups_impacted: Option<Vec<LogGroupImpact>>,
}
structure!(DryRunResult {
0 total_matched_log_groups,
1 increased_retention_log_group_count,
2 decreased_retention_log_group_count,
3 unchanged_retention_log_group_count,
4 failed_analysis_count,
5 top_log_groups_impacted,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Entity {
    pub key_attributes: Option<BTreeMap<String, String>>,
    pub attributes: Option<BTreeMap<String, String>>,
}
structure!(Entity {
0 key_attributes,
1 attributes,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ExportTask {
    pub task_id: Option<String>,
    pub task_name: Option<String>,
    pub log_group_name: Option<String>,
    pub from: Option<i64>,
    pub to: Option<i64>,
    pub destination: Option<String>,
    pub destination_prefix: Option<String>,
    pub status: Option<ExportTaskStatus>,
    pub execution_info: Option<ExportTaskExecutionInfo>,
}
structure!(ExportTask {
0 task_id,
1 task_name,
2 log_group_name,
3 from,
4 to,
5 destination,
6 destination_prefix,
7 status,
8 execution_info,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ExportTaskExecutionInfo {
    pub creation_time: Option<i64>,
    pub completion_time: Option<i64>,
}
structure!(ExportTaskExecutionInfo {
0 creation_time,
1 completion_time,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ExportTaskStatus {
    pub code: Option<String>,
    pub message: Option<String>,
}
structure!(ExportTaskStatus {
0 code,
1 message,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct FieldIndex {
    pub log_group_identifier: Option<String>,
    pub field_index_name: Option<String>,
    pub last_scan_time: Option<i64>,
    pub first_event_time: Option<i64>,
    pub last_event_time: Option<i64>,
    pub type_: Option<String>,
    pub index_category: Option<String>,
}
structure!(FieldIndex {
0 log_group_identifier,
1 field_index_name,
2 last_scan_time,
3 first_event_time,
4 last_event_time,
5 type_,
6 index_category,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct FieldsData {
    pub data: Option<Vec<u8>>,
}
structure!(FieldsData {
0 data,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct FilterLogEventsRequest {
    pub log_group_name: Option<String>,
    pub log_group_identifier: Option<String>,
    pub log_stream_names: Option<Vec<String>>,
    pub log_stream_name_prefix: Option<String>,
    pub start_time: Option<i64>,
    pub end_time: Option<i64>,
    pub filter_pattern: Option<String>,
    pub next_token: Option<String>,
    pub limit: Option<i32>,
    pub start_from_head: Option<bool>,
    pub interleaved: Option<bool>,
    pub unmask: Option<bool>,
}
structure!(FilterLogEventsRequest {
0 log_group_name,
1 log_group_identifier,
2 log_stream_names,
3 log_stream_name_prefix,
4 start_time,
5 end_time,
6 filter_pattern,
7 next_token,
8 limit,
9 start_from_head,
10 interleaved,
11 unmask,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct FilterLogEventsResponse {
    pub events: Option<Vec<FilteredLogEvent>>,
    pub searched_log_streams: Option<Vec<SearchedLogStream>>,
    pub next_token: Option<String>,
}
structure!(FilterLogEventsResponse {
0 events,
1 searched_log_streams,
2 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct FilteredLogEvent {
    pub log_stream_name: Option<String>,
    pub timestamp: Option<i64>,
    pub message: Option<String>,
    pub ingestion_time: Option<i64>,
    pub event_id: Option<String>,
}
structure!(FilteredLogEvent {
0 log_stream_name,
1 timestamp,
2 message,
3 ingestion_time,
4 event_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetDataProtectionPolicyRequest {
    pub log_group_identifier: Option<String>,
}
structure!(GetDataProtectionPolicyRequest {
0 log_group_identifier,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetDataProtectionPolicyResponse {
    pub log_group_identifier: Option<String>,
    pub policy_document: Option<String>,
    pub last_updated_time: Option<i64>,
}
structure!(GetDataProtectionPolicyResponse {
0 log_group_identifier,
1 policy_document,
2 last_updated_time,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetDeliveryDestinationPolicyRequest {
    pub delivery_destination_name: Option<String>,
}
structure!(GetDeliveryDestinationPolicyRequest {
0 delivery_destination_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetDeliveryDestinationPolicyResponse {
    pub policy: Option<Policy>,
}
structure!(GetDeliveryDestinationPolicyResponse {
0 policy,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetDeliveryDestinationRequest {
    pub name: Option<String>,
}
structure!(GetDeliveryDestinationRequest {
0 name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetDeliveryDestinationResponse {
    pub delivery_destination: Option<DeliveryDestination>,
}
structure!(GetDeliveryDestinationResponse {
0 delivery_destination,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetDeliveryRequest {
    pub id: Option<String>,
}
structure!(GetDeliveryRequest {
0 id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetDeliveryResponse {
    pub delivery: Option<Delivery>,
}
structure!(GetDeliveryResponse {
0 delivery,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetDeliverySourceRequest {
    pub name: Option<String>,
}
structure!(GetDeliverySourceRequest {
0 name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetDeliverySourceResponse {
    pub delivery_source: Option<DeliverySource>,
}
structure!(GetDeliverySourceResponse {
0 delivery_source,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetIntegrationRequest {
    pub integration_name: Option<String>,
}
structure!(GetIntegrationRequest {
0 integration_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetIntegrationResponse {
    pub integration_name: Option<String>,
    pub integration_type: Option<String>,
    pub integration_status: Option<String>,
    pub integration_details: Option<IntegrationDetails>,
}
structure!(GetIntegrationResponse {
0 integration_name,
1 integration_type,
2 integration_status,
3 integration_details,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetLogAnomalyDetectorRequest {
    pub anomaly_detector_arn: Option<String>,
}
structure!(GetLogAnomalyDetectorRequest {
0 anomaly_detector_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetLogAnomalyDetectorResponse {
    pub detector_name: Option<String>,
    pub log_group_arn_list: Option<Vec<String>>,
    pub evaluation_frequency: Option<String>,
    pub filter_pattern: Option<String>,
    pub anomaly_detector_status: Option<String>,
    pub kms_key_id: Option<String>,
    pub creation_time_stamp: Option<i64>,
    pub last_modified_time_stamp: Option<i64>,
    pub anomaly_visibility_time: Option<i64>,
}
structure!(GetLogAnomalyDetectorResponse {
0 detector_name,
1 log_group_arn_list,
2 evaluation_frequency,
3 filter_pattern,
4 anomaly_detector_status,
5 kms_key_id,
6 creation_time_stamp,
7 last_modified_time_stamp,
8 anomaly_visibility_time,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetLogEventsRequest {
    pub log_group_name: Option<String>,
    pub log_group_identifier: Option<String>,
    pub log_stream_name: Option<String>,
    pub start_time: Option<i64>,
    pub end_time: Option<i64>,
    pub next_token: Option<String>,
    pub limit: Option<i32>,
    pub start_from_head: Option<bool>,
    pub unmask: Option<bool>,
}
structure!(GetLogEventsRequest {
0 log_group_name,
1 log_group_identifier,
2 log_stream_name,
3 start_time,
4 end_time,
5 next_token,
6 limit,
7 start_from_head,
8 unmask,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetLogEventsResponse {
    pub events: Option<Vec<OutputLogEvent>>,
    pub next_forward_token: Option<String>,
    pub next_backward_token: Option<String>,
}
structure!(GetLogEventsResponse {
0 events,
1 next_forward_token,
2 next_backward_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetLogFieldsRequest {
    pub data_source_name: Option<String>,
    pub data_source_type: Option<String>,
}
structure!(GetLogFieldsRequest {
0 data_source_name,
1 data_source_type,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetLogFieldsResponse {
    pub log_fields: Option<Vec<LogFieldsListItem>>,
}
structure!(GetLogFieldsResponse {
0 log_fields,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetLogGroupFieldsRequest {
    pub log_group_name: Option<String>,
    pub time: Option<i64>,
    pub log_group_identifier: Option<String>,
}
structure!(GetLogGroupFieldsRequest {
0 log_group_name,
1 time,
2 log_group_identifier,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetLogGroupFieldsResponse {
    pub log_group_fields: Option<Vec<LogGroupField>>,
}
structure!(GetLogGroupFieldsResponse {
0 log_group_fields,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetLogObjectRequest {
    pub unmask: Option<bool>,
    pub log_object_pointer: Option<String>,
}
structure!(GetLogObjectRequest {
0 unmask,
1 log_object_pointer,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetLogObjectResponse {
    pub field_stream: Option<GetLogObjectResponseStream>,
}
structure!(GetLogObjectResponse {
0 field_stream,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetLogObjectResponseStream {
    pub fields: Option<FieldsData>,
    pub internal_streaming_exception: Option<InternalStreamingException>,
}
structure!(GetLogObjectResponseStream {
0 fields,
1 internal_streaming_exception,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetLogRecordRequest {
    pub log_record_pointer: Option<String>,
    pub unmask: Option<bool>,
}
structure!(GetLogRecordRequest {
0 log_record_pointer,
1 unmask,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetLogRecordResponse {
    pub log_record: Option<BTreeMap<String, String>>,
}
structure!(GetLogRecordResponse {
0 log_record,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetLookupTableRequest {
    pub lookup_table_arn: Option<String>,
}
structure!(GetLookupTableRequest {
0 lookup_table_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetLookupTableResponse {
    pub lookup_table_arn: Option<String>,
    pub lookup_table_name: Option<String>,
    pub description: Option<String>,
    pub table_body: Option<String>,
    pub size_bytes: Option<i64>,
    pub last_updated_time: Option<i64>,
    pub kms_key_id: Option<String>,
}
structure!(GetLookupTableResponse {
0 lookup_table_arn,
1 lookup_table_name,
2 description,
3 table_body,
4 size_bytes,
5 last_updated_time,
6 kms_key_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetQueryResultsRequest {
    pub query_id: Option<String>,
    pub next_token: Option<String>,
    pub max_items: Option<i32>,
}
structure!(GetQueryResultsRequest {
0 query_id,
1 next_token,
2 max_items,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetQueryResultsResponse {
    pub query_language: Option<String>,
    pub results: Option<Vec<Vec<ResultField>>>,
    pub statistics: Option<QueryStatistics>,
    pub status: Option<String>,
    pub encryption_key: Option<String>,
    pub next_token: Option<String>,
}
structure!(GetQueryResultsResponse {
0 query_language,
1 results,
2 statistics,
3 status,
4 encryption_key,
5 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetScheduledQueryHistoryRequest {
    pub identifier: Option<String>,
    pub start_time: Option<i64>,
    pub end_time: Option<i64>,
    pub execution_statuses: Option<Vec<String>>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
}
structure!(GetScheduledQueryHistoryRequest {
0 identifier,
1 start_time,
2 end_time,
3 execution_statuses,
4 max_results,
5 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetScheduledQueryHistoryResponse {
    pub name: Option<String>,
    pub scheduled_query_arn: Option<String>,
    pub trigger_history: Option<Vec<TriggerHistoryRecord>>,
    pub next_token: Option<String>,
}
structure!(GetScheduledQueryHistoryResponse {
0 name,
1 scheduled_query_arn,
2 trigger_history,
3 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetScheduledQueryRequest {
    pub identifier: Option<String>,
}
structure!(GetScheduledQueryRequest {
0 identifier,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetScheduledQueryResponse {
    pub scheduled_query_arn: Option<String>,
    pub name: Option<String>,
    pub description: Option<String>,
    pub query_language: Option<String>,
    pub query_string: Option<String>,
    pub log_group_identifiers: Option<Vec<String>>,
    pub schedule_expression: Option<String>,
    pub timezone: Option<String>,
    pub start_time_offset: Option<i64>,
    pub end_time_offset: Option<i64>,
    pub destination_configuration: Option<DestinationConfiguration>,
    pub state: Option<String>,
    pub schedule_type: Option<String>,
    pub last_triggered_time: Option<i64>,
    pub last_execution_status: Option<String>,
    pub schedule_start_time: Option<i64>,
    pub schedule_end_time: Option<i64>,
    pub execution_role_arn: Option<String>,
    pub creation_time: Option<i64>,
    pub last_updated_time: Option<i64>,
}
structure!(GetScheduledQueryResponse {
0 scheduled_query_arn,
1 name,
2 description,
3 query_language,
4 query_string,
5 log_group_identifiers,
6 schedule_expression,
7 timezone,
8 start_time_offset,
9 end_time_offset,
10 destination_configuration,
11 state,
12 schedule_type,
13 last_triggered_time,
14 last_execution_status,
15 schedule_start_time,
16 schedule_end_time,
17 execution_role_arn,
18 creation_time,
19 last_updated_time,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetStorageTierPolicyRequest {}
structure!(GetStorageTierPolicyRequest {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetStorageTierPolicyResponse {
    pub storage_tier: Option<String>,
    pub last_updated_time: Option<i64>,
}
structure!(GetStorageTierPolicyResponse {
0 storage_tier,
1 last_updated_time,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetTransformerRequest {
    pub log_group_identifier: Option<String>,
}
structure!(GetTransformerRequest {
0 log_group_identifier,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetTransformerResponse {
    pub log_group_identifier: Option<String>,
    pub creation_time: Option<i64>,
    pub last_modified_time: Option<i64>,
    pub transformer_config: Option<Vec<Processor>>,
}
structure!(GetTransformerResponse {
0 log_group_identifier,
1 creation_time,
2 last_modified_time,
3 transformer_config,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Grok {
    pub source: Option<String>,
    pub match_: Option<String>,
}
structure!(Grok {
0 source,
1 match_,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GroupingIdentifier {
    pub key: Option<String>,
    pub value: Option<String>,
}
structure!(GroupingIdentifier {
0 key,
1 value,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Import {
    pub import_id: Option<String>,
    pub import_source_arn: Option<String>,
    pub import_status: Option<String>,
    pub import_destination_arn: Option<String>,
    pub import_statistics: Option<ImportStatistics>,
    pub import_filter: Option<ImportFilter>,
    pub creation_time: Option<i64>,
    pub last_updated_time: Option<i64>,
    pub error_message: Option<String>,
}
structure!(Import {
0 import_id,
1 import_source_arn,
2 import_status,
3 import_destination_arn,
4 import_statistics,
5 import_filter,
6 creation_time,
7 last_updated_time,
8 error_message,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ImportBatch {
    pub batch_id: Option<String>,
    pub status: Option<String>,
    pub error_message: Option<String>,
}
structure!(ImportBatch {
0 batch_id,
1 status,
2 error_message,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ImportFilter {
    pub start_event_time: Option<i64>,
    pub end_event_time: Option<i64>,
}
structure!(ImportFilter {
0 start_event_time,
1 end_event_time,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ImportStatistics {
    pub bytes_imported: Option<i64>,
}
structure!(ImportStatistics {
0 bytes_imported,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct IndexPolicy {
    pub log_group_identifier: Option<String>,
    pub last_update_time: Option<i64>,
    pub policy_document: Option<String>,
    pub policy_name: Option<String>,
    pub source: Option<String>,
}
structure!(IndexPolicy {
0 log_group_identifier,
1 last_update_time,
2 policy_document,
3 policy_name,
4 source,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InputLogEvent {
    pub timestamp: Option<i64>,
    pub message: Option<String>,
}
structure!(InputLogEvent {
0 timestamp,
1 message,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct IntegrationDetails {
    pub open_search_integration_details: Option<OpenSearchIntegrationDetails>,
}
structure!(IntegrationDetails {
0 open_search_integration_details,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct IntegrationSummary {
    pub integration_name: Option<String>,
    pub integration_type: Option<String>,
    pub integration_status: Option<String>,
}
structure!(IntegrationSummary {
0 integration_name,
1 integration_type,
2 integration_status,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InternalStreamingException {
    pub message: Option<String>,
}
structure!(InternalStreamingException {
0 message,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListAggregateLogGroupSummariesRequest {
    pub account_identifiers: Option<Vec<String>>,
    pub include_linked_accounts: Option<bool>,
    pub log_group_class: Option<String>,
    pub log_group_name_pattern: Option<String>,
    pub data_sources: Option<Vec<DataSourceFilter>>,
    pub group_by: Option<String>,
    pub next_token: Option<String>,
    pub limit: Option<i32>,
}
structure!(ListAggregateLogGroupSummariesRequest {
0 account_identifiers,
1 include_linked_accounts,
2 log_group_class,
3 log_group_name_pattern,
4 data_sources,
5 group_by,
6 next_token,
7 limit,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListAggregateLogGroupSummariesResponse {
    pub aggregate_log_group_summaries: Option<Vec<AggregateLogGroupSummary>>,
    pub next_token: Option<String>,
}
structure!(ListAggregateLogGroupSummariesResponse {
0 aggregate_log_group_summaries,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListAnomaliesRequest {
    pub anomaly_detector_arn: Option<String>,
    pub suppression_state: Option<String>,
    pub limit: Option<i32>,
    pub next_token: Option<String>,
}
structure!(ListAnomaliesRequest {
0 anomaly_detector_arn,
1 suppression_state,
2 limit,
3 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListAnomaliesResponse {
    pub anomalies: Option<Vec<Anomaly>>,
    pub next_token: Option<String>,
}
structure!(ListAnomaliesResponse {
0 anomalies,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListIntegrationsRequest {
    pub integration_name_prefix: Option<String>,
    pub integration_type: Option<String>,
    pub integration_status: Option<String>,
}
structure!(ListIntegrationsRequest {
0 integration_name_prefix,
1 integration_type,
2 integration_status,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListIntegrationsResponse {
    pub integration_summaries: Option<Vec<IntegrationSummary>>,
}
structure!(ListIntegrationsResponse {
0 integration_summaries,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListLogAnomalyDetectorsRequest {
    pub filter_log_group_arn: Option<String>,
    pub limit: Option<i32>,
    pub next_token: Option<String>,
}
structure!(ListLogAnomalyDetectorsRequest {
0 filter_log_group_arn,
1 limit,
2 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListLogAnomalyDetectorsResponse {
    pub anomaly_detectors: Option<Vec<AnomalyDetector>>,
    pub next_token: Option<String>,
}
structure!(ListLogAnomalyDetectorsResponse {
0 anomaly_detectors,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListLogGroupsForQueryRequest {
    pub query_id: Option<String>,
    pub next_token: Option<String>,
    pub max_results: Option<i32>,
}
structure!(ListLogGroupsForQueryRequest {
0 query_id,
1 next_token,
2 max_results,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListLogGroupsForQueryResponse {
    pub log_group_identifiers: Option<Vec<String>>,
    pub next_token: Option<String>,
}
structure!(ListLogGroupsForQueryResponse {
0 log_group_identifiers,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListLogGroupsRequest {
    pub log_group_name_pattern: Option<String>,
    pub log_group_class: Option<String>,
    pub include_linked_accounts: Option<bool>,
    pub account_identifiers: Option<Vec<String>>,
    pub next_token: Option<String>,
    pub limit: Option<i32>,
    pub data_sources: Option<Vec<DataSourceFilter>>,
    pub field_index_names: Option<Vec<String>>,
    pub log_group_tags: Option<Vec<TagFilter>>,
}
structure!(ListLogGroupsRequest {
0 log_group_name_pattern,
1 log_group_class,
2 include_linked_accounts,
3 account_identifiers,
4 next_token,
5 limit,
6 data_sources,
7 field_index_names,
8 log_group_tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListLogGroupsResponse {
    pub log_groups: Option<Vec<LogGroupSummary>>,
    pub next_token: Option<String>,
}
structure!(ListLogGroupsResponse {
0 log_groups,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListScheduledQueriesRequest {
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
    pub state: Option<String>,
    pub schedule_type: Option<String>,
}
structure!(ListScheduledQueriesRequest {
0 max_results,
1 next_token,
2 state,
3 schedule_type,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListScheduledQueriesResponse {
    pub next_token: Option<String>,
    pub scheduled_queries: Option<Vec<ScheduledQuerySummary>>,
}
structure!(ListScheduledQueriesResponse {
0 next_token,
1 scheduled_queries,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListSourcesForS3TableIntegrationRequest {
    pub integration_arn: Option<String>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
}
structure!(ListSourcesForS3TableIntegrationRequest {
0 integration_arn,
1 max_results,
2 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListSourcesForS3TableIntegrationResponse {
    pub sources: Option<Vec<S3TableIntegrationSource>>,
    pub next_token: Option<String>,
}
structure!(ListSourcesForS3TableIntegrationResponse {
0 sources,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListSyslogConfigurationsRequest {
    pub log_group_identifier: Option<String>,
    pub vpc_endpoint_id: Option<String>,
    pub next_token: Option<String>,
    pub max_results: Option<i32>,
}
structure!(ListSyslogConfigurationsRequest {
0 log_group_identifier,
1 vpc_endpoint_id,
2 next_token,
3 max_results,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListSyslogConfigurationsResponse {
    pub syslog_configurations: Option<Vec<SyslogConfiguration>>,
    pub next_token: Option<String>,
}
structure!(ListSyslogConfigurationsResponse {
0 syslog_configurations,
1 next_token,
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
pub struct ListTagsLogGroupRequest {
    pub log_group_name: Option<String>,
}
structure!(ListTagsLogGroupRequest {
0 log_group_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListTagsLogGroupResponse {
    pub tags: Option<BTreeMap<String, String>>,
}
structure!(ListTagsLogGroupResponse {
0 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListToMap {
    pub source: Option<String>,
    pub key: Option<String>,
    pub value_key: Option<String>,
    pub target: Option<String>,
    pub flatten: Option<bool>,
    pub flattened_element: Option<String>,
}
structure!(ListToMap {
0 source,
1 key,
2 value_key,
3 target,
4 flatten,
5 flattened_element,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LiveTailSessionLogEvent {
    pub log_stream_name: Option<String>,
    pub log_group_identifier: Option<String>,
    pub message: Option<String>,
    pub timestamp: Option<i64>,
    pub ingestion_time: Option<i64>,
}
structure!(LiveTailSessionLogEvent {
0 log_stream_name,
1 log_group_identifier,
2 message,
3 timestamp,
4 ingestion_time,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LiveTailSessionMetadata {
    pub sampled: Option<bool>,
}
structure!(LiveTailSessionMetadata {
0 sampled,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LiveTailSessionStart {
    pub request_id: Option<String>,
    pub session_id: Option<String>,
    pub log_group_identifiers: Option<Vec<String>>,
    pub log_stream_names: Option<Vec<String>>,
    pub log_stream_name_prefixes: Option<Vec<String>>,
    pub log_event_filter_pattern: Option<String>,
}
structure!(LiveTailSessionStart {
0 request_id,
1 session_id,
2 log_group_identifiers,
3 log_stream_names,
4 log_stream_name_prefixes,
5 log_event_filter_pattern,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LiveTailSessionUpdate {
    pub session_metadata: Option<LiveTailSessionMetadata>,
    pub session_results: Option<Vec<LiveTailSessionLogEvent>>,
}
structure!(LiveTailSessionUpdate {
0 session_metadata,
1 session_results,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LogEvent {
    pub timestamp: Option<i64>,
    pub message: Option<String>,
}
structure!(LogEvent {
0 timestamp,
1 message,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LogFieldType {
    pub type_: Option<String>,
    pub element: Option<Box<LogFieldType>>,
    pub fields: Option<Vec<LogFieldsListItem>>,
}
structure!(LogFieldType {
0 type_,
1 element,
2 fields,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LogFieldsListItem {
    pub log_field_name: Option<String>,
    pub log_field_type: Option<LogFieldType>,
}
structure!(LogFieldsListItem {
0 log_field_name,
1 log_field_type,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LogGroup {
    pub log_group_name: Option<String>,
    pub creation_time: Option<i64>,
    pub retention_in_days: Option<i32>,
    pub metric_filter_count: Option<i32>,
    pub arn: Option<String>,
    pub stored_bytes: Option<i64>,
    pub kms_key_id: Option<String>,
    pub data_protection_status: Option<String>,
    pub inherited_properties: Option<Vec<String>>,
    pub log_group_class: Option<String>,
    pub log_group_arn: Option<String>,
    pub deletion_protection_enabled: Option<bool>,
    pub bearer_token_authentication_enabled: Option<bool>,
    pub retention_policy_name: Option<String>,
}
structure!(LogGroup {
0 log_group_name,
1 creation_time,
2 retention_in_days,
3 metric_filter_count,
4 arn,
5 stored_bytes,
6 kms_key_id,
7 data_protection_status,
8 inherited_properties,
9 log_group_class,
10 log_group_arn,
11 deletion_protection_enabled,
12 bearer_token_authentication_enabled,
13 retention_policy_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LogGroupField {
    pub name: Option<String>,
    pub percent: Option<i32>,
}
structure!(LogGroupField {
0 name,
1 percent,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LogGroupImpact {
    pub log_group_name: Option<String>,
    pub current_retention: Option<String>,
    pub proposed_retention: Option<String>,
    pub stored_bytes: Option<i64>,
}
structure!(LogGroupImpact {
0 log_group_name,
1 current_retention,
2 proposed_retention,
3 stored_bytes,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LogGroupSummary {
    pub log_group_name: Option<String>,
    pub log_group_arn: Option<String>,
    pub log_group_class: Option<String>,
}
structure!(LogGroupSummary {
0 log_group_name,
1 log_group_arn,
2 log_group_class,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LogStream {
    pub log_stream_name: Option<String>,
    pub creation_time: Option<i64>,
    pub first_event_timestamp: Option<i64>,
    pub last_event_timestamp: Option<i64>,
    pub last_ingestion_time: Option<i64>,
    pub upload_sequence_token: Option<String>,
    pub arn: Option<String>,
    pub stored_bytes: Option<i64>,
}
structure!(LogStream {
0 log_stream_name,
1 creation_time,
2 first_event_timestamp,
3 last_event_timestamp,
4 last_ingestion_time,
5 upload_sequence_token,
6 arn,
7 stored_bytes,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LookupTable {
    pub lookup_table_arn: Option<String>,
    pub lookup_table_name: Option<String>,
    pub description: Option<String>,
    pub table_fields: Option<Vec<String>>,
    pub records_count: Option<i64>,
    pub size_bytes: Option<i64>,
    pub last_updated_time: Option<i64>,
    pub kms_key_id: Option<String>,
}
structure!(LookupTable {
0 lookup_table_arn,
1 lookup_table_name,
2 description,
3 table_fields,
4 records_count,
5 size_bytes,
6 last_updated_time,
7 kms_key_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LookupTableConfiguration {
    pub table_name: Option<String>,
    pub role_arn: Option<String>,
    pub description: Option<String>,
    pub kms_key_id: Option<String>,
    pub tags: Option<BTreeMap<String, String>>,
}
structure!(LookupTableConfiguration {
0 table_name,
1 role_arn,
2 description,
3 kms_key_id,
4 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LowerCaseString {
    pub with_keys: Option<Vec<String>>,
}
structure!(LowerCaseString {
0 with_keys,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct MetricFilter {
    pub filter_name: Option<String>,
    pub filter_pattern: Option<String>,
    pub metric_transformations: Option<Vec<MetricTransformation>>,
    pub creation_time: Option<i64>,
    pub log_group_name: Option<String>,
    pub apply_on_transformed_logs: Option<bool>,
    pub field_selection_criteria: Option<String>,
    pub emit_system_field_dimensions: Option<Vec<String>>,
}
structure!(MetricFilter {
0 filter_name,
1 filter_pattern,
2 metric_transformations,
3 creation_time,
4 log_group_name,
5 apply_on_transformed_logs,
6 field_selection_criteria,
7 emit_system_field_dimensions,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct MetricFilterMatchRecord {
    pub event_number: Option<i64>,
    pub event_message: Option<String>,
    pub extracted_values: Option<BTreeMap<String, String>>,
}
structure!(MetricFilterMatchRecord {
0 event_number,
1 event_message,
2 extracted_values,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct MetricTransformation {
    pub metric_name: Option<String>,
    pub metric_namespace: Option<String>,
    pub metric_value: Option<String>,
    pub default_value: Option<f64>,
    pub dimensions: Option<BTreeMap<String, String>>,
    pub unit: Option<String>,
}
structure!(MetricTransformation {
0 metric_name,
1 metric_namespace,
2 metric_value,
3 default_value,
4 dimensions,
5 unit,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct MoveKeyEntry {
    pub source: Option<String>,
    pub target: Option<String>,
    pub overwrite_if_exists: Option<bool>,
}
structure!(MoveKeyEntry {
0 source,
1 target,
2 overwrite_if_exists,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct MoveKeys {
    pub entries: Option<Vec<MoveKeyEntry>>,
}
structure!(MoveKeys {
0 entries,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct OpenSearchApplication {
    pub application_endpoint: Option<String>,
    pub application_arn: Option<String>,
    pub application_id: Option<String>,
    pub status: Option<OpenSearchResourceStatus>,
}
structure!(OpenSearchApplication {
0 application_endpoint,
1 application_arn,
2 application_id,
3 status,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct OpenSearchCollection {
    pub collection_endpoint: Option<String>,
    pub collection_arn: Option<String>,
    pub status: Option<OpenSearchResourceStatus>,
}
structure!(OpenSearchCollection {
0 collection_endpoint,
1 collection_arn,
2 status,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct OpenSearchDataAccessPolicy {
    pub policy_name: Option<String>,
    pub status: Option<OpenSearchResourceStatus>,
}
structure!(OpenSearchDataAccessPolicy {
0 policy_name,
1 status,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct OpenSearchDataSource {
    pub data_source_name: Option<String>,
    pub status: Option<OpenSearchResourceStatus>,
}
structure!(OpenSearchDataSource {
0 data_source_name,
1 status,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct OpenSearchEncryptionPolicy {
    pub policy_name: Option<String>,
    pub status: Option<OpenSearchResourceStatus>,
}
structure!(OpenSearchEncryptionPolicy {
0 policy_name,
1 status,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct OpenSearchIntegrationDetails {
    pub data_source: Option<OpenSearchDataSource>,
    pub application: Option<OpenSearchApplication>,
    pub collection: Option<OpenSearchCollection>,
    pub workspace: Option<OpenSearchWorkspace>,
    pub encryption_policy: Option<OpenSearchEncryptionPolicy>,
    pub network_policy: Option<OpenSearchNetworkPolicy>,
    pub access_policy: Option<OpenSearchDataAccessPolicy>,
    pub lifecycle_policy: Option<OpenSearchLifecyclePolicy>,
}
structure!(OpenSearchIntegrationDetails {
0 data_source,
1 application,
2 collection,
3 workspace,
4 encryption_policy,
5 network_policy,
6 access_policy,
7 lifecycle_policy,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct OpenSearchLifecyclePolicy {
    pub policy_name: Option<String>,
    pub status: Option<OpenSearchResourceStatus>,
}
structure!(OpenSearchLifecyclePolicy {
0 policy_name,
1 status,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct OpenSearchNetworkPolicy {
    pub policy_name: Option<String>,
    pub status: Option<OpenSearchResourceStatus>,
}
structure!(OpenSearchNetworkPolicy {
0 policy_name,
1 status,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct OpenSearchResourceConfig {
    pub kms_key_arn: Option<String>,
    pub data_source_role_arn: Option<String>,
    pub dashboard_viewer_principals: Option<Vec<String>>,
    pub application_arn: Option<String>,
    pub retention_days: Option<i32>,
}
structure!(OpenSearchResourceConfig {
0 kms_key_arn,
1 data_source_role_arn,
2 dashboard_viewer_principals,
3 application_arn,
4 retention_days,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct OpenSearchResourceStatus {
    pub status: Option<String>,
    pub status_message: Option<String>,
}
structure!(OpenSearchResourceStatus {
0 status,
1 status_message,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct OpenSearchWorkspace {
    pub workspace_id: Option<String>,
    pub status: Option<OpenSearchResourceStatus>,
}
structure!(OpenSearchWorkspace {
0 workspace_id,
1 status,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct OutputLogEvent {
    pub timestamp: Option<i64>,
    pub message: Option<String>,
    pub ingestion_time: Option<i64>,
}
structure!(OutputLogEvent {
0 timestamp,
1 message,
2 ingestion_time,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ParseCloudfront {
    pub source: Option<String>,
}
structure!(ParseCloudfront {
0 source,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ParseJSON {
    pub source: Option<String>,
    pub destination: Option<String>,
}
structure!(ParseJSON {
0 source,
1 destination,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ParseKeyValue {
    pub source: Option<String>,
    pub destination: Option<String>,
    pub field_delimiter: Option<String>,
    pub key_value_delimiter: Option<String>,
    pub key_prefix: Option<String>,
    pub non_match_value: Option<String>,
    pub overwrite_if_exists: Option<bool>,
}
structure!(ParseKeyValue {
0 source,
1 destination,
2 field_delimiter,
3 key_value_delimiter,
4 key_prefix,
5 non_match_value,
6 overwrite_if_exists,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ParsePostgres {
    pub source: Option<String>,
}
structure!(ParsePostgres {
0 source,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ParseRoute53 {
    pub source: Option<String>,
}
structure!(ParseRoute53 {
0 source,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ParseToOCSF {
    pub source: Option<String>,
    pub event_source: Option<String>,
    pub ocsf_version: Option<String>,
    pub mapping_version: Option<String>,
}
structure!(ParseToOCSF {
0 source,
1 event_source,
2 ocsf_version,
3 mapping_version,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ParseVPC {
    pub source: Option<String>,
}
structure!(ParseVPC {
0 source,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ParseWAF {
    pub source: Option<String>,
}
structure!(ParseWAF {
0 source,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PatternToken {
    pub dynamic_token_position: Option<i32>,
    pub is_dynamic: Option<bool>,
    pub token_string: Option<String>,
    pub enumerations: Option<BTreeMap<String, i64>>,
    pub inferred_token_name: Option<String>,
}
structure!(PatternToken {
0 dynamic_token_position,
1 is_dynamic,
2 token_string,
3 enumerations,
4 inferred_token_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Policy {
    pub delivery_destination_policy: Option<String>,
}
structure!(Policy {
0 delivery_destination_policy,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Processor {
    pub add_keys: Option<AddKeys>,
    pub copy_value: Option<CopyValue>,
    pub csv: Option<CSV>,
    pub date_time_converter: Option<DateTimeConverter>,
    pub delete_keys: Option<DeleteKeys>,
    pub grok: Option<Grok>,
    pub list_to_map: Option<ListToMap>,
    pub lower_case_string: Option<LowerCaseString>,
    pub move_keys: Option<MoveKeys>,
    pub parse_cloudfront: Option<ParseCloudfront>,
    pub parse_json: Option<ParseJSON>,
    pub parse_key_value: Option<ParseKeyValue>,
    pub parse_route53: Option<ParseRoute53>,
    pub parse_to_ocsf: Option<ParseToOCSF>,
    pub parse_postgres: Option<ParsePostgres>,
    pub parse_vpc: Option<ParseVPC>,
    pub parse_waf: Option<ParseWAF>,
    pub rename_keys: Option<RenameKeys>,
    pub split_string: Option<SplitString>,
    pub substitute_string: Option<SubstituteString>,
    pub trim_string: Option<TrimString>,
    pub type_converter: Option<TypeConverter>,
    pub upper_case_string: Option<UpperCaseString>,
}
structure!(Processor {
0 add_keys,
1 copy_value,
2 csv,
3 date_time_converter,
4 delete_keys,
5 grok,
6 list_to_map,
7 lower_case_string,
8 move_keys,
9 parse_cloudfront,
10 parse_json,
11 parse_key_value,
12 parse_route53,
13 parse_to_ocsf,
14 parse_postgres,
15 parse_vpc,
16 parse_waf,
17 rename_keys,
18 split_string,
19 substitute_string,
20 trim_string,
21 type_converter,
22 upper_case_string,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutAccountPolicyRequest {
    pub policy_name: Option<String>,
    pub policy_document: Option<String>,
    pub policy_type: Option<String>,
    pub scope: Option<String>,
    pub selection_criteria: Option<String>,
    pub dry_run: Option<bool>,
}
structure!(PutAccountPolicyRequest {
0 policy_name,
1 policy_document,
2 policy_type,
3 scope,
4 selection_criteria,
5 dry_run,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutAccountPolicyResponse {
    pub account_policy: Option<AccountPolicy>,
    pub dry_run_result: Option<DryRunResult>,
}
structure!(PutAccountPolicyResponse {
0 account_policy,
1 dry_run_result,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutBearerTokenAuthenticationRequest {
    pub log_group_identifier: Option<String>,
    pub bearer_token_authentication_enabled: Option<bool>,
}
structure!(PutBearerTokenAuthenticationRequest {
0 log_group_identifier,
1 bearer_token_authentication_enabled,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutDataProtectionPolicyRequest {
    pub log_group_identifier: Option<String>,
    pub policy_document: Option<String>,
}
structure!(PutDataProtectionPolicyRequest {
0 log_group_identifier,
1 policy_document,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutDataProtectionPolicyResponse {
    pub log_group_identifier: Option<String>,
    pub policy_document: Option<String>,
    pub last_updated_time: Option<i64>,
}
structure!(PutDataProtectionPolicyResponse {
0 log_group_identifier,
1 policy_document,
2 last_updated_time,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutDeliveryDestinationPolicyRequest {
    pub delivery_destination_name: Option<String>,
    pub delivery_destination_policy: Option<String>,
}
structure!(PutDeliveryDestinationPolicyRequest {
0 delivery_destination_name,
1 delivery_destination_policy,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutDeliveryDestinationPolicyResponse {
    pub policy: Option<Policy>,
}
structure!(PutDeliveryDestinationPolicyResponse {
0 policy,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutDeliveryDestinationRequest {
    pub name: Option<String>,
    pub output_format: Option<String>,
    pub delivery_destination_configuration: Option<DeliveryDestinationConfiguration>,
    pub delivery_destination_type: Option<String>,
    pub role_arn: Option<String>,
    pub tags: Option<BTreeMap<String, String>>,
}
structure!(PutDeliveryDestinationRequest {
0 name,
1 output_format,
2 delivery_destination_configuration,
3 delivery_destination_type,
4 role_arn,
5 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutDeliveryDestinationResponse {
    pub delivery_destination: Option<DeliveryDestination>,
}
structure!(PutDeliveryDestinationResponse {
0 delivery_destination,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutDeliverySourceRequest {
    pub name: Option<String>,
    pub resource_arn: Option<String>,
    pub log_type: Option<String>,
    pub tags: Option<BTreeMap<String, String>>,
    pub delivery_source_configuration: Option<BTreeMap<String, String>>,
}
structure!(PutDeliverySourceRequest {
0 name,
1 resource_arn,
2 log_type,
3 tags,
4 delivery_source_configuration,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutDeliverySourceResponse {
    pub delivery_source: Option<DeliverySource>,
}
structure!(PutDeliverySourceResponse {
0 delivery_source,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutDestinationPolicyRequest {
    pub destination_name: Option<String>,
    pub access_policy: Option<String>,
    pub force_update: Option<bool>,
}
structure!(PutDestinationPolicyRequest {
0 destination_name,
1 access_policy,
2 force_update,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutDestinationRequest {
    pub destination_name: Option<String>,
    pub target_arn: Option<String>,
    pub role_arn: Option<String>,
    pub tags: Option<BTreeMap<String, String>>,
}
structure!(PutDestinationRequest {
0 destination_name,
1 target_arn,
2 role_arn,
3 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutDestinationResponse {
    pub destination: Option<Destination>,
}
structure!(PutDestinationResponse {
0 destination,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutIndexPolicyRequest {
    pub log_group_identifier: Option<String>,
    pub policy_document: Option<String>,
}
structure!(PutIndexPolicyRequest {
0 log_group_identifier,
1 policy_document,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutIndexPolicyResponse {
    pub index_policy: Option<IndexPolicy>,
}
structure!(PutIndexPolicyResponse {
0 index_policy,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutIntegrationRequest {
    pub integration_name: Option<String>,
    pub resource_config: Option<ResourceConfig>,
    pub integration_type: Option<String>,
}
structure!(PutIntegrationRequest {
0 integration_name,
1 resource_config,
2 integration_type,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutIntegrationResponse {
    pub integration_name: Option<String>,
    pub integration_status: Option<String>,
}
structure!(PutIntegrationResponse {
0 integration_name,
1 integration_status,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutLogEventsRequest {
    pub log_group_name: Option<String>,
    pub log_stream_name: Option<String>,
    pub log_events: Option<Vec<InputLogEvent>>,
    pub sequence_token: Option<String>,
    pub entity: Option<Entity>,
}
structure!(PutLogEventsRequest {
0 log_group_name,
1 log_stream_name,
2 log_events,
3 sequence_token,
4 entity,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutLogEventsResponse {
    pub next_sequence_token: Option<String>,
    pub rejected_log_events_info: Option<RejectedLogEventsInfo>,
    pub rejected_entity_info: Option<RejectedEntityInfo>,
}
structure!(PutLogEventsResponse {
0 next_sequence_token,
1 rejected_log_events_info,
2 rejected_entity_info,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutLogGroupDeletionProtectionRequest {
    pub log_group_identifier: Option<String>,
    pub deletion_protection_enabled: Option<bool>,
}
structure!(PutLogGroupDeletionProtectionRequest {
0 log_group_identifier,
1 deletion_protection_enabled,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutMetricFilterRequest {
    pub log_group_name: Option<String>,
    pub filter_name: Option<String>,
    pub filter_pattern: Option<String>,
    pub metric_transformations: Option<Vec<MetricTransformation>>,
    pub apply_on_transformed_logs: Option<bool>,
    pub field_selection_criteria: Option<String>,
    pub emit_system_field_dimensions: Option<Vec<String>>,
}
structure!(PutMetricFilterRequest {
0 log_group_name,
1 filter_name,
2 filter_pattern,
3 metric_transformations,
4 apply_on_transformed_logs,
5 field_selection_criteria,
6 emit_system_field_dimensions,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutQueryDefinitionRequest {
    pub query_language: Option<String>,
    pub name: Option<String>,
    pub query_definition_id: Option<String>,
    pub log_group_names: Option<Vec<String>>,
    pub query_string: Option<String>,
    pub client_token: Option<String>,
    pub parameters: Option<Vec<QueryParameter>>,
}
structure!(PutQueryDefinitionRequest {
0 query_language,
1 name,
2 query_definition_id,
3 log_group_names,
4 query_string,
5 client_token,
6 parameters,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutQueryDefinitionResponse {
    pub query_definition_id: Option<String>,
}
structure!(PutQueryDefinitionResponse {
0 query_definition_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutResourcePolicyRequest {
    pub policy_name: Option<String>,
    pub policy_document: Option<String>,
    pub resource_arn: Option<String>,
    pub expected_revision_id: Option<String>,
}
structure!(PutResourcePolicyRequest {
0 policy_name,
1 policy_document,
2 resource_arn,
3 expected_revision_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutResourcePolicyResponse {
    pub resource_policy: Option<ResourcePolicy>,
    pub revision_id: Option<String>,
}
structure!(PutResourcePolicyResponse {
0 resource_policy,
1 revision_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutRetentionPolicyRequest {
    pub log_group_name: Option<String>,
    pub retention_in_days: Option<i32>,
}
structure!(PutRetentionPolicyRequest {
0 log_group_name,
1 retention_in_days,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutStorageTierPolicyRequest {
    pub storage_tier: Option<String>,
}
structure!(PutStorageTierPolicyRequest {
0 storage_tier,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutStorageTierPolicyResponse {
    pub storage_tier: Option<String>,
    pub last_updated_time: Option<i64>,
}
structure!(PutStorageTierPolicyResponse {
0 storage_tier,
1 last_updated_time,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutSubscriptionFilterRequest {
    pub log_group_name: Option<String>,
    pub filter_name: Option<String>,
    pub filter_pattern: Option<String>,
    pub destination_arn: Option<String>,
    pub role_arn: Option<String>,
    pub distribution: Option<String>,
    pub apply_on_transformed_logs: Option<bool>,
    pub field_selection_criteria: Option<String>,
    pub emit_system_fields: Option<Vec<String>>,
}
structure!(PutSubscriptionFilterRequest {
0 log_group_name,
1 filter_name,
2 filter_pattern,
3 destination_arn,
4 role_arn,
5 distribution,
6 apply_on_transformed_logs,
7 field_selection_criteria,
8 emit_system_fields,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutSyslogConfigurationRequest {
    pub log_group_identifier: Option<String>,
    pub vpc_endpoint_id: Option<String>,
}
structure!(PutSyslogConfigurationRequest {
0 log_group_identifier,
1 vpc_endpoint_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutTransformerRequest {
    pub log_group_identifier: Option<String>,
    pub transformer_config: Option<Vec<Processor>>,
}
structure!(PutTransformerRequest {
0 log_group_identifier,
1 transformer_config,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct QueryCompileError {
    pub location: Option<QueryCompileErrorLocation>,
    pub message: Option<String>,
}
structure!(QueryCompileError {
0 location,
1 message,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct QueryCompileErrorLocation {
    pub start_char_offset: Option<i32>,
    pub end_char_offset: Option<i32>,
}
structure!(QueryCompileErrorLocation {
0 start_char_offset,
1 end_char_offset,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct QueryDefinition {
    pub query_language: Option<String>,
    pub query_definition_id: Option<String>,
    pub name: Option<String>,
    pub query_string: Option<String>,
    pub last_modified: Option<i64>,
    pub log_group_names: Option<Vec<String>>,
    pub parameters: Option<Vec<QueryParameter>>,
}
structure!(QueryDefinition {
0 query_language,
1 query_definition_id,
2 name,
3 query_string,
4 last_modified,
5 log_group_names,
6 parameters,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct QueryInfo {
    pub query_language: Option<String>,
    pub query_id: Option<String>,
    pub query_string: Option<String>,
    pub status: Option<String>,
    pub create_time: Option<i64>,
    pub log_group_name: Option<String>,
    pub query_duration: Option<i64>,
    pub bytes_scanned: Option<f64>,
    pub user_identity: Option<String>,
}
structure!(QueryInfo {
0 query_language,
1 query_id,
2 query_string,
3 status,
4 create_time,
5 log_group_name,
6 query_duration,
7 bytes_scanned,
8 user_identity,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct QueryParameter {
    pub name: Option<String>,
    pub default_value: Option<String>,
    pub description: Option<String>,
}
structure!(QueryParameter {
0 name,
1 default_value,
2 description,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct QueryStatistics {
    pub records_matched: Option<f64>,
    pub records_scanned: Option<f64>,
    pub estimated_records_skipped: Option<f64>,
    pub bytes_scanned: Option<f64>,
    pub estimated_bytes_skipped: Option<f64>,
    pub log_groups_scanned: Option<f64>,
    pub result_count: Option<f64>,
}
structure!(QueryStatistics {
0 records_matched,
1 records_scanned,
2 estimated_records_skipped,
3 bytes_scanned,
4 estimated_bytes_skipped,
5 log_groups_scanned,
6 result_count,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RecordField {
    pub name: Option<String>,
    pub mandatory: Option<bool>,
}
structure!(RecordField {
0 name,
1 mandatory,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RejectedEntityInfo {
    pub error_type: Option<String>,
}
structure!(RejectedEntityInfo {
0 error_type,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RejectedLogEventsInfo {
    pub too_new_log_event_start_index: Option<i32>,
    pub too_old_log_event_end_index: Option<i32>,
    pub expired_log_event_end_index: Option<i32>,
}
structure!(RejectedLogEventsInfo {
0 too_new_log_event_start_index,
1 too_old_log_event_end_index,
2 expired_log_event_end_index,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RenameKeyEntry {
    pub key: Option<String>,
    pub rename_to: Option<String>,
    pub overwrite_if_exists: Option<bool>,
}
structure!(RenameKeyEntry {
0 key,
1 rename_to,
2 overwrite_if_exists,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RenameKeys {
    pub entries: Option<Vec<RenameKeyEntry>>,
}
structure!(RenameKeys {
0 entries,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResourceConfig {
    pub open_search_resource_config: Option<OpenSearchResourceConfig>,
}
structure!(ResourceConfig {
0 open_search_resource_config,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResourcePolicy {
    pub policy_name: Option<String>,
    pub policy_document: Option<String>,
    pub last_updated_time: Option<i64>,
    pub policy_scope: Option<String>,
    pub resource_arn: Option<String>,
    pub revision_id: Option<String>,
}
structure!(ResourcePolicy {
0 policy_name,
1 policy_document,
2 last_updated_time,
3 policy_scope,
4 resource_arn,
5 revision_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResultField {
    pub field: Option<String>,
    pub value: Option<String>,
}
structure!(ResultField {
0 field,
1 value,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct S3Configuration {
    pub destination_identifier: Option<String>,
    pub role_arn: Option<String>,
    pub owner_account_id: Option<String>,
    pub kms_key_id: Option<String>,
}
structure!(S3Configuration {
0 destination_identifier,
1 role_arn,
2 owner_account_id,
3 kms_key_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct S3DeliveryConfiguration {
    pub suffix_path: Option<String>,
    pub enable_hive_compatible_path: Option<bool>,
}
structure!(S3DeliveryConfiguration {
0 suffix_path,
1 enable_hive_compatible_path,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct S3TableIntegrationSource {
    pub identifier: Option<String>,
    pub data_source: Option<DataSource>,
    pub status: Option<String>,
    pub status_reason: Option<String>,
    pub created_time_stamp: Option<i64>,
    pub parent_source_identifier: Option<String>,
}
structure!(S3TableIntegrationSource {
0 identifier,
1 data_source,
2 status,
3 status_reason,
4 created_time_stamp,
5 parent_source_identifier,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct S3TablesIntegration {
    pub datasource_name: Option<String>,
    pub datasource_type: Option<String>,
}
structure!(S3TablesIntegration {
0 datasource_name,
1 datasource_type,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ScheduledQueryDestination {
    pub destination_type: Option<String>,
    pub destination_identifier: Option<String>,
    pub status: Option<String>,
    pub processed_identifier: Option<String>,
    pub error_message: Option<String>,
}
structure!(ScheduledQueryDestination {
0 destination_type,
1 destination_identifier,
2 status,
3 processed_identifier,
4 error_message,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ScheduledQuerySummary {
    pub scheduled_query_arn: Option<String>,
    pub name: Option<String>,
    pub state: Option<String>,
    pub schedule_type: Option<String>,
    pub last_triggered_time: Option<i64>,
    pub last_execution_status: Option<String>,
    pub schedule_expression: Option<String>,
    pub timezone: Option<String>,
    pub destination_configuration: Option<DestinationConfiguration>,
    pub creation_time: Option<i64>,
    pub last_updated_time: Option<i64>,
}
structure!(ScheduledQuerySummary {
0 scheduled_query_arn,
1 name,
2 state,
3 schedule_type,
4 last_triggered_time,
5 last_execution_status,
6 schedule_expression,
7 timezone,
8 destination_configuration,
9 creation_time,
10 last_updated_time,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SearchedLogStream {
    pub log_stream_name: Option<String>,
    pub searched_completely: Option<bool>,
}
structure!(SearchedLogStream {
0 log_stream_name,
1 searched_completely,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SessionStreamingException {
    pub message: Option<String>,
}
structure!(SessionStreamingException {
0 message,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SessionTimeoutException {
    pub message: Option<String>,
}
structure!(SessionTimeoutException {
0 message,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SplitString {
    pub entries: Option<Vec<SplitStringEntry>>,
}
structure!(SplitString {
0 entries,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SplitStringEntry {
    pub source: Option<String>,
    pub delimiter: Option<String>,
}
structure!(SplitStringEntry {
0 source,
1 delimiter,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct StartLiveTailRequest {
    pub log_group_identifiers: Option<Vec<String>>,
    pub log_stream_names: Option<Vec<String>>,
    pub log_stream_name_prefixes: Option<Vec<String>>,
    pub log_event_filter_pattern: Option<String>,
}
structure!(StartLiveTailRequest {
0 log_group_identifiers,
1 log_stream_names,
2 log_stream_name_prefixes,
3 log_event_filter_pattern,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct StartLiveTailResponse {
    pub response_stream: Option<StartLiveTailResponseStream>,
}
structure!(StartLiveTailResponse {
0 response_stream,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct StartLiveTailResponseStream {
    pub session_start: Option<LiveTailSessionStart>,
    pub session_update: Option<LiveTailSessionUpdate>,
    pub session_timeout_exception: Option<SessionTimeoutException>,
    pub session_streaming_exception: Option<SessionStreamingException>,
}
structure!(StartLiveTailResponseStream {
0 session_start,
1 session_update,
2 session_timeout_exception,
3 session_streaming_exception,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct StartQueryRequest {
    pub query_language: Option<String>,
    pub log_group_name: Option<String>,
    pub log_group_names: Option<Vec<String>>,
    pub log_group_identifiers: Option<Vec<String>>,
    pub start_time: Option<i64>,
    pub end_time: Option<i64>,
    pub query_string: Option<String>,
    pub limit: Option<i32>,
}
structure!(StartQueryRequest {
0 query_language,
1 log_group_name,
2 log_group_names,
3 log_group_identifiers,
4 start_time,
5 end_time,
6 query_string,
7 limit,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct StartQueryResponse {
    pub query_id: Option<String>,
}
structure!(StartQueryResponse {
0 query_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct StopQueryRequest {
    pub query_id: Option<String>,
}
structure!(StopQueryRequest {
0 query_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct StopQueryResponse {
    pub success: Option<bool>,
}
structure!(StopQueryResponse {
0 success,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SubscriptionFilter {
    pub filter_name: Option<String>,
    pub log_group_name: Option<String>,
    pub filter_pattern: Option<String>,
    pub destination_arn: Option<String>,
    pub role_arn: Option<String>,
    pub distribution: Option<String>,
    pub apply_on_transformed_logs: Option<bool>,
    pub creation_time: Option<i64>,
    pub field_selection_criteria: Option<String>,
    pub emit_system_fields: Option<Vec<String>>,
}
structure!(SubscriptionFilter {
0 filter_name,
1 log_group_name,
2 filter_pattern,
3 destination_arn,
4 role_arn,
5 distribution,
6 apply_on_transformed_logs,
7 creation_time,
8 field_selection_criteria,
9 emit_system_fields,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SubstituteString {
    pub entries: Option<Vec<SubstituteStringEntry>>,
}
structure!(SubstituteString {
0 entries,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SubstituteStringEntry {
    pub source: Option<String>,
    pub from: Option<String>,
    pub to: Option<String>,
}
structure!(SubstituteStringEntry {
0 source,
1 from,
2 to,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SuppressionPeriod {
    pub value: Option<i32>,
    pub suppression_unit: Option<String>,
}
structure!(SuppressionPeriod {
0 value,
1 suppression_unit,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SyslogConfiguration {
    pub log_group_arn: Option<String>,
    pub source_type: Option<String>,
    pub vpc_endpoint_id: Option<String>,
    pub created_at: Option<i64>,
}
structure!(SyslogConfiguration {
0 log_group_arn,
1 source_type,
2 vpc_endpoint_id,
3 created_at,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TagFilter {
    pub key: Option<String>,
    pub values: Option<Vec<String>>,
}
structure!(TagFilter {
0 key,
1 values,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TagLogGroupRequest {
    pub log_group_name: Option<String>,
    pub tags: Option<BTreeMap<String, String>>,
}
structure!(TagLogGroupRequest {
0 log_group_name,
1 tags,
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
pub struct TestMetricFilterRequest {
    pub filter_pattern: Option<String>,
    pub log_event_messages: Option<Vec<String>>,
}
structure!(TestMetricFilterRequest {
0 filter_pattern,
1 log_event_messages,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TestMetricFilterResponse {
    pub matches: Option<Vec<MetricFilterMatchRecord>>,
}
structure!(TestMetricFilterResponse {
0 matches,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TestTransformerRequest {
    pub transformer_config: Option<Vec<Processor>>,
    pub log_event_messages: Option<Vec<String>>,
}
structure!(TestTransformerRequest {
0 transformer_config,
1 log_event_messages,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TestTransformerResponse {
    pub transformed_logs: Option<Vec<TransformedLogRecord>>,
}
structure!(TestTransformerResponse {
0 transformed_logs,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TransformedLogRecord {
    pub event_number: Option<i64>,
    pub event_message: Option<String>,
    pub transformed_event_message: Option<String>,
}
structure!(TransformedLogRecord {
0 event_number,
1 event_message,
2 transformed_event_message,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TriggerHistoryRecord {
    pub query_id: Option<String>,
    pub execution_status: Option<String>,
    pub triggered_timestamp: Option<i64>,
    pub error_message: Option<String>,
    pub destinations: Option<Vec<ScheduledQueryDestination>>,
}
structure!(TriggerHistoryRecord {
0 query_id,
1 execution_status,
2 triggered_timestamp,
3 error_message,
4 destinations,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TrimString {
    pub with_keys: Option<Vec<String>>,
}
structure!(TrimString {
0 with_keys,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TypeConverter {
    pub entries: Option<Vec<TypeConverterEntry>>,
}
structure!(TypeConverter {
0 entries,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TypeConverterEntry {
    pub key: Option<String>,
    pub type_: Option<String>,
}
structure!(TypeConverterEntry {
0 key,
1 type_,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UntagLogGroupRequest {
    pub log_group_name: Option<String>,
    pub tags: Option<Vec<String>>,
}
structure!(UntagLogGroupRequest {
0 log_group_name,
1 tags,
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
pub struct UpdateAnomalyRequest {
    pub anomaly_id: Option<String>,
    pub pattern_id: Option<String>,
    pub anomaly_detector_arn: Option<String>,
    pub suppression_type: Option<String>,
    pub suppression_period: Option<SuppressionPeriod>,
    pub baseline: Option<bool>,
}
structure!(UpdateAnomalyRequest {
0 anomaly_id,
1 pattern_id,
2 anomaly_detector_arn,
3 suppression_type,
4 suppression_period,
5 baseline,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateDeliveryConfigurationRequest {
    pub id: Option<String>,
    pub record_fields: Option<Vec<String>>,
    pub field_delimiter: Option<String>,
    pub s3_delivery_configuration: Option<S3DeliveryConfiguration>,
}
structure!(UpdateDeliveryConfigurationRequest {
0 id,
1 record_fields,
2 field_delimiter,
3 s3_delivery_configuration,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateDeliveryConfigurationResponse {}
structure!(UpdateDeliveryConfigurationResponse {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateLogAnomalyDetectorRequest {
    pub anomaly_detector_arn: Option<String>,
    pub evaluation_frequency: Option<String>,
    pub filter_pattern: Option<String>,
    pub anomaly_visibility_time: Option<i64>,
    pub enabled: Option<bool>,
}
structure!(UpdateLogAnomalyDetectorRequest {
0 anomaly_detector_arn,
1 evaluation_frequency,
2 filter_pattern,
3 anomaly_visibility_time,
4 enabled,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateLookupTableRequest {
    pub lookup_table_arn: Option<String>,
    pub description: Option<String>,
    pub table_body: Option<String>,
    pub query_id: Option<String>,
    pub kms_key_id: Option<String>,
}
structure!(UpdateLookupTableRequest {
0 lookup_table_arn,
1 description,
2 table_body,
3 query_id,
4 kms_key_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateLookupTableResponse {
    pub lookup_table_arn: Option<String>,
    pub last_updated_time: Option<i64>,
}
structure!(UpdateLookupTableResponse {
0 lookup_table_arn,
1 last_updated_time,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateScheduledQueryRequest {
    pub identifier: Option<String>,
    pub description: Option<String>,
    pub query_language: Option<String>,
    pub query_string: Option<String>,
    pub log_group_identifiers: Option<Vec<String>>,
    pub schedule_expression: Option<String>,
    pub timezone: Option<String>,
    pub start_time_offset: Option<i64>,
    pub end_time_offset: Option<i64>,
    pub destination_configuration: Option<DestinationConfiguration>,
    pub schedule_start_time: Option<i64>,
    pub schedule_end_time: Option<i64>,
    pub execution_role_arn: Option<String>,
    pub state: Option<String>,
}
structure!(UpdateScheduledQueryRequest {
0 identifier,
1 description,
2 query_language,
3 query_string,
4 log_group_identifiers,
5 schedule_expression,
6 timezone,
7 start_time_offset,
8 end_time_offset,
9 destination_configuration,
10 schedule_start_time,
11 schedule_end_time,
12 execution_role_arn,
13 state,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateScheduledQueryResponse {
    pub scheduled_query_arn: Option<String>,
    pub name: Option<String>,
    pub description: Option<String>,
    pub query_language: Option<String>,
    pub query_string: Option<String>,
    pub log_group_identifiers: Option<Vec<String>>,
    pub schedule_expression: Option<String>,
    pub timezone: Option<String>,
    pub start_time_offset: Option<i64>,
    pub end_time_offset: Option<i64>,
    pub destination_configuration: Option<DestinationConfiguration>,
    pub state: Option<String>,
    pub schedule_type: Option<String>,
    pub last_triggered_time: Option<i64>,
    pub last_execution_status: Option<String>,
    pub schedule_start_time: Option<i64>,
    pub schedule_end_time: Option<i64>,
    pub execution_role_arn: Option<String>,
    pub creation_time: Option<i64>,
    pub last_updated_time: Option<i64>,
}
structure!(UpdateScheduledQueryResponse {
0 scheduled_query_arn,
1 name,
2 description,
3 query_language,
4 query_string,
5 log_group_identifiers,
6 schedule_expression,
7 timezone,
8 start_time_offset,
9 end_time_offset,
10 destination_configuration,
11 state,
12 schedule_type,
13 last_triggered_time,
14 last_execution_status,
15 schedule_start_time,
16 schedule_end_time,
17 execution_role_arn,
18 creation_time,
19 last_updated_time,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpperCaseString {
    pub with_keys: Option<Vec<String>>,
}
structure!(UpperCaseString {
0 with_keys,
});
