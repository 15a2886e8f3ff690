//! Putting an image: its manifest is taken verbatim once everything it needs is there.

use bytes::Bytes;
use wharf_base::{Permit, Timestamp};
use wharf_blobs::{Algorithm, Digest, Lease};
use wharf_service::transact;

use super::{
    Catalog, Change, Following, Happened, ImageRef, MARKER, Open, Read, Registry, StorageClass,
    delete::listing_keys, scans::missing, signing::Asked, usage::Wanted,
};
use crate::{
    error::EcrError,
    manifest::{Content, Manifest},
    names::{immutable, valid_tag},
    precondition::Precondition,
    records::{self, Image, Status, Tag, image_owner},
};

/// ECR's quota of tags for one image.
const MAX_IMAGE_TAGS: usize = 1000;

/// What a client pushes.
#[derive(Debug, Clone)]
pub struct NewImage {
    pub manifest: Bytes,
    /// As the request names it, for manifests that do not say.
    pub media_type: Option<String>,
    pub tag: Option<String>,
    /// What the client takes the digest to be; by which algorithm, too. Without it, it is the sha256.
    pub digest: Option<String>,
}

/// Who brings an image, and when.
#[derive(Debug, Clone, Copy)]
pub(super) enum Origin<'a> {
    Client {
        at: Timestamp,
        /// With the profiles that are to sign it.
        signers: &'a [Asked],
        /// If that holds.
        only: Option<&'a Precondition>,
    },
    /// The scanner's documents: beside an image that is there.
    Beside(Timestamp),
    /// It goes no further.
    Replication(Timestamp),
    /// Neither does what is pulled through. Of what an index lists, only what is asked for comes.
    Upstream {
        origin: &'a records::Origin,
        /// What the tag named when its registry was asked.
        known: Option<Digest>,
    },
}

impl Origin<'_> {
    fn at(self) -> Timestamp {
        match self {
            Self::Client { at, .. } | Self::Beside(at) | Self::Replication(at) => at,
            Self::Upstream { origin, .. } => origin.at,
        }
    }

    fn upstream(&self) -> Option<&records::Origin> {
        match self {
            Self::Upstream { origin, .. } => Some(origin),
            _ => None,
        }
    }
}

/// What became of it.
#[derive(Debug, Clone)]
pub struct Pushed {
    pub image: Image,
    /// False if the repository already had this image under this tag.
    pub changed: bool,
    /// The tag was an upstream registry's.
    claimed: bool,
    /// It was in the archive.
    restored: bool,
    /// Profiles are to sign it.
    signed: bool,
}

impl Catalog {
    /// Stores an image, which nobody signs. Putting what is already there changes nothing and succeeds, also under
    /// an immutable tag; the caller says whether that is an error.
    pub async fn put_image(
        &self,
        permit: &Permit,
        registry: &Registry,
        name: &str,
        new: NewImage,
        now: Timestamp,
    ) -> Result<Pushed, EcrError> {
        let open = self.open(registry, name).await?;
        let origin = Origin::Client {
            at: now,
            signers: &[],
            only: None,
        };
        self.put_by_client(permit, open, new, origin).await
    }

    pub(super) async fn put_by_client(
        &self,
        permit: &Permit,
        open: Open,
        new: NewImage,
        origin: Origin<'_>,
    ) -> Result<Pushed, EcrError> {
        let pushed = self.put_image_from(permit, open, new, origin).await?;
        if !pushed.image.replicas.is_empty() {
            self.inner.owing.notify_one();
        }
        Ok(pushed)
    }

    /// Stores what was written about an image, in the repository that was opened, as long as the image is there. Under
    /// which digest.
    pub(crate) async fn put_beside(
        &self,
        permit: &Permit,
        open: Open,
        new: NewImage,
        now: Timestamp,
    ) -> Result<Digest, EcrError> {
        let origin = Origin::Beside(now);
        let pushed = self.put_image_from(permit, open, new, origin).await?;
        if !pushed.image.replicas.is_empty() {
            self.inner.owing.notify_one();
        }
        Ok(pushed.image.digest)
    }

