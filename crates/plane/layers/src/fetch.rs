//! A layer from a peer, as it comes.
//!
//! A peer has seconds to begin, and then as much time as it earns by what it sends: one that trickles or stops is left, and the
//! layer comes from elsewhere.

use std::{
    io,
    time::{Duration, Instant},
};

use bytes::{Bytes, BytesMut};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::client::TlsStream;
use wharf_planeproto::layers::{Answer, Peer, Request, Sum};

use crate::proof::{Proof, name_of};

/// Until the first byte of an answer.
const BEGIN_TIMEOUT: Duration = Duration::from_secs(3);
/// How long a peer may be waited for that sent nothing yet.
const GRACE: Duration = Duration::from_secs(5);
/// Bytes a second that earn it further time.
const LEAST_RATE: u64 = 1 << 20;
/// Read at once.
const PIECE: usize = 128 << 10;

/// A peer brought no layer.
#[derive(Debug, thiserror::Error)]
pub enum PeerError {
    #[error("cannot speak to the peer")]
    Connect(#[source] io::Error),
    /// As one does that has no place for another connection.
    #[error("the peer hung up before it answered")]
    HungUp,
    #[error("the connection to the peer failed")]
    Broken(#[source] io::Error),
    #[error("the peer answered nothing in time")]
    Silent,
    #[error("the peer sends too slowly")]
    Slow,
    #[error("the peer answered {0:?}")]
    Declined(Answer),
    #[error("the peer's answer makes no sense")]
    Nonsense,
    #[error("the peer has {0} bytes under this digest")]
    WrongSize(u64),
}

impl PeerError {
    /// Whether the peer should be left alone for a while: it is away, or does not do what it announced.
    pub fn is_fault(&self) -> bool {
        !self.is_busy() && !matches!(self, Self::Declined(Answer::NotHere))
    }

    /// Whether the peer serves as many as it can, and may serve this one later.
    pub fn is_busy(&self) -> bool {
        matches!(self, Self::HungUp | Self::Declined(Answer::Busy))
    }

    /// There was no answer.
    fn unanswered(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe => Self::HungUp,
            _ => Self::Connect(error),
        }
    }
}

/// The bytes of a layer, one piece after the other.
pub struct Coming {
    stream: TlsStream<TcpStream>,
    left: u64,
    got: u64,
    /// How long the peer was waited for.
    waited: Duration,
}

/// How long a peer may be waited for that sent `bytes`.
fn earned(bytes: u64) -> Duration {
    GRACE + Duration::from_millis(bytes.saturating_mul(1000) / LEAST_RATE)
}

pub async fn ask(proof: &Proof, peer: &Peer, layer: &Sum, size: u64) -> Result<Coming, PeerError> {
    let begun = timeout(BEGIN_TIMEOUT, begin(proof, peer, layer)).await;
    let (stream, has) = begun.map_err(|_| PeerError::Silent)??;
    if has != size {
        return Err(PeerError::WrongSize(has));
    }
    Ok(Coming {
        stream,
        left: size,
        got: 0,
        waited: Duration::ZERO,
    })
}

/// The connection at the first byte of the layer, and how many the peer says there are.
async fn begin(
    proof: &Proof,
    peer: &Peer,
    layer: &Sum,
) -> Result<(TlsStream<TcpStream>, u64), PeerError> {
    let asked = request(proof, peer, layer).await;
    let (mut stream, answer) = asked.map_err(PeerError::unanswered)?;
    match Answer::of(answer) {
        Some(Answer::Here) => {}
        Some(other) => return Err(PeerError::Declined(other)),
        None => return Err(PeerError::Nonsense),
    }
    let size = stream.read_u64().await.map_err(PeerError::Broken)?;
    Ok((stream, size))
}

/// The connection behind the answer.
async fn request(
    proof: &Proof,
    peer: &Peer,
    layer: &Sum,
) -> io::Result<(TlsStream<TcpStream>, u8)> {
    let connector = proof.connector(peer.certificate);
    let connector = connector.map_err(io::Error::other)?;
    let stream = TcpStream::connect(peer.address).await?;
    // The request is one small packet.
    stream.set_nodelay(true)?;
    let name = name_of(peer.address.ip());
    let mut stream = connector.connect(name, stream).await?;
    let request = Request {
        layer: *layer,
        until: peer.until,
        ticket: peer.ticket,
    };
    stream.write_all(request.line().as_bytes()).await?;
    stream.flush().await?;
    let answer = stream.read_u8().await?;
    Ok((stream, answer))
}

impl Coming {
    /// The next piece; `None` at the end.
    ///
    /// # Errors
    /// The peer broke off or is too slow.
    pub async fn next(&mut self) -> Result<Option<Bytes>, PeerError> {
        if self.left == 0 {
            return Ok(None);
        }
        let most = usize::try_from(self.left).map_or(PIECE, |left| left.min(PIECE));
        let mut piece = BytesMut::with_capacity(most);
        let patience = earned(self.got).saturating_sub(self.waited);
        let since = Instant::now();
        let mut limited = (&mut self.stream).take(most as u64);
        let read = timeout(patience, limited.read_buf(&mut piece)).await;
        self.waited += since.elapsed();
        match read {
            Err(_) => Err(PeerError::Slow),
            Ok(Err(error)) => Err(PeerError::Broken(error)),
            Ok(Ok(0)) => Err(PeerError::Broken(io::ErrorKind::UnexpectedEof.into())),
            Ok(Ok(count)) => {
                self.left -= count as u64;
                self.got += count as u64;
                Ok(Some(piece.freeze()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_earned_by_bytes() {
        assert_eq!(earned(0), GRACE);
        assert_eq!(earned(10 << 20), GRACE + Duration::from_secs(10));
        assert!(earned(u64::MAX) > GRACE);
    }

    #[test]
    fn who_declines_is_asked_again() {
        for busy in [PeerError::Declined(Answer::Busy), PeerError::HungUp] {
            assert!(busy.is_busy() && !busy.is_fault(), "{busy}");
        }
        assert!(!PeerError::Declined(Answer::NotHere).is_fault());
        for fault in [
            PeerError::Declined(Answer::Refused),
            PeerError::Silent,
            PeerError::Slow,
            PeerError::WrongSize(1),
        ] {
            assert!(fault.is_fault(), "{fault}");
        }
    }
}
