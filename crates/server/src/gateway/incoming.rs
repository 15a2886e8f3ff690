//! A request's body, and what its connection must know of it: whether it was read to its end.
//!
//! Over HTTP/1 the next request comes behind the body. Where some of it was left, hyper ends the connection after the answer; but it
//! looks only once the answer's head is written, which so says nothing of that. A client that keeps its connections then sends its next
//! request over one that is gone. So before the answer what is left is let go of, if it is little and comes soon, and the connection
//! stays; else the answer says that it ends.
//!
//! Over HTTP/2 a connection stays in any case, but the stream of a body that was left is reset behind the answer (RFC 9113 §8.1). A client
//! that is still sending may take that for a failure and drop the answer, as curl 7.88 does: so the little that comes soon is let go of before
//! the answer here, too.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming as Wire;
use parking_lot::Mutex;
use tokio::time::timeout;

/// Bytes that are let go of. To read more takes longer than the client's next connection.
const MOST_LEFT: u64 = 64 << 10;
/// A client that sends its head and its body one after the other is done within this; an answer waits no longer.
const PATIENCE: Duration = Duration::from_secs(1);

/// The body of a request, as hyper reads it.
pub struct Incoming {
    /// `None` once it has ended, or failed.
    body: Option<Wire>,
    left: Option<Left>,
}

/// What became of the body of a connection's last request, or of one stream's. The same for all of a connection: the next request comes
/// only once that body was read to its end, which is told once.
#[derive(Clone, Default)]
pub struct Left(Arc<Mutex<State>>);

#[derive(Default)]
enum State {
    /// It is being read, or cannot be.
    #[default]
    Held,
    /// To its end.
    Read,
    /// Whoever was to read it let go of it.
    Unread(Wire),
    /// Nobody looks any more: the connection ends with the answer, or is another's from now on.
    Over,
}

impl Incoming {
    /// `left`: unless it has ended already.
    pub fn new(body: Wire, left: Option<Left>) -> Self {
        Self {
            body: Some(body),
            left,
        }
    }

    fn tell(&self, state: State) {
        if let Some(left) = &self.left {
            let mut known = left.0.lock();
            // As long as there is a body hyper neither ends its connection nor hands it over: what comes too late is dropped.
            if !matches!(*known, State::Over) {
                *known = state;
            }
        }
    }
}

impl Body for Incoming {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let this = &mut *self;
        let Some(body) = &mut this.body else {
            return Poll::Ready(None);
        };
        let frame = ready!(Pin::new(&mut *body).poll_frame(cx));
        // Some ask no more once they know that nothing comes.
        let is_last = body.is_end_stream();
        match &frame {
            Some(Ok(_)) if !is_last => {}
            Some(Err(_)) => this.body = None,
            Some(Ok(_)) | None => {
                this.body = None;
                this.tell(State::Read);
            }
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        let hint = self.body.as_ref().map(Body::size_hint);
        hint.unwrap_or_else(|| SizeHint::with_exact(0))
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        if let Some(body) = self.body.take() {
            self.tell(State::Unread(body));
        }
    }
}

impl Left {
    /// The connection becomes another's; what nobody read is let go of.
    pub fn over(self) {
        *self.0.lock() = State::Over;
    }

    /// Whether the body was read to its end, or is now that its request is answered. `may_come`: the client sends it unasked.
    pub async fn was_read(self, may_come: bool) -> bool {
        let state = std::mem::replace(&mut *self.0.lock(), State::Over);
        let read = match state {
            State::Read => true,
            State::Unread(body) if may_come => {
                let read = timeout(PATIENCE, let_go(body)).await;
                read.unwrap_or(false)
            }
            State::Unread(_) | State::Held | State::Over => false,
        };
        if read {
            // For the next request.
            *self.0.lock() = State::Held;
        }
        read
    }
}

