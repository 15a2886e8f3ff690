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
    AssociateKmsKey(&'a AssociateKmsKeyRequest),
    AssociateSourceToS3TableIntegration(&'a AssociateSourceToS3TableIntegrationRequest),
    CancelExportTask(&'a CancelExportTaskRequest),
    CancelImportTask(&'a CancelImportTaskRequest),
    CreateDelivery(&'a CreateDeliveryRequest),
    CreateExportTask(&'a CreateExportTaskRequest),
    CreateImportTask(&'a CreateImportTaskRequest),
    CreateLogAnomalyDetector(&'a CreateLogAnomalyDetectorRequest),
    CreateLogGroup(&'a CreateLogGroupRequest),
    CreateLogStream(&'a CreateLogStreamRequest),
    CreateLookupTable(&'a CreateLookupTableRequest),
    CreateScheduledQuery(&'a CreateScheduledQueryRequest),
    DeleteAccountPolicy(&'a DeleteAccountPolicyRequest),
    DeleteDataProtectionPolicy(&'a DeleteDataProtectionPolicyRequest),
    DeleteDelivery(&'a DeleteDeliveryRequest),
    DeleteDeliveryDestination(&'a DeleteDeliveryDestinationRequest),
    DeleteDeliveryDestinationPolicy(&'a DeleteDeliveryDestinationPolicyRequest),
    DeleteDeliverySource(&'a DeleteDeliverySourceRequest),
    DeleteDestination(&'a DeleteDestinationRequest),
    DeleteIndexPolicy(&'a DeleteIndexPolicyRequest),
    DeleteIntegration(&'a DeleteIntegrationRequest),
    DeleteLogAnomalyDetector(&'a DeleteLogAnomalyDetectorRequest),
    DeleteLogGroup(&'a DeleteLogGroupRequest),
    DeleteLogStream(&'a DeleteLogStreamRequest),
    DeleteLookupTable(&'a DeleteLookupTableRequest),
    DeleteMetricFilter(&'a DeleteMetricFilterRequest),
    DeleteQueryDefinition(&'a DeleteQueryDefinitionRequest),
    DeleteResourcePolicy(&'a DeleteResourcePolicyRequest),
    DeleteRetentionPolicy(&'a DeleteRetentionPolicyRequest),
    DeleteScheduledQuery(&'a DeleteScheduledQueryRequest),
    DeleteSubscriptionFilter(&'a DeleteSubscriptionFilterRequest),
    DeleteSyslogConfiguration(&'a DeleteSyslogConfigurationRequest),
    DeleteTransformer(&'a DeleteTransformerRequest),
    DescribeAccountPolicies(&'a DescribeAccountPoliciesRequest),
    DescribeConfigurationTemplates(&'a DescribeConfigurationTemplatesRequest),
    DescribeDeliveries(&'a DescribeDeliveriesRequest),
    DescribeDeliveryDestinations(&'a DescribeDeliveryDestinationsRequest),
    DescribeDeliverySources(&'a DescribeDeliverySourcesRequest),
    DescribeDestinations(&'a DescribeDestinationsRequest),
    DescribeExportTasks(&'a DescribeExportTasksRequest),
    DescribeFieldIndexes(&'a DescribeFieldIndexesRequest),
    DescribeImportTaskBatches(&'a DescribeImportTaskBatchesRequest),
    DescribeImportTasks(&'a DescribeImportTasksRequest),
    DescribeIndexPolicies(&'a DescribeIndexPoliciesRequest),
    DescribeLogGroups(&'a DescribeLogGroupsRequest),
    DescribeLogStreams(&'a DescribeLogStreamsRequest),
    DescribeLookupTables(&'a DescribeLookupTablesRequest),
    DescribeMetricFilters(&'a DescribeMetricFiltersRequest),
    DescribeQueries(&'a DescribeQueriesRequest),
    DescribeQueryDefinitions(&'a DescribeQueryDefinitionsRequest),
    DescribeResourcePolicies(&'a DescribeResourcePoliciesRequest),
    DescribeSubscriptionFilters(&'a DescribeSubscriptionFiltersRequest),
    DisassociateKmsKey(&'a DisassociateKmsKeyRequest),
    DisassociateSourceFromS3TableIntegration(&'a DisassociateSourceFromS3TableIntegrationRequest),
    FilterLogEvents(&'a FilterLogEventsRequest),
    GetDataProtectionPolicy(&'a GetDataProtectionPolicyRequest),
    GetDelivery(&'a GetDeliveryRequest),
    GetDeliveryDestination(&'a GetDeliveryDestinationRequest),
    GetDeliveryDestinationPolicy(&'a GetDeliveryDestinationPolicyRequest),
    GetDeliverySource(&'a GetDeliverySourceRequest),
    GetIntegration(&'a GetIntegrationRequest),
    GetLogAnomalyDetector(&'a GetLogAnomalyDetectorRequest),
    GetLogEvents(&'a GetLogEventsRequest),
    GetLogFields(&'a GetLogFieldsRequest),
    GetLogGroupFields(&'a GetLogGroupFieldsRequest),
    GetLogObject(&'a GetLogObjectRequest),
    GetLogRecord(&'a GetLogRecordRequest),
    GetLookupTable(&'a GetLookupTableRequest),
    GetQueryResults(&'a GetQueryResultsRequest),
    GetScheduledQuery(&'a GetScheduledQueryRequest),
    GetScheduledQueryHistory(&'a GetScheduledQueryHistoryRequest),
    GetStorageTierPolicy(&'a GetStorageTierPolicyRequest),
    GetTransformer(&'a GetTransformerRequest),
    ListAggregateLogGroupSummaries(&'a ListAggregateLogGroupSummariesRequest),
    ListAnomalies(&'a ListAnomaliesRequest),
    ListIntegrations(&'a ListIntegrationsRequest),
    ListLogAnomalyDetectors(&'a ListLogAnomalyDetectorsRequest),
    ListLogGroups(&'a ListLogGroupsRequest),
    ListLogGroupsForQuery(&'a ListLogGroupsForQueryRequest),
    ListScheduledQueries(&'a ListScheduledQueriesRequest),
    ListSourcesForS3TableIntegration(&'a ListSourcesForS3TableIntegrationRequest),
    ListSyslogConfigurations(&'a ListSyslogConfigurationsRequest),
    ListTagsForResource(&'a ListTagsForResourceRequest),
    ListTagsLogGroup(&'a ListTagsLogGroupRequest),
    PutAccountPolicy(&'a PutAccountPolicyRequest),
    PutBearerTokenAuthentication(&'a PutBearerTokenAuthenticationRequest),
    PutDataProtectionPolicy(&'a PutDataProtectionPolicyRequest),
    PutDeliveryDestination(&'a PutDeliveryDestinationRequest),
    PutDeliveryDestinationPolicy(&'a PutDeliveryDestinationPolicyRequest),
    PutDeliverySource(&'a PutDeliverySourceRequest),
    PutDestination(&'a PutDestinationRequest),
    PutDestinationPolicy(&'a PutDestinationPolicyRequest),
    PutIndexPolicy(&'a PutIndexPolicyRequest),
    PutIntegration(&'a PutIntegrationRequest),
    PutLogEvents(&'a PutLogEventsRequest),
    PutLogGroupDeletionProtection(&'a PutLogGroupDeletionProtectionRequest),
    PutMetricFilter(&'a PutMetricFilterRequest),
    PutQueryDefinition(&'a PutQueryDefinitionRequest),
    PutResourcePolicy(&'a PutResourcePolicyRequest),
    PutRetentionPolicy(&'a PutRetentionPolicyRequest),
    PutStorageTierPolicy(&'a PutStorageTierPolicyRequest),
    PutSubscriptionFilter(&'a PutSubscriptionFilterRequest),
    PutSyslogConfiguration(&'a PutSyslogConfigurationRequest),
    PutTransformer(&'a PutTransformerRequest),
    StartLiveTail(&'a StartLiveTailRequest),
    StartQuery(&'a StartQueryRequest),
    StopQuery(&'a StopQueryRequest),
    TagLogGroup(&'a TagLogGroupRequest),
    TagResource(&'a TagResourceRequest),
    TestMetricFilter(&'a TestMetricFilterRequest),
    TestTransformer(&'a TestTransformerRequest),
    UntagLogGroup(&'a UntagLogGroupRequest),
    UntagResource(&'a UntagResourceRequest),
    UpdateAnomaly(&'a UpdateAnomalyRequest),
    UpdateDeliveryConfiguration(&'a UpdateDeliveryConfigurationRequest),
    UpdateLogAnomalyDetector(&'a UpdateLogAnomalyDetectorRequest),
    UpdateLookupTable(&'a UpdateLookupTableRequest),
    UpdateScheduledQuery(&'a UpdateScheduledQueryRequest),
}

impl Input<'_> {
    /// The operation's name.
    pub fn operation(&self) -> &'static str {
        match self {
            Self::AssociateKmsKey(_) => "AssociateKmsKey",
            Self::AssociateSourceToS3TableIntegration(_) => "AssociateSourceToS3TableIntegration",
            Self::CancelExportTask(_) => "CancelExportTask",
            Self::CancelImportTask(_) => "CancelImportTask",
            Self::CreateDelivery(_) => "CreateDelivery",
            Self::CreateExportTask(_) => "CreateExportTask",
            Self::CreateImportTask(_) => "CreateImportTask",
            Self::CreateLogAnomalyDetector(_) => "CreateLogAnomalyDetector",
            Self::CreateLogGroup(_) => "CreateLogGroup",
            Self::CreateLogStream(_) => "CreateLogStream",
            Self::CreateLookupTable(_) => "CreateLookupTable",
            Self::CreateScheduledQuery(_) => "CreateScheduledQuery",
            Self::DeleteAccountPolicy(_) => "DeleteAccountPolicy",
            Self::DeleteDataProtectionPolicy(_) => "DeleteDataProtectionPolicy",
            Self::DeleteDelivery(_) => "DeleteDelivery",
            Self::DeleteDeliveryDestination(_) => "DeleteDeliveryDestination",
            Self::DeleteDeliveryDestinationPolicy(_) => "DeleteDeliveryDestinationPolicy",
            Self::DeleteDeliverySource(_) => "DeleteDeliverySource",
            Self::DeleteDestination(_) => "DeleteDestination",
            Self::DeleteIndexPolicy(_) => "DeleteIndexPolicy",
            Self::DeleteIntegration(_) => "DeleteIntegration",
            Self::DeleteLogAnomalyDetector(_) => "DeleteLogAnomalyDetector",
            Self::DeleteLogGroup(_) => "DeleteLogGroup",
            Self::DeleteLogStream(_) => "DeleteLogStream",
            Self::DeleteLookupTable(_) => "DeleteLookupTable",
            Self::DeleteMetricFilter(_) => "DeleteMetricFilter",
            Self::DeleteQueryDefinition(_) => "DeleteQueryDefinition",
            Self::DeleteResourcePolicy(_) => "DeleteResourcePolicy",
            Self::DeleteRetentionPolicy(_) => "DeleteRetentionPolicy",
            Self::DeleteScheduledQuery(_) => "DeleteScheduledQuery",
            Self::DeleteSubscriptionFilter(_) => "DeleteSubscriptionFilter",
            Self::DeleteSyslogConfiguration(_) => "DeleteSyslogConfiguration",
            Self::DeleteTransformer(_) => "DeleteTransformer",
            Self::DescribeAccountPolicies(_) => "DescribeAccountPolicies",
            Self::DescribeConfigurationTemplates(_) => "DescribeConfigurationTemplates",
            Self::DescribeDeliveries(_) => "DescribeDeliveries",
            Self::DescribeDeliveryDestinations(_) => "DescribeDeliveryDestinations",
            Self::DescribeDeliverySources(_) => "DescribeDeliverySources",
            Self::DescribeDestinations(_) => "DescribeDestinations",
            Self::DescribeExportTasks(_) => "DescribeExportTasks",
            Self::DescribeFieldIndexes(_) => "DescribeFieldIndexes",
            Self::DescribeImportTaskBatches(_) => "DescribeImportTaskBatches",
            Self::DescribeImportTasks(_) => "DescribeImportTasks",
            Self::DescribeIndexPolicies(_) => "DescribeIndexPolicies",
            Self::DescribeLogGroups(_) => "DescribeLogGroups",
            Self::DescribeLogStreams(_) => "DescribeLogStreams",
            Self::DescribeLookupTables(_) => "DescribeLookupTables",
            Self::DescribeMetricFilters(_) => "DescribeMetricFilters",
            Self::DescribeQueries(_) => "DescribeQueries",
            Self::DescribeQueryDefinitions(_) => "DescribeQueryDefinitions",
            Self::DescribeResourcePolicies(_) => "DescribeResourcePolicies",
            Self::DescribeSubscriptionFilters(_) => "DescribeSubscriptionFilters",
            Self::DisassociateKmsKey(_) => "DisassociateKmsKey",
            Self::DisassociateSourceFromS3TableIntegration(_) => {
                "DisassociateSourceFromS3TableIntegration"
            }
            Self::FilterLogEvents(_) => "FilterLogEvents",
            Self::GetDataProtectionPolicy(_) => "GetDataProtectionPolicy",
            Self::GetDelivery(_) => "GetDelivery",
            Self::GetDeliveryDestination(_) => "GetDeliveryDestination",
            Self::GetDeliveryDestinationPolicy(_) => "GetDeliveryDestinationPolicy",
            Self::GetDeliverySource(_) => "GetDeliverySource",
            Self::GetIntegration(_) => "GetIntegration",
            Self::GetLogAnomalyDetector(_) => "GetLogAnomalyDetector",
            Self::GetLogEvents(_) => "GetLogEvents",
            Self::GetLogFields(_) => "GetLogFields",
            Self::GetLogGroupFields(_) => "GetLogGroupFields",
            Self::GetLogObject(_) => "GetLogObject",
            Self::GetLogRecord(_) => "GetLogRecord",
            Self::GetLookupTable(_) => "GetLookupTable",
            Self::GetQueryResults(_) => "GetQueryResults",
            Self::GetScheduledQuery(_) => "GetScheduledQuery",
            Self::GetScheduledQueryHistory(_) => "GetScheduledQueryHistory",
            Self::GetStorageTierPolicy(_) => "GetStorageTierPolicy",
            Self::GetTransformer(_) => "GetTransformer",
            Self::ListAggregateLogGroupSummaries(_) => "ListAggregateLogGroupSummaries",
            Self::ListAnomalies(_) => "ListAnomalies",
            Self::ListIntegrations(_) => "ListIntegrations",
            Self::ListLogAnomalyDetectors(_) => "ListLogAnomalyDetectors",
            Self::ListLogGroups(_) => "ListLogGroups",
            Self::ListLogGroupsForQuery(_) => "ListLogGroupsForQuery",
            Self::ListScheduledQueries(_) => "ListScheduledQueries",
            Self::ListSourcesForS3TableIntegration(_) => "ListSourcesForS3TableIntegration",
            Self::ListSyslogConfigurations(_) => "ListSyslogConfigurations",
            Self::ListTagsForResource(_) => "ListTagsForResource",
            Self::ListTagsLogGroup(_) => "ListTagsLogGroup",
            Self::PutAccountPolicy(_) => "PutAccountPolicy",
            Self::PutBearerTokenAuthentication(_) => "PutBearerTokenAuthentication",
            Self::PutDataProtectionPolicy(_) => "PutDataProtectionPolicy",
            Self::PutDeliveryDestination(_) => "PutDeliveryDestination",
            Self::PutDeliveryDestinationPolicy(_) => "PutDeliveryDestinationPolicy",
            Self::PutDeliverySource(_) => "PutDeliverySource",
            Self::PutDestination(_) => "PutDestination",
            Self::PutDestinationPolicy(_) => "PutDestinationPolicy",
            Self::PutIndexPolicy(_) => "PutIndexPolicy",
            Self::PutIntegration(_) => "PutIntegration",
            Self::PutLogEvents(_) => "PutLogEvents",
            Self::PutLogGroupDeletionProtection(_) => "PutLogGroupDeletionProtection",
            Self::PutMetricFilter(_) => "PutMetricFilter",
            Self::PutQueryDefinition(_) => "PutQueryDefinition",
            Self::PutResourcePolicy(_) => "PutResourcePolicy",
            Self::PutRetentionPolicy(_) => "PutRetentionPolicy",
            Self::PutStorageTierPolicy(_) => "PutStorageTierPolicy",
            Self::PutSubscriptionFilter(_) => "PutSubscriptionFilter",
            Self::PutSyslogConfiguration(_) => "PutSyslogConfiguration",
            Self::PutTransformer(_) => "PutTransformer",
            Self::StartLiveTail(_) => "StartLiveTail",
            Self::StartQuery(_) => "StartQuery",
            Self::StopQuery(_) => "StopQuery",
            Self::TagLogGroup(_) => "TagLogGroup",
            Self::TagResource(_) => "TagResource",
            Self::TestMetricFilter(_) => "TestMetricFilter",
            Self::TestTransformer(_) => "TestTransformer",
            Self::UntagLogGroup(_) => "UntagLogGroup",
            Self::UntagResource(_) => "UntagResource",
            Self::UpdateAnomaly(_) => "UpdateAnomaly",
            Self::UpdateDeliveryConfiguration(_) => "UpdateDeliveryConfiguration",
            Self::UpdateLogAnomalyDetector(_) => "UpdateLogAnomalyDetector",
            Self::UpdateLookupTable(_) => "UpdateLookupTable",
            Self::UpdateScheduledQuery(_) => "UpdateScheduledQuery",
        }
    }

    /// The IAM action of the same name.
    pub fn action(&self) -> String {
        format!("logs:{}", self.operation())
    }
}

#[async_trait]
pub trait Logs: Send + Sync + 'static {
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

    async fn associate_kms_key(
        &self,
        call: &Call,
        input: AssociateKmsKeyRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "AssociateKmsKey"))
    }

    async fn associate_source_to_s3_table_integration(
        &self,
        call: &Call,
        input: AssociateSourceToS3TableIntegrationRequest,
    ) -> Result<AssociateSourceToS3TableIntegrationResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "logs",
            "AssociateSourceToS3TableIntegration",
        ))
    }

    async fn cancel_export_task(
        &self,
        call: &Call,
        input: CancelExportTaskRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "CancelExportTask"))
    }

    async fn cancel_import_task(
        &self,
        call: &Call,
        input: CancelImportTaskRequest,
    ) -> Result<CancelImportTaskResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "CancelImportTask"))
    }

    async fn create_delivery(
        &self,
        call: &Call,
        input: CreateDeliveryRequest,
    ) -> Result<CreateDeliveryResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "CreateDelivery"))
    }

    async fn create_export_task(
        &self,
        call: &Call,
        input: CreateExportTaskRequest,
    ) -> Result<CreateExportTaskResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "CreateExportTask"))
    }

    async fn create_import_task(
        &self,
        call: &Call,
        input: CreateImportTaskRequest,
    ) -> Result<CreateImportTaskResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "CreateImportTask"))
    }

    async fn create_log_anomaly_detector(
        &self,
        call: &Call,
        input: CreateLogAnomalyDetectorRequest,
    ) -> Result<CreateLogAnomalyDetectorResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "CreateLogAnomalyDetector"))
    }

    async fn create_log_group(
        &self,
        call: &Call,
        input: CreateLogGroupRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "CreateLogGroup"))
    }

    async fn create_log_stream(
        &self,
        call: &Call,
        input: CreateLogStreamRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "CreateLogStream"))
    }

    async fn create_lookup_table(
        &self,
        call: &Call,
        input: CreateLookupTableRequest,
    ) -> Result<CreateLookupTableResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "CreateLookupTable"))
    }

    async fn create_scheduled_query(
        &self,
        call: &Call,
        input: CreateScheduledQueryRequest,
    ) -> Result<CreateScheduledQueryResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "CreateScheduledQuery"))
    }

    async fn delete_account_policy(
        &self,
        call: &Call,
        input: DeleteAccountPolicyRequest,
    ) -> Result<DeleteAccountPolicyResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "DeleteAccountPolicy"))
    }

    async fn delete_data_protection_policy(
        &self,
        call: &Call,
        input: DeleteDataProtectionPolicyRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "DeleteDataProtectionPolicy"))
    }

    async fn delete_delivery(
        &self,
        call: &Call,
        input: DeleteDeliveryRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "DeleteDelivery"))
    }

    async fn delete_delivery_destination(
        &self,
        call: &Call,
        input: DeleteDeliveryDestinationRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "DeleteDeliveryDestination"))
    }

    async fn delete_delivery_destination_policy(
        &self,
        call: &Call,
        input: DeleteDeliveryDestinationPolicyRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "logs",
            "DeleteDeliveryDestinationPolicy",
        ))
    }

    async fn delete_delivery_source(
        &self,
        call: &Call,
        input: DeleteDeliverySourceRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "DeleteDeliverySource"))
    }

    async fn delete_destination(
        &self,
        call: &Call,
        input: DeleteDestinationRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "DeleteDestination"))
    }

    async fn delete_index_policy(
        &self,
        call: &Call,
        input: DeleteIndexPolicyRequest,
    ) -> Result<DeleteIndexPolicyResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "DeleteIndexPolicy"))
    }

    async fn delete_integration(
        &self,
        call: &Call,
        input: DeleteIntegrationRequest,
    ) -> Result<DeleteIntegrationResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "DeleteIntegration"))
    }

    async fn delete_log_anomaly_detector(
        &self,
        call: &Call,
        input: DeleteLogAnomalyDetectorRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "DeleteLogAnomalyDetector"))
    }

    async fn delete_log_group(
        &self,
        call: &Call,
        input: DeleteLogGroupRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "DeleteLogGroup"))
    }

    async fn delete_log_stream(
        &self,
        call: &Call,
        input: DeleteLogStreamRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "DeleteLogStream"))
    }

    async fn delete_lookup_table(
        &self,
        call: &Call,
        input: DeleteLookupTableRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "DeleteLookupTable"))
    }

    async fn delete_metric_filter(
        &self,
        call: &Call,
        input: DeleteMetricFilterRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "DeleteMetricFilter"))
    }

    async fn delete_query_definition(
        &self,
        call: &Call,
        input: DeleteQueryDefinitionRequest,
    ) -> Result<DeleteQueryDefinitionResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "DeleteQueryDefinition"))
    }

    async fn delete_resource_policy(
        &self,
        call: &Call,
        input: DeleteResourcePolicyRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "DeleteResourcePolicy"))
    }

    async fn delete_retention_policy(
        &self,
        call: &Call,
        input: DeleteRetentionPolicyRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "DeleteRetentionPolicy"))
    }

    async fn delete_scheduled_query(
        &self,
        call: &Call,
        input: DeleteScheduledQueryRequest,
    ) -> Result<DeleteScheduledQueryResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "DeleteScheduledQuery"))
    }

    async fn delete_subscription_filter(
        &self,
        call: &Call,
        input: DeleteSubscriptionFilterRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "DeleteSubscriptionFilter"))
    }

    async fn delete_syslog_configuration(
        &self,
        call: &Call,
        input: DeleteSyslogConfigurationRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "DeleteSyslogConfiguration"))
    }

    async fn delete_transformer(
        &self,
        call: &Call,
        input: DeleteTransformerRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "DeleteTransformer"))
    }

    async fn describe_account_policies(
        &self,
        call: &Call,
        input: DescribeAccountPoliciesRequest,
    ) -> Result<DescribeAccountPoliciesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "DescribeAccountPolicies"))
    }

    async fn describe_configuration_templates(
        &self,
        call: &Call,
        input: DescribeConfigurationTemplatesRequest,
    ) -> Result<DescribeConfigurationTemplatesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "DescribeConfigurationTemplates"))
    }

    async fn describe_deliveries(
        &self,
        call: &Call,
        input: DescribeDeliveriesRequest,
    ) -> Result<DescribeDeliveriesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "DescribeDeliveries"))
    }

    async fn describe_delivery_destinations(
        &self,
        call: &Call,
        input: DescribeDeliveryDestinationsRequest,
    ) -> Result<DescribeDeliveryDestinationsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "DescribeDeliveryDestinations"))
    }

    async fn describe_delivery_sources(
        &self,
        call: &Call,
        input: DescribeDeliverySourcesRequest,
    ) -> Result<DescribeDeliverySourcesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "DescribeDeliverySources"))
    }

    async fn describe_destinations(
        &self,
        call: &Call,
        input: DescribeDestinationsRequest,
    ) -> Result<DescribeDestinationsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "DescribeDestinations"))
    }

    async fn describe_export_tasks(
        &self,
        call: &Call,
        input: DescribeExportTasksRequest,
    ) -> Result<DescribeExportTasksResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "DescribeExportTasks"))
    }

    async fn describe_field_indexes(
        &self,
        call: &Call,
        input: DescribeFieldIndexesRequest,
    ) -> Result<DescribeFieldIndexesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "DescribeFieldIndexes"))
    }

    async fn describe_import_task_batches(
        &self,
        call: &Call,
        input: DescribeImportTaskBatchesRequest,
    ) -> Result<DescribeImportTaskBatchesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "DescribeImportTaskBatches"))
    }

    async fn describe_import_tasks(
        &self,
        call: &Call,
        input: DescribeImportTasksRequest,
    ) -> Result<DescribeImportTasksResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "DescribeImportTasks"))
    }

    async fn describe_index_policies(
        &self,
        call: &Call,
        input: DescribeIndexPoliciesRequest,
    ) -> Result<DescribeIndexPoliciesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "DescribeIndexPolicies"))
    }

    async fn describe_log_groups(
        &self,
        call: &Call,
        input: DescribeLogGroupsRequest,
    ) -> Result<DescribeLogGroupsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "DescribeLogGroups"))
    }

    async fn describe_log_streams(
        &self,
        call: &Call,
        input: DescribeLogStreamsRequest,
    ) -> Result<DescribeLogStreamsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "DescribeLogStreams"))
    }

    async fn describe_lookup_tables(
        &self,
        call: &Call,
        input: DescribeLookupTablesRequest,
    ) -> Result<DescribeLookupTablesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "DescribeLookupTables"))
    }

    async fn describe_metric_filters(
        &self,
        call: &Call,
        input: DescribeMetricFiltersRequest,
    ) -> Result<DescribeMetricFiltersResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "DescribeMetricFilters"))
    }

    async fn describe_queries(
        &self,
        call: &Call,
        input: DescribeQueriesRequest,
    ) -> Result<DescribeQueriesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "DescribeQueries"))
    }

    async fn describe_query_definitions(
        &self,
        call: &Call,
        input: DescribeQueryDefinitionsRequest,
    ) -> Result<DescribeQueryDefinitionsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "DescribeQueryDefinitions"))
    }

    async fn describe_resource_policies(
        &self,
        call: &Call,
        input: DescribeResourcePoliciesRequest,
    ) -> Result<DescribeResourcePoliciesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "DescribeResourcePolicies"))
    }

    async fn describe_subscription_filters(
        &self,
        call: &Call,
        input: DescribeSubscriptionFiltersRequest,
    ) -> Result<DescribeSubscriptionFiltersResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "DescribeSubscriptionFilters"))
    }

    async fn disassociate_kms_key(
        &self,
        call: &Call,
        input: DisassociateKmsKeyRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "DisassociateKmsKey"))
    }

    async fn disassociate_source_from_s3_table_integration(
        &self,
        call: &Call,
        input: DisassociateSourceFromS3TableIntegrationRequest,
    ) -> Result<DisassociateSourceFromS3TableIntegrationResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "logs",
            "DisassociateSourceFromS3TableIntegration",
        ))
    }

    async fn filter_log_events(
        &self,
        call: &Call,
        input: FilterLogEventsRequest,
    ) -> Result<FilterLogEventsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "FilterLogEvents"))
    }

    async fn get_data_protection_policy(
        &self,
        call: &Call,
        input: GetDataProtectionPolicyRequest,
    ) -> Result<GetDataProtectionPolicyResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "GetDataProtectionPolicy"))
    }

    async fn get_delivery(
        &self,
        call: &Call,
        input: GetDeliveryRequest,
    ) -> Result<GetDeliveryResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "GetDelivery"))
    }

    async fn get_delivery_destination(
        &self,
        call: &Call,
        input: GetDeliveryDestinationRequest,
    ) -> Result<GetDeliveryDestinationResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "GetDeliveryDestination"))
    }

    async fn get_delivery_destination_policy(
        &self,
        call: &Call,
        input: GetDeliveryDestinationPolicyRequest,
    ) -> Result<GetDeliveryDestinationPolicyResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "GetDeliveryDestinationPolicy"))
    }

    async fn get_delivery_source(
        &self,
        call: &Call,
        input: GetDeliverySourceRequest,
    ) -> Result<GetDeliverySourceResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "GetDeliverySource"))
    }

    async fn get_integration(
        &self,
        call: &Call,
        input: GetIntegrationRequest,
    ) -> Result<GetIntegrationResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "GetIntegration"))
    }

    async fn get_log_anomaly_detector(
        &self,
        call: &Call,
        input: GetLogAnomalyDetectorRequest,
    ) -> Result<GetLogAnomalyDetectorResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "GetLogAnomalyDetector"))
    }

    async fn get_log_events(
        &self,
        call: &Call,
        input: GetLogEventsRequest,
    ) -> Result<GetLogEventsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "GetLogEvents"))
    }

    async fn get_log_fields(
        &self,
        call: &Call,
        input: GetLogFieldsRequest,
    ) -> Result<GetLogFieldsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "GetLogFields"))
    }

    async fn get_log_group_fields(
        &self,
        call: &Call,
        input: GetLogGroupFieldsRequest,
    ) -> Result<GetLogGroupFieldsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "GetLogGroupFields"))
    }

    async fn get_log_object(
        &self,
        call: &Call,
        input: GetLogObjectRequest,
    ) -> Result<wharf_wire::EventStream<GetLogObjectResponseStream>, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "GetLogObject"))
    }

    async fn get_log_record(
        &self,
        call: &Call,
        input: GetLogRecordRequest,
    ) -> Result<GetLogRecordResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "GetLogRecord"))
    }

    async fn get_lookup_table(
        &self,
        call: &Call,
        input: GetLookupTableRequest,
    ) -> Result<GetLookupTableResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "GetLookupTable"))
    }

    async fn get_query_results(
        &self,
        call: &Call,
        input: GetQueryResultsRequest,
    ) -> Result<GetQueryResultsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "GetQueryResults"))
    }

    async fn get_scheduled_query(
        &self,
        call: &Call,
        input: GetScheduledQueryRequest,
    ) -> Result<GetScheduledQueryResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "GetScheduledQuery"))
    }

    async fn get_scheduled_query_history(
        &self,
        call: &Call,
        input: GetScheduledQueryHistoryRequest,
    ) -> Result<GetScheduledQueryHistoryResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "GetScheduledQueryHistory"))
    }

    async fn get_storage_tier_policy(
        &self,
        call: &Call,
        input: GetStorageTierPolicyRequest,
    ) -> Result<GetStorageTierPolicyResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "GetStorageTierPolicy"))
    }

    async fn get_transformer(
        &self,
        call: &Call,
        input: GetTransformerRequest,
    ) -> Result<GetTransformerResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "GetTransformer"))
    }

    async fn list_aggregate_log_group_summaries(
        &self,
        call: &Call,
        input: ListAggregateLogGroupSummariesRequest,
    ) -> Result<ListAggregateLogGroupSummariesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "ListAggregateLogGroupSummaries"))
    }

    async fn list_anomalies(
        &self,
        call: &Call,
        input: ListAnomaliesRequest,
    ) -> Result<ListAnomaliesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "ListAnomalies"))
    }

    async fn list_integrations(
        &self,
        call: &Call,
        input: ListIntegrationsRequest,
    ) -> Result<ListIntegrationsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "ListIntegrations"))
    }

    async fn list_log_anomaly_detectors(
        &self,
        call: &Call,
        input: ListLogAnomalyDetectorsRequest,
    ) -> Result<ListLogAnomalyDetectorsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "ListLogAnomalyDetectors"))
    }

    async fn list_log_groups(
        &self,
        call: &Call,
        input: ListLogGroupsRequest,
    ) -> Result<ListLogGroupsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "ListLogGroups"))
    }

    async fn list_log_groups_for_query(
        &self,
        call: &Call,
        input: ListLogGroupsForQueryRequest,
    ) -> Result<ListLogGroupsForQueryResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "ListLogGroupsForQuery"))
    }

    async fn list_scheduled_queries(
        &self,
        call: &Call,
        input: ListScheduledQueriesRequest,
    ) -> Result<ListScheduledQueriesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "ListScheduledQueries"))
    }

    async fn list_sources_for_s3_table_integration(
        &self,
        call: &Call,
        input: ListSourcesForS3TableIntegrationRequest,
    ) -> Result<ListSourcesForS3TableIntegrationResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "logs",
            "ListSourcesForS3TableIntegration",
        ))
    }

    async fn list_syslog_configurations(
        &self,
        call: &Call,
        input: ListSyslogConfigurationsRequest,
    ) -> Result<ListSyslogConfigurationsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "ListSyslogConfigurations"))
    }

    async fn list_tags_for_resource(
        &self,
        call: &Call,
        input: ListTagsForResourceRequest,
    ) -> Result<ListTagsForResourceResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "ListTagsForResource"))
    }

    async fn list_tags_log_group(
        &self,
        call: &Call,
        input: ListTagsLogGroupRequest,
    ) -> Result<ListTagsLogGroupResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "ListTagsLogGroup"))
    }

    async fn put_account_policy(
        &self,
        call: &Call,
        input: PutAccountPolicyRequest,
    ) -> Result<PutAccountPolicyResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "PutAccountPolicy"))
    }

    async fn put_bearer_token_authentication(
        &self,
        call: &Call,
        input: PutBearerTokenAuthenticationRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "PutBearerTokenAuthentication"))
    }

    async fn put_data_protection_policy(
        &self,
        call: &Call,
        input: PutDataProtectionPolicyRequest,
    ) -> Result<PutDataProtectionPolicyResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "PutDataProtectionPolicy"))
    }

    async fn put_delivery_destination(
        &self,
        call: &Call,
        input: PutDeliveryDestinationRequest,
    ) -> Result<PutDeliveryDestinationResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "PutDeliveryDestination"))
    }

    async fn put_delivery_destination_policy(
        &self,
        call: &Call,
        input: PutDeliveryDestinationPolicyRequest,
    ) -> Result<PutDeliveryDestinationPolicyResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "PutDeliveryDestinationPolicy"))
    }

    async fn put_delivery_source(
        &self,
        call: &Call,
        input: PutDeliverySourceRequest,
    ) -> Result<PutDeliverySourceResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "PutDeliverySource"))
    }

    async fn put_destination(
        &self,
        call: &Call,
        input: PutDestinationRequest,
    ) -> Result<PutDestinationResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "PutDestination"))
    }

    async fn put_destination_policy(
        &self,
        call: &Call,
        input: PutDestinationPolicyRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "PutDestinationPolicy"))
    }

    async fn put_index_policy(
        &self,
        call: &Call,
        input: PutIndexPolicyRequest,
    ) -> Result<PutIndexPolicyResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "PutIndexPolicy"))
    }

    async fn put_integration(
        &self,
        call: &Call,
        input: PutIntegrationRequest,
    ) -> Result<PutIntegrationResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "PutIntegration"))
    }

    async fn put_log_events(
        &self,
        call: &Call,
        input: PutLogEventsRequest,
    ) -> Result<PutLogEventsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "PutLogEvents"))
    }

    async fn put_log_group_deletion_protection(
        &self,
        call: &Call,
        input: PutLogGroupDeletionProtectionRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "PutLogGroupDeletionProtection"))
    }

    async fn put_metric_filter(
        &self,
        call: &Call,
        input: PutMetricFilterRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "PutMetricFilter"))
    }

    async fn put_query_definition(
        &self,
        call: &Call,
        input: PutQueryDefinitionRequest,
    ) -> Result<PutQueryDefinitionResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "PutQueryDefinition"))
    }

    async fn put_resource_policy(
        &self,
        call: &Call,
        input: PutResourcePolicyRequest,
    ) -> Result<PutResourcePolicyResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "PutResourcePolicy"))
    }

    async fn put_retention_policy(
        &self,
        call: &Call,
        input: PutRetentionPolicyRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "PutRetentionPolicy"))
    }

    async fn put_storage_tier_policy(
        &self,
        call: &Call,
        input: PutStorageTierPolicyRequest,
    ) -> Result<PutStorageTierPolicyResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "PutStorageTierPolicy"))
    }

    async fn put_subscription_filter(
        &self,
        call: &Call,
        input: PutSubscriptionFilterRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "PutSubscriptionFilter"))
    }

    async fn put_syslog_configuration(
        &self,
        call: &Call,
        input: PutSyslogConfigurationRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "PutSyslogConfiguration"))
    }

    async fn put_transformer(
        &self,
        call: &Call,
        input: PutTransformerRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "PutTransformer"))
    }

    async fn start_live_tail(
        &self,
        call: &Call,
        input: StartLiveTailRequest,
    ) -> Result<wharf_wire::EventStream<StartLiveTailResponseStream>, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "StartLiveTail"))
    }

    async fn start_query(
        &self,
        call: &Call,
        input: StartQueryRequest,
    ) -> Result<StartQueryResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "StartQuery"))
    }

    async fn stop_query(
        &self,
        call: &Call,
        input: StopQueryRequest,
    ) -> Result<StopQueryResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "StopQuery"))
    }

    async fn tag_log_group(&self, call: &Call, input: TagLogGroupRequest) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "TagLogGroup"))
    }

    async fn tag_resource(&self, call: &Call, input: TagResourceRequest) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "TagResource"))
    }

    async fn test_metric_filter(
        &self,
        call: &Call,
        input: TestMetricFilterRequest,
    ) -> Result<TestMetricFilterResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "TestMetricFilter"))
    }

    async fn test_transformer(
        &self,
        call: &Call,
        input: TestTransformerRequest,
    ) -> Result<TestTransformerResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "TestTransformer"))
    }

    async fn untag_log_group(&self, call: &Call, input: UntagLogGroupRequest) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "UntagLogGroup"))
    }

    async fn untag_resource(&self, call: &Call, input: UntagResourceRequest) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "UntagResource"))
    }

    async fn update_anomaly(&self, call: &Call, input: UpdateAnomalyRequest) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "UpdateAnomaly"))
    }

    async fn update_delivery_configuration(
        &self,
        call: &Call,
        input: UpdateDeliveryConfigurationRequest,
    ) -> Result<UpdateDeliveryConfigurationResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "UpdateDeliveryConfiguration"))
    }

    async fn update_log_anomaly_detector(
        &self,
        call: &Call,
        input: UpdateLogAnomalyDetectorRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "UpdateLogAnomalyDetector"))
    }

    async fn update_lookup_table(
        &self,
        call: &Call,
        input: UpdateLookupTableRequest,
    ) -> Result<UpdateLookupTableResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "UpdateLookupTable"))
    }

    async fn update_scheduled_query(
        &self,
        call: &Call,
        input: UpdateScheduledQueryRequest,
    ) -> Result<UpdateScheduledQueryResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("logs", "UpdateScheduledQuery"))
    }
}

