//! What of the bytes that snapshots share counts for which: each is billed once.
//!
//! Of the snapshots of an account in a region that own a chunk, it counts for the one that was completed first. How many
//! chunks these are of a snapshot is counted when it is completed; when it is let go, those that others own too count for
//! the next of them ([`hand_on`]). Pages, which list chunks, cost nothing.
//!
//! Counting and letting go take turns: else a chunk that one lets go while another counts would be nobody's.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;
use wharf_billing::{Stored as Billed, Stretch};
use wharf_blobs::Digest;
use wharf_planeproto::snapshot::CHUNK;
use wharf_records::{Record as _, Scope, encode};
use wharf_service::{Stored, fence};
use wharf_store::{Range, Txn};

use super::{Snapshot, State};
use crate::{
    Ec2Service,
    fault::{ChangeError, Ec2Faults},
    instances::PERMIT,
};

type StepError = wharf_service::StepError<Ec2Faults>;

/// What counts for a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Its place among those of its account and region, by when they were completed, from 1 on. Of one that does not say what it owns
    /// ([`Snapshot::indexed`]) it is 0: that shares nothing.
    pub rank: u64,
    pub chunks: u64,
}

impl Snapshot {
    /// Says from when on it is billed for what it holds now, before a change of it is written.
    pub fn meter(&mut self, now: Timestamp) {
        let is_there = self.state == State::Completed && !self.deleting;
        let held = self.held.filter(|_| is_there);
        let of = held.map(|it| Billed::Snapshot {
            kib: it.chunks * (CHUNK >> 10),
        });
        Stretch::follow(&mut self.metered, of, now);
    }

    /// One of a version that did not count, or that was completed only now.
    pub fn is_uncounted(&self) -> bool {
        let counts = self.state == State::Completed && !self.carries;
        counts && self.held.is_none() && !self.pages.is_empty()
    }
}

impl Ec2Service {
    /// What counts for a snapshot that is completed, with these pages, after all others. Nobody else may count meanwhile.
    pub(super) async fn counted(
        &self,
        scope: &Scope,
        snapshot: &Snapshot,
        pages: &[String],
        bytes: u64,
    ) -> Result<Held, ChangeError> {
        if !snapshot.indexed {
            let (rank, chunks) = (0, bytes / CHUNK);
            return Ok(Held { rank, chunks });
        }
        let all = self.table.all::<Snapshot>(scope, "").await?;
        let others = all.iter().map(|(_, it)| &it.record);
        let ranks = others.filter_map(|it| {
            let rank = it.held.map(|it| it.rank).filter(|it| *it > 0)?;
            (it.id != snapshot.id).then(|| (it.owner_name(), rank))
        });
        let ranks: HashMap<String, u64> = ranks.collect();
        let (who, pages) = (snapshot.owner_name(), digests(pages));
        let store = self.table.store();
        let mut owned = store
            .pages(Range::prefix(wharf_wanted::owned_by(&who)))
            .keys_only();
        let mut chunks = 0;
        while let Some(page) = owned.next().await? {
            let digests = page.entries.iter();
            for digest in digests.filter_map(|it| wharf_wanted::digest_of(&it.key)) {
                if pages.contains(&digest) {
                    continue;
                }
                let owners = self.owners(&digest, &snapshot.owner).await?;
                chunks += u64::from(!owners.iter().any(|it| ranks.contains_key(it)));
            }
        }
        let rank = 1 + ranks.values().max().copied().unwrap_or(0);
        Ok(Held { rank, chunks })
    }

    /// The names of the snapshots of an account that own a blob.
    async fn owners(&self, digest: &Digest, account: &str) -> Result<Vec<String>, ChangeError> {
        let folder = wharf_wanted::owners(digest);
        let of_account = folder.clone() + &Snapshot::owners_of(account);
        let all = self
            .table
            .store()
            .all_keys(Range::prefix(of_account))
            .await?;
        let names = all.entries.iter();
        let names = names.filter_map(|it| it.key.strip_prefix(folder.as_str()));
        Ok(names.map(str::to_owned).collect())
    }

