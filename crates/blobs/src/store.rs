//! The folder of blobs as the rest of wharf holds it.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicBool},
};

use bytes::Bytes;
use parking_lot::RwLock;
use wharf_base::Opaque;
use wharf_seal::Keyring;

use crate::{
    BlobError, Damage, Digest, Exclusive, Lease, Lock,
    folder::{self, Folder, ONCE},
    hot::{self, Hot, Version},
    lease::{Leases, RemovalPause},
    reader::{BlobReader, Cipher, Source, Spares, note_damage},
    sealed::{self, Patience, Purpose},
    upload::Table,
};

/// Content-addressed files and uploads in one folder. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Blobs {
    inner: Opaque<Inner>,
    lock: Option<Lock>,
}

#[derive(Debug)]
struct Inner {
    folder: Arc<Folder>,
    keyring: Keyring,
    limits: Limits,
    leases: Arc<Leases>,
    table: Arc<Table>,
    spares: Arc<Spares>,
    hot: Arc<Hot>,
    /// Shared from when an upload's key is bound to its digest until it has its name; alone while
    /// the keys of uploads are sealed anew.
    binding: RwLock<()>,
    /// No blob is left that a version before stored plain.
    all_encrypted: AtomicBool,
}

/// A blob that was opened without waiting.
struct AtOnce {
    source: Source,
    /// Of its file, before anything was read of it.
    version: Version,
    /// The content of a small one, which is read with its key.
    whole: Option<Bytes>,
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
    /// Damaged files that are moved aside, and their bytes together: the others stay where they are.
    pub quarantine_files: usize,
    pub quarantine_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            open_uploads: 10_000,
            scope_uploads: 200,
            scope_bytes: 104_000 << 20,
            free_bytes: 1 << 30,
            quarantine_files: 1000,
            quarantine_bytes: 10 << 30,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlobInfo {
    pub digest: Digest,
    /// Bytes.
    pub size: u64,
}

impl Blobs {
    /// Opens the folder, making it if it is missing, and removes what a killed process left of
    /// uploads that nobody can resume, among them plain ones of versions before. Blocks.
    pub fn open(dir: &Path, keyring: Keyring, limits: Limits) -> Result<Self, BlobError> {
        let folder = Folder::open(dir)?;
        let table = Table::default();
        sweep_leftovers(&folder, &table).map_err(BlobError::at("sweep uploads"))?;
        let inner = Inner {
            folder: Arc::new(folder),
            keyring,
            limits,
            leases: Arc::default(),
            table: Arc::new(table),
            spares: Arc::default(),
            hot: Arc::default(),
            binding: RwLock::default(),
            all_encrypted: AtomicBool::new(false),
        };
        Ok(Self {
            inner: Opaque::new(inner),
            lock: None,
        })
    }

    /// The same folder for who writes blobs under a lock, and reads them: all that is stored through this is under
    /// it and named by what lies on the disk.
    #[must_use]
    pub fn under(&self, lock: Lock) -> Self {
        Self {
            inner: self.inner.clone(),
            lock: Some(lock),
        }
    }

    pub async fn stat(&self, digest: &Digest) -> Result<Option<BlobInfo>, BlobError> {
        let (folder, digest) = (self.inner.folder.clone(), *digest);
        blocking("look for a blob", move || folder.stat(&digest)).await
    }

    /// As [`Blobs::stat`], of a blob that opens. One that is known to be damaged is not there: whoever
    /// has its bytes shall send them, and they take its place.
    pub async fn find(&self, digest: &Digest) -> Result<Option<BlobInfo>, BlobError> {
        if let Some(found) = self.find_at_once(digest) {
            return Ok(Some(found));
        }
        let (folder, keyring) = (self.inner.folder.clone(), self.inner.keyring.clone());
        let digest = *digest;
        let found = blocking("look for a blob", move || usable(&folder, &keyring, digest));
        found.await
    }

    /// The same of one that opens by what the kernel has in memory. `None` says nothing but that who asks has to wait.
    fn find_at_once(&self, digest: &Digest) -> Option<BlobInfo> {
        let size = match self.kept(digest) {
            Some(kept) => kept.size(),
            None => self.open_at_once(digest)?.source.size,
        };
        Some(BlobInfo {
            digest: *digest,
            size,
        })
    }

