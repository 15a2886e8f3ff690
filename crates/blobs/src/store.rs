//! The folder of blobs as the rest of wharf holds it.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use crate::{
    BlobError, Digest, Exclusive, Lease,
    folder::{self, Folder, ONCE},
    lease::{Leases, RemovalPause},
    reader::{BlobReader, Spares},
    upload::Table,
};

/// How long a blob may go untouched although it is wanted: spares a write per request.
const TOUCH_AGAIN: Duration = Duration::from_secs(60);

/// Content-addressed files and uploads in one folder. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Blobs {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    folder: Arc<Folder>,
    limits: Limits,
    leases: Arc<Leases>,
    table: Arc<Table>,
    spares: Arc<Spares>,
}

/// Bounds that hold whatever clients do.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Uploads begun and neither finished nor swept. Each is a file and a few hundred bytes.
    pub open_uploads: usize,
    /// Of these, in one scope: many more than the layers that clients send at a time.
    pub scope_uploads: usize,
    /// Bytes of a scope's unfinished uploads: two of the largest layers.
    pub scope_bytes: u64,
    /// An upload is refused when it would leave less room than this on the file system, or a
    /// twentieth of a small one: others need it, the store first of all.
    pub free_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            open_uploads: 10_000,
            scope_uploads: 200,
            scope_bytes: 104_000 << 20,
            free_bytes: 1 << 30,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlobInfo {
    pub digest: Digest,
    /// Bytes.
    pub size: u64,
    /// When the blob was last wanted, to about a minute.
    pub modified: SystemTime,
}

impl Blobs {
    /// Opens the folder, making it if it is missing, and removes what a killed process left of
    /// uploads that nobody can resume. Blocks.
    pub fn open(dir: &Path, limits: Limits) -> Result<Self, BlobError> {
        let folder = Folder::open(dir)?;
        let table = Table::default();
        sweep_leftovers(&folder, &table).map_err(BlobError::at("sweep uploads"))?;
        let inner = Inner {
            folder: Arc::new(folder),
            limits,
            leases: Arc::default(),
            table: Arc::new(table),
            spares: Arc::default(),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    pub async fn stat(&self, digest: &Digest) -> Result<Option<BlobInfo>, BlobError> {
        let (folder, digest) = (self.inner.folder.clone(), *digest);
        blocking("look for a blob", move || folder.stat(&digest)).await
    }

    /// As [`Blobs::stat`], and tells the collector that the blob is wanted. Hold a [`Lease`]
    /// across this and the record that makes it needed.
    pub async fn touch(&self, digest: &Digest) -> Result<Option<BlobInfo>, BlobError> {
        let (folder, digest) = (self.inner.folder.clone(), *digest);
        let touched = blocking("touch a blob", move || {
            let now = SystemTime::now();
            let Some(info) = folder.stat(&digest)? else {
                return Ok(None);
            };
            let fresh = now
                .duration_since(info.modified)
                .is_ok_and(|age| age < TOUCH_AGAIN);
            if fresh {
                return Ok(Some(info));
            }
            Ok(folder.touch(&digest, now)?.then_some(BlobInfo {
                modified: now,
                ..info
            }))
        });
        touched.await
    }

    /// `None` if there is no such blob.
    pub async fn read(&self, digest: &Digest) -> Result<Option<BlobReader>, BlobError> {
        let path = self.inner.folder.blob(digest);
        let opened = blocking("open a blob", move || match File::open(path) {
            Ok(file) => file.metadata().map(|meta| Some((file, meta.len()))),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e),
        });
        let spares = &self.inner.spares;
        Ok(opened
            .await?
            .map(|(file, size)| BlobReader::new(file, *digest, size, spares.clone())))
    }

    /// A whole blob of at most `limit` bytes, for manifests.
    pub async fn get(&self, digest: &Digest, limit: u64) -> Result<Option<Vec<u8>>, BlobError> {
        let Some(mut reader) = self.read(digest).await? else {
            return Ok(None);
        };
        if reader.size() > limit {
            return Err(BlobError::TooLarge { limit });
        }
        let mut whole = Vec::with_capacity(usize::try_from(reader.size()).unwrap_or(0));
        while let Some(chunk) = reader.next_chunk().await? {
            whole.extend_from_slice(&chunk);
        }
        Ok(Some(whole))
    }

    /// Up to `limit` blobs behind `after`, in the order of their digests.
    pub async fn list(
        &self,
        after: Option<Digest>,
        limit: usize,
    ) -> Result<Vec<BlobInfo>, BlobError> {
        let folder = self.inner.folder.clone();
        blocking("list blobs", move || folder.list(after.as_ref(), limit)).await
    }

    /// Keeps the collector from the digest, whether the blob is there yet or not.
    pub async fn lease(&self, digest: &Digest) -> Lease {
        self.inner.leases.share(digest).await
    }

    /// The collector's hold; `None` while anybody holds a lease.
    pub fn try_exclusive(&self, digest: &Digest) -> Option<Exclusive> {
        self.inner.leases.try_exclude(&self.inner.folder, digest)
    }

    /// Where a blob lies if it is there.
    pub fn path(&self, digest: &Digest) -> PathBuf {
        self.inner.folder.blob(digest)
    }

    /// Until the returned value is dropped, no blob is removed: what was there when it was taken is
    /// there to be copied.
    pub fn pause_removal(&self) -> RemovalPause {
        self.inner.leases.pause()
    }

    pub(crate) fn folder(&self) -> &Arc<Folder> {
        &self.inner.folder
    }

    pub(crate) fn table(&self) -> &Arc<Table> {
        &self.inner.table
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.inner.limits
    }

    #[cfg(test)]
    pub(crate) fn leases(&self) -> &Arc<Leases> {
        &self.inner.leases
    }
}

/// Takes note of the uploads that remain.
fn sweep_leftovers(folder: &Folder, table: &Table) -> io::Result<()> {
    for found in folder.uploads()? {
        if found.name.ends_with(&format!(".{ONCE}")) {
            folder::remove_file(&found.path)?;
        } else {
            table.note(&found.name, found.bytes);
        }
    }
    Ok(())
}

/// Runs file work off the async threads.
pub(crate) async fn blocking<T: Send + 'static>(
    step: &'static str,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, BlobError> {
    let outcome = tokio::task::spawn_blocking(work).await;
    outcome
        .unwrap_or_else(|lost| Err(lost.into()))
        .map_err(BlobError::at(step))
}

#[cfg(test)]
mod tests;
