// Written by `cargo xtask generate` from models/. Do not edit.
//! Inputs, outputs and their parts. Every member is optional: what must be there is checked by
//! the schema before an operation sees its input.
#[allow(unused_imports)]
use std::collections::BTreeMap;
#[allow(unused_imports)]
use wharf_wire::{Timestamp, structure};

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ActionConfiguration {
    pub alarm_tags_propagation: Option<AlarmTagsPropagation>,
}
structure!(ActionConfiguration {
0 alarm_tags_propagation,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AlarmContributor {
    pub contributor_id: Option<String>,
    pub contributor_attributes: Option<BTreeMap<String, String>>,
    pub state_reason: Option<String>,
    pub state_transitioned_timestamp: Option<Timestamp>,
}
structure!(AlarmContributor {
0 contributor_id,
1 contributor_attributes,
2 state_reason,
3 state_transitioned_timestamp,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AlarmHistoryItem {
    pub alarm_name: Option<String>,
    pub alarm_contributor_id: Option<String>,
    pub alarm_type: Option<String>,
    pub timestamp: Option<Timestamp>,
    pub history_item_type: Option<String>,
    pub history_summary: Option<String>,
    pub history_data: Option<String>,
    pub alarm_contributor_attributes: Option<BTreeMap<String, String>>,
}
structure!(AlarmHistoryItem {
0 alarm_name,
1 alarm_contributor_id,
2 alarm_type,
3 timestamp,
4 history_item_type,
5 history_summary,
6 history_data,
7 alarm_contributor_attributes,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AlarmMuteRuleSummary {
    pub alarm_mute_rule_arn: Option<String>,
    pub expire_date: Option<Timestamp>,
    pub status: Option<String>,
    pub mute_type: Option<String>,
    pub last_updated_timestamp: Option<Timestamp>,
}
structure!(AlarmMuteRuleSummary {
0 alarm_mute_rule_arn,
1 expire_date,
2 status,
3 mute_type,
4 last_updated_timestamp,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AlarmPromQLCriteria {
    pub query: Option<String>,
    pub pending_period: Option<i32>,
    pub recovery_period: Option<i32>,
}
structure!(AlarmPromQLCriteria {
0 query,
1 pending_period,
2 recovery_period,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AlarmTagsPropagation {
    pub enabled: Option<bool>,
    pub included_tag_keys: Option<Vec<String>>,
    pub excluded_tag_keys: Option<Vec<String>>,
}
structure!(AlarmTagsPropagation {
0 enabled,
1 included_tag_keys,
2 excluded_tag_keys,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AnomalyDetector {
    pub anomaly_detector_id: Option<String>,
    pub namespace: Option<String>,
    pub metric_name: Option<String>,
    pub dimensions: Option<Vec<Dimension>>,
    pub stat: Option<String>,
    pub configuration: Option<AnomalyDetectorConfiguration>,
    pub state_value: Option<String>,
    pub metric_characteristics: Option<MetricCharacteristics>,
    pub single_metric_anomaly_detector: Option<SingleMetricAnomalyDetector>,
    pub metric_math_anomaly_detector: Option<MetricMathAnomalyDetector>,
}
structure!(AnomalyDetector {
0 anomaly_detector_id,
1 namespace,
2 metric_name,
3 dimensions,
4 stat,
5 configuration,
6 state_value,
7 metric_characteristics,
8 single_metric_anomaly_detector,
9 metric_math_anomaly_detector,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AnomalyDetectorConfiguration {
    pub excluded_time_ranges: Option<Vec<Range>>,
    pub metric_timezone: Option<String>,
    pub adaptation_speed: Option<String>,
    pub outlier_filtering_strength: Option<String>,
}
structure!(AnomalyDetectorConfiguration {
0 excluded_time_ranges,
1 metric_timezone,
2 adaptation_speed,
3 outlier_filtering_strength,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AssociateDatasetKmsKeyInput {
    pub dataset_identifier: Option<String>,
    pub kms_key_arn: Option<String>,
}
structure!(AssociateDatasetKmsKeyInput {
0 dataset_identifier,
1 kms_key_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AssociateDatasetKmsKeyOutput {}
structure!(AssociateDatasetKmsKeyOutput {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CompositeAlarm {
    pub actions_enabled: Option<bool>,
    pub alarm_actions: Option<Vec<String>>,
    pub alarm_arn: Option<String>,
    pub alarm_configuration_updated_timestamp: Option<Timestamp>,
    pub alarm_description: Option<String>,
    pub alarm_name: Option<String>,
    pub alarm_rule: Option<String>,
    pub insufficient_data_actions: Option<Vec<String>>,
    pub ok_actions: Option<Vec<String>>,
    pub state_reason: Option<String>,
    pub state_reason_data: Option<String>,
    pub state_updated_timestamp: Option<Timestamp>,
    pub state_value: Option<String>,
    pub state_transitioned_timestamp: Option<Timestamp>,
    pub actions_suppressed_by: Option<String>,
    pub actions_suppressed_reason: Option<String>,
    pub actions_suppressor: Option<String>,
    pub actions_suppressor_wait_period: Option<i32>,
    pub actions_suppressor_extension_period: Option<i32>,
    pub action_configuration: Option<ActionConfiguration>,
}
structure!(CompositeAlarm {
0 actions_enabled,
1 alarm_actions,
2 alarm_arn,
3 alarm_configuration_updated_timestamp,
4 alarm_description,
5 alarm_name,
6 alarm_rule,
7 insufficient_data_actions,
8 ok_actions,
9 state_reason,
10 state_reason_data,
11 state_updated_timestamp,
12 state_value,
13 state_transitioned_timestamp,
14 actions_suppressed_by,
15 actions_suppressed_reason,
16 actions_suppressor,
17 actions_suppressor_wait_period,
18 actions_suppressor_extension_period,
19 action_configuration,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateResourceMetricsConfigurationInput {
    pub resource_arn: Option<String>,
    pub metric_selections: Option<Vec<ResourceMetricSelection>>,
}
structure!(CreateResourceMetricsConfigurationInput {
0 resource_arn,
1 metric_selections,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateResourceMetricsConfigurationOutput {
    pub resource_metrics_configuration: Option<ResourceMetricsConfiguration>,
}
structure!(CreateResourceMetricsConfigurationOutput {
0 resource_metrics_configuration,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DashboardEntry {
    pub dashboard_name: Option<String>,
    pub dashboard_arn: Option<String>,
    pub last_modified: Option<Timestamp>,
    pub size: Option<i64>,
}
structure!(DashboardEntry {
0 dashboard_name,
1 dashboard_arn,
2 last_modified,
3 size,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DashboardValidationMessage {
    pub data_path: Option<String>,
    pub message: Option<String>,
}
structure!(DashboardValidationMessage {
0 data_path,
1 message,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Datapoint {
    pub timestamp: Option<Timestamp>,
    pub sample_count: Option<f64>,
    pub average: Option<f64>,
    pub sum: Option<f64>,
    pub minimum: Option<f64>,
    pub maximum: Option<f64>,
    pub unit: Option<String>,
    pub extended_statistics: Option<BTreeMap<String, f64>>,
}
structure!(Datapoint {
0 timestamp,
1 sample_count,
2 average,
3 sum,
4 minimum,
5 maximum,
6 unit,
7 extended_statistics,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteAlarmMuteRuleInput {
    pub alarm_mute_rule_name: Option<String>,
}
structure!(DeleteAlarmMuteRuleInput {
0 alarm_mute_rule_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteAlarmsInput {
    pub alarm_names: Option<Vec<String>>,
}
structure!(DeleteAlarmsInput {
0 alarm_names,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteAnomalyDetectorInput {
    pub anomaly_detector_id: Option<String>,
    pub namespace: Option<String>,
    pub metric_name: Option<String>,
    pub dimensions: Option<Vec<Dimension>>,
    pub stat: Option<String>,
    pub single_metric_anomaly_detector: Option<SingleMetricAnomalyDetector>,
    pub metric_math_anomaly_detector: Option<MetricMathAnomalyDetector>,
}
structure!(DeleteAnomalyDetectorInput {
0 anomaly_detector_id,
1 namespace,
2 metric_name,
3 dimensions,
4 stat,
5 single_metric_anomaly_detector,
6 metric_math_anomaly_detector,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteAnomalyDetectorOutput {}
structure!(DeleteAnomalyDetectorOutput {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteDashboardsInput {
    pub dashboard_names: Option<Vec<String>>,
}
structure!(DeleteDashboardsInput {
0 dashboard_names,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteDashboardsOutput {}
structure!(DeleteDashboardsOutput {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteInsightRulesInput {
    pub rule_names: Option<Vec<String>>,
}
structure!(DeleteInsightRulesInput {
0 rule_names,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteInsightRulesOutput {
    pub failures: Option<Vec<PartialFailure>>,
}
structure!(DeleteInsightRulesOutput {
0 failures,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteMetricDataQueryDefinitionInput {
    pub id: Option<String>,
}
structure!(DeleteMetricDataQueryDefinitionInput {
0 id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteMetricDataQueryDefinitionOutput {}
structure!(DeleteMetricDataQueryDefinitionOutput {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteMetricStreamInput {
    pub name: Option<String>,
}
structure!(DeleteMetricStreamInput {
0 name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteMetricStreamOutput {}
structure!(DeleteMetricStreamOutput {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteResourceMetricsConfigurationInput {
    pub resource_arn: Option<String>,
}
structure!(DeleteResourceMetricsConfigurationInput {
0 resource_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteResourceMetricsConfigurationOutput {}
structure!(DeleteResourceMetricsConfigurationOutput {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeAlarmContributorsInput {
    pub alarm_name: Option<String>,
    pub next_token: Option<String>,
}
structure!(DescribeAlarmContributorsInput {
0 alarm_name,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeAlarmContributorsOutput {
    pub alarm_contributors: Option<Vec<AlarmContributor>>,
    pub next_token: Option<String>,
}
structure!(DescribeAlarmContributorsOutput {
0 alarm_contributors,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeAlarmHistoryInput {
    pub alarm_name: Option<String>,
    pub alarm_contributor_id: Option<String>,
    pub alarm_types: Option<Vec<String>>,
    pub history_item_type: Option<String>,
    pub start_date: Option<Timestamp>,
    pub end_date: Option<Timestamp>,
    pub max_records: Option<i32>,
    pub next_token: Option<String>,
    pub scan_by: Option<String>,
}
structure!(DescribeAlarmHistoryInput {
0 alarm_name,
1 alarm_contributor_id,
2 alarm_types,
3 history_item_type,
4 start_date,
5 end_date,
6 max_records,
7 next_token,
8 scan_by,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeAlarmHistoryOutput {
    pub alarm_history_items: Option<Vec<AlarmHistoryItem>>,
    pub next_token: Option<String>,
}
structure!(DescribeAlarmHistoryOutput {
0 alarm_history_items,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeAlarmsForMetricInput {
    pub metric_name: Option<String>,
    pub namespace: Option<String>,
    pub statistic: Option<String>,
    pub extended_statistic: Option<String>,
    pub dimensions: Option<Vec<Dimension>>,
    pub period: Option<i32>,
    pub unit: Option<String>,
}
structure!(DescribeAlarmsForMetricInput {
0 metric_name,
1 namespace,
2 statistic,
3 extended_statistic,
4 dimensions,
5 period,
6 unit,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeAlarmsForMetricOutput {
    pub metric_alarms: Option<Vec<MetricAlarm>>,
}
structure!(DescribeAlarmsForMetricOutput {
0 metric_alarms,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeAlarmsInput {
    pub alarm_names: Option<Vec<String>>,
    pub alarm_name_prefix: Option<String>,
    pub alarm_types: Option<Vec<String>>,
    pub children_of_alarm_name: Option<String>,
    pub parents_of_alarm_name: Option<String>,
    pub state_value: Option<String>,
    pub action_prefix: Option<String>,
    pub max_records: Option<i32>,
    pub next_token: Option<String>,
}
structure!(DescribeAlarmsInput {
0 alarm_names,
1 alarm_name_prefix,
2 alarm_types,
3 children_of_alarm_name,
4 parents_of_alarm_name,
5 state_value,
6 action_prefix,
7 max_records,
8 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeAlarmsOutput {
    pub composite_alarms: Option<Vec<CompositeAlarm>>,
    pub metric_alarms: Option<Vec<MetricAlarm>>,
    pub log_alarms: Option<Vec<LogAlarm>>,
    pub next_token: Option<String>,
}
structure!(DescribeAlarmsOutput {
0 composite_alarms,
1 metric_alarms,
2 log_alarms,
3 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeAnomalyDetectorsInput {
    pub anomaly_detector_ids: Option<Vec<String>>,
    pub next_token: Option<String>,
    pub max_results: Option<i32>,
    pub namespace: Option<String>,
    pub metric_name: Option<String>,
    pub dimensions: Option<Vec<Dimension>>,
    pub anomaly_detector_types: Option<Vec<String>>,
}
structure!(DescribeAnomalyDetectorsInput {
0 anomaly_detector_ids,
1 next_token,
2 max_results,
3 namespace,
4 metric_name,
5 dimensions,
6 anomaly_detector_types,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeAnomalyDetectorsOutput {
    pub anomaly_detectors: Option<Vec<AnomalyDetector>>,
    pub next_token: Option<String>,
}
structure!(DescribeAnomalyDetectorsOutput {
0 anomaly_detectors,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeInsightRulesInput {
    pub next_token: Option<String>,
    pub max_results: Option<i32>,
}
structure!(DescribeInsightRulesInput {
0 next_token,
1 max_results,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeInsightRulesOutput {
    pub next_token: Option<String>,
    pub insight_rules: Option<Vec<InsightRule>>,
}
structure!(DescribeInsightRulesOutput {
0 next_token,
1 insight_rules,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Dimension {
    pub name: Option<String>,
    pub value: Option<String>,
}
structure!(Dimension {
0 name,
1 value,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DimensionFilter {
    pub name: Option<String>,
    pub value: Option<String>,
}
structure!(DimensionFilter {
0 name,
1 value,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DisableAlarmActionsInput {
    pub alarm_names: Option<Vec<String>>,
}
structure!(DisableAlarmActionsInput {
0 alarm_names,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DisableInsightRulesInput {
    pub rule_names: Option<Vec<String>>,
}
structure!(DisableInsightRulesInput {
0 rule_names,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DisableInsightRulesOutput {
    pub failures: Option<Vec<PartialFailure>>,
}
structure!(DisableInsightRulesOutput {
0 failures,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DisassociateDatasetKmsKeyInput {
    pub dataset_identifier: Option<String>,
}
structure!(DisassociateDatasetKmsKeyInput {
0 dataset_identifier,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DisassociateDatasetKmsKeyOutput {}
structure!(DisassociateDatasetKmsKeyOutput {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EnableAlarmActionsInput {
    pub alarm_names: Option<Vec<String>>,
}
structure!(EnableAlarmActionsInput {
0 alarm_names,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EnableInsightRulesInput {
    pub rule_names: Option<Vec<String>>,
}
structure!(EnableInsightRulesInput {
0 rule_names,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EnableInsightRulesOutput {
    pub failures: Option<Vec<PartialFailure>>,
}
structure!(EnableInsightRulesOutput {
0 failures,
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
pub struct EntityMetricData {
    pub entity: Option<Entity>,
    pub metric_data: Option<Vec<MetricDatum>>,
}
structure!(EntityMetricData {
0 entity,
1 metric_data,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EvaluationCriteria {
    pub prom_ql_criteria: Option<AlarmPromQLCriteria>,
}
structure!(EvaluationCriteria {
0 prom_ql_criteria,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EvaluationWindow {
    pub wall_clock_window: Option<WallClockWindow>,
    pub sliding_window: Option<SlidingWindow>,
}
structure!(EvaluationWindow {
0 wall_clock_window,
1 sliding_window,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetAlarmMuteRuleInput {
    pub alarm_mute_rule_name: Option<String>,
}
structure!(GetAlarmMuteRuleInput {
0 alarm_mute_rule_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetAlarmMuteRuleOutput {
    pub name: Option<String>,
    pub alarm_mute_rule_arn: Option<String>,
    pub description: Option<String>,
    pub rule: Option<Rule>,
    pub mute_targets: Option<MuteTargets>,
    pub start_date: Option<Timestamp>,
    pub expire_date: Option<Timestamp>,
    pub status: Option<String>,
    pub last_updated_timestamp: Option<Timestamp>,
    pub mute_type: Option<String>,
}
structure!(GetAlarmMuteRuleOutput {
0 name,
1 alarm_mute_rule_arn,
2 description,
3 rule,
4 mute_targets,
5 start_date,
6 expire_date,
7 status,
8 last_updated_timestamp,
9 mute_type,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetDashboardInput {
    pub dashboard_name: Option<String>,
}
structure!(GetDashboardInput {
0 dashboard_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetDashboardOutput {
    pub dashboard_arn: Option<String>,
    pub dashboard_body: Option<String>,
    pub dashboard_name: Option<String>,
}
structure!(GetDashboardOutput {
0 dashboard_arn,
1 dashboard_body,
2 dashboard_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetDatasetInput {
    pub dataset_identifier: Option<String>,
}
structure!(GetDatasetInput {
0 dataset_identifier,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetDatasetOutput {
    pub dataset_id: Option<String>,
    pub arn: Option<String>,
    pub kms_key_arn: Option<String>,
}
structure!(GetDatasetOutput {
0 dataset_id,
1 arn,
2 kms_key_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetInsightRuleReportInput {
    pub rule_name: Option<String>,
    pub start_time: Option<Timestamp>,
    pub end_time: Option<Timestamp>,
    pub period: Option<i32>,
    pub max_contributor_count: Option<i32>,
    pub metrics: Option<Vec<String>>,
    pub order_by: Option<String>,
}
structure!(GetInsightRuleReportInput {
0 rule_name,
1 start_time,
2 end_time,
3 period,
4 max_contributor_count,
5 metrics,
6 order_by,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetInsightRuleReportOutput {
    pub key_labels: Option<Vec<String>>,
    pub aggregation_statistic: Option<String>,
    pub aggregate_value: Option<f64>,
    pub approximate_unique_count: Option<i64>,
    pub contributors: Option<Vec<InsightRuleContributor>>,
    pub metric_datapoints: Option<Vec<InsightRuleMetricDatapoint>>,
}
structure!(GetInsightRuleReportOutput {
0 key_labels,
1 aggregation_statistic,
2 aggregate_value,
3 approximate_unique_count,
4 contributors,
5 metric_datapoints,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetMetricDataInput {
    pub metric_data_queries: Option<Vec<MetricDataQuery>>,
    pub start_time: Option<Timestamp>,
    pub end_time: Option<Timestamp>,
    pub next_token: Option<String>,
    pub scan_by: Option<String>,
    pub max_datapoints: Option<i32>,
    pub label_options: Option<LabelOptions>,
}
structure!(GetMetricDataInput {
0 metric_data_queries,
1 start_time,
2 end_time,
3 next_token,
4 scan_by,
5 max_datapoints,
6 label_options,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetMetricDataOutput {
    pub metric_data_results: Option<Vec<MetricDataResult>>,
    pub next_token: Option<String>,
    pub messages: Option<Vec<MessageData>>,
}
structure!(GetMetricDataOutput {
0 metric_data_results,
1 next_token,
2 messages,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetMetricDataQueryDefinitionInput {
    pub id: Option<String>,
}
structure!(GetMetricDataQueryDefinitionInput {
0 id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetMetricDataQueryDefinitionOutput {
    pub id: Option<String>,
    pub arn: Option<String>,
    pub path: Option<String>,
    pub expression: Option<String>,
    pub type_: Option<String>,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
}
structure!(GetMetricDataQueryDefinitionOutput {
0 id,
1 arn,
2 path,
3 expression,
4 type_,
5 created_at,
6 updated_at,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetMetricStatisticsInput {
    pub namespace: Option<String>,
    pub metric_name: Option<String>,
    pub dimensions: Option<Vec<Dimension>>,
    pub start_time: Option<Timestamp>,
    pub end_time: Option<Timestamp>,
    pub period: Option<i32>,
    pub statistics: Option<Vec<String>>,
    pub extended_statistics: Option<Vec<String>>,
    pub unit: Option<String>,
}
structure!(GetMetricStatisticsInput {
0 namespace,
1 metric_name,
2 dimensions,
3 start_time,
4 end_time,
5 period,
6 statistics,
7 extended_statistics,
8 unit,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetMetricStatisticsOutput {
    pub label: Option<String>,
    pub datapoints: Option<Vec<Datapoint>>,
}
structure!(GetMetricStatisticsOutput {
0 label,
1 datapoints,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetMetricStreamInput {
    pub name: Option<String>,
}
structure!(GetMetricStreamInput {
0 name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetMetricStreamOutput {
    pub arn: Option<String>,
    pub name: Option<String>,
    pub include_filters: Option<Vec<MetricStreamFilter>>,
    pub exclude_filters: Option<Vec<MetricStreamFilter>>,
    pub firehose_arn: Option<String>,
    pub role_arn: Option<String>,
    pub state: Option<String>,
    pub creation_date: Option<Timestamp>,
    pub last_update_date: Option<Timestamp>,
    pub output_format: Option<String>,
    pub statistics_configurations: Option<Vec<MetricStreamStatisticsConfiguration>>,
    pub include_linked_accounts_metrics: Option<bool>,
}
structure!(GetMetricStreamOutput {
0 arn,
1 name,
2 include_filters,
3 exclude_filters,
4 firehose_arn,
5 role_arn,
6 state,
7 creation_date,
8 last_update_date,
9 output_format,
10 statistics_configurations,
11 include_linked_accounts_metrics,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetMetricWidgetImageInput {
    pub metric_widget: Option<String>,
    pub output_format: Option<String>,
}
structure!(GetMetricWidgetImageInput {
0 metric_widget,
1 output_format,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetMetricWidgetImageOutput {
    pub metric_widget_image: Option<Vec<u8>>,
}
structure!(GetMetricWidgetImageOutput {
0 metric_widget_image,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetOTelEnrichmentInput {}
structure!(GetOTelEnrichmentInput {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetOTelEnrichmentOutput {
    pub status: Option<String>,
    pub include_filters: Option<Vec<OTelEnrichmentMetricSelector>>,
    pub exclude_filters: Option<Vec<OTelEnrichmentMetricSelector>>,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
}
structure!(GetOTelEnrichmentOutput {
0 status,
1 include_filters,
2 exclude_filters,
3 created_at,
4 updated_at,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetResourceMetricsConfigurationInput {
    pub resource_arn: Option<String>,
}
structure!(GetResourceMetricsConfigurationInput {
0 resource_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetResourceMetricsConfigurationOutput {
    pub resource_metrics_configuration: Option<ResourceMetricsConfiguration>,
}
structure!(GetResourceMetricsConfigurationOutput {
0 resource_metrics_configuration,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InsightRule {
    pub name: Option<String>,
    pub state: Option<String>,
    pub schema: Option<String>,
    pub definition: Option<String>,
    pub managed_rule: Option<bool>,
    pub apply_on_transformed_logs: Option<bool>,
}
structure!(InsightRule {
0 name,
1 state,
2 schema,
3 definition,
4 managed_rule,
5 apply_on_transformed_logs,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InsightRuleContributor {
    pub keys: Option<Vec<String>>,
    pub approximate_aggregate_value: Option<f64>,
    pub datapoints: Option<Vec<InsightRuleContributorDatapoint>>,
}
structure!(InsightRuleContributor {
0 keys,
1 approximate_aggregate_value,
2 datapoints,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InsightRuleContributorDatapoint {
    pub timestamp: Option<Timestamp>,
    pub approximate_value: Option<f64>,
}
structure!(InsightRuleContributorDatapoint {
0 timestamp,
1 approximate_value,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct InsightRuleMetricDatapoint {
    pub timestamp: Option<Timestamp>,
    pub unique_contributors: Option<f64>,
    pub max_contributor_value: Option<f64>,
    pub sample_count: Option<f64>,
    pub average: Option<f64>,
    pub sum: Option<f64>,
    pub minimum: Option<f64>,
    pub maximum: Option<f64>,
}
structure!(InsightRuleMetricDatapoint {
0 timestamp,
1 unique_contributors,
2 max_contributor_value,
3 sample_count,
4 average,
5 sum,
6 minimum,
7 maximum,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LabelOptions {
    pub timezone: Option<String>,
}
structure!(LabelOptions {
0 timezone,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListAlarmMuteRulesInput {
    pub alarm_name: Option<String>,
    pub statuses: Option<Vec<String>>,
    pub max_records: Option<i32>,
    pub next_token: Option<String>,
}
structure!(ListAlarmMuteRulesInput {
0 alarm_name,
1 statuses,
2 max_records,
3 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListAlarmMuteRulesOutput {
    pub alarm_mute_rule_summaries: Option<Vec<AlarmMuteRuleSummary>>,
    pub next_token: Option<String>,
}
structure!(ListAlarmMuteRulesOutput {
0 alarm_mute_rule_summaries,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListDashboardsInput {
    pub dashboard_name_prefix: Option<String>,
    pub next_token: Option<String>,
}
structure!(ListDashboardsInput {
0 dashboard_name_prefix,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListDashboardsOutput {
    pub dashboard_entries: Option<Vec<DashboardEntry>>,
    pub next_token: Option<String>,
}
structure!(ListDashboardsOutput {
0 dashboard_entries,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListManagedInsightRulesInput {
    pub resource_arn: Option<String>,
    pub next_token: Option<String>,
    pub max_results: Option<i32>,
}
structure!(ListManagedInsightRulesInput {
0 resource_arn,
1 next_token,
2 max_results,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListManagedInsightRulesOutput {
    pub managed_rules: Option<Vec<ManagedRuleDescription>>,
    pub next_token: Option<String>,
}
structure!(ListManagedInsightRulesOutput {
0 managed_rules,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListMetricDataQueryDefinitionsInput {
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
}
structure!(ListMetricDataQueryDefinitionsInput {
0 max_results,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListMetricDataQueryDefinitionsOutput {
    pub items: Option<Vec<MetricDataQueryDefinitionSummary>>,
    pub next_token: Option<String>,
}
structure!(ListMetricDataQueryDefinitionsOutput {
0 items,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListMetricStreamsInput {
    pub next_token: Option<String>,
    pub max_results: Option<i32>,
}
structure!(ListMetricStreamsInput {
0 next_token,
1 max_results,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListMetricStreamsOutput {
    pub next_token: Option<String>,
    pub entries: Option<Vec<MetricStreamEntry>>,
}
structure!(ListMetricStreamsOutput {
0 next_token,
1 entries,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListMetricsInput {
    pub namespace: Option<String>,
    pub metric_name: Option<String>,
    pub dimensions: Option<Vec<DimensionFilter>>,
    pub next_token: Option<String>,
    pub recently_active: Option<String>,
    pub include_linked_accounts: Option<bool>,
    pub owning_account: Option<String>,
}
structure!(ListMetricsInput {
0 namespace,
1 metric_name,
2 dimensions,
3 next_token,
4 recently_active,
5 include_linked_accounts,
6 owning_account,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListMetricsOutput {
    pub metrics: Option<Vec<Metric>>,
    pub next_token: Option<String>,
    pub owning_accounts: Option<Vec<String>>,
}
structure!(ListMetricsOutput {
0 metrics,
1 next_token,
2 owning_accounts,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListTagsForResourceInput {
    pub resource_arn: Option<String>,
}
structure!(ListTagsForResourceInput {
0 resource_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListTagsForResourceOutput {
    pub tags: Option<Vec<Tag>>,
}
structure!(ListTagsForResourceOutput {
0 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LogAlarm {
    pub alarm_name: Option<String>,
    pub alarm_arn: Option<String>,
    pub alarm_description: Option<String>,
    pub alarm_configuration_updated_timestamp: Option<Timestamp>,
    pub actions_enabled: Option<bool>,
    pub ok_actions: Option<Vec<String>>,
    pub alarm_actions: Option<Vec<String>>,
    pub insufficient_data_actions: Option<Vec<String>>,
    pub state_value: Option<String>,
    pub state_reason: Option<String>,
    pub state_reason_data: Option<String>,
    pub state_updated_timestamp: Option<Timestamp>,
    pub scheduled_query_configuration: Option<ScheduledQueryConfiguration>,
    pub query_results_to_evaluate: Option<i32>,
    pub query_results_to_alarm: Option<i32>,
    pub threshold: Option<f64>,
    pub comparison_operator: Option<String>,
    pub treat_missing_data: Option<String>,
    pub state_transitioned_timestamp: Option<Timestamp>,
    pub evaluation_state: Option<String>,
    pub action_log_line_count: Option<i32>,
    pub action_log_line_role_arn: Option<String>,
    pub warm_up_configuration: Option<WarmUpConfiguration>,
    pub action_configuration: Option<ActionConfiguration>,
}
structure!(LogAlarm {
0 alarm_name,
1 alarm_arn,
2 alarm_description,
3 alarm_configuration_updated_timestamp,
4 actions_enabled,
5 ok_actions,
6 alarm_actions,
7 insufficient_data_actions,
8 state_value,
9 state_reason,
10 state_reason_data,
11 state_updated_timestamp,
12 scheduled_query_configuration,
13 query_results_to_evaluate,
14 query_results_to_alarm,
15 threshold,
16 comparison_operator,
17 treat_missing_data,
18 state_transitioned_timestamp,
19 evaluation_state,
20 action_log_line_count,
21 action_log_line_role_arn,
22 warm_up_configuration,
23 action_configuration,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ManagedRule {
    pub template_name: Option<String>,
    pub resource_arn: Option<String>,
    pub tags: Option<Vec<Tag>>,
}
structure!(ManagedRule {
0 template_name,
1 resource_arn,
2 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ManagedRuleDescription {
    pub template_name: Option<String>,
    pub resource_arn: Option<String>,
    pub rule_state: Option<ManagedRuleState>,
}
structure!(ManagedRuleDescription {
0 template_name,
1 resource_arn,
2 rule_state,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ManagedRuleState {
    pub rule_name: Option<String>,
    pub state: Option<String>,
}
structure!(ManagedRuleState {
0 rule_name,
1 state,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct MessageData {
    pub code: Option<String>,
    pub value: Option<String>,
}
structure!(MessageData {
0 code,
1 value,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Metric {
    pub namespace: Option<String>,
    pub metric_name: Option<String>,
    pub dimensions: Option<Vec<Dimension>>,
}
structure!(Metric {
0 namespace,
1 metric_name,
2 dimensions,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct MetricAlarm {
    pub alarm_name: Option<String>,
    pub alarm_arn: Option<String>,
    pub alarm_description: Option<String>,
    pub alarm_configuration_updated_timestamp: Option<Timestamp>,
    pub actions_enabled: Option<bool>,
    pub ok_actions: Option<Vec<String>>,
    pub alarm_actions: Option<Vec<String>>,
    pub insufficient_data_actions: Option<Vec<String>>,
    pub state_value: Option<String>,
    pub state_reason: Option<String>,
    pub state_reason_data: Option<String>,
    pub state_updated_timestamp: Option<Timestamp>,
    pub metric_name: Option<String>,
    pub namespace: Option<String>,
    pub statistic: Option<String>,
    pub extended_statistic: Option<String>,
    pub dimensions: Option<Vec<Dimension>>,
    pub period: Option<i32>,
    pub unit: Option<String>,
    pub evaluation_periods: Option<i32>,
    pub datapoints_to_alarm: Option<i32>,
    pub threshold: Option<f64>,
    pub comparison_operator: Option<String>,
    pub treat_missing_data: Option<String>,
    pub evaluate_low_sample_count_percentile: Option<String>,
    pub metrics: Option<Vec<MetricDataQuery>>,
    pub threshold_metric_id: Option<String>,
    pub evaluation_state: Option<String>,
    pub state_transitioned_timestamp: Option<Timestamp>,
    pub evaluation_window: Option<EvaluationWindow>,
    pub warm_up_configuration: Option<WarmUpConfiguration>,
    pub evaluation_criteria: Option<EvaluationCriteria>,
    pub evaluation_interval: Option<i32>,
    pub action_configuration: Option<ActionConfiguration>,
}
structure!(MetricAlarm {
0 alarm_name,
1 alarm_arn,
2 alarm_description,
3 alarm_configuration_updated_timestamp,
4 actions_enabled,
5 ok_actions,
6 alarm_actions,
7 insufficient_data_actions,
8 state_value,
9 state_reason,
10 state_reason_data,
11 state_updated_timestamp,
12 metric_name,
13 namespace,
14 statistic,
15 extended_statistic,
16 dimensions,
17 period,
18 unit,
19 evaluation_periods,
20 datapoints_to_alarm,
21 threshold,
22 comparison_operator,
23 treat_missing_data,
24 evaluate_low_sample_count_percentile,
25 metrics,
26 threshold_metric_id,
27 evaluation_state,
28 state_transitioned_timestamp,
29 evaluation_window,
30 warm_up_configuration,
31 evaluation_criteria,
32 evaluation_interval,
33 action_configuration,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct MetricCharacteristics {
    pub periodic_spikes: Option<bool>,
}
structure!(MetricCharacteristics {
0 periodic_spikes,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct MetricDataQuery {
    pub id: Option<String>,
    pub metric_stat: Option<MetricStat>,
    pub expression: Option<String>,
    pub label: Option<String>,
    pub return_data: Option<bool>,
    pub period: Option<i32>,
    pub account_id: Option<String>,
}
structure!(MetricDataQuery {
0 id,
1 metric_stat,
2 expression,
3 label,
4 return_data,
5 period,
6 account_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct MetricDataQueryDefinitionSummary {
    pub id: Option<String>,
    pub path: Option<String>,
    pub type_: Option<String>,
    pub updated_at: Option<Timestamp>,
}
structure!(MetricDataQueryDefinitionSummary {
0 id,
1 path,
2 type_,
3 updated_at,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct MetricDataResult {
    pub id: Option<String>,
    pub label: Option<String>,
    pub timestamps: Option<Vec<Timestamp>>,
    pub values: Option<Vec<f64>>,
    pub status_code: Option<String>,
    pub messages: Option<Vec<MessageData>>,
}
structure!(MetricDataResult {
0 id,
1 label,
2 timestamps,
3 values,
4 status_code,
5 messages,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct MetricDatum {
    pub metric_name: Option<String>,
    pub dimensions: Option<Vec<Dimension>>,
    pub timestamp: Option<Timestamp>,
    pub value: Option<f64>,
    pub statistic_values: Option<StatisticSet>,
    pub values: Option<Vec<f64>>,
    pub counts: Option<Vec<f64>>,
    pub unit: Option<String>,
    pub storage_resolution: Option<i32>,
}
structure!(MetricDatum {
0 metric_name,
1 dimensions,
2 timestamp,
3 value,
4 statistic_values,
5 values,
6 counts,
7 unit,
8 storage_resolution,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct MetricMathAnomalyDetector {
    pub metric_data_queries: Option<Vec<MetricDataQuery>>,
}
structure!(MetricMathAnomalyDetector {
0 metric_data_queries,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct MetricStat {
    pub metric: Option<Metric>,
    pub period: Option<i32>,
    pub stat: Option<String>,
    pub unit: Option<String>,
}
structure!(MetricStat {
0 metric,
1 period,
2 stat,
3 unit,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct MetricStreamEntry {
    pub arn: Option<String>,
    pub creation_date: Option<Timestamp>,
    pub last_update_date: Option<Timestamp>,
    pub name: Option<String>,
    pub firehose_arn: Option<String>,
    pub state: Option<String>,
    pub output_format: Option<String>,
}
structure!(MetricStreamEntry {
0 arn,
1 creation_date,
2 last_update_date,
3 name,
4 firehose_arn,
5 state,
6 output_format,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct MetricStreamFilter {
    pub namespace: Option<String>,
    pub metric_names: Option<Vec<String>>,
}
structure!(MetricStreamFilter {
0 namespace,
1 metric_names,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct MetricStreamStatisticsConfiguration {
    pub include_metrics: Option<Vec<MetricStreamStatisticsMetric>>,
    pub additional_statistics: Option<Vec<String>>,
}
structure!(MetricStreamStatisticsConfiguration {
0 include_metrics,
1 additional_statistics,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct MetricStreamStatisticsMetric {
    pub namespace: Option<String>,
    pub metric_name: Option<String>,
}
structure!(MetricStreamStatisticsMetric {
0 namespace,
1 metric_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct MuteTargets {
    pub alarm_names: Option<Vec<String>>,
}
structure!(MuteTargets {
0 alarm_names,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct OTelEnrichmentMetricSelector {
    pub namespace: Option<String>,
    pub metric_names: Option<Vec<String>>,
}
structure!(OTelEnrichmentMetricSelector {
0 namespace,
1 metric_names,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PartialFailure {
    pub failure_resource: Option<String>,
    pub exception_type: Option<String>,
    pub failure_code: Option<String>,
    pub failure_description: Option<String>,
}
structure!(PartialFailure {
0 failure_resource,
1 exception_type,
2 failure_code,
3 failure_description,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutAlarmMuteRuleInput {
    pub name: Option<String>,
    pub description: Option<String>,
    pub rule: Option<Rule>,
    pub mute_targets: Option<MuteTargets>,
    pub tags: Option<Vec<Tag>>,
    pub start_date: Option<Timestamp>,
    pub expire_date: Option<Timestamp>,
}
structure!(PutAlarmMuteRuleInput {
0 name,
1 description,
2 rule,
3 mute_targets,
4 tags,
5 start_date,
6 expire_date,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutAnomalyDetectorInput {
    pub namespace: Option<String>,
    pub metric_name: Option<String>,
    pub dimensions: Option<Vec<Dimension>>,
    pub stat: Option<String>,
    pub configuration: Option<AnomalyDetectorConfiguration>,
    pub metric_characteristics: Option<MetricCharacteristics>,
    pub single_metric_anomaly_detector: Option<SingleMetricAnomalyDetector>,
    pub metric_math_anomaly_detector: Option<MetricMathAnomalyDetector>,
}
structure!(PutAnomalyDetectorInput {
0 namespace,
1 metric_name,
2 dimensions,
3 stat,
4 configuration,
5 metric_characteristics,
6 single_metric_anomaly_detector,
7 metric_math_anomaly_detector,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutAnomalyDetectorOutput {
    pub anomaly_detector_id: Option<String>,
}
structure!(PutAnomalyDetectorOutput {
0 anomaly_detector_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutCompositeAlarmInput {
    pub actions_enabled: Option<bool>,
    pub alarm_actions: Option<Vec<String>>,
    pub alarm_description: Option<String>,
    pub alarm_name: Option<String>,
    pub alarm_rule: Option<String>,
    pub insufficient_data_actions: Option<Vec<String>>,
    pub ok_actions: Option<Vec<String>>,
    pub tags: Option<Vec<Tag>>,
    pub actions_suppressor: Option<String>,
    pub actions_suppressor_wait_period: Option<i32>,
    pub actions_suppressor_extension_period: Option<i32>,
    pub action_configuration: Option<ActionConfiguration>,
}
structure!(PutCompositeAlarmInput {
0 actions_enabled,
1 alarm_actions,
2 alarm_description,
3 alarm_name,
4 alarm_rule,
5 insufficient_data_actions,
6 ok_actions,
7 tags,
8 actions_suppressor,
9 actions_suppressor_wait_period,
10 actions_suppressor_extension_period,
11 action_configuration,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutDashboardInput {
    pub dashboard_name: Option<String>,
    pub dashboard_body: Option<String>,
    pub tags: Option<Vec<Tag>>,
}
structure!(PutDashboardInput {
0 dashboard_name,
1 dashboard_body,
2 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutDashboardOutput {
    pub dashboard_validation_messages: Option<Vec<DashboardValidationMessage>>,
}
structure!(PutDashboardOutput {
0 dashboard_validation_messages,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutInsightRuleInput {
    pub rule_name: Option<String>,
    pub rule_state: Option<String>,
    pub rule_definition: Option<String>,
    pub tags: Option<Vec<Tag>>,
    pub apply_on_transformed_logs: Option<bool>,
}
structure!(PutInsightRuleInput {
0 rule_name,
1 rule_state,
2 rule_definition,
3 tags,
4 apply_on_transformed_logs,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutInsightRuleOutput {}
structure!(PutInsightRuleOutput {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutLogAlarmInput {
    pub alarm_name: Option<String>,
    pub alarm_description: Option<String>,
    pub scheduled_query_configuration: Option<ScheduledQueryConfiguration>,
    pub action_log_line_count: Option<i32>,
    pub action_log_line_role_arn: Option<String>,
    pub actions_enabled: Option<bool>,
    pub ok_actions: Option<Vec<String>>,
    pub alarm_actions: Option<Vec<String>>,
    pub insufficient_data_actions: Option<Vec<String>>,
    pub query_results_to_evaluate: Option<i32>,
    pub query_results_to_alarm: Option<i32>,
    pub threshold: Option<f64>,
    pub comparison_operator: Option<String>,
    pub treat_missing_data: Option<String>,
    pub tags: Option<Vec<Tag>>,
    pub warm_up_configuration: Option<WarmUpConfiguration>,
    pub action_configuration: Option<ActionConfiguration>,
}
structure!(PutLogAlarmInput {
0 alarm_name,
1 alarm_description,
2 scheduled_query_configuration,
3 action_log_line_count,
4 action_log_line_role_arn,
5 actions_enabled,
6 ok_actions,
7 alarm_actions,
8 insufficient_data_actions,
9 query_results_to_evaluate,
10 query_results_to_alarm,
11 threshold,
12 comparison_operator,
13 treat_missing_data,
14 tags,
15 warm_up_configuration,
16 action_configuration,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutManagedInsightRulesInput {
    pub managed_rules: Option<Vec<ManagedRule>>,
}
structure!(PutManagedInsightRulesInput {
0 managed_rules,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutManagedInsightRulesOutput {
    pub failures: Option<Vec<PartialFailure>>,
}
structure!(PutManagedInsightRulesOutput {
0 failures,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutMetricAlarmInput {
    pub alarm_name: Option<String>,
    pub alarm_description: Option<String>,
    pub actions_enabled: Option<bool>,
    pub ok_actions: Option<Vec<String>>,
    pub alarm_actions: Option<Vec<String>>,
    pub insufficient_data_actions: Option<Vec<String>>,
    pub metric_name: Option<String>,
    pub namespace: Option<String>,
    pub statistic: Option<String>,
    pub extended_statistic: Option<String>,
    pub dimensions: Option<Vec<Dimension>>,
    pub period: Option<i32>,
    pub unit: Option<String>,
    pub evaluation_periods: Option<i32>,
    pub datapoints_to_alarm: Option<i32>,
    pub threshold: Option<f64>,
    pub comparison_operator: Option<String>,
    pub treat_missing_data: Option<String>,
    pub evaluate_low_sample_count_percentile: Option<String>,
    pub metrics: Option<Vec<MetricDataQuery>>,
    pub tags: Option<Vec<Tag>>,
    pub threshold_metric_id: Option<String>,
    pub evaluation_window: Option<EvaluationWindow>,
    pub warm_up_configuration: Option<WarmUpConfiguration>,
    pub evaluation_criteria: Option<EvaluationCriteria>,
    pub evaluation_interval: Option<i32>,
    pub action_configuration: Option<ActionConfiguration>,
}
structure!(PutMetricAlarmInput {
0 alarm_name,
1 alarm_description,
2 actions_enabled,
3 ok_actions,
4 alarm_actions,
5 insufficient_data_actions,
6 metric_name,
7 namespace,
8 statistic,
9 extended_statistic,
10 dimensions,
11 period,
12 unit,
13 evaluation_periods,
14 datapoints_to_alarm,
15 threshold,
16 comparison_operator,
17 treat_missing_data,
18 evaluate_low_sample_count_percentile,
19 metrics,
20 tags,
21 threshold_metric_id,
22 evaluation_window,
23 warm_up_configuration,
24 evaluation_criteria,
25 evaluation_interval,
26 action_configuration,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutMetricDataInput {
    pub namespace: Option<String>,
    pub metric_data: Option<Vec<MetricDatum>>,
    pub entity_metric_data: Option<Vec<EntityMetricData>>,
    pub strict_entity_validation: Option<bool>,
}
structure!(PutMetricDataInput {
0 namespace,
1 metric_data,
2 entity_metric_data,
3 strict_entity_validation,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutMetricDataQueryDefinitionInput {
    pub id: Option<String>,
    pub path: Option<String>,
    pub expression: Option<String>,
    pub type_: Option<String>,
    pub tags: Option<Vec<Tag>>,
}
structure!(PutMetricDataQueryDefinitionInput {
0 id,
1 path,
2 expression,
3 type_,
4 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutMetricDataQueryDefinitionOutput {
    pub id: Option<String>,
    pub arn: Option<String>,
    pub path: Option<String>,
    pub expression: Option<String>,
    pub type_: Option<String>,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
}
structure!(PutMetricDataQueryDefinitionOutput {
0 id,
1 arn,
2 path,
3 expression,
4 type_,
5 created_at,
6 updated_at,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutMetricStreamInput {
    pub name: Option<String>,
    pub include_filters: Option<Vec<MetricStreamFilter>>,
    pub exclude_filters: Option<Vec<MetricStreamFilter>>,
    pub firehose_arn: Option<String>,
    pub role_arn: Option<String>,
    pub output_format: Option<String>,
    pub tags: Option<Vec<Tag>>,
    pub statistics_configurations: Option<Vec<MetricStreamStatisticsConfiguration>>,
    pub include_linked_accounts_metrics: Option<bool>,
}
structure!(PutMetricStreamInput {
0 name,
1 include_filters,
2 exclude_filters,
3 firehose_arn,
4 role_arn,
5 output_format,
6 tags,
7 statistics_configurations,
8 include_linked_accounts_metrics,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutMetricStreamOutput {
    pub arn: Option<String>,
}
structure!(PutMetricStreamOutput {
0 arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Range {
    pub start_time: Option<Timestamp>,
    pub end_time: Option<Timestamp>,
}
structure!(Range {
0 start_time,
1 end_time,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResourceMetricSelection {
    pub include_metrics: Option<Vec<String>>,
}
structure!(ResourceMetricSelection {
0 include_metrics,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResourceMetricsConfiguration {
    pub resource_arn: Option<String>,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
    pub metric_selections: Option<Vec<ResourceMetricSelection>>,
}
structure!(ResourceMetricsConfiguration {
0 resource_arn,
1 created_at,
2 updated_at,
3 metric_selections,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rule {
    pub schedule: Option<Schedule>,
}
structure!(Rule {
0 schedule,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Schedule {
    pub expression: Option<String>,
    pub duration: Option<String>,
    pub timezone: Option<String>,
}
structure!(Schedule {
0 expression,
1 duration,
2 timezone,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ScheduleConfiguration {
    pub schedule_expression: Option<String>,
    pub start_time_offset: Option<i64>,
    pub end_time_offset: Option<i64>,
}
structure!(ScheduleConfiguration {
0 schedule_expression,
1 start_time_offset,
2 end_time_offset,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ScheduledQueryConfiguration {
    pub query_string: Option<String>,
    pub log_group_identifiers: Option<Vec<String>>,
    pub query_arn: Option<String>,
    pub scheduled_query_role_arn: Option<String>,
    pub schedule_configuration: Option<ScheduleConfiguration>,
    pub aggregation_expression: Option<String>,
    pub tags: Option<Vec<Tag>>,
}
structure!(ScheduledQueryConfiguration {
0 query_string,
1 log_group_identifiers,
2 query_arn,
3 scheduled_query_role_arn,
4 schedule_configuration,
5 aggregation_expression,
6 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SetAlarmStateInput {
    pub alarm_name: Option<String>,
    pub state_value: Option<String>,
    pub state_reason: Option<String>,
    pub state_reason_data: Option<String>,
}
structure!(SetAlarmStateInput {
0 alarm_name,
1 state_value,
2 state_reason,
3 state_reason_data,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SingleMetricAnomalyDetector {
    pub account_id: Option<String>,
    pub namespace: Option<String>,
    pub metric_name: Option<String>,
    pub dimensions: Option<Vec<Dimension>>,
    pub stat: Option<String>,
}
structure!(SingleMetricAnomalyDetector {
0 account_id,
1 namespace,
2 metric_name,
3 dimensions,
4 stat,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SlidingWindow {}
structure!(SlidingWindow {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct StartMetricStreamsInput {
    pub names: Option<Vec<String>>,
}
structure!(StartMetricStreamsInput {
0 names,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct StartMetricStreamsOutput {}
structure!(StartMetricStreamsOutput {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct StartOTelEnrichmentInput {
    pub include_filters: Option<Vec<OTelEnrichmentMetricSelector>>,
    pub exclude_filters: Option<Vec<OTelEnrichmentMetricSelector>>,
}
structure!(StartOTelEnrichmentInput {
0 include_filters,
1 exclude_filters,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct StartOTelEnrichmentOutput {
    pub include_filters: Option<Vec<OTelEnrichmentMetricSelector>>,
    pub exclude_filters: Option<Vec<OTelEnrichmentMetricSelector>>,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
}
structure!(StartOTelEnrichmentOutput {
0 include_filters,
1 exclude_filters,
2 created_at,
3 updated_at,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct StatisticSet {
    pub sample_count: Option<f64>,
    pub sum: Option<f64>,
    pub minimum: Option<f64>,
    pub maximum: Option<f64>,
}
structure!(StatisticSet {
0 sample_count,
1 sum,
2 minimum,
3 maximum,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct StopMetricStreamsInput {
    pub names: Option<Vec<String>>,
}
structure!(StopMetricStreamsInput {
0 names,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct StopMetricStreamsOutput {}
structure!(StopMetricStreamsOutput {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct StopOTelEnrichmentInput {}
structure!(StopOTelEnrichmentInput {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct StopOTelEnrichmentOutput {}
structure!(StopOTelEnrichmentOutput {});

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
pub struct TagResourceInput {
    pub resource_arn: Option<String>,
    pub tags: Option<Vec<Tag>>,
}
structure!(TagResourceInput {
0 resource_arn,
1 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TagResourceOutput {}
structure!(TagResourceOutput {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UntagResourceInput {
    pub resource_arn: Option<String>,
    pub tag_keys: Option<Vec<String>>,
}
structure!(UntagResourceInput {
0 resource_arn,
1 tag_keys,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UntagResourceOutput {}
structure!(UntagResourceOutput {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateOTelEnrichmentInput {
    pub include_filters: Option<Vec<OTelEnrichmentMetricSelector>>,
    pub exclude_filters: Option<Vec<OTelEnrichmentMetricSelector>>,
}
structure!(UpdateOTelEnrichmentInput {
0 include_filters,
1 exclude_filters,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateOTelEnrichmentOutput {
    pub include_filters: Option<Vec<OTelEnrichmentMetricSelector>>,
    pub exclude_filters: Option<Vec<OTelEnrichmentMetricSelector>>,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
}
structure!(UpdateOTelEnrichmentOutput {
0 include_filters,
1 exclude_filters,
2 created_at,
3 updated_at,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateResourceMetricsConfigurationInput {
    pub resource_arn: Option<String>,
    pub metric_selections: Option<Vec<ResourceMetricSelection>>,
}
structure!(UpdateResourceMetricsConfigurationInput {
0 resource_arn,
1 metric_selections,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateResourceMetricsConfigurationOutput {
    pub resource_metrics_configuration: Option<ResourceMetricsConfiguration>,
}
structure!(UpdateResourceMetricsConfigurationOutput {
0 resource_metrics_configuration,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct WallClockWindow {
    pub timezone: Option<String>,
}
structure!(WallClockWindow {
0 timezone,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct WarmUpConfiguration {
    pub warm_up_period_duration_in_minutes: Option<i32>,
    pub only_start_evaluating_after_warm_up_period_ends: Option<bool>,
}
structure!(WarmUpConfiguration {
0 warm_up_period_duration_in_minutes,
1 only_start_evaluating_after_warm_up_period_ends,
});
