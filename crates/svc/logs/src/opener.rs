//! Events of a group as they are read: the times as they lie, the texts opened where they are sealed.

use std::sync::Arc;

use wharf_base::Timestamp;
use wharf_journal::{JournalError, Record};
use wharf_records::Scope;
use wharf_wire::Fault;

use crate::{
    cipher::{Batch, Damaged, Sealed},
    event::{self, Event, Text},
    event_store::{EventStore, Order, run_of_offsets},
    keys::Keys,
};

/// Why events were not read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Their key does not open.
    #[error("{0}")]
    Key(Fault),
    #[error(transparent)]
    Damaged(#[from] Damaged),
}

/// Opens the events of one group for one reader.
#[derive(Clone)]
pub struct Opener {
    keys: Arc<Keys>,
    scope: Scope,
    group: String,
    now: Timestamp,
    /// Of the event before; its neighbours are mostly of the same.
    batch: Option<Arc<Batch>>,
}

impl Opener {
    pub fn new(keys: Arc<Keys>, scope: Scope, group: String, now: Timestamp) -> Self {
        Self {
            keys,
            scope,
            group,
            now,
            batch: None,
        }
    }

    /// A reader that goes on later asks again whether keys still open.
    pub fn at(&mut self, now: Timestamp) {
        self.now = now;
        self.batch = None;
    }

    /// The event of a record of that stream; `None` for a record that is none of ours.
    pub async fn event(
        &mut self,
        stream: &str,
        record: &Record,
    ) -> Result<Option<Event>, ReadError> {
        let Some(stored) = event::read(&record.data) else {
            return Ok(None);
        };
        let message = match stored.text {
            Text::Plain(text) => String::from_utf8_lossy(text).into_owned(),
            Text::Sealed(sealed) => {
                let sealed = Sealed::read(sealed)?;
                let batch = self.batch_of(&sealed).await?;
                batch.open(stream, stored.times, &sealed)?
            }
        };
        Ok(Some(Event {
            offset: record.offset,
            timestamp: stored.timestamp,
            ingestion: stored.ingestion,
            message,
        }))
    }

    async fn batch_of(&mut self, sealed: &Sealed<'_>) -> Result<Arc<Batch>, ReadError> {
        if let Some(batch) = self.batch.as_ref().filter(|it| it.holds(sealed)) {
            return Ok(batch.clone());
        }
        let id = sealed.data_key;
        let key = self.keys.open(&self.scope, &self.group, id, self.now);
        let batch = Arc::new(key.await.map_err(ReadError::Key)?.batch_of(sealed));
        self.batch = Some(batch.clone());
        Ok(batch)
    }
}

impl EventStore {
    /// The events of ranks `from..to`, as many as `max_bytes` let in, at least one if there is any.
    pub async fn fetch(
        &self,
        stream: &str,
        order: &Order,
        (from, to): (u64, u64),
        max_bytes: usize,
        opener: &mut Opener,
    ) -> Result<Vec<Event>, ReadError> {
        let mut events = Vec::new();
        let mut bytes = 0;
        let mut rank = from;
        while rank < to && (events.is_empty() || bytes < max_bytes) {
            let (offset, run) = match order {
                Order::Straight => (rank, to - rank),
                Order::Sorted(sorted) => run_of_offsets(sorted, rank, to),
            };
            let room = max_bytes - bytes.min(max_bytes);
            let reply = self.journal().read(stream, offset, run as usize, room);
            let reply = reply.await?;
            let before = events.len();
            let within = |record: &&Record| record.offset < offset + run;
            for record in reply.records.iter().take_while(within) {
                if let Some(event) = opener.event(stream, record).await? {
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
}
