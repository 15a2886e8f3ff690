//! From spooled records to log events: parts of long lines joined, several lines joined where the
//! definition says so, everything within the limits of `PutLogEvents` (platform §8). Pure.

use std::mem;

use bytes::Bytes;
use regex::Regex;

/// Lines that are gathered for the next puts. Bytes bound a put before its 10,000 events do.
pub const MAX_EVENTS: usize = 10_000;
/// Bytes of one put: UTF-8 and 26 for each event. A put may have eight times as much; in small ones a
/// flood never keeps a core of the server from others for long.
pub const MAX_BATCH: usize = 131_072;
/// What each event costs beside its text.
pub const EVENT_OVERHEAD: usize = 26;
/// A longer event is cut into several, as the stock driver does.
const MAX_EVENT: usize = 262_144 - EVENT_OVERHEAD;
/// Events of one put lie within a day.
const MAX_SPAN_MS: i64 = 24 * 60 * 60 * 1000;

/// One spooled record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    pub stderr: bool,
    /// The line goes on in the next record of the same stream.
    pub partial: bool,
    /// Milliseconds since 1970.
    pub at: i64,
    pub line: Bytes,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEvent {
    /// Milliseconds since 1970.
    pub at: i64,
    /// It is of the standard error, its first line at least.
    pub stderr: bool,
    pub text: String,
}

impl LogEvent {
    fn cost(&self) -> usize {
        self.text.len() + EVENT_OVERHEAD
    }
}

#[derive(Debug, Default)]
struct Line {
    at: i64,
    stderr: bool,
    bytes: Vec<u8>,
    open: bool,
}

/// Joins records to events.
#[derive(Debug)]
pub struct Assembler {
    starts_event: Option<Regex>,
    /// The unfinished lines of the two streams.
    lines: [Line; 2],
    /// An event that more lines may join.
    event: Option<LogEvent>,
    ready: Vec<LogEvent>,
}

impl Assembler {
    pub fn new(starts_event: Option<Regex>) -> Self {
        Self {
            starts_event,
            lines: Default::default(),
            event: None,
            ready: Vec::new(),
        }
    }

    pub fn push(&mut self, record: &Record) {
        let line = &mut self.lines[usize::from(record.stderr)];
        if !line.open {
            *line = Line {
                at: record.at,
                stderr: record.stderr,
                bytes: Vec::new(),
                open: true,
            };
        }
        line.bytes.extend_from_slice(&record.line);
        if !record.partial || line.bytes.len() >= MAX_EVENT {
            let line = mem::take(line);
            self.line(line);
        }
    }

    fn line(&mut self, line: Line) {
        let text = match String::from_utf8(line.bytes) {
            Ok(text) => text,
            Err(bad) => String::from_utf8_lossy(bad.as_bytes()).into_owned(),
        };
        let next = LogEvent {
            at: line.at,
            stderr: line.stderr,
            text,
        };
        let Some(starts_event) = &self.starts_event else {
            self.emit(&next);
            return;
        };
        let begins = starts_event.is_match(&next.text);
        match &mut self.event {
            Some(event) if !begins && event.text.len() + next.text.len() < MAX_EVENT => {
                event.text.push('\n');
                event.text.push_str(&next.text);
            }
            _ => {
                if let Some(event) = self.event.replace(next) {
                    self.emit(&event);
                }
            }
        }
    }

    /// Empty lines make no event: the API takes none.
    fn emit(&mut self, event: &LogEvent) {
        let mut rest = event.text.as_str();
        while !rest.is_empty() {
            let mut end = rest.len().min(MAX_EVENT);
            while !rest.is_char_boundary(end) {
                end -= 1;
            }
            self.ready.push(LogEvent {
                at: event.at,
                stderr: event.stderr,
                text: rest[..end].to_owned(),
            });
            rest = &rest[end..];
        }
    }

    /// Whether everything pushed has come out, or can by [`Assembler::take`].
    pub fn is_settled(&self) -> bool {
        self.event.is_none() && self.lines.iter().all(|line| !line.open)
    }

