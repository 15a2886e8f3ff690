//! Event patterns: which JSON documents a rule of EventBridge or a filter policy wants.
//!
//! - [`Pattern`] is a pattern that was read and checked; [`Pattern::matches`] judges one document by it.
//! - [`Index`] judges a document by many patterns at once. Each pattern waits at its rarest condition,
//!   and only patterns whose condition came up are judged in full.
//! - `test` is what one value is compared with.
//!
//! Invariants: the index and the single pattern agree; the cost of one pattern is bounded by its size
//! and the document's, and by a number of steps, beyond which the document does not fit; no I/O.

#![forbid(unsafe_code)]

mod condition;
mod index;
mod parse;
mod test;

pub use condition::Pattern;
pub use index::{Index, Judged};
pub use parse::NotAPattern;