    /// `None` if there is no such blob. [`BlobError::Damaged`] if it is not the one that was stored;
    /// where only a part of it was changed, reading that part says so.
    pub async fn read(&self, digest: &Digest) -> Result<Option<BlobReader>, BlobError> {
        self.read_for(digest, None).await
    }

    /// The same for an account, in whose share a small one is kept if it is read again and again.
    pub async fn read_of(
        &self,
        digest: &Digest,
        account: &str,
    ) -> Result<Option<BlobReader>, BlobError> {
        self.read_for(digest, Some(account)).await
    }

    async fn read_for(
        &self,
        digest: &Digest,
        account: Option<&str>,
    ) -> Result<Option<BlobReader>, BlobError> {
        let kept = self.kept(digest);
        if let Some(reader) = kept.or_else(|| self.read_at_once(digest, account)) {
            return Ok(Some(reader));
        }
        let (folder, wanted) = (self.inner.folder.clone(), *digest);
        let spares = self.inner.spares.clone();
        let begun = move |source: &Source| -> io::Result<Option<(bool, Option<Bytes>)>> {
            // One that cannot be looked up is as one that is not there.
            let noted = folder.is_noted_damaged(&wanted, &source.file);
            let noted = noted.unwrap_or_default();
            if source.size == 0 || !sealed::is_one_record(source.size) {
                source.read_ahead();
                return Ok(Some((noted, None)));
            }
            let mut chunk = spares.chunk();
            chunk.fill(source, 0, source.size)?;
            // The buffer is for others before the client has taken all.
            let whole = Bytes::copy_from_slice(chunk.as_ref());
            Ok(Some((noted, Some(whole))))
        };
        let opened = self.opened(digest, begun).await?;
        Ok(opened.map(|(source, version, begun)| {
            let ((noted, whole), size) = (begun.unwrap_or_default(), source.size);
            // One that lies there plain is about to get another file.
            if !noted && matches!(source.cipher, Cipher::Key(_)) {
                self.keep_small(version, whole.as_ref(), account);
            }
            let reader = self.reader(source, *digest, version);
            reader.begun(0, size, whole).noted_damaged(noted)
        }))
    }

    /// Opens a blob without handing it to another thread, where the kernel has in memory all that this takes: for a
    /// small blob the other thread takes longer than the blob. `None` says nothing but that who asks has to wait.
    fn read_at_once(&self, digest: &Digest, account: Option<&str>) -> Option<BlobReader> {
        let AtOnce {
            source,
            version,
            whole,
        } = self.open_at_once(digest)?;
        match &whole {
            Some(_) => self.keep_small(Some(version), whole.as_ref(), account),
            None => source.read_ahead(),
        }
        let size = source.size;
        let reader = self.reader(source, *digest, Some(version));
        Some(reader.begun(0, size, whole))
    }

    /// A small blob whose content is kept and whose file lies there as it was.
    fn kept(&self, digest: &Digest) -> Option<BlobReader> {
        let Inner { folder, spares, .. } = &*self.inner;
        // What is under a lock is none of these.
        if self.lock.is_some() {
            return None;
        }
        let (version, content) = folder.small().content(digest)?;
        if !folder.is_not_noted_at_once(digest) || !folder.is_there_at_once(&version) {
            folder.small().forget(digest);
            return None;
        }
        Some(BlobReader::kept(content, *digest, folder, spares))
    }

    /// Keeps what was read of a small blob for an account, once it is read again. `version` is that of its file before.
    fn keep_small(&self, version: Option<Version>, whole: Option<&Bytes>, account: Option<&str>) {
        let (Some(version), Some(whole), Some(account)) = (version, whole, account) else {
            return;
        };
        let small = self.inner.folder.small();
        if self.lock.is_none() && small.is_read_again(version.digest()) {
            small.keep(&version, account, whole);
        }
    }

