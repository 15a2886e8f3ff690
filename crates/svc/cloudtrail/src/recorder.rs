//! From the dispatcher to the journal: events wait in a bounded queue, one task writes them in order.
//!
//! A request does not wait until its event is on disk. It waits while the queue is full and the
//! journal works; when the journal does not (a full disk), events are counted instead and an event
//! says how many were lost, since requests that would make room must still be answered.
//!
//! Events that may come very often are counted ([`crate::repeated`]).

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex as StdMutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{Mutex, Notify, mpsc},
    time::{MissedTickBehavior, interval},
};
use wharf_base::Clock;
use wharf_journal::{Journal, MAX_APPEND_BYTES};
use wharf_wire::{
    async_trait,
    audit::{Alike, Auditor, Event},
};

use crate::{event, log::stream, repeated::Repeated};

/// Events that may wait; one has at most some 40 KiB, most have one.
const QUEUE: usize = 2048;
/// Between two writes, so that many events share one sync; shorter while events come faster than
/// the queue could hold them that long.
const PAUSE: Duration = Duration::from_millis(50);
/// So many waiting events end a pause.
const MANY: usize = QUEUE / 2;
/// After a write that failed.
const RETRY: Duration = Duration::from_secs(1);
/// How often events that were counted are looked at.
const LOOK: Duration = Duration::from_secs(5);
/// Operations that move data rather than manage something; CloudTrail leaves them out too, unless
/// a trail asks for them.
const DATA: [(&str, &str); 1] = [("logs", "PutLogEvents")];

struct Line {
    account: String,
    region: String,
    json: Vec<u8>,
}

impl Line {
    fn of(event: Event) -> Option<Self> {
        match event::render(&event) {
            Ok(json) => Some(Self {
                account: event.context.account,
                region: event.context.region,
                json,
            }),
            Err(error) => {
                tracing::error!(%error, name = event.name, "an event cannot be written as JSON");
                None
            }
        }
    }
}

/// Takes events, and writes them while [`Recorder::run`] does.
pub struct Recorder {
    journal: Journal,
    clock: Arc<dyn Clock>,
    queue: mpsc::Sender<Line>,
    waiting: Mutex<mpsc::Receiver<Line>>,
    /// Half of the queue is taken.
    filling: Notify,
    repeated: StdMutex<Repeated>,
    /// Somebody writes, and the last write went well.
    works: AtomicBool,
    lost: AtomicU64,
    /// Of all time, for metrics.
    recorded: AtomicU64,
    lost_in_all: AtomicU64,
}

impl Recorder {
    pub fn new(journal: Journal, clock: Arc<dyn Clock>) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE);
        Self {
            journal,
            clock,
            queue,
            waiting: Mutex::new(waiting),
            filling: Notify::new(),
            repeated: StdMutex::default(),
            works: AtomicBool::new(false),
            lost: AtomicU64::new(0),
            recorded: AtomicU64::new(0),
            lost_in_all: AtomicU64::new(0),
        }
    }

    /// Writes for ever.
    pub async fn run(&self) {
        let mut waiting = self.waiting.lock().await;
        self.works.store(true, Ordering::Relaxed);
        let mut batch = Vec::new();
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                count = waiting.recv_many(&mut batch, QUEUE) => if count == 0 {
                    return;
                },
                _ = look.tick() => {
                    let due = self.repeated().due(self.clock.now());
                    batch.extend(due.into_iter().filter_map(Line::of));
                }
            }
            while !batch.is_empty() {
                if !self.write(&mut batch).await {
                    tokio::time::sleep(RETRY).await;
                }
            }
            let _ = tokio::time::timeout(PAUSE, self.filling.notified()).await;
        }
    }

    /// Writes what waits, once; for the end of the process, after [`Recorder::run`] has ended.
    pub async fn flush(&self) {
        let mut waiting = self.waiting.lock().await;
        let mut batch = Vec::new();
        while let Ok(line) = waiting.try_recv() {
            batch.push(line);
        }
        let counted = self.repeated().all(self.clock.now());
        batch.extend(counted.into_iter().filter_map(Line::of));
        if !self.write(&mut batch).await {
            tracing::error!(events = batch.len(), "events of the audit log are lost");
        }
    }

    fn repeated(&self) -> MutexGuard<'_, Repeated> {
        self.repeated.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Events written, and events lost, since the start.
    pub fn counts(&self) -> (u64, u64) {
        let read = |it: &AtomicU64| it.load(Ordering::Relaxed);
        (read(&self.recorded), read(&self.lost_in_all))
    }

    /// Writes lines and takes those away that are written.
    async fn write(&self, batch: &mut Vec<Line>) -> bool {
        while !batch.is_empty() {
            let count = fitting(batch);
            if let Err(error) = self.append(&batch[..count]).await {
                if self.works.swap(false, Ordering::Relaxed) {
                    tracing::error!(%error, "the audit log cannot be written; retrying");
                }
                return false;
            }
            self.recorded.fetch_add(count as u64, Ordering::Relaxed);
            if !self.works.swap(true, Ordering::Relaxed) {
                tracing::warn!("the audit log is written again");
            }
            batch.drain(..count);
        }
        true
    }

    async fn append(&self, lines: &[Line]) -> Result<(), wharf_journal::JournalError> {
        let mut streams: BTreeMap<String, Vec<&[u8]>> = BTreeMap::new();
        let lost = self.lost.swap(0, Ordering::Relaxed);
        let said = (lost > 0).then(|| {
            let first = &lines[0];
            let now = self.clock.now();
            event::gap(lost, &first.account, &first.region, now)
        });
        for line in lines {
            let stream = streams.entry(stream(&line.account, &line.region));
            let stream = stream.or_default();
            if let Some(said) = said.as_ref().filter(|_| stream.is_empty()) {
                stream.push(said);
            }
            stream.push(&line.json);
        }
        for (stream, records) in streams {
            if let Err(error) = self.journal.append(&stream, &records).await {
                self.lost.fetch_add(lost, Ordering::Relaxed);
                return Err(error);
            }
        }
        Ok(())
    }
}

/// How many of the lines one append takes; at least one.
fn fitting(lines: &[Line]) -> usize {
    let mut bytes = 0;
    let fit = lines.iter().take_while(|line| {
        bytes += line.json.len() + 64;
        bytes < MAX_APPEND_BYTES / 2
    });
    fit.count().max(1)
}

#[async_trait]
impl Auditor for Recorder {
    fn wants(&self, service: &str, operation: &str) -> bool {
        !DATA.contains(&(service, operation))
    }

    async fn record(&self, event: Event) {
        let Some(line) = Line::of(event) else {
            return;
        };
        let full = match self.queue.try_send(line) {
            Ok(()) => {
                if self.queue.capacity() <= QUEUE - MANY {
                    self.filling.notify_one();
                }
                return;
            }
            Err(mpsc::error::TrySendError::Full(line)) => line,
            Err(mpsc::error::TrySendError::Closed(_)) => return,
        };
        if self.works.load(Ordering::Relaxed) {
            // The queue moves; a receiver that is gone means that the process ends.
            let _ = self.queue.send(full).await;
        } else {
            self.lost.fetch_add(1, Ordering::Relaxed);
            self.lost_in_all.fetch_add(1, Ordering::Relaxed);
        }
    }

    async fn record_often(&self, event: Event, alike: Alike) {
        let now = self.clock.now();
        let first = self.repeated().see(event, alike, now);
        if let Some(first) = first {
            self.record(first).await;
        }
    }
}
