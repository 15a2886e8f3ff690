//! Volumes of pods: mounted in their sandboxes as those of tasks are, but several pods of one instance may have one at once.

use std::{io, path::Path};

use async_trait::async_trait;
use wharf_base::Chain;
use wharf_container::runtime::{LoopDevice, PreparedDisk, TaskHandle};
use wharf_kubelet::linux::PodVolumes;

use super::{By, Volumes, open};

#[async_trait]
impl PodVolumes for Volumes {
    async fn mount(
        &self,
        instance: &str,
        id: &str,
        filesystem: &str,
        sandbox: &TaskHandle,
        place: &Path,
    ) -> Result<bool, String> {
        let others = LoopDevice::over(&self.files.image(id));
        let is_first = others.map_err(|e| e.to_string())?.is_none();
        let by = By {
            open: open_with_others,
            instance: Some(instance),
        };
        let mounted = self.mount_by(by, id, filesystem, sandbox, place);
        mounted.await.map_err(|e| Chain(&e).to_string())?;
        Ok(is_first)
    }
}

/// A volume that nobody has, or other pods of the instance that EC2 says has it. Blocks.
fn open_with_others(image: &Path, filesystem: &str) -> io::Result<PreparedDisk> {
    // One that stays by itself is the device of an instance, which no pod shares.
    let others = LoopDevice::over(image)?.filter(|it| it.goes);
    if let Some(others) = others {
        match PreparedDisk::shared(image, u64::from(others.number)) {
            Ok(disk) => return Ok(disk),
            // The last of them went meanwhile.
            Err(error) => {
                tracing::debug!(image = %image.display(), %error, "a volume is shared no more");
            }
        }
    }
    open(image, filesystem)
}
