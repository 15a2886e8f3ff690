//! One connection: HTTP/1 or HTTP/2 within its times, in its slot.

use std::{convert::Infallible, error::Error, sync::Arc, time::Duration};

use futures_util::FutureExt as _;
use http::{
    HeaderValue, Request, Response, StatusCode, Version,
    header::{CONNECTION, EXPECT},
};
use http_body::Body as _;
use hyper::{
    body::Incoming as Wire,
    service::{Service, service_fn},
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use super::{
    Incoming,
    connections::{Idle, Slot},
    gathered::gathered,
    incoming::Left,
    stream::Slotted,
    together::{Ended, Streams, Together},
};

/// A slow client may take this long to send its headers, from the first byte on.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);
/// A connection over which nothing is asked any more is closed after this long, whatever pings it
/// answers.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);
/// What the log says of a connection whose client was too slow.
const LATE: &str = "the head of a request did not come in time";
/// The last answers of a connection that is closed may take this long.
const LAST_ANSWERS: Duration = Duration::from_secs(10);
/// Headers of one request, in bytes; the longest honest ones carry a session token or a registry
/// password.
const MAX_HEADER_BYTES: usize = 96 << 10;
/// Requests at once over one connection of HTTP/2.
const MAX_STREAMS: u32 = 100;
/// What a connection of HTTP/2 may send before anybody reads it: held in memory, so it is small
/// enough for every stranger to have it, and large enough for 20 MB/s at 10 ms.
const CONNECTION_WINDOW: u32 = 256 << 10;
const STREAM_WINDOW: u32 = 128 << 10;
/// A ping must be answered within this long.
const PING_TIMEOUT: Duration = Duration::from_secs(10);

type Answered<B> = Result<Response<B>, Infallible>;

/// Answers what is asked over `stream` until it closes, asks nothing for too long, gives way to another ([`Slot::displaced`] says when it
/// must be gone), or `shutdown`. Each request of HTTP/2 has a task.
pub async fn serve<S, F, B>(
    stream: S,
    slot: &Arc<Slot>,
    shutdown: CancellationToken,
    service: F,
) -> Ended
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    F: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>,
    F::Future: Send + 'static,
    B: http_body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let stream = TokioIo::new(Slotted::new(stream, slot.clone()));
    let service = telling(service, slot.clone());
    let builder = settings(TokioExecutor::new());
    let connection = builder.serve_connection_with_upgrades(stream, service);
    tokio::pin!(connection);
    tokio::select! {
        ended = &mut connection => ended,
        over = silence(slot) => match over {
            Silence::Late => Err(LATE.into()),
            Silence::Idle => {
                slot.is_sent_to(false);
                connection.as_mut().graceful_shutdown();
                last_answers(connection).await
            }
        },
        () = is_to_end(slot, &shutdown) => {
            slot.is_sent_to(false);
            connection.as_mut().graceful_shutdown();
            last_requests(slot, connection).await
        }
    }
}

/// The same with all requests of HTTP/2 in the task of their connection ([`Together`]): for a service that leaves what takes long to
/// others, and whose answers come bit by bit to many at once.
pub async fn serve_together<S, F, B>(
    stream: S,
    slot: &Arc<Slot>,
    shutdown: CancellationToken,
    service: F,
) -> Ended
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    F: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>,
    F::Future: Send + 'static,
    B: http_body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let (stream, writes) = gathered(Slotted::new(stream, slot.clone()));
    let service = telling(service, slot.clone());
    let streams = Streams::default();
    let builder = settings(streams.clone());
    let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
    let mut together = Together::new(connection, streams, writes);
    tokio::select! {
        ended = &mut together => ended,
        over = silence(slot) => match over {
            Silence::Late => Err(LATE.into()),
            Silence::Idle => {
                slot.is_sent_to(false);
                together.connection.as_mut().graceful_shutdown();
                last_answers(together).await
            }
        },
        () = is_to_end(slot, &shutdown) => {
            slot.is_sent_to(false);
            together.connection.as_mut().graceful_shutdown();
            last_requests(slot, together).await
        }
    }
}

/// The service, which tells the slot of requests with a body: their connection lingers where it ends before that, and the answer says
/// that it ends ([`Incoming`]). Streams of HTTP/2 end without their connection, and beside each other.
fn telling<F, B>(
    service: F,
    slot: Arc<Slot>,
) -> impl Service<
    Request<Wire>,
    Response = Response<B>,
    Error = Infallible,
    Future = impl Future<Output = Answered<B>> + Send + 'static,
