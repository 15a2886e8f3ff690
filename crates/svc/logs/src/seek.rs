//! Looking for texts in the blocks of a stream, before anything is made of its events: a block whose filter says that
//! none of them is in it is not even read.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use bytes::Bytes;
use futures_util::future::join_all;
use parking_lot::Mutex;
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
    /// The time of the event at `next`, where none may pass before it and that was easy to know.
    pub time: Option<i64>,
    /// How many events were passed over or are in `records`; of blocks that were not read a part, as of work.
    pub looked_at: u64,
}

/// One look, which several work on: each takes the block that is next.
struct Looking {
    found: Vec<StoredBlock>,
    within: (u64, u64),
    bounds: Bounds,
    needles: Arc<Needles>,
    /// Blocks that were taken, work that was done and bytes that were found so far, by all.
    taken: AtomicUsize,
    work: AtomicUsize,
    bytes: AtomicUsize,
    /// Who is still at it.
    workers: AtomicUsize,
    /// What was seen of each block.
    seen: Mutex<Vec<Option<Result<Seen, JournalError>>>>,
}

/// What was seen of a block.
#[derive(Debug, Default)]
struct Seen {
    /// Those that may pass, and their bytes.
    records: Vec<Record>,
    bytes: usize,
    /// It was not read.
    is_passed: bool,
    /// The offset behind the last record that was looked at, if others are behind it.
    cut: Option<u64>,
}

/// Bytes that an event or a record takes whose text has so many.
pub fn weight(text: usize) -> usize {
    text + 64
}

impl Reading<'_> {
    /// The events at offsets `from..to` of a stream that may have one of the texts, so far as the bounds let. So many
    /// work on it at once, where the account has its turn with as many.
    pub fn seek(
        &self,
        stream: &str,
        (from, to): (u64, u64),
        bounds: Bounds,
        needles: &Arc<Needles>,
        workers: usize,
    ) -> impl Future<Output = Result<Sought, JournalError>> + use<'_> {
        let journal = self.events.journal();
        let found = journal.some_blocks(stream, from..to, MOST_BLOCKS);
        let workers = workers.clamp(1, found.len().max(1));
        let looking = Looking::new(found, (from, to), bounds, needles.clone(), workers);
        let looking = Arc::new(looking);
        let each = (0..workers).map(|_| {
            let looking = looking.clone();
            self.desk.work(self.account, move || looking.work())
        });
        let all = join_all(each.collect::<Vec<_>>());
        async move {
            // The last of them says it.
            let mut sought = Err(JournalError::Closed);
            for worked in all.await {
                if let Some(all) = worked.map_err(|_| JournalError::Closed)? {
                    sought = all;
                }
            }
            sought
        }
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

/// The time of a block's first event, if it can be read. Blocks.
fn time_of_first(stored: &StoredBlock) -> Option<i64> {
    let mut time = None;
    let mut see = |it: &Glance<'_>| {
        let record = it.places().next().and_then(|place| it.record(0, place));
        time = record.and_then(|it| event::times(&it));
        // Only what is not packed is put together.
        time.is_none()
    };
    if let Some(block) = stored.read_if(&mut see).ok()? {
        let (_, place) = stored.records(&block).next()?;
        time = event::times(&block[place]);
    }
    time.map(|(time, _)| time)
}

/// Whether nothing in a block may pass, by its filter. What is sealed shows nothing.
fn is_passed_over(block: &StoredBlock, needles: &Needles) -> Result<bool, JournalError> {
    let Some(filter) = block.filter()? else {
        return Ok(false);
    };
    let is_plain = filter.last_of_heads() == Some(event::PLAIN);
    Ok(is_plain && !needles.may_be(|text| filter.may_have(text)))
}

impl Looking {
    fn new(
        found: Vec<StoredBlock>,
        within: (u64, u64),
        bounds: Bounds,
        needles: Arc<Needles>,
        workers: usize,
    ) -> Self {
        let seen = found.iter().map(|_| None).collect();
        Self {
            found,
            within,
            bounds,
            needles,
            taken: AtomicUsize::new(0),
            work: AtomicUsize::new(0),
            bytes: AtomicUsize::new(0),
            workers: AtomicUsize::new(workers),
            seen: Mutex::new(seen),
        }
    }

    /// What one does of it, beside others; the last to end says what all found. Blocks.
    fn work(&self) -> Option<Result<Sought, JournalError>> {
        self.take_blocks();
        let is_last = self.workers.fetch_sub(1, Ordering::AcqRel) == 1;
        is_last.then(|| self.sought())
    }

    /// Looks at blocks in their order until it is enough. Blocks.
    fn take_blocks(&self) {
        while self.work.load(Ordering::Relaxed) <= self.bounds.measures * MEASURE
            && !self.is_enough(self.bytes.load(Ordering::Relaxed))
        {
            let at = self.taken.fetch_add(1, Ordering::Relaxed);
            let Some(stored) = self.found.get(at) else {
                break;
            };
            let seen = self.see(stored);
            let is_damaged = seen.is_err();
            if let Ok(seen) = &seen {
                let work = match seen.is_passed {
                    true => (stored.bytes() / PASSED).max(LEAST_BYTES),
                    false => stored.bytes(),
                };
                self.work.fetch_add(work, Ordering::Relaxed);
                self.bytes.fetch_add(seen.bytes, Ordering::Relaxed);
            }
            if let Some(place) = self.seen.lock().get_mut(at) {
                *place = Some(seen);
            }
            if is_damaged {
                break;
            }
        }
    }