    /// A range of it with its first bytes, in the same way.
    fn range_at_once(
        &self,
        opened: AtOnce,
        digest: &Digest,
        start: u64,
        end: u64,
    ) -> Option<BlobReader> {
        let AtOnce {
            source,
            version,
            whole,
        } = opened;
        let end = end.min(source.size);
        if start >= end {
            return None;
        }
        if whole.is_some() {
            let size = source.size;
            let reader = self.reader(source, *digest, Some(version));
            let mut reader = reader.begun(0, size, whole);
            reader.select(start, end);
            return Some(reader);
        }
        let Inner { spares, hot, .. } = &*self.inner;
        let kept = hot.content(&version, start, end);
        let first = kept.or_else(|| {
            let mut chunk = spares.chunk();
            let is_filled = chunk.fill_at_once(&source, start, hot::within_piece(start, end));
            is_filled.then(|| Bytes::from_owner(chunk))
        })?;
        let reader = self.reader(source, *digest, Some(version));
        Some(reader.begun(start, end, Some(first)))
    }

    fn open_at_once(&self, digest: &Digest) -> Option<AtOnce> {
        let Inner {
            folder, keyring, ..
        } = &*self.inner;
        if self.lock.is_some() || !folder.is_not_noted_at_once(digest) {
            return None;
        }
        let (file, found) = folder.open_at_once(digest)?;
        let size = sealed::content_bytes(found.len())?;
        let purpose = Purpose::Blob(*digest);
        let version = Version::as_found(*digest, &found);
        // The only record of a small one is its last one too, and says whether it is whole.
        if sealed::is_one_record(size) {
            let (key, whole) = sealed::read_small(&file, found.len(), keyring, &purpose)?;
            let cipher = Cipher::Key(key);
            return Some(AtOnce {
                source: Source { file, cipher, size },
                version,
                whole: Some(whole),
            });
        }
        let patience = Patience::None;
        let key = sealed::open_key_with(&file, keyring, &purpose, patience).ok()?;
        let cipher = Cipher::Key(key.content_key(None)?);
        let source = Source { file, cipher, size };
        source.verify_last(patience).ok()?;
        Some(AtOnce {
            source,
            version,
            whole: None,
        })
    }

    /// As [`Blobs::read`], of `start..end` alone, whose first bytes are read as the blob is opened.
    pub async fn read_range(
        &self,
        digest: &Digest,
        start: u64,
        end: u64,
    ) -> Result<Option<BlobReader>, BlobError> {
        if let Some(opened) = self.open_at_once(digest)
            && let Some(reader) = self.range_at_once(opened, digest, start, end)
        {
            return Ok(Some(reader));
        }
        let spares = self.inner.spares.clone();
        let first = move |source: &Source| -> io::Result<Option<Bytes>> {
            let end = end.min(source.size);
            if start >= end {
                return Ok(None);
            }
            let mut chunk = spares.chunk();
            chunk.fill(source, start, hot::within_piece(start, end))?;
            let first = Bytes::from_owner(chunk);
            if end - start > first.len() as u64 {
                source.read_ahead();
            }
            Ok(Some(first))
        };
        let opened = self.opened(digest, first).await?;
        Ok(opened.map(|(source, version, first)| {
            let reader = self.reader(source, *digest, version);
            reader.begun(start, end, first)
        }))
    }

    /// `version` is that of the file before anything was read of it.
    fn reader(&self, source: Source, digest: Digest, version: Option<Version>) -> BlobReader {
        let Inner {
            folder,
            spares,
            hot,
            ..
        } = &*self.inner;
        // What is under a lock is opened by whoever has the lock.
        let version = version.filter(|it| self.lock.is_none() && hot.is_hot(it, source.size));
        let hot = version.map(|it| (hot.clone(), it));
        BlobReader::new(source, digest, folder, spares, hot)
    }

