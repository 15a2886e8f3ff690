//! Streams of a session: channels of a WebSocket (the subprotocols `v4.channel.k8s.io` and `v5.channel.k8s.io`), or streams of SPDY/3.1,
//! which forwarded ports use inside of a WebSocket as well.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use futures_util::{SinkExt, StreamExt};
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
use serde_json::{Value, json};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream},
    sync::OwnedSemaphorePermit,
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Message,
        handshake::derive_accept_key,
        protocol::{CloseFrame, Role, WebSocketConfig, frame::coding::CloseCode},
    },
};
use tokio_util::sync::CancellationToken;

use super::answer::{Answer, full, refuse};
use super::spdy::{Connection, Frame};

pub const STDIN: u8 = 0;
pub const STDOUT: u8 = 1;
pub const STDERR: u8 = 2;
pub const ERROR: u8 = 3;
pub const RESIZE: u8 = 4;
/// Of version 5: the channel that follows has ended.
const CLOSE: u8 = 255;

const V4: &str = "v4.channel.k8s.io";
const V5: &str = "v5.channel.k8s.io";
/// The first version: the channel for errors has text, and nothing where all went well.
const V1: &str = "channel.k8s.io";
/// Larger ones nobody sends.
const MOST_MESSAGE: usize = 1 << 20;

/// What came.
#[derive(Debug, PartialEq, Eq)]
pub enum Came {
    Data(u8, Vec<u8>),
    Closed(u8),
}

/// The streams of a session, whichever way they come.
pub enum Channels {
    WebSocket(Box<WebSocketStream<TokioIo<Upgraded>>>, Ends),
    Spdy(Box<SpdyChannels>),
}

/// How a session's end is told on the channel for errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ends {
    AsStatus,
    AsText,
}

