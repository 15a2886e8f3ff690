//! A request on its way to a target: its head, then its body as the client sends it.

use std::{
    collections::VecDeque,
    io::{self, IoSlice},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes, BytesMut};
use http::HeaderMap;
use http_body::Body;
use hyper::body::Incoming;

use super::Connection;
use crate::{
    clock,
    pace::{Pace, Progress},
    proxy::head,
};

/// Of a body is kept at most this much, to be sent again if need be.
const KEPT_BYTES: usize = 64 * 1024;

/// Why a request did not get through.
#[derive(Debug)]
pub enum UploadError {
    /// The client broke off.
    Client,
    /// It sends too slowly.
    Slow,
    Target,
}

/// A request with the state of its sending. Survives a connection that fails, and can then start
/// over on another one as long as all it sent is at hand.
#[derive(Debug)]
pub struct Upload {
    head: Bytes,
    has_body: bool,
    /// Until the client has sent all of it.
    body: Option<Incoming>,
    chunked: bool,
    head_written: usize,
    /// What of the body is to be written now, in this order: the chunk's size, data, line end.
    pending: [Bytes; 3],
    /// Pieces of the body to be sent again before the client's next ones.
    again: VecDeque<Bytes>,
    kept: Vec<Bytes>,
    kept_bytes: usize,
    /// More of the body was sent than was kept.
    forgotten: bool,
    /// The last piece is in `pending` or written.
    complete: bool,
    flushed: bool,
    progress: Progress,
    /// Where bytes of the body are counted, if anywhere.
    meter: Option<Arc<AtomicU64>>,
}

impl Upload {
    /// A request with this head; `chunked` says how the head announced the body.
    pub fn new(head: Bytes, body: Option<Incoming>, chunked: bool, pace: Pace) -> Self {
        Self {
            head,
            head_written: 0,
            complete: body.is_none(),
            has_body: body.is_some(),
            body,
            chunked,
            pending: Default::default(),
            again: VecDeque::new(),
            kept: Vec::new(),
            kept_bytes: 0,
            forgotten: false,
            flushed: false,
            progress: Progress::new(pace),
            meter: None,
        }
    }

    /// Counts there what the client sends of the body.
    pub fn count(&mut self, meter: Arc<AtomicU64>) {
        self.meter = Some(meter);
    }

    /// From now on the client may take its time.
    pub fn any_pace(&mut self) {
        self.progress.any_pace();
    }

    /// Whether it can be sent from its beginning.
    pub fn can_restart(&self) -> bool {
        !self.forgotten
    }

    /// Begins anew, for another connection.
    pub fn restart(&mut self) {
        self.pending = Default::default();
        self.head_written = 0;
        self.again = self.kept.iter().cloned().collect();
        self.complete = !self.has_body;
        self.flushed = false;
    }

    pub fn is_done(&self) -> bool {
        self.flushed
    }

    /// Sends on; ready once everything is sent.
    pub fn poll(
        &mut self,
        connection: &mut Connection,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), UploadError>> {
        loop {
            let body_pending = self.pending.iter().any(|it| !it.is_empty());
            if !self.complete && !body_pending && self.poll_next(cx)?.is_pending() {
                // Write what there is; the client wakes us with more.
                ready!(self.poll_write(connection, cx)).map_err(|_| UploadError::Target)?;
                ready!(connection.poll_flush(cx)).map_err(|_| UploadError::Target)?;
                return Poll::Pending;
            }
            ready!(self.poll_write(connection, cx)).map_err(|_| UploadError::Target)?;
            if self.complete {
                ready!(connection.poll_flush(cx)).map_err(|_| UploadError::Target)?;
                self.flushed = true;
                return Poll::Ready(Ok(()));
            }
        }
    }

    /// Writes all that is pending.
    fn poll_write(
        &mut self,
        connection: &mut Connection,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            let head = &self.head[self.head_written..];
            let mut slices = [IoSlice::new(head); 4];
            let mut count = usize::from(!head.is_empty());
            for piece in self.pending.iter().filter(|it| !it.is_empty()) {
                slices[count] = IoSlice::new(piece);
                count += 1;
            }
            if count == 0 {
                return Poll::Ready(Ok(()));
            }
            let mut wrote = ready!(connection.poll_write(cx, &slices[..count]))?;
            if wrote == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            let of_head = wrote.min(head.len());
            self.head_written += of_head;
            wrote -= of_head;
            for piece in &mut self.pending {
                let here = wrote.min(piece.len());
                piece.advance(here);
                wrote -= here;
            }
        }
    }

    /// Makes the next piece of the body pending.
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), UploadError>> {
        if let Some(piece) = self.again.pop_front() {
            self.queue(piece);
            return Poll::Ready(Ok(()));
        }
        let Some(body) = &mut self.body else {
            self.finish(None);
            return Poll::Ready(Ok(()));
        };
        loop {
            let frame = match Pin::new(&mut *body).poll_frame(cx) {
                Poll::Ready(frame) => frame,
                Poll::Pending => {
                    self.progress.waits(clock::coarse_ms());
                    return Poll::Pending;
                }
            };
            let frame = match frame {
                Some(Ok(frame)) => frame,
                Some(Err(_)) => return Poll::Ready(Err(UploadError::Client)),
                None => {
                    self.finish(None);
                    return Poll::Ready(Ok(()));
                }
            };
            match frame.into_data() {
                Ok(data) if data.is_empty() => {}
                Ok(data) => {
                    if self.progress.too_slow(data.len(), clock::coarse_ms()) {
                        return Poll::Ready(Err(UploadError::Slow));
                    }
                    if let Some(meter) = &self.meter {
                        meter.fetch_add(data.len() as u64, Ordering::Relaxed);
                    }
                    self.keep(&data);
                    self.queue(data);
                    return Poll::Ready(Ok(()));
                }
                Err(frame) => {
                    let trailers = frame.into_trailers().ok();
                    // Trailers are not kept: such a request is not sent twice.
                    self.forgotten = true;
                    self.finish(trailers.as_ref());
                    return Poll::Ready(Ok(()));
                }
            }
        }
    }

    fn keep(&mut self, data: &Bytes) {
        if self.forgotten || self.kept_bytes + data.len() > KEPT_BYTES {
            self.forgotten = true;
            self.kept = Vec::new();
            return;
        }
        self.kept_bytes += data.len();
        self.kept.push(data.clone());
    }

    fn queue(&mut self, data: Bytes) {
        if self.chunked {
            self.pending[0] = Bytes::from(format!("{:x}\r\n", data.len()));
            self.pending[2] = Bytes::from_static(b"\r\n");
        }
        self.pending[1] = data;
    }

    fn finish(&mut self, trailers: Option<&HeaderMap>) {
        self.complete = true;
        self.body = None;
        if !self.chunked {
            return;
        }
        self.pending[0] = match trailers {
            None => Bytes::from_static(b"0\r\n\r\n"),
            Some(trailers) => {
                let mut text = BytesMut::from("0\r\n");
                for (name, value) in &head::trailers(trailers) {
                    text.extend_from_slice(name.as_str().as_bytes());
                    text.extend_from_slice(b": ");
                    text.extend_from_slice(value.as_bytes());
                    text.extend_from_slice(b"\r\n");
                }
                text.extend_from_slice(b"\r\n");
                text.freeze()
            }
        };
    }
}
