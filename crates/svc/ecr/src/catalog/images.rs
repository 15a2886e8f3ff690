//! Images, tags and referrers, as they are found and listed.

use std::{collections::BTreeMap, time::Duration};

use wharf_base::Timestamp;
use wharf_blobs::{BlobError, Blobs, Digest};
use wharf_service::{MAX_TRIES, transact};
use wharf_vended::Subject;
use wharf_wire::Call;

use super::{Catalog, Open, Read, Registry};
use crate::{
    error::EcrError,
    manifest::{MAX_MANIFEST_BYTES, Manifest},
    records::{Image, Status, Tag},
};
use wharf_wanted::{Marker, digest_of};

/// ECR records a pull at most this often.
const PULL_RECORDED_EVERY: Duration = Duration::from_secs(24 * 3600);

/// Bytes of manifests that a page of referrers is read from; then it ends, and another begins behind it.
const REFERRERS_BYTES: u64 = MAX_MANIFEST_BYTES as u64;
/// Annotations of a referrer that take more memory are not shown with it: they are in its manifest.
const ANNOTATIONS_BYTES: usize = 64 << 10;
/// What an annotation takes beside its own bytes.
const ANNOTATION_OVERHEAD: usize = 64;

/// Names an image: by digest, or by a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImageRef {
    Digest(Digest),
    Tag(String),
}

/// An image with its manifest, verbatim.
#[derive(Debug, Clone)]
pub struct Stored {
    pub image: Image,
    pub manifest: Vec<u8>,
}

/// A tag with what it names.
#[derive(Debug, Clone)]
pub struct Tagged {
    pub tag: String,
    pub set_at: Timestamp,
    pub image: Image,
}

/// An image that names another as its subject.
#[derive(Debug, Clone)]
pub struct Referrer {
    pub image: Image,
    /// Empty where they are too large for a list.
    pub annotations: BTreeMap<String, String>,
}

impl Catalog {
    /// `None` if the repository has no such image.
    pub async fn image(
        &self,
        registry: &Registry,
        name: &str,
        reference: &ImageRef,
    ) -> Result<Option<Image>, EcrError> {
        let open = self.open(registry, name).await?;
        Ok(self.find(&open, reference).await?.map(|read| read.record))
    }

    /// The image, if it can be pulled.
    pub async fn pullable(
        &self,
        registry: &Registry,
        name: &str,
        reference: &ImageRef,
    ) -> Result<Option<Image>, EcrError> {
        let open = self.open(registry, name).await?;
        self.pullable_of(&open, reference).await
    }

    /// The same, of a repository that was found.
    pub async fn pullable_of(
        &self,
        open: &Open,
        reference: &ImageRef,
    ) -> Result<Option<Image>, EcrError> {
        let found = self.find(open, reference).await?;
        found
            .map(|image| require_active(image.record, open))
            .transpose()
    }

    /// The image with its manifest, for a pull.
    pub async fn manifest(
        &self,
        registry: &Registry,
        name: &str,
        reference: &ImageRef,
    ) -> Result<Option<Stored>, EcrError> {
        let open = self.open(registry, name).await?;
        self.pulled(&open, reference).await
    }

    /// The same, of a repository that was found.
    pub async fn pulled(
        &self,
        open: &Open,
        reference: &ImageRef,
    ) -> Result<Option<Stored>, EcrError> {
        let Some(image) = self.find(open, reference).await? else {
            return Ok(None);
        };
        let image = require_active(image.record, open)?;
        let blobs = self.blobs_of(open).await?;
        let (most, account) = (MAX_MANIFEST_BYTES as u64, &open.registry.account);
        let manifest = blobs.get_of(&image.blob(), most, account).await?;
        let manifest = manifest.ok_or(EcrError::BytesMissing(image.digest))?;
        Ok(Some(Stored { image, manifest }))
    }

    pub(crate) async fn manifest_of(
        &self,
        open: &Open,
        image: &Image,
    ) -> Result<Vec<u8>, EcrError> {
        manifest_in(&self.blobs_of(open).await?, image).await
    }

