//! What can go wrong, told apart by what the caller may still do.

use std::{io, path::PathBuf, sync::Arc};

use wharf_wal::{LockError, Log, LogError};

/// The folder could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(transparent)]
    Lock(#[from] LockError),
    #[error(transparent)]
    Log(#[from] LogError),
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

/// Whether bytes are not what was written, or the disk does not give them: they do not come back.
pub(crate) fn is_damage(error: &io::Error) -> bool {
    const EIO: i32 = 5;
    let kinds = [
        io::ErrorKind::InvalidData,
        io::ErrorKind::UnexpectedEof,
        io::ErrorKind::NotFound,
    ];
    kinds.contains(&error.kind()) || error.raw_os_error() == Some(EIO)
}

/// What of a log was damaged when it was opened.
pub(crate) fn given_up(log: &Log) -> Option<String> {
    let cut = log.cut()?;
    let path = cut.path.display();
    let reason = cut.damage.as_ref()?;
    Some(format!("{path}, from byte {}: {reason}", cut.offset))
}

/// Samples were not taken; none of the call's are there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// There are as many series as there may be, or as many of this account.
    #[error("the account has as many series as it may have ({most})")]
    TooManySeries { most: usize },
    /// The names of all series take as many bytes as they may, or those of this account.
    #[error("the names of the account's series take as many bytes as they may ({most})")]
    NamesTooLong { most: usize },
    /// The account began as many series within a minute as it may.
    #[error("the account may begin no more than {most} series in a minute")]
    TooManyNewSeries { most: usize },
    /// What this account sent and what is not written yet fills its share of the queue.
    #[error("the account sends faster than is written")]
    Busy,
    #[error("more samples than a call may have")]
    TooLarge,
    /// No room on the disk, or too few descriptors; it may go later.
    #[error("{reason}")]
    Later { reason: String },
    /// Nothing more is written until the folder is opened again.
    #[error("{reason}")]
    Failed { reason: String },
    #[error("the store of metrics is closed")]
    Closed,
}

impl From<wharf_wal::AppendError> for AppendError {
    fn from(error: wharf_wal::AppendError) -> Self {
        let reason = error.to_string();
        match error {
            wharf_wal::AppendError::DiskFull { .. } | wharf_wal::AppendError::Later { .. } => {
                Self::Later { reason }
            }
            wharf_wal::AppendError::TooLarge { .. } => Self::TooLarge,
            wharf_wal::AppendError::Failed { .. } => Self::Failed { reason },
        }
    }
}

/// Samples could not be read.
#[derive(Debug, Clone, thiserror::Error)]
#[error("points of metrics cannot be read")]
pub struct ReadError(#[source] Arc<io::Error>);

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        Self(Arc::new(error))
    }
}
