//! Amazon EventBridge: buses, rules that choose events by patterns or by time, and their targets.
//!
//! - `records` are what is stored: buses, and rules with their targets.
//! - `event` is what an entry of PutEvents must be, `transform` what a target gets of it, `path` the
//!   paths into it; patterns are those of `wharf_patterns`. All pure.
//! - `compiled` keeps the rules of a bus ready for matching.
//! - `accept` brings an event onto a bus: in one transaction it writes what is owed to targets.
//! - `announced` puts what wharf's own services announce, `scheduled` what rules send by the clock.
//! - `archive` keeps events in the journal and replays them.
//! - `bus_log` is what happens to events, told step by step to where deliveries of CloudWatch Logs bring it.
//! - `courier` says which call a target is, and sends it or its dead letter (`wharf_delivery`).
//! - `connection` has what is proved to web servers, `invoke` sends events to them, `log_group` to groups of logs.
//! - `ops` holds the operations; `authorize` their rows, `chosen` what these ask about a rule's pattern.
//!
//! Invariants: an event is answered for only once everything it is owed to is durable; nobody but
//! wharf's own services puts events of sources that begin with `aws.`; rules are matched as they stand
//! when the event comes, however they were compiled before.

#![forbid(unsafe_code)]

mod accept;
mod announced;
mod archive;
mod archived;
mod authorize;
mod bus_log;
mod chosen;
mod compiled;
mod config;
mod connection;
mod core;
mod courier;
mod dead_letters;
mod document;
mod error_code;
mod event;
mod fault;
#[doc(hidden)]
pub mod fuzz;
mod invoke;
mod judging;
mod keys;
mod log_group;
mod metered;
mod names;
mod ops;
mod path;
mod policy;
mod records;
mod scheduled;
mod sealed;
mod service;
mod tagged;
mod tags;
mod targets;
mod transform;

pub use config::Parts;
pub use sealed::SEALING;
pub use service::EventsService;
pub use tagged::TAGGED;
