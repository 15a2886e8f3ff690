//! Sends metric streams. Wakes come from changes of their records and from the time their next minute is due; a look
//! sends one request and moves the position behind it. Its writes compare the shard's lease, so one server alone sends.
//!
//! - A minute is sent a minute after it ended: what comes later than that is not in the stream.
//! - A destination that does not answer is tried again, and only its own stream waits. What is more than three hours
//!   behind is passed over, and so is a request whose content the destination refuses; both are counted in metrics of
//!   `AWS/CloudWatch/MetricStreams` and logged.

use std::{sync::Arc, time::Duration};

use wharf_base::Permit;
use wharf_base::Timestamp;
use wharf_delivery::{Actor, Body, Failure, Invocation};
use wharf_reconcile::Next;
use wharf_records::{Record as _, Scope};
use wharf_series::{Key, Metric, Sample, Span, Summary, Tier};
use wharf_service::{Place, Stored, fence};

use super::{chosen::Chosen, json, otlp, update::Update};
use crate::{
    core::{self, Core},
    datum::NO_UNIT,
    fault::CloudwatchFaults,
    fetch::keep_numbers,
    names,
    records::{MetricStream, StreamFormat, StreamPosition},
};

const PERMIT: Permit = Permit::for_controller("cloudwatch-streams");
/// Under which streams act; roles trust it.
pub const PRINCIPAL: &str = "streams.metrics.cloudwatch.amazonaws.com";
const MINUTE: i64 = 60;
/// Between the end of a minute and its sending: what machines and balancers report of it is there by then.
const GRACE: i64 = 60;
/// How far behind a stream may be: as long as samples are kept as they came.
const MOST_BEHIND: i64 = 3 * 3600;
/// Metrics that are read together.
const PAGE: usize = 500;
/// Bytes of a request, beyond which its last metric may reach.
const MOST_BYTES: usize = 1 << 20;
/// A stream whose account has its share of the workers waits this long.
const CROWDED: Duration = Duration::from_millis(500);
/// What a destination may ask for.
const LONGEST_WAIT: Duration = Duration::from_secs(300);
/// Answers that say that the same content is never taken.
const NEVER_TAKEN: [&str; 4] = ["400", "413", "415", "422"];
/// Of the metrics about streams.
const NAMESPACE: &str = "AWS/CloudWatch/MetricStreams";

type StepError = wharf_service::StepError<CloudwatchFaults>;

/// The minute that a stream begins with: the one that ended last.
pub fn first_minute(now_s: i64) -> i64 {
    now_s - now_s.rem_euclid(MINUTE) - MINUTE
}

/// Wakes the sender for what changed.
pub fn changed(core: &Core, key: &str) {
    if Scope::parse(key).is_some_and(|it| it.1 == MetricStream::KIND) {
        core.streams.wake(key.to_owned());
    }
}

/// Sends the next request of a stream, and says when to look again.
pub async fn key(core: Arc<Core>, key: String) -> Result<Next, StepError> {
    let Some((scope, _, name)) = Scope::parse(&key) else {
        return Ok(Next::Settled);
    };
    let place = Place::of_scope(&scope);
    let stream = core.table.read::<MetricStream>(&key).await?;
    let Some(stream) = stream.map(|it| it.record).filter(|it| it.running) else {
        return Ok(Next::Settled);
    };
    let position = names::stream_position_key(&place, &name);
    let Some(position) = core.table.read::<StreamPosition>(&position).await? else {
        return Ok(Next::Settled);
    };
    let now = core.parts.clock.now().millis().div_euclid(1000);
    let due = position.record.minute + MINUTE + GRACE;
    if now < due {
        return Ok(Next::After(Duration::from_secs((due - now).unsigned_abs())));
    }
    let Some(_turn) = core.sending.try_take(&place.account) else {
        return Ok(Next::Deferred(CROWDED));
    };
    let sender = Sender {
        core: &core,
        place: &place,
        name: &name,
        stream: &stream,
        now,
    };
    sender.step(position).await
}

struct Sender<'a> {
    core: &'a Core,
    place: &'a Place,
    name: &'a str,
    stream: &'a MetricStream,
    /// Seconds since 1970.
    now: i64,
}

