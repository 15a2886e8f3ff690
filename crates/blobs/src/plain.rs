//! Blobs that a version before stored in the clear: they are served as they are, and encrypted a few
//! at a time.
//!
//! Safe to kill at any moment: a blob gets its encrypted file like any other upload, complete and
//! durable, and only then loses the plain one; found with both, it loses the plain one.

use std::sync::atomic::Ordering;

use crate::{BlobError, Blobs, Digest, store::blocking};

/// What [`Blobs::encrypt_plain`] came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Encrypted {
    pub blobs: usize,
    /// Of their content.
    pub bytes: u64,
    /// Still to be done, or damaged.
    pub left: usize,
}

/// Digests looked at in one go.
const PAGE: usize = 500;

impl Blobs {
    /// Encrypts plain blobs until that many bytes are done. One at a time and with the same regard
    /// for others as a push: [`BlobError::NoSpace`] if there is no room for a second copy.
    pub async fn encrypt_plain(&self, bytes: u64) -> Result<Encrypted, BlobError> {
        let mut done = Encrypted::default();
        let mut after = None;
        // None comes after: no version that writes plain ones opens this folder meanwhile.
        while !self.all_encrypted().load(Ordering::Relaxed) {
            let folder = self.folder().clone();
            let listed = move || folder.list_plain(after.as_ref(), PAGE);
            let page = blocking("list plain blobs", listed).await?;
            let Some(last) = page.last() else {
                let all = done.left == 0;
                self.all_encrypted().store(all, Ordering::Relaxed);
                break;
            };
            after = Some(*last);
            for digest in page {
                if done.bytes >= bytes {
                    done.left += 1;
                    return Ok(done);
                }
                match self.encrypt_one(&digest).await {
                    Ok(Some(size)) => {
                        done.blobs += 1;
                        done.bytes += size;
                    }
                    Ok(None) => done.left += 1,
                    Err(error @ BlobError::DigestMismatch { .. }) => {
                        tracing::error!(
                            %digest,
                            error = &error as &dyn std::error::Error,
                            "failed to encrypt a blob: it is damaged; it stays as it is"
                        );
                        done.left += 1;
                    }
                    Err(other) => return Err(other),
                }
            }
        }
        Ok(done)
    }

    /// Bytes of its content; `None` if somebody needs the plain file right now.
    async fn encrypt_one(&self, digest: &Digest) -> Result<Option<u64>, BlobError> {
        let (folder, wanted) = (self.folder().clone(), *digest);
        let found = blocking("look for a blob", move || folder.find(&wanted)).await?;
        let mut size = 0;
        if found.is_some_and(|found| !found.sealed) {
            let Some(mut reader) = self.read(digest).await? else {
                return Ok(Some(0));
            };
            size = reader.size();
            let mut upload = self.upload_once(None, size).await?;
            while let Some(chunk) = reader.next_chunk().await? {
                upload.write(chunk).await?;
            }
            let (_, lease) = upload.finish_as(Some(digest), true).await?;
            drop(lease);
        }
        match self.try_exclusive(digest) {
            Some(hold) => hold.remove_plain().await.map(|_| Some(size)),
            None => Ok(None),
        }
    }
}
