//! One batch of a stream for one filter: read, chosen, sent, and the cursor behind it.

use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    ops::Range,
    sync::atomic::Ordering,
};

use wharf_base::Timestamp;
use wharf_delivery::Failure;
use wharf_records::Scope;
use wharf_wire::Fault;

use crate::{
    LogsService, event,
    event_store::Part,
    fault,
    filters::Applied,
    followed::Left,
    handover::{self, Origin, Way},
    metered,
    opener::Opener,
    pattern::{Message, Pattern},
    records::{Group, Stream},
    rules::{Times, Unseen},
    selection,
    subscription::{Destination, Sent},
};

/// Records and bytes of one batch before they are packed: most messages of a queue hold them, packed or not.
const BATCH_RECORDS: usize = 2000;
const BATCH_BYTES: usize = 128 << 10;
/// AWS's own.
const TRIED_FOR_MS: i64 = 86_400_000;

/// Events of a batch that go to the destination, with their places.
type Chosen = Vec<(u64, Sent)>;

/// How the parts of a batch fared.
enum Outcome {
    Sent,
    Waits,
}

impl LogsService {
    pub(crate) async fn deliver_batch(
        &self,
        (scope, group, stream): (&Scope, &Group, &Stream),
        applied: &Applied,
        now: Timestamp,
    ) -> Result<Left, Fault> {
        let (journal, filter) = (stream.journal_name(), &applied.filter);
        let key = (group.id.clone(), applied.cursor.clone());
        // What was stored was checked before.
        let Ok(pattern) = Pattern::parse(&filter.pattern) else {
            return Ok(Left::Nothing);
        };
        if self.operations.get().is_none() || self.subscriptions.waits(&key) {
            return Ok(Left::Waits);
        }
        let events = self.events.journal();
        let at = match events.cursor(&journal, &applied.cursor) {
            Some(at) => at,
            None => self.first_since(&journal, applied.since).await?,
        };
        if at >= events.end(&journal) {
            return Ok(Left::Nothing);
        }
        let from = (scope.account.as_str(), scope.region.as_str());
        if !selection::is_for(filter.selection.as_deref(), from) {
            return self.pass_over(&journal, &applied.cursor).await;
        }
        let origin = Origin::new(scope, group, stream);
        let way = self.way(filter, &origin).await;
        if stream.forwarded
            && let Ok(Way {
                to: Destination::Group(..),
                ..
            }) = way
        {
            // Else two groups could send to each other for ever.
            return self.pass_over(&journal, &applied.cursor).await;
        }
        let read = events.read(&journal, at, BATCH_RECORDS, BATCH_BYTES).await;
        let read = read.map_err(fault::journal)?;
        let Some(last) = read.records.last().map(|it| it.offset) else {
            return Ok(Left::Nothing);
        };
        // After the events: those that came in under a rule are never seen without it.
        let rules = self.rules(scope, group).await?;
        let mut opener = Opener::new(
            self.keys.clone(),
            scope.clone(),
            group.id.clone(),
            now,
            rules.clone(),
        );
        let found = opener.events(&journal, &read.records).await;
        let mut found = found.map_err(fault::read)?;
        found.retain(|it| it.ingestion >= applied.since);
        let oldest = found.iter().map(|it| it.ingestion).min();
        let is_over = oldest.is_some_and(|it| it < now.millis() - TRIED_FOR_MS);
        if filter.on_transformed && !rules.is_empty() {
            let texts = found.iter().map(|it| Unseen {
                offset: it.offset,
                ingestion: it.ingestion,
                text: it.message.clone(),
            });
            let seen = rules.see((scope, group, stream), texts.collect(), true);
            for (event, seen) in found.iter_mut().zip(seen.await?) {
                event.message = seen.fields.map_or(seen.message, |it| it.to_string());
            }
        }
        let mut part = Chosen::new();
        for found in found {
            if pattern.matches(&Message::new(&found.message)) {
                let sent = Sent {
                    id: event::id(&found, &stream.id),
                    timestamp: found.timestamp,
                    message: found.message,
                };
                part.push((found.offset, sent));
            }
        }
        if !part.is_empty() {
            let sent = self.send_parts(&origin, applied, way, part, is_over, now);
            if let Outcome::Waits = sent.await? {
                return Ok(Left::Waits);
            }
        }
        let moved = events
            .move_cursor(&journal, &applied.cursor, last + 1)
            .await;
        moved.map_err(fault::journal)?;
        Ok(Left::More)
    }

    /// Nothing of what a stream holds by now is for a filter.
    async fn pass_over(&self, journal: &str, cursor: &str) -> Result<Left, Fault> {
        let events = self.events.journal();
        let end = events.end(journal);
        let moved = events.move_cursor(journal, cursor, end).await;
        moved.map_err(fault::journal)?;
        Ok(Left::Nothing)
    }

