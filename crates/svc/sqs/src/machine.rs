//! One queue as a state machine: which message may be received when, by whom it is held, in which
//! order groups come, what was sent twice. Pure: time is an input, nothing is read or written.
//!
//! A change happens in two steps, since it must be on disk before anybody sees it: `begin_*` decides and
//! sets the messages aside ([`Stage::Busy`]), and [`Machine::settle`] puts each where it belongs once the write
//! has succeeded, or back where it was if it failed.
//!
//! Invariants:
//! - Each message is in exactly one stage; only what is `Ready` is received.
//! - Of a message group nothing is received while one of its messages is held or busy, and what is
//!   received begins with the oldest that is there.
//! - Sequence numbers rise; their upper bits are the time of sending.

mod dedup;
mod groups;
#[cfg(test)]
mod tests;
mod weight;
mod words;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use groups::Groups;

pub use weight::Account;
use weight::Weight;
pub use words::{Aside, Counts, Message, NotHeld, Settled, Stage, Taken, Wanted};

pub use dedup::{Dedup, Original, WINDOW_MS as DEDUP_WINDOW_MS};

/// Milliseconds since 1970.
pub type Millis = u64;
/// Orders the messages of a queue.
pub type Seq = u64;

/// Bits of a sequence number below its time.
const COUNTER_BITS: u32 = 20;
/// Expired messages taken at once.
const MOST_EXPIRED: usize = 100;

/// When the message of a sequence number was sent.
pub fn sent_at(seq: Seq) -> Millis {
    seq >> COUNTER_BITS
}

/// The first sequence number of a time.
pub fn seq_at(at: Millis) -> Seq {
    at << COUNTER_BITS
}

/// The messages of one queue.
#[derive(Debug)]
pub struct Machine {
    messages: BTreeMap<Seq, Message>,
    /// Of a standard queue: what is ready.
    ready: BTreeSet<Seq>,
    /// Delayed and held messages by when that ends.
    later: BTreeSet<(Millis, Seq)>,
    /// Of a FIFO queue.
    groups: Option<Groups>,
    pub dedup: Dedup,
    held: usize,
    delayed: usize,
    busy: usize,
    weight: Weight,
    last: Seq,
}

impl Machine {
    pub fn new(fifo: bool) -> Self {
        Self {
            messages: BTreeMap::new(),
            ready: BTreeSet::new(),
            later: BTreeSet::new(),
            groups: fifo.then(Groups::default),
            dedup: Dedup::default(),
            held: 0,
            delayed: 0,
            busy: 0,
            weight: Weight::default(),
            last: 0,
        }
    }

    /// A queue of messages that are on disk, in the order of their numbers.
    pub fn of(fifo: bool, mut messages: Vec<(Seq, Message)>, now: Millis) -> Self {
        let mut machine = Self::new(fifo);
        // At once, which is faster than one by one and leaves no room free in the trees.
        machine.last = messages.last().map_or(0, |(seq, _)| *seq);
        let (mut ready, mut later) = (Vec::new(), Vec::new());
        for (seq, message) in &mut messages {
            machine.weight.add(message.bytes);
            message.stage = Stage::Ready;
            if let Some(groups) = &mut machine.groups {
                let name = message.group.take();
                message.group = name.map(|name| groups.join(name, *seq));
            }
            match message.visible_at <= now {
                true if fifo => {}
                true => ready.push(*seq),
                false => later.push(*seq),
            }
        }
        machine.ready = ready.into_iter().collect();
        machine.messages = messages.into_iter().collect();
        for seq in later {
            machine.stage_by_time(seq, now);
        }
        if let Some(groups) = &mut machine.groups {
            let messages = &machine.messages;
            groups.list(|seq| {
                messages
                    .get(&seq)
                    .is_some_and(|it| it.stage == Stage::Ready)
            });
        }
        machine
    }

    /// What is here counts for an account.
    #[must_use]
    pub fn counting_for(mut self, account: Account) -> Self {
        self.weight.count_for(account);
        self
    }

    /// A sequence number that no message of the queue has, nor has had since the machine was made.
    pub fn next_seq(&mut self, now: Millis) -> Seq {
        self.last = (self.last + 1).max(seq_at(now));
        self.last
    }

