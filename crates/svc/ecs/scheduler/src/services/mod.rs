//! Services: the scheduler that keeps so many tasks of a definition running, and rolls them over.
//!
//! ```text
//! view ──▶ observe ──▶ plan (pure) ──▶ execute ──▶ store, elbv2
//!  ▲                                      │
//!  └── changes of tasks, targets, instances wake the service ◀──┘
//! ```
//! | module | what |
//! | --- | --- |
//! | [`observe`] | what the scheduler sees of a service's tasks, hosts and targets |
//! | [`plan`] | what is to be done, and what the service becomes by it; no I/O, clock or chance |
//! | [`events`] | the literal texts, and which of them are not repeated for hours |
//! | [`execute`] | performs a plan; every write compares the shard's lease |
//! | [`counts`] | how many tasks of a service count as running, and how many as pending |
//! | [`failure`] | why a task ended, in a line |
//! | [`probation`] | how long a task must have run before it counts |
//! | [`room`] | what a host lacks for a task |
//! | [`cause`] | what is usually behind a stopped reason |
//! | [`explain`] | says what a service waits for, and why hosts take no task of it |
//! | [`launch`] | starts tasks: one transaction a batch claims hosts and writes tasks |
//!
//! Invariants, held by property tests and the storm: a stop of ours never takes the healthy
//! tasks below the minimum, a launch never takes the live ones above the maximum, a DAEMON has at
//! most one task an instance, every end of a task is counted exactly once.

pub mod cause;
pub mod counts;
pub mod events;
pub mod execute;
pub mod explain;
pub mod failure;
pub mod launch;
pub mod observe;
pub mod plan;
pub mod probation;
pub mod room;
pub mod targets;

pub use crate::service::{definitions, id_of, key};
