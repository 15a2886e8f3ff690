//! NFSv4.1 (RFC 8881) as far as a client without delegations, layouts or a back channel speaks it. Pure.
//!
//! 4.1 rather than 4.0 for its sessions: a call that was sent once more over a new connection is done once, so that what is
//! not repeatable (remove, rename, create) needs no guessing.

pub mod attributes;
pub mod compound;
pub mod results;
pub mod status;

/// The most of a file handle.
pub const MAX_HANDLE: usize = 128;
/// The most of a name.
pub const MAX_NAME: usize = 255;
/// The most of a link's target, which is what the kernel takes.
pub const MAX_TARGET: usize = 4095;

/// What a file is to the server.
pub type FileHandle = std::sync::Arc<[u8]>;

/// State that the server keeps for the client: an open file, or locks in one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StateId {
    pub sequence: u32,
    pub other: [u8; 12],
}

impl StateId {
    /// Of no open file in particular.
    pub const ANONYMOUS: Self = Self {
        sequence: 0,
        other: [0; 12],
    };
}

/// Bytes by which a server says that it is still the same, a client that it is, or a folder that it was not changed.
pub type Verifier = [u8; 8];
