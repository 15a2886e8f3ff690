//! One request and its response on one connection.

use std::{
    future::poll_fn,
    io,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::{Buf, Bytes};
use http::{HeaderMap, Method};
use http_body::{Body, Frame, SizeHint};
use tokio::time::timeout;

use super::{
    Connection, Head, Pool, Upload,
    body::{Decoder, Piece},
    upload::UploadError,
};
use crate::{target::Lease, worker::watch::Ended};

/// Responses of the kind 1xx that may come before the real one.
const MOST_INFORMATIONAL: usize = 16;

/// Why there is no response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The connection ended without a byte of a response.
    Closed,
    /// It ended within a small response, of which the client has seen nothing yet.
    Cut,
    /// Nothing moved for the idle timeout.
    Idle,
    /// The target's time to finish its requests is over.
    Forced,
    /// What came was no response, or not all of its head.
    Malformed,
    /// The client broke off its request.
    Client,
    /// The client sends its request too slowly.
    Slow,
}

/// Bodies up to this size are waited for, so that the client gets them with the head, in one piece
/// or not at all, whoever dies meanwhile.
const GATHERED_BYTES: u64 = 16 * 1024;
/// But not for long: a target may have its reasons.
const GATHERING: Duration = Duration::from_millis(100);
/// Bodies up to this size are copied: that is cheaper than new memory for the next response.
const COPIED_BYTES: usize = 8 * 1024;

/// A failed exchange, and what can be done about it.
#[derive(Debug)]
pub struct Failure {
    pub why: Why,
    /// The request, to be sent again perhaps.
    pub upload: Upload,
    /// Surely nothing of it arrived at the target.
    pub nothing_arrived: bool,
    /// The connection had served others before.
    pub reused: bool,
}

/// A request being sent and a response being waited for.
#[derive(Debug)]
pub struct Exchange {
    connection: Box<Connection>,
    upload: Upload,
    /// The target reads no more, but may have answered.
    broken: bool,
}

impl Exchange {
    pub fn new(connection: Box<Connection>, upload: Upload) -> Self {
        Self {
            connection,
            upload,
            broken: false,
        }
    }

    /// Sends the request and waits for the head of the response; for `spare` see [`Head::parse`].
    pub async fn head(
        mut self,
        method: &Method,
        spare: &mut HeaderMap,
    ) -> Result<(Head, Self), Failure> {
        let mut informational = 0;
        loop {
            match poll_fn(|cx| self.poll_head(method, spare, cx)).await {
                Ok(head) if head.status.is_informational() && head.status.as_u16() != 101 => {
                    informational += 1;
                    if informational > MOST_INFORMATIONAL {
                        return Err(self.failed(Why::Malformed));
                    }
                }
                Ok(head) => {
                    // It wants the rest of the request however slowly that comes.
                    self.upload.any_pace();
                    return Ok((head, self));
                }
                Err(why) => return Err(self.failed(why)),
            }
        }
    }

    /// Reads the body too if it is small and comes soon.
    pub async fn gather(mut self, head: &Head) -> Result<Self, Failure> {
        let wanted = head.decoder.remaining();
        let small = wanted.filter(|it| *it <= GATHERED_BYTES && self.upload.is_done());
        let Some(wanted) = small.and_then(|it| usize::try_from(it).ok()) else {
            return Ok(self);
        };
        if self.connection.input.len() >= wanted {
            return Ok(self);
        }
        let reading = poll_fn(|cx| self.poll_body(wanted, cx));
        match timeout(GATHERING, reading).await {
            Ok(Err(why)) => Err(self.failed(why)),
            Ok(Ok(())) | Err(_) => Ok(self),
        }
    }

    fn poll_body(&mut self, wanted: usize, cx: &mut Context<'_>) -> Poll<Result<(), Why>> {
        while self.connection.input.len() < wanted {
            match ready!(self.connection.poll_read(cx)) {
                Ok(1..) => {}
                Ok(0) | Err(_) => {
                    let ours = self.connection.ended().map(|_| self.why_ended());
                    return Poll::Ready(Err(ours.unwrap_or(Why::Cut)));
                }
            }
        }
        Poll::Ready(Ok(()))
    }