    /// Sends events, in parts where they are too much for one message. What was sent is not sent again if a later
    /// part fails.
    async fn send_parts(
        &self,
        origin: &Origin<'_>,
        applied: &Applied,
        way: Result<Way, Failure>,
        all: Chosen,
        is_over: bool,
        now: Timestamp,
    ) -> Result<Outcome, Fault> {
        let (group, filter) = (&origin.group.name, &applied.filter.name);
        let key = (origin.group.id.clone(), applied.cursor.clone());
        let mut parts = vec![all];
        while let Some(mut part) = parts.pop() {
            let done = match &way {
                Ok(way) => {
                    let token = token(origin, filter, &part);
                    let events: Vec<&Sent> = part.iter().map(|(_, it)| it).collect();
                    let handed = self.hand_over(way, origin, &applied.filter, &events, &token, now);
                    handed.await
                }
                Err(cause) => Err(cause.clone()),
            };
            let goes = metered::Forwarded {
                scope: origin.scope,
                group,
                filter: &applied.filter,
                level: applied.level,
                events: part.len(),
            };
            goes.count(&self.counters, &done);
            match done {
                Ok(_) => self.subscriptions.took(&key),
                Err(cause) if handover::is_too_long(&cause) && part.len() > 1 => {
                    let rest = part.split_off(part.len() / 2);
                    parts.extend([rest, part]);
                    continue;
                }
                Err(cause) if handover::is_too_long(&cause) => {
                    self.dropped.undelivered.fetch_add(1, Ordering::Relaxed);
                    tracing::warn!(group, filter, error = %cause,
                        "delivering a log event failed: it is larger than the destination takes; the subscription skips it");
                }
                // Only for a try that failed for itself: what waits for its rate was not tried, and a destination that
                // is asked too often is there.
                Err(cause) if is_over && !cause.put_off && !cause.is_throttled() => {
                    let left = part.len() + parts.iter().map(Vec::len).sum::<usize>();
                    let undelivered = &self.dropped.undelivered;
                    undelivered.fetch_add(left as u64, Ordering::Relaxed);
                    tracing::warn!(group, filter, events = left, error = %cause,
                        "a destination of log events failed for a day; the subscription skips these events");
                    self.subscriptions.took(&key);
                    return Ok(Outcome::Sent);
                }
                Err(cause) => {
                    if !cause.put_off {
                        tracing::warn!(group, filter, error = %cause,
                            "a destination of log events failed; retrying");
                    }
                    self.subscriptions.wait(key, cause.wait);
                    return Ok(Outcome::Waits);
                }
            }
            if !parts.is_empty()
                && let Some((offset, _)) = part.last()
            {
                let journal = origin.stream.journal_name();
                let events = self.events.journal();
                let moved = events.move_cursor(&journal, &applied.cursor, offset + 1);
                moved.await.map_err(fault::journal)?;
            }
        }
        Ok(Outcome::Sent)
    }

    /// The first offset behind which something may lie that came in at a time or later.
    pub(crate) async fn first_since(&self, journal: &str, since: i64) -> Result<u64, Fault> {
        if since == i64::MIN {
            return Ok(0);
        }
        let parts = self.events.parts(journal).await.map_err(fault::journal)?;
        Ok(first_since(&parts, since))
    }
}

/// The first offset behind which something may lie that came in at a time or later.
pub fn first_since(parts: &[Part], since: i64) -> u64 {
    let before = parts.partition_point(|it| it.ingestion < since);
    // The last of them may reach beyond that time.
    let whole = before.checked_sub(2);
    whole.map_or(0, |at| parts[at].end)
}

/// The offset behind which all came in at a time or later, if there is one.
pub fn all_since(parts: &[Part], until: i64) -> Option<u64> {
    let before = parts.partition_point(|it| it.ingestion < until);
    // A put that began before may have ended behind one that began then.
    parts.get(before).map(|it| it.end)
}

/// Where the next events are that came in at some times, but none before `since`, of those of some offsets: from and to.
pub fn next_span(
    times: &[Times],
    parts: &[Part],
    within: Range<u64>,
    since: i64,
) -> Option<(u64, u64)> {
    let spans = times.iter().map(|times| {
        let first = first_since(parts, times.start.max(since));
        let end = all_since(parts, times.end).map_or(within.end, |it| it.min(within.end));
        (first.max(within.start), end)
    });
    spans.filter(|(from, to)| from < to).min()
}

/// What a FIFO queue tells the same part by, and no other: after a crash or a failure it may end elsewhere, and two
/// filters of a group may send to one queue.
fn token(origin: &Origin<'_>, filter: &str, part: &[(u64, Sent)]) -> String {
    let mut hasher = DefaultHasher::new();
    (&origin.group.id, filter).hash(&mut hasher);
    let offset = |it: Option<&(u64, Sent)>| it.map_or(0, |(offset, _)| *offset);
    let (first, last) = (offset(part.first()), offset(part.last()));
    let stream = &origin.stream.id;
    format!("{stream}-{first}-{last}-{:016x}", hasher.finish())
}
