//! What wharf stores: versioned, self-describing JSON values under structured keys.
//!
//! Records are never the wire shapes: an API may grow or rename, a record changes only on purpose.
//! The one deliberate exception are *documents* the user owns (a task definition, a set of
//! overrides), which are kept as the JSON the API shows, so that no member is ever lost.
//!
//! Invariants:
//! - a value says its kind and format; a newer format is refused, never guessed at;
//! - members this version does not know survive a rewrite (`Unknown` in every record);
//! - this crate does no I/O.

#![forbid(unsafe_code)]

pub mod admission;
pub mod ecs;
#[doc(hidden)]
pub mod fuzz;
pub mod hosts;
pub mod key;
pub mod node;
pub mod pods;
pub mod value;

pub use key::{Scope, escape, machine, unescape};
pub use value::{Record, RecordError, Unknown, decode, encode};
