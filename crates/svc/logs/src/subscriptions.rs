//! Log events on their way to those who subscribed to them, at least once.
//!
//! Inputs: what puts tell of, at start all streams of groups with filters; of each filter a durable cursor in each
//! stream. Output: messages, then the cursor behind what they had. A destination that fails is tried again with
//! growing waits, for a day after its oldest event came in; what is older is passed over with a warning.

use std::{
    collections::{BTreeMap, HashMap},
    hash::{DefaultHasher, Hash as _, Hasher as _},
    ops::RangeInclusive,
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use tokio::{sync::Notify, task::JoinSet};
use tokio_util::sync::CancellationToken;
use wharf_base::{Arn, Clock, Timestamp, backoff::doubled};
use wharf_delivery::send;
use wharf_records::{Record as _, Scope};
use wharf_wire::Fault;

use crate::{
    LogsService, bound, event, fault,
    opener::Opener,
    pattern::{Message, Pattern},
    records::{Group, Stream, SubscriptionFilter},
    service::stream_key,
    subscription::{self, Destination, Sent},
};

/// Records and bytes of one message before they are packed; a message of a queue holds them, packed or not.
const BATCH_RECORDS: usize = 2000;
const BATCH_BYTES: usize = 128 << 10;
/// Streams that are delivered from at once.
const AT_ONCE: usize = 8;
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LAST_WAIT: Duration = Duration::from_secs(60);
/// AWS's own.
const TRIED_FOR_MS: i64 = 86_400_000;
/// Looks at what waits without being told.
const EVERY: Duration = Duration::from_secs(1);

#[derive(Default)]
pub struct Subscriptions {
    /// Streams with events that may be wanted, by their journals' names.
    pending: Mutex<BTreeMap<String, Followed>>,
    news: Notify,
    /// Filters whose destination failed, by group and name.
    waits: Mutex<HashMap<(String, String), Wait>>,
}

/// A stream with subscribers.
#[derive(Debug, Clone)]
pub struct Followed {
    scope: Scope,
    group: String,
    stream: Stream,
}

#[derive(Debug, Clone, Copy)]
struct Wait {
    until: Instant,
    failures: u32,
}

/// Where a filter's cursor in a stream is.
pub fn cursor(filter: &str) -> String {
    format!("subscription/{filter}")
}

impl LogsService {
    /// Events came into a stream of a group.
    pub(crate) fn follow(&self, scope: Scope, group: &Group, stream: &Stream) {
        if group.subscription_filters.is_empty() {
            return;
        }
        let followed = Followed {
            scope,
            group: group.name.clone(),
            stream: stream.clone(),
        };
        self.subscriptions
            .pending
            .lock()
            .insert(stream.journal_name(), followed);
        self.subscriptions.news.notify_one();
    }

    /// Delivers until told to stop.
    pub async fn deliver(self, clock: Arc<dyn Clock>, stop: CancellationToken) {
        let mut known = false;
        while !stop.is_cancelled() {
            if !known {
                match self.follow_all().await {
                    Ok(()) => known = true,
                    Err(error) => {
                        tracing::warn!(%error, "subscriptions of logs are not read yet; retrying")
                    }
                }
            }
            self.deliver_once(clock.now()).await;
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.subscriptions.news.notified() => {}
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    }

    /// All streams that may have waited for this start.
    pub async fn follow_all(&self) -> Result<(), Fault> {
        for (scope, group) in bound::groups(self).await? {
            if group.subscription_filters.is_empty() {
                continue;
            }
            let prefix = scope.key(Stream::KIND, &stream_key(&group.id, ""));
            for stream in self.all::<Stream>(&prefix).await? {
                self.follow(scope.clone(), &group, &stream);
            }
        }
        Ok(())
    }

    /// Takes all streams that have something one step forward, until nothing is left or all that is left waits.
    pub async fn deliver_once(&self, now: Timestamp) {
        let mut pending = std::mem::take(&mut *self.subscriptions.pending.lock()).into_values();
        let mut running = JoinSet::new();
        loop {
            while running.len() < AT_ONCE
                && let Some(followed) = pending.next()
            {
                let service = self.clone();
                running.spawn(async move {
                    let left = service.deliver_stream(&followed, now).await;
                    (followed, left)
                });
            }
            let Some(done) = running.join_next().await else {
                return;
            };
            let Ok((followed, left)) = done else {
                continue;
            };
            let is_left = left.unwrap_or_else(|error| {
                let stream = &followed.stream.name;
                tracing::warn!(group = followed.group, stream, %error, "log events are not delivered; retrying");
                true
            });
            if is_left {
                let name = followed.stream.journal_name();
                self.subscriptions
                    .pending
                    .lock()
                    .entry(name)
                    .or_insert(followed);
            }
        }
    }

    /// Whether something is left.
    async fn deliver_stream(&self, followed: &Followed, now: Timestamp) -> Result<bool, Fault> {
        let Followed {
            scope,
            group,
            stream,
        } = followed;
        let found = self
            .table
            .read::<Group>(&scope.key(Group::KIND, group))
            .await?;
        let Some(group) = found
            .map(|it| it.record)
            .filter(|it| it.id == stream.group_id)
        else {
            return Ok(false);
        };
        let mut is_left = false;
        for filter in &group.subscription_filters {
            is_left |= !self
                .deliver_filter((scope, &group, stream), filter, now)
                .await?;
        }
        Ok(is_left)
    }

    /// Whether all was delivered.
    async fn deliver_filter(
        &self,
        (scope, group, stream): (&Scope, &Group, &Stream),
        filter: &SubscriptionFilter,
        now: Timestamp,
    ) -> Result<bool, Fault> {
        let (journal, key) = (
            stream.journal_name(),
            (group.id.clone(), filter.name.clone()),
        );
        // What was stored was checked before.
        let (Ok(pattern), Ok(destination)) = (
            Pattern::parse(&filter.pattern),
            Destination::parse(&filter.destination),
        ) else {
            return Ok(true);
        };
        let Some(operations) = self.operations.get() else {
            return Ok(false);
        };
        let arn = Arn::new(
            "logs",
            &scope.region,
            &scope.account,
            format!("log-group:{}", group.name),
        )
        .to_string();
        let actor = subscription::actor(filter, &scope.account, &arn);
        let events = self.events.journal();
        loop {
            if self
                .subscriptions
                .waits
                .lock()
                .get(&key)
                .is_some_and(|it| Instant::now() < it.until)
            {
                return Ok(false);
            }
            let at = events.cursor(&journal, &cursor(&filter.name)).unwrap_or(0);
            let read = events.read(&journal, at, BATCH_RECORDS, BATCH_BYTES).await;
            let read = read.map_err(fault::journal)?;
            let Some(last) = read.records.last().map(|it| it.offset) else {
                return Ok(true);
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
            let oldest = found.iter().map(|it| it.ingestion).min();
            let oldest = oldest.unwrap_or(i64::MAX);
            if filter.on_transformed && !rules.is_empty() {
                let texts = found.iter().map(|it| (it.ingestion, it.message.clone()));
                let seen = rules.see(scope, &group.name, &stream.name, texts.collect());
                for (event, seen) in found.iter_mut().zip(seen.await?) {
                    event.message = seen.fields.unwrap_or(seen.message);
                }
            }
            let mut sent = Vec::new();
            for found in found {
                if pattern.matches(&Message::new(&found.message)) {
                    sent.push(Sent {
                        id: event::id(&found, &stream.id),
                        timestamp: found.timestamp,
                        message: found.message,
                    });
                }
            }
            if !sent.is_empty() {
                let message = subscription::data(
                    &scope.account,
                    &group.name,
                    &stream.name,
                    &filter.name,
                    &sent,
                );
                let token = token(group, filter, &stream.id, at..=last);
                let call = destination.call(&message, &stream.id, &token);
                if let Err(cause) = send(&**operations, &actor, &call).await {
                    let is_over = oldest < now.millis() - TRIED_FOR_MS;
                    tracing::warn!(
                        group = group.name, filter = filter.name, error = %cause, given_up = is_over,
                        "a destination of log events failed"
                    );
                    if !is_over {
                        self.wait(key);
                        return Ok(false);
                    }
                }
            }
            self.subscriptions.waits.lock().remove(&key);
            let moved = events
                .set_cursor(&journal, &cursor(&filter.name), last + 1)
                .await;
            moved.map_err(fault::journal)?;
        }
    }

    fn wait(&self, key: (String, String)) {
        let mut waits = self.subscriptions.waits.lock();
        let failures = waits
            .get(&key)
            .map_or(0, |it| it.failures)
            .saturating_add(1);
        let wait = Wait {
            until: Instant::now() + doubled(FIRST_WAIT, LAST_WAIT, failures),
            failures,
        };
        waits.insert(key, wait);
    }
}

/// What a FIFO queue tells the same batch by, and no other: the batch after a crash may end later, and two filters of a
/// group may send to one queue.
fn token(
    group: &Group,
    filter: &SubscriptionFilter,
    stream: &str,
    offsets: RangeInclusive<u64>,
) -> String {
    let mut hasher = DefaultHasher::new();
    (&group.id, &filter.name).hash(&mut hasher);
    let (first, last) = (offsets.start(), offsets.end());
    format!("{stream}-{first}-{last}-{:016x}", hasher.finish())
}