    /// An open blob, which version of its file it is, and what `first` reads of it.
    async fn opened<T: Send + 'static>(
        &self,
        digest: &Digest,
        first: impl FnOnce(&Source) -> io::Result<Option<T>> + Send + 'static,
    ) -> Result<Option<(Source, Option<Version>, Option<T>)>, BlobError> {
        let (folder, keyring) = (self.inner.folder.clone(), self.inner.keyring.clone());
        let wanted = *digest;
        let lock = self.lock.clone();
        let opened = blocking("open a blob", move || {
            let opened = open_source(&folder, &keyring, lock.as_ref(), wanted);
            if lock.is_some() && opened.as_ref().is_err_and(sealed::is_damage) {
                note_if_changed(&folder, &keyring, wanted)?;
            }
            let Some(source) = opened? else {
                return Ok(None);
            };
            if matches!(source.cipher, Cipher::Locked) {
                return Ok(Some((source, None, None)));
            }
            // Before any of it is read: what is written to the file from here on is another version.
            let version = Version::of(wanted, &source.file).ok();
            let first = first(&source).inspect_err(|error| {
                if sealed::is_damage(error) {
                    note_damage(&folder, &wanted, &source.file, error);
                }
            })?;
            Ok(Some((source, version, first)))
        });
        let opened = opened.await.inspect_err(|error| {
            if matches!(error, BlobError::Damaged { .. }) {
                tracing::error!(%digest, error = error as &dyn std::error::Error, "failed to open a blob: it is damaged");
            }
        });
        let opened = opened?;
        if let Some((source, ..)) = &opened
            && matches!(source.cipher, Cipher::Locked)
        {
            return Err(BlobError::Locked);
        }
        Ok(opened)
    }

    /// Gives back the memory of blobs that were read again and again, and no longer are.
    pub fn drop_idle(&self) {
        let now = std::time::Instant::now();
        self.inner.hot.drop_idle(now);
        self.inner.folder.small().drop_idle(now);
    }

    /// A whole blob of at most `limit` bytes.
    pub async fn get(&self, digest: &Digest, limit: u64) -> Result<Option<Vec<u8>>, BlobError> {
        self.get_for(digest, limit, None).await
    }

    /// The same for an account, as [`Blobs::read_of`]: for manifests.
    pub async fn get_of(
        &self,
        digest: &Digest,
        limit: u64,
        account: &str,
    ) -> Result<Option<Vec<u8>>, BlobError> {
        self.get_for(digest, limit, Some(account)).await
    }

