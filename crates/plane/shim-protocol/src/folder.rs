//! Where each file of a task lies.
//!
//! What says something only while the task's processes live is in memory, on a tmpfs: making and removing many small
//! files is what a disk's file system does worst. What is kept, or may be large, is on disk. A task that was begun where
//! there is no such tmpfs, or by a version that knew none, has both in one folder.
//!
//! ```text
//! <tasks>/<task id>/        on disk
//!   task.json               what the agent asked for; written before the shim starts
//!   disk.img                the task's own disk, if it has one: a sparse file …
//!   logs-<name>/            spool of a container: <offset>.log, and how far it was delivered in cursor
//!   exit-<name>.json        how it ended, written as a whole: a machine that is shut down in order ends containers last
//!   containers/<name>/      upper/ and work/ of the overlay, where the task has no disk; what of a bundle is large
//!
//! <run>/<task id>/          in memory
//!   state.json              which process the shim is, and those of its containers
//!   shim.sock               where the shim listens
//!   shim.log                what the shim had to say (errors alone)
//!   disk/                   … mounted in the shim's mount namespace only
//!     containers/<name>/    upper/ and work/ of the overlay, instead of those below
//!     volumes/<name>/       volumes of the task's own
//!   containers/<name>/
//!     config.json           the OCI runtime-spec bundle …
//!     plan.json             … and what the shim does beyond it
//!     seccomp.bpf           the compiled filter, 8 bytes an instruction
//!     etc/                  hosts and its kin; in the shim's mount namespace a small file system of the container's own
//!                           with copies, since it may write them
//!     rootfs/               the overlay; mounted in the shim's mount namespace only
//!     proc/                 that of another container's PID namespace, likewise
//!     exit.json             as exit-<name>.json, of a task with one folder
//!     logs/                 the spool, likewise
//! ```

use std::path::{Path, PathBuf};

use crate::ContainerName;

/// The name of [`ContainerFolder::proc`] in its folder.
pub const PROC: &str = "proc";

/// The name of [`ContainerFolder::etc`] in its folder.
pub const ETC: &str = "etc";

/// What the folder of a container's spool begins with where it lies beside others.
const LOGS_OF: &str = "logs-";
/// And the file that says how it ended.
const EXIT_OF: &str = "exit-";

/// Paths below one task's folder. Relative when the base is (the shim runs inside its folder, so
/// that socket paths stay short).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskFolder {
    base: PathBuf,
    /// The part in memory; `None`: all is in one folder.
    run: Option<PathBuf>,
}

impl TaskFolder {
    pub fn new(base: impl Into<PathBuf>) -> Self {
        Self {
            base: base.into(),
            run: None,
        }
    }

    /// The same with what lives as long as processes in `run`.
    pub fn with_run(base: impl Into<PathBuf>, run: Option<PathBuf>) -> Self {
        Self {
            base: base.into(),
            run,
        }
    }

    pub fn base(&self) -> &Path {
        &self.base
    }

    /// Its part in memory, if it has one.
    pub fn run(&self) -> Option<&Path> {
        self.run.as_deref()
    }

    /// Where the shim lives.
    pub fn seat(&self) -> &Path {
        self.run.as_deref().unwrap_or(&self.base)
    }

    pub fn task(&self) -> PathBuf {
        self.base.join("task.json")
    }

    pub fn state(&self) -> PathBuf {
        self.seat().join("state.json")
    }

    pub fn socket(&self) -> PathBuf {
        self.seat().join("shim.sock")
    }

    pub fn shim_log(&self) -> PathBuf {
        self.seat().join("shim.log")
    }

    pub fn disk_image(&self) -> PathBuf {
        self.base.join("disk.img")
    }

    /// There only for tasks with a disk of their own.
    pub fn disk(&self) -> PathBuf {
        self.seat().join("disk")
    }

    /// Where a container's overlay keeps what is written.
    pub fn writable(&self, name: &ContainerName) -> PathBuf {
        if self.disk().is_dir() {
            self.disk().join("containers").join(name.as_str())
        } else {
            self.container(name).written
        }
    }

