//! Keeps the parts of an installation running: `wharf up` its three, `wharf node` the agent and, if
//! the node carries load balancers, their data plane.
//!
//! It holds no state but the sockets at which a part listens (`sockets`), and a keyring or passphrase that
//! is on no disk, which each process of a part gets through a pipe of its own (`keyring`). A part that ends is started again, later each time it ends soon. The parts end
//! with the supervisor, however it ends; containers do not.

use std::{
    ffi::OsString,
    os::{
        fd::AsFd,
        unix::process::{CommandExt, ExitStatusExt},
    },
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use nix::{
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::{
        signal::{SigSet, Signal, kill},
        signalfd::{SfdFlags, SignalFd},
        wait::{Id, WaitPidFlag, waitid, waitpid},
    },
    unistd::Pid,
};

use crate::{join, keyring::Handed, log, problem::Problem, ready, roles, sockets};

/// How the log's line of a part that ended ends; `wharf doctor` looks for it.
pub const STARTS_AGAIN: &str = "; it starts again";
/// The exit code of a part that wants to be started again, which nobody has to be told.
pub const AGAIN: u8 = 75;
/// A part that ran so long had come up: it is started again at once, others after a pause.
const STEADY_AFTER: Duration = Duration::from_secs(1);
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// Parts get this long to end before they are killed.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);

/// A part: what it is called, and the arguments of its own program after `wharf`.
pub struct Part {
    pub name: &'static str,
    pub arguments: Vec<OsString>,
    /// Listening sockets that are held for the case of its death.
    pub sockets: Option<sockets::Store>,
    /// What each process of it gets through a pipe.
    pub handed: Vec<Handed>,
}

/// What a start came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Started {
    /// All parts work.
    Ready,
    /// The person wants the end.
    Asked,
}

pub struct Supervisor {
    signals: SignalFd,
    /// In the order of their starts.
    parts: Vec<Kept>,
}

/// A part and how it is kept alive.
struct Kept {
    part: Part,
    child: Option<Child>,
    /// Closed once it has told that it works.
    waiter: Option<ready::Waiter>,
    sockets: Option<sockets::Store>,
    started: Instant,
    pause: Duration,
    due: Option<Instant>,
}

