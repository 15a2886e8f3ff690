//! Moves what enhanced scans found under the data key that counts now, when that is another one.
//!
//! | key | woken by | what is done |
//! | --- | --- | --- |
//! | a scan's | its change or end; that of the registry's data key; a start | its blobs are read and written again under the one that counts |
//! | the registry's choice of a data key | its change; a start; that of a data key; some seconds, while something is under another; longer, while the one that counts is shut | some of the scans that are under another are woken; data keys that nothing is under are given back |
//!
//! Both are the work of one worker, which also tells of findings ([`super::telling`]): so nothing comes under a data key of
//! before once it was looked whether anything is. What cannot be opened any more, because KMS refuses the key of before, is
//! found anew.

use std::{collections::BTreeSet, time::Duration};

use wharf_base::ids;
use wharf_blobs::{Blobs, Digest, Lease};
use wharf_reconcile::{Next, Queue, Shard};
use wharf_records::{Record, Scope};
use wharf_service::transact;

use super::{PERMIT, lasts};
use crate::{
    catalog::{Catalog, Read, begun, repository_of},
    error::EcrError,
    records::{Image, Keys, Scan, ScanKey, ScanSealing, ScanStatus, Status, Told, scan_owner},
};

/// How often it is looked whether something is still under a data key of before.
const AGAIN: Duration = Duration::from_secs(2);
/// How often it is looked whether KMS lets Inspector use the key that counts again.
const SHUT: Duration = Duration::from_secs(10);
/// Records read at once.
const PAGE: usize = 200;
/// Scans that are woken in one look, and those of the page that they are on.
const WOKEN: usize = 500;

/// When it is looked again at so many scans. Some may stay for as long as an image is in the archive: a large registry is not
/// to be walked through all the time.
fn again(looked_at: usize) -> Duration {
    let thousands = u32::try_from(looked_at / 1000).unwrap_or(u32::MAX);
    AGAIN.saturating_mul(thousands.saturating_add(1))
}

/// The blobs of a scan, written again.
struct Moved {
    /// The inventory and the findings.
    blobs: [Option<Digest>; 2],
    _leases: Vec<Lease>,
}

impl Catalog {
    /// One look at how what a scan found is kept.
    pub(super) async fn move_found(
        &self,
        shard: &Shard,
        keys: &Keys,
        key: &str,
    ) -> Result<(), EcrError> {
        let Some(seen) = self.read::<Scan>(key).await? else {
            return Ok(());
        };
        let scan = &seen.record;
        let wanted = match scan.enhanced {
            true => self.sealing(keys).await?.key,
            false => None,
        };
        // One that is under way writes both blobs anew.
        if !scan.has_kept() || scan.under == wanted || scan.status == ScanStatus::InProgress {
            return Ok(());
        }
        let registry = keys.registry();
        let moved = match self.blobs_under(&registry, scan.under.as_deref()).await {
            Ok(before) => {
                let after = self.blobs_under(&registry, wanted.as_deref()).await?;
                self.written_again(&before, &after, scan).await
            }
            Err(error) => Err(error),
        };
        match moved {
            Ok(moved) => self.write_moved(shard, keys, &seen, wanted, moved).await,
            Err(error) if lasts(&error) || matches!(error, EcrError::Shut(_)) => {
                tracing::warn!(
                    repository = scan.repository, image = %scan.digest, %error,
                    "failed to move findings under another key; they are found anew"
                );
                self.write_lost(shard, keys, &seen).await
            }
            Err(error) => Err(error),
        }
    }

    async fn written_again(
        &self,
        before: &Blobs,
        after: &Blobs,
        scan: &Scan,
    ) -> Result<Moved, EcrError> {
        let (mut blobs, mut leases) = ([scan.inventory, scan.findings], Vec::new());
        for digest in blobs.iter_mut().flatten() {
            let bytes = self.kept(before, Some(*digest)).await?;
            let (blob, lease) = after.put(bytes.into()).await?;
            *digest = blob.digest;
            leases.push(lease);
        }
        Ok(Moved {
            blobs,
            _leases: leases,
        })
    }

