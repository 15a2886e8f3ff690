//! Scans that ended because KMS refused a key, that of their repository or Inspector's: they are begun again once it can be
//! used.
//!
//! Input: a [`ShutScans`] for each such key, written with the end of a scan. KMS is asked once for all of them, as
//! rarely as the key has been shut for long. The record goes when all were begun, unless another scan ended so
//! meanwhile. One that ends so again and again is given up: then other data or a caller begins it. Where no rule asks for
//! a scan any more that a rule began, it stays as it is.

use std::time::Duration;

use wharf_reconcile::{Next, Shard};
use wharf_records::Scope;
use wharf_service::transact;
use wharf_store::Txn;

use super::{PERMIT, refused};
use crate::{
    catalog::{Catalog, Read, begun, frequency, repository_of},
    error::EcrError,
    records::{Frequency, Image, Keys, Repository, Scan, ScanStatus, Scanning, ShutScans, Status},
};

/// How often KMS is asked at first, and when the key has been shut for long.
const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(5 * 60);
/// A scan is begun again this often, as long as none in between ends otherwise.
const MOST: u32 = 10;
/// Records read at once.
const PAGE: usize = 200;

/// Where the scans are that wait for a key.
enum Waiting {
    Below(String),
    /// Their repository is gone.
    Nowhere,
}

impl Catalog {
    /// One look at a key that KMS refused.
    pub(super) async fn look_at_shut(
        &self,
        shard: &Shard,
        keys: &Keys,
        key: &str,
    ) -> Result<Next, EcrError> {
        let Some(seen) = self.read::<ShutScans>(key).await? else {
            return Ok(Next::Settled);
        };
        match self.opened(keys, &seen).await {
            Ok(Waiting::Below(prefix)) => self.begin_shut(shard, keys, &prefix).await?,
            Ok(Waiting::Nowhere) => {}
            Err(error) if refused(&error).is_some() => {
                let since = self.wants().now().since(seen.record.since);
                return Ok(Next::After(since.clamp(FIRST, LONGEST)));
            }
            Err(error) => return Err(error),
        }
        let fence = shard.fence().ok_or(EcrError::Contention)?;
        let done = Txn::new().when(fence).when(seen.unchanged()).delete(key);
        // Where another scan ended so meanwhile, that woke this.
        self.store().txn(&PERMIT, done).await?;
        Ok(Next::Settled)
    }

    async fn opened(&self, keys: &Keys, seen: &Read<ShutScans>) -> Result<Waiting, EcrError> {
        let registry = keys.registry();
        let Some(name) = &seen.record.repository else {
            let sealing = self.sealing(keys).await?;
            self.blobs_under(&registry, sealing.key.as_deref()).await?;
            return Ok(Waiting::Below(keys.all_scans()));
        };
        let id = Scope::parse(&seen.key).map(|(_, _, id)| id);
        let open = self.find_repository(&registry, name).await?;
        let Some(open) = open.filter(|it| Some(it.id()) == id.as_deref()) else {
            return Ok(Waiting::Nowhere);
        };
        self.blobs_of(&open).await?;
        Ok(Waiting::Below(keys.scans(open.id())))
    }

    async fn begin_shut(&self, shard: &Shard, keys: &Keys, prefix: &str) -> Result<(), EcrError> {
        let mut after = None;
        loop {
            let page = self.page(prefix.to_owned(), after, PAGE).await?;
            let (scans, more): (Vec<Read<Scan>>, _) = page;
            after = scans.last().map(|it| it.key.clone());
            for scan in scans.into_iter().filter(|it| waits(&it.record)) {
                self.begin_once_more(shard, keys, &scan.key).await?;
            }
            if !more {
                return Ok(());
            }
        }
    }

    async fn begin_once_more(&self, shard: &Shard, keys: &Keys, key: &str) -> Result<(), EcrError> {
        let fence = shard.fence().ok_or(EcrError::Contention)?;
        transact!(self.table(), &PERMIT, |tx| {
            tx.fence(fence.clone());
            let Some(scan) = tx.find::<Scan>(key).await? else {
                return Ok(());
            };
            let image = keys.image(&repository_of(key), &scan.digest);
            // The scan goes with its image, and waits with one in the archive until it is back.
            let image = tx.find::<Image>(&image).await?;
            let Some(image) = image.filter(|it| it.status == Status::Active) else {
                return Ok(());
            };
            let scanning = tx.find::<Scanning>(&keys.scanning()).await?;
            let scanning = scanning.unwrap_or_default();
            let enhanced = scanning.enhanced;
            if !waits(&scan) || scan.enhanced != enhanced {
                return Ok(());
            }
            if enhanced || scan.by_rule {
                let repository = keys.repository(&scan.repository);
                let repository = tx.find::<Repository>(&repository).await?;
                let repository = repository.filter(|it| it.id == repository_of(key));
                if repository.is_none_or(|it| frequency(&scanning, &it) == Frequency::Manual) {
                    return Ok(());
                }
            }
            let (name, now) = (scan.repository.clone(), self.wants().now());
            let (continuous, shut) = (scan.continuous, scan.shut);
            let scan = begun(Some(scan), &name, &image, enhanced, continuous, now);
            tx.put(key, &Scan { shut, ..scan });
        });
        Ok(())
    }
}

/// Whether a scan ended because of a key, and not too often.
fn waits(scan: &Scan) -> bool {
    scan.status == ScanStatus::Failed && (1..=MOST).contains(&scan.shut)
}