    /// Gives out what is unfinished as it is: the log ended, or waited long enough.
    pub fn flush(&mut self) {
        for line in mem::take(&mut self.lines)
            .into_iter()
            .filter(|line| line.open)
        {
            self.line(line);
        }
        if let Some(event) = self.event.take() {
            self.emit(&event);
        }
    }

    pub fn take(&mut self) -> Vec<LogEvent> {
        mem::take(&mut self.ready)
    }
}

/// Cuts events into puts: in order of time, bounded in number, bytes and span.
pub fn batches(mut events: Vec<LogEvent>) -> Vec<Vec<LogEvent>> {
    // Two streams and a clock that may be set: the API wants order.
    events.sort_by_key(|event| event.at);
    let mut batches: Vec<Vec<LogEvent>> = Vec::new();
    let mut bytes = 0;
    for event in events {
        let fits = batches.last().is_some_and(|batch| {
            let first = batch.first().map_or(event.at, |e| e.at);
            bytes + event.cost() <= MAX_BATCH && event.at.saturating_sub(first) < MAX_SPAN_MS
        });
        if !fits {
            batches.push(Vec::new());
            bytes = 0;
        }
        bytes += event.cost();
        if let Some(batch) = batches.last_mut() {
            batch.push(event);
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(line: &str, stderr: bool, partial: bool, at: i64) -> Record {
        Record {
            stderr,
            partial,
            at,
            line: Bytes::copy_from_slice(line.as_bytes()),
        }
    }

    fn texts(assembler: &mut Assembler) -> Vec<String> {
        assembler.take().into_iter().map(|e| e.text).collect()
    }

    #[test]
    fn parts_of_the_two_streams_are_kept_apart() {
        let mut assembler = Assembler::new(None);
        assembler.push(&record("out-", false, true, 1));
        assembler.push(&record("err", true, false, 2));
        assert!(!assembler.is_settled());
        assembler.push(&record("put", false, false, 3));
        assert!(assembler.is_settled());
        assert_eq!(texts(&mut assembler), ["err", "out-put"]);
    }

    #[test]
    fn lines_join_the_event_before() {
        let mut assembler = Assembler::new(Some(Regex::new("^INFO").unwrap()));
        for line in ["INFO a", "  at b", "INFO c"] {
            assembler.push(&record(line, false, false, 1));
        }
        assert_eq!(texts(&mut assembler), ["INFO a\n  at b"]);
        assert!(!assembler.is_settled());
        assembler.flush();
        assert_eq!(texts(&mut assembler), ["INFO c"]);
    }

    #[test]
    fn long_empty_and_broken_text() {
        let mut assembler = Assembler::new(None);
        assembler.push(&record("", false, false, 1));
        assembler.push(&record(&"é".repeat(MAX_EVENT), false, false, 1));
        let broken = Record {
            line: Bytes::from_static(b"a\xffb"),
            ..record("", false, false, 1)
        };
        assembler.push(&broken);
        let texts = texts(&mut assembler);
        assert_eq!(texts.len(), 3, "no empty event; a long one cut in two");
        assert!(texts.iter().all(|t| t.len() <= MAX_EVENT));
        assert_eq!(texts[2], "a\u{fffd}b");
    }

    #[test]
    fn puts_are_bounded_and_in_order() {
        let event = |at, len| LogEvent {
            at,
            stderr: false,
            text: "x".repeat(len),
        };
        assert_eq!(batches(vec![]).len(), 0);
        assert_eq!(
            batches((0..10_001).map(|at| event(at, 0)).collect()).len(),
            2,
            "an empty one costs 26 bytes"
        );
        let of = |len| batches((0..4).map(|at| event(at, len)).collect()).len();
        assert_eq!(of(MAX_BATCH / 2 - EVENT_OVERHEAD), 2);
        assert_eq!(of(MAX_EVENT), 4, "what is larger goes alone");
        assert_eq!(batches(vec![event(MAX_SPAN_MS, 1), event(0, 1)]).len(), 2);
        let sorted = batches(vec![event(2, 1), event(1, 2)]).remove(0);
        assert_eq!(sorted.iter().map(|e| e.at).collect::<Vec<_>>(), [1, 2]);
    }
}
