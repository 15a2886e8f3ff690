//! Why an instance is not as it is to be. It is told with its causes ([`Chain`](wharf_base::Chain)): causes are not repeated in the
//! texts. What a boot failed for is read by whoever launched the instance: calls are told there without what they failed for on this
//! machine's way to the control plane.

use std::{io, path::PathBuf, sync::Arc};

use tokio::task::JoinError;
use wharf_container::{
    image::{BadReference, PullError},
    runtime::{ContainerError, NoUserNamespaces, RuntimeError},
};
use wharf_guest::TooLittleMemory;
use wharf_network::{BadValue, NetworkError};
use wharf_planeproto::machine::NO_KEY;

use super::{emulator::NoEmulator, joining::JoinsError, layers::NoOwnImage};
use crate::{client::CallError, volumes::NotMade};

/// Why this machine can keep no instances, or takes no new ones.
#[derive(Debug, thiserror::Error)]
pub enum NoInstances {
    #[error("{}", .path.display())]
    Folder { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    #[error("no user namespaces")]
    UserNamespaces(#[source] NoUserNamespaces),
    #[error("no disks")]
    Disks(#[source] io::Error),
    #[error(transparent)]
    Layers(#[from] io::Error),
    #[error("the first process of instances")]
    Program(#[source] io::Error),
    /// What blocks was not done to its end.
    #[error(transparent)]
    Task(#[from] JoinError),
}

/// Why there is no image of a registry that an instance is made of.
#[derive(Debug, thiserror::Error)]
pub enum NoInstanceImage {
    #[error("there is no {0}: this node asks no registry")]
    NoRegistry(String),
    #[error(transparent)]
    Name(#[from] BadReference),
    #[error("no login for its image: no answer")]
    NoAnswer,
    #[error("no login for its image: {0}")]
    Login(CallError),
    #[error("no login for its image")]
    BadLogin(#[source] serde_json::Error),
    /// In the words of ECS.
    #[error("{}", .0.reason())]
    Pull(Box<PullError>),
    #[error("pulling {0} took too long")]
    TimedOut(String),
}

/// Why an instance did not boot, or why something of it is still here.
#[derive(Debug, thiserror::Error)]
pub enum InstanceError {
    // What this machine has not got.
    #[error("this machine has no own image")]
    NoOwnImage(#[source] Arc<NoOwnImage>),
    #[error("no virtual machines")]
    NoEmulator(#[source] Arc<NoEmulator>),
    #[error("this machine has no sealed disks")]
    NoSealedDisks,
    #[error("this machine makes no disks of snapshots")]
    NoSnapshots,

    // What it is made of.
    #[error(transparent)]
    Image(#[from] NoInstanceImage),
    /// It is not given for being asked for again.
    #[error("{NO_KEY}{0}")]
    NoKey(NotMade),
    #[error("its disk of a snapshot: {0}")]
    Snapshot(NotMade),
    #[error(transparent)]
    Memory(#[from] TooLittleMemory),
    #[error("its interface")]
    Interface(#[source] BadValue),

    // What it stands on.
    #[error("no range of user numbers")]
    NoRange(#[source] io::Error),
    #[error("its network")]
    Network(#[source] NetworkError),
    #[error("its network has no namespace")]
    NoNamespace,
    #[error("its disk")]
    Disk(#[source] io::Error),
    #[error("the owners of what is on its disk")]
    Owners(#[source] io::Error),
    #[error("its limits")]
    Limits(#[source] RuntimeError),
    #[error("what it is told")]
    Told(#[source] io::Error),
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    #[error(transparent)]
    Container(#[from] ContainerError),

    // What is left of it.
    #[error("its node")]
    Node(#[source] Box<JoinsError>),
    #[error(transparent)]
    Nodes(Box<JoinsError>),
    #[error("the key of its disk")]
    Shut(#[source] Box<Self>),
    #[error("a snapshot of its disk is still to be taken")]
    AwaitsSnapshot,
    #[error(transparent)]
    Io(#[from] io::Error),
    /// What blocks was not done to its end.
    #[error(transparent)]
    Task(#[from] JoinError),
}

#[cfg(test)]
mod tests {
    use wharf_base::Chain;

    use super::*;
    use crate::client::api::TransportError;

    #[test]
    fn what_whoever_launched_an_instance_reads() {
        let transport = CallError::Transport {
            operation: "GetInstanceImageLogin",
            source: TransportError::Timeout,
        };
        let damaged = "what the control plane sent is not what the snapshot lists";
        let (key, snapshot) = (
            format!("{NO_KEY}{damaged}"),
            format!("its disk of a snapshot: {damaged}"),
        );
        for (error, expected) in [
            (InstanceError::NoKey(NotMade::Damaged), key.as_str()),
            (InstanceError::Snapshot(NotMade::Damaged), snapshot.as_str()),
            (
                InstanceError::NoOwnImage(Arc::new(NoOwnImage::NoBusybox)),
                "this machine has no own image: there is no /bin/busybox; the package busybox-static has it",
            ),
            (
                InstanceError::NoEmulator(Arc::new(NoEmulator::NotWanted)),
                "no virtual machines: this node was started without --vm",
            ),
            (
                NoInstanceImage::Login(transport).into(),
                "no login for its image: GetInstanceImageLogin got no answer",
            ),
            (
                InstanceError::Disk(io::Error::other("no room")),
                "its disk: no room",
            ),
        ] {
            assert_eq!(Chain(&error).to_string(), expected);
        }
    }
}
