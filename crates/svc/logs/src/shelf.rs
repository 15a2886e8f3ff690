//! Streams of events by their indexes: appending, and reading by time and place.
//!
//! A stream's events have *ranks* 0, 1, 2 … in the order of (time, offset). For a stream in order
//! of time, which nearly all are, a rank is an offset.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use wharf_journal::{Journal, JournalError};

use crate::{
    event::{self, Event},
    index::Index,
    token::Boundary,
};

/// Records and bytes read at a time while an index is made.
const SCAN_RECORDS: usize = 4096;
const SCAN_BYTES: usize = 1 << 20;

#[derive(Clone)]
pub struct Shelf {
    journal: Journal,
    indexes: Arc<Mutex<HashMap<String, Arc<tokio::sync::Mutex<Index>>>>>,
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
}

impl Shelf {
    pub fn new(journal: Journal) -> Self {
        Self {
            journal,
            indexes: Arc::default(),
        }
    }

    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Appends events `(time, text)`; durable when this returns.
    pub async fn append(
        &self,
        stream: &str,
        ingestion: i64,
        events: &[(i64, &str)],
    ) -> Result<u64, JournalError> {
        let index = self.index(stream);
        let mut index = index.lock().await;
        self.complete(stream, &mut index).await?;
        let records: Vec<Vec<u8>> = events
            .iter()
            .map(|(timestamp, text)| event::encode(*timestamp, ingestion, text))
            .collect();
        let first = self.journal.append(stream, &records).await?;
        for (offset, (timestamp, _)) in (first..).zip(events) {
            index.add(offset, *timestamp, ingestion);
        }
        Ok(index.next())
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
            return Ok(Window {
                order: Order::Straight,
                low,
                high,
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
        })
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

    /// The events of ranks `from..to`, as many as `max_bytes` let in, at least one if there is any.
    pub async fn fetch(
        &self,
        stream: &str,
        order: &Order,
        from: u64,
        to: u64,
        max_bytes: usize,
    ) -> Result<Vec<Event>, JournalError> {
        let mut events = Vec::new();
        let mut bytes = 0;
        let mut rank = from;
        while rank < to && (events.is_empty() || bytes < max_bytes) {
            let (offset, run) = match order {
                Order::Straight => (rank, to - rank),
                Order::Sorted(sorted) => run_of_offsets(sorted, rank, to),
            };
            let reply = self
                .journal
                .read(
                    stream,
                    offset,
                    run as usize,
                    max_bytes - bytes.min(max_bytes),
                )
                .await?;
            let before = events.len();
            for record in reply
                .records
                .iter()
                .take_while(|record| record.offset < offset + run)
            {
                if let Some(event) = event::decode(record.offset, &record.data) {
                    bytes += event.size();
                    events.push(event);
                }
            }
            let read = (events.len() - before) as u64;
            // Trimmed meanwhile, or nothing there any more.
            rank += if read == 0 { run } else { read };
        }
        Ok(events)
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
        }
        Ok(())
    }

    pub async fn delete(&self, stream: &str) -> Result<(), JournalError> {
        self.journal.delete(stream).await?;
        self.indexes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(stream);
        Ok(())
    }

    fn index(&self, stream: &str) -> Arc<tokio::sync::Mutex<Index>> {
        let mut indexes = self.indexes.lock().unwrap_or_else(PoisonError::into_inner);
        indexes.entry(stream.to_owned()).or_default().clone()
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
fn run_of_offsets(sorted: &[(i64, u64)], rank: u64, to: u64) -> (u64, u64) {
    let first = sorted[rank as usize].1;
    let run = sorted[rank as usize..to as usize]
        .iter()
        .zip(first..)
        .take_while(|((_, offset), expected)| offset == expected)
        .count();
    (first, run as u64)
}
