//! Bodies that need not fit into memory, in and out, and what their senders promise of them.
//!
//! - [`body`] is a body as an operation reads or returns it: piece by piece.
//! - [`promise`] is what the head of a request says of its body: how it is framed, how long it is, and what
//!   its digests are.
//! - [`chunked`] takes the framing `aws-chunked` off, and checks the signatures of its chunks.
//! - [`checksum`] has the algorithms.
//! - [`inbound`] holds a body to its promise while it passes: no more than a piece is held, and the end comes
//!   only after everything agreed.

pub mod body;
pub mod checksum;
pub mod chunked;
pub mod fault;
pub mod inbound;
pub mod promise;

pub use body::{ByteStream, Reader, Source};
pub use checksum::{Algorithm, Running};
pub use inbound::Inbound;
pub use promise::Promise;
