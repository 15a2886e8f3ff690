//! Uploads: begun, written to by one request at a time, resumed, finished or swept.
//!
//! What is known of an upload between two requests is its file, and as a shortcut the hash of it
//! kept in memory. When the shortcut is missing (a restart, a broken request) the file is decrypted
//! and hashed again, so the file alone decides what was received.
//!
//! A request that ends in the midst of a chunk leaves it in a file beside (the *tail*), which counts
//! until the upload has that chunk as a whole. So nothing acknowledged is ever written over.

use std::{
    collections::HashMap,
    fmt,
    fs::File,
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use parking_lot::{Mutex, MutexGuard};
use sha2::{Digest as _, Sha256};
use wharf_base::ids;
use wharf_seal::Keyring;

use crate::{
    Algorithm, BlobError, Digest, Lease, Lock,
    folder::{self, ONCE, UploadFile},
    pipeline::{Hashes, Pipeline},
    sealed::{self, ContentKey, DataKey, Purpose, Sealing},
    store::{BlobInfo, Blobs, Limits, blocking},
};

/// Names an upload; whoever knows it and the scope may continue it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UploadId(String);

impl UploadId {
    fn mint() -> Self {
        Self(ids::uuid())
    }

    /// `None` if the text is no UUID in lower case. Only such texts ever become part of a path.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = text.len() == 36
            && text.bytes().enumerate().all(|(at, byte)| match at {
                8 | 13 | 18 | 23 => byte == b'-',
                _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
            });
        fits.then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UploadId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// What is known in memory about uploads; bounded by the limit on open uploads.
#[derive(Debug, Default)]
pub(crate) struct Table {
    slots: Mutex<Slots>,
}

#[derive(Debug, Default)]
struct Slots {
    /// By id. An upload not in here is cold: its file must be hashed before it goes on.
    known: HashMap<String, Slot>,
    /// Files in the folder of uploads, kept so that a flood of new uploads is refused.
    files: usize,
    scopes: HashMap<String, ScopeUse>,
}

/// What one scope has begun and not finished.
#[derive(Debug, Default)]
struct ScopeUse {
    /// Bytes of each upload, by its id.
    uploads: HashMap<String, u64>,
    bytes: u64,
}

#[derive(Debug)]
enum Slot {
    /// Being written to.
    Claimed,
    Warm(Box<Progress>),
}

/// What was received so far.
#[derive(Debug, Clone)]
struct Progress {
    hash: Hashes,
    /// Of the records on the disk, where they will name the blob.
    records: Option<Sha256>,
    /// Bytes of content.
    length: u64,
}

/// The right to write to one upload. Dropped without [`Claim::keep`], the upload turns cold.
struct Claim {
    table: Arc<Table>,
    id: String,
}

impl Table {
    fn lock(&self) -> MutexGuard<'_, Slots> {
        // Poison can only come from a panic between two plain assignments; the map stays whole.
        self.slots.lock()
    }

    /// A file that is there from before.
    pub(crate) fn note(&self, name: &str, bytes: u64) {
        let (id, scope) = id_and_scope(name);
        let mut slots = self.lock();
        slots.files += 1;
        let used = slots.scopes.entry(scope.to_owned()).or_default();
        used.bytes += bytes;
        used.uploads.insert(id.to_owned(), bytes);
    }

    fn add_file(&self, name: &str, limits: &Limits) -> Result<(), BlobError> {
        let (id, scope) = id_and_scope(name);
        let mut slots = self.lock();
        if slots.files >= limits.open_uploads {
            let limit = limits.open_uploads;
            return Err(BlobError::TooManyUploads { limit });
        }
        let used = slots.scopes.entry(scope.to_owned()).or_default();
        // What belongs to no scope is wharf's own, and short-lived.
        if used.uploads.len() >= limits.scope_uploads && scope != ONCE {
            let limit = limits.scope_uploads;
            return Err(BlobError::TooManyUploads { limit });
        }
        used.uploads.insert(id.to_owned(), 0);
        slots.files += 1;
        Ok(())
    }

    /// The upload is about to have `bytes`.
    fn grow(&self, name: &str, bytes: u64, limits: &Limits) -> Result<(), BlobError> {
        let (id, scope) = id_and_scope(name);
        let mut slots = self.lock();
        let used = slots.scopes.entry(scope.to_owned()).or_default();
        let before = used.uploads.get(id).copied().unwrap_or(0);
        let after = used.bytes - before + bytes;
        if after > limits.scope_bytes && scope != ONCE {
            let limit = limits.scope_bytes;
            return Err(BlobError::TooManyUploadBytes { limit });
        }
        used.bytes = after;
        used.uploads.insert(id.to_owned(), bytes);
        Ok(())
    }

    fn file_gone(&self, name: &str) {
        let (id, scope) = id_and_scope(name);
        let mut slots = self.lock();
        slots.files = slots.files.saturating_sub(1);
        let Some(used) = slots.scopes.get_mut(scope) else {
            return;
        };
        used.bytes -= used.uploads.remove(id).unwrap_or(0);
        if used.uploads.is_empty() {
            slots.scopes.remove(scope);
        }
    }

    /// Claims the upload `id`; with what was known about it.
    fn claim(self: &Arc<Self>, id: &str) -> Result<(Claim, Option<Progress>), BlobError> {
        let known = match self.lock().known.insert(id.to_owned(), Slot::Claimed) {
            Some(Slot::Claimed) => return Err(BlobError::UploadBusy),
            Some(Slot::Warm(progress)) => Some(*progress),
            None => None,
        };
        Ok((
            Claim {
                table: self.clone(),
                id: id.to_owned(),
            },
            known,
        ))
    }
}

impl Claim {
    fn keep(&self, progress: Progress) {
        let slot = Slot::Warm(Box::new(progress));
        self.table.lock().known.insert(self.id.clone(), slot);
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut slots = self.table.lock();
        if matches!(slots.known.get(&self.id), Some(Slot::Claimed)) {
            slots.known.remove(&self.id);
        }
    }
}

/// An upload that is being written to by its one holder. Dropped, it keeps what reached its file
/// and can be resumed; one opened by [`Blobs::upload_once`] vanishes.
pub struct Upload {
    blobs: Blobs,
    id: UploadId,
    claim: Arc<Claim>,
    path: PathBuf,
    file: Arc<File>,
    pipeline: Pipeline,
    max_bytes: u64,
    /// At this length the file system is asked for its room again.
    look_at: u64,
    /// Remove the file when dropped.
    once: bool,
}

/// Bytes between two looks at the room left.
const LOOK_EVERY: u64 = 4 << 20;

impl fmt::Debug for Upload {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Upload({} at {})", self.id, self.offset())
    }
}

