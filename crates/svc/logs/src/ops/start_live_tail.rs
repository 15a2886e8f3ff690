//! StartLiveTail: a session that tells every second what came in, until its client goes away.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use tokio::time::{Instant, Interval, MissedTickBehavior};
use wharf_api_logs::{faults, types::*};
use wharf_base::{Arn, Timestamp, ids};
use wharf_journal::Record;
use wharf_records::{Record as _, Scope};
use wharf_wire::{Call, EventStream, Events, Fault, async_trait};

use crate::{
    LogsService,
    event::Event,
    fault,
    live::{Came, MAX_SESSIONS, News, Place, Session, Streams},
    names,
    opener::{Opener, ReadError},
    pattern::{Message, Pattern},
    records::Group,
    sample::Sample,
};

/// How often a session tells what came in.
const EVERY: Duration = Duration::from_secs(1);
/// How long a session may last.
const LASTS: Duration = Duration::from_secs(3 * 60 * 60);
/// Events looked at for one update. Of more, the newest of each stream are, and the update says that
/// it is a sample.
const MAX_LOOKED_AT: u64 = 20_000;
/// Bytes read for one update.
const MAX_READ_BYTES: usize = 8 << 20;
/// Events and bytes read at a time: other tasks run in between.
const READ_EVENTS: u64 = 1000;
const READ_BYTES: usize = 1 << 20;

/// The only class of groups that can be tailed.
const STANDARD: &str = "STANDARD";

