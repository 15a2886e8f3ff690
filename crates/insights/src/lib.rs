//! The query language of CloudWatch Logs Insights.
//!
//! - [`Query`] is a text that was read and checked; `parse` makes it in one pass, names resolved, in which a
//!   query's errors have their places.
//! - [`Run`] takes events and keeps what the first command that must see all of them needs (`sink`); runs of several
//!   threads are joined, and [`Run::finish`] does the rest of the query on what they kept.
//! - `later` has the commands behind the first that must see all events, `across` those of them that look from row to row.
//! - `eval` has expressions and functions, `aggregate` what `stats` counts, `extract` the forms of `parse`,
//!   `discover` the fields of JSON, `pattern` the clusters of alike texts, `cost` what one event may cost.
//! - [`Needles`] are texts without which no event passes the query's filters: readers look for them in raw blocks
//!   before they take those apart.
//! - A [`Table`] is what `lookup` joins events with; who runs the query gives it to it before.
//! - `indexed` says which terms an event has and a query needs, for those who keep an index of fields.
//!
//! Invariants: no I/O and no clock; time is linear in what a run takes in, its memory bounded by the budget that it
//! is given; whatever the order and the threads that events come in by, the results are the same, but for
//! `pattern`, whose clusters depend on what was seen first.

#![forbid(unsafe_code)]

mod across;
mod aggregate;
mod convert;
mod cost;
mod discover;
mod distinct;
mod error;
mod eval;
mod event;
mod extract;
mod function;
mod histogram;
pub mod indexed;
mod later;
mod lookup;
mod needles;
mod order;
mod parse;
mod pattern;
mod period;
mod plan;
mod run;
mod sink;
mod value;

pub use cost::{Halted, Stop};
pub use discover::{MAX_DISCOVERED, fields};
pub use error::QueryError;
pub use event::{At, Event, Unmasked};
pub use lookup::{BadTable, MAX_TABLE_BYTES, Table};
pub use needles::{Hits, Needles};
pub use plan::{Query, Selection};
pub use run::{Outcome, ResultRow, Run};

/// Characters of a query.
pub const MAX_QUERY: usize = 10_000;
/// Rows of a result.
pub const MAX_ROWS: usize = 10_000;
