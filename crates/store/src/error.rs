//! Errors, told apart by what a caller can do about them.

use std::{io, path::PathBuf};

use wharf_base::{NoRoom, ShareFull};

use crate::{LeaseId, Revision};

/// The store could not be opened or restored.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process, or another handle of this one, has the folder open.
    #[error("the store in {} is in use by process {}", dir.display(), pid.map_or_else(|| "(unknown)".to_owned(), |p| p.to_string()))]
    InUse { dir: PathBuf, pid: Option<u32> },
    /// Acknowledged data is not what was written. Nothing was changed on disk.
    #[error("the store file {} is damaged at byte {offset}: {reason}", path.display())]
    Corrupt {
        path: PathBuf,
        offset: u64,
        reason: String,
    },
    /// A store can only be restored into a folder that holds none.
    #[error("{} holds a store already", dir.display())]
    NotEmpty { dir: PathBuf },
    #[error("cannot {step} {}", path.display())]
    Io {
        step: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
}

impl OpenError {
    pub(crate) fn io(
        step: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { step, path, source }
    }
}

impl From<wharf_wal::LogError> for OpenError {
    fn from(e: wharf_wal::LogError) -> Self {
        match e {
            wharf_wal::LogError::Io { step, path, source } => Self::Io { step, path, source },
            wharf_wal::LogError::Corrupt {
                path,
                offset,
                reason,
            } => Self::Corrupt {
                path,
                offset,
                reason,
            },
            wharf_wal::LogError::Undecodable { path, offset, why } => Self::Corrupt {
                path,
                offset,
                reason: format!("a frame {why}"),
            },
        }
    }
}

impl From<wharf_wal::LockError> for OpenError {
    fn from(e: wharf_wal::LockError) -> Self {
        match e {
            wharf_wal::LockError::InUse { dir, pid } => Self::InUse { dir, pid },
            wharf_wal::LockError::Io { dir, source } => Self::Io {
                step: "lock",
                path: dir,
                source,
            },
        }
    }
}

/// A call to an open store failed; unless said otherwise nothing was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The request breaks a limit of the contract and can never succeed.
    #[error("invalid request: {0}")]
    Invalid(#[from] LimitError),
    /// The history before `compacted` is gone: read again from the present and go on from there.
    #[error("revision {requested} is compacted (oldest is {compacted})")]
    Compacted {
        requested: Revision,
        compacted: Revision,
    },
    #[error("revision {requested} lies ahead of {current}")]
    FutureRevision {
        requested: Revision,
        current: Revision,
    },
    /// A comparison failed; made by [`crate::TxnReply::committed`].
    #[error("{key} has changed meanwhile")]
    Conflict { key: String },
    #[error("lease {0} does not exist")]
    LeaseNotFound(LeaseId),
    /// No room on disk. Reads go on, and writes succeed again once there is room.
    #[error("no room left on the disk of {}", dir.display())]
    DiskFull {
        dir: PathBuf,
        #[source]
        cause: NoRoom,
    },
    /// The account has used up its share: see [`crate::StoreOptions::account_bytes`].
    #[error("no room left in an account's share")]
    ShareFull(#[source] ShareFull),
    /// The process is short of something that comes back, descriptors for one. Nothing was changed;
    /// trying again helps.
    #[error("the store cannot write at this moment: {reason}")]
    Later { reason: String },
    /// The answer was lost on its way, between processes: the call's own effect may or may not be
    /// there. An engine in this process always answers.
    #[error("the store did not answer: {reason}")]
    Unanswered { reason: String },
    /// A write or sync failed in a way that leaves unknown what the disk holds; this call's own
    /// effect may or may not be found when the store is opened again. Reads go on; writes fail until
    /// then.
    #[error("the store is closed to writing: {reason}")]
    Failed { reason: String },
    /// An old value could not be read back from disk.
    #[error("cannot read history: {reason}")]
    History { reason: String },
    #[error("the store is closed")]
    Closed,
}

/// Which limit was broken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LimitError {
    #[error(
        "{count} operations in one transaction, at most {} are possible",
        crate::MAX_TXN_OPS
    )]
    TooManyOps { count: usize },
    #[error(
        "{bytes} bytes in one transaction, at most {} are possible",
        crate::MAX_TXN_BYTES
    )]
    TooLarge { bytes: usize },
    #[error("key {key} is written twice in one transaction")]
    DuplicateKey { key: String },
    #[error("an empty key")]
    EmptyKey,
    #[error(
        "a key of {bytes} bytes, at most {} are possible",
        crate::MAX_KEY_BYTES
    )]
    KeyTooLong { bytes: usize },
    #[error(
        "a lease of {seconds} s, from 1 to {} are possible",
        crate::MAX_LEASE_SECONDS
    )]
    LeaseTtl { seconds: u64 },
}
