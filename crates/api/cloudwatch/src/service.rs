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
    AssociateDatasetKmsKey(&'a AssociateDatasetKmsKeyInput),
    CreateResourceMetricsConfiguration(&'a CreateResourceMetricsConfigurationInput),
    DeleteAlarmMuteRule(&'a DeleteAlarmMuteRuleInput),
    DeleteAlarms(&'a DeleteAlarmsInput),
    DeleteAnomalyDetector(&'a DeleteAnomalyDetectorInput),
    DeleteDashboards(&'a DeleteDashboardsInput),
    DeleteInsightRules(&'a DeleteInsightRulesInput),
    DeleteMetricDataQueryDefinition(&'a DeleteMetricDataQueryDefinitionInput),
    DeleteMetricStream(&'a DeleteMetricStreamInput),
    DeleteResourceMetricsConfiguration(&'a DeleteResourceMetricsConfigurationInput),
    DescribeAlarmContributors(&'a DescribeAlarmContributorsInput),
    DescribeAlarmHistory(&'a DescribeAlarmHistoryInput),
    DescribeAlarms(&'a DescribeAlarmsInput),
    DescribeAlarmsForMetric(&'a DescribeAlarmsForMetricInput),
    DescribeAnomalyDetectors(&'a DescribeAnomalyDetectorsInput),
    DescribeInsightRules(&'a DescribeInsightRulesInput),
    DisableAlarmActions(&'a DisableAlarmActionsInput),
    DisableInsightRules(&'a DisableInsightRulesInput),
    DisassociateDatasetKmsKey(&'a DisassociateDatasetKmsKeyInput),
    EnableAlarmActions(&'a EnableAlarmActionsInput),
    EnableInsightRules(&'a EnableInsightRulesInput),
    GetAlarmMuteRule(&'a GetAlarmMuteRuleInput),
    GetDashboard(&'a GetDashboardInput),
    GetDataset(&'a GetDatasetInput),
    GetInsightRuleReport(&'a GetInsightRuleReportInput),
    GetMetricData(&'a GetMetricDataInput),
    GetMetricDataQueryDefinition(&'a GetMetricDataQueryDefinitionInput),
    GetMetricStatistics(&'a GetMetricStatisticsInput),
    GetMetricStream(&'a GetMetricStreamInput),
    GetMetricWidgetImage(&'a GetMetricWidgetImageInput),
    GetOTelEnrichment(&'a GetOTelEnrichmentInput),
    GetResourceMetricsConfiguration(&'a GetResourceMetricsConfigurationInput),
    ListAlarmMuteRules(&'a ListAlarmMuteRulesInput),
    ListDashboards(&'a ListDashboardsInput),
    ListManagedInsightRules(&'a ListManagedInsightRulesInput),
    ListMetricDataQueryDefinitions(&'a ListMetricDataQueryDefinitionsInput),
    ListMetricStreams(&'a ListMetricStreamsInput),
    ListMetrics(&'a ListMetricsInput),
    ListTagsForResource(&'a ListTagsForResourceInput),
    PutAlarmMuteRule(&'a PutAlarmMuteRuleInput),
    PutAnomalyDetector(&'a PutAnomalyDetectorInput),
    PutCompositeAlarm(&'a PutCompositeAlarmInput),
    PutDashboard(&'a PutDashboardInput),
    PutInsightRule(&'a PutInsightRuleInput),
    PutLogAlarm(&'a PutLogAlarmInput),
    PutManagedInsightRules(&'a PutManagedInsightRulesInput),
    PutMetricAlarm(&'a PutMetricAlarmInput),
    PutMetricData(&'a PutMetricDataInput),
    PutMetricDataQueryDefinition(&'a PutMetricDataQueryDefinitionInput),
    PutMetricStream(&'a PutMetricStreamInput),
    SetAlarmState(&'a SetAlarmStateInput),
    StartMetricStreams(&'a StartMetricStreamsInput),
    StartOTelEnrichment(&'a StartOTelEnrichmentInput),
    StopMetricStreams(&'a StopMetricStreamsInput),
    StopOTelEnrichment(&'a StopOTelEnrichmentInput),
    TagResource(&'a TagResourceInput),
    UntagResource(&'a UntagResourceInput),
    UpdateOTelEnrichment(&'a UpdateOTelEnrichmentInput),
    UpdateResourceMetricsConfiguration(&'a UpdateResourceMetricsConfigurationInput),
}

impl Input<'_> {
    /// The operation's name.
    pub fn operation(&self) -> &'static str {
        match self {
            Self::AssociateDatasetKmsKey(_) => "AssociateDatasetKmsKey",
            Self::CreateResourceMetricsConfiguration(_) => "CreateResourceMetricsConfiguration",
            Self::DeleteAlarmMuteRule(_) => "DeleteAlarmMuteRule",
            Self::DeleteAlarms(_) => "DeleteAlarms",
            Self::DeleteAnomalyDetector(_) => "DeleteAnomalyDetector",
            Self::DeleteDashboards(_) => "DeleteDashboards",
            Self::DeleteInsightRules(_) => "DeleteInsightRules",
            Self::DeleteMetricDataQueryDefinition(_) => "DeleteMetricDataQueryDefinition",
            Self::DeleteMetricStream(_) => "DeleteMetricStream",
            Self::DeleteResourceMetricsConfiguration(_) => "DeleteResourceMetricsConfiguration",
            Self::DescribeAlarmContributors(_) => "DescribeAlarmContributors",
            Self::DescribeAlarmHistory(_) => "DescribeAlarmHistory",
            Self::DescribeAlarms(_) => "DescribeAlarms",
            Self::DescribeAlarmsForMetric(_) => "DescribeAlarmsForMetric",
            Self::DescribeAnomalyDetectors(_) => "DescribeAnomalyDetectors",
            Self::DescribeInsightRules(_) => "DescribeInsightRules",
            Self::DisableAlarmActions(_) => "DisableAlarmActions",
            Self::DisableInsightRules(_) => "DisableInsightRules",
            Self::DisassociateDatasetKmsKey(_) => "DisassociateDatasetKmsKey",
            Self::EnableAlarmActions(_) => "EnableAlarmActions",
            Self::EnableInsightRules(_) => "EnableInsightRules",
            Self::GetAlarmMuteRule(_) => "GetAlarmMuteRule",
            Self::GetDashboard(_) => "GetDashboard",
            Self::GetDataset(_) => "GetDataset",
            Self::GetInsightRuleReport(_) => "GetInsightRuleReport",
            Self::GetMetricData(_) => "GetMetricData",
            Self::GetMetricDataQueryDefinition(_) => "GetMetricDataQueryDefinition",
            Self::GetMetricStatistics(_) => "GetMetricStatistics",
            Self::GetMetricStream(_) => "GetMetricStream",
            Self::GetMetricWidgetImage(_) => "GetMetricWidgetImage",
            Self::GetOTelEnrichment(_) => "GetOTelEnrichment",
            Self::GetResourceMetricsConfiguration(_) => "GetResourceMetricsConfiguration",
            Self::ListAlarmMuteRules(_) => "ListAlarmMuteRules",
            Self::ListDashboards(_) => "ListDashboards",
            Self::ListManagedInsightRules(_) => "ListManagedInsightRules",
            Self::ListMetricDataQueryDefinitions(_) => "ListMetricDataQueryDefinitions",
            Self::ListMetricStreams(_) => "ListMetricStreams",
            Self::ListMetrics(_) => "ListMetrics",
            Self::ListTagsForResource(_) => "ListTagsForResource",
            Self::PutAlarmMuteRule(_) => "PutAlarmMuteRule",
            Self::PutAnomalyDetector(_) => "PutAnomalyDetector",
            Self::PutCompositeAlarm(_) => "PutCompositeAlarm",
            Self::PutDashboard(_) => "PutDashboard",
            Self::PutInsightRule(_) => "PutInsightRule",
            Self::PutLogAlarm(_) => "PutLogAlarm",
            Self::PutManagedInsightRules(_) => "PutManagedInsightRules",
            Self::PutMetricAlarm(_) => "PutMetricAlarm",
            Self::PutMetricData(_) => "PutMetricData",
            Self::PutMetricDataQueryDefinition(_) => "PutMetricDataQueryDefinition",
            Self::PutMetricStream(_) => "PutMetricStream",
            Self::SetAlarmState(_) => "SetAlarmState",
            Self::StartMetricStreams(_) => "StartMetricStreams",
            Self::StartOTelEnrichment(_) => "StartOTelEnrichment",
            Self::StopMetricStreams(_) => "StopMetricStreams",
            Self::StopOTelEnrichment(_) => "StopOTelEnrichment",
            Self::TagResource(_) => "TagResource",
            Self::UntagResource(_) => "UntagResource",
            Self::UpdateOTelEnrichment(_) => "UpdateOTelEnrichment",
            Self::UpdateResourceMetricsConfiguration(_) => "UpdateResourceMetricsConfiguration",
        }
    }

    /// The IAM action of the same name.
    pub fn action(&self) -> String {
        format!("cloudwatch:{}", self.operation())
    }
}

#[async_trait]
pub trait Cloudwatch: Send + Sync + 'static {
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

    async fn associate_dataset_kms_key(
        &self,
        call: &Call,
        input: AssociateDatasetKmsKeyInput,
    ) -> Result<AssociateDatasetKmsKeyOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("cloudwatch", "AssociateDatasetKmsKey"))
    }

    async fn create_resource_metrics_configuration(
        &self,
        call: &Call,
        input: CreateResourceMetricsConfigurationInput,
    ) -> Result<CreateResourceMetricsConfigurationOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "cloudwatch",
            "CreateResourceMetricsConfiguration",
        ))
    }

    async fn delete_alarm_mute_rule(
        &self,
        call: &Call,
        input: DeleteAlarmMuteRuleInput,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("cloudwatch", "DeleteAlarmMuteRule"))
    }

    async fn delete_alarms(&self, call: &Call, input: DeleteAlarmsInput) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("cloudwatch", "DeleteAlarms"))
    }

    async fn delete_anomaly_detector(
        &self,
        call: &Call,
        input: DeleteAnomalyDetectorInput,
    ) -> Result<DeleteAnomalyDetectorOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("cloudwatch", "DeleteAnomalyDetector"))
    }

    async fn delete_dashboards(
        &self,
        call: &Call,
        input: DeleteDashboardsInput,
    ) -> Result<DeleteDashboardsOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("cloudwatch", "DeleteDashboards"))
    }

    async fn delete_insight_rules(
        &self,
        call: &Call,
        input: DeleteInsightRulesInput,
    ) -> Result<DeleteInsightRulesOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("cloudwatch", "DeleteInsightRules"))
    }

    async fn delete_metric_data_query_definition(
        &self,
        call: &Call,
        input: DeleteMetricDataQueryDefinitionInput,
    ) -> Result<DeleteMetricDataQueryDefinitionOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "cloudwatch",
            "DeleteMetricDataQueryDefinition",
        ))
    }

    async fn delete_metric_stream(
        &self,
        call: &Call,
        input: DeleteMetricStreamInput,
    ) -> Result<DeleteMetricStreamOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("cloudwatch", "DeleteMetricStream"))
    }

    async fn delete_resource_metrics_configuration(
        &self,
        call: &Call,
        input: DeleteResourceMetricsConfigurationInput,
    ) -> Result<DeleteResourceMetricsConfigurationOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "cloudwatch",
            "DeleteResourceMetricsConfiguration",
        ))
    }

    async fn describe_alarm_contributors(
        &self,
        call: &Call,
        input: DescribeAlarmContributorsInput,
    ) -> Result<DescribeAlarmContributorsOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "cloudwatch",
            "DescribeAlarmContributors",
        ))
    }

    async fn describe_alarm_history(
        &self,
        call: &Call,
        input: DescribeAlarmHistoryInput,
    ) -> Result<DescribeAlarmHistoryOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("cloudwatch", "DescribeAlarmHistory"))
    }

    async fn describe_alarms(
        &self,
        call: &Call,
        input: DescribeAlarmsInput,
    ) -> Result<DescribeAlarmsOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("cloudwatch", "DescribeAlarms"))
    }

    async fn describe_alarms_for_metric(
        &self,
        call: &Call,
        input: DescribeAlarmsForMetricInput,
    ) -> Result<DescribeAlarmsForMetricOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("cloudwatch", "DescribeAlarmsForMetric"))
    }

    async fn describe_anomaly_detectors(
        &self,
        call: &Call,
        input: DescribeAnomalyDetectorsInput,
    ) -> Result<DescribeAnomalyDetectorsOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("cloudwatch", "DescribeAnomalyDetectors"))
    }

    async fn describe_insight_rules(
        &self,
        call: &Call,
        input: DescribeInsightRulesInput,
    ) -> Result<DescribeInsightRulesOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("cloudwatch", "DescribeInsightRules"))
    }

    async fn disable_alarm_actions(
        &self,
        call: &Call,
        input: DisableAlarmActionsInput,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("cloudwatch", "DisableAlarmActions"))
    }

    async fn disable_insight_rules(
        &self,
        call: &Call,
        input: DisableInsightRulesInput,
    ) -> Result<DisableInsightRulesOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("cloudwatch", "DisableInsightRules"))
    }

    async fn disassociate_dataset_kms_key(
        &self,
        call: &Call,
        input: DisassociateDatasetKmsKeyInput,
    ) -> Result<DisassociateDatasetKmsKeyOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "cloudwatch",
            "DisassociateDatasetKmsKey",
        ))
    }

    async fn enable_alarm_actions(
        &self,
        call: &Call,
        input: EnableAlarmActionsInput,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("cloudwatch", "EnableAlarmActions"))
    }

    async fn enable_insight_rules(
        &self,
        call: &Call,
        input: EnableInsightRulesInput,
    ) -> Result<EnableInsightRulesOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("cloudwatch", "EnableInsightRules"))
    }

    async fn get_alarm_mute_rule(
        &self,
        call: &Call,
        input: GetAlarmMuteRuleInput,
    ) -> Result<GetAlarmMuteRuleOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("cloudwatch", "GetAlarmMuteRule"))
    }

    async fn get_dashboard(
        &self,
        call: &Call,
        input: GetDashboardInput,
    ) -> Result<GetDashboardOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("cloudwatch", "GetDashboard"))
    }

    async fn get_dataset(
        &self,
        call: &Call,
        input: GetDatasetInput,
    ) -> Result<GetDatasetOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("cloudwatch", "GetDataset"))
    }

    async fn get_insight_rule_report(
        &self,
        call: &Call,
        input: GetInsightRuleReportInput,
    ) -> Result<GetInsightRuleReportOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("cloudwatch", "GetInsightRuleReport"))
    }

    async fn get_metric_data(
        &self,
        call: &Call,
        input: GetMetricDataInput,
    ) -> Result<GetMetricDataOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("cloudwatch", "GetMetricData"))
    }

    async fn get_metric_data_query_definition(
        &self,
        call: &Call,
        input: GetMetricDataQueryDefinitionInput,
    ) -> Result<GetMetricDataQueryDefinitionOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "cloudwatch",
            "GetMetricDataQueryDefinition",
        ))
    }

    async fn get_metric_statistics(
        &self,
        call: &Call,
        input: GetMetricStatisticsInput,
    ) -> Result<GetMetricStatisticsOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("cloudwatch", "GetMetricStatistics"))
    }

    async fn get_metric_stream(
        &self,
        call: &Call,
        input: GetMetricStreamInput,
    ) -> Result<GetMetricStreamOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("cloudwatch", "GetMetricStream"))
    }

    async fn get_metric_widget_image(
        &self,
        call: &Call,
        input: GetMetricWidgetImageInput,
    ) -> Result<GetMetricWidgetImageOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("cloudwatch", "GetMetricWidgetImage"))
    }

    async fn get_o_tel_enrichment(
        &self,
        call: &Call,
        input: GetOTelEnrichmentInput,
    ) -> Result<GetOTelEnrichmentOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("cloudwatch", "GetOTelEnrichment"))
    }

    async fn get_resource_metrics_configuration(
        &self,
        call: &Call,
        input: GetResourceMetricsConfigurationInput,
    ) -> Result<GetResourceMetricsConfigurationOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "cloudwatch",
            "GetResourceMetricsConfiguration",
        ))
    }

    async fn list_alarm_mute_rules(
        &self,
        call: &Call,
        input: ListAlarmMuteRulesInput,
    ) -> Result<ListAlarmMuteRulesOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("cloudwatch", "ListAlarmMuteRules"))
    }

    async fn list_dashboards(
        &self,
        call: &Call,
        input: ListDashboardsInput,
    ) -> Result<ListDashboardsOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("cloudwatch", "ListDashboards"))
    }

    async fn list_managed_insight_rules(
        &self,
        call: &Call,
        input: ListManagedInsightRulesInput,
    ) -> Result<ListManagedInsightRulesOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("cloudwatch", "ListManagedInsightRules"))
    }

    async fn list_metric_data_query_definitions(
        &self,
        call: &Call,
        input: ListMetricDataQueryDefinitionsInput,
    ) -> Result<ListMetricDataQueryDefinitionsOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "cloudwatch",
            "ListMetricDataQueryDefinitions",
        ))
    }

    async fn list_metric_streams(
        &self,
        call: &Call,
        input: ListMetricStreamsInput,
    ) -> Result<ListMetricStreamsOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("cloudwatch", "ListMetricStreams"))
    }

    async fn list_metrics(
        &self,
        call: &Call,
        input: ListMetricsInput,
    ) -> Result<ListMetricsOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("cloudwatch", "ListMetrics"))
    }

    async fn list_tags_for_resource(
        &self,
        call: &Call,
        input: ListTagsForResourceInput,
    ) -> Result<ListTagsForResourceOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("cloudwatch", "ListTagsForResource"))
    }

    async fn put_alarm_mute_rule(
        &self,
        call: &Call,
        input: PutAlarmMuteRuleInput,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("cloudwatch", "PutAlarmMuteRule"))
    }

    async fn put_anomaly_detector(
        &self,
        call: &Call,
        input: PutAnomalyDetectorInput,
    ) -> Result<PutAnomalyDetectorOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("cloudwatch", "PutAnomalyDetector"))
    }

    async fn put_composite_alarm(
        &self,
        call: &Call,
        input: PutCompositeAlarmInput,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("cloudwatch", "PutCompositeAlarm"))
    }

    async fn put_dashboard(
        &self,
        call: &Call,
        input: PutDashboardInput,
    ) -> Result<PutDashboardOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("cloudwatch", "PutDashboard"))
    }

    async fn put_insight_rule(
        &self,
        call: &Call,
        input: PutInsightRuleInput,
    ) -> Result<PutInsightRuleOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("cloudwatch", "PutInsightRule"))
    }

    async fn put_log_alarm(&self, call: &Call, input: PutLogAlarmInput) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("cloudwatch", "PutLogAlarm"))
    }

    async fn put_managed_insight_rules(
        &self,
        call: &Call,
        input: PutManagedInsightRulesInput,
    ) -> Result<PutManagedInsightRulesOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("cloudwatch", "PutManagedInsightRules"))
    }

    async fn put_metric_alarm(&self, call: &Call, input: PutMetricAlarmInput) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("cloudwatch", "PutMetricAlarm"))
    }

    async fn put_metric_data(&self, call: &Call, input: PutMetricDataInput) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("cloudwatch", "PutMetricData"))
    }

    async fn put_metric_data_query_definition(
        &self,
        call: &Call,
        input: PutMetricDataQueryDefinitionInput,
    ) -> Result<PutMetricDataQueryDefinitionOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "cloudwatch",
            "PutMetricDataQueryDefinition",
        ))
    }

    async fn put_metric_stream(
        &self,
        call: &Call,
        input: PutMetricStreamInput,
    ) -> Result<PutMetricStreamOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("cloudwatch", "PutMetricStream"))
    }

    async fn set_alarm_state(&self, call: &Call, input: SetAlarmStateInput) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("cloudwatch", "SetAlarmState"))
    }

    async fn start_metric_streams(
        &self,
        call: &Call,
        input: StartMetricStreamsInput,
    ) -> Result<StartMetricStreamsOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("cloudwatch", "StartMetricStreams"))
    }

    async fn start_o_tel_enrichment(
        &self,
        call: &Call,
        input: StartOTelEnrichmentInput,
    ) -> Result<StartOTelEnrichmentOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("cloudwatch", "StartOTelEnrichment"))
    }

    async fn stop_metric_streams(
        &self,
        call: &Call,
        input: StopMetricStreamsInput,
    ) -> Result<StopMetricStreamsOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("cloudwatch", "StopMetricStreams"))
    }

    async fn stop_o_tel_enrichment(
        &self,
        call: &Call,
        input: StopOTelEnrichmentInput,
    ) -> Result<StopOTelEnrichmentOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("cloudwatch", "StopOTelEnrichment"))
    }

    async fn tag_resource(
        &self,
        call: &Call,
        input: TagResourceInput,
    ) -> Result<TagResourceOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("cloudwatch", "TagResource"))
    }

    async fn untag_resource(
        &self,
        call: &Call,
        input: UntagResourceInput,
    ) -> Result<UntagResourceOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("cloudwatch", "UntagResource"))
    }

    async fn update_o_tel_enrichment(
        &self,
        call: &Call,
        input: UpdateOTelEnrichmentInput,
    ) -> Result<UpdateOTelEnrichmentOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("cloudwatch", "UpdateOTelEnrichment"))
    }

    async fn update_resource_metrics_configuration(
        &self,
        call: &Call,
        input: UpdateResourceMetricsConfigurationInput,
    ) -> Result<UpdateResourceMetricsConfigurationOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "cloudwatch",
            "UpdateResourceMetricsConfiguration",
        ))
    }
}