    /// Stores an image that comes by replication.
    pub(crate) async fn put_replica(
        &self,
        permit: &Permit,
        registry: &Registry,
        name: &str,
        new: NewImage,
        now: Timestamp,
    ) -> Result<Pushed, EcrError> {
        let open = self.open(registry, name).await?;
        let origin = Origin::Replication(now);
        self.put_image_from(permit, open, new, origin).await
    }

    /// Stores an image that was pulled through, once its layers are there. A tag that no longer names
    /// what was `known` when its registry was asked is left as it is.
    pub(crate) async fn put_upstream(
        &self,
        permit: &Permit,
        registry: &Registry,
        name: &str,
        new: NewImage,
        origin: &records::Origin,
        known: Option<Digest>,
    ) -> Result<Pushed, EcrError> {
        let open = self.open(registry, name).await?;
        let origin = Origin::Upstream { origin, known };
        self.put_image_from(permit, open, new, origin).await
    }

    async fn put_image_from(
        &self,
        permit: &Permit,
        open: Open,
        new: NewImage,
        origin: Origin<'_>,
    ) -> Result<Pushed, EcrError> {
        let now = origin.at();
        let (registry, name) = (&open.registry.clone(), &open.name());
        let named: Option<Digest> = new.digest.as_deref().and_then(|it| it.parse().ok());
        let algorithm = named.map_or(Algorithm::Sha256, |it| it.algorithm());
        let digest = Digest::by(algorithm, &new.manifest);
        if let Some(expected) = new
            .digest
            .filter(|expected| *expected != digest.to_string())
        {
            return Err(EcrError::ManifestDigest {
                expected,
                actual: digest,
            });
        }
        if new.tag.as_deref().is_some_and(|tag| !valid_tag(tag)) {
            return Err(EcrError::BadTag);
        }
        let manifest = Manifest::parse(&new.manifest, new.media_type.as_deref())?;
        let tag = new.tag.as_deref();
        // Refused before anything is stored; looked at again with every attempt.
        self.check_precondition(&open, origin).await?;
        let settable = self.settable(&open, tag, origin).await?;
        self.check_tag(&open, settable, &digest).await?;

        let manifest_size = new.manifest.len() as u64;
        let image_size = self.check_references(&open, &manifest, origin).await?;
        let known = self.find(&open, &ImageRef::Digest(digest)).await?;
        let room = match &known {
            Some(_) => None,
            None => Some(
                self.require_room(&open, manifest_size, Wanted::Bytes)
                    .await?,
            ),
        };
        let known = known.as_ref().map(|it| &it.record);
        let (manifest_blob, _manifest_lease) =
            self.store_manifest(&open, known, new.manifest).await?;
        if let Some(room) = &room {
            room.is_for(&manifest_blob);
        }
        let fresh = Image {
            repository: name.clone(),
            stored: Some(manifest_blob).filter(|it| *it != digest),
            origin: origin.upstream().cloned(),
            last_pull: origin.upstream().map(|it| it.at),
            ..image_record(digest, manifest, manifest_size, image_size, now)
        };

        let turn = self.turn(registry, name).await;
        let (open, pushed) = transact!(self.inner.table, permit, |tx| {
            let now = self.open_in(&mut tx, registry, name).await?;
            if now.id() != open.id() {
                // Deleted and made anew meanwhile: its layers are not in the new one.
                return Err(registry.missing(name));
            }
            let pushed = self.put(&mut tx, &now, &fresh, tag, origin).await?;
            if !pushed.changed && !pushed.claimed && !pushed.signed {
                return Ok(pushed);
            }
            (now, pushed)
        });
        drop(turn);
        if pushed.restored {
            let (back, all) = (StorageClass::Standard, Following::All);
            self.move_followers(permit, &open, &pushed.image, back, all, fresh.pushed_at)
                .await?;
        }
        Ok(pushed)
    }

