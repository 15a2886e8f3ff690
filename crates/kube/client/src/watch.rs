//! A watch: changes of a kind, as the server tells them.

use std::time::Duration;

use bytes::{Buf, BytesMut};
use http_body_util::BodyExt;
use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use crate::{
    error::{Error, Refusal},
    object::Object,
    transport::Body,
};

/// An object is at most 3 MiB in a request, and as JSON of a watch not much more.
const MAX_LINE: usize = 8 << 20;

/// How much longer than was asked for a server may keep a watch open.
const GRACE: Duration = Duration::from_secs(30);

/// What happened to an object.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    Added(Value),
    Modified(Value),
    /// With its last state.
    Deleted(Value),
    /// All changes up to this revision were told; `initial` after those of what was there at the beginning.
    Bookmark {
        revision: String,
        initial: bool,
    },
}

/// An open watch. It ends when the server says so, or after the time that was asked for.
pub struct Watch {
    body: Body,
    buffer: BytesMut,
    /// How far `buffer` was searched for the end of a line.
    searched: usize,
    until: Instant,
}

impl Watch {
    pub(crate) fn new(body: Body, length: Duration) -> Self {
        Self {
            body,
            buffer: BytesMut::new(),
            searched: 0,
            until: Instant::now() + length + GRACE,
        }
    }

    /// The next event; `None` where the watch ended and may be resumed.
    ///
    /// # Errors
    /// The server refused to go on (see [`Error::is_gone`]), or the connection broke.
    pub async fn next(&mut self) -> Result<Option<Event>, Error> {
        loop {
            if let Some(line) = self.line()? {
                if line.iter().all(u8::is_ascii_whitespace) {
                    continue;
                }
                return read(&line).map(Some);
            }
            let Ok(frame) = timeout_at(self.until, self.body.frame()).await else {
                return Ok(None);
            };
            match frame {
                None => return Ok(None),
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        self.buffer.extend_from_slice(&data);
                    }
                }
                Some(Err(error)) => return Err(Error::Transport(error.to_string())),
            }
        }
    }

    fn line(&mut self) -> Result<Option<BytesMut>, Error> {
        let rest = &self.buffer[self.searched..];
        if let Some(end) = rest.iter().position(|it| *it == b'\n') {
            let line = self.buffer.split_to(self.searched + end);
            self.buffer.advance(1);
            self.searched = 0;
            return Ok(Some(line));
        }
        self.searched = self.buffer.len();
        if self.searched > MAX_LINE {
            return Err(Error::Answer(format!(
                "an event of a watch is longer than {MAX_LINE} bytes"
            )));
        }
        Ok(None)
    }
}

fn read(line: &[u8]) -> Result<Event, Error> {
    let bad = |why: String| Error::Answer(format!("event of a watch: {why}"));
    let mut event: Value = serde_json::from_slice(line).map_err(|error| bad(error.to_string()))?;
    let object = event.get_mut("object").map(Value::take).unwrap_or_default();
    match event.text("/type") {
        "ADDED" => Ok(Event::Added(object)),
        "MODIFIED" => Ok(Event::Modified(object)),
        "DELETED" => Ok(Event::Deleted(object)),
        "BOOKMARK" => Ok(Event::Bookmark {
            revision: object.resource_version().to_owned(),
            initial: object.annotation("k8s.io/initial-events-end") == Some("true"),
        }),
        "ERROR" => Err(Error::Refused(Box::new(Refusal::of(500, &object)))),
        other => Err(bad(format!("unknown type {other:?}"))),
    }
}
