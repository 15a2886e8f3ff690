//! Comparing images again when the data changes: those under continuous scanning that hold a package of
//! which something else is known, by what was written down of them. No layer is read again.
//!
//! - Before the first image, [`Compared`] says with which data they are being compared; a scan that ends
//!   meanwhile with other data is carried out again. After the last, it says that all were.
//! - A scan's record says with which data it was compared: after a kill, those that were are passed over.
//! - A scan that failed is carried out again with other data.
//! - What came out for one image is what comes out for all that are made of the same, and many are written down
//!   in one transaction; where another writer came between, each by itself.
//! - What is wrong with one image keeps no other from being compared; as long as there is such a one, the
//!   round is made again, ever more rarely.

mod image;

use std::{collections::HashSet, sync::Arc, time::Duration};

use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use wharf_base::Timestamp;
use wharf_blobs::Digest;
use wharf_reconcile::Shard;
use wharf_records::encode;
use wharf_scandb::Data;
use wharf_store::Txn;

use self::image::Outcomes;
use super::{Opened, PERMIT, blocking, compare, data_error, held};
use crate::{
    catalog::{AGAIN_AT_ONCE, Catalog, Read, ScannedAgain, With},
    error::EcrError,
    records::{Compared, Keys, Scan, ScanStatus},
};

/// How often the data is looked at; that is a read of one small file.
const EVERY: Duration = Duration::from_secs(2);
/// After rounds that did not get through the pause doubles up to this.
const LONGEST: Duration = Duration::from_secs(60);
/// Records of scans read at once.
const PAGE: usize = 100;
/// Images compared at once.
pub(super) const AT_ONCE: usize = 2;
/// Bytes of records that are written down at once, and of one more: the store takes 1 MiB.
const MAX_WRITTEN: usize = 512 << 10;
/// Images of which a round says what was wrong; the others are counted.
const TOLD: usize = 10;

/// What is compared with, and what of it changed; all, where that is not known.
struct Change {
    data: Data,
    packages: Option<HashSet<u64>>,
    short: Option<HashSet<u32>>,
    /// When the round began: what is found in it was first seen then, so that it is the same for images that are
    /// made of the same.
    at: Timestamp,
    outcomes: Outcomes,
}

impl Change {
    /// Whether something may come out for an image that did not when its scan was written down.
    fn concerns(&self, scan: &Scan) -> bool {
        let what = self.data.what();
        let updated_at = Timestamp::from_millis(what.updated_at);
        if !scan.continuous || scan.is_of(what.generation, updated_at) {
            return false;
        }
        match scan.status {
            ScanStatus::Failed | ScanStatus::Pending => true,
            ScanStatus::Active => {
                let hit = |it| held::any(&scan.held, it);
                compare::waits(&scan.description) || self.short.as_ref().is_none_or(hit)
            }
            _ => false,
        }
    }
}

/// What a round came to, in images.
#[derive(Debug, Default)]
struct Round {
    compared: usize,
    failed: usize,
}

/// An image, and what its scan comes to, if it is still to be compared.
type One = (Digest, Result<Option<ScannedAgain>, EcrError>);

impl Round {
    fn count(&mut self, image: &Digest, one: Result<(), EcrError>) {
        match one {
            Ok(()) => self.compared += 1,
            Err(error) => self.fail(&image.to_string(), &error.to_string()),
        }
    }

    /// What is to be written down.
    fn take(&mut self, one: Result<One, JoinError>) -> Option<ScannedAgain> {
        match one {
            Ok((_, Ok(Some(again)))) => return Some(again),
            Ok((image, one)) => self.count(&image, one.map(|_| ())),
            Err(lost) => self.fail("", &lost.to_string()),
        }
        None
    }

    fn fail(&mut self, image: &str, error: &str) {
        self.failed += 1;
        if self.failed <= TOLD {
            tracing::warn!(
                image,
                error,
                "failed to compare an image with changed vulnerability data"
            );
        }
    }
}

impl Catalog {
    /// Follows the data until `stop`.
    pub(super) async fn follow_data(&self, opened: Opened, shard: Shard, stop: CancellationToken) {
        let mut pause = Duration::ZERO;
        loop {
            let round = async {
                tokio::time::sleep(pause).await;
                self.compare_again(&opened, &shard).await
            };
            let round = tokio::select! {
                round = round => round,
                () = stop.cancelled() => return,
            };
            let longer = (pause * 2).clamp(EVERY, LONGEST);
            pause = match round {
                Ok(Round {
                    compared,
                    failed: 0,
                }) => {
                    if compared > 0 {
                        tracing::info!(compared, "images were compared with changed data");
                    }
                    EVERY
                }
                Ok(Round { compared, failed }) => {
                    tracing::warn!(
                        compared,
                        failed,
                        "some images were not compared with changed data, will retry"
                    );
                    longer
                }
                Err(error) => {
                    tracing::warn!(%error, "comparing images with changed data failed, will retry");
                    longer
                }
            };
        }
    }

    /// The generation of the data that counts now; 0 before there is any.
    pub(crate) async fn generation(&self) -> Result<u64, EcrError> {
        Ok(self.current_data().await?.0)
    }

