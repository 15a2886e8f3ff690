//! The channels of a session: what comes on each, and what is said on it, over a WebSocket or SPDY.

use std::collections::BTreeMap;

use futures_util::{
    StreamExt,
    stream::{SplitSink, SplitStream},
};
use serde_json::{Value, json};
use tokio::{
    io::WriteHalf,
    sync::mpsc,
    time::{Interval, sleep, timeout},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Message,
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};
use tokio_util::task::AbortOnDropHandle;

use super::{
    spdy::{Connection, Frame, Writer},
    streams::{Bytes, GOODBYE, pass, pings},
};

pub const STDIN: u8 = 0;
pub const STDOUT: u8 = 1;
pub const STDERR: u8 = 2;
pub const ERROR: u8 = 3;
pub const RESIZE: u8 = 4;
/// Of version 5: the channel that follows has ended.
const CLOSE: u8 = 255;

/// What came.
#[derive(Debug, PartialEq, Eq)]
pub enum Came {
    Data(u8, Vec<u8>),
    Closed(u8),
}

/// The streams of a session, whichever way they come.
pub enum Channels {
    WebSocket(Box<WebSocketStream<Bytes>>, Ends),
    Spdy(Box<SpdyChannels>),
}

/// How a session's end is told on the channel for errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ends {
    AsStatus,
    AsText,
}

/// A session's streams over SPDY.
pub struct SpdyChannels {
    connection: Connection<Bytes>,
    ids: BTreeMap<u8, u32>,
}

impl SpdyChannels {
    pub async fn begin(bytes: Bytes, streams: usize) -> std::io::Result<Self> {
        let mut connection = Connection::new(bytes)?;
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
        Ok(Self { connection, ids })
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
    /// What is said and what is heard, each by itself: a caller that takes nothing is heard all the same, as it may have much to say
    /// before it listens.
    pub fn split(self) -> (Says, Hears) {
        let (answers, waiting) = mpsc::channel(MOST_ANSWERS);
        let (says, hears) = match self {
            Self::WebSocket(socket, ends) => {
                let (sends, takes) = (*socket).split();
                (SaysBy::WebSocket(sends, ends), HearsBy::WebSocket(takes))
            }
            Self::Spdy(channels) => {
                let SpdyChannels { connection, ids } = *channels;
                let hears = HearsBy::Spdy(Box::new(SpdyFrames {
                    frames: connection.frames,
                    answers,
                    ids: ids.clone(),
                    ended: None,
                    _reading: connection.reading,
                }));
                (SaysBy::Spdy(Box::new(connection.writer), ids), hears)
            }
        };
        let says = Says {
            by: says,
            answers: waiting,
            pings: pings(),
        };
        (says, Hears(hears))
    }
}

/// Answers that a caller has not taken yet. One that asks for more takes none at all.
const MOST_ANSWERS: usize = 1024;

/// What is said to a caller besides words of its program.
pub enum Due {
    Reset(u32),
    Pong(u32),
    Ping,
}

/// What is said to the caller.
pub struct Says {
    by: SaysBy,
    answers: mpsc::Receiver<Due>,
    pings: Interval,
}

enum SaysBy {
    WebSocket(SplitSink<WebSocketStream<Bytes>, Message>, Ends),
    Spdy(Box<Writer<WriteHalf<Bytes>>>, BTreeMap<u8, u32>),
}

impl Says {
    /// Waits for what is to be said by the way. Dropping the future loses nothing.
    pub async fn due(&mut self) -> Due {
        tokio::select! {
            biased;
            Some(due) = self.answers.recv() => due,
            _ = self.pings.tick() => Due::Ping,
        }
    }

    /// Whether it was taken.
    pub async fn answer(&mut self, due: Due) -> bool {
        match (&mut self.by, due) {
            (SaysBy::Spdy(writer, _), Due::Reset(id)) => writer.reset(id).await.is_ok(),
            (SaysBy::Spdy(writer, _), Due::Pong(id)) => writer.pong(id).await.is_ok(),
            (SaysBy::Spdy(writer, _), Due::Ping) => writer.ping().await.is_ok(),
            (SaysBy::WebSocket(sends, _), Due::Ping) => {
                pass(sends, Message::Ping(Default::default())).await
            }
            // Those of a WebSocket answer for themselves.
            (SaysBy::WebSocket(..), Due::Reset(_) | Due::Pong(_)) => true,
        }
    }

