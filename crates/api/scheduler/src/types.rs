// Written by `cargo xtask generate` from models/. Do not edit.
//! Inputs, outputs and their parts. Every member is optional: what must be there is checked by
//! the schema before an operation sees its input.
#[allow(unused_imports)]
use std::collections::BTreeMap;
#[allow(unused_imports)]
use wharf_wire::{Timestamp, structure};

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AwsVpcConfiguration {
    pub subnets: Option<Vec<String>>,
    pub security_groups: Option<Vec<String>>,
    pub assign_public_ip: Option<String>,
}
structure!(AwsVpcConfiguration {
0 subnets,
1 security_groups,
2 assign_public_ip,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CapacityProviderStrategyItem {
    pub capacity_provider: Option<String>,
    pub weight: Option<i32>,
    pub base: Option<i32>,
}
structure!(CapacityProviderStrategyItem {
0 capacity_provider,
1 weight,
2 base,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateScheduleGroupInput {
    pub name: Option<String>,
    pub tags: Option<Vec<Tag>>,
    pub client_token: Option<String>,
}
structure!(CreateScheduleGroupInput {
0 name,
1 tags,
2 client_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateScheduleGroupOutput {
    pub schedule_group_arn: Option<String>,
}
structure!(CreateScheduleGroupOutput {
0 schedule_group_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateScheduleInput {
    pub name: Option<String>,
    pub group_name: Option<String>,
    pub schedule_expression: Option<String>,
    pub start_date: Option<Timestamp>,
    pub end_date: Option<Timestamp>,
    pub description: Option<String>,
    pub schedule_expression_timezone: Option<String>,
    pub state: Option<String>,
    pub kms_key_arn: Option<String>,
    pub target: Option<Target>,
    pub flexible_time_window: Option<FlexibleTimeWindow>,
    pub client_token: Option<String>,
    pub action_after_completion: Option<String>,
}
structure!(CreateScheduleInput {
0 name,
1 group_name,
2 schedule_expression,
3 start_date,
4 end_date,
5 description,
6 schedule_expression_timezone,
7 state,
8 kms_key_arn,
9 target,
10 flexible_time_window,
11 client_token,
12 action_after_completion,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateScheduleOutput {
    pub schedule_arn: Option<String>,
}
structure!(CreateScheduleOutput {
0 schedule_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeadLetterConfig {
    pub arn: Option<String>,
}
structure!(DeadLetterConfig {
0 arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteScheduleGroupInput {
    pub name: Option<String>,
    pub client_token: Option<String>,
}
structure!(DeleteScheduleGroupInput {
0 name,
1 client_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteScheduleGroupOutput {}
structure!(DeleteScheduleGroupOutput {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteScheduleInput {
    pub name: Option<String>,
    pub group_name: Option<String>,
    pub client_token: Option<String>,
}
structure!(DeleteScheduleInput {
0 name,
1 group_name,
2 client_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteScheduleOutput {}
structure!(DeleteScheduleOutput {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EcsParameters {
    pub task_definition_arn: Option<String>,
    pub task_count: Option<i32>,
    pub launch_type: Option<String>,
    pub network_configuration: Option<NetworkConfiguration>,
    pub platform_version: Option<String>,
    pub group: Option<String>,
    pub capacity_provider_strategy: Option<Vec<CapacityProviderStrategyItem>>,
    pub enable_ecs_managed_tags: Option<bool>,
    pub enable_execute_command: Option<bool>,
    pub placement_constraints: Option<Vec<PlacementConstraint>>,
    pub placement_strategy: Option<Vec<PlacementStrategy>>,
    pub propagate_tags: Option<String>,
    pub reference_id: Option<String>,
    pub tags: Option<Vec<BTreeMap<String, String>>>,
}
structure!(EcsParameters {
0 task_definition_arn,
1 task_count,
2 launch_type,
3 network_configuration,
4 platform_version,
5 group,
6 capacity_provider_strategy,
7 enable_ecs_managed_tags,
8 enable_execute_command,
9 placement_constraints,
10 placement_strategy,
11 propagate_tags,
12 reference_id,
13 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EventBridgeParameters {
    pub detail_type: Option<String>,
    pub source: Option<String>,
}
structure!(EventBridgeParameters {
0 detail_type,
1 source,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EventBridgePutEventsV2Parameters {
    pub detail_type: Option<String>,
    pub source: Option<String>,
}
structure!(EventBridgePutEventsV2Parameters {
0 detail_type,
1 source,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EventBridgePutRawEventsParameters {
    pub metadata: Option<BTreeMap<String, String>>,
}
structure!(EventBridgePutRawEventsParameters {
0 metadata,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct FlexibleTimeWindow {
    pub mode: Option<String>,
    pub maximum_window_in_minutes: Option<i32>,
}
structure!(FlexibleTimeWindow {
0 mode,
1 maximum_window_in_minutes,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetScheduleGroupInput {
    pub name: Option<String>,
}
structure!(GetScheduleGroupInput {
0 name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetScheduleGroupOutput {
    pub arn: Option<String>,
    pub name: Option<String>,
    pub state: Option<String>,
    pub creation_date: Option<Timestamp>,
    pub last_modification_date: Option<Timestamp>,
}
structure!(GetScheduleGroupOutput {
0 arn,
1 name,
2 state,
3 creation_date,
4 last_modification_date,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetScheduleInput {
    pub name: Option<String>,
    pub group_name: Option<String>,
}
structure!(GetScheduleInput {
0 name,
1 group_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetScheduleOutput {
    pub arn: Option<String>,
    pub group_name: Option<String>,
    pub name: Option<String>,
    pub schedule_expression: Option<String>,
    pub start_date: Option<Timestamp>,
    pub end_date: Option<Timestamp>,
    pub description: Option<String>,
    pub schedule_expression_timezone: Option<String>,
    pub state: Option<String>,
    pub creation_date: Option<Timestamp>,
    pub last_modification_date: Option<Timestamp>,
    pub kms_key_arn: Option<String>,
    pub target: Option<Target>,
    pub flexible_time_window: Option<FlexibleTimeWindow>,
    pub action_after_completion: Option<String>,
}
structure!(GetScheduleOutput {
0 arn,
1 group_name,
2 name,
3 schedule_expression,
4 start_date,
5 end_date,
6 description,
7 schedule_expression_timezone,
8 state,
9 creation_date,
10 last_modification_date,
11 kms_key_arn,
12 target,
13 flexible_time_window,
14 action_after_completion,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct KinesisParameters {
    pub partition_key: Option<String>,
}
structure!(KinesisParameters {
0 partition_key,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListScheduleGroupsInput {
    pub name_prefix: Option<String>,
    pub next_token: Option<String>,
    pub max_results: Option<i32>,
}
structure!(ListScheduleGroupsInput {
0 name_prefix,
1 next_token,
2 max_results,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListScheduleGroupsOutput {
    pub next_token: Option<String>,
    pub schedule_groups: Option<Vec<ScheduleGroupSummary>>,
}
structure!(ListScheduleGroupsOutput {
0 next_token,
1 schedule_groups,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListSchedulesInput {
    pub group_name: Option<String>,
    pub name_prefix: Option<String>,
    pub state: Option<String>,
    pub next_token: Option<String>,
    pub max_results: Option<i32>,
}
structure!(ListSchedulesInput {
0 group_name,
1 name_prefix,
2 state,
3 next_token,
4 max_results,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListSchedulesOutput {
    pub next_token: Option<String>,
    pub schedules: Option<Vec<ScheduleSummary>>,
}
structure!(ListSchedulesOutput {
0 next_token,
1 schedules,
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
pub struct NetworkConfiguration {
    pub awsvpc_configuration: Option<AwsVpcConfiguration>,
}
structure!(NetworkConfiguration {
0 awsvpc_configuration,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PlacementConstraint {
    pub type_: Option<String>,
    pub expression: Option<String>,
}
structure!(PlacementConstraint {
0 type_,
1 expression,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PlacementStrategy {
    pub type_: Option<String>,
    pub field: Option<String>,
}
structure!(PlacementStrategy {
0 type_,
1 field,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RetryPolicy {
    pub maximum_event_age_in_seconds: Option<i32>,
    pub maximum_retry_attempts: Option<i32>,
}
structure!(RetryPolicy {
0 maximum_event_age_in_seconds,
1 maximum_retry_attempts,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SageMakerPipelineParameter {
    pub name: Option<String>,
    pub value: Option<String>,
}
structure!(SageMakerPipelineParameter {
0 name,
1 value,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SageMakerPipelineParameters {
    pub pipeline_parameter_list: Option<Vec<SageMakerPipelineParameter>>,
}
structure!(SageMakerPipelineParameters {
0 pipeline_parameter_list,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ScheduleGroupSummary {
    pub arn: Option<String>,
    pub name: Option<String>,
    pub state: Option<String>,
    pub creation_date: Option<Timestamp>,
    pub last_modification_date: Option<Timestamp>,
}
structure!(ScheduleGroupSummary {
0 arn,
1 name,
2 state,
3 creation_date,
4 last_modification_date,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ScheduleSummary {
    pub arn: Option<String>,
    pub name: Option<String>,
    pub group_name: Option<String>,
    pub state: Option<String>,
    pub creation_date: Option<Timestamp>,
    pub last_modification_date: Option<Timestamp>,
    pub target: Option<TargetSummary>,
}
structure!(ScheduleSummary {
0 arn,
1 name,
2 group_name,
3 state,
4 creation_date,
5 last_modification_date,
6 target,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SqsParameters {
    pub message_group_id: Option<String>,
}
structure!(SqsParameters {
0 message_group_id,
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
pub struct Target {
    pub arn: Option<String>,
    pub role_arn: Option<String>,
    pub dead_letter_config: Option<DeadLetterConfig>,
    pub retry_policy: Option<RetryPolicy>,
    pub input: Option<String>,
    pub ecs_parameters: Option<EcsParameters>,
    pub event_bridge_parameters: Option<EventBridgeParameters>,
    pub event_bridge_put_events_v2_parameters: Option<EventBridgePutEventsV2Parameters>,
    pub event_bridge_put_raw_events_parameters: Option<EventBridgePutRawEventsParameters>,
    pub kinesis_parameters: Option<KinesisParameters>,
    pub sage_maker_pipeline_parameters: Option<SageMakerPipelineParameters>,
    pub sqs_parameters: Option<SqsParameters>,
}
structure!(Target {
0 arn,
1 role_arn,
2 dead_letter_config,
3 retry_policy,
4 input,
5 ecs_parameters,
6 event_bridge_parameters,
7 event_bridge_put_events_v2_parameters,
8 event_bridge_put_raw_events_parameters,
9 kinesis_parameters,
10 sage_maker_pipeline_parameters,
11 sqs_parameters,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TargetSummary {
    pub arn: Option<String>,
}
structure!(TargetSummary {
0 arn,
});

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
pub struct UpdateScheduleInput {
    pub name: Option<String>,
    pub group_name: Option<String>,
    pub schedule_expression: Option<String>,
    pub start_date: Option<Timestamp>,
    pub end_date: Option<Timestamp>,
    pub description: Option<String>,
    pub schedule_expression_timezone: Option<String>,
    pub state: Option<String>,
    pub kms_key_arn: Option<String>,
    pub target: Option<Target>,
    pub flexible_time_window: Option<FlexibleTimeWindow>,
    pub client_token: Option<String>,
    pub action_after_completion: Option<String>,
}
structure!(UpdateScheduleInput {
0 name,
1 group_name,
2 schedule_expression,
3 start_date,
4 end_date,
5 description,
6 schedule_expression_timezone,
7 state,
8 kms_key_arn,
9 target,
10 flexible_time_window,
11 client_token,
12 action_after_completion,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateScheduleOutput {
    pub schedule_arn: Option<String>,
}
structure!(UpdateScheduleOutput {
0 schedule_arn,
});
