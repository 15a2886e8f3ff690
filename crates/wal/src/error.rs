//! What can go wrong with a log, told apart by what the caller may still do.

use std::{io, path::PathBuf};

use crate::DecodeError;

/// Opening or tending a log failed.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    #[error("cannot {step} {}", path.display())]
    Io {
        step: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    /// A frame is what was written, and its reader makes nothing of it.
    #[error("{} holds what this version cannot read at byte {offset}: a frame {why}", path.display())]
    Undecodable {
        path: PathBuf,
        offset: u64,
        why: DecodeError,
    },
    /// Bytes that had been acknowledged are not what was written.
    #[error("{} is damaged at byte {offset}: {reason}", path.display())]
    Corrupt {
        path: PathBuf,
        offset: u64,
        reason: String,
    },
}

impl LogError {
    pub(crate) fn io(
        step: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { step, path, source }
    }
}

/// Appending failed.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// No room. Nothing was appended, and a later append may succeed.
    #[error("no room left on the disk of {}", dir.display())]
    DiskFull { dir: PathBuf },
    /// The process or the machine is short of something that comes back, descriptors for one.
    /// Nothing was appended, and a later append may succeed.
    #[error("the log in {} cannot be written at this moment: {reason}", dir.display())]
    Later { dir: PathBuf, reason: String },
    /// The disk did not take a write. What it holds is unknown until the log is opened again.
    #[error("the log in {} cannot be written any more: {reason}", dir.display())]
    Failed { dir: PathBuf, reason: String },
    /// The payload is larger than [`crate::MAX_FRAME_BYTES`].
    #[error("a frame of {bytes} bytes is too large")]
    TooLarge { bytes: usize },
}

/// Whether the cause is a disk or a quota without room.
pub fn is_disk_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    )
}

/// Whether opening a file failed for want of descriptors or memory, which others give back.
pub(crate) fn is_passing(error: &io::Error) -> bool {
    use nix::libc::{EMFILE, ENFILE, ENOMEM};
    matches!(error.raw_os_error(), Some(EMFILE | ENFILE | ENOMEM))
}

/// Whether the file system or the kernel has no such operation.
pub(crate) fn is_unable(error: &io::Error) -> bool {
    use nix::libc::{ENOSYS, EOPNOTSUPP};
    matches!(error.raw_os_error(), Some(EOPNOTSUPP | ENOSYS))
}
