//! Looking for texts in the blocks of a stream, before anything is made of its events: a block whose filter says that
//! none of them is in it is not even read.

use std::sync::Arc;

use bytes::Bytes;
use wharf_insights::Needles;
use wharf_journal::{Glance, JournalError, Record, StoredBlock};

use crate::{
    desk::Desk,
    event::{self, Text},
    event_store::EventStore,
};

/// Blocks that are gathered at a time; small ones, as they were put, are many.
const MOST_BLOCKS: usize = 512;
/// Bytes of one measure of work.
const MEASURE: usize = 256 << 10;
/// A block that is passed over by its filter costs such a part of one that is read, and no less than this of bytes and
/// of events: it is found somewhere on the disk, however small it is.
const PASSED: usize = 64;
const LEAST_BYTES: usize = 16 << 10;
const LEAST_EVENTS: u64 = 64;

/// Where is looked, and on whose account.
#[derive(Clone, Copy)]
pub struct Reading<'a> {
    pub events: &'a EventStore,
    /// Of looks alone: they wait for disks, which others' work for processors is not to wait for.
    pub desk: &'a Desk,
    pub account: &'a str,
}

/// How far one look goes.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Of work.
    pub measures: usize,
    /// Bytes of records that may pass, beyond which others have their turn; one may in any case.
    pub bytes: usize,
}

/// What was come across.
#[derive(Debug)]
pub struct Sought {
    /// Those that may pass.
    pub records: Vec<Record>,
    /// The offset behind all that was looked at.
    pub next: u64,
    /// How many events were passed over or are in `records`; of blocks that were not read a part, as of work.
    pub looked_at: u64,
    /// Of `records`.
    bytes: usize,
}

/// Bytes that an event or a record takes whose text has so many.
pub fn weight(text: usize) -> usize {
    text + 64
}

impl Reading<'_> {
    /// The events at offsets `from..to` of a stream that may have one of the texts, so far as the bounds let.
    pub fn seek(
        &self,
        stream: &str,
        (from, to): (u64, u64),
        bounds: Bounds,
        needles: &Arc<Needles>,
    ) -> impl Future<Output = Result<Sought, JournalError>> + use<'_> {
        let journal = self.events.journal();
        let found = journal.some_blocks(stream, from..to, MOST_BLOCKS);
        let needles = needles.clone();
        let looking = move || look(&found, (from, to), bounds, &needles);
        let looked = self.desk.work(self.account, looking);
        async move { looked.await.map_err(|_| JournalError::Closed)? }
    }
}

impl EventStore {
    /// The time of the first event at that offset or behind it; `None` if there is none.
    pub async fn time_at(&self, stream: &str, offset: u64) -> Result<Option<i64>, JournalError> {
        let reply = self.journal().read(stream, offset, 1, 1).await?;
        let times = reply.records.first().and_then(|it| event::times(&it.data));
        Ok(times.map(|(time, _)| time))
    }
}

/// Whether nothing in a block may pass, by its filter. What is sealed shows nothing.
fn is_passed_over(block: &StoredBlock, needles: &Needles) -> Result<bool, JournalError> {
    let Some(filter) = block.filter()? else {
        return Ok(false);
    };
    let is_plain = filter.last_of_heads() == Some(event::PLAIN);
    Ok(is_plain && !needles.may_be(|text| filter.may_have(text)))
}

/// Blocks.
fn look(
    found: &[StoredBlock],
    (from, to): (u64, u64),
    bounds: Bounds,
    needles: &Needles,
) -> Result<Sought, JournalError> {
    let mut sought = Sought {
        records: Vec::new(),
        // Nothing is there any more, unless there is.
        next: to,
        looked_at: 0,
        bytes: 0,
    };
    let mut work = 0;
    for stored in found {
        if sought.is_enough(bounds) || work > bounds.measures * MEASURE {
            break;
        }
        sought.next = stored.end().min(to);
        let (bytes, count) = (stored.bytes(), u64::from(stored.count()));
        if is_passed_over(stored, needles)? {
            work += (bytes / PASSED).max(LEAST_BYTES);
            sought.looked_at += (count / PASSED as u64).max(LEAST_EVENTS);
            continue;
        }
        work += bytes;
        sought.looked_at += count;
        let whole = stored
            .read_if(|it| !sought.take_seen(it, stored.first(), (from, to), bounds, needles))?;
        let Some(block) = whole else {
            continue;
        };
        let mut hits = needles.hits(&block);
        for (offset, range) in stored.records(&block) {
            let data = &block[range.clone()];
            let passes = match event::read(data).map(|it| it.text) {
                Some(Text::Plain(_)) => hits.may_pass(range.start, range.end),
                Some(Text::Sealed(_)) => true,
                None => false,
            };
            if passes && (from..to).contains(&offset) {
                // A copy: the block is much more than what passes.
                sought.take(offset, data.to_vec());
                if sought.is_enough(bounds) {
                    sought.next = offset + 1;
                    break;
                }
            }
        }
    }
    Ok(sought)
}

impl Sought {
    fn is_enough(&self, bounds: Bounds) -> bool {
        !self.records.is_empty() && self.bytes >= bounds.bytes
    }

    fn take(&mut self, offset: u64, data: Vec<u8>) {
        self.bytes += weight(data.len());
        let data = Bytes::from(data);
        self.records.push(Record { offset, data });
    }

