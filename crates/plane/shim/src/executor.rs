//! What happens in the container's first process between the OCI library's work and the program.

use std::{
    cell::RefCell,
    collections::HashMap,
    os::fd::{AsRawFd, OwnedFd},
    rc::Rc,
};

use libcontainer::{
    oci_spec::runtime::Spec,
    workload::{Executor, ExecutorError, ExecutorSetEnvsError, ExecutorValidationError},
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

/// Shared by the library's clones of the executor; each process has its own copy after a fork.
pub struct Launch {
    pub plan: ProcessPlan,
    pub filter: Vec<u8>,
    pub init: bool,
    pub reporter: Reporter,
    /// Where the other side of a terminal goes.
    pub console: Option<OwnedFd>,
    /// The PID namespace of another container, which the program runs in.
    pub pid_namespace: Option<OwnedFd>,
    pub prepared: RefCell<Option<Prepared>>,
}

#[derive(Clone)]
pub struct WharfExecutor(pub Rc<Launch>);

impl WharfExecutor {
    fn report(&self, failure: &Failure) -> String {
        self.0.reporter.send(&Report::Failed(failure.clone()));
        failure.to_string()
    }

    fn prepare(&self) -> Result<(), Failure> {
        let launch = &*self.0;
        let prepared = process::prepare(&launch.plan, launch.filter.clone())?;
        prepared.check_program()?;
        if let Some(console) = &launch.console {
            tty::open_inside(console, prepared.identity().uid)?;
            if launch.pid_namespace.is_none() {
                tty::take()?;
            }
        }
        // Until it runs its program, the process goes by that one's name, not the library's.
        process::set_name(prepared.program_name());
        *launch.prepared.borrow_mut() = Some(prepared);
        Ok(())
    }

    fn launch(&self) -> Failure {
        let launch = &*self.0;
        let Some(prepared) = launch.prepared.borrow_mut().take() else {
            return Failure::Runtime {
                detail: "started before it was created".to_owned(),
            };
        };
        let entered = launch.pid_namespace.as_ref().map_or(Ok(()), |namespace| {
            // Moves the children of this process, which nobody inside ever sees itself.
            setns(namespace, CloneFlags::CLONE_NEWPID).map_err(|e| failed("join", e))
        });
        if let Err(failure) = entered.and_then(|()| prepared.confine()) {
            return failure;
        }
        if launch.pid_namespace.is_some()
            && let Err(failure) = launch.go_inside()
        {
            return failure;
        }
        if launch.init {
            init::run(&prepared, &launch.reporter)
        } else {
            prepared.exec()
        }
    }
}

impl Launch {
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

impl Executor for WharfExecutor {
    /// When the container is created: behind the change of root, still with all capabilities.
    fn validate(&self, _: &Spec) -> Result<(), ExecutorValidationError> {
        self.prepare()
            .map_err(|f| ExecutorValidationError::ArgValidationError(self.report(&f)))
    }

    /// The environment goes to the program alone, in the order it was given.
    fn setup_envs(&self, _: HashMap<String, String>) -> Result<(), ExecutorSetEnvsError> {
        Ok(())
    }

    /// When the container is started.
    fn exec(&self, _: &Spec) -> Result<(), ExecutorError> {
        let failure = self.launch();
        let code = failure.exit_code().unwrap_or(128);
        self.report(&failure);
        // Nothing is left to clean up, and the program's exit code is to be the shell's.
        // SAFETY: ends the process.
        unsafe { libc::_exit(code) }
    }
}
