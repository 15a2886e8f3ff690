//! Keeps the parts of an installation running: `wharf up` its three, `wharf node` the agent and, if
//! the node carries load balancers, their data plane.
//!
//! It holds no state. A part that ends is started again, later each time it ends soon. The parts end
//! with the supervisor, however it ends; containers do not.

use std::{
    ffi::OsString,
    os::{fd::AsFd, unix::process::CommandExt},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use nix::{
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::{
        signal::{SigSet, Signal, kill},
        signalfd::{SfdFlags, SignalFd},
        wait::{WaitPidFlag, WaitStatus, waitpid},
    },
    unistd::Pid,
};

use crate::{problem::Problem, ready, roles};

/// A part that ran so long had come up: it is started again at once.
const STEADY_AFTER: Duration = Duration::from_secs(1);
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// Parts get this long to end before they are killed.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);

/// A part: what it is called, and the arguments of its own program after `wharf`.
pub struct Part {
    pub name: &'static str,
    pub arguments: Vec<OsString>,
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
    started: Instant,
    pause: Duration,
    due: Option<Instant>,
}

impl Supervisor {
    /// Before any child exists: from now on signals are taken here.
    pub fn new() -> Result<Self, Problem> {
        let mut taken = SigSet::empty();
        for signal in [
            Signal::SIGINT,
            Signal::SIGTERM,
            Signal::SIGHUP,
            Signal::SIGCHLD,
        ] {
            taken.add(signal);
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
            if self.wait(None)? == Some(Wish::End) {
                return Ok(Started::Asked);
            }
            for kept in &mut self.parts {
                kept.look_whether_ready()?;
            }
        }
        Ok(Started::Ready)
    }

    /// Keeps the parts running; returns when the person wants the end.
    pub fn keep(&mut self) -> Result<(), Problem> {
        loop {
            let due = self.parts.iter().filter_map(|kept| kept.due).min();
            let limit = due.map(|due| due.saturating_duration_since(Instant::now()));
            if self.wait(limit)? == Some(Wish::End) {
                return Ok(());
            }
            self.reap();
            let now = Instant::now();
            let due = |kept: &&mut Kept| kept.due.is_some_and(|due| due <= now);
            for kept in self.parts.iter_mut().filter(due) {
                if let Err(problem) = kept.start(false) {
                    eprintln!("{}", crate::problem::Full(&problem));
                    kept.due = Some(now + LONGEST_PAUSE);
                }
            }
        }
    }

    /// Ends all parts, the last started first: a node then reports what it still can.
    pub fn stop(self) {
        for mut kept in self.parts.into_iter().rev() {
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

    /// Waits for a signal, a part that works, or the end of the time.
    fn wait(&self, limit: Option<Duration>) -> Result<Option<Wish>, Problem> {
        let mut fds = vec![PollFd::new(self.signals.as_fd(), PollFlags::POLLIN)];
        let waiters = self.parts.iter().filter_map(|kept| kept.waiter.as_ref());
        fds.extend(waiters.map(|waiter| PollFd::new(waiter.as_fd(), PollFlags::POLLIN)));
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

    fn reap(&mut self) {
        while let Ok(status) = waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            let Some(pid) = status.pid() else { break };
            let is_it = |kept: &&mut Kept| {
                let child = kept.child.as_ref();
                child.is_some_and(|child| child.id() == pid.as_raw() as u32)
            };
            if let Some(kept) = self.parts.iter_mut().find(is_it) {
                kept.ended(&status);
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    End,
}

impl Kept {
    fn new(part: Part) -> Self {
        Self {
            part,
            child: None,
            waiter: None,
            started: Instant::now(),
            pause: FIRST_PAUSE,
            due: None,
        }
    }

    fn start(&mut self, first: bool) -> Result<(), Problem> {
        let pair = first.then(ready::pair).transpose()?;
        let mut command = Command::new(roles::own_program()?);
        command.args(&self.part.arguments).stdin(Stdio::null());
        if let Some((_, passed)) = &pair {
            command.args(["--ready-fd", &passed.number().to_string()]);
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
                let code = status.and_then(|status| status.code());
                Err(Problem::PartEnded {
                    code: code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1),
                })
            }
        }
    }

    /// The part ended: says so and plans its next start.
    fn ended(&mut self, how: &WaitStatus) {
        self.child = None;
        self.pause = if self.started.elapsed() > STEADY_AFTER {
            FIRST_PAUSE
        } else {
            (self.pause * 2).min(LONGEST_PAUSE)
        };
        self.due = Some(Instant::now() + self.pause);
        let name = self.part.name;
        eprintln!(
            "wharf: the {name} ended ({}); it starts again",
            describe(how)
        );
    }
}

fn describe(how: &WaitStatus) -> String {
    match how {
        WaitStatus::Exited(_, code) => format!("exit code {code}"),
        WaitStatus::Signaled(_, signal, _) => format!("{signal}"),
        other => format!("{other:?}"),
    }
}