    /// Whether it was taken.
    pub async fn send(&mut self, channel: u8, bytes: &[u8]) -> bool {
        match &mut self.by {
            SaysBy::Spdy(writer, ids) => match ids.get(&channel) {
                Some(id) if !bytes.is_empty() => writer.data(*id, bytes, false).await.is_ok(),
                _ => true,
            },
            SaysBy::WebSocket(sends, _) => {
                let mut message = Vec::with_capacity(bytes.len() + 1);
                message.push(channel);
                message.extend_from_slice(bytes);
                pass(sends, Message::Binary(message.into())).await
            }
        }
    }

    /// Tells how the session ended, and ends it. What the caller still sends is read meanwhile, so that it comes to listen, and sees the
    /// end and not a reset.
    pub async fn finish(mut self, mut hears: Hears, how: &Value) {
        let said = async {
            self.say_end(how).await;
            // The other side ends the connection when it has read all.
            sleep(GOODBYE).await;
        };
        tokio::select! {
            () = said => {}
            () = hears.rest() => {}
        }
        if let SaysBy::Spdy(writer, _) = &mut self.by {
            let _ = timeout(GOODBYE, writer.end()).await;
        }
    }

    async fn say_end(&mut self, how: &Value) {
        match &mut self.by {
            SaysBy::WebSocket(_, ends) => {
                if let Some(told) = told(how, *ends) {
                    self.send(ERROR, told.as_bytes()).await;
                }
            }
            SaysBy::Spdy(..) => {
                self.send(ERROR, how.to_string().as_bytes()).await;
            }
        }
        match &mut self.by {
            SaysBy::WebSocket(sends, _) => {
                let normal = CloseFrame {
                    code: CloseCode::Normal,
                    reason: "".into(),
                };
                pass(sends, Message::Close(Some(normal))).await;
            }
            SaysBy::Spdy(writer, ids) => {
                for id in ids.values() {
                    let _ = writer.data(*id, &[], true).await;
                }
            }
        }
    }
}

/// What is heard from the caller.
pub struct Hears(HearsBy);

enum HearsBy {
    WebSocket(SplitStream<WebSocketStream<Bytes>>),
    Spdy(Box<SpdyFrames>),
}

/// What comes over SPDY, on the streams of a session.
struct SpdyFrames {
    frames: mpsc::Receiver<Frame>,
    answers: mpsc::Sender<Due>,
    ids: BTreeMap<u8, u32>,
    /// A stream whose end came with its last bytes.
    ended: Option<u8>,
    _reading: AbortOnDropHandle<()>,
}

impl Hears {
    /// The next thing that the caller sends; `None` at the end. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<Came> {
        let takes = match &mut self.0 {
            HearsBy::Spdy(it) => return it.next().await,
            HearsBy::WebSocket(takes) => takes,
        };
        loop {
            match brought(takes.next().await?.ok()?) {
                Brought::Came(came) => return Some(came),
                Brought::End => return None,
                Brought::Nothing => {}
            }
        }
    }

    /// Until the caller hangs up.
    async fn rest(&mut self) {
        match &mut self.0 {
            HearsBy::Spdy(it) => while it.frames.recv().await.is_some() {},
            HearsBy::WebSocket(takes) => while let Some(Ok(_)) = takes.next().await {},
        }
    }
}

impl SpdyFrames {
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
            match self.frames.recv().await? {
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
                Frame::Stream { id, .. } => self.answers.try_send(Due::Reset(id)).ok()?,
                Frame::Ping { id } => self.answers.try_send(Due::Pong(id)).ok()?,
                Frame::Reset { id } => {
                    if let Some(channel) = self.channel(id) {
                        return Some(Came::Closed(channel));
                    }
                }
                Frame::GoAway => return None,
            }
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

    #[test]
    fn the_first_version_tells_errors_as_text_and_success_by_silence() {
        let (well, badly) = (exited(0), exited(3));
        assert_eq!(told(&well, Ends::AsText), None);
        let text = "command terminated with non-zero exit code: exit status 3";
        assert_eq!(told(&badly, Ends::AsText).as_deref(), Some(text));
        assert_eq!(told(&well, Ends::AsStatus), Some(well.to_string()));
    }
}
