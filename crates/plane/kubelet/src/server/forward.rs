//! Connections to ports of a pod (`portForward`).

use std::{collections::BTreeMap, io, net::Ipv4Addr, time::Duration};

use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::tcp::OwnedWriteHalf,
    sync::mpsc,
    time::timeout,
};
use tokio_util::task::AbortOnDropHandle;

use super::{
    Target,
    answer::{Answer, refuse},
    sessions::{CHUNK, WAITING, Wish, hand_on},
    spdy::{Connection, Frame, Headers},
    streams::{Bytes, Came, Channels, is_spdy_forward, upgrade, upgrade_forward},
};
use crate::kubelet::Kubelet;

/// How long a client has to take the last bytes and to hang up. Some (the official one of Python) lose what they have not yet passed on
/// once the connection ends.
const LAST_BYTES: Duration = Duration::from_secs(1);

pub fn port_forward(
    kubelet: &Kubelet,
    target: Target,
    request: Request<Incoming>,
) -> Response<Answer> {
    let kubelet = kubelet.clone();
    if is_spdy_forward(request.headers()) {
        return upgrade_forward(request, move |bytes| async move {
            if let Err(error) = forward_streams(kubelet, target, bytes).await {
                tracing::debug!(%error, "the connection of forwarded ports broke");
            }
        });
    }
    let wish = Wish::read(request.uri().query().unwrap_or_default());
    if wish.ports.is_empty() {
        return refuse(StatusCode::BAD_REQUEST, "ports must be named in the query");
    }
    upgrade(request, 0, move |channels| async move {
        forward(kubelet, target, wish.ports, channels).await;
    })
}

/// What is written to a forwarded port. Dropped, nothing more is.
struct Writing {
    /// Nothing once the client has said all: then the connection ends in that direction.
    typed: Option<mpsc::Sender<Vec<u8>>>,
    task: AbortOnDropHandle<()>,
}

impl Writing {
    fn to(mut port: OwnedWriteHalf) -> Self {
        let (typed, mut types) = mpsc::channel::<Vec<u8>>(WAITING);
        let task = tokio::spawn(async move {
            while let Some(bytes) = types.recv().await {
                if port.write_all(&bytes).await.is_err() {
                    return;
                }
            }
        });
        Self {
            typed: Some(typed),
            task: AbortOnDropHandle::new(task),
        }
    }

    /// Until all is written that came, or for a while.
    async fn finish(self) {
        drop(self.typed);
        let _ = timeout(LAST_BYTES, self.task).await;
    }
}

/// Two channels a port, data and error; each begins with the port's number.
async fn forward(kubelet: Kubelet, target: Target, ports: Vec<u16>, mut channels: Channels) {
    let (printed, mut print) = mpsc::channel::<(u8, Vec<u8>)>(WAITING);
    let mut writers: Vec<Option<Writing>> = Vec::new();
    let mut readers = Vec::new();
    for (at, port) in ports.iter().enumerate() {
        let Ok(data) = u8::try_from(at * 2) else {
            return;
        };
        let number = port.to_le_bytes();
        if !channels.send(data, &number).await || !channels.send(data + 1, &number).await {
            return;
        }
        let machine = &kubelet.node.machine;
        match machine
            .connect(&target.sandbox, Ipv4Addr::LOCALHOST, *port)
            .await
        {
            Ok(stream) => {
                let (mut reads, writes) = stream.into_split();
                let printed = printed.clone();
                readers.push(AbortOnDropHandle::new(tokio::spawn(async move {
                    let mut buffer = vec![0; CHUNK];
                    while let Ok(count @ 1..) = reads.read(&mut buffer).await {
                        if printed
                            .send((data, buffer[..count].to_vec()))
                            .await
                            .is_err()
                        {
                            return;
                        }
                    }
                })));
                writers.push(Some(Writing::to(writes)));
            }
            Err(error) => {
                let text = format!("error forwarding port {port} to pod: {error}");
                if !channels.send(data + 1, text.as_bytes()).await {
                    return;
                }
                writers.push(None);
            }
        }
    }
    drop(printed);
    let typed = |at: usize| writers.get(at)?.as_ref()?.typed.as_ref();
    let (mut held, mut held_for) = (None, 0);
    loop {
        tokio::select! {
            piece = print.recv() => match piece {
                Some((channel, bytes)) => if !channels.send(channel, &bytes).await {
                    break;
                },
                None => break,
            },
            is_taken = hand_on(typed(held_for), &mut held), if held.is_some() => if !is_taken {
                break;
            },
            came = channels.next(), if held.is_none() => match came {
                Some(Came::Data(channel, bytes)) => {
                    held_for = usize::from(channel / 2);
                    held = typed(held_for).is_some().then_some(bytes);
                }
                Some(Came::Closed(_)) => {}
                None => break,
            },
        }
    }
    let hung_up = async { while channels.next().await.is_some() {} };
    let _ = timeout(LAST_BYTES, hung_up).await;
    finish(writers.into_iter().flatten()).await;
}

async fn finish(all: impl Iterator<Item = Writing>) {
    futures_util::future::join_all(all.map(Writing::finish)).await;
}

/// A forwarded connection that a client begins with two streams.
#[derive(Default)]
struct Forwarded {
    errors: Option<u32>,
    writing: Option<Writing>,
    reader: Option<AbortOnDropHandle<()>>,
}

/// Forwarded connections at the same time, of one session.
const MOST_FORWARDED: usize = 128;

/// The streams of forwarded connections, each two: one of data, one for errors.
struct Forwards {
    kubelet: Kubelet,
    target: Target,
    connection: Connection<Bytes>,
    printed: mpsc::Sender<(u32, Vec<u8>)>,
    /// By the stream of data.
    all: BTreeMap<u32, Forwarded>,
    /// Streams for errors whose data are not there yet, by request.
    errors: BTreeMap<String, u32>,
}

