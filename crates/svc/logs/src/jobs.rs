//! What goes on behind requests, record by record: export tasks, scheduled queries and their runs; and routes of deliveries,
//! which are in memory and follow their records.
//!
//! Inputs: records of the service as they change, the clock. Each look at a record takes it one step forward in one
//! transaction that compares the record and the lease of the shard, so a step that a kill cut short is done again,
//! and none is done by two. A step is short: those of other accounts wait for it.

use std::{sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;
use wharf_base::{Clock, Permit, Timestamp};
use wharf_reconcile::{Next, Queue, Shard, Takeover};
use wharf_records::{Record, Scope};
use wharf_service::{Changes, Look, OneQueue, Reach, Shares, Stored, fence};

use crate::{
    LogsService,
    deliveries::records::{Delivery, DeliveryDestination},
    exports::{self, task::ExportTask},
    fault::LogsFaults,
    scheduled::{
        self,
        record::{ScheduledQuery, ScheduledRun},
    },
};

/// Records that are worked on at once.
const WORKERS: usize = 4;
/// Of these, those of one account: its buckets may be slow and its records many.
const OF_ACCOUNT: usize = 2;
/// When a record comes again whose account has its share.
const AGAIN: Duration = Duration::from_millis(250);
const PERMIT: Permit = Permit::for_controller("logs-jobs");

const KINDS: [&str; 5] = [
    ExportTask::KIND,
    ScheduledQuery::KIND,
    ScheduledRun::KIND,
    Delivery::KIND,
    DeliveryDestination::KIND,
];

pub type StepError = wharf_service::StepError<LogsFaults>;

pub struct Jobs {
    pub service: LogsService,
    clock: Arc<dyn Clock>,
    queue: Arc<Queue<String>>,
    shard: Shard,
    /// Whose records are worked on.
    shares: Shares,
}

impl LogsService {
    /// Works until `stop`, or until a part of it panics.
    pub async fn work(self, clock: Arc<dyn Clock>, how: Takeover, stop: CancellationToken) {
        let jobs = Arc::new(Jobs {
            service: self,
            clock,
            queue: Arc::default(),
            shard: Shard::new("/w1/c0/logs/shard/0"),
            shares: Shares::new(WORKERS, OF_ACCOUNT),
        });
        let loops = OneQueue {
            service: "logs",
            store: jobs.service.table.store(),
            shard: &jobs.shard,
            permit: PERMIT,
            takeover: how,
            queue: &jobs.queue,
            workers: WORKERS,
        };
        let (fed, worked) = (jobs.clone(), jobs.clone());
        let changed = move |key: &str, _: Look| {
            if Scope::parse(key).is_some_and(|(_, kind, _)| KINDS.contains(&kind)) {
                fed.queue.wake(key.to_owned());
            }
            Reach::One
        };
        let work = move |key: String| {
            let jobs = worked.clone();
            async move { jobs.step(&key).await }
        };
        loops.run(stop, changed, work).await;
    }
}

impl Jobs {
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    async fn step(&self, key: &str) -> Result<Next, StepError> {
        let Some((scope, kind, _)) = Scope::parse(key) else {
            return Ok(Next::Settled);
        };
        // Nobody waits for these, nor takes them.
        let routed = match kind {
            Delivery::KIND => Some(self.service.set_route(key).await),
            DeliveryDestination::KIND => Some(self.service.set_routes_to(key).await),
            _ => None,
        };
        if let Some(routed) = routed {
            let action = "making the route of a delivery";
            let failed = |fault| StepError::Neighbour { action, fault };
            return routed.map(|()| Next::Settled).map_err(failed);
        }
        let Some(_share) = self.shares.try_take(&scope.account) else {
            return Ok(Next::Deferred(AGAIN));
        };
        match kind {
            ExportTask::KIND => exports::run::step(self, &scope, key).await,
            ScheduledQuery::KIND => scheduled::fire::step(self, &scope, key).await,
            ScheduledRun::KIND => scheduled::run::step(self, &scope, key).await,
            _ => Ok(Next::Settled),
        }
    }

    /// A change that is decided by a record as it was read, and by the lease.
    pub fn begin<T>(&self, read: &Stored<T>) -> Result<Changes<'_, LogsFaults>, StepError> {
        let mut changes = self.service.table.begin();
        changes.when(read.unchanged());
        changes.fence(fence::<LogsFaults>(&self.shard)?);
        Ok(changes)
    }

    /// Writes a change; a conflict if somebody was faster.
    pub async fn commit(&self, changes: Changes<'_, LogsFaults>) -> Result<(), StepError> {
        Ok(changes.write(&PERMIT).await?)
    }

    /// Writes a record in the place of the one that was read.
    pub async fn write<T: Record>(&self, read: &Stored<T>, record: &T) -> Result<(), StepError> {
        let mut changes = self.begin(read)?;
        changes.put(&read.key, record);
        self.commit(changes).await
    }
}

/// Each write wakes its record again, and so does that of somebody who was faster.
pub fn settled(written: Result<(), StepError>) -> Result<Next, StepError> {
    match written {
        Err(StepError::Change(error)) if error.is_conflict() => Ok(Next::Settled),
        written => written.map(|()| Next::Settled),
    }
}
