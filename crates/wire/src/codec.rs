//! One codec per protocol: bytes to a generated input, a generated output or a fault to bytes.

pub mod cbor;
pub mod eventstream;
pub mod form;
pub mod json;
pub mod xml;

/// A request body that cannot be understood. The text goes to the caller.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub String);

/// Items of all lists and maps of one request: an empty item takes two bytes on the wire and hundreds
/// in memory. PutLogEvents brings 10,000.
pub(crate) const MAX_ITEMS: u32 = 20_000;

/// Lists and structures may nest so deep in a request; deeper ones come from no honest client.
pub(crate) const MAX_DEPTH: usize = 64;
