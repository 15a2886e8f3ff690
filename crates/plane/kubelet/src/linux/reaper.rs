//! The PID namespace that the containers of a pod share: that of a process which runs nothing and reaps what they leave behind.

use std::time::Duration;

use wharf_container::{
    image::{Digest, Image, ImageConfig},
    runtime::{ContainerState, TaskHandle},
    spec::{ContainerSpec, NamespaceMode},
};

use super::{LinuxMachine, SIGKILL};
use crate::machine::{MachineError, reaper};

impl LinuxMachine {
    /// Has the process run whose namespace a container is to share. With one that has ended all ended that shared it, so the next one
    /// takes its place.
    pub(super) async fn keep_reaper(
        &self,
        handle: &TaskHandle,
        of: &ContainerSpec,
    ) -> Result<(), MachineError> {
        if of.pid != NamespaceMode::Of(reaper()) {
            return Ok(());
        }
        // Containers start at the same time.
        let _turn = self.reapers.lock().await;
        let kept = self.keep(handle).await;
        kept.map_err(|why| MachineError::Reaper(Box::new(why)))
    }

    async fn keep(&self, handle: &TaskHandle) -> Result<(), MachineError> {
        let name = reaper();
        let known = handle.status().await?;
        match known.containers.get(&name).map(|it| it.state) {
            Some(ContainerState::Running) => return Ok(()),
            None => {}
            Some(ContainerState::Stopped) => handle.remove(&name).await?,
            // An earlier agent was killed in between; while it is still being made this fails, and is tried again.
            Some(ContainerState::Creating | ContainerState::Created) => {
                handle.stop(&name, SIGKILL, Duration::ZERO).await?;
                handle.remove(&name).await?;
            }
        }
        let no_image = Digest::try_from(format!("sha256:{}", "0".repeat(64)));
        let image = Image::from_layers(
            no_image?,
            ImageConfig::default(),
            vec![self.ground.empty.clone()],
        );
        let spec = ContainerSpec::reaper(name);
        handle.create_container(&spec, &image).await?;
        match handle.start(&spec.name).await {
            Ok(_) => Ok(()),
            Err(error) => {
                // What was made and never ran is in the way of the next try.
                let _ = handle.remove(&spec.name).await;
                Err(error.into())
            }
        }
    }
}
