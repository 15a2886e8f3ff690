//! Disks of instances and snapshots: they are taken of them and they are made of them as of volumes.

use std::{fs::OpenOptions, path::Path, sync::Arc};

use async_trait::async_trait;
use wharf_planeproto::machine::Instance;

use super::{
    Volumes,
    restore::{Target, fill},
};
use crate::{client::Api, instances::DiskSnapshots};

/// What instances ask of who keeps volumes.
pub struct Roots {
    pub volumes: Volumes,
    pub api: Api,
}

#[async_trait]
impl DiskSnapshots for Roots {
    async fn restore(&self, it: &Instance, disk: &Path) -> Result<(), String> {
        let failed = |error: &dyn std::fmt::Display| format!("its disk of a snapshot: {error}");
        let file = OpenOptions::new().write(true).open(disk);
        let target = Target {
            reseal: None,
            account: &it.account,
            region: &it.region,
            id: &it.id,
            file: Arc::new(file.map_err(|e| failed(&e))?),
            files: &self.volumes.files,
        };
        fill(&self.api, &target).await.map_err(|e| failed(&e))
    }

    fn are_awaited(&self, instance: &str) -> bool {
        self.volumes.awaits_snapshot(instance)
    }
}
