//! Websockets to the control plane, their upgrade signed as a call is.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{
        Error as WsError, Message,
        client::IntoClientRequest,
        handshake::client::Request,
        protocol::{CloseFrame, WebSocketConfig, frame::coding::CloseCode},
    },
};

use super::{Api, ConnectError, Endpoint, Stream};

/// A payload of a hundred tasks at the size limit of definitions fits; nothing larger is meant.
const MAX_MESSAGE: usize = 16 << 20;
/// One read or write takes no longer (§2).
const IO_TIMEOUT: Duration = Duration::from_secs(3 * 60);
/// A peer ends a connection that is being closed within this time.
const GOODBYE_TIMEOUT: Duration = Duration::from_secs(5);
/// A server that pings does it every few seconds: silent for so long, it is out of reach, and a new
/// connection is worth trying. Half-open connections say nothing of their own accord.
const PINGED_TIMEOUT: Duration = Duration::from_secs(10);
/// The refusal's body is a small JSON document.
const MAX_REFUSAL: usize = 4096;

/// A message with something in it.
pub enum Frame {
    Text(String),
    Binary(Vec<u8>),
}

/// An open socket.
pub struct Socket {
    stream: WebSocketStream<Box<dyn Stream>>,
    /// When the last frame came, and how long the next may take.
    heard: Instant,
    silence: Duration,
}

