//! What goes on its own: streams of deleted groups, versions of lookup tables that were replaced, events beyond their group's retention, and
//! streams that retention has emptied.
//!
//! Idempotent. At start everything is looked at, which takes up what a kill cut short; after that,
//! every so often, only groups that have a retention, by their indexes.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::Ordering,
    time::Duration,
};

use wharf_base::{Clock, Permit};
use wharf_records::{Record, Scope, decode};
use wharf_store::Range;
use wharf_wire::Fault;

use crate::{
    LogsService, bound, fault, field_index,
    records::{DataKey, Group, LookupTable, Rule, Stream},
    retention::{Kept, Policies},
    rules,
    service::stream_key,
};

const EVERY: Duration = Duration::from_secs(600);
/// Streams of a group that are read at a time.
const STREAMS_AT_ONCE: usize = 500;
const PERMIT: Permit = Permit::for_controller("logs-sweep");

impl LogsService {
    /// Sweeps until dropped.
    pub async fn sweep(self, clock: std::sync::Arc<dyn Clock>) {
        tokio::join!(self.sweep_in_time(&*clock), self.sweep_left_over_tables());
    }

    async fn sweep_in_time(&self, clock: &dyn Clock) {
        let mut tick = tokio::time::interval(EVERY);
        let mut whole = true;
        loop {
            tick.tick().await;
            let swept = if whole {
                everything(self).await
            } else {
                Ok(())
            };
            match swept {
                Ok(()) => whole = false,
                Err(error) => tracing::warn!(%error, "removing deleted logs failed; retrying"),
            }
            if let Err(error) = self.expire(clock).await {
                tracing::warn!(%error, "deleting expired log events failed; retrying");
            }
            if let Err(error) = self.expire_queries(clock.now()).await {
                tracing::warn!(%error, "deleting old queries of logs failed; retrying");
            }
            self.events.forget_buried();
            if let Err(error) = self.save_indexes().await {
                tracing::warn!(%error, "saving the indexes of logs failed; retrying, the next start reads more logs until then");
            }
        }
    }

    /// Saves what a start would otherwise read all logs for.
    pub async fn save_indexes(&self) -> std::io::Result<()> {
        match &self.saved {
            Some(path) => self.events.save(path).await,
            None => Ok(()),
        }
    }

    /// How many streams' indexes are in memory.
    pub fn indexes_known(&self) -> usize {
        self.events.indexes_known()
    }

    /// Lets go of what retention does not keep.
    pub async fn expire(&self, clock: &dyn Clock) -> Result<(), Fault> {
        let mut known: Option<(Scope, Policies)> = None;
        for (scope, group) in bound::groups(self).await? {
            let now = clock.now();
            // Groups of an account and a region are side by side.
            let policies = match known.take() {
                Some((of, policies)) if of == scope => policies,
                _ => self.retention_policies(&scope, now).await?,
            };
            let kept = policies.kept(&group);
            known = Some((scope.clone(), policies));
            if kept == Kept::ForEver {
                continue;
            }
            let from = kept.since(now);
            let prefix = Group::journal_prefix(&group.id);
            for info in self.events.journal().streams(&prefix, None, usize::MAX) {
                let expired = self.events.expire(&info.name, from).await;
                expired.map_err(fault::journal)?;
            }
            remove_emptied(self, &scope, &group, from).await?;
        }
        Ok(())
    }
}

/// Removes a group's streams that are older than its retention and hold nothing any more: those of
/// tasks that ended long ago. AWS keeps them for ever.
async fn remove_emptied(
    service: &LogsService,
    scope: &Scope,
    group: &Group,
    from: i64,
) -> Result<(), Fault> {
    let prefix = scope.key(Stream::KIND, &stream_key(&group.id, ""));
    let mut after = None;
    loop {
        let mut range = Range::prefix(&prefix).limit(STREAMS_AT_ONCE);
        range.start_after = after;
        let page = service.table.store().range(range).await;
        let page = page.map_err(fault::store)?;
        for entry in &page.entries {
            let stream: Stream = decode(&entry.value).map_err(fault::record)?;
            let name = stream.journal_name();
            let info = service.events.journal().stream(&name);
            let empty = info.is_none_or(|info| info.first == info.end);
            if empty && stream.created_at.millis() < from {
                service.remove_silent(entry, &name, from, true).await?;
            }
        }
        if !page.more {
            return Ok(());
        }
        after = page.entries.last().map(|entry| entry.key.clone());
    }
}

