//! Images, tags and referrers, as they are found and listed.

use std::{collections::BTreeMap, time::Duration};

use wharf_blobs::Digest;
use wharf_service::{MAX_TRIES, transact};
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

/// An image that names another as its subject.
#[derive(Debug, Clone)]
pub struct Referrer {
    pub image: Image,
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
        let found = self.image(registry, name, reference).await?;
        found
            .map(|image| require_active(image, registry, name))
            .transpose()
    }

    /// The image with its manifest, for a pull.
    pub async fn manifest(
        &self,
        registry: &Registry,
        name: &str,
        reference: &ImageRef,
    ) -> Result<Option<Stored>, EcrError> {
        let Some(image) = self.pullable(registry, name, reference).await? else {
            return Ok(None);
        };
        let manifest = self.manifest_of(&image).await?;
        Ok(Some(Stored { image, manifest }))
    }

    pub(crate) async fn manifest_of(&self, image: &Image) -> Result<Vec<u8>, EcrError> {
        let read = self
            .blobs()
            .get(&image.digest, MAX_MANIFEST_BYTES as u64)
            .await?;
        read.ok_or(EcrError::BytesMissing(image.digest))
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
        let (permit, now) = (&call.permit, call.now);
        let open = self.open(registry, name).await?;
        let recorded = |image: &Read<Image>| {
            image
                .record
                .last_pull
                .is_some_and(|last| now.since(last) < PULL_RECORDED_EVERY)
        };
        // Nearly every pull ends here, without waiting for anyone.
        if self
            .find(&open, &ImageRef::Digest(*digest))
            .await?
            .as_ref()
            .is_some_and(recorded)
        {
            return Ok(());
        }
        if self.is_excluded(registry, &call.context().caller).await? {
            return Ok(());
        }
        let _turn = self.turn(registry, name).await;
        transact!(self.inner.table, permit, |tx| {
            let open = self.open_in(&mut tx, registry, name).await?;
            let found = self.find(&open, &ImageRef::Digest(*digest)).await?;
            let Some(mut image) = found.filter(|it| !recorded(it)) else {
                return Ok(());
            };
            image.record.last_pull = Some(now);
            tx.put(image.key, &image.record);
        });
        Ok(())
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

    /// Up to `limit` images whose subject is `subject`, behind `after`.
    pub async fn referrers(
        &self,
        registry: &Registry,
        name: &str,
        subject: &Digest,
        after: Option<&Digest>,
        limit: usize,
    ) -> Result<(Vec<Referrer>, bool), EcrError> {
        let open = self.open(registry, name).await?;
        let after = after.map(|digest| open.keys.referrer(open.id(), subject, digest));
        let prefix = open.keys.referrers(open.id(), subject);
        let (found, more): (Vec<Read<Marker>>, _) = self.page(prefix, after, limit).await?;
        let mut referrers = Vec::new();
        for digest in found.iter().filter_map(|read| digest_of(&read.key)) {
            let Some(image) = self.find(&open, &ImageRef::Digest(digest)).await? else {
                continue;
            };
            let bytes = self.manifest_of(&image.record).await?;
            let manifest = Manifest::parse(&bytes, Some(&image.record.media_type))?;
            let annotations = manifest.annotations;
            referrers.push(Referrer {
                image: image.record,
                annotations,
            });
        }
        Ok((referrers, more))
    }
}

fn require_active(image: Image, registry: &Registry, name: &str) -> Result<Image, EcrError> {
    match image.status {
        Status::Active => Ok(image),
        Status::Archived | Status::Activating => Err(EcrError::ImageArchived {
            digest: image.digest,
            status: image.status,
            name: name.to_owned(),
            account: registry.account.clone(),
        }),
    }
}
