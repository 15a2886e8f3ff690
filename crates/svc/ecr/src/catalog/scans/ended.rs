//! What became of scans: written down, compared again, forgotten.

use std::collections::BTreeMap;

use bytes::Bytes;
use wharf_base::{Permit, Timestamp};
use wharf_blobs::{Blobs, Digest, Lease};
use wharf_records::{Scope, encode};
use wharf_service::transact;
use wharf_store::{Compare, Txn};

use super::{FoundIn, repository_of};
use crate::{
    catalog::{Catalog, Change, DELETE_BATCH, MARKER, Open, Read, SCAN_PAGE},
    error::EcrError,
    records::{Compared, Keys, Scan, ScanSealing, ScanStatus, ScanUsage, ShutScans, scan_owner},
};

/// Scans that were compared again and are written down in one transaction, all of one registry: two comparisons
/// and three changes each, beside the fence and the count of scans; the store takes 128.
pub(crate) const AGAIN_AT_ONCE: usize = 30;

impl Catalog {
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

    /// Takes back that a scan was begun once more: what cut it short was neither the image nor its scan.
    pub(crate) async fn take_back_scan(
        &self,
        permit: &Permit,
        seen: &Read<Scan>,
    ) -> Result<(), EcrError> {
        transact!(self.inner.table, permit, |tx| {
            let Some(mut scan) = tx.find::<Scan>(&seen.key).await? else {
                return Ok(());
            };
            if !is_same(&scan, &seen.record) {
                return Ok(());
            }
            scan.attempts = scan.attempts.saturating_sub(1);
            tx.put(&seen.key, &scan);
        });
        Ok(())
    }

    /// Writes down what became of a scan, unless it is another one by now. `false` if it is one that
    /// follows the data, which went on since, or what it found is to be under another key: it is to be carried out again.
    pub(crate) async fn end_scan(
        &self,
        permit: &Permit,
        fence: Compare,
        seen: &Read<Scan>,
        ended: Ended,
        now: Timestamp,
    ) -> Result<bool, EcrError> {
        let key = seen.key.as_str();
        let repository = repository_of(key);
        let Some((scope, ..)) = Scope::parse(key) else {
            return Ok(true);
        };
        let keys = Keys::of(scope);
        let sealing = match seen.record.enhanced {
            true => self.sealing(&keys).await?,
            false => ScanSealing::default(),
        };
        let (mut inventory, mut findings, mut leases) = (None, None, Vec::new());
        if let Some(found) = &ended.found {
            let under = sealing.key.as_deref();
            let blobs = self.blobs_under(&keys.registry(), under).await?;
            let parts = [&found.inventory, &found.findings];
            for (bytes, place) in parts.into_iter().zip([&mut inventory, &mut findings]) {
                let (blob, lease) = blobs.put(bytes.clone()).await?;
                *place = Some(blob.digest);
                leases.push(lease);
            }
        }
        transact!(self.inner.table, permit, |tx| {
            tx.fence(fence.clone());
            let Some(mut scan) = tx.find::<Scan>(key).await? else {
                return Ok(true);
            };
            if !is_same(&scan, &seen.record) {
                return Ok(true);
            }
            if ended.found.is_some() && scan.enhanced {
                let now = tx.find::<ScanSealing>(&keys.scan_sealing()).await?;
                if now.unwrap_or_default().key != sealing.key {
                    return Ok(false);
                }
            }
            let failed = ended.status == ScanStatus::Failed;
            let with = match &ended.found {
                Some(found) => Some(found.generation),
                None => failed.then_some(ended.with.0),
            };
            if let Some(with) = with.filter(|_| scan.continuous) {
                // Images are being compared with other data, and this one was not among them.
                let compared = tx.find::<Compared>(&Compared::key()).await?;
                let toward = compared.map_or(0, |it| it.toward);
                if toward != with {
                    let now = match self.generation().await {
                        // What cannot be read may be why it failed.
                        Err(_) if failed => with,
                        now => now?,
                    };
                    if now != with {
                        return Ok(false);
                    }
                }
            }
            scan.status = ended.status;
            scan.description.clone_from(&ended.description);
            scan.completed_at = Some(now);
            scan.tags.clone_from(&ended.tags);
            scan.shut = ended.shut.map_or(0, |_| scan.shut.saturating_add(1));
            if let Some(shut) = ended.shut {
                self.note_shut(&mut tx, &keys, &repository, &scan, shut)
                    .await?;
            }
            if failed && scan.continuous {
                // With other data it is tried again.
                (scan.generation, scan.source_updated_at) = ended.with;
            }
            let usage = usage_of(key).filter(|_| scan.enhanced && ended.found.is_some());
            if let Some(usage) = usage {
                let mut counted = tx.find::<ScanUsage>(&usage).await?.unwrap_or_default();
                counted.count(now, seen.record.completed_at.is_some());
                tx.put(usage, &counted);
            }
            if let Some(found) = &ended.found {
                let (blobs, under) = ([inventory, findings], sealing.key.clone());
                self.own_found(&mut tx, &repository, &mut scan, blobs, under)
                    .await?;
                scan.first_found_at = found.first_found_at;
                scan.source_updated_at = found.source_updated_at;
                scan.generation = found.generation;
                scan.held.clone_from(&found.held);
                scan.counts.clone_from(&found.counts);
            }
            tx.put(key, &scan);
        });
        drop(leases);
        Ok(true)
    }

