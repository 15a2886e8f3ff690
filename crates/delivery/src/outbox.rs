//! Parcels of a service, and the workers that deliver them.
//!
//! Workers take lanes in turn, and of a lane all that is due: places that many parcels go to are called
//! for many at once, and those that are slow keep nobody else's waiting.

use std::{fmt, sync::Arc};

use futures_util::future::join_all;
use serde::{Serialize, de::DeserializeOwned};
use tokio_util::sync::CancellationToken;
use wharf_base::{Clock, Permit, Timestamp};
use wharf_reconcile::{Next, Queue, Shard, Takeover};
use wharf_records::{Record as _, Scope};
use wharf_service::{Changes, Faults, OneQueue, Place, Reach, StepError, Stored, Table, fence};
use wharf_store::Compare;
use wharf_wire::async_trait;

use crate::{
    Failure, Figures, GivenUp, Lane, MOST_WAITING, Parcel, Policy, Room, figures::Counts,
    shares::Shares,
};

const PERMIT: Permit = Permit::for_controller("delivery");
/// Lanes that are worked on at once, and how many of them may be one account's.
const WORKERS: usize = 128;
const SHARE: usize = 32;
/// Parcels of a lane that one look takes. What it did with all of them fits into one transaction.
const MOST_AT_ONCE: usize = 100;
/// How a slash looks in a key: behind a parcel's lane stands the first.
const SLASH: &str = "%2F";

/// Who carries the parcels of a service.
#[async_trait]
pub trait Courier: Send + Sync + 'static {
    /// What a parcel says. It is kept in the store, so it holds no secret.
    type Work: Serialize + DeserializeOwned + Clone + Send + Sync + 'static;

    /// What it goes together with.
    fn lane(&self, work: &Self::Work) -> Lane;

    /// One try of parcels of one lane; of an ordered one they come one by one. Each may have been tried
    /// before, if the server ended before that was written down. The answers are in the order of the
    /// parcels; those without one were not tried.
    async fn deliver(&self, parcels: &[&Parcel<Self::Work>]) -> Vec<Result<(), Failure>>;

    /// Nobody will try it again: time for its dead letter.
    ///
    /// # Errors
    /// It could not be sent; one that may be sent later is.
    async fn given_up(&self, parcel: &Parcel<Self::Work>, why: GivenUp) -> Result<(), Failure>;

    /// What became of parcels, in the order in which it did, once that is written down: for counting and measuring.
    fn became(&self, _all: &[Outcome<'_, Self::Work>]) {}
}

/// What became of a parcel.
#[derive(Debug)]
pub struct Outcome<'a, W> {
    pub parcel: &'a Parcel<W>,
    pub what: Became,
    /// Of a try; what follows from that is none.
    pub span: Option<Span>,
}

/// From when to when a try was. Parcels that go together have that of all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub began: Timestamp,
    pub ended: Timestamp,
}

/// What a try came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Became {
    Delivered,
    /// The target was tried in vain, and said that it is asked too often.
    Throttled,
    /// It was tried in vain for another reason.
    Failed,
    /// Nobody will try it again; follows the last failure.
    GivenUp,
    /// Its dead letter is where it belongs, or there is no place for one.
    Buried,
    /// Its dead letter could not be sent.
    Lost,
}

impl Became {
    /// Of a try that failed; `None` if nothing was tried.
    pub fn of(failure: &Failure) -> Option<Self> {
        match failure {
            it if it.put_off => None,
            it if it.is_throttled() => Some(Self::Throttled),
            _ => Some(Self::Failed),
        }
    }
}

/// The parcels of one service.
pub struct Outbox<F, C> {
    service: &'static str,
    table: Table<F>,
    courier: Arc<C>,
    clock: Arc<dyn Clock>,
    /// Keys of lanes.
    queue: Arc<Queue<String>>,
    shares: Shares,
    shard: Shard,
    takeover: Takeover,
    counts: Counts,
    /// Bytes of an account's parcels.
    most_waiting: u64,
}

impl<F, C> fmt::Debug for Outbox<F, C> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = out.debug_struct("Outbox");
        out.field("service", &self.service).finish_non_exhaustive()
    }
}

impl<F: Faults, C: Courier> Outbox<F, C> {
    /// `service` is the one that the parcels' keys belong to.
    pub fn new(
        service: &'static str,
        table: Table<F>,
        courier: C,
        clock: Arc<dyn Clock>,
        takeover: Takeover,
    ) -> Self {
        Self {
            service,
            table,
            courier: Arc::new(courier),
            clock,
            queue: Arc::default(),
            shares: Shares::new(SHARE),
            shard: Shard::new(format!("/w1/c0/{service}/shard/delivery")),
            takeover,
            counts: Counts::default(),
            most_waiting: MOST_WAITING,
        }
    }

    /// With another bound of the parcels of one account.
    #[must_use]
    pub fn with_most_waiting(self, bytes: u64) -> Self {
        Self {
            most_waiting: bytes,
            ..self
        }
    }

