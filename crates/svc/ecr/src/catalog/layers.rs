//! Layers: uploaded, mounted, found, read. A layer is a blob that a repository owns.

use std::collections::HashMap;

use bytes::Bytes;
use parking_lot::Mutex;
use wharf_base::{Permit, Timestamp};
use wharf_blobs::{BlobError, BlobInfo, BlobReader, Blobs, Digest, Lease, Upload, UploadId};
use wharf_service::transact;

use super::{
    Catalog, MARKER, Open, Read, Registry,
    usage::{Room, Wanted},
};
use crate::{
    error::EcrError,
    records::{Image, Layer, Repository, Status, layer_owner},
};

/// ECR's smallest part that another may follow.
const MIN_PART_BYTES: u64 = 5 << 20;
/// Uploads in parts that are remembered; more than are open at a time.
const MAX_TRACKED_UPLOADS: usize = 10_000;

/// A layer of a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LayerInfo {
    pub digest: Digest,
    /// Bytes.
    pub size: u64,
}

/// Per upload: how many parts it has, whether the last was small, and whether a small one was followed
/// by another.
#[derive(Debug, Default)]
pub(crate) struct PartSizes(Mutex<HashMap<UploadId, PartState>>);

#[derive(Debug, Default, Clone, Copy)]
struct PartState {
    parts: u32,
    last_small: bool,
    broken: bool,
}

impl PartSizes {
    /// `false` if the upload has as many parts as it may.
    fn add(&self, upload: &UploadId, bytes: u64, most: u32) -> bool {
        let mut all = self.0.lock();
        if all.len() >= MAX_TRACKED_UPLOADS {
            all.clear();
        }
        let state = all.entry(upload.clone()).or_default();
        if state.parts >= most {
            return false;
        }
        state.parts += 1;
        state.broken |= state.last_small;
        state.last_small = bytes < MIN_PART_BYTES;
        true
    }

    fn take(&self, upload: &UploadId) -> PartState {
        self.0.lock().remove(upload).unwrap_or_default()
    }
}

impl Catalog {
    /// The layer, if the repository has it. Tells the collector that somebody wants it, since a
    /// client that finds a layer there does not send it.
    pub async fn layer(
        &self,
        registry: &Registry,
        name: &str,
        digest: &Digest,
    ) -> Result<Option<LayerInfo>, EcrError> {
        let open = self.open(registry, name).await?;
        self.wanted_layer(&open, digest).await
    }

    /// Opens the layer for reading; `None` if the repository does not have it.
    pub async fn read_layer(
        &self,
        registry: &Registry,
        name: &str,
        digest: &Digest,
    ) -> Result<Option<BlobReader>, EcrError> {
        let open = self.open(registry, name).await?;
        self.read_layer_of(&open, digest).await
    }

