//! A file for each operation or kind of resource.

pub mod alarm_contributors;
pub mod alarms;
pub mod anomaly;
pub mod dashboards;
pub mod data;
pub mod insight_report;
pub mod insight_rules;
pub mod list;
pub mod mute;
pub mod put;
pub mod put_alarm;
pub mod query_definitions;
pub mod statistics;
pub mod streams;
pub mod tags;
pub mod widget;
