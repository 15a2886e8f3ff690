//! Why a step of a task failed. Its text is what ECS shows: `<Name>: <text>`.

use std::{io, sync::Arc};

use wharf_base::Chain;
use wharf_container::runtime::{ContainerError, RuntimeError};
use wharf_network::NetworkError;

use super::{
    bundle::BadContainer, disks::DiskTooLarge, images::NotPulled, isolation::NoIsolation,
    net::BadNetwork, secrets::NoSecrets, volumes::BadVolume,
};
use crate::{
    allow::NotAllowed,
    client::CallError,
    file_systems::NotMounted,
    logs::{options::BadLogOptions, splunk::NotVerified},
    node::core::TaskContext,
    volumes::NoVolume,
};

/// What a task was to have or to do, and does not.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    #[error("CannotCreateContainerError: the task has no sandbox on this instance")]
    NoSandbox,

    // What its node does not let it have.
    #[error(
        "ResourceInitializationError: the network mode {0} is not supported on instances that run on a host of wharf; use awsvpc"
    )]
    NetworkMode(&'static str),
    #[error(
        "CannotCreateVolumeError: volume '{0}': shared volumes are not supported on instances that run on a host of wharf"
    )]
    SharedVolume(String),
    #[error("ResourceInitializationError: {0}")]
    NotAllowed(#[source] NotAllowed),
    #[error("ResourceInitializationError: this machine gives tasks no user namespaces")]
    NoUserNamespaces,
    #[error("ResourceInitializationError: this machine cannot give the task a user namespace: {}", Chain(.0))]
    NotIsolated(#[source] Arc<NoIsolation>),
    #[error("ResourceInitializationError: no range of user numbers: {0}")]
    NoRange(#[source] io::Error),

    // What it stands on.
    #[error("ContainerNetworkingError: {0}")]
    BadNetwork(#[source] BadNetwork),
    #[error("ContainerNetworkingError: {}", Chain(.0))]
    Network(#[source] NetworkError),
    #[error("CannotCreateVolumeError: {0}")]
    BadVolume(#[source] BadVolume),
    #[error("ResourceInitializationError: failed to make the task's disk of {mib} MiB: {source}")]
    Disk { mib: u64, source: io::Error },
    #[error("ResourceInitializationError: {0}")]
    DiskTooLarge(#[from] DiskTooLarge),
    /// The words depend on who runs the task.
    #[error("{}", .why.reason(.launch_type))]
    Secrets {
        why: Box<NoSecrets>,
        launch_type: String,
    },
    #[error("ResourceInitializationError: {}", Chain(.0))]
    Sandbox(#[source] RuntimeError),
    #[error("ResourceInitializationError: {}", Chain(.0))]
    NotHandedOver(#[source] ContainerError),
    #[error("ResourceInitializationError: {0}")]
    Mount(#[from] NoMount),

    // What its containers are made of.
    #[error(transparent)]
    Image(#[from] NotPulled),
    #[error("{}", .0.reason())]
    BadContainer(#[from] BadContainer),
    #[error("{}", .0.reason())]
    Container(#[from] ContainerError),
    #[error("ResourceInitializationError: no credentials of the execution role for the log driver")]
    NoRoleForLogs,
    #[error("ResourceInitializationError: failed to validate logger args: {0}")]
    LogsOnFargate(#[source] NoLogs),
    #[error(
        "CannotStartContainerError: Error response from daemon: failed to initialize logging driver: {0}"
    )]
    Logs(#[source] NoLogs),
}

impl StepError {
    pub fn secrets(why: NoSecrets, context: &TaskContext) -> Self {
        Self::Secrets {
            why: Box::new(why),
            launch_type: context.task.launch_type.clone(),
        }
    }
}

/// Why a volume of a task is not mounted.
#[derive(Debug, thiserror::Error)]
pub enum NoMount {
    #[error(transparent)]
    Bad(#[from] BadVolume),
    #[error("this machine keeps no EBS volumes")]
    KeepsNone,
    #[error("this machine mounts no EFS volumes")]
    MountsNone,
    #[error(transparent)]
    Ebs(#[from] NoVolume),
    #[error(transparent)]
    Efs(#[from] NotMounted),
}

/// Why a container's log can be brought nowhere.
#[derive(Debug, thiserror::Error)]
pub enum NoLogs {
    #[error(transparent)]
    Options(#[from] BadLogOptions),
    #[error(transparent)]
    Collector(#[from] NotVerified),
    #[error("{tried}failed to create Cloudwatch log stream: {source}")]
    Stream {
        /// How often, where the agent of the launch type says so.
        tried: &'static str,
        source: CallError,
    },
}

/// Why something of a stopped task is still here.
#[derive(Debug, thiserror::Error)]
pub enum NotGivenBack {
    #[error(transparent)]
    Task(#[from] RuntimeError),
    #[error("volumes")]
    Volumes(#[source] io::Error),
    #[error("file systems")]
    FileSystems(#[source] io::Error),
    #[error("its network is not released")]
    Network,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_those_people_know() {
        const INITIALIZATION: &str = "ResourceInitializationError:";
        let full = || io::Error::other("no room");
        let refused = || NoLogs::Stream {
            tried: "",
            source: CallError::Fault {
                code: "AccessDeniedException".to_owned(),
                message: "no".to_owned(),
                status: 400,
            },
        };
        let not_isolated = NoIsolation::Folder {
            path: "/d/ids".into(),
            source: full(),
        };
        for (error, expected) in [
            (
                StepError::NoSandbox,
                "CannotCreateContainerError: the task has no sandbox on this instance".to_owned(),
            ),
            (
                StepError::NetworkMode("host"),
                format!(
                    "{INITIALIZATION} the network mode host is not supported on instances that run on a host \
                     of wharf; use awsvpc"
                ),
            ),
            (
                StepError::SharedVolume("v".to_owned()),
                "CannotCreateVolumeError: volume 'v': shared volumes are not supported on instances that \
                 run on a host of wharf"
                    .to_owned(),
            ),
            (
                StepError::NotIsolated(Arc::new(not_isolated)),
                format!(
                    "{INITIALIZATION} this machine cannot give the task a user namespace: /d/ids: no room"
                ),
            ),
            (
                StepError::NoRange(full()),
                format!("{INITIALIZATION} no range of user numbers: no room"),
            ),
            (
                StepError::Network(NetworkError::Stopped),
                "ContainerNetworkingError: the network of this node has been stopped".to_owned(),
            ),
            (
                StepError::Disk {
                    mib: 20,
                    source: full(),
                },
                format!("{INITIALIZATION} failed to make the task's disk of 20 MiB: no room"),
            ),
            (
                DiskTooLarge(201).into(),
                format!("{INITIALIZATION} a task's disk can have at most 200 GiB, not 201"),
            ),
            (
                StepError::Secrets {
                    why: Box::new(NoSecrets::NoRole),
                    launch_type: "FARGATE".to_owned(),
                },
                format!(
                    "{INITIALIZATION} unable to pull secrets or registry auth: no credentials of the \
                     execution role"
                ),
            ),
            (
                StepError::Sandbox(RuntimeError::TaskExists("t".to_owned())),
                format!("{INITIALIZATION} there is a task t already"),
            ),
            (
                NoMount::from(NotMounted::NoNetwork).into(),
                format!("{INITIALIZATION} EFS volumes need the network mode awsvpc here"),
            ),
            (
                NotPulled::TimedOut("app:1".to_owned()).into(),
                "CannotPullContainerError: pulling app:1 took too long".to_owned(),
            ),
            (
                StepError::LogsOnFargate(refused()),
                format!(
                    "{INITIALIZATION} failed to validate logger args: failed to create Cloudwatch log \
                     stream: AccessDeniedException: no"
                ),
            ),
            (
                StepError::Logs(refused()),
                "CannotStartContainerError: Error response from daemon: failed to initialize logging driver: \
                 failed to create Cloudwatch log stream: AccessDeniedException: no"
                    .to_owned(),
            ),
        ] {
            assert_eq!(error.to_string(), expected);
        }
    }
}
