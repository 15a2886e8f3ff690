//! Contributor Insights: who contributes most to what log groups say, by rules of the schema `CloudWatchLogRule`.
//!
//! - [`Rule`] is a definition that was read and checked; `field` finds the parts of an event that it names.
//! - [`Tally`] counts events by it, exactly; `report` says what they come to.
//! - [`LogEvents`] is who has the events: CloudWatch keeps the rules, and CloudWatch Logs counts.
//!
//! Invariants: all but the trait is pure; no text of a user takes more memory than a tally's budget; what is counted
//! does not depend on the order of the events, but for the last digits of sums.

#![forbid(unsafe_code)]

mod field;
mod report;
mod rule;
mod source;
mod tally;

pub use report::{Contributor, Metric, Order, Point, Report};
pub use rule::{BadRule, Rule};
pub use source::{LONGEST_COUNTING, LogEvents, Question, Untold};
pub use tally::{Tally, TooMany};
