//! Errors, told apart by what a caller can do about them.

use std::{io, path::PathBuf};

use wharf_base::NoRoom;

/// The journal could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process, or another handle of this one, has the folder open.
    #[error("the journal in {} is in use by process {}", dir.display(), pid.map_or_else(|| "(unknown)".to_owned(), |p| p.to_string()))]
    InUse { dir: PathBuf, pid: Option<u32> },
    /// Acknowledged data is not what was written. Nothing was changed on disk.
    #[error("the journal file {} is damaged at byte {offset}: {reason}", path.display())]
    Corrupt {
        path: PathBuf,
        offset: u64,
        reason: String,
    },
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

    pub(crate) fn corrupt(
        path: impl Into<PathBuf>,
        offset: u64,
        reason: impl Into<String>,
    ) -> Self {
        Self::Corrupt {
            path: path.into(),
            offset,
            reason: reason.into(),
        }
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

/// A call to an open journal failed; unless said otherwise nothing was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// The request breaks a limit and can never succeed.
    #[error("invalid request: {0}")]
    Invalid(#[from] LimitError),
    /// No room on disk. Reads go on, and appends succeed again once there is room.
    #[error("no room left on the disk of {}", dir.display())]
    DiskFull {
        dir: PathBuf,
        #[source]
        cause: NoRoom,
    },
    /// The process is short of something that comes back, descriptors for one. Nothing was changed;
    /// trying again helps.
    #[error("the journal cannot write at this moment: {reason}")]
    Later { reason: String },
    /// A write or sync failed in a way that leaves unknown what the disk holds. Reads go on; writes
    /// fail until the journal is opened again.
    #[error("the journal is closed to writing: {reason}")]
    Failed { reason: String },
    /// Records could not be read back.
    #[error("cannot read: {reason}")]
    Read { reason: String },
    #[error("the journal is closed")]
    Closed,
}

/// Which limit was broken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LimitError {
    #[error("no records")]
    Empty,
    #[error(
        "{count} records in one append, at most {} are possible",
        crate::MAX_APPEND_RECORDS
    )]
    TooManyRecords { count: usize },
    #[error(
        "{bytes} bytes in one append, at most {} are possible",
        crate::MAX_APPEND_BYTES
    )]
    AppendTooLarge { bytes: usize },
    #[error(
        "a record of {bytes} bytes, at most {} are possible",
        crate::MAX_RECORD_BYTES
    )]
    RecordTooLarge { bytes: usize },
    #[error(
        "a name of {bytes} bytes, from 1 to {} are possible",
        crate::MAX_NAME_BYTES
    )]
    Name { bytes: usize },
}

impl LimitError {
    pub(crate) fn check_record(bytes: usize) -> Result<(), Self> {
        match bytes > crate::MAX_RECORD_BYTES {
            true => Err(Self::RecordTooLarge { bytes }),
            false => Ok(()),
        }
    }

    pub(crate) fn check_count(count: usize) -> Result<(), Self> {
        match count > crate::MAX_APPEND_RECORDS {
            true => Err(Self::TooManyRecords { count }),
            false => Ok(()),
        }
    }

    /// Of all records of an append.
    pub(crate) fn check_append(bytes: usize) -> Result<(), Self> {
        match bytes > crate::MAX_APPEND_BYTES {
            true => Err(Self::AppendTooLarge { bytes }),
            false => Ok(()),
        }
    }
}
