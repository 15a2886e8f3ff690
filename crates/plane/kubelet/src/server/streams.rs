//! How sessions begin: channels of a WebSocket (the subprotocols `v4.channel.k8s.io` and `v5.channel.k8s.io`), or streams of SPDY/3.1,
//! which forwarded ports use inside of a WebSocket as well.

use std::{sync::Arc, time::Duration};

use futures_util::{SinkExt, StreamExt, stream::SplitSink};
use http::{
    HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode,
    header::{
        CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL,
        SEC_WEBSOCKET_VERSION, UPGRADE,
    },
};
use http_body_util::BodyExt;
use hyper::{body::Incoming, upgrade::Upgraded};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream},
    sync::OwnedSemaphorePermit,
    time::{Instant, Interval, MissedTickBehavior, interval_at, timeout},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Message,
        handshake::derive_accept_key,
        protocol::{Role, WebSocketConfig},
    },
};
use tokio_util::sync::CancellationToken;

use super::{
    answer::{Answer, full, refuse},
    channels::{Channels, Ends, SpdyChannels},
};

const V4: &str = "v4.channel.k8s.io";
const V5: &str = "v5.channel.k8s.io";
/// The first version: the channel for errors has text, and nothing where all went well.
const V1: &str = "channel.k8s.io";
/// Larger ones nobody sends.
const MOST_MESSAGE: usize = 1 << 20;

/// Whoever is done with a session waits no longer for the other side.
pub const GOODBYE: Duration = Duration::from_secs(5);
/// How often a client is asked whether it is still there. What waits behind words that nobody takes yet would not tell: a connection is
/// seen to be broken where something is written to it.
const PING: Duration = Duration::from_secs(15);
/// A client that takes nothing for so long is given up, as by the kubelet's `streamingConnectionIdleTimeout`.
pub const STALLED: Duration = Duration::from_hours(4);
/// Streams that a client begins come at once.
const BEGINNING: Duration = Duration::from_secs(30);

fn has(headers: &HeaderMap, name: http::header::HeaderName, word: &str) -> bool {
    let values = headers
        .get_all(name)
        .into_iter()
        .filter_map(|it| it.to_str().ok());
    values
        .flat_map(|it| it.split(','))
        .any(|it| it.trim().eq_ignore_ascii_case(word))
}

/// A session's place among all, and when it has to end.
pub struct Hold {
    pub _permit: OwnedSemaphorePermit,
    pub stop: CancellationToken,
}

/// Runs `work` on the connection once the caller has the answer; it ends with the node at the latest.
fn hold<F>(
    request: &mut Request<Incoming>,
    work: impl FnOnce(TokioIo<Upgraded>) -> F + Send + 'static,
) where
    F: Future<Output = ()> + Send + 'static,
{
    let hold = request.extensions().get::<Arc<Hold>>().cloned();
    let upgraded = hyper::upgrade::on(request);
    tokio::spawn(async move {
        let Some(hold) = hold else { return };
        let session = async {
            if let Ok(upgraded) = upgraded.await {
                work(TokioIo::new(upgraded)).await;
            }
        };
        tokio::select! {
            () = hold.stop.cancelled() => {}
            () = session => {}
        }
    });
}

fn switching(headers: &[(HeaderName, &str)]) -> Response<Answer> {
    let mut answer = Response::new(full(""));
    *answer.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    answer
        .headers_mut()
        .insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(value) {
            answer.headers_mut().insert(name.clone(), value);
        }
    }
    answer
}

