//! The kernel's protocol over `/dev/fuse` as far as a whole file system needs it. Pure.
//!
//! Numbers are the machine's own. All is as in `linux/fuse.h`.

pub mod answer;
pub mod request;

pub use wharf_programs::fuse::{HEAD, next, say};

/// The node that is the root.
pub const ROOT: u64 = 1;
/// Bytes of a write before what is written.
pub const WRITE_HEAD: usize = HEAD + 40;
/// The most that is read or written at a time.
pub const MOST: u32 = 256 << 10;
