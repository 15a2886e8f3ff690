//! The task engine: pure decisions about the tasks of one machine.
//!
//! A task is a [`Spec`] (what the payload said, unchanging) and a [`TaskState`] (what has happened,
//! durable). Observations enter as [`Event`]s through [`TaskState::apply`]; [`plan`] looks at both
//! and says what to do next. Nothing here performs I/O, asks a clock or rolls dice, so every path
//! can be walked in tests.
//!
//! Invariants, held by `tests.rs`:
//! - statuses never fall, and what is desired only ever goes from RUNNING to STOPPED;
//! - an action that is under way (`Busy`) is not planned again, and after all actions have
//!   answered the plan is empty (fixpoint);
//! - once STOPPED is desired, every sequence of answers ends in STOPPED, the network released;
//! - a container is stopped only after everything that depends on it has stopped.

pub mod admission;
pub mod graph;
mod plan;
pub mod report;
mod spec;
mod state;
#[cfg(test)]
mod tests;

pub use plan::{Action, Busy, Plan, plan};
pub use spec::{BadSpec, Condition, ContainerSpec, Dependency, NetworkMode, Restart, Spec};
pub use state::{
    ContainerState, ContainerStatus, Desired, Event, Exit, Health, HostBinding, Link, NetworkState,
    OUT_OF_MEMORY, TaskState, TaskStatus,
};
