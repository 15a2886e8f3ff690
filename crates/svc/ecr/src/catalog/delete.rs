//! Deleting images and tags, and what a deleted repository leaves.

use wharf_base::Permit;
use wharf_blobs::Digest;
use wharf_records::{RecordError, decode};
use wharf_service::transact;
use wharf_store::{Entry, Range, Txn};
use wharf_wanted::digest_of;

use super::{Catalog, Change, DELETE_BATCH, Happened, ImageRef, Open, Read, Registry};
use crate::{
    error::EcrError,
    identifier::{Failure, image_named},
    precondition::Precondition,
    records::{DoomedRepository, Image, Keys, Layer, image_owner, layer_owner},
};

/// Tags removed in one transaction: with the image, the repository's contents and [`FEW_LISTED`] below the store's
/// 128 operations, 25 of which may be what destinations are owed.
const UNTAG_BATCH: usize = 50;
/// An index that lists no more images is noted at each of them, so that nobody looks through all indexes for those that
/// list an image. A longer one, and those of earlier versions, are in a list of the repository's.
const FEW_LISTED: usize = 40;

/// Where it is noted what an index lists; nowhere for an image.
pub(super) fn listing_keys(open: &Open, image: &Image) -> Vec<String> {
    let (keys, index) = (&open.keys, &image.digest);
    match image.children.len() {
        0 => Vec::new(),
        1..=FEW_LISTED => image
            .children
            .iter()
            .map(|child| keys.listed_by(open.id(), child, index))
            .collect(),
        _ => vec![keys.index(open.id(), index)],
    }
}

/// What became of an image that was to go.
enum Deleted {
    /// As it was before.
    Gone(Box<Image>),
    Nothing,
    /// The tag names another image than the one that was meant.
    Another,
}

/// When an image goes: by what it is at that moment, since a tag may be moved meanwhile.
#[derive(Clone, Copy)]
enum When<'a> {
    Always,
    /// It has this digest.
    Is(Digest),
    Meets(&'a Precondition),
}

fn gone(deleted: Deleted) -> Option<Image> {
    match deleted {
        Deleted::Gone(image) => Some(*image),
        Deleted::Nothing | Deleted::Another => None,
    }
}

impl Catalog {
    /// Deletes what `reference` names: a digest with all its tags, or one tag, and with its last
    /// tag the image (spec ecr.md §5). With `keep_untagged` a tag alone goes, as the registry does
    /// it. The image as it was before, or `None` if there was none.
    pub async fn delete_image(
        &self,
        permit: &Permit,
        registry: &Registry,
        name: &str,
        reference: &ImageRef,
        keep_untagged: bool,
    ) -> Result<Option<Image>, EcrError> {
        let named = (reference, When::Always);
        let deleted = self.delete_if(permit, registry, name, named, keep_untagged);
        Ok(gone(deleted.await?))
    }

    /// The same as the registry does it, on a condition.
    ///
    /// # Errors
    /// [`EcrError::Precondition`]: what is there does not meet it.
    pub async fn delete_image_if(
        &self,
        permit: &Permit,
        registry: &Registry,
        name: &str,
        reference: &ImageRef,
        only: Option<&Precondition>,
    ) -> Result<Option<Image>, EcrError> {
        let named = (reference, only.map_or(When::Always, When::Meets));
        let deleted = self.delete_if(permit, registry, name, named, true);
        Ok(gone(deleted.await?))
    }

