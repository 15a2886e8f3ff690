//! The collector: removes bytes that nobody needs.
//!
//! In this order, so that each step feeds the next within one run: contents of deleted
//! repositories; grants on keys of KMS that a kill left behind; layers that no image of their
//! repository names; blobs without an owner; uploads at rest.
//!
//! Safety beside running pushes, in this process or another: a layer goes in a transaction that
//! changes the contents of its repository, as does every image that names layers, so of the two one
//! sees the other. How a blob goes: `wharf_wanted`.
//!
//! Pushes use the same disk and the same store: what is removed is removed many at a time, in few writes, and
//! the collector rests after each for longer than that took ([`Pace`]).

use std::{
    collections::{BTreeSet, HashSet, VecDeque},
    time::Duration,
};

use wharf_base::Permit;
use wharf_blobs::{BlobInfo, Digest};
use wharf_records::{Scope, encode};
use wharf_store::{Compare, Range, Revision, Txn};
use wharf_wanted::{TOGETHER, digest_of};

use super::{Catalog, Read, Registry, SCAN_PAGE};
use crate::{
    error::EcrError,
    records::{self, Contents, DoomedRepository, Image, Keys, Layer, Repository, layer_owner},
};

/// Layers removed in one transaction: two comparisons and two deletions each, beside the contents of
/// the repository; the store takes 128.
const LAYERS_AT_ONCE: usize = 60;
/// The collector rests for so many times as long as it worked.
const REST: u32 = 2;
/// No rest is longer: a disk that is that slow is so for other reasons.
const LONGEST_REST: Duration = Duration::from_millis(500);

/// A layer that no image names, and the revision of its blob's mark.
struct Unnamed {
    layer: Read<Layer>,
    digest: Digest,
    blob: Digest,
    mark: Revision,
}

/// Leaves disk and store to pushes for most of the time.
struct Pace(tokio::time::Instant);

impl Pace {
    fn new() -> Self {
        Self(tokio::time::Instant::now())
    }

    /// After a piece of work.
    async fn rest(&mut self) {
        tokio::time::sleep((self.0.elapsed() * REST).min(LONGEST_REST)).await;
        *self = Self::new();
    }
}

/// What one run removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GcReport {
    pub repositories: usize,
    pub layers: usize,
    pub blobs: usize,
    /// Of the blobs.
    pub bytes: u64,
    pub uploads: usize,
}

impl Catalog {
    /// One run over everything; the server runs it every few minutes. Safe at any time.
    pub async fn collect_garbage(&self, permit: &Permit) -> Result<GcReport, EcrError> {
        let mut report = GcReport::default();
        for scope in self.all_scopes().await? {
            let keys = Keys::of(scope);
            // What is wrong in one account is not to keep the bytes of others.
            match self.finish_deletions(permit, &keys).await {
                Ok(finished) => report.repositories += finished,
                Err(error) => not_collected(&keys, "its deleted repositories", &error),
            }
            if let Err(error) = self.settle_grants(&keys).await {
                not_collected(&keys, "its grants on keys", &error);
            }
            match self.collect_layers(permit, &keys).await {
                Ok(collected) => report.layers += collected,
                Err(error) => not_collected(&keys, "its repositories", &error),
            }
        }
        self.collect_blobs(permit, &mut report).await?;
        report.uploads = self
            .blobs()
            .sweep_uploads(self.config().upload_idle_life)
            .await?;
        Ok(report)
    }

    /// Private and public registries that have anything.
    pub(crate) async fn all_scopes(&self) -> Result<Vec<Scope>, EcrError> {
        let mut scopes = self.scopes().await?;
        scopes.extend(self.scopes_of(records::PUBLIC_SERVICE).await?);
        Ok(scopes)
    }

    /// The private registries that have anything.
    pub(crate) async fn scopes(&self) -> Result<Vec<Scope>, EcrError> {
        self.scopes_of(records::SERVICE).await
    }

    /// The accounts and regions that have anything, found by jumping from one to the next.
    async fn scopes_of(&self, service: &str) -> Result<Vec<Scope>, EcrError> {
        self.scopes_below(Scope::service_prefix(service), None)
            .await
    }

    /// The registries of one account that had anything at a revision, private and public.
    pub(super) async fn scopes_of_account(
        &self,
        account: &str,
        at: Revision,
    ) -> Result<Vec<Scope>, EcrError> {
        let mut scopes = Vec::new();
        for service in [records::SERVICE, records::PUBLIC_SERVICE] {
            let escaped = wharf_records::escape(account);
            let prefix = format!("{}{escaped}/", Scope::service_prefix(service));
            scopes.extend(self.scopes_below(prefix, Some(at)).await?);
        }
        Ok(scopes)
    }