/// Whether that came to the body's end.
async fn let_go(mut body: Wire) -> bool {
    if body.size_hint().lower() > MOST_LEFT {
        return false;
    }
    let mut most = MOST_LEFT;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            return false;
        };
        let came = frame.data_ref().map_or(0, Bytes::len) as u64;
        let Some(rest) = most.checked_sub(came) else {
            return false;
        };
        most = rest;
    }
    true
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use http::{Request, StatusCode, header::CONNECTION};
    use hyper::service::service_fn;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        time::{Instant, sleep},
    };
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::gateway::{
        connection,
        connections::{Connections, Limits},
        source::Source,
        text,
    };

    const LAST: &str = "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    const CLOSE: &str = "connection: close\r\n";

    fn post(headers: &str) -> String {
        format!("POST / HTTP/1.1\r\nhost: x\r\n{headers}\r\n\r\n")
    }

    /// What is answered to a client that sends this, with a moment between its parts, until its connection ends; and when the first
    /// answer had come. The service `reads` so many frames of each body.
    async fn answers(parts: &[&str], reads: usize, together: bool) -> (String, Duration) {
        let (ours, mut theirs) = tokio::io::duplex(1 << 20);
        let server = tokio::spawn(async move {
            let all = Connections::new(Limits::for_descriptors(1024));
            let slot = all.admit(Source::Machine).unwrap();
            let service = service_fn(move |mut request: Request<Incoming>| async move {
                for _ in 0..reads {
                    let _ = request.body_mut().frame().await;
                }
                drop(request);
                Ok::<_, Infallible>(text(StatusCode::FORBIDDEN, "denied"))
            });
            let stop = CancellationToken::new();
            let _ = match together {
                false => connection::serve(ours, &slot, stop, service).await,
                true => connection::serve_together(ours, &slot, stop, service).await,
            };
        });
        let started = Instant::now();
        for part in parts {
            theirs.write_all(part.as_bytes()).await.unwrap();
            sleep(Duration::from_millis(1)).await;
        }
        let mut first = [0; 12];
        theirs.read_exact(&mut first).await.unwrap();
        let waited = started.elapsed();
        let mut answers = String::from_utf8(first.to_vec()).unwrap();
        theirs.read_to_string(&mut answers).await.unwrap();
        drop(theirs);
        server.await.unwrap();
        (answers, waited)
    }

    /// That a connection with a request goes on with the next one.
    async fn keeps(parts: &[&str], reads: usize) {
        for together in [false, true] {
            let parts: Vec<&str> = parts.iter().copied().chain([LAST]).collect();
            let (answers, _) = answers(&parts, reads, together).await;
            assert_eq!(answers.matches("HTTP/1.1 403").count(), 2, "{answers}");
            // What the last request asked for.
            let (_, last) = answers.split_once("denied").unwrap();
            assert_eq!(answers.matches(CLOSE).count(), 1, "{answers}");
            assert!(last.contains(CLOSE), "{answers}");
        }
    }

    /// That the answer says that the connection ends, and comes after `waits`.
    async fn ends(parts: &[&str], reads: usize, waits: Duration) {
        for together in [false, true] {
            let (answers, waited) = answers(parts, reads, together).await;
            assert!(answers.starts_with("HTTP/1.1 403"), "{answers}");
            assert!(
                answers.contains(CLOSE) && answers.ends_with("denied"),
                "{answers}"
            );
            assert!(
                waited >= waits && waited < waits + PATIENCE / 2,
                "{waited:?}"
            );
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_little_body_that_nobody_read_leaves_the_connection_as_it_was() {
        let head = post("content-length: 5");
        keeps(&[&head, "hello"], 0).await;
        keeps(&[&head, "he", "llo"], 0).await;
        keeps(&[&head, "he", "llo"], 1).await;
        let chunked = post("transfer-encoding: chunked");
        keeps(&[&chunked, "5\r\nhello\r\n", "0\r\n\r\n"], 0).await;
        keeps(&[&chunked, "5\r\nhello\r\n", "0\r\n\r\n"], 1).await;
        let whole = format!("{head}hello");
        keeps(&[&whole], 0).await;
    }

    #[tokio::test(start_paused = true)]
    async fn so_does_one_that_was_read() {
        let head = post("content-length: 5");
        for reads in [1, 2, 3] {
            keeps(&[&head, "hello"], reads).await;
        }
        keeps(&[&post("transfer-encoding: chunked"), "0\r\n\r\n"], 1).await;
        keeps(&[&post("content-length: 0")], 0).await;
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_before_a_large_body_says_that_the_connection_ends() {
        let at_once = Duration::ZERO;
        let large = post(&format!("content-length: {}", 2 * MOST_LEFT));
        ends(&[&large], 0, at_once).await;
        ends(&[&large, "hello"], 1, at_once).await;
        let chunk = "x".repeat(MOST_LEFT as usize);
        let chunk = format!("{:x}\r\n{chunk}\r\n", chunk.len());
        let chunked = post("transfer-encoding: chunked");
        ends(&[&chunked, &chunk, "1\r\nx\r\n"], 0, at_once).await;
    }

    #[tokio::test(start_paused = true)]
    async fn each_request_is_looked_at_for_itself() {
        let small = post("content-length: 5");
        let large = post(&format!("content-length: {}", 2 * MOST_LEFT));
        for together in [false, true] {
            let parts: [&str; 4] = [&small, "hello", &large, "hello"];
            let (answers, _) = answers(&parts, 1, together).await;
            let (first, second) = answers.split_once("denied").unwrap();
            assert!(!first.contains(CLOSE), "{answers}");
            assert!(second.contains(CLOSE), "{answers}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_waits_a_moment_for_a_body_and_not_for_one_that_waits_for_it() {
        let head = post("content-length: 5");
        ends(&[&head, "hell"], 0, PATIENCE).await;
        let waits = post("content-length: 5\r\nexpect: 100-continue");
        ends(&[&waits], 0, Duration::ZERO).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_is_let_go_of_after_the_answer_does_not_hold_its_connection() {
        let (ours, mut theirs) = tokio::io::duplex(1 << 20);
        let server = tokio::spawn(async move {
            let all = Connections::new(Limits::for_descriptors(1024));
            let slot = all.admit(Source::Machine).unwrap();
            let service = service_fn(|request: Request<Incoming>| async move {
                tokio::spawn(async move {
                    sleep(Duration::from_millis(10)).await;
                    drop(request);
                });
                Ok::<_, Infallible>(text(StatusCode::FORBIDDEN, "denied"))
            });
            let _ = connection::serve(ours, &slot, CancellationToken::new(), service).await;
        });
        let started = Instant::now();
        let large = post(&format!("content-length: {}", 2 * MOST_LEFT));
        theirs.write_all(large.as_bytes()).await.unwrap();
        let mut answer = String::new();
        theirs.read_to_string(&mut answer).await.unwrap();
        assert!(answer.contains(CLOSE), "{answer}");
        assert!(started.elapsed() < Duration::from_secs(5));
        drop(theirs);
        server.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_becomes_anothers_also_where_nobody_read_a_body_before() {
        let (ours, mut theirs) = tokio::io::duplex(1 << 20);
        let (tell, told) = tokio::sync::mpsc::unbounded_channel();
        let (tell, mut told) = (std::sync::Arc::new(tell), told);
        let server = tokio::spawn(async move {
            let all = Connections::new(Limits::for_descriptors(1024));
            let slot = all.admit(Source::Machine).unwrap();
            let service = service_fn(move |request: Request<Incoming>| {
                let tell = Arc::clone(&tell);
                async move {
                    tokio::spawn(async move {
                        let upgraded = hyper::upgrade::on(request).await;
                        let _ = tell.send(upgraded.is_ok());
                    });
                    let mut answer = text(StatusCode::SWITCHING_PROTOCOLS, "");
                    let (connection, upgrade) = (CONNECTION, http::header::UPGRADE);
                    answer
                        .headers_mut()
                        .insert(connection, "upgrade".parse().unwrap());
                    answer.headers_mut().insert(upgrade, "x".parse().unwrap());
                    Ok::<_, Infallible>(answer)
                }
            });
            let _ = connection::serve(ours, &slot, CancellationToken::new(), service).await;
        });
        let head = post("connection: upgrade\r\nupgrade: x\r\ncontent-length: 5");
        theirs.write_all(head.as_bytes()).await.unwrap();
        theirs.write_all(b"hello").await.unwrap();
        let upgraded = timeout(Duration::from_secs(5), told.recv()).await;
        assert_eq!(upgraded, Ok(Some(true)));
        drop(theirs);
        server.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn what_cannot_be_read_ends_its_connection() {
        let chunked = post("transfer-encoding: chunked");
        ends(&[&chunked, "no chunk\r\n"], 1, Duration::ZERO).await;
        ends(&[&chunked, "no chunk\r\n"], 0, Duration::ZERO).await;
    }

    // Kinds and flags of frames of HTTP/2.
    const DATA: u8 = 0;
    const HEADERS: u8 = 1;
    const RESET: u8 = 3;
    const SETTINGS: u8 = 4;
    const END_STREAM: u8 = 1;
    const END_HEADERS: u8 = 4;

    fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
        let length = (payload.len() as u32).to_be_bytes();
        let mut frame = length[1..].to_vec();
        frame.extend([kind, flags, 0, 0, 0, stream]);
        frame.extend(payload);
        frame
    }

    /// The head of `POST http://x/`, with further fields as HPACK has them.
    fn post_over_http2(stream: u8, further: &[u8]) -> Vec<u8> {
        let mut fields = vec![0x83, 0x86, 0x84, 0x41, 0x01, b'x'];
        fields.extend(further);
        frame(HEADERS, END_HEADERS, stream, &fields)
    }

    /// A frame of a stream, and when it came.
    #[derive(Debug)]
    struct Came {
        stream: u8,
        kind: u8,
        payload: Vec<u8>,
        after: Duration,
    }

    /// What comes over streams of HTTP/2 to a client that sends this, with a moment between its parts, within some seconds. Nobody reads
    /// the bodies.
    async fn over_http2(parts: &[Vec<u8>], together: bool) -> Vec<Came> {
        let (ours, mut theirs) = tokio::io::duplex(1 << 20);
        let server = tokio::spawn(async move {
            let all = Connections::new(Limits::for_descriptors(1024));
            let slot = all.admit(Source::Machine).unwrap();
            let service = service_fn(|request: Request<Incoming>| async move {
                drop(request);
                Ok::<_, Infallible>(text(StatusCode::FORBIDDEN, "denied"))
            });
            let stop = CancellationToken::new();
            let _ = match together {
                false => connection::serve(ours, &slot, stop, service).await,
                true => connection::serve_together(ours, &slot, stop, service).await,
            };
        });
        let started = Instant::now();
        let mut begin = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
        begin.extend(frame(SETTINGS, 0, 0, &[]));
        theirs.write_all(&begin).await.unwrap();
        for part in parts {
            theirs.write_all(part).await.unwrap();
            sleep(Duration::from_millis(1)).await;
        }
        let mut came = Vec::new();
        let reading = async {
            let mut head = [0; 9];
            while theirs.read_exact(&mut head).await.is_ok() {
                let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
                let mut payload = vec![0; length];
                theirs.read_exact(&mut payload).await.unwrap();
                let (stream, kind) = (head[8], head[3]);
                if stream > 0 && [DATA, HEADERS, RESET].contains(&kind) {
                    came.push(Came {
                        stream,
                        kind,
                        payload,
                        after: started.elapsed(),
                    });
                }
            }
        };
        let _ = timeout(PATIENCE * 5, reading).await;
        drop(theirs);
        server.await.unwrap();
        came
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_is_not_reset_behind_its_answer_where_a_little_body_is_on_its_way() {
        let body = |stream| frame(DATA, END_STREAM, stream, b"hello");
        let parts = [
            post_over_http2(1, &[]),
            post_over_http2(3, &[]),
            body(3),
            body(1),
        ];
        for together in [false, true] {
            let came = over_http2(&parts, together).await;
            let kinds: Vec<(u8, u8)> = came.iter().map(|it| (it.stream, it.kind)).collect();
            // Each waits for its own.
            let answers = [(3, HEADERS), (3, DATA), (1, HEADERS), (1, DATA)];
            assert_eq!(kinds, answers, "{came:?}");
            assert_eq!(came[3].payload, b"denied");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_over_http2_waits_a_moment_for_a_body_and_not_for_a_large_one() {
        // `content-length: 131072`
        let large = b"\x5c\x06131072".as_slice();
        for together in [false, true] {
            for (further, waits) in [(b"".as_slice(), PATIENCE), (large, Duration::ZERO)] {
                let came = over_http2(&[post_over_http2(1, further)], together).await;
                let kinds: Vec<u8> = came.iter().map(|it| it.kind).collect();
                assert_eq!(kinds, [HEADERS, DATA, RESET], "{came:?}");
                let after = came[0].after;
                assert!(after >= waits && after < waits + PATIENCE / 2, "{after:?}");
                assert_eq!(came[2].payload, [0; 4], "no error: the answer is whole");
            }
        }
    }
}
