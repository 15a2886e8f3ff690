//! The container's process 1 where `initProcessEnabled` asks for one: passes signals on to the
//! program, reaps what it leaves behind, ends with the program's code. And the one of a PID namespace that
//! containers share, which has no program.
//!
//! It is this program's own image with the container's confinement already on; it stays
//! undumpable, so that nobody inside can look at it through /proc.

use nix::{
    errno::Errno,
    sys::{
        signal::{SigSet, Signal, kill},
        wait::{WaitPidFlag, WaitStatus, waitpid},
    },
    unistd::{ForkResult, Pid, fork},
};
use wharf_shim_protocol::Failure;

use crate::{
    pipes::{Report, Reporter},
    process::{self, Prepared},
};

/// Runs the program as a child. Ends the process; returns only what went wrong before the fork.
pub fn run(program: &Prepared, reporter: &Reporter) -> Failure {
    let failed = |step: &str, e: Errno| Failure::Process {
        step: step.to_owned(),
        detail: e.desc().to_owned(),
    };
    become_init();
    let all = SigSet::all();
    if let Err(e) = all.thread_block() {
        return failed("block signals", e);
    }
    // SAFETY: this process has one thread.
    match unsafe { fork() } {
        Err(e) => failed("fork", e),
        Ok(ForkResult::Child) => {
            let _ = nix::unistd::setpgid(Pid::from_raw(0), Pid::from_raw(0));
            let failure = program.exec();
            let code = failure.exit_code().unwrap_or(128);
            reporter.send(&Report::Failed(failure));
            // SAFETY: ends the process.
            unsafe { libc::_exit(code) }
        }
        Ok(ForkResult::Parent { child }) => {
            close_all();
            let code = attend(child, &all);
            // SAFETY: ends the process.
            unsafe { libc::_exit(code) }
        }
    }
}

/// Waits for what others in its PID namespace leave behind. Returns only why it cannot. Of signals it heeds what the kernel has process 1
/// heed: none from inside, SIGKILL from outside.
pub fn reap_for_others() -> Failure {
    become_init();
    let mut ends = SigSet::empty();
    ends.add(Signal::SIGCHLD);
    if let Err(e) = ends.thread_set_mask() {
        return Failure::Process {
            step: "block signals".to_owned(),
            detail: e.desc().to_owned(),
        };
    }
    close_all();
    loop {
        // None is its own: their ends are nobody's business.
        while let Ok(WaitStatus::Exited(..) | WaitStatus::Signaled(..)) =
            waitpid(None, Some(WaitPidFlag::WNOHANG))
        {}
        let _ = ends.wait();
    }
}

fn become_init() {
    // SAFETY: plain prctl without pointers.
    unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0) };
    process::set_name("wharf-init");
}

/// Held open here, streams and reports would never be seen to end.
fn close_all() {
    // SAFETY: nothing in this process uses a descriptor any more.
    unsafe { libc::syscall(libc::SYS_close_range, 0, u32::MAX, 0) };
}

/// Waits for signals until the program has ended; returns its code.
fn attend(program: Pid, all: &SigSet) -> i32 {
    loop {
        match all.wait() {
            Ok(Signal::SIGCHLD) | Err(_) => {
                if let Some(code) = reap(program) {
                    return code;
                }
            }
            Ok(signal) => {
                // To the program's whole group, as a terminal would.
                let _ = kill(Pid::from_raw(-program.as_raw()), signal)
                    .or_else(|_| kill(program, signal));
            }
        }
    }
}

fn reap(program: Pid) -> Option<i32> {
    loop {
        let (pid, code) = match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::Exited(pid, code)) => (pid, code),
            Ok(WaitStatus::Signaled(pid, signal, _)) => (pid, 128 + signal as i32),
            _ => return None,
        };
        if pid == program {
            return Some(code);
        }
    }
}