    /// Adds to a change that a scan waits until a key can be used again. It is written even if it says so already: who begins
    /// such scans again sees that there is another.
    async fn note_shut(
        &self,
        change: &mut Change<'_>,
        keys: &Keys,
        repository: &str,
        scan: &Scan,
        shut: Shut,
    ) -> Result<(), EcrError> {
        let (id, name) = match shut {
            Shut::Repository => (Some(repository), Some(scan.repository.clone())),
            Shut::Findings => (None, None),
        };
        let key = keys.shut_scans(id);
        let before = change.find::<ShutScans>(&key).await?;
        let record = before.unwrap_or_else(|| ShutScans {
            repository: name,
            since: self.wants().now(),
            unknown: Default::default(),
        });
        change.put(key, &record);
        Ok(())
    }

    /// Has a scan own these blobs, its inventory and its findings, which are under a data key, instead of those of before.
    pub(crate) async fn own_found(
        &self,
        tx: &mut Change<'_>,
        repository: &str,
        scan: &mut Scan,
        [inventory, findings]: [Option<Digest>; 2],
        under: Option<String>,
    ) -> Result<(), EcrError> {
        for before in [scan.inventory, scan.findings].into_iter().flatten() {
            tx.delete(scan_owner(&before, repository, &scan.digest));
        }
        for digest in [inventory, findings].into_iter().flatten() {
            let relied = self.wants().rely(&digest, true).await?;
            tx.when(relied.ok_or(EcrError::Contention)?.stays);
            tx.put(scan_owner(&digest, repository, &scan.digest), &MARKER);
        }
        (scan.inventory, scan.findings, scan.under) = (inventory, findings, under);
        Ok(())
    }

    /// Stores findings of a scan that was compared again; `blobs`: as those of that scan are kept.
    pub(crate) async fn keep_findings(
        &self,
        blobs: &Blobs,
        bytes: Bytes,
    ) -> Result<KeptFindings, EcrError> {
        let (blob, lease) = blobs.put(bytes).await?;
        let relied = self.wants().rely(&blob.digest, true).await?;
        Ok(KeptFindings {
            digest: blob.digest,
            stays: relied.ok_or(EcrError::Contention)?.stays,
            _lease: lease,
        })
    }

    /// Findings that were just stored for another scan, if they are still there.
    pub(crate) async fn share_findings(
        &self,
        digest: &Digest,
    ) -> Result<Option<KeptFindings>, EcrError> {
        let lease = self.blobs().lease(digest).await;
        let relied = self.wants().rely(digest, true).await?;
        Ok(relied.map(|relied| KeptFindings {
            digest: *digest,
            stays: relied.stays,
            _lease: lease,
        }))
    }