    /// What an account has left for further parcels, in all regions.
    pub fn room(&self, account: &str) -> Room {
        let (store, kind) = (self.table.store(), Parcel::<C::Work>::KIND);
        let held = store.held_of_kind(self.service, kind, account);
        Room::new(account, self.most_waiting, held.bytes)
    }

    /// How deliveries go, for metrics.
    pub fn figures(&self) -> Figures {
        self.counts.with(self.queue.depth())
    }

    /// Counts a try of what the service delivers beside its parcels.
    pub fn count(&self, answer: &Result<(), Failure>) {
        match answer {
            Ok(()) => self.counts.delivered(),
            Err(failure) if failure.put_off => {}
            Err(_) => self.counts.failed(),
        }
    }

    /// Counts what the service gives up of it.
    pub fn count_given_up(&self) {
        self.counts.given_up();
    }

    /// Adds a parcel to the change that makes it necessary. `id` tells it from others of the place; in
    /// an ordered lane it also says when it is its turn.
    pub fn put(
        &self,
        changes: &mut Changes<'_, F>,
        place: &Place,
        id: &str,
        work: C::Work,
        policy: Policy,
    ) {
        self.put_since(changes, place, id, work, policy, self.clock.now());
    }

    /// The same of what became necessary at another time. A parcel that is put twice with the same time
    /// is one.
    pub fn put_since(
        &self,
        changes: &mut Changes<'_, F>,
        place: &Place,
        id: &str,
        work: C::Work,
        policy: Policy,
        since: Timestamp,
    ) {
        let lane = self.courier.lane(&work);
        let parcel = Parcel::new(work, policy, since);
        let scope = Scope::new(self.service, &place.account, &place.region);
        let id = lane.place(id, parcel.due_at);
        changes.put(scope.key(Parcel::<C::Work>::KIND, &id), &parcel);
    }

