//! An answer on its way, with what its request holds until it was sent.
//!
//! An answer that its client takes too slowly ends, and gives back what it holds, though its connection may go
//! on. A stream of HTTP/2 whose window stays shut is never asked for more, so that a timer has to stand beside it.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};
use parking_lot::Mutex;
use tokio::{
    task::AbortHandle,
    time::{Instant, sleep_until},
};

use super::{Asking, Body, connections::RegistryPlace};

/// A client that takes nothing for this long is gone, or wants to hold what is being sent to it.
const STALL: Duration = Duration::from_secs(60);
/// Beyond, an answer is taken at this rate on average, in bytes a second.
const LEAST_RATE: u64 = 16 << 10;
/// Answers of fewer bytes are in memory as a whole, and hold nothing else but their connection's time.
const SMALL: u64 = 64 << 10;

/// What a request holds until its answer has been sent.
pub struct Kept {
    pub asking: Asking,
    pub place: Option<RegistryPlace>,
}

/// An answer on its way.
pub struct Sending {
    held: Arc<Mutex<Option<Held>>>,
    /// The timer; ended with the answer.
    watched: Option<AbortHandle>,
}

struct Held {
    body: Body,
    _kept: Kept,
    pace: Pace,
}

impl Sending {
    pub fn new(body: Body, kept: Kept) -> Self {
        let is_watched = kept.place.is_some() || !is_small(&body);
        let held = Arc::new(Mutex::new(Some(Held {
            body,
            _kept: kept,
            pace: Pace::begin(),
        })));
        let watched =
            is_watched.then(|| tokio::spawn(end_if_slow(Arc::clone(&held))).abort_handle());
        Self { held, watched }
    }
}

/// Whether a body is known to have few bytes.
pub fn is_small(body: &Body) -> bool {
    let size = body.size_hint().exact();
    size.is_some_and(|size| size <= SMALL)
}

/// Drops what an answer holds once it is taken too slowly.
async fn end_if_slow(held: Arc<Mutex<Option<Held>>>) {
    loop {
        let deadline = match &*held.lock() {
            Some(held) => held.pace.deadline(),
            None => return,
        };
        sleep_until(deadline.unwrap_or_else(|| Instant::now() + STALL)).await;
        let ended = {
            let mut held = held.lock();
            let deadline = held.as_ref().and_then(|held| held.pace.deadline());
            let is_over = deadline.is_some_and(|deadline| deadline <= Instant::now());
            held.take_if(|_| is_over)
        };
        if ended.is_some() {
            tracing::debug!("an answer was given up: its client takes it too slowly");
            return;
        }
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        if let Some(watched) = &self.watched {
            watched.abort();
        }
        // The timer may live a moment longer.
        let ended = self.held.lock().take();
        drop(ended);
    }
}

impl http_body::Body for Sending {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let mut held = self.held.lock();
        let Some(held) = &mut *held else {
            return Poll::Ready(Some(Err(io::ErrorKind::TimedOut.into())));
        };
        held.pace.client_is_here();
        let frame = Pin::new(&mut held.body).poll_frame(cx);
        if let Poll::Ready(frame) = &frame {
            let data = frame.as_ref().and_then(|it| it.as_ref().ok()?.data_ref());
            held.pace.gave(data.map_or(0, Bytes::len));
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        let held = self.held.lock();
        held.as_ref().is_some_and(|held| held.body.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        let held = self.held.lock();
        held.as_ref()
            .map_or_else(SizeHint::default, |held| held.body.size_hint())
    }
}

/// How fast a client takes an answer. Time in which the answer itself is waited for does not count.
struct Pace {
    given: u64,
    waited: Duration,
    /// Since when the client is waited for.
    since: Option<Instant>,
}

impl Pace {
    fn begin() -> Self {
        Self {
            given: 0,
            waited: Duration::ZERO,
            since: Some(Instant::now()),
        }
    }

    fn client_is_here(&mut self) {
        if let Some(since) = self.since.take() {
            self.waited += since.elapsed();
        }
    }

    fn gave(&mut self, bytes: usize) {
        self.given += bytes as u64;
        self.since = Some(Instant::now());
    }

    /// Until when the client is waited for, if it is.
    fn deadline(&self) -> Option<Instant> {
        let earned = STALL + Duration::from_millis(self.given.saturating_mul(1000) / LEAST_RATE);
        let left = earned.saturating_sub(self.waited);
        self.since.map(|since| since + left.min(STALL))
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use http_body_util::{BodyExt, Empty, StreamBody};
    use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};