    pub(crate) async fn find(
        &self,
        open: &Open,
        reference: &ImageRef,
    ) -> Result<Option<Read<Image>>, EcrError> {
        // A tag that moves between the two reads names an image that is still there, or was just
        // deleted; in both cases looking again tells the truth.
        for _ in 0..MAX_TRIES {
            let digest = match reference {
                ImageRef::Digest(digest) => *digest,
                ImageRef::Tag(tag) => match self.tag(open, tag).await? {
                    Some(digest) => digest,
                    None => return Ok(None),
                },
            };
            let image = self.read(&open.keys.image(open.id(), &digest)).await?;
            if image.is_some() || matches!(reference, ImageRef::Digest(_)) {
                return Ok(image);
            }
        }
        Err(EcrError::Contention)
    }

    pub(crate) async fn tag(&self, open: &Open, tag: &str) -> Result<Option<Digest>, EcrError> {
        let found: Option<Read<Tag>> = self.read(&open.keys.tag(open.id(), tag)).await?;
        Ok(found.map(|read| read.record.digest))
    }

    /// Notes that the image was pulled, at most once a day, unless the account excluded the caller.
    pub async fn record_pull(
        &self,
        call: &Call,
        registry: &Registry,
        name: &str,
        digest: &Digest,
    ) -> Result<(), EcrError> {
        let open = self.open(registry, name).await?;
        let found = self.find(&open, &ImageRef::Digest(*digest)).await?;
        let last = found.and_then(|it| it.record.last_pull);
        self.note_pull(call, &open, digest, last).await
    }

    /// The same of an image that was just found: `last` is when it was last pulled.
    pub async fn note_pull(
        &self,
        call: &Call,
        open: &Open,
        digest: &Digest,
        last: Option<Timestamp>,
    ) -> Result<(), EcrError> {
        let (permit, now, registry) = (&call.permit, call.now, &open.registry);
        let name = open.repository.record.name.as_str();
        self.count_pull(registry, name);
        let recorded = |last: Option<Timestamp>| {
            last.is_some_and(|last| now.since(last) < PULL_RECORDED_EVERY)
        };
        // Nearly every pull ends here, without waiting for anyone.
        if recorded(last) {
            return Ok(());
        }
        if self.is_excluded(registry, &call.context().caller).await? {
            return Ok(());
        }
        let _turn = self.turn(registry, name).await;
        transact!(self.inner.table, permit, |tx| {
            let open = self.open_in(&mut tx, registry, name).await?;
            let found = self.find(&open, &ImageRef::Digest(*digest)).await?;
            let Some(mut image) = found.filter(|it| !recorded(it.record.last_pull)) else {
                return Ok(());
            };
            image.record.last_pull = Some(now);
            tx.put(image.key, &image.record);
        });
        Ok(())
    }

    /// For CloudWatch, which has no metrics of public repositories.
    fn count_pull(&self, registry: &Registry, name: &str) {
        if registry.public {
            return;
        }
        let of = Subject {
            account: registry.account.clone(),
            region: registry.region.clone(),
            namespace: "AWS/ECR",
            dimensions: vec![("RepositoryName", name.to_owned())],
        };
        self.inner.config.counters.one(&of, "RepositoryPullCount");
    }

    /// Up to `limit` images in the order of their digests, behind `after`.
    pub async fn images(
        &self,
        registry: &Registry,
        name: &str,
        after: Option<&Digest>,
        limit: usize,
    ) -> Result<(Vec<Image>, bool), EcrError> {
        let open = self.open(registry, name).await?;
        let after = after.map(|digest| open.keys.image(open.id(), digest));
        let (found, more) = self.page(open.keys.images(open.id()), after, limit).await?;
        Ok((
            found
                .into_iter()
                .map(|read: Read<Image>| read.record)
                .collect(),
            more,
        ))
    }

    /// Up to `limit` tags in lexical order, behind `after`.
    pub async fn tags(
        &self,
        registry: &Registry,
        name: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<String>, bool), EcrError> {
        let open = self.open(registry, name).await?;
        let prefix = open.keys.tags(open.id());
        let after = after.map(|tag| open.keys.tag(open.id(), tag));
        let (found, more): (Vec<Read<Tag>>, _) = self.page(prefix.clone(), after, limit).await?;
        let tag = |read: &Read<Tag>| {
            read.key
                .strip_prefix(&prefix)
                .and_then(wharf_records::unescape)
        };
        Ok((found.iter().filter_map(tag).collect(), more))
    }

