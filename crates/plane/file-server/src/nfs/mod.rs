//! NFSv4.0 (RFC 7530) and NFSv4.1 (RFC 8881), as far as clients need it for files: no delegations, no back channel, no named
//! attributes, no ACLs, no pNFS.
//!
//! - [`call`] reads a call and answers it, [`compound`] does its operations one after the other.
//! - `names`, `io`, `opens`, `locking`, `sessions`, `clients` are the operations.
//! - [`attributes`] says and changes what is known of an object.
//! - [`state`] is what clients hold: sessions, open files, locks. It is in memory: after a start clients reclaim it.

mod attributes;
pub mod call;
mod clients;
mod compound;
mod io;
mod locking;
mod names;
mod opens;
mod sessions;
pub mod state;

pub use compound::{Client, Server};

/// Bytes that are read or written at once.
pub const MAX_IO: u32 = 1 << 20;
/// Bytes of a call or an answer: the above with what stands around it.
pub const MAX_MESSAGE: usize = (MAX_IO as usize) + (16 << 10);
