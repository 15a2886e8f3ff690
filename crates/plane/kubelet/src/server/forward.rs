//! Connections to ports of a pod (`portForward`).

use std::{collections::BTreeMap, io, net::Ipv4Addr, time::Duration};

use futures_util::{FutureExt as _, StreamExt as _, future::BoxFuture, stream::SplitSink};
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpStream, tcp::OwnedWriteHalf},
    sync::mpsc,
    time::timeout,
};
use tokio_tungstenite::{WebSocketStream, tungstenite::Message};
use tokio_util::task::AbortOnDropHandle;

use super::{
    Target,
    answer::{Answer, refuse},
    channels::{Brought, Came, Channels, brought},
    sessions::{CHUNK, WAITING, Wish, hand_on},
    spdy::{Connection, Frame, Headers, Writer},
    streams::{Bytes, is_spdy_forward, pass, pings, upgrade, upgrade_forward},
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
    let ports = ports_of(kubelet.clone(), target);
    if is_spdy_forward(request.headers()) {
        return upgrade_forward(request, move |bytes| async move {
            if let Err(error) = forward_streams(ports, bytes).await {
                tracing::debug!(%error, "the connection of forwarded ports broke");
            }
        });
    }
    let wish = Wish::read(request.uri().query().unwrap_or_default());
    if wish.ports.is_empty() {
        return refuse(StatusCode::BAD_REQUEST, "ports must be named in the query");
    }
    upgrade(request, 0, move |channels| async move {
        // Over SPDY they come as streams, above.
        if let Channels::WebSocket(socket, _) = channels {
            forward(ports, wish.ports, *socket).await;
        }
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

/// Says something on a channel; whether it was taken.
async fn tell<S>(
    sends: &mut SplitSink<WebSocketStream<S>, Message>,
    channel: u8,
    bytes: &[u8],
) -> bool
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let message = [&[channel][..], bytes].concat();
    pass(sends, Message::Binary(message.into())).await
}

/// Two channels a port, data and error; each begins with the port's number. A client that takes nothing is heard all the same.
async fn forward<S>(connect: Ports, ports: Vec<u16>, socket: WebSocketStream<S>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (mut sends, mut takes) = socket.split();
    let (printed, mut print) = mpsc::channel::<(u8, Vec<u8>)>(WAITING);
    let mut writers: Vec<Option<Writing>> = Vec::new();
    let mut readers = Vec::new();
    for (at, port) in ports.iter().enumerate() {
        let Ok(data) = u8::try_from(at * 2) else {
            return;
        };
        let number = port.to_le_bytes();
        if !tell(&mut sends, data, &number).await || !tell(&mut sends, data + 1, &number).await {
            return;
        }
        match connect(*port).await {
            Ok(stream) => {
                let (mut reads, writes) = stream.into_split();
                let printed = printed.clone();
                readers.push(AbortOnDropHandle::new(tokio::spawn(async move {
                    let mut buffer = vec![0; CHUNK];
                    while let Ok(count @ 1..) = reads.read(&mut buffer).await {
                        let piece = (data, buffer[..count].to_vec());
                        if printed.send(piece).await.is_err() {
                            return;
                        }
                    }
                })));
                writers.push(Some(Writing::to(writes)));
            }
            Err(error) => {
                let text = format!("error forwarding port {port} to pod: {error}");
                if !tell(&mut sends, data + 1, text.as_bytes()).await {
                    return;
                }
                writers.push(None);
            }
        }
    }
    drop(printed);
    let said = async {
        let mut pings = pings();
        loop {
            let is_taken = tokio::select! {
                piece = print.recv() => match piece {
                    Some((channel, bytes)) => tell(&mut sends, channel, &bytes).await,
                    None => return,
                },
                _ = pings.tick() => pass(&mut sends, Message::Ping(Default::default())).await,
            };
            if !is_taken {
                return;
            }
        }
    };
    let heard = async {
        let (mut held, mut held_for) = (None, 0);
        loop {
            let typed = writers.get(held_for);
            let typed = typed.and_then(|it| it.as_ref()?.typed.as_ref());
            tokio::select! {
                is_taken = hand_on(typed, &mut held), if held.is_some() => {
                    // Its port takes nothing any more; others go on.
                    if !is_taken && let Some(writer) = writers.get_mut(held_for) {
                        *writer = None;
                    }
                }
                message = takes.next(), if held.is_none() => {
                    let Some(Ok(message)) = message else { return };
                    match brought(message) {
                        Brought::Came(Came::Data(channel, bytes)) if channel % 2 == 0 => {
                            held = Some(bytes);
                            held_for = usize::from(channel / 2);
                        }
                        Brought::End => return,
                        Brought::Came(_) | Brought::Nothing => {}
                    }
                }
            }
        }
    };
    tokio::select! {
        () = said => {}
        () = heard => {}
    }
    let hung_up = async { while let Some(Ok(_)) = takes.next().await {} };
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
/// Answers that a client has not taken yet. One that asks for more takes none at all.
const MOST_ANSWERS: usize = 1024;

/// Connects to a port of the pod.
type Ports = Box<dyn Fn(u16) -> BoxFuture<'static, io::Result<TcpStream>> + Send + Sync>;

fn ports_of(kubelet: Kubelet, target: Target) -> Ports {
    Box::new(move |port| {
        let (machine, sandbox) = (kubelet.node.machine.clone(), target.sandbox.clone());
        async move { machine.connect(&sandbox, Ipv4Addr::LOCALHOST, port).await }.boxed()
    })
}

/// What is said to a client about its streams.
enum Answered {
    Reply(u32),
    Reset(u32),
    Pong(u32),
    /// The last of a stream.
    Last(u32, Vec<u8>),
}

/// The streams of forwarded connections, each two: one of data, one for errors.
struct Forwards {
    ports: Ports,
    answers: mpsc::Sender<Answered>,
    printed: mpsc::Sender<(u32, Vec<u8>)>,
    /// By the stream of data.
    all: BTreeMap<u32, Forwarded>,
    /// Streams for errors whose data are not there yet, by request.
    errors: BTreeMap<String, u32>,
}

/// A client that takes nothing is heard all the same: it may have much to say before it listens. So what is said to it waits by itself.
async fn forward_streams(ports: Ports, bytes: Bytes) -> io::Result<()> {
    let (printed, print) = mpsc::channel(WAITING);
    let (answers, answer) = mpsc::channel(MOST_ANSWERS);
    let (told, ended) = mpsc::channel(MOST_FORWARDED);
    let mut connection: Connection<Bytes> = Connection::new(bytes)?;
    let mut forwards = Forwards {
        ports,
        answers,
        printed,
        all: BTreeMap::new(),
        errors: BTreeMap::new(),
    };
    let done = tokio::select! {
        done = hear(&mut forwards, &mut connection.frames, ended) => done,
        done = say(&mut connection.writer, answer, print, told) => done,
    };
    let all = forwards.all.into_values();
    finish(all.filter_map(|it| it.writing)).await;
    done
}

/// Until the client ends the connection. `ended`: streams of which all is said that their ports had to say.
async fn hear(
    forwards: &mut Forwards,
    frames: &mut mpsc::Receiver<Frame>,
    mut ended: mpsc::Receiver<u32>,
) -> io::Result<()> {
    let mut held = None;
    // Of which stream it is, and whether that ends with it.
    let (mut held_for, mut is_last) = (0, false);
    loop {
        let typed = forwards.all.get(&held_for);
        let typed = typed.and_then(|it| it.writing.as_ref()?.typed.as_ref());
        tokio::select! {
            Some(id) = ended.recv() => forwards.end(id)?,
            is_taken = hand_on(typed, &mut held), if held.is_some() => {
                if !is_taken || is_last && held.is_none() {
                    forwards.hear_no_more(held_for);
                }
            }
            frame = frames.recv(), if held.is_none() => match frame {
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

/// Answers come first, so that a stream is taken before it says anything. Nothing of `print` is the end of what a port says.
async fn say<S: AsyncWrite + Unpin>(
    writer: &mut Writer<S>,
    mut answers: mpsc::Receiver<Answered>,
    mut print: mpsc::Receiver<(u32, Vec<u8>)>,
    told: mpsc::Sender<u32>,
) -> io::Result<()> {
    let mut pings = pings();
    loop {
        tokio::select! {
            biased;
            Some(answer) = answers.recv() => match answer {
                Answered::Reply(id) => writer.reply(id).await?,
                Answered::Reset(id) => writer.reset(id).await?,
                Answered::Pong(id) => writer.pong(id).await?,
                Answered::Last(id, bytes) => writer.data(id, &bytes, true).await?,
            },
            Some((id, bytes)) = print.recv() => {
                let ends = bytes.is_empty();
                writer.data(id, &bytes, ends).await?;
                if ends && told.send(id).await.is_err() {
                    return Ok(());
                }
            }
            _ = pings.tick() => writer.ping().await?,
        }
    }
}

impl Forwards {
    fn answer(&self, answer: Answered) -> io::Result<()> {
        let sent = self.answers.try_send(answer);
        sent.map_err(|_| io::Error::other("the client takes no answers"))
    }

    /// The port has said all.
    fn end(&mut self, id: u32) -> io::Result<()> {
        let Some(Forwarded {
            errors, writing, ..
        }) = self.all.remove(&id)
        else {
            return Ok(());
        };
        if let Some(writing) = writing {
            tokio::spawn(writing.finish());
        }
        match errors {
            Some(errors) => self.answer(Answered::Last(errors, Vec::new())),
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
            Frame::Ping { id } => self.answer(Answered::Pong(id))?,
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
            return self.answer(Answered::Reset(id));
        };
        self.answer(Answered::Reply(id))?;
        let request = told("requestid");
        if told("streamtype") == "error" {
            self.errors.insert(request, id);
            return Ok(());
        }
        let mut forwarded = Forwarded {
            errors: self.errors.remove(&request),
            ..Forwarded::default()
        };
        match (self.ports)(port).await {
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
                    self.answer(Answered::Last(errors, text.into_bytes()))?;
                }
                self.answer(Answered::Last(id, Vec::new()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;
    use tokio_tungstenite::tungstenite::protocol::Role;

    use super::*;
    use crate::server::{
        spdy::{Reader, made},
        streams::websocket,
    };

    /// A port that says `all` bytes while it hears up to `most`, and ends when both are done; how much it heard.
    async fn talks(listener: TcpListener, all: usize, most: usize) -> usize {
        let (stream, _) = listener.accept().await.unwrap();
        let (mut reads, mut writes) = stream.into_split();
        let saying = async {
            writes.write_all(&vec![2_u8; all]).await.unwrap();
        };
        let hearing = async {
            let (mut heard, mut buffer) = (0, vec![0; CHUNK]);
            while heard < most
                && let Ok(count @ 1..) = reads.read(&mut buffer).await
            {
                heard += count;
            }
            heard
        };
        tokio::join!(saying, hearing).1
    }

    /// More than sockets hold.
    const ALL: usize = 24 << 20;

    #[tokio::test]
    async fn a_client_that_says_all_before_it_listens_is_heard() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let port = tokio::spawn(talks(listener, ALL, usize::MAX));
        let ports: Ports = Box::new(move |_: u16| TcpStream::connect(address).boxed());
        let (near, far) = tokio::io::duplex(CHUNK);
        let session = tokio::spawn(forward_streams(ports, Box::new(far)));
        let (reads, mut writes) = tokio::io::split(near);
        let client = async {
            let mut packer = made::packer();
            for (id, kind) in [(1, "error"), (3, "data")] {
                let pairs = [("streamtype", kind), ("port", "80"), ("requestid", "0")];
                let frame = made::begin(&mut packer, id, &pairs);
                writes.write_all(&frame).await.unwrap();
            }
            let frame = made::data(3, &vec![1; CHUNK], false);
            for _ in 0..ALL / CHUNK / 4 {
                writes.write_all(&made::ping(5)).await.unwrap();
                for _ in 0..4 {
                    writes.write_all(&frame).await.unwrap();
                }
            }
            writes.write_all(&made::data(3, &[], true)).await.unwrap();
            let mut reader = Reader::new(reads);
            let (mut heard, mut pongs, mut open) = (0, 0, 2);
            while open > 0 {
                match reader.next().await.unwrap().unwrap() {
                    Frame::Data { id, bytes, ends } => {
                        assert!(id == 3 || bytes.is_empty(), "an error: {bytes:?}");
                        heard += bytes.len();
                        open -= usize::from(ends);
                    }
                    Frame::Ping { id: 5 } => pongs += 1,
                    other => panic!("{other:?}"),
                }
            }
            (heard, pongs)
        };
        let heard = timeout(Duration::from_secs(60), client).await.unwrap();
        assert_eq!(heard, (ALL, ALL / CHUNK / 4));
        assert_eq!(port.await.unwrap(), ALL);
        drop(writes);
        session.abort();
    }

    #[tokio::test]
    async fn channels_of_a_client_that_does_not_listen_are_heard() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let port = tokio::spawn(talks(listener, ALL, ALL));
        let ports: Ports = Box::new(move |_: u16| TcpStream::connect(address).boxed());
        let (near, far) = tokio::io::duplex(CHUNK);
        let session = async { forward(ports, vec![80], websocket(far).await).await };
        let client = async {
            let socket = WebSocketStream::from_raw_socket(near, Role::Client, None).await;
            let (mut sends, mut takes) = socket.split();
            for _ in 0..ALL / CHUNK {
                assert!(tell(&mut sends, 0, &[1; CHUNK]).await);
                // What comes on the channel for errors is nobody's.
                assert!(tell(&mut sends, 1, b"lost").await);
            }
            let mut heard = 0;
            while let Some(Ok(message)) = takes.next().await {
                if let Brought::Came(Came::Data(0, bytes)) = brought(message) {
                    heard += bytes.len();
                }
            }
            heard
        };
        let all = async { tokio::join!(session, client).1 };
        let heard = timeout(Duration::from_secs(60), all).await.unwrap();
        // Behind the port's number.
        assert_eq!(heard, 2 + ALL);
        assert_eq!(port.await.unwrap(), ALL);
    }

    /// Time passes while nothing else happens.
    #[tokio::test(start_paused = true)]
    async fn a_client_that_is_gone_is_noticed_while_its_port_takes_nothing() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let port = tokio::spawn(async move { listener.accept().await.unwrap() });
        let ports: Ports = Box::new(move |_: u16| TcpStream::connect(address).boxed());
        let (mut near, far) = tokio::io::duplex(CHUNK);
        let session = tokio::spawn(forward_streams(ports, Box::new(far)));
        let mut packer = made::packer();
        for (id, kind) in [(1, "error"), (3, "data")] {
            let pairs = [("streamtype", kind), ("port", "80"), ("requestid", "0")];
            let frame = made::begin(&mut packer, id, &pairs);
            near.write_all(&frame).await.unwrap();
        }
        let port = port.await.unwrap();
        let frames = made::data(3, &vec![1; CHUNK], false).repeat(ALL / CHUNK);
        let (mut sent, mut stalls) = (0, 0);
        // Until all on the way is full.
        while stalls < 10 {
            match timeout(Duration::from_secs(1), near.write(&frames[sent..])).await {
                Ok(count) => {
                    stalls = 0;
                    sent += count.unwrap();
                }
                Err(_) => stalls += 1,
            }
        }
        assert!(sent < frames.len());
        drop(near);
        let ended = timeout(Duration::from_hours(1), session).await;
        let _ = ended.unwrap().unwrap();
        drop(port);
    }

    #[tokio::test]
    async fn a_client_that_takes_no_answers_is_left() {
        let ports: Ports = Box::new(|_: u16| {
            async { Err::<TcpStream, _>(io::Error::from(io::ErrorKind::NotFound)) }.boxed()
        });
        let (mut near, far) = tokio::io::duplex(CHUNK);
        let session = tokio::spawn(forward_streams(ports, Box::new(far)));
        // Until the other end is gone.
        while near.write_all(&made::ping(7)).await.is_ok() {}
        assert!(session.await.unwrap().is_err());
    }

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
