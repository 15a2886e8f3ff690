//! What every operation and loop of the service works with.

use std::sync::Arc;

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use wharf_api_scheduler::schema::SERVICE as SCHEMA;
use wharf_base::Timestamp;
use wharf_delivery::Outbox;
use wharf_reconcile::{Queue, Shard};
use wharf_service::{Changes, Pages, Place, Table, queue_of_accounts};
use wharf_wire::{Context, Fault, codec::json, node::Struct};

use crate::{
    config::Parts,
    courier::Messenger,
    fault::{self, SchedulerFaults},
    figures::Counts,
    names::{self, DEFAULT_GROUP},
    records::{Group, Schedule},
};

pub struct Core {
    pub parts: Parts,
    pub table: Table<SchedulerFaults>,
    /// Keys of schedules and groups to look at.
    pub queue: Arc<Queue<String>>,
    pub shard: Shard,
    pub outbox: Arc<Outbox<SchedulerFaults, Messenger>>,
    pub counts: Counts,
}

impl Core {
    pub fn new(parts: Parts) -> Self {
        let table = Table::new(parts.store.clone());
        let outbox = Outbox::new(
            names::SERVICE,
            table.clone(),
            Messenger {
                operations: parts.operations.clone(),
                counters: parts.counters.clone(),
            },
            parts.clock.clone(),
            parts.takeover,
        )
        .with_most_waiting(parts.most_waiting);
        Self {
            table,
            outbox: Arc::new(outbox),
            parts,
            queue: queue_of_accounts(),
            counts: Counts::default(),
            shard: Shard::new("/w1/c0/scheduler/shard/0"),
        }
    }

    pub fn now(&self) -> Timestamp {
        self.parts.clock.now()
    }

    /// # Errors
    /// There is none of that name; the store's.
    pub async fn schedule(
        &self,
        place: &Place,
        group: &str,
        name: &str,
    ) -> Result<Schedule, Fault> {
        let key = names::schedule_key(place, group, name);
        let found = self.table.read::<Schedule>(&key).await?;
        found
            .map(|it| it.record)
            .ok_or_else(|| fault::no_schedule(name))
    }

    /// A group; the default one before it has a record is `None`.
    ///
    /// # Errors
    /// There is none of that name; the store's.
    pub async fn group(&self, place: &Place, name: &str) -> Result<Option<Group>, Fault> {
        let found = self
            .table
            .read::<Group>(&names::group_key(place, name))
            .await?;
        match found {
            Some(found) => Ok(Some(found.record)),
            None if name == DEFAULT_GROUP => Ok(None),
            None => Err(fault::no_group(name)),
        }
    }

    /// The same, within a change that depends on it.
    ///
    /// # Errors
    /// There is none, or it is on its way out; the store's.
    pub async fn standing_group(
        &self,
        changes: &mut Changes<'_, SchedulerFaults>,
        place: &Place,
        name: &str,
    ) -> Result<Option<Group>, Fault> {
        let found = changes
            .find::<Group>(&names::group_key(place, name))
            .await?;
        match found {
            Some(group) if group.deleting => Err(fault::group_is_deleting(name)),
            None if name != DEFAULT_GROUP => Err(fault::no_group(name)),
            found => Ok(found),
        }
    }

    /// The pages of a list of the caller's; `selection` is all that a request chooses by.
    pub fn pages(
        &self,
        cx: &Context,
        list: &str,
        selection: &impl std::fmt::Debug,
    ) -> Pages<'_, SchedulerFaults> {
        Pages::new(&self.parts.keyring, cx, list, selection)
    }
}

/// Tells a request from others with the same token. The token itself is part of it.
pub fn digest(operation: &str, request: &dyn Struct) -> String {
    let index = SCHEMA.find_operation(operation);
    let shape = index.and_then(|it| SCHEMA.operations[it].input);
    let whole = shape.map_or(Value::Null, |it| json::to_value(&SCHEMA, it, request));
    hex::encode(Sha256::digest(whole.to_string()))
}
