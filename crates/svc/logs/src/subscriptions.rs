//! Log events on their way to those who subscribed to them, at least once.
//!
//! Inputs: what puts tell of, at start all streams that filters are for; of each filter a durable cursor in each
//! stream. Output: messages, then the cursor behind what they had. A destination that fails is tried again with
//! growing waits, for a day after its oldest event came in; what is older is passed over with a warning.
//!
//! A stream goes one batch forward at a time, and accounts take turns: who has thousands of streams, or a destination
//! that answers slowly, holds up nobody else.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use tokio::{sync::Notify, task::JoinSet};
use tokio_util::sync::CancellationToken;
use wharf_base::{Clock, Timestamp, backoff::doubled};
use wharf_records::{Record as _, Scope};
use wharf_wire::Fault;

use crate::{
    LogsService, bound,
    records::{Group, Stream},
    service::stream_key,
    turns::Turns,
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
    /// Streams with events that may be wanted, by their accounts and their journals' names.
    turns: Mutex<Turns<Followed>>,
    news: Notify,
    /// Filters whose destination failed, by group and cursor.
    waits: Mutex<HashMap<(String, String), Wait>>,
}

impl Default for Subscriptions {
    fn default() -> Self {
        Self {
            turns: Mutex::new(Turns::new(SHARE)),
            news: Notify::new(),
            waits: Mutex::default(),
        }
    }
}

/// A stream with subscribers.
#[derive(Debug, Clone)]
pub struct Followed {
    pub scope: Scope,
    pub group: String,
    pub stream: Stream,
}

#[derive(Debug, Clone, Copy)]
struct Wait {
    until: Instant,
    failures: u32,
}

/// What is left of a stream after a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Left {
    Nothing,
    /// A destination is tried again later.
    Waits,
    More,
}

/// A step that was made.
struct Step {
    account: String,
    name: String,
    followed: Followed,
    left: Left,
}

impl Subscriptions {
    fn add(&self, followed: Followed) {
        let account = followed.scope.account.clone();
        let name = followed.stream.journal_name();
        self.turns.lock().add(&account, &name, followed);
    }

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
    /// Events came into a stream of a group.
    pub(crate) async fn follow(&self, scope: Scope, group: &Group, stream: &Stream) {
        // Where nobody can say now whether somebody wants them, the step finds out.
        let is_wanted = self.is_followed(&scope, group).await;
        if is_wanted.is_ok_and(|it| !it) {
            return;
        }
        self.subscriptions.add(Followed {
            scope,
            group: group.name.clone(),
            stream: stream.clone(),
        });
        self.subscriptions.news.notify_one();
    }

    /// Delivers until told to stop.
    pub async fn deliver(self, clock: Arc<dyn Clock>, stop: CancellationToken) {
        let (mut running, mut held) = (JoinSet::new(), Vec::new());
        let mut tick = tokio::time::interval(EVERY);
        let mut known = false;
        loop {
            self.begin_steps(&mut running, clock.now());
            tokio::select! {
                () = stop.cancelled() => break,
                () = self.subscriptions.news.notified() => {}
                Some(step) = running.join_next() => held.extend(self.finished(step)),
                _ = tick.tick() => {
                    held.drain(..).for_each(|it| self.subscriptions.add(it));
                    self.subscriptions.forget(Instant::now());
                    if !known {
                        match self.follow_all().await {
                            Ok(()) => known = true,
                            Err(error) => {
                                tracing::warn!(%error, "subscriptions of logs are not read yet; retrying")
                            }
                        }
                    }
                }
            }
        }
        // Who stops waits for what is under way: it is not sent again then.
        while running.join_next().await.is_some() {}
    }

    /// All streams that may have waited for this start.
    pub async fn follow_all(&self) -> Result<(), Fault> {
        for (scope, group) in bound::groups(self).await? {
            if !self.is_followed(&scope, &group).await? {
                continue;
            }
            let prefix = scope.key(Stream::KIND, &stream_key(&group.id, ""));
            for stream in self.all::<Stream>(&prefix).await? {
                self.subscriptions.add(Followed {
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
        let (mut running, mut held) = (JoinSet::new(), Vec::new());
        loop {
            self.begin_steps(&mut running, now);
            let Some(step) = running.join_next().await else {
                break;
            };
            held.extend(self.finished(step));
        }
        held.drain(..).for_each(|it| self.subscriptions.add(it));
    }

    fn begin_steps(&self, running: &mut JoinSet<Step>, now: Timestamp) {
        while running.len() < AT_ONCE {
            let next = self.subscriptions.turns.lock().take();
            let Some((account, name, followed)) = next else {
                return;
            };
            let service = self.clone();
            running.spawn(async move {
                let left = service.deliver_stream(&followed, now).await;
                let left = left.unwrap_or_else(|error| {
                    let (group, stream) = (&followed.group, &followed.stream.name);
                    tracing::warn!(group, stream, %error, "log events are not delivered; retrying");
                    Left::Waits
                });
                Step {
                    account,
                    name,
                    followed,
                    left,
                }
            });
        }
    }

    /// What is to be looked at again later.
    fn finished(&self, step: Result<Step, tokio::task::JoinError>) -> Option<Followed> {
        let step = match step {
            Ok(step) => step,
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(_) => return None,
        };
        let mut turns = self.subscriptions.turns.lock();
        let (more, waits) = match step.left {
            Left::Nothing => (None, None),
            Left::More => (Some(step.followed), None),
            Left::Waits => (None, Some(step.followed)),
        };
        turns.done(&step.account, &step.name, more);
        waits
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
        let mut left = self.report_batch((scope, &group, &stream), now).await?;
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
