//! A connection that ends while its client may still be sending: a lingering close.
//!
//! Where a request is refused before its body was read, its connection ends with the answer. If that were closed at
//! once, the kernel would answer what still comes with a reset, which overtakes the answer: a client that reads only
//! once it has sent everything would learn of a broken connection, and nothing of the refusal. So the connection is
//! closed for writing alone at first, and what comes is read and let go of.
//!
//! That goes on for a bounded time and number of bytes, and for a bounded number of connections
//! ([`super::connections`]). Nothing is asked over such a connection any more, so that it gives way to any new one.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, ReadBuf},
    time::{Instant, Sleep, sleep_until},
};

use super::connections::LingeringPlace;

/// A client that sends nothing for this long is done, or does not look at what it was sent.
const SILENCE: Duration = Duration::from_secs(5);
/// A slow client has so long to see the answer; one that sends a byte now and then has no longer.
const MOST_TIME: Duration = Duration::from_secs(30);
/// More than the largest body that is held, and several parts of an upload; who sends further ones in one request
/// waits to be asked for them, or reads meanwhile.
const MOST_BYTES: usize = 64 << 20;
/// Bytes that are read at once.
const PIECE: usize = 16 << 10;

/// A connection that is closed for writing, in its place among those.
pub struct Lingering {
    bounds: Bounds,
    until: Pin<Box<Sleep>>,
    _place: LingeringPlace,
}

impl Lingering {
    pub fn begin(place: LingeringPlace) -> Self {
        let now = Instant::now();
        Self {
            bounds: Bounds::begin(now),
            until: Box::pin(sleep_until(now + SILENCE)),
            _place: place,
        }
    }

    /// Reads what comes. Ready once the client has closed its side, or when it was waited for long enough.
    pub fn poll<S: AsyncRead + Unpin>(&mut self, stream: &mut S, cx: &mut Context<'_>) -> Poll<()> {
        let mut piece = [0; PIECE];
        loop {
            let mut buffer = ReadBuf::new(&mut piece);
            let Poll::Ready(read) = Pin::new(&mut *stream).poll_read(cx, &mut buffer) else {
                return self.until.as_mut().poll(cx);
            };
            let came = buffer.filled().len();
            if read.is_err() || came == 0 {
                return Poll::Ready(());
            }
            match self.bounds.after(came, Instant::now()) {
                Some(until) => self.until.as_mut().reset(until),
                None => return Poll::Ready(()),
            }
        }
    }
}

/// Decides how long it goes on.
#[derive(Debug)]
struct Bounds {
    begun: Instant,
    left: usize,
}

impl Bounds {
    fn begin(now: Instant) -> Self {
        Self {
            begun: now,
            left: MOST_BYTES,
        }
    }

    /// Until when more is waited for once so many bytes came; `None` if it was enough.
    fn after(&mut self, bytes: usize, now: Instant) -> Option<Instant> {
        self.left = self.left.saturating_sub(bytes);
        let until = (now + SILENCE).min(self.begun + MOST_TIME);
        (self.left > 0 && until > now).then_some(until)
    }
}

#[cfg(test)]
mod tests {
    use std::{convert::Infallible, sync::Arc};

    use bytes::Bytes;
    use http::{Request, Response, StatusCode};
    use tokio::{
        io::{AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream},
        net::{TcpListener, TcpStream},
    };
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::gateway::{
        Body, Incoming, connection,
        connections::{Connections, Limits, Slot},
        source::Source,
        text,
    };

    const POST: &[u8] = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000000\r\n\r\n";
    const GET: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";

    fn slot() -> (Connections, Arc<Slot>) {
        let all = Connections::new(Limits::for_descriptors(1024));
        let slot = all.admit(Source::Machine).unwrap();
        (all, slot)
    }