    /// The same, and when that was made.
    pub(super) async fn current_data(&self) -> Result<With, EcrError> {
        let Some(dir) = self.config().scan_data.clone() else {
            return Ok(With::default());
        };
        let current = blocking(move || Data::current(&dir))
            .await?
            .map_err(data_error)?;
        let with = current.map(|it| (it.generation, Some(Timestamp::from_millis(it.updated_at))));
        Ok(with.unwrap_or_default())
    }

    /// Compares what is to be compared again.
    async fn compare_again(&self, opened: &Opened, shard: &Shard) -> Result<Round, EcrError> {
        let mut round = Round::default();
        // Another server does it, or none yet.
        if shard.fence().is_none() {
            return Ok(round);
        }
        let Some(data) = self.data(opened).await? else {
            return Ok(round);
        };
        let seen = self.read::<Compared>(&Compared::key()).await?;
        let seen = seen.map(|it| it.record).unwrap_or_default();
        let (generation, updated_at) = (data.what().generation, data.what().updated_at);
        if (seen.generation, seen.updated_at) == (generation, updated_at) {
            return Ok(round);
        }
        let toward = Compared {
            toward: generation,
            ..seen.clone()
        };
        self.note(shard, &toward).await?;
        let at = self.wants().now();
        let change = blocking(move || {
            let packages = data.changed_since(seen.generation, seen.updated_at);
            let short = packages
                .as_ref()
                .map(|it| it.iter().map(|it| held::short(*it)).collect());
            Change {
                data: data.remembering(),
                packages,
                short,
                at,
                outcomes: Outcomes::default(),
            }
        });
        let change = Arc::new(change.await?);
        for scope in self.scopes().await? {
            let keys = Keys::of(scope);
            self.compare_in(&change, shard, &keys, &mut round).await?;
        }
        // Those that were compared are passed over the next time.
        if round.failed > 0 {
            return Ok(round);
        }
        let done = Compared {
            generation,
            updated_at,
            ..toward
        };
        self.note(shard, &done).await?;
        Ok(round)
    }

    async fn note(&self, shard: &Shard, record: &Compared) -> Result<(), EcrError> {
        let fence = shard.fence().ok_or(EcrError::Contention)?;
        let txn = Txn::new().when(fence).put(Compared::key(), encode(record));
        match self.store().txn(&PERMIT, txn).await?.succeeded {
            true => Ok(()),
            false => Err(EcrError::Contention),
        }
    }

    async fn compare_in(
        &self,
        change: &Arc<Change>,
        shard: &Shard,
        keys: &Keys,
        round: &mut Round,
    ) -> Result<(), EcrError> {
        let mut after = None;
        let mut running: JoinSet<One> = JoinSet::new();
        let mut ready = Vec::new();
        loop {
            // Another server goes on.
            shard.fence().ok_or(EcrError::Contention)?;
            let page = self.page(keys.all_scans(), after, PAGE).await?;
            let (scans, more): (Vec<Read<Scan>>, _) = page;
            after = scans.last().map(|it| it.key.clone());
            for seen in scans.into_iter().filter(|it| change.concerns(&it.record)) {
                while running.len() >= AT_ONCE {
                    if let Some(one) = running.join_next().await {
                        ready.extend(round.take(one));
                        self.write_full(change, shard, &mut ready, round).await?;
                    }
                }
                let (catalog, change) = (self.clone(), change.clone());
                running.spawn(async move {
                    let image = seen.record.digest;
                    (image, catalog.compare_seen(&change, seen).await)
                });
            }
            if !more {
                break;
            }
        }
        while let Some(one) = running.join_next().await {
            ready.extend(round.take(one));
            self.write_full(change, shard, &mut ready, round).await?;
        }
        self.write_down(change, shard, ready, round).await
    }

    /// Writes down what is ready once that fills a transaction.
    async fn write_full(
        &self,
        change: &Arc<Change>,
        shard: &Shard,
        ready: &mut Vec<ScannedAgain>,
        round: &mut Round,
    ) -> Result<(), EcrError> {
        let bytes: usize = ready.iter().map(|it| it.encoded.len()).sum();
        if ready.len() < AGAIN_AT_ONCE && bytes < MAX_WRITTEN {
            return Ok(());
        }
        self.write_down(change, shard, std::mem::take(ready), round)
            .await
    }

    async fn write_down(
        &self,
        change: &Arc<Change>,
        shard: &Shard,
        scans: Vec<ScannedAgain>,
        round: &mut Round,
    ) -> Result<(), EcrError> {
        if scans.is_empty() {
            return Ok(());
        }
        let fence = shard.fence().ok_or(EcrError::Contention)?;
        match self.compared(&PERMIT, fence, &scans).await {
            Ok(true) => {
                round.compared += scans.len();
                return Ok(());
            }
            Ok(false) => {}
            Err(error) => {
                tracing::debug!(%error, "images that were compared are written down one by one");
            }
        }
        for ScannedAgain { seen, .. } in scans {
            let image = seen.record.digest;
            let one = self.compare_image(change, shard, seen).await;
            round.count(&image, one);
        }
        Ok(())
    }
}
