//! Calls of PutLogEvents made from a file of lines, beforehand but for their times: a client that shares its processors
//! with the server shall take few of them.

use std::{fs, sync::Arc};

use anyhow::{Context as _, Result, ensure};
use bytes::Bytes;
use serde_json::json;
use wharf_base::{Clock as _, SystemClock};

/// A quarter of what a call may hold (logs.json, PutLogEvents), and what each event counts beside its text: a hundred
/// connections of one machine stay within what one source may have on its way.
const CALL_BYTES: usize = 1_048_576 / 4;
const CALL_EVENTS: usize = 10_000;
const EVENT_BYTES: usize = 26;
/// Events lie in the hour before the file was read: each call's in this much of it, behind those of the call before.
const HOUR_MS: i64 = 3_600_000;
const CALL_MS: i64 = 200;
/// Digits of a time.
const DIGITS: usize = 13;

/// The lines of a file as calls of some events, to be dated.
#[derive(Clone)]
pub struct LogCalls {
    group: String,
    begin_ms: i64,
    calls: Arc<Vec<Lines>>,
}

struct Lines {
    /// As JSON, and where in it the time of each begins.
    events: Vec<u8>,
    times: Vec<usize>,
    /// Of the lines, with a line feed each.
    text_bytes: usize,
}

impl LogCalls {
    /// `argument` is `FILE:GROUP`.
    pub fn read(argument: &str) -> Result<Self> {
        let (file, group) = argument.split_once(':').context("FILE:GROUP")?;
        let text = fs::read_to_string(file)?;
        let mut cut: Vec<Vec<&str>> = vec![Vec::new()];
        let mut size = 0;
        for line in text.lines() {
            let full = size + line.len() + EVENT_BYTES > CALL_BYTES;
            if let Some(call) = cut.last_mut().filter(|it| !full && it.len() < CALL_EVENTS) {
                call.push(line);
                size += line.len() + EVENT_BYTES;
            } else {
                cut.push(vec![line]);
                size = line.len() + EVENT_BYTES;
            }
        }
        ensure!(cut.len() > 1, "{file} is less than a call holds");
        let calls = cut.iter().map(|lines| Lines::of(lines));
        Ok(Self {
            group: group.to_owned(),
            begin_ms: SystemClock.now().millis() - HOUR_MS,
            calls: Arc::new(calls.collect()),
        })
    }

    /// The body of call `n` to the stream of that client, and the bytes of its lines. Each stream is in the order of time.
    pub fn body(&self, n: usize, client: usize) -> (Bytes, usize) {
        // Clients begin at different lines.
        let lines = &self.calls[(n + client * 7) % self.calls.len()];
        let count = lines.times.len() as i64;
        let mut body = format!(
            r#"{{"logGroupName":"{}","logStreamName":"s{client}","logEvents":["#,
            self.group
        )
        .into_bytes();
        let begin = body.len();
        body.reserve(lines.events.len() + 2);
        body.extend_from_slice(&lines.events);
        for (number, at) in (0..).zip(&lines.times) {
            let time = self.begin_ms + n as i64 * CALL_MS + number * CALL_MS / count;
            let mut left = time.unsigned_abs();
            for digit in body[begin + at..begin + at + DIGITS].iter_mut().rev() {
                *digit = b'0' + (left % 10) as u8;
                left /= 10;
            }
        }
        body.extend_from_slice(b"]}");
        (body.into(), lines.text_bytes)
    }
}

impl Lines {
    fn of(lines: &[&str]) -> Self {
        let (mut events, mut times) = (String::new(), Vec::new());
        for line in lines {
            events += if events.is_empty() { "" } else { "," };
            events += r#"{"timestamp":"#;
            times.push(events.len());
            events += &"0".repeat(DIGITS);
            events += &format!(r#","message":{}}}"#, json!(line));
        }
        Self {
            events: events.into_bytes(),
            times,
            text_bytes: lines.iter().map(|it| it.len() + 1).sum(),
        }
    }
}
