//! Where disks, volumes and file systems of pods come from.

use std::{io, path::Path};

use async_trait::async_trait;
use wharf_container::{
    runtime::{PreparedDisk, TaskHandle},
    spec::ContainerName,
};
use wharf_kube_model::file_volume::FileVolume;

use crate::machine::{BlockDevice, Cause};

/// Where disks of sandboxes come from.
#[async_trait]
pub trait SandboxDisks: Send + Sync {
    /// One; `None` where this machine makes none.
    async fn take(&self) -> io::Result<Option<PreparedDisk>>;
}

/// Where EBS volumes of pods come from.
#[async_trait]
pub trait PodVolumes: Send + Sync {
    /// Mounts a volume at `place`, as the sandbox sees it, formatted if nothing was ever written to it. Other sandboxes of
    /// this instance may have it too; whether none had. What its API says of the volume is its users' to write: that
    /// `instance` has it is checked.
    async fn mount(
        &self,
        instance: &str,
        id: &str,
        filesystem: &str,
        sandbox: &TaskHandle,
        place: &Path,
    ) -> Result<bool, Cause>;

    /// As [`Self::mount`], for a volume that pods have as a block device: the sandbox keeps it open until its end, so that what its
    /// containers may open means this volume for as long as they are there.
    async fn hold(&self, instance: &str, id: &str, sandbox: &TaskHandle) -> Result<bool, Cause>;

    /// Gives a container that waits to be started devices that its sandbox holds.
    async fn give(
        &self,
        sandbox: &TaskHandle,
        container: &ContainerName,
        devices: &[BlockDevice],
    ) -> Result<(), Cause>;
}

/// By what pods have file systems of EFS.
#[async_trait]
pub trait PodFiles: Send + Sync {
    /// Mounts one at `place`, as the sandbox sees it, as a volume of `instance`'s; the server is reached from `network`, a namespace.
    /// `whose`: the sandbox, and what it calls the volume.
    async fn mount(
        &self,
        instance: &str,
        whose: (&TaskHandle, &str),
        files: &FileVolume,
        network: &Path,
        place: &Path,
    ) -> Result<(), Cause>;

    /// Nothing of a sandbox of that instance is left.
    fn forget(&self, instance: &str, sandbox: &str) -> io::Result<()>;
}
