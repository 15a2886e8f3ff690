//! Turns of those who claim room on hosts, and the one transaction of each turn.
//!
//! Whoever chooses hosts must see what was claimed before, so claims of one server come one after
//! the other: whoever comes holds the turn from looking at the view until the transaction is
//! durable. RunTask shares turns: one turn serves all calls that wait, as many as a transaction
//! holds, so that a hundred callers wait for two or three syncs of the disk and not for a hundred.
//! Between servers the comparison of every ledger decides, as it does between a turn and a task
//! that ends meanwhile: a lost turn is taken again on what is true by then.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use tokio::sync::{self, oneshot};
use wharf_placement::{Trial, ledger};
use wharf_records::{
    ecs::{Ledger, Task},
    encode,
};
use wharf_store::{Compare, MAX_TXN_BYTES, MAX_TXN_OPS, Revision, Txn};
use wharf_wire::Fault;

use crate::{
    core::{ChangeError, Core, MAX_TRIES, conflict},
    fault,
    ops::run_task::{Chosen, Job, Made},
    view::Held,
};

/// What became of a job.
#[derive(Debug)]
pub enum Outcome {
    Made(Made),
    /// What the job was made from has changed: it must be made anew.
    Stale,
}

#[derive(Default)]
pub struct Lane {
    turn: sync::Mutex<()>,
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Waiting>,
    /// Somebody takes turns for those who wait.
    served: bool,
}

struct Waiting {
    job: Job,
    answer: oneshot::Sender<Result<Outcome, Fault>>,
    tries: usize,
}

impl Lane {
    /// The right to choose hosts and claim them, until it is dropped.
    pub async fn turn(&self) -> sync::MutexGuard<'_, ()> {
        self.turn.lock().await
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes those who are served together: the one who waits longest, and who fits in with it.
    fn take(&self) -> Vec<Waiting> {
        let waiting = &mut self.queue().waiting;
        let (mut taken, mut left) = (Vec::new(), VecDeque::new());
        let mut room = Room::default();
        while let Some(one) = waiting.pop_front() {
            if one.answer.is_closed() {
                continue;
            }
            match room.admits(&one.job) {
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

    fn put_back(&self, batch: Vec<Waiting>) {
        let waiting = &mut self.queue().waiting;
        for one in batch.into_iter().rev() {
            waiting.push_front(one);
        }
    }
}

/// Places one job, and whatever waits with it.
pub async fn place(core: &Arc<Core>, job: Job) -> Result<Outcome, Fault> {
    let (answer, answered) = oneshot::channel();
    let tries = 0;
    let served = {
        let mut queue = core.lane.queue();
        queue.waiting.push_back(Waiting { job, answer, tries });
        std::mem::replace(&mut queue.served, true)
    };
    if !served {
        // Not part of this call: a caller that goes away must not take others' transaction with it.
        tokio::spawn(serve(core.clone()));
    }
    answered.await.map_err(|lost| fault::server(&lost))?
}

/// Takes turns until nobody waits. Between two of them others who want the turn have theirs.
async fn serve(core: Arc<Core>) {
    let mut service = Service {
        lane: &core.lane,
        done: false,
    };
    while !service.done {
        let turn = core.lane.turn().await;
        let mut batch = core.lane.take();
        while !batch.is_empty() {
            batch = attempt(&core, batch).await;
        }
        drop(turn);
        let mut queue = core.lane.queue();
        service.done = queue.waiting.is_empty();
        queue.served = !service.done;
    }
}

/// Should serving end before its time, those who wait hear of it and the next to come is served.
struct Service<'a> {
    lane: &'a Lane,
    done: bool,
}

impl Drop for Service<'_> {
    fn drop(&mut self) {
        if !self.done {
            *self.lane.queue() = Queue::default();
        }
    }
}

/// Chooses and commits; returns those for whom it was in vain and worth another try.
async fn attempt(core: &Core, mut batch: Vec<Waiting>) -> Vec<Waiting> {
    core.up_to_date().await;
    let (txn, made) = loop {
        let chosen = choose(core, &batch);
        let (txn, made) = write(core, &batch, chosen);
        if batch.len() == 1 || txn.bytes() <= MAX_TXN_BYTES {
            break (txn, made);
        }
        core.lane.put_back(batch.split_off(batch.len() / 2));
    };
    let Some(permit) = batch.first().map(|one| one.job.call.permit.clone()) else {
        return batch;
    };
    if txn.then.is_empty() {
        answer(batch, made);
        return Vec::new();
    }
    // Each job is some authorised call's; together they are written in the name of the first.
    match core.parts.store.txn(&permit, txn).await {
        Ok(reply) if reply.succeeded => {
            answer(batch, made);
            Vec::new()
        }
        Ok(reply) => again(batch, &reply.conflict.unwrap_or_default()),
        Err(error) => {
            for one in batch {
                // A caller that went away has no use for the answer.
                let _ = one
                    .answer
                    .send(Err(ChangeError::from(error.clone()).into()));
            }
            Vec::new()
        }
    }
}

fn answer(batch: Vec<Waiting>, made: Vec<Result<Made, Fault>>) {
    for (one, made) in batch.into_iter().zip(made) {
        let _ = one.answer.send(made.map(Outcome::Made));
    }
}

/// Somebody else wrote `key` first. Whoever was made from it is told, the others try again.
fn again(batch: Vec<Waiting>, key: &str) -> Vec<Waiting> {
    let mut left = Vec::new();
    for mut one in batch {
        one.tries += 1;
        if one.job.rests_on().any(|(own, _)| own == key) {
            let _ = one.answer.send(Ok(Outcome::Stale));
        } else if one.tries == MAX_TRIES {
            let _ = one.answer.send(Err(conflict(key).into()));
        } else {
            left.push(one);
        }
    }
    left
}

/// Hosts for every job of the batch, each choosing as if those before it had started already.
fn choose(core: &Core, batch: &[Waiting]) -> Vec<Result<Chosen, Fault>> {
    let mut rng = core.rng();
    core.view.try_out(|tables| {
        let mut trial = Trial::default();
        let mut chosen = Vec::with_capacity(batch.len());
        for (number, one) in batch.iter().enumerate() {
            let made = one.job.choose(&tables.region(&one.job.place), &mut rng);
            if let (Ok(made), true) = (&made, number + 1 < batch.len()) {
                let (claim, group) = (&one.job.order.claim, one.job.group());
                for row in &made.rows {
                    trial.take(tables.fleet_mut(), *row, claim, &group);
                }
            }
            chosen.push(made);
        }
        trial.undo(tables.fleet_mut());
        chosen
    })
}

/// The transaction that makes the choices true, as long as nothing they rest on has changed.
fn write(
    core: &Core,
    batch: &[Waiting],
    chosen: Vec<Result<Chosen, Fault>>,
) -> (Txn, Vec<Result<Made, Fault>>) {
    let mut draft = Draft::default();
    let mut results = Vec::with_capacity(batch.len());
    for (one, chosen) in batch.iter().zip(chosen) {
        results.push(chosen.map(|chosen| draft.add(core, &one.job, chosen)));
    }
    (draft.into_txn(), results)
}

/// A transaction in the making.
#[derive(Default)]
struct Draft {
    /// Revisions that keys must still have; 0: must not be there.
    rests_on: BTreeMap<String, Revision>,
    ledgers: BTreeMap<String, Ledger>,
    txn: Txn,
}

impl Draft {
    fn add(&mut self, core: &Core, job: &Job, chosen: Chosen) -> Made {
        let mut tasks = Vec::with_capacity(chosen.spots.len());
        for (number, spot) in chosen.spots.iter().enumerate() {
            let task = job.make(core, spot, number);
            if self.claim(&spot.ledger, &task) {
                self.rests_on
                    .insert(spot.instance.key.clone(), spot.instance.revision);
                tasks.push(task);
            }
        }
        if !tasks.is_empty() {
            self.rests_on.extend(job.rests_on());
            for task in &tasks {
                self.put(job.key_of(task), encode(task));
            }
            if let Some((key, record, lease)) = job.token_of(&tasks) {
                self.txn = std::mem::take(&mut self.txn).put_leased(key, record, lease);
            }
        }
        Made {
            tasks,
            failures: chosen.failures,
        }
    }

