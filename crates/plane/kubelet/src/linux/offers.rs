//! What a machine has for its pods beyond what each has.

use std::{io, sync::Arc};

use super::{LinuxMachine, PodFiles, PodVolumes, SandboxDisks};
use crate::{host_paths, machine::Lent};

impl LinuxMachine {
    /// Each sandbox has a disk, to which goes what its containers write.
    #[must_use]
    pub fn with_disks(self, disks: Arc<dyn SandboxDisks>) -> Self {
        Self {
            disks: Some(disks),
            ..self
        }
    }

    /// Pods have the volumes that are attached to their instance.
    #[must_use]
    pub fn with_volumes(self, volumes: Option<Arc<dyn PodVolumes>>) -> Self {
        Self { volumes, ..self }
    }

    /// Pods have file systems, which their instance mounts.
    #[must_use]
    pub fn with_files(self, files: Option<Arc<dyn PodFiles>>) -> Self {
        Self { files, ..self }
    }

    /// Containers may have that, where their pods want it.
    #[must_use]
    pub fn lending(self, lent: Lent) -> Self {
        Self { lent, ..self }
    }

    /// Pods have paths of their instance, whose first process this is: it runs now.
    ///
    /// # Errors
    /// It does not.
    pub fn with_host_paths(self, first_process: i32) -> io::Result<Self> {
        Ok(Self {
            first_process: Some(host_paths::FirstProcess::open(first_process)?),
            ..self
        })
    }
}