    /// The blob that a manifest is. Under a lock every blob is another one: what is there already is not stored
    /// again.
    async fn store_manifest(
        &self,
        open: &Open,
        known: Option<&Image>,
        manifest: Bytes,
    ) -> Result<(Digest, Lease), EcrError> {
        let blobs = self.blobs_of(open).await?;
        if let Some(known) = known.and_then(|it| it.stored) {
            let lease = blobs.lease(&known).await;
            if blobs.find(&known).await?.is_some() {
                return Ok((known, lease));
            }
        }
        let (blob, lease) = blobs.put(manifest).await?;
        Ok((blob.digest, lease))
    }

    /// Adds the image to `change`, which is not to be written if it is there already.
    async fn put(
        &self,
        change: &mut Change<'_>,
        open: &Open,
        fresh: &Image,
        tag: Option<&str>,
        origin: Origin<'_>,
    ) -> Result<Pushed, EcrError> {
        self.check_precondition(open, origin).await?;
        // Layers, and images an index needs, may have gone; the change is void if they go now.
        self.check_layers(open, &fresh.blobs).await?;
        self.check_children(open, &fresh.children, origin).await?;
        if let (Origin::Beside(_), Some(subject)) = (origin, &fresh.subject) {
            let key = open.keys.image(open.id(), subject);
            if change.find::<Image>(&key).await?.is_none() {
                let subject = ImageRef::Digest(*subject);
                return Err(missing(&open.registry, &open.name(), &subject));
            }
        }
        let tag = self.settable(open, tag, origin).await?;
        let old_digest = self.check_tag(open, tag, &fresh.digest).await?;
        let known = self.find(open, &ImageRef::Digest(fresh.digest)).await?;
        let same_tag = tag.is_none() || old_digest == Some(fresh.digest);
        let claimed = same_tag && self.claim(open, change, tag, origin).await?;
        // Its manifest was lost, and has come anew under another name.
        let former = known.as_ref().map(|it| it.record.blob());
        let lost = match former.filter(|it| *it != fresh.blob()) {
            Some(former) => self.blobs().find(&former).await?.is_none(),
            None => false,
        };
        let active = |known: &&Read<Image>| known.record.status == Status::Active && !lost;
        let signed = self.begin_signatures(change, open, fresh, origin).await?;
        if let Some(known) = known.as_ref().filter(active).filter(|_| same_tag) {
            return Ok(Pushed {
                image: known.record.clone(),
                changed: false,
                claimed,
                restored: false,
                signed,
            });
        }

        let is_new = known.is_none();
        if is_new {
            self.require_images(open).await?;
        }
        let mut image = known.map_or_else(|| fresh.clone(), |read| read.record);
        image.repository.clone_from(&fresh.repository);
        if lost {
            change.delete(image_owner(&image.blob(), open.id(), &image.digest));
            image.stored = fresh.stored;
        }
        image.origin = fresh.origin.clone().or(image.origin);
        // Who pushes what is in the archive has it back at once: all it needs was just found here.
        let restored = image.status != Status::Active;
        if restored {
            change.delete(open.keys.activating(open.id(), &image.digest));
            image.status = Status::Active;
            image.activated_at = Some(fresh.pushed_at);
            let scan = open.keys.scan(open.id(), &image.digest);
            self.shelve_scan(change, &scan, false).await?;
        }
        if let Some(tag) = tag.filter(|_| !same_tag) {
            if image.tags.len() >= MAX_IMAGE_TAGS {
                let text = format!("An image can have at most {MAX_IMAGE_TAGS} tags");
                return Err(EcrError::LimitExceeded(text));
            }
            image.tags.push(tag.to_owned());
            let record = Tag {
                digest: image.digest,
                set_at: Some(origin.at()),
                checked_at: origin.upstream().map(|it| it.at),
                unknown: Default::default(),
            };
            change.put(open.keys.tag(open.id(), tag), &record);
            self.untag_old(open, change, tag, old_digest).await?;
        }
        if let Origin::Client { at, .. } | Origin::Beside(at) = origin {
            self.owe(change, open, &mut image, Happened::Pushed(at))
                .await?;
        }
        change.put(open.keys.image(open.id(), &image.digest), &image);
        if is_new || lost {
            let manifest = self.wants().rely(&fresh.blob(), true).await?;
            change.when(manifest.ok_or(EcrError::Contention)?.stays);
            change.put(
                image_owner(&fresh.blob(), open.id(), &fresh.digest),
                &MARKER,
            );
        }
        if is_new {
            self.scan_on_push(open, change, &image).await?;
            if origin.upstream().is_some() {
                self.enlarge_indexes(open, change, &image).await?;
            }
            for key in listing_keys(open, &image) {
                change.put(key, &MARKER);
            }
            if let Some(subject) = &image.subject {
                change.put(
                    open.keys.referrer(open.id(), subject, &image.digest),
                    &MARKER,
                );
            }
        }
        Ok(Pushed {
            image,
            changed: true,
            claimed,
            restored,
            signed,
        })
    }

