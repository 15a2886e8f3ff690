//! What happens to a queue and what lies in it, as metrics under `AWS/SQS`.
//!
//! A queue that is active has all of its metrics each minute, those of which nothing happened with zero. It is active
//! while it holds messages and for six hours after the last request for it; the server's own start counts as one,
//! since nobody writes down when a queue was last asked for.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use wharf_vended::{Counters, Minute, Subject};

use crate::{
    core::Core,
    live::Live,
    machine::{Counts, Millis},
    names::QueueId,
};

const ACTIVE_MS: Millis = 6 * 3600 * 1000;
const COUNT: &str = "Count";
const SENT: &str = "NumberOfMessagesSent";
const RECEIVED: &str = "NumberOfMessagesReceived";
const DELETED: &str = "NumberOfMessagesDeleted";
const EMPTY: &str = "NumberOfEmptyReceives";
const DEDUPLICATED: &str = "NumberOfDeduplicatedSentMessages";
const GROUPS: &str = "ApproximateNumberOfGroupsWithInflightMessages";
const SIZE: &str = "SentMessageSize";

/// Counts for one queue.
#[derive(Debug)]
pub struct Meter {
    counters: Counters,
    subject: Subject,
    /// When it was last asked for.
    asked_at: AtomicU64,
}

impl Meter {
    pub fn new(counters: &Counters, id: &QueueId, now: Millis) -> Self {
        Self {
            counters: counters.clone(),
            subject: Subject {
                account: id.place.account.clone(),
                region: id.place.region.clone(),
                namespace: "AWS/SQS",
                dimensions: vec![("QueueName", id.name.clone())],
            },
            asked_at: now.into(),
        }
    }

    pub fn asked(&self, now: Millis) {
        self.asked_at.fetch_max(now, Relaxed);
    }

    /// Messages of these sizes were sent.
    pub fn sent(&self, sizes: &[usize]) {
        if sizes.is_empty() {
            return;
        }
        let each = sizes.iter().map(|it| *it as f64);
        self.counters.together(|counts| {
            counts.add(&self.subject, SENT, COUNT, sizes.len() as f64);
            counts.samples(&self.subject, SIZE, "Bytes", each);
        });
    }

    /// Messages were sent again that had been sent before.
    pub fn deduplicated(&self, messages: usize) {
        self.count(DEDUPLICATED, messages);
    }

    pub fn received(&self, messages: usize) {
        self.count(RECEIVED, messages);
    }

    /// Somebody asked for messages and got none.
    pub fn received_none(&self) {
        self.count(EMPTY, 1);
    }

    pub fn deleted(&self, messages: usize) {
        self.count(DELETED, messages);
    }

    fn count(&self, name: &'static str, count: usize) {
        if count > 0 {
            let count = count as f64;
            self.counters.add(&self.subject, name, COUNT, count);
        }
    }

    fn is_active(&self, now: Millis) -> bool {
        now.saturating_sub(self.asked_at.load(Relaxed)) <= ACTIVE_MS
    }

    /// What lies in the queue at the end of a minute.
    fn look(&self, minute: &Minute<'_>, fifo: bool, counts: Counts, oldest_s: f64) {
        let also = fifo.then_some(DEDUPLICATED);
        let counted = [SENT, RECEIVED, DELETED, EMPTY].into_iter().chain(also);
        let lying = [
            ("ApproximateNumberOfMessagesVisible", counts.ready),
            ("ApproximateNumberOfMessagesNotVisible", counts.held),
            ("ApproximateNumberOfMessagesDelayed", counts.delayed),
        ];
        let groups = fifo.then_some((GROUPS, counts.groups_held));
        let all = counted.map(|name| (name, 0)).chain(lying).chain(groups);
        for (name, count) in all {
            minute.add(&self.subject, name, COUNT, count as f64);
        }
        let age = "ApproximateAgeOfOldestMessage";
        minute.add(&self.subject, age, "Seconds", oldest_s);
    }
}

/// What lies in all active queues.
pub fn look(core: &Core, minute: &Minute<'_>) {
    let now = core.now();
    for live in core.loaded() {
        look_at(&live, minute, now);
    }
}

fn look_at(live: &Live, minute: &Minute<'_>, now: Millis) {
    let mut state = live.state();
    let oldest = state.machine.oldest();
    if state.gone || (oldest.is_none() && !live.meter.is_active(now)) {
        return;
    }
    let counts = state.machine.counts(now);
    let fifo = state.record.settings.fifo;
    drop(state);
    let oldest_ms = oldest.map_or(0, |it| now.saturating_sub(it));
    live.meter
        .look(minute, fifo, counts, (oldest_ms / 1000) as f64);
}
