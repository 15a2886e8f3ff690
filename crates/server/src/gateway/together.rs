//! A connection whose streams are polled with it, in one task.
//!
//! A thousand watches hear of a change at once. As tasks of their own each would be woken, write its frame and wake the connection for
//! it; here those of one connection are woken as one, and their frames go out as one write. So nothing long may be done in a stream: the
//! API server has tasks for that.

use std::{
    error::Error,
    io,
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use futures_util::{FutureExt as _, StreamExt as _, future::BoxFuture, stream::FuturesUnordered};
use hyper::rt::Executor;
use parking_lot::Mutex;
use tokio::{io::AsyncWrite, task::coop::unconstrained};

use super::gathered::Gathering;

pub type Ended = Result<(), Box<dyn Error + Send + Sync>>;

/// Where the connection leaves what its streams are to do.
#[derive(Clone, Default)]
pub struct Streams(Arc<Mutex<Vec<BoxFuture<'static, ()>>>>);

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for Streams {
    fn execute(&self, stream: F) {
        // A hundred of them would use up what one task may do at a time, before anything is written. Each is asked once a turn, and ends it
        // where its window is full. One that panics is over; the others are not.
        let stream = unconstrained(stream);
        let stream = AssertUnwindSafe(stream).catch_unwind().map(drop);
        self.0.lock().push(stream.boxed());
    }
}

/// The connection with its streams.
pub struct Together<C, S> {
    pub connection: Pin<Box<C>>,
    new: Streams,
    running: FuturesUnordered<BoxFuture<'static, ()>>,
    writes: Gathering<S>,
    /// What it came to; the last bytes are being written.
    ended: Option<Ended>,
}

impl<C, S> Together<C, S> {
    pub fn new(connection: C, streams: Streams, writes: Gathering<S>) -> Self {
        Self {
            connection: Box::pin(connection),
            new: streams,
            running: FuturesUnordered::new(),
            writes,
            ended: None,
        }
    }
}

impl<C: Future<Output = Ended>, S: AsyncWrite + Unpin> Together<C, S> {
    /// Streams first, so that the connection finds what they have to send.
    fn turn(&mut self, cx: &mut Context<'_>) {
        while self.ended.is_none() {
            // It lets go after two that woke themselves, which those do that send: so often until each had its turn. Where nothing is ready
            // it costs next to nothing.
            for _ in 0..=self.running.len() / 2 {
                while let Poll::Ready(Some(())) = self.running.poll_next_unpin(cx) {}
            }
            if let Poll::Ready(ended) = self.connection.as_mut().poll(cx) {
                self.ended = Some(ended);
                self.running.clear();
            }
            let new = std::mem::take(&mut *self.new.0.lock());
            if new.is_empty() {
                return;
            }
            self.running.extend(new);
        }
    }
}

impl<C: Future<Output = Ended>, S: AsyncWrite + Unpin> Future for Together<C, S> {
    type Output = Ended;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Ended> {
        let this = &mut *self;
        // What the last turn left. Before the streams: they find something to say each time.
        if let Poll::Ready(Err(why)) = this.writes.poll_end(cx) {
            return Poll::Ready(Err(why.into()));
        }
        this.writes.begin();
        this.turn(cx);
        let written: io::Result<()> = match this.writes.poll_end(cx) {
            Poll::Ready(written) => written,
            Poll::Pending => return Poll::Pending,
        };
        match (this.ended.take(), written) {
            (Some(Err(why)), _) => Poll::Ready(Err(why)),
            (_, Err(why)) => Poll::Ready(Err(why.into())),
            (Some(Ok(())), Ok(())) => Poll::Ready(Ok(())),
            (None, Ok(())) => Poll::Pending,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        convert::Infallible,
        sync::atomic::{AtomicUsize, Ordering},
    };

    use bytes::Bytes;
    use http::{Request, Response};
    use http_body::Frame;
    use http_body_util::{BodyExt as _, Empty, StreamBody};
    use hyper::{client::conn::http2, service::service_fn};
    use hyper_util::rt::{TokioExecutor, TokioIo};
    use tokio::{
        io::{AsyncRead, DuplexStream, ReadBuf},
        sync::watch,
    };
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::gateway::{
        Incoming, connection,
        connections::{Connections, Limits},
        source::Source,
    };

    /// Counts what is written at once.
    struct Counted {
        stream: DuplexStream,
        writes: Arc<AtomicUsize>,
    }

    impl AsyncRead for Counted {
        fn poll_read(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            buffer: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            Pin::new(&mut self.stream).poll_read(cx, buffer)
        }
    }

    impl AsyncWrite for Counted {
        fn poll_write(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            self.writes.fetch_add(1, Ordering::Relaxed);
            Pin::new(&mut self.stream).poll_write(cx, bytes)
        }

        fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            Pin::new(&mut self.stream).poll_flush(cx)
        }

        fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            Pin::new(&mut self.stream).poll_shutdown(cx)
        }
    }

    /// A client of a server whose answers tell each change. `/panic` has one that breaks.
    async fn client(
        changes: watch::Receiver<usize>,
        writes: Arc<AtomicUsize>,
    ) -> http2::SendRequest<Empty<Bytes>> {
        let (ours, theirs) = tokio::io::duplex(1 << 20);
        let ours = Counted {
            stream: ours,
            writes,
        };
        tokio::spawn(async move {
            let all = Connections::new(Limits::for_descriptors(1024));
            let slot = all.admit(Source::Machine).unwrap();
            let asked = slot.clone();
            let service = service_fn(move |request: Request<Incoming>| {
                let (changes, asking) = (changes.clone(), asked.request());
                let body = futures_util::stream::unfold(changes, move |mut changes| async move {
                    changes.changed().await.ok()?;
                    let size = *changes.borrow_and_update();
                    let frame = Frame::data(Bytes::from(vec![b'x'; size]));
                    Some((Ok::<_, Infallible>(frame), changes))
                });
                async move {
                    assert!(request.uri().path() != "/panic", "it was asked to");
                    let held = StreamBody::new(body).map_frame(move |it| {
                        let _ = &asking;
                        it
                    });
                    Ok::<_, Infallible>(Response::new(held.boxed_unsync()))
                }
            });
            let stop = CancellationToken::new();
            let _ = connection::serve_together(ours, &slot, stop, service).await;
        });
        let client = http2::Builder::new(TokioExecutor::new());
        let (sender, connection) = client.handshake(TokioIo::new(theirs)).await.unwrap();
        tokio::spawn(connection);
        sender
    }

    fn get(path: &str) -> Request<Empty<Bytes>> {
        let request = Request::get(format!("http://x{path}"));
        request.body(Empty::new()).unwrap()
    }

    #[tokio::test]
    async fn what_twenty_streams_tell_at_once_is_one_write() {
        let (change, changes) = watch::channel(0);
        let writes = Arc::new(AtomicUsize::new(0));
        let mut sender = client(changes, Arc::clone(&writes)).await;
        let mut answers = Vec::new();
        for _ in 0..20 {
            answers.push(sender.send_request(get("/")).await.unwrap().into_body());
        }
        for size in [600, 700] {
            // What the connection itself has to say was said with the heads.
            writes.store(0, Ordering::Relaxed);
            change.send_replace(size);
            for answer in &mut answers {
                let frame = answer.frame().await.unwrap().unwrap();
                assert_eq!(frame.data_ref().map(Bytes::len), Some(size));
            }
            assert_eq!(writes.load(Ordering::Relaxed), 1);
        }
        drop(change);
        for answer in answers {
            assert!(answer.collect().await.unwrap().to_bytes().is_empty());
        }
    }

    #[tokio::test]
    async fn a_stream_that_panics_ends_alone() {
        let (change, changes) = watch::channel(0);
        let mut sender = client(changes, Arc::default()).await;
        let mut answer = sender.send_request(get("/")).await.unwrap().into_body();
        sender.send_request(get("/panic")).await.unwrap_err();
        change.send_replace(1);
        assert!(answer.frame().await.unwrap().is_ok());
    }
}
