// Written by `cargo xtask generate` from models/. Do not edit.
//! Inputs, outputs and their parts. Every member is optional: what must be there is checked by
//! the schema before an operation sees its input.
#[allow(unused_imports)]
use std::collections::BTreeMap;
#[allow(unused_imports)]
use wharf_wire::{Timestamp, structure};

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Alarm {
    pub alarm_name: Option<String>,
    pub alarm_arn: Option<String>,
}
structure!(Alarm {
0 alarm_name,
1 alarm_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CapacityForecast {
    pub timestamps: Option<Vec<Timestamp>>,
    pub values: Option<Vec<f64>>,
}
structure!(CapacityForecast {
0 timestamps,
1 values,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CustomizedMetricSpecification {
    pub metric_name: Option<String>,
    pub namespace: Option<String>,
    pub dimensions: Option<Vec<MetricDimension>>,
    pub statistic: Option<String>,
    pub unit: Option<String>,
    pub metrics: Option<Vec<TargetTrackingMetricDataQuery>>,
}
structure!(CustomizedMetricSpecification {
0 metric_name,
1 namespace,
2 dimensions,
3 statistic,
4 unit,
5 metrics,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteScalingPolicyRequest {
    pub policy_name: Option<String>,
    pub service_namespace: Option<String>,
    pub resource_id: Option<String>,
    pub scalable_dimension: Option<String>,
}
structure!(DeleteScalingPolicyRequest {
0 policy_name,
1 service_namespace,
2 resource_id,
3 scalable_dimension,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteScalingPolicyResponse {}
structure!(DeleteScalingPolicyResponse {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteScheduledActionRequest {
    pub service_namespace: Option<String>,
    pub scheduled_action_name: Option<String>,
    pub resource_id: Option<String>,
    pub scalable_dimension: Option<String>,
}
structure!(DeleteScheduledActionRequest {
0 service_namespace,
1 scheduled_action_name,
2 resource_id,
3 scalable_dimension,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteScheduledActionResponse {}
structure!(DeleteScheduledActionResponse {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeregisterScalableTargetRequest {
    pub service_namespace: Option<String>,
    pub resource_id: Option<String>,
    pub scalable_dimension: Option<String>,
}
structure!(DeregisterScalableTargetRequest {
0 service_namespace,
1 resource_id,
2 scalable_dimension,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeregisterScalableTargetResponse {}
structure!(DeregisterScalableTargetResponse {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeScalableTargetsRequest {
    pub service_namespace: Option<String>,
    pub resource_ids: Option<Vec<String>>,
    pub scalable_dimension: Option<String>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
}
structure!(DescribeScalableTargetsRequest {
0 service_namespace,
1 resource_ids,
2 scalable_dimension,
3 max_results,
4 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeScalableTargetsResponse {
    pub scalable_targets: Option<Vec<ScalableTarget>>,
    pub next_token: Option<String>,
}
structure!(DescribeScalableTargetsResponse {
0 scalable_targets,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeScalingActivitiesRequest {
    pub service_namespace: Option<String>,
    pub resource_id: Option<String>,
    pub scalable_dimension: Option<String>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
    pub include_not_scaled_activities: Option<bool>,
}
structure!(DescribeScalingActivitiesRequest {
0 service_namespace,
1 resource_id,
2 scalable_dimension,
3 max_results,
4 next_token,
5 include_not_scaled_activities,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeScalingActivitiesResponse {
    pub scaling_activities: Option<Vec<ScalingActivity>>,
    pub next_token: Option<String>,
}
structure!(DescribeScalingActivitiesResponse {
0 scaling_activities,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeScalingPoliciesRequest {
    pub policy_names: Option<Vec<String>>,
    pub service_namespace: Option<String>,
    pub resource_id: Option<String>,
    pub scalable_dimension: Option<String>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
}
structure!(DescribeScalingPoliciesRequest {
0 policy_names,
1 service_namespace,
2 resource_id,
3 scalable_dimension,
4 max_results,
5 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeScalingPoliciesResponse {
    pub scaling_policies: Option<Vec<ScalingPolicy>>,
    pub next_token: Option<String>,
}
structure!(DescribeScalingPoliciesResponse {
0 scaling_policies,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeScheduledActionsRequest {
    pub scheduled_action_names: Option<Vec<String>>,
    pub service_namespace: Option<String>,
    pub resource_id: Option<String>,
    pub scalable_dimension: Option<String>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
}
structure!(DescribeScheduledActionsRequest {
0 scheduled_action_names,
1 service_namespace,
2 resource_id,
3 scalable_dimension,
4 max_results,
5 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeScheduledActionsResponse {
    pub scheduled_actions: Option<Vec<ScheduledAction>>,
    pub next_token: Option<String>,
}
structure!(DescribeScheduledActionsResponse {
0 scheduled_actions,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetPredictiveScalingForecastRequest {
    pub service_namespace: Option<String>,
    pub resource_id: Option<String>,
    pub scalable_dimension: Option<String>,
    pub policy_name: Option<String>,
    pub start_time: Option<Timestamp>,
    pub end_time: Option<Timestamp>,
}
structure!(GetPredictiveScalingForecastRequest {
0 service_namespace,
1 resource_id,
2 scalable_dimension,
3 policy_name,
4 start_time,
5 end_time,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetPredictiveScalingForecastResponse {
    pub load_forecast: Option<Vec<LoadForecast>>,
    pub capacity_forecast: Option<CapacityForecast>,
    pub update_time: Option<Timestamp>,
}
structure!(GetPredictiveScalingForecastResponse {
0 load_forecast,
1 capacity_forecast,
2 update_time,
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
pub struct LoadForecast {
    pub timestamps: Option<Vec<Timestamp>>,
    pub values: Option<Vec<f64>>,
    pub metric_specification: Option<PredictiveScalingMetricSpecification>,
}
structure!(LoadForecast {
0 timestamps,
1 values,
2 metric_specification,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct MetricDimension {
    pub name: Option<String>,
    pub value: Option<String>,
}
structure!(MetricDimension {
0 name,
1 value,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct NotScaledReason {
    pub code: Option<String>,
    pub max_capacity: Option<i32>,
    pub min_capacity: Option<i32>,
    pub current_capacity: Option<i32>,
}
structure!(NotScaledReason {
0 code,
1 max_capacity,
2 min_capacity,
3 current_capacity,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PredefinedMetricSpecification {
    pub predefined_metric_type: Option<String>,
    pub resource_label: Option<String>,
}
structure!(PredefinedMetricSpecification {
0 predefined_metric_type,
1 resource_label,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PredictiveScalingCustomizedMetricSpecification {
    pub metric_data_queries: Option<Vec<PredictiveScalingMetricDataQuery>>,
}
structure!(PredictiveScalingCustomizedMetricSpecification {
0 metric_data_queries,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PredictiveScalingMetric {
    pub dimensions: Option<Vec<PredictiveScalingMetricDimension>>,
    pub metric_name: Option<String>,
    pub namespace: Option<String>,
}
structure!(PredictiveScalingMetric {
0 dimensions,
1 metric_name,
2 namespace,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PredictiveScalingMetricDataQuery {
    pub id: Option<String>,
    pub expression: Option<String>,
    pub metric_stat: Option<PredictiveScalingMetricStat>,
    pub label: Option<String>,
    pub return_data: Option<bool>,
}
structure!(PredictiveScalingMetricDataQuery {
0 id,
1 expression,
2 metric_stat,
3 label,
4 return_data,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PredictiveScalingMetricDimension {
    pub name: Option<String>,
    pub value: Option<String>,
}
structure!(PredictiveScalingMetricDimension {
0 name,
1 value,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PredictiveScalingMetricSpecification {
    pub target_value: Option<f64>,
    pub predefined_metric_pair_specification:
        Option<PredictiveScalingPredefinedMetricPairSpecification>,
    pub predefined_scaling_metric_specification:
        Option<PredictiveScalingPredefinedScalingMetricSpecification>,
    pub predefined_load_metric_specification:
        Option<PredictiveScalingPredefinedLoadMetricSpecification>,
    pub customized_scaling_metric_specification:
        Option<PredictiveScalingCustomizedMetricSpecification>,
    pub customized_load_metric_specification:
        Option<PredictiveScalingCustomizedMetricSpecification>,
    pub customized_capacity_metric_specification:
        Option<PredictiveScalingCustomizedMetricSpecification>,
}
structure!(PredictiveScalingMetricSpecification {
0 target_value,
1 predefined_metric_pair_specification,
2 predefined_scaling_metric_specification,
3 predefined_load_metric_specification,
4 customized_scaling_metric_specification,
5 customized_load_metric_specification,
6 customized_capacity_metric_specification,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PredictiveScalingMetricStat {
    pub metric: Option<PredictiveScalingMetric>,
    pub stat: Option<String>,
    pub unit: Option<String>,
}
structure!(PredictiveScalingMetricStat {
0 metric,
1 stat,
2 unit,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PredictiveScalingPolicyConfiguration {
    pub metric_specifications: Option<Vec<PredictiveScalingMetricSpecification>>,
    pub mode: Option<String>,
    pub scheduling_buffer_time: Option<i32>,
    pub max_capacity_breach_behavior: Option<String>,
    pub max_capacity_buffer: Option<i32>,
}
structure!(PredictiveScalingPolicyConfiguration {
0 metric_specifications,
1 mode,
2 scheduling_buffer_time,
3 max_capacity_breach_behavior,
4 max_capacity_buffer,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PredictiveScalingPredefinedLoadMetricSpecification {
    pub predefined_metric_type: Option<String>,
    pub resource_label: Option<String>,
}
structure!(PredictiveScalingPredefinedLoadMetricSpecification {
0 predefined_metric_type,
1 resource_label,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PredictiveScalingPredefinedMetricPairSpecification {
    pub predefined_metric_type: Option<String>,
    pub resource_label: Option<String>,
}
structure!(PredictiveScalingPredefinedMetricPairSpecification {
0 predefined_metric_type,
1 resource_label,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PredictiveScalingPredefinedScalingMetricSpecification {
    pub predefined_metric_type: Option<String>,
    pub resource_label: Option<String>,
}
structure!(PredictiveScalingPredefinedScalingMetricSpecification {
0 predefined_metric_type,
1 resource_label,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutScalingPolicyRequest {
    pub policy_name: Option<String>,
    pub service_namespace: Option<String>,
    pub resource_id: Option<String>,
    pub scalable_dimension: Option<String>,
    pub policy_type: Option<String>,
    pub step_scaling_policy_configuration: Option<StepScalingPolicyConfiguration>,
    pub target_tracking_scaling_policy_configuration:
        Option<TargetTrackingScalingPolicyConfiguration>,
    pub predictive_scaling_policy_configuration: Option<PredictiveScalingPolicyConfiguration>,
}
structure!(PutScalingPolicyRequest {
0 policy_name,
1 service_namespace,
2 resource_id,
3 scalable_dimension,
4 policy_type,
5 step_scaling_policy_configuration,
6 target_tracking_scaling_policy_configuration,
7 predictive_scaling_policy_configuration,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutScalingPolicyResponse {
    pub policy_arn: Option<String>,
    pub alarms: Option<Vec<Alarm>>,
}
structure!(PutScalingPolicyResponse {
0 policy_arn,
1 alarms,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutScheduledActionRequest {
    pub service_namespace: Option<String>,
    pub schedule: Option<String>,
    pub timezone: Option<String>,
    pub scheduled_action_name: Option<String>,
    pub resource_id: Option<String>,
    pub scalable_dimension: Option<String>,
    pub start_time: Option<Timestamp>,
    pub end_time: Option<Timestamp>,
    pub scalable_target_action: Option<ScalableTargetAction>,
}
structure!(PutScheduledActionRequest {
0 service_namespace,
1 schedule,
2 timezone,
3 scheduled_action_name,
4 resource_id,
5 scalable_dimension,
6 start_time,
7 end_time,
8 scalable_target_action,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutScheduledActionResponse {}
structure!(PutScheduledActionResponse {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RegisterScalableTargetRequest {
    pub service_namespace: Option<String>,
    pub resource_id: Option<String>,
    pub scalable_dimension: Option<String>,
    pub min_capacity: Option<i32>,
    pub max_capacity: Option<i32>,
    pub role_arn: Option<String>,
    pub suspended_state: Option<SuspendedState>,
    pub tags: Option<BTreeMap<String, String>>,
}
structure!(RegisterScalableTargetRequest {
0 service_namespace,
1 resource_id,
2 scalable_dimension,
3 min_capacity,
4 max_capacity,
5 role_arn,
6 suspended_state,
7 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RegisterScalableTargetResponse {
    pub scalable_target_arn: Option<String>,
}
structure!(RegisterScalableTargetResponse {
0 scalable_target_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ScalableTarget {
    pub service_namespace: Option<String>,
    pub resource_id: Option<String>,
    pub scalable_dimension: Option<String>,
    pub min_capacity: Option<i32>,
    pub max_capacity: Option<i32>,
    pub predicted_capacity: Option<i32>,
    pub role_arn: Option<String>,
    pub creation_time: Option<Timestamp>,
    pub suspended_state: Option<SuspendedState>,
    pub scalable_target_arn: Option<String>,
}
structure!(ScalableTarget {
0 service_namespace,
1 resource_id,
2 scalable_dimension,
3 min_capacity,
4 max_capacity,
5 predicted_capacity,
6 role_arn,
7 creation_time,
8 suspended_state,
9 scalable_target_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ScalableTargetAction {
    pub min_capacity: Option<i32>,
    pub max_capacity: Option<i32>,
}
structure!(ScalableTargetAction {
0 min_capacity,
1 max_capacity,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ScalingActivity {
    pub activity_id: Option<String>,
    pub service_namespace: Option<String>,
    pub resource_id: Option<String>,
    pub scalable_dimension: Option<String>,
    pub description: Option<String>,
    pub cause: Option<String>,
    pub start_time: Option<Timestamp>,
    pub end_time: Option<Timestamp>,
    pub status_code: Option<String>,
    pub status_message: Option<String>,
    pub details: Option<String>,
    pub not_scaled_reasons: Option<Vec<NotScaledReason>>,
}
structure!(ScalingActivity {
0 activity_id,
1 service_namespace,
2 resource_id,
3 scalable_dimension,
4 description,
5 cause,
6 start_time,
7 end_time,
8 status_code,
9 status_message,
10 details,
11 not_scaled_reasons,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ScalingPolicy {
    pub policy_arn: Option<String>,
    pub policy_name: Option<String>,
    pub service_namespace: Option<String>,
    pub resource_id: Option<String>,
    pub scalable_dimension: Option<String>,
    pub policy_type: Option<String>,
    pub step_scaling_policy_configuration: Option<StepScalingPolicyConfiguration>,
    pub target_tracking_scaling_policy_configuration:
        Option<TargetTrackingScalingPolicyConfiguration>,
    pub predictive_scaling_policy_configuration: Option<PredictiveScalingPolicyConfiguration>,
    pub alarms: Option<Vec<Alarm>>,
    pub creation_time: Option<Timestamp>,
}
structure!(ScalingPolicy {
0 policy_arn,
1 policy_name,
2 service_namespace,
3 resource_id,
4 scalable_dimension,
5 policy_type,
6 step_scaling_policy_configuration,
7 target_tracking_scaling_policy_configuration,
8 predictive_scaling_policy_configuration,
9 alarms,
10 creation_time,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ScheduledAction {
    pub scheduled_action_name: Option<String>,
    pub scheduled_action_arn: Option<String>,
    pub service_namespace: Option<String>,
    pub schedule: Option<String>,
    pub timezone: Option<String>,
    pub resource_id: Option<String>,
    pub scalable_dimension: Option<String>,
    pub start_time: Option<Timestamp>,
    pub end_time: Option<Timestamp>,
    pub scalable_target_action: Option<ScalableTargetAction>,
    pub creation_time: Option<Timestamp>,
}
structure!(ScheduledAction {
0 scheduled_action_name,
1 scheduled_action_arn,
2 service_namespace,
3 schedule,
4 timezone,
5 resource_id,
6 scalable_dimension,
7 start_time,
8 end_time,
9 scalable_target_action,
10 creation_time,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct StepAdjustment {
    pub metric_interval_lower_bound: Option<f64>,
    pub metric_interval_upper_bound: Option<f64>,
    pub scaling_adjustment: Option<i32>,
}
structure!(StepAdjustment {
0 metric_interval_lower_bound,
1 metric_interval_upper_bound,
2 scaling_adjustment,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct StepScalingPolicyConfiguration {
    pub adjustment_type: Option<String>,
    pub step_adjustments: Option<Vec<StepAdjustment>>,
    pub min_adjustment_magnitude: Option<i32>,
    pub cooldown: Option<i32>,
    pub metric_aggregation_type: Option<String>,
}
structure!(StepScalingPolicyConfiguration {
0 adjustment_type,
1 step_adjustments,
2 min_adjustment_magnitude,
3 cooldown,
4 metric_aggregation_type,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SuspendedState {
    pub dynamic_scaling_in_suspended: Option<bool>,
    pub dynamic_scaling_out_suspended: Option<bool>,
    pub scheduled_scaling_suspended: Option<bool>,
}
structure!(SuspendedState {
0 dynamic_scaling_in_suspended,
1 dynamic_scaling_out_suspended,
2 scheduled_scaling_suspended,
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
pub struct TargetTrackingMetric {
    pub dimensions: Option<Vec<TargetTrackingMetricDimension>>,
    pub metric_name: Option<String>,
    pub namespace: Option<String>,
}
structure!(TargetTrackingMetric {
0 dimensions,
1 metric_name,
2 namespace,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TargetTrackingMetricDataQuery {
    pub expression: Option<String>,
    pub id: Option<String>,
    pub label: Option<String>,
    pub metric_stat: Option<TargetTrackingMetricStat>,
    pub return_data: Option<bool>,
}
structure!(TargetTrackingMetricDataQuery {
0 expression,
1 id,
2 label,
3 metric_stat,
4 return_data,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TargetTrackingMetricDimension {
    pub name: Option<String>,
    pub value: Option<String>,
}
structure!(TargetTrackingMetricDimension {
0 name,
1 value,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TargetTrackingMetricStat {
    pub metric: Option<TargetTrackingMetric>,
    pub stat: Option<String>,
    pub unit: Option<String>,
}
structure!(TargetTrackingMetricStat {
0 metric,
1 stat,
2 unit,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TargetTrackingScalingPolicyConfiguration {
    pub target_value: Option<f64>,
    pub predefined_metric_specification: Option<PredefinedMetricSpecification>,
    pub customized_metric_specification: Option<CustomizedMetricSpecification>,
    pub scale_out_cooldown: Option<i32>,
    pub scale_in_cooldown: Option<i32>,
    pub disable_scale_in: Option<bool>,
}
structure!(TargetTrackingScalingPolicyConfiguration {
0 target_value,
1 predefined_metric_specification,
2 customized_metric_specification,
3 scale_out_cooldown,
4 scale_in_cooldown,
5 disable_scale_in,
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
