//! What data protection policies find, told where they say: a report an event, into a log group or a bucket; and
//! counted for the group.
//!
//! Inputs: what puts tell of, as for subscriptions; for each destination, and for the count, a durable cursor in each
//! stream. Output: reports, at least once, then the cursor behind their events. A destination that fails is tried
//! again with growing waits, for a day after its oldest event came in; what is older is passed over with a warning.
//! Others go on meanwhile. Of a stream that a subscription or this writes nothing is told to log groups: they could
//! report each other for ever.

mod report;

use std::{collections::BTreeMap, ops::Range, sync::atomic::Ordering};

use serde_json::json;
use wharf_base::{Arn, Timestamp};
use wharf_delivery::{Actor, Failure, Request};
use wharf_records::Scope;
use wharf_wire::{ByteStream, Fault};

use self::report::report;
use crate::{
    LogsService,
    batch::next_span,
    counted::Counted,
    event::{self, Event},
    event_store::Part,
    fault,
    followed::Left,
    handover::Origin,
    metered, names,
    opener::Opener,
    records::{Group, Stream},
    rules::{Rules, Times},
    subscription::Sent,
};

/// What the names of destinations' cursors start with.
const PLACES: &str = "findings/to/";
/// Up to where events are counted.
const COUNTED: &str = "findings/counted";
/// Up to where all destinations had been told, and all events counted, by a version that had one cursor for all.
const BEFORE: &str = "findings";
/// Events and bytes of one batch.
const EVENTS: usize = 1000;
const BYTES: usize = 128 << 10;
/// Bytes of reports after which a batch ends. An event's may be hundreds of times as large as itself, and a log group
/// takes no more than a few MiB at once.
const REPORT_BYTES: usize = 1 << 20;
/// AWS's own.
const TRIED_FOR_MS: i64 = 86_400_000;
/// Who puts reports into buckets, as with AWS.
const PRINCIPAL: &str = "delivery.logs.amazonaws.com";

/// Where reports go, one of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// A log group of the same account and region.
    Group(String),
    Bucket(String),
}

/// Something that goes through a stream's events by itself.
struct Lane {
    /// The name of its place in the stream.
    cursor: String,
    /// Where findings are told; `None` counts them.
    to: Option<Place>,
    /// Of what came in then.
    times: Vec<Times>,
}

/// What was found in a batch.
struct Batch {
    reports: Vec<Report>,
    with_findings: usize,
    /// Where its events are, from and to.
    span: (u64, u64),
    /// It has events that came in more than a day ago.
    is_over: bool,
}

/// A report and where it goes.
struct Report {
    to: Vec<Place>,
    sent: Sent,
}

/// All that is to go through a stream's events.
fn lanes(rules: &Rules) -> Vec<Lane> {
    let counted = Lane {
        cursor: COUNTED.to_owned(),
        to: None,
        times: rules.protected(),
    };
    let told = rules.findings().into_iter().map(|(place, times)| Lane {
        cursor: place.cursor(),
        to: Some(place.clone()),
        times,
    });
    std::iter::once(counted).chain(told).collect()
}

impl Lane {
    /// Where the next events are that are wanted, of those of some offsets, from and to.
    fn next(&self, parts: &[Part], within: Range<u64>, since: i64) -> Option<(u64, u64)> {
        next_span(&self.times, parts, within, since)
    }

    /// Its counts of a stream.
    fn counted<'a>(
        &'a self,
        service: &'a LogsService,
        scope: &'a Scope,
        journal: &'a str,
    ) -> Counted<'a> {
        Counted::new(service, &scope.account, (journal, &self.cursor))
    }

    /// What it waits by.
    fn key(&self, group: &Group) -> (String, String) {
        (group.id.clone(), self.cursor.clone())
    }
}

impl Place {
    fn cursor(&self) -> String {
        match self {
            Self::Group(name) => format!("{PLACES}group/{name}"),
            Self::Bucket(name) => format!("{PLACES}bucket/{name}"),
        }
    }
}

