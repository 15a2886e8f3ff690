//! What a collector is sent of a line. Pure.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::logs::assemble::LogEvent;

/// Events of one request.
pub const MOST_EVENTS: usize = 1000;
/// Bytes of one, before they are compressed: collectors of old take no more than a million.
pub const MOST_BYTES: usize = 900 << 10;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A line is text.
    Inline,
    /// A line that is JSON stands as such.
    Json,
    /// A line is the event, behind the tag.
    Raw,
}

/// What all events of a container have in common.
#[derive(Debug, Clone)]
pub struct Frame {
    pub host: String,
    pub source: Option<String>,
    pub sourcetype: Option<String>,
    pub index: Option<String>,
    pub format: Format,
    /// Empty: none.
    pub tag: String,
}

#[derive(Serialize)]
struct Message<'a> {
    event: Event<'a>,
    /// Seconds since 1970.
    time: String,
    host: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sourcetype: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Event<'a> {
    Raw(String),
    Framed {
        line: Line<'a>,
        source: &'static str,
        #[serde(skip_serializing_if = "str::is_empty")]
        tag: &'a str,
    },
}

#[derive(Serialize)]
#[serde(untagged)]
enum Line<'a> {
    Json(&'a RawValue),
    Text(&'a str),
}

impl Frame {
    /// `None`: the collector would not take it.
    fn message(&self, of: &LogEvent) -> Option<Vec<u8>> {
        let framed = |line| Event::Framed {
            line,
            source: if of.stderr { "stderr" } else { "stdout" },
            tag: &self.tag,
        };
        let event = match self.format {
            Format::Inline => framed(Line::Text(&of.text)),
            Format::Json => framed(match serde_json::from_str(&of.text) {
                Ok(json) => Line::Json(json),
                Err(_) => Line::Text(&of.text),
            }),
            // Blank events are refused, and all that came with them.
            Format::Raw if of.text.trim().is_empty() => return None,
            Format::Raw if self.tag.is_empty() => Event::Raw(of.text.clone()),
            Format::Raw => Event::Raw(format!("{} {}", self.tag, of.text)),
        };
        let message = Message {
            event,
            time: format!(
                "{}.{:03}000",
                of.at.div_euclid(1000),
                of.at.rem_euclid(1000)
            ),
            host: &self.host,
            source: self.source.as_deref(),
            sourcetype: self.sourcetype.as_deref(),
            index: self.index.as_deref(),
        };
        serde_json::to_vec(&message).ok()
    }

    /// The bodies of requests, in order, and how many events each has.
    pub fn bodies(&self, events: &[LogEvent]) -> Vec<(usize, Vec<u8>)> {
        let mut bodies: Vec<(usize, Vec<u8>)> = Vec::new();
        for message in events.iter().filter_map(|event| self.message(event)) {
            match bodies.last_mut() {
                Some((count, body))
                    if *count < MOST_EVENTS && body.len() + message.len() <= MOST_BYTES =>
                {
                    *count += 1;
                    body.extend_from_slice(&message);
                }
                _ => bodies.push((1, message)),
            }
        }
        bodies
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn event(text: &str) -> LogEvent {
        LogEvent {
            at: 1_500,
            stderr: text.starts_with('!'),
            text: text.to_owned(),
        }
    }

    fn frame(format: Format) -> Frame {
        Frame {
            host: "h".to_owned(),
            source: None,
            sourcetype: Some("app".to_owned()),
            index: None,
            format,
            tag: "t".to_owned(),
        }
    }

    #[test]
    fn the_three_formats() {
        let inline =
            |line: Value, source: &str| json!({"line": line, "source": source, "tag": "t"});
        for (format, text, expected) in [
            (
                Format::Inline,
                "a \"b\"",
                inline(json!("a \"b\""), "stdout"),
            ),
            (Format::Inline, "!{}", inline(json!("!{}"), "stderr")),
            (
                Format::Inline,
                "{\"a\":1}",
                inline(json!("{\"a\":1}"), "stdout"),
            ),
            (Format::Json, "{\"a\":1}", inline(json!({"a": 1}), "stdout")),
            (Format::Json, "12", inline(json!(12), "stdout")),
            (Format::Json, "{\"a\"", inline(json!("{\"a\""), "stdout")),
            (Format::Raw, "a", json!("t a")),
        ] {
            let message = frame(format).message(&event(text)).unwrap();
            let read: Value = serde_json::from_slice(&message).unwrap();
            let expected = json!(
                {"event": expected, "time": "1.500000", "host": "h", "sourcetype": "app"}
            );
            assert_eq!(read, expected, "{format:?} {text}");
        }
        assert_eq!(frame(Format::Raw).message(&event(" \t")), None);
    }

    #[test]
    fn bodies_are_bounded() {
        let counts = |events: &[LogEvent]| -> Vec<usize> {
            let bodies = frame(Format::Inline).bodies(events);
            bodies.iter().map(|(count, _)| *count).collect()
        };
        assert_eq!(counts(&[]), [0; 0]);
        assert_eq!(counts(&vec![event("a"); MOST_EVENTS + 1]), [MOST_EVENTS, 1]);
        assert_eq!(counts(&vec![event(&"x".repeat(400 << 10)); 3]), [2, 1]);
        // What grows as JSON goes alone.
        assert_eq!(counts(&vec![event(&"\u{1}".repeat(200 << 10)); 2]), [1, 1]);
    }
}
