//! Writes of a connection, gathered while it is polled.
//!
//! HTTP/2 writes and flushes each frame of data by itself: over TLS that is a record and a system call each. Where many streams of a
//! connection have something to tell at the same time, as watches of one change do, what they wrote goes out as one once all of them were
//! asked. Whoever polls the connection says when that begins and ends; outside of it writes are written as they come, so that what a
//! connection was upgraded to finds nothing held back.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::{Buf as _, BytesMut};
use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Bytes that are gathered at most: those of a record of TLS.
const MOST: usize = 16 << 10;

/// What the connection writes to.
pub struct Gathered<S>(Arc<Mutex<Inner<S>>>);

/// The other hand on it: that of whoever polls the connection.
pub struct Gathering<S>(Arc<Mutex<Inner<S>>>);

struct Inner<S> {
    stream: S,
    /// Written by the connection, and not yet to the stream.
    kept: BytesMut,
    gathers: bool,
    /// Whether something was written to the stream since it was flushed.
    is_unflushed: bool,
}

pub fn gathered<S>(stream: S) -> (Gathered<S>, Gathering<S>) {
    let inner = Arc::new(Mutex::new(Inner {
        stream,
        kept: BytesMut::new(),
        gathers: false,
        is_unflushed: false,
    }));
    (Gathered(Arc::clone(&inner)), Gathering(inner))
}

impl<S: AsyncWrite + Unpin> Gathering<S> {
    /// From now on writes are kept.
    pub fn begin(&self) {
        self.0.lock().gathers = true;
    }

    /// Writes what was kept, and from now on all as it comes.
    pub fn poll_end(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut inner = self.0.lock();
        inner.gathers = false;
        inner.poll_flush(cx)
    }
}

impl<S: AsyncWrite + Unpin> Inner<S> {
    fn poll_kept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.kept.is_empty() {
            let written = ready!(Pin::new(&mut self.stream).poll_write(cx, &self.kept))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.is_unflushed = true;
            self.kept.advance(written);
        }
        Poll::Ready(Ok(()))
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_kept(cx))?;
        // Connections are silent most of the time: they hold no room for it.
        self.kept = BytesMut::new();
        if self.is_unflushed {
            ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
            self.is_unflushed = false;
        }
        Poll::Ready(Ok(()))
    }

    fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if !self.gathers || self.kept.len() >= MOST {
            ready!(self.poll_kept(cx))?;
        }
        let length = slices.iter().map(|it| it.len()).sum::<usize>();
        if !self.gathers || self.kept.is_empty() && length >= MOST {
            self.is_unflushed = true;
            return Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        }
        if self.kept.capacity() == 0 {
            self.kept.reserve(MOST);
        }
        let before = self.kept.len();
        for slice in slices {
            let room = MOST.saturating_sub(self.kept.len());
            self.kept.extend_from_slice(&slice[..slice.len().min(room)]);
        }
        Poll::Ready(Ok(self.kept.len() - before))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Gathered<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0.lock().stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Gathered<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.0.lock().poll_write(cx, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.0.lock().poll_write(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.lock().stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut inner = self.0.lock();
        match inner.gathers {
            true => Poll::Ready(Ok(())),
            false => inner.poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut inner = self.0.lock();
        ready!(inner.poll_flush(cx))?;
        Pin::new(&mut inner.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};

    use super::*;

    /// What arrived by now.
    async fn arrived(stream: &mut DuplexStream) -> usize {
        let mut buffer = vec![0; 1 << 20];
        tokio::select! {
            biased;
            read = stream.read(&mut buffer) => read.unwrap(),
            () = std::future::ready(()) => 0,
        }
    }

    #[tokio::test]
    async fn writes_go_out_as_one_at_the_end() {
        let (ours, mut theirs) = tokio::io::duplex(1 << 20);
        let (mut stream, turn) = gathered(ours);
        turn.begin();
        for _ in 0..3 {
            stream.write_all(&[1; 100]).await.unwrap();
            stream.flush().await.unwrap();
        }
        assert_eq!(arrived(&mut theirs).await, 0);
        poll_fn(|cx| turn.poll_end(cx)).await.unwrap();
        assert_eq!(arrived(&mut theirs).await, 300);
        // As what it was upgraded to writes.
        stream.write_all(&[2; 100]).await.unwrap();
        assert_eq!(arrived(&mut theirs).await, 100);
    }

    #[tokio::test]
    async fn no_more_is_kept_than_a_record_and_the_order_stays() {
        let (ours, mut theirs) = tokio::io::duplex(1 << 20);
        let (mut stream, turn) = gathered(ours);
        let sizes = [10, MOST - 20, 30, 3 * MOST, 7, MOST, 1];
        let all = (0_u8..).zip(sizes);
        let expected = all.clone().flat_map(|(byte, size)| vec![byte; size]);
        turn.begin();
        for (byte, size) in all {
            stream.write_all(&vec![byte; size]).await.unwrap();
            assert!(stream.0.lock().kept.len() <= MOST);
        }
        poll_fn(|cx| turn.poll_end(cx)).await.unwrap();
        drop((stream, turn));
        let mut read = Vec::new();
        theirs.read_to_end(&mut read).await.unwrap();
        assert!(read.into_iter().eq(expected));
    }

    #[tokio::test]
    async fn a_peer_that_takes_nothing_is_waited_for() {
        let (ours, mut theirs) = tokio::io::duplex(64);
        let (mut stream, turn) = gathered(ours);
        turn.begin();
        let writing = tokio::spawn(async move {
            stream.write_all(&vec![7; 3 * MOST]).await.unwrap();
            stream.shutdown().await.unwrap();
        });
        let mut read = Vec::new();
        theirs.read_to_end(&mut read).await.unwrap();
        assert_eq!(read, vec![7; 3 * MOST]);
        writing.await.unwrap();
    }
}
