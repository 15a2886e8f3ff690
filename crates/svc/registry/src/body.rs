//! Bodies: a layer streaming out, and whatever a client streams in.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use http_body_util::{BodyExt, Empty, Full, combinators::BoxBody};
use wharf_blobs::BlobReader;

/// The body of every answer.
pub type Body = BoxBody<Bytes, io::Error>;

/// A client that sends nothing for this long is given up.
const IDLE_LIMIT: Duration = Duration::from_secs(300);

/// Read of a body that is refused, before the answer: one that ends within it keeps its connection. What is left of others
/// the server takes after the answer, before it closes theirs.
const MAX_DRAINED: usize = 1 << 20;

pub(crate) fn empty() -> Body {
    Empty::new().map_err(|never| match never {}).boxed()
}

pub(crate) fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into())
        .map_err(|never| match never {})
        .boxed()
}

pub(crate) fn blob(reader: BlobReader) -> Body {
    BlobBody(reader).boxed()
}

/// A layer on its way out.
struct BlobBody(BlobReader);

impl http_body::Body for BlobBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let chunk = ready!(self.get_mut().0.poll_chunk(cx)).map_err(io::Error::other);
        Poll::Ready(chunk.transpose().map(|chunk| chunk.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.0.remaining() == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.remaining())
    }
}

/// The client's stream ended before its time.
#[derive(Debug, thiserror::Error)]
#[error("the request's body ended early: {0}")]
pub(crate) struct Broken(String);

/// The next piece of a client's body; `None` at its end.
pub(crate) async fn next<B>(body: &mut B) -> Result<Option<Bytes>, Broken>
where
    B: http_body::Body<Data = Bytes> + Unpin,
    B::Error: std::fmt::Display,
{
    loop {
        let frame = match tokio::time::timeout(IDLE_LIMIT, body.frame()).await {
            Err(_) => return Err(Broken("nothing came for too long".to_owned())),
            Ok(None) => return Ok(None),
            Ok(Some(Err(error))) => return Err(Broken(error.to_string())),
            Ok(Some(Ok(frame))) => frame,
        };
        // Trailers say nothing here.
        if let Ok(data) = frame.into_data() {
            return Ok(Some(data));
        }
    }
}

/// Throws away what comes of a body, up to a bound.
pub(crate) async fn drain<B>(body: &mut B)
where
    B: http_body::Body<Data = Bytes> + Unpin,
    B::Error: std::fmt::Display,
{
    let mut left = MAX_DRAINED;
    while let Ok(Some(piece)) = next(body).await {
        left = left.saturating_sub(piece.len());
        if left == 0 {
            return;
        }
    }
}

/// A whole body of at most `limit` bytes; `None` if it is longer.
pub(crate) async fn collect<B>(body: &mut B, limit: usize) -> Result<Option<Bytes>, Broken>
where
    B: http_body::Body<Data = Bytes> + Unpin,
    B::Error: std::fmt::Display,
{
    let mut whole = Vec::new();
    while let Some(piece) = next(body).await? {
        if whole.len() + piece.len() > limit {
            return Ok(None);
        }
        whole.extend_from_slice(&piece);
    }
    Ok(Some(whole.into()))
}
