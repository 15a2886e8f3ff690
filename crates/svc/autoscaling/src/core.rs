//! What every operation and loop of the service works with.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use parking_lot::Mutex;
use wharf_base::{Mark, Timestamp, ids};
use wharf_reconcile::{Queue, Shard};
use wharf_records::Record;
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
    fault::{self, AutoscalingFaults},
    figures::Figures,
    names,
    records::{Group, Hook, LaunchRequest, Member, Notice, Policy, Refresh, Scheduled},
};

/// A time that is later than all of them.
const LAST: i64 = 9_999_999_999_999;

pub struct Core {
    pub parts: Parts,
    pub table: Table<AutoscalingFaults>,
    /// Keys of groups to look at.
    pub queue: Arc<Queue<String>>,
    /// Keys of policies whose forecasts are due.
    pub forecasts: Arc<Queue<String>>,
    /// Turns of accounts at making them.
    pub forecasting: Shares,
    pub shard: Shard,
    /// Who changes a group, by its key.
    pub turns: Turns,
    /// What alarms said last.
    pub readings: Readings,
    /// What groups measure.
    pub figures: Figures,
    /// When the alarms of a group's policies were last compared with what they should be.
    pub repaired: Mutex<BTreeMap<String, Timestamp>>,
    /// When this server began.
    pub started: Mark,
    /// The place of the latest activity among all.
    order: AtomicI64,
}

impl Core {
    pub fn new(parts: Parts) -> Self {
        Self {
            table: Table::new(parts.store.clone()),
            started: Mark::now(&*parts.clock),
            parts,
            queue: queue_of_accounts(),
            forecasts: queue_of_accounts(),
            forecasting: Shares::new(FORECASTS, FORECASTS_OF_ACCOUNT),
            shard: Shard::new("/w1/c0/autoscaling/shard/0"),
            turns: Turns::default(),
            readings: Readings::default(),
            figures: Figures::default(),
            repaired: Mutex::default(),
            order: AtomicI64::new(0),
        }
    }

    pub fn now(&self) -> Timestamp {
        self.parts.clock.now()
    }

    /// A uuid, and with it the id of an activity below its group: the latest comes first in the order of ids.
    pub fn mint(&self, now: Timestamp) -> (String, String) {
        let next = |last: i64| Some(now.millis().max(last.saturating_add(1)));
        let last = self
            .order
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
        let order = now
            .millis()
            .max(last.unwrap_or_else(|it| it).saturating_add(1));
        let uuid = ids::uuid();
        let key = format!("{:013}/{uuid}", (LAST - order).clamp(0, LAST));
        (uuid, key)
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
        (size, usual, most): (Option<i32>, usize, usize),
    ) -> Result<Page<'_, AutoscalingFaults>, Fault> {
        let size = match size {
            None => usual,
            Some(size) => usize::try_from(size)
                .ok()
                .filter(|it| (1..=most).contains(it))
                .ok_or_else(|| {
                    fault::invalid(format!(
                        "1 validation error detected: Value '{size}' at 'maxRecords' failed to satisfy constraint: Member must have value between 1 and {most}"
                    ))
                })?,
        };
        Pages::new(&self.parts.keyring, cx, list, selection).page(token, size)
    }

    /// A group that a change depends on.
    ///
    /// # Errors
    /// The store's; there is none.
    pub async fn standing(
        &self,
        changes: &mut Changes<'_, AutoscalingFaults>,
        place: &Place,
        name: &str,
    ) -> Result<Group, Fault> {
        let found = changes
            .find::<Group>(&names::group_key(place, name))
            .await?;
        let group = found.ok_or_else(|| fault::no_group(name))?;
        match group.deleting {
            true => Err(fault::deleting(name)),
            false => Ok(group),
        }
    }

    /// The same for who only reads.
    ///
    /// # Errors
    /// As [`Core::standing`].
    pub async fn group(&self, place: &Place, name: &str) -> Result<Group, Fault> {
        let found = self
            .table
            .read::<Group>(&names::group_key(place, name))
            .await?;
        found
            .map(|it| it.record)
            .ok_or_else(|| fault::no_group(name))
    }

    /// All instances of a group, by its uuid.
    ///
    /// # Errors
    /// The store's.
    pub async fn members(
        &self,
        place: &Place,
        group: &str,
    ) -> Result<Vec<Stored<Member>>, ChangeError<AutoscalingFaults>> {
        self.below(place, group).await
    }

    /// # Errors
    /// The store's.
    pub async fn hooks(
        &self,
        place: &Place,
        group: &str,
    ) -> Result<Vec<Stored<Hook>>, ChangeError<AutoscalingFaults>> {
        self.below(place, group).await
    }

    /// The policies of a group, by their names.
    ///
    /// # Errors
    /// The store's.
    pub async fn policies(
        &self,
        place: &Place,
        group: &str,
    ) -> Result<Vec<Stored<Policy>>, ChangeError<AutoscalingFaults>> {
        self.below(place, group).await
    }

    /// # Errors
    /// The store's.
    pub async fn scheduled(
        &self,
        place: &Place,
        group: &str,
    ) -> Result<Vec<Stored<Scheduled>>, ChangeError<AutoscalingFaults>> {
        self.below(place, group).await
    }

    /// # Errors
    /// The store's.
    pub async fn notices(
        &self,
        place: &Place,
        group: &str,
    ) -> Result<Vec<Stored<Notice>>, ChangeError<AutoscalingFaults>> {
        self.below(place, group).await
    }

    /// The latest first.
    ///
    /// # Errors
    /// The store's.
    pub async fn refreshes(
        &self,
        place: &Place,
        group: &str,
    ) -> Result<Vec<Stored<Refresh>>, ChangeError<AutoscalingFaults>> {
        self.below(place, group).await
    }

    /// # Errors
    /// The store's.
    pub async fn launch_requests(
        &self,
        place: &Place,
        group: &str,
    ) -> Result<Vec<Stored<LaunchRequest>>, ChangeError<AutoscalingFaults>> {
        self.below(place, group).await
    }

    /// A group is gone.
    pub fn forget(&self, key: &str) {
        self.readings.forget(key);
        self.figures.forget(key);
        self.repaired.lock().remove(key);
    }

    async fn below<R: Record>(
        &self,
        place: &Place,
        group: &str,
    ) -> Result<Vec<Stored<R>>, ChangeError<AutoscalingFaults>> {
        let start = names::below(group, "");
        let found = self.table.all(&names::scope(place), &start).await?;
        Ok(found.into_iter().map(|it| it.1).collect())
    }

    /// The member that an instance is, wherever in the account.
    ///
    /// # Errors
    /// The store's; it is none.
    pub async fn member(&self, place: &Place, instance: &str) -> Result<Stored<Member>, Fault> {
        let all = self.table.all::<Member>(&names::scope(place), "").await?;
        let found = all.into_iter().map(|it| it.1);
        let mut found = found.filter(|it| it.record.instance.as_deref() == Some(instance));
        found.next().ok_or_else(|| fault::no_instance(instance))
    }
}
