//! CloudWatch (spec platform §7): samples of metrics, what can be asked of them, and alarms on the answers.
//!
//! - Samples are in `wharf_series`; this service knows what a request may put ([`datum`]) and which statistics
//!   there are of a summary ([`stat`]).
//! - A question is a list of queries ([`query`]): metrics, math over them ([`math`]), searches ([`search`]) and
//!   queries of Metrics Insights ([`insights`]). What they refer to is read first, then they are evaluated; pure.
//! - A graph of a question's answer is drawn from a widget's JSON ([`widget`]); pure.
//! - An alarm is a record. A reconciler looks at its data each minute (each ten seconds for shorter periods) and
//!   `alarm::judge` says which state they mean; pure. A change of state is one transaction ([`transition`]): the
//!   record, its history, and what it owes to topics and policies of scaling. EventBridge reads changes from the
//!   records' history (`announced`).
//!   An alarm on PromQL asks `wharf_prometheus`, and follows each series of the answer (`alarm::promql`).
//! - A metric stream sends what was measured on, minute by minute ([`stream`]).
//! - What is usual of a metric is learned from its points ([`anomaly`]): bands in expressions, and alarms on them.
//! - Rules of Contributor Insights are kept here and counted by CloudWatch Logs ([`contributors`]).
//! - A policy of scaling is called again at each look while the alarm stays in the state that calls it ([`Scaling`]).
//!   What a policy that is deleted was to alarms goes out of their actions (`detached`).
//!
//! Invariants: what was acknowledged is on disk; an alarm acts once for each change of its state; no text that a user
//! sends takes more stack or memory than its limits say.

#![forbid(unsafe_code)]

mod alarm;
mod announced;
mod anomaly;
mod authorize;
mod config;
mod contributors;
mod core;
mod counted;
mod courier;
mod datum;
mod detached;
mod fault;
mod fetch;
#[doc(hidden)]
pub mod fuzz;
mod insights;
mod label;
mod math;
mod names;
mod ops;
mod query;
mod rates;
mod reconcile;
mod records;
mod search;
mod service;
mod stat;
mod stream;
mod tagged;
mod tags;
mod transition;
mod turns;
mod widget;
mod words;

pub use announced::ANNOUNCING;
pub use config::{Alarmed, Parts, Scaling};
pub use counted::COUNTED;
pub use detached::StoredAlarms;
pub use rates::RATES;
pub use service::CloudwatchService;
pub use tagged::TAGGED;