    pub fn disk_volumes(&self) -> PathBuf {
        self.disk().join("volumes")
    }

    pub fn containers(&self) -> PathBuf {
        self.seat().join("containers")
    }

    pub fn container(&self, name: &ContainerName) -> ContainerFolder {
        let base = self.containers().join(name.as_str());
        match &self.run {
            Some(_) => ContainerFolder {
                logs: self.base.join(format!("{LOGS_OF}{name}")),
                exit: self.base.join(format!("{EXIT_OF}{name}.json")),
                written: self.base.join("containers").join(name.as_str()),
                base,
            },
            None => ContainerFolder {
                logs: base.join("logs"),
                exit: base.join("exit.json"),
                written: base.clone(),
                base,
            },
        }
    }

    /// The container whose spool, or whose end, an entry of [`Self::base`] is.
    pub fn container_of(entry: &str) -> Option<ContainerName> {
        let exit = || entry.strip_prefix(EXIT_OF)?.strip_suffix(".json");
        let name = entry.strip_prefix(LOGS_OF).or_else(exit)?;
        ContainerName::try_from(name).ok()
    }
}

/// Paths below one container's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerFolder {
    base: PathBuf,
    logs: PathBuf,
    exit: PathBuf,
    /// Where it writes if its task has no disk.
    written: PathBuf,
}

impl ContainerFolder {
    pub fn base(&self) -> &Path {
        &self.base
    }

    /// All folders that go with it.
    pub fn all(&self) -> Vec<&Path> {
        let mut all = vec![self.base(), &self.logs, &self.written];
        all.retain(|it| *it == self.base || !it.starts_with(&self.base));
        all.dedup();
        all
    }

    /// On disk also where [`Self::base`] is in memory.
    pub fn on_disk(&self) -> &Path {
        &self.written
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

    pub fn etc(&self) -> PathBuf {
        self.base.join(ETC)
    }

    pub fn exit(&self) -> &Path {
        &self.exit
    }

    pub fn logs(&self) -> PathBuf {
        self.logs.clone()
    }

    pub fn log_cursor(&self) -> PathBuf {
        self.logs.join("cursor")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_in_two_folders_has_its_logs_on_disk() {
        let name = ContainerName::try_from("web").unwrap();
        let task = TaskFolder::with_run("/disk/t", Some("/run/t".into()));
        assert_eq!(task.task(), Path::new("/disk/t/task.json"));
        assert_eq!(task.disk_image(), Path::new("/disk/t/disk.img"));
        assert_eq!(task.socket(), Path::new("/run/t/shim.sock"));
        assert_eq!(task.writable(&name), Path::new("/disk/t/containers/web"));
        let own = task.container(&name);
        assert_eq!(own.exit(), Path::new("/disk/t/exit-web.json"));
        assert_eq!(own.log_cursor(), Path::new("/disk/t/logs-web/cursor"));
        let all = [
            "/run/t/containers/web",
            "/disk/t/logs-web",
            "/disk/t/containers/web",
        ];
        assert_eq!(own.all(), all.map(Path::new));
        for entry in ["logs-web", "exit-web.json"] {
            assert_eq!(TaskFolder::container_of(entry), Some(name.clone()));
        }
        for entry in ["task.json", "exit-web.json.new", "exit-.json"] {
            assert_eq!(TaskFolder::container_of(entry), None);
        }
    }

    /// Shims of the version before go on with these.
    #[test]
    fn a_task_in_one_folder_has_all_in_it() {
        let name = ContainerName::try_from("web").unwrap();
        let task = TaskFolder::new("/disk/t");
        assert_eq!(task.socket(), Path::new("/disk/t/shim.sock"));
        assert_eq!(task.writable(&name), Path::new("/disk/t/containers/web"));
        let own = task.container(&name);
        assert_eq!(
            own.log_cursor(),
            Path::new("/disk/t/containers/web/logs/cursor")
        );
        assert_eq!(own.exit(), Path::new("/disk/t/containers/web/exit.json"));
        assert_eq!(own.all(), [Path::new("/disk/t/containers/web")]);
    }
}