    /// Unless the scan is another one by now, or is to be under another data key: whoever changed that woke this.
    async fn write_moved(
        &self,
        shard: &Shard,
        keys: &Keys,
        seen: &Read<Scan>,
        under: Option<String>,
        moved: Moved,
    ) -> Result<(), EcrError> {
        let fence = shard.fence().ok_or(EcrError::Contention)?;
        let repository = repository_of(&seen.key);
        transact!(self.table(), &PERMIT, |tx| {
            tx.fence(fence.clone());
            let Some(mut scan) = tx.find::<Scan>(&seen.key).await? else {
                return Ok(());
            };
            let now = tx.find::<ScanSealing>(&keys.scan_sealing()).await?;
            let now = now.unwrap_or_default().key.filter(|_| scan.enhanced);
            if scan != seen.record || now != under {
                return Ok(());
            }
            let (blobs, under) = (moved.blobs, under.clone());
            self.own_found(&mut tx, &repository, &mut scan, blobs, under)
                .await?;
            tx.put(&seen.key, &scan);
        });
        Ok(())
    }

    /// Forgets what cannot be opened any more, and has the image scanned again, where something was found in it.
    async fn write_lost(
        &self,
        shard: &Shard,
        keys: &Keys,
        seen: &Read<Scan>,
    ) -> Result<(), EcrError> {
        let fence = shard.fence().ok_or(EcrError::Contention)?;
        let repository = repository_of(&seen.key);
        let image = keys.image(&repository, &seen.record.digest);
        transact!(self.table(), &PERMIT, |tx| {
            tx.fence(fence.clone());
            let scan = tx.find::<Scan>(&seen.key).await?;
            let image = tx.find::<Image>(&image).await?;
            // The scan goes with its image.
            let (Some(scan), Some(image)) = (scan, image) else {
                return Ok(());
            };
            // One in the archive is looked at again once it is back.
            if scan != seen.record || image.status != Status::Active {
                return Ok(());
            }
            for before in [scan.inventory, scan.findings].into_iter().flatten() {
                tx.delete(scan_owner(&before, &repository, &scan.digest));
            }
            let counts = scan.status.has_findings() || scan.status == ScanStatus::Pending;
            let lost = scan.emptied();
            let next = match counts {
                true => {
                    let (name, now) = (lost.repository.clone(), self.wants().now());
                    let (enhanced, continuous) = (lost.enhanced, lost.continuous);
                    begun(Some(lost), &name, &image, enhanced, continuous, now)
                }
                false => lost,
            };
            tx.put(&seen.key, &next);
        });
        Ok(())
    }

    /// One look at whether anything is under a data key of before.
    pub(super) async fn settle_scan_keys(
        &self,
        queue: &Queue<String>,
        shard: &Shard,
        keys: &Keys,
    ) -> Result<Next, EcrError> {
        // In this order: one that comes now is the one that counts.
        let mut before = self.every::<ScanKey>(keys.scan_keys()).await?;
        let sealing = self.sealing(keys).await?;
        let counts = sealing.key.as_ref().map(|id| keys.scan_key(id));
        before.retain(|it| Some(&it.key) != counts.as_ref());
        // Nothing can be moved under a key that is shut: that is found out once, and not by each scan.
        let registry = keys.registry();
        let opened = self.blobs_under(&registry, sealing.key.as_deref());
        match opened.await {
            Ok(_) => {}
            Err(EcrError::Shut(_)) => return Ok(Next::After(SHUT)),
            Err(error) => return Err(error),
        }
        let Some((mut used, looked_at)) = self.wake_others(queue, keys, &sealing).await? else {
            return Ok(Next::After(AGAIN));
        };
        used.extend(self.told_under(keys).await?);
        let mut left = false;
        for key in before {
            let id = Scope::parse(&key.key).map(|(_, _, id)| id);
            let id = id.unwrap_or_default();
            match used.contains(&id) {
                true => left = true,
                false => self.drop_scan_key(shard, keys, &id, &key).await?,
            }
        }
        Ok(match left {
            true => Next::After(again(looked_at)),
            false => Next::Settled,
        })
    }

