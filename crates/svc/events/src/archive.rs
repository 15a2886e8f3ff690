//! Archives: events as they came, in streams of the journal, and their replays.
//!
//! An archived event is durable before the answer to who put it. A replay goes through its archive's stream in
//! order; what targets are owed is written together with how far it is.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use wharf_base::{Permit, Timestamp};
use wharf_journal::JournalError;
use wharf_reconcile::Next;
use wharf_records::{Record as _, Scope};
use wharf_service::{Place, StepError, fence, settled};

use crate::{
    accept::{self, Arriving, Done},
    core::{ChangeError, Core},
    event::Event,
    fault::EventsFaults,
    keys::{Sealed, Seals},
    names::{BusName, SERVICE},
    records::{Archive, Replay, ReplayState},
};

const PERMIT: Permit = Permit::for_controller("events-archives");
/// How often archives are looked through for what is too old.
const SWEEP: Duration = Duration::from_secs(3600);
/// How long a replay that is over is shown, as on AWS: nobody can delete one.
const KEPT: Duration = Duration::from_secs(90 * 86_400);
/// How long a replay waits for room of its account.
const NO_ROOM: Duration = Duration::from_secs(10);
/// Events read at a time, and their bytes.
const CHUNK: usize = 50;
const CHUNK_BYTES: usize = 1 << 20;

type Failed = StepError<EventsFaults>;

/// An event in a stream.
#[derive(Serialize, Deserialize)]
struct Kept {
    at: Timestamp,
    #[serde(default)]
    event: Value,
    /// The event, if its archive has a key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sealed: Option<Sealed>,
}

#[derive(Debug, thiserror::Error)]
#[error("the key of an archive cannot be used: {0}")]
struct KeyRefused(String);

/// An event as a stream keeps it.
pub fn record(event: &Value, seals: Option<&Seals>, now: Timestamp) -> Vec<u8> {
    let sealed = seals.map(|it| it.seal(event.to_string().as_bytes()));
    let kept = Kept {
        at: now,
        event: match sealed {
            Some(_) => Value::Null,
            None => event.clone(),
        },
        sealed,
    };
    serde_json::to_vec(&kept).unwrap_or_default()
}

/// Adds records to a stream.
///
/// # Errors
/// The journal's.
pub async fn keep(core: &Core, stream: &str, records: &[Vec<u8>]) -> Result<(), ChangeError> {
    let kept = core.parts.journal.append(stream, records).await;
    kept.map(|_| ()).map_err(ChangeError::other)
}

/// Events of an archive and their bytes.
pub fn size(core: &Core, archive: &Archive) -> (i64, i64) {
    let Some(info) = core.parts.journal.stream(&archive.stream) else {
        return (0, 0);
    };
    let number = |it: u64| i64::try_from(it).unwrap_or(i64::MAX);
    (number(info.end - info.first), number(info.bytes))
}

/// Removes a stream.
///
/// # Errors
/// The journal's.
pub async fn delete(core: &Core, stream: &str) -> Result<(), ChangeError> {
    let deleted = core.parts.journal.delete(stream).await;
    deleted.map(|_| ()).map_err(ChangeError::other)
}

/// Removes streams whose archives are gone: a server ended between the two.
///
/// # Errors
/// The store's, the journal's.
pub async fn forget_orphans(core: &Core) -> Result<(), ChangeError> {
    let archives = core.table.everywhere::<Archive>(SERVICE).await?;
    let known: BTreeSet<&str> = archives
        .iter()
        .map(|(.., it)| it.record.stream.as_str())
        .collect();
    let prefix = format!("{SERVICE}/");
    let mut after: Option<String> = None;
    loop {
        let streams = core.parts.journal.streams(&prefix, after.as_deref(), 1000);
        let Some(last) = streams.last() else {
            return Ok(());
        };
        after = Some(last.name.clone());
        for stream in streams
            .iter()
            .filter(|it| !known.contains(it.name.as_str()))
        {
            delete(core, &stream.name).await?;
        }
    }
}

/// Brings an archive or a replay forward.
pub async fn key(core: Arc<Core>, key: String) -> Result<Next, Failed> {
    match Scope::parse(&key) {
        Some((_, Archive::KIND, _)) => sweep(&core, &key).await,
        Some((scope, Replay::KIND, name)) => {
            replay(&core, &key, &Place::of_scope(&scope), &name).await
        }
        _ => Ok(Next::Settled),
    }
}

