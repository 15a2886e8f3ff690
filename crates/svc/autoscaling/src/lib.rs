//! EC2 Auto Scaling (spec platform §10): groups that keep a number of instances of EC2.
//!
//! - A group is a record; its instances, hooks and activities are records below its uuid.
//! - What to do [`plan`] says; pure. [`reconcile`] brings one group forward: what is planned is written in one
//!   transaction with its activities, and what the records then owe (a launch, a termination, a registration with
//!   load balancing) is asked of others afterwards. An instance is written down before it is launched, and EC2's
//!   client token is that record's: it is launched once, whatever ends in between.
//! - EC2 is called through its contract, in the name of the service-linked role ([`cloud`]). Whoever makes a
//!   group could launch its instances: EC2 is asked in the caller's name when a group is given something to launch.
//!
//! Invariants: one worker or request at a time brings a group forward, and its writes compare the shard's lease; an
//! instance that is protected from scale-in is not taken to shrink; user data is sealed.

#![forbid(unsafe_code)]

mod alarms;
mod announced;
mod authorize;
mod calendar;
mod cloud;
mod config;
mod core;
mod counted;
mod decision;
mod fault;
mod figures;
mod launch;
mod names;
mod notices;
mod ops;
mod plan;
mod policy;
mod predicting;
mod reconcile;
mod records;
mod scale;
mod sealed;
mod service;
mod sweep;
mod tagged;
mod tags;

pub use announced::ANNOUNCING;
pub use config::Parts;
pub use counted::COUNTED;
pub use sealed::SEALING;
pub use service::AutoscalingService;
pub use tagged::TAGGED;
pub use wharf_scaling::readings::Alarmed;
