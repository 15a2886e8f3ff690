//! Listening sockets that a supervisor holds for a part, so that the part's death closes none:
//! connections wait in the kernel until the next process accepts them.
//!
//! The supervisor keeps a [`Store`], the part gets a [`Keeper`]; between them is a socket pair of
//! type SOCK_SEQPACKET, made anew for each process of the part. Every message is one packet:
//!
//! | to the part, before it starts | |
//! | --- | --- |
//! | `s` and 1 to 128 descriptors | sockets that are held |
//! | `.` | that was all |
//!
//! | to the supervisor | |
//! | --- | --- |
//! | `+`name and one descriptor | hold this listening socket under this name, instead of one already there |
//! | `-`name | close it |
//! | `=` | close all that this process has not handed over itself |
//!
//! The server hands nothing over: its sockets are the supervisor's from the start.
//!
//! Invariants: the supervisor never waits for the part and never writes after the start, so a part
//! that hangs, floods or speaks nonsense costs it no more than the bounds below; it holds
//! listening TCP sockets and nothing else.

mod keeper;
mod packet;
mod store;
#[cfg(test)]
mod tests;

pub use self::{keeper::Keeper, store::Store};

const SOCKETS: u8 = b's';
const END: u8 = b'.';
const HOLD: u8 = b'+';
const LET_GO: u8 = b'-';
const SETTLE: u8 = b'=';

/// Descriptors of one packet; the kernel allows 253.
const MOST_DESCRIPTORS: usize = 128;
/// Bytes of a name.
const MOST_NAME: usize = 128;
/// Sockets that are held; fewer if this process may have few descriptors.
const MOST_HELD: usize = 4096;