/// Opening or using a socket failed.
#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error("the endpoint of the websocket is not known")]
    Discovery(#[source] super::CallError),
    /// The server answered the upgrade with something else.
    #[error("the control plane refused the connection with {status}: {exception}")]
    Refused { status: u16, exception: String },
    #[error("the websocket failed")]
    Protocol(#[source] Box<WsError>),
    #[error("the websocket stood still for {0:?}")]
    Timeout(Duration),
    /// Closed by the peer, with the code it gave (1006 for none).
    #[error("closed by the control plane with code {0}")]
    Closed(u16),
}

impl From<WsError> for SocketError {
    fn from(error: WsError) -> Self {
        match error {
            WsError::ConnectionClosed | WsError::AlreadyClosed => Self::Closed(1006),
            other => Self::Protocol(Box::new(other)),
        }
    }
}

impl Socket {
    /// Opens `<endpoint>/ws?<query>`. `query` is encoded and sorted already.
    ///
    /// # Errors
    /// No connection, or a refusal with its exception's name.
    pub async fn open(api: &Api, endpoint: &Endpoint, query: &str) -> Result<Self, SocketError> {
        Self::open_at(api, endpoint, &format!("{}/ws", endpoint.path), query).await
    }

    /// Opens `path` of an endpoint's host.
    ///
    /// # Errors
    /// As [`Socket::open`].
    pub async fn open_at(
        api: &Api,
        endpoint: &Endpoint,
        path: &str,
        query: &str,
    ) -> Result<Self, SocketError> {
        let scheme = if endpoint.tls { "wss" } else { "ws" };
        let url = format!("{scheme}://{}{path}?{query}", endpoint.authority());
        let mut request: Request = url.into_client_request()?;
        for (name, value) in api.sign_upgrade(endpoint, path, query) {
            let name = http::HeaderName::try_from(name);
            if let (Ok(name), Ok(value)) = (name, http::HeaderValue::try_from(value)) {
                request.headers_mut().insert(name, value);
            }
        }
        let stream = api.dialer().connect(endpoint).await?;
        let config = WebSocketConfig::default()
            .max_message_size(Some(MAX_MESSAGE))
            .max_frame_size(Some(MAX_MESSAGE));
        let upgrade = client_async_with_config(request, stream, Some(config));
        match timeout(IO_TIMEOUT, upgrade).await {
            Err(_) => Err(SocketError::Timeout(IO_TIMEOUT)),
            Ok(Ok((stream, _))) => Ok(Self {
                stream,
                heard: Instant::now(),
                silence: IO_TIMEOUT,
            }),
            Ok(Err(WsError::Http(answer))) => Err(refusal(&answer)),
            Ok(Err(other)) => Err(other.into()),
        }
    }

    /// The next text; pings are answered underneath. May be given up and asked again.
    ///
    /// # Errors
    /// The socket broke, was closed, or stood still: for three minutes, or for ten seconds if the
    /// server is one that pings.
    pub async fn receive(&mut self) -> Result<String, SocketError> {
        loop {
            if let Frame::Text(text) = self.receive_frame().await? {
                return Ok(text);
            }
        }
    }

    /// The next message of either kind. Dropping the future loses nothing.
    ///
    /// # Errors
    /// As [`Socket::receive`].
    pub async fn receive_frame(&mut self) -> Result<Frame, SocketError> {
        loop {
            let message = match timeout_at(self.heard + self.silence, self.stream.next()).await {
                Err(_) => return Err(SocketError::Timeout(self.silence)),
                Ok(None) => return Err(SocketError::Closed(1006)),
                Ok(Some(message)) => message?,
            };
            self.heard = Instant::now();
            match message {
                Message::Ping(_) => self.silence = PINGED_TIMEOUT,
                Message::Text(text) => return Ok(Frame::Text(text.as_str().to_owned())),
                Message::Binary(bytes) => return Ok(Frame::Binary(bytes.into())),
                Message::Close(frame) => {
                    return Err(SocketError::Closed(frame.map_or(1006, |f| f.code.into())));
                }
                _ => {}
            }
        }
    }

    pub async fn send(&mut self, text: String) -> Result<(), SocketError> {
        self.put(Message::text(text)).await
    }

    pub async fn send_binary(&mut self, bytes: Vec<u8>) -> Result<(), SocketError> {
        self.put(Message::binary(bytes)).await
    }

    /// Shows that this end lives; the other answers underneath.
    pub async fn ping(&mut self) -> Result<(), SocketError> {
        self.put(Message::Ping("keepalive".into())).await
    }

    async fn put(&mut self, message: Message) -> Result<(), SocketError> {
        match timeout(IO_TIMEOUT, self.stream.send(message)).await {
            Err(_) => Err(SocketError::Timeout(IO_TIMEOUT)),
            Ok(sent) => Ok(sent?),
        }
    }

    /// Says goodbye with 1000 and `reason`; the peer's answer is not waited for.
    pub async fn close(mut self, reason: &'static str) {
        let frame = CloseFrame {
            code: CloseCode::Normal,
            reason: reason.into(),
        };
        // The connection is given up either way.
        let _ = timeout(Duration::from_secs(1), self.stream.close(Some(frame))).await;
    }

    /// The same, but what the peer still says is taken and dropped until it ends the connection too:
    /// words that nobody reads would have the kernel throw away those the peer has not read yet.
    pub async fn close_in_turn(mut self, reason: &'static str) {
        let frame = CloseFrame {
            code: CloseCode::Normal,
            reason: reason.into(),
        };
        let goodbye = async {
            if self.stream.close(Some(frame)).await.is_ok() {
                while let Some(Ok(_)) = self.stream.next().await {}
            }
        };
        let _ = timeout(GOODBYE_TIMEOUT, goodbye).await;
    }
}

/// `{"type":"InvalidClusterException",…}` or `{"InactiveInstanceException":"…"}` (§2).
fn refusal(answer: &http::Response<Option<Vec<u8>>>) -> SocketError {
    let body = answer.body().as_deref().unwrap_or_default();
    let body = &body[..body.len().min(MAX_REFUSAL)];
    let exception = serde_json::from_slice::<serde_json::Value>(body)
        .ok()
        .and_then(|body| {
            let object = body.as_object()?;
            match object.get("type").and_then(|t| t.as_str()) {
                Some(kind) => Some(kind.to_owned()),
                None => object.keys().find(|k| k.ends_with("Exception")).cloned(),
            }
        })
        .unwrap_or_default();
    SocketError::Refused {
        status: answer.status().as_u16(),
        exception,
    }
}

/// `a=b&c=d`, encoded and sorted by key.
pub fn query(pairs: &[(&str, &str)]) -> String {
    let mut sorted = pairs.to_vec();
    sorted.sort_unstable();
    let encode = |text: &str| {
        percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC)
            .to_string()
            .replace("%2D", "-")
            .replace("%5F", "_")
            .replace("%2E", ".")
            .replace("%7E", "~")
    };
    let joined: Vec<String> = sorted
        .iter()
        .map(|(k, v)| format!("{k}={}", encode(v)))
        .collect();
    joined.join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_sorted_and_encoded() {
        assert_eq!(
            query(&[("b", "1: 2"), ("a", "x-y_z.~")]),
            "a=x-y_z.~&b=1%3A%202"
        );
    }

    #[test]
    fn refusals_in_both_forms() {
        for body in [
            r#"{"type":"InactiveInstanceException","message":{"message":"m"}}"#,
            r#"{"InactiveInstanceException":"m"}"#,
        ] {
            let answer = http::Response::builder()
                .status(400)
                .body(Some(body.into()))
                .unwrap();
            let SocketError::Refused { exception, .. } = refusal(&answer) else {
                panic!()
            };
            assert_eq!(exception, "InactiveInstanceException");
        }
    }
}