>
where
    F: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>,
    F::Future: Send + 'static,
    B: http_body::Body + Send + 'static,
{
    let left = Left::default();
    service_fn(move |request: Request<Wire>| {
        let is_alone = request.version() < Version::HTTP_2;
        let has_body = !request.body().is_end_stream();
        slot.is_sent_to(is_alone && has_body);
        match is_alone {
            true => slot.begins(request.body().size_hint().exact()),
            false => slot.speaks_http2(),
        }
        let left = has_body.then(|| match is_alone {
            true => left.clone(),
            false => Left::default(),
        });
        // Such a client sends nothing before it is asked to, by whoever reads.
        let may_come = !request.headers().contains_key(EXPECT);
        let of_body = left.clone().map(|left| (left, slot.clone()));
        let answering = service.call(request.map(|body| Incoming::new(body, left)));
        // A block that waits for it would hold it twice, and it is large.
        answering.then(move |answered| async move {
            let mut answer = answered?;
            let Some((left, slot)) = of_body else {
                return Answered::Ok(answer);
            };
            if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
                left.over();
            } else if !left.was_read(may_come).await && is_alone {
                let close = HeaderValue::from_static("close");
                answer.headers_mut().insert(CONNECTION, close);
            }
            if is_alone {
                slot.awaits_head();
            }
            Answered::Ok(answer)
        })
    })
}

/// Ends when its client is to be told that the connection ends. How long that may take others decide.
async fn is_to_end(slot: &Slot, shutdown: &CancellationToken) {
    tokio::select! {
        () = slot.closed() => {}
        () = shutdown.cancelled() => {}
    }
}

/// What was begun goes on. A head that does not become a request would do so for ever: the server may outlive this listener.
async fn last_requests(slot: &Slot, connection: impl Future<Output = Ended>) -> Ended {
    tokio::select! {
        ended = connection => ended,
        over = silence(slot) => match over {
            Silence::Late => Err(LATE.into()),
            Silence::Idle => Ok(()),
        },
    }
}

async fn last_answers(connection: impl Future<Output = Ended>) -> Ended {
    match tokio::time::timeout(LAST_ANSWERS, connection).await {
        Ok(ended) => ended,
        // The builder itself waits for ever for the byte that tells HTTP/1 from HTTP/2.
        Err(_) => Ok(()),
    }
}

fn settings<E>(executor: E) -> auto::Builder<E> {
    let mut builder = auto::Builder::new(executor);
    builder
        .http1()
        .timer(TokioTimer::new())
        // It would run between requests too: see `silence`.
        .header_read_timeout(None)
        .max_buf_size(MAX_HEADER_BYTES);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(MAX_HEADER_BYTES as u32)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .initial_stream_window_size(STREAM_WINDOW)
        .keep_alive_interval(HEADER_TIMEOUT)
        .keep_alive_timeout(PING_TIMEOUT);
    builder
}

/// Why a connection ends over which no request runs.
enum Silence {
    Idle,
    /// A head of HTTP/1 is not complete: there is nothing to answer.
    Late,
}

/// Ends once nothing has been asked for too long.
async fn silence(slot: &Slot) -> Silence {
    loop {
        let now = Instant::now();
        let (until, over) = match slot.idle() {
            None => (now + IDLE_TIMEOUT, Silence::Idle),
            Some(idle) => ends(idle),
        };
        if until <= now {
            return over;
        }
        tokio::select! {
            () = tokio::time::sleep_until(until) => {}
            () = slot.head_began() => {}
        }
    }
}

