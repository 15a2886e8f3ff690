//! A connection's bytes, with what must live as long as the connection.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep_until},
};

use super::{connections::Slot, lingering::Lingering};

/// A peer that takes nothing for this long is gone, or wants to hold what is being sent to it.
const WRITE_STALL: Duration = Duration::from_secs(60);

/// How a connection of HTTP/2 begins, and none of HTTP/1. Who sends it in smaller pieces is known by the first request.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n";

/// A connection in its slot. A websocket that it becomes keeps the slot too.
pub struct Slotted<S> {
    stream: S,
    slot: Arc<Slot>,
    /// Something came.
    is_begun: bool,
    /// When writing stalls for too long; set while the peer takes nothing.
    stall: Option<Pin<Box<Sleep>>>,
    is_shut: bool,
    /// While the client may be sending, though nothing is written any more.
    lingering: Option<Lingering>,
}

impl<S> Slotted<S> {
    pub fn new(stream: S, slot: Arc<Slot>) -> Self {
        Self {
            stream,
            slot,
            is_begun: false,
            stall: None,
            is_shut: false,
            lingering: None,
        }
    }

    /// Passes on what writing came to, or an error once it has been pending for too long.
    fn unless_stalled<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stall = None;
            return written;
        }
        let stall = self
            .stall
            .get_or_insert_with(|| Box::pin(sleep_until(Instant::now() + WRITE_STALL)));
        ready!(stall.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Slotted<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        let came = &buffer.filled()[before..];
        if !came.is_empty() {
            let is_first = !std::mem::replace(&mut self.is_begun, true);
            if is_first && came.starts_with(PREFACE) {
                self.slot.speaks_http2();
            }
            self.slot.came(came);
        }
        read
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Slotted<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.unless_stalled(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bytes);
        self.unless_stalled(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        self.unless_stalled(cx, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if !this.is_shut {
            let ended = Pin::new(&mut this.stream).poll_shutdown(cx);
            ready!(this.unless_stalled(cx, ended))?;
            this.is_shut = true;
            this.lingering = this.slot.linger().map(Lingering::begin);
        }
        if let Some(lingering) = &mut this.lingering
            && this.slot.may_be_sent_to()
        {
            ready!(lingering.poll(&mut this.stream, cx));
        }
        this.lingering = None;
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;
    use crate::gateway::{
        connections::{Connections, Limits},
        source::Source,
    };

    fn slotted<S>(stream: S) -> Slotted<S> {
        let all = Connections::new(Limits::for_descriptors(1024));
        Slotted::new(stream, all.admit(Source::Machine).unwrap())
    }

    #[tokio::test]
    async fn http2_is_known_by_its_preface_alone() {
        for (first, is_http2) in [
            (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", true),
            (b"PRI * HTTP/1.1\r\nhost: x\r", false),
        ] {
            let (ours, mut theirs) = tokio::io::duplex(1024);
            let mut ours = slotted(ours);
            theirs.write_all(first).await.unwrap();
            ours.read_exact(&mut [0; 24]).await.unwrap();
            let idle = ours.slot.idle().unwrap();
            assert_eq!(idle.is_http2, is_http2);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_takes_nothing_is_given_up() {
        let (ours, mut theirs) = tokio::io::duplex(1024);
        let mut ours = slotted(ours);
        let started = Instant::now();
        let error = ours.write_all(&[0; 4096]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert_eq!(started.elapsed(), WRITE_STALL);
        let mut taken = [0; 1024];
        theirs.read_exact(&mut taken).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_reader_is_served() {
        let (ours, mut theirs) = tokio::io::duplex(1024);
        let mut ours = slotted(ours);
        let reading = tokio::spawn(async move {
            let mut taken = 0;
            let mut buffer = [0; 1024];
            while taken < 8192 {
                tokio::time::sleep(WRITE_STALL / 2).await;
                taken += theirs.read(&mut buffer).await.unwrap();
            }
        });
        ours.write_all(&[0; 8192]).await.unwrap();
        reading.await.unwrap();
    }
}
