//! What data protection policies find, told where they say: a report an event, into a log group or a bucket; and
//! counted for the group.
//!
//! Inputs: what puts tell of, as for subscriptions; a durable cursor in each stream. Output: reports, at least once,
//! then the cursor behind their events. A destination that fails is tried again with growing waits; events that
//! came in more than a day ago are passed over. Events that a subscription or this wrote are not looked at: groups
//! could report each other for ever.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use wharf_base::{Arn, Timestamp};
use wharf_delivery::{Actor, Failure, Request};
use wharf_records::Scope;
use wharf_wire::{ByteStream, Fault};

use crate::{
    LogsService,
    event::{self, Event},
    fault,
    followed::Left,
    handover::Origin,
    metered, names,
    opener::Opener,
    protection::Found,
    records::{Group, Stream},
    subscription::Sent,
};

/// Where it is in a stream.
const CURSOR: &str = "findings";
/// Events and bytes of one batch.
const EVENTS: usize = 1000;
const BYTES: usize = 128 << 10;
/// What is older was tried for long enough.
const TRIED_FOR_MS: i64 = 86_400_000;
/// Places that one report tells; it counts all of them.
const MOST_PLACES: usize = 1000;
/// Who puts reports into buckets, as with AWS.
const PRINCIPAL: &str = "delivery.logs.amazonaws.com";

/// Where reports go, one of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// A log group of the same account and region.
    Group(String),
    Bucket(String),
}

/// A report and where it goes.
struct Report {
    to: Vec<Place>,
    sent: Sent,
}

/// What was found in an event, as AWS writes it: places in characters, from the first on.
fn report(arn: &str, text: &str, found: &[Found<'_>], now: Timestamp) -> String {
    let mut by_name: BTreeMap<&str, (usize, Vec<Value>)> = BTreeMap::new();
    let (mut told, mut at, mut chars) = (0, 0, 0);
    let mut sorted: Vec<&Found<'_>> = found.iter().collect();
    sorted.sort_by_key(|it| it.range.start);
    for it in sorted {
        let (count, places) = by_name.entry(it.name).or_default();
        *count += 1;
        if told < MOST_PLACES {
            told += 1;
            chars += text[at..it.range.start].chars().count();
            at = it.range.start;
            let end = chars + text[it.range.clone()].chars().count();
            places.push(json!({ "start": chars + 1, "end": end }));
        }
    }
    let identifiers = by_name.into_iter().map(
        |(name, (count, places))| json!({ "name": name, "count": count, "detections": places }),
    );
    json!({
        "auditTimestamp": now.iso8601_seconds(),
        "resourceArn": format!("{arn}:*"),
        "dataIdentifiers": identifiers.collect::<Vec<_>>(),
    })
    .to_string()
}

impl LogsService {
    /// Reports what is found in a batch of a stream.
    pub(crate) async fn report_batch(
        &self,
        (scope, group, stream): (&Scope, &Group, &Stream),
        now: Timestamp,
    ) -> Result<Left, Fault> {
        let rules = self.rules(scope, group).await?;
        let Some((since, until)) = rules.protected() else {
            return Ok(Left::Nothing);
        };
        let key = (group.id.clone(), CURSOR.to_owned());
        if stream.forwarded {
            return Ok(Left::Nothing);
        }
        if self.subscriptions.waits(&key) {
            return Ok(Left::Waits);
        }
        let (events, journal) = (self.events.journal(), stream.journal_name());
        let oldest = since.max(now.millis() - TRIED_FOR_MS);
        let first = self.first_since(&journal, oldest).await?;
        let at = events.cursor(&journal, CURSOR).unwrap_or(0).max(first);
        let read = events.read(&journal, at, EVENTS, BYTES).await;
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
        let mut found: Vec<Event> = found.map_err(fault::read)?;
        if found.iter().all(|it| it.ingestion >= until) {
            return Ok(Left::Nothing);
        }
        found.retain(|it| it.ingestion >= oldest);
        let (arn, stream_id) = (names::group_arn_in(scope, &group.name), stream.id.clone());
        let reports = self.desk.work(&scope.account, move || {
            let (mut reports, mut with_findings) = (Vec::new(), 0);
            for event in &found {
                let mut is_found = false;
                for policy in rules.protecting(event.ingestion) {
                    let found = policy.found(&event.message);
                    is_found |= !found.is_empty();
                    if found.is_empty() || policy.findings.is_empty() {
                        continue;
                    }
                    reports.push(Report {
                        to: policy.findings.clone(),
                        sent: Sent {
                            id: event::id(event, &stream_id),
                            timestamp: now.millis(),
                            message: report(&arn, &event.message, &found, now),
                        },
                    });
                }
                with_findings += usize::from(is_found);
            }
            (reports, with_findings)
        });
        let (reports, with_findings) = reports.await.map_err(|cause| fault::unreadable(&cause))?;
        let mut places: BTreeMap<&Place, Vec<&Sent>> = BTreeMap::new();
        for it in &reports {
            for place in &it.to {
                places.entry(place).or_default().push(&it.sent);
            }
        }
        let origin = Origin::new(scope, group, stream);
        for (place, sent) in places {
            let told = self.tell(&origin, place, &sent, (at, read.next), now).await;
            if let Err(cause) = told {
                let (group, place) = (&group.name, format!("{place:?}"));
                tracing::warn!(group, place, error = %cause,
                    "findings of data protection were not delivered; retrying");
                self.subscriptions.wait(key, cause.wait);
                return Ok(Left::Waits);
            }
        }
        self.subscriptions.took(&key);
        if with_findings > 0 {
            metered::found(&self.counters, scope, &group.name, with_findings);
        }
        let moved = events.set_cursor(&journal, CURSOR, read.next).await;
        moved.map_err(fault::journal)?;
        Ok(Left::More)
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
    fn reports_are_those_of_aws() {
        let text = "über a@b.example und c@d.example";
        let found = |from: &str| {
            let start = text.find(from).unwrap();
            Found {
                name: "EmailAddress",
                range: start..start + from.len(),
            }
        };
        let found = [found("c@d.example"), found("a@b.example")];
        let shown: Value =
            serde_json::from_str(&report("arn", text, &found, Timestamp(0))).unwrap();
        assert_eq!(
            shown,
            json!({
                "auditTimestamp": "1970-01-01T00:00:00Z",
                "resourceArn": "arn:*",
                "dataIdentifiers": [{"name": "EmailAddress", "count": 2,
                    "detections": [{"start": 6, "end": 16}, {"start": 22, "end": 32}]}],
            })
        );
        let many: Vec<Found<'_>> = (0..5000).map(|_| found[0].clone()).collect();
        assert!(report("arn", text, &many, Timestamp(0)).len() < 100 << 10);
    }
}
