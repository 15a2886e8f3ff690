//! One session, from its order to its end.

use std::{
    io,
    time::{Duration, Instant},
};

use tokio::time::{MissedTickBehavior, interval, sleep, sleep_until};
use wharf_base::{Chain, Clock, SystemClock, ids};
use wharf_container::runtime::{ExecSpec, Stream};
use wharf_datachannel::{
    Kind, Message, PATH, PayloadType, QUERY,
    handshake::{Closed, Complete, Opening, Request, Response, Size},
    message::{FIN, TERMINATE},
    stream::{Gone, Incoming, Outgoing, acknowledgement},
};

use super::{
    ExecServer, command,
    process::{Happened, Process},
    transcript::{NotLogged, Recorder},
};
use crate::{
    client::websocket::{Frame, Socket, SocketError},
    node::machine::NoExec,
    protocol::{acs::ExecuteCommand, payload},
};

/// What this agent calls itself in the handshake: the stock agent's version whose protocol it is.
const AGENT_VERSION: &str = "3.3.0.0";
/// So often the connection shows that it lives.
const PING: Duration = Duration::from_secs(30);
/// A lost connection is opened again within this time, or the session is over: the server waits no
/// longer either.
const RECONNECT: Duration = Duration::from_secs(10);
const RECONNECT_PAUSE: Duration = Duration::from_millis(250);
/// What is shown of the terminal where the client does not say.
const FIRST_SIZE: Size = Size { cols: 80, rows: 24 };

