//! CloudWatch in process, over a real store of samples and of records.

mod alarms;
mod bands;
mod dashboards;
mod definitions;
mod held;
mod home;
mod lines;
mod metrics;
mod streams;
