//! Beginning, resuming, cancelling and sweeping uploads.

use std::{io, path::PathBuf, sync::Arc};

use bytes::Bytes;

use super::{
    Upload, UploadId,
    begun::Begun,
    names::{file_name, scope_name, within_request},
    table::Claim,
};
use crate::{
    BlobError, Digest, Lease,
    folder::{self, ONCE, UploadFile},
    pipeline::Pipeline,
    store::{BlobInfo, Blobs, blocking},
};

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

    /// How many bytes of unfinished uploads the scope has; `None` if it has no such upload.
    pub fn unfinished_bytes(&self, scope: &str) -> Option<u64> {
        self.table().bytes_of(&scope_name(scope))
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
            little: None,
        }
    }
}