    /// Answers without a look at bodies, until the connection is over.
    async fn refuse<S>(stream: S, slot: Arc<Slot>, stop: CancellationToken)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let service = hyper::service::service_fn(|_: Request<Incoming>| async {
            Ok::<Response<Body>, Infallible>(text(StatusCode::FORBIDDEN, "denied"))
        });
        let _ = connection::serve(stream, &slot, stop, service).await;
    }

    /// How long a connection lives whose client has sent `head` and goes on with `client`.
    async fn lives<C>(head: &'static [u8], client: impl FnOnce(DuplexStream) -> C) -> Duration
    where
        C: Future<Output = ()> + Send + 'static,
    {
        let (ours, mut theirs) = tokio::io::duplex(64 << 10);
        let (all, slot) = slot();
        theirs.write_all(head).await.unwrap();
        let client = tokio::spawn(client(theirs));
        let started = Instant::now();
        refuse(ours, slot, CancellationToken::new()).await;
        let lived = started.elapsed();
        assert_eq!(all.counts().lingering, 0);
        client.abort();
        lived
    }

    #[test]
    fn bounds_of_time_and_bytes() {
        let begun = Instant::now();
        let at = |seconds: u64| begun + Duration::from_secs(seconds);
        let mut bounds = Bounds::begin(begun);
        assert_eq!(bounds.after(1, at(4)), Some(at(9)));
        assert_eq!(bounds.after(1, at(27)), Some(at(30)), "no longer in all");
        assert_eq!(bounds.after(1, at(30)), None);
        let mut bounds = Bounds::begin(begun);
        assert_eq!(bounds.after(MOST_BYTES - 1, at(1)), Some(at(6)));
        assert_eq!(bounds.after(1, at(1)), None);
    }

    #[tokio::test]
    async fn who_sends_everything_first_reads_the_answer() {
        // More than the kernel's buffers take: without a reader, or after a reset, it cannot be sent.
        const SENT: usize = 32 << 20;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap())
            .await
            .unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        let (_all, slot) = slot();
        let server = tokio::spawn(refuse(stream, slot, CancellationToken::new()));
        client.write_all(POST).await.unwrap();
        let piece = Bytes::from(vec![b'x'; 1 << 20]);
        for _ in 0..SENT / piece.len() {
            client.write_all(&piece).await.unwrap();
        }
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 403") && answer.ends_with("denied"));
        drop(client);
        server.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_is_silent_is_waited_for_a_moment() {
        let lived = lives(POST, |theirs| async move {
            let _theirs = theirs;
            std::future::pending().await
        });
        assert_eq!(lived.await, SILENCE);
    }

    #[tokio::test(start_paused = true)]
    async fn a_trickle_does_not_keep_a_connection() {
        let lived = lives(POST, |mut theirs| async move {
            while theirs.write_all(b"x").await.is_ok() {
                tokio::time::sleep(SILENCE / 2).await;
            }
        });
        assert_eq!(lived.await, MOST_TIME);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_has_the_answer_ends_it() {
        let lived = lives(POST, |mut theirs| async move {
            theirs.read_to_end(&mut Vec::new()).await.unwrap();
        });
        assert_eq!(lived.await, Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_without_a_body_leaves_nothing_to_wait_for() {
        let lived = lives(GET, |theirs| async move {
            let _theirs = theirs;
            std::future::pending().await
        });
        assert_eq!(lived.await, Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn the_end_of_the_server_waits_for_nobody() {
        let (ours, mut theirs) = tokio::io::duplex(64 << 10);
        let (all, slot) = slot();
        let stop = CancellationToken::new();
        let server = tokio::spawn(refuse(ours, slot, stop.clone()));
        theirs.write_all(POST).await.unwrap();
        let mut answer = Vec::new();
        theirs.read_to_end(&mut answer).await.unwrap();
        assert_eq!(all.counts().lingering, 1);
        let started = Instant::now();
        stop.cancel();
        server.await.unwrap();
        assert_eq!(started.elapsed(), Duration::ZERO);
    }
}