/// Joins an implementation to the dispatcher.
pub struct Routes(pub Arc<dyn Logs>);

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
            0 => Box::new(AssociateKmsKeyRequest::default()),
            1 => Box::new(AssociateSourceToS3TableIntegrationRequest::default()),
            2 => Box::new(CancelExportTaskRequest::default()),
            3 => Box::new(CancelImportTaskRequest::default()),
            4 => Box::new(CreateDeliveryRequest::default()),
            5 => Box::new(CreateExportTaskRequest::default()),
            6 => Box::new(CreateImportTaskRequest::default()),
            7 => Box::new(CreateLogAnomalyDetectorRequest::default()),
            8 => Box::new(CreateLogGroupRequest::default()),
            9 => Box::new(CreateLogStreamRequest::default()),
            10 => Box::new(CreateLookupTableRequest::default()),
            11 => Box::new(CreateScheduledQueryRequest::default()),
            12 => Box::new(DeleteAccountPolicyRequest::default()),
            13 => Box::new(DeleteDataProtectionPolicyRequest::default()),
            14 => Box::new(DeleteDeliveryRequest::default()),
            15 => Box::new(DeleteDeliveryDestinationRequest::default()),
            16 => Box::new(DeleteDeliveryDestinationPolicyRequest::default()),
            17 => Box::new(DeleteDeliverySourceRequest::default()),
            18 => Box::new(DeleteDestinationRequest::default()),
            19 => Box::new(DeleteIndexPolicyRequest::default()),
            20 => Box::new(DeleteIntegrationRequest::default()),
            21 => Box::new(DeleteLogAnomalyDetectorRequest::default()),
            22 => Box::new(DeleteLogGroupRequest::default()),
            23 => Box::new(DeleteLogStreamRequest::default()),
            24 => Box::new(DeleteLookupTableRequest::default()),
            25 => Box::new(DeleteMetricFilterRequest::default()),
            26 => Box::new(DeleteQueryDefinitionRequest::default()),
            27 => Box::new(DeleteResourcePolicyRequest::default()),
            28 => Box::new(DeleteRetentionPolicyRequest::default()),
            29 => Box::new(DeleteScheduledQueryRequest::default()),
            30 => Box::new(DeleteSubscriptionFilterRequest::default()),
            31 => Box::new(DeleteSyslogConfigurationRequest::default()),
            32 => Box::new(DeleteTransformerRequest::default()),
            33 => Box::new(DescribeAccountPoliciesRequest::default()),
            34 => Box::new(DescribeConfigurationTemplatesRequest::default()),
            35 => Box::new(DescribeDeliveriesRequest::default()),
            36 => Box::new(DescribeDeliveryDestinationsRequest::default()),
            37 => Box::new(DescribeDeliverySourcesRequest::default()),
            38 => Box::new(DescribeDestinationsRequest::default()),
            39 => Box::new(DescribeExportTasksRequest::default()),
            40 => Box::new(DescribeFieldIndexesRequest::default()),
            41 => Box::new(DescribeImportTaskBatchesRequest::default()),
            42 => Box::new(DescribeImportTasksRequest::default()),
            43 => Box::new(DescribeIndexPoliciesRequest::default()),
            44 => Box::new(DescribeLogGroupsRequest::default()),
            45 => Box::new(DescribeLogStreamsRequest::default()),
            46 => Box::new(DescribeLookupTablesRequest::default()),
            47 => Box::new(DescribeMetricFiltersRequest::default()),
            48 => Box::new(DescribeQueriesRequest::default()),
            49 => Box::new(DescribeQueryDefinitionsRequest::default()),
            50 => Box::new(DescribeResourcePoliciesRequest::default()),
            51 => Box::new(DescribeSubscriptionFiltersRequest::default()),
            52 => Box::new(DisassociateKmsKeyRequest::default()),
            53 => Box::new(DisassociateSourceFromS3TableIntegrationRequest::default()),
            54 => Box::new(FilterLogEventsRequest::default()),
            55 => Box::new(GetDataProtectionPolicyRequest::default()),
            56 => Box::new(GetDeliveryRequest::default()),
            57 => Box::new(GetDeliveryDestinationRequest::default()),
            58 => Box::new(GetDeliveryDestinationPolicyRequest::default()),
            59 => Box::new(GetDeliverySourceRequest::default()),
            60 => Box::new(GetIntegrationRequest::default()),
            61 => Box::new(GetLogAnomalyDetectorRequest::default()),
            62 => Box::new(GetLogEventsRequest::default()),
            63 => Box::new(GetLogFieldsRequest::default()),
            64 => Box::new(GetLogGroupFieldsRequest::default()),
            65 => Box::new(GetLogObjectRequest::default()),
            66 => Box::new(GetLogRecordRequest::default()),
            67 => Box::new(GetLookupTableRequest::default()),
            68 => Box::new(GetQueryResultsRequest::default()),
            69 => Box::new(GetScheduledQueryRequest::default()),
            70 => Box::new(GetScheduledQueryHistoryRequest::default()),
            71 => Box::new(GetStorageTierPolicyRequest::default()),
            72 => Box::new(GetTransformerRequest::default()),
            73 => Box::new(ListAggregateLogGroupSummariesRequest::default()),
            74 => Box::new(ListAnomaliesRequest::default()),
            75 => Box::new(ListIntegrationsRequest::default()),
            76 => Box::new(ListLogAnomalyDetectorsRequest::default()),
            77 => Box::new(ListLogGroupsRequest::default()),
            78 => Box::new(ListLogGroupsForQueryRequest::default()),
            79 => Box::new(ListScheduledQueriesRequest::default()),
            80 => Box::new(ListSourcesForS3TableIntegrationRequest::default()),
            81 => Box::new(ListSyslogConfigurationsRequest::default()),
            82 => Box::new(ListTagsForResourceRequest::default()),
            83 => Box::new(ListTagsLogGroupRequest::default()),
            84 => Box::new(PutAccountPolicyRequest::default()),
            85 => Box::new(PutBearerTokenAuthenticationRequest::default()),
            86 => Box::new(PutDataProtectionPolicyRequest::default()),
            87 => Box::new(PutDeliveryDestinationRequest::default()),
            88 => Box::new(PutDeliveryDestinationPolicyRequest::default()),
            89 => Box::new(PutDeliverySourceRequest::default()),
            90 => Box::new(PutDestinationRequest::default()),
            91 => Box::new(PutDestinationPolicyRequest::default()),
            92 => Box::new(PutIndexPolicyRequest::default()),
            93 => Box::new(PutIntegrationRequest::default()),
            94 => Box::new(PutLogEventsRequest::default()),
            95 => Box::new(PutLogGroupDeletionProtectionRequest::default()),
            96 => Box::new(PutMetricFilterRequest::default()),
            97 => Box::new(PutQueryDefinitionRequest::default()),
            98 => Box::new(PutResourcePolicyRequest::default()),
            99 => Box::new(PutRetentionPolicyRequest::default()),
            100 => Box::new(PutStorageTierPolicyRequest::default()),
            101 => Box::new(PutSubscriptionFilterRequest::default()),
            102 => Box::new(PutSyslogConfigurationRequest::default()),
            103 => Box::new(PutTransformerRequest::default()),
            104 => Box::new(StartLiveTailRequest::default()),
            105 => Box::new(StartQueryRequest::default()),
            106 => Box::new(StopQueryRequest::default()),
            107 => Box::new(TagLogGroupRequest::default()),
            108 => Box::new(TagResourceRequest::default()),
            109 => Box::new(TestMetricFilterRequest::default()),
            110 => Box::new(TestTransformerRequest::default()),
            111 => Box::new(UntagLogGroupRequest::default()),
            112 => Box::new(UntagResourceRequest::default()),
            113 => Box::new(UpdateAnomalyRequest::default()),
            114 => Box::new(UpdateDeliveryConfigurationRequest::default()),
            115 => Box::new(UpdateLogAnomalyDetectorRequest::default()),
            116 => Box::new(UpdateLookupTableRequest::default()),
            117 => Box::new(UpdateScheduledQueryRequest::default()),
            _ => Box::new(()),
        }
    }

    fn output(&self, operation: usize) -> Box<dyn Payload> {
        match operation {
            1 => Box::new(AssociateSourceToS3TableIntegrationResponse::default()),
            3 => Box::new(CancelImportTaskResponse::default()),
            4 => Box::new(CreateDeliveryResponse::default()),
            5 => Box::new(CreateExportTaskResponse::default()),
            6 => Box::new(CreateImportTaskResponse::default()),
            7 => Box::new(CreateLogAnomalyDetectorResponse::default()),
            10 => Box::new(CreateLookupTableResponse::default()),
            11 => Box::new(CreateScheduledQueryResponse::default()),
            12 => Box::new(DeleteAccountPolicyResponse::default()),
            19 => Box::new(DeleteIndexPolicyResponse::default()),
            20 => Box::new(DeleteIntegrationResponse::default()),
            26 => Box::new(DeleteQueryDefinitionResponse::default()),
            29 => Box::new(DeleteScheduledQueryResponse::default()),
            33 => Box::new(DescribeAccountPoliciesResponse::default()),
            34 => Box::new(DescribeConfigurationTemplatesResponse::default()),
            35 => Box::new(DescribeDeliveriesResponse::default()),
            36 => Box::new(DescribeDeliveryDestinationsResponse::default()),
            37 => Box::new(DescribeDeliverySourcesResponse::default()),
            38 => Box::new(DescribeDestinationsResponse::default()),
            39 => Box::new(DescribeExportTasksResponse::default()),
            40 => Box::new(DescribeFieldIndexesResponse::default()),
            41 => Box::new(DescribeImportTaskBatchesResponse::default()),
            42 => Box::new(DescribeImportTasksResponse::default()),
            43 => Box::new(DescribeIndexPoliciesResponse::default()),
            44 => Box::new(DescribeLogGroupsResponse::default()),
            45 => Box::new(DescribeLogStreamsResponse::default()),
            46 => Box::new(DescribeLookupTablesResponse::default()),
            47 => Box::new(DescribeMetricFiltersResponse::default()),
            48 => Box::new(DescribeQueriesResponse::default()),
            49 => Box::new(DescribeQueryDefinitionsResponse::default()),
            50 => Box::new(DescribeResourcePoliciesResponse::default()),
            51 => Box::new(DescribeSubscriptionFiltersResponse::default()),
            53 => Box::new(DisassociateSourceFromS3TableIntegrationResponse::default()),
            54 => Box::new(FilterLogEventsResponse::default()),
            55 => Box::new(GetDataProtectionPolicyResponse::default()),
            56 => Box::new(GetDeliveryResponse::default()),
            57 => Box::new(GetDeliveryDestinationResponse::default()),
            58 => Box::new(GetDeliveryDestinationPolicyResponse::default()),
            59 => Box::new(GetDeliverySourceResponse::default()),
            60 => Box::new(GetIntegrationResponse::default()),
            61 => Box::new(GetLogAnomalyDetectorResponse::default()),
            62 => Box::new(GetLogEventsResponse::default()),
            63 => Box::new(GetLogFieldsResponse::default()),
            64 => Box::new(GetLogGroupFieldsResponse::default()),
            65 => Box::new(GetLogObjectResponse::default()),
            66 => Box::new(GetLogRecordResponse::default()),
            67 => Box::new(GetLookupTableResponse::default()),
            68 => Box::new(GetQueryResultsResponse::default()),
            69 => Box::new(GetScheduledQueryResponse::default()),
            70 => Box::new(GetScheduledQueryHistoryResponse::default()),
            71 => Box::new(GetStorageTierPolicyResponse::default()),
            72 => Box::new(GetTransformerResponse::default()),
            73 => Box::new(ListAggregateLogGroupSummariesResponse::default()),
            74 => Box::new(ListAnomaliesResponse::default()),
            75 => Box::new(ListIntegrationsResponse::default()),
            76 => Box::new(ListLogAnomalyDetectorsResponse::default()),
            77 => Box::new(ListLogGroupsResponse::default()),
            78 => Box::new(ListLogGroupsForQueryResponse::default()),
            79 => Box::new(ListScheduledQueriesResponse::default()),
            80 => Box::new(ListSourcesForS3TableIntegrationResponse::default()),
            81 => Box::new(ListSyslogConfigurationsResponse::default()),
            82 => Box::new(ListTagsForResourceResponse::default()),
            83 => Box::new(ListTagsLogGroupResponse::default()),
            84 => Box::new(PutAccountPolicyResponse::default()),
            86 => Box::new(PutDataProtectionPolicyResponse::default()),
            87 => Box::new(PutDeliveryDestinationResponse::default()),
            88 => Box::new(PutDeliveryDestinationPolicyResponse::default()),
            89 => Box::new(PutDeliverySourceResponse::default()),
            90 => Box::new(PutDestinationResponse::default()),
            92 => Box::new(PutIndexPolicyResponse::default()),
            93 => Box::new(PutIntegrationResponse::default()),
            94 => Box::new(PutLogEventsResponse::default()),
            97 => Box::new(PutQueryDefinitionResponse::default()),
            98 => Box::new(PutResourcePolicyResponse::default()),
            100 => Box::new(PutStorageTierPolicyResponse::default()),
            104 => Box::new(StartLiveTailResponse::default()),
            105 => Box::new(StartQueryResponse::default()),
            106 => Box::new(StopQueryResponse::default()),
            109 => Box::new(TestMetricFilterResponse::default()),
            110 => Box::new(TestTransformerResponse::default()),
            114 => Box::new(UpdateDeliveryConfigurationResponse::default()),
            116 => Box::new(UpdateLookupTableResponse::default()),
            117 => Box::new(UpdateScheduledQueryResponse::default()),
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
            0 => Input::AssociateKmsKey(borrowed(input)),
            1 => Input::AssociateSourceToS3TableIntegration(borrowed(input)),
            2 => Input::CancelExportTask(borrowed(input)),
            3 => Input::CancelImportTask(borrowed(input)),
            4 => Input::CreateDelivery(borrowed(input)),
            5 => Input::CreateExportTask(borrowed(input)),
            6 => Input::CreateImportTask(borrowed(input)),
            7 => Input::CreateLogAnomalyDetector(borrowed(input)),
            8 => Input::CreateLogGroup(borrowed(input)),
            9 => Input::CreateLogStream(borrowed(input)),
            10 => Input::CreateLookupTable(borrowed(input)),
            11 => Input::CreateScheduledQuery(borrowed(input)),
            12 => Input::DeleteAccountPolicy(borrowed(input)),
            13 => Input::DeleteDataProtectionPolicy(borrowed(input)),
            14 => Input::DeleteDelivery(borrowed(input)),
            15 => Input::DeleteDeliveryDestination(borrowed(input)),
            16 => Input::DeleteDeliveryDestinationPolicy(borrowed(input)),
            17 => Input::DeleteDeliverySource(borrowed(input)),
            18 => Input::DeleteDestination(borrowed(input)),
            19 => Input::DeleteIndexPolicy(borrowed(input)),
            20 => Input::DeleteIntegration(borrowed(input)),
            21 => Input::DeleteLogAnomalyDetector(borrowed(input)),
            22 => Input::DeleteLogGroup(borrowed(input)),
            23 => Input::DeleteLogStream(borrowed(input)),
            24 => Input::DeleteLookupTable(borrowed(input)),
            25 => Input::DeleteMetricFilter(borrowed(input)),
            26 => Input::DeleteQueryDefinition(borrowed(input)),
            27 => Input::DeleteResourcePolicy(borrowed(input)),
            28 => Input::DeleteRetentionPolicy(borrowed(input)),
            29 => Input::DeleteScheduledQuery(borrowed(input)),
            30 => Input::DeleteSubscriptionFilter(borrowed(input)),
            31 => Input::DeleteSyslogConfiguration(borrowed(input)),
            32 => Input::DeleteTransformer(borrowed(input)),
            33 => Input::DescribeAccountPolicies(borrowed(input)),
            34 => Input::DescribeConfigurationTemplates(borrowed(input)),
            35 => Input::DescribeDeliveries(borrowed(input)),
            36 => Input::DescribeDeliveryDestinations(borrowed(input)),
            37 => Input::DescribeDeliverySources(borrowed(input)),
            38 => Input::DescribeDestinations(borrowed(input)),
            39 => Input::DescribeExportTasks(borrowed(input)),
            40 => Input::DescribeFieldIndexes(borrowed(input)),
            41 => Input::DescribeImportTaskBatches(borrowed(input)),
            42 => Input::DescribeImportTasks(borrowed(input)),
            43 => Input::DescribeIndexPolicies(borrowed(input)),
            44 => Input::DescribeLogGroups(borrowed(input)),
            45 => Input::DescribeLogStreams(borrowed(input)),
            46 => Input::DescribeLookupTables(borrowed(input)),
            47 => Input::DescribeMetricFilters(borrowed(input)),
            48 => Input::DescribeQueries(borrowed(input)),
            49 => Input::DescribeQueryDefinitions(borrowed(input)),
            50 => Input::DescribeResourcePolicies(borrowed(input)),
            51 => Input::DescribeSubscriptionFilters(borrowed(input)),
            52 => Input::DisassociateKmsKey(borrowed(input)),
            53 => Input::DisassociateSourceFromS3TableIntegration(borrowed(input)),
            54 => Input::FilterLogEvents(borrowed(input)),
            55 => Input::GetDataProtectionPolicy(borrowed(input)),
            56 => Input::GetDelivery(borrowed(input)),
            57 => Input::GetDeliveryDestination(borrowed(input)),
            58 => Input::GetDeliveryDestinationPolicy(borrowed(input)),
            59 => Input::GetDeliverySource(borrowed(input)),
            60 => Input::GetIntegration(borrowed(input)),
            61 => Input::GetLogAnomalyDetector(borrowed(input)),
            62 => Input::GetLogEvents(borrowed(input)),
            63 => Input::GetLogFields(borrowed(input)),
            64 => Input::GetLogGroupFields(borrowed(input)),
            65 => Input::GetLogObject(borrowed(input)),
            66 => Input::GetLogRecord(borrowed(input)),
            67 => Input::GetLookupTable(borrowed(input)),
            68 => Input::GetQueryResults(borrowed(input)),
            69 => Input::GetScheduledQuery(borrowed(input)),
            70 => Input::GetScheduledQueryHistory(borrowed(input)),
            71 => Input::GetStorageTierPolicy(borrowed(input)),
            72 => Input::GetTransformer(borrowed(input)),
            73 => Input::ListAggregateLogGroupSummaries(borrowed(input)),
            74 => Input::ListAnomalies(borrowed(input)),
            75 => Input::ListIntegrations(borrowed(input)),
            76 => Input::ListLogAnomalyDetectors(borrowed(input)),
            77 => Input::ListLogGroups(borrowed(input)),
            78 => Input::ListLogGroupsForQuery(borrowed(input)),
            79 => Input::ListScheduledQueries(borrowed(input)),
            80 => Input::ListSourcesForS3TableIntegration(borrowed(input)),
            81 => Input::ListSyslogConfigurations(borrowed(input)),
            82 => Input::ListTagsForResource(borrowed(input)),
            83 => Input::ListTagsLogGroup(borrowed(input)),
            84 => Input::PutAccountPolicy(borrowed(input)),
            85 => Input::PutBearerTokenAuthentication(borrowed(input)),
            86 => Input::PutDataProtectionPolicy(borrowed(input)),
            87 => Input::PutDeliveryDestination(borrowed(input)),
            88 => Input::PutDeliveryDestinationPolicy(borrowed(input)),
            89 => Input::PutDeliverySource(borrowed(input)),
            90 => Input::PutDestination(borrowed(input)),
            91 => Input::PutDestinationPolicy(borrowed(input)),
            92 => Input::PutIndexPolicy(borrowed(input)),
            93 => Input::PutIntegration(borrowed(input)),
            94 => Input::PutLogEvents(borrowed(input)),
            95 => Input::PutLogGroupDeletionProtection(borrowed(input)),
            96 => Input::PutMetricFilter(borrowed(input)),
            97 => Input::PutQueryDefinition(borrowed(input)),
            98 => Input::PutResourcePolicy(borrowed(input)),
            99 => Input::PutRetentionPolicy(borrowed(input)),
            100 => Input::PutStorageTierPolicy(borrowed(input)),
            101 => Input::PutSubscriptionFilter(borrowed(input)),
            102 => Input::PutSyslogConfiguration(borrowed(input)),
            103 => Input::PutTransformer(borrowed(input)),
            104 => Input::StartLiveTail(borrowed(input)),
            105 => Input::StartQuery(borrowed(input)),
            106 => Input::StopQuery(borrowed(input)),
            107 => Input::TagLogGroup(borrowed(input)),
            108 => Input::TagResource(borrowed(input)),
            109 => Input::TestMetricFilter(borrowed(input)),
            110 => Input::TestTransformer(borrowed(input)),
            111 => Input::UntagLogGroup(borrowed(input)),
            112 => Input::UntagResource(borrowed(input)),
            113 => Input::UpdateAnomaly(borrowed(input)),
            114 => Input::UpdateDeliveryConfiguration(borrowed(input)),
            115 => Input::UpdateLogAnomalyDetector(borrowed(input)),
            116 => Input::UpdateLookupTable(borrowed(input)),
            117 => Input::UpdateScheduledQuery(borrowed(input)),
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
            0 => Box::new(self.0.associate_kms_key(call, typed(input)).await?),
            1 => Box::new(
                self.0
                    .associate_source_to_s3_table_integration(call, typed(input))
                    .await?,
            ),
            2 => Box::new(self.0.cancel_export_task(call, typed(input)).await?),
            3 => Box::new(self.0.cancel_import_task(call, typed(input)).await?),
            4 => Box::new(self.0.create_delivery(call, typed(input)).await?),
            5 => Box::new(self.0.create_export_task(call, typed(input)).await?),
            6 => Box::new(self.0.create_import_task(call, typed(input)).await?),
            7 => Box::new(
                self.0
                    .create_log_anomaly_detector(call, typed(input))
                    .await?,
            ),
            8 => Box::new(self.0.create_log_group(call, typed(input)).await?),
            9 => Box::new(self.0.create_log_stream(call, typed(input)).await?),
            10 => Box::new(self.0.create_lookup_table(call, typed(input)).await?),
            11 => Box::new(self.0.create_scheduled_query(call, typed(input)).await?),
            12 => Box::new(self.0.delete_account_policy(call, typed(input)).await?),
            13 => Box::new(
                self.0
                    .delete_data_protection_policy(call, typed(input))
                    .await?,
            ),
            14 => Box::new(self.0.delete_delivery(call, typed(input)).await?),
            15 => Box::new(
                self.0
                    .delete_delivery_destination(call, typed(input))
                    .await?,
            ),
            16 => Box::new(
                self.0
                    .delete_delivery_destination_policy(call, typed(input))
                    .await?,
            ),
            17 => Box::new(self.0.delete_delivery_source(call, typed(input)).await?),
            18 => Box::new(self.0.delete_destination(call, typed(input)).await?),
            19 => Box::new(self.0.delete_index_policy(call, typed(input)).await?),
            20 => Box::new(self.0.delete_integration(call, typed(input)).await?),
            21 => Box::new(
                self.0
                    .delete_log_anomaly_detector(call, typed(input))
                    .await?,
            ),
            22 => Box::new(self.0.delete_log_group(call, typed(input)).await?),
            23 => Box::new(self.0.delete_log_stream(call, typed(input)).await?),
            24 => Box::new(self.0.delete_lookup_table(call, typed(input)).await?),
            25 => Box::new(self.0.delete_metric_filter(call, typed(input)).await?),
            26 => Box::new(self.0.delete_query_definition(call, typed(input)).await?),
            27 => Box::new(self.0.delete_resource_policy(call, typed(input)).await?),
            28 => Box::new(self.0.delete_retention_policy(call, typed(input)).await?),
            29 => Box::new(self.0.delete_scheduled_query(call, typed(input)).await?),
            30 => Box::new(
                self.0
                    .delete_subscription_filter(call, typed(input))
                    .await?,
            ),
            31 => Box::new(
                self.0
                    .delete_syslog_configuration(call, typed(input))
                    .await?,
            ),
            32 => Box::new(self.0.delete_transformer(call, typed(input)).await?),
            33 => Box::new(self.0.describe_account_policies(call, typed(input)).await?),
            34 => Box::new(
                self.0
                    .describe_configuration_templates(call, typed(input))
                    .await?,
            ),
            35 => Box::new(self.0.describe_deliveries(call, typed(input)).await?),
            36 => Box::new(
                self.0
                    .describe_delivery_destinations(call, typed(input))
                    .await?,
            ),
            37 => Box::new(self.0.describe_delivery_sources(call, typed(input)).await?),
            38 => Box::new(self.0.describe_destinations(call, typed(input)).await?),
            39 => Box::new(self.0.describe_export_tasks(call, typed(input)).await?),
            40 => Box::new(self.0.describe_field_indexes(call, typed(input)).await?),
            41 => Box::new(
                self.0
                    .describe_import_task_batches(call, typed(input))
                    .await?,
            ),
            42 => Box::new(self.0.describe_import_tasks(call, typed(input)).await?),
            43 => Box::new(self.0.describe_index_policies(call, typed(input)).await?),
            44 => Box::new(self.0.describe_log_groups(call, typed(input)).await?),
            45 => Box::new(self.0.describe_log_streams(call, typed(input)).await?),
            46 => Box::new(self.0.describe_lookup_tables(call, typed(input)).await?),
            47 => Box::new(self.0.describe_metric_filters(call, typed(input)).await?),
            48 => Box::new(self.0.describe_queries(call, typed(input)).await?),
            49 => Box::new(
                self.0
                    .describe_query_definitions(call, typed(input))
                    .await?,
            ),
            50 => Box::new(
                self.0
                    .describe_resource_policies(call, typed(input))
                    .await?,
            ),
            51 => Box::new(
                self.0
                    .describe_subscription_filters(call, typed(input))
                    .await?,
            ),
            52 => Box::new(self.0.disassociate_kms_key(call, typed(input)).await?),
            53 => Box::new(
                self.0
                    .disassociate_source_from_s3_table_integration(call, typed(input))
                    .await?,
            ),
            54 => Box::new(self.0.filter_log_events(call, typed(input)).await?),
            55 => Box::new(
                self.0
                    .get_data_protection_policy(call, typed(input))
                    .await?,
            ),
            56 => Box::new(self.0.get_delivery(call, typed(input)).await?),
            57 => Box::new(self.0.get_delivery_destination(call, typed(input)).await?),
            58 => Box::new(
                self.0
                    .get_delivery_destination_policy(call, typed(input))
                    .await?,
            ),
            59 => Box::new(self.0.get_delivery_source(call, typed(input)).await?),
            60 => Box::new(self.0.get_integration(call, typed(input)).await?),
            61 => Box::new(self.0.get_log_anomaly_detector(call, typed(input)).await?),
            62 => Box::new(self.0.get_log_events(call, typed(input)).await?),
            63 => Box::new(self.0.get_log_fields(call, typed(input)).await?),
            64 => Box::new(self.0.get_log_group_fields(call, typed(input)).await?),
            65 => {
                return Ok(wharf_wire::Output::events(
                    self.0.get_log_object(call, typed(input)).await?,
                ));
            }
            66 => Box::new(self.0.get_log_record(call, typed(input)).await?),
            67 => Box::new(self.0.get_lookup_table(call, typed(input)).await?),
            68 => Box::new(self.0.get_query_results(call, typed(input)).await?),
            69 => Box::new(self.0.get_scheduled_query(call, typed(input)).await?),
            70 => Box::new(
                self.0
                    .get_scheduled_query_history(call, typed(input))
                    .await?,
            ),
            71 => Box::new(self.0.get_storage_tier_policy(call, typed(input)).await?),
            72 => Box::new(self.0.get_transformer(call, typed(input)).await?),
            73 => Box::new(
                self.0
                    .list_aggregate_log_group_summaries(call, typed(input))
                    .await?,
            ),
            74 => Box::new(self.0.list_anomalies(call, typed(input)).await?),
            75 => Box::new(self.0.list_integrations(call, typed(input)).await?),
            76 => Box::new(
                self.0
                    .list_log_anomaly_detectors(call, typed(input))
                    .await?,
            ),
            77 => Box::new(self.0.list_log_groups(call, typed(input)).await?),
            78 => Box::new(self.0.list_log_groups_for_query(call, typed(input)).await?),
            79 => Box::new(self.0.list_scheduled_queries(call, typed(input)).await?),
            80 => Box::new(
                self.0
                    .list_sources_for_s3_table_integration(call, typed(input))
                    .await?,
            ),
            81 => Box::new(
                self.0
                    .list_syslog_configurations(call, typed(input))
                    .await?,
            ),
            82 => Box::new(self.0.list_tags_for_resource(call, typed(input)).await?),
            83 => Box::new(self.0.list_tags_log_group(call, typed(input)).await?),
            84 => Box::new(self.0.put_account_policy(call, typed(input)).await?),
            85 => Box::new(
                self.0
                    .put_bearer_token_authentication(call, typed(input))
                    .await?,
            ),
            86 => Box::new(
                self.0
                    .put_data_protection_policy(call, typed(input))
                    .await?,
            ),
            87 => Box::new(self.0.put_delivery_destination(call, typed(input)).await?),
            88 => Box::new(
                self.0
                    .put_delivery_destination_policy(call, typed(input))
                    .await?,
            ),
            89 => Box::new(self.0.put_delivery_source(call, typed(input)).await?),
            90 => Box::new(self.0.put_destination(call, typed(input)).await?),
            91 => Box::new(self.0.put_destination_policy(call, typed(input)).await?),
            92 => Box::new(self.0.put_index_policy(call, typed(input)).await?),
            93 => Box::new(self.0.put_integration(call, typed(input)).await?),
            94 => Box::new(self.0.put_log_events(call, typed(input)).await?),
            95 => Box::new(
                self.0
                    .put_log_group_deletion_protection(call, typed(input))
                    .await?,
            ),
            96 => Box::new(self.0.put_metric_filter(call, typed(input)).await?),
            97 => Box::new(self.0.put_query_definition(call, typed(input)).await?),
            98 => Box::new(self.0.put_resource_policy(call, typed(input)).await?),
            99 => Box::new(self.0.put_retention_policy(call, typed(input)).await?),
            100 => Box::new(self.0.put_storage_tier_policy(call, typed(input)).await?),
            101 => Box::new(self.0.put_subscription_filter(call, typed(input)).await?),
            102 => Box::new(self.0.put_syslog_configuration(call, typed(input)).await?),
            103 => Box::new(self.0.put_transformer(call, typed(input)).await?),
            104 => {
                return Ok(wharf_wire::Output::events(
                    self.0.start_live_tail(call, typed(input)).await?,
                ));
            }
            105 => Box::new(self.0.start_query(call, typed(input)).await?),
            106 => Box::new(self.0.stop_query(call, typed(input)).await?),
            107 => Box::new(self.0.tag_log_group(call, typed(input)).await?),
            108 => Box::new(self.0.tag_resource(call, typed(input)).await?),
            109 => Box::new(self.0.test_metric_filter(call, typed(input)).await?),
            110 => Box::new(self.0.test_transformer(call, typed(input)).await?),
            111 => Box::new(self.0.untag_log_group(call, typed(input)).await?),
            112 => Box::new(self.0.untag_resource(call, typed(input)).await?),
            113 => Box::new(self.0.update_anomaly(call, typed(input)).await?),
            114 => Box::new(
                self.0
                    .update_delivery_configuration(call, typed(input))
                    .await?,
            ),
            115 => Box::new(
                self.0
                    .update_log_anomaly_detector(call, typed(input))
                    .await?,
            ),
            116 => Box::new(self.0.update_lookup_table(call, typed(input)).await?),
            117 => Box::new(self.0.update_scheduled_query(call, typed(input)).await?),
            _ => unreachable!("operations are numbered by the schema"),
        }))
    }
}