/// What the caller wants to speak, and the answer to its handshake.
enum Spoken {
    WebSocket(&'static str, String),
    Spdy(&'static str),
}

fn spoken(
    headers: &HeaderMap,
    over_websocket: &[&'static str],
    over_spdy: &[&'static str],
) -> Result<Spoken, &'static str> {
    let versions = HeaderName::from_static(STREAM_VERSION);
    if has(headers, UPGRADE, "SPDY/3.1") {
        let known = over_spdy
            .iter()
            .find(|it| has(headers, versions.clone(), it));
        return known
            .map(|it| Spoken::Spdy(it))
            .ok_or("none of the protocols of streams is known");
    }
    if !has(headers, UPGRADE, "websocket") {
        return Err("sessions are upgrades to WebSocket or SPDY/3.1");
    }
    let version = headers
        .get(SEC_WEBSOCKET_VERSION)
        .is_some_and(|it| it == "13");
    let key = headers.get(SEC_WEBSOCKET_KEY).filter(|_| version);
    let accept = key
        .map(|it| derive_accept_key(it.as_bytes()))
        .ok_or("no handshake of a WebSocket")?;
    let known = over_websocket
        .iter()
        .find(|it| has(headers, SEC_WEBSOCKET_PROTOCOL, it));
    known
        .map(|it| Spoken::WebSocket(it, accept))
        .ok_or("none of the subprotocols is known")
}

const STREAM_VERSION: &str = "x-stream-protocol-version";

fn agree(spoken: &Spoken) -> Response<Answer> {
    match spoken {
        Spoken::WebSocket(protocol, accept) => switching(&[
            (UPGRADE, "websocket"),
            (SEC_WEBSOCKET_PROTOCOL, protocol),
            (SEC_WEBSOCKET_ACCEPT, accept),
        ]),
        Spoken::Spdy(version) => switching(&[
            (UPGRADE, "SPDY/3.1"),
            (HeaderName::from_static(STREAM_VERSION), version),
        ]),
    }
}

/// When a client is to be asked whether it is still there.
pub fn pings() -> Interval {
    let mut pings = interval_at(Instant::now() + PING, PING);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    pings
}

/// Sends a message; whether it was taken.
pub async fn pass<S>(sends: &mut SplitSink<WebSocketStream<S>, Message>, message: Message) -> bool
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    matches!(timeout(STALLED, sends.send(message)).await, Ok(Ok(())))
}

/// A WebSocket over what was upgraded to one.
pub async fn websocket<S: AsyncRead + AsyncWrite + Unpin>(upgraded: S) -> WebSocketStream<S> {
    let config = WebSocketConfig::default()
        .max_message_size(Some(MOST_MESSAGE))
        .max_frame_size(Some(MOST_MESSAGE));
    WebSocketStream::from_raw_socket(upgraded, Role::Server, Some(config)).await
}

/// The answer to the upgrade; the session is `work`. `streams`: those that a client that speaks SPDY begins.
pub fn upgrade<F>(
    mut request: Request<Incoming>,
    streams: usize,
    work: impl FnOnce(Channels) -> F + Send + 'static,
) -> Response<Answer>
where
    F: Future<Output = ()> + Send + 'static,
{
    let spoken = match spoken(request.headers(), &[V5, V4, V1], &[V4]) {
        Ok(spoken) => spoken,
        Err(why) => return refuse(StatusCode::BAD_REQUEST, why),
    };
    let answer = agree(&spoken);
    let ends = match spoken {
        Spoken::WebSocket(V1, _) => Some(Ends::AsText),
        Spoken::WebSocket(..) => Some(Ends::AsStatus),
        Spoken::Spdy(_) => None,
    };
    hold(&mut request, move |upgraded| async move {
        let bytes: Bytes = Box::new(upgraded);
        if let Some(ends) = ends {
            let socket = Box::new(websocket(bytes).await);
            return work(Channels::WebSocket(socket, ends)).await;
        }
        match timeout(BEGINNING, SpdyChannels::begin(bytes, streams)).await {
            Ok(Ok(channels)) => work(Channels::Spdy(Box::new(channels))).await,
            Ok(Err(error)) => tracing::debug!(%error, "a session over SPDY did not begin"),
            Err(_) => tracing::debug!("the streams of a session did not come in time"),
        }
    });
    answer
}

/// Bytes of SPDY, over whatever they come.
pub type Bytes = Box<dyn Duplex>;

pub trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// Bytes of one direction.
const BINARY: &str = "binary.k8s.io";

pub fn is_websocket(headers: &HeaderMap) -> bool {
    has(headers, UPGRADE, "websocket")
}

/// As [`upgrade`], for a body that is sent piece by piece as messages of a WebSocket. What the caller says is nothing to it.
pub fn upgrade_body(mut request: Request<Incoming>, body: Answer) -> Response<Answer> {
    let spoken = match spoken(request.headers(), &[BINARY], &[]) {
        Ok(spoken) => spoken,
        Err(why) => return refuse(StatusCode::BAD_REQUEST, why),
    };
    let answer = agree(&spoken);
    hold(&mut request, move |upgraded| async move {
        tell_body(websocket(upgraded).await, body).await;
    });
    answer
}

/// Sends a body, which may say nothing for long: the caller is asked meanwhile whether it is still there.
async fn tell_body<S>(socket: WebSocketStream<S>, mut body: Answer)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (mut sends, mut takes) = socket.split();
    let sending = async {
        let mut pings = pings();
        loop {
            let message = tokio::select! {
                frame = body.frame() => match frame {
                    Some(Ok(frame)) => match frame.into_data() {
                        Ok(bytes) => Message::Binary(bytes),
                        Err(_) => continue,
                    },
                    Some(Err(_)) | None => break,
                },
                _ = pings.tick() => Message::Ping(Default::default()),
            };
            if !pass(&mut sends, message).await {
                return;
            }
        }
        let _ = timeout(GOODBYE, sends.close()).await;
    };
    // A caller that hangs up is seen, and its pings are answered.
    let hung_up = async { while let Some(Ok(_)) = takes.next().await {} };
    tokio::select! {
        () = sending => {}
        () = hung_up => {}
    }
}

/// Whether bytes are to be passed on as they are.
pub fn is_tunnel(headers: &HeaderMap) -> bool {
    has(headers, UPGRADE, RAW)
}

const RAW: &str = "tcp";

/// As [`upgrade`], for bytes as they are.
pub fn upgrade_tunnel<F>(
    mut request: Request<Incoming>,
    work: impl FnOnce(TokioIo<Upgraded>) -> F + Send + 'static,
) -> Response<Answer>
where
    F: Future<Output = ()> + Send + 'static,
{
    hold(&mut request, work);
    switching(&[(UPGRADE, RAW)])
}

const PORT_FORWARD: &str = "portforward.k8s.io";
const TUNNEL: &str = "SPDY/3.1+portforward.k8s.io";

/// Whether forwarded ports come as streams of SPDY, by itself or inside of a WebSocket.
pub fn is_spdy_forward(headers: &HeaderMap) -> bool {
    spoken(headers, &[TUNNEL], &[PORT_FORWARD]).is_ok()
}

/// As [`upgrade`], for forwarded ports.
pub fn upgrade_forward<F>(
    mut request: Request<Incoming>,
    work: impl FnOnce(Bytes) -> F + Send + 'static,
) -> Response<Answer>
where
    F: Future<Output = ()> + Send + 'static,
{
    let spoken = match spoken(request.headers(), &[TUNNEL], &[PORT_FORWARD]) {
        Ok(spoken) => spoken,
        Err(why) => return refuse(StatusCode::BAD_REQUEST, why),
    };
    let answer = agree(&spoken);
    let is_tunnel = matches!(spoken, Spoken::WebSocket(..));
    hold(&mut request, move |upgraded| async move {
        if !is_tunnel {
            return work(Box::new(upgraded)).await;
        }
        let (ours, theirs) = tokio::io::duplex(TUNNELED);
        let socket = websocket(upgraded).await;
        tokio::join!(carry(socket, theirs), work(Box::new(ours)));
    });
    answer
}

/// Bytes on their way between a WebSocket and what speaks SPDY in it.
const TUNNELED: usize = 128 << 10;

/// Each way goes on while the other waits for room: what is inside may read nothing until what it says is taken.
async fn carry<S>(socket: WebSocketStream<S>, inside: DuplexStream)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (mut reads, mut writes) = tokio::io::split(inside);
    let (mut sends, mut takes) = socket.split();
    let inward = async move {
        loop {
            match takes.next().await {
                Some(Ok(Message::Binary(bytes))) => {
                    if writes.write_all(&bytes).await.is_err() {
                        return;
                    }
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => {}
            }
        }
    };
    let outward = async {
        let mut buffer = vec![0; 32 << 10];
        while let Ok(count @ 1..) = reads.read(&mut buffer).await {
            let message = Message::Binary(buffer[..count].to_vec().into());
            if !pass(&mut sends, message).await {
                return;
            }
        }
    };
    tokio::select! {
        () = inward => {}
        () = outward => {}
    }
    drop(reads);
    let _ = timeout(GOODBYE, sends.close()).await;
}

#[cfg(test)]
mod tests {
    use http_body_util::StreamBody;
    use hyper::body::Frame;