    /// Writes down what scans come to that were compared again, [`AGAIN_AT_ONCE`] at most, unless one of them
    /// changed since it was read: `false`.
    pub(crate) async fn compared(
        &self,
        permit: &Permit,
        fence: Compare,
        scans: &[ScannedAgain],
    ) -> Result<bool, EcrError> {
        let mut txn = Txn::new().when(fence);
        let mut usages: BTreeMap<String, usize> = BTreeMap::new();
        for ScannedAgain {
            seen,
            scan,
            findings,
            encoded,
        } in scans
        {
            txn = txn.when(seen.unchanged());
            if let Some(kept) = findings {
                let owner = |it: &Digest| scan_owner(it, &repository_of(&seen.key), &scan.digest);
                txn = txn
                    .when(kept.stays.clone())
                    .put(owner(&kept.digest), encode(&MARKER));
                if let Some(before) = seen.record.findings.filter(|it| *it != kept.digest) {
                    txn = txn.delete(owner(&before));
                }
            }
            txn = txn.put(&seen.key, encoded.clone());
            let usage = usage_of(&seen.key);
            if let Some(usage) = usage.filter(|_| scan.completed_at > seen.record.completed_at) {
                *usages.entry(usage).or_default() += 1;
            }
        }
        for (usage, times) in usages {
            let before = self.read::<ScanUsage>(&usage).await?;
            txn = txn.when(match &before {
                Some(before) => before.unchanged(),
                None => Compare::absent(usage.as_str()),
            });
            let mut counted = before.map(|it| it.record).unwrap_or_default();
            (0..times).for_each(|_| counted.count(self.wants().now(), true));
            txn = txn.put(usage, encode(&counted));
        }
        Ok(self.store().txn(permit, txn).await?.succeeded)
    }

    /// Adds to a change of an image what the archive means for its scan: that is told of, though nothing else becomes of
    /// it. It is written even if it says so already, as one does whose image an earlier version put there: who tells of
    /// findings is woken by that.
    pub(in crate::catalog) async fn shelve_scan(
        &self,
        change: &mut Change<'_>,
        key: &str,
        archived: bool,
    ) -> Result<(), EcrError> {
        let found = change.find::<Scan>(key).await?;
        if let Some(mut scan) = found {
            scan.archived = archived;
            change.put(key, &scan);
            // While it was there it was not begun again: now whoever looks at its repository's key does that.
            if let Some((scope, ..)) = Scope::parse(key).filter(|_| !archived && scan.shut > 0) {
                let (keys, repository) = (Keys::of(scope), repository_of(key));
                self.note_shut(change, &keys, &repository, &scan, Shut::Repository)
                    .await?;
            }
        }
        Ok(())
    }

    /// The scan of an image goes with it.
    pub(in crate::catalog) async fn forget_scan(
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
    pub(in crate::catalog) async fn forget_scans(
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
            for some in scans.chunks(DELETE_BATCH / 2) {
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
}

/// Where the scans are counted that the scan of that key is one of.
fn usage_of(scan: &str) -> Option<String> {
    let (scope, ..) = Scope::parse(scan)?;
    Some(Keys::of(scope).scan_usage())
}

/// A scan that was compared again, to be written down.
pub(crate) struct ScannedAgain {
    /// As it was read.
    pub seen: Read<Scan>,
    pub scan: Scan,
    /// Findings that are others than before.
    pub findings: Option<KeptFindings>,
    /// The record.
    pub encoded: Bytes,
}

impl ScannedAgain {
    pub(crate) fn new(seen: Read<Scan>, scan: Scan, findings: Option<KeptFindings>) -> Self {
        let scan = Scan {
            findings: findings
                .as_ref()
                .map_or(scan.findings, |it| Some(it.digest)),
            ..scan
        };
        Self {
            encoded: encode(&scan),
            seen,
            scan,
            findings,
        }
    }
}

/// Findings that are stored, and stay until this is dropped.
pub(crate) struct KeptFindings {
    pub digest: Digest,
    /// That they are still there.
    stays: Compare,
    _lease: Lease,
}

/// What became of a scan.
pub(crate) struct Ended {
    pub status: ScanStatus,
    pub description: String,
    pub tags: Vec<String>,
    pub found: Option<FoundIn>,
    /// The data that there was when it began: its generation, and when that was made.
    pub with: With,
    /// It is because KMS refused a key that it failed.
    pub shut: Option<Shut>,
}

/// Whose key KMS refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shut {
    Repository,
    /// That of findings, which Inspector uses.
    Findings,
}

pub(crate) type With = (u64, Option<Timestamp>);

/// Whether the scan is still the one that was seen, under way.
fn is_same(scan: &Scan, seen: &Scan) -> bool {
    let said = |it: &Scan| (it.requested_at, it.enhanced, it.continuous);
    scan.status == ScanStatus::InProgress && said(scan) == said(seen)
}
