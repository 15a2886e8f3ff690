//! Answers of the node's port.

use std::io;

use bytes::Bytes;
use http::{Response, StatusCode, header};
use http_body_util::{BodyExt, Full, combinators::UnsyncBoxBody};
use serde_json::Value;

pub type Answer = UnsyncBoxBody<Bytes, io::Error>;

pub fn full(bytes: impl Into<Bytes>) -> Answer {
    Full::new(bytes.into())
        .map_err(|never| match never {})
        .boxed_unsync()
}

pub fn text(text: &'static str) -> Response<Answer> {
    Response::new(full(text))
}

pub fn value(value: &Value) -> Response<Answer> {
    let mut answer = Response::new(full(value.to_string()));
    let json = http::HeaderValue::from_static("application/json");
    answer.headers_mut().insert(header::CONTENT_TYPE, json);
    answer
}

/// Metrics in the form that Prometheus reads.
pub fn exposition(text: String) -> Response<Answer> {
    let mut answer = Response::new(full(text));
    let kind = http::HeaderValue::from_static(wharf_metrics::exposition::CONTENT_TYPE);
    answer.headers_mut().insert(header::CONTENT_TYPE, kind);
    answer
}

pub fn refuse(status: StatusCode, why: &str) -> Response<Answer> {
    let mut answer = Response::new(full(format!("{why}\n")));
    *answer.status_mut() = status;
    answer
}
