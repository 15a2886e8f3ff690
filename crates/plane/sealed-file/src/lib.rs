//! Files that are sealed on disk and shown in the clear to who has the key, as a loop device's that is put over one.
//!
//! The kernel has no such thing where there is no device-mapper; so a program of ours shows it by FUSE, one for each file. It
//! is small, outlives who started it, and has the key in its memory alone ([`serve`]). What it knows of the kernel's
//! protocol is a dozen requests ([`wire`]).
//!
//! What was synced is on the disk before the answer. Whatever is killed, a sector is the old or the new one. When the program
//! dies, reads and writes fail until the file is opened anew.

mod buffer;
mod sectors;
pub mod serve;
mod start;
mod wire;

pub use start::{Shown, below_devices, hide, is_sealed, open, seal, shown, state};
pub use wharf_programs::Program;
