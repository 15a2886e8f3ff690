//! Events as records on their way into the journal: as they are, sealed under a key, or packed where they are many.

use std::sync::Arc;

use parking_lot::Mutex;
use wharf_journal::{JournalError, PackedRecords, Records};

use crate::{
    cipher::{DataKey, SEALED_BYTES},
    desk::Desk,
    event,
};

/// Bytes of events from which on packing them is tried: the log and all that goes over it have a part of the bytes then,
/// and it is done on as many processors as there are. Fewer are packed with others, when the log is merged.
const PACKED_BYTES: usize = 128 << 10;
/// Rooms of a megabyte or less that are kept.
const KEPT: usize = 8;

pub enum Encoded {
    Plain(Records),
    Packed(PackedRecords),
}

#[derive(Clone, Default)]
pub struct Packing {
    /// Its own: a put does not wait for what its account looks for.
    desk: Arc<Desk>,
    /// Room of events that were packed, which would be made anew for each put.
    rooms: Arc<Mutex<Vec<Records>>>,
}

impl Packing {
    /// Events of a stream as its journal takes them. What is sealed does not become smaller; other events are packed
    /// if they are many, in the turn of the account.
    pub async fn encoded(
        &self,
        stream: &str,
        ingestion: i64,
        events: &[(i64, &str)],
        key: Option<&DataKey>,
        account: &str,
    ) -> Result<Encoded, JournalError> {
        let text: usize = events.iter().map(|(_, text)| text.len()).sum();
        let each = event::HEAD + if key.is_some() { SEALED_BYTES } else { 0 };
        let packs = key.is_none() && text >= PACKED_BYTES;
        let kept = if packs { self.rooms.lock().pop() } else { None };
        let with_room = || Records::with_room(text + events.len() * each, events.len());
        let mut records = kept.unwrap_or_else(with_room);
        encode(stream, ingestion, events, key, &mut records)?;
        if !packs {
            return Ok(Encoded::Plain(records));
        }
        let rooms = self.rooms.clone();
        let packed = self.desk.work(account, move || {
            let Some(packed) = records.pack() else {
                return Encoded::Plain(records);
            };
            let mut rooms = rooms.lock();
            if rooms.len() < KEPT {
                rooms.push(records);
            }
            Encoded::Packed(packed)
        });
        packed.await.map_err(|_| JournalError::Closed)
    }
}

fn encode(
    stream: &str,
    ingestion: i64,
    events: &[(i64, &str)],
    key: Option<&DataKey>,
    records: &mut Records,
) -> Result<(), JournalError> {
    let batch = key.map(DataKey::new_batch);
    let mut record = Vec::new();
    for (number, (timestamp, text)) in (0u32..).zip(events) {
        match &batch {
            None => event::encode_into(&mut record, *timestamp, ingestion, text),
            Some(batch) => {
                event::sealed_head_into(&mut record, *timestamp, ingestion);
                batch.seal(stream, number, text, &mut record);
            }
        }
        records.push(&record)?;
    }
    Ok(())
}