pub async fn start_live_tail(
    service: &LogsService,
    call: &Call,
    input: StartLiveTailRequest,
) -> Result<EventStream<StartLiveTailResponseStream>, Fault> {
    let identifiers = input.log_group_identifiers.as_deref().unwrap_or_default();
    let streams = streams(&input, identifiers.len())?;
    let pattern = input.log_event_filter_pattern.as_deref();
    let pattern =
        Pattern::parse(pattern.unwrap_or_default()).map_err(|cause| fault::bad_pattern(&cause))?;
    let (mut groups, mut openers) = (BTreeMap::new(), BTreeMap::new());
    let mut named = BTreeMap::new();
    for identifier in identifiers {
        if identifier.parse::<Arn>().is_err() {
            return Err(fault::invalid(format!(
                "Invalid log group identifier: {identifier} is not the ARN of a log group."
            )));
        }
        let group = service
            .group(call, &names::from_identifier(call, identifier)?)
            .await?;
        if group.class != STANDARD {
            return Err(faults::invalid_operation_exception(format!(
                "Live Tail is only supported for log groups of the class {STANDARD}."
            )));
        }
        openers.insert(group.id.clone(), service.opener(call, &group).await?);
        named.insert(group.id.clone(), group.name.clone());
        groups.insert(group.id, names::group_arn(call, &group.name));
    }
    let session = Arc::new(Session::new(groups, streams));
    let account = format!("{}/{}", call.account, call.region);
    let place = service.live.open(&account, session.clone());
    let place = place.map_err(|_| {
        faults::limit_exceeded_exception(format!(
            "An account has at most {MAX_SESSIONS} Live Tail sessions at once."
        ))
    })?;
    let begun = Instant::now();
    let mut tick = tokio::time::interval_at(begun + EVERY, EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    Ok(Box::new(Tail {
        begins: Some(LiveTailSessionStart {
            request_id: Some(call.request_id.clone()),
            session_id: Some(ids::uuid()),
            log_group_identifiers: input.log_group_identifiers,
            log_stream_names: input.log_stream_names,
            log_stream_name_prefixes: input.log_stream_name_prefixes,
            log_event_filter_pattern: input.log_event_filter_pattern,
        }),
        service: service.clone(),
        scope: LogsService::scope(call),
        names: named,
        openers,
        began: (begun, call.now),
        session,
        pattern,
        tick,
        until: begun + LASTS,
        _place: place,
    }))
}

fn streams(input: &StartLiveTailRequest, groups: usize) -> Result<Streams, Fault> {
    let streams = match (&input.log_stream_names, &input.log_stream_name_prefixes) {
        (Some(_), Some(_)) => {
            return Err(fault::invalid(
                "logStreamNames and logStreamNamePrefixes are mutually exclusive parameters.",
            ));
        }
        (Some(names), None) => Streams::Named(names.clone()),
        (None, Some(prefixes)) => Streams::Prefixed(prefixes.clone()),
        (None, None) => Streams::All,
    };
    if streams != Streams::All && groups > 1 {
        return Err(fault::invalid(
            "logStreamNames and logStreamNamePrefixes can be given with one log group only.",
        ));
    }
    Ok(streams)
}

/// A session as its client sees it. Dropped with the answer's body, which ends it.
struct Tail {
    /// What the first event says, until it was told.
    begins: Option<LiveTailSessionStart>,
    service: LogsService,
    scope: Scope,
    /// Of groups, by their ids.
    names: BTreeMap<String, String>,
    /// By the ids of their groups.
    openers: BTreeMap<String, Opener>,
    began: (Instant, Timestamp),
    session: Arc<Session>,
    pattern: Pattern,
    tick: Interval,
    until: Instant,
    _place: Place,
}

#[async_trait]
impl Events<StartLiveTailResponseStream> for Tail {
    async fn next(&mut self) -> Option<Result<StartLiveTailResponseStream, Fault>> {
        if let Some(begins) = self.begins.take() {
            return Some(Ok(StartLiveTailResponseStream {
                session_start: Some(begins),
                ..Default::default()
            }));
        }
        self.tick.tick().await;
        if Instant::now() >= self.until {
            let text = "The Live Tail session has timed out: it lasts three hours.";
            return Some(Err(faults::session_timeout_exception(text)));
        }
        let update = self.update().await;
        Some(update.map_err(|cause| {
            tracing::error!(error = %cause, "reading log events failed; a Live Tail session ends");
            faults::session_streaming_exception("The log events could not be read.")
        }))
    }
}

impl Tail {
    /// What came in since the last update.
    async fn update(&mut self) -> Result<StartLiveTailResponseStream, ReadError> {
        let (begun, at) = self.began;
        let now = at + begun.elapsed();
        self.openers.values_mut().for_each(|it| it.at(now));
        let news = self.session.take();
        self.refresh(&news).await.map_err(ReadError::Key)?;
        let mut sample = Sample::new();
        let mut missed = news.missed;
        let waiting: u64 = news.streams.values().map(length).sum();
        let mut bytes = MAX_READ_BYTES;
        let mut streams = news.streams.len();
        for (journal, mut came) in news.streams {
            if waiting > MAX_LOOKED_AT {
                let share = u128::from(length(&came)) * u128::from(MAX_LOOKED_AT);
                let share = (share / u128::from(waiting)) as u64;
                came.offsets.start = came.offsets.end - share.max(1);
                missed = true;
            }
            // What one stream leaves of its share goes to those behind it.
            let share = bytes / streams.max(1);
            let read = self.read(&journal, &came, share, &mut sample).await?;
            missed |= read.is_part;
            bytes = bytes.saturating_sub(read.bytes);
            streams -= 1;
        }
        let (mut events, left_out) = sample.finish();
        // Each stream's own order stays.
        events.sort_by_key(|event| (event.ingestion_time, event.timestamp));
        Ok(StartLiveTailResponseStream {
            session_update: Some(LiveTailSessionUpdate {
                session_metadata: Some(LiveTailSessionMetadata {
                    sampled: Some(missed || left_out),
                }),
                session_results: Some(events),
            }),
            ..Default::default()
        })
    }

    /// What is masked may have changed since the last update.
    async fn refresh(&mut self, news: &News) -> Result<(), Fault> {
        let groups: BTreeSet<&String> = news.streams.values().map(|it| &it.group_id).collect();
        for id in groups {
            let (Some(name), Some(opener)) = (self.names.get(id), self.openers.get_mut(id)) else {
                continue;
            };
            let at = self.scope.key(Group::KIND, name);
            let found = self.service.table.read::<Group>(&at).await?;
            if let Some(group) = found.map(|it| it.record).filter(|it| it.id == *id) {
                opener.goes_by(self.service.rules(&self.scope, &group).await?);
            }
        }
        Ok(())
    }

    /// Adds what matches of a stream's news, of which it reads at most `most` bytes, but at least one
    /// event.
    async fn read(
        &mut self,
        journal: &str,
        came: &Came,
        most: usize,
        sample: &mut Sample<LiveTailSessionLogEvent>,
    ) -> Result<Read, ReadError> {
        let mut read = Read::default();
        let Some(opener) = self.openers.get_mut(&came.group_id) else {
            return Ok(read);
        };
        let mut at = came.offsets.start;
        while at < came.offsets.end {
            if read.bytes >= most && at > came.offsets.start {
                read.is_part = true;
                break;
            }
            let count = (came.offsets.end - at).min(READ_EVENTS);
            let bytes = (most - read.bytes.min(most)).min(READ_BYTES);
            let source = self.service.events.journal();
            let reply = source.read(journal, at, count as usize, bytes).await?;
            // Trimmed or deleted meanwhile.
            if reply.records.is_empty() {
                break;
            }
            // A trimmed stream begins behind what was asked for.
            let known = |record: &Record| record.offset < came.offsets.end;
            let records = &reply.records[..reply.records.partition_point(known)];
            read.bytes += records.iter().map(|it| it.data.len()).sum::<usize>();
            for event in opener.events(journal, records).await? {
                if self.pattern.matches(&Message::new(&event.message)) {
                    let bytes = event.size();
                    sample.push(to_wire(&self.session, event, came), bytes);
                }
            }
            at = reply.next;
        }
        Ok(read)
    }
}

fn to_wire(session: &Session, event: Event, came: &Came) -> LiveTailSessionLogEvent {
    LiveTailSessionLogEvent {
        log_stream_name: Some(came.stream.clone()),
        log_group_identifier: session.groups.get(&came.group_id).cloned(),
        message: Some(event.message),
        timestamp: Some(event.timestamp),
        ingestion_time: Some(event.ingestion),
    }
}

/// What was read of a stream.
#[derive(Debug, Default)]
struct Read {
    bytes: usize,
    /// There was more.
    is_part: bool,
}

fn length(came: &Came) -> u64 {
    came.offsets.end.saturating_sub(came.offsets.start)
}
