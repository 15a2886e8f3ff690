//! A layer of an image as a read-only file system, before all of its bytes are there.
//!
//! What files there are an index says (`wharf_ztoc`). Their bytes are in a sparse file that the agent fills, span by span, each
//! compared with its digest before it is written. A program of its own shows them to the kernel by FUSE, one for each layer
//! ([`serve`]): it has no network, no login and no right to anything but what it has open. A read of a span that is not there
//! waits, the agent is told at a socket which one ([`messages`]), and says when it is there or that it will not be. So a
//! killed agent holds up reads until the next one has connected, and nothing else.
//!
//! The program ends with the last mount of the file system, which overlays of containers hold. When it dies before, reads fail
//! until the containers have ended.

mod layer;
pub mod messages;
pub mod serve;
mod start;
mod wire;

pub use start::{ROOM, begin, connect, make_room, room_is_there, unmount};
pub use wharf_programs::Program;