impl Supervisor {
    /// Before any child exists: from now on signals are taken here.
    pub fn new() -> Result<Self, Problem> {
        let mut taken = SigSet::empty();
        for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGCHLD] {
            taken.add(signal);
        }
        // Under `nohup` it stays ignored.
        if !is_ignored(Signal::SIGHUP) {
            taken.add(Signal::SIGHUP);
        }
        let failed = |cause| Problem::caused("cannot take signals", cause);
        taken.thread_block().map_err(failed)?;
        let flags = SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK;
        Ok(Self {
            signals: SignalFd::with_flags(&taken, flags).map_err(failed)?,
            parts: Vec::new(),
        })
    }

    /// Starts parts and waits until all of them work.
    ///
    /// # Errors
    /// One ended before; it has said why itself.
    pub fn start(&mut self, parts: impl IntoIterator<Item = Part>) -> Result<Started, Problem> {
        for part in parts {
            let mut kept = Kept::new(part);
            kept.start(true)?;
            self.parts.push(kept);
        }
        while self.parts.iter().any(|kept| kept.waiter.is_some()) {
            if self.wait()? == Some(Wish::End) {
                return Ok(Started::Asked);
            }
            for kept in &mut self.parts {
                kept.take_sockets();
                kept.look_whether_ready()?;
                kept.look_whether_ended();
            }
            self.start_due();
        }
        Ok(Started::Ready)
    }

    /// Keeps the parts running; returns when the person wants the end.
    pub fn keep(&mut self) -> Result<(), Problem> {
        loop {
            if self.wait()? == Some(Wish::End) {
                return Ok(());
            }
            self.parts.iter_mut().for_each(Kept::take_sockets);
            self.reap();
            self.start_due();
        }
    }

    /// Starts again what ended and has paused for long enough.
    fn start_due(&mut self) {
        let now = Instant::now();
        let due = |kept: &&mut Kept| kept.due.is_some_and(|due| due <= now);
        for kept in self.parts.iter_mut().filter(due) {
            if let Err(problem) = kept.start(false) {
                log::say(wharf_wire::fault::Chain(&problem));
                kept.due = Some(now + LONGEST_PAUSE);
            }
        }
    }

    /// Ends all parts, the last started first: a node then reports what it still can.
    pub fn stop(self) {
        for mut kept in self.parts.into_iter().rev() {
            // No successor comes: nobody shall wait for one.
            kept.sockets = None;
            let Some(mut child) = kept.child.take() else {
                continue;
            };
            let _ = kill(Pid::from_raw(child.id() as i32), Signal::SIGTERM);
            let deadline = Instant::now() + STOP_TIMEOUT;
            while matches!(child.try_wait(), Ok(None)) {
                if Instant::now() > deadline {
                    let _ = child.kill();
                }
                std::thread::sleep(Duration::from_millis(5));
            }
        }
    }

    /// Waits for a signal, a part that works or hands a socket over, or the next start that is due.
    fn wait(&self) -> Result<Option<Wish>, Problem> {
        let due = self.parts.iter().filter_map(|kept| kept.due).min();
        let limit = due.map(|due| due.saturating_duration_since(Instant::now()));
        let mut fds = vec![PollFd::new(self.signals.as_fd(), PollFlags::POLLIN)];
        let waiters = self.parts.iter().filter_map(|kept| kept.waiter.as_ref());
        fds.extend(waiters.map(|waiter| PollFd::new(waiter.as_fd(), PollFlags::POLLIN)));
        let stores = self.parts.iter().filter_map(|kept| kept.sockets.as_ref());
        let channels = stores.filter_map(sockets::Store::channel);
        fds.extend(channels.map(|channel| PollFd::new(channel, PollFlags::POLLIN)));
        let timeout = limit.map_or(PollTimeout::NONE, |limit| {
            // Rounded up, or a wait of less than a millisecond would spin.
            let millis = limit.as_millis().saturating_add(1);
            PollTimeout::try_from(millis).unwrap_or(PollTimeout::MAX)
        });
        match poll(&mut fds, timeout) {
            Ok(_) | Err(nix::errno::Errno::EINTR) => {}
            Err(cause) => return Err(Problem::caused("cannot wait for signals", cause)),
        }
        let mut wish = None;
        while let Ok(Some(signal)) = self.signals.read_signal() {
            if signal.ssi_signo != Signal::SIGCHLD as u32 {
                wish = Some(Wish::End);
            }
        }
        Ok(wish)
    }

    /// Takes the ends of parts; and of strangers, which the first process of a container inherits.
    fn reap(&mut self) {
        let look = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
        while let Ok(status) = waitid(Id::All, look) {
            let Some(pid) = status.pid() else { return };
            let is_it = |kept: &&mut Kept| {
                let child = kept.child.as_ref();
                child.is_some_and(|child| child.id() == pid.as_raw() as u32)
            };
            match self.parts.iter_mut().find(is_it) {
                Some(kept) => kept.look_whether_ended(),
                None => drop(waitpid(pid, Some(WaitPidFlag::WNOHANG))),
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    End,
}

impl Kept {
    fn new(mut part: Part) -> Self {
        Self {
            sockets: part.sockets.take(),
            part,
            child: None,
            waiter: None,
            started: Instant::now(),
            pause: Duration::ZERO,
            due: None,
        }
    }

    fn start(&mut self, first: bool) -> Result<(), Problem> {
        let pair = first.then(ready::pair).transpose()?;
        let mut command = Command::new(roles::own_program()?);
        command.args(&self.part.arguments).stdin(Stdio::null());
        // It was for this process; parts pass their environment on.
        command.env_remove(join::TOKEN_VARIABLE);
        if let Some((_, passed)) = &pair {
            command.args(["--ready-fd", &passed.number().to_string()]);
        }
        let channel = self.sockets.as_mut().map(sockets::Store::pass);
        let channel = channel.transpose()?;
        if let Some(passed) = &channel {
            command.args(["--sockets-fd", &passed.number().to_string()]);
        }
        let handed: Vec<_> = self.part.handed.iter().map(Handed::pass).collect();
        let handed = handed.into_iter().collect::<Result<Vec<_>, _>>()?;
        for (secret, passed) in self.part.handed.iter().zip(&handed) {
            command.args(secret.arguments(passed));
        }
        // SAFETY: both calls are single system calls, allowed between fork and exec. Unblocking
        // gives the child the signals this process takes by its descriptor; the death signal ends
        // it with its supervisor.
        unsafe {
            command.pre_exec(|| {
                SigSet::all().thread_unblock()?;
                nix::sys::prctl::set_pdeathsig(Signal::SIGTERM)?;
                Ok(())
            });
        }
        let child = command
            .spawn()
            .map_err(|cause| Problem::caused("cannot start a part of wharf", cause))?;
        self.child = Some(child);
        self.waiter = pair.map(|(waiter, _)| waiter);
        self.started = Instant::now();
        self.due = None;
        Ok(())
    }

    /// Takes what the part hands over.
    fn take_sockets(&mut self) {
        if let Some(sockets) = &mut self.sockets {
            sockets.listen();
        }
    }

    /// During the start: takes the part's word, or its end.
    fn look_whether_ready(&mut self) -> Result<(), Problem> {
        let Some(waiter) = &self.waiter else {
            return Ok(());
        };
        match waiter.told() {
            None => Ok(()),
            Some(true) => {
                self.waiter = None;
                Ok(())
            }
            Some(false) => {
                self.waiter = None;
                let status = self.child.take().and_then(|mut child| child.wait().ok());
                match status.and_then(|status| status.code()) {
                    // Somebody killed it: that is nothing it said.
                    None => self.start(true),
                    Some(code) => Err(Problem::PartEnded {
                        code: u8::try_from(code).unwrap_or(1),
                    }),
                }
            }
        }
    }

    /// Takes the end of a part that worked.
    fn look_whether_ended(&mut self) {
        if self.waiter.is_some() {
            return;
        }
        if let Some(child) = &mut self.child
            && let Ok(Some(status)) = child.try_wait()
        {
            self.ended(status);
        }
    }

    /// The part ended: says so and plans its next start.
    fn ended(&mut self, how: ExitStatus) {
        self.child = None;
        self.pause = if self.started.elapsed() > STEADY_AFTER {
            Duration::ZERO
        } else {
            (self.pause * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE)
        };
        self.due = Some(Instant::now() + self.pause);
        let name = self.part.name;
        if how.code() == Some(AGAIN.into()) {
            tracing::info!("the {name} starts again, as it asked to");
            return;
        }
        log::say(format!(
            "the {name} ended ({}){STARTS_AGAIN}",
            describe(how)
        ));
    }
}

fn describe(how: ExitStatus) -> String {
    let signal = how
        .signal()
        .and_then(|signal| Signal::try_from(signal).ok());
    match (signal, how.code()) {
        (Some(signal), _) => signal.to_string(),
        (None, Some(code)) => format!("exit code {code}"),
        (None, None) => how.to_string(),
    }
}

/// Whether who started this program had it ignored.
fn is_ignored(signal: Signal) -> bool {
    // SAFETY: all zeroes is a valid sigaction; without a new action the call only writes the old.
    unsafe {
        let mut now: nix::libc::sigaction = std::mem::zeroed();
        let asked = nix::libc::sigaction(signal as i32, std::ptr::null(), &raw mut now);
        asked == 0 && now.sa_sigaction == nix::libc::SIG_IGN
    }
}
