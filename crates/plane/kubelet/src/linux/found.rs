//! Sandboxes that were there before: of an earlier agent, or of a pod whose shim was killed.

use std::collections::BTreeSet;

use wharf_container::runtime::RecoveredState;

use super::LinuxMachine;
use crate::machine::{Found, MachineError};

impl LinuxMachine {
    /// All sandboxes of the instance; those that run are known from now on.
    pub(super) async fn found(&self) -> Result<Vec<Found>, MachineError> {
        let ids = self.ground.runtime.tasks_of_group(&self.instance).await?;
        let ids: BTreeSet<String> = ids.into_iter().collect();
        let mut attached = self.attachments().await?;
        let mut all = Vec::new();
        for id in ids {
            let Some(found) = self.ground.runtime.recover_task(&id).await? else {
                continue;
            };
            let is_alive = match found.state {
                RecoveredState::Alive(handle) => {
                    self.live.lock().insert(id.clone(), handle);
                    true
                }
                RecoveredState::Ended | RecoveredState::Lost => false,
            };
            all.push(Found {
                annotations: found.sandbox.annotations,
                address: attached.remove(&id).and_then(|it| it.attachment.address),
                containers: found.containers,
                is_alive,
                id,
            });
        }
        Ok(all)
    }

    /// Whether a sandbox runs. What is left of one whose shim was killed is in the way of the next, and goes; its network stays.
    pub(super) async fn is_running(&self, id: &str) -> Result<bool, MachineError> {
        let runtime = &self.ground.runtime;
        if !runtime.has_task(id) {
            return Ok(false);
        }
        let Some(found) = runtime.recover_task(id).await? else {
            return Ok(false);
        };
        if let RecoveredState::Alive(handle) = found.state {
            self.live.lock().insert(id.to_owned(), handle);
            return Ok(true);
        }
        self.live.lock().remove(id);
        self.made_of.lock().remove(id);
        let removed = runtime.remove_task(id).await;
        removed.map_err(MachineError::Remains)?;
        Ok(false)
    }
}
