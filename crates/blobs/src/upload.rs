//! Uploads: begun, written to by one request at a time, resumed, finished or swept.
//!
//! What is known of an upload between two requests is its file, and as a shortcut the hash of it
//! kept in memory. When the shortcut is missing (a restart, a broken request) the file is decrypted
//! and hashed again, so the file alone decides what was received.
//!
//! A request that ends in the midst of a chunk leaves it in a file beside (the *tail*), which counts
//! until the upload has that chunk as a whole. So nothing acknowledged is ever written over.

mod begun;
mod names;
mod of_blobs;
mod table;

use std::{fmt, fs::File, io, path::PathBuf, sync::Arc};

use bytes::Bytes;

pub use self::names::UploadId;
pub(crate) use self::{names::purpose_of, table::Table};
use self::{
    names::within_request,
    table::{Claim, Progress},
};
use crate::{
    Algorithm, BlobError, Digest, Lease, folder,
    hot::Version,
    pipeline::Pipeline,
    sealed::{self, Purpose},
    store::{BlobInfo, Blobs, blocking},
};

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
    /// What came, as long as it is little.
    little: Option<Little>,
}

/// All that came to an upload, for who reads the blob next, and in whose share it is kept.
struct Little {
    account: String,
    content: Vec<u8>,
}

/// Bytes between two looks at the room left.
const LOOK_EVERY: u64 = 4 << 20;

impl fmt::Debug for Upload {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Upload({} at {})", self.id, self.offset())
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
        if let Some(little) = &mut self.little {
            match sealed::is_one_record(after) {
                true => little.content.extend_from_slice(&piece),
                false => self.little = None,
            }
        }
        self.pipeline.push(piece).await
    }

    /// What comes is kept in memory in the account's share once it is a blob, if that is small: it is often read next. For an
    /// upload of which nothing came before, and under no lock.
    pub fn keep_for(&mut self, account: &str) {
        if self.offset() == 0 && self.blobs.lock().is_none() {
            self.little = Some(Little {
                account: account.to_owned(),
                content: Vec::new(),
            });
        }
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
            if let Some(Little { account, content }) = upload.little.take()
                // What was hashed is what came: nothing that is kept is compared with its name again.
                && content.len() as u64 == upload.offset()
                && let Ok(version) = Version::of(digest, &upload.file)
            {
                let small = blobs.folder().small();
                small.keep(&version, &account, &Bytes::from(content));
            }
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
