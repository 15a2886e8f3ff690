//! A queue in memory: its record and its machine, and how its messages get to disk and back.
//!
//! Whoever changes messages claims them first ([`Claim`]); a claim that is dropped puts them back, so a client
//! that goes away in between holds nothing up. What is written is applied by a task of its own, which nobody's
//! going away ends.

use std::{collections::HashMap, sync::Arc};

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::Notify;
use wharf_base::Permit;
use wharf_store::{Store, StoreError, Txn};

use crate::{
    attempts::Attempts,
    lanes::Lanes,
    machine::{Account, Aside, Machine, Message, Millis, Original, Seq, Settled},
    metered::Meter,
    names::QueueId,
    records::Queue,
    stored::Drawer,
};

#[derive(Debug)]
pub struct Live {
    pub id: QueueId,
    pub arn: String,
    state: Mutex<State>,
    /// There may be something to receive, or another time to wait for. One receive is woken, and wakes the next
    /// when it leaves.
    pub arrived: Notify,
    /// A change was written: what was busy is no more.
    pub settled: Notify,
    /// For senders of a FIFO queue, and movers of messages to any queue.
    pub lanes: Lanes,
    pub meter: Meter,
    /// What all queues of its account hold.
    pub account: Account,
}

#[derive(Debug)]
pub struct State {
    pub record: Arc<Queue>,
    pub drawer: Arc<Drawer>,
    pub machine: Machine,
    pub attempts: Attempts,
    /// It was deleted.
    pub gone: bool,
}

impl Live {
    pub fn new(
        id: QueueId,
        record: Queue,
        machine: Machine,
        meter: Meter,
        account: Account,
    ) -> Self {
        Self {
            arn: id.arn(),
            lanes: Lanes::new(record.settings.fifo),
            state: Mutex::new(State {
                drawer: Arc::new(Drawer::new(&id.place, &record.drawer)),
                record: Arc::new(record),
                machine: machine.counting_for(account.clone()),
                attempts: Attempts::default(),
                gone: false,
            }),
            id,
            arrived: Notify::new(),
            settled: Notify::new(),
            meter,
            account,
        }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    pub fn record(&self) -> Arc<Queue> {
        self.state().record.clone()
    }

    /// Takes over a record that was written; with another drawer it begins empty.
    pub fn replace(&self, record: Queue) {
        let mut state = self.state();
        if state.drawer.name != record.drawer {
            state.drawer = Arc::new(Drawer::new(&self.id.place, &record.drawer));
            state.machine = Machine::new(record.settings.fifo).counting_for(self.account.clone());
            state.attempts = Attempts::default();
        }
        state.record = Arc::new(record);
        drop(state);
        self.settled.notify_waiters();
        self.arrived.notify_one();
    }

    /// It was deleted: whoever waits for a message learns it.
    pub fn end(&self) {
        self.state().gone = true;
        self.settled.notify_waiters();
        self.arrived.notify_waiters();
        self.arrived.notify_one();
    }

    /// Remembers what was sent, for those who send it again.
    pub fn remember(&self, drawer: &Drawer, originals: HashMap<String, Original>) {
        let mut state = self.state();
        if state.drawer.name == drawer.name {
            for (name, original) in originals {
                state.machine.dedup.remember(name, original);
            }
        }
    }

    /// Adds messages that are on disk.
    pub fn add(&self, drawer: &Drawer, messages: Vec<(Seq, Message)>, now: Millis) {
        let mut state = self.state();
        if state.drawer.name != drawer.name {
            return;
        }
        for (seq, message) in messages {
            state.machine.add(seq, message, now);
        }
        drop(state);
        self.arrived.notify_one();
    }
}

impl State {
    /// A claim on what was just set aside.
    pub fn claim(&self, live: &Arc<Live>, asides: Vec<Aside>) -> Claim {
        Claim {
            live: live.clone(),
            drawer: self.drawer.clone(),
            asides,
        }
    }
}

/// Messages that somebody is changing.
#[derive(Debug)]
pub struct Claim {
    live: Arc<Live>,
    pub drawer: Arc<Drawer>,
    pub asides: Vec<Aside>,
}

impl Claim {
    /// Writes, and then settles each message; it puts all of them back if nothing was written.
    ///
    /// # Errors
    /// The store's.
    pub async fn commit(
        mut self,
        store: &Store,
        permit: &Permit,
        txn: Txn,
        now: Millis,
        settle: impl Fn(&Aside) -> Settled + Send + 'static,
        then: impl FnOnce() + Send + 'static,
    ) -> Result<(), StoreError> {
        let (store, permit) = (store.clone(), permit.clone());
        let written = tokio::spawn(async move {
            store.txn(&permit, txn).await?.committed()?;
            let asides = std::mem::take(&mut self.asides);
            let mut state = self.live.state();
            if state.drawer.name == self.drawer.name {
                for aside in asides {
                    let what = settle(&aside);
                    state.machine.settle(aside.seq, what, now);
                }
            }
            drop(state);
            then();
            self.told();
            Ok(())
        });
        written.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Leaves the messages that fit in this claim, and returns one of the others.
    pub fn split(&mut self, fits: impl Fn(&Aside) -> bool) -> Self {
        let asides = std::mem::take(&mut self.asides).into_iter();
        let (ours, others) = asides.partition(fits);
        self.asides = ours;
        Self {
            live: self.live.clone(),
            drawer: self.drawer.clone(),
            asides: others,
        }
    }

    fn told(&self) {
        self.live.settled.notify_waiters();
        self.live.arrived.notify_one();
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if self.asides.is_empty() {
            return;
        }
        let asides = std::mem::take(&mut self.asides);
        let mut state = self.live.state();
        if state.drawer.name == self.drawer.name {
            // As if no time had passed: the next look at the time makes ready what is due.
            state.machine.undo(asides, 0);
        }
        drop(state);
        self.told();
    }
}
