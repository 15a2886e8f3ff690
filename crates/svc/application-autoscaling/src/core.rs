//! What every operation and loop of the service works with.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use parking_lot::Mutex;
use wharf_base::Timestamp;
use wharf_reconcile::{Queue, Shard};
use wharf_scaling::{
    forecasting::{FORECASTS, FORECASTS_OF_ACCOUNT},
    readings::Readings,
};
use wharf_service::{
    ChangeError, Changes, Page, Pages, Place, Shares, Stored, Table, Turns, queue_of_accounts,
};
use wharf_wire::{Context, Fault};

use crate::{
    config::Parts,
    fault::{self, ScalingFaults},
    names,
    records::{Policy, Scheduled, Target},
};

pub struct Core {
    pub parts: Parts,
    pub table: Table<ScalingFaults>,
    /// Keys of targets to look at.
    pub queue: Arc<Queue<String>>,
    /// Keys of policies whose forecasts are due.
    pub forecasts: Arc<Queue<String>>,
    /// Turns of accounts at making them.
    pub forecasting: Shares,
    pub shard: Shard,
    /// Who changes a target, by its key.
    pub turns: Turns,
    /// What alarms said last.
    pub readings: Readings,
    /// When the alarms of a target were last compared with what they should be.
    pub repaired: Mutex<BTreeMap<String, Timestamp>>,
    /// The place of the latest activity among all.
    order: AtomicI64,
}

impl Core {
    pub fn new(parts: Parts) -> Self {
        Self {
            table: Table::new(parts.store.clone()),
            parts,
            queue: queue_of_accounts(),
            forecasts: queue_of_accounts(),
            forecasting: Shares::new(FORECASTS, FORECASTS_OF_ACCOUNT),
            shard: Shard::new("/w1/c0/application-autoscaling/shard/0"),
            turns: Turns::default(),
            readings: Readings::default(),
            repaired: Mutex::default(),
            order: AtomicI64::new(0),
        }
    }

    pub fn now(&self) -> Timestamp {
        self.parts.clock.now()
    }

    /// The place of an activity that begins: its time, or behind the last of the same.
    pub fn order(&self, now: Timestamp) -> (Timestamp, i64) {
        let next = |last: i64| Some(now.millis().max(last.saturating_add(1)));
        let last = self
            .order
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
        let last = last.unwrap_or_else(|it| it);
        (now, now.millis().max(last.saturating_add(1)))
    }

    /// A page of a list of the caller's; `selection` is all that a request chooses by.
    ///
    /// # Errors
    /// A token of another list, or a size that no page has.
    pub fn page(
        &self,
        cx: &Context,
        list: &str,
        selection: &impl std::fmt::Debug,
        token: Option<&str>,
        (size, most): (Option<i32>, usize),
    ) -> Result<Page<'_, ScalingFaults>, Fault> {
        let size = match size {
            None => most,
            Some(size) => usize::try_from(size)
                .ok()
                .filter(|it| (1..=most).contains(it))
                .ok_or_else(|| {
                    fault::invalid(format!("MaxResults must be from 1 to {most}: {size}"))
                })?,
        };
        Pages::new(&self.parts.keyring, cx, list, selection).page(token, size)
    }

    /// A target that stays.
    ///
    /// # Errors
    /// The store's.
    pub async fn target(&self, place: &Place, id: &str) -> Result<Option<Target>, Fault> {
        let found = self
            .table
            .read::<Target>(&names::target_key(place, id))
            .await?;
        Ok(found.map(|it| it.record).filter(|it| !it.deleting))
    }

    /// The same within a change that depends on it.
    ///
    /// # Errors
    /// The store's; there is none.
    pub async fn standing(
        &self,
        changes: &mut Changes<'_, ScalingFaults>,
        place: &Place,
        resource: &str,
    ) -> Result<Target, Fault> {
        let key = names::target_key(place, &names::target_id(place, resource));
        let found = changes.find::<Target>(&key).await?;
        found
            .filter(|it| !it.deleting)
            .ok_or_else(|| fault::not_registered(resource))
    }

    /// The policies of a target, by their names.
    ///
    /// # Errors
    /// The store's.
    pub async fn policies(
        &self,
        place: &Place,
        target: &str,
    ) -> Result<Vec<Stored<Policy>>, ChangeError<ScalingFaults>> {
        let start = names::below(target, "");
        let found = self.table.all(&names::scope(place), &start).await?;
        Ok(found.into_iter().map(|it| it.1).collect())
    }

    /// # Errors
    /// The store's.
    pub async fn scheduled(
        &self,
        place: &Place,
        target: &str,
    ) -> Result<Vec<Stored<Scheduled>>, ChangeError<ScalingFaults>> {
        let start = names::below(target, "");
        let found = self.table.all(&names::scope(place), &start).await?;
        Ok(found.into_iter().map(|it| it.1).collect())
    }

    /// Nobody asks for it any more.
    pub fn forget(&self, key: &str) {
        self.readings.forget(key);
        self.repaired.lock().remove(key);
    }
}
