//! The sockets of one scope: questions over UDP and TCP.
//!
//! What the zone knows is answered in the loop; what others are asked becomes a task of its own,
//! of which there are as many as `limits` has places.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use wharf_network::{ResolverSockets, Scope};

use crate::limits::{Limits, Place};
use crate::names::{Names, Said};
use crate::query::{self, MAX_QUESTION, Question, Read, Transport};

/// A connection on which nothing is asked, or nothing taken, for so long is closed.
const IDLE: Duration = Duration::from_secs(10);
/// After a failure of a socket, which is one of memory or descriptors.
const PAUSE: Duration = Duration::from_millis(100);

/// The name service towards the tasks of one scope.
#[derive(Clone)]
struct Desk {
    names: Names,
    scope: Arc<Scope>,
    /// It is a name service of clusters.
    clusters: bool,
    limits: Limits,
    running: TaskTracker,
    stop: CancellationToken,
}

impl Names {
    /// Answers at these sockets until told to stop.
    ///
    /// # Errors
    /// They are no sockets for this runtime.
    pub fn serve(
        &self,
        sockets: ResolverSockets,
        running: &TaskTracker,
        stop: &CancellationToken,
    ) -> io::Result<()> {
        self.serve_as(sockets, false, running, stop)
    }

    pub(crate) fn serve_as(
        &self,
        sockets: ResolverSockets,
        clusters: bool,
        running: &TaskTracker,
        stop: &CancellationToken,
    ) -> io::Result<()> {
        let desk = Desk {
            names: self.clone(),
            clusters,
            limits: self.limits(&sockets.scope),
            scope: Arc::new(sockets.scope),
            running: running.clone(),
            stop: stop.clone(),
        };
        let udp = Arc::new(UdpSocket::from_std(sockets.udp)?);
        let tcp = TcpListener::from_std(sockets.tcp)?;
        running.spawn(desk.clone().datagrams(udp));
        running.spawn(desk.connections(tcp));
        Ok(())
    }
}

impl Desk {
    async fn datagrams(self, socket: Arc<UdpSocket>) {
        // One byte more, so that a question that is too long does not pass for a shorter one.
        let mut buffer = vec![0; MAX_QUESTION + 1];
        loop {
            let received = tokio::select! {
                () = self.stop.cancelled() => return,
                received = socket.recv_from(&mut buffer) => received,
            };
            let (length, peer) = match received {
                Ok(received) => received,
                // Of an answer that nobody awaited any more.
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => continue,
                Err(error) => {
                    tracing::warn!(scope = %self.scope, %error, "failed to receive DNS queries; will retry");
                    sleep(PAUSE).await;
                    continue;
                }
            };
            let Some(source) = v4(peer).filter(|_| length <= MAX_QUESTION) else {
                continue;
            };
            if !self.limits.admit(source, Instant::now()) {
                continue;
            }
            match query::read(&buffer[..length]) {
                Read::Nothing => {}
                Read::Unfit(answer) => send(&socket, &answer, peer),
                Read::Question(question) => self.answer_datagram(&socket, peer, source, question),
            }
        }
    }

    fn consult(&self, source: Ipv4Addr, question: &Question) -> Said {
        match &*self.scope {
            Scope::Vpc(vpc) if self.clusters => self.names.of_cluster(vpc, source, &question.query),
            scope => self.names.at_once(scope, &question.query),
        }
    }

    fn answer_datagram(
        &self,
        socket: &Arc<UdpSocket>,
        peer: SocketAddr,
        source: Ipv4Addr,
        question: Question,
    ) {
        let others = match self.consult(source, &question) {
            Said::AtOnce(saying) => {
                if let Some(answer) = question.answered(saying, Transport::Datagram) {
                    send(socket, &answer, peer);
                }
                return;
            }
            Said::ByOthers(others) => others,
        };
        let (desk, socket) = (self.clone(), socket.clone());
        self.running.spawn(async move {
            let asked = desk.names.of_others(&desk.limits, source, others);
            let saying = tokio::select! {
                () = desk.stop.cancelled() => return,
                saying = asked => saying,
            };
            if let Some(answer) = question.answered(saying, Transport::Datagram) {
                send(&socket, &answer, peer);
            }
        });
    }

    async fn connections(self, listener: TcpListener) {
        loop {
            let accepted = tokio::select! {
                () = self.stop.cancelled() => return,
                accepted = listener.accept() => accepted,
            };
            let (stream, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(scope = %self.scope, %error, "failed to accept a DNS connection; will retry");
                    sleep(PAUSE).await;
                    continue;
                }
            };
            let place = v4(peer).and_then(|source| {
                let place = self.limits.connect(source, Instant::now())?;
                Some((source, place))
            });
            // One too many is closed at once.
            if let Some((source, place)) = place {
                let (desk, stop) = (self.clone(), self.stop.clone());
                self.running.spawn(async move {
                    tokio::select! {
                        () = stop.cancelled() => {}
                        ended = desk.converse(stream, source, place) => {
                            if let Err(error) = ended {
                                tracing::trace!(%error, "a connection for names ended");
                            }
                        }
                    }
                });
            }
        }
    }

    /// One question after the other, until the asker has no more.
    async fn converse(
        &self,
        mut stream: TcpStream,
        source: Ipv4Addr,
        _place: Place,
    ) -> io::Result<()> {
        loop {
            let mut question = Vec::new();
            let frame = async {
                let length: usize = stream.read_u16().await?.into();
                if length > MAX_QUESTION {
                    return Err(io::Error::other("the question is too long"));
                }
                question.resize(length, 0);
                stream.read_exact(&mut question).await
            };
            timeout(IDLE, frame).await??;
            if !self.limits.admit(source, Instant::now()) {
                return Ok(());
            }
            let answer = match query::read(&question) {
                Read::Nothing => return Ok(()),
                Read::Unfit(answer) => Some(answer),
                Read::Question(question) => {
                    let saying = match self.consult(source, &question) {
                        Said::AtOnce(saying) => saying,
                        Said::ByOthers(others) => {
                            self.names.of_others(&self.limits, source, others).await
                        }
                    };
                    question.answered(saying, Transport::Stream)
                }
            };
            let Some(answer) = answer else {
                return Ok(());
            };
            let length = u16::try_from(answer.len()).map_err(io::Error::other)?;
            let framed = [&length.to_be_bytes()[..], &answer].concat();
            timeout(IDLE, stream.write_all(&framed)).await??;
        }
    }
}

/// As room allows: what does not fit is asked again.
fn send(socket: &UdpSocket, answer: &[u8], peer: SocketAddr) {
    if let Err(error) = socket.try_send_to(answer, peer) {
        tracing::trace!(%error, %peer, "an answer was not sent");
    }
}

fn v4(peer: SocketAddr) -> Option<Ipv4Addr> {
    match peer.ip() {
        IpAddr::V4(address) => Some(address),
        IpAddr::V6(_) => None,
    }
}

#[cfg(test)]
mod tests;
