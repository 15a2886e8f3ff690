//! Turns of those who claim room on hosts, and the one transaction of each turn.
//!
//! Hosts must be chosen with all earlier claims in sight, so claims of one server come one after the
//! other: a turn lasts from the look at the machines until the transaction is durable. Requests that
//! wait share a turn, as many as a transaction holds, so that a hundred callers wait for two or three
//! syncs of the disk and not for a hundred. Between servers the comparison of every ledger decides, as
//! it does between a turn and a claimant that ends meanwhile: a lost turn is taken again on what is
//! true by then.
//!
//! Requests of several kinds share turns and transactions: what each is about is its own affair
//! ([`Request`]).

use std::{
    collections::{BTreeSet, VecDeque},
    future::Future,
    pin::Pin,
};

use parking_lot::{Mutex, MutexGuard};
use rand::{SeedableRng, rngs::SmallRng};
use tokio::sync::{self, oneshot};
use wharf_base::{Permit, ShareFull};
use wharf_placement::{HostIx, Trial};
use wharf_records::hosts::Claim;
use wharf_service::MAX_TRIES;
use wharf_store::{MAX_TXN_BYTES, MAX_TXN_OPS, Revision, StoreError};

use crate::{Draft, Hosts, Machines};

/// Claimants of one shape that want room.
pub trait Request: Send + Sync + 'static {
    /// Hosts that were chosen.
    type Choice: Send + Sync;
    /// What is written for them.
    type Made: Send + Sync + 'static;
    /// Why none could be chosen.
    type Refusal: Send + Sync + 'static;

    /// Under which it is written, if it is the first of its transaction.
    fn permit(&self) -> &Permit;

    /// Whose records it adds to.
    fn account(&self) -> &str;

    /// Most claimants there will be.
    fn count(&self) -> usize;

    /// What each of them takes.
    fn claim(&self) -> &Claim;

    /// The group that hosts count them in.
    fn group(&self) -> String;

    /// What must not change before they are written: keys, and the revisions they have (0: none).
    fn rests_on(&self) -> Vec<(String, Revision)>;

    /// One of those keys, if two requests that rest on it must not share a transaction.
    fn exclusive(&self) -> Option<&str> {
        None
    }

    /// Keys it writes beside one a claimant and the ledgers.
    fn further_writes(&self) -> usize {
        0
    }

    /// Waits until what it looks at beside the machines shows everything written so far.
    fn up_to_date(&self) -> impl Future<Output = ()> + Send {
        async {}
    }

    /// Chooses hosts on the machines as they are: their rows, one for each claimant, and all else that
    /// [`Request::write`] needs.
    ///
    /// # Errors
    /// There is nothing to choose from.
    fn choose(
        &self,
        machines: &Machines,
        rng: &mut SmallRng,
    ) -> Result<(Vec<HostIx>, Self::Choice), Self::Refusal>;

    /// Claims the hosts and writes what goes with it. May happen several times; the last one counts.
    fn write(&self, choice: Self::Choice, draft: &mut Draft) -> Self::Made;
}

/// What became of a request.
#[derive(Debug)]
pub enum Outcome<T> {
    Made(T),
    /// What it rests on has changed: it must be made from what is true now.
    Stale,
}

/// Why a request came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum QueueError<R> {
    #[error("there is nothing to choose from")]
    Refused(R),
    #[error("the store cannot be used")]
    Store(#[source] StoreError),
    #[error("{0} was changed by others with every try")]
    Contended(String),
    #[error("the placement queue ended before the request was served")]
    Ended,
}

#[derive(Default)]
pub(crate) struct PlacementQueue {
    turn: sync::Mutex<()>,
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Box<dyn Entry>>,
    /// Somebody takes turns for those who wait.
    served: bool,
}

/// Requests that share a turn.
type Batch = Vec<Box<dyn Entry>>;

/// A request of any kind that waits.
trait Entry: Send + Sync {
    /// Nobody waits for it any more.
    fn is_abandoned(&self) -> bool;
    fn limits(&self) -> Limits<'_>;
    fn permit(&self) -> &Permit;
    fn account(&self) -> &str;
    fn rests_on(&self) -> Vec<(String, Revision)>;
    fn up_to_date(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
    /// Chooses; with `trial` those behind it see its choice.
    fn choose(&mut self, machines: &mut Machines, rng: &mut SmallRng, trial: Option<&mut Trial>);
    /// Writes what was chosen.
    fn write(&mut self, draft: &mut Draft);
    /// Counts a lost try; how many there were.
    fn lost(&mut self) -> usize;
    /// It is done.
    fn answer(self: Box<Self>, end: End);
}

/// How a request ends.
enum End {
    Written,
    Stale,
    Contended(String),
    Store(StoreError),
}

/// What a request takes of a transaction at most.
struct Limits<'a> {
    count: usize,
    further_writes: usize,
    exclusive: Option<&'a str>,
}

type Answer<R> = Result<Outcome<<R as Request>::Made>, QueueError<<R as Request>::Refusal>>;

