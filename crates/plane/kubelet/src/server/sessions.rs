//! Sessions in containers: a further program (`exec`), connections to ports (`portForward`).

use std::{
    collections::BTreeMap,
    io::{self, Read as _, Write as _},
    net::Ipv4Addr,
    os::fd::{AsFd, OwnedFd},
    time::Duration,
};

use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use rustix::termios::{Winsize, tcsetwinsize};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::tcp::OwnedWriteHalf,
    sync::mpsc,
    time::timeout,
};
use tokio_util::task::AbortOnDropHandle;
use wharf_container::runtime::{ExecSession, ExecSpec};

use super::{
    Target,
    answer::{Answer, refuse},
    logs::run_of,
    spdy::{Connection, Frame, Headers},
    streams::{
        Bytes, Came, Channels, RESIZE, STDERR, STDIN, STDOUT, exited, failed, is_spdy_forward,
        upgrade, upgrade_forward,
    },
};
use crate::kubelet::Kubelet;

const CHUNK: usize = 16 << 10;
/// Pieces that wait for a slow end.
pub(super) const WAITING: usize = 16;
/// Others may hold the output of a program that ended open.
const QUIET: Duration = Duration::from_millis(300);
/// How long a client has to take the last bytes and to hang up. Some (the official one of Python) lose what they have not yet passed on
/// once the connection ends.
const LAST_BYTES: Duration = Duration::from_secs(1);
/// Ports of one session.
const MOST_PORTS: usize = 32;

/// What a session is to have.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Wish {
    pub(super) input: bool,
    pub(super) output: bool,
    pub(super) error: bool,
    tty: bool,
    command: Vec<String>,
    ports: Vec<u16>,
}

impl Wish {
    /// Those that a client that speaks SPDY begins: each that it wants, and one for errors.
    pub(super) fn streams(&self) -> usize {
        // A terminal has no errors of its own, and has sizes.
        let errors = self.error && !self.tty;
        1 + [self.input, self.output, errors, self.tty]
            .into_iter()
            .filter(|it| *it)
            .count()
    }

    pub(super) fn read(query: &str) -> Self {
        let mut wish = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let is_set = matches!(&*value, "1" | "true");
            match &*name {
                "input" | "stdin" => wish.input = is_set,
                "output" | "stdout" => wish.output = is_set,
                "error" | "stderr" => wish.error = is_set,
                "tty" => wish.tty = is_set,
                "command" => wish.command.push(value.into_owned()),
                "ports" | "port" => {
                    let each = value.split(',').filter_map(|it| it.parse::<u16>().ok());
                    wish.ports.extend(each.take(MOST_PORTS));
                }
                _ => {}
            }
        }
        wish
    }
}

pub fn exec(kubelet: &Kubelet, target: Target, request: Request<Incoming>) -> Response<Answer> {
    let wish = Wish::read(request.uri().query().unwrap_or_default());
    if wish.command.is_empty() {
        return refuse(
            StatusCode::BAD_REQUEST,
            "you must specify at least 1 command",
        );
    }
    let kubelet = kubelet.clone();
    upgrade(request, wish.streams(), move |channels| async move {
        run_exec(kubelet, target, wish, channels).await;
    })
}

async fn run_exec(kubelet: Kubelet, target: Target, wish: Wish, mut channels: Channels) {
    let machine = &kubelet.node.machine;
    let begun = async {
        let run = run_of(&**machine, &target, false).await?;
        let spec = ExecSpec {
            argv: wish.command.clone(),
            tty: wish.tty,
            bound: true,
            ..ExecSpec::default()
        };
        machine.exec(&target.sandbox, &run, &spec).await
    };
    let session = match begun.await {
        Ok(session) => session,
        Err(why) => return channels.finish(&failed(&why)).await,
    };
    // Says that there is a session.
    let first = if wish.output { STDOUT } else { STDERR };
    if !channels.send(first, &[]).await {
        return;
    }
    let how = carry(session, &wish, &mut channels).await;
    if let Some(how) = how {
        channels.finish(&how).await;
    }
}

