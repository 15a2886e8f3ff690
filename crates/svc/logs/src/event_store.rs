//! Streams of events by their indexes: appending, and reading by time and place.
//!
//! A stream's events have *ranks* 0, 1, 2 … in the order of (time, offset). For a stream in order
//! of time, which nearly all are, a rank is an offset.

use std::{
    collections::HashMap,
    io,
    ops::Range,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use parking_lot::Mutex;
use wharf_journal::{Journal, JournalError, Moved};

use crate::{
    cipher::DataKey,
    encoded::{Encoded, Packing},
    event, field_index,
    index::Index,
    saved,
    token::Boundary,
};

/// Records and bytes read at a time while an index is made.
const SCAN_RECORDS: usize = 4096;
const SCAN_BYTES: usize = 1 << 20;

#[derive(Clone)]
pub struct EventStore {
    journal: Journal,
    indexes: Arc<Mutex<HashMap<String, Arc<tokio::sync::Mutex<Index>>>>>,
    /// Whether an index has changed since they were saved.
    changed: Arc<AtomicBool>,
    packing: Packing,
}

/// Why events were not appended.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// The stream was removed while the put was on its way.
    #[error("there is no such stream any more")]
    Gone,
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// Some hundred events that came in one after another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// When the first came in, in milliseconds.
    pub ingestion: i64,
    /// On disk, about.
    pub bytes: u64,
    pub events: u64,
    /// The offset behind the last.
    pub end: u64,
}

/// Times and place of a stream's first and last events, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    pub first_event: Option<i64>,
    pub last_event: Option<i64>,
    pub last_ingestion: Option<i64>,
}

/// How ranks become offsets in one stream, as of one moment.
#[derive(Debug, Clone)]
pub enum Order {
    /// Rank and offset are the same.
    Straight,
    Sorted(Arc<Vec<(i64, u64)>>),
}

/// A stream as of one moment: the ranks of the events within some times.
#[derive(Debug, Clone)]
pub struct Window {
    pub order: Order,
    pub low: u64,
    pub high: u64,
    /// No event of it is before the one, none behind the other; found without reading any.
    pub times: (i64, i64),
}

impl EventStore {
    pub fn new(journal: Journal) -> Self {
        Self {
            journal,
            indexes: Arc::default(),
            changed: Arc::default(),
            packing: Packing::default(),
        }
    }

    /// With the indexes that `path` holds, as far as they are of this journal. Blocks.
    pub fn with_saved(journal: Journal, path: &Path) -> Self {
        let events = Self::new(journal);
        let fitting = saved::read(path).into_iter().filter(|(name, index)| {
            let found = events.journal.stream(name);
            found.is_some_and(|info| index.next() <= info.end)
        });
        let indexes = fitting.map(|(name, index)| (name, Arc::new(tokio::sync::Mutex::new(index))));
        events.lock().extend(indexes);
        events
    }

    pub fn indexes_known(&self) -> usize {
        self.lock().len()
    }

    /// Saves the indexes if any has changed.
    pub async fn save(&self, path: &Path) -> io::Result<()> {
        if !self.changed.swap(false, Ordering::Relaxed) {
            return Ok(());
        }
        let all: Vec<_> = {
            let indexes = self.lock();
            let each = indexes.iter();
            each.map(|(name, index)| (name.clone(), index.clone()))
                .collect()
        };
        let mut image = saved::Image::begin();
        for (name, index) in all {
            let index = index.lock().await;
            if !index.gone {
                image.add(&name, &index);
            }
        }
        let path = path.to_owned();
        let written = tokio::task::spawn_blocking(move || image.write(&path)).await;
        let written = written.map_err(io::Error::other).flatten();
        if written.is_err() {
            self.changed.store(true, Ordering::Relaxed);
        }
        written
    }

