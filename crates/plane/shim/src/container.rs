//! One container as the shim keeps it.

use std::{
    fs::File,
    io::{self, Write},
    os::fd::{AsFd, OwnedFd},
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use wharf_cgroup::{Group, Hierarchies};
use wharf_shim_protocol::{
    ContainerName, ContainerSetup, ContainerState, ContainerStatus, ExitRecord, Failure,
    ProgramUser, TaskFolder, folder::ContainerFolder, now_ms, plan::UserSetup,
};

use crate::{
    create,
    lineage::is_offspring,
    overlay,
    pipes::{Report, Reports},
    pump::Pump,
    secrets::HeldSecrets,
    spool::Spool,
    tty,
};

/// What a container has just reached, for the server to tell.
#[derive(Debug, PartialEq, Eq)]
pub enum Progress {
    Created,
    Started,
    /// Creating or starting failed; the container is of no more use.
    Failed(Failure),
}

pub struct Container {
    setup: ContainerSetup,
    secrets: Option<HeldSecrets>,
    folder: ContainerFolder,
    /// Until it is started.
    start: Option<OwnedFd>,
    group: Group,
    state: ContainerState,
    starting: bool,
    /// The forked child that creates it.
    child: i32,
    pid: i32,
    started_at: Option<i64>,
    exit: Option<ExitRecord>,
    user: Option<ProgramUser>,
    reports: Option<Reports>,
    failure: Option<Failure>,
    pump: Option<Pump>,
    console: Option<OwnedFd>,
    /// Held for whoever attaches: the program waits for input instead of seeing its end.
    stdin: Option<OwnedFd>,
    kill_at: Option<Instant>,
}

impl Container {
    /// Forks the child that creates it.
    pub fn create(
        folder: &TaskFolder,
        hierarchies: &Hierarchies,
        name: &ContainerName,
        setup: ContainerSetup,
        secrets: Option<HeldSecrets>,
    ) -> Result<Self, Failure> {
        let failed = |e: &dyn std::error::Error| Failure::Runtime {
            detail: e.to_string(),
        };
        let own = folder.container(name);
        let group = hierarchies.group(&setup.cgroup).map_err(|e| failed(&e))?;
        let spool = Spool::create(own.logs(), setup.log).map_err(|e| failed(&e))?;
        let mut creation = create::begin(&create::Order {
            folder,
            name,
            setup: &setup,
            secrets: secrets.as_ref(),
        })
        .map_err(|e| failed(&e))?;
        let mut container = Self {
            setup,
            secrets,
            folder: own,
            start: Some(creation.start),
            group,
            state: ContainerState::Creating,
            starting: false,
            child: creation.child,
            pid: 0,
            started_at: None,
            exit: None,
            user: None,
            reports: Some(creation.reports),
            failure: None,
            pump: None,
            console: creation.console.take(),
            stdin: creation.stdin.take(),
            kill_at: None,
        };
        if let Some(stdout) = creation.stdout {
            container.pump =
                Some(Pump::new(stdout, creation.stderr, spool).map_err(|e| failed(&e))?);
        }
        Ok(container)
    }

    pub fn state(&self) -> ContainerState {
        self.state
    }

    pub fn pid(&self) -> i32 {
        self.pid
    }

    pub fn child(&self) -> i32 {
        self.child
    }

    pub fn started_at(&self) -> Option<i64> {
        self.started_at
    }

    pub fn exit(&self) -> Option<ExitRecord> {
        self.exit
    }

    pub fn cgroup(&self) -> &str {
        &self.setup.cgroup
    }

    pub fn folder(&self) -> &ContainerFolder {
        &self.folder
    }

    pub fn user(&self) -> Option<&UserSetup> {
        self.setup.user.as_ref()
    }

    pub fn secrets(&self) -> Option<&HeldSecrets> {
        self.secrets.as_ref()
    }

    pub fn reports(&self) -> Option<&Reports> {
        self.reports.as_ref()
    }

    pub fn pump(&self) -> Option<&Pump> {
        self.pump.as_ref()
    }

    pub fn kill_at(&self) -> Option<Instant> {
        self.kill_at
    }

    pub fn is_live(&self) -> bool {
        self.state != ContainerState::Stopped
    }

    pub fn status(&self) -> ContainerStatus {
        ContainerStatus {
            state: self.state,
            pid: self.pid,
            started_at: self.started_at,
            exit: self.exit,
            user: self.user.clone(),
        }
    }

    /// Takes in what the processes on the way to the program have reported.
    pub fn take_reports(&mut self) -> Vec<Progress> {
        let mut progress = Vec::new();
        let Some(reports) = &mut self.reports else {
            return progress;
        };
        for report in reports.read() {
            match report {
                Report::Process(pid) if is_offspring(pid, &[self.child, self.pid]) => {
                    self.pid = pid;
                    // A second one goes on in the place of the first, in another PID namespace.
                    if self.state == ContainerState::Creating {
                        self.state = ContainerState::Created;
                        progress.push(Progress::Created);
                    }
                }
                Report::Process(pid) => {
                    eprintln!("wharf-shim: {pid} was reported, which is no process of ours");
                }
                Report::User(user) => self.user = Some(user),
                // The first one names the cause, later ones what came of it.
                Report::Failed(failure) => {
                    self.failure.get_or_insert(failure);
                }
            }
        }
        let closed = reports.closed();
        if progress.contains(&Progress::Created) {
            self.attach_console();
        }
        if closed && self.starting && self.failure.is_none() {
            progress.push(self.mark_started());
        }
        if closed && self.state == ContainerState::Running {
            self.reports = None;
        }
        progress
    }

    fn mark_started(&mut self) -> Progress {
        self.starting = false;
        self.state = ContainerState::Running;
        self.started_at = Some(now_ms());
        Progress::Started
    }

    fn attach_console(&mut self) {
        let Some(console) = self.console.take() else {
            return;
        };
        let spool = Spool::create(self.folder.logs(), self.setup.log);
        let pump = tty::receive(&console)
            .ok_or(io::Error::from(io::ErrorKind::NotConnected))
            .and_then(|terminal| Pump::new(terminal, None, spool?));
        match pump {
            Ok(pump) => self.pump = Some(pump),
            Err(e) => eprintln!("wharf-shim: no terminal: {e}"),
        }
    }

    /// Lets the waiting process go on; whether it could arrives as a report.
    pub fn start(&mut self) -> Result<(), Failure> {
        if self.state != ContainerState::Created || self.starting {
            return Err(self.wrong_state("start"));
        }
        let start = self.start.take().map(File::from);
        start
            .ok_or(io::Error::from(io::ErrorKind::BrokenPipe))
            .and_then(|mut start| start.write_all(b"s"))
            .map_err(|e| Failure::Runtime {
                detail: format!("cannot reach the waiting process: {e}"),
            })?;
        self.starting = true;
        Ok(())
    }

    pub fn signal(&self, number: i32) -> Result<(), Failure> {
        if !matches!(
            self.state,
            ContainerState::Running | ContainerState::Created
        ) {
            return Err(self.wrong_state("receive a signal"));
        }
        self.send(number)
    }

    fn send(&self, number: i32) -> Result<(), Failure> {
        let failed = |e: Errno| Failure::Process {
            step: format!("signal {number}"),
            detail: e.desc().to_owned(),
        };
        // The process is our child and not reaped yet, so the number is still its own.
        // SAFETY: takes numbers; real-time signals have no name in nix.
        Errno::result(unsafe { libc::kill(self.pid, number) })
            .map(drop)
            .map_err(failed)
    }

    /// The signal now, SIGKILL later; at once if the program does not run yet, since the process
    /// that waits in its place heeds no signal.
    pub fn stop(&mut self, number: i32, grace: Duration) -> Result<(), Failure> {
        match self.state {
            ContainerState::Stopped => Ok(()),
            ContainerState::Creating => Err(self.wrong_state("stop")),
            ContainerState::Created => self.send(libc::SIGKILL),
            ContainerState::Running => {
                self.send(number)?;
                let at = Instant::now() + grace;
                self.kill_at = Some(self.kill_at.map_or(at, |earlier| earlier.min(at)));
                Ok(())
            }
        }
    }

    /// SIGKILL for the first process, and for all others where its end does not end them.
    pub fn kill_if_due(&mut self, now: Instant) {
        if self.kill_at.is_some_and(|at| at <= now) {
            self.kill_at = None;
            let _ = kill(Pid::from_raw(self.pid), Signal::SIGKILL);
        }
    }

    /// The first process has ended. Writes the exit file before anybody hears of it.
    pub fn ended(&mut self, code: i32) -> Vec<Progress> {
        let mut progress = self.take_reports();
        if self.starting {
            // Exec and end came faster than our turn, or exec failed.
            match self.failure.take() {
                Some(failure) => progress.push(Progress::Failed(failure)),
                None => progress.push(self.mark_started()),
            }
        }
        if self.setup.shares_pids {
            let _ = self.group.kill();
        }
        let exit = ExitRecord {
            code,
            oom: self.group.oom_kills() > 0,
            at: now_ms(),
        };
        // The agent reports it within moments; a machine that loses power until then has lost the task. One that is
        // shut down in order ends us when there is no agent any more, and writes what is on disk first.
        let written = serde_json::to_vec(&exit)
            .map_err(io::Error::from)
            .and_then(|exit| wharf_spares::write_inside(self.folder.exit(), &exit));
        if let Err(e) = written {
            eprintln!(
                "wharf-shim: cannot write {}: {e}",
                self.folder.exit().display()
            );
        }
        if let Some(pump) = &mut self.pump {
            pump.drain();
        }
        self.starting = false;
        self.start = None;
        self.state = ContainerState::Stopped;
        self.exit = Some(exit);
        self.reports = None;
        self.kill_at = None;
        progress
    }

    /// The child that creates it has ended; what failed, if it did not succeed.
    pub fn child_ended(&mut self, code: i32) -> Vec<Progress> {
        self.child = 0;
        let mut progress = self.take_reports();
        if self.state == ContainerState::Creating {
            let died = || Failure::Runtime {
                detail: format!("creating it ended with code {code}"),
            };
            progress.push(Progress::Failed(self.failure.take().unwrap_or_else(died)));
        }
        progress
    }

    /// Sends the other end of standard input over a channel, if there is one, and has its output told as it comes. With `once` a pipe
    /// is given away.
    pub fn attach(&mut self, channel: &OwnedFd, once: bool) -> Result<(), Failure> {
        if self.state != ContainerState::Running {
            return Err(self.wrong_state("be attached to"));
        }
        let terminal = self.pump.as_ref().filter(|_| self.setup.tty);
        let terminal = terminal.and_then(Pump::terminal);
        let input = terminal.or(self.stdin.as_ref().map(AsFd::as_fd));
        if let Some(input) = input.filter(|_| self.setup.stdin) {
            tty::send(channel, input).map_err(|e| Failure::Runtime {
                detail: format!("cannot hand over standard input: {}", e.desc()),
            })?;
        }
        if once {
            self.stdin = None;
        }
        if let Some(pump) = &mut self.pump {
            pump.hurry();
        }
        Ok(())
    }

    pub fn turn_pump(&mut self) {
        if let Some(pump) = &mut self.pump {
            if self.state == ContainerState::Stopped {
                pump.drain()
            } else {
                pump.turn()
            }
        }
    }

    pub fn trim(&mut self, before: u64) {
        if let Some(pump) = &mut self.pump {
            pump.trim(before);
        }
        self.turn_pump();
    }

    /// Ends what still runs and takes away what the host holds for it. Its folder stays: the
    /// agent made it.
    pub fn dismantle(&mut self) -> Result<(), Failure> {
        let failed = |e: &dyn std::error::Error| Failure::Runtime {
            detail: e.to_string(),
        };
        overlay::unmount(&self.folder, self.user());
        self.group.kill_and_remove().map_err(|e| failed(&e))
    }

    pub fn wrong_state(&self, wanted: &str) -> Failure {
        Failure::WrongState {
            state: self.state,
            wanted: wanted.to_owned(),
        }
    }
}