/// Deletes what belonged to a group that is gone: its streams, then the keys of their events and the rules for them.
pub async fn all_of(service: &LogsService, scope: &Scope, group_id: &str) -> Result<(), Fault> {
    streams_of(service, scope, group_id).await?;
    let keys = scope.key(DataKey::KIND, &Group::key_prefix(group_id));
    let rules = scope.key(Rule::KIND, &rules::prefix(group_id));
    for prefix in [keys, rules] {
        for key in service.table.keys(&prefix).await? {
            let deleted = service.table.store().delete(&PERMIT, &key).await;
            deleted.map_err(fault::store)?;
        }
    }
    Ok(())
}

/// Deletes all streams of a group that is gone.
async fn streams_of(service: &LogsService, scope: &Scope, group_id: &str) -> Result<(), Fault> {
    let prefix = scope.key(Stream::KIND, &stream_key(group_id, ""));
    let store = service.table.store();
    loop {
        let range = Range::prefix(&prefix).limit(STREAMS_AT_ONCE);
        let page = store.range(range).await.map_err(fault::store)?;
        if page.entries.is_empty() {
            return Ok(());
        }
        for entry in &page.entries {
            let stream: Stream = decode(&entry.value).map_err(fault::record)?;
            let deleted = service.events.delete(&stream.journal_name()).await;
            deleted.map_err(fault::journal)?;
            let deleted = store.delete(&PERMIT, &entry.key).await;
            deleted.map_err(fault::store)?;
        }
    }
}

/// Streams, keys and rules without a group, and events without a stream.
async fn everything(service: &LogsService) -> Result<(), Fault> {
    let prefix = Scope::service_prefix("logs");
    let entries = service.table.entries(&prefix).await?;
    let mut groups: BTreeMap<String, Group> = BTreeMap::new();
    let mut streams: Vec<(Scope, Stream)> = Vec::new();
    // They are read before groups are, and made with them: each that is wanted has its group here.
    let mut owned: Vec<(Scope, String)> = Vec::new();
    // Versions of lookup tables, which have keys too.
    let mut tables: BTreeSet<String> = BTreeSet::new();
    for entry in &entries {
        match Scope::parse(&entry.key) {
            Some((_, Group::KIND, _)) => {
                let group: Group = decode(&entry.value).map_err(fault::record)?;
                groups.insert(group.id.clone(), group);
            }
            Some((scope, DataKey::KIND, _)) => {
                let key: DataKey = decode(&entry.value).map_err(fault::record)?;
                owned.push((scope, key.group_id));
            }
            Some((_, LookupTable::KIND, _)) => {
                let table: LookupTable = decode(&entry.value).map_err(fault::record)?;
                tables.insert(table.version);
            }
            Some((scope, Rule::KIND, id)) => {
                let owner = id.split_once(':').map(|(owner, _)| owner.to_owned());
                let owner = owner.filter(|it| it != rules::ACCOUNT);
                owned.extend(owner.map(|it| (scope, it)));
            }
            Some((scope, Stream::KIND, _)) => {
                streams.push((scope, decode(&entry.value).map_err(fault::record)?));
            }
            _ => {}
        }
    }
    service
        .streams
        .store(streams.len() as u64, Ordering::Relaxed);
    for (scope, stream) in &streams {
        if !groups.contains_key(&stream.group_id) {
            all_of(service, scope, &stream.group_id).await?;
        }
    }
    for (scope, group) in &owned {
        if !groups.contains_key(group) && !tables.contains(group) {
            all_of(service, scope, group).await?;
        }
    }
    service.sweep_tables().await?;
    // Events that were put while their stream was deleted.
    let known: BTreeSet<String> = streams
        .iter()
        .map(|(_, stream)| stream.journal_name())
        .collect();
    for stream in service.events.journal().streams("logs/", None, usize::MAX) {
        if !known.contains(&stream.name) && still_unknown(service, &stream.name).await? {
            service
                .events
                .delete(&stream.name)
                .await
                .map_err(fault::journal)?;
        }
    }
    // What is known of events that are gone.
    let journal = service.events.journal();
    for index in journal.streams(field_index::PREFIX, None, usize::MAX) {
        let events = field_index::events_name(&index.name);
        if events.is_none_or(|it| journal.stream(&it).is_none()) {
            journal.delete(&index.name).await.map_err(fault::journal)?;
        }
    }
    Ok(())
}

/// A stream may have been made since the records were read.
async fn still_unknown(service: &LogsService, journal: &str) -> Result<bool, Fault> {
    let prefix = Scope::service_prefix("logs");
    let entries = service.table.entries(&prefix).await?;
    let named = entries.iter().any(|entry| {
        matches!(Scope::parse(&entry.key), Some((_, Stream::KIND, _)))
            && decode::<Stream>(&entry.value).is_ok_and(|stream| stream.journal_name() == journal)
    });
    Ok(!named)
}
