//! Images in the archive: kept and shown, but not pulled until they are back.
//!
//! What an index lists goes into the archive with it, unless another index that can be pulled lists it
//! too, and so does what has the image for its subject; both come back with it. An image that comes back is
//! `ACTIVATING` until its bytes were found whole.

use wharf_base::{Permit, Timestamp};
use wharf_blobs::Digest;
use wharf_service::transact;
use wharf_wanted::{MARKER, Marker, digest_of};

use super::{Catalog, Change, ImageRef, Open, Read, Registry, SCAN_PAGE};
use crate::{
    error::EcrError,
    records::{Image, Keys, Status},
};

/// Which of the two classes an image is to be in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StorageClass {
    Standard,
    Archive,
}

impl Catalog {
    /// Moves the image, and what goes with it; the image as it is then, `None` if there is none.
    pub(crate) async fn move_image(
        &self,
        permit: &Permit,
        registry: &Registry,
        name: &str,
        reference: &ImageRef,
        to: StorageClass,
        now: Timestamp,
    ) -> Result<Option<Image>, EcrError> {
        let turn = self.turn(registry, name).await;
        let Some((open, image)) = self
            .move_one(permit, registry, name, reference, to, now)
            .await?
        else {
            return Ok(None);
        };
        drop(turn);
        self.move_followers(permit, &open, &image, to, now).await?;
        Ok(Some(image))
    }

    async fn move_one(
        &self,
        permit: &Permit,
        registry: &Registry,
        name: &str,
        reference: &ImageRef,
        to: StorageClass,
        now: Timestamp,
    ) -> Result<Option<(Open, Image)>, EcrError> {
        let (open, image) = transact!(self.inner.table, permit, |tx| {
            let open = self.open_in(&mut tx, registry, name).await?;
            let Some(found) = self.find(&open, reference).await? else {
                return Ok(None);
            };
            let moved = self.add_move(&mut tx, &open, found, to, now).await?;
            if !moved.changed {
                return Ok(Some((open, moved.image)));
            }
            (open, moved.image)
        });
        if image.status == Status::Activating {
            self.inner.work.notify_one();
        }
        Ok(Some((open, image)))
    }

    /// Adds the move to a change that opened the repository.
    pub(crate) async fn add_move(
        &self,
        tx: &mut Change<'_>,
        open: &Open,
        found: Read<Image>,
        to: StorageClass,
        now: Timestamp,
    ) -> Result<Moved, EcrError> {
        let Read {
            key,
            record: mut image,
            ..
        } = found;
        let refused = |why: String| EcrError::StorageClass {
            digest: image.digest,
            why,
        };
        let changed = match (image.status, to) {
            (Status::Active, StorageClass::Standard)
            | (Status::Activating, StorageClass::Standard)
            | (Status::Archived, StorageClass::Archive) => false,
            (Status::Activating, StorageClass::Archive) => {
                return Err(refused("it is being restored".to_owned()));
            }
            (Status::Active, StorageClass::Archive) => {
                for parent in self.parents(open, &image.digest).await? {
                    let parent = self.find(open, &ImageRef::Digest(parent)).await?;
                    let active = |it: &Read<Image>| it.record.status != Status::Archived;
                    if let Some(parent) = parent.filter(active) {
                        let text = format!(
                            "it is referenced by the manifest list '{}'",
                            parent.record.digest
                        );
                        return Err(refused(text));
                    }
                }
                image.status = Status::Archived;
                image.archived_at = Some(now);
                true
            }
            (Status::Archived, StorageClass::Standard) => {
                image.status = Status::Activating;
                tx.put(open.keys.activating(open.id(), &image.digest), &MARKER);
                true
            }
        };
        if changed {
            tx.put(key, &image);
        }
        Ok(Moved { image, changed })
    }

    /// Moves what goes with an image that was moved. Cut short, the same request does the rest.
    pub(crate) async fn move_followers(
        &self,
        permit: &Permit,
        open: &Open,
        image: &Image,
        to: StorageClass,
        now: Timestamp,
    ) -> Result<(), EcrError> {
        let name = &open.repository.record.name;
        // Indexes list images and not each other's indexes without end: a digest cannot contain itself.
        let mut left = vec![image.clone()];
        while let Some(image) = left.pop() {
            let mut followers = image.children.clone();
            followers.extend(self.referrers_of(open, &image.digest).await?);
            for digest in followers {
                let _turn = self.turn(&open.registry, name).await;
                let reference = ImageRef::Digest(digest);
                let moved = self
                    .move_one(permit, &open.registry, name, &reference, to, now)
                    .await;
                match moved {
                    Ok(moved) => left.extend(moved.map(|(_, image)| image)),
                    // Another index needs it, or it is on its way already.
                    Err(EcrError::StorageClass { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(())
    }

    /// What has the image for its subject.
    pub(crate) async fn referrers_of(
        &self,
        open: &Open,
        subject: &Digest,
    ) -> Result<Vec<Digest>, EcrError> {
        let prefix = open.keys.referrers(open.id(), subject);
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let (found, more): (Vec<Read<Marker>>, _) =
                self.page(prefix.clone(), after, SCAN_PAGE).await?;
            after = found.last().map(|read| read.key.clone());
            all.extend(found.iter().filter_map(|read| digest_of(&read.key)));
            if !more {
                return Ok(all);
            }
        }
    }

    /// Makes images active that are on their way back and whose bytes are whole; how many.
    pub async fn activate_images(
        &self,
        permit: &Permit,
        now: Timestamp,
    ) -> Result<usize, EcrError> {
        let mut active = 0;
        for scope in self.scopes().await? {
            let registry = Registry::new(&scope.account, &scope.region);
            let keys = Keys::of(scope);
            let mut after = None;
            loop {
                let (found, more): (Vec<Read<Marker>>, _) =
                    self.page(keys.all_activating(), after, SCAN_PAGE).await?;
                after = found.last().map(|read| read.key.clone());
                for marker in found {
                    active += usize::from(self.activate(permit, &registry, &marker, now).await?);
                }
                if !more {
                    break;
                }
            }
        }
        Ok(active)
    }

    async fn activate(
        &self,
        permit: &Permit,
        registry: &Registry,
        marker: &Read<Marker>,
        now: Timestamp,
    ) -> Result<bool, EcrError> {
        let keys = registry.keys();
        let id = marker.key.strip_prefix(&keys.all_activating());
        let (Some(digest), Some((repository, _))) = (
            digest_of(&marker.key),
            id.and_then(|id| id.rsplit_once('.')),
        ) else {
            return Ok(false);
        };
        let key = keys.image(repository, &digest);
        let Some(image) = self.read::<Image>(&key).await? else {
            return Ok(false);
        };
        for blob in image.record.blobs.iter().chain([&digest]) {
            if self.blobs().find(blob).await?.is_none() {
                tracing::error!(
                    repository = registry.repository_arn(&image.record.repository),
                    image = %digest, %blob,
                    "an image cannot leave the archive, its bytes are missing or damaged; will be tried again"
                );
                return Ok(false);
            }
        }
        let _turn = self.turn(registry, &image.record.repository).await;
        transact!(self.inner.table, permit, |tx| {
            let Some(mut image) = tx.find::<Image>(&key).await? else {
                return Ok(false);
            };
            tx.delete(&marker.key);
            if image.status == Status::Activating {
                image.status = Status::Active;
                image.activated_at = Some(now);
                tx.put(&key, &image);
            }
        });
        Ok(true)
    }
}

/// What became of an image.
pub(crate) struct Moved {
    pub image: Image,
    pub changed: bool,
}
