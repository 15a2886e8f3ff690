//! What an idempotency token of a call led to.

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;

use crate::value::{Record, Unknown};

/// Written in the transaction that did the work, so that a repeated call finds either both or
/// neither.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClientToken {
    /// SHA-256 of the request's parameters, hexadecimal: another request under the same token is a
    /// conflict.
    pub request: String,
    /// ARNs of what was made.
    pub made: Vec<String>,
    pub created_at: Timestamp,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for ClientToken {
    const KIND: &'static str = "token";
    const FORMAT: u32 = 1;
}
