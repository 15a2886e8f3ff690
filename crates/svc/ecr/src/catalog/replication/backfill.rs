//! Backfills: images that were pushed before a destination was configured are brought there too. How:
//! `step`.

mod step;

use wharf_base::{Permit, Timestamp, ids};
use wharf_store::{Range, Txn};

use super::super::{Catalog, DELETE_BATCH, Read, Registry, SCAN_PAGE};
use crate::{
    error::EcrError,
    records::{
        Keys,
        replication::{Backfill, BackfillResult, BackfillStatus, Destination, ReplicaStatus},
    },
};

/// Backfills of a registry that are kept with their results.
const KEPT: usize = 20;

impl Catalog {
    pub(crate) async fn start_backfill(
        &self,
        permit: &Permit,
        registry: &Registry,
        destination: Destination,
        now: Timestamp,
    ) -> Result<Backfill, EcrError> {
        let replication = self.replication(registry).await?;
        if !replication
            .rules
            .iter()
            .any(|rule| rule.destinations.contains(&destination))
        {
            let text = "must be a destination of the replication configuration";
            return Err(EcrError::invalid("destination", text));
        }
        let keys = registry.keys();
        let _turn = self.turn(registry, "").await;
        let mut all = self.all_backfills(&keys).await?;
        if all
            .iter()
            .any(|it| it.destination == destination && !it.status.is_end())
        {
            return Err(EcrError::BackfillInProgress(destination.name()));
        }
        all.retain(|it| it.status.is_end());
        all.sort_by_key(|it| it.started_at);
        let old = all.len().saturating_sub(KEPT - 1);
        for it in all.drain(..old) {
            self.forget_backfill(permit, &keys, &it.id).await?;
        }
        let backfill = Backfill {
            id: ids::uuid(),
            destination,
            status: BackfillStatus::Preparing,
            started_at: now,
            ended_at: None,
            position: None,
            total: 0,
            completed: 0,
            failed: 0,
            failure_codes: Default::default(),
            unknown: Default::default(),
        };
        let key = keys.backfill(&backfill.id);
        let txn = Txn::new().put(key, wharf_records::encode(&backfill));
        self.store().txn(permit, txn).await?;
        self.inner.owing.notify_one();
        Ok(backfill)
    }

    pub(crate) async fn stop_backfill(
        &self,
        permit: &Permit,
        registry: &Registry,
        id: &str,
    ) -> Result<Backfill, EcrError> {
        let key = registry.keys().backfill(id);
        let stop = |backfill: &mut Backfill| {
            if backfill.status.is_end() {
                return Err(EcrError::BackfillStatus(
                    id.to_owned(),
                    backfill.status.name(),
                ));
            }
            backfill.status = BackfillStatus::Stopping;
            Ok(())
        };
        let stopped = self.inner.table.change(permit, &key, stop).await?;
        let (backfill, ()) = stopped.ok_or_else(|| EcrError::BackfillNotFound(id.to_owned()))?;
        self.inner.owing.notify_one();
        Ok(backfill)
    }

    pub(crate) async fn backfill(
        &self,
        registry: &Registry,
        id: &str,
    ) -> Result<Backfill, EcrError> {
        let found = self.read(&registry.keys().backfill(id)).await?;
        let found = found.ok_or_else(|| EcrError::BackfillNotFound(id.to_owned()))?;
        Ok(found.record)
    }

    /// Those of a registry, the latest first.
    pub(crate) async fn backfills(&self, registry: &Registry) -> Result<Vec<Backfill>, EcrError> {
        let mut all = self.all_backfills(&registry.keys()).await?;
        all.sort_by(|a, b| (b.started_at, &b.id).cmp(&(a.started_at, &a.id)));
        Ok(all)
    }

    async fn all_backfills(&self, keys: &Keys) -> Result<Vec<Backfill>, EcrError> {
        let found = self.page(keys.backfills(), None, SCAN_PAGE).await?;
        let (found, _): (Vec<Read<Backfill>>, _) = found;
        Ok(found.into_iter().map(|read| read.record).collect())
    }

    /// Up to `limit` results of a backfill that have the status, behind `after`; and where to go on.
    pub(crate) async fn backfill_results(
        &self,
        registry: &Registry,
        id: &str,
        status: Option<ReplicaStatus>,
        mut after: Option<String>,
        limit: usize,
    ) -> Result<(Vec<BackfillResult>, Option<String>), EcrError> {
        let prefix = registry.keys().backfill_results(id);
        let mut results = Vec::new();
        loop {
            let found = self.page(prefix.clone(), after.take(), SCAN_PAGE).await?;
            let (found, more): (Vec<Read<BackfillResult>>, _) = found;
            for read in found {
                if results.len() == limit {
                    return Ok((results, after));
                }
                after = Some(read.key);
                if status.is_none_or(|status| status == read.record.status) {
                    results.push(read.record);
                }
            }
            if !more {
                return Ok((results, None));
            }
        }
    }

    async fn forget_backfill(
        &self,
        permit: &Permit,
        keys: &Keys,
        id: &str,
    ) -> Result<(), EcrError> {
        loop {
            let range = Range::prefix(keys.backfill_results(id))
                .limit(DELETE_BATCH)
                .keys_only();
            let found = self.store().range(range).await?.entries;
            if found.is_empty() {
                let txn = Txn::new().delete(keys.backfill(id));
                self.store().txn(permit, txn).await?;
                return Ok(());
            }
            let txn = found
                .into_iter()
                .fold(Txn::new(), |txn, it| txn.delete(it.key));
            self.store().txn(permit, txn).await?;
        }
    }
}
