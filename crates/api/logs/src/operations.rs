// Written by `cargo xtask generate` from models/. Do not edit.
//! Joins the functions of a service to the operations of its contract.
#[allow(unused_imports)]
use crate::types::*;

/// Implements [`Logs`](crate::Logs) for a type; see `wharf_wire::operations!`.
#[macro_export]
macro_rules! operations {
    ($($service:tt)*) => {
        $crate::wire::operations! { [$crate Logs] $($service)* }
    };
}

/// What each operation takes and returns, by the name of its function.
pub mod io {
    pub mod associate_kms_key {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = AssociateKmsKeyRequest;
        pub type Output = ();
    }

    pub mod associate_source_to_s3_table_integration {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = AssociateSourceToS3TableIntegrationRequest;
        pub type Output = AssociateSourceToS3TableIntegrationResponse;
    }

    pub mod cancel_export_task {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CancelExportTaskRequest;
        pub type Output = ();
    }

    pub mod cancel_import_task {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CancelImportTaskRequest;
        pub type Output = CancelImportTaskResponse;
    }

    pub mod create_delivery {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateDeliveryRequest;
        pub type Output = CreateDeliveryResponse;
    }

    pub mod create_export_task {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateExportTaskRequest;
        pub type Output = CreateExportTaskResponse;
    }

    pub mod create_import_task {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateImportTaskRequest;
        pub type Output = CreateImportTaskResponse;
    }

    pub mod create_log_anomaly_detector {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateLogAnomalyDetectorRequest;
        pub type Output = CreateLogAnomalyDetectorResponse;
    }

    pub mod create_log_group {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateLogGroupRequest;
        pub type Output = ();
    }

    pub mod create_log_stream {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateLogStreamRequest;
        pub type Output = ();
    }

    pub mod create_lookup_table {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateLookupTableRequest;
        pub type Output = CreateLookupTableResponse;
    }

    pub mod create_scheduled_query {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateScheduledQueryRequest;
        pub type Output = CreateScheduledQueryResponse;
    }

