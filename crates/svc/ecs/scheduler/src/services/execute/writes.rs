//! What is written with a service when it changes: ends of tasks that count, its rollout, its revision, its events, and
//! definitions that nobody uses any more.

use std::collections::BTreeSet;

use wharf_base::{Timestamp, ids};
use wharf_records::{
    Record,
    ecs::{
        DefinitionStatus, RevisionRecord, Service, ServiceDeployment, ServiceEvent, ServiceEvents,
        Task,
    },
    encode,
};
use wharf_store::{Compare, Txn};

use super::{
    super::{definitions, events},
    Look,
};
use crate::{state::StepError, view::Held};

impl Look<'_> {
    pub(super) fn account(&self, txn: Txn, task: &str) -> Txn {
        let id = self.task_id(task);
        let held = self
            .scheduler
            .state
            .view
            .read(&self.place, |region| region.tasks.get(&id).cloned());
        let Some(held) = held else { return txn };
        let mut task = Task::clone(&held.record);
        if let Some(membership) = &mut task.service {
            membership.accounted = true;
        }
        txn.when(held.unchanged()).put(&held.key, encode(&task))
    }

    /// The service deployment is kept as a record of its own too, for those who ask for it by ARN.
    pub(super) fn with_rollout(&self, txn: Txn, held: &Held<Service>, after: &Service) -> Txn {
        match &after.rollout {
            Some(rollout) if held.rollout != after.rollout => {
                let id = format!("{}:{}", self.id, rollout.id);
                let key = self.place.scope().key(ServiceDeployment::KIND, &id);
                txn.put(key, encode(rollout))
            }
            _ => txn,
        }
    }

    /// A revision as well, once more of its digests are known.
    pub(super) async fn with_revision(
        &self,
        txn: Txn,
        held: &Held<Service>,
        after: &Service,
    ) -> Result<Txn, StepError> {
        let before = held.primary().map(|primary| &primary.revision);
        let Some(primary) = after.primary().map(|primary| &primary.revision) else {
            return Ok(txn);
        };
        if before.is_none_or(|before| before.id != primary.id || before.images == primary.images) {
            return Ok(txn);
        }
        let id = format!("{}:{}", self.id, primary.id);
        let key = self.place.scope().key(RevisionRecord::KIND, &id);
        // It changes with the service alone, which the transaction compares.
        let table = &self.scheduler.state.table;
        let there = table.read::<RevisionRecord>(&key).await?;
        let arn = self
            .place
            .service_revision(&after.cluster, &after.name, &primary.id);
        let record = RevisionRecord {
            arn,
            service_arn: after.arn.clone(),
            cluster_arn: after.cluster_arn.clone(),
            revision: primary.clone(),
            unknown: there.map(|it| it.record.unknown).unwrap_or_default(),
        };
        Ok(txn.put(key, encode(&record)))
    }

    /// Definitions that wait for their deletion go with the last service that used them. Even one that
    /// does not wait yet must stay as it was seen: whoever asks for its deletion meanwhile finds this
    /// service using it.
    pub(super) async fn without_definitions(
        &self,
        mut txn: Txn,
        before: &Service,
        after: &Service,
    ) -> Result<Txn, StepError> {
        let still: BTreeSet<&str> = definitions(after).collect();
        let used: BTreeSet<&str> = definitions(before).collect();
        for arn in used.difference(&still) {
            let Some(stored) = self.scheduler.state.definition_of(&self.place, arn).await? else {
                continue;
            };
            txn = txn.when(stored.unchanged());
            let by_others = self.scheduler.state.view.read(&self.place, |region| {
                let mut services = region.services.iter().filter(|(id, _)| **id != self.id);
                region.tasks.values().any(|task| task.definition == *arn)
                    || services.any(|(_, one)| definitions(one).any(|used| used == *arn))
            });
            if stored.record.status == DefinitionStatus::DeleteInProgress && !by_others {
                txn = txn.delete(&stored.key);
            }
        }
        Ok(txn)
    }

    pub(super) async fn with_events(
        &self,
        txn: Txn,
        said: Vec<String>,
        now: Timestamp,
    ) -> Result<Txn, StepError> {
        let key = self.place.scope().key(ServiceEvents::KIND, &self.id);
        let stored = self
            .scheduler
            .state
            .table
            .read::<ServiceEvents>(&key)
            .await?;
        let unchanged = match &stored {
            Some(stored) => stored.unchanged(),
            None => Compare::absent(&key),
        };
        let mut record = stored.map(|stored| stored.record).unwrap_or_default();
        for message in said {
            let event = ServiceEvent {
                id: ids::uuid(),
                created_at: now,
                message,
            };
            record.events.insert(0, event);
        }
        record.events.truncate(events::KEPT);
        Ok(txn.when(unchanged).put(key, encode(&record)))
    }
}
