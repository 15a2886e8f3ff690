//! EventBridge Scheduler (spec platform §9): schedules, their groups, and what becomes of them at their
//! time.
//!
//! - A schedule is a record; the moment up to which it was carried out stands in it. [`timing`] says which
//!   moment comes next; pure.
//! - When a moment has come, one transaction moves the record on and puts a parcel for the target into the
//!   outbox (`wharf_delivery`): a moment is neither lost nor carried out twice, whatever ends in between.
//! - The target is called in the name of the schedule's role, which must trust `scheduler.amazonaws.com`.

#![forbid(unsafe_code)]

mod authorize;
mod config;
mod core;
mod courier;
mod describe;
mod fault;
mod figures;
#[doc(hidden)]
pub mod fuzz;
mod metered;
mod names;
mod ops;
mod reconcile;
mod records;
mod service;
mod tagged;
mod tags;
mod target;
mod timing;
mod under_key;

pub use config::Parts;
pub use figures::Figures;
pub use service::SchedulerService;
pub use tagged::TAGGED;
