//! Taking a backup of a running control plane: `Backup` begins one, `GetBackup` says how far it is. The
//! folder is one of the server's machine, and [`place`] says which it may be.

use std::{
    collections::HashSet,
    ffi::OsString,
    fs::{self, File},
    io::{self, Read},
    net::IpAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use parking_lot::{Mutex, MutexGuard};
use wharf_api_wharf::types::{BackupCopy, BackupRequest, BackupResponse, GetBackupResponse};
use wharf_base::{Clock, Timestamp};
use wharf_blobs::{BlobError, Blobs, Digest, copy_key, file_of};
use wharf_journal::Journal;
use wharf_series::Series;
use wharf_store::Store;
use wharf_wal::DataFile;
use wharf_wire::{Call, Fault, fault::Chain};

use super::{
    BackupError, FORMAT, Head,
    folder::{Folder, copy_all, copy_tree, make_dir, remove, sync_dir, write_file},
    place,
};
use crate::control::fault::{denied, failed, invalid};

/// Blobs listed at a time.
const PAGE: usize = 1000;

/// How far the last backup is.
#[derive(Debug, Clone, Default)]
pub enum Progress {
    /// None was asked for since the start.
    #[default]
    None,
    Running,
    Done(Box<Head>),
    Failed(String),
}

/// Takes backups, one at a time.
#[derive(Clone)]
pub struct Backup {
    pub store: Store,
    pub journal: Journal,
    pub series: Series,
    pub blobs: Blobs,
    pub clock: Arc<dyn Clock>,
    /// `<data>/server`
    pub data_dir: PathBuf,
    pub installation: String,
    pub progress: Arc<Mutex<Progress>>,
}

impl Backup {
    /// Begins a backup into the folder `dir`, for somebody on this machine whose `proof` is good for it
    /// ([`place`]).
    pub async fn begin(&self, call: &Call, input: BackupRequest) -> Result<BackupResponse, Fault> {
        let is_here = |peer: IpAddr| peer.to_canonical().is_loopback();
        if call.origin.is_some() || !call.source_ip.is_some_and(is_here) {
            return Err(denied("A backup is begun on the server's own machine."));
        }
        let dir = PathBuf::from(input.dir.unwrap_or_default());
        let proof = input.proof.unwrap_or_default();
        let data = self.data_dir.parent().unwrap_or(&self.data_dir).to_owned();
        let proven = tokio::task::spawn_blocking(move || place::proven(&dir, &proof, &data)).await;
        let dir = proven
            .map_err(failed)?
            .map_err(|why| denied(why.to_string()))?;
        {
            let mut progress = self.lock();
            if matches!(*progress, Progress::Running) {
                return Err(invalid("A backup is being taken already."));
            }
            *progress = Progress::Running;
        }
        let backup = self.clone();
        tokio::spawn(async move {
            let taken = backup.take(&dir).await;
            *backup.lock() = match taken {
                Ok(head) => Progress::Done(Box::new(head)),
                Err(error) => {
                    tracing::error!(dir = %dir.display(), error = %Chain(&error), "backup failed");
                    Progress::Failed(Chain(&error).to_string())
                }
            };
        });
        Ok(BackupResponse {
            state: Some("running".to_owned()),
            ..BackupResponse::default()
        })
    }

    /// How far the last one is.
    pub fn state(&self) -> GetBackupResponse {
        let (state, reason, backup) = match &*self.lock() {
            Progress::None => ("none", None, None),
            Progress::Running => ("running", None, None),
            Progress::Done(head) => ("done", None, Some(shown(head))),
            Progress::Failed(reason) => ("failed", Some(reason.clone()), None),
        };
        GetBackupResponse {
            state: Some(state.to_owned()),
            reason,
            backup,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock()
    }

    /// Takes a backup into `dir`, or brings the one there up to date.
    pub async fn take(&self, dir: &Path) -> Result<Head, BackupError> {
        // Before the store is copied: what its copy names stays until it is copied too.
        let _pauses = (self.blobs.pause_removal(), self.journal.pause_removal());
        let path = dir.to_owned();
        let folder = Arc::new(blocking(move || Folder::open(&path, true)).await?);
        let before = folder.head()?;
        if let Some(before) = &before
            && before.installation != self.installation
        {
            return Err(BackupError::OtherInstallation {
                dir: dir.to_owned(),
                found: before.installation.clone(),
            });
        }
        let copy = before.map_or(1, |before| before.copy + 1);
        let unfinished = folder.copies().join(format!("{copy}.new"));
        for made in [folder.copies(), folder.journal(), folder.blobs()] {
            make_dir(&made)?;
        }
        remove(&unfinished)?;
        make_dir(&unfinished)?;
        let mut head = self.copy_store(&unfinished.join("store")).await?;
        head.copy = copy;
        self.copy_journal(&folder, &unfinished, &mut head).await?;
        let (from, to) = (self.data_dir.clone(), unfinished.join("files"));
        // What is published about vulnerabilities is loaded again, and may be exchanged by another process meanwhile.
        let own = [
            "store",
            "journal",
            "blobs",
            "log-indexes",
            "series",
            "scan-db",
        ];
        blocking(move || copy_tree(&from, &to, &own)).await?;
        let series = unfinished.join("files").join("series");
        head.copied_bytes += self.copy_series(series).await?;
        let listed = self.copy_blobs(&folder, &mut head).await?;
        blocking(move || {
            sync_dir(&folder.journal())?;
            sync_dir(&folder.blobs())?;
            sync_dir(&unfinished)?;
            let copied = folder.copy(copy);
            remove(&copied)?;
            fs::rename(&unfinished, &copied).map_err(BackupError::io("name", &copied))?;
            sync_dir(&folder.copies())?;
            sync_dir(folder.path())?;
            folder.commit(&head)?;
            tidy(&folder, &head, &listed)?;
            Ok(head)
        })
        .await
    }

    async fn copy_store(&self, to: &Path) -> Result<Head, BackupError> {
        let file = File::create(to).map_err(BackupError::io("create", to))?;
        let copied = self.store.snapshot(io::BufWriter::new(file)).await;
        let (out, report) = copied.map_err(BackupError::io("copy the store to", to))?;
        let to = to.to_owned();
        blocking(move || {
            let file = out.into_inner().map_err(io::IntoInnerError::into_error);
            file.and_then(|file| file.sync_all())
                .map_err(BackupError::io("sync", to))
        })
        .await?;
        Ok(Head {
            format: FORMAT,
            installation: self.installation.clone(),
            copy: 0,
            taken_at: self.clock.now().millis(),
            revision: report.revision,
            epoch: report.epoch,
            entries: report.entries,
            journal: Vec::new(),
            blobs: 0,
            copied_bytes: report.bytes,
            kept_bytes: 0,
        })
    }

    /// Metrics as of now, as a folder that is opened as it is.
    async fn copy_series(&self, to: PathBuf) -> Result<u64, BackupError> {
        let copy = self.series.copy().await.map_err(BackupError::Series)?;
        blocking(move || {
            make_dir(&to)?;
            copy.write(&to)
                .map_err(BackupError::io("copy the metrics to", to))
        })
        .await
    }

    async fn copy_journal(
        &self,
        folder: &Arc<Folder>,
        copy: &Path,
        head: &mut Head,
    ) -> Result<(), BackupError> {
        let frozen = self.journal.freeze().await.map_err(BackupError::Journal)?;
        let (to, manifest) = (folder.journal(), copy.join("manifest"));
        let (names, copied, kept) = blocking(move || {
            write_file(&manifest, |out| {
                io::Write::write_all(out, &frozen.manifest)?;
                Ok(frozen.manifest.len() as u64)
            })?;
            let (mut names, mut copied, mut kept) = (Vec::new(), 0, 0);
            for file in &frozen.files {
                let (name, bytes) = name_in_backup(file)?;
                let target = to.join(&name);
                // Such a file is there whole or not at all, and never changes.
                if target.exists() {
                    kept += bytes;
                } else {
                    copied += write_file(&target, |out| {
                        copy_all(&mut whole(file, bytes), out, |_| ())
                    })?;
                }
                names.push(name);
            }
            Ok((names, copied, kept))
        })
        .await?;
        head.journal = names;
        head.copied_bytes += copied;
        head.kept_bytes += kept;
        Ok(())
    }

    /// The names of the files that are copied.
    async fn copy_blobs(
        &self,
        folder: &Arc<Folder>,
        head: &mut Head,
    ) -> Result<HashSet<OsString>, BackupError> {
        let mut listed = HashSet::new();
        let mut after = None;
        loop {
            let page = self.blobs.list(after, PAGE).await;
            let page = page.map_err(BackupError::Blobs)?;
            let Some(last) = page.last() else {
                break;
            };
            after = Some(last.digest);
            for info in page {
                let (blobs, to) = (self.blobs.clone(), folder.blobs());
                let copied = blocking(move || copy_blob(&blobs, &info.digest, &to)).await?;
                listed.insert(copied.name);
                head.blobs += 1;
                head.copied_bytes += copied.bytes;
                if copied.bytes == 0 {
                    head.kept_bytes += info.size;
                }
            }
        }
        // What the disk has lost since stays in the copy, if that is whole.
        for info in self.blobs.lost().await.map_err(BackupError::Blobs)? {
            let (blobs, to) = (self.blobs.clone(), folder.blobs());
            let kept = blocking(move || kept_blob(&blobs, &info.digest, &to)).await?;
            if let Some((name, bytes)) = kept {
                listed.insert(name);
                head.blobs += 1;
                head.kept_bytes += bytes;
            }
        }
        Ok(listed)
    }
}

/// The name and the bytes of a blob's file that an older copy has, if all of it opens.
fn kept_blob(
    blobs: &Blobs,
    digest: &Digest,
    to: &Path,
) -> Result<Option<(OsString, u64)>, BackupError> {
    let name = file_of(digest);
    let target = to.join(&digest.hex()[..2]).join(&name);
    let bytes = match fs::metadata(&target) {
        Ok(found) => found.len(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(BackupError::io("inspect", &target)(error)),
    };
    match blobs.verify_copy(&target) {
        Ok(()) => Ok(Some((name.into(), bytes))),
        Err(BlobError::Damaged { .. }) => Ok(None),
        Err(error) => Err(BackupError::Blobs(error)),
    }
}

struct CopiedBlob {
    name: OsString,
    /// None if it was there.
    bytes: u64,
}

/// Copies the blob's file, or only its key if the rest is there.
fn copy_blob(blobs: &Blobs, digest: &Digest, to: &Path) -> Result<CopiedBlob, BackupError> {
    let gone = || BackupError::io("find", to)(io::ErrorKind::NotFound.into());
    let source = blobs.path(digest).map_err(BackupError::Blobs)?;
    let source = source.ok_or_else(gone)?;
    let name = source.file_name().ok_or_else(gone)?.to_owned();
    let parent = to.join(&digest.hex()[..2]);
    let target = parent.join(&name);
    if target.exists() {
        copy_key(&source, &target).map_err(BackupError::io("write", target))?;
        return Ok(CopiedBlob { name, bytes: 0 });
    }
    make_dir(&parent)?;
    let mut file = File::open(&source).map_err(BackupError::io("open", &source))?;
    let bytes = write_file(&target, |out| copy_all(&mut file, out, |_| ()))?;
    sync_dir(&parent)?;
    Ok(CopiedBlob { name, bytes })
}

/// What tells a file of one journal from one of the same name of another (made after a restore):
/// the sum over its head, in which a random number stands.
fn name_in_backup(file: &Arc<DataFile>) -> Result<(String, u64), BackupError> {
    const HEAD_BYTES: u64 = 64;
    let bytes = file
        .len()
        .map_err(BackupError::io("inspect", file.path()))?;
    let mut head = Vec::new();
    whole(file, bytes.min(HEAD_BYTES))
        .read_to_end(&mut head)
        .map_err(BackupError::io("read", file.path()))?;
    let name = file.path().file_name().unwrap_or_default();
    let crc = crc32fast::hash(&head);
    Ok((
        format!("{}-{crc:08x}-{bytes}", name.to_string_lossy()),
        bytes,
    ))
}

/// The first `bytes` of a file that may have been removed from its folder.
fn whole(file: &Arc<DataFile>, bytes: u64) -> impl Read {
    struct Whole(Arc<DataFile>, u64, u64);
    impl Read for Whole {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let left = usize::try_from(self.2 - self.1).unwrap_or(usize::MAX);
            let piece = into.len().min(left);
            self.0.read_exact_at(&mut into[..piece], self.1)?;
            self.1 += piece as u64;
            Ok(piece)
        }
    }
    Whole(Arc::clone(file), 0, bytes)
}

/// Removes what only older copies needed.
fn tidy(folder: &Folder, head: &Head, blobs: &HashSet<OsString>) -> Result<(), BackupError> {
    let list = |dir: &Path| {
        let entries = fs::read_dir(dir).map_err(BackupError::io("list", dir))?;
        let paths: io::Result<Vec<PathBuf>> = entries.map(|e| Ok(e?.path())).collect();
        paths.map_err(BackupError::io("list", dir))
    };
    let name = |path: &Path| {
        let name = path.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    };
    for path in list(&folder.copies())? {
        if path != folder.copy(head.copy) {
            remove(&path)?;
        }
    }
    for path in list(&folder.journal())? {
        if !head.journal.contains(&name(&path)) {
            remove(&path)?;
        }
    }
    for fan in list(&folder.blobs())? {
        for path in list(&fan)? {
            if path.file_name().is_none_or(|name| !blobs.contains(name)) {
                remove(&path)?;
            }
        }
    }
    Ok(())
}

pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BackupError> + Send + 'static,
) -> Result<T, BackupError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(lost) => Err(BackupError::io("finish", "")(lost.into())),
    }
}

fn shown(head: &Head) -> BackupCopy {
    let number = |of: u64| Some(i64::try_from(of).unwrap_or(i64::MAX));
    BackupCopy {
        installation: Some(head.installation.clone()),
        copy: number(head.copy),
        taken_at: Some(Timestamp::from_millis(head.taken_at)),
        revision: number(head.revision),
        entries: number(head.entries),
        blobs: number(head.blobs),
        copied_bytes: number(head.copied_bytes),
        kept_bytes: number(head.kept_bytes),
    }
}
