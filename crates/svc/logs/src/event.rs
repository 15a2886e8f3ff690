//! One event as a record of the journal: time, time of ingestion, text.

use bytes::Bytes;

const HEAD: usize = 16;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Position in the stream's journal.
    pub offset: u64,
    /// Milliseconds since 1970, as the sender said.
    pub timestamp: i64,
    /// Milliseconds since 1970, when it came in.
    pub ingestion: i64,
    pub message: String,
}

impl Event {
    /// What the event counts for in limits: its text and 26 bytes (platform §8).
    pub fn size(&self) -> usize {
        self.message.len() + OVERHEAD
    }
}

/// Bytes that each event counts beyond its text.
pub const OVERHEAD: usize = 26;

pub fn encode(timestamp: i64, ingestion: i64, message: &str) -> Vec<u8> {
    let mut record = Vec::with_capacity(HEAD + message.len());
    record.extend_from_slice(&timestamp.to_le_bytes());
    record.extend_from_slice(&ingestion.to_le_bytes());
    record.extend_from_slice(message.as_bytes());
    record
}

/// `None` for a record that is none of ours.
pub fn decode(offset: u64, record: &Bytes) -> Option<Event> {
    let (timestamp, ingestion) = times(record)?;
    let message = String::from_utf8_lossy(&record[HEAD..]).into_owned();
    Some(Event {
        offset,
        timestamp,
        ingestion,
        message,
    })
}

/// Only the two times.
pub fn times(record: &[u8]) -> Option<(i64, i64)> {
    let timestamp = record.get(..8)?.try_into().ok()?;
    let ingestion = record.get(8..HEAD)?.try_into().ok()?;
    Some((i64::from_le_bytes(timestamp), i64::from_le_bytes(ingestion)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip() {
        let record = Bytes::from(encode(-5, 7, "zeile ü"));
        let event = decode(3, &record).unwrap();
        assert_eq!(
            event,
            Event {
                offset: 3,
                timestamp: -5,
                ingestion: 7,
                message: "zeile ü".to_owned()
            }
        );
        assert_eq!(event.size(), 8 + 26);
        assert_eq!(decode(0, &record.slice(..15)), None);
    }
}