impl LogsService {
    /// Reports what is found in a batch of a stream: one of each destination. Those that are at the same event have
    /// the same batch.
    pub(crate) async fn report_batch(
        &self,
        (scope, group, stream): (&Scope, &Group, &Stream),
        rules: &Rules,
        now: Timestamp,
    ) -> Result<Left, Fault> {
        if !rules.masks() {
            return Ok(Left::Nothing);
        }
        let (events, journal) = (self.events.journal(), stream.journal_name());
        let mut lanes = lanes(rules);
        if stream.forwarded {
            // Else two groups could report each other for ever.
            lanes.retain(|it| !matches!(it.to, Some(Place::Group(_))));
        }
        self.forget_places(&journal, &lanes).await?;
        let parts = self.events.parts(&journal).await.map_err(fault::journal)?;
        let end = events.end(&journal);
        let (mut left, mut batches) = (Left::Nothing, BTreeMap::<_, Vec<Lane>>::new());
        for lane in lanes {
            if self.subscriptions.waits(&lane.key(group)) {
                left = Left::Waits;
                continue;
            }
            let at = match lane.to {
                None => lane.counted(self, scope, &journal).at(),
                Some(_) => events.cursor(&journal, &lane.cursor),
            };
            let since = match at {
                // The version before looked at none of these.
                None if stream.forwarded => now.millis() - TRIED_FOR_MS,
                _ => i64::MIN,
            };
            let at = at.or_else(|| events.cursor(&journal, BEFORE));
            if let Some(span) = lane.next(&parts, at.unwrap_or(0)..end, since) {
                batches.entry(span).or_default().push(lane);
            }
        }
        let origin = Origin::new(scope, group, stream);
        for (span, lanes) in batches {
            let told = self.report_from(&origin, span, lanes, now).await;
            // Whoever is at events that nobody can read now holds up none that are further on.
            left = left.max(told.unwrap_or_else(|error| {
                let (group, stream) = (&group.name, &stream.name);
                tracing::warn!(group, stream, %error, "findings of data protection are not looked for; retrying");
                Left::Waits
            }));
        }
        Ok(left)
    }

    /// Forgets where destinations were that no policy names any more.
    async fn forget_places(&self, journal: &str, lanes: &[Lane]) -> Result<(), Fault> {
        let events = self.events.journal();
        for cursor in events.cursors(journal).into_keys() {
            let is_known = lanes.iter().any(|it| it.cursor == cursor);
            if cursor.starts_with(PLACES) && !is_known {
                let dropped = events.drop_cursor(journal, &cursor).await;
                dropped.map_err(fault::journal)?;
            }
        }
        Ok(())
    }

    /// One batch between two offsets, for all that are there.
    async fn report_from(
        &self,
        origin: &Origin<'_>,
        (at, until): (u64, u64),
        lanes: Vec<Lane>,
        now: Timestamp,
    ) -> Result<Left, Fault> {
        let (scope, group, stream) = (origin.scope, origin.group, origin.stream);
        let (events, journal) = (self.events.journal(), stream.journal_name());
        let most = EVENTS.min(usize::try_from(until - at).unwrap_or(EVENTS));
        let read = events.read(&journal, at, most, BYTES).await;
        let read = read.map_err(fault::journal)?;
        if read.records.is_empty() {
            return Ok(Left::Nothing);
        }
        // After the events: those that came in under a rule are never seen without it.
        let rules = self.rules(scope, group).await?;
        // What is to be found is masked for others.
        let (keys, id) = (self.keys.clone(), group.id.clone());
        let mut opener = Opener::new(keys, scope.clone(), id, now, Default::default());
        let found = opener.events(&journal, &read.records).await;
        let found: Vec<Event> = found.map_err(fault::read)?;
        let oldest = found.iter().map(|it| it.ingestion).min();
        let is_over = oldest.is_some_and(|it| it < now.millis() - TRIED_FOR_MS);
        let (arn, stream_id) = (names::group_arn_in(scope, &group.name), stream.id.clone());
        let batch = self.desk.work(&scope.account, move || {
            let (mut reports, mut with_findings) = (Vec::new(), 0);
            let (mut bytes, mut next) = (0, read.next);
            for event in &found {
                if bytes >= REPORT_BYTES {
                    next = event.offset;
                    break;
                }
                let mut is_found = false;
                for policy in rules.protecting(event.ingestion) {
                    let found = policy.found(&event.message);
                    is_found |= !found.is_empty();
                    if found.is_empty() || policy.findings.is_empty() {
                        continue;
                    }
                    let message = report(&arn, &event.message, &found, now);
                    bytes += message.len();
                    reports.push(Report {
                        to: policy.findings.clone(),
                        sent: Sent {
                            id: event::id(event, &stream_id),
                            timestamp: now.millis(),
                            message,
                        },
                    });
                }
                with_findings += usize::from(is_found);
            }
            Batch {
                reports,
                with_findings,
                span: (at, next),
                is_over,
            }
        });
        let batch = batch.await.map_err(|cause| fault::unreadable(&cause))?;
        let mut left = Left::Nothing;
        for lane in &lanes {
            if self.take_on(origin, lane, &batch, now).await == Left::Waits {
                left = left.max(Left::Waits);
                continue;
            }
            match lane.to {
                None => {
                    let counted = lane.counted(self, scope, &journal);
                    counted.move_to(batch.span.1).await?;
                }
                Some(_) => {
                    let moved = events.move_cursor(&journal, &lane.cursor, batch.span.1);
                    moved.await.map_err(fault::journal)?;
                }
            }
            left = Left::More;
        }
        Ok(left)
    }