    async fn get_for(
        &self,
        digest: &Digest,
        limit: u64,
        account: Option<&str>,
    ) -> Result<Option<Vec<u8>>, BlobError> {
        let Some(mut reader) = self.read_for(digest, account).await? else {
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

    /// Up to `limit` blobs that are known to be damaged, in order. Blocks.
    pub fn damaged(&self, limit: usize) -> Result<Vec<Digest>, BlobError> {
        let noted = self.inner.folder.noted_damaged(limit);
        noted.map_err(BlobError::at("list damaged blobs"))
    }

    /// Those of the damaged blobs whose files were moved aside or are gone, in order, with the bytes that are left of each. They
    /// are there for nobody and not listed by [`Blobs::list`]; who removes one has all of it forgotten.
    pub async fn lost(&self) -> Result<Vec<BlobInfo>, BlobError> {
        let folder = self.inner.folder.clone();
        blocking("list damaged blobs", move || folder.lost()).await
    }

    /// How many damaged files lie aside, and their bytes. Blocks.
    pub fn quarantine(&self) -> Result<(usize, u64), BlobError> {
        let kept = self.inner.folder.bytes_aside();
        kept.map_err(BlobError::at("list damaged blobs"))
    }

    /// Whether a copy of a blob's file elsewhere is whole and opens by the keyring; see [`crate::verify`]. Blocks.
    pub fn verify_copy(&self, path: &Path) -> Result<(), BlobError> {
        crate::verify(path, &self.inner.keyring)
    }

    /// Keeps this process's collector from the digest, whether the blob is there yet or not. Others
    /// compare records: this spares the holder to begin again, and nothing rests on it.
    pub async fn lease(&self, digest: &Digest) -> Lease {
        self.inner.leases.share(digest).await
    }

    /// The collector's hold; `None` while anybody holds a lease.
    pub fn try_exclusive(&self, digest: &Digest) -> Option<Exclusive> {
        self.inner.leases.try_exclude(&self.inner.folder, digest)
    }

    /// Where a blob's file lies; `None` if it is not there. Its name, but not its folder, may change
    /// once, when one that a version before stored plain is encrypted. Blocks.
    pub fn path(&self, digest: &Digest) -> Result<Option<PathBuf>, BlobError> {
        let found = self.inner.folder.find(digest);
        let found = found.map_err(BlobError::at("look for a blob"))?;
        Ok(found.map(|file| file.path))
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

    pub(crate) fn keyring(&self) -> &Keyring {
        &self.inner.keyring
    }

    pub(crate) fn lock(&self) -> Option<&Lock> {
        self.lock.as_ref()
    }

    pub(crate) fn binding(&self) -> &RwLock<()> {
        &self.inner.binding
    }

    pub(crate) fn all_encrypted(&self) -> &AtomicBool {
        &self.inner.all_encrypted
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
        let ends = found.name.ends_with(&format!(".{ONCE}"));
        // One of a version before, or one that a killed process had only begun.
        if ends || !is_encrypted(&found.path)? {
            folder::remove_upload(&found.path)?;
        } else {
            table.note(&found.name, found.bytes);
        }
    }
    folder.sweep_aside()?;
    folder.sweep_tails()
}

/// What lies there, unless it is known to be damaged: its header or end does not open, or a part of it
/// did not when it was read.
fn usable(folder: &Folder, keyring: &Keyring, digest: Digest) -> io::Result<Option<BlobInfo>> {
    let sound = || {
        // One under a lock opens no further than its key: reading it says the rest.
        let Some(source) = open_source(folder, keyring, None, digest)? else {
            return Ok(None);
        };
        if folder.is_noted_damaged(&digest, &source.file)? {
            return Err(Damage::Changed.into());
        }
        folder.stat(&digest)
    };
    match sound() {
        Err(error) if sealed::is_damage(&error) => {
            tracing::error!(%digest, %error, "failed to read a blob: it is damaged; push it again");
            Ok(None)
        }
        other => other,
    }
}

/// Notes that a locked blob is damaged which its lock did not open, so that [`usable`] knows: it may have been another
/// lock, which says nothing of the blob, but the hash of its records does.
fn note_if_changed(folder: &Folder, keyring: &Keyring, digest: Digest) -> io::Result<()> {
    match open_source(folder, keyring, None, digest) {
        Ok(Some(source)) if matches!(source.cipher, Cipher::Locked) => {
            if !folder.is_noted_damaged(&digest, &source.file)? && !source.is_named(&digest)? {
                note_damage(folder, &digest, &source.file, &Damage::Changed.into());
            }
            Ok(())
        }
        Ok(_) => Ok(()),
        // What is wrong with it is seen without a lock.
        Err(error) if sealed::is_damage(&error) => Ok(()),
        Err(error) => Err(error),
    }
}

fn is_encrypted(path: &Path) -> io::Result<bool> {
    sealed::check_header(&File::open(path)?)
}

pub(crate) fn open_source(
    folder: &Folder,
    keyring: &Keyring,
    lock: Option<&Lock>,
    digest: Digest,
) -> io::Result<Option<Source>> {
    let Some((file, found)) = folder.open_blob(&digest)? else {
        return Ok(None);
    };
    if !found.sealed {
        let (cipher, size) = (Cipher::Plain, found.size()?);
        return Ok(Some(Source { file, cipher, size }));
    }
    let size = found.size()?;
    open_sealed(file, size, keyring, lock, digest).map(Some)
}

/// A blob's encrypted file, with `size` bytes of content.
pub(crate) fn open_sealed(
    file: File,
    size: u64,
    keyring: &Keyring,
    lock: Option<&Lock>,
    digest: Digest,
) -> io::Result<Source> {
    let key = sealed::open_key(&file, keyring, &Purpose::Blob(digest))?;
    let cipher = key.content_key(lock).map_or(Cipher::Locked, Cipher::Key);
    let source = Source { file, cipher, size };
    source.verify_last(Patience::Waits)?;
    Ok(source)
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