    /// The number itself if it is free, or the next that is: for a message that keeps its time of sending
    /// as it comes from another queue. Those that were `given` to messages still to come are not free.
    pub fn free_seq(&mut self, wanted: Seq, given: &BTreeSet<Seq>) -> Seq {
        let mut seq = wanted;
        while self.messages.contains_key(&seq) || given.contains(&seq) {
            seq += 1;
        }
        self.last = self.last.max(seq);
        seq
    }

    /// Adds a message that is on disk.
    pub fn add(&mut self, seq: Seq, mut message: Message, now: Millis) {
        self.last = self.last.max(seq);
        if let Some(groups) = &mut self.groups {
            message.group = message.group.map(|name| groups.join(name, seq));
        }
        let group = message.group.clone();
        self.weight.add(message.bytes);
        self.messages.insert(seq, message);
        self.stage_by_time(seq, now);
        self.refresh(group.as_ref());
    }

    /// Puts a message that is in no stage where its time says.
    fn stage_by_time(&mut self, seq: Seq, now: Millis) {
        let Some(message) = self.messages.get_mut(&seq) else {
            return;
        };
        if message.visible_at <= now {
            message.stage = Stage::Ready;
            if self.groups.is_none() {
                self.ready.insert(seq);
            }
            return;
        }
        self.later.insert((message.visible_at, seq));
        if message.receives > 0 {
            message.stage = Stage::Held;
            self.held += 1;
            if let Some(groups) = &mut self.groups {
                groups.lock(message.group.as_ref());
            }
        } else {
            message.stage = Stage::Delayed;
            self.delayed += 1;
        }
    }

    /// Takes a message out of its stage.
    fn unstage(&mut self, seq: Seq) {
        let Some(message) = self.messages.get_mut(&seq) else {
            return;
        };
        match message.stage {
            Stage::Ready => {
                self.ready.remove(&seq);
            }
            Stage::Delayed => {
                self.later.remove(&(message.visible_at, seq));
                self.delayed -= 1;
            }
            Stage::Held => {
                self.later.remove(&(message.visible_at, seq));
                self.held -= 1;
                if let Some(groups) = &mut self.groups {
                    groups.unlock(message.group.as_ref());
                }
            }
            Stage::Busy => {
                self.busy -= 1;
                if let Some(groups) = &mut self.groups {
                    groups.unlock(message.group.as_ref());
                }
            }
        }
    }

    /// Says anew whether a group has something to receive.
    fn refresh(&mut self, group: Option<&Arc<str>>) {
        if let Some(groups) = &mut self.groups {
            let messages = &self.messages;
            let is_ready = |seq| {
                messages
                    .get(&seq)
                    .is_some_and(|it| it.stage == Stage::Ready)
            };
            groups.refresh(group, is_ready);
        }
    }

    /// Lets delays and holds end whose time has come.
    pub fn advance(&mut self, now: Millis) {
        while let Some(&(at, seq)) = self.later.first() {
            if at > now {
                return;
            }
            self.unstage(seq);
            self.stage_by_time(seq, now);
            let group = self.messages.get(&seq).and_then(|it| it.group.clone());
            self.refresh(group.as_ref());
        }
    }

    /// When the next delay or hold ends.
    pub fn next_change(&self) -> Option<Millis> {
        self.later.first().map(|(at, _)| *at)
    }

    fn set_aside(&mut self, seq: Seq) -> Option<Aside> {
        let before = self.messages.get(&seq)?.clone();
        self.unstage(seq);
        if let Some(groups) = &mut self.groups {
            groups.lock(before.group.as_ref());
        }
        if let Some(message) = self.messages.get_mut(&seq) {
            message.stage = Stage::Busy;
        }
        self.busy += 1;
        self.refresh(before.group.as_ref());
        Some(Aside { seq, before })
    }

