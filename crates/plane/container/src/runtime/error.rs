//! What can go wrong with a container, and what ECS calls it.

use std::{io, path::PathBuf, time::Duration};

use wharf_base::Chain;
use wharf_cgroup::CgroupError;
use wharf_shim_protocol::Failure;

use crate::spec::SpecError;

/// The runtime as a whole, or a task, could not be set up or taken down.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    #[error("`{0}` is no task id: 1 to 64 of a-z, 0-9 and `-`")]
    BadTaskId(String),
    #[error("there is a task {0} already")]
    TaskExists(String),
    #[error("cannot {step} {}", path.display())]
    Io {
        step: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("control groups")]
    Cgroup(#[from] CgroupError),
    #[error("a user namespace needs one of the folders /mnt, /media, /srv and /opt")]
    NoStage,
    #[error("the shim of task {task} did not start: {reason}")]
    ShimDidNotStart { task: String, reason: String },
    /// It is left alone. Whoever took the folder away, or started us where it is not seen, has to say.
    #[error("task {task} has processes, but {} is not to be seen: is its tmpfs unmounted, or mounted in another mount namespace?", path.display())]
    OutOfSight { task: String, path: PathBuf },
    #[error("the shim of task {task} does not answer")]
    Shim {
        task: String,
        #[source]
        source: ContainerError,
    },
}

impl RuntimeError {
    pub(crate) fn io(
        step: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { step, path, source }
    }
}

/// Why containers can have no user namespaces here. It is told with its causes ([`Chain`]).
#[derive(Debug, thiserror::Error)]
pub enum NoUserNamespaces {
    #[error("{}", path.display())]
    Path { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Stage(RuntimeError),
    #[error("the shim cannot be run")]
    NotRun(#[source] io::Error),
    #[error("the shim did not answer")]
    TimedOut,
    #[error("the shim ended without an answer")]
    NoAnswer,
    /// In the words of the shim, which tried.
    #[error("{0}")]
    Refused(String),
}

/// Which request an error belongs to; names the ECS error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Create,
    Start,
    Stop,
    Inspect,
    Exec,
}

/// A request about one container failed.
#[derive(Debug, thiserror::Error)]
pub enum ContainerError {
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// The shim refused, or the program could not be run.
    #[error("{failure}")]
    Refused { step: Step, failure: Failure },
    #[error("control groups")]
    Cgroup(#[from] CgroupError),
    #[error("cannot {step} {}", path.display())]
    Io {
        step: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    /// The shim is gone; so is, or will be, everything it held.
    #[error("the shim does not answer")]
    NoShim {
        step: Step,
        #[source]
        source: io::Error,
    },
    #[error("the shim answered something else than was asked")]
    Confused { step: Step },
    #[error("it took longer than {0:?}")]
    TimedOut(Duration),
}

impl ContainerError {
    /// `<Name>: <text>`, as ECS shows it in a container's `reason` (spec/ecs.md §4,
    /// spec/ecs-agent.md §5). A missing program counts as a failed start whenever it is noticed.
    pub fn reason(&self) -> String {
        const DAEMON: &str = "Error response from daemon:";
        match self {
            Self::Refused { step, failure } => match failure {
                Failure::CommandNotFound { .. }
                | Failure::CannotExecute { .. }
                | Failure::WorkingDirectory { .. } => format!(
                    "CannotStartContainerError: {DAEMON} failed to create task for container: failed to create shim \
                     task: OCI runtime create failed: unable to start container process: {failure}"
                ),
                Failure::UnknownUser { .. } | Failure::UnknownGroup { .. } => {
                    format!("CannotStartContainerError: {DAEMON} {failure}")
                }
                _ => format!("{}: {DAEMON} {failure}", name(*step)),
            },
            Self::NoShim { step, .. } | Self::Confused { step } => {
                format!("{}: {self}", name(*step))
            }
            Self::TimedOut(after) => {
                format!(
                    "DockerTimeoutError: Could not transition to stopped; timed out after waiting {after:?}"
                )
            }
            Self::Spec(_) | Self::Cgroup(_) | Self::Io { .. } => {
                format!("CannotCreateContainerError: {DAEMON} {}", Chain(self))
            }
        }
    }

    /// The exit code Docker would report for a program that could not be run.
    pub fn exit_code(&self) -> Option<i32> {
        match self {
            Self::Refused { failure, .. } => failure.exit_code(),
            _ => None,
        }
    }

    pub(crate) fn io(
        step: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { step, path, source }
    }
}

fn name(step: Step) -> &'static str {
    match step {
        Step::Create => "CannotCreateContainerError",
        Step::Start => "CannotStartContainerError",
        Step::Stop => "CannotStopContainerError",
        Step::Inspect => "CannotInspectContainerError",
        Step::Exec => "CannotExecContainerError",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_carry_their_ecs_name() {
        let missing = Failure::CommandNotFound {
            command: "nope".into(),
        };
        let error = ContainerError::Refused {
            step: Step::Create,
            failure: missing,
        };
        assert_eq!(error.exit_code(), Some(127));
        assert!(
            error
                .reason()
                .starts_with("CannotStartContainerError: Error response from daemon: ")
        );
        assert!(
            error
                .reason()
                .contains("exec: \"nope\": executable file not found in $PATH")
        );
        let spec = ContainerError::from(SpecError::UnknownCapability("FLY".into()));
        assert_eq!(
            spec.reason(),
            "CannotCreateContainerError: Error response from daemon: unknown capability: \"FLY\""
        );
    }
}