    /// As [`Catalog::read_layer`] for a download token's repository, which it names by id: another that has its
    /// name by now is not meant.
    pub async fn read_layer_by_id(
        &self,
        registry: &Registry,
        name: &str,
        repository: &str,
        digest: &Digest,
    ) -> Result<Option<BlobReader>, EcrError> {
        let open = match self.open(registry, name).await {
            Ok(open) if open.id() == repository => open,
            Ok(_) | Err(EcrError::RepositoryNotFound { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        self.read_layer_of(&open, digest).await
    }

    /// As [`Catalog::read_layer`], of a repository that was found. KMS is not asked for what is not there.
    pub async fn read_layer_of(
        &self,
        open: &Open,
        digest: &Digest,
    ) -> Result<Option<BlobReader>, EcrError> {
        let Some(layer) = self.layer_record(open, digest).await? else {
            return Ok(None);
        };
        let blobs = self.blobs_of(open).await?;
        let blob = layer.record.blob(digest);
        Ok(blobs.read_of(&blob, &open.registry.account).await?)
    }

    /// `blobs`: the repository's, as [`Catalog::blobs_of`] gives them.
    pub(crate) async fn read_layer_in(
        &self,
        open: &Open,
        blobs: &Blobs,
        digest: &Digest,
    ) -> Result<Option<BlobReader>, EcrError> {
        match self.layer_record(open, digest).await? {
            Some(layer) => Ok(blobs.read(&layer.record.blob(digest)).await?),
            None => Ok(None),
        }
    }

    async fn layer_record(
        &self,
        open: &Open,
        digest: &Digest,
    ) -> Result<Option<Read<Layer>>, EcrError> {
        self.read(&open.keys.layer(open.id(), digest)).await
    }

    /// As [`Catalog::layer`], of a repository that was found: from now on the layer is kept for as long as a push may
    /// take.
    pub async fn wanted_layer(
        &self,
        open: &Open,
        digest: &Digest,
    ) -> Result<Option<LayerInfo>, EcrError> {
        let Some(layer) = self.layer_record(open, digest).await? else {
            return Ok(None);
        };
        let blob = layer.record.blob(digest);
        let _lease = self.blobs().lease(&blob).await;
        let there = match self.wants().is_fresh(layer.record.uploaded_at) {
            true => self.blobs().find(&blob).await?,
            false => self.wants().want(&blob).await?,
        };
        Ok(there.map(|it| layer_info(digest, &it)))
    }

    /// The layer, if the repository has it at this moment.
    pub(crate) async fn layer_of(
        &self,
        open: &Open,
        digest: &Digest,
    ) -> Result<Option<LayerInfo>, EcrError> {
        let Some(layer) = self.layer_record(open, digest).await? else {
            return Ok(None);
        };
        let found = self.blobs().find(&layer.record.blob(digest)).await?;
        Ok(found.map(|it| layer_info(digest, &it)))
    }

    /// Whether the repository has the layer, whatever state its bytes are in.
    pub(crate) async fn has_layer(&self, open: &Open, digest: &Digest) -> Result<bool, EcrError> {
        let key = open.keys.layer(open.id(), digest);
        Ok(self.store().get(&key).await?.is_some())
    }

    /// Starts an upload into the repository.
    pub async fn begin_upload(
        &self,
        registry: &Registry,
        name: &str,
    ) -> Result<UploadId, EcrError> {
        let open = self.open(registry, name).await?;
        self.inner.accounts.uploads_to(&open);
        Ok(self.blobs_of(&open).await?.begin_upload(open.id()).await?)
    }

    /// Starts an upload that ends with the request it came in.
    pub async fn upload_once(&self, registry: &Registry, name: &str) -> Result<Upload, EcrError> {
        let open = self.open(registry, name).await?;
        self.upload_in(&open).await
    }

    async fn upload_in(&self, open: &Open) -> Result<Upload, EcrError> {
        let limit = self.quotas(&open.registry).layer_bytes;
        self.inner.accounts.uploads_to(open);
        let blobs = self.blobs_of(open).await?;
        let mut upload = blobs.upload_once(Some(open.id()), limit).await?;
        upload.keep_for(&open.registry.account);
        Ok(upload)
    }

    pub async fn resume_upload(
        &self,
        registry: &Registry,
        name: &str,
        upload: &str,
    ) -> Result<Upload, EcrError> {
        let open = self.open(registry, name).await?;
        let id = parse_upload(&open, upload)?;
        let limit = self.quotas(registry).layer_bytes;
        self.inner.accounts.uploads_to(&open);
        let blobs = self.blobs_of(&open).await?;
        let resumed = blobs.resume_upload(&id, open.id(), limit).await;
        let mut resumed = resumed.map_err(|error| upload_error(&open, upload, error))?;
        resumed.keep_for(&registry.account);
        Ok(resumed)
    }

    /// Gives an upload up. It is not opened: a key that is disabled does not keep its bytes.
    pub async fn cancel_upload(
        &self,
        registry: &Registry,
        name: &str,
        upload: &str,
    ) -> Result<(), EcrError> {
        let open = self.open(registry, name).await?;
        let id = parse_upload(&open, upload)?;
        let cancelled = self.blobs().cancel_upload(&id, open.id()).await;
        self.inner.parts.take(&id);
        cancelled.map_err(|error| upload_error(&open, upload, error))
    }

    /// How many bytes of an upload have arrived.
    pub async fn upload_length(
        &self,
        registry: &Registry,
        name: &str,
        upload: &str,
    ) -> Result<u64, EcrError> {
        let open = self.open(registry, name).await?;
        let id = parse_upload(&open, upload)?;
        let length = self.blobs().upload_length(&id, open.id()).await;
        length.map_err(|error| upload_error(&open, upload, error))
    }

    /// Makes a complete upload a layer of the repository.
    pub async fn finish_upload(
        &self,
        permit: &Permit,
        registry: &Registry,
        name: &str,
        upload: Upload,
        digest: &Digest,
        now: Timestamp,
    ) -> Result<LayerInfo, EcrError> {
        let open = self.open(registry, name).await?;
        self.finish_upload_in(permit, &open, upload, digest, now)
            .await
    }

    async fn finish_upload_in(
        &self,
        permit: &Permit,
        open: &Open,
        upload: Upload,
        digest: &Digest,
        now: Timestamp,
    ) -> Result<LayerInfo, EcrError> {
        let differs = |error| match error {
            BlobError::DigestMismatch { expected, actual } => {
                EcrError::LayerDigest { expected, actual }
            }
            other => other.into(),
        };
        // Every blob under a lock is another one: what is there already is not stored again.
        if open.is_locked()
            && let Some(layer) = self.wanted_layer(open, digest).await?
        {
            upload.discard(digest).await.map_err(differs)?;
            return Ok(layer);
        }
        // Before the bytes become a blob: one that nobody owns would stay for hours.
        let sent = Wanted::Upload(digest);
        let room = match self.room_for(open, digest, upload.offset(), sent).await {
            Ok(room) => room,
            Err(refused) => {
                upload.cancel().await;
                return Err(refused);
            }
        };
        let (blob, lease) = upload.finish(digest).await.map_err(differs)?;
        if let Some(room) = &room {
            room.is_for(&blob.digest);
        }
        let owned = self
            .own_layer(permit, open, digest, &blob, lease, now)
            .await;
        drop(room);
        // Where the store did not say whether it was written, it may be needed.
        if open.is_locked() && owned.is_ok() {
            self.remove_unowned(open, digest, &blob.digest).await?;
        }
        // Another process removed it at that very moment.
        owned?.ok_or(EcrError::Contention)
    }

    /// Removes a blob under a lock, just written, if another request that sent the same layer was faster: nobody else
    /// can know of it, and no quota counts it.
    async fn remove_unowned(
        &self,
        open: &Open,
        digest: &Digest,
        blob: &Digest,
    ) -> Result<(), EcrError> {
        let layer = self.layer_record(open, digest).await?;
        let lost = layer.is_some_and(|it| it.record.blob(digest) != *blob);
        if lost && let Some(hold) = self.blobs().try_exclusive(blob) {
            hold.remove().await?;
        }
        Ok(())
    }

    /// None is needed for a layer that the repository has.
    async fn room_for(
        &self,
        open: &Open,
        digest: &Digest,
        bytes: u64,
        wanted: Wanted<'_>,
    ) -> Result<Option<Room>, EcrError> {
        if self.has_layer(open, digest).await? {
            return Ok(None);
        }
        self.require_room(open, bytes, wanted).await.map(Some)
    }

    /// Makes a layer of the repository `from` one of the repository `name` as well; `None` if
    /// `from` does not have it, or the account's setting is against it. One file serves both.
    pub async fn mount_layer(
        &self,
        permit: &Permit,
        registry: &Registry,
        name: &str,
        from: &str,
        digest: &Digest,
        now: Timestamp,
    ) -> Result<Option<LayerInfo>, EcrError> {
        let open = self.open(registry, name).await?;
        if !self.mounts(registry).await? {
            return Ok(None);
        }
        let source = match self.open(registry, from).await {
            Ok(source) => source,
            Err(EcrError::RepositoryNotFound { .. }) => return Ok(None),
            Err(other) => return Err(other),
        };
        // Each has a data key of its own.
        if open.is_locked() || source.is_locked() {
            return Ok(None);
        }
        self.share_layer(permit, &source, &open, digest, now).await
    }

    /// Makes a layer of one repository one of another as well, of whatever encryption; `None` if the first does not
    /// have it.
    pub(crate) async fn bring_over(
        &self,
        permit: &Permit,
        source: &Open,
        open: &Open,
        digest: &Digest,
        now: Timestamp,
    ) -> Result<Option<LayerInfo>, EcrError> {
        if !open.is_locked() && !source.is_locked() {
            return self.share_layer(permit, source, open, digest, now).await;
        }
        if let Some(there) = self.wanted_layer(open, digest).await? {
            return Ok(Some(there));
        }
        let Some(mut reader) = self.read_layer_of(source, digest).await? else {
            return Ok(None);
        };
        let mut receiving = self
            .receive(&open.registry, reader.remaining(), None)
            .await?;
        let mut upload = self.upload_in(open).await?;
        upload.will_be(digest);
        while let Some(chunk) = reader.next_chunk().await? {
            upload.write(chunk).await?;
            receiving.received(upload.offset()).await?;
        }
        let finished = self.finish_upload_in(permit, open, upload, digest, now);
        finished.await.map(Some)
    }

    /// As [`Catalog::bring_over`] between repositories without keys: one file serves both.
    async fn share_layer(
        &self,
        permit: &Permit,
        source: &Open,
        open: &Open,
        digest: &Digest,
        now: Timestamp,
    ) -> Result<Option<LayerInfo>, EcrError> {
        let Some(layer) = self.layer_record(source, digest).await? else {
            return Ok(None);
        };
        let blob = layer.record.blob(digest);
        let lease = self.blobs().lease(&blob).await;
        let Some(blob) = self.blobs().find(&blob).await? else {
            return Ok(None);
        };
        let wanted = match source.registry.account == open.registry.account {
            true => Wanted::Shared,
            false => Wanted::Bytes,
        };
        let room = self.room_for(open, digest, blob.size, wanted).await?;
        if let Some(room) = &room {
            room.is_for(&blob.digest);
        }
        self.own_layer(permit, open, digest, &blob, lease, now)
            .await
    }

    /// `None` if the blob is gone: its lease keeps it from this process's collector alone.
    async fn own_layer(
        &self,
        permit: &Permit,
        open: &Open,
        digest: &Digest,
        blob: &BlobInfo,
        _lease: Lease,
        now: Timestamp,
    ) -> Result<Option<LayerInfo>, EcrError> {
        let key = open.keys.layer(open.id(), digest);
        let layer = Layer {
            size: blob.size,
            uploaded_at: now,
            stored: Some(blob.digest).filter(|it| it != digest),
            unknown: Default::default(),
        };
        transact!(self.inner.table, permit, |tx| {
            // The repository may be deleted while the bytes come in.
            let there = self.read::<Repository>(&open.repository.key).await?;
            if there.is_none_or(|it| it.created != open.repository.created) {
                return Err(open.registry.missing(&open.name()));
            }
            let Some(relied) = self.wants().rely(&blob.digest, true).await? else {
                return Ok(None);
            };
            if let Some(before) = tx.find::<Layer>(&key).await? {
                let former = before.blob(digest);
                // Another request was faster; one whose bytes are lost has these from now on.
                if former == blob.digest || self.blobs().find(&former).await?.is_some() {
                    return Ok(Some(layer_info(digest, blob)));
                }
                tx.delete(layer_owner(&former, open.id(), digest));
            }
            tx.when(open.repository.still_there());
            tx.when(relied.stays);
            tx.put(&key, &layer);
            tx.put(layer_owner(&blob.digest, open.id(), digest), &MARKER);
        });
        Ok(Some(layer_info(digest, blob)))
    }

    /// One part of an upload through the API: must begin where the last one ended.
    pub async fn upload_part(
        &self,
        registry: &Registry,
        name: &str,
        upload: &str,
        first_byte: u64,
        part: Bytes,
    ) -> Result<u64, EcrError> {
        let mut open = self.resume_upload(registry, name, upload).await?;
        let received = open.offset();
        if received != first_byte || part.is_empty() {
            open.pause().await?;
            let (upload, name) = (upload.to_owned(), name.to_owned());
            let account = registry.account.clone();
            return Err(EcrError::LayerPart {
                upload,
                name,
                account,
                received,
            });
        }
        if let Err(full) = self.receive(registry, part.len() as u64, None).await {
            open.pause().await?;
            return Err(full);
        }
        let most = self.quotas(registry).layer_parts;
        if !self.inner.parts.add(open.id(), part.len() as u64, most) {
            open.pause().await?;
            return Err(EcrError::TooManyParts(most));
        }
        open.write(part).await?;
        Ok(open.pause().await?)
    }

    /// Ends an upload through the API.
    pub async fn complete_upload(
        &self,
        permit: &Permit,
        registry: &Registry,
        name: &str,
        upload: &str,
        digest: &Digest,
        now: Timestamp,
    ) -> Result<LayerInfo, EcrError> {
        let upload = self.resume_upload(registry, name, upload).await?;
        if upload.offset() == 0 {
            upload.pause().await?;
            return Err(EcrError::EmptyUpload);
        }
        if self.inner.parts.take(upload.id()).broken {
            upload.cancel().await;
            return Err(EcrError::LayerPartTooSmall);
        }
        if self.layer(registry, name, digest).await?.is_some() {
            upload.cancel().await;
            let (name, account) = (name.to_owned(), registry.account.clone());
            return Err(EcrError::LayerExists {
                digest: *digest,
                name,
                account,
            });
        }
        self.finish_upload(permit, registry, name, upload, digest, now)
            .await
    }

    /// The layer if some image of the repository has it that can be pulled or is on its way, for a download
    /// address.
    pub(crate) async fn layer_in_use(
        &self,
        registry: &Registry,
        name: &str,
        digest: &Digest,
    ) -> Result<String, EcrError> {
        let open = self.open(registry, name).await?;
        let (name, account) = (open.name(), open.account());
        let key = open.keys.layer(open.id(), digest);
        if self.read::<Layer>(&key).await?.is_none() {
            return Err(EcrError::LayerNotFound {
                digest: digest.to_string(),
                name,
                account,
            });
        }
        // Looked at first: it is recorded before it counts as come.
        if self.is_layer_coming(registry, &name, digest) {
            return Ok(open.id().to_owned());
        }
        let prefix = open.keys.images(open.id());
        let mut after = None;
        loop {
            let (images, more): (Vec<Read<Image>>, _) =
                self.page(prefix.clone(), after, super::SCAN_PAGE).await?;
            if images
                .iter()
                .any(|it| it.record.status == Status::Active && it.record.blobs.contains(digest))
            {
                return Ok(open.id().to_owned());
            }
            after = images.last().map(|image| image.key.clone());
            if !more {
                return Err(EcrError::LayerInaccessible {
                    digest: *digest,
                    name,
                    account,
                });
            }
        }
    }
}

fn layer_info(digest: &Digest, blob: &BlobInfo) -> LayerInfo {
    LayerInfo {
        digest: *digest,
        size: blob.size,
    }
}

fn parse_upload(open: &Open, upload: &str) -> Result<UploadId, EcrError> {
    UploadId::parse(upload).ok_or_else(|| upload_error(open, upload, BlobError::UnknownUpload))
}

fn upload_error(open: &Open, upload: &str, error: BlobError) -> EcrError {
    match error {
        BlobError::UnknownUpload => {
            let upload = upload.chars().take(100).collect();
            EcrError::UploadNotFound {
                upload,
                name: open.name(),
                account: open.account(),
            }
        }
        other => other.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upload_has_so_many_parts_and_no_more() {
        let parts = PartSizes::default();
        let id = |n: u32| UploadId::parse(&format!("00000000-0000-0000-0000-{n:012}")).unwrap();
        for _ in 0..4 {
            assert!(parts.add(&id(1), MIN_PART_BYTES, 4));
        }
        assert!(!parts.add(&id(1), MIN_PART_BYTES, 4));
        assert!(parts.add(&id(2), MIN_PART_BYTES, 4));
        assert!(!parts.take(&id(1)).broken);
        assert!(
            parts.add(&id(1), MIN_PART_BYTES, 4),
            "one that ended is forgotten"
        );
    }
}
