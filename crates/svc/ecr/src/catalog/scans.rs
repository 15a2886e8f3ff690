//! Scans of images as records: begun, found, forgotten. Who carries them out: `scanning`.

use std::{collections::BTreeMap, time::Duration};

use wharf_base::{Glob, Permit, Timestamp};
use wharf_blobs::Digest;
use wharf_service::transact;
use wharf_store::{Compare, Txn};

use super::{Catalog, Change, ImageRef, Open, Read, Registry, SCAN_PAGE};
use crate::{
    error::EcrError,
    records::{Image, Keys, Scan, ScanRule, ScanStatus, Scanning, Status, scan_owner},
};

mod found;

pub(crate) use found::{FoundIn, MAX_FOUND};

/// An image is scanned once in this time, as in AWS.
const SCAN_AGAIN: Duration = Duration::from_secs(24 * 3600);
/// What images have as their configuration; artifacts have something else.
const CONFIGURATIONS: [&str; 2] = [
    "application/vnd.oci.image.config.v1+json",
    "application/vnd.docker.container.image.v1+json",
];

impl Catalog {
    /// Begins a scan of the image; its digest.
    pub(crate) async fn start_scan(
        &self,
        permit: &Permit,
        registry: &Registry,
        name: &str,
        reference: &ImageRef,
        now: Timestamp,
    ) -> Result<Image, EcrError> {
        let _turn = self.turn(registry, name).await;
        Ok(transact!(self.inner.table, permit, |tx| {
            let open = self.open_in(&mut tx, registry, name).await?;
            let found = self.find(&open, reference).await?;
            let image = found.ok_or_else(|| missing(registry, name, reference))?;
            let image = image.record;
            if !scannable(&image) {
                return Err(EcrError::NotScannable(image.media_type));
            }
            if image.status != Status::Active {
                return Err(EcrError::ArchivedNotScanned {
                    digest: image.digest,
                    status: image.status,
                    name: name.to_owned(),
                    account: registry.account.clone(),
                });
            }
            let key = open.keys.scan(open.id(), &image.digest);
            let before: Option<Scan> = tx.find(&key).await?;
            let counts = before.as_ref().filter(|it| it.status != ScanStatus::Failed);
            if counts.is_some_and(|it| now.since(it.requested_at) < SCAN_AGAIN) {
                return Err(EcrError::ScanQuota);
            }
            // What was found before is kept until there is something new, and not shown meanwhile.
            let begun = Scan {
                status: ScanStatus::InProgress,
                requested_at: now,
                attempts: 0,
                ..before.unwrap_or_else(|| fresh(name, image.digest, now))
            };
            tx.put(key, &begun);
            image
        }))
    }

    /// Adds a scan to the push of an image, if it is to be scanned then.
    pub(super) async fn scan_on_push(
        &self,
        open: &Open,
        change: &mut Change<'_>,
        image: &Image,
    ) -> Result<(), EcrError> {
        let wanted = open.repository.record.scan_on_push
            || on_push(&self.scanning(&open.registry).await?, &open.name());
        if wanted && scannable(image) {
            let key = open.keys.scan(open.id(), &image.digest);
            change.put(key, &fresh(&open.name(), image.digest, image.pushed_at));
        }
        Ok(())
    }

    /// The scan of an image, if there was one.
    pub(crate) async fn scan_of(
        &self,
        registry: &Registry,
        name: &str,
        image: &Digest,
    ) -> Result<Option<Scan>, EcrError> {
        let open = self.open(registry, name).await?;
        let found = self.read::<Scan>(&open.keys.scan(open.id(), image)).await?;
        Ok(found.map(|it| it.record))
    }

    /// Writes down that a scan is begun once more; `None` if it is another one by now.
    pub(crate) async fn attempt_scan(
        &self,
        permit: &Permit,
        fence: Compare,
        seen: &Read<Scan>,
    ) -> Result<Option<u32>, EcrError> {
        Ok(transact!(self.inner.table, permit, |tx| {
            tx.fence(fence.clone());
            let Some(mut scan) = tx.find::<Scan>(&seen.key).await? else {
                return Ok(None);
            };
            if !is_same(&scan, &seen.record) {
                return Ok(None);
            }
            scan.attempts = scan.attempts.saturating_add(1);
            tx.put(&seen.key, &scan);
            Some(scan.attempts)
        }))
    }

    /// Writes down what became of a scan, unless it is another one by now.
    pub(crate) async fn end_scan(
        &self,
        permit: &Permit,
        fence: Compare,
        seen: &Read<Scan>,
        ended: Ended,
        now: Timestamp,
    ) -> Result<(), EcrError> {
        let key = seen.key.as_str();
        let repository = repository_of(key);
        let (mut inventory, mut findings, mut leases) = (None, None, Vec::new());
        if let Some(found) = &ended.found {
            let parts = [&found.inventory, &found.findings];
            for (bytes, place) in parts.into_iter().zip([&mut inventory, &mut findings]) {
                let (blob, lease) = self.blobs().put(bytes.clone()).await?;
                *place = Some(blob.digest);
                leases.push(lease);
            }
        }
        transact!(self.inner.table, permit, |tx| {
            tx.fence(fence.clone());
            let Some(mut scan) = tx.find::<Scan>(key).await? else {
                return Ok(());
            };
            if !is_same(&scan, &seen.record) {
                return Ok(());
            }
            scan.status = ended.status;
            scan.description.clone_from(&ended.description);
            scan.completed_at = Some(now);
            scan.tags.clone_from(&ended.tags);
            if let Some(found) = &ended.found {
                for before in [scan.inventory, scan.findings].into_iter().flatten() {
                    tx.delete(scan_owner(&before, &repository, &scan.digest));
                }
                for digest in [inventory, findings].into_iter().flatten() {
                    let relied = self.wants().rely(&digest, true).await?;
                    tx.when(relied.ok_or(EcrError::Contention)?.stays);
                    tx.put(
                        scan_owner(&digest, &repository, &scan.digest),
                        &super::MARKER,
                    );
                }
                (scan.inventory, scan.findings) = (inventory, findings);
                scan.source_updated_at = Some(found.source_updated_at);
                scan.counts.clone_from(&found.counts);
            }
            tx.put(key, &scan);
        });
        drop(leases);
        Ok(())
    }