/// Until the program has ended and all it printed is sent; `None` if the caller went away, which ends it.
async fn carry(mut session: ExecSession, wish: &Wish, channels: &mut Channels) -> Option<Value> {
    let (printed, mut print) = mpsc::channel::<(u8, Vec<u8>)>(WAITING);
    let (typed, mut types) = mpsc::channel::<Vec<u8>>(WAITING);
    let mut tasks = Vec::new();
    let terminal = session.terminal.take();
    if let Some(terminal) = &terminal {
        let (reads, writes) = (terminal.try_clone().ok()?, terminal.try_clone().ok()?);
        read_terminal(reads, printed.clone());
        write_terminal(writes, types);
    } else {
        for (channel, pipe, wanted) in [
            (STDOUT, session.stdout.take(), wish.output),
            (STDERR, session.stderr.take(), wish.error),
        ] {
            let Some(mut pipe) = pipe else { continue };
            let printed = printed.clone();
            tasks.push(AbortOnDropHandle::new(tokio::spawn(async move {
                let mut buffer = vec![0; CHUNK];
                while let Ok(count @ 1..) = pipe.read(&mut buffer).await {
                    let piece = (channel, buffer[..count].to_vec());
                    // What nobody wants is read all the same, so that the program goes on.
                    if wanted && printed.send(piece).await.is_err() {
                        return;
                    }
                }
            })));
        }
        let stdin = session.stdin.take();
        tasks.push(AbortOnDropHandle::new(tokio::spawn(async move {
            let Some(mut stdin) = stdin else { return };
            while let Some(bytes) = types.recv().await {
                if stdin.write_all(&bytes).await.is_err() {
                    return;
                }
            }
        })));
    }
    drop(printed);
    let mut typed = Some(typed).filter(|_| wish.input);
    let mut held = None;
    let mut code = None;
    let mut open = true;
    // A wait that is given up may have read half of its answer; dropped, it ends the program.
    let mut waiting = AbortOnDropHandle::new(tokio::spawn(async move { session.wait().await }));
    loop {
        if let (Some(code), false) = (code, open) {
            return Some(exited(code));
        }
        tokio::select! {
            piece = next_piece(&mut print, code.is_some()), if open => match piece {
                Some((channel, bytes)) => if !channels.send(channel, &bytes).await {
                    return None;
                },
                None => open = false,
            },
            ended = &mut waiting, if code.is_none() => {
                // A shim that died took the program along.
                code = Some(ended.ok().and_then(Result::ok).unwrap_or(137));
            }
            is_taken = hand_on(typed.as_ref(), &mut held), if held.is_some() => if !is_taken {
                // One that reads nothing any more takes nothing.
                typed = None;
            },
            came = channels.next(), if held.is_none() => match came? {
                Came::Data(STDIN, bytes) => held = typed.is_some().then_some(bytes),
                Came::Data(RESIZE, bytes) => {
                    if let Some(terminal) = &terminal {
                        resize(terminal, &bytes);
                    }
                }
                Came::Closed(STDIN) => typed = None,
                Came::Data(..) | Came::Closed(_) => {}
            },
        }
    }
}

/// Hands on what came as soon as there is room for it; whether somebody still takes it. Who waits here goes on to send what is printed:
/// a program that answers while it reads would wait for ever.
async fn hand_on(typed: Option<&mpsc::Sender<Vec<u8>>>, held: &mut Option<Vec<u8>>) -> bool {
    let room = match typed {
        Some(typed) => typed.reserve().await.ok(),
        None => None,
    };
    let bytes = held.take();
    match (room, bytes) {
        (Some(room), Some(bytes)) => {
            room.send(bytes);
            true
        }
        (room, _) => room.is_some(),
    }
}

/// After the program's end its output ends when nothing comes for a while.
async fn next_piece(
    print: &mut mpsc::Receiver<(u8, Vec<u8>)>,
    has_ended: bool,
) -> Option<(u8, Vec<u8>)> {
    match has_ended {
        true => timeout(QUIET, print.recv()).await.ok().flatten(),
        false => print.recv().await,
    }
}

/// Reads on a thread of its own, which ends with the program's side of the terminal.
fn read_terminal(terminal: OwnedFd, printed: mpsc::Sender<(u8, Vec<u8>)>) {
    // Not of the pool that others need: it ends when the last program lets go of the terminal.
    std::thread::spawn(move || {
        let mut file = std::fs::File::from(terminal);
        let mut buffer = vec![0; CHUNK];
        while let Ok(count @ 1..) = file.read(&mut buffer) {
            if printed
                .blocking_send((STDOUT, buffer[..count].to_vec()))
                .is_err()
            {
                return;
            }
        }
    });
}

fn write_terminal(terminal: OwnedFd, mut typed: mpsc::Receiver<Vec<u8>>) {
    std::thread::spawn(move || {
        let mut file = std::fs::File::from(terminal);
        while let Some(bytes) = typed.blocking_recv() {
            if file.write_all(&bytes).is_err() {
                return;
            }
        }
    });
}

/// `{"Width":80,"Height":24}`
pub(super) fn resize(terminal: &impl AsFd, told: &[u8]) {
    let Ok(told) = serde_json::from_slice::<Value>(told) else {
        return;
    };
    let side = |name: &str| told[name].as_u64().and_then(|it| u16::try_from(it).ok());
    if let (Some(columns), Some(rows)) = (side("Width"), side("Height")) {
        let size = Winsize {
            ws_row: rows,
            ws_col: columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        // A terminal that is gone needs no size.
        let _ = tcsetwinsize(terminal, size);
    }
}

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
    async fn what_has_no_room_yet_waits_and_is_not_lost() {
        let (typed, mut types) = mpsc::channel(1);
        typed.send(b"first".to_vec()).await.unwrap();
        let mut held = Some(b"second".to_vec());
        // Given up, as by whoever has something to send meanwhile.
        let given_up = timeout(Duration::ZERO, hand_on(Some(&typed), &mut held)).await;
        assert!(given_up.is_err() && held.is_some());
        assert_eq!(types.recv().await.unwrap(), b"first");
        assert!(hand_on(Some(&typed), &mut held).await && held.is_none());
        assert_eq!(types.recv().await.unwrap(), b"second");
        drop(types);
        held = Some(Vec::new());
        assert!(!hand_on(Some(&typed), &mut held).await && held.is_none());
        held = Some(Vec::new());
        assert!(!hand_on(None, &mut held).await && held.is_none());
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

    #[test]
    fn wishes() {
        let wish = Wish::read(
            "input=1&output=1&tty=1&command=sh&command=-c&command=echo+a%26b&ports=80,x,81",
        );
        let wanted = Wish {
            input: true,
            output: true,
            error: false,
            tty: true,
            command: ["sh", "-c", "echo a&b"].map(str::to_owned).to_vec(),
            ports: vec![80, 81],
        };
        assert_eq!(wish, wanted);
    }
}