impl Blobs {
    /// Starts an upload that can be continued by later requests of the same `scope` (a
    /// repository): the id of one scope means nothing in another.
    pub async fn begin_upload(&self, scope: &str) -> Result<UploadId, BlobError> {
        let id = UploadId::mint();
        self.create_file(&file_name(&id, scope)).await?;
        Ok(id)
    }

    /// Continues an upload with up to `max_bytes` altogether. [`BlobError::UploadBusy`] while
    /// another request holds it.
    pub async fn resume_upload(
        &self,
        id: &UploadId,
        scope: &str,
        max_bytes: u64,
    ) -> Result<Upload, BlobError> {
        let name = file_name(id, scope);
        let path = self.folder().upload(&name);
        let (claim, known) = self.table().claim(id.as_str())?;
        let claim = Arc::new(claim);
        let guard = claim.clone();
        let (opened, keyring) = (path.clone(), self.keyring().clone());
        let lock = self.lock().cloned();
        let found = blocking("open an upload", move || {
            let _guard = guard;
            let Some(file) = folder::open_upload(&opened)? else {
                return Ok(None);
            };
            Begun::resume(file, &opened, &keyring, lock.as_ref(), known).map(Some)
        });
        let begun = match found.await {
            Ok(found) => found.ok_or(BlobError::UnknownUpload)?,
            Err(error @ BlobError::Damaged { .. }) => {
                // The machine crashed amid it, or somebody changed it: the client begins anew.
                let id = id.as_str();
                tracing::warn!(
                    id,
                    error = &error as &dyn std::error::Error,
                    "discarding a damaged upload"
                );
                drop(error);
                self.give_up(path, claim).await?;
                return Err(BlobError::UnknownUpload);
            }
            Err(other) => return Err(other),
        };
        Ok(self.upload(id.clone(), claim, path, begun, max_bytes, false))
    }

