// Written by `cargo xtask generate` from models/. Do not edit.
//! Inputs, outputs and their parts. Every member is optional: what must be there is checked by
//! the schema before an operation sees its input.
#[allow(unused_imports)]
use std::collections::BTreeMap;
#[allow(unused_imports)]
use wharf_wire::{Timestamp, structure};

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AddTagsRequest {
    pub resource_id: Option<String>,
    pub tags_list: Option<Vec<Tag>>,
}
structure!(AddTagsRequest {
0 resource_id,
1 tags_list,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AddTagsResponse {}
structure!(AddTagsResponse {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AdvancedEventSelector {
    pub name: Option<String>,
    pub field_selectors: Option<Vec<AdvancedFieldSelector>>,
}
structure!(AdvancedEventSelector {
0 name,
1 field_selectors,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AdvancedFieldSelector {
    pub field: Option<String>,
    pub equals: Option<Vec<String>>,
    pub starts_with: Option<Vec<String>>,
    pub ends_with: Option<Vec<String>>,
    pub not_equals: Option<Vec<String>>,
    pub not_starts_with: Option<Vec<String>>,
    pub not_ends_with: Option<Vec<String>>,
}
structure!(AdvancedFieldSelector {
0 field,
1 equals,
2 starts_with,
3 ends_with,
4 not_equals,
5 not_starts_with,
6 not_ends_with,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateTrailRequest {
    pub name: Option<String>,
    pub s3_bucket_name: Option<String>,
    pub s3_key_prefix: Option<String>,
    pub sns_topic_name: Option<String>,
    pub include_global_service_events: Option<bool>,
    pub is_multi_region_trail: Option<bool>,
    pub enable_log_file_validation: Option<bool>,
    pub cloud_watch_logs_log_group_arn: Option<String>,
    pub cloud_watch_logs_role_arn: Option<String>,
    pub kms_key_id: Option<String>,
    pub is_organization_trail: Option<bool>,
    pub tags_list: Option<Vec<Tag>>,
    pub recursive_logging: Option<bool>,
}
structure!(CreateTrailRequest {
0 name,
1 s3_bucket_name,
2 s3_key_prefix,
3 sns_topic_name,
4 include_global_service_events,
5 is_multi_region_trail,
6 enable_log_file_validation,
7 cloud_watch_logs_log_group_arn,
8 cloud_watch_logs_role_arn,
9 kms_key_id,
10 is_organization_trail,
11 tags_list,
12 recursive_logging,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateTrailResponse {
    pub name: Option<String>,
    pub s3_bucket_name: Option<String>,
    pub s3_key_prefix: Option<String>,
    pub sns_topic_name: Option<String>,
    pub sns_topic_arn: Option<String>,
    pub include_global_service_events: Option<bool>,
    pub is_multi_region_trail: Option<bool>,
    pub trail_arn: Option<String>,
    pub log_file_validation_enabled: Option<bool>,
    pub cloud_watch_logs_log_group_arn: Option<String>,
    pub cloud_watch_logs_role_arn: Option<String>,
    pub kms_key_id: Option<String>,
    pub is_organization_trail: Option<bool>,
    pub recursive_logging: Option<bool>,
}
structure!(CreateTrailResponse {
0 name,
1 s3_bucket_name,
2 s3_key_prefix,
3 sns_topic_name,
4 sns_topic_arn,
5 include_global_service_events,
6 is_multi_region_trail,
7 trail_arn,
8 log_file_validation_enabled,
9 cloud_watch_logs_log_group_arn,
10 cloud_watch_logs_role_arn,
11 kms_key_id,
12 is_organization_trail,
13 recursive_logging,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DataResource {
    pub type_: Option<String>,
    pub values: Option<Vec<String>>,
}
structure!(DataResource {
0 type_,
1 values,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteTrailRequest {
    pub name: Option<String>,
}
structure!(DeleteTrailRequest {
0 name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteTrailResponse {}
structure!(DeleteTrailResponse {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeTrailsRequest {
    pub trail_name_list: Option<Vec<String>>,
    pub include_shadow_trails: Option<bool>,
}
structure!(DescribeTrailsRequest {
0 trail_name_list,
1 include_shadow_trails,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DescribeTrailsResponse {
    pub trail_list: Option<Vec<Trail>>,
}
structure!(DescribeTrailsResponse {
0 trail_list,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Event {
    pub event_id: Option<String>,
    pub event_name: Option<String>,
    pub read_only: Option<String>,
    pub access_key_id: Option<String>,
    pub event_time: Option<Timestamp>,
    pub event_source: Option<String>,
    pub username: Option<String>,
    pub resources: Option<Vec<Resource>>,
    pub cloud_trail_event: Option<String>,
}
structure!(Event {
0 event_id,
1 event_name,
2 read_only,
3 access_key_id,
4 event_time,
5 event_source,
6 username,
7 resources,
8 cloud_trail_event,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EventSelector {
    pub read_write_type: Option<String>,
    pub include_management_events: Option<bool>,
    pub data_resources: Option<Vec<DataResource>>,
    pub exclude_management_event_sources: Option<Vec<String>>,
}
structure!(EventSelector {
0 read_write_type,
1 include_management_events,
2 data_resources,
3 exclude_management_event_sources,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetEventSelectorsRequest {
    pub trail_name: Option<String>,
}
structure!(GetEventSelectorsRequest {
0 trail_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetEventSelectorsResponse {
    pub trail_arn: Option<String>,
    pub event_selectors: Option<Vec<EventSelector>>,
    pub advanced_event_selectors: Option<Vec<AdvancedEventSelector>>,
}
structure!(GetEventSelectorsResponse {
0 trail_arn,
1 event_selectors,
2 advanced_event_selectors,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetTrailRequest {
    pub name: Option<String>,
}
structure!(GetTrailRequest {
0 name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetTrailResponse {
    pub trail: Option<Trail>,
}
structure!(GetTrailResponse {
0 trail,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetTrailStatusRequest {
    pub name: Option<String>,
}
structure!(GetTrailStatusRequest {
0 name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetTrailStatusResponse {
    pub is_logging: Option<bool>,
    pub latest_delivery_error: Option<String>,
    pub latest_notification_error: Option<String>,
    pub latest_delivery_time: Option<Timestamp>,
    pub latest_notification_time: Option<Timestamp>,
    pub start_logging_time: Option<Timestamp>,
    pub stop_logging_time: Option<Timestamp>,
    pub latest_cloud_watch_logs_delivery_error: Option<String>,
    pub latest_cloud_watch_logs_delivery_time: Option<Timestamp>,
    pub latest_digest_delivery_time: Option<Timestamp>,
    pub latest_digest_delivery_error: Option<String>,
    pub latest_delivery_attempt_time: Option<String>,
    pub latest_notification_attempt_time: Option<String>,
    pub latest_notification_attempt_succeeded: Option<String>,
    pub latest_delivery_attempt_succeeded: Option<String>,
    pub time_logging_started: Option<String>,
    pub time_logging_stopped: Option<String>,
}
structure!(GetTrailStatusResponse {
0 is_logging,
1 latest_delivery_error,
2 latest_notification_error,
3 latest_delivery_time,
4 latest_notification_time,
5 start_logging_time,
6 stop_logging_time,
7 latest_cloud_watch_logs_delivery_error,
8 latest_cloud_watch_logs_delivery_time,
9 latest_digest_delivery_time,
10 latest_digest_delivery_error,
11 latest_delivery_attempt_time,
12 latest_notification_attempt_time,
13 latest_notification_attempt_succeeded,
14 latest_delivery_attempt_succeeded,
15 time_logging_started,
16 time_logging_stopped,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListTagsRequest {
    pub resource_id_list: Option<Vec<String>>,
    pub next_token: Option<String>,
}
structure!(ListTagsRequest {
0 resource_id_list,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListTagsResponse {
    pub resource_tag_list: Option<Vec<ResourceTag>>,
    pub next_token: Option<String>,
}
structure!(ListTagsResponse {
0 resource_tag_list,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListTrailsRequest {
    pub next_token: Option<String>,
}
structure!(ListTrailsRequest {
0 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListTrailsResponse {
    pub trails: Option<Vec<TrailInfo>>,
    pub next_token: Option<String>,
}
structure!(ListTrailsResponse {
0 trails,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LookupAttribute {
    pub attribute_key: Option<String>,
    pub attribute_value: Option<String>,
}
structure!(LookupAttribute {
0 attribute_key,
1 attribute_value,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LookupEventsRequest {
    pub lookup_attributes: Option<Vec<LookupAttribute>>,
    pub start_time: Option<Timestamp>,
    pub end_time: Option<Timestamp>,
    pub event_category: Option<String>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
}
structure!(LookupEventsRequest {
0 lookup_attributes,
1 start_time,
2 end_time,
3 event_category,
4 max_results,
5 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LookupEventsResponse {
    pub events: Option<Vec<Event>>,
    pub next_token: Option<String>,
}
structure!(LookupEventsResponse {
0 events,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutEventSelectorsRequest {
    pub trail_name: Option<String>,
    pub event_selectors: Option<Vec<EventSelector>>,
    pub advanced_event_selectors: Option<Vec<AdvancedEventSelector>>,
}
structure!(PutEventSelectorsRequest {
0 trail_name,
1 event_selectors,
2 advanced_event_selectors,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutEventSelectorsResponse {
    pub trail_arn: Option<String>,
    pub event_selectors: Option<Vec<EventSelector>>,
    pub advanced_event_selectors: Option<Vec<AdvancedEventSelector>>,
}
structure!(PutEventSelectorsResponse {
0 trail_arn,
1 event_selectors,
2 advanced_event_selectors,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RemoveTagsRequest {
    pub resource_id: Option<String>,
    pub tags_list: Option<Vec<Tag>>,
}
structure!(RemoveTagsRequest {
0 resource_id,
1 tags_list,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RemoveTagsResponse {}
structure!(RemoveTagsResponse {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Resource {
    pub resource_type: Option<String>,
    pub resource_name: Option<String>,
}
structure!(Resource {
0 resource_type,
1 resource_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResourceTag {
    pub resource_id: Option<String>,
    pub tags_list: Option<Vec<Tag>>,
}
structure!(ResourceTag {
0 resource_id,
1 tags_list,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct StartLoggingRequest {
    pub name: Option<String>,
}
structure!(StartLoggingRequest {
0 name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct StartLoggingResponse {}
structure!(StartLoggingResponse {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct StopLoggingRequest {
    pub name: Option<String>,
}
structure!(StopLoggingRequest {
0 name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct StopLoggingResponse {}
structure!(StopLoggingResponse {});

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
pub struct Trail {
    pub name: Option<String>,
    pub s3_bucket_name: Option<String>,
    pub s3_key_prefix: Option<String>,
    pub sns_topic_name: Option<String>,
    pub sns_topic_arn: Option<String>,
    pub include_global_service_events: Option<bool>,
    pub is_multi_region_trail: Option<bool>,
    pub home_region: Option<String>,
    pub trail_arn: Option<String>,
    pub log_file_validation_enabled: Option<bool>,
    pub cloud_watch_logs_log_group_arn: Option<String>,
    pub cloud_watch_logs_role_arn: Option<String>,
    pub kms_key_id: Option<String>,
    pub has_custom_event_selectors: Option<bool>,
    pub has_insight_selectors: Option<bool>,
    pub is_organization_trail: Option<bool>,
    pub recursive_logging: Option<bool>,
}
structure!(Trail {
0 name,
1 s3_bucket_name,
2 s3_key_prefix,
3 sns_topic_name,
4 sns_topic_arn,
5 include_global_service_events,
6 is_multi_region_trail,
7 home_region,
8 trail_arn,
9 log_file_validation_enabled,
10 cloud_watch_logs_log_group_arn,
11 cloud_watch_logs_role_arn,
12 kms_key_id,
13 has_custom_event_selectors,
14 has_insight_selectors,
15 is_organization_trail,
16 recursive_logging,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TrailInfo {
    pub trail_arn: Option<String>,
    pub name: Option<String>,
    pub home_region: Option<String>,
}
structure!(TrailInfo {
0 trail_arn,
1 name,
2 home_region,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateTrailRequest {
    pub name: Option<String>,
    pub s3_bucket_name: Option<String>,
    pub s3_key_prefix: Option<String>,
    pub sns_topic_name: Option<String>,
    pub include_global_service_events: Option<bool>,
    pub is_multi_region_trail: Option<bool>,
    pub enable_log_file_validation: Option<bool>,
    pub cloud_watch_logs_log_group_arn: Option<String>,
    pub cloud_watch_logs_role_arn: Option<String>,
    pub kms_key_id: Option<String>,
    pub is_organization_trail: Option<bool>,
    pub recursive_logging: Option<bool>,
}
structure!(UpdateTrailRequest {
0 name,
1 s3_bucket_name,
2 s3_key_prefix,
3 sns_topic_name,
4 include_global_service_events,
5 is_multi_region_trail,
6 enable_log_file_validation,
7 cloud_watch_logs_log_group_arn,
8 cloud_watch_logs_role_arn,
9 kms_key_id,
10 is_organization_trail,
11 recursive_logging,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateTrailResponse {
    pub name: Option<String>,
    pub s3_bucket_name: Option<String>,
    pub s3_key_prefix: Option<String>,
    pub sns_topic_name: Option<String>,
    pub sns_topic_arn: Option<String>,
    pub include_global_service_events: Option<bool>,
    pub is_multi_region_trail: Option<bool>,
    pub trail_arn: Option<String>,
    pub log_file_validation_enabled: Option<bool>,
    pub cloud_watch_logs_log_group_arn: Option<String>,
    pub cloud_watch_logs_role_arn: Option<String>,
    pub kms_key_id: Option<String>,
    pub is_organization_trail: Option<bool>,
    pub recursive_logging: Option<bool>,
}
structure!(UpdateTrailResponse {
0 name,
1 s3_bucket_name,
2 s3_key_prefix,
3 sns_topic_name,
4 sns_topic_arn,
5 include_global_service_events,
6 is_multi_region_trail,
7 trail_arn,
8 log_file_validation_enabled,
9 cloud_watch_logs_log_group_arn,
10 cloud_watch_logs_role_arn,
11 kms_key_id,
12 is_organization_trail,
13 recursive_logging,
});
