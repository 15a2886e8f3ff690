//! What goes on its own: streams of deleted groups, and events beyond their group's retention.
//!
//! Idempotent; run at start, which takes up what a kill cut short, and every so often after that.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use wharf_base::{Clock, Permit};
use wharf_records::{Record, Scope, decode};
use wharf_store::Range;
use wharf_wire::Fault;

use crate::{
    LogsService, fault,
    records::{Group, Stream},
    service::stream_key,
};

const EVERY: Duration = Duration::from_secs(600);
const PERMIT: Permit = Permit::for_controller("logs-sweep");

impl LogsService {
    /// Sweeps until dropped.
    pub async fn sweep(self, clock: std::sync::Arc<dyn Clock>) {
        let mut tick = tokio::time::interval(EVERY);
        loop {
            tick.tick().await;
            if let Err(error) = once(&self, &*clock).await {
                tracing::warn!(%error, "logs could not be swept; tried again later");
            }
        }
    }
}

/// Deletes all streams of a group that is gone.
pub async fn streams_of(service: &LogsService, scope: &Scope, group_id: &str) -> Result<(), Fault> {
    let prefix = scope.key(Stream::KIND, &stream_key(group_id, ""));
    let streams: Vec<Stream> = service.all(&prefix).await?;
    for stream in streams {
        service
            .shelf
            .delete(&stream.journal_name())
            .await
            .map_err(fault::journal)?;
        let key = scope.key(Stream::KIND, &stream_key(group_id, &stream.name));
        service
            .store
            .delete(&PERMIT, key)
            .await
            .map_err(fault::store)?;
    }
    Ok(())
}

async fn once(service: &LogsService, clock: &dyn Clock) -> Result<(), Fault> {
    let prefix = Scope::service_prefix("logs");
    let reply = service
        .store
        .range(Range::prefix(prefix))
        .await
        .map_err(fault::store)?;
    let mut groups: BTreeMap<String, Group> = BTreeMap::new();
    let mut streams: Vec<(Scope, Stream)> = Vec::new();
    for entry in &reply.entries {
        match Scope::parse(&entry.key) {
            Some((_, Group::KIND, _)) => {
                let group: Group = decode(&entry.value).map_err(fault::record)?;
                groups.insert(group.id.clone(), group);
            }
            Some((scope, Stream::KIND, _)) => {
                streams.push((scope, decode(&entry.value).map_err(fault::record)?));
            }
            _ => {}
        }
    }
    for (scope, stream) in &streams {
        match groups.get(&stream.group_id) {
            None => streams_of(service, scope, &stream.group_id).await?,
            Some(group) if group.retention_days.is_some() => {
                let from = group.keeps_from(clock.now());
                service
                    .shelf
                    .expire(&stream.journal_name(), from)
                    .await
                    .map_err(fault::journal)?;
            }
            Some(_) => {}
        }
    }
    // Events that were put while their stream was deleted.
    let known: BTreeSet<String> = streams
        .iter()
        .map(|(_, stream)| stream.journal_name())
        .collect();
    for stream in service.shelf.journal().streams("logs/", None, usize::MAX) {
        if !known.contains(&stream.name) && still_unknown(service, &stream.name).await? {
            service
                .shelf
                .delete(&stream.name)
                .await
                .map_err(fault::journal)?;
        }
    }
    Ok(())
}

/// A stream may have been made since the records were read.
async fn still_unknown(service: &LogsService, journal: &str) -> Result<bool, Fault> {
    let prefix = Scope::service_prefix("logs");
    let reply = service
        .store
        .range(Range::prefix(prefix))
        .await
        .map_err(fault::store)?;
    let named = reply.entries.iter().any(|entry| {
        matches!(Scope::parse(&entry.key), Some((_, Stream::KIND, _)))
            && decode::<Stream>(&entry.value).is_ok_and(|stream| stream.journal_name() == journal)
    });
    Ok(!named)
}
