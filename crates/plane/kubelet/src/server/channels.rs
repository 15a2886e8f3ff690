//! The channels of a session: what comes on each, and what is said on it, over a WebSocket or SPDY.

use std::collections::BTreeMap;

use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::time::timeout;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Message,
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};

use super::{
    spdy::{Connection, Frame},
    streams::GOODBYE,
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
    WebSocket(Box<WebSocketStream<TokioIo<Upgraded>>>, Ends),
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
    connection: Connection<TokioIo<Upgraded>>,
    ids: BTreeMap<u8, u32>,
    /// Streams whose end came with their last bytes.
    ended: Option<u8>,
}

impl SpdyChannels {
    pub async fn begin(upgraded: TokioIo<Upgraded>, streams: usize) -> std::io::Result<Self> {
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

    #[test]
    fn the_first_version_tells_errors_as_text_and_success_by_silence() {
        let (well, badly) = (exited(0), exited(3));
        assert_eq!(told(&well, Ends::AsText), None);
        let text = "command terminated with non-zero exit code: exit status 3";
        assert_eq!(told(&badly, Ends::AsText).as_deref(), Some(text));
        assert_eq!(told(&well, Ends::AsStatus), Some(well.to_string()));
    }
}
