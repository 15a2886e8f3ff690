//! The NFSv4 server of EFS: one program for each file system that lies on a host.
//!
//! Files lie on a disk of their own, or in a folder of the host. The program has that as its root, no network of its own and no rights
//! but those over files; the sockets that it listens at are handed to it. It outlives who started it. A disk that fails
//! ([`disk`]) ends it: clients ask the next one.
//!
//! - [`start`] starts it and tells it what is to be ([`config`]); all of it, again and again.
//! - [`serve`] is the program: it lets connections in, by [`ticket`] or as anybody.
//! - [`nfs`] answers calls over [`files`], in the words of [`wharf_nfs_wire`].
//!
//! A packaged server would not do: handles of the usual ones can be made up, by which a tenant reads the whole disk below, and
//! what a client may is decided there by its address, not by who it is.
//!
//! Invariants: a handle is good at the root where it was had and nowhere else; what a user may is the kernel's decision; nothing
//! is allocated for what a message merely claims; what was said to be stable is on the disk.

mod config;
mod confine;
mod connection;
mod control;
mod disk;
mod files;
#[doc(hidden)]
pub mod fuzz;
mod nfs;
mod open;
pub mod serve;
mod start;
mod sync;
mod ticket;

pub use config::{AccessPoint, Config, Creation, Permissions, Place, Status, User};
pub use control::{Answer, Request};
pub use start::{Files, ask, start};
pub use ticket::{BadTicket, MAX_TICKET, Ticket};
pub use wharf_programs::Program;
