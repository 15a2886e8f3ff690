//! What fuzzing reaches of this crate's parsers beside [`crate::pattern`].

use wharf_base::Timestamp;
use wharf_insights::indexed::Term;
use wharf_records::fuzz::again;
use wharf_wal::{Decoder, Encoder};

use crate::{
    cipher::Sealed,
    deliveries::records::{Delivery, DeliveryDestination, DeliverySource, SourceOf},
    event::{self, Text},
    exports::task,
    field_index::Entry,
    filters,
    index::Index,
    records,
    rules::Rules,
    scheduled::record::{ScheduledQuery, ScheduledRun},
    subscription::Destination,
    token,
};

/// The tokens of a page that a caller gives back.
pub fn token(text: &str) {
    let _ = token::read(text);
    let _ = token::place::<(String, i64)>(text);
}

/// An account's subscription filter, and the groups that it is not for. One that is taken has somewhere to send to.
pub fn filter(selection: &str, document: &str) {
    let _ = filters::exempt(Some(selection));
    if let Ok(filter) = filters::read("p", document, Timestamp(0)) {
        Destination::parse(&filter.destination).expect("it was checked");
    }
}

/// A record as it is stored, of any kind.
pub fn record(bytes: &[u8]) {
    again::<records::Group>(bytes);
    again::<records::Stream>(bytes);
    again::<records::DataKey>(bytes);
    again::<records::Rule>(bytes);
    again::<records::AccountPolicy>(bytes);
    again::<records::LogDestination>(bytes);
    again::<records::PolicyPuts>(bytes);
    again::<task::ExportTask>(bytes);
    again::<task::ExportTurn>(bytes);
    again::<ScheduledQuery>(bytes);
    again::<ScheduledRun>(bytes);
    again::<DeliverySource>(bytes);
    again::<SourceOf>(bytes);
    again::<DeliveryDestination>(bytes);
    again::<Delivery>(bytes);
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

/// What is known of a block of events by an index of fields.
pub fn field_index(bytes: &[u8]) {
    if let Some(entry) = Entry::read(bytes) {
        let term = Term {
            field: 0,
            value: bytes.len() as u64,
        };
        entry.may_have(&[vec![term]], |first, last| {
            Rules::default().mark(first, last)
        });
    }
}

/// An event as the journal holds it.
pub fn event(bytes: &[u8]) {
    let Some(event) = event::read(bytes) else {
        return;
    };
    match event.text {
        Text::Plain(text) => {
            let text = String::from_utf8_lossy(text);
            let again = event::encode(event.timestamp, event.ingestion, &text);
            let again = event::read(&again).expect("what was written can be read");
            let times = (again.timestamp, again.ingestion);
            assert_eq!(times, (event.timestamp, event.ingestion));
            assert_eq!(again.text, Text::Plain(text.as_bytes()));
        }
        Text::Sealed(sealed) => drop(Sealed::read(sealed)),
    }
}
