//! From the dispatcher to the journal: events wait in a bounded batch, one task writes them in order.
//!
//! A request does not wait until its event is on disk. It waits while the batch is full and the
//! journal works; when the journal does not (a full disk), events are counted instead and an event
//! says how many were lost, since requests that would make room must still be answered.
//!
//! An event is rendered at once, into the buffer of its stream: this is on the way of every request,
//! so nothing is allocated for it that the next thread would have to give back. Those that were gathered
//! are packed into one record ([`crate::packed`]).
//!
//! Events that may come very often are counted ([`crate::repeated`]).

use std::{
    cell::RefCell,
    collections::{BTreeMap, VecDeque},
    io,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use parking_lot::{Mutex, MutexGuard};
use tokio::{
    sync::{Mutex as AsyncMutex, Notify},
    time::{MissedTickBehavior, interval},
};
use wharf_base::Clock;
use wharf_journal::{Journal, JournalError, MAX_APPEND_BYTES};
use wharf_wire::{
    async_trait,
    audit::{Alike, Auditor, Event, Queue, moves_data},
};

use crate::{
    event::{self, Renderer},
    log::{place_of, stream},
    packed::{self, Like, Lines, Packer, RECORD_BYTES, Values},
    repeated::Repeated,
};

/// Events that may wait, and their bytes; one has at most some 40 KiB, most have one.
const MOST_EVENTS: usize = 2048;
const MOST_BYTES: usize = 16 << 20;
/// Records written together, for one sync: as many as an append takes, however little they compress.
const AT_ONCE: usize = MAX_APPEND_BYTES / (packed::MOST_BYTES + (64 << 10));
/// Records whose room is kept for the next: fresh pages for each cost as much as all else.
const MOST_SPARE: usize = 8;
/// Between two writes, so that many events share one sync; shorter while events come faster than
/// the batch could hold them that long.
const PAUSE: Duration = Duration::from_millis(50);
/// After a write that failed.
const RETRY: Duration = Duration::from_secs(1);
/// How often events that were counted are looked at.
const LOOK: Duration = Duration::from_secs(5);
/// The events of one stream, one after another, in as many records as they take.
#[derive(Default)]
struct Records(VecDeque<Lines>);

/// An event that is about to wait: its JSON, or its values if it is like one before.
enum Line<'a> {
    Whole(&'a [u8]),
    Like(Like<'a>, Values<'a>),
}

impl Line<'_> {
    /// Bytes of the event when it is whole.
    fn len(&self) -> usize {
        match self {
            Self::Whole(json) => json.len(),
            Self::Like(like, values) => like.len_with(*values),
        }
    }
}

impl Records {
    /// `spare` has room that was used before.
    fn push(&mut self, line: &Line<'_>, spare: &mut Vec<Vec<u8>>) {
        let is_full = |lines: &Lines| lines.are_full_with(line.len());
        if self.0.back().is_none_or(is_full) {
            self.0
                .push_back(Lines::within(spare.pop().unwrap_or_default()));
        }
        let Some(last) = self.0.back_mut() else {
            return;
        };
        match line {
            Line::Whole(json) => last.push(json),
            Line::Like(like, values) => last.push_like(*like, *values),
        }
    }

    fn put_first(&mut self, json: &[u8]) {
        let mut first = Lines::default();
        first.push(json);
        self.0.push_front(first);
    }

    fn len(&self) -> usize {
        self.0.iter().map(Lines::events).sum()
    }
}

/// What waits, by stream.
#[derive(Default)]
struct Batch {
    streams: BTreeMap<String, Records>,
    events: usize,
    bytes: usize,
}

/// What waits, and the room that was written from.
#[derive(Default)]
struct Waiting {
    batch: Batch,
    spare: Vec<Vec<u8>>,
}

impl Waiting {
    fn push(&mut self, stream: String, line: &Line<'_>) {
        let Self { batch, spare } = self;
        let records = batch.streams.entry(stream).or_default();
        records.push(line, spare);
        batch.events += 1;
        batch.bytes += line.len();
    }

    fn is_full(&self) -> bool {
        self.batch.events >= MOST_EVENTS || self.batch.bytes >= MOST_BYTES
    }

    fn is_half_full(&self) -> bool {
        self.batch.events >= MOST_EVENTS / 2 || self.batch.bytes >= MOST_BYTES / 2
    }
}