    use super::*;
    use crate::gateway::{
        connections::{Connections, Limits},
        full,
        source::Source,
    };

    fn kept(all: &Connections) -> Kept {
        let source = Source::Machine;
        let asking = all.admit(source.clone()).unwrap().request();
        let place = all.enter_registry(source, false).unwrap();
        Kept {
            asking,
            place: Some(place),
        }
    }

    fn all() -> Connections {
        Connections::new(Limits::for_descriptors(1024))
    }

    /// `pieces` of `size` bytes, each there after `pause`.
    fn body(pieces: usize, size: usize, pause: Duration) -> Body {
        let stream = futures_util::stream::unfold(0, move |sent| async move {
            if sent == pieces {
                return None;
            }
            tokio::time::sleep(pause).await;
            Some((Ok(Frame::data(Bytes::from(vec![b'x'; size]))), sent + 1))
        });
        BodyExt::boxed(StreamBody::new(Box::pin(stream)))
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_nobody_takes_gives_its_place_back() {
        let all = all();
        let mut answer = Sending::new(full(vec![0; 1 << 20]), kept(&all));
        tokio::time::sleep(STALL - Duration::from_secs(1)).await;
        assert_eq!(all.counts().registry, 1);
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!((all.counts().registry, all.counts().strangers), (0, 0));
        let error = answer.frame().await.unwrap().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    /// It would cost more than the answer.
    #[tokio::test]
    async fn a_small_answer_without_a_place_has_no_timer() {
        let all = all();
        let kept = |has_place: bool| {
            let kept = kept(&all);
            let place = kept.place.filter(|_| has_place);
            Kept { place, ..kept }
        };
        for (size, has_place, is_watched) in [
            (4096, false, false),
            (4096, true, true),
            (1 << 20, false, true),
        ] {
            let answer = Sending::new(full(vec![0; size]), kept(has_place));
            assert_eq!(answer.watched.is_some(), is_watched, "{size} {has_place}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_is_taken_at_some_rate() {
        // (bytes of a piece, seconds between two, whether that is fast enough).
        for (size, pause, is_fast) in [(1 << 20, 50, true), (1 << 10, 50, false), (1, 1, false)] {
            let all = all();
            let mut answer = Sending::new(body(200, size, Duration::ZERO), kept(&all));
            let mut taken = 0;
            while let Some(Ok(_)) = answer.frame().await {
                taken += 1;
                tokio::time::sleep(Duration::from_secs(pause)).await;
            }
            assert_eq!(taken == 200, is_fast, "{taken} pieces of {size} bytes");
            assert_eq!(all.counts().registry, usize::from(is_fast));
            drop(answer);
            assert_eq!(all.counts().registry, 0);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_is_waited_for_itself_goes_on() {
        let all = all();
        let answer = Sending::new(body(10, 1, Duration::from_secs(600)), kept(&all));
        assert_eq!(answer.collect().await.unwrap().to_bytes().len(), 10);
    }

    /// Over HTTP/2, by a client that answers pings and never opens its window.
    #[tokio::test(start_paused = true)]
    async fn a_stream_with_a_shut_window_gives_its_place_back() {
        let all = all();
        let (ours, theirs) = tokio::io::duplex(64 << 10);
        let places = all.clone();
        let service = hyper::service::service_fn(move |_: http::Request<hyper::body::Incoming>| {
            let answer = Sending::new(full(vec![0; 1 << 20]), kept(&places));
            async move { Ok::<_, Infallible>(http::Response::new(answer)) }
        });
        let mut server = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
        server.timer(TokioTimer::new());
        tokio::spawn(server.serve_connection(TokioIo::new(ours), service));
        let mut client = hyper::client::conn::http2::Builder::new(TokioExecutor::new());
        client.initial_stream_window_size(0);
        let (mut sender, connection) = client.handshake(TokioIo::new(theirs)).await.unwrap();
        tokio::spawn(connection);
        let request = http::Request::get("http://x/").body(Empty::<Bytes>::new());
        let answer = sender.send_request(request.unwrap()).await.unwrap();
        assert_eq!(all.counts().registry, 1);
        tokio::time::sleep(STALL + Duration::from_secs(1)).await;
        assert_eq!(all.counts().registry, 0);
        // The connection is as good as before.
        let request = http::Request::get("http://x/").body(Empty::<Bytes>::new());
        sender.send_request(request.unwrap()).await.unwrap();
        drop(answer);
    }
}
