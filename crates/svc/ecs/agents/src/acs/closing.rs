//! How a connection to an agent ends: with code 1000 and a reason. Agents count an end without a code
//! among their errors, and pause before they come back.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Message,
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};

/// What agents are told in the common case.
pub const EXPIRED: &str = "ConnectionExpired: Reconnect to continue";
/// The instance was deregistered, or another connection took the place of this one.
pub const REPLACED: &str = "ConnectionReplaced";
/// Nothing was heard for so long that the agent is taken to be gone.
pub const SILENT: &str = "ConnectionExpired: nothing was heard";
/// What it said could not be kept; it should say it again.
pub const NOT_KEPT: &str = "ConnectionExpired: metrics could not be kept";
/// For the agent's own end of the handshake. A socket that is dropped before with frames unread is
/// reset, and a reset may overtake the reason.
const HANDSHAKE: Duration = Duration::from_secs(2);

/// The frame that ends a connection.
fn frame(reason: &'static str) -> Message {
    Message::Close(Some(CloseFrame {
        code: CloseCode::Normal,
        reason: reason.into(),
    }))
}

/// Ends the connection, and gives the agent a moment to answer. One that is not there any more misses
/// nothing.
pub async fn end<S>(socket: &mut WebSocketStream<S>, reason: &'static str)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let both = async {
        if socket.send(frame(reason)).await.is_ok() {
            while let Some(Ok(_)) = socket.next().await {}
        }
    };
    let _ = timeout(HANDSHAKE, both).await;
}

/// Answers the agent's own close, which the library has written down as the answer to send.
pub async fn answer<S>(socket: &mut WebSocketStream<S>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let _ = timeout(HANDSHAKE, socket.flush()).await;
}

#[cfg(test)]
mod tests {
    use tokio_tungstenite::tungstenite::protocol::Role;

    use super::*;

    async fn pair() -> (
        WebSocketStream<tokio::io::DuplexStream>,
        WebSocketStream<tokio::io::DuplexStream>,
    ) {
        let (ours, theirs) = tokio::io::duplex(1 << 12);
        (
            WebSocketStream::from_raw_socket(ours, Role::Server, None).await,
            WebSocketStream::from_raw_socket(theirs, Role::Client, None).await,
        )
    }

    #[tokio::test]
    async fn an_agent_is_told_why() {
        for reason in [EXPIRED, REPLACED, SILENT] {
            let (mut server, mut agent) = pair().await;
            let (_, heard) = tokio::join!(end(&mut server, reason), agent.next());
            let Some(Ok(Message::Close(Some(frame)))) = heard else {
                panic!("{heard:?}");
            };
            assert_eq!(
                (frame.code, frame.reason.as_str()),
                (CloseCode::Normal, reason)
            );
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_agent_that_says_nothing_is_not_waited_for() {
        let (mut server, agent) = pair().await;
        end(&mut server, EXPIRED).await;
        drop(agent);
    }

    #[tokio::test]
    async fn an_agents_own_close_is_answered() {
        let (mut server, mut agent) = pair().await;
        agent.close(None).await.unwrap();
        assert!(matches!(server.next().await, Some(Ok(Message::Close(_)))));
        answer(&mut server).await;
        assert!(matches!(agent.next().await, Some(Ok(Message::Close(_)))));
    }
}
