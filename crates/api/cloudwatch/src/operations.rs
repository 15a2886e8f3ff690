// Written by `cargo xtask generate` from models/. Do not edit.
//! Joins the functions of a service to the operations of its contract.
#[allow(unused_imports)]
use crate::types::*;

/// Implements [`Cloudwatch`](crate::Cloudwatch) for a type; see `wharf_wire::operations!`.
#[macro_export]
macro_rules! operations {
    ($($service:tt)*) => {
        $crate::wire::operations! { [$crate Cloudwatch] $($service)* }
    };
}

/// What each operation takes and returns, by the name of its function.
pub mod io {
    pub mod associate_dataset_kms_key {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = AssociateDatasetKmsKeyInput;
        pub type Output = AssociateDatasetKmsKeyOutput;
    }

    pub mod create_resource_metrics_configuration {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateResourceMetricsConfigurationInput;
        pub type Output = CreateResourceMetricsConfigurationOutput;
    }

    pub mod delete_alarm_mute_rule {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteAlarmMuteRuleInput;
        pub type Output = ();
    }

    pub mod delete_alarms {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteAlarmsInput;
        pub type Output = ();
    }

    pub mod delete_anomaly_detector {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteAnomalyDetectorInput;
        pub type Output = DeleteAnomalyDetectorOutput;
    }

    pub mod delete_dashboards {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteDashboardsInput;
        pub type Output = DeleteDashboardsOutput;
    }

    pub mod delete_insight_rules {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteInsightRulesInput;
        pub type Output = DeleteInsightRulesOutput;
    }

    pub mod delete_metric_data_query_definition {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteMetricDataQueryDefinitionInput;
        pub type Output = DeleteMetricDataQueryDefinitionOutput;
    }

    pub mod delete_metric_stream {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteMetricStreamInput;
        pub type Output = DeleteMetricStreamOutput;
    }

    pub mod delete_resource_metrics_configuration {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteResourceMetricsConfigurationInput;
        pub type Output = DeleteResourceMetricsConfigurationOutput;
    }

    pub mod describe_alarm_contributors {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeAlarmContributorsInput;
        pub type Output = DescribeAlarmContributorsOutput;
    }

    pub mod describe_alarm_history {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeAlarmHistoryInput;
        pub type Output = DescribeAlarmHistoryOutput;
    }

    pub mod describe_alarms {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeAlarmsInput;
        pub type Output = DescribeAlarmsOutput;
    }

    pub mod describe_alarms_for_metric {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeAlarmsForMetricInput;
        pub type Output = DescribeAlarmsForMetricOutput;
    }

    pub mod describe_anomaly_detectors {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeAnomalyDetectorsInput;
        pub type Output = DescribeAnomalyDetectorsOutput;
    }

    pub mod describe_insight_rules {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeInsightRulesInput;
        pub type Output = DescribeInsightRulesOutput;
    }

    pub mod disable_alarm_actions {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DisableAlarmActionsInput;
        pub type Output = ();
    }

    pub mod disable_insight_rules {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DisableInsightRulesInput;
        pub type Output = DisableInsightRulesOutput;
    }

    pub mod disassociate_dataset_kms_key {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DisassociateDatasetKmsKeyInput;
        pub type Output = DisassociateDatasetKmsKeyOutput;
    }

    pub mod enable_alarm_actions {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = EnableAlarmActionsInput;
        pub type Output = ();
    }

    pub mod enable_insight_rules {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = EnableInsightRulesInput;
        pub type Output = EnableInsightRulesOutput;
    }

    pub mod get_alarm_mute_rule {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetAlarmMuteRuleInput;
        pub type Output = GetAlarmMuteRuleOutput;
    }

    pub mod get_dashboard {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetDashboardInput;
        pub type Output = GetDashboardOutput;
    }

    pub mod get_dataset {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetDatasetInput;
        pub type Output = GetDatasetOutput;
    }

    pub mod get_insight_rule_report {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetInsightRuleReportInput;
        pub type Output = GetInsightRuleReportOutput;
    }

    pub mod get_metric_data {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetMetricDataInput;
        pub type Output = GetMetricDataOutput;
    }

    pub mod get_metric_data_query_definition {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetMetricDataQueryDefinitionInput;
        pub type Output = GetMetricDataQueryDefinitionOutput;
    }

