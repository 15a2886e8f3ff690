//! Log events on their way to those who subscribed to them, at least once.
//!
//! Inputs: what puts tell of, at start all streams that filters are for; of each filter a durable cursor in each
//! stream. Output: messages, then the cursor behind what they had. A destination that fails is tried again with
//! growing waits, for a day after its oldest event came in; what is older is passed over with a warning.
//!
//! A stream goes one batch forward at a time, and accounts take turns (`followed`).

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;
use wharf_base::{Clock, Timestamp, backoff::doubled};
use wharf_records::{Record as _, Scope};
use wharf_wire::{Fault, async_trait};

use crate::{
    LogsService, bound,
    followed::{self, Followed, Left, Line, Work},
    records::{Group, Stream},
    rules::Rules,
    service::stream_key,
};

/// Streams that are delivered from at once, and those of one account.
const AT_ONCE: usize = 32;
const SHARE: usize = 4;
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LAST_WAIT: Duration = Duration::from_secs(60);
/// A filter that was not tried for so long after its wait.
const FORGOTTEN: Duration = Duration::from_secs(600);
/// Looks at what waits without being told.
const EVERY: Duration = Duration::from_secs(1);

pub struct Subscriptions {
    /// Streams with events that may be wanted.
    line: Line,
    /// Filters whose destination failed, by group and cursor, and streams that could not be read.
    waits: Mutex<HashMap<(String, String), Wait>>,
}

impl Default for Subscriptions {
    fn default() -> Self {
        Self {
            line: Line::new(AT_ONCE, SHARE),
            waits: Mutex::default(),
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Wait {
    until: Instant,
    failures: u32,
}

/// The time that batches are made at.
#[derive(Clone)]
enum Now {
    By(Arc<dyn Clock>),
    At(Timestamp),
}

/// Delivers what one line has.
#[derive(Clone)]
struct Delivery {
    service: LogsService,
    now: Now,
}

#[async_trait]
impl Work for Delivery {
    fn line(&self) -> &Line {
        &self.service.subscriptions.line
    }

    async fn step(&self, followed: &Followed) -> Left {
        let now = match &self.now {
            Now::By(clock) => clock.now(),
            Now::At(now) => *now,
        };
        let left = self.service.deliver_stream(followed, now).await;
        left.unwrap_or_else(|error| {
            let (group, stream) = (&followed.group, &followed.stream.name);
            tracing::warn!(group, stream, %error, "log events are not delivered; retrying");
            Left::Waits
        })
    }

    async fn add_all(&self) -> bool {
        let added = self.service.follow_all().await;
        if let Err(error) = &added {
            tracing::warn!(%error, "subscriptions of logs are not read yet; retrying");
        }
        added.is_ok()
    }

    fn tick(&self) {
        self.service.subscriptions.forget(Instant::now());
    }
}

impl Subscriptions {
    /// Whether a filter waits for its destination.
    pub fn waits(&self, key: &(String, String)) -> bool {
        let waits = self.waits.lock();
        waits.get(key).is_some_and(|it| Instant::now() < it.until)
    }

    /// A destination failed, and may have said for how long it does not want to hear more.
    pub fn wait(&self, key: (String, String), asked: Option<Duration>) {
        let mut waits = self.waits.lock();
        let failures = waits.get(&key).map_or(0, |it| it.failures);
        let failures = failures.saturating_add(u32::from(asked.is_none()));
        let wait = asked.map(|it| it.min(LAST_WAIT));
        let wait = wait.unwrap_or_else(|| doubled(FIRST_WAIT, LAST_WAIT, failures));
        let until = Instant::now() + wait;
        waits.insert(key, Wait { until, failures });
    }

    /// Forgets filters and groups that are gone: what is there is tried when its wait is over.
    fn forget(&self, now: Instant) {
        let mut waits = self.waits.lock();
        waits.retain(|_, it| now.saturating_duration_since(it.until) < FORGOTTEN);
    }

    /// A destination took what it was sent.
    pub fn took(&self, key: &(String, String)) {
        self.waits.lock().remove(key);
    }
}

impl LogsService {
    /// Events came into a stream of a group at a time, in milliseconds. The group's rules are these, if anybody can say now.
    pub(crate) async fn follow(
        &self,
        (scope, group, stream): (&Scope, &Group, &Stream),
        now: i64,
        rules: Option<&Rules>,
    ) {
        // Where nobody can say now whether somebody wants them, the step finds out.
        if let Some(rules) = rules
            && let Ok(false) = self.is_followed((scope, group), rules, now).await
        {
            return;
        }
        self.subscriptions.line.tell(Followed {
            scope: scope.clone(),
            group: group.name.clone(),
            stream: stream.clone(),
        });
    }

    /// Delivers until told to stop.
    pub async fn deliver(self, clock: Arc<dyn Clock>, stop: CancellationToken) {
        let now = Now::By(clock);
        followed::run(Delivery { service: self, now }, EVERY, stop).await;
    }

    /// All streams that may have waited for this start.
    pub async fn follow_all(&self) -> Result<(), Fault> {
        for (scope, group) in bound::groups(self).await? {
            let rules = self.rules(&scope, &group).await?;
            // What came in while a transformer stood may not be counted yet.
            let is_followed = self.is_followed((&scope, &group), &rules, i64::MIN);
            if !is_followed.await? {
                continue;
            }
            let prefix = scope.key(Stream::KIND, &stream_key(&group.id, ""));
            for stream in self.all::<Stream>(&prefix).await? {
                self.subscriptions.line.add(Followed {
                    scope: scope.clone(),
                    group: group.name.clone(),
                    stream,
                });
            }
        }
        Ok(())
    }

    /// Delivers until nothing is left or all that is left waits.
    pub async fn deliver_once(&self, now: Timestamp) {
        let service = self.clone();
        let now = Now::At(now);
        followed::run_once(Delivery { service, now }).await;
    }

    /// One batch of each filter.
    async fn deliver_stream(&self, followed: &Followed, now: Timestamp) -> Result<Left, Fault> {
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
            return Ok(Left::Nothing);
        };
        // It may have been marked since it was followed: groups that subscribe to each other would go on for ever.
        let key = scope.key(Stream::KIND, &stream_key(&group.id, &stream.name));
        let found = self.table.read::<Stream>(&key).await?.map(|it| it.record);
        let Some(stream) = found.filter(|it| it.id == stream.id) else {
            return Ok(Left::Nothing);
        };
        let rules = self.rules(scope, &group).await?;
        let of = (scope, &group, &stream);
        let counted = self.count_transformed(of, &rules, now).await;
        let found = self.report_batch(of, &rules, now).await?;
        let mut left = counted.max(found);
        for filter in self.filters_of(scope, &group).await? {
            let batch = self.deliver_batch((scope, &group, &stream), &filter, now);
            left = left.max(batch.await?);
        }
        Ok(left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_tries_any_more_is_forgotten() {
        let (all, key) = (Subscriptions::default(), ("g".to_owned(), "f".to_owned()));
        all.wait(key.clone(), None);
        let now = Instant::now();
        all.forget(now + LAST_WAIT);
        assert!(all.waits(&key));
        all.forget(now + LAST_WAIT + FORGOTTEN);
        assert!(all.waits.lock().is_empty());
    }
}