    /// The scan of an image goes with it.
    pub(super) async fn forget_scan(
        &self,
        open: &Open,
        change: &mut Change<'_>,
        image: &Digest,
    ) -> Result<(), EcrError> {
        let key = open.keys.scan(open.id(), image);
        let Some(scan) = change.find::<Scan>(&key).await? else {
            return Ok(());
        };
        for blob in [scan.inventory, scan.findings].into_iter().flatten() {
            change.delete(scan_owner(&blob, open.id(), image));
        }
        change.delete(key);
        Ok(())
    }

    /// Those of a repository that is gone.
    pub(super) async fn forget_scans(
        &self,
        permit: &Permit,
        keys: &Keys,
        repository: &str,
    ) -> Result<(), EcrError> {
        loop {
            let prefix = keys.scans(repository);
            let (scans, _): (Vec<Read<Scan>>, _) = self.page(prefix, None, SCAN_PAGE).await?;
            if scans.is_empty() {
                return Ok(());
            }
            // Three deletions each; the store takes 128 operations.
            for some in scans.chunks(super::DELETE_BATCH / 2) {
                let mut txn = Txn::new();
                for scan in some {
                    let Read { key, record, .. } = scan;
                    for blob in [record.inventory, record.findings].into_iter().flatten() {
                        txn = txn.delete(scan_owner(&blob, repository, &record.digest));
                    }
                    // One that ended meanwhile owns other blobs: it is read again.
                    txn = txn.when(scan.unchanged()).delete(key);
                }
                self.store().txn(permit, txn).await?;
            }
        }
    }

    pub(crate) async fn scanning(&self, registry: &Registry) -> Result<Scanning, EcrError> {
        let found = self.read::<Scanning>(&registry.keys().scanning()).await?;
        Ok(found.map(|it| it.record).unwrap_or_default())
    }

    pub(crate) async fn set_scanning(
        &self,
        permit: &Permit,
        registry: &Registry,
        rules: Vec<ScanRule>,
    ) -> Result<(), EcrError> {
        let record = Scanning {
            rules,
            unknown: Default::default(),
        };
        let key = registry.keys().scanning();
        let txn = Txn::new().put(key, wharf_records::encode(&record));
        self.store().txn(permit, txn).await?;
        Ok(())
    }
}

/// What became of a scan.
pub(crate) struct Ended {
    pub status: ScanStatus,
    pub description: String,
    pub tags: Vec<String>,
    pub found: Option<FoundIn>,
}

/// Whether the scan is still the one that was seen, under way.
fn is_same(scan: &Scan, seen: &Scan) -> bool {
    scan.status == ScanStatus::InProgress && scan.requested_at == seen.requested_at
}

fn fresh(name: &str, digest: Digest, now: Timestamp) -> Scan {
    Scan {
        repository: name.to_owned(),
        digest,
        status: ScanStatus::InProgress,
        description: String::new(),
        requested_at: now,
        attempts: 0,
        completed_at: None,
        source_updated_at: None,
        counts: BTreeMap::new(),
        inventory: None,
        findings: None,
        tags: Vec::new(),
        unknown: Default::default(),
    }
}

/// An image of one platform, not an index nor an artifact.
fn scannable(image: &Image) -> bool {
    let kind = image.artifact_type.as_deref().unwrap_or_default();
    image.children.is_empty() && CONFIGURATIONS.contains(&kind)
}

/// The wildcards by which a registry scans the repository when something is pushed.
pub(crate) fn filters_of(scanning: &Scanning, name: &str) -> Vec<String> {
    let filters = scanning.rules.iter().flat_map(|rule| &rule.filters);
    // One without a wildcard is about all names that have it in them.
    let fits = |it: &&String| match it.contains('*') {
        true => Glob::stars(it).matches(name),
        false => name.contains(it.as_str()),
    };
    filters.filter(fits).cloned().collect()
}

fn on_push(scanning: &Scanning, name: &str) -> bool {
    !filters_of(scanning, name).is_empty()
}

/// The id of the repository that a scan's key is inside of.
pub(crate) fn repository_of(key: &str) -> String {
    let id = wharf_records::Scope::parse(key).map(|(_, _, id)| id);
    let id = id.unwrap_or_default();
    id.split('.').next().unwrap_or_default().to_owned()
}

pub(crate) fn missing(registry: &Registry, name: &str, reference: &ImageRef) -> EcrError {
    let null = || "null".to_owned();
    let (digest, tag) = match reference {
        ImageRef::Digest(digest) => (digest.to_string(), null()),
        ImageRef::Tag(tag) => (null(), tag.clone()),
    };
    EcrError::ImageNotFound {
        digest,
        tag,
        name: name.to_owned(),
        account: registry.account.clone(),
    }
}
