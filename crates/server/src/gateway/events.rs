//! Answers that go on, event by event or piece by piece: each is made when the client takes it, until the client goes away, the
//! operation ends the stream, or the server ends.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures_util::{Stream, stream};
use http::{HeaderValue, Response, header::CONTENT_TYPE};
use http_body::Frame;
use http_body_util::BodyExt;
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;
use wharf_wire::{codec::eventstream, events::EventAnswer, streaming::Reader};

use super::Body;

type Pieces = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

/// The events as a response's body.
pub fn respond(events: EventAnswer, ending: CancellationToken) -> Response<Body> {
    let messages = stream::unfold((events, ending), |(mut events, ending)| async move {
        let message = tokio::select! {
            () = ending.cancelled() => None,
            message = events.next() => message,
        };
        message.map(|message| (Ok(message.into()), (events, ending)))
    });
    let mut response = Response::new(going(messages));
    let kind = HeaderValue::from_static(eventstream::CONTENT_TYPE);
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

/// What an operation answers piece by piece, as a body. A fault breaks the connection: the head is sent.
pub fn pieces(reader: Reader) -> Body {
    going(stream::unfold(reader, |mut reader| async move {
        let piece = reader.next().await?;
        let piece = piece.map_err(|fault| {
            tracing::error!(code = %fault.code, error = %fault.message, "streaming a response failed; its connection is closed");
            io::Error::other(fault.message)
        });
        Some((piece, reader))
    }))
}

fn going(pieces: impl Stream<Item = io::Result<Bytes>> + Send + 'static) -> Body {
    Going(Mutex::new(Box::pin(pieces))).boxed()
}

/// Bodies must be shareable between threads, which futures of operations are not. Nobody shares one,
/// so the lock is never taken.
struct Going(Mutex<Pieces>);

impl http_body::Body for Going {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let pieces = self.0.get_mut();
        let next = pieces.as_mut().poll_next(cx);
        next.map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }
}