    /// Claims room for a task. Placement has seen this very ledger, so a shortage cannot be; a
    /// refused claim must all the same never become a task.
    fn claim(&mut self, held: &Held<Ledger>, task: &Task) -> bool {
        let ledger = self.ledgers.entry(held.key.clone());
        let ledger = ledger.or_insert_with(|| Ledger::clone(&held.record));
        if ledger::claim(ledger, &task.arn, task.claim.clone()).is_err() {
            return false;
        }
        self.rests_on.insert(held.key.clone(), held.revision);
        true
    }

    fn put(&mut self, key: String, value: Bytes) {
        self.txn = std::mem::take(&mut self.txn).put(key, value);
    }

    fn into_txn(mut self) -> Txn {
        for (key, revision) in std::mem::take(&mut self.rests_on) {
            if let Some(ledger) = self.ledgers.get(&key) {
                let value = encode(ledger);
                self.put(key.clone(), value);
            }
            self.txn = std::mem::take(&mut self.txn).when(Compare::mod_revision(key, revision));
        }
        self.txn
    }
}

/// What is left of a transaction's limits, at worst: every task on a host of its own.
#[derive(Default)]
struct Room {
    puts: usize,
    compares: usize,
    /// Keys compared already.
    seen: BTreeSet<String>,
}

impl Room {
    fn admits(&mut self, job: &Job) -> bool {
        let rests_on: Vec<String> = job.rests_on().map(|(key, _)| key).collect();
        // The second call with one token must see what came of the first.
        let token = job.token_key();
        if token.is_some_and(|key| self.seen.contains(key)) {
            return false;
        }
        let new = rests_on.iter().filter(|key| !self.seen.contains(*key));
        let compares = self.compares + 2 * job.count + new.count();
        let puts = self.puts + 2 * job.count + usize::from(token.is_some());
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
