//! Putting an image: its manifest is taken verbatim once everything it needs is there.

use bytes::Bytes;
use wharf_base::{Permit, Timestamp};
use wharf_blobs::Digest;
use wharf_service::transact;

use super::{
    Catalog, Change, Following, Happened, ImageRef, MARKER, Open, Read, Registry, StorageClass,
};
use crate::{
    error::EcrError,
    manifest::{Content, Manifest},
    names::{immutable, valid_tag},
    records::{Image, Status, Tag, image_owner},
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
    /// What the client takes the digest to be.
    pub digest: Option<String>,
}

/// Who brings an image, and when.
#[derive(Debug, Clone, Copy)]
enum Origin {
    Client(Timestamp),
    /// It goes no further.
    Replication(Timestamp),
}

/// What became of it.
#[derive(Debug, Clone)]
pub struct Pushed {
    pub image: Image,
    /// False if the repository already had this image under this tag.
    pub changed: bool,
    /// It was in the archive.
    restored: bool,
}

impl Catalog {
    /// Stores an image. Putting what is already there changes nothing and succeeds, also under an
    /// immutable tag; the caller says whether that is an error.
    pub async fn put_image(
        &self,
        permit: &Permit,
        registry: &Registry,
        name: &str,
        new: NewImage,
        now: Timestamp,
    ) -> Result<Pushed, EcrError> {
        let origin = Origin::Client(now);
        let pushed = self.put_image_from(permit, registry, name, new, origin);
        let pushed = pushed.await?;
        if !pushed.image.replicas.is_empty() {
            self.inner.owing.notify_one();
        }
        Ok(pushed)
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
        let origin = Origin::Replication(now);
        self.put_image_from(permit, registry, name, new, origin)
            .await
    }

    async fn put_image_from(
        &self,
        permit: &Permit,
        registry: &Registry,
        name: &str,
        new: NewImage,
        origin: Origin,
    ) -> Result<Pushed, EcrError> {
        let (Origin::Client(now) | Origin::Replication(now)) = origin;
        let open = self.open(registry, name).await?;
        let digest = Digest::of(&new.manifest);
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
        self.check_tag(&open, tag, &digest).await?;

        let manifest_size = new.manifest.len() as u64;
        let image_size = self.check_references(&open, &manifest).await?;
        let known = self.find(&open, &ImageRef::Digest(digest)).await?;
        let _room = match known {
            Some(_) => None,
            None => Some(self.require_room(&open, manifest_size).await?),
        };
        let (_, _manifest_lease) = self.blobs().put(new.manifest).await?;
        let fresh = Image {
            repository: name.to_owned(),
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
            if !pushed.changed {
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

    /// Adds the image to `change`, which is not to be written if it is there already.
    async fn put(
        &self,
        change: &mut Change<'_>,
        open: &Open,
        fresh: &Image,
        tag: Option<&str>,
        origin: Origin,
    ) -> Result<Pushed, EcrError> {
        // Layers, and images an index needs, may have gone; the change is void if they go now.
        self.check_layers(open, &fresh.blobs).await?;
        self.check_children(open, &fresh.children).await?;
        let old_digest = self.check_tag(open, tag, &fresh.digest).await?;
        let known = self.find(open, &ImageRef::Digest(fresh.digest)).await?;
        let same_tag = tag.is_none() || old_digest == Some(fresh.digest);
        let active = |known: &&Read<Image>| known.record.status == Status::Active;
        if let Some(known) = known.as_ref().filter(active).filter(|_| same_tag) {
            return Ok(Pushed {
                image: known.record.clone(),
                changed: false,
                restored: false,
            });
        }

        let is_new = known.is_none();
        let mut image = known.map_or_else(|| fresh.clone(), |read| read.record);
        image.repository.clone_from(&fresh.repository);
        // Who pushes what is in the archive has it back at once: all it needs was just found here.
        let restored = image.status != Status::Active;
        if restored {
            change.delete(open.keys.activating(open.id(), &image.digest));
            image.status = Status::Active;
            image.activated_at = Some(fresh.pushed_at);
        }
        if let Some(tag) = tag.filter(|_| !same_tag) {
            if image.tags.len() >= MAX_IMAGE_TAGS {
                let text = format!("An image can have at most {MAX_IMAGE_TAGS} tags");
                return Err(EcrError::LimitExceeded(text));
            }
            image.tags.push(tag.to_owned());
            let record = Tag {
                digest: image.digest,
                unknown: Default::default(),
            };
            change.put(open.keys.tag(open.id(), tag), &record);
            self.untag_old(open, change, tag, old_digest).await?;
        }
        if let Origin::Client(now) = origin {
            self.owe(change, open, &mut image, Happened::Pushed(now))
                .await?;
        }
        change.put(open.keys.image(open.id(), &image.digest), &image);
        if is_new {
            let manifest = self.wants().rely(&image.digest, true).await?;
            change.when(manifest.ok_or(EcrError::Contention)?.stays);
            change.put(image_owner(&image.digest, open.id()), &MARKER);
            self.scan_on_push(open, change, &image).await?;
            if !image.children.is_empty() {
                change.put(open.keys.index(open.id(), &image.digest), &MARKER);
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
            restored,
        })
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
    async fn check_references(&self, open: &Open, manifest: &Manifest) -> Result<u64, EcrError> {
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
                self.check_children(open, &children).await
            }
        }
    }

    /// The size of the largest of them.
    async fn check_children(&self, open: &Open, children: &[Digest]) -> Result<u64, EcrError> {
        let (mut largest, mut missing) = (0, Vec::new());
        for digest in children {
            match self.find(open, &ImageRef::Digest(*digest)).await? {
                Some(child) if child.record.status == Status::Active => {
                    largest = largest.max(child.record.image_size);
                }
                _ => missing.push(*digest),
            }
        }
        if missing.is_empty() {
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
        status: Status::Active,
        archived_at: None,
        activated_at: None,
        replicas: Default::default(),
        tags: Vec::new(),
        blobs,
        children,
        subject: manifest.subject,
        unknown: Default::default(),
    }
}
