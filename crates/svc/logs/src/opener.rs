//! Events of a group as they are read: the times as they lie, the texts opened where they are sealed, and masked where
//! a policy says so.

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
    rules::{Rules, Unmasked},
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
    #[error(transparent)]
    Unmasked(#[from] Unmasked),
}

/// Opens the events of one group for one reader.
#[derive(Clone)]
pub struct Opener {
    keys: Arc<Keys>,
    scope: Scope,
    group: String,
    now: Timestamp,
    rules: Arc<Rules>,
    /// Of the event before; its neighbours are mostly of the same.
    batch: Option<Arc<Batch>>,
}

impl Opener {
    pub fn new(
        keys: Arc<Keys>,
        scope: Scope,
        group: String,
        now: Timestamp,
        rules: Arc<Rules>,
    ) -> Self {
        Self {
            keys,
            scope,
            group,
            now,
            rules,
            batch: None,
        }
    }

    /// A reader that goes on later asks again whether keys still open.
    pub fn at(&mut self, now: Timestamp) {
        self.now = now;
        self.batch = None;
    }

    /// For a caller who may see what is sensitive.
    pub fn unmasking(mut self) -> Self {
        self.rules = Arc::default();
        self
    }

    /// The rules may have changed since.
    pub fn goes_by(&mut self, rules: Arc<Rules>) {
        self.rules = rules;
    }

    /// The events of records of that stream, but for records that are none of ours.
    pub async fn events(
        &mut self,
        stream: &str,
        records: &[Record],
    ) -> Result<Vec<Event>, ReadError> {
        let mut events = Vec::with_capacity(records.len());
        for record in records {
            events.extend(self.unmasked(stream, record).await?);
        }
        match self.rules.masks() {
            true => Ok(self.rules.mask(events).await?),
            false => Ok(events),
        }
    }

    /// The event of a record of that stream as it came; `None` for a record that is none of ours.
    pub async fn unmasked(
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
            let within = |record: &Record| record.offset < offset + run;
            let count = reply.records.partition_point(within);
            let found = opener.events(stream, &reply.records[..count]).await?;
            let read = found.len() as u64;
            bytes += found.iter().map(Event::size).sum::<usize>();
            events.extend(found);
            // Trimmed meanwhile, or nothing there any more.
            rank += if read == 0 { run } else { read };
        }
        Ok(events)
    }
}
