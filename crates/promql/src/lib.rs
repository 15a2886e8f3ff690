//! PromQL: the query language of Prometheus, parsed and evaluated over series that the caller reads.
//!
//! - [`Query::parse`] reads a text and checks its types. [`Query::selections`] says which series it needs, and of when.
//! - [`Query::instant`] and [`Query::range`] evaluate it over those, in the order of the selections.
//! - `lex` and `parse` make the tree (`ast`), `eval` walks it at each step; `aggregate`, `binary`, `over_time` and
//!   `functions` do what its nodes say.
//!
//! Behaviour is that of Prometheus 2.42, which the tests ask where it is installed: a range has both of its ends.
//!
//! Invariants: no I/O and no clock; depth, size and regular expressions of a text are bounded; work and memory of an
//! evaluation stay within the [`Budget`] that it is given; whatever the text and the samples, nothing panics.

#![forbid(unsafe_code)]

mod aggregate;
mod ast;
mod binary;
mod budget;
mod error;
mod eval;
mod functions;
mod labels;
mod lex;
mod matcher;
mod over_time;
mod parse;
mod query;
mod series;
mod signature;

pub use budget::{Budget, Stop};
pub use error::Error;
pub use labels::{Labels, NAME};
pub use lex::duration;
pub use matcher::Matcher;
pub use parse::selectors;
pub use query::{Outcome, Query, Selection, Times};
pub use series::{Series, is_stale, stale};