    /// Takes what may pass out of a packed block; not if something in it is sealed, or is none of ours.
    fn take_seen(
        &mut self,
        block: &Glance<'_>,
        first: u64,
        (from, to): (u64, u64),
        bounds: Bounds,
        needles: &Needles,
    ) -> bool {
        let forms = block.column(event::FORM);
        if !forms.is_some_and(|it| it.iter().all(|form| *form == event::PLAIN)) {
            return false;
        }
        let mut hits = needles.hits(block.tails());
        for (index, (offset, place)) in (first..).zip(block.places()).enumerate() {
            if hits.may_pass(place.start, place.end)
                && (from..to).contains(&offset)
                && let Some(record) = block.record(index, place)
            {
                self.take(offset, record);
                if self.is_enough(bounds) {
                    self.next = offset + 1;
                    break;
                }
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use wharf_journal::{Journal, JournalOptions};

    use super::*;

    fn small() -> JournalOptions {
        JournalOptions {
            segment_bytes: 16 << 10,
            merge_segments: 2,
            merge_runs: 2,
            ..JournalOptions::default()
        }
    }

    /// Waits until most of stream `s` is in packed blocks.
    async fn packed(events: &EventStore, written: u64) {
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
        let journal = events.journal();
        while journal.stream("s").unwrap().bytes > written / 3 {
            assert!(
                std::time::Instant::now() < deadline,
                "{:?}",
                journal.usage()
            );
            // The file that is written to is closed when it is full.
            journal.append("other", &["x".repeat(500)]).await.unwrap();
            journal.trim("other", u64::MAX).await.unwrap();
        }
    }

    /// All that is sought in `0..to`, and how much was looked at for it.
    async fn all(events: &EventStore, to: u64, bounds: Bounds, text: &str) -> (Vec<Record>, u64) {
        let needles = Arc::new(Needles::any_of(&[text]));
        let reading = Reading {
            events,
            desk: &Desk::default(),
            account: "a",
        };
        let (mut next, mut found, mut looked_at) = (0, Vec::new(), 0);
        while next < to {
            let sought = reading.seek("s", (next, to), bounds, &needles);
            let sought = sought.await.unwrap();
            assert!(sought.next > next);
            next = sought.next;
            looked_at += sought.looked_at;
            found.extend(sought.records);
        }
        (found, looked_at)
    }

    const ALL: Bounds = Bounds {
        measures: 1,
        bytes: 256 << 10,
    };

    /// Blocks without the text are left where they are; those that have it, anywhere, are not.
    #[tokio::test]
    async fn blocks_without_the_text_are_passed_over() {
        const EVENTS: u64 = 20_000;
        let folder = tempfile::tempdir().unwrap();
        let events = EventStore::new(Journal::open(folder.path(), small()).unwrap());
        let mut written = 0;
        for at in (0..EVENTS as i64).step_by(50) {
            let line = |n: i64| {
                let id = if n == 12_345 { "needle-77" } else { "straw" };
                let item = n * 7919 % 9973;
                event::encode(n, n, &format!("GET /items/{item} {id} of 10.0.0.7"))
            };
            let lines: Vec<Vec<u8>> = (at..at + 50).map(line).collect();
            written += lines.iter().map(Vec::len).sum::<usize>() as u64;
            events.journal().append("s", &lines).await.unwrap();
        }
        packed(&events, written).await;
        let (found, looked_at) = all(&events, EVENTS, ALL, "UpstreamReset").await;
        assert_eq!(found.len(), 0);
        assert!(looked_at < EVENTS / 2, "{looked_at} were looked at");
        // Each of them is found on the disk, and counts.
        let blocks = events.journal().blocks("s", 0..EVENTS);
        let small = blocks.iter().filter(|it| it.filter().unwrap().is_some());
        assert!(looked_at >= small.count() as u64 * LEAST_EVENTS);
        let (found, looked_at) = all(&events, EVENTS, ALL, "needle-77").await;
        assert_eq!(
            found.iter().map(|it| it.offset).collect::<Vec<_>>(),
            [12_345]
        );
        assert!(looked_at < EVENTS, "{looked_at} were looked at");
        // What all have is found once each, wherever a look ends.
        for bytes in [0, 1000, 256 << 10] {
            let bounds = Bounds { measures: 1, bytes };
            let (found, _) = all(&events, 3000, bounds, "GET /items").await;
            assert!(found.iter().map(|it| it.offset).eq(0..3000), "{bytes}");
        }
    }

    /// Sealed texts show nothing, so that none of them is passed over, in blocks that are packed and that are not.
    #[tokio::test]
    async fn what_is_sealed_may_always_pass() {
        let folder = tempfile::tempdir().unwrap();
        let events = EventStore::new(Journal::open(folder.path(), small()).unwrap());
        let text = "straw ".repeat(20);
        let mut sealed = 0;
        for n in 0..2000 {
            let record = match n % 100 {
                7 => {
                    sealed += 1;
                    let mut record = event::sealed_head(n, n);
                    record.extend_from_slice(text.as_bytes());
                    record
                }
                _ => event::encode(n, n, &text),
            };
            events.journal().append("s", &[record]).await.unwrap();
        }
        let (found, _) = all(&events, 2000, ALL, "needle").await;
        assert_eq!(found.len(), sealed);
        assert!(found.iter().all(|it| it.offset % 100 == 7));
        let packed = events.journal().blocks("s", 0..2000);
        assert!(packed.len() < 1500, "some blocks were merged");
    }
}
