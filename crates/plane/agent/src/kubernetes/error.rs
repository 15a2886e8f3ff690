//! Why an instance has no node of Kubernetes, or why something of one is still here. It is told with its causes
//! ([`wharf_base::Chain`]): causes are not repeated in the texts.

use std::io;

use base64::DecodeError;
use wharf_kube_client::Error as ClientError;
use wharf_kubelet::{linux::GroundError, machine::MachineError, server::NoPort};
use wharf_network::NetworkError;

use super::members::NoListener;
use crate::client::BadEndpoint;

/// Why no instance of this machine can have a node of Kubernetes.
#[derive(Debug, thiserror::Error)]
pub enum NoKubelets {
    #[error("this machine keeps no instances")]
    NoInstances,
    /// Sandboxes cannot be kept here.
    #[error(transparent)]
    Ground(#[from] GroundError),
}

/// Why the node of an instance was not started, stopped or removed.
#[derive(Debug, thiserror::Error)]
pub enum KubeletError {
    #[error("{0} is no id of an instance")]
    InstanceId(String),
    #[error("this node is shutting down")]
    ShuttingDown,

    // What the instance says of its cluster.
    #[error("the certificate of the cluster's authority is too long")]
    LongAuthority,
    #[error("the certificate of the cluster's authority")]
    Authority(#[source] DecodeError),
    #[error(transparent)]
    Endpoint(#[from] BadEndpoint),
    #[error("{0} is no URL of the form https://host:port")]
    Url(String),
    #[error(transparent)]
    Client(#[from] ClientError),

    // What a node listens at.
    #[error(transparent)]
    Server(#[from] NoPort),
    #[error("a way to the API server")]
    ApiServer(#[source] NoListener),
    #[error("credentials for pods")]
    PodIdentity(#[source] NoListener),
    #[error("the health of services")]
    ServiceHealth(#[source] NoListener),
    #[error("the cluster's name service")]
    Names(#[source] NoListener),
    /// The kernel does not say where.
    #[error(transparent)]
    Address(#[from] io::Error),

    // What it stands on, and what is left of it.
    #[error("the instance's first process")]
    FirstProcess(#[source] io::Error),
    #[error(transparent)]
    Machine(#[from] MachineError),
    #[error("what its pods mounted by")]
    MountedBy(#[source] io::Error),
    #[error("its services")]
    Services(#[source] NetworkError),
    #[error("its network policies")]
    Policies(#[source] NetworkError),
    #[error("the volumes of its pods")]
    Volumes(#[source] io::Error),
    #[error("the ports of its node")]
    Ports(#[source] io::Error),
    #[error("the services that its node knew")]
    Book(#[source] io::Error),
}
