//! One event as a record of the journal: time, time of ingestion, form, text.
//!
//! The time of ingestion has seven bytes, which last for two million years. The eighth says in which form the
//! text is: as it came, or sealed ([`crate::cipher`]).

use sha2::{Digest, Sha256};

pub const HEAD: usize = 16;
/// So that all of it stands by columns where a block is packed.
const _: () = assert!(HEAD == wharf_journal::HEAD_BYTES);
/// Where the form is.
pub const FORM: usize = 15;
pub const PLAIN: u8 = 0;
const SEALED: u8 = 1;

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

/// A record, read but not opened.
#[derive(Debug, PartialEq, Eq)]
pub struct Stored<'a> {
    pub timestamp: i64,
    pub ingestion: i64,
    /// Both times and the form, as they lie.
    pub times: &'a [u8],
    pub text: Text<'a>,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Text<'a> {
    Plain(&'a [u8]),
    Sealed(&'a [u8]),
}

/// What stands before the text of an event that is as it came.
pub fn plain_head(timestamp: i64, ingestion: i64) -> [u8; HEAD] {
    head(timestamp, ingestion, PLAIN)
}

/// The same of a sealed event.
pub fn sealed_head(timestamp: i64, ingestion: i64) -> [u8; HEAD] {
    head(timestamp, ingestion, SEALED)
}

pub fn encode(timestamp: i64, ingestion: i64, message: &str) -> Vec<u8> {
    [&plain_head(timestamp, ingestion)[..], message.as_bytes()].concat()
}

fn head(timestamp: i64, ingestion: i64, form: u8) -> [u8; HEAD] {
    let mut head = [0; HEAD];
    head[..8].copy_from_slice(&timestamp.to_le_bytes());
    head[8..FORM].copy_from_slice(&ingestion.to_le_bytes()[..7]);
    head[FORM] = form;
    head
}

/// `None` for a record that is none of ours.
pub fn read(record: &[u8]) -> Option<Stored<'_>> {
    let (timestamp, ingestion) = times(record)?;
    let (times, rest) = record.split_at(HEAD);
    Some(Stored {
        timestamp,
        ingestion,
        times,
        text: match times[FORM] {
            SEALED => Text::Sealed(rest),
            _ => Text::Plain(rest),
        },
    })
}

/// Only the two times.
pub fn times(record: &[u8]) -> Option<(i64, i64)> {
    let timestamp = record.get(..8)?.try_into().ok()?;
    let mut ingestion: [u8; 8] = record.get(8..HEAD)?.try_into().ok()?;
    let form = std::mem::replace(&mut ingestion[7], 0);
    let known = form == PLAIN || form == SEALED;
    known.then(|| (i64::from_le_bytes(timestamp), i64::from_le_bytes(ingestion)))
}

/// 56 digits: time, stream, offset. The same event has the same id in every answer.
pub fn id(event: &Event, stream_id: &str) -> String {
    let digest = Sha256::digest(stream_id.as_bytes());
    let stream =
        u64::from_le_bytes(digest[..8].try_into().expect("a digest has 32 bytes")) % 10_u64.pow(18);
    format!(
        "{:020}{stream:018}{:018}",
        event.timestamp.max(0),
        event.offset
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip() {
        let record = encode(-5, 7, "zeile ü");
        let stored = read(&record).unwrap();
        assert_eq!((stored.timestamp, stored.ingestion), (-5, 7));
        assert_eq!(stored.text, Text::Plain("zeile ü".as_bytes()));
        assert_eq!(read(&record[..15]), None);
    }

    #[test]
    fn forms_are_told_apart() {
        let sealed = [&sealed_head(-5, 7)[..], &[1, 2, 3]].concat();
        assert_eq!(times(&sealed), Some((-5, 7)));
        assert_eq!(read(&sealed).unwrap().text, Text::Sealed(&[1, 2, 3]));
        let mut later = encode(1, 2, "of a later version");
        later[FORM] = 9;
        assert_eq!(times(&later), None);
    }
}