/// Takes events, and writes them while [`Recorder::run`] does.
pub struct Recorder {
    journal: Journal,
    clock: Arc<dyn Clock>,
    waiting: Mutex<Waiting>,
    /// Held by who writes.
    writing: AsyncMutex<Option<Packer>>,
    /// Something waits.
    some: Notify,
    /// Half of the room is taken.
    filling: Notify,
    /// There is room again, or no use in waiting for it.
    emptied: Notify,
    repeated: Mutex<Repeated>,
    /// Somebody writes, and the last write went well.
    works: AtomicBool,
    lost: AtomicU64,
    /// Of all time, for metrics.
    recorded: AtomicU64,
    lost_in_all: AtomicU64,
}

impl Recorder {
    pub fn new(journal: Journal, clock: Arc<dyn Clock>) -> Self {
        Self {
            journal,
            clock,
            waiting: Mutex::default(),
            writing: AsyncMutex::default(),
            some: Notify::new(),
            filling: Notify::new(),
            emptied: Notify::new(),
            repeated: Mutex::default(),
            works: AtomicBool::new(false),
            lost: AtomicU64::new(0),
            recorded: AtomicU64::new(0),
            lost_in_all: AtomicU64::new(0),
        }
    }

    /// Writes for ever.
    pub async fn run(&self) {
        let mut packer = self.writing.lock().await;
        self.works.store(true, Ordering::Relaxed);
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = self.some.notified() => {}
                _ = look.tick() => {
                    let due = self.repeated().due(self.clock.now());
                    self.take_all(&due);
                }
            }
            let mut batch = self.take_batch();
            while !self.write(&mut batch, &mut packer).await {
                tokio::time::sleep(RETRY).await;
            }
            let _ = tokio::time::timeout(PAUSE, self.filling.notified()).await;
        }
    }

    /// Writes what waits, once; for the end of the process, after [`Recorder::run`] has ended.
    pub async fn flush(&self) {
        let mut packer = self.writing.lock().await;
        let counted = self.repeated().all(self.clock.now());
        self.take_all(&counted);
        let mut batch = self.take_batch();
        if !self.write(&mut batch, &mut packer).await {
            let events = batch.streams.values().map(Records::len).sum::<usize>();
            tracing::error!(
                events,
                "writing events to the audit log failed before the end; they are lost"
            );
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock()
    }

    fn take_batch(&self) -> Batch {
        let batch = std::mem::take(&mut self.waiting().batch);
        self.emptied.notify_waiters();
        batch
    }

    /// Whether who brings more should wait.
    fn is_full(&self) -> bool {
        self.works.load(Ordering::Relaxed) && self.waiting().is_full()
    }

    /// Takes what this task writes next itself.
    fn take_all(&self, events: &[Event]) {
        for event in events {
            let _ = self.take(event);
        }
    }

    fn take(&self, event: &Event) -> Queue {
        thread_local! {
            static RENDERED: RefCell<(Renderer, Vec<u8>)> = RefCell::default();
        }
        RENDERED.with_borrow_mut(|(renderer, line)| {
            line.clear();
            let like = match renderer.render(event, line) {
                Ok(like) => like,
                Err(error) => {
                    tracing::error!(%error, name = event.name, "failed to write an event of the audit log as JSON");
                    return Queue::HasRoom;
                }
            };
            let line = match like {
                None => Line::Whole(line),
                Some(like) => match Values::new(line) {
                    Some(values) => Line::Like(like, values),
                    None => {
                        tracing::error!(name = event.name, "failed to write an event of the audit log: its values have tabs");
                        return Queue::HasRoom;
                    }
                },
            };
            if line.len() >= packed::MOST_BYTES {
                tracing::error!(name = event.name, "failed to write an event: it is too large for the audit log");
                return Queue::HasRoom;
            }
            self.push(event, &line)
        })
    }

    fn push(&self, event: &Event, line: &Line<'_>) -> Queue {
        let stream = stream(&event.context.account, &event.context.region);
        let works = self.works.load(Ordering::Relaxed);
        let mut waiting = self.waiting();
        if waiting.is_full() && !works {
            drop(waiting);
            self.lost.fetch_add(1, Ordering::Relaxed);
            self.lost_in_all.fetch_add(1, Ordering::Relaxed);
            return Queue::HasRoom;
        }
        let first = waiting.batch.events == 0;
        waiting.push(stream, line);
        let (half, full) = (waiting.is_half_full(), waiting.is_full());
        drop(waiting);
        if first {
            self.some.notify_one();
        }
        if half {
            self.filling.notify_one();
        }
        match full && works {
            true => Queue::Full,
            false => Queue::HasRoom,
        }
    }

    fn repeated(&self) -> MutexGuard<'_, Repeated> {
        self.repeated.lock()
    }

    /// Events written, and events lost, since the start.
    pub fn counts(&self) -> (u64, u64) {
        let read = |it: &AtomicU64| it.load(Ordering::Relaxed);
        (read(&self.recorded), read(&self.lost_in_all))
    }

    /// Writes streams and takes those away that are written.
    async fn write(&self, batch: &mut Batch, packer: &mut Option<Packer>) -> bool {
        self.tell_of_lost(batch);
        while let Some(mut entry) = batch.streams.first_entry() {
            let stream = entry.key().clone();
            if let Err(error) = self.append(&stream, entry.get_mut(), packer).await {
                if self.works.swap(false, Ordering::Relaxed) {
                    tracing::error!(%error, "the audit log cannot be written; retrying");
                }
                self.emptied.notify_waiters();
                return false;
            }
            entry.remove();
            if !self.works.swap(true, Ordering::Relaxed) {
                tracing::warn!("writing the audit log works again after it failed");
            }
        }
        true
    }

    /// Says in each stream that is written how many events were lost.
    fn tell_of_lost(&self, batch: &mut Batch) {
        if batch.streams.is_empty() {
            return;
        }
        let lost = self.lost.swap(0, Ordering::Relaxed);
        if lost == 0 {
            return;
        }
        for (stream, records) in &mut batch.streams {
            let (account, region) = place_of(stream).unwrap_or_default();
            records.put_first(&event::gap(lost, account, region, self.clock.now()));
        }
    }

    /// Those that are written are gone from `records`.
    async fn append(
        &self,
        stream: &str,
        records: &mut Records,
        packer: &mut Option<Packer>,
    ) -> Result<(), AppendError> {
        let packer = match packer {
            Some(packer) => packer,
            None => packer.insert(Packer::new()?),
        };
        while !records.0.is_empty() {
            let next = records.0.iter().take(AT_ONCE);
            let packed: io::Result<Vec<_>> = next.map(|it| packer.pack(it.text())).collect();
            let packed = packed?;
            self.journal.append(stream, &packed).await?;
            for lines in records.0.drain(..packed.len()) {
                let count = lines.events() as u64;
                self.recorded.fetch_add(count, Ordering::Relaxed);
                let room = lines.into_room();
                let spare = &mut self.waiting().spare;
                if spare.len() < MOST_SPARE && room.capacity() <= 2 * RECORD_BYTES {
                    spare.push(room);
                }
            }
        }
        Ok(())
    }
}