    /// Gives a resting upload up without opening it, so that no lock is needed for that.
    pub async fn cancel_upload(&self, id: &UploadId, scope: &str) -> Result<(), BlobError> {
        let path = self.folder().upload(&file_name(id, scope));
        let (claim, _) = self.table().claim(id.as_str())?;
        match self.give_up(path, Arc::new(claim)).await? {
            true => Ok(()),
            false => Err(BlobError::UnknownUpload),
        }
    }

    /// False if there was none.
    async fn give_up(&self, path: PathBuf, claim: Arc<Claim>) -> Result<bool, BlobError> {
        let table = self.table().clone();
        let name = path.file_name().unwrap_or_default();
        let name = name.to_string_lossy().into_owned();
        blocking("remove an upload", move || {
            let _claim = claim;
            let there = folder::remove_upload(&path)?;
            if there {
                table.file_gone(&name);
            }
            Ok(there)
        })
        .await
    }

    /// Starts an upload of `scope` that lives as long as the returned value: dropped before
    /// [`Upload::finish`], it leaves nothing. Without a scope it counts for none.
    pub async fn upload_once(
        &self,
        scope: Option<&str>,
        max_bytes: u64,
    ) -> Result<Upload, BlobError> {
        let id = UploadId::mint();
        let name = match scope {
            Some(scope) => format!("{}.{ONCE}", file_name(&id, scope)),
            None => format!("{id}.{ONCE}"),
        };
        let (claim, _) = self.table().claim(id.as_str())?;
        let begun = self.create_file(&name).await?;
        let path = self.folder().upload(&name);
        let claim = Arc::new(claim);
        Ok(self.upload(id, claim, path, begun, max_bytes, true))
    }

    /// Stores `bytes`, which the caller holds in memory anyway.
    pub async fn put(&self, bytes: Bytes) -> Result<(BlobInfo, Lease), BlobError> {
        let digest = Digest::of(&bytes);
        if self.lock().is_some() {
            let mut upload = self.upload_once(None, bytes.len() as u64).await?;
            upload.write(bytes).await?;
            return upload.finish(&digest).await;
        }
        let lease = self.lease(&digest).await;
        if let Some(info) = self.find(&digest).await? {
            return Ok((info, lease));
        }
        drop(lease);
        let mut upload = self.upload_once(None, bytes.len() as u64).await?;
        upload.write(bytes).await?;
        upload.finish(&digest).await
    }

    /// How many bytes of an upload are there, without claiming it.
    pub async fn upload_length(&self, id: &UploadId, scope: &str) -> Result<u64, BlobError> {
        let path = self.folder().upload(&file_name(id, scope));
        let path_of = path.clone();
        let found = blocking("look for an upload", move || {
            // While a stream comes in, the file has its other name.
            for path in [&path, &within_request(&path)] {
                match std::fs::metadata(path) {
                    Ok(meta) => return folder::upload_bytes(&path_of, meta.len()).map(Some),
                    Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                    Err(e) => return Err(e),
                }
            }
            Ok(None)
        });
        found.await?.ok_or(BlobError::UnknownUpload)
    }

    /// Removes uploads nobody has written to for `idle`; how many there were. Those being written
    /// to are left alone.
    pub async fn sweep_uploads(&self, idle: std::time::Duration) -> Result<usize, BlobError> {
        let blobs = self.clone();
        blocking("sweep uploads", move || {
            let now = std::time::SystemTime::now();
            let mut swept = 0;
            for found in blobs.folder().uploads()? {
                let age = now.duration_since(found.modified).unwrap_or_default();
                if age >= idle && blobs.remove_if_free(&found)? {
                    swept += 1;
                }
            }
            Ok(swept)
        })
        .await
    }

    fn remove_if_free(&self, found: &UploadFile) -> io::Result<bool> {
        // All names begin with the upload's id.
        let id = found.name.split('.').next().unwrap_or_default();
        let Ok((_claim, _)) = self.table().claim(id) else {
            return Ok(false);
        };
        let removed = folder::remove_upload(&found.path)?;
        if removed {
            self.table().file_gone(&found.name);
        }
        Ok(removed)
    }

