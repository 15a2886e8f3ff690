//! `wharf exec`: a command in a container of a running task, over a session of ECS Exec.
//!
//! With a terminal on both sides the command gets one too, of the same size; else standard input,
//! output and error are passed on as they are. The exit code is the command's.

pub mod terminal;

use std::{
    io::{IsTerminal, Read, Write},
    process::ExitCode,
    time::{Duration, Instant},
};

use tokio::{
    signal::unix::{SignalKind, signal},
    sync::mpsc,
    time::{interval, sleep_until},
};
use wharf_agent::client::{
    Api,
    websocket::{Frame, Socket, SocketError},
};
use wharf_api_ecs::types::*;
use wharf_base::{Clock, SystemClock, ids};
use wharf_datachannel::{
    Kind, Message, PATH, PayloadType, QUERY,
    handshake::{Closed, Opening, Request, Response, Size},
    message::TERMINATE,
    stream::{Incoming, Outgoing, acknowledgement},
};

use self::terminal::{RawTerminal, size};
use crate::{
    args::ExecArgs,
    call,
    layout::Layout,
    place,
    problem::Problem,
    workload::{Named, Workload, id_of},
};

/// The version of the published client whose protocol this is.
const CLIENT_VERSION: &str = "1.2.0.0";
/// Bytes of one message at most.
const CHUNK: usize = 4096;
const PING: Duration = Duration::from_secs(30);

pub fn run(layout: &Layout, args: &ExecArgs) -> Result<ExitCode, Problem> {
    let settings = place::settings(layout.settings()?, &args.region, Some(&args.name))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|cause| Problem::caused("cannot start", cause))?;
    let code = runtime.block_on(async {
        let api = call::api(layout, &settings)?;
        let cluster = args.cluster.as_deref();
        let (workload, named) = Workload::find(&api, &settings, cluster, &args.name).await?;
        let task = task(&workload, named).await?;
        let input = ExecuteCommandRequest {
            cluster: Some(workload.cluster.clone()),
            container: args.container.clone(),
            command: Some(line(&args.command)),
            interactive: Some(true),
            task: Some(task),
        };
        let answer: ExecuteCommandResponse =
            call::call(&api, &settings, "ExecuteCommand", &input).await?;
        let session = answer.session.unwrap_or_default();
        Client::open(&api, &session).await?.serve().await
    })?;
    // The thread that reads standard input cannot be told to stop.
    std::process::exit(code);
}

/// The task that is meant: the newest running one of a service, or the one whose id begins so.
async fn task(workload: &Workload<'_>, named: Named) -> Result<String, Problem> {
    let service = match named {
        Named::Task(id) => return Ok(id),
        Named::Service(service) => service,
    };
    let running = workload.of_service(&service, false).await?;
    running
        .iter()
        .filter(|task| task.last_status.as_deref() == Some("RUNNING"))
        .max_by_key(|task| task.started_at)
        .and_then(|task| task.task_arn.as_deref())
        .map(|arn| id_of(arn).to_owned())
        .ok_or_else(|| {
            Problem::other(format!(
                "no task of service {service} is running: `wharf explain service {service}` says why"
            ))
        })
}

/// Words as a line that splits into the same words.
fn line(words: &[String]) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@%+".contains(c);
    let quoted = words.iter().map(|word| match word {
        word if !word.is_empty() && word.chars().all(plain) => word.clone(),
        word => format!("'{}'", word.replace('\'', "'\\''")),
    });
    quoted.collect::<Vec<_>>().join(" ")
}

struct Client {
    socket: Socket,
    sent: Outgoing,
    received: Incoming,
    terminal: bool,
    /// The command runs.
    begun: bool,
}

/// How it ended.
enum End {
    Code(i32),
    Lost(SocketError),
    Output(std::io::Error),
}

impl Client {
    async fn open(api: &Api, session: &Session) -> Result<Self, Problem> {
        let id = session.session_id.clone().unwrap_or_default();
        let token = session.token_value.clone().unwrap_or_default();
        let failed = |cause| Problem::caused("the session cannot be joined", cause);
        let path = format!("{PATH}{id}");
        let mut socket = Socket::open_at(api, api.endpoint(), &path, QUERY)
            .await
            .map_err(failed)?;
        let opening = Opening::new(&token, ids::uuid(), CLIENT_VERSION);
        let text = serde_json::to_string(&opening).unwrap_or_default();
        socket.send(text).await.map_err(failed)?;
        Ok(Self {
            socket,
            sent: Outgoing::new(Kind::Input),
            received: Incoming::default(),
            terminal: std::io::stdin().is_terminal() && std::io::stdout().is_terminal(),
            begun: false,
        })
    }

    async fn serve(mut self) -> Result<i32, Problem> {
        let raw = match self.terminal {
            true => Some(RawTerminal::enter().map_err(|e| Problem::caused("the terminal", e))?),
            false => None,
        };
        let end = self.talk().await;
        drop(raw);
        match end {
            End::Code(code) => Ok(code),
            End::Lost(cause) => Err(Problem::caused("the session is lost", cause)),
            // As a shell tells that nobody reads what was printed.
            End::Output(cause) if cause.kind() == std::io::ErrorKind::BrokenPipe => Ok(141),
            End::Output(cause) => Err(Problem::caused("cannot print", cause)),
        }
    }

