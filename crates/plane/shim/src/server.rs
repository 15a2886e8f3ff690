//! The shim's only loop: requests, ends of processes, output of containers, deadlines.

mod connection;
mod containers;
mod execs;

use std::{
    collections::BTreeMap,
    io,
    os::{
        fd::{AsFd, AsRawFd, OwnedFd, RawFd},
        unix::net::{UnixListener, UnixStream},
    },
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::{
        signalfd::SignalFd,
        wait::{Id, WaitPidFlag, WaitStatus, waitid, waitpid},
    },
};
use wharf_cgroup::Hierarchies;
use wharf_durable::{self as durable, Durability};
use wharf_shim_protocol::{
    ContainerName, Envelope, Event, Failure, PROTOCOL_VERSION, Reply, Request, ShimState,
    TaskFolder, TaskStatus, frame::Assembler,
};

use self::{
    connection::{Connection, done, failed, send, try_send},
    execs::Exec,
};
use crate::{container::Container, secrets::HeldSecrets};

/// A task definition has at most ten containers; the rest are the agent's own.
const MAX_CONTAINERS: usize = 32;
/// An instance has no more volumes.
const MAX_DEVICES: usize = 32;
/// Of the name that a device is given: the id of a volume.
const MAX_DEVICE_NAME: usize = 64;
const MAX_CONNECTIONS: usize = 64;
const MAX_EXECS: usize = 64;
/// What containers have to end in when the machine shuts down: ECS' own stop timeout.
const GRACE: Duration = Duration::from_secs(30);
/// Then the agent, if there is one, has so long to hear of their ends.
const LINGER: Duration = Duration::from_secs(2);
/// How often a failed write of logs (disk full) is tried again.
const RETRY: Duration = Duration::from_secs(1);

pub struct Server {
    folder: TaskFolder,
    listener: UnixListener,
    signals: SignalFd,
    hierarchies: Hierarchies,
    state: ShimState,
    containers: BTreeMap<ContainerName, Container>,
    /// Files in memory; nothing of them is in this process's own.
    secrets: BTreeMap<ContainerName, HeldSecrets>,
    /// Held open, nothing more.
    devices: BTreeMap<String, OwnedFd>,
    /// Who waits for a container to be created or started.
    waiters: BTreeMap<ContainerName, UnixStream>,
    connections: Vec<Connection>,
    subscribers: Vec<UnixStream>,
    execs: Vec<Exec>,
    /// The machine shuts down, or somebody ends the task by its shim.
    leaving: bool,
    /// All containers have ended since then.
    leave_at: Option<Instant>,
    over: bool,
}

impl Server {
    pub fn new(
        folder: TaskFolder,
        listener: UnixListener,
        signals: SignalFd,
        hierarchies: Hierarchies,
        state: ShimState,
    ) -> Self {
        Self {
            folder,
            listener,
            signals,
            hierarchies,
            state,
            containers: BTreeMap::new(),
            secrets: BTreeMap::new(),
            devices: BTreeMap::new(),
            waiters: BTreeMap::new(),
            connections: Vec::new(),
            subscribers: Vec::new(),
            execs: Vec::new(),
            leaving: false,
            leave_at: None,
            over: false,
        }
    }

    /// Until it is told to shut down, or has been asked to by SIGTERM: systemd sends that to every process
    /// when the machine shuts down, and would wait a minute and a half for containers that ignore it.
    pub fn run(mut self) -> io::Result<()> {
        while !self.over {
            let ready = self.wait()?;
            let is_ready = |fd: RawFd| ready.contains(&fd);
            self.take_all_reports();
            if is_ready(self.signals.as_raw_fd()) {
                self.take_signals();
                self.reap();
            }
            for container in self.containers.values_mut() {
                let some_ready = container
                    .pump()
                    .is_some_and(|p| p.is_stuck() || p.inputs().any(|fd| is_ready(fd.as_raw_fd())));
                if some_ready {
                    container.turn_pump();
                }
                container.kill_if_due(Instant::now());
            }
            self.serve(&ready);
            for exec in self.execs.iter_mut().filter(|e| e.is_followed()) {
                if is_ready(exec.socket.as_raw_fd()) {
                    exec.abandon();
                }
            }
            if is_ready(self.listener.as_raw_fd()) {
                self.accept();
            }
            self.leave_if_due(Instant::now());
        }
        Ok(())
    }

    /// SIGCHLD says that there is something to reap; SIGTERM ends the task as `StopTask` would.
    fn take_signals(&mut self) {
        while let Ok(Some(signal)) = self.signals.read_signal() {
            self.leaving |= signal.ssi_signo == libc::SIGTERM as u32;
        }
    }

