//! What all nodes of one process share of the machine.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use wharf_base::InstallationId;
use wharf_container::runtime::{RecoveredState, Runtime, RuntimeError, RuntimeOptions};
use wharf_network::Network;
use wharf_userns::Ranges;

use crate::machine::MachineError;

/// Folder of the shims of pods, below the node's.
pub fn runtime_dir(node: &Path) -> PathBuf {
    node.join("pods").join("live")
}

/// What all nodes of this process share.
#[derive(Clone)]
pub struct Ground {
    pub(super) runtime: Runtime,
    pub(super) network: Network,
    pub(super) ranges: Arc<Ranges>,
    /// Processes and threads of one pod.
    pub(super) pids: u64,
    /// A folder with nothing in it; absolute.
    pub(super) empty: PathBuf,
}

/// What the ground is made of.
pub struct GroundParts {
    /// The node's folder.
    pub node: PathBuf,
    pub installation: InstallationId,
    pub shim: PathBuf,
    pub network: Network,
    pub pids: u64,
}

/// Why sandboxes cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum GroundError {
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    #[error("{}", .path.display())]
    Folder { path: PathBuf, source: io::Error },
}

impl GroundError {
    fn folder(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Folder { path, source }
    }
}

impl Ground {
    /// # Errors
    /// The folders cannot be used.
    pub async fn open(parts: GroundParts) -> Result<Self, GroundError> {
        let runtime = Runtime::open(RuntimeOptions {
            dir: runtime_dir(&parts.node),
            installation: parts.installation.clone(),
            shim: parts.shim,
            kept_cores: 0,
            run: None,
        });
        let runtime = runtime.await?;
        let empty = parts.node.join("pods").join("empty").join("layer");
        let made = std::fs::create_dir_all(&empty).and_then(|()| empty.canonicalize());
        let empty = made.map_err(GroundError::folder(&empty))?;
        let ids = parts.node.join("ids");
        let ranges = Ranges::open(&ids, parts.installation.as_str());
        let ranges = ranges.map_err(GroundError::folder(&ids))?;
        Ok(Self {
            runtime,
            network: parts.network,
            ranges: Arc::new(ranges),
            pids: parts.pids,
            empty,
        })
    }

    /// Ends all sandboxes of an instance.
    ///
    /// # Errors
    /// Something is left; trying again does the rest.
    pub async fn end_all(&self, instance: &str) -> Result<(), MachineError> {
        let ids = self.runtime.tasks_of_group(instance).await;
        for id in ids? {
            self.remove(instance, &id).await?;
        }
        Ok(())
    }

    pub(super) async fn remove(&self, instance: &str, id: &str) -> Result<(), MachineError> {
        let ended = match self.runtime.recover_task(id).await {
            Ok(Some(found)) if found.sandbox.group.as_deref() != Some(instance) => {
                return Err(MachineError::OfAnotherInstance);
            }
            Ok(Some(found)) => match found.state {
                RecoveredState::Alive(handle) => handle.kill().await,
                RecoveredState::Ended | RecoveredState::Lost => self.runtime.remove_task(id).await,
            },
            Ok(None) => Ok(()),
            Err(error) => Err(error),
        };
        ended?;
        let released = self.network.detach(id).await;
        released.map_err(MachineError::OwnNetwork)?;
        let released = self.ranges.release(id);
        released.map_err(MachineError::UserNumbers)
    }
}
