//! A durable, append-only log of frames in a folder, and the small things that belong to it: the
//! lock that keeps a folder to one process, and a bounds-checked codec for what stands in a frame.
//!
//! Store and journal are both built on it. Invariants:
//! - A frame is on disk before [`Log::append`] returns, or it is not part of the log at all.
//! - Room is written (zeros) before a frame goes there, so that a full disk is met while nothing is
//!   at stake: [`AppendError::DiskFull`] leaves the log as it was.
//! - After a failed write or sync of a frame nobody knows what the disk holds: the log is then
//!   closed to writing for good ([`AppendError::Failed`]).
//! - Only the last frame of a log can be torn. Damage before it is reported, never skipped.
//!
//! This crate knows nothing of what frames mean, starts no thread and is not async.

mod codec;
mod data_file;
mod error;
mod frame;
mod lock;
mod log;
mod segment;

pub use codec::{DecodeError, Decoder, Encoder};
pub use data_file::{DataFile, Place};
pub use error::{AppendError, LogError};
pub use frame::{FRAME_HEADER_BYTES, FrameError, FrameReader, MAX_FRAME_BYTES, encode_frame};
pub use lock::{FolderLock, LockError};
pub use log::{Appended, Log, LogOptions, Replayed};
