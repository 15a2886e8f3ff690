//! Log events: what selects, reads and counts them, and the indexes of them.

use wharf_contributors::{Order, Rule, Tally};
use wharf_svc_logs::pattern::{Message, Pattern, Room};

use crate::input;

/// A line with a pattern, then the message it is held against.
pub fn log_pattern(bytes: &[u8]) {
    let Some((pattern, message)) = input::line(bytes) else {
        return;
    };
    let (Ok(pattern), Some(message)) = (Pattern::parse(pattern), input::text(message)) else {
        return;
    };
    let message = Message::new(message);
    let _ = pattern.matches(&message);
    let _ = pattern.extract(&message, &mut Room::new(bytes.len()));
}

/// A line with a rule of Contributor Insights, then an event.
pub fn insight_rule(bytes: &[u8]) {
    let Some((rule, message)) = input::line(bytes) else {
        return;
    };
    let (Ok(rule), Some(message)) = (Rule::parse(rule), input::text(message)) else {
        return;
    };
    let mut tally = Tally::new(rule.into(), 60);
    for time in [0, 1, 60_000] {
        tally
            .add(time, message)
            .expect("one contributor is not too many");
    }
    let report = tally.report(1, Order::Sum);
    assert!(report.unique <= 1 && report.contributors.len() == report.unique);
}

/// A line that selects groups, then an account's policy with a subscription filter.
pub fn log_filter(bytes: &[u8]) {
    if let Some((selection, document)) = input::line(bytes)
        && let Some(document) = input::text(document)
    {
        wharf_svc_logs::fuzz::filter(selection, document);
    }
}

pub fn log_token(bytes: &[u8]) {
    if let Some(text) = input::text(bytes) {
        wharf_svc_logs::fuzz::token(text);
    }
}

/// A time (eight bytes, little end first), then an index of log events as it is saved, or one event.
pub fn log_index(bytes: &[u8]) {
    if let Some((time, rest)) = bytes.split_first_chunk::<8>() {
        wharf_svc_logs::fuzz::index(rest, i64::from_le_bytes(*time));
    }
    wharf_svc_logs::fuzz::event(bytes);
    wharf_svc_logs::fuzz::field_index(bytes);
}
