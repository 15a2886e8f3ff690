//! Sessions in containers: a further program (`exec`).

use std::{
    io::{Read as _, Write as _},
    os::fd::{AsFd, OwnedFd},
    time::Duration,
};

use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use rustix::termios::{Winsize, tcsetwinsize};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::unix::pipe::{Receiver, Sender},
    sync::mpsc,
    time::timeout,
};
use tokio_util::task::AbortOnDropHandle;
use wharf_base::Chain;
use wharf_container::runtime::{ExecSession, ExecSpec};

use super::{
    Target,
    answer::{Answer, refuse},
    channels::{Came, Channels, Hears, RESIZE, STDERR, STDIN, STDOUT, Says, exited, failed},
    logs::{NoRun, run_of},
    streams::upgrade,
};
use crate::kubelet::Kubelet;

pub(super) const CHUNK: usize = 16 << 10;
/// What waits of what a caller sends, by pieces: clients send as much at once, and one that sends more has no more waiting.
pub(super) const PIECE: usize = 32 << 10;
/// Pieces that wait for a slow end.
pub(super) const WAITING: usize = 16;
/// Others may hold the output of a program that ended open.
const QUIET: Duration = Duration::from_millis(300);
/// The code of a program that was killed.
const KILLED: i32 = 137;
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
    pub(super) ports: Vec<u16>,
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

async fn run_exec(kubelet: Kubelet, target: Target, wish: Wish, channels: Channels) {
    let (mut says, mut hears) = channels.split();
    let machine = &kubelet.node.machine;
    let begun = async {
        let run = run_of(&**machine, &target, false).await?;
        let spec = ExecSpec {
            argv: wish.command.clone(),
            tty: wish.tty,
            bound: true,
            ..ExecSpec::default()
        };
        Ok::<_, NoRun>(machine.exec(&target.sandbox, &run, &spec).await?)
    };
    let session = match begun.await {
        Ok(session) => session,
        Err(why) => {
            let why = Chain(&why).to_string();
            return says.finish(hears, &failed(&why)).await;
        }
    };
    // Says that there is a session.
    let first = if wish.output { STDOUT } else { STDERR };
    if !says.send(first, &[]).await {
        return;
    }
    let how = carry(Program::of(session), &wish, &mut says, &mut hears).await;
    if let Some(how) = how {
        says.finish(hears, &how).await;
    }
}

/// What a session has of its program. Dropped, the program ends.
struct Program {
    stdin: Option<Sender>,
    stdout: Option<Receiver>,
    stderr: Option<Receiver>,
    terminal: Option<OwnedFd>,
    /// How it ended.
    ended: AbortOnDropHandle<i32>,
}

impl Program {
    fn of(mut session: ExecSession) -> Self {
        Self {
            stdin: session.stdin.take(),
            stdout: session.stdout.take(),
            stderr: session.stderr.take(),
            terminal: session.terminal.take(),
            // A wait that is given up may have read half of its answer; dropped, it ends the program.
            ended: AbortOnDropHandle::new(tokio::spawn(async move {
                session.wait().await.unwrap_or(KILLED)
            })),
        }
    }
}

