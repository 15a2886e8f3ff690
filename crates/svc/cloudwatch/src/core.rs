//! What every operation and loop of the service works with.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use parking_lot::Mutex;
use wharf_delivery::Outbox;
use wharf_prometheus::PrometheusApi;
use wharf_reconcile::{Queue, Shard};
use wharf_service::{Faults as _, Pages, Place, Shares, Table};
use wharf_wire::{Context, Fault};

use crate::{
    alarm::family::Family, anomaly::Models, config::Parts, courier::Messenger,
    fault::CloudwatchFaults, names::SERVICE, turns::Turns,
};

/// Questions that are answered at once, of all and of each account: each may take some ten megabytes.
const READ_AT_ONCE: usize = 16;
const READ_OF_ACCOUNT: usize = 4;
/// Graphs that are drawn at once: each holds what it shows, and its pixels.
const DRAWN_AT_ONCE: usize = 4;
const DRAWN_OF_ACCOUNT: usize = 2;
/// Alarms that are looked at at once.
pub const WORKERS: usize = 8;
const LOOKED_AT_OF_ACCOUNT: usize = 4;
/// Requests that have log events counted at once, which may take long.
const COUNTED_AT_ONCE: usize = 4;
const COUNTED_OF_ACCOUNT: usize = 2;
/// Alarms that have, of those that are looked at at once.
const COUNTING_ALARMS: usize = 2;
const COUNTING_ALARMS_OF_ACCOUNT: usize = 1;
/// Alarms that ask in PromQL, of those: as many as queries are evaluated at once, so that none waits for its turn with a
/// worker in hand, and fewer than there are workers, since each may take half a minute.
const ASKING_ALARMS: usize = 6;
const ASKING_ALARMS_OF_ACCOUNT: usize = 3;
const _: () = assert!(ASKING_ALARMS < WORKERS);

/// Streams that are sent at once: a destination may take seconds to answer.
pub const SENDERS: usize = 64;
const SENT_OF_ACCOUNT: usize = 8;

pub struct Core {
    pub parts: Parts,
    pub table: Table<CloudwatchFaults>,
    /// Keys of alarms to look at.
    pub queue: Arc<Queue<String>>,
    /// Keys of metric streams to send.
    pub streams: Arc<Queue<String>>,
    pub shard: Shard,
    /// Messages to topics, and calls of policies.
    pub outbox: Arc<Outbox<CloudwatchFaults, Messenger>>,
    /// Composite alarms, which are looked at when an alarm in their rule changes.
    families: Mutex<BTreeMap<Place, Family>>,
    /// What was learned of metrics.
    pub models: Models,
    /// What alarms ask in PromQL, which waits for no query of a person's.
    pub promql: PrometheusApi,
    /// Questions that are read and evaluated.
    pub reading: Shares,
    /// Expressions that are evaluated, bands that are fitted, graphs that are drawn.
    pub computing: Shares,
    /// Graphs, from what they ask until they are drawn.
    pub drawing: Shares,
    /// Alarms that are looked at.
    pub looking: Arc<Turns>,
    /// Requests that have log events counted.
    pub counting: Shares,
    /// Alarms that have, so that they leave workers to others.
    pub counting_alarms: Arc<Turns>,
    /// The same of alarms on PromQL.
    pub asking_alarms: Arc<Turns>,
    /// Metric streams that are sent.
    pub sending: Shares,
}

impl Core {
    pub fn new(parts: Parts) -> Self {
        let table = Table::new(parts.store.clone());
        let outbox = Outbox::new(
            SERVICE,
            table.clone(),
            Messenger {
                operations: parts.operations.clone(),
                scaling: parts.scaling.clone(),
                table: table.clone(),
                clock: parts.clock.clone(),
            },
            parts.clock.clone(),
            parts.takeover,
        );
        let queue: Arc<Queue<String>> = Arc::default();
        let turns = |most, most_of_one| Turns::new(queue.clone(), most, most_of_one);
        Self {
            looking: turns(WORKERS, LOOKED_AT_OF_ACCOUNT),
            counting_alarms: turns(COUNTING_ALARMS, COUNTING_ALARMS_OF_ACCOUNT),
            asking_alarms: turns(ASKING_ALARMS, ASKING_ALARMS_OF_ACCOUNT),
            outbox: Arc::new(outbox),
            table,
            promql: PrometheusApi::new(parts.series.clone()),
            parts,
            queue,
            streams: Arc::default(),
            shard: Shard::new("/w1/c0/cloudwatch/shard/0"),
            families: Mutex::default(),
            models: Models::default(),
            reading: Shares::new(READ_AT_ONCE, READ_OF_ACCOUNT),
            computing: Shares::of_processors(),
            drawing: Shares::new(DRAWN_AT_ONCE, DRAWN_OF_ACCOUNT),
            counting: Shares::new(COUNTED_AT_ONCE, COUNTED_OF_ACCOUNT),
            sending: Shares::new(SENDERS, SENT_OF_ACCOUNT),
        }
    }

    /// Works apart from the tasks that serve others: it may take long. The account's share of the processors is held as
    /// long, also when whoever asked has gone.
    pub async fn compute<T: Send + 'static>(
        &self,
        account: &str,
        work: impl FnOnce() -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let share = self.computing.take(account).await;
        let done = tokio::task::spawn_blocking(move || {
            let _share = share;
            work()
        });
        done.await
            .unwrap_or_else(|error| Err(CloudwatchFaults::internal(&error)))
    }

    /// The pages of a list of the caller's; `selection` is all that a request chooses by.
    pub fn pages(
        &self,
        cx: &Context,
        list: &str,
        selection: &impl std::fmt::Debug,
    ) -> Pages<'_, CloudwatchFaults> {
        Pages::new(&self.parts.keyring, cx, list, selection)
    }

    /// The composite alarms over an alarm.
    pub fn composites_over(&self, place: &Place, key: &str) -> Vec<String> {
        let all = self.families.lock();
        all.get(place).map_or(Vec::new(), |it| it.parents(key))
    }

    /// Notes what a composite alarm is over; whether its rule leads back to itself, so that it is not looked at. Those
    /// that another rule may have set free are woken.
    pub fn stands_still(&self, place: &Place, key: &str, children: BTreeSet<String>) -> bool {
        let mut all = self.families.lock();
        let family = all.entry(place.clone()).or_default();
        let freed = family.set(key, children);
        freed.into_iter().for_each(|it| self.queue.wake(it));
        family.stands_still(key)
    }

    /// Notes what suppresses a composite alarm, which is looked at when that changes.
    pub fn is_suppressed_by(&self, place: &Place, key: &str, suppressor: Option<String>) {
        let mut all = self.families.lock();
        let family = all.entry(place.clone()).or_default();
        family.set_suppressor(key, suppressor);
    }

    pub fn forget_composite(&self, place: &Place, key: &str) {
        let mut all = self.families.lock();
        if let Some(family) = all.get_mut(place) {
            let freed = family.forget(key);
            freed.into_iter().for_each(|it| self.queue.wake(it));
            family.set_suppressor(key, None);
            if family.is_empty() {
                all.remove(place);
            }
        }
    }
}

/// A metric's account and region.
pub fn at(place: &Place) -> (&str, &str) {
    (&place.account, &place.region)
}