    fn poll_head(
        &mut self,
        method: &Method,
        spare: &mut HeaderMap,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Head, Why>> {
        self.poll_upload(cx)?;
        loop {
            if !self.connection.input.is_empty() {
                match Head::parse(&mut self.connection.input, method, spare) {
                    Ok(Some(head)) => return Poll::Ready(Ok(head)),
                    Ok(None) => {}
                    Err(_) => return Poll::Ready(Err(Why::Malformed)),
                }
            }
            match ready!(self.connection.poll_read(cx)) {
                Ok(1..) => {}
                Ok(0) | Err(_) => return Poll::Ready(Err(self.why_ended())),
            }
        }
    }

    /// Sends on if there is something to send.
    fn poll_upload(&mut self, cx: &mut Context<'_>) -> Result<(), Why> {
        if self.upload.is_done() || self.broken {
            return Ok(());
        }
        match self.upload.poll(&mut self.connection, cx) {
            Poll::Ready(Err(UploadError::Client)) => Err(Why::Client),
            Poll::Ready(Err(UploadError::Slow)) => Err(Why::Slow),
            Poll::Ready(Err(UploadError::Target)) => {
                self.broken = true;
                Ok(())
            }
            Poll::Ready(Ok(())) | Poll::Pending => Ok(()),
        }
    }

    fn why_ended(&self) -> Why {
        match self.connection.ended() {
            Some(Ended::Idle) => Why::Idle,
            Some(Ended::Forced) => Why::Forced,
            None if self.connection.input.is_empty() => Why::Closed,
            None => Why::Malformed,
        }
    }

    fn failed(self, why: Why) -> Failure {
        Failure {
            why,
            nothing_arrived: why == Why::Closed && self.connection.nothing_arrived(),
            reused: self.connection.reused,
            upload: self.upload,
        }
    }

    /// The connection, for what it is upgraded to.
    pub fn into_connection(self) -> Box<Connection> {
        self.connection
    }

    /// The body if all of it has come already; the connection then goes back to the pool.
    pub fn finish_at_once(mut self, head: &Head, pool: &Pool) -> Result<Bytes, Box<Self>> {
        let wanted = head.decoder.remaining();
        let wanted = wanted.and_then(|it| usize::try_from(it).ok());
        match wanted {
            Some(wanted) if wanted <= self.connection.input.len() && self.upload.is_done() => {
                let body = if wanted <= COPIED_BYTES {
                    let body = Bytes::copy_from_slice(&self.connection.input[..wanted]);
                    self.connection.input.advance(wanted);
                    body
                } else {
                    self.connection.input.split_to(wanted).freeze()
                };
                self.recycle(head.reusable, head.keep_ms, pool);
                Ok(body)
            }
            _ => Err(Box::new(self)),
        }
    }

    fn recycle(self, reusable: bool, keep_ms: Option<u64>, pool: &Pool) {
        let clean = self.connection.input.is_empty() && self.upload.is_done() && !self.broken;
        if reusable && clean {
            pool.put(self.connection, keep_ms);
        }
    }
}

/// The rest of a response, read as the client takes it.
pub struct ResponseBody {
    exchange: Option<Exchange>,
    decoder: Decoder,
    reusable: bool,
    keep_ms: Option<u64>,
    pool: Rc<Pool>,
    lease: Option<Lease>,
}

impl ResponseBody {
    pub fn new(exchange: Exchange, head: &Head, pool: Rc<Pool>, lease: Lease) -> Self {
        Self {
            exchange: Some(exchange),
            decoder: head.decoder.clone(),
            reusable: head.reusable,
            keep_ms: head.keep_ms,
            pool,
            lease: Some(lease),
        }
    }

    fn finish(&mut self) {
        if let Some(exchange) = self.exchange.take() {
            exchange.recycle(self.reusable, self.keep_ms, &self.pool);
        }
        self.lease = None;
    }

    fn fail(&mut self, error: io::Error) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        self.exchange = None;
        self.lease = None;
        Poll::Ready(Some(Err(error)))
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let this = &mut *self;
        loop {
            let Some(exchange) = &mut this.exchange else {
                return Poll::Ready(None);
            };
            if exchange.poll_upload(cx).is_err() {
                return this.fail(io::ErrorKind::ConnectionAborted.into());
            }
            match this.decoder.decode(&mut exchange.connection.input) {
                Err(malformed) => return this.fail(io::Error::other(malformed)),
                Ok(Piece::Data(data)) => {
                    // Ending with the last byte, not with the poll after it, frees the
                    // connection before the client can ask again.
                    if this.decoder.remaining() == Some(0) {
                        this.finish();
                    }
                    return Poll::Ready(Some(Ok(Frame::data(data))));
                }
                Ok(Piece::Trailers(trailers)) => {
                    return Poll::Ready(Some(Ok(Frame::trailers(trailers))));
                }
                Ok(Piece::End) => {
                    this.finish();
                    return Poll::Ready(None);
                }
                Ok(Piece::More) => {}
            }
            match ready!(exchange.connection.poll_read(cx)) {
                Ok(1..) => {}
                Ok(0)
                    if this.decoder.ends_with_connection()
                        && exchange.connection.ended().is_none() =>
                {
                    this.finish();
                    return Poll::Ready(None);
                }
                Ok(0) => return this.fail(io::ErrorKind::UnexpectedEof.into()),
                Err(error) => return this.fail(error),
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.exchange.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        match (&self.exchange, self.decoder.remaining()) {
            (None, _) => SizeHint::with_exact(0),
            (Some(_), Some(remaining)) => SizeHint::with_exact(remaining),
            (Some(_), None) => SizeHint::default(),
        }
    }
}