    fn leave_if_due(&mut self, now: Instant) {
        if !self.leaving {
            return;
        }
        let mut live = false;
        for container in self.containers.values_mut().filter(|it| it.is_live()) {
            live = true;
            if container.kill_at().is_none() {
                // One that is still being made refuses, and has its turn once it is there.
                let _ = container.stop(libc::SIGTERM, GRACE);
            }
        }
        if !live {
            let at = *self.leave_at.get_or_insert(now + LINGER);
            self.over |= at <= now;
        }
    }

    /// Descriptors with something to read, or whose other end is gone.
    fn wait(&self) -> io::Result<Vec<RawFd>> {
        let mut fds = vec![self.listener.as_fd(), self.signals.as_fd()];
        fds.extend(self.connections.iter().map(|c| c.socket.as_fd()));
        fds.extend(self.subscribers.iter().map(AsFd::as_fd));
        let now = Instant::now();
        for container in self.containers.values() {
            let pump = container.pump().into_iter();
            fds.extend(pump.flat_map(|pump| pump.polled(now)));
            fds.extend(
                container
                    .reports()
                    .filter(|r| !r.closed())
                    .map(|r| r.fd().as_fd()),
            );
        }
        fds.extend(
            self.execs
                .iter()
                .filter(|e| !e.reports.closed())
                .map(|e| e.reports.fd().as_fd()),
        );
        let followed = self.execs.iter().filter(|e| e.is_followed());
        fds.extend(followed.map(|e| e.socket.as_fd()));
        let mut polled: Vec<PollFd<'_>> = fds
            .iter()
            .map(|fd| PollFd::new(*fd, PollFlags::POLLIN))
            .collect();
        match poll(&mut polled, self.timeout(now)) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(e) => return Err(e.into()),
        }
        Ok(polled
            .iter()
            .filter(|one| one.revents().is_some_and(|events| !events.is_empty()))
            .map(|one| one.as_fd().as_raw_fd())
            .collect())
    }

    fn timeout(&self, now: Instant) -> PollTimeout {
        let kills = self.containers.values().filter_map(Container::kill_at);
        let retries = self
            .containers
            .values()
            .filter(|c| c.pump().is_some_and(|p| p.is_stuck()))
            .map(|_| now + RETRY);
        let pumps = self.containers.values().filter_map(Container::pump);
        let rests = pumps.filter_map(|pump| pump.rests_until(now));
        match kills.chain(retries).chain(rests).chain(self.leave_at).min() {
            // Rounded up, so that the deadline has passed when poll returns.
            Some(at) => {
                PollTimeout::try_from(at.saturating_duration_since(now) + Duration::from_millis(1))
                    .unwrap_or(PollTimeout::MAX)
            }
            None => PollTimeout::NONE,
        }
    }

    fn accept(&mut self) {
        while let Ok((socket, _)) = self.listener.accept() {
            if self.connections.len() + self.subscribers.len() < MAX_CONNECTIONS
                && socket.set_nonblocking(true).is_ok()
            {
                self.connections.push(Connection {
                    socket,
                    assembler: Assembler::default(),
                    streams: Vec::new(),
                });
            }
        }
    }

    /// Reads requests; a connection leaves the list with its request or at its end.
    fn serve(&mut self, ready: &[RawFd]) {
        // Subscribers say nothing: anything readable there is their end.
        self.subscribers
            .retain(|socket| !ready.contains(&socket.as_raw_fd()));
        let mut at = 0;
        while at < self.connections.len() {
            let connection = &mut self.connections[at];
            if !ready.contains(&connection.socket.as_raw_fd()) {
                at += 1;
                continue;
            }
            match connection.read() {
                Ok(None) => at += 1,
                Ok(Some(envelope)) => {
                    let connection = self.connections.swap_remove(at);
                    self.answer(envelope, connection);
                }
                Err(e) => {
                    let connection = self.connections.swap_remove(at);
                    if e.kind() == io::ErrorKind::InvalidData {
                        send(
                            &connection.socket,
                            &failed(Failure::UnsupportedRequest {
                                detail: e.to_string(),
                            }),
                        );
                    }
                }
            }
        }
    }

    fn answer(&mut self, envelope: Envelope, connection: Connection) {
        let Connection {
            socket, streams, ..
        } = connection;
        let reply = match envelope.request {
            Request::Status => Ok(Reply::Status {
                status: self.status(),
            }),
            Request::Create { container, setup } => match self.create(&container, setup) {
                Ok(()) => return drop(self.waiters.insert(container, socket)),
                Err(failure) => Err(failure),
            },
            Request::HoldSecrets { container } => self.hold_secrets(container, streams).map(done),
            Request::HoldDevice { name } => self.hold_device(name, streams).map(done),
            Request::Start { container } => match self.known(&container).and_then(Container::start)
            {
                Ok(()) => return drop(self.waiters.insert(container, socket)),
                Err(failure) => Err(failure),
            },
            Request::Signal { container, signal } => self
                .known(&container)
                .and_then(|c| c.signal(signal))
                .map(done),
            Request::Stop {
                container,
                signal,
                grace_ms,
            } => {
                let grace = Duration::from_millis(grace_ms);
                self.known(&container)
                    .and_then(|c| c.stop(signal, grace))
                    .map(done)
            }
            Request::Exec { container, exec } => match self.exec(container, &exec, streams, socket)
            {
                Ok(()) => return,
                Err((socket, failure)) => return send(&socket, &failed(failure)),
            },
            Request::Attach { container, once } => self.attach(&container, once, streams).map(done),
            Request::SignalExec { pid, signal } => self.signal_exec(pid, signal).map(done),
            Request::Trim { container, before } => {
                self.known(&container).map(|c| c.trim(before)).map(done)
            }
            Request::Remove { container } => self.remove(&container).map(done),
            Request::Subscribe => return self.subscribe(socket),
            Request::Shutdown { kill } => self.shut_down(kill).map(done),
        };
        send(&socket, &reply.unwrap_or_else(failed));
    }

    fn known(&mut self, name: &ContainerName) -> Result<&mut Container, Failure> {
        self.containers
            .get_mut(name)
            .ok_or_else(|| Failure::NoSuchContainer {
                container: name.clone(),
            })
    }

    fn status(&self) -> TaskStatus {
        TaskStatus {
            version: PROTOCOL_VERSION,
            shim_pid: self.state.shim.pid,
            containers: self
                .containers
                .iter()
                .map(|(name, c)| (name.clone(), c.status()))
                .collect(),
            secrets: self.secrets.keys().cloned().collect(),
        }
    }

    fn subscribe(&mut self, socket: UnixStream) {
        let mut events = Vec::new();
        for (name, c) in &self.containers {
            let container = || name.clone();
            if c.pid() != 0 {
                events.push(Event::Created {
                    container: container(),
                    pid: c.pid(),
                });
            }
            if let Some(at) = c.started_at() {
                events.push(Event::Started {
                    container: container(),
                    pid: c.pid(),
                    at,
                });
            }
            if let Some(exit) = c.exit() {
                events.push(Event::Exited {
                    container: container(),
                    exit,
                });
            }
        }
        events.push(Event::CaughtUp);
        if events
            .into_iter()
            .all(|event| try_send(&socket, &Reply::Event { event }).is_ok())
        {
            self.subscribers.push(socket);
        }
    }

    fn shut_down(&mut self, kill: bool) -> Result<(), Failure> {
        if !kill && let Some(live) = self.containers.values().find(|c| c.is_live()) {
            return Err(live.wrong_state("be left behind"));
        }
        for container in self.containers.values_mut() {
            container.dismantle()?;
        }
        self.over = true;
        Ok(())
    }

    fn tell(&mut self, event: &Event) {
        let reply = Reply::Event {
            event: event.clone(),
        };
        // One that does not keep up subscribes again and is told the present state.
        self.subscribers
            .retain(|socket| try_send(socket, &reply).is_ok());
    }

    fn reply_to_waiter(&mut self, name: &ContainerName, reply: &Reply) {
        if let Some(socket) = self.waiters.remove(name) {
            send(&socket, reply);
        }
    }

    fn take_all_reports(&mut self) {
        let progress: Vec<_> = self
            .containers
            .iter_mut()
            .map(|(name, c)| (name.clone(), c.take_reports()))
            .collect();
        for (name, progress) in progress {
            self.announce(&name, progress);
        }
        for exec in &mut self.execs {
            exec.take_reports();
        }
        self.execs
            .retain(|exec| !(exec.failure.is_some() && exec.reports.closed()));
    }

    fn save_state(&self) {
        if let Err(e) =
            durable::replace_json(&self.folder.state(), &self.state, Durability::Process)
        {
            eprintln!("wharf-shim: cannot write state.json: {e}");
        }
    }

    /// Every child that has ended. Children nobody knows are orphans of containers.
    fn reap(&mut self) {
        loop {
            let look = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
            let (pid, code) = match waitid(Id::All, look) {
                Ok(WaitStatus::Exited(pid, code)) => (pid, code),
                Ok(WaitStatus::Signaled(pid, signal, _)) => (pid, 128 + signal as i32),
                _ => return,
            };
            // What it said before its end comes first, and is checked while the kernel knows it.
            self.take_all_reports();
            if waitpid(pid, None).is_err() {
                return;
            }
            let pid = pid.as_raw();
            self.exec_ended(pid, code);
            let of = |matches: &dyn Fn(&Container) -> bool| {
                self.containers
                    .iter()
                    .find(|(_, c)| matches(c))
                    .map(|(name, _)| name.clone())
            };
            if let Some(name) = of(&|c| c.child() == pid) {
                self.creator_ended(&name, code);
            } else if let Some(name) = of(&|c| c.pid() == pid && c.is_live()) {
                self.container_ended(&name, code);
            }
        }
    }
}
