//! Responses: the bodies a client may get, and those that the load balancer makes itself.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{
    HeaderValue, Response, StatusCode,
    header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, SERVER},
};
use http_body::{Body, Frame, SizeHint};

use super::streamed::Streamed;
use crate::worker::RequestGuard;

/// The body of an answer. Holds the request open until it is given to the connection.
pub struct Answer {
    kind: Kind,
    /// Dropped with the body.
    guard: Option<RequestGuard>,
}

pub enum Kind {
    Whole(Bytes),
    Streamed(Streamed),
}

impl Answer {
    pub fn new(kind: Kind) -> Self {
        Self { kind, guard: None }
    }

    /// Keeps the request open as long as the body is there.
    pub fn hold(&mut self, mut guard: RequestGuard) {
        match &self.kind {
            Kind::Whole(bytes) => {
                guard.gives(bytes.len());
                self.guard = Some(guard);
            }
            Kind::Streamed(body) => body.hold(guard),
        }
    }

    pub fn whole(bytes: Bytes) -> Self {
        Self::new(Kind::Whole(bytes))
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        match &mut self.kind {
            Kind::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            Kind::Whole(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Kind::Streamed(body) => Pin::new(body).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Whole(bytes) => bytes.is_empty(),
            Kind::Streamed(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Kind::Streamed(body) => body.size_hint(),
        }
    }
}

/// What AWS's load balancers call themselves.
const NAME: HeaderValue = HeaderValue::from_static("awselb/2.0");

/// An answer of the load balancer itself, in place of a target's.
pub fn made(status: StatusCode) -> Response<Answer> {
    let code = status.as_u16();
    // AWS's own text for 503.
    let reason = match code {
        503 => "Service Temporarily Unavailable",
        504 => "Gateway Time-out",
        405 => "Not Allowed",
        431 => "Request Header Fields Too Large",
        561 => "Authentication Error",
        _ => status.canonical_reason().unwrap_or("Error"),
    };
    let text = format!(
        "<html>\r\n<head><title>{code} {reason}</title></head>\r\n<body>\r\n<center><h1>{code} {reason}</h1></center>\r\n</body>\r\n</html>\r\n"
    );
    let mut response = text_response(status, HeaderValue::from_static("text/html"), text.into());
    if matches!(code, 400 | 408 | 414 | 431 | 463) {
        // The client and we may not agree where its request ends.
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(CONNECTION, close);
    }
    response
}

pub fn text_response(
    status: StatusCode,
    content_type: HeaderValue,
    body: Bytes,
) -> Response<Answer> {
    let length = HeaderValue::from(body.len());
    let mut response = Response::new(Answer::whole(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(SERVER, NAME);
    headers.insert(CONTENT_TYPE, content_type);
    headers.insert(CONTENT_LENGTH, length);
    response
}
