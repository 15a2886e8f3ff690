//! Where each file of a task lies.
//!
//! ```text
//! <tasks>/<task id>/
//!   task.json               what the agent asked for; written before the shim starts
//!   state.json              which process the shim is, and those of its containers
//!   shim.sock               where the shim listens
//!   shim.log                what the shim had to say (errors alone)
//!   disk.img                the task's own disk, if it has one: a sparse file …
//!   disk/                   … mounted in the shim's mount namespace only
//!     containers/<name>/    upper/ and work/ of the overlay, instead of those below
//!     volumes/<name>/       volumes of the task's own
//!   runtime/<name>/         the OCI library's own folder of a container
//!   containers/<name>/
//!     config.json           the OCI runtime-spec bundle …
//!     plan.json             … and what the shim does beyond it
//!     seccomp.bpf           the compiled filter, 8 bytes an instruction
//!     rootfs/ upper/ work/  overlay; mounted in the shim's mount namespace only
//!     proc/                 that of another container's PID namespace, likewise
//!     exit.json             written durably when it ended
//!     logs/<offset>.log     the spool; logs/cursor is how far it was delivered
//! ```

use std::path::{Path, PathBuf};

use crate::ContainerName;

/// The name of [`ContainerFolder::proc`] in its folder.
pub const PROC: &str = "proc";

/// Paths below one task's folder. Relative when the base is (the shim runs inside its folder, so
/// that socket paths stay short).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskFolder {
    base: PathBuf,
}

impl TaskFolder {
    pub fn new(base: impl Into<PathBuf>) -> Self {
        Self { base: base.into() }
    }

    pub fn base(&self) -> &Path {
        &self.base
    }

    pub fn task(&self) -> PathBuf {
        self.base.join("task.json")
    }

    pub fn state(&self) -> PathBuf {
        self.base.join("state.json")
    }

    pub fn socket(&self) -> PathBuf {
        self.base.join("shim.sock")
    }

    pub fn shim_log(&self) -> PathBuf {
        self.base.join("shim.log")
    }

    pub fn disk_image(&self) -> PathBuf {
        self.base.join("disk.img")
    }

    /// There only for tasks with a disk of their own.
    pub fn disk(&self) -> PathBuf {
        self.base.join("disk")
    }

    /// Where a container's overlay keeps what is written.
    pub fn writable(&self, name: &ContainerName) -> PathBuf {
        if self.disk().is_dir() {
            self.disk().join("containers").join(name.as_str())
        } else {
            self.container(name).base
        }
    }

    pub fn disk_volumes(&self) -> PathBuf {
        self.disk().join("volumes")
    }

    pub fn runtime(&self) -> PathBuf {
        self.base.join("runtime")
    }

    pub fn containers(&self) -> PathBuf {
        self.base.join("containers")
    }

    pub fn container(&self, name: &ContainerName) -> ContainerFolder {
        ContainerFolder {
            base: self.containers().join(name.as_str()),
        }
    }
}

/// Paths below one container's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerFolder {
    base: PathBuf,
}

impl ContainerFolder {
    pub fn base(&self) -> &Path {
        &self.base
    }

    pub fn config(&self) -> PathBuf {
        self.base.join("config.json")
    }

    pub fn plan(&self) -> PathBuf {
        self.base.join("plan.json")
    }

    pub fn seccomp(&self) -> PathBuf {
        self.base.join("seccomp.bpf")
    }

    pub fn rootfs(&self) -> PathBuf {
        self.base.join("rootfs")
    }

    pub fn proc(&self) -> PathBuf {
        self.base.join(PROC)
    }

    pub fn exit(&self) -> PathBuf {
        self.base.join("exit.json")
    }

    pub fn logs(&self) -> PathBuf {
        self.base.join("logs")
    }

    pub fn log_cursor(&self) -> PathBuf {
        self.base.join("logs/cursor")
    }
}
