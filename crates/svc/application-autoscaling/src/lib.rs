//! Application Auto Scaling (spec platform §6): the desired count of ECS services follows alarms and schedules.
//!
//! - A scalable target is a record: its range, what is suspended, its cooldowns, and the change that is under way.
//!   Policies and scheduled actions are records below it.
//! - What to do `wharf_scaling` says; pure. [`reconcile`] brings one target forward: each decision is one transaction
//!   that writes the change and its activity, and only then the count is set, so that a change is carried out once
//!   whatever ends in between. Setting the same count again changes nothing.
//! - CloudWatch tells of alarms by [`Alarmed`]: when the state changes, and at each look while it stays. The
//!   last words of alarms (`wharf_scaling::readings`) are in memory, since they are said again.
//! - ECS and CloudWatch are called in the name of the service-linked role ([`neighbours`]).
//!
//! Invariants: one worker or request at a time brings a target forward, and its writes compare the shard's lease; a
//! scaling never leaves the target's range; an alarm that a policy made goes with it.

#![forbid(unsafe_code)]

mod activity;
mod alarms;
mod announced;
mod authorize;
mod calendar;
mod config;
mod core;
mod decision;
mod document;
mod fault;
mod moving;
mod names;
mod neighbours;
mod ops;
mod policy;
mod predicting;
mod reconcile;
mod records;
mod service;
mod tagged;
mod tags;
mod takedown;
mod work;

pub use announced::ANNOUNCING;
pub use config::Parts;
pub use service::ApplicationAutoscalingService;
pub use tagged::TAGGED;
pub use wharf_scaling::readings::Alarmed;
