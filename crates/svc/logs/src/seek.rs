//! Looking for texts in the blocks of a stream, before anything is made of its events.

use std::sync::Arc;

use bytes::Bytes;
use wharf_insights::Needles;
use wharf_journal::{Glance, JournalError, Record, StoredBlock};

use crate::{
    event::{self, Text},
    event_store::EventStore,
};

/// Blocks that are gathered at a time; small ones, as they were put, are many.
const MOST_BLOCKS: usize = 512;
/// Bytes of one measure of work.
const MEASURE: usize = 256 << 10;
/// Bytes of records that may pass, beyond which others have their turn.
const MOST_BYTES: usize = 256 << 10;

/// What was come across.
#[derive(Debug)]
pub struct Sought {
    /// Those that may pass.
    pub records: Vec<Record>,
    /// The offset behind all that was looked at.
    pub next: u64,
    /// How many events were passed over or are in `records`.
    pub looked_at: u64,
}

impl EventStore {
    /// The events at offsets `from..to` of a stream that may have one of the texts, so far as so many measures of work
    /// go.
    pub async fn seek(
        &self,
        stream: &str,
        (from, to): (u64, u64),
        measures: usize,
        needles: &Arc<Needles>,
    ) -> Result<Sought, JournalError> {
        let found = self.journal().some_blocks(stream, from..to, MOST_BLOCKS);
        let needles = needles.clone();
        let looking = move || look(&found, (from, to), measures, &needles);
        let looked = tokio::task::spawn_blocking(looking).await;
        looked.map_err(|_| JournalError::Closed)?
    }

    /// The time of the first event at that offset or behind it; `None` if there is none.
    pub async fn time_at(&self, stream: &str, offset: u64) -> Result<Option<i64>, JournalError> {
        let reply = self.journal().read(stream, offset, 1, 1).await?;
        let times = reply.records.first().and_then(|it| event::times(&it.data));
        Ok(times.map(|(time, _)| time))
    }
}

/// Whether something in a packed block may pass: a text stands in it, or is sealed and shows nothing.
fn may_pass(block: &Glance<'_>, needles: &Needles) -> bool {
    let forms = block.column(event::FORM);
    let is_plain = forms.is_some_and(|it| it.iter().all(|form| *form == event::PLAIN));
    !is_plain || needles.are_in(block.tails())
}

/// Blocks.
fn look(
    found: &[StoredBlock],
    (from, to): (u64, u64),
    measures: usize,
    needles: &Needles,
) -> Result<Sought, JournalError> {
    let mut sought = Sought {
        records: Vec::new(),
        // Nothing is there any more, unless there is.
        next: to,
        looked_at: 0,
    };
    let (mut passing, mut work) = (0, 0);
    for stored in found {
        if passing > MOST_BYTES || work > measures * MEASURE {
            break;
        }
        work += stored.bytes();
        sought.looked_at += u64::from(stored.count());
        sought.next = stored.end().min(to);
        let Some(block) = stored.read_if(|it| may_pass(it, needles))? else {
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
                passing += data.len();
                // A copy: the block is much more than what passes.
                let data = Bytes::copy_from_slice(data);
                sought.records.push(Record { offset, data });
            }
        }
    }
    Ok(sought)
}

#[cfg(test)]
mod tests {
    use wharf_journal::{Journal, JournalOptions};

    use super::*;

    /// Sealed texts show nothing, so that none of them is passed over, in blocks that are packed and that are not.
    #[tokio::test]
    async fn what_is_sealed_may_always_pass() {
        let folder = tempfile::tempdir().unwrap();
        let options = JournalOptions {
            segment_bytes: 16 << 10,
            merge_segments: 2,
            merge_runs: 2,
            ..JournalOptions::default()
        };
        let events = EventStore::new(Journal::open(folder.path(), options).unwrap());
        let needles = Arc::new(Needles::any_of(&["needle"]));
        let text = "straw ".repeat(20);
        let mut sealed = 0;
        for n in 0..2000 {
            let record = match n % 100 {
                7 => {
                    sealed += 1;
                    let mut record = event::sealed_head(n, n, text.len());
                    record.extend_from_slice(text.as_bytes());
                    record
                }
                _ => event::encode(n, n, &text),
            };
            events.journal().append("s", &[record]).await.unwrap();
        }
        let (mut next, mut found) = (0, Vec::new());
        while next < 2000 {
            let sought = events.seek("s", (next, 2000), 1, &needles).await.unwrap();
            assert!(sought.next > next);
            next = sought.next;
            found.extend(sought.records);
        }
        assert_eq!(found.len(), sealed);
        assert!(found.iter().all(|it| it.offset % 100 == 7));
        let packed = events.journal().blocks("s", 0..2000);
        assert!(packed.len() < 1500, "some blocks were merged");
    }
}