/// Joins an implementation to the dispatcher.
pub struct Routes(pub Arc<dyn Cloudwatch>);

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
            0 => Box::new(AssociateDatasetKmsKeyInput::default()),
            1 => Box::new(CreateResourceMetricsConfigurationInput::default()),
            2 => Box::new(DeleteAlarmMuteRuleInput::default()),
            3 => Box::new(DeleteAlarmsInput::default()),
            4 => Box::new(DeleteAnomalyDetectorInput::default()),
            5 => Box::new(DeleteDashboardsInput::default()),
            6 => Box::new(DeleteInsightRulesInput::default()),
            7 => Box::new(DeleteMetricDataQueryDefinitionInput::default()),
            8 => Box::new(DeleteMetricStreamInput::default()),
            9 => Box::new(DeleteResourceMetricsConfigurationInput::default()),
            10 => Box::new(DescribeAlarmContributorsInput::default()),
            11 => Box::new(DescribeAlarmHistoryInput::default()),
            12 => Box::new(DescribeAlarmsInput::default()),
            13 => Box::new(DescribeAlarmsForMetricInput::default()),
            14 => Box::new(DescribeAnomalyDetectorsInput::default()),
            15 => Box::new(DescribeInsightRulesInput::default()),
            16 => Box::new(DisableAlarmActionsInput::default()),
            17 => Box::new(DisableInsightRulesInput::default()),
            18 => Box::new(DisassociateDatasetKmsKeyInput::default()),
            19 => Box::new(EnableAlarmActionsInput::default()),
            20 => Box::new(EnableInsightRulesInput::default()),
            21 => Box::new(GetAlarmMuteRuleInput::default()),
            22 => Box::new(GetDashboardInput::default()),
            23 => Box::new(GetDatasetInput::default()),
            24 => Box::new(GetInsightRuleReportInput::default()),
            25 => Box::new(GetMetricDataInput::default()),
            26 => Box::new(GetMetricDataQueryDefinitionInput::default()),
            27 => Box::new(GetMetricStatisticsInput::default()),
            28 => Box::new(GetMetricStreamInput::default()),
            29 => Box::new(GetMetricWidgetImageInput::default()),
            30 => Box::new(GetOTelEnrichmentInput::default()),
            31 => Box::new(GetResourceMetricsConfigurationInput::default()),
            32 => Box::new(ListAlarmMuteRulesInput::default()),
            33 => Box::new(ListDashboardsInput::default()),
            34 => Box::new(ListManagedInsightRulesInput::default()),
            35 => Box::new(ListMetricDataQueryDefinitionsInput::default()),
            36 => Box::new(ListMetricStreamsInput::default()),
            37 => Box::new(ListMetricsInput::default()),
            38 => Box::new(ListTagsForResourceInput::default()),
            39 => Box::new(PutAlarmMuteRuleInput::default()),
            40 => Box::new(PutAnomalyDetectorInput::default()),
            41 => Box::new(PutCompositeAlarmInput::default()),
            42 => Box::new(PutDashboardInput::default()),
            43 => Box::new(PutInsightRuleInput::default()),
            44 => Box::new(PutLogAlarmInput::default()),
            45 => Box::new(PutManagedInsightRulesInput::default()),
            46 => Box::new(PutMetricAlarmInput::default()),
            47 => Box::new(PutMetricDataInput::default()),
            48 => Box::new(PutMetricDataQueryDefinitionInput::default()),
            49 => Box::new(PutMetricStreamInput::default()),
            50 => Box::new(SetAlarmStateInput::default()),
            51 => Box::new(StartMetricStreamsInput::default()),
            52 => Box::new(StartOTelEnrichmentInput::default()),
            53 => Box::new(StopMetricStreamsInput::default()),
            54 => Box::new(StopOTelEnrichmentInput::default()),
            55 => Box::new(TagResourceInput::default()),
            56 => Box::new(UntagResourceInput::default()),
            57 => Box::new(UpdateOTelEnrichmentInput::default()),
            58 => Box::new(UpdateResourceMetricsConfigurationInput::default()),
            _ => Box::new(()),
        }
    }

    fn output(&self, operation: usize) -> Box<dyn Payload> {
        match operation {
            0 => Box::new(AssociateDatasetKmsKeyOutput::default()),
            1 => Box::new(CreateResourceMetricsConfigurationOutput::default()),
            4 => Box::new(DeleteAnomalyDetectorOutput::default()),
            5 => Box::new(DeleteDashboardsOutput::default()),
            6 => Box::new(DeleteInsightRulesOutput::default()),
            7 => Box::new(DeleteMetricDataQueryDefinitionOutput::default()),
            8 => Box::new(DeleteMetricStreamOutput::default()),
            9 => Box::new(DeleteResourceMetricsConfigurationOutput::default()),
            10 => Box::new(DescribeAlarmContributorsOutput::default()),
            11 => Box::new(DescribeAlarmHistoryOutput::default()),
            12 => Box::new(DescribeAlarmsOutput::default()),
            13 => Box::new(DescribeAlarmsForMetricOutput::default()),
            14 => Box::new(DescribeAnomalyDetectorsOutput::default()),
            15 => Box::new(DescribeInsightRulesOutput::default()),
            17 => Box::new(DisableInsightRulesOutput::default()),
            18 => Box::new(DisassociateDatasetKmsKeyOutput::default()),
            20 => Box::new(EnableInsightRulesOutput::default()),
            21 => Box::new(GetAlarmMuteRuleOutput::default()),
            22 => Box::new(GetDashboardOutput::default()),
            23 => Box::new(GetDatasetOutput::default()),
            24 => Box::new(GetInsightRuleReportOutput::default()),
            25 => Box::new(GetMetricDataOutput::default()),
            26 => Box::new(GetMetricDataQueryDefinitionOutput::default()),
            27 => Box::new(GetMetricStatisticsOutput::default()),
            28 => Box::new(GetMetricStreamOutput::default()),
            29 => Box::new(GetMetricWidgetImageOutput::default()),
            30 => Box::new(GetOTelEnrichmentOutput::default()),
            31 => Box::new(GetResourceMetricsConfigurationOutput::default()),
            32 => Box::new(ListAlarmMuteRulesOutput::default()),
            33 => Box::new(ListDashboardsOutput::default()),
            34 => Box::new(ListManagedInsightRulesOutput::default()),
            35 => Box::new(ListMetricDataQueryDefinitionsOutput::default()),
            36 => Box::new(ListMetricStreamsOutput::default()),
            37 => Box::new(ListMetricsOutput::default()),
            38 => Box::new(ListTagsForResourceOutput::default()),
            40 => Box::new(PutAnomalyDetectorOutput::default()),
            42 => Box::new(PutDashboardOutput::default()),
            43 => Box::new(PutInsightRuleOutput::default()),
            45 => Box::new(PutManagedInsightRulesOutput::default()),
            48 => Box::new(PutMetricDataQueryDefinitionOutput::default()),
            49 => Box::new(PutMetricStreamOutput::default()),
            51 => Box::new(StartMetricStreamsOutput::default()),
            52 => Box::new(StartOTelEnrichmentOutput::default()),
            53 => Box::new(StopMetricStreamsOutput::default()),
            54 => Box::new(StopOTelEnrichmentOutput::default()),
            55 => Box::new(TagResourceOutput::default()),
            56 => Box::new(UntagResourceOutput::default()),
            57 => Box::new(UpdateOTelEnrichmentOutput::default()),
            58 => Box::new(UpdateResourceMetricsConfigurationOutput::default()),
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
            0 => Input::AssociateDatasetKmsKey(borrowed(input)),
            1 => Input::CreateResourceMetricsConfiguration(borrowed(input)),
            2 => Input::DeleteAlarmMuteRule(borrowed(input)),
            3 => Input::DeleteAlarms(borrowed(input)),
            4 => Input::DeleteAnomalyDetector(borrowed(input)),
            5 => Input::DeleteDashboards(borrowed(input)),
            6 => Input::DeleteInsightRules(borrowed(input)),
            7 => Input::DeleteMetricDataQueryDefinition(borrowed(input)),
            8 => Input::DeleteMetricStream(borrowed(input)),
            9 => Input::DeleteResourceMetricsConfiguration(borrowed(input)),
            10 => Input::DescribeAlarmContributors(borrowed(input)),
            11 => Input::DescribeAlarmHistory(borrowed(input)),
            12 => Input::DescribeAlarms(borrowed(input)),
            13 => Input::DescribeAlarmsForMetric(borrowed(input)),
            14 => Input::DescribeAnomalyDetectors(borrowed(input)),
            15 => Input::DescribeInsightRules(borrowed(input)),
            16 => Input::DisableAlarmActions(borrowed(input)),
            17 => Input::DisableInsightRules(borrowed(input)),
            18 => Input::DisassociateDatasetKmsKey(borrowed(input)),
            19 => Input::EnableAlarmActions(borrowed(input)),
            20 => Input::EnableInsightRules(borrowed(input)),
            21 => Input::GetAlarmMuteRule(borrowed(input)),
            22 => Input::GetDashboard(borrowed(input)),
            23 => Input::GetDataset(borrowed(input)),
            24 => Input::GetInsightRuleReport(borrowed(input)),
            25 => Input::GetMetricData(borrowed(input)),
            26 => Input::GetMetricDataQueryDefinition(borrowed(input)),
            27 => Input::GetMetricStatistics(borrowed(input)),
            28 => Input::GetMetricStream(borrowed(input)),
            29 => Input::GetMetricWidgetImage(borrowed(input)),
            30 => Input::GetOTelEnrichment(borrowed(input)),
            31 => Input::GetResourceMetricsConfiguration(borrowed(input)),
            32 => Input::ListAlarmMuteRules(borrowed(input)),
            33 => Input::ListDashboards(borrowed(input)),
            34 => Input::ListManagedInsightRules(borrowed(input)),
            35 => Input::ListMetricDataQueryDefinitions(borrowed(input)),
            36 => Input::ListMetricStreams(borrowed(input)),
            37 => Input::ListMetrics(borrowed(input)),
            38 => Input::ListTagsForResource(borrowed(input)),
            39 => Input::PutAlarmMuteRule(borrowed(input)),
            40 => Input::PutAnomalyDetector(borrowed(input)),
            41 => Input::PutCompositeAlarm(borrowed(input)),
            42 => Input::PutDashboard(borrowed(input)),
            43 => Input::PutInsightRule(borrowed(input)),
            44 => Input::PutLogAlarm(borrowed(input)),
            45 => Input::PutManagedInsightRules(borrowed(input)),
            46 => Input::PutMetricAlarm(borrowed(input)),
            47 => Input::PutMetricData(borrowed(input)),
            48 => Input::PutMetricDataQueryDefinition(borrowed(input)),
            49 => Input::PutMetricStream(borrowed(input)),
            50 => Input::SetAlarmState(borrowed(input)),
            51 => Input::StartMetricStreams(borrowed(input)),
            52 => Input::StartOTelEnrichment(borrowed(input)),
            53 => Input::StopMetricStreams(borrowed(input)),
            54 => Input::StopOTelEnrichment(borrowed(input)),
            55 => Input::TagResource(borrowed(input)),
            56 => Input::UntagResource(borrowed(input)),
            57 => Input::UpdateOTelEnrichment(borrowed(input)),
            58 => Input::UpdateResourceMetricsConfiguration(borrowed(input)),
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
            0 => Box::new(self.0.associate_dataset_kms_key(call, typed(input)).await?),
            1 => Box::new(
                self.0
                    .create_resource_metrics_configuration(call, typed(input))
                    .await?,
            ),
            2 => Box::new(self.0.delete_alarm_mute_rule(call, typed(input)).await?),
            3 => Box::new(self.0.delete_alarms(call, typed(input)).await?),
            4 => Box::new(self.0.delete_anomaly_detector(call, typed(input)).await?),
            5 => Box::new(self.0.delete_dashboards(call, typed(input)).await?),
            6 => Box::new(self.0.delete_insight_rules(call, typed(input)).await?),
            7 => Box::new(
                self.0
                    .delete_metric_data_query_definition(call, typed(input))
                    .await?,
            ),
            8 => Box::new(self.0.delete_metric_stream(call, typed(input)).await?),
            9 => Box::new(
                self.0
                    .delete_resource_metrics_configuration(call, typed(input))
                    .await?,
            ),
            10 => Box::new(
                self.0
                    .describe_alarm_contributors(call, typed(input))
                    .await?,
            ),
            11 => Box::new(self.0.describe_alarm_history(call, typed(input)).await?),
            12 => Box::new(self.0.describe_alarms(call, typed(input)).await?),
            13 => Box::new(
                self.0
                    .describe_alarms_for_metric(call, typed(input))
                    .await?,
            ),
            14 => Box::new(
                self.0
                    .describe_anomaly_detectors(call, typed(input))
                    .await?,
            ),
            15 => Box::new(self.0.describe_insight_rules(call, typed(input)).await?),
            16 => Box::new(self.0.disable_alarm_actions(call, typed(input)).await?),
            17 => Box::new(self.0.disable_insight_rules(call, typed(input)).await?),
            18 => Box::new(
                self.0
                    .disassociate_dataset_kms_key(call, typed(input))
                    .await?,
            ),
            19 => Box::new(self.0.enable_alarm_actions(call, typed(input)).await?),
            20 => Box::new(self.0.enable_insight_rules(call, typed(input)).await?),
            21 => Box::new(self.0.get_alarm_mute_rule(call, typed(input)).await?),
            22 => Box::new(self.0.get_dashboard(call, typed(input)).await?),
            23 => Box::new(self.0.get_dataset(call, typed(input)).await?),
            24 => Box::new(self.0.get_insight_rule_report(call, typed(input)).await?),
            25 => Box::new(self.0.get_metric_data(call, typed(input)).await?),
            26 => Box::new(
                self.0
                    .get_metric_data_query_definition(call, typed(input))
                    .await?,
            ),
            27 => Box::new(self.0.get_metric_statistics(call, typed(input)).await?),
            28 => Box::new(self.0.get_metric_stream(call, typed(input)).await?),
            29 => Box::new(self.0.get_metric_widget_image(call, typed(input)).await?),
            30 => Box::new(self.0.get_o_tel_enrichment(call, typed(input)).await?),
            31 => Box::new(
                self.0
                    .get_resource_metrics_configuration(call, typed(input))
                    .await?,
            ),
            32 => Box::new(self.0.list_alarm_mute_rules(call, typed(input)).await?),
            33 => Box::new(self.0.list_dashboards(call, typed(input)).await?),
            34 => Box::new(
                self.0
                    .list_managed_insight_rules(call, typed(input))
                    .await?,
            ),
            35 => Box::new(
                self.0
                    .list_metric_data_query_definitions(call, typed(input))
                    .await?,
            ),
            36 => Box::new(self.0.list_metric_streams(call, typed(input)).await?),
            37 => Box::new(self.0.list_metrics(call, typed(input)).await?),
            38 => Box::new(self.0.list_tags_for_resource(call, typed(input)).await?),
            39 => Box::new(self.0.put_alarm_mute_rule(call, typed(input)).await?),
            40 => Box::new(self.0.put_anomaly_detector(call, typed(input)).await?),
            41 => Box::new(self.0.put_composite_alarm(call, typed(input)).await?),
            42 => Box::new(self.0.put_dashboard(call, typed(input)).await?),
            43 => Box::new(self.0.put_insight_rule(call, typed(input)).await?),
            44 => Box::new(self.0.put_log_alarm(call, typed(input)).await?),
            45 => Box::new(self.0.put_managed_insight_rules(call, typed(input)).await?),
            46 => Box::new(self.0.put_metric_alarm(call, typed(input)).await?),
            47 => Box::new(self.0.put_metric_data(call, typed(input)).await?),
            48 => Box::new(
                self.0
                    .put_metric_data_query_definition(call, typed(input))
                    .await?,
            ),
            49 => Box::new(self.0.put_metric_stream(call, typed(input)).await?),
            50 => Box::new(self.0.set_alarm_state(call, typed(input)).await?),
            51 => Box::new(self.0.start_metric_streams(call, typed(input)).await?),
            52 => Box::new(self.0.start_o_tel_enrichment(call, typed(input)).await?),
            53 => Box::new(self.0.stop_metric_streams(call, typed(input)).await?),
            54 => Box::new(self.0.stop_o_tel_enrichment(call, typed(input)).await?),
            55 => Box::new(self.0.tag_resource(call, typed(input)).await?),
            56 => Box::new(self.0.untag_resource(call, typed(input)).await?),
            57 => Box::new(self.0.update_o_tel_enrichment(call, typed(input)).await?),
            58 => Box::new(
                self.0
                    .update_resource_metrics_configuration(call, typed(input))
                    .await?,
            ),
            _ => unreachable!("operations are numbered by the schema"),
        }))
    }
}

