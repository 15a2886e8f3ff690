//! One file an operation; those that only make, change or delete a group or stream share one.

pub mod account_policies;
mod account_subscription;
pub mod data_protection;
pub mod describe_log_groups;
pub mod describe_log_streams;
pub mod destinations;
pub mod export_tasks;
pub mod filter_log_events;
pub mod get_log_events;
pub mod groups;
pub mod kms_key;
pub mod list_log_groups;
pub mod log_record;
pub mod metric_filters;
pub mod put_log_events;
pub mod queries;
pub mod query_definitions;
pub mod resource_policies;
pub mod retention;
pub mod scheduled_history;
pub mod scheduled_queries;
pub mod start_live_tail;
pub mod streams;
pub mod subscription_filters;
pub mod tags;
pub mod test_metric_filter;
pub mod transformers;
