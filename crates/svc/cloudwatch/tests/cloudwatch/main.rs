//! CloudWatch in process, over a real store of samples and of records.

mod alarms;
mod bands;
mod held;
mod home;
mod metrics;
mod streams;
