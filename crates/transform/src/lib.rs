//! Transformers of CloudWatch Logs: processors that turn a log event into JSON, one after another.
//!
//! - [`Transformer`] is a list of processors that was read and checked (`config`, `compile`).
//! - `parsers` take a text apart (JSON, CSV, key and value, `grok`), `keys` move members, `strings` change texts,
//!   `datetime` and `types` convert values.
//! - `path` names members, `work` is one event on its way, with what may still be made of it.
//!
//! Invariants: no I/O and no clock; what one event becomes depends on the event alone; time and memory are bounded by
//! the size of the event and by constants, whatever the processors are.

#![forbid(unsafe_code)]

mod compile;
mod config;
mod datetime;
mod grok;
mod grok_lines;
mod grok_patterns;
mod keys;
mod parsers;
mod path;
mod strings;
mod types;
mod work;

pub use compile::Transformer;
pub use work::Subject;

/// Processors of one transformer.
pub const MAX_PROCESSORS: usize = 20;
/// A larger event stays as it came, as with AWS.
pub const MAX_EVENT: usize = 512 << 10;
/// An event that would have more fields stays as it came, as with AWS.
pub const MAX_FIELDS: usize = 200;

/// The configuration is no transformer; the reason is for the caller.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadTransformer(String);

fn bad(text: impl Into<String>) -> BadTransformer {
    BadTransformer(text.into())
}

#[cfg(test)]
mod tests;
