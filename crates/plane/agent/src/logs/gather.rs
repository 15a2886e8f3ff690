//! Batches of events out of a container's spool, for whatever driver delivers them.

use std::time::Duration;

use async_trait::async_trait;
use regex::Regex;
use tokio::time::{Instant, timeout_at};

use super::assemble::{Assembler, LogEvent, Record};

/// After the first record of a batch others are waited for, so that a chatty container costs a few
/// puts a second.
const LINGER: Duration = Duration::from_millis(200);
/// Unfinished lines wait for their end no longer than this (the stock driver's interval).
const SETTLE: Duration = Duration::from_secs(5);
/// A piece of the spool.
#[derive(Debug, Clone, Default)]
pub struct Chunk {
    pub records: Vec<Record>,
    /// What to commit once these are delivered.
    pub next: u64,
    pub ended: bool,
    /// Bytes that a full spool dropped unread.
    pub lost_bytes: u64,
}

/// Reading failed; the text is for the log.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct SourceError(pub String);

/// A container's spool.
#[async_trait]
pub trait LogSource: Send {
    /// At least one record, or the end. Dropping the future loses nothing.
    async fn next(&mut self, max_records: usize) -> Result<Chunk, SourceError>;
    async fn commit(&mut self, delivered: u64) -> Result<(), SourceError>;
    /// Nothing more is written, whether all is read or not.
    fn is_over(&self) -> bool {
        false
    }
}

/// How batches are made of what a container writes.
pub struct Gather<'a> {
    /// A line that matches begins a new event.
    pub starts_event: Option<&'a Regex>,
    /// Which log it is, for the agent's own.
    pub log: &'a str,
    /// Records of one batch, but for what belongs to its last line.
    pub most_records: usize,
}

impl Gather<'_> {
    /// Reads until a batch is full or nothing comes for a moment, and never stops within a line. With
    /// `through`, reads exactly to there, unless that has been passed.
    ///
    /// # Errors
    /// The spool cannot be read.
    pub async fn next<S: LogSource>(
        &self,
        source: &mut S,
        mut through: Option<u64>,
    ) -> Result<Batch, SourceError> {
        let most = self.most_records;
        let mut assembler = Assembler::new(self.starts_event.cloned());
        let mut batch = Batch::default();
        let mut deadline: Option<Instant> = None;
        // Both count from the first record, or a container that never pauses would never be heard.
        let mut linger_by = Instant::now() + LINGER;
        let mut settle_by = linger_by;
        loop {
            let room = match through {
                Some(_) => 1,
                None => most - batch.records.min(most - 1),
            };
            let chunk = match deadline {
                None => source.next(room).await?,
                Some(deadline) => match timeout_at(deadline, source.next(room)).await {
                    Ok(chunk) => chunk?,
                    Err(_) => {
                        assembler.flush();
                        break;
                    }
                },
            };
            let now = Instant::now();
            if batch.records == 0 {
                linger_by = now + LINGER;
                settle_by = now + SETTLE;
            }
            if chunk.lost_bytes > 0 {
                tracing::warn!(
                    log = self.log,
                    bytes = chunk.lost_bytes,
                    "log lines were dropped: the buffer was full"
                );
            }
            batch.take_in(&chunk, &mut assembler);
            if let Some(end) = through {
                if batch.next < end && !batch.ended {
                    continue;
                }
                if batch.next <= end {
                    assembler.flush();
                    break;
                }
                // The note outlived its commit: what it covers has been passed.
                through = None;
            }
            let enough = batch.records >= most || now >= linger_by;
            if batch.ended || enough && (assembler.is_settled() || batch.records >= 2 * most) {
                assembler.flush();
                break;
            }
            deadline = Some(if assembler.is_settled() {
                linger_by
            } else {
                settle_by
            });
        }
        batch.events = assembler.take();
        Ok(batch)
    }
}

/// Events that are delivered together.
#[derive(Debug, Default)]
pub struct Batch {
    pub events: Vec<LogEvent>,
    records: usize,
    /// What to commit once these are delivered.
    pub next: u64,
    pub ended: bool,
}

impl Batch {
    /// Whether the log ends here and nothing was read before that, not even what makes no event. Such a place needs no commit:
    /// whoever reads on from the one before finds the same.
    pub fn is_only_the_end(&self) -> bool {
        self.ended && self.records == 0
    }

    fn take_in(&mut self, chunk: &Chunk, assembler: &mut Assembler) {
        chunk
            .records
            .iter()
            .for_each(|record| assembler.push(record));
        self.records += chunk.records.len();
        self.next = chunk.next;
        self.ended = chunk.ended;
    }
}