/// Until the program has ended and all it printed is sent; `None` if the caller went away, which ends it. A caller that takes nothing is
/// heard all the same, and one that says nothing is told all.
async fn carry(program: Program, wish: &Wish, says: &mut Says, hears: &mut Hears) -> Option<Value> {
    let (printed, mut print) = mpsc::channel::<(u8, Vec<u8>)>(WAITING);
    let (typed, mut types) = mpsc::channel::<Vec<u8>>(WAITING);
    let mut tasks = Vec::new();
    let terminal = program.terminal;
    if let Some(terminal) = &terminal {
        let (reads, writes) = (terminal.try_clone().ok()?, terminal.try_clone().ok()?);
        read_terminal(reads, printed.clone());
        write_terminal(writes, types);
    } else {
        for (channel, pipe, wanted) in [
            (STDOUT, program.stdout, wish.output),
            (STDERR, program.stderr, wish.error),
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
        let stdin = program.stdin;
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
    let mut ended = program.ended;
    let said = async {
        let (mut code, mut open) = (None, true);
        loop {
            if let (Some(code), false) = (code, open) {
                return Some(exited(code));
            }
            tokio::select! {
                piece = next_piece(&mut print, code.is_some()), if open => match piece {
                    Some((channel, bytes)) => if !says.send(channel, &bytes).await {
                        return None;
                    },
                    None => open = false,
                },
                // A shim that died took the program along.
                how = &mut ended, if code.is_none() => code = Some(how.unwrap_or(KILLED)),
                due = says.due() => if !says.answer(due).await {
                    return None;
                },
            }
        }
    };
    let heard = async {
        let (mut typed, mut held) = (Some(typed).filter(|_| wish.input), None);
        loop {
            tokio::select! {
                is_taken = hand_on(typed.as_ref(), &mut held), if held.is_some() => if !is_taken {
                    // One that reads nothing any more takes nothing.
                    typed = None;
                },
                came = hears.next(), if held.is_none() => match came {
                    None => return,
                    Some(Came::Data(STDIN, bytes)) => held = typed.is_some().then_some(bytes),
                    Some(Came::Data(RESIZE, bytes)) => {
                        if let Some(terminal) = &terminal {
                            resize(terminal, &bytes);
                        }
                    }
                    Some(Came::Closed(STDIN)) => typed = None,
                    Some(Came::Data(..) | Came::Closed(_)) => {}
                },
            }
        }
    };
    tokio::select! {
        how = said => how,
        () = heard => None,
    }
}

/// Hands on what came, or the first piece of it, as soon as there is room for it; whether somebody still takes it. Who waits here goes on
/// to send what is printed: a program that answers while it reads would wait for ever.
pub(super) async fn hand_on(
    typed: Option<&mpsc::Sender<Vec<u8>>>,
    held: &mut Option<Vec<u8>>,
) -> bool {
    let room = match typed {
        Some(typed) => typed.reserve().await.ok(),
        None => None,
    };
    let bytes = held.take();
    match (room, bytes) {
        (Some(room), Some(mut bytes)) => {
            if bytes.len() > PIECE {
                room.send(bytes.drain(..PIECE).collect());
                *held = Some(bytes);
            } else {
                // It may be what is left of something large.
                bytes.shrink_to_fit();
                room.send(bytes);
            }
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

#[cfg(test)]
mod tests {
    use futures_util::{SinkExt as _, StreamExt as _};
    use tokio::net::unix::pipe::pipe;
    use tokio_tungstenite::{
        WebSocketStream,
        tungstenite::{Message, protocol::Role},
    };

    use super::*;
    use crate::server::{
        channels::{Brought, Ends, brought},
        streams::{Bytes, websocket},
    };

    /// More than pipes and sockets hold.
    const ALL: usize = 4 << 20;

    /// A program that prints `ALL` bytes while it reads as many, and ends when both are done.
    fn talks() -> Program {
        let ((stdin, mut reads), (mut prints, stdout)) = (pipe().unwrap(), pipe().unwrap());
        let ended = tokio::spawn(async move {
            let (mut heard, mut buffer) = (0, vec![0; CHUNK]);
            let printing = async {
                prints.write_all(&vec![2_u8; ALL]).await.unwrap();
                drop(prints);
            };
            let reading = async {
                while heard < ALL
                    && let Ok(count @ 1..) = reads.read(&mut buffer).await
                {
                    heard += count;
                }
            };
            tokio::join!(printing, reading);
            i32::from(heard != ALL)
        });
        Program {
            stdin: Some(stdin),
            stdout: Some(stdout),
            stderr: None,
            terminal: None,
            ended: AbortOnDropHandle::new(ended),
        }
    }

    #[tokio::test]
    async fn a_client_that_says_all_before_it_listens_is_heard() {
        let wish = Wish::read("input=1&output=1&command=talks");
        let (near, far) = tokio::io::duplex(CHUNK);
        let session = async {
            let far: Bytes = Box::new(far);
            let socket = Box::new(websocket(far).await);
            let (mut says, mut hears) = Channels::WebSocket(socket, Ends::AsStatus).split();
            let how = carry(talks(), &wish, &mut says, &mut hears).await;
            says.finish(hears, &how.unwrap()).await;
        };
        let client = async {
            let socket = WebSocketStream::from_raw_socket(near, Role::Client, None).await;
            let (mut sends, mut takes) = socket.split();
            for _ in 0..ALL / CHUNK {
                let mut piece = vec![1; 1 + CHUNK];
                piece[0] = STDIN;
                sends.send(Message::Binary(piece.into())).await.unwrap();
            }
            let (mut heard, mut how) = (0, None);
            while let Some(Ok(message)) = takes.next().await {
                match brought(message) {
                    Brought::Came(Came::Data(STDOUT, bytes)) => heard += bytes.len(),
                    Brought::Came(Came::Data(_, bytes)) => how = Some(bytes),
                    _ => {}
                }
            }
            (heard, how.unwrap())
        };
        let all = async { tokio::join!(session, client).1 };
        let (heard, how) = timeout(Duration::from_secs(60), all).await.unwrap();
        assert_eq!(heard, ALL);
        assert_eq!(how, exited(0).to_string().into_bytes());
    }

    /// Time passes while nothing else happens.
    #[tokio::test(start_paused = true)]
    async fn a_client_that_is_gone_is_noticed_while_its_program_reads_nothing() {
        let wish = Wish::read("input=1&output=1&command=sleep");
        let (near, far) = tokio::io::duplex(CHUNK);
        // It prints nothing, but might.
        let ((stdin, reads), (prints, stdout)) = (pipe().unwrap(), pipe().unwrap());
        let program = Program {
            stdin: Some(stdin),
            stdout: Some(stdout),
            stderr: None,
            terminal: None,
            ended: AbortOnDropHandle::new(tokio::spawn(std::future::pending())),
        };
        let session = async {
            let far: Bytes = Box::new(far);
            let socket = Box::new(websocket(far).await);
            let (mut says, mut hears) = Channels::WebSocket(socket, Ends::AsStatus).split();
            carry(program, &wish, &mut says, &mut hears).await
        };
        let client = async {
            let socket = WebSocketStream::from_raw_socket(near, Role::Client, None).await;
            let (mut sends, _takes) = socket.split();
            let mut stalls = 0;
            // Until all on the way is full.
            while stalls < 10 {
                let mut piece = vec![1; 1 + CHUNK];
                piece[0] = STDIN;
                let sending = sends.send(Message::Binary(piece.into()));
                match timeout(Duration::from_secs(1), sending).await {
                    Ok(sent) => sent.unwrap(),
                    Err(_) => stalls += 1,
                }
            }
        };
        let all = async { tokio::join!(session, client).0 };
        let how = timeout(Duration::from_hours(1), all).await.unwrap();
        assert_eq!(how, None);
        drop((reads, prints));
    }

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
        // Of something large a piece at a time waits.
        held = Some([vec![1; PIECE], vec![2; 3]].concat());
        assert!(hand_on(Some(&typed), &mut held).await && held.is_some());
        assert_eq!(types.recv().await.unwrap(), [1; PIECE]);
        assert!(hand_on(Some(&typed), &mut held).await && held.is_none());
        assert_eq!(types.recv().await.unwrap(), [2; 3]);
        drop(types);
        held = Some(Vec::new());
        assert!(!hand_on(Some(&typed), &mut held).await && held.is_none());
        held = Some(Vec::new());
        assert!(!hand_on(None, &mut held).await && held.is_none());
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
