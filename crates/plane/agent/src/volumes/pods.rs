//! Volumes of pods: mounted in their sandboxes as those of tasks are, but several pods of one instance may have one at once.
//!
//! One that is a block device has nothing mounted: the shim of each pod that has it keeps it open, so the device is over its file until
//! the last of them is gone, and its number is nobody else's meanwhile. Either all have it mounted or all have it as a device: a file
//! system that the kernel knows of is never written to behind its back.

use std::{io, path::Path};

use async_trait::async_trait;
use wharf_container::{
    runtime::{DevFolder, LoopDevice, PreparedDisk, RawDisk, TaskHandle},
    spec::ContainerName,
};
use wharf_kubelet::{
    linux::PodVolumes,
    machine::{BlockDevice, Cause},
};

use super::{By, NoVolume, Volumes, freeze::is_in_use, may_mount, open};

/// Where nodes of devices are made, before they are put into a container.
const SCRATCH: &str = "ebs-pod-node";

/// Why a pod has no volume that its machine has.
#[derive(Debug, thiserror::Error)]
enum NotGiven {
    #[error("the volume {0}: it was let go meanwhile")]
    LetGo(String),
    #[error("the volume {0} is not held")]
    NotHeld(String),
    #[error("the container is gone")]
    NoContainer,
    #[error("the container has no user numbers of its own")]
    NoNumbers,
    #[error("/dev/{name}")]
    Node { name: String, source: io::Error },
}

#[async_trait]
impl PodVolumes for Volumes {
    async fn mount(
        &self,
        instance: &str,
        id: &str,
        filesystem: &str,
        sandbox: &TaskHandle,
        place: &Path,
    ) -> Result<bool, Cause> {
        let others = LoopDevice::over(&self.files.image(id));
        let is_first = others?.is_none();
        let by = By {
            open: open_with_others,
            instance: Some(instance),
        };
        self.mount_by(by, id, filesystem, sandbox, place).await?;
        Ok(is_first)
    }

    async fn hold(&self, instance: &str, id: &str, sandbox: &TaskHandle) -> Result<bool, Cause> {
        self.wait_for(id, Some(instance)).await?;
        let taken = self.take_for_itself(id).await;
        // A snapshot of it may have taken minutes.
        if !may_mount(&self.told(), id, Some(instance)) {
            return Err(NotGiven::LetGo(id.to_owned()).into());
        }
        let image = self.files.image(id);
        let opened = tokio::task::spawn_blocking(move || raw_with_others(&image)).await;
        let opened = opened.map_err(io::Error::other).flatten();
        let (disk, is_first) = opened.map_err(no_volume(id))?;
        let held = sandbox.hold_device(id, &disk).await;
        drop(taken);
        held?;
        Ok(is_first)
    }

    async fn give(
        &self,
        sandbox: &TaskHandle,
        container: &ContainerName,
        devices: &[BlockDevice],
    ) -> Result<(), Cause> {
        let status = sandbox.status().await?;
        let first = status.containers.get(container).map(|it| it.pid);
        let first = first.filter(|it| *it > 0);
        let first = first.ok_or(NotGiven::NoContainer)?;
        let range = sandbox.sandbox().user_range;
        let range = range.ok_or(NotGiven::NoNumbers)?;
        let scratch = self.node.join(SCRATCH);
        let (volumes, sandbox) = (self.clone(), sandbox.clone());
        let (container, devices) = (container.clone(), devices.to_vec());
        let work = move || -> Result<(), Cause> {
            let mut over = Vec::new();
            for it in &devices {
                let found = LoopDevice::over(&volumes.files.image(&it.volume));
                let found = found.map_err(no_volume(&it.volume))?;
                let found = found.filter(|it| it.goes);
                over.push(found.ok_or_else(|| NotGiven::NotHeld(it.volume.clone()))?);
            }
            let dev = DevFolder { first, range };
            for (it, device) in devices.iter().zip(&over) {
                if !dev.has(&it.name, *device) {
                    let put = dev.put(&it.name, *device, &scratch);
                    put.map_err(|source| NotGiven::Node {
                        name: it.name.clone(),
                        source,
                    })?;
                }
            }
            let numbers = over.iter().map(|it| it.number);
            let writable = devices.iter().map(|it| it.writable);
            let allowed = sandbox.allow_loops(&container, numbers.zip(writable));
            allowed.map_err(Cause::from)
        };
        tokio::task::spawn_blocking(work).await?
    }
}

fn no_volume(id: &str) -> impl FnOnce(io::Error) -> NoVolume {
    let id = id.to_owned();
    move |source| NoVolume::Io { id, source }
}

fn busy(text: &str) -> io::Error {
    io::Error::new(io::ErrorKind::ResourceBusy, text)
}

/// A volume that nobody has, or other pods of the instance that EC2 says has it. Blocks.
fn open_with_others(image: &Path, filesystem: &str) -> io::Result<PreparedDisk> {
    // One that stays by itself is the device of an instance, which no pod shares.
    let others = LoopDevice::over(image)?.filter(|it| it.goes);
    if let Some(others) = others {
        // What they write to it, no file system of the kernel's may be on.
        if !is_in_use(image)? && LoopDevice::over(image)?.is_some() {
            return Err(busy(
                "other pods have it as a block device, or are just losing it",
            ));
        }
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

/// The device over a volume, and whether nobody had it. Blocks.
fn raw_with_others(image: &Path) -> io::Result<(RawDisk, bool)> {
    let others = LoopDevice::over(image)?.filter(|it| it.goes);
    if let Some(others) = others {
        if is_in_use(image)? {
            return Err(busy("other pods have it mounted"));
        }
        match RawDisk::shared(image, others) {
            Ok(disk) => return Ok((disk, false)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok((RawDisk::alone(image)?, true))
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    /// Needs root, loop devices and ext4.
    #[test]
    fn a_volume_is_mounted_or_a_device_and_never_both() {
        let dir = tempfile::tempdir().unwrap();
        let image = dir.path().join("disk.img");
        File::create(&image).unwrap().set_len(64 << 20).unwrap();
        let gone = || {
            while LoopDevice::over(&image).unwrap().is_some() {
                std::thread::yield_now();
            }
        };
        let mounted = open_with_others(&image, "ext4").unwrap();
        let also = open_with_others(&image, "ext4").unwrap();
        let refused = raw_with_others(&image).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::ResourceBusy);
        drop((mounted, also));
        gone();
        let (first, is_first) = raw_with_others(&image).unwrap();
        let (second, is_second) = raw_with_others(&image).unwrap();
        assert!(is_first && !is_second);
        let refused = open_with_others(&image, "ext4").unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::ResourceBusy);
        drop((first, second));
        gone();
        drop(open_with_others(&image, "ext4").unwrap());
    }
}
