//! The store: keys, revisions, transactions, watches and leases with etcd's semantics and limits,
//! and the engines that keep them: in a folder of this machine, or in memory for tests.
//!
//! The contract is one that an engine on other machines can keep as well: whatever needs its answer is
//! asynchronous and may fail, no read is without a limit, no transaction above etcd's. What a handle
//! says at once ([`Store::epoch`], [`Store::heard_of`]) it knows from being opened and from answers.
//! `tests/store/contract.rs` says it for each engine; an engine more is a line in its table.
//!
//! The engine of a folder: everything live is in memory and every write is in a log ([`wharf_wal`]):
//! - One thread writes. Of the transactions that wait it takes some, decides them one after another against
//!   the state and each other, puts them into the log as one frame, and after the sync applies that very
//!   frame to the state and answers. So a reply means durable, nobody reads what is not durable yet, and
//!   many writers share one sync.
//! - Accounts take turns ([`wharf_wal::Turns`]): those of one account are decided in the order in which they
//!   came, and one that writes seldom goes with the next frame, however many of another account wait.
//! - Readers copy from memory under a read lock, a bounded number of keys at a time. They see one
//!   revision, and it stays readable while they do.
//! - History (replaced values and deletions) is the log itself. Its newest part is in memory too;
//!   of the rest memory holds only the places. Compaction forgets it, and a checkpoint file with the
//!   state as of the compacted revision then replaces the log's oldest segments.
//! - A watch is a position in that history and holds no buffer: a slow watcher costs nothing.
//!
//! Folder: `LOCK`, `checkpoint`, `<segment>.log`.

#![forbid(unsafe_code)]

mod accounts;
mod chaos;
mod checkpoint;
mod engine;
mod error;
#[doc(hidden)]
pub mod fuzz;
mod group;
mod lease;
mod medium;
mod open;
mod options;
mod pages;
mod pattern;
mod range;
mod record;
mod restore;
mod shared;
mod state;
mod store;
mod tree;
mod txn;
mod types;
mod value;
mod watch;
mod writer;

pub use accounts::Held;
pub use chaos::{Chaos, MAX_YIELDS};
pub use error::{LimitError, OpenError, StoreError};
pub use options::StoreOptions;
pub use pages::Pages;
pub use range::{Range, RangeReply, Span};
pub use restore::{RestoreOptions, RestoreReport};
pub use store::{SnapshotReport, Store};
pub use txn::{Compare, Op, OpResult, Relation, Target, Txn, TxnReply};
pub use types::{Entry, Event, EventKind, LeaseId, Revision};
pub use watch::{Watch, WatchBatch, WatchProgress};

/// Operations in one branch of a transaction, comparisons among those of the second: etcd's
/// `--max-txn-ops`.
pub const MAX_TXN_OPS: usize = 128;
/// Entries of one range. etcd has no such limit, and sends whatever is asked for in one message.
pub const MAX_RANGE_KEYS: usize = 1000;
/// Bytes of keys and values in one transaction. etcd refuses requests above 1.5 MiB; the difference
/// is left to its encoding.
pub const MAX_TXN_BYTES: usize = 1 << 20;
/// Bytes of one key. etcd has no limit of its own; keys here are names, and indexes hold them.
pub const MAX_KEY_BYTES: usize = 4096;
/// Longest lease, in seconds: etcd's.
pub const MAX_LEASE_SECONDS: u64 = 9_000_000_000;