/// Lets go of events that are older than they are kept.
async fn sweep(core: &Core, key: &str) -> Result<Next, Failed> {
    let Some(stored) = core.table.read::<Archive>(key).await? else {
        return Ok(Next::Settled);
    };
    let archive = stored.record;
    if archive.retention_days == 0 {
        return Ok(Next::Settled);
    }
    let kept = Duration::from_secs(u64::from(archive.retention_days) * 86_400);
    let now = core.parts.clock.now();
    let mut before = 0;
    'all: loop {
        let read = core
            .parts
            .journal
            .read(&archive.stream, before, CHUNK, CHUNK_BYTES);
        let read = read.await.map_err(StepError::other)?;
        if read.records.is_empty() {
            break;
        }
        for record in &read.records {
            let is_old = |it: Kept| it.at + kept <= now;
            // What cannot be read is of no use to anybody.
            if !serde_json::from_slice(&record.data).map_or(true, is_old) {
                break 'all;
            }
            before = record.offset + 1;
        }
    }
    if before > 0 {
        let trimmed: Result<_, JournalError> =
            core.parts.journal.trim(&archive.stream, before).await;
        trimmed.map_err(StepError::other)?;
    }
    Ok(Next::After(SWEEP))
}

/// One step of a replay; the record it writes wakes the next.
async fn replay(core: &Core, key: &str, place: &Place, name: &str) -> Result<Next, Failed> {
    let Some(stored) = core.table.read::<Replay>(key).await? else {
        return Ok(Next::Settled);
    };
    let mut replay = stored.record.clone();
    let now = core.parts.clock.now();
    // It goes on when targets have taken some of what waits, and loses nothing meanwhile.
    let has_room = core.outbox.room(&place.account).take(0).is_ok();
    if !has_room && matches!(replay.state, ReplayState::Starting | ReplayState::Running) {
        return Ok(Next::After(NO_ROOM));
    }
    let mut arriving = Vec::new();
    match replay.state {
        ReplayState::Completed | ReplayState::Cancelled => {
            let forgotten_at = replay.ended_at.unwrap_or(replay.started_at) + KEPT;
            if now < forgotten_at {
                return Ok(Next::After(forgotten_at.since(now)));
            }
            let mut changes = core.table.begin();
            changes.fence(fence(&core.shard)?);
            changes.when(stored.unchanged());
            changes.delete(key);
            return settled(changes.write(&PERMIT).await);
        }
        ReplayState::Cancelling => replay.end(ReplayState::Cancelled, now),
        ReplayState::Starting | ReplayState::Running => {
            replay.state = ReplayState::Running;
            let read = core
                .parts
                .journal
                .read(&replay.stream, replay.offset, CHUNK, CHUNK_BYTES);
            let read = read.await.map_err(StepError::other)?;
            for record in &read.records {
                let mut kept = serde_json::from_slice::<Kept>(&record.data).ok();
                if let Some(kept) = &mut kept
                    && let Some(sealed) = &kept.sealed
                {
                    // A key that is disabled holds the replay until it is enabled.
                    let opened = core.keys.open(sealed, now).await;
                    let opened = opened.map_err(|it| StepError::other(KeyRefused(it.message)))?;
                    kept.event = serde_json::from_slice(opened.expose()).unwrap_or_default();
                }
                let event = kept.and_then(|it| Event::read(&it.event, 0));
                let wanted = |it: &Event| (replay.from..replay.to).contains(&it.time);
                if let Some(mut event) = event.filter(wanted) {
                    replay.last_at = Some(event.time);
                    event.replay = Some(name.to_owned());
                    arriving.push(Arriving {
                        bus: BusName::asked(place, Some(&replay.bus)),
                        event,
                        request: None,
                        since: None,
                        only: (!replay.rules.is_empty()).then(|| replay.rules.clone()),
                    });
                }
            }
            replay.offset = read.next;
            if read.records.is_empty() {
                replay.end(ReplayState::Completed, now);
            }
        }
    }
    let fence = fence(&core.shard)?;
    let owed = accept::owed(core, &arriving).await?;
    let mut done = Done {
        room_was_there: true,
        ..Done::default()
    };
    owed.log(core, &mut done).await;
    let errands = owed.errands(core);
    let written = accept::write(core, &PERMIT, errands, &mut done, |tx, _, part| {
        if part.is_last {
            tx.fence(fence.clone());
            tx.when(stored.unchanged());
            tx.put(key, &replay);
        }
    })
    .await;
    if written.is_ok() {
        owed.count(core);
    }
    settled(written)
}