    fn lock(&self) -> parking_lot::MutexGuard<'_, HashMap<String, Arc<tokio::sync::Mutex<Index>>>> {
        self.indexes.lock()
    }

    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Appends events `(time, text)`, sealed if there is a key, else packed if they are many, in the turn of the
    /// account; durable when this returns. What is moved here is gone from where it was then.
    pub async fn append(
        &self,
        stream: &str,
        (ingestion, events): (i64, &[(i64, &str)]),
        key: Option<&DataKey>,
        account: &str,
        moved: Option<Moved>,
    ) -> Result<u64, AppendError> {
        let packing = &self.packing;
        let encoded = packing.encoded(stream, ingestion, events, key, account);
        let records = encoded.await?;
        let index = self.index(stream);
        let mut index = index.lock().await;
        if index.gone {
            return Err(AppendError::Gone);
        }
        self.complete(stream, &mut index).await?;
        let first = match records {
            Encoded::Plain(mut it) => self.journal.move_gathered(stream, &mut it, moved).await?,
            Encoded::Packed(it) => self.journal.move_packed(stream, it, moved).await?,
        };
        for (offset, (timestamp, _)) in (first..).zip(events) {
            index.add(offset, *timestamp, ingestion);
        }
        self.changed.store(true, Ordering::Relaxed);
        Ok(index.next())
    }

    /// The parts of a stream: when each came in, its events, the offset behind it; and the events'
    /// first offset and bytes on disk.
    pub async fn parts(&self, stream: &str) -> Result<Vec<Part>, JournalError> {
        let Some(info) = self.journal.stream(stream) else {
            return Ok(Vec::new());
        };
        let index = self.index(stream);
        let mut index = index.lock().await;
        self.complete(stream, &mut index).await?;
        // Events of one stream are much alike.
        let each = info.bytes as f64 / info.end.saturating_sub(info.first).max(1) as f64;
        let parts = index.parts().filter(|(_, _, end)| *end > info.first);
        Ok(parts
            .map(|(ingestion, count, end)| Part {
                ingestion,
                bytes: (count as f64 * each) as u64,
                events: count,
                end,
            })
            .collect())
    }

    /// Lets go of the events before `offset`.
    pub async fn drop_before(&self, stream: &str, offset: u64) -> Result<(), JournalError> {
        let index = self.index(stream);
        let mut index = index.lock().await;
        self.journal.trim(stream, offset).await?;
        index.trimmed(offset);
        self.changed.store(true, Ordering::Relaxed);
        self.trim_index(stream, offset).await
    }

    /// Marks a stream whose last event came in before `idle_since`, or that never had one, as gone:
    /// a put that found it before waits, and is then told so. With `empty`, only one that has no
    /// events left. Whether it is.
    pub async fn bury(
        &self,
        stream: &str,
        idle_since: i64,
        empty: bool,
    ) -> Result<bool, JournalError> {
        let index = self.index(stream);
        let mut index = index.lock().await;
        self.complete(stream, &mut index).await?;
        let busy = index.last_ingestion.is_some_and(|last| last >= idle_since);
        let info = self.journal.stream(stream);
        if busy || empty && info.is_some_and(|info| info.first < info.end) {
            return Ok(false);
        }
        index.gone = true;
        self.changed.store(true, Ordering::Relaxed);
        Ok(true)
    }

    /// The stream was not removed after all.
    pub async fn unbury(&self, stream: &str) {
        self.index(stream).lock().await.gone = false;
    }

    /// Forgets those marked as gone: no put can still be on its way to them.
    pub fn forget_buried(&self) {
        self.lock()
            .retain(|_, index| index.try_lock().map_or(true, |index| !index.gone));
    }

    pub async fn summary(&self, stream: &str) -> Result<Summary, JournalError> {
        let index = self.index(stream);
        let mut index = index.lock().await;
        self.complete(stream, &mut index).await?;
        Ok(Summary {
            first_event: index.first_event,
            last_event: index.last_event,
            last_ingestion: index.last_ingestion,
        })
    }

    /// The events with times from `start` to before `end`.
    pub async fn window(&self, stream: &str, start: i64, end: i64) -> Result<Window, JournalError> {
        let index = self.index(stream);
        let mut index = index.lock().await;
        self.complete(stream, &mut index).await?;
        if index.is_ordered() {
            let low = self.place(stream, &index, start).await?;
            let high = self.place(stream, &index, end).await?.max(low);
            let first = index.about(low).map_or(start, |(least, _)| least);
            let last = index.about(high.saturating_sub(1));
            let last = last.map_or(end, |(_, most)| most);
            return Ok(Window {
                order: Order::Straight,
                low,
                high,
                times: (first.max(start), last.min(end.saturating_sub(1))),
            });
        }
        let sorted = match index.sorted() {
            Some(sorted) => sorted,
            None => {
                let all = self.all_times(stream).await?;
                index.set_sorted(all)
            }
        };
        let rank = |timestamp: i64| sorted.partition_point(|(time, _)| *time < timestamp) as u64;
        let (low, high) = (rank(start), rank(end));
        Ok(Window {
            order: Order::Sorted(sorted),
            low,
            high: high.max(low),
            times: (start, end.saturating_sub(1)),
        })
    }

    /// Where events with times from `start` to before `end` may be: offsets, in rising order.
    pub async fn spans(
        &self,
        stream: &str,
        start: i64,
        end: i64,
    ) -> Result<Vec<Range<u64>>, JournalError> {
        let index = self.index(stream);
        let mut index = index.lock().await;
        self.complete(stream, &mut index).await?;
        Ok(index.overlapping(start, end))
    }

    /// The rank of the first event not before the boundary.
    pub async fn rank(
        &self,
        stream: &str,
        order: &Order,
        boundary: Boundary,
    ) -> Result<u64, JournalError> {
        match order {
            Order::Sorted(sorted) => {
                let key = (boundary.timestamp, boundary.offset);
                Ok(sorted.partition_point(|event| *event < key) as u64)
            }
            Order::Straight => {
                let index = self.index(stream);
                let index = index.lock().await;
                let low = self.place(stream, &index, boundary.timestamp).await?;
                // Within one millisecond the offset decides.
                let high = self
                    .place(stream, &index, boundary.timestamp.saturating_add(1))
                    .await?;
                Ok(boundary.offset.clamp(low, high.max(low)))
            }
        }
    }

    /// Lets go of what is wholly older than `timestamp`.
    pub async fn expire(&self, stream: &str, timestamp: i64) -> Result<(), JournalError> {
        let index = self.index(stream);
        let mut index = index.lock().await;
        self.complete(stream, &mut index).await?;
        let before = index.wholly_before(timestamp);
        if self
            .journal
            .stream(stream)
            .is_some_and(|info| info.first < before)
        {
            self.journal.trim(stream, before).await?;
            index.trimmed(before);
            self.changed.store(true, Ordering::Relaxed);
            self.trim_index(stream, before).await?;
        }
        Ok(())
    }

    /// Lets go of what is known of the fields of events before `offset`.
    pub async fn trim_index(&self, stream: &str, offset: u64) -> Result<(), JournalError> {
        let own = field_index::journal_name(stream);
        let Some(info) = self.journal.stream(&own) else {
            return Ok(());
        };
        let before = (offset / field_index::EVENTS).min(info.end);
        if info.first < before {
            self.journal.trim(&own, before).await?;
        }
        Ok(())
    }

    pub async fn delete(&self, stream: &str) -> Result<(), JournalError> {
        self.journal.delete(stream).await?;
        self.delete_index(stream).await?;
        self.lock().remove(stream);
        self.changed.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Deletes what is known of the fields of a stream's events.
    pub async fn delete_index(&self, stream: &str) -> Result<(), JournalError> {
        let own = field_index::journal_name(stream);
        if self.journal.stream(&own).is_some() {
            self.journal.delete(&own).await?;
        }
        Ok(())
    }

    fn index(&self, stream: &str) -> Arc<tokio::sync::Mutex<Index>> {
        self.lock().entry(stream.to_owned()).or_default().clone()
    }

    /// Reads what the index does not know yet: all after a start, nothing after that.
    async fn complete(&self, stream: &str, index: &mut Index) -> Result<(), JournalError> {
        while index.next() < self.journal.end(stream) {
            let reply = self
                .journal
                .read(stream, index.next(), SCAN_RECORDS, SCAN_BYTES)
                .await?;
            if reply.records.is_empty() {
                break;
            }
            for record in &reply.records {
                let (timestamp, ingestion) = event::times(&record.data).unwrap_or_default();
                index.add(record.offset, timestamp, ingestion);
            }
            self.changed.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    /// In a stream in order: the offset of the first event not before `timestamp`.
    async fn place(
        &self,
        stream: &str,
        index: &Index,
        timestamp: i64,
    ) -> Result<u64, JournalError> {
        let (mut from, to) = index.around(timestamp);
        while from < to {
            let reply = self
                .journal
                .read(stream, from, (to - from) as usize, SCAN_BYTES)
                .await?;
            let Some(last) = reply.records.last() else {
                return Ok(to);
            };
            let found = reply.records.iter().find(|record| {
                event::times(&record.data).is_some_and(|(time, _)| time >= timestamp)
            });
            if let Some(found) = found {
                return Ok(found.offset);
            }
            from = last.offset + 1;
        }
        Ok(from)
    }

    async fn all_times(&self, stream: &str) -> Result<Vec<(i64, u64)>, JournalError> {
        let mut all = Vec::new();
        let mut from = 0;
        loop {
            let reply = self
                .journal
                .read(stream, from, SCAN_RECORDS, SCAN_BYTES)
                .await?;
            if reply.records.is_empty() {
                return Ok(all);
            }
            all.extend(
                reply
                    .records
                    .iter()
                    .filter_map(|record| Some((event::times(&record.data)?.0, record.offset))),
            );
            from = reply.next;
        }
    }
}

/// The offset at `rank` and how many offsets from there stand side by side in the order of time.
pub(crate) fn run_of_offsets(sorted: &[(i64, u64)], rank: u64, to: u64) -> (u64, u64) {
    let first = sorted[rank as usize].1;
    let run = sorted[rank as usize..to as usize]
        .iter()
        .zip(first..)
        .take_while(|((_, offset), expected)| offset == expected)
        .count();
    (first, run as u64)
}
