// Written by `cargo xtask generate` from models/. Do not edit.
//! Inputs, outputs and their parts. Every member is optional: what must be there is checked by
//! the schema before an operation sees its input.
#[allow(unused_imports)]
use std::collections::BTreeMap;
#[allow(unused_imports)]
use wharf_wire::{Timestamp, structure};

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Anomaly {
    pub anomaly_id: Option<String>,
    pub anomaly_start_date: Option<String>,
    pub anomaly_end_date: Option<String>,
    pub dimension_value: Option<String>,
    pub root_causes: Option<Vec<RootCause>>,
    pub anomaly_score: Option<AnomalyScore>,
    pub impact: Option<Impact>,
    pub monitor_arn: Option<String>,
    pub feedback: Option<String>,
}
structure!(Anomaly {
0 anomaly_id,
1 anomaly_start_date,
2 anomaly_end_date,
3 dimension_value,
4 root_causes,
5 anomaly_score,
6 impact,
7 monitor_arn,
8 feedback,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AnomalyDateInterval {
    pub start_date: Option<String>,
    pub end_date: Option<String>,
}
structure!(AnomalyDateInterval {
0 start_date,
1 end_date,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AnomalyMonitor {
    pub monitor_arn: Option<String>,
    pub monitor_name: Option<String>,
    pub creation_date: Option<String>,
    pub last_updated_date: Option<String>,
    pub last_evaluated_date: Option<String>,
    pub monitor_type: Option<String>,
    pub monitor_dimension: Option<String>,
    pub monitor_specification: Option<Expression>,
    pub dimensional_value_count: Option<i32>,
}
structure!(AnomalyMonitor {
0 monitor_arn,
1 monitor_name,
2 creation_date,
3 last_updated_date,
4 last_evaluated_date,
5 monitor_type,
6 monitor_dimension,
7 monitor_specification,
8 dimensional_value_count,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AnomalyScore {
    pub max_score: Option<f64>,
    pub current_score: Option<f64>,
}
structure!(AnomalyScore {
0 max_score,
1 current_score,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AnomalySubscription {
    pub subscription_arn: Option<String>,
    pub account_id: Option<String>,
    pub monitor_arn_list: Option<Vec<String>>,
    pub subscribers: Option<Vec<Subscriber>>,
    pub threshold: Option<f64>,
    pub frequency: Option<String>,
    pub subscription_name: Option<String>,
    pub threshold_expression: Option<Expression>,
}
structure!(AnomalySubscription {
0 subscription_arn,
1 account_id,
2 monitor_arn_list,
3 subscribers,
4 threshold,
5 frequency,
6 subscription_name,
7 threshold_expression,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CostAllocationTag {
    pub tag_key: Option<String>,
    pub type_: Option<String>,
    pub status: Option<String>,
    pub last_updated_date: Option<String>,
    pub last_used_date: Option<String>,
}
structure!(CostAllocationTag {
0 tag_key,
1 type_,
2 status,
3 last_updated_date,
4 last_used_date,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CostAllocationTagStatusEntry {
    pub tag_key: Option<String>,
    pub status: Option<String>,
}
structure!(CostAllocationTagStatusEntry {
0 tag_key,
1 status,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CostCategory {
    pub cost_category_arn: Option<String>,
    pub effective_start: Option<String>,
    pub effective_end: Option<String>,
    pub name: Option<String>,
    pub rule_version: Option<String>,
    pub rules: Option<Vec<CostCategoryRule>>,
    pub split_charge_rules: Option<Vec<CostCategorySplitChargeRule>>,
    pub processing_status: Option<Vec<CostCategoryProcessingStatus>>,
    pub default_value: Option<String>,
}
structure!(CostCategory {
0 cost_category_arn,
1 effective_start,
2 effective_end,
3 name,
4 rule_version,
5 rules,
6 split_charge_rules,
7 processing_status,
8 default_value,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CostCategoryInheritedValueDimension {
    pub dimension_name: Option<String>,
    pub dimension_key: Option<String>,
}
structure!(CostCategoryInheritedValueDimension {
0 dimension_name,
1 dimension_key,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CostCategoryProcessingStatus {
    pub component: Option<String>,
    pub status: Option<String>,
}
structure!(CostCategoryProcessingStatus {
0 component,
1 status,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CostCategoryReference {
    pub cost_category_arn: Option<String>,
    pub name: Option<String>,
    pub effective_start: Option<String>,
    pub effective_end: Option<String>,
    pub number_of_rules: Option<i32>,
    pub processing_status: Option<Vec<CostCategoryProcessingStatus>>,
    pub values: Option<Vec<String>>,
    pub default_value: Option<String>,
    pub supported_resource_types: Option<Vec<String>>,
}
structure!(CostCategoryReference {
0 cost_category_arn,
1 name,
2 effective_start,
3 effective_end,
4 number_of_rules,
5 processing_status,
6 values,
7 default_value,
8 supported_resource_types,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CostCategoryRule {
    pub value: Option<String>,
    pub rule: Option<Expression>,
    pub inherited_value: Option<CostCategoryInheritedValueDimension>,
    pub type_: Option<String>,
}
structure!(CostCategoryRule {
0 value,
1 rule,
2 inherited_value,
3 type_,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CostCategorySplitChargeRule {
    pub source: Option<String>,
    pub targets: Option<Vec<String>>,
    pub method: Option<String>,
    pub parameters: Option<Vec<CostCategorySplitChargeRuleParameter>>,
}
structure!(CostCategorySplitChargeRule {
0 source,
1 targets,
2 method,
3 parameters,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CostCategorySplitChargeRuleParameter {
    pub type_: Option<String>,
    pub values: Option<Vec<String>>,
}
structure!(CostCategorySplitChargeRuleParameter {
0 type_,
1 values,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CostCategoryValues {
    pub key: Option<String>,
    pub values: Option<Vec<String>>,
    pub match_options: Option<Vec<String>>,
}
structure!(CostCategoryValues {
0 key,
1 values,
2 match_options,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateAnomalyMonitorRequest {
    pub anomaly_monitor: Option<AnomalyMonitor>,
    pub resource_tags: Option<Vec<ResourceTag>>,
}
structure!(CreateAnomalyMonitorRequest {
0 anomaly_monitor,
1 resource_tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateAnomalyMonitorResponse {
    pub monitor_arn: Option<String>,
}
structure!(CreateAnomalyMonitorResponse {
0 monitor_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateAnomalySubscriptionRequest {
    pub anomaly_subscription: Option<AnomalySubscription>,
    pub resource_tags: Option<Vec<ResourceTag>>,
}
structure!(CreateAnomalySubscriptionRequest {
0 anomaly_subscription,
1 resource_tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateAnomalySubscriptionResponse {
    pub subscription_arn: Option<String>,
}
structure!(CreateAnomalySubscriptionResponse {
0 subscription_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateCostCategoryDefinitionRequest {
    pub name: Option<String>,
    pub effective_start: Option<String>,
    pub rule_version: Option<String>,
    pub rules: Option<Vec<CostCategoryRule>>,
    pub default_value: Option<String>,
    pub split_charge_rules: Option<Vec<CostCategorySplitChargeRule>>,
    pub resource_tags: Option<Vec<ResourceTag>>,
}
structure!(CreateCostCategoryDefinitionRequest {
0 name,
1 effective_start,
2 rule_version,
3 rules,
4 default_value,
5 split_charge_rules,
6 resource_tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateCostCategoryDefinitionResponse {
    pub cost_category_arn: Option<String>,
    pub effective_start: Option<String>,
}
structure!(CreateCostCategoryDefinitionResponse {
0 cost_category_arn,
1 effective_start,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DateInterval {
    pub start: Option<String>,
    pub end: Option<String>,
}
structure!(DateInterval {
0 start,
1 end,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteAnomalyMonitorRequest {
    pub monitor_arn: Option<String>,
}
structure!(DeleteAnomalyMonitorRequest {
0 monitor_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteAnomalyMonitorResponse {}
structure!(DeleteAnomalyMonitorResponse {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteAnomalySubscriptionRequest {
    pub subscription_arn: Option<String>,
}
structure!(DeleteAnomalySubscriptionRequest {
0 subscription_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteAnomalySubscriptionResponse {}
structure!(DeleteAnomalySubscriptionResponse {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteCostCategoryDefinitionRequest {
    pub cost_category_arn: Option<String>,
}
structure!(DeleteCostCategoryDefinitionRequest {
0 cost_category_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteCostCategoryDefinitionResponse {
    pub cost_category_arn: Option<String>,
    pub effective_end: Option<String>,
}
structure!(DeleteCostCategoryDefinitionResponse {
0 cost_category_arn,
1 effective_end,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeCostCategoryDefinitionRequest {
    pub cost_category_arn: Option<String>,
    pub effective_on: Option<String>,
}
structure!(DescribeCostCategoryDefinitionRequest {
0 cost_category_arn,
1 effective_on,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeCostCategoryDefinitionResponse {
    pub cost_category: Option<CostCategory>,
}
structure!(DescribeCostCategoryDefinitionResponse {
0 cost_category,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DimensionValues {
    pub key: Option<String>,
    pub values: Option<Vec<String>>,
    pub match_options: Option<Vec<String>>,
}
structure!(DimensionValues {
0 key,
1 values,
2 match_options,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DimensionValuesWithAttributes {
    pub value: Option<String>,
    pub attributes: Option<BTreeMap<String, String>>,
}
structure!(DimensionValuesWithAttributes {
0 value,
1 attributes,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Expression {
    pub or: Option<Vec<Expression>>,
    pub and: Option<Vec<Expression>>,
    pub not: Option<Box<Expression>>,
    pub dimensions: Option<DimensionValues>,
    pub tags: Option<TagValues>,
    pub cost_categories: Option<CostCategoryValues>,
    pub product_attributes: Option<ProductAttributeValues>,
}
structure!(Expression {
0 or,
1 and,
2 not,
3 dimensions,
4 tags,
5 cost_categories,
6 product_attributes,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ForecastResult {
    pub time_period: Option<DateInterval>,
    pub mean_value: Option<String>,
    pub prediction_interval_lower_bound: Option<String>,
    pub prediction_interval_upper_bound: Option<String>,
}
structure!(ForecastResult {
0 time_period,
1 mean_value,
2 prediction_interval_lower_bound,
3 prediction_interval_upper_bound,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetAnomaliesRequest {
    pub monitor_arn: Option<String>,
    pub date_interval: Option<AnomalyDateInterval>,
    pub feedback: Option<String>,
    pub total_impact: Option<TotalImpactFilter>,
    pub next_page_token: Option<String>,
    pub max_results: Option<i32>,
}
structure!(GetAnomaliesRequest {
0 monitor_arn,
1 date_interval,
2 feedback,
3 total_impact,
4 next_page_token,
5 max_results,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetAnomaliesResponse {
    pub anomalies: Option<Vec<Anomaly>>,
    pub next_page_token: Option<String>,
}
structure!(GetAnomaliesResponse {
0 anomalies,
1 next_page_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetAnomalyMonitorsRequest {
    pub monitor_arn_list: Option<Vec<String>>,
    pub next_page_token: Option<String>,
    pub max_results: Option<i32>,
}
structure!(GetAnomalyMonitorsRequest {
0 monitor_arn_list,
1 next_page_token,
2 max_results,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetAnomalyMonitorsResponse {
    pub anomaly_monitors: Option<Vec<AnomalyMonitor>>,
    pub next_page_token: Option<String>,
}
structure!(GetAnomalyMonitorsResponse {
0 anomaly_monitors,
1 next_page_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetAnomalySubscriptionsRequest {
    pub subscription_arn_list: Option<Vec<String>>,
    pub monitor_arn: Option<String>,
    pub next_page_token: Option<String>,
    pub max_results: Option<i32>,
}
structure!(GetAnomalySubscriptionsRequest {
0 subscription_arn_list,
1 monitor_arn,
2 next_page_token,
3 max_results,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetAnomalySubscriptionsResponse {
    pub anomaly_subscriptions: Option<Vec<AnomalySubscription>>,
    pub next_page_token: Option<String>,
}
structure!(GetAnomalySubscriptionsResponse {
0 anomaly_subscriptions,
1 next_page_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetCostAndUsageRequest {
    pub time_period: Option<DateInterval>,
    pub granularity: Option<String>,
    pub filter: Option<Expression>,
    pub metrics: Option<Vec<String>>,
    pub group_by: Option<Vec<GroupDefinition>>,
    pub billing_view_arn: Option<String>,
    pub next_page_token: Option<String>,
}
structure!(GetCostAndUsageRequest {
0 time_period,
1 granularity,
2 filter,
3 metrics,
4 group_by,
5 billing_view_arn,
6 next_page_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetCostAndUsageResponse {
    pub next_page_token: Option<String>,
    pub group_definitions: Option<Vec<GroupDefinition>>,
    pub results_by_time: Option<Vec<ResultByTime>>,
    pub dimension_value_attributes: Option<Vec<DimensionValuesWithAttributes>>,
}
structure!(GetCostAndUsageResponse {
0 next_page_token,
1 group_definitions,
2 results_by_time,
3 dimension_value_attributes,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetCostAndUsageWithResourcesRequest {
    pub time_period: Option<DateInterval>,
    pub granularity: Option<String>,
    pub filter: Option<Expression>,
    pub metrics: Option<Vec<String>>,
    pub group_by: Option<Vec<GroupDefinition>>,
    pub billing_view_arn: Option<String>,
    pub next_page_token: Option<String>,
}
structure!(GetCostAndUsageWithResourcesRequest {
0 time_period,
1 granularity,
2 filter,
3 metrics,
4 group_by,
5 billing_view_arn,
6 next_page_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetCostAndUsageWithResourcesResponse {
    pub next_page_token: Option<String>,
    pub group_definitions: Option<Vec<GroupDefinition>>,
    pub results_by_time: Option<Vec<ResultByTime>>,
    pub dimension_value_attributes: Option<Vec<DimensionValuesWithAttributes>>,
}
structure!(GetCostAndUsageWithResourcesResponse {
0 next_page_token,
1 group_definitions,
2 results_by_time,
3 dimension_value_attributes,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetCostCategoriesRequest {
    pub search_string: Option<String>,
    pub time_period: Option<DateInterval>,
    pub cost_category_name: Option<String>,
    pub filter: Option<Expression>,
    pub sort_by: Option<Vec<SortDefinition>>,
    pub billing_view_arn: Option<String>,
    pub max_results: Option<i32>,
    pub next_page_token: Option<String>,
}
structure!(GetCostCategoriesRequest {
0 search_string,
1 time_period,
2 cost_category_name,
3 filter,
4 sort_by,
5 billing_view_arn,
6 max_results,
7 next_page_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetCostCategoriesResponse {
    pub next_page_token: Option<String>,
    pub cost_category_names: Option<Vec<String>>,
    pub cost_category_values: Option<Vec<String>>,
    pub return_size: Option<i32>,
    pub total_size: Option<i32>,
}
structure!(GetCostCategoriesResponse {
0 next_page_token,
1 cost_category_names,
2 cost_category_values,
3 return_size,
4 total_size,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetCostForecastRequest {
    pub time_period: Option<DateInterval>,
    pub metric: Option<String>,
    pub granularity: Option<String>,
    pub filter: Option<Expression>,
    pub billing_view_arn: Option<String>,
    pub prediction_interval_level: Option<i32>,
}
structure!(GetCostForecastRequest {
0 time_period,
1 metric,
2 granularity,
3 filter,
4 billing_view_arn,
5 prediction_interval_level,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetCostForecastResponse {
    pub total: Option<MetricValue>,
    pub forecast_results_by_time: Option<Vec<ForecastResult>>,
}
structure!(GetCostForecastResponse {
0 total,
1 forecast_results_by_time,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetDimensionValuesRequest {
    pub search_string: Option<String>,
    pub time_period: Option<DateInterval>,
    pub dimension: Option<String>,
    pub dimension_key: Option<String>,
    pub context: Option<String>,
    pub filter: Option<Expression>,
    pub sort_by: Option<Vec<SortDefinition>>,
    pub billing_view_arn: Option<String>,
    pub max_results: Option<i32>,
    pub next_page_token: Option<String>,
}
structure!(GetDimensionValuesRequest {
0 search_string,
1 time_period,
2 dimension,
3 dimension_key,
4 context,
5 filter,
6 sort_by,
7 billing_view_arn,
8 max_results,
9 next_page_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetDimensionValuesResponse {
    pub dimension_values: Option<Vec<DimensionValuesWithAttributes>>,
    pub return_size: Option<i32>,
    pub total_size: Option<i32>,
    pub next_page_token: Option<String>,
}
structure!(GetDimensionValuesResponse {
0 dimension_values,
1 return_size,
2 total_size,
3 next_page_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetTagsRequest {
    pub search_string: Option<String>,
    pub time_period: Option<DateInterval>,
    pub tag_key: Option<String>,
    pub filter: Option<Expression>,
    pub sort_by: Option<Vec<SortDefinition>>,
    pub billing_view_arn: Option<String>,
    pub max_results: Option<i32>,
    pub next_page_token: Option<String>,
}
structure!(GetTagsRequest {
0 search_string,
1 time_period,
2 tag_key,
3 filter,
4 sort_by,
5 billing_view_arn,
6 max_results,
7 next_page_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetTagsResponse {
    pub next_page_token: Option<String>,
    pub tags: Option<Vec<String>>,
    pub return_size: Option<i32>,
    pub total_size: Option<i32>,
}
structure!(GetTagsResponse {
0 next_page_token,
1 tags,
2 return_size,
3 total_size,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetUsageForecastRequest {
    pub time_period: Option<DateInterval>,
    pub metric: Option<String>,
    pub granularity: Option<String>,
    pub filter: Option<Expression>,
    pub billing_view_arn: Option<String>,
    pub prediction_interval_level: Option<i32>,
}
structure!(GetUsageForecastRequest {
0 time_period,
1 metric,
2 granularity,
3 filter,
4 billing_view_arn,
5 prediction_interval_level,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetUsageForecastResponse {
    pub total: Option<MetricValue>,
    pub forecast_results_by_time: Option<Vec<ForecastResult>>,
}
structure!(GetUsageForecastResponse {
0 total,
1 forecast_results_by_time,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Group {
    pub keys: Option<Vec<String>>,
    pub metrics: Option<BTreeMap<String, MetricValue>>,
}
structure!(Group {
0 keys,
1 metrics,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GroupDefinition {
    pub type_: Option<String>,
    pub key: Option<String>,
}
structure!(GroupDefinition {
0 type_,
1 key,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Impact {
    pub max_impact: Option<f64>,
    pub total_impact: Option<f64>,
    pub total_actual_spend: Option<f64>,
    pub total_expected_spend: Option<f64>,
    pub total_impact_percentage: Option<f64>,
}
structure!(Impact {
0 max_impact,
1 total_impact,
2 total_actual_spend,
3 total_expected_spend,
4 total_impact_percentage,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListCostAllocationTagsRequest {
    pub status: Option<String>,
    pub tag_keys: Option<Vec<String>>,
    pub type_: Option<String>,
    pub next_token: Option<String>,
    pub max_results: Option<i32>,
}
structure!(ListCostAllocationTagsRequest {
0 status,
1 tag_keys,
2 type_,
3 next_token,
4 max_results,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListCostAllocationTagsResponse {
    pub cost_allocation_tags: Option<Vec<CostAllocationTag>>,
    pub next_token: Option<String>,
}
structure!(ListCostAllocationTagsResponse {
0 cost_allocation_tags,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListCostCategoryDefinitionsRequest {
    pub effective_on: Option<String>,
    pub next_token: Option<String>,
    pub max_results: Option<i32>,
    pub supported_resource_types: Option<Vec<String>>,
}
structure!(ListCostCategoryDefinitionsRequest {
0 effective_on,
1 next_token,
2 max_results,
3 supported_resource_types,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListCostCategoryDefinitionsResponse {
    pub cost_category_references: Option<Vec<CostCategoryReference>>,
    pub next_token: Option<String>,
}
structure!(ListCostCategoryDefinitionsResponse {
0 cost_category_references,
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
    pub resource_tags: Option<Vec<ResourceTag>>,
}
structure!(ListTagsForResourceResponse {
0 resource_tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct MetricValue {
    pub amount: Option<String>,
    pub unit: Option<String>,
}
structure!(MetricValue {
0 amount,
1 unit,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ProductAttributeValues {
    pub key: Option<String>,
    pub values: Option<Vec<String>>,
    pub match_options: Option<Vec<String>>,
}
structure!(ProductAttributeValues {
0 key,
1 values,
2 match_options,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResourceTag {
    pub key: Option<String>,
    pub value: Option<String>,
}
structure!(ResourceTag {
0 key,
1 value,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResultByTime {
    pub time_period: Option<DateInterval>,
    pub total: Option<BTreeMap<String, MetricValue>>,
    pub groups: Option<Vec<Group>>,
    pub estimated: Option<bool>,
}
structure!(ResultByTime {
0 time_period,
1 total,
2 groups,
3 estimated,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RootCause {
    pub service: Option<String>,
    pub region: Option<String>,
    pub linked_account: Option<String>,
    pub linked_account_name: Option<String>,
    pub usage_type: Option<String>,
    pub impact: Option<RootCauseImpact>,
}
structure!(RootCause {
0 service,
1 region,
2 linked_account,
3 linked_account_name,
4 usage_type,
5 impact,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RootCauseImpact {
    pub contribution: Option<f64>,
}
structure!(RootCauseImpact {
0 contribution,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SortDefinition {
    pub key: Option<String>,
    pub sort_order: Option<String>,
}
structure!(SortDefinition {
0 key,
1 sort_order,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Subscriber {
    pub address: Option<String>,
    pub type_: Option<String>,
    pub status: Option<String>,
}
structure!(Subscriber {
0 address,
1 type_,
2 status,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TagResourceRequest {
    pub resource_arn: Option<String>,
    pub resource_tags: Option<Vec<ResourceTag>>,
}
structure!(TagResourceRequest {
0 resource_arn,
1 resource_tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TagResourceResponse {}
structure!(TagResourceResponse {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TagValues {
    pub key: Option<String>,
    pub values: Option<Vec<String>>,
    pub match_options: Option<Vec<String>>,
}
structure!(TagValues {
0 key,
1 values,
2 match_options,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TotalImpactFilter {
    pub numeric_operator: Option<String>,
    pub start_value: Option<f64>,
    pub end_value: Option<f64>,
}
structure!(TotalImpactFilter {
0 numeric_operator,
1 start_value,
2 end_value,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UntagResourceRequest {
    pub resource_arn: Option<String>,
    pub resource_tag_keys: Option<Vec<String>>,
}
structure!(UntagResourceRequest {
0 resource_arn,
1 resource_tag_keys,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UntagResourceResponse {}
structure!(UntagResourceResponse {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateAnomalyMonitorRequest {
    pub monitor_arn: Option<String>,
    pub monitor_name: Option<String>,
}
structure!(UpdateAnomalyMonitorRequest {
0 monitor_arn,
1 monitor_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateAnomalyMonitorResponse {
    pub monitor_arn: Option<String>,
}
structure!(UpdateAnomalyMonitorResponse {
0 monitor_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateAnomalySubscriptionRequest {
    pub subscription_arn: Option<String>,
    pub threshold: Option<f64>,
    pub frequency: Option<String>,
    pub monitor_arn_list: Option<Vec<String>>,
    pub subscribers: Option<Vec<Subscriber>>,
    pub subscription_name: Option<String>,
    pub threshold_expression: Option<Expression>,
}
structure!(UpdateAnomalySubscriptionRequest {
0 subscription_arn,
1 threshold,
2 frequency,
3 monitor_arn_list,
4 subscribers,
5 subscription_name,
6 threshold_expression,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateAnomalySubscriptionResponse {
    pub subscription_arn: Option<String>,
}
structure!(UpdateAnomalySubscriptionResponse {
0 subscription_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateCostAllocationTagsStatusError {
    pub tag_key: Option<String>,
    pub code: Option<String>,
    pub message: Option<String>,
}
structure!(UpdateCostAllocationTagsStatusError {
0 tag_key,
1 code,
2 message,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateCostAllocationTagsStatusRequest {
    pub cost_allocation_tags_status: Option<Vec<CostAllocationTagStatusEntry>>,
}
structure!(UpdateCostAllocationTagsStatusRequest {
0 cost_allocation_tags_status,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateCostAllocationTagsStatusResponse {
    pub errors: Option<Vec<UpdateCostAllocationTagsStatusError>>,
}
structure!(UpdateCostAllocationTagsStatusResponse {
0 errors,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateCostCategoryDefinitionRequest {
    pub cost_category_arn: Option<String>,
    pub effective_start: Option<String>,
    pub rule_version: Option<String>,
    pub rules: Option<Vec<CostCategoryRule>>,
    pub default_value: Option<String>,
    pub split_charge_rules: Option<Vec<CostCategorySplitChargeRule>>,
}
structure!(UpdateCostCategoryDefinitionRequest {
0 cost_category_arn,
1 effective_start,
2 rule_version,
3 rules,
4 default_value,
5 split_charge_rules,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateCostCategoryDefinitionResponse {
    pub cost_category_arn: Option<String>,
    pub effective_start: Option<String>,
}
structure!(UpdateCostCategoryDefinitionResponse {
0 cost_category_arn,
1 effective_start,
});