    use super::*;

    /// That of a log that is followed, and says nothing more.
    fn silent() -> Answer {
        let pieces = futures_util::stream::pending::<std::io::Result<Frame<bytes::Bytes>>>();
        StreamBody::new(pieces).boxed_unsync()
    }

    #[tokio::test(start_paused = true)]
    async fn who_follows_what_says_nothing_is_asked_whether_it_is_there() {
        let (near, far) = tokio::io::duplex(TUNNELED);
        let told = tokio::spawn(async { tell_body(websocket(far).await, silent()).await });
        let mut socket = WebSocketStream::from_raw_socket(near, Role::Client, None).await;
        for _ in 0..3 {
            let begun = Instant::now();
            let message = socket.next().await.unwrap().unwrap();
            assert!(message.is_ping() && begun.elapsed() <= PING, "{message:?}");
        }
        drop(socket);
        told.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn who_takes_nothing_of_what_says_nothing_is_given_up() {
        let (near, far) = tokio::io::duplex(8);
        let told = tokio::spawn(async { tell_body(websocket(far).await, silent()).await });
        timeout(2 * STALLED, told).await.unwrap().unwrap();
        drop(near);
    }

    #[tokio::test(start_paused = true)]
    async fn who_takes_nothing_of_a_tunnel_is_given_up() {
        let (near, far) = tokio::io::duplex(8);
        let (mut ours, theirs) = tokio::io::duplex(TUNNELED);
        let tunnel = tokio::spawn(async { carry(websocket(far).await, theirs).await });
        ours.write_all(&[1; CHUNK]).await.unwrap();
        timeout(2 * STALLED, tunnel).await.unwrap().unwrap();
        drop(near);
    }

    #[tokio::test]
    async fn a_tunnel_carries_both_ways_while_neither_end_listens() {
        const ALL: usize = 1 << 20;
        let (near, far) = tokio::io::duplex(TUNNELED);
        let (ours, theirs) = tokio::io::duplex(TUNNELED);
        let tunnel = async { carry(websocket(far).await, theirs).await };
        let client = async {
            let socket = WebSocketStream::from_raw_socket(near, Role::Client, None).await;
            let (mut sends, mut takes) = socket.split();
            let sending = async {
                for _ in 0..ALL / CHUNK {
                    let message = Message::Binary(vec![1_u8; CHUNK].into());
                    sends.send(message).await.unwrap();
                }
            };
            let taking = async {
                let mut count = 0;
                while let Some(Ok(message)) = takes.next().await {
                    if let Message::Binary(bytes) = message {
                        count += bytes.len();
                    }
                }
                count
            };
            tokio::join!(sending, taking).1
        };
        // It says all before it hears anything.
        let inside = async move {
            let mut ours = ours;
            ours.write_all(&vec![2_u8; ALL]).await.unwrap();
            let mut heard = vec![0_u8; ALL];
            ours.read_exact(&mut heard).await.unwrap();
        };
        let all = async { tokio::join!(tunnel, client, inside).1 };
        assert_eq!(timeout(Duration::from_secs(30), all).await.unwrap(), ALL);
    }

    const CHUNK: usize = 16 << 10;

    #[test]
    fn the_newest_of_the_versions_that_a_client_offers_is_spoken() {
        let mut headers = HeaderMap::new();
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        headers.insert(SEC_WEBSOCKET_KEY, HeaderValue::from_static("a"));
        let mut with = |offered: &'static str| {
            headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(offered));
            match spoken(&headers, &[V5, V4, V1], &[V4]) {
                Ok(Spoken::WebSocket(version, _)) => Some(version),
                _ => None,
            }
        };
        assert_eq!(with("channel.k8s.io"), Some(V1));
        assert_eq!(with("channel.k8s.io, v5.channel.k8s.io"), Some(V5));
        assert_eq!(with("binary.k8s.io"), None);
    }
}