    pub mod delete_account_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteAccountPolicyRequest;
        pub type Output = DeleteAccountPolicyResponse;
    }

    pub mod delete_data_protection_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteDataProtectionPolicyRequest;
        pub type Output = ();
    }

    pub mod delete_delivery {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteDeliveryRequest;
        pub type Output = ();
    }

    pub mod delete_delivery_destination {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteDeliveryDestinationRequest;
        pub type Output = ();
    }

    pub mod delete_delivery_destination_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteDeliveryDestinationPolicyRequest;
        pub type Output = ();
    }

    pub mod delete_delivery_source {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteDeliverySourceRequest;
        pub type Output = ();
    }

    pub mod delete_destination {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteDestinationRequest;
        pub type Output = ();
    }

    pub mod delete_index_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteIndexPolicyRequest;
        pub type Output = DeleteIndexPolicyResponse;
    }

    pub mod delete_integration {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteIntegrationRequest;
        pub type Output = DeleteIntegrationResponse;
    }

    pub mod delete_log_anomaly_detector {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteLogAnomalyDetectorRequest;
        pub type Output = ();
    }

    pub mod delete_log_group {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteLogGroupRequest;
        pub type Output = ();
    }

    pub mod delete_log_stream {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteLogStreamRequest;
        pub type Output = ();
    }

    pub mod delete_lookup_table {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteLookupTableRequest;
        pub type Output = ();
    }

    pub mod delete_metric_filter {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteMetricFilterRequest;
        pub type Output = ();
    }

    pub mod delete_query_definition {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteQueryDefinitionRequest;
        pub type Output = DeleteQueryDefinitionResponse;
    }

    pub mod delete_resource_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteResourcePolicyRequest;
        pub type Output = ();
    }

    pub mod delete_retention_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteRetentionPolicyRequest;
        pub type Output = ();
    }

    pub mod delete_scheduled_query {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteScheduledQueryRequest;
        pub type Output = DeleteScheduledQueryResponse;
    }

    pub mod delete_subscription_filter {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteSubscriptionFilterRequest;
        pub type Output = ();
    }

    pub mod delete_syslog_configuration {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteSyslogConfigurationRequest;
        pub type Output = ();
    }

    pub mod delete_transformer {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteTransformerRequest;
        pub type Output = ();
    }

    pub mod describe_account_policies {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeAccountPoliciesRequest;
        pub type Output = DescribeAccountPoliciesResponse;
    }

    pub mod describe_configuration_templates {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeConfigurationTemplatesRequest;
        pub type Output = DescribeConfigurationTemplatesResponse;
    }

    pub mod describe_deliveries {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeDeliveriesRequest;
        pub type Output = DescribeDeliveriesResponse;
    }

    pub mod describe_delivery_destinations {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeDeliveryDestinationsRequest;
        pub type Output = DescribeDeliveryDestinationsResponse;
    }

    pub mod describe_delivery_sources {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeDeliverySourcesRequest;
        pub type Output = DescribeDeliverySourcesResponse;
    }

    pub mod describe_destinations {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeDestinationsRequest;
        pub type Output = DescribeDestinationsResponse;
    }

    pub mod describe_export_tasks {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeExportTasksRequest;
        pub type Output = DescribeExportTasksResponse;
    }

    pub mod describe_field_indexes {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeFieldIndexesRequest;
        pub type Output = DescribeFieldIndexesResponse;
    }

    pub mod describe_import_task_batches {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeImportTaskBatchesRequest;
        pub type Output = DescribeImportTaskBatchesResponse;
    }

    pub mod describe_import_tasks {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeImportTasksRequest;
        pub type Output = DescribeImportTasksResponse;
    }

    pub mod describe_index_policies {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeIndexPoliciesRequest;
        pub type Output = DescribeIndexPoliciesResponse;
    }

    pub mod describe_log_groups {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeLogGroupsRequest;
        pub type Output = DescribeLogGroupsResponse;
    }

    pub mod describe_log_streams {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeLogStreamsRequest;
        pub type Output = DescribeLogStreamsResponse;
    }

    pub mod describe_lookup_tables {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeLookupTablesRequest;
        pub type Output = DescribeLookupTablesResponse;
    }

    pub mod describe_metric_filters {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeMetricFiltersRequest;
        pub type Output = DescribeMetricFiltersResponse;
    }

    pub mod describe_queries {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeQueriesRequest;
        pub type Output = DescribeQueriesResponse;
    }

    pub mod describe_query_definitions {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeQueryDefinitionsRequest;
        pub type Output = DescribeQueryDefinitionsResponse;
    }

    pub mod describe_resource_policies {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeResourcePoliciesRequest;
        pub type Output = DescribeResourcePoliciesResponse;
    }

    pub mod describe_subscription_filters {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeSubscriptionFiltersRequest;
        pub type Output = DescribeSubscriptionFiltersResponse;
    }

    pub mod disassociate_kms_key {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DisassociateKmsKeyRequest;
        pub type Output = ();
    }

    pub mod disassociate_source_from_s3_table_integration {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DisassociateSourceFromS3TableIntegrationRequest;
        pub type Output = DisassociateSourceFromS3TableIntegrationResponse;
    }

    pub mod filter_log_events {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = FilterLogEventsRequest;
        pub type Output = FilterLogEventsResponse;
    }

    pub mod get_data_protection_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetDataProtectionPolicyRequest;
        pub type Output = GetDataProtectionPolicyResponse;
    }

    pub mod get_delivery {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetDeliveryRequest;
        pub type Output = GetDeliveryResponse;
    }

    pub mod get_delivery_destination {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetDeliveryDestinationRequest;
        pub type Output = GetDeliveryDestinationResponse;
    }

    pub mod get_delivery_destination_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetDeliveryDestinationPolicyRequest;
        pub type Output = GetDeliveryDestinationPolicyResponse;
    }

    pub mod get_delivery_source {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetDeliverySourceRequest;
        pub type Output = GetDeliverySourceResponse;
    }

    pub mod get_integration {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetIntegrationRequest;
        pub type Output = GetIntegrationResponse;
    }

    pub mod get_log_anomaly_detector {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetLogAnomalyDetectorRequest;
        pub type Output = GetLogAnomalyDetectorResponse;
    }

    pub mod get_log_events {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetLogEventsRequest;
        pub type Output = GetLogEventsResponse;
    }

    pub mod get_log_fields {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetLogFieldsRequest;
        pub type Output = GetLogFieldsResponse;
    }

    pub mod get_log_group_fields {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetLogGroupFieldsRequest;
        pub type Output = GetLogGroupFieldsResponse;
    }

    pub mod get_log_object {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetLogObjectRequest;
        pub type Output = wharf_wire::EventStream<GetLogObjectResponseStream>;
    }

    pub mod get_log_record {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetLogRecordRequest;
        pub type Output = GetLogRecordResponse;
    }

    pub mod get_lookup_table {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetLookupTableRequest;
        pub type Output = GetLookupTableResponse;
    }

    pub mod get_query_results {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetQueryResultsRequest;
        pub type Output = GetQueryResultsResponse;
    }

    pub mod get_scheduled_query {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetScheduledQueryRequest;
        pub type Output = GetScheduledQueryResponse;
    }

    pub mod get_scheduled_query_history {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetScheduledQueryHistoryRequest;
        pub type Output = GetScheduledQueryHistoryResponse;
    }

    pub mod get_storage_tier_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetStorageTierPolicyRequest;
        pub type Output = GetStorageTierPolicyResponse;
    }

    pub mod get_transformer {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetTransformerRequest;
        pub type Output = GetTransformerResponse;
    }

    pub mod list_aggregate_log_group_summaries {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListAggregateLogGroupSummariesRequest;
        pub type Output = ListAggregateLogGroupSummariesResponse;
    }

    pub mod list_anomalies {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListAnomaliesRequest;
        pub type Output = ListAnomaliesResponse;
    }

    pub mod list_integrations {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListIntegrationsRequest;
        pub type Output = ListIntegrationsResponse;
    }

    pub mod list_log_anomaly_detectors {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListLogAnomalyDetectorsRequest;
        pub type Output = ListLogAnomalyDetectorsResponse;
    }

    pub mod list_log_groups {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListLogGroupsRequest;
        pub type Output = ListLogGroupsResponse;
    }

    pub mod list_log_groups_for_query {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListLogGroupsForQueryRequest;
        pub type Output = ListLogGroupsForQueryResponse;
    }

    pub mod list_scheduled_queries {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListScheduledQueriesRequest;
        pub type Output = ListScheduledQueriesResponse;
    }

    pub mod list_sources_for_s3_table_integration {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListSourcesForS3TableIntegrationRequest;
        pub type Output = ListSourcesForS3TableIntegrationResponse;
    }

    pub mod list_syslog_configurations {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListSyslogConfigurationsRequest;
        pub type Output = ListSyslogConfigurationsResponse;
    }

    pub mod list_tags_for_resource {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListTagsForResourceRequest;
        pub type Output = ListTagsForResourceResponse;
    }

    pub mod list_tags_log_group {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListTagsLogGroupRequest;
        pub type Output = ListTagsLogGroupResponse;
    }

    pub mod put_account_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutAccountPolicyRequest;
        pub type Output = PutAccountPolicyResponse;
    }

    pub mod put_bearer_token_authentication {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutBearerTokenAuthenticationRequest;
        pub type Output = ();
    }

    pub mod put_data_protection_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutDataProtectionPolicyRequest;
        pub type Output = PutDataProtectionPolicyResponse;
    }

    pub mod put_delivery_destination {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutDeliveryDestinationRequest;
        pub type Output = PutDeliveryDestinationResponse;
    }

    pub mod put_delivery_destination_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutDeliveryDestinationPolicyRequest;
        pub type Output = PutDeliveryDestinationPolicyResponse;
    }

    pub mod put_delivery_source {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutDeliverySourceRequest;
        pub type Output = PutDeliverySourceResponse;
    }

    pub mod put_destination {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutDestinationRequest;
        pub type Output = PutDestinationResponse;
    }

    pub mod put_destination_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutDestinationPolicyRequest;
        pub type Output = ();
    }

    pub mod put_index_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutIndexPolicyRequest;
        pub type Output = PutIndexPolicyResponse;
    }

    pub mod put_integration {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutIntegrationRequest;
        pub type Output = PutIntegrationResponse;
    }

    pub mod put_log_events {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutLogEventsRequest;
        pub type Output = PutLogEventsResponse;
    }

    pub mod put_log_group_deletion_protection {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutLogGroupDeletionProtectionRequest;
        pub type Output = ();
    }

    pub mod put_metric_filter {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutMetricFilterRequest;
        pub type Output = ();
    }

    pub mod put_query_definition {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutQueryDefinitionRequest;
        pub type Output = PutQueryDefinitionResponse;
    }

    pub mod put_resource_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutResourcePolicyRequest;
        pub type Output = PutResourcePolicyResponse;
    }

    pub mod put_retention_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutRetentionPolicyRequest;
        pub type Output = ();
    }

    pub mod put_storage_tier_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutStorageTierPolicyRequest;
        pub type Output = PutStorageTierPolicyResponse;
    }

    pub mod put_subscription_filter {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutSubscriptionFilterRequest;
        pub type Output = ();
    }

    pub mod put_syslog_configuration {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutSyslogConfigurationRequest;
        pub type Output = ();
    }

    pub mod put_transformer {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutTransformerRequest;
        pub type Output = ();
    }

    pub mod start_live_tail {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = StartLiveTailRequest;
        pub type Output = wharf_wire::EventStream<StartLiveTailResponseStream>;
    }

    pub mod start_query {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = StartQueryRequest;
        pub type Output = StartQueryResponse;
    }

    pub mod stop_query {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = StopQueryRequest;
        pub type Output = StopQueryResponse;
    }

    pub mod tag_log_group {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = TagLogGroupRequest;
        pub type Output = ();
    }

    pub mod tag_resource {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = TagResourceRequest;
        pub type Output = ();
    }

    pub mod test_metric_filter {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = TestMetricFilterRequest;
        pub type Output = TestMetricFilterResponse;
    }

    pub mod test_transformer {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = TestTransformerRequest;
        pub type Output = TestTransformerResponse;
    }

    pub mod untag_log_group {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UntagLogGroupRequest;
        pub type Output = ();
    }

    pub mod untag_resource {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UntagResourceRequest;
        pub type Output = ();
    }

    pub mod update_anomaly {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateAnomalyRequest;
        pub type Output = ();
    }

    pub mod update_delivery_configuration {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateDeliveryConfigurationRequest;
        pub type Output = UpdateDeliveryConfigurationResponse;
    }

    pub mod update_log_anomaly_detector {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateLogAnomalyDetectorRequest;
        pub type Output = ();
    }

    pub mod update_lookup_table {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateLookupTableRequest;
        pub type Output = UpdateLookupTableResponse;
    }

    pub mod update_scheduled_query {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateScheduledQueryRequest;
        pub type Output = UpdateScheduledQueryResponse;
    }
}
