//! The ledger: tasks that ended, kept for longer than ECS remembers them.
//!
//! A stream of the journal holds an account's tasks of a month; a task that was in several months is in the
//! stream of each. What tasks are charged for is the same for many of them, so it is written once and
//! tasks refer to it by a number. Numbers begin anew after a reset, so that neither who writes nor who
//! reads has to remember more than [`MOST_CHARGES`].
//!
//! Records: `0` and JSON, what the next number means; `1`, the number (4 bytes), start and length in
//! milliseconds (8 bytes each), and the task's id; `2`, a reset.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;
use wharf_billing::{Span, Use};
use wharf_journal::{Journal, JournalError, LimitError, Records};

use crate::{period::Month, records::Meter};

const PREFIX: &str = "cost/";
/// Reports reach back so far: the present month and those before it.
pub(crate) const KEPT_MONTHS: i32 = 14;
/// Numbers between two resets.
const MOST_CHARGES: usize = 4_096;
/// What the charges between two resets take at most, and one more: tags can make them large.
const MOST_CHARGE_BYTES: usize = 1 << 20;
/// Streams that are written to without a reset, and what their charges take together.
const MOST_WRITERS: usize = 256;
const MOST_WRITERS_BYTES: usize = 32 << 20;
/// What gathers in one append. A task is much smaller than the journal's limit leaves beyond this.
const APPEND_BYTES: usize = 1 << 20;
const APPEND_RECORDS: usize = 5_000;

const CHARGE: u8 = 0;
const TASK: u8 = 1;
const RESET: u8 = 2;
const HEAD: usize = 1 + 4 + 8 + 8;

/// What many tasks have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Charge {
    /// The tasks' ARNs without their ids.
    pub arns: String,
    #[serde(rename = "use")]
    pub used: Use,
}

/// A task as reports see it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry<'a> {
    pub id: &'a str,
    pub span: Span,
}