    /// For which snapshots blobs count once this one lets them go, and how many. Nobody else may count meanwhile.
    pub(super) async fn heirs(
        &self,
        scope: &Scope,
        record: &Snapshot,
        blobs: &[Digest],
    ) -> Result<BTreeMap<String, u64>, ChangeError> {
        let mut heirs = BTreeMap::new();
        let Some(own) = record.held.filter(|it| it.rank > 0) else {
            return Ok(heirs);
        };
        let (who, pages) = (record.owner_name(), digests(&record.pages));
        let names = Snapshot::owners_of(&record.owner);
        let mut ranks: HashMap<String, Option<u64>> = HashMap::new();
        for digest in blobs.iter().filter(|it| !pages.contains(*it)) {
            let mut first: Option<(u64, String)> = None;
            for name in self.owners(digest, &record.owner).await? {
                let Some(id) = name.strip_prefix(&names).filter(|_| name != who) else {
                    continue;
                };
                let rank = match ranks.get(id) {
                    Some(known) => *known,
                    None => {
                        let key = scope.key(Snapshot::KIND, id);
                        let found = self.table.read::<Snapshot>(&key).await?;
                        let held = found.and_then(|it| it.record.held);
                        let rank = held.map(|it| it.rank).filter(|it| *it > 0);
                        ranks.insert(id.to_owned(), rank);
                        rank
                    }
                };
                let Some(rank) = rank else { continue };
                if first.as_ref().is_none_or(|(known, _)| rank < *known) {
                    first = Some((rank, id.to_owned()));
                }
            }
            // It counted for the first of all.
            if let Some((_, id)) = first.filter(|(rank, _)| *rank > own.rank) {
                *heirs.entry(id).or_default() += 1;
            }
        }
        Ok(heirs)
    }
}

fn digests(sums: &[String]) -> HashSet<Digest> {
    let known = sums.iter().filter_map(|it| Digest::from_hex(it).ok());
    known.collect()
}

/// Counts a snapshot that was completed before anything was counted.
pub(super) async fn count(
    service: &Ec2Service,
    scope: &Scope,
    stored: &Stored<Snapshot>,
) -> Result<(), StepError> {
    let _turn = service.owned.turn().await;
    let mut record = stored.record.clone();
    let held = service.counted(scope, &record, &record.pages, record.bytes);
    record.held = Some(held.await?);
    record.meter(service.instances.now());
    let txn = Txn::new().when(fence(&service.instances.shard)?);
    let txn = txn.when(stored.unchanged());
    let txn = txn.put(&stored.key, encode(&record));
    service.table.commit(&PERMIT, txn).await?;
    Ok(())
}

/// Says of those that a snapshot, which owns nothing any more, has passed chunks on to that these count for them. `false`: some
/// of it is still to be done.
pub(super) async fn hand_on(
    service: &Ec2Service,
    scope: &Scope,
    key: &str,
) -> Result<bool, StepError> {
    loop {
        let _turn = service.owned.turn().await;
        let Some(stored) = service.table.read::<Snapshot>(key).await? else {
            return Ok(true);
        };
        let mut record = stored.record.clone();
        let Some((heir, chunks)) = record.passed_on.pop_first() else {
            return Ok(true);
        };
        let txn = Txn::new().when(fence(&service.instances.shard)?);
        let mut txn = txn.when(stored.unchanged()).put(key, encode(&record));
        let heir_key = scope.key(Snapshot::KIND, &heir);
        // One that was deleted passes on what it has itself when it is let go.
        if let Some(heir) = service.table.read::<Snapshot>(&heir_key).await?
            && let Some(held) = heir.record.held
            && !heir.record.deleting
        {
            let mut more = heir.record.clone();
            more.held = Some(Held {
                chunks: held.chunks + chunks,
                ..held
            });
            more.meter(service.instances.now());
            txn = txn.when(heir.unchanged()).put(&heir_key, encode(&more));
        }
        if !service.table.commit(&PERMIT, txn).await? {
            return Ok(false);
        }
    }
}
