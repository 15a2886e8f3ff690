//! What fuzzing reaches of this crate's parsers beside [`crate::pattern`].

use bytes::Bytes;
use wharf_records::fuzz::again;
use wharf_wal::{Decoder, Encoder};

use crate::{event, index::Index, records, token};

/// The tokens of a page that a caller gives back.
pub fn token(text: &str) {
    let _ = token::read(text);
    let _ = token::place::<(String, i64)>(text);
}

/// A record as it is stored, of any kind.
pub fn record(bytes: &[u8]) {
    again::<records::Group>(bytes);
    again::<records::Stream>(bytes);
}

/// An index as it is saved, asked about a time; then an event comes in, and what is old goes.
pub fn index(bytes: &[u8], time: i64) {
    let mut input = Decoder::new(bytes);
    let Ok(mut index) = Index::decode(&mut input) else {
        return;
    };
    let mut out = Encoder::new();
    index.encode(&mut out);
    Index::decode(&mut Decoder::new(out.as_slice())).expect("what was read can be saved");
    let _ = (index.around(time), index.wholly_before(time));
    let _ = index.parts().count();
    index.add(index.next(), time, time);
    index.trimmed(index.wholly_before(time));
}

/// An event as the journal holds it.
pub fn event(bytes: &[u8]) {
    if let Some(event) = event::decode(7, &Bytes::copy_from_slice(bytes)) {
        let again = event::encode(event.timestamp, event.ingestion, &event.message);
        let again = event::decode(7, &Bytes::from(again));
        assert_eq!(again, Some(event));
    }
}