    /// Refuses a push on a condition that does not hold. An image in the archive is there, though it cannot be pulled.
    async fn check_precondition(&self, open: &Open, origin: Origin<'_>) -> Result<(), EcrError> {
        let Origin::Client {
            only: Some(condition),
            ..
        } = origin
        else {
            return Ok(());
        };
        let there = self.find(open, &condition.of).await?;
        match condition.holds(there.map(|it| it.record.digest).as_ref()) {
            true => Ok(()),
            false => Err(EcrError::Precondition),
        }
    }

    /// The tag, if it may be set. What is pulled through sets only one that is as it was when its
    /// registry was asked: a client's push meanwhile is never replaced.
    async fn settable<'t>(
        &self,
        open: &Open,
        tag: Option<&'t str>,
        origin: Origin<'_>,
    ) -> Result<Option<&'t str>, EcrError> {
        let (Some(name), Origin::Upstream { known, .. }) = (tag, origin) else {
            return Ok(tag);
        };
        let found: Option<Read<Tag>> = self.read(&open.keys.tag(open.id(), name)).await?;
        let is_as_known = match (found, known) {
            (None, None) => true,
            (Some(Read { record, .. }), Some(known)) => {
                record.digest == known && record.checked_at.is_some()
            }
            _ => false,
        };
        Ok(tag.filter(|_| is_as_known))
    }

    /// A tag that is pushed belongs to its client, though it names what was pulled through: whether it
    /// did not before.
    async fn claim(
        &self,
        open: &Open,
        change: &mut Change<'_>,
        tag: Option<&str>,
        origin: Origin<'_>,
    ) -> Result<bool, EcrError> {
        let Some(tag) = tag.filter(|_| origin.upstream().is_none()) else {
            return Ok(false);
        };
        let key = open.keys.tag(open.id(), tag);
        let found: Option<Read<Tag>> = self.read(&key).await?;
        let Some(mut record) = found.map(|read| read.record) else {
            return Ok(false);
        };
        let claimed = record.checked_at.take().is_some();
        if claimed {
            change.put(key, &record);
        }
        Ok(claimed)
    }

    /// The digest the tag names now; an error if it names another one and may not move.
    async fn check_tag(
        &self,
        open: &Open,
        tag: Option<&str>,
        digest: &Digest,
    ) -> Result<Option<Digest>, EcrError> {
        let Some(tag) = tag else { return Ok(None) };
        let old = self.tag(open, tag).await?;
        let moves = old.is_some_and(|old| old != *digest);
        if moves && immutable(&open.repository.record, tag) {
            return Err(EcrError::TagImmutable {
                tag: tag.to_owned(),
                name: open.name(),
            });
        }
        Ok(old)
    }

    async fn untag_old(
        &self,
        open: &Open,
        change: &mut Change<'_>,
        tag: &str,
        old: Option<Digest>,
    ) -> Result<(), EcrError> {
        let Some(old) = old else { return Ok(()) };
        if let Some(Read {
            mut record, key, ..
        }) = self.find(open, &ImageRef::Digest(old)).await?
        {
            record.tags.retain(|known| known != tag);
            change.put(key, &record);
        }
        Ok(())
    }

    async fn check_layers(&self, open: &Open, layers: &[Digest]) -> Result<(), EcrError> {
        let mut missing = Vec::new();
        for digest in layers {
            if !self.has_layer(open, digest).await? {
                missing.push(*digest);
            }
        }
        if missing.is_empty() {
            return Ok(());
        }
        let (name, account) = (open.name(), open.account());
        Err(EcrError::LayersNotFound {
            digests: missing,
            name,
            account,
        })
    }

    /// Everything must be in the repository; the size the image shows (spec ecr.md §5).
    async fn check_references(
        &self,
        open: &Open,
        manifest: &Manifest,
        origin: Origin<'_>,
    ) -> Result<u64, EcrError> {
        let (name, account) = (open.name(), open.account());
        match &manifest.content {
            Content::Image { blobs } => {
                let (mut size, mut missing) = (0_u64, Vec::new());
                for blob in blobs {
                    match self.layer_of(open, &blob.digest).await? {
                        Some(layer) => size = size.saturating_add(layer.size),
                        None => missing.push(blob.digest),
                    }
                }
                if missing.is_empty() {
                    return Ok(size);
                }
                Err(EcrError::LayersNotFound {
                    digests: missing,
                    name,
                    account,
                })
            }
            Content::Index { images } => {
                let children: Vec<Digest> = images.iter().map(|image| image.digest).collect();
                self.check_children(open, &children, origin).await
            }
        }
    }

    /// The size of the largest of them.
    async fn check_children(
        &self,
        open: &Open,
        children: &[Digest],
        origin: Origin<'_>,
    ) -> Result<u64, EcrError> {
        let (mut largest, mut missing) = (0, Vec::new());
        for digest in children {
            match self.find(open, &ImageRef::Digest(*digest)).await? {
                Some(child) if child.record.status == Status::Active => {
                    largest = largest.max(child.record.image_size);
                }
                _ => missing.push(*digest),
            }
        }
        if missing.is_empty() || origin.upstream().is_some() {
            return Ok(largest);
        }
        let (name, account) = (open.name(), open.account());
        Err(EcrError::ReferencedImagesNotFound {
            digests: missing,
            name,
            account,
        })
    }
}

