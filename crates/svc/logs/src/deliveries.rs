//! Deliveries: what services log of their resources, brought to log groups and buckets.
//!
//! - `records` are what is stored: a source is a resource with a type of its logs, a destination a log group or a bucket, a
//!   delivery leads from one to the other.
//! - `catalog` says what can be a source, `format` writes records, `layout` names objects, all pure.
//! - `routes` knows in memory which records are wanted, and writes them down; `waiting` has them on disk, `queue` says which
//!   deliveries are due, `run` delivers. `sealing` follows rotations of the keyring.
//! - `access` sees whether the service that delivers is let in.
//!
//! Invariants: who logs never fails for it, and goes on once it is on disk; what waits is bounded; it is on disk until it is
//! delivered; without a delivery nothing is made of what happens.

pub mod access;
pub mod catalog;
pub mod format;
pub mod layout;
mod queue;
pub mod records;
mod routes;
mod run;
mod sealing;
mod waiting;

pub use routes::{Deliveries, delivery_key};
pub use sealing::SealedAnew;