/// Why a session ended.
#[derive(Debug, thiserror::Error)]
enum End {
    #[error("the data channel cannot be used")]
    Channel(#[source] SocketError),
    #[error("the server ended the session")]
    Server,
    #[error(transparent)]
    Gone(#[from] Gone),
    /// With the last words to the user and the command's code.
    #[error("the command has ended")]
    Over(String, Option<i32>),
}

/// Why the command of a session does not begin, as its user is told.
#[derive(Debug, thiserror::Error)]
enum NotBegun {
    #[error("the client's handshake is not understood")]
    Handshake,
    #[error("the client refuses the session")]
    Refused,
    #[error(transparent)]
    Command(#[from] command::BadCommand),
    #[error("the task is not on this instance")]
    NoTask,
    #[error("the task has no such container")]
    NoContainer,
    #[error(transparent)]
    Transcript(#[from] NotLogged),
    #[error(transparent)]
    Exec(#[from] NoExec),
    #[error(transparent)]
    Process(#[from] io::Error),
}

impl From<NotBegun> for End {
    fn from(why: NotBegun) -> Self {
        Self::Over(format!("Unable to start command: {why}\n"), None)
    }
}

pub async fn run(server: &ExecServer, order: &ExecuteCommand) {
    let id = &order.session_id;
    tracing::info!(
        session = id,
        task = order.task_arn,
        container = order.container_name,
        "a session begins"
    );
    let mut talk = match Talk::open(server, order).await {
        Ok(talk) => talk,
        Err(error) => {
            tracing::warn!(
                session = id,
                error = &error as &dyn std::error::Error,
                "failed to serve a session"
            );
            return;
        }
    };
    let end = talk.go_on().await;
    tracing::info!(session = id, %end, "a session ends");
    if let End::Over(words, code) = end {
        talk.close(&words, code).await;
    }
}

struct Talk<'a> {
    server: &'a ExecServer,
    order: &'a ExecuteCommand,
    socket: Socket,
    sent: Outgoing,
    received: Incoming,
    /// The client is there.
    published: bool,
    asked: Option<Instant>,
    size: Size,
    process: Option<Process>,
    transcript: Option<Recorder>,
}

impl<'a> Talk<'a> {
    async fn open(server: &'a ExecServer, order: &'a ExecuteCommand) -> Result<Self, SocketError> {
        Ok(Self {
            socket: connect(server, order).await?,
            server,
            order,
            sent: Outgoing::new(Kind::Output),
            received: Incoming::default(),
            published: false,
            asked: None,
            size: FIRST_SIZE,
            process: None,
            transcript: None,
        })
    }

    async fn go_on(&mut self) -> End {
        loop {
            match self.converse().await {
                End::Channel(error) => {
                    tracing::debug!(
                        session = self.order.session_id,
                        error = &error as &dyn std::error::Error,
                        "a data channel is lost"
                    );
                    if let Err(error) = self.reconnect().await {
                        return End::Channel(error);
                    }
                }
                end => return end,
            }
        }
    }

    async fn reconnect(&mut self) -> Result<(), SocketError> {
        let began = Instant::now();
        self.published = false;
        loop {
            match connect(self.server, self.order).await {
                Ok(socket) => {
                    self.socket = socket;
                    return Ok(());
                }
                Err(error @ SocketError::Refused { .. }) => return Err(error),
                Err(error) if began.elapsed() >= RECONNECT => return Err(error),
                Err(_) => sleep(RECONNECT_PAUSE).await,
            }
        }
    }

    async fn converse(&mut self) -> End {
        let mut ping = interval(PING);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            if let Some(code) = self.process.as_ref().and_then(Process::over)
                && self.sent.is_empty()
            {
                return End::Over(String::new(), Some(code));
            }
            let repeat_at = self.sent.repeat_at().filter(|_| self.published);
            let kept = self.transcript.as_ref().is_none_or(Recorder::has_room);
            let may_read = self.sent.has_room() && kept;
            let step = tokio::select! {
                frame = self.socket.receive_frame() => match frame {
                    Ok(Frame::Binary(bytes)) => self.hear(&bytes).await,
                    Ok(Frame::Text(_)) => Ok(()),
                    Err(SocketError::Closed(1000 | 1008)) => Err(End::Server),
                    Err(error) => Err(End::Channel(error)),
                },
                happened = next(&mut self.process, may_read) => self.tell(happened).await,
                () = wait(repeat_at) => self.repeat().await,
                () = room(&mut self.transcript), if !kept => Ok(()),
                _ = ping.tick() => self.socket.ping().await.map_err(End::Channel),
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    async fn hear(&mut self, bytes: &[u8]) -> Result<(), End> {
        let Ok(message) = Message::decode(bytes) else {
            // The sender repeats what was damaged on its way.
            return Ok(());
        };
        match message.kind {
            Kind::Input => self.take(message).await,
            Kind::Acknowledge => {
                self.sent.hear(&message, Instant::now());
                Ok(())
            }
            Kind::StartPublication => self.publish().await,
            Kind::PausePublication => {
                self.published = false;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// The client is there, for the first time or again.
    async fn publish(&mut self) -> Result<(), End> {
        self.published = true;
        if self.asked.is_none() {
            self.asked = Some(Instant::now());
            let request = json(&Request::interactive(AGENT_VERSION));
            return self.send(PayloadType::HandshakeRequest, request).await;
        }
        for frame in self.sent.repeat_all(Instant::now()) {
            self.put(frame).await?;
        }
        Ok(())
    }

    async fn take(&mut self, message: Message) -> Result<(), End> {
        if self.process.as_ref().is_some_and(|p| !p.has_room()) {
            // Not acknowledged: it comes again when there is room.
            return Ok(());
        }
        let acknowledgement = acknowledgement(&message, now());
        let accepted = self.received.accept(message);
        if accepted.acknowledge {
            self.put(acknowledgement).await?;
        }
        for message in accepted.ready {
            self.obey(message).await?;
        }
        Ok(())
    }

    async fn obey(&mut self, message: Message) -> Result<(), End> {
        match message.payload_type {
            PayloadType::HandshakeResponse if self.process.is_none() => {
                self.start(&message.payload).await?;
            }
            PayloadType::Size => {
                if let Ok(size) = serde_json::from_slice(&message.payload) {
                    self.size = size;
                    if let Some(process) = &self.process {
                        process.resize(size);
                    }
                }
            }
            PayloadType::Flag if message.payload == TERMINATE.to_be_bytes() => {
                return Err(End::Over(String::new(), None));
            }
            PayloadType::Output => {
                if let Some(process) = &mut self.process {
                    process.write(message.payload);
                    if message.flags & FIN != 0 {
                        process.end_input();
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The client has answered: the handshake ends and the command begins.
    async fn start(&mut self, response: &[u8]) -> Result<(), End> {
        let response = serde_json::from_slice(response);
        let response: Response = response.map_err(|_| NotBegun::Handshake)?;
        if !response.accepted() {
            return Err(NotBegun::Refused.into());
        }
        let (server, order) = (self.server, self.order);
        let spawned = spawn(server, order, response.wants_terminal()).await;
        let (process, transcript) = spawned?;
        self.transcript = transcript;
        process.resize(self.size);
        self.process = Some(process);
        let took = self.asked.map(|asked| asked.elapsed()).unwrap_or_default();
        let complete = Complete {
            handshake_time_to_complete: u64::try_from(took.as_nanos()).unwrap_or(u64::MAX),
            customer_message: String::new(),
        };
        self.send(PayloadType::HandshakeComplete, json(&complete))
            .await
    }

    async fn tell(&mut self, happened: Happened) -> Result<(), End> {
        let (stream, kind, bytes) = match happened {
            Happened::Printed(bytes) => (Stream::Stdout, PayloadType::Output, bytes),
            Happened::Complained(bytes) => (Stream::Stderr, PayloadType::StdErr, bytes),
            Happened::Changed => return Ok(()),
        };
        if let Some(transcript) = &mut self.transcript {
            let written = transcript.write(stream, &bytes);
            written.map_err(|unkept| End::Over(format!("{}\n", Chain(&unkept)), None))?;
        }
        self.send(kind, bytes).await
    }

    async fn repeat(&mut self) -> Result<(), End> {
        match self.sent.repeat(Instant::now())? {
            Some(frame) => self.put(frame).await,
            None => Ok(()),
        }
    }

    async fn send(&mut self, payload_type: PayloadType, payload: Vec<u8>) -> Result<(), End> {
        let frame = self
            .sent
            .push(payload_type, payload, false, now(), Instant::now());
        self.put(frame).await
    }

    async fn put(&mut self, frame: Vec<u8>) -> Result<(), End> {
        self.socket.send_binary(frame).await.map_err(End::Channel)
    }

    /// Tells both server and client that it is over. Whoever is not there any more needs no word.
    async fn close(mut self, words: &str, code: Option<i32>) {
        self.process = None;
        let at = SystemClock.now().iso8601();
        let closed = Closed::new(&self.order.session_id, at, words, code);
        let message = Message::new(
            Kind::ChannelClosed,
            now(),
            PayloadType::Undefined,
            json(&closed),
        );
        if self.put(message.encode()).await.is_ok() {
            self.socket.close_in_turn("the session is over").await;
        }
    }
}

async fn connect(server: &ExecServer, order: &ExecuteCommand) -> Result<Socket, SocketError> {
    let endpoint = server.api.endpoint();
    let path = format!("{}{PATH}{}", endpoint.path, order.session_id);
    let mut socket = Socket::open_at(&server.api, endpoint, &path, QUERY).await?;
    let opening = Opening::new(&order.token_value, ids::uuid(), AGENT_VERSION);
    let text = serde_json::to_string(&opening).unwrap_or_default();
    socket.send(text).await?;
    Ok(socket)
}

async fn spawn(
    server: &ExecServer,
    order: &ExecuteCommand,
    terminal: bool,
) -> Result<(Process, Option<Recorder>), NotBegun> {
    let argv = command::split(&order.command)?;
    let task = payload::task_id(&order.task_arn).and_then(|id| server.directory.task(id));
    let task = task.ok_or(NotBegun::NoTask)?;
    let mut containers = task.context.task.containers.iter();
    let at = containers.position(|c| c.name == order.container_name);
    let at = at.ok_or(NotBegun::NoContainer)?;
    let transcript = server.transcripts.begin(order, &task, at).await?;
    let environment: &[(&str, &str)] = match terminal {
        true => &[("TERM", "xterm-256color"), ("LANG", "C.UTF-8")],
        false => &[],
    };
    let spec = ExecSpec {
        argv,
        env: environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        // As the stock agent, whatever user the container has.
        user: Some("0".to_owned()),
        working_dir: None,
        tty: terminal,
        bound: true,
    };
    let session = server.machine.exec(&task.context.id, at, spec).await?;
    Ok((Process::new(session)?, transcript))
}

async fn next(process: &mut Option<Process>, may_read: bool) -> Happened {
    match process {
        Some(process) => process.next(may_read).await,
        None => std::future::pending().await,
    }
}

async fn room(transcript: &mut Option<Recorder>) {
    match transcript {
        Some(transcript) => transcript.room().await,
        None => std::future::pending().await,
    }
}

async fn wait(until: Option<Instant>) {
    match until {
        Some(at) => sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}

fn json(document: &impl serde::Serialize) -> Vec<u8> {
    serde_json::to_vec(document).unwrap_or_default()
}

/// Milliseconds since 1970.
fn now() -> u64 {
    u64::try_from(SystemClock.now().millis()).unwrap_or(1)
}