    async fn create_file(&self, name: &str) -> Result<Begun, BlobError> {
        let (table, keyring) = (self.table().clone(), self.keyring().clone());
        let lock = self.lock().cloned();
        table.add_file(name, self.limits())?;
        let (path, name) = (self.folder().upload(name), name.to_owned());
        blocking("create an upload", move || {
            Begun::create(&path, &keyring, lock.as_ref()).inspect_err(|_| {
                // A full disk may have taken the name but not the key.
                let _ = folder::remove_file(&path);
                table.file_gone(&name);
            })
        })
        .await
    }

    fn upload(
        &self,
        id: UploadId,
        claim: Arc<Claim>,
        path: PathBuf,
        begun: Begun,
        max_bytes: u64,
        once: bool,
    ) -> Upload {
        let file = Arc::new(begun.file);
        let (sealing, hash, length) = (begun.sealing, begun.hash, begun.length);
        let pipeline = Pipeline::new(file.clone(), claim.clone(), sealing, hash, length);
        Upload {
            blobs: self.clone(),
            id,
            claim,
            path,
            file,
            pipeline,
            max_bytes,
            look_at: length,
            once,
        }
    }
}

/// An upload's open file and all that is needed to go on with it.
struct Begun {
    file: File,
    sealing: Sealing,
    hash: Hashes,
    /// Bytes of content.
    length: u64,
}

impl Begun {
    fn create(path: &Path, keyring: &Keyring, lock: Option<&Lock>) -> io::Result<Self> {
        let key = DataKey::mint(lock.is_some());
        let content_key = key.content_key(lock).ok_or_else(no_lock)?;
        let file = folder::create_upload(path)?;
        sealed::write_header(&file, keyring, &purpose_of(path), &key)?;
        let records = key.is_locked().then(Sha256::new);
        Ok(Self {
            file,
            sealing: Sealing::new(content_key, 0, records, &[]),
            hash: Hashes::default(),
            length: 0,
        })
    }

    fn resume(
        file: File,
        path: &Path,
        keyring: &Keyring,
        lock: Option<&Lock>,
        known: Option<Progress>,
    ) -> io::Result<Self> {
        let key = sealed::open_key(&file, keyring, &purpose_of(path))?;
        let locked = key.is_locked();
        let key = key.content_key(lock).ok_or_else(no_lock)?;
        let records = sealed::whole_records(file.metadata()?.len());
        // What a killed process left of a write, and the end of one that was to be a blob.
        file.set_len(sealed::position(records))?;
        let tail = match folder::load_tail(path)? {
            Some(mut tail) => sealed::read_tail(&key, &mut tail, records)?,
            None => Vec::new(),
        };
        let length = records * sealed::CHUNK as u64 + tail.len() as u64;
        let progress = match known {
            Some(known) if known.length == length && known.records.is_some() == locked => known,
            _ => hash_content(&file, &key, records, locked, &tail)?,
        };
        Ok(Self {
            file,
            sealing: Sealing::new(key, records, progress.records, &tail),
            hash: progress.hash,
            length,
        })
    }
}

impl Upload {
    pub fn id(&self) -> &UploadId {
        &self.id
    }

    /// Bytes received so far: where the next ones go.
    pub fn offset(&self) -> u64 {
        self.pipeline.length()
    }

    /// Takes the next bytes. Returns early; a failed write shows at a later call. After an error
    /// the upload can only be dropped.
    pub async fn write(&mut self, piece: Bytes) -> Result<(), BlobError> {
        let after = self.offset().saturating_add(piece.len() as u64);
        if after > self.max_bytes {
            return Err(BlobError::TooLarge {
                limit: self.max_bytes,
            });
        }
        let limits = self.blobs.limits();
        self.blobs.table().grow(&self.name(), after, limits)?;
        if after >= self.look_at {
            self.look_at = after + LOOK_EVERY;
            self.require_room(limits.free_bytes)?;
        }
        self.pipeline.push(piece).await
    }

