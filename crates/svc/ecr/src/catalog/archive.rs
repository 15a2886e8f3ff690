//! Images in the archive: kept and shown, but not pulled until they are back.
//!
//! What an index lists goes into the archive with it, unless another index that can be pulled lists it
//! too, and so does what has the image for its subject; both come back with it. An image that comes back is
//! `ACTIVATING` until its bytes were found there, and an index until its images are active.

use std::collections::HashSet;

use wharf_base::{Permit, Timestamp};
use wharf_blobs::Digest;
use wharf_service::transact;
use wharf_wanted::{MARKER, Marker, digest_of};

use super::{Catalog, Change, ImageRef, Open, Read, Registry, SCAN_PAGE};
use crate::{
    error::EcrError,
    records::{Image, Keys, Layer, Status},
};

/// Which of the two classes an image is to be in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StorageClass {
    Standard,
    Archive,
}

/// What goes with an image that is moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Following {
    All,
    /// Not what has a tag: a lifecycle policy judges that by itself.
    Untagged,
}

/// Where one image goes, and when.
struct Move<'a> {
    to: StorageClass,
    now: Timestamp,
    /// It goes because this one did.
    leader: Option<Leader<'a>>,
}

/// An image that another follows.
struct Leader<'a> {
    open: &'a Open,
    digest: Digest,
    following: Following,
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
        let alone = Move {
            to,
            now,
            leader: None,
        };
        let Some((open, image)) = self
            .move_one(permit, registry, name, reference, &alone)
            .await?
        else {
            return Ok(None);
        };
        drop(turn);
        self.move_followers(permit, &open, &image, to, Following::All, now)
            .await?;
        Ok(Some(image))
    }

    async fn move_one(
        &self,
        permit: &Permit,
        registry: &Registry,
        name: &str,
        reference: &ImageRef,
        wanted: &Move<'_>,
    ) -> Result<Option<(Open, Image)>, EcrError> {
        let &Move { to, now, .. } = wanted;
        let (open, image) = transact!(self.inner.table, permit, |tx| {
            let open = self.open_in(&mut tx, registry, name).await?;
            let Some(found) = self.find(&open, reference).await? else {
                return Ok(None);
            };
            if let Some(leader) = &wanted.leader
                && !self.is_led(leader, &open, &found.record, to).await?
            {
                return Ok(None);
            }
            let moved = self.add_move(&mut tx, &open, found, to, now).await?;
            if !moved.changed {
                return Ok(Some((open, moved.image)));
            }
            (open, moved.image)
        });
        if image.status == Status::Activating {
            self.inner.restored.notify_one();
        }
        Ok(Some((open, image)))
    }

    /// Whether an image goes where its leader is at this moment: that one may have been moved back meanwhile, or
    /// be of a repository that is gone.
    async fn is_led(
        &self,
        leader: &Leader<'_>,
        open: &Open,
        image: &Image,
        to: StorageClass,
    ) -> Result<bool, EcrError> {
        // It is on its way already, and brings its own with it.
        let comes = image.status == Status::Activating && to == StorageClass::Standard;
        if comes
            || open.id() != leader.open.id()
            || (leader.following == Following::Untagged && !image.tags.is_empty())
        {
            return Ok(false);
        }
        let reference = ImageRef::Digest(leader.digest);
        let leads = self.find(open, &reference).await?;
        let archived = to == StorageClass::Archive;
        Ok(leads.is_some_and(|it| (it.record.status == Status::Archived) == archived))
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
            | (Status::Archived, StorageClass::Archive) => false,
            // It may have lost its mark to another change.
            (Status::Activating, StorageClass::Standard) => {
                tx.put(open.keys.activating(open.id(), &image.digest), &MARKER);
                true
            }
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
                let scan = open.keys.scan(open.id(), &image.digest);
                self.shelve_scan(tx, &scan, true).await?;
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

    /// Moves what goes with an image that was moved. What is cut short is gone on with by the next request, the
    /// next run of the policy, or before the image is active.
    pub(crate) async fn move_followers(
        &self,
        permit: &Permit,
        open: &Open,
        image: &Image,
        to: StorageClass,
        following: Following,
        now: Timestamp,
    ) -> Result<(), EcrError> {
        let name = &open.repository.record.name;
        let mut left = vec![(image.digest, image.children.clone())];
        // What lists an image may have it for its subject, too, and an image may be listed many times.
        let mut seen = HashSet::from([image.digest]);
        while let Some((digest, mut followers)) = left.pop() {
            let wanted = Move {
                to,
                now,
                leader: Some(Leader {
                    open,
                    digest,
                    following,
                }),
            };
            followers.extend(self.referrers_of(open, &digest).await?);
            for digest in followers {
                if !seen.insert(digest) {
                    continue;
                }
                let _turn = self.turn(&open.registry, name).await;
                let (registry, reference) = (&open.registry, ImageRef::Digest(digest));
                let moved = self
                    .move_one(permit, registry, name, &reference, &wanted)
                    .await;
                match moved {
                    Ok(moved) => left.extend(moved.map(|(_, it)| (it.digest, it.children))),
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
        self.marked(open.keys.referrers(open.id(), subject)).await
    }

    /// Returns when an image is to leave the archive.
    pub async fn restores(&self) {
        self.inner.restored.notified().await;
    }

    /// Makes images active that are on their way back and whose bytes are there; how many. An index is active
    /// after its images, so this is repeated for as long as something comes of it.
    pub async fn activate_images(
        &self,
        permit: &Permit,
        now: Timestamp,
    ) -> Result<usize, EcrError> {
        let mut active = 0;
        loop {
            let more = self.activate_some(permit, now).await?;
            if more == 0 {
                return Ok(active);
            }
            active += more;
        }
    }

    async fn activate_some(&self, permit: &Permit, now: Timestamp) -> Result<usize, EcrError> {
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
                    match self.activate(permit, &registry, &marker, now).await {
                        Ok(is_active) => active += usize::from(is_active),
                        // One that fails does not keep the others.
                        Err(error) => tracing::warn!(
                            key = marker.key, %error,
                            "failed to restore an image from the archive; will retry"
                        ),
                    }
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
        for blob in self.blobs_below(&keys, repository, &image.record).await? {
            if self.blobs().find(&blob).await?.is_none() {
                tracing::error!(
                    repository = registry.repository_arn(&image.record.repository),
                    image = %digest, %blob,
                    "restoring an image from the archive failed: its bytes are missing or damaged; will retry"
                );
                return Ok(false);
            }
        }
        let name = &image.record.repository;
        if let Some(open) = self.open_of(registry, name, repository).await? {
            self.move_followers(
                permit,
                &open,
                &image.record,
                StorageClass::Standard,
                Following::All,
                now,
            )
            .await?;
        }
        for child in &image.record.children {
            let child = self.read::<Image>(&keys.image(repository, child)).await?;
            if child.is_some_and(|it| it.record.status != Status::Active) {
                return Ok(false);
            }
        }
        let _turn = self.turn(registry, name).await;
        transact!(self.inner.table, permit, |tx| {
            let Some(mut image) = tx.find::<Image>(&key).await? else {
                return Ok(false);
            };
            self.raise(&mut tx, &keys, repository).await?;
            tx.delete(&marker.key);
            if image.status == Status::Activating {
                image.status = Status::Active;
                image.activated_at = Some(now);
                let scan = keys.scan(repository, &digest);
                self.shelve_scan(&mut tx, &scan, false).await?;
                tx.put(&key, &image);
            }
        });
        Ok(true)
    }

    /// The blobs that an image is made of.
    async fn blobs_below(
        &self,
        keys: &Keys,
        repository: &str,
        image: &Image,
    ) -> Result<Vec<Digest>, EcrError> {
        let mut blobs = vec![image.blob()];
        for digest in &image.blobs {
            let layer: Option<Read<Layer>> = self.read(&keys.layer(repository, digest)).await?;
            blobs.push(layer.map_or(*digest, |layer| layer.record.blob(digest)));
        }
        Ok(blobs)
    }

    /// The repository of this name if it has this id: images of earlier versions do not say of which they are.
    async fn open_of(
        &self,
        registry: &Registry,
        name: &str,
        id: &str,
    ) -> Result<Option<Open>, EcrError> {
        if name.is_empty() {
            return Ok(None);
        }
        match self.open(registry, name).await {
            Ok(open) => Ok(Some(open).filter(|open| open.id() == id)),
            Err(EcrError::RepositoryNotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// What became of an image.
pub(crate) struct Moved {
    pub image: Image,
    pub changed: bool,
}