/// Whoever is done with a session waits no longer for the other side.
const GOODBYE: Duration = Duration::from_secs(5);
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
        if let Some(ends) = ends {
            let socket = Box::new(websocket(upgraded).await);
            return work(Channels::WebSocket(socket, ends)).await;
        }
        match timeout(BEGINNING, SpdyChannels::begin(upgraded, streams)).await {
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
pub fn upgrade_body(mut request: Request<Incoming>, mut body: Answer) -> Response<Answer> {
    let spoken = match spoken(request.headers(), &[BINARY], &[]) {
        Ok(spoken) => spoken,
        Err(why) => return refuse(StatusCode::BAD_REQUEST, why),
    };
    let answer = agree(&spoken);
    hold(&mut request, move |upgraded| async move {
        let (mut writes, mut reads) = websocket(upgraded).await.split();
        let sending = async {
            while let Some(Ok(frame)) = body.frame().await {
                let Ok(bytes) = frame.into_data() else {
                    continue;
                };
                if writes.send(Message::Binary(bytes)).await.is_err() {
                    return;
                }
            }
            let _ = timeout(GOODBYE, writes.close()).await;
        };
        // A caller that hangs up is seen, and its pings are answered.
        let hung_up = async { while let Some(Ok(_)) = reads.next().await {} };
        tokio::select! {
            () = sending => {}
            () = hung_up => {}
        }
    });
    answer
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
            if sends.send(message).await.is_err() {
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

/// A session's streams over SPDY.
pub struct SpdyChannels {
    connection: Connection<TokioIo<Upgraded>>,
    ids: BTreeMap<u8, u32>,
    /// Streams whose end came with their last bytes.
    ended: Option<u8>,
}

impl SpdyChannels {
    async fn begin(upgraded: TokioIo<Upgraded>, streams: usize) -> std::io::Result<Self> {
        let mut connection = Connection::new(upgraded)?;
        let mut ids = BTreeMap::new();
        while ids.len() < streams {
            match connection.frames.recv().await {
                Some(Frame::Stream { id, headers, .. }) => {
                    let kind = headers.get("streamtype").map(String::as_str);
                    let channel = match kind {
                        Some("stdin") => STDIN,
                        Some("stdout") => STDOUT,
                        Some("stderr") => STDERR,
                        Some("error") => ERROR,
                        Some("resize") => RESIZE,
                        _ => {
                            connection.writer.reset(id).await?;
                            continue;
                        }
                    };
                    connection.writer.reply(id).await?;
                    ids.insert(channel, id);
                }
                Some(Frame::Ping { id }) => connection.writer.pong(id).await?,
                Some(_) => {}
                None => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            }
        }
        Ok(Self {
            connection,
            ids,
            ended: None,
        })
    }

    fn channel(&self, id: u32) -> Option<u8> {
        self.ids
            .iter()
            .find(|(_, known)| **known == id)
            .map(|(channel, _)| *channel)
    }

    async fn next(&mut self) -> Option<Came> {
        if let Some(channel) = self.ended.take() {
            return Some(Came::Closed(channel));
        }
        loop {
            match self.connection.frames.recv().await? {
                Frame::Data { id, bytes, ends } => {
                    let Some(channel) = self.channel(id) else {
                        continue;
                    };
                    match (bytes.is_empty(), ends) {
                        (true, true) => return Some(Came::Closed(channel)),
                        (true, false) => {}
                        (false, ends) => {
                            self.ended = ends.then_some(channel);
                            return Some(Came::Data(channel, bytes));
                        }
                    }
                }
                Frame::Stream { id, .. } => self.connection.writer.reset(id).await.ok()?,
                Frame::Ping { id } => self.connection.writer.pong(id).await.ok()?,
                Frame::Reset { id } => {
                    if let Some(channel) = self.channel(id) {
                        return Some(Came::Closed(channel));
                    }
                }
                Frame::GoAway => return None,
            }
        }
    }

    async fn send(&mut self, channel: u8, bytes: &[u8]) -> bool {
        match self.ids.get(&channel) {
            Some(id) if !bytes.is_empty() => {
                self.connection.writer.data(*id, bytes, false).await.is_ok()
            }
            _ => true,
        }
    }

    async fn finish(mut self, how: &Value) {
        self.send(ERROR, how.to_string().as_bytes()).await;
        for id in self.ids.values() {
            let _ = self.connection.writer.data(*id, &[], true).await;
        }
        // The other side ends the connection when it has read all.
        let read = async { while self.connection.frames.recv().await.is_some() {} };
        let _ = timeout(GOODBYE, read).await;
        self.connection.writer.end().await;
    }
}

/// What a message of a WebSocket brings.
#[derive(Debug, PartialEq, Eq)]
pub enum Brought {
    Came(Came),
    /// Nothing for a channel.
    Nothing,
    End,
}

pub fn brought(message: Message) -> Brought {
    let bytes = match message {
        Message::Binary(bytes) => bytes,
        Message::Text(text) => text.into(),
        Message::Close(_) => return Brought::End,
        _ => return Brought::Nothing,
    };
    match bytes.as_ref() {
        [CLOSE, channel, ..] => Brought::Came(Came::Closed(*channel)),
        [channel, rest @ ..] => Brought::Came(Came::Data(*channel, rest.to_vec())),
        [] => Brought::Nothing,
    }
}

impl Channels {
    /// The next thing that the caller sends; `None` at the end. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<Came> {
        let socket = match self {
            Self::Spdy(it) => return it.next().await,
            Self::WebSocket(socket, _) => socket,
        };
        loop {
            match brought(socket.next().await?.ok()?) {
                Brought::Came(came) => return Some(came),
                Brought::End => return None,
                Brought::Nothing => {}
            }
        }
    }

    /// Whether it was taken.
    pub async fn send(&mut self, channel: u8, bytes: &[u8]) -> bool {
        match self {
            Self::Spdy(it) => it.send(channel, bytes).await,
            Self::WebSocket(socket, _) => {
                let mut message = Vec::with_capacity(bytes.len() + 1);
                message.push(channel);
                message.extend_from_slice(bytes);
                socket.send(Message::Binary(message.into())).await.is_ok()
            }
        }
    }

    /// Tells how the session ended, and ends it.
    pub async fn finish(mut self, how: &Value) {
        self.send_status(how).await;
        match self {
            Self::Spdy(it) => it.finish(how).await,
            Self::WebSocket(mut socket, _) => {
                let normal = CloseFrame {
                    code: CloseCode::Normal,
                    reason: "".into(),
                };
                // What the caller still sends is read, so that it sees the end and not a reset.
                let goodbye = async {
                    let _ = SinkExt::send(&mut *socket, Message::Close(Some(normal))).await;
                    while let Some(Ok(_)) = socket.next().await {}
                };
                let _ = timeout(GOODBYE, goodbye).await;
            }
        }
    }

    async fn send_status(&mut self, how: &Value) {
        let Self::WebSocket(_, ends) = self else {
            return;
        };
        if let Some(told) = told(how, *ends) {
            self.send(ERROR, told.as_bytes()).await;
        }
    }
}

/// What is said of the end, if anything.
fn told(how: &Value, ends: Ends) -> Option<String> {
    match ends {
        Ends::AsStatus => Some(how.to_string()),
        Ends::AsText => how["message"].as_str().map(str::to_owned),
    }
}

/// The Status of a program that ended.
pub fn exited(code: i32) -> Value {
    if code == 0 {
        return json!({"metadata": {}, "status": "Success"});
    }
    json!({
        "metadata": {}, "status": "Failure", "reason": "NonZeroExitCode",
        "message": format!("command terminated with non-zero exit code: exit status {code}"),
        "details": {"causes": [{"reason": "ExitCode", "message": code.to_string()}]},
    })
}

/// The Status of a session that could not be.
pub fn failed(message: &str) -> Value {
    json!({"metadata": {}, "status": "Failure", "reason": "InternalError", "message": message, "code": 500})
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn the_first_version_tells_errors_as_text_and_success_by_silence() {
        let (well, badly) = (exited(0), exited(3));
        assert_eq!(told(&well, Ends::AsText), None);
        let text = "command terminated with non-zero exit code: exit status 3";
        assert_eq!(told(&badly, Ends::AsText).as_deref(), Some(text));
        assert_eq!(told(&well, Ends::AsStatus), Some(well.to_string()));
    }

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
