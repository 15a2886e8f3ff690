//! Disks of instances and snapshots: they are taken of them and they are made of them as of volumes, and sealed alike.

use std::{fs::OpenOptions, io, path::Path, sync::Arc, time::Duration};

use async_trait::async_trait;
use tokio::time::sleep;
use wharf_base::Backoff;
use wharf_planeproto::machine::Instance;

use super::{
    Volumes,
    restore::{NotMade, Target, fill},
    sealed::{Keys, keys},
};
use crate::{
    client::Api,
    instances::{DiskSnapshots, InstanceError, Sealer},
};

const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// What instances ask of who keeps volumes.
pub struct Roots {
    pub volumes: Volumes,
    pub api: Api,
}

impl Roots {
    async fn keys(&self, it: &Instance) -> Result<Keys, NotMade> {
        let of = (it.account.as_str(), it.region.as_str(), it.id.as_str());
        let mut pauses = Backoff::steady(FIRST_PAUSE, LONGEST_PAUSE);
        loop {
            match keys(&self.api, of).await {
                // A server that starts again is none of the instance's.
                Err(NotMade::Early(_)) => {}
                Err(NotMade::Call(error)) if error.is_transient() => {}
                other => return other,
            }
            sleep(pauses.wait()).await;
        }
    }
}

#[async_trait]
impl DiskSnapshots for Roots {
    async fn sealer(&self, it: &Instance) -> Result<Sealer, InstanceError> {
        let keys = self.keys(it).await;
        Ok(Sealer {
            keys: keys.map_err(InstanceError::NoKey)?,
            program: self.volumes.sealed.program(),
        })
    }

    async fn restore(
        &self,
        it: &Instance,
        disk: &Path,
        sealer: Option<&Sealer>,
    ) -> Result<(), InstanceError> {
        let failed = |error: io::Error| InstanceError::Snapshot(error.into());
        let file = OpenOptions::new().write(true).open(disk);
        let reseal = match sealer {
            Some(sealer) => sealer.keys.reseal().map_err(failed)?,
            None => None,
        };
        let target = Target {
            reseal: reseal.map(Arc::new),
            account: &it.account,
            region: &it.region,
            id: &it.id,
            file: Arc::new(file.map_err(failed)?),
            files: &self.volumes.files,
        };
        let filled = fill(&self.api, &target).await;
        filled.map_err(InstanceError::Snapshot)
    }

    fn are_awaited(&self, instance: &str) -> bool {
        self.volumes.awaits_snapshot(instance)
    }
}