struct Waiting<R: Request> {
    request: R,
    answer: oneshot::Sender<Answer<R>>,
    tries: usize,
    chosen: Option<Result<R::Choice, R::Refusal>>,
    made: Option<Result<R::Made, R::Refusal>>,
}

impl<R: Request> Entry for Waiting<R> {
    fn is_abandoned(&self) -> bool {
        self.answer.is_closed()
    }

    fn limits(&self) -> Limits<'_> {
        Limits {
            count: self.request.count(),
            further_writes: self.request.further_writes(),
            exclusive: self.request.exclusive(),
        }
    }

    fn permit(&self) -> &Permit {
        self.request.permit()
    }

    fn account(&self) -> &str {
        self.request.account()
    }

    fn rests_on(&self) -> Vec<(String, Revision)> {
        self.request.rests_on()
    }

    fn up_to_date(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(self.request.up_to_date())
    }

    fn choose(&mut self, machines: &mut Machines, rng: &mut SmallRng, trial: Option<&mut Trial>) {
        let chosen = self.request.choose(machines, rng);
        if let (Ok((rows, _)), Some(trial)) = (&chosen, trial) {
            let group = self.request.group();
            for row in rows {
                trial.take(machines.fleet_mut(), *row, self.request.claim(), &group);
            }
        }
        self.chosen = Some(chosen.map(|(_, choice)| choice));
    }

    fn write(&mut self, draft: &mut Draft) {
        let chosen = self.chosen.take();
        self.made = chosen.map(|chosen| chosen.map(|choice| self.request.write(choice, draft)));
    }

    fn lost(&mut self) -> usize {
        self.tries += 1;
        self.tries
    }

    fn answer(self: Box<Self>, end: End) {
        let answer = match (end, self.made) {
            (End::Written, Some(made)) => made.map(Outcome::Made).map_err(QueueError::Refused),
            (End::Written, None) => Err(QueueError::Ended),
            (End::Stale, _) => Ok(Outcome::Stale),
            (End::Contended(key), _) => Err(QueueError::Contended(key)),
            (End::Store(error), _) => Err(QueueError::Store(error)),
        };
        // A caller that went away has no use for it.
        let _ = self.answer.send(answer);
    }
}

impl PlacementQueue {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock()
    }

    /// Takes those who are served together: the one who waits longest, and who fits in with it.
    fn take(&self) -> Batch {
        let waiting = &mut self.queue().waiting;
        let (mut taken, mut left) = (Vec::new(), VecDeque::new());
        let mut room = Room::default();
        while let Some(one) = waiting.pop_front() {
            if one.is_abandoned() {
                continue;
            }
            match room.admits(&*one) {
                true => taken.push(one),
                false => left.push_back(one),
            }
            if room.is_full() {
                break;
            }
        }
        left.append(waiting);
        *waiting = left;
        taken
    }

    fn put_back(&self, batch: Batch) {
        let waiting = &mut self.queue().waiting;
        for one in batch.into_iter().rev() {
            waiting.push_front(one);
        }
    }

    /// Behind all others.
    fn put_last(&self, batch: Batch) {
        self.queue().waiting.extend(batch);
    }
}

impl Hosts {
    /// The right to choose hosts and claim them, until it is dropped.
    pub async fn turn(&self) -> sync::MutexGuard<'_, ()> {
        self.queue().turn.lock().await
    }

    /// How many wait for a turn.
    pub fn queued(&self) -> usize {
        self.queue().queue().waiting.len()
    }

    /// Places what is requested, together with whatever else waits.
    ///
    /// # Errors
    /// See [`QueueError`].
    pub async fn place<R: Request>(&self, request: R) -> Answer<R> {
        let (answer, answered) = oneshot::channel();
        let waiting = Waiting {
            request,
            answer,
            tries: 0,
            chosen: None,
            made: None,
        };
        let served = {
            let mut queue = self.queue().queue();
            queue.waiting.push_back(Box::new(waiting));
            std::mem::replace(&mut queue.served, true)
        };
        if !served {
            // Not part of this call: a caller that goes away must not take others' transaction with it.
            tokio::spawn(serve(self.clone()));
        }
        answered.await.unwrap_or(Err(QueueError::Ended))
    }
}

/// Takes turns until nobody waits. Between two of them others who want the turn have theirs.
async fn serve(hosts: Hosts) {
    let mut service = Service {
        queue: hosts.queue(),
        done: false,
    };
    while !service.done {
        let turn = hosts.turn().await;
        let mut batches = VecDeque::from([hosts.queue().take()]);
        while let Some(batch) = batches.pop_front() {
            let left = attempt(&hosts, batch).await;
            batches.extend(left.into_iter().filter(|it| !it.is_empty()));
        }
        drop(turn);
        let mut queue = hosts.queue().queue();
        service.done = queue.waiting.is_empty();
        queue.served = !service.done;
    }
}

/// Should serving end before its time, those who wait hear of it and the next to come is served.
struct Service<'a> {
    queue: &'a PlacementQueue,
    done: bool,
}

