//! Parsers as functions of any bytes.

use wharf_records::fuzz::again;

use crate::{alarm::composite, insights, math, records, search, stat::Stat};

/// A text of a request: an expression, a search, a query or a statistic.
pub fn expression(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let _ = math::parse(text);
    let _ = search::Search::parse(text);
    let _ = insights::Query::parse(text);
    let _ = Stat::parse(text);
    let _ = composite::Rule::parse(text);
}

/// A record as it is stored, of any kind.
pub fn record(bytes: &[u8]) {
    again::<records::Alarm>(bytes);
    again::<records::Happening>(bytes);
    again::<records::Dashboard>(bytes);
}