    /// The name of its file.
    fn name(&self) -> String {
        let name = self.path.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    fn require_room(&self, wanted: u64) -> Result<(), BlobError> {
        const SHARE: u64 = 20;
        let step = "look for room for an upload";
        let (free, total) = self.blobs.folder().free().map_err(BlobError::at(step))?;
        if free < wanted.min(total / SHARE) {
            return Err(BlobError::at(step)(io::ErrorKind::StorageFull.into()));
        }
        Ok(())
    }

    /// From now on the upload ends with this request unless [`Upload::pause`] keeps it: dropped, or
    /// its process killed, it leaves nothing. For a stream that no client resumes when it breaks.
    pub async fn end_with_request(&mut self) -> Result<(), BlobError> {
        self.rename(within_request(&self.path)).await?;
        self.once = true;
        Ok(())
    }

    async fn rename(&mut self, to: PathBuf) -> Result<(), BlobError> {
        let (from, target, claim) = (self.path.clone(), to.clone(), self.claim.clone());
        let renamed = blocking("rename an upload", move || {
            let _claim = claim;
            std::fs::rename(from, target)
        });
        renamed.await?;
        self.path = to;
        Ok(())
    }

    /// Ends this request's part; the upload can be resumed. Returns the offset.
    pub async fn pause(mut self) -> Result<u64, BlobError> {
        let hash = self.pipeline.drain().await?;
        let sealing = self.pipeline.take_sealing()?;
        let records = sealing.records().cloned();
        let (path, file, claim) = (self.path.clone(), self.file.clone(), self.claim.clone());
        let kept = blocking("keep the end of an upload", move || {
            let _claim = claim;
            folder::keep_tail(&folder::base_of(&path), sealing.tail())?;
            // A tail alone does not make the upload's file young.
            file.set_modified(std::time::SystemTime::now())
        });
        kept.await?;
        if self.once {
            self.rename(self.path.with_extension("")).await?;
            self.once = false;
        }
        let length = self.offset();
        self.claim.keep(Progress {
            hash,
            records,
            length,
        });
        Ok(length)
    }

    /// Says early what [`Upload::finish`] will ask for: it need not read the bytes again then, whatever the algorithm.
    pub fn will_be(&mut self, digest: &Digest) {
        if digest.algorithm() == Algorithm::Sha512 {
            self.pipeline.make_sha512();
        }
    }

    /// Makes the upload a blob if its bytes are `expected`, by whatever algorithm; else it is gone. The blob has its
    /// sha256 for a name, is durable when this returns, and stays at least as long as the lease.
    pub async fn finish(self, expected: &Digest) -> Result<(BlobInfo, Lease), BlobError> {
        self.finish_as(Some(expected), false).await
    }

    /// The same for bytes that were not announced: whatever they are.
    pub async fn finish_as_sent(self) -> Result<(BlobInfo, Lease), BlobError> {
        self.finish_as(None, false).await
    }

    /// Gives up an upload whose bytes are there already, once it is known that they are.
    pub async fn discard(mut self, expected: &Digest) -> Result<(), BlobError> {
        let verified = self.verified(Some(expected)).await;
        self.cancel().await;
        verified.map(drop)
    }

    /// The sha256 of what came, if that is what is expected.
    async fn verified(&mut self, expected: Option<&Digest>) -> Result<Digest, BlobError> {
        let own = Digest::from_hash(self.pipeline.drain().await?.sha256);
        let Some(expected) = expected.copied() else {
            return Ok(own);
        };
        let actual = match expected.algorithm() {
            Algorithm::Sha256 => own,
            Algorithm::Sha512 => self.pipeline.sha512().await?,
        };
        match actual == expected {
            true => Ok(own),
            false => Err(BlobError::DigestMismatch {
                expected: expected.into(),
                actual: actual.into(),
            }),
        }
    }

    /// `over_plain`: also where a version before stored the blob already, in the clear.
    pub(crate) async fn finish_as(
        mut self,
        expected: Option<&Digest>,
        over_plain: bool,
    ) -> Result<(BlobInfo, Lease), BlobError> {
        let actual = match self.verified(expected).await {
            Ok(actual) => {
                // Only now: who gives up while all of it is read once more may come back to it.
                self.once = true;
                actual
            }
            Err(differs @ BlobError::DigestMismatch { .. }) => {
                // Gone before the answer: who asks again is told so.
                self.cancel().await;
                return Err(differs);
            }
            Err(error) => return Err(error),
        };
        let mut sealing = self.pipeline.take_sealing()?;
        let mut lease = None;
        if sealing.records().is_none() {
            let held = self.blobs.lease(&actual).await;
            if !over_plain && let Some(info) = self.blobs.find(&actual).await? {
                self.cancel().await;
                return Ok((info, held));
            }
            lease = Some(held);
        }
        let (file, claim) = (self.file.clone(), self.claim.clone());
        let ended = blocking("end an upload", move || {
            let _claim = claim;
            sealing.finish(&file)?;
            Ok(sealing.records().cloned())
        });
        // Under a lock no other has this name: no two files are encrypted alike.
        let digest = ended.await?.map_or(actual, Digest::from_hash);
        let lease = match lease {
            Some(lease) => lease,
            None => self.blobs.lease(&digest).await,
        };
        let blobs = self.blobs.clone();
        let info = blocking("store a blob", move || {
            // A caller that gives up now does not cut this short: the upload moves in here.
            let mut upload = self;
            let (from, to) = (purpose_of(&upload.path), Purpose::Blob(digest));
            let binding = blobs.binding().read();
            sealed::bind(&upload.file, blobs.keyring(), &from, &to)?;
            blobs.folder().adopt(&upload.file, &upload.path, &digest)?;
            drop(binding);
            upload.once = false;
            // What stays is swept when the folder opens.
            let _ = folder::keep_tail(&folder::base_of(&upload.path), None);
            upload.blobs.table().file_gone(&upload.name());
            blobs.folder().stat(&digest)
        });
        let info = info.await?.ok_or_else(|| {
            BlobError::at("find the blob just stored")(io::ErrorKind::NotFound.into())
        })?;
        Ok((info, lease))
    }

    /// Gives the upload up; what there is of it is gone when this returns.
    pub async fn cancel(mut self) {
        self.once = false;
        let remove = self.removal();
        // Only a runtime that is going down loses the thread; the sweep gets the file then.
        let _ = tokio::task::spawn_blocking(remove).await;
    }

    fn removal(&self) -> impl FnOnce() + Send + 'static {
        let (path, claim, blobs) = (self.path.clone(), self.claim.clone(), self.blobs.clone());
        let name = self.name();
        move || {
            let _claim = claim;
            match folder::remove_upload(&path) {
                Ok(true) => blobs.table().file_gone(&name),
                Ok(false) => {}
                Err(error) => tracing::warn!(?path, %error, "failed to remove an upload's file"),
            }
        }
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if !self.once {
            return;
        }
        let remove = self.removal();
        // Freeing gigabytes takes a file system a while; without a runtime nobody is kept waiting.
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn_blocking(remove)),
            Err(_) => remove(),
        }
    }
}