    pub mod get_metric_statistics {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetMetricStatisticsInput;
        pub type Output = GetMetricStatisticsOutput;
    }

    pub mod get_metric_stream {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetMetricStreamInput;
        pub type Output = GetMetricStreamOutput;
    }

    pub mod get_metric_widget_image {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetMetricWidgetImageInput;
        pub type Output = GetMetricWidgetImageOutput;
    }

    pub mod get_o_tel_enrichment {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetOTelEnrichmentInput;
        pub type Output = GetOTelEnrichmentOutput;
    }

    pub mod get_resource_metrics_configuration {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetResourceMetricsConfigurationInput;
        pub type Output = GetResourceMetricsConfigurationOutput;
    }

    pub mod list_alarm_mute_rules {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListAlarmMuteRulesInput;
        pub type Output = ListAlarmMuteRulesOutput;
    }

    pub mod list_dashboards {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListDashboardsInput;
        pub type Output = ListDashboardsOutput;
    }

    pub mod list_managed_insight_rules {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListManagedInsightRulesInput;
        pub type Output = ListManagedInsightRulesOutput;
    }

    pub mod list_metric_data_query_definitions {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListMetricDataQueryDefinitionsInput;
        pub type Output = ListMetricDataQueryDefinitionsOutput;
    }

    pub mod list_metric_streams {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListMetricStreamsInput;
        pub type Output = ListMetricStreamsOutput;
    }

    pub mod list_metrics {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListMetricsInput;
        pub type Output = ListMetricsOutput;
    }

    pub mod list_tags_for_resource {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListTagsForResourceInput;
        pub type Output = ListTagsForResourceOutput;
    }

    pub mod put_alarm_mute_rule {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutAlarmMuteRuleInput;
        pub type Output = ();
    }

    pub mod put_anomaly_detector {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutAnomalyDetectorInput;
        pub type Output = PutAnomalyDetectorOutput;
    }

    pub mod put_composite_alarm {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutCompositeAlarmInput;
        pub type Output = ();
    }

    pub mod put_dashboard {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutDashboardInput;
        pub type Output = PutDashboardOutput;
    }

    pub mod put_insight_rule {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutInsightRuleInput;
        pub type Output = PutInsightRuleOutput;
    }

    pub mod put_log_alarm {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutLogAlarmInput;
        pub type Output = ();
    }

    pub mod put_managed_insight_rules {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutManagedInsightRulesInput;
        pub type Output = PutManagedInsightRulesOutput;
    }

    pub mod put_metric_alarm {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutMetricAlarmInput;
        pub type Output = ();
    }

    pub mod put_metric_data {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutMetricDataInput;
        pub type Output = ();
    }

    pub mod put_metric_data_query_definition {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutMetricDataQueryDefinitionInput;
        pub type Output = PutMetricDataQueryDefinitionOutput;
    }

    pub mod put_metric_stream {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutMetricStreamInput;
        pub type Output = PutMetricStreamOutput;
    }

    pub mod set_alarm_state {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = SetAlarmStateInput;
        pub type Output = ();
    }

    pub mod start_metric_streams {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = StartMetricStreamsInput;
        pub type Output = StartMetricStreamsOutput;
    }

    pub mod start_o_tel_enrichment {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = StartOTelEnrichmentInput;
        pub type Output = StartOTelEnrichmentOutput;
    }

    pub mod stop_metric_streams {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = StopMetricStreamsInput;
        pub type Output = StopMetricStreamsOutput;
    }

    pub mod stop_o_tel_enrichment {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = StopOTelEnrichmentInput;
        pub type Output = StopOTelEnrichmentOutput;
    }

    pub mod tag_resource {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = TagResourceInput;
        pub type Output = TagResourceOutput;
    }

    pub mod untag_resource {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UntagResourceInput;
        pub type Output = UntagResourceOutput;
    }

    pub mod update_o_tel_enrichment {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateOTelEnrichmentInput;
        pub type Output = UpdateOTelEnrichmentOutput;
    }

    pub mod update_resource_metrics_configuration {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateResourceMetricsConfigurationInput;
        pub type Output = UpdateResourceMetricsConfigurationOutput;
    }
}
