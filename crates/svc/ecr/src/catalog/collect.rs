//! The collector: removes bytes that nobody needs.
//!
//! In this order, so that each step feeds the next within one run: contents of deleted
//! repositories; layers that no image of their repository names; blobs without an owner; uploads
//! at rest.
//!
//! Safety beside running pushes: whoever relies on a blob holds a lease on it, makes it young
//! (`Blobs::touch`) and only then writes the record that needs it. The collector removes a layer's
//! record or a blob only under an exclusive hold, after seeing that the blob is old. So a push
//! either finds the blob gone and sends it, or its touch is seen here.

use std::{collections::HashSet, time::SystemTime};

use wharf_base::Permit;
use wharf_blobs::Digest;
use wharf_records::Scope;
use wharf_store::{Range, Txn};

use super::{Catalog, Read, SCAN_PAGE};
use crate::{
    error::EcrError,
    records::{self, Image, Keys, Layer, Marker, Repository, digest_of, layer_owner},
};

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
        for scope in self.scopes().await? {
            let keys = Keys::of(scope);
            report.repositories += self.finish_deletions(permit, &keys).await?;
            report.layers += self.collect_layers(permit, &keys).await?;
        }
        self.collect_blobs(&mut report).await?;
        report.uploads = self
            .blobs()
            .sweep_uploads(self.config().upload_idle_life)
            .await?;
        Ok(report)
    }

    /// The accounts and regions that have anything, found by jumping from one to the next.
    pub(crate) async fn scopes(&self) -> Result<Vec<Scope>, EcrError> {
        let prefix = Scope::service_prefix(records::SERVICE);
        let mut scopes = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let mut range = Range::prefix(&prefix).limit(1).keys_only();
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
        let mut finished = 0;
        loop {
            let (doomed, _): (Vec<Read<Marker>>, _) =
                self.page(keys.all_doomed(), None, SCAN_PAGE).await?;
            if doomed.is_empty() {
                return Ok(finished);
            }
            for read in doomed {
                if let Some((_, _, id)) = Scope::parse(&read.key) {
                    self.remove_contents(permit, keys, &id).await?;
                    finished += 1;
                }
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
                collected += self.collect_in(permit, keys, &repository.record.id).await?;
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
        let named = self.named_blobs(keys, repository).await?;
        let mut collected = 0;
        let mut after = None;
        loop {
            let (layers, more): (Vec<Read<Layer>>, _) =
                self.page(keys.layers(repository), after, SCAN_PAGE).await?;
            after = layers.last().map(|read| read.key.clone());
            for layer in layers {
                let Some(digest) = digest_of(&layer.key) else {
                    continue;
                };
                if !named.contains(&digest)
                    && self
                        .collect_layer(permit, repository, &layer, &digest)
                        .await?
                {
                    collected += 1;
                }
            }
            if !more {
                return Ok(collected);
            }
        }
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

    async fn collect_layer(
        &self,
        permit: &Permit,
        repository: &str,
        layer: &Read<Layer>,
        digest: &Digest,
    ) -> Result<bool, EcrError> {
        let Some(hold) = self.blobs().try_exclusive(digest) else {
            return Ok(false);
        };
        // An image put since `named` was read touched its layers first, so they are young.
        if !self.is_old(hold.modified().await?) {
            return Ok(false);
        }
        let txn = Txn::new()
            .when(layer.unchanged())
            .delete(&layer.key)
            .delete(layer_owner(digest, repository));
        Ok(self.store().txn(permit, txn).await?.succeeded)
    }

    async fn collect_blobs(&self, report: &mut GcReport) -> Result<(), EcrError> {
        let mut after = None;
        loop {
            let page = self.blobs().list(after, SCAN_PAGE).await?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            after = Some(last.digest);
            for blob in page
                .into_iter()
                .filter(|blob| self.is_old(Some(blob.modified)))
            {
                if self.collect_blob(&blob.digest).await? {
                    report.blobs += 1;
                    report.bytes += blob.size;
                }
            }
        }
    }

    async fn collect_blob(&self, digest: &Digest) -> Result<bool, EcrError> {
        let Some(hold) = self.blobs().try_exclusive(digest) else {
            return Ok(false);
        };
        if !self.is_old(hold.modified().await?) {
            return Ok(false);
        }
        let owners = Range::prefix(records::owners(digest)).limit(1).keys_only();
        if !self.store().range(owners).await?.entries.is_empty() {
            return Ok(false);
        }
        Ok(hold.remove().await?)
    }

    /// A blob that is not there is as old as can be.
    fn is_old(&self, modified: Option<SystemTime>) -> bool {
        let Some(modified) = modified else {
            return true;
        };
        let age = SystemTime::now()
            .duration_since(modified)
            .unwrap_or_default();
        age >= self.config().unused_life
    }
}