    /// Counts or tells what was found in a batch; whether the lane waits or goes on.
    async fn take_on(
        &self,
        origin: &Origin<'_>,
        lane: &Lane,
        batch: &Batch,
        now: Timestamp,
    ) -> Left {
        let name = &origin.group.name;
        let Some(place) = &lane.to else {
            if batch.with_findings > 0 {
                let (scope, journal) = (origin.scope, origin.stream.journal_name());
                let counted = lane.counted(self, scope, &journal);
                counted.count(batch.span.1, |counts| {
                    metered::found(counts, scope, name, batch.with_findings);
                });
            }
            return Left::More;
        };
        let reports = batch.reports.iter().filter(|it| it.to.contains(place));
        let reports: Vec<&Sent> = reports.map(|it| &it.sent).collect();
        if reports.is_empty() {
            return Left::More;
        }
        let key = lane.key(origin.group);
        match self.tell(origin, place, &reports, batch.span, now).await {
            Ok(()) => self.subscriptions.took(&key),
            Err(cause) if batch.is_over && !cause.put_off && !cause.is_throttled() => {
                let count = reports.len();
                let undelivered = &self.dropped.undelivered;
                undelivered.fetch_add(count as u64, Ordering::Relaxed);
                tracing::warn!(group = name, ?place, events = count, error = %cause,
                    "a destination of findings failed for a day; these findings are dropped");
                self.subscriptions.took(&key);
            }
            Err(cause) => {
                tracing::warn!(group = name, ?place, error = %cause,
                    "findings of data protection were not delivered; retrying");
                self.subscriptions.wait(key, cause.wait);
                return Left::Waits;
            }
        }
        Left::More
    }

    /// Reports of events between two offsets.
    async fn tell(
        &self,
        origin: &Origin<'_>,
        place: &Place,
        reports: &[&Sent],
        (from, to): (u64, u64),
        now: Timestamp,
    ) -> Result<(), Failure> {
        let scope = origin.scope;
        match place {
            Place::Group(name) => {
                let resource = format!("log-group:{name}");
                let arn = Arn::new("logs", &scope.region, &scope.account, resource);
                // Who put the policy might write there.
                let actor = Actor::Account {
                    account: scope.account.clone(),
                    source_arn: origin.arn.clone(),
                };
                let told = self.forward(&actor, (&arn, name), origin, reports, now);
                told.await.map(|_| ())
            }
            Place::Bucket(bucket) => {
                let operations = self.operations.get().ok_or_else(|| {
                    let text = "the operations are not ready";
                    Failure::passing("ServiceUnavailableException", text)
                })?;
                let (account, region) = (&scope.account, &scope.region);
                // The same again if it is told again.
                let key = format!(
                    "AWSLogs/{account}/CloudWatchLogs/DataProtection/{region}/{}/{}/{from:012}-{to:012}.json",
                    origin.group.name.trim_start_matches('/'),
                    origin.stream.id
                );
                let mut body = String::new();
                for it in reports {
                    body.push_str(&it.message);
                    body.push('\n');
                }
                let input =
                    json!({ "Bucket": bucket, "Key": key, "ContentType": "application/json" });
                let request = Request::new("s3", "PutObject", region, input);
                let actor = Actor::Service {
                    name: PRINCIPAL.to_owned(),
                    account: account.clone(),
                    source_arn: format!("{}:*", origin.arn),
                };
                let body = ByteStream::from(body.into_bytes());
                operations.call_with_body(&actor, &request, body).await?;
                Ok(())
            }
        }
    }

    /// Whether groups that a policy names for its findings are there.
    pub(crate) async fn check_findings(
        &self,
        cx: &wharf_wire::Context,
        places: &[Place],
    ) -> Result<(), Fault> {
        for place in places {
            if let Place::Group(name) = place
                && self.find_group(cx, name).await?.is_none()
            {
                return Err(fault::invalid(format!(
                    "The log group {name} of the FindingsDestination does not exist."
                )));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_in_under_no_policy_is_passed_over() {
        let parts: Vec<Part> = (0..5)
            .map(|number| Part {
                ingestion: number * 10,
                bytes: 0,
                events: 10,
                end: 10 * (number as u64 + 1),
            })
            .collect();
        let next = |times: &[Times], within: Range<u64>| {
            let lane = Lane {
                cursor: COUNTED.to_owned(),
                to: None,
                times: times.to_vec(),
            };
            lane.next(&parts, within, i64::MIN)
        };
        let (former, now) = (10..20, 30..i64::MAX);
        // Parts around are looked at too: events of two puts may lie in another order than they came in.
        assert_eq!(next(std::slice::from_ref(&former), 0..50), Some((0, 30)));
        assert_eq!(next(std::slice::from_ref(&former), 30..50), None);
        assert_eq!(next(std::slice::from_ref(&now), 0..50), Some((20, 50)));
        let both = [now, former];
        assert_eq!(next(&both, 0..50), Some((0, 30)));
        assert_eq!(next(&both, 5..50), Some((5, 30)));
        assert_eq!(next(&both, 30..50), Some((30, 50)));
        assert_eq!(next(&both, 50..50), None);
        assert_eq!(next(&[], 0..50), None);
    }
}
