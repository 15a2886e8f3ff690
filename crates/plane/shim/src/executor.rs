//! What happens in the container's first process between the OCI library's work and the program.

use std::{cell::RefCell, collections::HashMap, os::fd::OwnedFd, rc::Rc};

use libcontainer::{
    oci_spec::runtime::Spec,
    workload::{Executor, ExecutorError, ExecutorSetEnvsError, ExecutorValidationError},
};
use wharf_shim_protocol::{Failure, ProcessPlan};

use crate::{
    init,
    pipes::{Report, Reporter},
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
        if let Err(failure) = prepared.confine() {
            return failure;
        }
        if launch.init {
            init::run(&prepared, &launch.reporter)
        } else {
            prepared.exec()
        }
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
