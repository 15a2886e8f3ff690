//! Answers in the forms of Prometheus.

use serde_json::{Value, json};

/// What is sent back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub content_type: &'static str,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

const JSON: &str = "application/json";

impl Answer {
    pub fn empty(status: u16) -> Self {
        Self {
            status,
            content_type: "text/plain; charset=utf-8",
            headers: Vec::new(),
            body: Vec::new(),
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
    pub fn success(data: &Value) -> Self {
        let body = json!({ "status": "success", "data": data });
        Self::text(200, JSON, body.to_string())
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