/// Of the name of an upload's file. Uploads of no scope share one.
fn id_and_scope(name: &str) -> (&str, &str) {
    let mut parts = name.split('.');
    let (id, scope) = (parts.next(), parts.next());
    (id.unwrap_or_default(), scope.unwrap_or(ONCE))
}

/// The scope as part of the name: no other file is needed to know whose an upload is.
fn file_name(id: &UploadId, scope: &str) -> String {
    let scope = Digest::of(scope.as_bytes()).hex();
    format!("{id}.{}", &scope[..32])
}

/// The name of an upload that ends with the request that is sending it.
fn within_request(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ONCE);
    name.into()
}

/// What the key of an upload's file is bound to.
pub(crate) fn purpose_of(path: &Path) -> Purpose {
    let base = folder::base_of(path);
    let name = base.file_name().unwrap_or_default();
    Purpose::Upload(name.to_string_lossy().into_owned())
}

fn hash_content(
    file: &File,
    key: &ContentKey,
    records: u64,
    locked: bool,
    tail: &[u8],
) -> io::Result<Progress> {
    let (mut hash, mut raw) = (Hashes::default(), locked.then(Sha256::new));
    let see_raw = |bytes: &[u8]| {
        if let Some(hash) = &mut raw {
            hash.update(bytes);
        }
    };
    sealed::each_whole(file, key, records, see_raw, |chunk| hash.update(chunk))?;
    hash.update(tail);
    Ok(Progress {
        hash,
        records: raw,
        length: records * sealed::CHUNK as u64 + tail.len() as u64,
    })
}

/// An upload under a lock is gone on with by who has none.
fn no_lock() -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, "the upload is locked")
}
