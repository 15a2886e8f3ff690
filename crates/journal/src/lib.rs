//! Append-only streams of records, tens of thousands of them in one folder: log lines, events,
//! metrics, audit.
//!
//! - One thread writes. All appends that wait go into the log ([`wharf_wal`]) as one frame and are
//!   answered after its sync, so that many streams share it. Records of a stream have offsets 0, 1,
//!   2 … without gaps.
//! - What is in memory is the index: for each stream the places of its blocks, 32 bytes each. A
//!   block begins as what one call appended, which may have packed it ([`ColumnBuilder::pack`]).
//! - In the background the log's closed segments are merged into *runs*, in which each stream's
//!   records stand together in blocks of up to 256 KiB, packed where that pays, and so are runs of like size, and runs most
//!   of which has been trimmed. The manifest says which runs count and where the log begins; files
//!   it does not name are leftovers of a job that a crash cut short.
//!
//! Folder: `LOCK`, `manifest`, `<segment>.log`, `<run>.run`.

#![forbid(unsafe_code)]

mod block;
mod columns;
mod error;
mod filter;
#[doc(hidden)]
pub mod fuzz;
mod journal;
mod lane;
mod manifest;
mod merge;
mod options;
mod packed;
mod record;
mod run;
mod state;
mod writer;

pub use block::{PackedRecords, Records, StoredBlock};
pub use columns::ColumnBuilder;
pub use error::{JournalError, LimitError, OpenError};
pub use filter::Filter;
pub use journal::{Journal, Moved, ReadReply, Record, RemovalPause, StreamInfo, Usage};
pub use options::JournalOptions;
pub use packed::{Glance, HEAD_BYTES};
pub use writer::Frozen;

/// Bytes of one record.
pub const MAX_RECORD_BYTES: usize = 1 << 20;
/// Bytes of all records of one append.
pub const MAX_APPEND_BYTES: usize = 4 << 20;
/// Records of one append: PutLogEvents' own limit.
pub const MAX_APPEND_RECORDS: usize = 10_000;
/// Bytes of a stream's or a cursor's name.
pub const MAX_NAME_BYTES: usize = 1024;
