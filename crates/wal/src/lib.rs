//! A durable, append-only log of frames in a folder, and the small things that belong to it: the
//! lock that keeps a folder to one process, and a bounds-checked codec for what stands in a frame.
//!
//! Store and journal are both built on it. Invariants:
//! - A frame is on disk before [`Log::append`] returns, or it is not part of the log at all.
//! - Room is written (zeros) before a frame goes there, so that a full disk is met while nothing is
//!   at stake: [`AppendError::DiskFull`] leaves the log as it was. Some room is kept in reserve for
//!   frames that lead to less being kept ([`Purpose::GiveBack`]).
//! - The file of the next segment is open before it is needed; a process out of descriptors is
//!   refused with [`AppendError::Later`] at worst, and the log goes on when there are some again.
//! - After a failed write or sync of a frame nobody knows what the disk holds: the log is then
//!   closed to writing for good ([`AppendError::Failed`]).
//! - Only the last frame of a log can be torn. Damage before it is reported, never skipped, and so is
//!   a last frame that had been acknowledged (`last`).
//!
//! This crate knows nothing of what frames mean and starts no thread. Nothing in it is async but [`Room`], where callers wait
//! until there is room for them in the queue before a log.

#![forbid(unsafe_code)]

mod codec;
mod data_file;
mod disk;
mod error;
#[cfg(debug_assertions)]
mod fault_file;
mod frame;
#[doc(hidden)]
pub mod fuzz;
mod last;
mod later;
mod lock;
mod log;
mod room;
mod scan;
mod segment;
mod spare;
mod turns;

pub use codec::{DecodeError, Decoder, Encoder};
pub use data_file::{DataFile, Place};
pub use disk::{Disk, Fault, Faults, Operation, Output, ReplaceError};
pub use error::{AppendError, LogError, is_disk_full};
#[cfg(debug_assertions)]
pub use fault_file::FaultFile;
pub use frame::{FRAME_HEADER_BYTES, FrameError, FrameReader, MAX_FRAME_BYTES, encode_frame};
pub use lock::{FolderLock, LockError};
pub use log::{Appended, Cut, Log, LogOptions, Purpose, Replayed};
pub use room::{LANE_BYTES, Room, Taken};
pub use turns::{GroupLimits, Turns};
