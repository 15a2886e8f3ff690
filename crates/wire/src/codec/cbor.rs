//! Smithy's RPC v2 in CBOR (RFC 8949): bodies by the schema. Whole and indefinite lengths are read;
//! nothing is reserved by a length that the sender claims.

mod read;
mod write;

pub use read::decode;
pub(super) use write::{encode_fault_of, encode_view};

use crate::Fault;

pub const CONTENT_TYPE: &str = "application/cbor";
/// What a response carries in `smithy-protocol`; clients reject one without.
pub const PROTOCOL: &str = "rpc-v2-cbor";

/// The body of a fault of a service without a schema here.
pub fn encode_fault(fault: &Fault) -> Vec<u8> {
    let mut body = write::map(2);
    for text in ["__type", &fault.code, "message", &fault.message] {
        write::text(&mut body, text);
    }
    body
}

/// Kinds of data items, in the first three bits.
mod major {
    pub const UNSIGNED: u8 = 0;
    pub const NEGATIVE: u8 = 1;
    pub const BYTES: u8 = 2;
    pub const TEXT: u8 = 3;
    pub const ARRAY: u8 = 4;
    pub const MAP: u8 = 5;
    pub const TAG: u8 = 6;
    pub const OTHER: u8 = 7;
}

/// The tag of seconds since 1970.
const EPOCH: u64 = 1;

#[cfg(test)]
mod tests;
