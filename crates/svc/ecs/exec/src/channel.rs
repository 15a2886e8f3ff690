//! One connection of a session's data channel: frames from it go to the other end, frames of the
//! other end go to it, as they came.

use std::{sync::Arc, time::Duration};

use futures_util::{SinkExt, StreamExt};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Message as Frame,
        protocol::{CloseFrame, Role, WebSocketConfig, frame::coding::CloseCode},
    },
};
use wharf_datachannel::{Kind, MAX_MESSAGE, Message, handshake::Opening};

use crate::session::{Seat, Session, Side};

/// The first frame, which says who connects, comes within this time.
const OPENING_TIMEOUT: Duration = Duration::from_secs(10);
/// Its size in bytes.
const MAX_OPENING: usize = 8 << 10;
/// A frame that cannot be sent for so long ends the connection.
const WRITE_TIMEOUT: Duration = Duration::from_secs(60);
/// What waits when a session is over is delivered within this time.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// Serves an upgraded connection until it or the session ends. `seated` is told which end it turned
/// out to be; `None` if its token is none.
pub async fn serve<S, F>(session: Arc<Session>, io: S, seated: impl FnOnce(Option<Side>) -> F)
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
    F: Future<Output = ()>,
{
    let limits = WebSocketConfig::default()
        .max_message_size(Some(MAX_MESSAGE))
        .max_frame_size(Some(MAX_MESSAGE));
    let mut socket = WebSocketStream::from_raw_socket(io, Role::Server, Some(limits)).await;
    let opened = open(&session, &mut socket).await;
    seated(opened.as_ref().map(|seat| seat.side)).await;
    let seat = match opened {
        Some(seat) => seat,
        None => {
            tracing::info!(session = session.id, "a data channel was refused");
            close(&mut socket, CloseCode::Policy, "the token is not valid").await;
            return;
        }
    };
    let side = seat.side;
    tracing::debug!(session = session.id, ?side, "an end of a session connected");
    match relay(&seat, &mut socket).await {
        End::Over => {
            let _ = timeout(LAST_WORDS, deliver(&seat, &mut socket)).await;
            close(&mut socket, CloseCode::Normal, "the session is over").await;
        }
        End::Replaced => close(&mut socket, CloseCode::Normal, "another took over").await,
        End::Gone => {}
    }
    tracing::debug!(session = session.id, ?side, "an end of a session left");
}

/// Reads the first frame; `None` for whoever may not be here.
async fn open<S>(session: &Arc<Session>, socket: &mut WebSocketStream<S>) -> Option<Seat>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let first = timeout(OPENING_TIMEOUT, socket.next()).await.ok()??.ok()?;
    let Frame::Text(text) = first else {
        return None;
    };
    if text.len() > MAX_OPENING {
        return None;
    }
    let opening: Opening = serde_json::from_str(text.as_str()).ok()?;
    session.sit(&opening.token_value).ok()
}

enum End {
    Over,
    Replaced,
    Gone,
}

async fn relay<S>(seat: &Seat, socket: &mut WebSocketStream<S>) -> End
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let session = &seat.session;
    let (mut sink, mut stream) = socket.split();
    let reading = async {
        let mut newest = -1;
        while let Some(Ok(frame)) = stream.next().await {
            match frame {
                Frame::Binary(bytes) => pass_on(seat, bytes.into(), &mut newest).await,
                Frame::Close(_) => return,
                _ => {}
            }
        }
    };
    let writing = async {
        loop {
            let frame = session.lane(seat.side).pop().await;
            let sent = timeout(WRITE_TIMEOUT, sink.send(Frame::binary(frame))).await;
            if !matches!(sent, Ok(Ok(()))) {
                return;
            }
        }
    };
    tokio::select! {
        () = reading => End::Gone,
        () = writing => End::Gone,
        () = seat.replaced.cancelled() => End::Replaced,
        () = session.over.cancelled() => End::Over,
    }
}

/// To the other end. Only what is new in a stream counts as life, repetitions do not; only an agent
/// closes a session.
async fn pass_on(seat: &Seat, frame: Vec<u8>, newest: &mut i64) {
    let session = &seat.session;
    let sequence = Message::sequence_of(&frame).unwrap_or(-1);
    let mut heard = || {
        if sequence > *newest {
            *newest = sequence;
            session.heard();
        }
    };
    match (Message::kind_of(&frame), seat.side) {
        (Some(Kind::Input), Side::Client) => {
            heard();
            session.to_agent.push(frame).await;
        }
        (Some(Kind::Acknowledge), Side::Client) => session.to_agent.push(frame).await,
        (Some(Kind::Output), Side::Agent) => {
            heard();
            session.to_client.push(frame).await;
        }
        (Some(Kind::Acknowledge), Side::Agent) => session.to_client.push(frame).await,
        (Some(Kind::ChannelClosed), Side::Agent) => {
            session.to_client.force(frame);
            session.over.cancel();
        }
        // Nothing else has a meaning for the other end.
        _ => {}
    }
}

/// What still waits for this end.
async fn deliver<S>(seat: &Seat, socket: &mut WebSocketStream<S>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    while let Some(frame) = seat.session.lane(seat.side).try_pop() {
        if socket.send(Frame::binary(frame)).await.is_err() {
            return;
        }
    }
}

async fn close<S>(socket: &mut WebSocketStream<S>, code: CloseCode, reason: &'static str)
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let frame = CloseFrame {
        code,
        reason: reason.into(),
    };
    let goodbye = async {
        // Who hangs up on words still unread has the kernel throw away what the other end has not
        // read either: among that, how the command ended.
        if socket.close(Some(frame)).await.is_ok() {
            while let Some(Ok(_)) = socket.next().await {}
        }
    };
    // The connection is given up either way.
    let _ = timeout(LAST_WORDS, goodbye).await;
}
