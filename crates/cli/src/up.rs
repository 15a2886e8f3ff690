//! `wharf up`: a supervisor with two children, `wharf server` and `wharf node`.
//!
//! It holds no state. A child that ends is started again, later each time it ends soon. The
//! children end with the supervisor, however it ends; containers do not.

use std::{
    os::unix::process::CommandExt,
    process::{Child, Command, ExitCode, Stdio},
    time::{Duration, Instant},
};

use nix::{
    sys::{
        signal::{SigSet, Signal, kill},
        wait::{WaitPidFlag, WaitStatus, waitpid},
    },
    unistd::Pid,
};

use crate::{
    UpArgs, doctor,
    layout::{Layout, Settings},
    problem::Problem,
    ready, roles,
    style::Style,
};

/// A child that ran so long had come up: it is started again at once.
const STEADY_AFTER: Duration = Duration::from_secs(1);
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// Children get this long to end before they are killed.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);

pub fn run(args: &UpArgs) -> Result<ExitCode, Problem> {
    roles::require_root()?;
    doctor::require()?;
    let layout = Layout::new(&args.server.data.data)?;
    layout.create()?;
    let _lock = layout.lock()?;
    roles::require_free_port(&args.server)?;
    layout.save_settings(&Settings {
        port: args.server.port,
        account: roles::ACCOUNT.to_owned(),
        region: roles::REGION.to_owned(),
    })?;
    // Before any child exists: what arrives from now on is taken by `wait` below.
    let mut signals = SigSet::empty();
    for signal in [
        Signal::SIGINT,
        Signal::SIGTERM,
        Signal::SIGHUP,
        Signal::SIGCHLD,
    ] {
        signals.add(signal);
    }
    signals
        .thread_block()
        .map_err(|cause| Problem::caused("cannot block signals", cause))?;

    let mut children = [Kept::new(Role::Server, args), Kept::new(Role::Node, args)];
    for child in &mut children {
        // The node registers with the server, so the server comes first.
        child.start_and_wait()?;
    }
    announce(&layout, args);
    supervise(&mut children, &signals);
    stop(&mut children);
    Ok(ExitCode::SUCCESS)
}

fn announce(layout: &Layout, args: &UpArgs) {
    let style = Style::of_stdout();
    let default = layout.root() == std::path::Path::new("/var/lib/wharf");
    let data = if default {
        String::new()
    } else {
        format!(" --data {}", layout.root().display())
    };
    println!(
        "{} wharf answers at http://localhost:{}",
        style.good("Ready."),
        args.server.port
    );
    println!("{}", style.faint("Next:"));
    println!("  eval \"$(wharf env{data})\"");
    println!("  aws ecs list-container-instances");
    println!("  wharf status{data}");
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Server,
    Node,
}

/// A child and how it is kept alive.
struct Kept<'a> {
    role: Role,
    args: &'a UpArgs,
    child: Option<Child>,
    started: Instant,
    pause: Duration,
    due: Option<Instant>,
}

impl<'a> Kept<'a> {
    fn new(role: Role, args: &'a UpArgs) -> Self {
        Self {
            role,
            args,
            child: None,
            started: Instant::now(),
            pause: FIRST_PAUSE,
            due: None,
        }
    }

    fn start_and_wait(&mut self) -> Result<(), Problem> {
        let (waiter, passed) = ready::pair()?;
        self.start(Some(&passed))?;
        drop(passed);
        if waiter.wait() {
            return Ok(());
        }
        // It has said on stderr why.
        let status = self.child.take().and_then(|mut child| child.wait().ok());
        let code = status.and_then(|status| status.code()).unwrap_or(1);
        std::process::exit(code);
    }

    fn start(&mut self, passed: Option<&ready::Passed>) -> Result<(), Problem> {
        let program = roles::own_program()?;
        let mut command = Command::new(program);
        let server = &self.args.server;
        match self.role {
            Role::Server => {
                command
                    .arg("server")
                    .args(["--port", &server.port.to_string()]);
                command.args(["--iam", roles::iam_name(server.iam)]);
                if let Some(listen) = server.listen {
                    command.args(["--listen", &listen.to_string()]);
                }
            }
            Role::Node => {
                command.arg("node");
            }
        }
        command
            .arg("--data")
            .arg(&server.data.data)
            .stdin(Stdio::null());
        if let Some(passed) = passed {
            command.args(["--ready-fd", &passed.number().to_string()]);
        }
        // SAFETY: both calls are single system calls, allowed between fork and exec. Unblocking
        // gives the child the signals this process takes by `wait`; the death signal ends it with
        // its supervisor.
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
        self.started = Instant::now();
        self.due = None;
        Ok(())
    }

    /// The child ended: says so and plans its next start.
    fn ended(&mut self, how: &WaitStatus) {
        self.child = None;
        self.pause = if self.started.elapsed() > STEADY_AFTER {
            FIRST_PAUSE
        } else {
            (self.pause * 2).min(LONGEST_PAUSE)
        };
        self.due = Some(Instant::now() + self.pause);
        eprintln!(
            "wharf: the {:?} ended ({}); it starts again",
            self.role,
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

/// Returns when the person wants the end.
fn supervise(children: &mut [Kept<'_>], signals: &SigSet) {
    loop {
        let due = children.iter().filter_map(|child| child.due).min();
        match wait(
            signals,
            due.map(|due| due.saturating_duration_since(Instant::now())),
        ) {
            Some(Signal::SIGCHLD) => reap(children),
            Some(_) => return,
            None => {}
        }
        let now = Instant::now();
        for child in children
            .iter_mut()
            .filter(|child| child.due.is_some_and(|due| due <= now))
        {
            if let Err(problem) = child.start(None) {
                eprintln!("{}", crate::problem::Full(&problem));
                child.due = Some(now + LONGEST_PAUSE);
            }
        }
    }
}

/// The next signal, or `None` when the time is up.
fn wait(signals: &SigSet, limit: Option<Duration>) -> Option<Signal> {
    let Some(limit) = limit else {
        return signals.wait().ok();
    };
    let timeout = nix::libc::timespec {
        tv_sec: limit.as_secs() as nix::libc::time_t,
        tv_nsec: nix::libc::c_long::from(limit.subsec_nanos() as i32),
    };
    // SAFETY: both pointers are to live values of the right types; the second may be null.
    let number =
        unsafe { nix::libc::sigtimedwait(signals.as_ref(), std::ptr::null_mut(), &timeout) };
    Signal::try_from(number).ok()
}

fn reap(children: &mut [Kept<'_>]) {
    while let Ok(status) = waitpid(None, Some(WaitPidFlag::WNOHANG)) {
        let Some(pid) = status.pid() else { break };
        let known = children.iter_mut().find(|kept| {
            kept.child
                .as_ref()
                .is_some_and(|child| child.id() == pid.as_raw() as u32)
        });
        if let Some(kept) = known {
            kept.ended(&status);
        }
    }
}

fn stop(children: &mut [Kept<'_>]) {
    // The node first: it then reports what it still can.
    for kept in children.iter_mut().rev() {
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
    println!("Stopped. Containers go on; `wharf up` takes them up again, `wharf down` ends them.");
}
