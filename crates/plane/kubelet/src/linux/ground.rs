//! What all nodes of one process share of the machine.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use wharf_base::{Chain, InstallationId};
use wharf_container::runtime::{RecoveredState, Runtime, RuntimeOptions};
use wharf_network::Network;
use wharf_userns::Ranges;

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

impl Ground {
    /// # Errors
    /// The folders cannot be used.
    pub async fn open(parts: GroundParts) -> Result<Self, String> {
        let runtime = Runtime::open(RuntimeOptions {
            dir: runtime_dir(&parts.node),
            installation: parts.installation.clone(),
            shim: parts.shim,
            kept_cores: 0,
            run: None,
        });
        let runtime = runtime.await.map_err(|e| Chain(&e).to_string())?;
        let empty = parts.node.join("pods").join("empty").join("layer");
        let made = std::fs::create_dir_all(&empty).and_then(|()| empty.canonicalize());
        let empty = made.map_err(|e| format!("{}: {e}", empty.display()))?;
        let ids = parts.node.join("ids");
        let ranges = Ranges::open(&ids, parts.installation.as_str());
        let ranges = ranges.map_err(|e| format!("{}: {e}", ids.display()))?;
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
    pub async fn end_all(&self, instance: &str) -> Result<(), String> {
        let ids = self.runtime.tasks_of_group(instance).await;
        for id in ids.map_err(|e| Chain(&e).to_string())? {
            self.remove(instance, &id).await?;
        }
        Ok(())
    }

    pub(super) async fn remove(&self, instance: &str, id: &str) -> Result<(), String> {
        let ended = match self.runtime.recover_task(id).await {
            Ok(Some(found)) if found.sandbox.group.as_deref() != Some(instance) => {
                return Err("the sandbox is of another instance".to_owned());
            }
            Ok(Some(found)) => match found.state {
                RecoveredState::Alive(handle) => handle.kill().await,
                RecoveredState::Ended | RecoveredState::Lost => self.runtime.remove_task(id).await,
            },
            Ok(None) => Ok(()),
            Err(error) => Err(error),
        };
        ended.map_err(|e| Chain(&e).to_string())?;
        let released = self.network.detach(id).await;
        released.map_err(|e| format!("its network: {}", Chain(&e)))?;
        self.ranges
            .release(id)
            .map_err(|e| format!("its user numbers: {e}"))
    }
}
