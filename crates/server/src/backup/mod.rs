//! Backups: a folder with a copy of everything the control plane keeps, taken while it works, and a
//! data folder made from one.
//!
//! ```text
//! <dir>/LOCK                              one backup or restore at a time
//! <dir>/backup.json                       which copy counts; replaced as a whole when it is complete
//! <dir>/blobs/<2 hex>/<64 hex>.sealed     layers and manifests, as they lie in the registry: encrypted
//! <dir>/journal/<name>-<crc>-<bytes>      closed files of the journal, shared by copies
//! <dir>/copies/<n>/store                  the store as of one revision
//! <dir>/copies/<n>/manifest               the journal's manifest
//! <dir>/copies/<n>/files/series/…         metrics, copied whole
//! <dir>/copies/<n>/files/…                the small files of <data>/server
//! ```
//! Consistent: the store is copied first, as of one revision; journal and blobs after it hold all
//! that it speaks of, since no blob and no version of a lookup table is removed meanwhile, and a group's events stay until its
//! record is gone. What they hold beyond it the sweeps after a restore remove.
//!
//! Incremental: blobs and closed journal files never change, so those that are there are not copied
//! again; after a rotation of the keyring only the sealed key at each blob's beginning is. What an older copy alone needs is removed after the new one counts, never before.
//!
//! Not in it: the keyring, without which the copy's secrets cannot be read and which therefore lies
//! somewhere else, and what nodes keep.

mod folder;
mod place;
mod restore;
mod take;

use std::{io, path::PathBuf};

use serde::{Deserialize, Serialize};
use wharf_blobs::BlobError;
use wharf_journal::JournalError;
use wharf_store::OpenError;

pub(crate) use folder::exchange;
pub use place::Proof;
pub use restore::{RestoreReport, restore};
pub use take::Backup;

/// The file that says which copy counts.
pub(crate) const HEAD: &str = "backup.json";
const FORMAT: u32 = 1;

/// What stands in `backup.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    format: u32,
    pub installation: String,
    /// Counts the copies; names the folder of the one that counts.
    pub copy: u64,
    /// When it was taken, in milliseconds since 1970.
    pub taken_at: i64,
    pub revision: u64,
    pub epoch: u64,
    pub entries: u64,
    /// Under `journal/`.
    journal: Vec<String>,
    pub blobs: u64,
    /// What was copied for this copy, and what was there already.
    pub copied_bytes: u64,
    pub kept_bytes: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("{} is neither empty nor a backup: name another folder", dir.display())]
    Foreign { dir: PathBuf },
    #[error("{} is in use by another backup or restore", dir.display())]
    InUse { dir: PathBuf },
    #[error(
        "{} holds the backup of another installation ({found}): name another folder",
        dir.display()
    )]
    OtherInstallation { dir: PathBuf, found: String },
    #[error("{} holds no complete backup: no `wharf backup` there came to its end", dir.display())]
    Nothing { dir: PathBuf },
    #[error(
        "{} is of format {found}, which this version does not know: take a newer version of wharf",
        dir.display()
    )]
    Format { dir: PathBuf, found: u32 },
    #[error("{} is damaged: its contents are not what its name says", path.display())]
    Damaged { path: PathBuf },
    #[error("{} holds a control plane already: --replace moves it aside", dir.display())]
    NotEmpty { dir: PathBuf },
    #[error("{} is in use by a running server: stop that first", dir.display())]
    Running { dir: PathBuf },
    #[error(
        "the keyring {} cannot open this backup's secrets (name the keyring of its time with --keyring-file)",
        path.display()
    )]
    Keyring {
        path: PathBuf,
        #[source]
        cause: crate::RootError,
    },
    #[error("cannot {step} {}", path.display())]
    Io {
        step: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("the journal cannot be copied")]
    Journal(#[source] JournalError),
    #[error("the metrics cannot be copied")]
    Series(#[source] wharf_series::AppendError),
    #[error("the layers cannot be copied")]
    Blobs(#[source] BlobError),
    #[error("the store cannot be restored")]
    Store(#[source] OpenError),
}

impl BackupError {
    pub(crate) fn io(
        step: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { step, path, source }
    }
}

#[cfg(test)]
mod tests;