async fn forward_streams(kubelet: Kubelet, target: Target, bytes: Bytes) -> io::Result<()> {
    let (printed, mut print) = mpsc::channel(WAITING);
    let mut forwards = Forwards {
        kubelet,
        target,
        connection: Connection::new(bytes)?,
        printed,
        all: BTreeMap::new(),
        errors: BTreeMap::new(),
    };
    let done = carry_streams(&mut forwards, &mut print).await;
    let all = forwards.all.into_values();
    finish(all.filter_map(|it| it.writing)).await;
    done
}

/// Until the client ends the connection.
async fn carry_streams(
    forwards: &mut Forwards,
    print: &mut mpsc::Receiver<(u32, Vec<u8>)>,
) -> io::Result<()> {
    let mut held = None;
    // Of which stream it is, and whether that ends with it.
    let (mut held_for, mut is_last) = (0, false);
    loop {
        let typed = forwards.all.get(&held_for);
        let typed = typed.and_then(|it| it.writing.as_ref()?.typed.as_ref());
        tokio::select! {
            Some((id, bytes)) = print.recv() => forwards.print(id, &bytes).await?,
            is_taken = hand_on(typed, &mut held), if held.is_some() => {
                if !is_taken || is_last {
                    forwards.hear_no_more(held_for);
                }
            }
            frame = forwards.connection.frames.recv(), if held.is_none() => match frame {
                None | Some(Frame::GoAway) => return Ok(()),
                Some(Frame::Data { id, bytes, ends }) => match bytes.is_empty() {
                    true if ends => forwards.hear_no_more(id),
                    true => {}
                    false => {
                        held = Some(bytes);
                        (held_for, is_last) = (id, ends);
                    }
                },
                Some(frame) => forwards.take(frame).await?,
            },
        }
    }
}

impl Forwards {
    /// Nothing is the end of what the port says.
    async fn print(&mut self, id: u32, bytes: &[u8]) -> io::Result<()> {
        let ends = bytes.is_empty();
        self.connection.writer.data(id, bytes, ends).await?;
        let done = if ends { self.all.remove(&id) } else { None };
        let Some(Forwarded {
            errors, writing, ..
        }) = done
        else {
            return Ok(());
        };
        if let Some(writing) = writing {
            tokio::spawn(writing.finish());
        }
        match errors {
            Some(errors) => self.connection.writer.data(errors, &[], true).await,
            None => Ok(()),
        }
    }

    /// The client has said all, or nobody listens to it.
    fn hear_no_more(&mut self, id: u32) {
        let forwarded = self.all.get_mut(&id);
        if let Some(writing) = forwarded.and_then(|it| it.writing.as_mut()) {
            writing.typed = None;
        }
    }

    async fn take(&mut self, frame: Frame) -> io::Result<()> {
        match frame {
            Frame::Ping { id } => self.connection.writer.pong(id).await?,
            Frame::Reset { id } => drop(self.all.remove(&id)),
            Frame::Stream { id, headers, .. } => self.begin(id, &headers).await?,
            Frame::Data { .. } | Frame::GoAway => {}
        }
        Ok(())
    }

    async fn begin(&mut self, id: u32, headers: &Headers) -> io::Result<()> {
        let told = |name: &str| headers.get(name).cloned().unwrap_or_default();
        let has_room = self.all.len() < MOST_FORWARDED && self.errors.len() < MOST_FORWARDED;
        let port = told("port").parse::<u16>().ok().filter(|_| has_room);
        let Some(port) = port else {
            return self.connection.writer.reset(id).await;
        };
        self.connection.writer.reply(id).await?;
        let request = told("requestid");
        if told("streamtype") == "error" {
            self.errors.insert(request, id);
            return Ok(());
        }
        let mut forwarded = Forwarded {
            errors: self.errors.remove(&request),
            ..Forwarded::default()
        };
        let machine = &self.kubelet.node.machine;
        match machine
            .connect(&self.target.sandbox, Ipv4Addr::LOCALHOST, port)
            .await
        {
            Ok(stream) => {
                let (mut reads, writes) = stream.into_split();
                let printed = self.printed.clone();
                forwarded.reader = Some(AbortOnDropHandle::new(tokio::spawn(async move {
                    let mut buffer = vec![0; CHUNK];
                    while let Ok(count @ 1..) = reads.read(&mut buffer).await {
                        if printed.send((id, buffer[..count].to_vec())).await.is_err() {
                            return;
                        }
                    }
                    let _ = printed.send((id, Vec::new())).await;
                })));
                forwarded.writing = Some(Writing::to(writes));
                self.all.insert(id, forwarded);
                Ok(())
            }
            Err(error) => {
                let text = format!("error forwarding port {port} to pod: {error}");
                if let Some(errors) = forwarded.errors {
                    self.connection
                        .writer
                        .data(errors, text.as_bytes(), true)
                        .await?;
                }
                self.connection.writer.data(id, &[], true).await
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_came_is_written_before_a_forwarded_connection_ends() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let near = tokio::net::TcpStream::connect(listener.local_addr().unwrap()).await;
        let (mut far, _) = listener.accept().await.unwrap();
        let (_reads, writes) = near.unwrap().into_split();
        let writing = Writing::to(writes);
        let typed = writing.typed.clone().unwrap();
        for piece in [b"one ", b"two "] {
            typed.send(piece.to_vec()).await.unwrap();
        }
        drop(typed);
        finish(std::iter::once(writing)).await;
        let mut heard = String::new();
        far.read_to_string(&mut heard).await.unwrap();
        assert_eq!(heard, "one two ");
    }
}