/// Calls the service in process, past the same gate as calls from outside.
#[derive(Clone)]
pub struct Client {
    inner: Arc<dyn Cloudwatch>,
    dispatcher: Dispatcher,
}

impl Client {
    pub fn new(inner: Arc<dyn Cloudwatch>, dispatcher: Dispatcher) -> Self {
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
impl Cloudwatch for Client {
    async fn authorize(&self, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
        self.inner.authorize(cx, input).await
    }

    async fn associate_dataset_kms_key(
        &self,
        call: &Call,
        input: AssociateDatasetKmsKeyInput,
    ) -> Result<AssociateDatasetKmsKeyOutput, Fault> {
        let call = self
            .admit(call, Input::AssociateDatasetKmsKey(&input), 0, &input)
            .await?;
        self.inner.associate_dataset_kms_key(&call, input).await
    }

    async fn create_resource_metrics_configuration(
        &self,
        call: &Call,
        input: CreateResourceMetricsConfigurationInput,
    ) -> Result<CreateResourceMetricsConfigurationOutput, Fault> {
        let call = self
            .admit(
                call,
                Input::CreateResourceMetricsConfiguration(&input),
                1,
                &input,
            )
            .await?;
        self.inner
            .create_resource_metrics_configuration(&call, input)
            .await
    }

    async fn delete_alarm_mute_rule(
        &self,
        call: &Call,
        input: DeleteAlarmMuteRuleInput,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteAlarmMuteRule(&input), 2, &input)
            .await?;
        self.inner.delete_alarm_mute_rule(&call, input).await
    }

    async fn delete_alarms(&self, call: &Call, input: DeleteAlarmsInput) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteAlarms(&input), 3, &input)
            .await?;
        self.inner.delete_alarms(&call, input).await
    }

    async fn delete_anomaly_detector(
        &self,
        call: &Call,
        input: DeleteAnomalyDetectorInput,
    ) -> Result<DeleteAnomalyDetectorOutput, Fault> {
        let call = self
            .admit(call, Input::DeleteAnomalyDetector(&input), 4, &input)
            .await?;
        self.inner.delete_anomaly_detector(&call, input).await
    }

    async fn delete_dashboards(
        &self,
        call: &Call,
        input: DeleteDashboardsInput,
    ) -> Result<DeleteDashboardsOutput, Fault> {
        let call = self
            .admit(call, Input::DeleteDashboards(&input), 5, &input)
            .await?;
        self.inner.delete_dashboards(&call, input).await
    }

    async fn delete_insight_rules(
        &self,
        call: &Call,
        input: DeleteInsightRulesInput,
    ) -> Result<DeleteInsightRulesOutput, Fault> {
        let call = self
            .admit(call, Input::DeleteInsightRules(&input), 6, &input)
            .await?;
        self.inner.delete_insight_rules(&call, input).await
    }

    async fn delete_metric_data_query_definition(
        &self,
        call: &Call,
        input: DeleteMetricDataQueryDefinitionInput,
    ) -> Result<DeleteMetricDataQueryDefinitionOutput, Fault> {
        let call = self
            .admit(
                call,
                Input::DeleteMetricDataQueryDefinition(&input),
                7,
                &input,
            )
            .await?;
        self.inner
            .delete_metric_data_query_definition(&call, input)
            .await
    }

    async fn delete_metric_stream(
        &self,
        call: &Call,
        input: DeleteMetricStreamInput,
    ) -> Result<DeleteMetricStreamOutput, Fault> {
        let call = self
            .admit(call, Input::DeleteMetricStream(&input), 8, &input)
            .await?;
        self.inner.delete_metric_stream(&call, input).await
    }

    async fn delete_resource_metrics_configuration(
        &self,
        call: &Call,
        input: DeleteResourceMetricsConfigurationInput,
    ) -> Result<DeleteResourceMetricsConfigurationOutput, Fault> {
        let call = self
            .admit(
                call,
                Input::DeleteResourceMetricsConfiguration(&input),
                9,
                &input,
            )
            .await?;
        self.inner
            .delete_resource_metrics_configuration(&call, input)
            .await
    }

    async fn describe_alarm_contributors(
        &self,
        call: &Call,
        input: DescribeAlarmContributorsInput,
    ) -> Result<DescribeAlarmContributorsOutput, Fault> {
        let call = self
            .admit(call, Input::DescribeAlarmContributors(&input), 10, &input)
            .await?;
        self.inner.describe_alarm_contributors(&call, input).await
    }

    async fn describe_alarm_history(
        &self,
        call: &Call,
        input: DescribeAlarmHistoryInput,
    ) -> Result<DescribeAlarmHistoryOutput, Fault> {
        let call = self
            .admit(call, Input::DescribeAlarmHistory(&input), 11, &input)
            .await?;
        self.inner.describe_alarm_history(&call, input).await
    }

    async fn describe_alarms(
        &self,
        call: &Call,
        input: DescribeAlarmsInput,
    ) -> Result<DescribeAlarmsOutput, Fault> {
        let call = self
            .admit(call, Input::DescribeAlarms(&input), 12, &input)
            .await?;
        self.inner.describe_alarms(&call, input).await
    }

    async fn describe_alarms_for_metric(
        &self,
        call: &Call,
        input: DescribeAlarmsForMetricInput,
    ) -> Result<DescribeAlarmsForMetricOutput, Fault> {
        let call = self
            .admit(call, Input::DescribeAlarmsForMetric(&input), 13, &input)
            .await?;
        self.inner.describe_alarms_for_metric(&call, input).await
    }

    async fn describe_anomaly_detectors(
        &self,
        call: &Call,
        input: DescribeAnomalyDetectorsInput,
    ) -> Result<DescribeAnomalyDetectorsOutput, Fault> {
        let call = self
            .admit(call, Input::DescribeAnomalyDetectors(&input), 14, &input)
            .await?;
        self.inner.describe_anomaly_detectors(&call, input).await
    }

    async fn describe_insight_rules(
        &self,
        call: &Call,
        input: DescribeInsightRulesInput,
    ) -> Result<DescribeInsightRulesOutput, Fault> {
        let call = self
            .admit(call, Input::DescribeInsightRules(&input), 15, &input)
            .await?;
        self.inner.describe_insight_rules(&call, input).await
    }

    async fn disable_alarm_actions(
        &self,
        call: &Call,
        input: DisableAlarmActionsInput,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DisableAlarmActions(&input), 16, &input)
            .await?;
        self.inner.disable_alarm_actions(&call, input).await
    }

    async fn disable_insight_rules(
        &self,
        call: &Call,
        input: DisableInsightRulesInput,
    ) -> Result<DisableInsightRulesOutput, Fault> {
        let call = self
            .admit(call, Input::DisableInsightRules(&input), 17, &input)
            .await?;
        self.inner.disable_insight_rules(&call, input).await
    }

    async fn disassociate_dataset_kms_key(
        &self,
        call: &Call,
        input: DisassociateDatasetKmsKeyInput,
    ) -> Result<DisassociateDatasetKmsKeyOutput, Fault> {
        let call = self
            .admit(call, Input::DisassociateDatasetKmsKey(&input), 18, &input)
            .await?;
        self.inner.disassociate_dataset_kms_key(&call, input).await
    }

    async fn enable_alarm_actions(
        &self,
        call: &Call,
        input: EnableAlarmActionsInput,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::EnableAlarmActions(&input), 19, &input)
            .await?;
        self.inner.enable_alarm_actions(&call, input).await
    }

    async fn enable_insight_rules(
        &self,
        call: &Call,
        input: EnableInsightRulesInput,
    ) -> Result<EnableInsightRulesOutput, Fault> {
        let call = self
            .admit(call, Input::EnableInsightRules(&input), 20, &input)
            .await?;
        self.inner.enable_insight_rules(&call, input).await
    }

    async fn get_alarm_mute_rule(
        &self,
        call: &Call,
        input: GetAlarmMuteRuleInput,
    ) -> Result<GetAlarmMuteRuleOutput, Fault> {
        let call = self
            .admit(call, Input::GetAlarmMuteRule(&input), 21, &input)
            .await?;
        self.inner.get_alarm_mute_rule(&call, input).await
    }

    async fn get_dashboard(
        &self,
        call: &Call,
        input: GetDashboardInput,
    ) -> Result<GetDashboardOutput, Fault> {
        let call = self
            .admit(call, Input::GetDashboard(&input), 22, &input)
            .await?;
        self.inner.get_dashboard(&call, input).await
    }

    async fn get_dataset(
        &self,
        call: &Call,
        input: GetDatasetInput,
    ) -> Result<GetDatasetOutput, Fault> {
        let call = self
            .admit(call, Input::GetDataset(&input), 23, &input)
            .await?;
        self.inner.get_dataset(&call, input).await
    }

    async fn get_insight_rule_report(
        &self,
        call: &Call,
        input: GetInsightRuleReportInput,
    ) -> Result<GetInsightRuleReportOutput, Fault> {
        let call = self
            .admit(call, Input::GetInsightRuleReport(&input), 24, &input)
            .await?;
        self.inner.get_insight_rule_report(&call, input).await
    }

    async fn get_metric_data(
        &self,
        call: &Call,
        input: GetMetricDataInput,
    ) -> Result<GetMetricDataOutput, Fault> {
        let call = self
            .admit(call, Input::GetMetricData(&input), 25, &input)
            .await?;
        self.inner.get_metric_data(&call, input).await
    }

    async fn get_metric_data_query_definition(
        &self,
        call: &Call,
        input: GetMetricDataQueryDefinitionInput,
    ) -> Result<GetMetricDataQueryDefinitionOutput, Fault> {
        let call = self
            .admit(
                call,
                Input::GetMetricDataQueryDefinition(&input),
                26,
                &input,
            )
            .await?;
        self.inner
            .get_metric_data_query_definition(&call, input)
            .await
    }

    async fn get_metric_statistics(
        &self,
        call: &Call,
        input: GetMetricStatisticsInput,
    ) -> Result<GetMetricStatisticsOutput, Fault> {
        let call = self
            .admit(call, Input::GetMetricStatistics(&input), 27, &input)
            .await?;
        self.inner.get_metric_statistics(&call, input).await
    }

    async fn get_metric_stream(
        &self,
        call: &Call,
        input: GetMetricStreamInput,
    ) -> Result<GetMetricStreamOutput, Fault> {
        let call = self
            .admit(call, Input::GetMetricStream(&input), 28, &input)
            .await?;
        self.inner.get_metric_stream(&call, input).await
    }

    async fn get_metric_widget_image(
        &self,
        call: &Call,
        input: GetMetricWidgetImageInput,
    ) -> Result<GetMetricWidgetImageOutput, Fault> {
        let call = self
            .admit(call, Input::GetMetricWidgetImage(&input), 29, &input)
            .await?;
        self.inner.get_metric_widget_image(&call, input).await
    }

    async fn get_o_tel_enrichment(
        &self,
        call: &Call,
        input: GetOTelEnrichmentInput,
    ) -> Result<GetOTelEnrichmentOutput, Fault> {
        let call = self
            .admit(call, Input::GetOTelEnrichment(&input), 30, &input)
            .await?;
        self.inner.get_o_tel_enrichment(&call, input).await
    }

    async fn get_resource_metrics_configuration(
        &self,
        call: &Call,
        input: GetResourceMetricsConfigurationInput,
    ) -> Result<GetResourceMetricsConfigurationOutput, Fault> {
        let call = self
            .admit(
                call,
                Input::GetResourceMetricsConfiguration(&input),
                31,
                &input,
            )
            .await?;
        self.inner
            .get_resource_metrics_configuration(&call, input)
            .await
    }

    async fn list_alarm_mute_rules(
        &self,
        call: &Call,
        input: ListAlarmMuteRulesInput,
    ) -> Result<ListAlarmMuteRulesOutput, Fault> {
        let call = self
            .admit(call, Input::ListAlarmMuteRules(&input), 32, &input)
            .await?;
        self.inner.list_alarm_mute_rules(&call, input).await
    }

    async fn list_dashboards(
        &self,
        call: &Call,
        input: ListDashboardsInput,
    ) -> Result<ListDashboardsOutput, Fault> {
        let call = self
            .admit(call, Input::ListDashboards(&input), 33, &input)
            .await?;
        self.inner.list_dashboards(&call, input).await
    }

    async fn list_managed_insight_rules(
        &self,
        call: &Call,
        input: ListManagedInsightRulesInput,
    ) -> Result<ListManagedInsightRulesOutput, Fault> {
        let call = self
            .admit(call, Input::ListManagedInsightRules(&input), 34, &input)
            .await?;
        self.inner.list_managed_insight_rules(&call, input).await
    }

    async fn list_metric_data_query_definitions(
        &self,
        call: &Call,
        input: ListMetricDataQueryDefinitionsInput,
    ) -> Result<ListMetricDataQueryDefinitionsOutput, Fault> {
        let call = self
            .admit(
                call,
                Input::ListMetricDataQueryDefinitions(&input),
                35,
                &input,
            )
            .await?;
        self.inner
            .list_metric_data_query_definitions(&call, input)
            .await
    }

    async fn list_metric_streams(
        &self,
        call: &Call,
        input: ListMetricStreamsInput,
    ) -> Result<ListMetricStreamsOutput, Fault> {
        let call = self
            .admit(call, Input::ListMetricStreams(&input), 36, &input)
            .await?;
        self.inner.list_metric_streams(&call, input).await
    }

    async fn list_metrics(
        &self,
        call: &Call,
        input: ListMetricsInput,
    ) -> Result<ListMetricsOutput, Fault> {
        let call = self
            .admit(call, Input::ListMetrics(&input), 37, &input)
            .await?;
        self.inner.list_metrics(&call, input).await
    }

    async fn list_tags_for_resource(
        &self,
        call: &Call,
        input: ListTagsForResourceInput,
    ) -> Result<ListTagsForResourceOutput, Fault> {
        let call = self
            .admit(call, Input::ListTagsForResource(&input), 38, &input)
            .await?;
        self.inner.list_tags_for_resource(&call, input).await
    }

    async fn put_alarm_mute_rule(
        &self,
        call: &Call,
        input: PutAlarmMuteRuleInput,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::PutAlarmMuteRule(&input), 39, &input)
            .await?;
        self.inner.put_alarm_mute_rule(&call, input).await
    }

    async fn put_anomaly_detector(
        &self,
        call: &Call,
        input: PutAnomalyDetectorInput,
    ) -> Result<PutAnomalyDetectorOutput, Fault> {
        let call = self
            .admit(call, Input::PutAnomalyDetector(&input), 40, &input)
            .await?;
        self.inner.put_anomaly_detector(&call, input).await
    }

    async fn put_composite_alarm(
        &self,
        call: &Call,
        input: PutCompositeAlarmInput,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::PutCompositeAlarm(&input), 41, &input)
            .await?;
        self.inner.put_composite_alarm(&call, input).await
    }

    async fn put_dashboard(
        &self,
        call: &Call,
        input: PutDashboardInput,
    ) -> Result<PutDashboardOutput, Fault> {
        let call = self
            .admit(call, Input::PutDashboard(&input), 42, &input)
            .await?;
        self.inner.put_dashboard(&call, input).await
    }

    async fn put_insight_rule(
        &self,
        call: &Call,
        input: PutInsightRuleInput,
    ) -> Result<PutInsightRuleOutput, Fault> {
        let call = self
            .admit(call, Input::PutInsightRule(&input), 43, &input)
            .await?;
        self.inner.put_insight_rule(&call, input).await
    }

    async fn put_log_alarm(&self, call: &Call, input: PutLogAlarmInput) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::PutLogAlarm(&input), 44, &input)
            .await?;
        self.inner.put_log_alarm(&call, input).await
    }

    async fn put_managed_insight_rules(
        &self,
        call: &Call,
        input: PutManagedInsightRulesInput,
    ) -> Result<PutManagedInsightRulesOutput, Fault> {
        let call = self
            .admit(call, Input::PutManagedInsightRules(&input), 45, &input)
            .await?;
        self.inner.put_managed_insight_rules(&call, input).await
    }

    async fn put_metric_alarm(&self, call: &Call, input: PutMetricAlarmInput) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::PutMetricAlarm(&input), 46, &input)
            .await?;
        self.inner.put_metric_alarm(&call, input).await
    }

    async fn put_metric_data(&self, call: &Call, input: PutMetricDataInput) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::PutMetricData(&input), 47, &input)
            .await?;
        self.inner.put_metric_data(&call, input).await
    }

    async fn put_metric_data_query_definition(
        &self,
        call: &Call,
        input: PutMetricDataQueryDefinitionInput,
    ) -> Result<PutMetricDataQueryDefinitionOutput, Fault> {
        let call = self
            .admit(
                call,
                Input::PutMetricDataQueryDefinition(&input),
                48,
                &input,
            )
            .await?;
        self.inner
            .put_metric_data_query_definition(&call, input)
            .await
    }

    async fn put_metric_stream(
        &self,
        call: &Call,
        input: PutMetricStreamInput,
    ) -> Result<PutMetricStreamOutput, Fault> {
        let call = self
            .admit(call, Input::PutMetricStream(&input), 49, &input)
            .await?;
        self.inner.put_metric_stream(&call, input).await
    }

    async fn set_alarm_state(&self, call: &Call, input: SetAlarmStateInput) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::SetAlarmState(&input), 50, &input)
            .await?;
        self.inner.set_alarm_state(&call, input).await
    }

    async fn start_metric_streams(
        &self,
        call: &Call,
        input: StartMetricStreamsInput,
    ) -> Result<StartMetricStreamsOutput, Fault> {
        let call = self
            .admit(call, Input::StartMetricStreams(&input), 51, &input)
            .await?;
        self.inner.start_metric_streams(&call, input).await
    }

    async fn start_o_tel_enrichment(
        &self,
        call: &Call,
        input: StartOTelEnrichmentInput,
    ) -> Result<StartOTelEnrichmentOutput, Fault> {
        let call = self
            .admit(call, Input::StartOTelEnrichment(&input), 52, &input)
            .await?;
        self.inner.start_o_tel_enrichment(&call, input).await
    }

    async fn stop_metric_streams(
        &self,
        call: &Call,
        input: StopMetricStreamsInput,
    ) -> Result<StopMetricStreamsOutput, Fault> {
        let call = self
            .admit(call, Input::StopMetricStreams(&input), 53, &input)
            .await?;
        self.inner.stop_metric_streams(&call, input).await
    }

    async fn stop_o_tel_enrichment(
        &self,
        call: &Call,
        input: StopOTelEnrichmentInput,
    ) -> Result<StopOTelEnrichmentOutput, Fault> {
        let call = self
            .admit(call, Input::StopOTelEnrichment(&input), 54, &input)
            .await?;
        self.inner.stop_o_tel_enrichment(&call, input).await
    }

    async fn tag_resource(
        &self,
        call: &Call,
        input: TagResourceInput,
    ) -> Result<TagResourceOutput, Fault> {
        let call = self
            .admit(call, Input::TagResource(&input), 55, &input)
            .await?;
        self.inner.tag_resource(&call, input).await
    }

    async fn untag_resource(
        &self,
        call: &Call,
        input: UntagResourceInput,
    ) -> Result<UntagResourceOutput, Fault> {
        let call = self
            .admit(call, Input::UntagResource(&input), 56, &input)
            .await?;
        self.inner.untag_resource(&call, input).await
    }

    async fn update_o_tel_enrichment(
        &self,
        call: &Call,
        input: UpdateOTelEnrichmentInput,
    ) -> Result<UpdateOTelEnrichmentOutput, Fault> {
        let call = self
            .admit(call, Input::UpdateOTelEnrichment(&input), 57, &input)
            .await?;
        self.inner.update_o_tel_enrichment(&call, input).await
    }

    async fn update_resource_metrics_configuration(
        &self,
        call: &Call,
        input: UpdateResourceMetricsConfigurationInput,
    ) -> Result<UpdateResourceMetricsConfigurationOutput, Fault> {
        let call = self
            .admit(
                call,
                Input::UpdateResourceMetricsConfiguration(&input),
                58,
                &input,
            )
            .await?;
        self.inner
            .update_resource_metrics_configuration(&call, input)
            .await
    }
}