    /// Takes what a receive gets.
    pub fn begin_receive(&mut self, wanted: Wanted, now: Millis) -> Taken {
        self.advance(now);
        let mut taken = Taken::default();
        let room = wanted.max_held.saturating_sub(self.held + self.busy);
        if room == 0 {
            taken.over_limit = true;
            return taken;
        }
        let most = wanted.most.min(room);
        let is_dead = |it: &Message| wanted.max_receives.is_some_and(|most| it.receives >= most);
        while taken.received.len() < most && taken.dead.len() < most {
            let found = match &self.groups {
                None => self.ready.first().copied().into_iter().collect(),
                Some(groups) => {
                    let messages = &self.messages;
                    let is_ready = |seq| {
                        messages
                            .get(&seq)
                            .is_some_and(|it| it.stage == Stage::Ready)
                    };
                    groups.first(most - taken.received.len(), is_ready)
                }
            };
            if found.is_empty() {
                break;
            }
            for seq in found {
                let Some(aside) = self.set_aside(seq) else {
                    continue;
                };
                match is_dead(&aside.before) {
                    true => taken.dead.push(aside),
                    false => taken.received.push(aside),
                }
            }
        }
        taken
    }

    /// Sets aside the message that a receipt is for. `receives` says which receive the receipt is of.
    pub fn begin_held(
        &mut self,
        seq: Seq,
        id: u128,
        receives: u32,
        now: Millis,
    ) -> Result<Aside, NotHeld> {
        self.advance(now);
        let message = self.messages.get(&seq);
        let message = message.filter(|it| it.mark == Message::mark(id));
        let message = message.ok_or(NotHeld::Gone)?;
        match message.stage {
            Stage::Busy => Err(NotHeld::Busy),
            _ if message.receives != receives => Err(NotHeld::Superseded),
            Stage::Held => self.set_aside(seq).ok_or(NotHeld::Gone),
            Stage::Ready | Stage::Delayed => Err(NotHeld::Expired),
        }
    }

    /// Sets aside a message that nobody holds any more but that its last receipt may still delete.
    pub fn begin_ready(&mut self, seq: Seq) -> Option<Aside> {
        self.messages.get(&seq)?;
        self.set_aside(seq)
    }

    /// Sets aside messages that were sent before a time, whoever holds them.
    pub fn begin_expired(&mut self, before: Millis) -> Vec<Aside> {
        let mut old = Vec::new();
        for (seq, message) in &self.messages {
            if sent_at(*seq) >= before || old.len() == MOST_EXPIRED {
                break;
            }
            if message.stage != Stage::Busy {
                old.push(*seq);
            }
        }
        old.into_iter()
            .filter_map(|seq| self.set_aside(seq))
            .collect()
    }

    /// Puts a message that was set aside where it belongs.
    pub fn settle(&mut self, seq: Seq, what: Settled, now: Millis) {
        if !self.messages.contains_key(&seq) {
            return;
        }
        self.unstage(seq);
        let group = match what {
            Settled::Is(message) => {
                let group = message.group.clone();
                self.messages.insert(seq, message);
                self.stage_by_time(seq, now);
                group
            }
            Settled::Gone => {
                let gone = self.messages.remove(&seq);
                self.weight.take(gone.as_ref().map_or(0, |it| it.bytes));
                let group = gone.and_then(|it| it.group);
                if let Some(groups) = &mut self.groups {
                    groups.leave(group.as_ref(), seq);
                }
                group
            }
        };
        self.refresh(group.as_ref());
    }

    /// Puts everything back that was set aside.
    pub fn undo(&mut self, asides: Vec<Aside>, now: Millis) {
        for Aside { seq, before } in asides {
            self.settle(seq, Settled::Is(before), now);
        }
    }

    pub fn get(&self, seq: Seq) -> Option<&Message> {
        self.messages.get(&seq)
    }

    /// When the oldest message was sent.
    pub fn oldest(&self) -> Option<Millis> {
        self.messages.keys().next().map(|seq| sent_at(*seq))
    }

    /// What is busy counts as held: most of it is on its way to a consumer.
    pub fn counts(&mut self, now: Millis) -> Counts {
        self.advance(now);
        let held = self.held + self.busy;
        Counts {
            ready: self.messages.len() - held - self.delayed,
            delayed: self.delayed,
            held,
            groups_held: self.groups.as_ref().map_or(0, Groups::in_flight),
        }
    }
}
