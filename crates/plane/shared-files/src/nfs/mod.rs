//! NFSv4.1 (RFC 8881) as far as a client without delegations, layouts or a back channel speaks it, in the words of [`wharf_nfs_wire`]. Pure.
//!
//! 4.1 rather than 4.0 for its sessions: a call that was sent once more over a new connection is done once, so that what is
//! not repeatable (remove, rename, create) needs no guessing.

pub mod attributes;
pub mod compound;
pub mod results;

/// The most of a name.
pub const MAX_NAME: usize = 255;
/// The most of a link's target, which is what the kernel takes.
pub const MAX_TARGET: usize = 4095;

/// What a file is to the server.
pub type FileHandle = std::sync::Arc<[u8]>;
