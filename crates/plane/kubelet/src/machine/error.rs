//! What a machine cannot do for a pod. It is told with its causes ([`Chain`]): causes are not repeated in the texts.

use std::{error::Error, io};

use tokio::task::JoinError;
use wharf_base::Chain;
use wharf_container::{
    image::BadReference,
    runtime::{ContainerError, LogError, RuntimeError},
};
use wharf_network::{BadValue, NetworkError};

use crate::host_paths::BadHostPath;

/// Why somebody else did not do their part: whoever has volumes, file systems or policies.
pub type Cause = Box<dyn Error + Send + Sync>;

/// Why a machine did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum MachineError {
    #[error("the machine did not answer")]
    NoAnswer,

    // What a node has not got.
    #[error("volume {0}: this node mounts no EBS volumes")]
    MountsNoVolume(String),
    #[error("volume {0}: this node has no EBS volumes as devices")]
    NoDevice(String),
    #[error("this node has no EBS volumes")]
    NoVolumes,
    #[error("this node mounts no file systems of EFS")]
    NoFileSystems,
    #[error("this node has no processes for pods")]
    NoProcesses,
    #[error("this node has no files for pods")]
    NoFiles,
    #[error("this node has no paths for pods")]
    NoPaths,
    #[error("this node changes no bounds of what runs")]
    NoBounds,
    #[error("nobody attaches to containers of this node")]
    NoAttaching,

    // What is not as it is to be.
    #[error("the pod has no sandbox on this node")]
    NoSandbox,
    #[error("the sandbox is of another instance")]
    OfAnotherInstance,
    #[error("the instance has no network")]
    NoNetwork,
    #[error("its network has no namespace")]
    NoNamespace,
    #[error("its interface")]
    Interface(#[source] BadValue),
    #[error("its network policies")]
    Policies(#[source] Cause),

    // What failed.
    #[error("no range of user numbers")]
    NoRange(#[source] io::Error),
    #[error("its network")]
    OwnNetwork(#[source] NetworkError),
    #[error("its disk")]
    Disk(#[source] io::Error),
    #[error("its user numbers")]
    UserNumbers(#[source] io::Error),
    #[error("what is left of it")]
    Remains(#[source] RuntimeError),
    #[error("what its file systems were mounted by")]
    MountedBy(#[source] io::Error),
    #[error("the process namespace that its containers share")]
    Reaper(#[source] Box<Self>),
    #[error("the instance's processes")]
    Processes(#[source] io::Error),
    /// By whoever has volumes and file systems.
    #[error(transparent)]
    Volume(Cause),
    #[error(transparent)]
    HostPath(#[from] BadHostPath),
    #[error(transparent)]
    Network(#[from] NetworkError),
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    #[error(transparent)]
    Container(#[from] ContainerError),
    #[error(transparent)]
    Log(#[from] LogError),
    #[error(transparent)]
    Digest(#[from] BadReference),
    #[error(transparent)]
    Io(#[from] io::Error),
    /// What blocks was not done to its end.
    #[error(transparent)]
    Task(#[from] JoinError),
}

impl MachineError {
    /// With its causes, for the status of a pod and for who asked.
    pub fn text(&self) -> String {
        Chain(self).to_string()
    }
}

/// Why there is no output of a program in a container.
#[derive(Debug, thiserror::Error)]
pub enum ExecFailed {
    #[error("it took too long")]
    TimedOut,
    #[error(transparent)]
    Other(#[from] MachineError),
}
