//! Why a volume of a pod is not where its containers find it, in upstream's words. Told with its causes ([`wharf_base::Chain`]).

use std::io;

use tokio::task::JoinError;
use wharf_kube_client::Error;
use wharf_kube_model::file_volume::{BadFileVolume, EFS};

use crate::{env::BadConfig, machine::MachineError, objects::Unread};

/// Why volumes of a pod are not mounted.
#[derive(Debug, thiserror::Error)]
pub enum NotMounted {
    /// Upstream has a space before the cause, so this one repeats it.
    #[error("{step} failed for volume \"{volume}\" : {source}")]
    Step {
        step: &'static str,
        volume: String,
        source: Box<Why>,
    },
    #[error(
        "Unable to attach or mount volumes: unmounted volumes=[{volume}]: volume {volume} has volumeMode {mode}, but is specified in {other}"
    )]
    Mode {
        volume: String,
        mode: &'static str,
        other: &'static str,
    },
    #[error("volume \"{0}\" was not found")]
    NotFound(String),
    #[error("failed to fetch token")]
    Token(#[source] Error),
    #[error(transparent)]
    Unread(#[from] Unread),
    #[error(transparent)]
    Machine(#[from] MachineError),
    #[error(transparent)]
    Io(#[from] io::Error),
    /// What blocks was not done to its end.
    #[error(transparent)]
    Task(#[from] JoinError),
}

impl NotMounted {
    /// That a step failed for a volume.
    pub fn step(step: &'static str, volume: &str, why: impl Into<Why>) -> Self {
        Self::Step {
            step,
            volume: volume.to_owned(),
            source: Box::new(why.into()),
        }
    }
}

/// Why a step failed.
#[derive(Debug, thiserror::Error)]
pub enum Why {
    #[error("PVC {claim} was not created for pod {pod} (pod is not owner)")]
    NotOwner { claim: String, pod: String },
    #[error("volume uses the ReadWriteOncePod access mode and is already in use by another pod")]
    InUse,
    #[error("PVC is not bound")]
    NotBound,
    #[error("persistentVolume \"{0}\" is not bound to the claim")]
    OfAnother(String),
    #[error("persistentVolume \"{volume}\": {what} is not supported by this node")]
    Unsupported { volume: String, what: String },
    #[error("timed out waiting for {disk}: {seen}")]
    NotAttached { disk: String, seen: String },
    #[error(
        "kubernetes.io/csi: mounter.SetUpAt failed to get CSI client: driver name {EFS} not found in the list of registered CSI drivers"
    )]
    NoDriver,
    #[error("Could not mount \"{file_system}:{root}\"")]
    FileSystem {
        file_system: String,
        root: String,
        source: Box<MachineError>,
    },
    #[error("applyFSGroup failed")]
    Group(#[source] io::Error),
    #[error(transparent)]
    File(#[from] BadFileVolume),
    #[error(transparent)]
    Config(#[from] BadConfig),
    #[error(transparent)]
    Api(#[from] Error),
    #[error(transparent)]
    Machine(#[from] MachineError),
    #[error(transparent)]
    Io(#[from] io::Error),
}
