//! Metric math: expressions over the results of other queries. Pure: what an expression refers to was read before.

mod budget;
mod eval;
mod functions;
mod parse;
mod value;

pub use budget::Budget;
pub use eval::{Given, evaluate};
pub use functions::{band_of, rule_of, search_of};
pub use parse::{Expression, parse};
pub use value::{Line, Source, Value};

/// Why an expression is refused, in words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Bad(pub String);

impl Bad {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}
