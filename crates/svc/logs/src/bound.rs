//! What all logs together may take: beyond it the oldest events go, whoever's they are, and of too
//! many streams those that were silent for the longest.
//!
//! Inputs: the journal's size, the indexes. Output: trims and deletions. Idempotent; looks every
//! second, which costs a sum over the journal's files while there is room.

use std::{
    cmp::Reverse,
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use wharf_base::Permit;
use wharf_records::{Record, Scope, decode};
use wharf_store::{Compare, Range, Txn};
use wharf_wire::Fault;

use crate::{
    LogsService, fault,
    records::{Group, Stream},
};

const EVERY: Duration = Duration::from_secs(1);
/// Of what is kept, one part in so many more than needed goes at once, so that the next time is not
/// a second later.
const SLACK: u64 = 20;
const PERMIT: Permit = Permit::for_controller("logs-bound");

/// What was dropped for want of room since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Dropped {
    pub events: u64,
    pub bytes: u64,
    pub streams: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    events: AtomicU64,
    bytes: AtomicU64,
    streams: AtomicU64,
}

impl Counters {
    pub(crate) fn read(&self) -> Dropped {
        Dropped {
            events: self.events.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
            streams: self.streams.load(Ordering::Relaxed),
        }
    }
}

impl LogsService {
    /// Keeps logs within their bounds until dropped.
    pub async fn keep_within_bounds(self) {
        let mut tick = tokio::time::interval(EVERY);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            if let Err(error) = self.keep_bytes().await {
                tracing::warn!(%error, "old log events could not be dropped; retrying");
            }
            if let Err(error) = self.keep_streams().await {
                tracing::warn!(%error, "silent log streams could not be removed; retrying");
            }
        }
    }

    /// Drops the oldest events if there are too many bytes.
    pub async fn keep_bytes(&self) -> Result<(), Fault> {
        let limit = self.limits.kept_bytes;
        let kept = self.shelf.journal().usage().live_bytes;
        if kept <= limit {
            return Ok(());
        }
        let excess = kept - limit + limit / SLACK;
        let mut parts = Vec::new();
        for info in self.shelf.journal().streams("logs/", None, usize::MAX) {
            let name: Arc<str> = info.name.into();
            let found = self.shelf.parts(&name).await.map_err(fault::journal)?;
            parts.extend(found.into_iter().map(|part| (part, Arc::clone(&name))));
        }
        parts.sort_unstable_by_key(|(part, _)| part.ingestion);
        let (mut bytes, mut events) = (0, 0);
        let mut cuts: HashMap<Arc<str>, u64> = HashMap::new();
        for (part, name) in parts {
            if bytes >= excess {
                break;
            }
            bytes += part.bytes;
            events += part.events;
            let cut = cuts.entry(name).or_default();
            *cut = (*cut).max(part.end);
        }
        for (name, before) in &cuts {
            let dropped = self.shelf.drop_before(name, *before).await;
            dropped.map_err(fault::journal)?;
        }
        self.dropped.events.fetch_add(events, Ordering::Relaxed);
        self.dropped.bytes.fetch_add(bytes, Ordering::Relaxed);
        tracing::warn!(
            events,
            bytes,
            streams = cuts.len(),
            limit,
            "the oldest log events were dropped: logs take more than --log-storage allows"
        );
        Ok(())
    }

    /// Removes the streams that were silent for the longest if there are too many.
    pub async fn keep_streams(&self) -> Result<(), Fault> {
        let limit = self.limits.kept_streams;
        if self.streams.load(Ordering::Relaxed) <= limit as u64 {
            return Ok(());
        }
        let reply = self
            .store
            .range(Range::prefix(Scope::service_prefix("logs")))
            .await
            .map_err(fault::store)?;
        let mut silent = Vec::new();
        for entry in &reply.entries {
            if let Some((_, Stream::KIND, _)) = Scope::parse(&entry.key) {
                let stream: Stream = decode(&entry.value).map_err(fault::record)?;
                let name = stream.journal_name();
                let last = self.shelf.summary(&name).await.map_err(fault::journal)?;
                let last = last.last_ingestion.unwrap_or(stream.created_at.millis());
                silent.push((Reverse(last), entry, name));
            }
        }
        self.streams.store(silent.len() as u64, Ordering::Relaxed);
        let keep = limit - limit / SLACK as usize;
        if silent.len() <= keep {
            return Ok(());
        }
        silent.sort_unstable_by_key(|(last, ..)| *last);
        let (mut removed, mut since) = (0u64, i64::MAX);
        for (Reverse(last), entry, name) in silent.drain(keep..).rev() {
            since = last.saturating_add(1);
            removed += u64::from(self.remove_silent(entry, &name, since, false).await?);
        }
        self.dropped.streams.fetch_add(removed, Ordering::Relaxed);
        tracing::warn!(
            removed,
            limit,
            silent_since = since,
            "log streams were removed: there are too many, and these were silent for the longest"
        );
        Ok(())
    }

    /// Removes a stream that has been silent since `since`, unless something is put meanwhile.
    pub(crate) async fn remove_silent(
        &self,
        entry: &wharf_store::Entry,
        journal: &str,
        since: i64,
        empty: bool,
    ) -> Result<bool, Fault> {
        let buried = self.shelf.bury(journal, since, empty).await;
        if !buried.map_err(fault::journal)? {
            return Ok(false);
        }
        let txn = Txn::new()
            .when(Compare::unchanged(entry))
            .delete(entry.key.clone());
        match self.store.txn(&PERMIT, txn).await {
            Ok(reply) if reply.succeeded => {}
            outcome => {
                self.shelf.unbury(journal).await;
                outcome.map_err(fault::store)?;
                return Ok(false);
            }
        }
        self.streams.fetch_sub(1, Ordering::Relaxed);
        // What a kill leaves here the sweep after the next start removes.
        let deleted = self.shelf.journal().delete(journal).await;
        deleted.map_err(fault::journal)?;
        Ok(true)
    }

    /// What was dropped for want of room since the start.
    pub fn dropped(&self) -> Dropped {
        self.dropped.read()
    }
}

/// The groups there are, without reading streams.
pub(crate) async fn groups(service: &LogsService) -> Result<Vec<(Scope, Group)>, Fault> {
    let mut found = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let mut range = Range::prefix(Scope::service_prefix("logs"))
            .limit(1)
            .keys_only();
        if let Some(after) = after.take() {
            range = range.start_after(after);
        }
        let reply = service.store.range(range).await.map_err(fault::store)?;
        let Some(entry) = reply.entries.into_iter().next() else {
            return Ok(found);
        };
        let Some((scope, ..)) = Scope::parse(&entry.key) else {
            after = Some(entry.key);
            continue;
        };
        let all: Vec<Group> = service.all(&scope.key(Group::KIND, "")).await?;
        found.extend(all.into_iter().map(|group| (scope.clone(), group)));
        // Kinds are lowercase words: this sorts behind all keys of the scope.
        after = Some(scope.prefix("~"));
    }
}