/// Calls the service in process, past the same gate as calls from outside.
#[derive(Clone)]
pub struct Client {
    inner: Arc<dyn Logs>,
    dispatcher: Dispatcher,
}

impl Client {
    pub fn new(inner: Arc<dyn Logs>, dispatcher: Dispatcher) -> Self {
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
impl Logs for Client {
    async fn authorize(&self, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
        self.inner.authorize(cx, input).await
    }

    async fn associate_kms_key(
        &self,
        call: &Call,
        input: AssociateKmsKeyRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::AssociateKmsKey(&input), 0, &input)
            .await?;
        self.inner.associate_kms_key(&call, input).await
    }

    async fn associate_source_to_s3_table_integration(
        &self,
        call: &Call,
        input: AssociateSourceToS3TableIntegrationRequest,
    ) -> Result<AssociateSourceToS3TableIntegrationResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::AssociateSourceToS3TableIntegration(&input),
                1,
                &input,
            )
            .await?;
        self.inner
            .associate_source_to_s3_table_integration(&call, input)
            .await
    }

    async fn cancel_export_task(
        &self,
        call: &Call,
        input: CancelExportTaskRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::CancelExportTask(&input), 2, &input)
            .await?;
        self.inner.cancel_export_task(&call, input).await
    }

    async fn cancel_import_task(
        &self,
        call: &Call,
        input: CancelImportTaskRequest,
    ) -> Result<CancelImportTaskResponse, Fault> {
        let call = self
            .admit(call, Input::CancelImportTask(&input), 3, &input)
            .await?;
        self.inner.cancel_import_task(&call, input).await
    }

    async fn create_delivery(
        &self,
        call: &Call,
        input: CreateDeliveryRequest,
    ) -> Result<CreateDeliveryResponse, Fault> {
        let call = self
            .admit(call, Input::CreateDelivery(&input), 4, &input)
            .await?;
        self.inner.create_delivery(&call, input).await
    }

    async fn create_export_task(
        &self,
        call: &Call,
        input: CreateExportTaskRequest,
    ) -> Result<CreateExportTaskResponse, Fault> {
        let call = self
            .admit(call, Input::CreateExportTask(&input), 5, &input)
            .await?;
        self.inner.create_export_task(&call, input).await
    }

    async fn create_import_task(
        &self,
        call: &Call,
        input: CreateImportTaskRequest,
    ) -> Result<CreateImportTaskResponse, Fault> {
        let call = self
            .admit(call, Input::CreateImportTask(&input), 6, &input)
            .await?;
        self.inner.create_import_task(&call, input).await
    }

    async fn create_log_anomaly_detector(
        &self,
        call: &Call,
        input: CreateLogAnomalyDetectorRequest,
    ) -> Result<CreateLogAnomalyDetectorResponse, Fault> {
        let call = self
            .admit(call, Input::CreateLogAnomalyDetector(&input), 7, &input)
            .await?;
        self.inner.create_log_anomaly_detector(&call, input).await
    }

    async fn create_log_group(
        &self,
        call: &Call,
        input: CreateLogGroupRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::CreateLogGroup(&input), 8, &input)
            .await?;
        self.inner.create_log_group(&call, input).await
    }

    async fn create_log_stream(
        &self,
        call: &Call,
        input: CreateLogStreamRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::CreateLogStream(&input), 9, &input)
            .await?;
        self.inner.create_log_stream(&call, input).await
    }

    async fn create_lookup_table(
        &self,
        call: &Call,
        input: CreateLookupTableRequest,
    ) -> Result<CreateLookupTableResponse, Fault> {
        let call = self
            .admit(call, Input::CreateLookupTable(&input), 10, &input)
            .await?;
        self.inner.create_lookup_table(&call, input).await
    }

    async fn create_scheduled_query(
        &self,
        call: &Call,
        input: CreateScheduledQueryRequest,
    ) -> Result<CreateScheduledQueryResponse, Fault> {
        let call = self
            .admit(call, Input::CreateScheduledQuery(&input), 11, &input)
            .await?;
        self.inner.create_scheduled_query(&call, input).await
    }

    async fn delete_account_policy(
        &self,
        call: &Call,
        input: DeleteAccountPolicyRequest,
    ) -> Result<DeleteAccountPolicyResponse, Fault> {
        let call = self
            .admit(call, Input::DeleteAccountPolicy(&input), 12, &input)
            .await?;
        self.inner.delete_account_policy(&call, input).await
    }

    async fn delete_data_protection_policy(
        &self,
        call: &Call,
        input: DeleteDataProtectionPolicyRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteDataProtectionPolicy(&input), 13, &input)
            .await?;
        self.inner.delete_data_protection_policy(&call, input).await
    }

    async fn delete_delivery(
        &self,
        call: &Call,
        input: DeleteDeliveryRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteDelivery(&input), 14, &input)
            .await?;
        self.inner.delete_delivery(&call, input).await
    }

    async fn delete_delivery_destination(
        &self,
        call: &Call,
        input: DeleteDeliveryDestinationRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteDeliveryDestination(&input), 15, &input)
            .await?;
        self.inner.delete_delivery_destination(&call, input).await
    }

    async fn delete_delivery_destination_policy(
        &self,
        call: &Call,
        input: DeleteDeliveryDestinationPolicyRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(
                call,
                Input::DeleteDeliveryDestinationPolicy(&input),
                16,
                &input,
            )
            .await?;
        self.inner
            .delete_delivery_destination_policy(&call, input)
            .await
    }

    async fn delete_delivery_source(
        &self,
        call: &Call,
        input: DeleteDeliverySourceRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteDeliverySource(&input), 17, &input)
            .await?;
        self.inner.delete_delivery_source(&call, input).await
    }

    async fn delete_destination(
        &self,
        call: &Call,
        input: DeleteDestinationRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteDestination(&input), 18, &input)
            .await?;
        self.inner.delete_destination(&call, input).await
    }

    async fn delete_index_policy(
        &self,
        call: &Call,
        input: DeleteIndexPolicyRequest,
    ) -> Result<DeleteIndexPolicyResponse, Fault> {
        let call = self
            .admit(call, Input::DeleteIndexPolicy(&input), 19, &input)
            .await?;
        self.inner.delete_index_policy(&call, input).await
    }

    async fn delete_integration(
        &self,
        call: &Call,
        input: DeleteIntegrationRequest,
    ) -> Result<DeleteIntegrationResponse, Fault> {
        let call = self
            .admit(call, Input::DeleteIntegration(&input), 20, &input)
            .await?;
        self.inner.delete_integration(&call, input).await
    }

    async fn delete_log_anomaly_detector(
        &self,
        call: &Call,
        input: DeleteLogAnomalyDetectorRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteLogAnomalyDetector(&input), 21, &input)
            .await?;
        self.inner.delete_log_anomaly_detector(&call, input).await
    }

    async fn delete_log_group(
        &self,
        call: &Call,
        input: DeleteLogGroupRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteLogGroup(&input), 22, &input)
            .await?;
        self.inner.delete_log_group(&call, input).await
    }

    async fn delete_log_stream(
        &self,
        call: &Call,
        input: DeleteLogStreamRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteLogStream(&input), 23, &input)
            .await?;
        self.inner.delete_log_stream(&call, input).await
    }

    async fn delete_lookup_table(
        &self,
        call: &Call,
        input: DeleteLookupTableRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteLookupTable(&input), 24, &input)
            .await?;
        self.inner.delete_lookup_table(&call, input).await
    }

    async fn delete_metric_filter(
        &self,
        call: &Call,
        input: DeleteMetricFilterRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteMetricFilter(&input), 25, &input)
            .await?;
        self.inner.delete_metric_filter(&call, input).await
    }

    async fn delete_query_definition(
        &self,
        call: &Call,
        input: DeleteQueryDefinitionRequest,
    ) -> Result<DeleteQueryDefinitionResponse, Fault> {
        let call = self
            .admit(call, Input::DeleteQueryDefinition(&input), 26, &input)
            .await?;
        self.inner.delete_query_definition(&call, input).await
    }

    async fn delete_resource_policy(
        &self,
        call: &Call,
        input: DeleteResourcePolicyRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteResourcePolicy(&input), 27, &input)
            .await?;
        self.inner.delete_resource_policy(&call, input).await
    }

    async fn delete_retention_policy(
        &self,
        call: &Call,
        input: DeleteRetentionPolicyRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteRetentionPolicy(&input), 28, &input)
            .await?;
        self.inner.delete_retention_policy(&call, input).await
    }

    async fn delete_scheduled_query(
        &self,
        call: &Call,
        input: DeleteScheduledQueryRequest,
    ) -> Result<DeleteScheduledQueryResponse, Fault> {
        let call = self
            .admit(call, Input::DeleteScheduledQuery(&input), 29, &input)
            .await?;
        self.inner.delete_scheduled_query(&call, input).await
    }

    async fn delete_subscription_filter(
        &self,
        call: &Call,
        input: DeleteSubscriptionFilterRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteSubscriptionFilter(&input), 30, &input)
            .await?;
        self.inner.delete_subscription_filter(&call, input).await
    }

    async fn delete_syslog_configuration(
        &self,
        call: &Call,
        input: DeleteSyslogConfigurationRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteSyslogConfiguration(&input), 31, &input)
            .await?;
        self.inner.delete_syslog_configuration(&call, input).await
    }

    async fn delete_transformer(
        &self,
        call: &Call,
        input: DeleteTransformerRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteTransformer(&input), 32, &input)
            .await?;
        self.inner.delete_transformer(&call, input).await
    }

    async fn describe_account_policies(
        &self,
        call: &Call,
        input: DescribeAccountPoliciesRequest,
    ) -> Result<DescribeAccountPoliciesResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeAccountPolicies(&input), 33, &input)
            .await?;
        self.inner.describe_account_policies(&call, input).await
    }

    async fn describe_configuration_templates(
        &self,
        call: &Call,
        input: DescribeConfigurationTemplatesRequest,
    ) -> Result<DescribeConfigurationTemplatesResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::DescribeConfigurationTemplates(&input),
                34,
                &input,
            )
            .await?;
        self.inner
            .describe_configuration_templates(&call, input)
            .await
    }

    async fn describe_deliveries(
        &self,
        call: &Call,
        input: DescribeDeliveriesRequest,
    ) -> Result<DescribeDeliveriesResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeDeliveries(&input), 35, &input)
            .await?;
        self.inner.describe_deliveries(&call, input).await
    }

    async fn describe_delivery_destinations(
        &self,
        call: &Call,
        input: DescribeDeliveryDestinationsRequest,
    ) -> Result<DescribeDeliveryDestinationsResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::DescribeDeliveryDestinations(&input),
                36,
                &input,
            )
            .await?;
        self.inner
            .describe_delivery_destinations(&call, input)
            .await
    }

    async fn describe_delivery_sources(
        &self,
        call: &Call,
        input: DescribeDeliverySourcesRequest,
    ) -> Result<DescribeDeliverySourcesResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeDeliverySources(&input), 37, &input)
            .await?;
        self.inner.describe_delivery_sources(&call, input).await
    }

    async fn describe_destinations(
        &self,
        call: &Call,
        input: DescribeDestinationsRequest,
    ) -> Result<DescribeDestinationsResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeDestinations(&input), 38, &input)
            .await?;
        self.inner.describe_destinations(&call, input).await
    }

    async fn describe_export_tasks(
        &self,
        call: &Call,
        input: DescribeExportTasksRequest,
    ) -> Result<DescribeExportTasksResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeExportTasks(&input), 39, &input)
            .await?;
        self.inner.describe_export_tasks(&call, input).await
    }

    async fn describe_field_indexes(
        &self,
        call: &Call,
        input: DescribeFieldIndexesRequest,
    ) -> Result<DescribeFieldIndexesResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeFieldIndexes(&input), 40, &input)
            .await?;
        self.inner.describe_field_indexes(&call, input).await
    }

    async fn describe_import_task_batches(
        &self,
        call: &Call,
        input: DescribeImportTaskBatchesRequest,
    ) -> Result<DescribeImportTaskBatchesResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeImportTaskBatches(&input), 41, &input)
            .await?;
        self.inner.describe_import_task_batches(&call, input).await
    }

    async fn describe_import_tasks(
        &self,
        call: &Call,
        input: DescribeImportTasksRequest,
    ) -> Result<DescribeImportTasksResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeImportTasks(&input), 42, &input)
            .await?;
        self.inner.describe_import_tasks(&call, input).await
    }

    async fn describe_index_policies(
        &self,
        call: &Call,
        input: DescribeIndexPoliciesRequest,
    ) -> Result<DescribeIndexPoliciesResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeIndexPolicies(&input), 43, &input)
            .await?;
        self.inner.describe_index_policies(&call, input).await
    }

    async fn describe_log_groups(
        &self,
        call: &Call,
        input: DescribeLogGroupsRequest,
    ) -> Result<DescribeLogGroupsResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeLogGroups(&input), 44, &input)
            .await?;
        self.inner.describe_log_groups(&call, input).await
    }

    async fn describe_log_streams(
        &self,
        call: &Call,
        input: DescribeLogStreamsRequest,
    ) -> Result<DescribeLogStreamsResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeLogStreams(&input), 45, &input)
            .await?;
        self.inner.describe_log_streams(&call, input).await
    }

    async fn describe_lookup_tables(
        &self,
        call: &Call,
        input: DescribeLookupTablesRequest,
    ) -> Result<DescribeLookupTablesResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeLookupTables(&input), 46, &input)
            .await?;
        self.inner.describe_lookup_tables(&call, input).await
    }

    async fn describe_metric_filters(
        &self,
        call: &Call,
        input: DescribeMetricFiltersRequest,
    ) -> Result<DescribeMetricFiltersResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeMetricFilters(&input), 47, &input)
            .await?;
        self.inner.describe_metric_filters(&call, input).await
    }

    async fn describe_queries(
        &self,
        call: &Call,
        input: DescribeQueriesRequest,
    ) -> Result<DescribeQueriesResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeQueries(&input), 48, &input)
            .await?;
        self.inner.describe_queries(&call, input).await
    }

    async fn describe_query_definitions(
        &self,
        call: &Call,
        input: DescribeQueryDefinitionsRequest,
    ) -> Result<DescribeQueryDefinitionsResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeQueryDefinitions(&input), 49, &input)
            .await?;
        self.inner.describe_query_definitions(&call, input).await
    }

    async fn describe_resource_policies(
        &self,
        call: &Call,
        input: DescribeResourcePoliciesRequest,
    ) -> Result<DescribeResourcePoliciesResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeResourcePolicies(&input), 50, &input)
            .await?;
        self.inner.describe_resource_policies(&call, input).await
    }

    async fn describe_subscription_filters(
        &self,
        call: &Call,
        input: DescribeSubscriptionFiltersRequest,
    ) -> Result<DescribeSubscriptionFiltersResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeSubscriptionFilters(&input), 51, &input)
            .await?;
        self.inner.describe_subscription_filters(&call, input).await
    }

    async fn disassociate_kms_key(
        &self,
        call: &Call,
        input: DisassociateKmsKeyRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DisassociateKmsKey(&input), 52, &input)
            .await?;
        self.inner.disassociate_kms_key(&call, input).await
    }

    async fn disassociate_source_from_s3_table_integration(
        &self,
        call: &Call,
        input: DisassociateSourceFromS3TableIntegrationRequest,
    ) -> Result<DisassociateSourceFromS3TableIntegrationResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::DisassociateSourceFromS3TableIntegration(&input),
                53,
                &input,
            )
            .await?;
        self.inner
            .disassociate_source_from_s3_table_integration(&call, input)
            .await
    }

    async fn filter_log_events(
        &self,
        call: &Call,
        input: FilterLogEventsRequest,
    ) -> Result<FilterLogEventsResponse, Fault> {
        let call = self
            .admit(call, Input::FilterLogEvents(&input), 54, &input)
            .await?;
        self.inner.filter_log_events(&call, input).await
    }

    async fn get_data_protection_policy(
        &self,
        call: &Call,
        input: GetDataProtectionPolicyRequest,
    ) -> Result<GetDataProtectionPolicyResponse, Fault> {
        let call = self
            .admit(call, Input::GetDataProtectionPolicy(&input), 55, &input)
            .await?;
        self.inner.get_data_protection_policy(&call, input).await
    }

    async fn get_delivery(
        &self,
        call: &Call,
        input: GetDeliveryRequest,
    ) -> Result<GetDeliveryResponse, Fault> {
        let call = self
            .admit(call, Input::GetDelivery(&input), 56, &input)
            .await?;
        self.inner.get_delivery(&call, input).await
    }

    async fn get_delivery_destination(
        &self,
        call: &Call,
        input: GetDeliveryDestinationRequest,
    ) -> Result<GetDeliveryDestinationResponse, Fault> {
        let call = self
            .admit(call, Input::GetDeliveryDestination(&input), 57, &input)
            .await?;
        self.inner.get_delivery_destination(&call, input).await
    }

    async fn get_delivery_destination_policy(
        &self,
        call: &Call,
        input: GetDeliveryDestinationPolicyRequest,
    ) -> Result<GetDeliveryDestinationPolicyResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::GetDeliveryDestinationPolicy(&input),
                58,
                &input,
            )
            .await?;
        self.inner
            .get_delivery_destination_policy(&call, input)
            .await
    }

    async fn get_delivery_source(
        &self,
        call: &Call,
        input: GetDeliverySourceRequest,
    ) -> Result<GetDeliverySourceResponse, Fault> {
        let call = self
            .admit(call, Input::GetDeliverySource(&input), 59, &input)
            .await?;
        self.inner.get_delivery_source(&call, input).await
    }

    async fn get_integration(
        &self,
        call: &Call,
        input: GetIntegrationRequest,
    ) -> Result<GetIntegrationResponse, Fault> {
        let call = self
            .admit(call, Input::GetIntegration(&input), 60, &input)
            .await?;
        self.inner.get_integration(&call, input).await
    }

    async fn get_log_anomaly_detector(
        &self,
        call: &Call,
        input: GetLogAnomalyDetectorRequest,
    ) -> Result<GetLogAnomalyDetectorResponse, Fault> {
        let call = self
            .admit(call, Input::GetLogAnomalyDetector(&input), 61, &input)
            .await?;
        self.inner.get_log_anomaly_detector(&call, input).await
    }

    async fn get_log_events(
        &self,
        call: &Call,
        input: GetLogEventsRequest,
    ) -> Result<GetLogEventsResponse, Fault> {
        let call = self
            .admit(call, Input::GetLogEvents(&input), 62, &input)
            .await?;
        self.inner.get_log_events(&call, input).await
    }

    async fn get_log_fields(
        &self,
        call: &Call,
        input: GetLogFieldsRequest,
    ) -> Result<GetLogFieldsResponse, Fault> {
        let call = self
            .admit(call, Input::GetLogFields(&input), 63, &input)
            .await?;
        self.inner.get_log_fields(&call, input).await
    }

    async fn get_log_group_fields(
        &self,
        call: &Call,
        input: GetLogGroupFieldsRequest,
    ) -> Result<GetLogGroupFieldsResponse, Fault> {
        let call = self
            .admit(call, Input::GetLogGroupFields(&input), 64, &input)
            .await?;
        self.inner.get_log_group_fields(&call, input).await
    }

    async fn get_log_object(
        &self,
        call: &Call,
        input: GetLogObjectRequest,
    ) -> Result<wharf_wire::EventStream<GetLogObjectResponseStream>, Fault> {
        let call = self
            .admit(call, Input::GetLogObject(&input), 65, &input)
            .await?;
        self.inner.get_log_object(&call, input).await
    }

    async fn get_log_record(
        &self,
        call: &Call,
        input: GetLogRecordRequest,
    ) -> Result<GetLogRecordResponse, Fault> {
        let call = self
            .admit(call, Input::GetLogRecord(&input), 66, &input)
            .await?;
        self.inner.get_log_record(&call, input).await
    }

    async fn get_lookup_table(
        &self,
        call: &Call,
        input: GetLookupTableRequest,
    ) -> Result<GetLookupTableResponse, Fault> {
        let call = self
            .admit(call, Input::GetLookupTable(&input), 67, &input)
            .await?;
        self.inner.get_lookup_table(&call, input).await
    }

    async fn get_query_results(
        &self,
        call: &Call,
        input: GetQueryResultsRequest,
    ) -> Result<GetQueryResultsResponse, Fault> {
        let call = self
            .admit(call, Input::GetQueryResults(&input), 68, &input)
            .await?;
        self.inner.get_query_results(&call, input).await
    }

    async fn get_scheduled_query(
        &self,
        call: &Call,
        input: GetScheduledQueryRequest,
    ) -> Result<GetScheduledQueryResponse, Fault> {
        let call = self
            .admit(call, Input::GetScheduledQuery(&input), 69, &input)
            .await?;
        self.inner.get_scheduled_query(&call, input).await
    }

    async fn get_scheduled_query_history(
        &self,
        call: &Call,
        input: GetScheduledQueryHistoryRequest,
    ) -> Result<GetScheduledQueryHistoryResponse, Fault> {
        let call = self
            .admit(call, Input::GetScheduledQueryHistory(&input), 70, &input)
            .await?;
        self.inner.get_scheduled_query_history(&call, input).await
    }

    async fn get_storage_tier_policy(
        &self,
        call: &Call,
        input: GetStorageTierPolicyRequest,
    ) -> Result<GetStorageTierPolicyResponse, Fault> {
        let call = self
            .admit(call, Input::GetStorageTierPolicy(&input), 71, &input)
            .await?;
        self.inner.get_storage_tier_policy(&call, input).await
    }

    async fn get_transformer(
        &self,
        call: &Call,
        input: GetTransformerRequest,
    ) -> Result<GetTransformerResponse, Fault> {
        let call = self
            .admit(call, Input::GetTransformer(&input), 72, &input)
            .await?;
        self.inner.get_transformer(&call, input).await
    }

    async fn list_aggregate_log_group_summaries(
        &self,
        call: &Call,
        input: ListAggregateLogGroupSummariesRequest,
    ) -> Result<ListAggregateLogGroupSummariesResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::ListAggregateLogGroupSummaries(&input),
                73,
                &input,
            )
            .await?;
        self.inner
            .list_aggregate_log_group_summaries(&call, input)
            .await
    }

    async fn list_anomalies(
        &self,
        call: &Call,
        input: ListAnomaliesRequest,
    ) -> Result<ListAnomaliesResponse, Fault> {
        let call = self
            .admit(call, Input::ListAnomalies(&input), 74, &input)
            .await?;
        self.inner.list_anomalies(&call, input).await
    }

    async fn list_integrations(
        &self,
        call: &Call,
        input: ListIntegrationsRequest,
    ) -> Result<ListIntegrationsResponse, Fault> {
        let call = self
            .admit(call, Input::ListIntegrations(&input), 75, &input)
            .await?;
        self.inner.list_integrations(&call, input).await
    }

    async fn list_log_anomaly_detectors(
        &self,
        call: &Call,
        input: ListLogAnomalyDetectorsRequest,
    ) -> Result<ListLogAnomalyDetectorsResponse, Fault> {
        let call = self
            .admit(call, Input::ListLogAnomalyDetectors(&input), 76, &input)
            .await?;
        self.inner.list_log_anomaly_detectors(&call, input).await
    }

    async fn list_log_groups(
        &self,
        call: &Call,
        input: ListLogGroupsRequest,
    ) -> Result<ListLogGroupsResponse, Fault> {
        let call = self
            .admit(call, Input::ListLogGroups(&input), 77, &input)
            .await?;
        self.inner.list_log_groups(&call, input).await
    }

    async fn list_log_groups_for_query(
        &self,
        call: &Call,
        input: ListLogGroupsForQueryRequest,
    ) -> Result<ListLogGroupsForQueryResponse, Fault> {
        let call = self
            .admit(call, Input::ListLogGroupsForQuery(&input), 78, &input)
            .await?;
        self.inner.list_log_groups_for_query(&call, input).await
    }

    async fn list_scheduled_queries(
        &self,
        call: &Call,
        input: ListScheduledQueriesRequest,
    ) -> Result<ListScheduledQueriesResponse, Fault> {
        let call = self
            .admit(call, Input::ListScheduledQueries(&input), 79, &input)
            .await?;
        self.inner.list_scheduled_queries(&call, input).await
    }

    async fn list_sources_for_s3_table_integration(
        &self,
        call: &Call,
        input: ListSourcesForS3TableIntegrationRequest,
    ) -> Result<ListSourcesForS3TableIntegrationResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::ListSourcesForS3TableIntegration(&input),
                80,
                &input,
            )
            .await?;
        self.inner
            .list_sources_for_s3_table_integration(&call, input)
            .await
    }

    async fn list_syslog_configurations(
        &self,
        call: &Call,
        input: ListSyslogConfigurationsRequest,
    ) -> Result<ListSyslogConfigurationsResponse, Fault> {
        let call = self
            .admit(call, Input::ListSyslogConfigurations(&input), 81, &input)
            .await?;
        self.inner.list_syslog_configurations(&call, input).await
    }

    async fn list_tags_for_resource(
        &self,
        call: &Call,
        input: ListTagsForResourceRequest,
    ) -> Result<ListTagsForResourceResponse, Fault> {
        let call = self
            .admit(call, Input::ListTagsForResource(&input), 82, &input)
            .await?;
        self.inner.list_tags_for_resource(&call, input).await
    }

    async fn list_tags_log_group(
        &self,
        call: &Call,
        input: ListTagsLogGroupRequest,
    ) -> Result<ListTagsLogGroupResponse, Fault> {
        let call = self
            .admit(call, Input::ListTagsLogGroup(&input), 83, &input)
            .await?;
        self.inner.list_tags_log_group(&call, input).await
    }

    async fn put_account_policy(
        &self,
        call: &Call,
        input: PutAccountPolicyRequest,
    ) -> Result<PutAccountPolicyResponse, Fault> {
        let call = self
            .admit(call, Input::PutAccountPolicy(&input), 84, &input)
            .await?;
        self.inner.put_account_policy(&call, input).await
    }

    async fn put_bearer_token_authentication(
        &self,
        call: &Call,
        input: PutBearerTokenAuthenticationRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(
                call,
                Input::PutBearerTokenAuthentication(&input),
                85,
                &input,
            )
            .await?;
        self.inner
            .put_bearer_token_authentication(&call, input)
            .await
    }

    async fn put_data_protection_policy(
        &self,
        call: &Call,
        input: PutDataProtectionPolicyRequest,
    ) -> Result<PutDataProtectionPolicyResponse, Fault> {
        let call = self
            .admit(call, Input::PutDataProtectionPolicy(&input), 86, &input)
            .await?;
        self.inner.put_data_protection_policy(&call, input).await
    }

    async fn put_delivery_destination(
        &self,
        call: &Call,
        input: PutDeliveryDestinationRequest,
    ) -> Result<PutDeliveryDestinationResponse, Fault> {
        let call = self
            .admit(call, Input::PutDeliveryDestination(&input), 87, &input)
            .await?;
        self.inner.put_delivery_destination(&call, input).await
    }

    async fn put_delivery_destination_policy(
        &self,
        call: &Call,
        input: PutDeliveryDestinationPolicyRequest,
    ) -> Result<PutDeliveryDestinationPolicyResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::PutDeliveryDestinationPolicy(&input),
                88,
                &input,
            )
            .await?;
        self.inner
            .put_delivery_destination_policy(&call, input)
            .await
    }

    async fn put_delivery_source(
        &self,
        call: &Call,
        input: PutDeliverySourceRequest,
    ) -> Result<PutDeliverySourceResponse, Fault> {
        let call = self
            .admit(call, Input::PutDeliverySource(&input), 89, &input)
            .await?;
        self.inner.put_delivery_source(&call, input).await
    }

    async fn put_destination(
        &self,
        call: &Call,
        input: PutDestinationRequest,
    ) -> Result<PutDestinationResponse, Fault> {
        let call = self
            .admit(call, Input::PutDestination(&input), 90, &input)
            .await?;
        self.inner.put_destination(&call, input).await
    }

    async fn put_destination_policy(
        &self,
        call: &Call,
        input: PutDestinationPolicyRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::PutDestinationPolicy(&input), 91, &input)
            .await?;
        self.inner.put_destination_policy(&call, input).await
    }

    async fn put_index_policy(
        &self,
        call: &Call,
        input: PutIndexPolicyRequest,
    ) -> Result<PutIndexPolicyResponse, Fault> {
        let call = self
            .admit(call, Input::PutIndexPolicy(&input), 92, &input)
            .await?;
        self.inner.put_index_policy(&call, input).await
    }

    async fn put_integration(
        &self,
        call: &Call,
        input: PutIntegrationRequest,
    ) -> Result<PutIntegrationResponse, Fault> {
        let call = self
            .admit(call, Input::PutIntegration(&input), 93, &input)
            .await?;
        self.inner.put_integration(&call, input).await
    }

    async fn put_log_events(
        &self,
        call: &Call,
        input: PutLogEventsRequest,
    ) -> Result<PutLogEventsResponse, Fault> {
        let call = self
            .admit(call, Input::PutLogEvents(&input), 94, &input)
            .await?;
        self.inner.put_log_events(&call, input).await
    }

    async fn put_log_group_deletion_protection(
        &self,
        call: &Call,
        input: PutLogGroupDeletionProtectionRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(
                call,
                Input::PutLogGroupDeletionProtection(&input),
                95,
                &input,
            )
            .await?;
        self.inner
            .put_log_group_deletion_protection(&call, input)
            .await
    }

    async fn put_metric_filter(
        &self,
        call: &Call,
        input: PutMetricFilterRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::PutMetricFilter(&input), 96, &input)
            .await?;
        self.inner.put_metric_filter(&call, input).await
    }

    async fn put_query_definition(
        &self,
        call: &Call,
        input: PutQueryDefinitionRequest,
    ) -> Result<PutQueryDefinitionResponse, Fault> {
        let call = self
            .admit(call, Input::PutQueryDefinition(&input), 97, &input)
            .await?;
        self.inner.put_query_definition(&call, input).await
    }

    async fn put_resource_policy(
        &self,
        call: &Call,
        input: PutResourcePolicyRequest,
    ) -> Result<PutResourcePolicyResponse, Fault> {
        let call = self
            .admit(call, Input::PutResourcePolicy(&input), 98, &input)
            .await?;
        self.inner.put_resource_policy(&call, input).await
    }

    async fn put_retention_policy(
        &self,
        call: &Call,
        input: PutRetentionPolicyRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::PutRetentionPolicy(&input), 99, &input)
            .await?;
        self.inner.put_retention_policy(&call, input).await
    }

    async fn put_storage_tier_policy(
        &self,
        call: &Call,
        input: PutStorageTierPolicyRequest,
    ) -> Result<PutStorageTierPolicyResponse, Fault> {
        let call = self
            .admit(call, Input::PutStorageTierPolicy(&input), 100, &input)
            .await?;
        self.inner.put_storage_tier_policy(&call, input).await
    }

    async fn put_subscription_filter(
        &self,
        call: &Call,
        input: PutSubscriptionFilterRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::PutSubscriptionFilter(&input), 101, &input)
            .await?;
        self.inner.put_subscription_filter(&call, input).await
    }

    async fn put_syslog_configuration(
        &self,
        call: &Call,
        input: PutSyslogConfigurationRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::PutSyslogConfiguration(&input), 102, &input)
            .await?;
        self.inner.put_syslog_configuration(&call, input).await
    }

    async fn put_transformer(
        &self,
        call: &Call,
        input: PutTransformerRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::PutTransformer(&input), 103, &input)
            .await?;
        self.inner.put_transformer(&call, input).await
    }

    async fn start_live_tail(
        &self,
        call: &Call,
        input: StartLiveTailRequest,
    ) -> Result<wharf_wire::EventStream<StartLiveTailResponseStream>, Fault> {
        let call = self
            .admit(call, Input::StartLiveTail(&input), 104, &input)
            .await?;
        self.inner.start_live_tail(&call, input).await
    }

    async fn start_query(
        &self,
        call: &Call,
        input: StartQueryRequest,
    ) -> Result<StartQueryResponse, Fault> {
        let call = self
            .admit(call, Input::StartQuery(&input), 105, &input)
            .await?;
        self.inner.start_query(&call, input).await
    }

    async fn stop_query(
        &self,
        call: &Call,
        input: StopQueryRequest,
    ) -> Result<StopQueryResponse, Fault> {
        let call = self
            .admit(call, Input::StopQuery(&input), 106, &input)
            .await?;
        self.inner.stop_query(&call, input).await
    }

    async fn tag_log_group(&self, call: &Call, input: TagLogGroupRequest) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::TagLogGroup(&input), 107, &input)
            .await?;
        self.inner.tag_log_group(&call, input).await
    }

    async fn tag_resource(&self, call: &Call, input: TagResourceRequest) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::TagResource(&input), 108, &input)
            .await?;
        self.inner.tag_resource(&call, input).await
    }

    async fn test_metric_filter(
        &self,
        call: &Call,
        input: TestMetricFilterRequest,
    ) -> Result<TestMetricFilterResponse, Fault> {
        let call = self
            .admit(call, Input::TestMetricFilter(&input), 109, &input)
            .await?;
        self.inner.test_metric_filter(&call, input).await
    }

    async fn test_transformer(
        &self,
        call: &Call,
        input: TestTransformerRequest,
    ) -> Result<TestTransformerResponse, Fault> {
        let call = self
            .admit(call, Input::TestTransformer(&input), 110, &input)
            .await?;
        self.inner.test_transformer(&call, input).await
    }

    async fn untag_log_group(&self, call: &Call, input: UntagLogGroupRequest) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::UntagLogGroup(&input), 111, &input)
            .await?;
        self.inner.untag_log_group(&call, input).await
    }

    async fn untag_resource(&self, call: &Call, input: UntagResourceRequest) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::UntagResource(&input), 112, &input)
            .await?;
        self.inner.untag_resource(&call, input).await
    }

    async fn update_anomaly(&self, call: &Call, input: UpdateAnomalyRequest) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::UpdateAnomaly(&input), 113, &input)
            .await?;
        self.inner.update_anomaly(&call, input).await
    }

    async fn update_delivery_configuration(
        &self,
        call: &Call,
        input: UpdateDeliveryConfigurationRequest,
    ) -> Result<UpdateDeliveryConfigurationResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::UpdateDeliveryConfiguration(&input),
                114,
                &input,
            )
            .await?;
        self.inner.update_delivery_configuration(&call, input).await
    }

    async fn update_log_anomaly_detector(
        &self,
        call: &Call,
        input: UpdateLogAnomalyDetectorRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::UpdateLogAnomalyDetector(&input), 115, &input)
            .await?;
        self.inner.update_log_anomaly_detector(&call, input).await
    }

    async fn update_lookup_table(
        &self,
        call: &Call,
        input: UpdateLookupTableRequest,
    ) -> Result<UpdateLookupTableResponse, Fault> {
        let call = self
            .admit(call, Input::UpdateLookupTable(&input), 116, &input)
            .await?;
        self.inner.update_lookup_table(&call, input).await
    }

    async fn update_scheduled_query(
        &self,
        call: &Call,
        input: UpdateScheduledQueryRequest,
    ) -> Result<UpdateScheduledQueryResponse, Fault> {
        let call = self
            .admit(call, Input::UpdateScheduledQuery(&input), 117, &input)
            .await?;
        self.inner.update_scheduled_query(&call, input).await
    }
}