/// When a connection over which no request runs ends, if nothing changes.
fn ends(idle: Idle) -> (Instant, Silence) {
    match idle {
        Idle {
            head: Some(begun), ..
        } => (begun + HEADER_TIMEOUT, Silence::Late),
        Idle { asked: true, .. } => (idle.since + IDLE_TIMEOUT, Silence::Idle),
        Idle { is_http2: true, .. } => (idle.since + HEADER_TIMEOUT, Silence::Idle),
        Idle { .. } => (idle.since + HEADER_TIMEOUT, Silence::Late),
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

    use super::*;
    use crate::gateway::{
        connections::{Connections, Limits},
        source::Source,
        text,
    };

    const SETTINGS: u8 = 4;
    const PING: u8 = 6;
    const GOAWAY: u8 = 7;
    const ACK: u8 = 1;
    const GET: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";

    fn frame(kind: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
        let length = (payload.len() as u32).to_be_bytes();
        let mut frame = length[1..].to_vec();
        frame.extend([kind, flags, 0, 0, 0, 0]);
        frame.extend(payload);
        frame
    }

    /// What came from the server before it closed.
    #[derive(Default)]
    struct Came {
        pings: usize,
        goodbyes: usize,
    }

    /// Reads until the other side closes; `answers` settings and pings.
    async fn client(mut stream: DuplexStream, answers: bool) -> Came {
        let mut came = Came::default();
        let mut hello = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
        hello.extend(frame(SETTINGS, 0, &[]));
        stream.write_all(&hello).await.unwrap();
        let mut head = [0; 9];
        while stream.read_exact(&mut head).await.is_ok() {
            let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
            let mut payload = vec![0; length];
            stream.read_exact(&mut payload).await.unwrap();
            let answer = match (head[3], head[4] & ACK) {
                (SETTINGS, 0) => frame(SETTINGS, ACK, &[]),
                (PING, 0) => {
                    came.pings += 1;
                    frame(PING, ACK, &payload)
                }
                (GOAWAY, _) => {
                    came.goodbyes += 1;
                    continue;
                }
                _ => continue,
            };
            if !answers {
                continue;
            }
            if stream.write_all(&answer).await.is_err() {
                break;
            }
        }
        came
    }

    /// How long a connection lives that is served with a client of one end.
    async fn served(ours: DuplexStream, together: bool) -> Duration {
        let all = Connections::new(Limits::for_descriptors(1024));
        let slot = all.admit(Source::Machine).unwrap();
        served_in(&slot, ours, together).await
    }

    async fn served_in(slot: &Arc<Slot>, ours: DuplexStream, together: bool) -> Duration {
        served_until(CancellationToken::new(), slot, ours, together).await
    }

    async fn served_until(
        stop: CancellationToken,
        slot: &Arc<Slot>,
        ours: DuplexStream,
        together: bool,
    ) -> Duration {
        let asked = slot.clone();
        let service = hyper::service::service_fn(move |_: Request<Incoming>| {
            let asking = asked.request();
            async move {
                drop(asking);
                Ok::<_, Infallible>(text(http::StatusCode::OK, "here"))
            }
        });
        let started = Instant::now();
        let _ = match together {
            false => serve(ours, slot, stop, service).await,
            true => serve_together(ours, slot, stop, service).await,
        };
        started.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_answers_pings_and_asks_nothing_does_not_stay() {
        for together in [false, true] {
            let (ours, theirs) = tokio::io::duplex(64 << 10);
            let client = tokio::spawn(client(theirs, true));
            let lived = served(ours, together).await;
            assert!(
                lived >= HEADER_TIMEOUT && lived <= HEADER_TIMEOUT + LAST_ANSWERS,
                "{lived:?}"
            );
            let came = client.await.unwrap();
            assert!(came.pings > 0, "it was never pinged");
            assert!(came.goodbyes > 0, "it was not told");
        }
    }

    /// How long a connection lives on that gives way to others.
    async fn gives_way(ours: DuplexStream, together: bool) -> Duration {
        let all = Connections::new(Limits::for_descriptors(1024));
        let slot = all.admit(Source::Machine).unwrap();
        let serving = async {
            tokio::select! {
                _ = served_in(&slot, ours, together) => {}
                () = slot.displaced() => {}
            }
            Instant::now()
        };
        let crowding = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let others = (0..all.limits().per_source).map(|_| all.admit(Source::Machine).unwrap());
            let others: Vec<_> = others.collect();
            (Instant::now(), others)
        };
        let (ended, (displaced, _others)) = tokio::join!(serving, crowding);
        ended - displaced
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_of_http2_that_gives_way_says_so() {
        for together in [false, true] {
            let (ours, theirs) = tokio::io::duplex(64 << 10);
            let polite = tokio::spawn(client(theirs, true));
            assert_eq!(gives_way(ours, together).await, Duration::ZERO);
            // The second names the last request that was taken.
            assert_eq!(polite.await.unwrap().goodbyes, 2);
            let (ours, theirs) = tokio::io::duplex(64 << 10);
            let silent = tokio::spawn(client(theirs, false));
            let lived = gives_way(ours, together).await;
            assert_eq!(lived, Duration::from_secs(1), "it is waited for a moment");
            assert_eq!(silent.await.unwrap().goodbyes, 1);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_of_http1_that_gives_way_is_gone() {
        for together in [false, true] {
            for sent in [GET, b"GET / HTTP/1.1\r\n"] {
                let (ours, mut theirs) = tokio::io::duplex(64 << 10);
                theirs.write_all(sent).await.unwrap();
                assert_eq!(gives_way(ours, together).await, Duration::ZERO);
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn half_a_preface_does_not_stay() {
        for together in [false, true] {
            let (ours, mut theirs) = tokio::io::duplex(64 << 10);
            theirs.write_all(b"PRI * HT").await.unwrap();
            let lived = served(ours, together).await;
            assert!(lived <= HEADER_TIMEOUT + LAST_ANSWERS, "{lived:?}");
            drop(theirs);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_that_trickles_does_not_stay() {
        for together in [false, true] {
            let (ours, mut theirs) = tokio::io::duplex(64 << 10);
            let client = tokio::spawn(async move {
                let mut head = b"GET / HTTP/1.1\r\nhost: x\r\nx: ".to_vec();
                while theirs.write_all(&head).await.is_ok() {
                    head = b"y".to_vec();
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            });
            assert_eq!(served(ours, together).await, HEADER_TIMEOUT);
            client.await.unwrap();
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_further_head_has_its_time_from_its_first_byte_on() {
        let pause = Duration::from_secs(40);
        for together in [false, true] {
            let (ours, mut theirs) = tokio::io::duplex(64 << 10);
            let client = tokio::spawn(async move {
                theirs.write_all(GET).await.unwrap();
                tokio::time::sleep(pause).await;
                let mut head = b"GET / HTTP/1.1\r\nhost: x\r\nx: ".to_vec();
                while theirs.write_all(&head).await.is_ok() {
                    head = b"y".to_vec();
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            });
            assert_eq!(served(ours, together).await, pause + HEADER_TIMEOUT);
            client.await.unwrap();
        }
    }

    #[tokio::test(start_paused = true)]
    async fn half_a_head_behind_a_request_does_not_stay() {
        let post = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nhello";
        let chunks = b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n\
                       5\r\nhello\r\n0\r\n\r\n";
        let two = [GET, GET].concat();
        for together in [false, true] {
            for request in [GET, &post[..], &chunks[..], &two] {
                let (ours, mut theirs) = tokio::io::duplex(64 << 10);
                // It came with the request, so that nobody saw it begin.
                let sent = [request, b"GET / HTTP/1.1\r\nhost: x\r\nx: "].concat();
                theirs.write_all(&sent).await.unwrap();
                let client = tokio::spawn(async move {
                    // And goes on.
                    tokio::time::sleep(HEADER_TIMEOUT - Duration::from_secs(1)).await;
                    let _ = theirs.write_all(b"y").await;
                    theirs
                });
                assert_eq!(served(ours, together).await, HEADER_TIMEOUT);
                client.await.unwrap();
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_no_request_yet_does_not_outlast_its_listener_for_long() {
        for together in [false, true] {
            for sent in ["GET / HTTP/1.1\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"] {
                let (ours, mut theirs) = tokio::io::duplex(64 << 10);
                theirs.write_all(sent.as_bytes()).await.unwrap();
                let all = Connections::new(Limits::for_descriptors(1024));
                let slot = all.admit(Source::Machine).unwrap();
                let stop = CancellationToken::new();
                let stopping = async {
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    stop.cancel();
                };
                let serving = served_until(stop.clone(), &slot, ours, together);
                let (lived, ()) = tokio::join!(serving, stopping);
                assert!(lived <= HEADER_TIMEOUT, "{lived:?}");
                drop(theirs);
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_nobody_read_is_no_head() {
        for together in [false, true] {
            let (ours, mut theirs) = tokio::io::duplex(64 << 10);
            let client = tokio::spawn(async move {
                let head = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\n";
                theirs.write_all(head).await.unwrap();
                tokio::time::sleep(Duration::from_millis(100)).await;
                theirs.write_all(b"hello").await.unwrap();
                let mut all = Vec::new();
                theirs.read_to_end(&mut all).await.unwrap();
            });
            let lived = served(ours, together).await;
            assert!(
                lived >= IDLE_TIMEOUT && lived < IDLE_TIMEOUT + Duration::from_secs(1),
                "{lived:?}"
            );
            client.await.unwrap();
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_kept_connection_is_closed_after_a_while() {
        // Longer than a head may take.
        let pause = Duration::from_secs(50);
        let post: &'static [u8] = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nhello";
        for together in [false, true] {
            for asked in [GET, post] {
                let (ours, mut theirs) = tokio::io::duplex(64 << 10);
                let client = tokio::spawn(async move {
                    let mut all = Vec::new();
                    theirs.write_all(asked).await.unwrap();
                    tokio::time::sleep(pause).await;
                    theirs.write_all(asked).await.unwrap();
                    theirs.read_to_end(&mut all).await.unwrap();
                    String::from_utf8(all).unwrap()
                });
                let lived = served(ours, together).await;
                assert_eq!(client.await.unwrap().matches("here").count(), 2);
                assert_eq!(lived, pause + IDLE_TIMEOUT);
            }
        }
    }
}