    async fn scopes_below(
        &self,
        prefix: String,
        at: Option<Revision>,
    ) -> Result<Vec<Scope>, EcrError> {
        let mut scopes = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let mut range = Range::prefix(&prefix).limit(1).keys_only();
            range.at = at;
            if let Some(after) = after.take() {
                range = range.start_after(after);
            }
            let found = self.store().range(range).await?;
            let Some(entry) = found.entries.into_iter().next() else {
                return Ok(scopes);
            };
            let Some((scope, ..)) = Scope::parse(&entry.key) else {
                after = Some(entry.key);
                continue;
            };
            // Kinds are lowercase words: this sorts behind all keys of the scope.
            after = Some(scope.prefix("~"));
            if scope.account != "-" {
                scopes.push(scope);
            }
        }
    }

    async fn finish_deletions(&self, permit: &Permit, keys: &Keys) -> Result<usize, EcrError> {
        let (mut finished, mut after) = (0, None);
        loop {
            let (doomed, more): (Vec<Read<DoomedRepository>>, _) =
                self.page(keys.all_doomed(), after, SCAN_PAGE).await?;
            after = doomed.last().map(|read| read.key.clone());
            for read in doomed {
                let Some((_, _, id)) = Scope::parse(&read.key) else {
                    continue;
                };
                let removed = self.remove_contents(permit, keys, &id, &read.record);
                match removed.await {
                    Ok(all) => finished += usize::from(all),
                    Err(error) => not_collected(keys, &read.key, &error),
                }
            }
            if !more {
                return Ok(finished);
            }
        }
    }

    async fn collect_layers(&self, permit: &Permit, keys: &Keys) -> Result<usize, EcrError> {
        let mut collected = 0;
        let mut after = None;
        loop {
            let (repositories, more): (Vec<Read<Repository>>, _) =
                self.page(keys.repositories(), after, SCAN_PAGE).await?;
            after = repositories.last().map(|read| read.key.clone());
            for repository in repositories {
                match self.collect_in(permit, keys, &repository.record.id).await {
                    Ok(some) => collected += some,
                    Err(error) => not_collected(keys, &repository.record.name, &error),
                }
            }
            if !more {
                return Ok(collected);
            }
        }
    }

    async fn collect_in(
        &self,
        permit: &Permit,
        keys: &Keys,
        repository: &str,
    ) -> Result<usize, EcrError> {
        // Before the images are: none of them is put unseen.
        let contents: Option<Read<Contents>> = self.read(&keys.contents(repository)).await?;
        let named = self.named_blobs(keys, repository).await?;
        let mut unnamed = Vec::new();
        let mut after = None;
        loop {
            let (layers, more): (Vec<Read<Layer>>, _) =
                self.page(keys.layers(repository), after, SCAN_PAGE).await?;
            after = layers.last().map(|read| read.key.clone());
            for layer in layers {
                let digest = digest_of(&layer.key).filter(|it| !named.contains(it));
                if let Some(digest) = digest {
                    unnamed.extend(self.unwanted(layer, digest).await?);
                }
            }
            if !more {
                break;
            }
        }
        self.remove_layers(permit, keys, repository, contents, &unnamed)
            .await
    }

    /// The layer, if it was neither uploaded nor wanted lately.
    async fn unwanted(
        &self,
        layer: Read<Layer>,
        digest: Digest,
    ) -> Result<Option<Unnamed>, EcrError> {
        if !self.wants().is_old(layer.record.uploaded_at) {
            return Ok(None);
        }
        let blob = layer.record.blob(&digest);
        let mark = self.wants().mark_of(&blob).await?;
        if mark
            .as_ref()
            .is_some_and(|it| !self.wants().is_old(it.record.at))
        {
            return Ok(None);
        }
        let mark = mark.map_or(0, |it| it.revision);
        Ok(Some(Unnamed {
            layer,
            digest,
            blob,
            mark,
        }))
    }

    async fn remove_layers(
        &self,
        permit: &Permit,
        keys: &Keys,
        repository: &str,
        contents: Option<Read<Contents>>,
        unnamed: &[Unnamed],
    ) -> Result<usize, EcrError> {
        let key = keys.contents(repository);
        let mut pace = Pace::new();
        let mut revision = contents.as_ref().map_or(0, |it| it.revision);
        let mut record = contents.map(|it| it.record).unwrap_or_default();
        let mut removed = 0;
        for some in unnamed.chunks(LAYERS_AT_ONCE) {
            record.changes = record.changes.wrapping_add(1);
            let mut txn = Txn::new()
                .when(Compare::mod_revision(&key, revision))
                .put(&key, encode(&record));
            for Unnamed {
                layer,
                digest,
                blob,
                mark,
            } in some
            {
                txn = txn
                    .when(layer.unchanged())
                    .when(Compare::mod_revision(wharf_wanted::wanted(blob), *mark))
                    .delete(&layer.key)
                    .delete(layer_owner(blob, repository, digest));
            }
            let reply = self.store().txn(permit, txn).await?;
            if !reply.succeeded {
                // Something was put, or wanted: the next run looks again.
                return Ok(removed);
            }
            revision = reply.revision;
            removed += some.len();
            pace.rest().await;
        }
        Ok(removed)
    }

    async fn named_blobs(
        &self,
        keys: &Keys,
        repository: &str,
    ) -> Result<HashSet<Digest>, EcrError> {
        let mut named = HashSet::new();
        let mut after = None;
        loop {
            let (images, more): (Vec<Read<Image>>, _) =
                self.page(keys.images(repository), after, SCAN_PAGE).await?;
            after = images.last().map(|read| read.key.clone());
            named.extend(images.into_iter().flat_map(|image| image.record.blobs));
            if !more {
                return Ok(named);
            }
        }
    }

    async fn collect_blobs(&self, permit: &Permit, report: &mut GcReport) -> Result<(), EcrError> {
        let (mut after, mut pace) = (None, Pace::new());
        // Nobody may want those that the disk lost either.
        let mut lost = VecDeque::from(self.blobs().lost().await?);
        loop {
            let page = self.blobs().list(after, SCAN_PAGE).await?;
            let page = with_lost(page, &mut lost);
            let last = page.last().map(|it| it.digest);
            pace.rest().await;
            self.collect_among(permit, after, &page, &mut pace, report)
                .await?;
            if last.is_none() {
                return Ok(());
            }
            after = last;
        }
    }

    /// `page`: all blobs behind `after` up to its last; without any, up to the end.
    async fn collect_among(
        &self,
        permit: &Permit,
        after: Option<Digest>,
        page: &[BlobInfo],
        pace: &mut Pace,
        report: &mut GcReport,
    ) -> Result<(), EcrError> {
        let last = page.last().map(|it| &it.digest);
        let mut marks = self.wants().marks_between(after.as_ref(), last).await?;
        let owned = self.wants().owned_between(after.as_ref(), last).await?;
        let there: BTreeSet<&Digest> = page.iter().map(|it| &it.digest).collect();
        let (mut found, mut due) = (Vec::new(), Vec::new());
        for blob in page.iter().filter(|it| !owned.contains(&it.digest)) {
            let mark = marks.remove(&blob.digest);
            if !self.wants().is_due(mark.as_ref()) {
                found.extend(mark.is_none().then_some(blob.digest));
            } else {
                due.push(blob);
            }
        }
        self.wants().found(permit, &found).await?;
        pace.rest().await;
        for some in due.chunks(TOGETHER) {
            let digests: Vec<Digest> = some.iter().map(|it| it.digest).collect();
            let removed = self.wants().collect_blobs(permit, &digests).await?;
            let removed = some.iter().filter(|it| removed.contains(&it.digest));
            for blob in removed {
                report.blobs += 1;
                report.bytes += blob.size;
            }
            pace.rest().await;
        }
        // What is owned needs no mark, what is not there has no use for one.
        let (going, old): (Vec<_>, Vec<_>) = marks
            .into_iter()
            .filter(|(_, mark)| self.wants().is_due(Some(mark)))
            .partition(|(_, mark)| mark.record.going);
        let going = going.into_iter().map(|(digest, _)| digest);
        let going: Vec<Digest> = going.filter(|it| !there.contains(it)).collect();
        self.wants().collect_blobs(permit, &going).await?;
        let old = old.into_iter().map(|(_, mark)| mark).collect();
        Ok(self.wants().forget_marks(permit, old).await?)
    }
}

/// The blobs of a page and those that were lost up to its end, in order; behind the last page, all that are left.
fn with_lost(mut page: Vec<BlobInfo>, lost: &mut VecDeque<BlobInfo>) -> Vec<BlobInfo> {
    let end = page.last().map(|it| it.digest);
    while let Some(next) = lost.pop_front_if(|it| end.is_none_or(|end| it.digest <= end)) {
        page.push(next);
    }
    page.sort_by_key(|it| it.digest);
    // One that was stored again meanwhile stands first.
    page.dedup_by_key(|it| it.digest);
    page
}

fn not_collected(keys: &Keys, what: &str, error: &EcrError) {
    let Registry {
        account, region, ..
    } = keys.registry();
    tracing::warn!(
        account,
        region,
        what,
        error = error as &dyn std::error::Error,
        "collecting what is not needed failed; will retry with the next run"
    );
}
