//! Process 1: starts what prepares the instance, reaps what others leave behind, ends all of it when it is told to.

use std::{
    path::Path,
    process::ExitCode,
    thread,
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    sys::{
        signal::{SigSet, Signal, kill},
        wait::{WaitPidFlag, WaitStatus, waitpid},
    },
    unistd::{ForkResult, Pid, fork, sync},
};

use crate::{
    apply,
    boot::{Boot, VARIABLE},
    console::say,
    mount_filter, prepare,
};

/// So long programs have after SIGTERM. The host kills what is left ten seconds later.
const GRACE: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Runs until the instance is told to end.
pub fn run() -> ExitCode {
    let boot = std::env::var(VARIABLE).ok();
    let Some(boot) = boot.and_then(|text| serde_json::from_str::<Boot>(&text).ok()) else {
        eprintln!("wharf: this program is the first process of an instance; a host starts it");
        return ExitCode::from(2);
    };
    if std::process::id() != 1 {
        eprintln!("wharf: this program is process 1 or nothing");
        return ExitCode::from(2);
    }
    let root = Path::new("/");
    prepare::prepare(root, &boot);
    say(&format!("{} boots", boot.instance));
    let all = SigSet::all();
    if let Err(error) = all.thread_block() {
        say(&format!("failed to block signals: {error}"));
        return ExitCode::FAILURE;
    }
    if boot.asks_for_mounts
        && let Err(error) = mount_filter::install()
    {
        say(&format!("volumes cannot be mounted: {error}"));
    }
    // SAFETY: this process has one thread.
    match unsafe { fork() } {
        Ok(ForkResult::Child) => {
            let _ = SigSet::empty().thread_set_mask();
            apply::run(root, &boot);
            ExitCode::SUCCESS
        }
        Ok(ForkResult::Parent { child }) => {
            attend(&all, |ended| notice(root, child, ended));
            say(&format!("{} ended", boot.instance));
            sync();
            ExitCode::SUCCESS
        }
        Err(error) => {
            say(&format!("failed to start what runs user data: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// Says how what runs user data ended, if it did not come to its end: nobody else knows of it.
fn notice(root: &Path, child: Pid, ended: WaitStatus) {
    let how = match ended {
        WaitStatus::Signaled(pid, signal, _) if pid == child => format!("was killed by {signal}"),
        WaitStatus::Exited(pid, code) if pid == child && code != 0 => format!("left with {code}"),
        _ => return,
    };
    say(&format!(
        "user data did not come to its end: what runs it {how}"
    ));
    apply::mark_done(root);
}

/// Returns once everything else has ended, because it was told to.
fn attend(all: &SigSet, notice: impl Fn(WaitStatus)) {
    loop {
        match all.wait() {
            Ok(Signal::SIGTERM | Signal::SIGINT | Signal::SIGPWR) => return end(),
            _ => {
                while let Reaped::One(ended) = reap() {
                    notice(ended);
                }
            }
        }
    }
}

enum Reaped {
    One(WaitStatus),
    /// Others live.
    None,
    Alone,
}

fn reap() -> Reaped {
    match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
        Err(Errno::ECHILD) => Reaped::Alone,
        Ok(status) if status.pid().is_some() => Reaped::One(status),
        _ => Reaped::None,
    }
}

fn end() {
    let everybody = Pid::from_raw(-1);
    let _ = kill(everybody, Signal::SIGTERM);
    let mut kill_at = Instant::now() + GRACE;
    loop {
        match reap() {
            Reaped::Alone => return,
            Reaped::One(_) => continue,
            Reaped::None => {}
        }
        if Instant::now() >= kill_at {
            let _ = kill(everybody, Signal::SIGKILL);
            kill_at = Instant::now() + GRACE;
        }
        thread::sleep(LOOK_EVERY);
    }
}
