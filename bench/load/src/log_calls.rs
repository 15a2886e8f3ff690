//! Calls of PutLogEvents made from a file of lines.

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
/// Events of the file lie in the hour before it was read.
const HOUR_MS: i64 = 3_600_000;

/// The lines of a file as arrays of events, each as large as a call is here.
#[derive(Clone)]
pub struct LogCalls {
    group: String,
    arrays: Arc<Vec<Array>>,
}

struct Array {
    events: String,
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
        let begin = SystemClock.now().millis() - HOUR_MS;
        let step = HOUR_MS / cut.len() as i64;
        let arrays = cut.iter().enumerate().map(|(number, lines)| {
            let from = begin + number as i64 * step;
            let event = |(n, line): (usize, &&str)| {
                let at = from + n as i64 * step / lines.len() as i64;
                json!({ "timestamp": at, "message": line })
            };
            Array {
                events: json!(lines.iter().enumerate().map(event).collect::<Vec<_>>()).to_string(),
                text_bytes: lines.iter().map(|it| it.len() + 1).sum(),
            }
        });
        Ok(Self {
            group: group.to_owned(),
            arrays: Arc::new(arrays.collect()),
        })
    }

    /// The body of call `n` to the stream of that client, and the bytes of its lines.
    pub fn body(&self, n: usize, client: usize) -> (Bytes, usize) {
        let array = &self.arrays[n % self.arrays.len()];
        let (group, events) = (&self.group, &array.events);
        let body = format!(
            r#"{{"logGroupName":"{group}","logStreamName":"s{client}","logEvents":{events}}}"#
        );
        (body.into(), array.text_bytes)
    }
}