impl Catalog {
    /// Of the indexes that list an image, those that it is the largest of are larger by it.
    async fn enlarge_indexes(
        &self,
        open: &Open,
        change: &mut Change<'_>,
        image: &Image,
    ) -> Result<(), EcrError> {
        for index in self.parents(open, &image.digest).await? {
            let found = self.find(open, &ImageRef::Digest(index)).await?;
            if let Some(mut index) = found.filter(|it| it.record.image_size < image.image_size) {
                index.record.image_size = image.image_size;
                change.put(index.key, &index.record);
            }
        }
        Ok(())
    }
}

fn image_record(
    digest: Digest,
    manifest: Manifest,
    manifest_size: u64,
    image_size: u64,
    now: Timestamp,
) -> Image {
    let distinct = |references: Vec<crate::manifest::Reference>| {
        let mut digests: Vec<Digest> = references.into_iter().map(|r| r.digest).collect();
        digests.sort_unstable();
        digests.dedup();
        digests
    };
    let (blobs, children) = match manifest.content {
        Content::Image { blobs } => (distinct(blobs), Vec::new()),
        Content::Index { images } => (Vec::new(), distinct(images)),
    };
    Image {
        digest,
        repository: String::new(),
        media_type: manifest.media_type,
        artifact_type: manifest.artifact_type,
        manifest_size,
        image_size,
        pushed_at: now,
        last_pull: None,
        last_in_use: None,
        status: Status::Active,
        archived_at: None,
        activated_at: None,
        replicas: Default::default(),
        tags: Vec::new(),
        blobs,
        children,
        subject: manifest.subject,
        origin: None,
        stored: None,
        unknown: Default::default(),
    }
}
