//! What happens in the container's first process between its surroundings and the program.

use std::{
    cell::RefCell,
    os::fd::{AsRawFd, OwnedFd},
};

use nix::{
    errno::Errno,
    sched::{CloneFlags, setns},
    unistd::{ForkResult, fork, setsid},
};
use wharf_shim_protocol::{Failure, ProcessPlan};

use crate::{
    init,
    pipes::{Report, Reporter, close_between},
    process::{self, Prepared},
    tty,
};

/// What becomes of the first process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Runs {
    /// The program.
    Itself,
    /// A small process 1, with the program as its child.
    BelowInit,
    /// Only that process 1, for what others leave behind.
    Nothing,
}

pub struct Launch {
    pub plan: ProcessPlan,
    pub filter: Vec<u8>,
    pub runs: Runs,
    pub reporter: Reporter,
    /// Where the other side of a terminal goes.
    pub console: Option<OwnedFd>,
    /// The PID namespace of another container, which the program runs in.
    pub pid_namespace: Option<OwnedFd>,
    pub prepared: RefCell<Option<Prepared>>,
}

impl Launch {
    /// When the container is created: behind the change of root, still with all capabilities.
    pub fn prepare(&self) -> Result<(), Failure> {
        let prepared = process::prepare(&self.plan, self.filter.clone())?;
        if self.runs != Runs::Nothing {
            prepared.check_program()?;
            self.reporter
                .send(&Report::User(prepared.identity().told()));
        }
        if let Some(console) = &self.console {
            tty::open_inside(console, prepared.identity().uid)?;
            if self.pid_namespace.is_none() {
                tty::take()?;
            }
        }
        // Until it runs its program, the process goes by that one's name, not by ours.
        process::set_name(prepared.program_name());
        *self.prepared.borrow_mut() = Some(prepared);
        Ok(())
    }

    /// When it is started: becomes the program, whose environment is the plan's alone, in the order it was given.
    /// Returns only what went wrong.
    pub fn launch(&self) -> Failure {
        let Some(prepared) = self.prepared.borrow_mut().take() else {
            return Failure::Runtime {
                detail: "started before it was created".to_owned(),
            };
        };
        let entered = self.pid_namespace.as_ref().map_or(Ok(()), |namespace| {
            // Moves the children of this process, which nobody inside ever sees itself.
            setns(namespace, CloneFlags::CLONE_NEWPID).map_err(|e| failed("join", e))
        });
        if let Err(failure) = entered.and_then(|()| prepared.confine()) {
            return failure;
        }
        if self.pid_namespace.is_some()
            && let Err(failure) = self.go_inside()
        {
            return failure;
        }
        match self.runs {
            Runs::Itself => prepared.exec(),
            Runs::BelowInit => init::run(&prepared, &self.reporter),
            Runs::Nothing => init::reap_for_others(),
        }
    }

    /// Goes on in a child, which is in the PID namespace and has the program's rights already.
    /// The shim learns its number; this process ends.
    fn go_inside(&self) -> Result<(), Failure> {
        close_between(&[self.reporter.as_fd().as_raw_fd() as u32]);
        // SAFETY: this process has one thread.
        match unsafe { fork() }.map_err(|e| failed("fork", e))? {
            ForkResult::Parent { child } => {
                self.reporter.send(&Report::Process(child.as_raw()));
                // SAFETY: ends the process.
                unsafe { libc::_exit(0) }
            }
            ForkResult::Child if self.console.is_some() => tty::take(),
            ForkResult::Child => {
                let _ = setsid();
                Ok(())
            }
        }
    }
}

fn failed(step: &str, error: Errno) -> Failure {
    Failure::Process {
        step: format!("{step} the PID namespace"),
        detail: error.desc().to_owned(),
    }
}