/// What a request holds.
struct Batch {
    body: Vec<u8>,
    updates: u64,
    /// Behind which series the next one begins; none when this is the last of its minute.
    after: Option<Key>,
}

impl Sender<'_> {
    async fn step(&self, position: Stored<StreamPosition>) -> Result<Next, StepError> {
        let oldest = first_minute(self.now) - MOST_BEHIND;
        if position.record.minute < oldest {
            return self.pass_over(position, oldest).await;
        }
        let batch = self.gather(&position.record).await?;
        let mut sent = batch.updates;
        if batch.updates > 0 {
            match self.post(&position.record, batch.body).await {
                Ok(()) => self.note(&[("PublishErrorRate", 0.0)]).await,
                Err(failure) if failure.put_off => {
                    return Ok(Next::After(failure.wait.unwrap_or(CROWDED)));
                }
                Err(failure) if NEVER_TAKEN.contains(&failure.code.as_str()) => {
                    tracing::warn!(
                        stream = self.arn(),
                        error = %failure,
                        updates = sent,
                        "delivering a metric stream failed: its destination refused the request, these updates are lost"
                    );
                    let lost = ("MetricUpdateLost", sent as f64);
                    self.note(&[("PublishErrorRate", 1.0), lost]).await;
                    sent = 0;
                }
                Err(failure) => {
                    self.note(&[("PublishErrorRate", 1.0)]).await;
                    let Some(wait) = failure.wait else {
                        return Err(StepError::other(failure));
                    };
                    tracing::warn!(stream = self.arn(), error = %failure, "sending a metric stream failed, will retry when the destination said");
                    return Ok(Next::After(wait.min(LONGEST_WAIT)));
                }
            }
        }
        let before = &position.record;
        let sent = before.sent + sent;
        let next = match batch.after {
            Some(after) => StreamPosition {
                after: Some(after.as_str().to_owned()),
                sent,
                ..before.clone()
            },
            None => {
                if sent > 0 {
                    self.note(&[("MetricUpdate", sent as f64)]).await;
                }
                StreamPosition {
                    minute: before.minute + MINUTE,
                    after: None,
                    sent: 0,
                    ..before.clone()
                }
            }
        };
        self.move_to(&position, &next).await
    }

    /// Goes on where it may.
    async fn pass_over(
        &self,
        position: Stored<StreamPosition>,
        oldest: i64,
    ) -> Result<Next, StepError> {
        let minutes = (oldest - position.record.minute) / MINUTE;
        tracing::warn!(
            stream = self.arn(),
            minutes,
            "delivering a metric stream failed for too long: the updates of these minutes are lost"
        );
        let next = StreamPosition {
            minute: oldest,
            after: None,
            sent: 0,
            ..position.record.clone()
        };
        let moved = self.move_to(&position, &next).await?;
        self.note(&[("MinutesLost", minutes as f64)]).await;
        Ok(moved)
    }

    async fn move_to(
        &self,
        from: &Stored<StreamPosition>,
        to: &StreamPosition,
    ) -> Result<Next, StepError> {
        let mut changes = self.core.table.begin();
        changes.fence(fence::<CloudwatchFaults>(&self.core.shard)?);
        changes.when(from.unchanged());
        changes.put(&from.key, to);
        match changes.write(&PERMIT).await {
            // Whoever started, stopped or deleted it wakes it.
            Err(error) if error.is_conflict() => Ok(Next::Settled),
            written => written
                .map(|()| Next::After(Duration::ZERO))
                .map_err(StepError::from),
        }
    }

    /// As many updates from a position on as a request takes.
    async fn gather(&self, from: &StreamPosition) -> Result<Batch, StepError> {
        let series = &self.core.parts.series;
        let chosen = Chosen::of(self.stream);
        let (mut body, mut updates) = (Vec::new(), 0);
        let mut after = from.after.as_deref().and_then(Key::parse);
        loop {
            let selection = (after.clone(), from.minute, PAGE);
            let namespace = chosen.only_namespace();
            let listing = series.list(core::at(self.place), namespace, None, selection, |it| {
                chosen.takes(it)
            });
            let (found, next) = listing.await;
            let metrics = found.into_iter().map(|it| it.metric);
            let page = self.page(metrics, after.as_ref(), next.as_ref());
            let numbers = page.iter().map(|it| it.number).collect();
            let span = Span {
                from: from.minute,
                to: from.minute + MINUTE,
                period: MINUTE,
                spread: !self.stream.statistics.is_empty(),
            };
            let read = series.read(numbers, span).await.map_err(StepError::other)?;
            for (one, mut points) in page.into_iter().zip(read) {
                keep_numbers(&mut points);
                let Some((minute, summary)) = points.first() else {
                    continue;
                };
                let further = chosen.statistics_of(&one.metric);
                let update = Update::new(one.metric, one.unit, (*minute, summary), further);
                match self.stream.format {
                    StreamFormat::Json => json::write(self.name, &update, &mut body),
                    StreamFormat::OpenTelemetry1 => otlp::write(&update, &mut body),
                }
                updates += 1;
                if body.len() >= MOST_BYTES {
                    let after = Some(one.key);
                    return Ok(self.batch(body, updates, after));
                }
            }
            let Some(next) = next else {
                return Ok(self.batch(body, updates, None));
            };
            after = Some(next);
        }
    }

    /// The series of listed metrics that lie between two keys of the list: units of one metric may be on two pages.
    fn page(
        &self,
        metrics: impl Iterator<Item = Metric>,
        after: Option<&Key>,
        to: Option<&Key>,
    ) -> Vec<Numbered> {
        let series = &self.core.parts.series;
        let mut page = Vec::new();
        for metric in metrics {
            for (unit, number) in series.units(&metric) {
                let Ok(key) = metric.key(&unit) else { continue };
                if after.is_none_or(|after| key > *after) && to.is_none_or(|to| key <= *to) {
                    page.push(Numbered {
                        metric: metric.clone(),
                        unit,
                        number,
                        key,
                    });
                }
            }
        }
        page
    }

    fn batch(&self, body: Vec<u8>, updates: u64, after: Option<Key>) -> Batch {
        let (account, region) = core::at(self.place);
        Batch {
            body: match self.stream.format {
                StreamFormat::Json => body,
                StreamFormat::OpenTelemetry1 => otlp::request(account, region, &self.arn(), &body),
            },
            updates,
            after,
        }
    }

    async fn post(&self, position: &StreamPosition, body: Vec<u8>) -> Result<(), Failure> {
        let arn = self.arn();
        let form = match self.stream.format {
            StreamFormat::Json => json::CONTENT_TYPE,
            StreamFormat::OpenTelemetry1 => otlp::CONTENT_TYPE,
        };
        let invocation = Invocation {
            destination: &self.stream.destination,
            account: &self.place.account,
            id: &format!("{arn}/{}", position.minute),
            body: Body::Bytes(&body, form),
            last: Timestamp(i64::MAX),
        };
        let actor = Actor::Role {
            arn: self.stream.role.clone(),
            service: PRINCIPAL.to_owned(),
            source_arn: arn.clone(),
        };
        let destinations = &self.core.parts.destinations;
        destinations.invoke(&actor, &invocation).await
    }

    fn arn(&self) -> String {
        names::stream_arn(self.place, self.name)
    }

    /// Counts in metrics of the account, as AWS does. They are about the stream, which goes on without them.
    async fn note(&self, values: &[(&str, f64)]) {
        let at = self.now - self.now.rem_euclid(MINUTE);
        let sample = |(name, value): &(&str, f64)| {
            let metric = Metric {
                account: self.place.account.clone(),
                region: self.place.region.clone(),
                namespace: NAMESPACE.to_owned(),
                name: (*name).to_owned(),
                dimensions: vec![("MetricStreamName".to_owned(), self.name.to_owned())],
            };
            Some(Sample {
                key: metric.key(NO_UNIT).ok()?,
                tier: Tier::Minute,
                at,
                summary: Summary::one(*value),
            })
        };
        let samples = values.iter().filter_map(sample).collect();
        let series = &self.core.parts.series;
        if let Err(error) = series.append_own(&self.place.account, samples).await {
            tracing::warn!(stream = self.arn(), %error, "failed to write the metrics about a metric stream");
        }
    }
}

/// A series of a page.
struct Numbered {
    metric: Metric,
    unit: String,
    number: u32,
    key: Key,
}
