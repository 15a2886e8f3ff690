//! The runtime of reconcilers: level-triggered loops over keys.
//!
//! - [`Queue`] holds keys, not events: a wake-up carries no data, duplicates merge, one worker works
//!   on a key at a time, and a key woken while it is worked on is worked on again. A key that failed
//!   waits, and a wake-up cuts that short.
//! - [`run`] drives a queue with a bounded number of workers and is the one place that retries
//!   failures, with growing delays.
//! - [`Shard`] is the right to reconcile: a leased key that every transaction of an executor
//!   compares (fencing), so that a server which lost its lease can no longer write.

#![forbid(unsafe_code)]

pub mod queue;
mod ready;
pub mod runner;
pub mod shard;

pub use queue::{Depth, Queue};
pub use runner::{Next, run};
pub use shard::{Shard, Takeover};