#[derive(Debug, thiserror::Error)]
enum AppendError {
    #[error("compressing events failed: {0}")]
    Pack(#[from] std::io::Error),
    #[error(transparent)]
    Journal(#[from] JournalError),
}

#[async_trait]
impl Auditor for Recorder {
    fn wants(&self, service: &str, operation: &str) -> bool {
        !moves_data(service, operation)
    }

    fn record(&self, event: &Event) -> Queue {
        self.take(event)
    }

    fn record_often(&self, event: Event, alike: Alike) -> Queue {
        let now = self.clock.now();
        let first = self.repeated().see(event, alike, now);
        first.map_or(Queue::HasRoom, |first| self.take(&first))
    }

    async fn room(&self) {
        loop {
            let mut emptied = pin!(self.emptied.notified());
            // From here on a notification is not missed.
            emptied.as_mut().enable();
            if !self.is_full() {
                return;
            }
            emptied.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packed::Form;

    fn counts(records: &Records) -> Vec<usize> {
        records.0.iter().map(Lines::events).collect()
    }

    #[test]
    fn events_are_gathered_into_records_of_a_bounded_size() {
        let (mut records, mut spare) = (Records::default(), vec![Vec::new()]);
        let large = vec![b'x'; RECORD_BYTES / 2];
        for bytes in [b"one".as_slice(), b"two", &large, &large, b"three"] {
            records.push(&Line::Whole(bytes), &mut spare);
        }
        assert!(spare.is_empty(), "room is used again");
        assert_eq!(counts(&records), [3, 2]);
        records.put_first(b"before");
        assert_eq!((counts(&records), records.len()), (vec![1, 3, 2], 6));
    }

    #[test]
    fn a_record_is_full_by_what_its_events_are_when_they_are_whole() {
        let (mut records, mut spare) = (Records::default(), Vec::new());
        let form = Form::new(vec![b'x'; RECORD_BYTES / 4], [1..2, 3..4, 5..6]).unwrap();
        for _ in 0..8 {
            let like = Like {
                other: 1,
                form: &form,
            };
            let values = Values::new(b"a\tb\tc").unwrap();
            records.push(&Line::Like(like, values), &mut spare);
        }
        assert_eq!(counts(&records), [3, 3, 2]);
    }
}
