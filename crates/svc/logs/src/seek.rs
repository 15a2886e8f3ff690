//! Looking for texts in the blocks of a stream, before anything is made of its events.

use std::sync::Arc;

use wharf_insights::Needles;
use wharf_journal::{JournalError, Record, StoredBlock};

use crate::{
    event::{self, Text},
    event_store::EventStore,
};

/// Offsets whose blocks are gathered at a time.
const SPAN: u64 = 1 << 20;
/// Bytes of records that may pass, beyond which others have their turn.
const MOST_BYTES: usize = 256 << 10;

/// What was come across.
#[derive(Debug)]
pub struct Sought {
    /// Those that may pass.
    pub records: Vec<Record>,
    /// The offset behind all that was looked at.
    pub next: u64,
    /// The time of the event there; `None` at the end.
    pub next_time: Option<i64>,
    /// How many events were passed over or are in `records`.
    pub looked_at: u64,
}

impl EventStore {
    /// The events at offsets `from..to` of a stream that may have one of the texts, of `blocks` blocks at most.
    pub async fn seek(
        &self,
        stream: &str,
        (from, to): (u64, u64),
        blocks: usize,
        needles: &Arc<Needles>,
    ) -> Result<Sought, JournalError> {
        let until = to.min(from.saturating_add(SPAN));
        let found = self.journal().blocks(stream, from..until);
        let needles = needles.clone();
        let looking = move || look(&found, (from, to), blocks, &needles);
        let looked = tokio::task::spawn_blocking(looking).await;
        let mut sought = looked.map_err(|_| JournalError::Closed)??;
        if sought.next < to {
            sought.next_time = self.time_at(stream, sought.next).await?;
        }
        Ok(sought)
    }

    /// The time of the first event at that offset or behind it; `None` if there is none.
    pub async fn time_at(&self, stream: &str, offset: u64) -> Result<Option<i64>, JournalError> {
        let reply = self.journal().read(stream, offset, 1, 1).await?;
        let times = reply.records.first().and_then(|it| event::times(&it.data));
        Ok(times.map(|(time, _)| time))
    }
}

/// Blocks.
fn look(
    found: &[StoredBlock],
    (from, to): (u64, u64),
    blocks: usize,
    needles: &Needles,
) -> Result<Sought, JournalError> {
    let mut sought = Sought {
        records: Vec::new(),
        // Nothing there any more, unless there is.
        next: if found.is_empty() { to } else { from },
        next_time: None,
        looked_at: 0,
    };
    let mut bytes = 0;
    for stored in found.iter().take(blocks) {
        if bytes > MOST_BYTES {
            break;
        }
        sought.looked_at += u64::from(stored.count());
        sought.next = stored.end().min(to);
        let Some(block) = stored.read_if(|bytes| needles.are_in(bytes))? else {
            continue;
        };
        let block = bytes::Bytes::from(block);
        let mut hits = needles.hits(&block);
        for (offset, range) in stored.records(&block) {
            let data = &block[range.clone()];
            let passes = match event::read(data).map(|it| it.text) {
                Some(Text::Plain(_)) => hits.may_pass(range.start, range.end),
                // What is sealed shows nothing.
                Some(Text::Sealed(_)) => true,
                None => false,
            };
            if passes && (from..to).contains(&offset) {
                bytes += data.len();
                // A copy: the block is much more than what passes.
                let data = bytes::Bytes::copy_from_slice(data);
                sought.records.push(Record { offset, data });
            }
        }
    }
    Ok(sought)
}