    async fn talk(&mut self) -> End {
        let mut typed = read_input();
        let mut typing = true;
        let watch = |kind| signal(kind).map_err(End::Output);
        let (mut resized, mut interrupted, mut ended) = match (
            watch(SignalKind::window_change()),
            watch(SignalKind::interrupt()),
            watch(SignalKind::terminate()),
        ) {
            (Ok(a), Ok(b), Ok(c)) => (a, b, c),
            (Err(end), ..) | (_, Err(end), _) | (.., Err(end)) => return end,
        };
        let mut ping = interval(PING);
        loop {
            let repeat_at = self.sent.repeat_at();
            let may_type = typing && self.begun && self.sent.has_room();
            let step = tokio::select! {
                frame = self.socket.receive_frame() => match frame {
                    Ok(Frame::Binary(bytes)) => self.hear(&bytes).await,
                    Ok(Frame::Text(_)) => Ok(()),
                    Err(error) => Err(End::Lost(error)),
                },
                bytes = typed.recv(), if may_type => match bytes {
                    Some(bytes) => self.send(PayloadType::Output, bytes, false).await,
                    None => {
                        typing = false;
                        self.send(PayloadType::Output, Vec::new(), true).await
                    }
                },
                _ = resized.recv(), if self.terminal && self.begun => self.tell_size().await,
                _ = interrupted.recv() => self.terminate(130).await,
                _ = ended.recv() => self.terminate(143).await,
                () = wait(repeat_at) => self.repeat().await,
                _ = ping.tick() => self.socket.ping().await.map_err(End::Lost),
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    async fn hear(&mut self, bytes: &[u8]) -> Result<(), End> {
        let Ok(message) = Message::decode(bytes) else {
            return Ok(());
        };
        match message.kind {
            Kind::Output => {
                let acknowledgement = acknowledgement(&message, now());
                let accepted = self.received.accept(message);
                if accepted.acknowledge {
                    self.put(acknowledgement).await?;
                }
                for message in accepted.ready {
                    self.obey(message).await?;
                }
            }
            Kind::Acknowledge => self.sent.hear(&message, Instant::now()),
            Kind::ChannelClosed => return Err(closed(&message.payload)),
            _ => {}
        }
        Ok(())
    }

    async fn obey(&mut self, message: Message) -> Result<(), End> {
        match message.payload_type {
            PayloadType::HandshakeRequest => {
                let Ok(request) = serde_json::from_slice::<Request>(&message.payload) else {
                    return Ok(());
                };
                if self.terminal {
                    // First, so that the command begins with the right size.
                    self.tell_size().await?;
                }
                let response = Response::to(&request, CLIENT_VERSION, self.terminal);
                let response = serde_json::to_vec(&response).unwrap_or_default();
                self.send(PayloadType::HandshakeResponse, response, false)
                    .await
            }
            PayloadType::HandshakeComplete => {
                self.begun = true;
                Ok(())
            }
            PayloadType::Output => print(std::io::stdout().lock(), &message.payload),
            PayloadType::StdErr => print(std::io::stderr().lock(), &message.payload),
            _ => Ok(()),
        }
    }

    async fn tell_size(&mut self) -> Result<(), End> {
        let size: Size = size();
        let payload = serde_json::to_vec(&size).unwrap_or_default();
        self.send(PayloadType::Size, payload, false).await
    }

    /// Asks for the end and does not wait for it.
    async fn terminate(&mut self, code: i32) -> Result<(), End> {
        let flag = TERMINATE.to_be_bytes().to_vec();
        self.send(PayloadType::Flag, flag, false).await?;
        Err(End::Code(code))
    }

    async fn repeat(&mut self) -> Result<(), End> {
        match self.sent.repeat(Instant::now()) {
            Ok(Some(frame)) => self.put(frame).await,
            Ok(None) => Ok(()),
            Err(_gone) => Err(End::Lost(SocketError::Closed(1006))),
        }
    }

    async fn send(&mut self, kind: PayloadType, payload: Vec<u8>, last: bool) -> Result<(), End> {
        let frame = self.sent.push(kind, payload, last, now(), Instant::now());
        self.put(frame).await
    }

    async fn put(&mut self, frame: Vec<u8>) -> Result<(), End> {
        self.socket.send_binary(frame).await.map_err(End::Lost)
    }
}

fn print(mut to: impl Write, bytes: &[u8]) -> Result<(), End> {
    to.write_all(bytes)
        .and_then(|()| to.flush())
        .map_err(End::Output)
}

/// The last words, and the code where the command got as far as having one.
fn closed(payload: &[u8]) -> End {
    let closed: Option<Closed> = serde_json::from_slice(payload).ok();
    let words = closed
        .as_ref()
        .map(|c| c.output.trim_end())
        .unwrap_or_default();
    if !words.is_empty() {
        eprint!("{words}\r\n");
    }
    End::Code(closed.and_then(|c| c.exit_code).unwrap_or(1))
}

/// Standard input, read by a thread of its own; the channel's end is the input's.
fn read_input() -> mpsc::Receiver<Vec<u8>> {
    let (send, receive) = mpsc::channel(16);
    std::thread::spawn(move || {
        let mut buffer = [0; CHUNK];
        while let Ok(count @ 1..) = std::io::stdin().lock().read(&mut buffer) {
            if send.blocking_send(buffer[..count].to_vec()).is_err() {
                return;
            }
        }
    });
    receive
}

async fn wait(until: Option<Instant>) {
    match until {
        Some(at) => sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}

/// Milliseconds since 1970.
fn now() -> u64 {
    u64::try_from(SystemClock.now().millis()).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn words_are_quoted_where_they_must_be() {
        let words = |all: &[&str]| all.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
        assert_eq!(line(&words(&["ls", "-l", "/tmp"])), "ls -l /tmp");
        assert_eq!(
            line(&words(&["sh", "-c", "echo it's $A"])),
            r"sh -c 'echo it'\''s $A'"
        );
        assert_eq!(line(&words(&["echo", ""])), "echo ''");
    }
}