impl Drop for Service<'_> {
    fn drop(&mut self) {
        if !self.done {
            *self.queue.queue() = Queue::default();
        }
    }
}

/// Chooses and commits; returns those for whom it was in vain and worth another try, with whom they share it.
async fn attempt(hosts: &Hosts, mut batch: Batch) -> Vec<Batch> {
    hosts.up_to_date().await;
    for one in &batch {
        one.up_to_date().await;
    }
    let txn = loop {
        choose(hosts, &mut batch);
        let mut draft = Draft::default();
        batch.iter_mut().for_each(|one| one.write(&mut draft));
        let txn = draft.into_txn();
        if batch.len() == 1 || txn.bytes() <= MAX_TXN_BYTES {
            break txn;
        }
        hosts.queue().put_back(batch.split_off(batch.len() / 2));
    };
    // Each request is some authorised call's or a controller's; together they are written in the name of one. If there is
    // a call, in its name: within the shares of accounts.
    let of_call = batch.iter().find(|one| one.permit().is_of_call());
    let named = of_call.or(batch.first());
    let Some(permit) = named.map(|one| one.permit().clone()) else {
        return Vec::new();
    };
    if txn.then.is_empty() {
        batch.into_iter().for_each(|one| one.answer(End::Written));
        return Vec::new();
    }
    match hosts.store().txn(&permit, txn).await {
        Ok(reply) if reply.succeeded => {
            batch.into_iter().for_each(|one| one.answer(End::Written));
            Vec::new()
        }
        Ok(reply) => vec![again(batch, &reply.conflict.unwrap_or_default())],
        Err(StoreError::ShareFull(full)) if batch.len() > 1 => apart(hosts, batch, &full),
        Err(error) => {
            for one in batch {
                one.answer(End::Store(error.clone()));
            }
            Vec::new()
        }
    }
}

/// An account has no room for all that a turn would write for it. Others are placed without it, then what wharf itself asks
/// for, which is not held to its share. What its calls ask for is refused if it has used up its share; if all of it was too
/// much, part of it waits behind everybody else.
fn apart(hosts: &Hosts, batch: Batch, full: &ShareFull) -> Vec<Batch> {
    let all = batch.len();
    let (own, others): (Batch, Batch) =
        (batch.into_iter()).partition(|one| one.account() == full.account);
    let (mut of_calls, of_wharf): (Batch, Batch) =
        (own.into_iter()).partition(|one| one.permit().is_of_call());
    if hosts.store().require_room(&full.account).is_err() {
        for one in of_calls.drain(..) {
            one.answer(End::Store(StoreError::ShareFull(full.clone())));
        }
    }
    let mut batches = vec![others, of_wharf, of_calls];
    for batch in &mut batches {
        // Nothing would be different the next time.
        if batch.len() == all {
            hosts.queue().put_last(batch.split_off(all / 2));
        }
    }
    batches
}

/// Somebody else wrote `key` first. Those that rest on it hear so, the others try again.
fn again(batch: Batch, key: &str) -> Batch {
    let mut left = Vec::new();
    for mut one in batch {
        let tries = one.lost();
        if one.rests_on().iter().any(|(own, _)| own == key) {
            one.answer(End::Stale);
        } else if tries == MAX_TRIES {
            one.answer(End::Contended(key.to_owned()));
        } else {
            left.push(one);
        }
    }
    left
}

/// Hosts for every request of the batch, each choosing as if those before it were there already.
fn choose(hosts: &Hosts, batch: &mut [Box<dyn Entry>]) {
    let mut rng = SmallRng::seed_from_u64(rand::random());
    hosts.write(|machines| {
        let mut trial = Trial::default();
        let last = batch.len().saturating_sub(1);
        for (number, one) in batch.iter_mut().enumerate() {
            let trial = (number < last).then_some(&mut trial);
            one.choose(machines, &mut rng, trial);
        }
        trial.undo(machines.fleet_mut());
    });
}

/// What is left of a transaction's limits, at worst: every claimant on a host of its own.
#[derive(Default)]
struct Room {
    puts: usize,
    compares: usize,
    /// Keys compared already.
    seen: BTreeSet<String>,
}

impl Room {
    fn admits(&mut self, one: &dyn Entry) -> bool {
        let limits = one.limits();
        // The second call with one token must see what came of the first.
        if limits.exclusive.is_some_and(|key| self.seen.contains(key)) {
            return false;
        }
        let rests_on: Vec<String> = one.rests_on().into_iter().map(|(key, _)| key).collect();
        let new = rests_on.iter().filter(|key| !self.seen.contains(*key));
        let compares = self.compares + 2 * limits.count + new.count();
        let puts = self.puts + 2 * limits.count + limits.further_writes;
        if compares > MAX_TXN_OPS || puts > MAX_TXN_OPS {
            return false;
        }
        (self.compares, self.puts) = (compares, puts);
        self.seen.extend(rests_on);
        true
    }

    fn is_full(&self) -> bool {
        self.compares.max(self.puts) + 2 > MAX_TXN_OPS
    }
}

#[cfg(test)]
mod tests;