    /// Whether so many bytes of records are; one may be in any case.
    fn is_enough(&self, bytes: usize) -> bool {
        bytes > 0 && bytes >= self.bounds.bytes
    }

    /// Blocks.
    fn see(&self, stored: &StoredBlock) -> Result<Seen, JournalError> {
        let mut seen = Seen::default();
        if is_passed_over(stored, &self.needles)? {
            seen.is_passed = true;
            return Ok(seen);
        }
        let whole = stored.read_if(|it| !self.glance(it, stored.first(), &mut seen))?;
        let Some(block) = whole else {
            return Ok(seen);
        };
        let mut hits = self.needles.hits(&block);
        for (offset, range) in stored.records(&block) {
            let data = &block[range.clone()];
            let passes = match event::read(data).map(|it| it.text) {
                Some(Text::Plain(_)) => hits.may_pass(range.start, range.end),
                Some(Text::Sealed(_)) => true,
                None => false,
            };
            // A copy: the block is much more than what passes.
            if passes && !self.take(&mut seen, offset, || Some(data.to_vec())) {
                break;
            }
        }
        Ok(seen)
    }

    /// Takes what may pass out of a packed block; not if something in it is sealed, or is none of ours.
    fn glance(&self, block: &Glance<'_>, first: u64, seen: &mut Seen) -> bool {
        let forms = block.column(event::FORM);
        if !forms.is_some_and(|it| it.iter().all(|form| *form == event::PLAIN)) {
            return false;
        }
        let mut hits = self.needles.hits(block.tails());
        for (index, (offset, place)) in (first..).zip(block.places()).enumerate() {
            if hits.may_pass(place.start, place.end)
                && !self.take(seen, offset, || block.record(index, place))
            {
                break;
            }
        }
        true
    }

    /// Takes a record, if it is asked for; whether there is room for another.
    fn take(&self, seen: &mut Seen, offset: u64, data: impl FnOnce() -> Option<Vec<u8>>) -> bool {
        let (from, to) = self.within;
        if !(from..to).contains(&offset) {
            return true;
        }
        let Some(data) = data() else {
            return true;
        };
        seen.bytes += weight(data.len());
        let data = Bytes::from(data);
        seen.records.push(Record { offset, data });
        let is_enough = self.is_enough(seen.bytes);
        if is_enough {
            seen.cut = Some(offset + 1);
        }
        !is_enough
    }

    /// What all found, in the order of the stream, up to the first block that none has looked at. Blocks.
    fn sought(&self) -> Result<Sought, JournalError> {
        let (from, to) = self.within;
        let mut sought = Sought {
            records: Vec::new(),
            // Nothing is there any more, unless there is.
            next: to,
            time: None,
            looked_at: 0,
        };
        let mut bytes = 0;
        let all = std::mem::take(&mut *self.seen.lock());
        for (at, (stored, seen)) in self.found.iter().zip(all).enumerate() {
            let seen = match seen.filter(|_| !self.is_enough(bytes)) {
                Some(Ok(seen)) => seen,
                Some(Err(error)) if at == 0 => return Err(error),
                // What is before it counts, and it is met again.
                Some(Err(_)) | None => {
                    sought.next = stored.first().max(from);
                    if sought.records.is_empty() {
                        sought.time = time_of_first(stored);
                    }
                    break;
                }
            };
            let count = u64::from(stored.count());
            sought.looked_at += match seen.is_passed {
                true => (count / PASSED as u64).max(LEAST_EVENTS),
                false => count,
            };
            sought.next = stored.end().min(to);
            for record in seen.records {
                // Where others found as much, this is beyond the bounds.
                if self.is_enough(bytes) {
                    sought.next = record.offset;
                    return Ok(sought);
                }
                bytes += weight(record.data.len());
                sought.records.push(record);
            }
            if let Some(cut) = seen.cut {
                sought.next = cut;
                return Ok(sought);
            }
        }
        Ok(sought)
    }
}

#[cfg(test)]
mod tests {
    use wharf_journal::{Journal, JournalOptions};

    use super::*;

    fn small() -> JournalOptions {
        JournalOptions {
            // Of smaller ones blocks come that take next to nothing packed, and whose filters, a part of that, say little.
            segment_bytes: 64 << 10,
            merge_segments: 2,
            merge_runs: 2,
            ..JournalOptions::default()
        }
    }

    /// Waits until stream `s` is in packed blocks with filters: all of it but so many events at its end, which may be too few for a
    /// filter.
    async fn packed(events: &EventStore, end: u32) {
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
        let journal = events.journal();
        let without_filter = || -> u32 {
            let blocks = journal.blocks("s", 0..u64::MAX);
            let without = blocks.iter().filter(|it| it.filter().unwrap().is_none());
            without.map(StoredBlock::count).sum()
        };
        while without_filter() > end {
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
            let workers = 1 + found.len() % 3;
            let sought = reading.seek("s", (next, to), bounds, &needles, workers);
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
        for at in (0..EVENTS as i64).step_by(50) {
            let line = |n: i64| {
                let id = if n == 12_345 { "needle-77" } else { "straw" };
                let item = n * 7919 % 9973;
                event::encode(n, n, &format!("GET /items/{item} {id} of 10.0.0.7"))
            };
            let lines: Vec<Vec<u8>> = (at..at + 50).map(line).collect();
            events.journal().append("s", &lines).await.unwrap();
        }
        packed(&events, 1000).await;
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
                    let mut record = event::sealed_head(n, n).to_vec();
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
