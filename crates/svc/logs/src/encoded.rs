//! Events as records on their way into the journal: as they are, sealed under a key, or packed where they are many.

use std::sync::Arc;

use parking_lot::Mutex;
use wharf_journal::{ColumnBuilder, JournalError, PackedRecords, Records};

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
    rooms: Arc<Mutex<Vec<ColumnBuilder>>>,
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
        if key.is_none() && text >= PACKED_BYTES {
            let packed = self.packed(ingestion, events, account).await?;
            if let Some(packed) = packed {
                return Ok(Encoded::Packed(packed));
            }
        }
        let each = event::HEAD + if key.is_some() { SEALED_BYTES } else { 0 };
        let mut records = Records::with_room(text + events.len() * each, events.len());
        encode(stream, ingestion, events, key, &mut records)?;
        Ok(Encoded::Plain(records))
    }

    /// Events packed, where that makes them smaller.
    async fn packed(
        &self,
        ingestion: i64,
        events: &[(i64, &str)],
        account: &str,
    ) -> Result<Option<PackedRecords>, JournalError> {
        let mut columns = self.rooms.lock().pop().unwrap_or_default();
        columns.gather(events.iter().map(|(timestamp, text)| {
            let head = event::plain_head(*timestamp, ingestion);
            (head, text.as_bytes())
        }))?;
        let rooms = self.rooms.clone();
        let packed = self.desk.work(account, move || {
            let packed = columns.pack();
            let mut rooms = rooms.lock();
            if rooms.len() < KEPT {
                rooms.push(columns);
            }
            packed
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
        record.clear();
        match &batch {
            None => {
                record.extend_from_slice(&event::plain_head(*timestamp, ingestion));
                record.extend_from_slice(text.as_bytes());
            }
            Some(batch) => {
                record.extend_from_slice(&event::sealed_head(*timestamp, ingestion));
                batch.seal(stream, number, text, &mut record);
            }
        }
        records.push(&record)?;
    }
    Ok(())
}