    /// Delivers until `stop`, or until a part of it panics.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        let loops = OneQueue {
            service: self.service,
            store: self.table.store(),
            shard: &self.shard,
            permit: PERMIT,
            takeover: self.takeover,
            queue: &self.queue,
            workers: WORKERS,
        };
        let (fed, worked) = (self.queue.clone(), self.clone());
        let changed = move |key: &str, _| {
            let kind = Scope::parse(key).map(|(_, kind, _)| kind);
            if kind == Some(Parcel::<C::Work>::KIND) {
                fed.wake(lane_of(key).to_owned());
            }
            Reach::One
        };
        let work = move |lane| worked.clone().look(lane);
        loops.run(stop, changed, work).await;
    }

    /// Delivers what is due of the lane under a key, if it is its account's turn.
    async fn look(self: Arc<Self>, lane: String) -> Result<Next, StepError<F>> {
        let account = Scope::parse(&lane).map_or_else(String::new, |(it, _, _)| it.account);
        if !self.shares.take(&account, &lane) {
            return Ok(Next::Settled);
        }
        let next = self.bring(&lane).await;
        if let Some(waiting) = self.shares.give_back(&account) {
            self.queue.wake(waiting);
        }
        next
    }

    async fn bring(&self, lane: &str) -> Result<Next, StepError<F>> {
        // Who lost the shard leaves it to the other.
        let held = fence::<F>(&self.shard)?;
        let prefix = format!("{lane}{SLASH}");
        let found = self.table.page(&prefix, None, MOST_AT_ONCE, |_| true);
        let mut parcels: Vec<Stored<Parcel<C::Work>>> = found.await?.records;
        if parcels.is_empty() {
            // Versions before wrote parcels without a lane.
            parcels.extend(self.table.read(lane).await?);
        }
        let now = self.clock.now();
        let ordered = parcels
            .first()
            .is_some_and(|it| self.courier.lane(&it.record.work).is_ordered());
        let later = parcels.iter().map(|it| it.record.due_at);
        let later = later.filter(|due| now < *due).min();
        let is_due = |it: &Stored<Parcel<C::Work>>| it.record.due_at <= now;
        let due: Vec<_> = match ordered {
            true => parcels.into_iter().take_while(is_due).collect(),
            false => parcels.into_iter().filter(is_due).collect(),
        };
        if !due.is_empty() {
            self.carry(due, ordered, &held).await?;
        }
        // Where something was written the lane is woken, so that what follows has its turn.
        Ok(match later {
            Some(due) => Next::After(due.since(now)),
            None => Next::Settled,
        })
    }

    /// One try of each, and what is left of them.
    async fn carry(
        &self,
        due: Vec<Stored<Parcel<C::Work>>>,
        ordered: bool,
        held: &Compare,
    ) -> Result<(), StepError<F>> {
        let (dying, living): (Vec<_>, Vec<_>) =
            due.into_iter().partition(|it| it.record.given_up.is_some());
        let mut answers = Vec::new();
        if ordered {
            for stored in &living {
                answers.extend(self.deliver(&[&stored.record]).await);
                if !answers.last().is_some_and(|(it, _)| it.is_ok()) {
                    break;
                }
            }
        } else if !living.is_empty() {
            let all: Vec<_> = living.iter().map(|it| &it.record).collect();
            answers = self.deliver(&all).await;
        }
        let (mut delivered, mut failed) = (Vec::new(), Vec::new());
        let mut changes = self.table.begin();
        changes.fence(held.clone());
        for (stored, (answer, span)) in living.into_iter().zip(answers) {
            self.count(&answer);
            match answer {
                Ok(()) => {
                    changes.delete(&stored.key);
                    delivered.push((stored, span));
                }
                Err(failure) => failed.push((stored, failure, span)),
            }
        }
        changes.write(&PERMIT).await?;
        self.tell_delivered(&delivered);
        let failed = failed
            .into_iter()
            .map(|(stored, failure, span)| async move {
                let left = stored.record.clone();
                let became = Became::of(&failure).map(|it| (it, span));
                let left = left.failed(failure, self.clock.now(), rand::random());
                self.keep(&stored, left, became, held).await
            });
        let dying = dying.into_iter().map(|stored| async move {
            let (left, became) = self.bury(stored.record.clone()).await;
            self.rewrite(&stored, left, &became, held).await
        });
        for done in join_all(failed).await {
            done?;
        }
        for done in join_all(dying).await {
            done?;
        }
        Ok(())
    }

    fn tell_delivered(&self, delivered: &[(Stored<Parcel<C::Work>>, Span)]) {
        let all = delivered.iter().map(|(stored, span)| Outcome {
            parcel: &stored.record,
            what: Became::Delivered,
            span: Some(*span),
        });
        self.courier.became(&all.collect::<Vec<_>>());
    }

    /// One try of parcels of one lane, each answer with the time that it took.
    async fn deliver(&self, parcels: &[&Parcel<C::Work>]) -> Vec<(Result<(), Failure>, Span)> {
        let began = self.clock.now();
        let answers = self.courier.deliver(parcels).await;
        let span = Span {
            began,
            ended: self.clock.now(),
        };
        answers.into_iter().map(|it| (it, span)).collect()
    }

    /// Keeps a parcel that was not delivered for its next try, or sends its dead letter.
    async fn keep(
        &self,
        stored: &Stored<Parcel<C::Work>>,
        left: Result<Parcel<C::Work>, GivenUp>,
        tried: Option<(Became, Span)>,
        held: &Compare,
    ) -> Result<(), StepError<F>> {
        let mut all = Vec::from_iter(tried.map(|(what, span)| (what, Some(span))));
        let left = match left {
            Ok(again) => Some(again),
            Err(why) => {
                self.counts.given_up();
                tracing::warn!(key = stored.key, error = %why.failure, retries = why.retries, "a delivery failed, no further retry");
                all.push((Became::GivenUp, None));
                let dead = stored.record.clone().dead(why, self.clock.now());
                let (left, became) = self.bury(dead).await;
                all.extend(became);
                left
            }
        };
        self.rewrite(stored, left, &all, held).await
    }

    /// Sends the dead letter of a parcel; what is left of it if that has to be tried again.
    async fn bury(
        &self,
        parcel: Parcel<C::Work>,
    ) -> (Option<Parcel<C::Work>>, Vec<(Became, Option<Span>)>) {
        let Some(why) = parcel.given_up.clone() else {
            return (None, Vec::new());
        };
        let Err(failure) = self.courier.given_up(&parcel, why).await else {
            return (None, vec![(Became::Buried, None)]);
        };
        match parcel.failed(failure, self.clock.now(), rand::random()) {
            Ok(again) => (Some(again), Vec::new()),
            Err(why) => {
                tracing::warn!(error = %why.failure, retries = why.retries, "failed to send a dead letter, it is lost");
                (None, vec![(Became::Lost, None)])
            }
        }
    }

    /// Writes what is left of a parcel at the place of its next try, and tells what became of it, unless somebody
    /// deleted it.
    async fn rewrite(
        &self,
        stored: &Stored<Parcel<C::Work>>,
        left: Option<Parcel<C::Work>>,
        became: &[(Became, Option<Span>)],
        held: &Compare,
    ) -> Result<(), StepError<F>> {
        let mut changes = self.table.begin();
        changes.when(stored.still_there());
        changes.fence(held.clone());
        changes.delete(&stored.key);
        if let (Some(parcel), Some((scope, kind, id))) = (left, Scope::parse(&stored.key)) {
            let lane = self.courier.lane(&parcel.work);
            let id = lane.moved(&id, parcel.due_at);
            changes.put(scope.key(kind, &id), &parcel);
        }
        match changes.write(&PERMIT).await {
            // Nothing was written: who has the parcel now says what becomes of it.
            Err(error) if error.is_conflict() => return Ok(()),
            done => done?,
        }
        let all = became.iter().map(|&(what, span)| Outcome {
            parcel: &stored.record,
            what,
            span,
        });
        self.courier.became(&all.collect::<Vec<_>>());
        Ok(())
    }
}

/// The key of a parcel up to its lane.
fn lane_of(key: &str) -> &str {
    let id = key.rfind('/').map_or(0, |at| at + 1);
    match key[id..].find(SLASH) {
        Some(at) => &key[..id + at],
        None => key,
    }
}

#[cfg(test)]
mod tests;
