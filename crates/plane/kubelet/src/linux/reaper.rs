//! The PID namespace that the containers of a pod share: that of a process which runs nothing and reaps what they leave behind.

use std::{fmt::Display, time::Duration};

use wharf_base::Chain;
use wharf_container::{
    image::{Digest, Image, ImageConfig},
    runtime::{ContainerState, TaskHandle},
    spec::{ContainerSpec, NamespaceMode},
};

use super::{LinuxMachine, SIGKILL, text};
use crate::machine::reaper;

impl LinuxMachine {
    /// Has the process run whose namespace a container is to share. With one that has ended all ended that shared it, so the next one
    /// takes its place.
    pub(super) async fn keep_reaper(
        &self,
        handle: &TaskHandle,
        of: &ContainerSpec,
    ) -> Result<(), String> {
        let name = reaper();
        if of.pid != NamespaceMode::Of(name.clone()) {
            return Ok(());
        }
        let failed =
            |why: &dyn Display| format!("the process namespace that its containers share: {why}");
        // Containers start at the same time.
        let _turn = self.reapers.lock().await;
        let known = handle.status().await.map_err(|e| failed(&text(&e)))?;
        match known.containers.get(&name).map(|it| it.state) {
            Some(ContainerState::Running) => return Ok(()),
            None => {}
            Some(ContainerState::Stopped) => {
                let removed = handle.remove(&name).await;
                removed.map_err(|e| failed(&text(&e)))?;
            }
            // An earlier agent was killed in between; while it is still being made this fails, and is tried again.
            Some(ContainerState::Creating | ContainerState::Created) => {
                let stopped = handle.stop(&name, SIGKILL, Duration::ZERO).await;
                stopped.map_err(|e| failed(&text(&e)))?;
                let removed = handle.remove(&name).await;
                removed.map_err(|e| failed(&text(&e)))?;
            }
        }
        let no_image = Digest::try_from(format!("sha256:{}", "0".repeat(64)));
        let image = Image::from_layers(
            no_image.map_err(|e| failed(&Chain(&e)))?,
            ImageConfig::default(),
            vec![self.ground.empty.clone()],
        );
        let spec = ContainerSpec::reaper(name);
        let created = handle.create_container(&spec, &image).await;
        created.map_err(|e| failed(&text(&e)))?;
        match handle.start(&spec.name).await {
            Ok(_) => Ok(()),
            Err(error) => {
                // What was made and never ran is in the way of the next try.
                let _ = handle.remove(&spec.name).await;
                Err(failed(&text(&error)))
            }
        }
    }
}
