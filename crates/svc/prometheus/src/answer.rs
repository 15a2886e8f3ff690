//! Answers in the forms of Prometheus.

use std::io;

use serde_json::{Map, Value, json};

/// What is sent back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub content_type: &'static str,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
    /// The account asks too often, or has as much as it may: asked again at once, it is refused again.
    pub is_of_limit: bool,
}

/// What is too much for now, whatever was asked.
const TOO_MUCH: u16 = 429;

const JSON: &str = "application/json";
/// Bytes of an answer.
const MOST_BYTES: usize = 64 << 20;

/// Takes so many bytes and no more.
struct Bounded {
    bytes: Vec<u8>,
    most: usize,
}

impl io::Write for Bounded {
    fn write(&mut self, some: &[u8]) -> io::Result<usize> {
        if some.len() > self.most - self.bytes.len() {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(some);
        Ok(some.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Answer {
    pub fn empty(status: u16) -> Self {
        Self {
            status,
            content_type: "text/plain; charset=utf-8",
            headers: Vec::new(),
            body: Vec::new(),
            is_of_limit: status == TOO_MUCH,
        }
    }

    pub fn text(status: u16, content_type: &'static str, text: String) -> Self {
        Self {
            content_type,
            body: text.into_bytes(),
            ..Self::empty(status)
        }
    }

    /// `{"status": "success", "data": …}`
    ///
    /// # Errors
    /// It is larger than answers may be.
    pub fn success(data: Value) -> Result<Self, Failure> {
        Self::within(data, MOST_BYTES)
    }

    fn within(data: Value, most: usize) -> Result<Self, Failure> {
        // `json!` would copy the data.
        let mut whole = Map::new();
        whole.insert("status".to_owned(), json!("success"));
        whole.insert("data".to_owned(), data);
        let mut body = Bounded {
            bytes: Vec::new(),
            most,
        };
        let written = serde_json::to_writer(&mut body, &whole);
        written.map_err(|_| {
            let text = format!("the answer would have more than {most} bytes");
            Failure::new(422, "execution", text)
        })?;
        Ok(Self {
            content_type: JSON,
            body: body.bytes,
            ..Self::empty(200)
        })
    }

    pub fn with(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }
}

/// Why a request is not answered as it was meant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct Failure {
    pub status: u16,
    /// `bad_data`, `execution`
    pub kind: &'static str,
    pub text: String,
}

impl Failure {
    pub fn new(status: u16, kind: &'static str, text: String) -> Self {
        Self { status, kind, text }
    }

    pub fn bad_data(text: impl Into<String>) -> Self {
        Self::new(400, "bad_data", text.into())
    }

    /// As a line of text, which senders of samples log.
    pub fn plain(self) -> Answer {
        Answer::text(self.status, "text/plain; charset=utf-8", self.text + "\n")
    }
}

impl From<Failure> for Answer {
    fn from(it: Failure) -> Self {
        let body = json!({ "status": "error", "errorType": it.kind, "error": it.text });
        Self::text(it.status, JSON, body.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_told_from_other_refusals() {
        for (status, is_of_limit) in [(200, false), (400, false), (429, true), (503, false)] {
            let failure = Failure::new(status, "kind", "text".to_owned());
            assert_eq!(failure.clone().plain().is_of_limit, is_of_limit, "{status}");
            assert_eq!(Answer::from(failure).is_of_limit, is_of_limit, "{status}");
        }
    }

    #[test]
    fn answers_are_bounded() {
        let whole = r#"{"status":"success","data":["a"]}"#;
        let answer = Answer::within(json!(["a"]), whole.len()).unwrap();
        assert_eq!(answer.body, whole.as_bytes());
        let refused = Answer::within(json!(["a"]), whole.len() - 1).unwrap_err();
        assert_eq!((refused.status, refused.kind), (422, "execution"));
    }
}
