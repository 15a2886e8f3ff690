//! The life of a task, as pure functions over its record.
//!
//! ```text
//! PROVISIONING ─ interface made ─▶ PENDING ─ agent ─▶ RUNNING ─ told to stop ─▶ (STOPPING, Fargate)
//!      │                              │                  │                          │
//!      └──────── stopped early ───────┴──── agent says STOPPED, or its host is gone ┘
//!                                                        ▼
//!                          DEPROVISIONING (interface deleted) ─▶ STOPPED ─ an hour ─▶ forgotten
//! ```
//! Steps a task does not need are skipped: a bridge task goes PENDING, RUNNING, STOPPED.
//!
//! - [`plan`] says what is to be done next; it knows no I/O and no clock.
//! - [`report`] takes over what an agent says.
//! - [`stop`] holds the reasons a task is told to stop or given up.
//! - [`waiting`] says what a task lacks that waits for Fargate.
//!
//! Invariants, held by property tests: `last` never goes back; `desired` only rises; every change
//! a user can see raises `version`; after [`settle`] nothing is left that needs no I/O.

pub mod claim;
pub mod plan;
pub mod report;
pub mod stop;
pub mod waiting;

pub use plan::{Action, plan, settle};
pub use report::{ContainerReport, ExecAgentReport, Report, Reported};

#[cfg(test)]
mod tests;
