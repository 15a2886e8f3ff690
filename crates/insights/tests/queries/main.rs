//! Queries over a few events.

mod bounds;
mod counts;
mod from_row_to_row;
mod rows;
mod tables;

use std::sync::Arc;

use wharf_insights::{At, Event, Halted, Outcome, Query, Run, Stop};

const NOW: i64 = 1_723_729_631_250;
const BUDGET: usize = 16 << 20;

fn event(number: usize, message: &str) -> Event<'_> {
    Event {
        timestamp: NOW + number as i64 * 60_000,
        ingestion: NOW + 5,
        stream: if number.is_multiple_of(2) {
            "even"
        } else {
            "odd"
        },
        log: "123456789012:group",
        message,
        fields: None,
        transformation_error: None,
        at: At {
            source: 0,
            offset: number as u64,
        },
        unmasked: None,
        is_earlier: false,
    }
}

fn ran(query: &str, messages: &[&str], threads: usize) -> Result<Outcome, Halted> {
    of(&Arc::new(Query::parse(query).unwrap()), messages, threads)
}

fn of(query: &Arc<Query>, messages: &[&str], threads: usize) -> Result<Outcome, Halted> {
    let run = || Run::new(query.clone(), NOW, None, BUDGET, Stop::default());
    let mut runs: Vec<Run> = (0..threads).map(|_| run()).collect();
    for (number, message) in messages.iter().enumerate() {
        runs[number % threads].push(&event(number, message))?;
    }
    let mut whole = run();
    for run in runs {
        whole.join(run)?;
    }
    whole.finish()
}

/// Rows as `name=value` between commas.
fn rows(query: &str, messages: &[&str]) -> Vec<String> {
    let outcome = ran(query, messages, 1).unwrap();
    for threads in 2..4 {
        assert_eq!(
            ran(query, messages, threads).unwrap(),
            outcome,
            "{threads} threads: {query}"
        );
    }
    shown(&outcome)
}

fn shown(outcome: &Outcome) -> Vec<String> {
    let each = outcome.rows.iter().map(|row| {
        let fields = row
            .fields
            .iter()
            .map(|(name, value)| format!("{name}={value}"));
        fields.collect::<Vec<_>>().join(", ")
    });
    each.collect()
}

const LINES: &[&str] = &[
    r#"{"level":"INFO","user":"anna","ms":12,"tags":["a","b"],"ip":"10.0.0.1"}"#,
    r#"{"level":"ERROR","user":"bert","ms":250.5,"err":{"code":7}}"#,
    "plain text: user=carl, took 17 ms",
    r#"{"level":"INFO","user":"bert","ms":3,"ip":"192.168.0.9","ok":true}"#,
    r#"{"level":"ERROR","user":"anna","ms":"40","id":12345678901234567890}"#,
];