/// Who hears of tasks.
pub(crate) trait Reader {
    /// What it makes of a charge, to be given back with each task of it.
    type Known;
    fn charge(&mut self, charge: &Charge) -> Self::Known;
    /// A task, and the month in whose stream it stands.
    fn task(&mut self, known: &Self::Known, entry: Entry<'_>, month: Month);
    /// Nothing more has to be read.
    fn is_over(&self) -> bool {
        false
    }
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum LedgerError {
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error(transparent)]
    Limit(#[from] LimitError),
}

/// Reads, and writes in one place only.
#[derive(Debug, Clone)]
pub(crate) struct Ledger {
    journal: Journal,
}

fn stream(account: &str, month: Month) -> String {
    format!("{PREFIX}{account}/{month}")
}

/// The months that a task was in.
pub(crate) fn months(span: Span) -> impl Iterator<Item = Month> {
    let last = Month::of(span.last());
    let first = Month::of(span.start).max(last.minus(KEPT_MONTHS));
    first.to(last)
}

impl Ledger {
    pub fn new(journal: Journal) -> Self {
        Self { journal }
    }

    /// Hands all tasks of an account in a month to a reader, until that has enough. Blocks. What is
    /// damaged is passed over and said in the log: one bad sector costs the tasks in it, and neither
    /// the other tasks nor the other accounts.
    pub fn read(&self, account: &str, month: Month, reader: &mut impl Reader) {
        let stream = stream(account, month);
        let mut numbers = Numbers::default();
        let mut next = 0;
        for block in self.journal.blocks(&stream, 0..u64::MAX) {
            if reader.is_over() {
                return;
            }
            if block.end() - u64::from(block.count()) != next {
                numbers.lose();
            }
            // Once more, for a failure that passes.
            let bytes = match block.read().or_else(|_| block.read()) {
                Ok(bytes) => bytes,
                Err(error) => {
                    tracing::error!(
                        stream,
                        until = block.end(),
                        %error,
                        "failed to read metered use: reports leave its tasks out"
                    );
                    continue;
                }
            };
            for (offset, place) in block.records(&bytes) {
                next = offset + 1;
                if numbers.read(&bytes[place], month, reader).is_none() {
                    tracing::error!(
                        stream,
                        offset,
                        "failed to decode a record of metered use: reports leave it out"
                    );
                }
            }
        }
    }

    /// Deletes the oldest month, if no report reaches it any more.
    ///
    /// A clock may be years ahead before anything sets it right, and nothing brings a ledger back. So
    /// months are old only by what was metered after them, and no more than one goes at a time.
    ///
    /// # Errors
    /// The journal's.
    pub async fn sweep(&self, now: Timestamp) -> Result<(), JournalError> {
        let streams = self.journal.streams(PREFIX, None, usize::MAX);
        let months = streams.into_iter().filter_map(|info| {
            let month = info.name.rsplit_once('/')?.1;
            Some((Month::parse(month)?, info.name))
        });
        let months: Vec<(Month, String)> = months.collect();
        let all = || months.iter().map(|(month, _)| *month);
        let (Some(first), Some(newest)) = (all().min(), all().max()) else {
            return Ok(());
        };
        if first < newest.min(Month::of(now.millis())).minus(KEPT_MONTHS) {
            for (_, stream) in months.iter().filter(|(month, _)| *month == first) {
                self.journal.delete(stream).await?;
            }
        }
        Ok(())
    }
}

/// What numbers mean, for a reader.
pub(crate) struct Numbers<K> {
    /// `None` for charges that are not understood: they have numbers all the same.
    known: Vec<Option<K>>,
    /// Charges may be missing, so no number is certain until the next reset.
    is_lost: bool,
}

impl<K> Default for Numbers<K> {
    fn default() -> Self {
        Self {
            known: Vec::new(),
            is_lost: false,
        }
    }
}

impl<K> Numbers<K> {
    /// Records are missing from here on.
    pub fn lose(&mut self) {
        self.known.clear();
        self.is_lost = true;
    }

    /// One record of a stream, in its order; `None` if it is damaged.
    pub fn read<R: Reader<Known = K>>(
        &mut self,
        record: &[u8],
        month: Month,
        reader: &mut R,
    ) -> Option<()> {
        match *record.first()? {
            CHARGE if self.is_lost => {}
            CHARGE if self.known.len() < MOST_CHARGES => {
                let charge = serde_json::from_slice(&record[1..]).ok();
                let known = charge.map(|it| reader.charge(&it));
                let is_good = known.is_some();
                self.known.push(known);
                return is_good.then_some(());
            }
            RESET => {
                self.known.clear();
                self.is_lost = false;
            }
            TASK if record.len() > HEAD => {
                let number = u32::from_le_bytes(record[1..5].try_into().ok()?) as usize;
                let start = i64::from_le_bytes(record[5..13].try_into().ok()?);
                let length = i64::from_le_bytes(record[13..21].try_into().ok()?);
                let id = std::str::from_utf8(&record[HEAD..]).ok()?;
                let span = Span::new(start, start.checked_add(length)?);
                let known = self.known.get(number)?.as_ref()?;
                reader.task(known, Entry { id, span }, month);
            }
            _ => return None,
        }
        Some(())
    }
}

/// Writes to the ledger. There is one.
#[derive(Debug)]
pub(crate) struct Writer {
    journal: Journal,
    /// Numbers since the last reset of a stream.
    numbers: HashMap<String, Written>,
}

/// The charges that have numbers.
#[derive(Debug, Default)]
struct Written {
    numbers: HashMap<Charge, u32>,
    bytes: usize,
}

impl Writer {
    pub fn new(journal: Journal) -> Self {
        Self {
            journal,
            numbers: HashMap::new(),
        }
    }

    /// Writes tasks that ended, each to the month it is given with; durable when this returns.
    ///
    /// # Errors
    /// The journal's: some may be written, others not.
    pub async fn write<'a>(
        &mut self,
        ended: impl Iterator<Item = (&'a str, Month, &'a Meter, Span)>,
    ) -> Result<(), LedgerError> {
        let mut streams: BTreeMap<String, Vec<(&Meter, Span)>> = BTreeMap::new();
        for (account, month, meter, span) in ended {
            streams
                .entry(stream(account, month))
                .or_default()
                .push((meter, span));
        }
        for (stream, tasks) in streams {
            // Numbers whose meaning may not have been written are not used again.
            let mut written = self.numbers.remove(&stream).unwrap_or_default();
            self.append(&stream, &mut written, &tasks).await?;
            let bytes: usize = self.numbers.values().map(|it| it.bytes).sum();
            if self.numbers.len() >= MOST_WRITERS || bytes >= MOST_WRITERS_BYTES {
                self.numbers.clear();
            }
            self.numbers.insert(stream, written);
        }
        Ok(())
    }

    async fn append(
        &self,
        stream: &str,
        written: &mut Written,
        tasks: &[(&Meter, Span)],
    ) -> Result<(), LedgerError> {
        let mut records = Records::default();
        for (meter, span) in tasks {
            if records.bytes() >= APPEND_BYTES || records.len() >= APPEND_RECORDS {
                self.journal.append_gathered(stream, &mut records).await?;
            }
            let charge = Charge {
                arns: meter.arns.clone(),
                used: meter.used.clone(),
            };
            let known = written.numbers.get(&charge).copied();
            let is_full =
                written.numbers.len() == MOST_CHARGES || written.bytes >= MOST_CHARGE_BYTES;
            if written.numbers.is_empty() || known.is_none() && is_full {
                *written = Written::default();
                records.push(&[RESET])?;
            }
            let next = written.numbers.len() as u32;
            let number = match known {
                Some(number) => number,
                None => {
                    let mut record = vec![CHARGE];
                    record.extend(serde_json::to_vec(&charge).unwrap_or_default());
                    records.push(&record)?;
                    written.bytes += record.len();
                    written.numbers.insert(charge, next);
                    next
                }
            };
            records.push(&task(number, *span, &meter.id))?;
        }
        if !records.is_empty() {
            self.journal.append_gathered(stream, &mut records).await?;
        }
        Ok(())
    }
}

fn task(number: u32, span: Span, id: &str) -> Vec<u8> {
    let mut record = Vec::with_capacity(HEAD + id.len());
    record.push(TASK);
    record.extend(number.to_le_bytes());
    record.extend(span.start.to_le_bytes());
    record.extend((span.end - span.start).to_le_bytes());
    record.extend(id.as_bytes());
    record
}