    /// Wakes some of the scans whose findings are under another data key than they belong; the data keys that anything is
    /// under, if all were looked at, and how many those were.
    async fn wake_others(
        &self,
        queue: &Queue<String>,
        keys: &Keys,
        sealing: &ScanSealing,
    ) -> Result<Option<(BTreeSet<String>, usize)>, EcrError> {
        // From somewhere on, and then the others: those that cannot be moved now keep none from it.
        let all = keys.all_scans();
        let begin = format!("{all}{}", ids::hex16());
        let (mut used, mut woken, mut looked_at) = (BTreeSet::new(), 0, 0);
        for (from, to) in [(Some(begin.clone()), None), (None, Some(begin))] {
            let mut after = from;
            loop {
                let page = self.page(all.clone(), after, PAGE).await?;
                let (scans, more): (Vec<Read<Scan>>, _) = page;
                after = scans.last().map(|it| it.key.clone());
                looked_at += scans.len();
                let passed = after.as_ref().zip(to.as_ref());
                let ends = !more || passed.is_some_and(|(at, to)| at > to);
                for Read { key, record, .. } in scans {
                    let wanted = sealing.key.as_deref().filter(|_| record.enhanced);
                    if !record.has_kept() {
                        continue;
                    }
                    if record.under.as_deref() != wanted {
                        queue.wake(key);
                        woken += 1;
                    }
                    used.extend(record.under);
                }
                // Those of other registries are to have their turn.
                if woken >= WOKEN {
                    return Ok(None);
                }
                if ends {
                    break;
                }
            }
        }
        Ok(Some((used, looked_at)))
    }

    /// The data keys of findings that were told of.
    async fn told_under(&self, keys: &Keys) -> Result<BTreeSet<String>, EcrError> {
        let (mut used, mut after) = (BTreeSet::new(), None);
        loop {
            let page = self.page(keys.all_told(), after, PAGE).await?;
            let (told, more): (Vec<Read<Told>>, _) = page;
            after = told.last().map(|it| it.key.clone());
            for Read { record, .. } in told {
                let toward = record.toward.and_then(|it| it.of);
                let both = [record.of, toward].into_iter().flatten();
                used.extend(both.filter_map(|it| it.under));
            }
            if !more {
                return Ok(used);
            }
        }
    }

    async fn drop_scan_key(
        &self,
        shard: &Shard,
        keys: &Keys,
        id: &str,
        key: &Read<ScanKey>,
    ) -> Result<(), EcrError> {
        let fence = shard.fence().ok_or(EcrError::Contention)?;
        // First: while the record is there, it is tried again.
        self.retire_scan_key(keys, id, &key.record).await?;
        transact!(self.table(), &PERMIT, |tx| {
            tx.fence(fence.clone());
            tx.delete(&key.key);
        });
        Ok(())
    }

    async fn every<T: Record>(&self, prefix: String) -> Result<Vec<Read<T>>, EcrError> {
        let (mut all, mut after): (Vec<Read<T>>, _) = (Vec::new(), None);
        loop {
            let (some, more) = self.page::<T>(prefix.clone(), after, PAGE).await?;
            after = some.last().map(|it| it.key.clone());
            all.extend(some);
            if !more {
                return Ok(all);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_registry_is_looked_at_less_often() {
        for (looked_at, seconds) in [(0, 2), (999, 2), (1000, 4), (100_000, 202)] {
            assert_eq!(again(looked_at).as_secs(), seconds, "{looked_at}");
        }
    }
}
