//! What fuzzing reaches of this crate: what it keeps in the store and in the journal.

use std::sync::atomic::AtomicBool;

use wharf_api_ce::types::DateInterval;
use wharf_base::Timestamp;
use wharf_billing::Prices;
use wharf_records::fuzz::again;

use crate::{
    filter::{ActiveTags, Filter, Key},
    ledger::Numbers,
    period::{Granularity, Month, Periods},
    records,
    report::{Question, Report},
};

/// 2026-04-10T12:00:00Z
const NOW: Timestamp = Timestamp(1_775_822_400_000);

/// A record as it is stored, of any kind.
pub fn record(bytes: &[u8]) {
    again::<records::Meter>(bytes);
    again::<records::TagKey>(bytes);
}

/// Records of the ledger, each behind its length in two bytes: a report is made of them.
pub fn ledger(mut bytes: &[u8]) {
    let time = DateInterval {
        start: Some("2026-04-01".to_owned()),
        end: Some("2026-05-01".to_owned()),
    };
    let periods = Periods::of(Some(&time), Granularity::Daily, NOW);
    let (Ok(periods), Ok(filter)) = (periods, Filter::of(None)) else {
        return;
    };
    let question = Question {
        account: "000000000000",
        periods: &periods,
        prices: &Prices::example(),
        filter: &filter,
        groups: &[Key::Tag("team".to_owned())],
        active: &ActiveTags::from(["team".to_owned()]),
        by_task: false,
        is_unwanted: &AtomicBool::new(false),
    };
    let mut report = Report::new(&question);
    let mut numbers = Numbers::default();
    while let Some((length, rest)) = bytes.split_first_chunk::<2>() {
        let length = usize::from(u16::from_le_bytes(*length)).min(rest.len());
        let (record, rest) = rest.split_at(length);
        let _ = numbers.read(record, Month::of(NOW.millis()), &mut report);
        bytes = rest;
    }
    assert_eq!(report.finish().len(), 30);
}
