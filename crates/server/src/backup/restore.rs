//! Making a data folder from a backup. No server runs meanwhile; nodes and containers may.
//!
//! The new `<data>/server` is made beside the old one and takes its place in one step, so that after
//! a kill at any moment there is the one or the other. The store's epoch rises: nodes notice that
//! what they were told last may have been forgotten, and report what they have.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use wharf_base::{Clock, SystemClock};
use wharf_blobs::{BlobError, digest_of_file, verify};
use wharf_seal::{Keyring, KeyringSource};
use wharf_store::{RestoreOptions, Store, StoreOptions};
use wharf_wal::FolderLock;

use super::{
    BackupError, Head,
    folder::{Folder, copy_all, copy_tree, exchange, make_dir, remove, sync_dir, write_file},
};

/// What a restore came to.
#[derive(Debug, Clone)]
pub struct RestoreReport {
    pub backup: Head,
    pub epoch: u64,
    /// Where the former control plane's files are, if there was one.
    pub replaced: Option<PathBuf>,
}

/// Makes `server` (`<data>/server`) from the backup in `dir`. One that holds something is put aside
/// if `replace` says so. `keyring` must be the one that the backed-up installation had. Blocks.
pub fn restore(
    dir: &Path,
    server: &Path,
    keyring: &KeyringSource,
    replace: bool,
) -> Result<RestoreReport, BackupError> {
    let folder = Folder::open(dir, false)?;
    let head = folder.head()?.ok_or_else(|| BackupError::Nothing {
        dir: dir.to_owned(),
    })?;
    let there = server.join("store").exists();
    if there && !replace {
        return Err(BackupError::NotEmpty {
            dir: server.to_owned(),
        });
    }
    // Held to the end: a server that starts meanwhile must not work in a folder that is replaced.
    let _lock = there
        .then(|| FolderLock::acquire(&server.join("store")))
        .transpose()
        .map_err(|_| BackupError::Running {
            dir: server.to_owned(),
        })?;
    let copy = folder.copy(head.copy);
    let keyring = check_keyring(&copy.join("files"), keyring)?;
    let staging = server.with_added_extension("restoring");
    remove(&staging)?;
    make_dir(&staging)?;
    copy_tree(&copy.join("files"), &staging, &[])?;
    restore_journal(&folder, &head, &copy, &staging.join("journal"))?;
    restore_blobs(&folder, &staging.join("blobs").join("sha256"), &keyring)?;
    let restored = restore_store(&copy.join("store"), &staging.join("store"))?;
    sync_dir(&staging)?;
    let replaced = put_in_place(&staging, server)?;
    Ok(RestoreReport {
        backup: head,
        epoch: restored.epoch,
        replaced,
    })
}

/// The root key is sealed by the keyring: if that opens, so does everything else.
fn check_keyring(files: &Path, keyring: &KeyringSource) -> Result<Keyring, BackupError> {
    crate::root_credentials(files, keyring)
        .and_then(|_| Ok(Keyring::read(keyring)?))
        .map_err(|cause| BackupError::Keyring {
            path: keyring.name(),
            cause,
        })
}

fn restore_store(snapshot: &Path, to: &Path) -> Result<wharf_store::RestoreReport, BackupError> {
    make_dir(to)?;
    let file = File::open(snapshot).map_err(BackupError::io("open", snapshot))?;
    let (options, how) = (StoreOptions::default(), RestoreOptions::default());
    let restored = Store::restore(to, file, &options, how).map_err(BackupError::Store)?;
    sync_dir(to)?;
    Ok(restored)
}

fn restore_journal(
    folder: &Folder,
    head: &Head,
    copy: &Path,
    to: &Path,
) -> Result<(), BackupError> {
    make_dir(to)?;
    for name in &head.journal {
        let source = folder.journal().join(name);
        let damaged = || BackupError::Damaged {
            path: source.clone(),
        };
        let mut parts = name.rsplitn(3, '-');
        let bytes: Option<u64> = parts.next().and_then(|part| part.parse().ok());
        let (bytes, original) = bytes.zip(parts.nth(1)).ok_or_else(damaged)?;
        let mut file = File::open(&source).map_err(BackupError::io("open", &source))?;
        let copied = write_file(&to.join(original), |out| copy_all(&mut file, out, |_| ()))?;
        if copied != bytes {
            return Err(damaged());
        }
    }
    let manifest = copy.join("manifest");
    let mut file = File::open(&manifest).map_err(BackupError::io("open", &manifest))?;
    write_file(&to.join("manifest"), |out| copy_all(&mut file, out, |_| ()))?;
    sync_dir(to)
}

/// Copies the blobs, each of which must be what its name says.
fn restore_blobs(folder: &Folder, to: &Path, keyring: &Keyring) -> Result<(), BackupError> {
    make_dir(to)?;
    let from = folder.blobs();
    let list = |dir: &Path| {
        let entries = fs::read_dir(dir).map_err(BackupError::io("list", dir))?;
        let names: io::Result<Vec<_>> = entries.map(|e| Ok(e?.file_name())).collect();
        names.map_err(BackupError::io("list", dir))
    };
    for fan in list(&from)? {
        for name in list(&from.join(&fan))? {
            let path = from.join(&fan).join(&name);
            let Some(digest) = digest_of_file(&name.to_string_lossy()) else {
                continue;
            };
            let parent = to.join(&digest.hex()[..2]);
            make_dir(&parent)?;
            let target = parent.join(&name);
            let mut file = File::open(&path).map_err(BackupError::io("open", &path))?;
            write_file(&target, |out| copy_all(&mut file, out, |_| ()))?;
            verify(&target, keyring).map_err(|error| match error {
                BlobError::Damaged { .. } => BackupError::Damaged { path },
                other => BackupError::Blobs(other),
            })?;
        }
        sync_dir(&to.join(&fan)).or_else(|error| {
            if to.join(&fan).exists() {
                Err(error)
            } else {
                Ok(())
            }
        })?;
    }
    sync_dir(to)?;
    to.parent().map_or(Ok(()), sync_dir)
}

/// In one step, whatever is there.
fn put_in_place(staging: &Path, server: &Path) -> Result<Option<PathBuf>, BackupError> {
    let parent = server.parent().unwrap_or(server);
    let failed = |e: io::Error| BackupError::io("put in place", server)(e);
    if !server.exists() {
        fs::rename(staging, server).map_err(failed)?;
        sync_dir(parent)?;
        return Ok(None);
    }
    let aside = server.with_added_extension(format!("replaced-{}", SystemClock.now().millis()));
    exchange(staging, server, &aside).map_err(failed)?;
    Ok(Some(aside))
}
