//! What NFSv4 (RFC 7530 and RFC 8881) puts into bytes, for both of its ends: the server of EFS and the client of tasks.
//!
//! - [`xdr`] reads and writes words and bytes, [`rpc`] records, calls and their callers.
//! - [`Op`] numbers operations, [`Status`] says how they end.
//! - [`attributes`]: which there are, sets of them, and the forms of their values.
//! - [`StateId`], [`session`]: what names what a server keeps for its clients.
//!
//! What each end makes of it is its own: which operations it knows, what it asks for, what it bounds more tightly.
//!
//! Invariants: no socket and no file; nothing is allocated for what a message merely claims.

#![forbid(unsafe_code)]

pub mod attributes;
mod operation;
pub mod rpc;
pub mod session;
mod state_id;
mod status;
pub mod xdr;

pub use operation::Op;
pub use state_id::StateId;
pub use status::Status;

/// The most bytes of a file handle.
pub const MAX_HANDLE: usize = 128;
/// The most bytes of what an owner of clients, open files, locks or files is called.
pub const MAX_OWNER: usize = 1024;

/// Bytes by which a server says that it is still the same, a client that it is, or a folder that it was not changed.
pub type Verifier = [u8; 8];