    /// The same with the images that they name, and when they came to; and the tag that the next page
    /// is behind, if there is one.
    pub async fn tagged(
        &self,
        registry: &Registry,
        name: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<Tagged>, Option<String>), EcrError> {
        let open = self.open(registry, name).await?;
        let prefix = open.keys.tags(open.id());
        let after = after.map(|tag| open.keys.tag(open.id(), tag));
        let (found, more): (Vec<Read<Tag>>, _) = self.page(prefix.clone(), after, limit).await?;
        let mut tagged = Vec::new();
        let mut end = None;
        for read in found {
            let tag = read.key.strip_prefix(&prefix);
            let Some(tag) = tag.and_then(wharf_records::unescape) else {
                continue;
            };
            end = Some(tag.clone());
            let image = ImageRef::Digest(read.record.digest);
            // An image that is not there was deleted meanwhile, and its tags with it.
            if let Some(Read { record: image, .. }) = self.find(&open, &image).await? {
                let set_at = read.record.set_at.unwrap_or(image.pushed_at);
                tagged.push(Tagged { tag, set_at, image });
            }
        }
        Ok((tagged, end.filter(|_| more)))
    }

    /// Up to `limit` images whose subject is `subject`, behind `after`; fewer where their manifests are large, or where
    /// some were deleted meanwhile. With the digest that the next page is behind, if there is one.
    pub async fn referrers(
        &self,
        registry: &Registry,
        name: &str,
        subject: &Digest,
        after: Option<&Digest>,
        limit: usize,
    ) -> Result<(Vec<Referrer>, Option<Digest>), EcrError> {
        let open = self.open(registry, name).await?;
        let after = after.map(|digest| open.keys.referrer(open.id(), subject, digest));
        let prefix = open.keys.referrers(open.id(), subject);
        let (found, more): (Vec<Read<Marker>>, _) = self.page(prefix, after, limit).await?;
        let mut referrers = Vec::new();
        if found.is_empty() {
            return Ok((referrers, None));
        }
        let blobs = self.blobs_of(&open).await?;
        let (mut bytes_read, mut end) = (0, None);
        for digest in found.iter().filter_map(|read| digest_of(&read.key)) {
            let Some(image) = self.find(&open, &ImageRef::Digest(digest)).await? else {
                end = Some(digest);
                continue;
            };
            let image = image.record;
            bytes_read += image.manifest_size;
            if bytes_read > REFERRERS_BYTES && !referrers.is_empty() {
                return Ok((referrers, end));
            }
            end = Some(digest);
            let annotations = match manifest_in(&blobs, &image).await {
                Ok(bytes) => Manifest::parse(&bytes, Some(&image.media_type))?.annotations,
                // One that the disk lost is listed all the same, and does not hide the others.
                Err(EcrError::BytesMissing(_) | EcrError::Blob(BlobError::Damaged { .. })) => {
                    BTreeMap::new()
                }
                Err(error) => return Err(error),
            };
            let annotations = Some(annotations).filter(fits_a_list);
            referrers.push(Referrer {
                image,
                annotations: annotations.unwrap_or_default(),
            });
        }
        Ok((referrers, end.filter(|_| more)))
    }
}

fn fits_a_list(annotations: &BTreeMap<String, String>) -> bool {
    let sizes = annotations
        .iter()
        .map(|(key, value)| key.len() + value.len() + ANNOTATION_OVERHEAD);
    sizes.sum::<usize>() <= ANNOTATIONS_BYTES
}

async fn manifest_in(blobs: &Blobs, image: &Image) -> Result<Vec<u8>, EcrError> {
    let read = blobs.get(&image.blob(), MAX_MANIFEST_BYTES as u64).await?;
    read.ok_or(EcrError::BytesMissing(image.digest))
}

fn require_active(image: Image, open: &Open) -> Result<Image, EcrError> {
    match image.status {
        Status::Active => Ok(image),
        Status::Archived | Status::Activating => Err(EcrError::ImageArchived {
            digest: image.digest,
            status: image.status,
            name: open.name(),
            account: open.account(),
        }),
    }
}