    async fn delete_if(
        &self,
        permit: &Permit,
        registry: &Registry,
        name: &str,
        (reference, when): (&ImageRef, When<'_>),
        keep_untagged: bool,
    ) -> Result<Deleted, EcrError> {
        let _turn = self.turn(registry, name).await;
        let (open, before, left) = transact!(self.inner.table, permit, |tx| {
            let open = self.open_in(&mut tx, registry, name).await?;
            let Some(found) = self.find(&open, reference).await? else {
                return Ok(Deleted::Nothing);
            };
            match when {
                When::Is(digest) if digest != found.record.digest => {
                    return Ok(Deleted::Another);
                }
                When::Meets(condition) if !condition.holds(Some(&found.record.digest)) => {
                    return Err(EcrError::Precondition);
                }
                When::Always | When::Is(_) | When::Meets(_) => {}
            }
            let before = found.record.clone();
            let whole = match reference {
                ImageRef::Digest(_) => true,
                ImageRef::Tag(_) => found.record.tags.len() <= 1 && !keep_untagged,
            };
            let left = if whole {
                self.remove_image(&open, &mut tx, found).await?
            } else {
                self.untag(&open, &mut tx, found, reference).await?;
                0
            };
            (open, before, left)
        });
        if !before.replicas.is_empty() {
            self.inner.owing.notify_one();
        }
        // An image of very many tags takes more than one transaction.
        if left > 0 {
            self.finish_removal(permit, &open, &before.digest).await?;
        }
        Ok(Deleted::Gone(Box::new(before)))
    }

    /// Deletes an image that a batch names: the ids that are gone, one for each tag.
    pub async fn delete_named(
        &self,
        permit: &Permit,
        registry: &Registry,
        name: &str,
        (digest, tag): (Option<&str>, Option<&str>),
    ) -> Result<Result<Vec<(Digest, Option<String>)>, Failure>, EcrError> {
        let (reference, pair) = match image_named(digest, tag) {
            Ok(read) => read,
            Err(failure) => return Ok(Err(failure)),
        };
        let when = pair.map_or(When::Always, |(_, digest)| When::Is(digest));
        let named = (&reference, when);
        let deleted = self.delete_if(permit, registry, name, named, false);
        let image = match deleted.await {
            Ok(Deleted::Gone(image)) => *image,
            Ok(Deleted::Nothing) => return Ok(Err(Failure::not_found())),
            Ok(Deleted::Another) => {
                let text = "Requested tag does not match digest";
                return Ok(Err(Failure::new("ImageTagDoesNotMatchDigest", text)));
            }
            Err(error @ EcrError::ReferencedByIndex(_)) => {
                let text = error.to_string();
                return Ok(Err(Failure::new("ImageReferencedByManifestList", text)));
            }
            Err(other) => return Err(other),
        };
        let tags = match reference {
            ImageRef::Tag(tag) => vec![Some(tag)],
            ImageRef::Digest(_) if image.tags.is_empty() => vec![None],
            ImageRef::Digest(_) => image.tags.into_iter().map(Some).collect(),
        };
        let gone = tags.into_iter().map(|tag| (image.digest, tag));
        Ok(Ok(gone.collect()))
    }

    pub(crate) async fn finish_removal(
        &self,
        permit: &Permit,
        open: &Open,
        digest: &Digest,
    ) -> Result<(), EcrError> {
        let (registry, name) = (&open.registry, &open.repository.record.name);
        loop {
            let left = transact!(self.inner.table, permit, |tx| {
                let open = self.open_in(&mut tx, registry, name).await?;
                let found = self.find(&open, &ImageRef::Digest(*digest)).await?;
                let Some(found) = found else { return Ok(()) };
                self.remove_image(&open, &mut tx, found).await?
            });
            if left == 0 {
                return Ok(());
            }
        }
    }

    /// Adds the removal of the image to a change, or of as many of its tags as one transaction
    /// takes; how many tags are left then.
    pub(crate) async fn remove_image(
        &self,
        open: &Open,
        change: &mut Change<'_>,
        found: Read<Image>,
    ) -> Result<usize, EcrError> {
        let Read {
            key,
            record: mut image,
            ..
        } = found;
        let parents = self.parents(open, &image.digest).await?;
        if !parents.is_empty() {
            return Err(EcrError::ReferencedByIndex(parents));
        }
        let batch = image.tags.len().min(UNTAG_BATCH);
        for tag in image.tags.drain(..batch) {
            change.delete(open.keys.tag(open.id(), &tag));
        }
        if !image.tags.is_empty() {
            change.put(key, &image);
            return Ok(image.tags.len());
        }
        self.owe(change, open, &mut image, Happened::Lost(&[]))
            .await?;
        change.delete(key);
        change.delete(open.keys.activating(open.id(), &image.digest));
        change.delete(image_owner(&image.blob(), open.id(), &image.digest));
        change.delete(open.keys.signatures(open.id(), &image.digest));
        self.forget_scan(open, change, &image.digest).await?;
        for key in listing_keys(open, &image) {
            change.delete(key);
        }
        // As an earlier version has noted it.
        if (1..=FEW_LISTED).contains(&image.children.len()) {
            change.delete(open.keys.index(open.id(), &image.digest));
        }
        if let Some(subject) = &image.subject {
            change.delete(open.keys.referrer(open.id(), subject, &image.digest));
        }
        Ok(0)
    }

    /// The indexes of the repository that list the image.
    pub(crate) async fn parents(
        &self,
        open: &Open,
        digest: &Digest,
    ) -> Result<Vec<Digest>, EcrError> {
        let mut indexes = self.marked(open.keys.listed(open.id(), digest)).await?;
        indexes.extend(self.marked(open.keys.indexes(open.id())).await?);
        let mut parents = Vec::new();
        for index in indexes {
            let index = self.find(open, &ImageRef::Digest(index)).await?;
            let lists = index.filter(|index| index.record.children.contains(digest));
            parents.extend(lists.map(|index| index.record.digest));
        }
        Ok(parents)
    }

    /// Removes everything keyed by the id of a repository that is gone and gives its grant back, its marker last,
    /// so that a collector takes up what was cut short. `false`: the grant could not be given back now, the marker stays.
    pub(crate) async fn remove_contents(
        &self,
        permit: &Permit,
        keys: &Keys,
        repository: &str,
        doomed: &DoomedRepository,
    ) -> Result<bool, EcrError> {
        for prefix in [
            keys.images(repository),
            keys.layers(repository),
            keys.tags(repository),
            keys.indexes(repository),
            keys.listed_in(repository),
            keys.activating_in(repository),
            keys.expired_in(repository),
            keys.owed_in(repository),
            keys.all_referrers(repository),
            keys.signatures_in(repository),
        ] {
            self.remove_all(permit, keys, repository, &prefix).await?;
        }
        self.forget_scans(permit, keys, repository).await?;
        self.unsay(permit, keys, repository).await?;
        if let Some(encryption) = &doomed.encryption {
            let registry = keys.registry();
            let arn = registry.repository_arn(&doomed.name);
            if !self.retire(&registry, &arn, encryption).await {
                return Ok(false);
            }
        }
        let txn = Txn::new()
            .delete(keys.contents(repository))
            .delete(keys.doomed(repository));
        self.store().txn(permit, txn).await?;
        Ok(true)
    }

    async fn remove_all(
        &self,
        permit: &Permit,
        keys: &Keys,
        repository: &str,
        prefix: &str,
    ) -> Result<(), EcrError> {
        loop {
            let range = Range::prefix(prefix).limit(DELETE_BATCH);
            let found = self.store().range(range).await?;
            if found.entries.is_empty() {
                return Ok(());
            }
            let mut txn = Txn::new();
            for entry in found.entries {
                if let Some(digest) = digest_of(&entry.key) {
                    match owner_in(keys, repository, &digest, &entry) {
                        Ok(owner) => txn = owner.into_iter().fold(txn, Txn::delete),
                        // It goes all the same: the rest of the repository is not to wait for ever.
                        Err(error) => tracing::error!(
                            key = entry.key,
                            error = &error as &dyn std::error::Error,
                            "failed to read a record of a deleted repository; its blob is not removed"
                        ),
                    }
                }
                txn = txn.delete(entry.key);
            }
            self.store().txn(permit, txn).await?;
        }
    }

    async fn untag(
        &self,
        open: &Open,
        change: &mut Change<'_>,
        found: Read<Image>,
        reference: &ImageRef,
    ) -> Result<(), EcrError> {
        let ImageRef::Tag(tag) = reference else {
            return Ok(());
        };
        let Read {
            key,
            record: mut image,
            ..
        } = found;
        let lost = Happened::Lost(std::slice::from_ref(tag));
        self.owe(change, open, &mut image, lost).await?;
        image.tags.retain(|known| known != tag);
        change.delete(open.keys.tag(open.id(), tag));
        change.put(key, &image);
        Ok(())
    }
}

/// What says that the record's blob is needed, if it has one: a blob under a lock is named in the record alone.
fn owner_in(
    keys: &Keys,
    repository: &str,
    digest: &Digest,
    entry: &Entry,
) -> Result<Option<String>, RecordError> {
    if entry.key == keys.image(repository, digest) {
        let image: Image = decode(&entry.value)?;
        return Ok(Some(image_owner(&image.blob(), repository, digest)));
    }
    if entry.key == keys.layer(repository, digest) {
        let layer: Layer = decode(&entry.value)?;
        return Ok(Some(layer_owner(&layer.blob(digest), repository, digest)));
    }
    Ok(None)
}
