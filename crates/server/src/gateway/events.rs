//! Answers that go on: each event is made when the client takes it, until the client goes away, the
//! operation ends the stream, or the server ends.

use std::{
    io,
    pin::Pin,
    sync::{Mutex, PoisonError},
    task::{Context, Poll},
};

use bytes::Bytes;
use futures_util::{Stream, stream};
use http::{HeaderValue, Response, header::CONTENT_TYPE};
use http_body::Frame;
use http_body_util::BodyExt;
use tokio_util::sync::CancellationToken;
use wharf_wire::{codec::eventstream, events::EventAnswer};

use super::Body;

type Messages = Pin<Box<dyn Stream<Item = Vec<u8>> + Send>>;

/// The events as a response's body.
pub fn respond(events: EventAnswer, ending: CancellationToken) -> Response<Body> {
    let messages = stream::unfold((events, ending), |(mut events, ending)| async move {
        let message = tokio::select! {
            () = ending.cancelled() => None,
            message = events.next() => message,
        };
        message.map(|message| (message, (events, ending)))
    });
    let mut response = Response::new(Going(Mutex::new(Box::pin(messages))).boxed());
    let kind = HeaderValue::from_static(eventstream::CONTENT_TYPE);
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

/// Bodies must be shareable between threads, which futures of operations are not. Nobody shares one,
/// so the lock is never taken.
struct Going(Mutex<Messages>);

impl http_body::Body for Going {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let messages = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        let next = messages.as_mut().poll_next(cx);
        next.map(|message| message.map(|message| Ok(Frame::data(message.into()))))
    }
}
