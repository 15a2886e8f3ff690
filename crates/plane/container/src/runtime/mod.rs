//! Tasks and their containers on this node.
//!
//! Each task has a folder, a shim and a cgroup `/wharf-<installation>/<task>`. Nothing here has to
//! stay alive for them: [`Runtime::recover`] finds everything again from the folders. What the
//! kernel holds carries the installation's id, and [`Runtime::teardown_all`] removes all of it.

mod client;
mod error;
mod events;
mod exec;
mod logs;
mod recover;
mod spawn;
mod task;

use std::{
    collections::BTreeMap,
    fs, io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::{Deserialize, Serialize};
use wharf_base::InstallationId;
pub use wharf_cgroup::Stats as ContainerStats;
use wharf_cgroup::{Hierarchies, Limits};
use wharf_durable::{self as durable, Durability};
use wharf_shim_protocol::{ContainerName, ShimSetup, TaskFolder};
pub use wharf_shim_protocol::{
    ContainerState, ContainerStatus, Event, ExitRecord, Failure, TaskStatus,
};
use wharf_userns::IdRange;

use self::spawn::ShimProgram;
pub use self::{
    error::{ContainerError, RuntimeError, Step},
    events::TaskEvents,
    exec::{ExecOutput, ExecSession, ExecSpec},
    logs::{LogBatch, LogError, LogOffset, LogReader, LogRecord, Stream},
    recover::{Recovered, RecoveredState},
    task::{Started, TaskHandle},
};

/// The cgroup below the installation's in which all shims live.
const SHIMS: &str = "shims";

#[derive(Debug, Clone)]
pub struct RuntimeOptions {
    /// Holds one folder a task; made if missing, for root only.
    pub dir: PathBuf,
    pub installation: InstallationId,
    /// The program `wharf-shim`.
    pub shim: PathBuf,
}

/// Folders that every distribution has at its root, where everybody may walk.
const STAGES: [&str; 4] = ["/mnt", "/media", "/srv", "/opt"];

/// What the containers of a task have in common.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskSandbox {
    /// 1 to 64 of a-z, 0-9 and `-`.
    pub task_id: String,
    pub network: TaskNetwork,
    /// Thousandths of a core for all containers together, over periods of 100 ms.
    pub cpu_quota_millis: Option<u64>,
    /// For all containers together.
    pub memory_limit_bytes: Option<u64>,
    /// The caller's own; given back by [`Runtime::recover`].
    #[serde(default)]
    pub annotations: BTreeMap<String, String>,
    /// The containers are in the user namespace that the task's network namespace belongs to, which
    /// has this range. The network has to be a [`TaskNetwork::Namespace`].
    #[serde(default)]
    pub user_range: Option<IdRange>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskNetwork {
    Host,
    /// A namespace made by the caller, by its path; held open by the shim from then on.
    Namespace(PathBuf),
    /// Each container brings its own ([`crate::spec::ContainerSpec::network`]), made before the task:
    /// the shim sees the mounts of its start.
    PerContainer,
}

/// `task.json`: what the shim reads of it, and what only we do.
#[derive(Debug, Serialize, Deserialize)]
struct TaskRecord {
    #[serde(flatten)]
    setup: ShimSetup,
    sandbox: TaskSandbox,
}

/// What all handles share.
#[derive(Debug)]
pub(crate) struct Shared {
    dir: PathBuf,
    installation: InstallationId,
    shim: ShimProgram,
    pub(crate) hierarchies: Hierarchies,
    pub(crate) may_raise_limits: bool,
}

/// The containers of one installation; cheap to clone.
#[derive(Debug, Clone)]
pub struct Runtime {
    shared: Arc<Shared>,
}

impl Runtime {
    /// Starts nothing and disturbs nothing.
    pub async fn open(options: RuntimeOptions) -> Result<Self, RuntimeError> {
        blocking(move || {
            let RuntimeOptions {
                dir,
                installation,
                shim,
            } = options;
            make_private(&dir)?;
            // Shims run elsewhere, so every path they are given is absolute.
            let dir = fs::canonicalize(&dir).map_err(RuntimeError::io("find", dir))?;
            let program =
                ShimProgram::open(&shim).map_err(RuntimeError::io("open the shim", shim))?;
            let hierarchies = Hierarchies::detect()?;
            let may_raise_limits = can_raise_limits();
            let shared = Shared {
                dir,
                installation,
                shim: program,
                hierarchies,
                may_raise_limits,
            };
            shared
                .hierarchies
                .group(&format!("{}/{SHIMS}", shared.own_cgroup()))?
                .create(&Limits::default())?;
            Ok(Self {
                shared: Arc::new(shared),
            })
        })
        .await
    }

    /// Tries whether tasks can have user namespaces ([`TaskSandbox::user_range`]); why not.
    pub async fn probe_user_namespaces(&self) -> Result<(), String> {
        let stage = self.shared.stage();
        let stage = stage.ok_or_else(|| RuntimeError::NoStage.to_string())?;
        let shared = &self.shared;
        shared.shim.probe_user_namespaces(&shared.dir, stage).await
    }

    /// Makes the task's folder and cgroup and starts its shim.
    pub async fn create_task(&self, sandbox: TaskSandbox) -> Result<TaskHandle, RuntimeError> {
        let shared = Arc::clone(&self.shared);
        let folder = shared.folder(&sandbox.task_id)?;
        let (prepared, sandbox) = blocking({
            let folder = folder.clone();
            move || Ok((shared.prepare_task(&folder, &sandbox), sandbox))
        })
        .await?;
        // A task that is there already keeps its folder.
        prepared?;
        let started = self.shared.shim.start(&sandbox.task_id, &folder).await;
        if let Err(e) = started {
            self.shared.remove_task(&sandbox.task_id).await?;
            return Err(e);
        }
        let base = folder.base().to_owned();
        TaskHandle::new(Arc::clone(&self.shared), sandbox, folder)
            .map_err(RuntimeError::io("open", base))
    }

    /// Every task of this installation that is still on disk, in the order of their ids. Shims are
    /// connected to; where one has died with containers still running, those are killed.
    pub async fn recover(&self) -> Result<Vec<Recovered>, RuntimeError> {
        recover::recover(&self.shared).await
    }

    /// Removes what is left of a task without a shim. One that is not there is removed already.
    pub async fn remove_task(&self, task_id: &str) -> Result<(), RuntimeError> {
        self.shared.remove_task(task_id).await
    }

    /// The log of a container whose shim is gone.
    pub fn logs_of_ended(
        &self,
        task_id: &str,
        name: &ContainerName,
    ) -> Result<LogReader, LogError> {
        let folder = TaskFolder::new(self.shared.dir.join(task_id));
        LogReader::open(name.clone(), folder.container(name), None)
    }

    /// Ends every process of the installation and removes its cgroups and task folders; mounts go
    /// with the processes. Other installations are not touched.
    pub async fn teardown_all(&self) -> Result<(), RuntimeError> {
        let shared = Arc::clone(&self.shared);
        blocking(move || {
            shared
                .hierarchies
                .group(&shared.own_cgroup())?
                .kill_and_remove()?;
            for task in shared.task_ids()? {
                remove_dir(&shared.dir.join(task))?;
            }
            Ok(())
        })
        .await
    }
}

impl Shared {
    /// `/wharf-<installation>`.
    fn own_cgroup(&self) -> String {
        format!("/wharf-{}", self.installation)
    }

    pub(crate) fn task_cgroup(&self, task_id: &str) -> String {
        format!("{}/{task_id}", self.own_cgroup())
    }

    fn folder(&self, task_id: &str) -> Result<TaskFolder, RuntimeError> {
        let fits = (1..=64).contains(&task_id.len())
            && task_id
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && task_id != SHIMS;
        if !fits {
            return Err(RuntimeError::BadTaskId(task_id.chars().take(80).collect()));
        }
        Ok(TaskFolder::new(self.dir.join(task_id)))
    }

    /// The folder over which shims mount the stage of containers in a user namespace: nothing that
    /// a container needs may lie below it, since shims do not see it any more.
    pub(crate) fn stage(&self) -> Option<&'static Path> {
        let fits = |stage: &&Path| stage.is_dir() && !self.dir.starts_with(stage);
        STAGES.iter().map(Path::new).find(fits)
    }

    fn prepare_task(&self, folder: &TaskFolder, sandbox: &TaskSandbox) -> Result<(), RuntimeError> {
        let base = folder.base();
        match fs::DirBuilder::new().mode(0o700).create(base) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
                return Err(RuntimeError::TaskExists(sandbox.task_id.clone()));
            }
            other => other.map_err(RuntimeError::io("make", base))?,
        }
        let netns = match &sandbox.network {
            TaskNetwork::Host | TaskNetwork::PerContainer => None,
            TaskNetwork::Namespace(path) => Some(path.clone()),
        };
        let setup = ShimSetup {
            cgroup: format!("{}/{SHIMS}", self.own_cgroup()),
            netns,
            stage: match sandbox.user_range {
                Some(_) => Some(self.stage().ok_or(RuntimeError::NoStage)?.to_owned()),
                None => None,
            },
        };
        let record = TaskRecord {
            setup,
            sandbox: sandbox.clone(),
        };
        durable::replace_json(&folder.task(), &record, Durability::Process)
            .map_err(RuntimeError::io("write", folder.task()))?;
        let limits = Limits {
            memory_bytes: sandbox.memory_limit_bytes,
            cpu_quota_millis: sandbox.cpu_quota_millis,
            ..Limits::default()
        };
        self.hierarchies
            .group(&self.task_cgroup(&sandbox.task_id))?
            .create(&limits)?;
        Ok(())
    }

    async fn remove_task(self: &Arc<Self>, task_id: &str) -> Result<(), RuntimeError> {
        let folder = self.folder(task_id)?;
        let shared = Arc::clone(self);
        let task_id = task_id.to_owned();
        blocking(move || {
            shared
                .hierarchies
                .group(&shared.task_cgroup(&task_id))?
                .kill_and_remove()?;
            remove_dir(folder.base())
        })
        .await
    }

    /// Names of the folders that can be tasks.
    fn task_ids(&self) -> Result<Vec<String>, RuntimeError> {
        let failed = |e| RuntimeError::io("list", &self.dir)(e);
        let mut ids = Vec::new();
        for entry in fs::read_dir(&self.dir).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            if let Ok(name) = entry.file_name().into_string()
                && self.folder(&name).is_ok()
                && entry.file_type().is_ok_and(|kind| kind.is_dir())
            {
                ids.push(name);
            }
        }
        ids.sort_unstable();
        Ok(ids)
    }
}

fn make_private(dir: &Path) -> Result<(), RuntimeError> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .map_err(RuntimeError::io("make", dir))
}

fn remove_dir(dir: &Path) -> Result<(), RuntimeError> {
    match fs::remove_dir_all(dir) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(RuntimeError::io("remove", dir)(e)),
        _ => Ok(()),
    }
}

/// CAP_SYS_RESOURCE among our effective capabilities.
fn can_raise_limits() -> bool {
    const SYS_RESOURCE: u64 = 1 << 24;
    fs::read_to_string("/proc/self/status")
        .ok()
        .and_then(|text| {
            let line = text.lines().find_map(|line| line.strip_prefix("CapEff:"))?;
            u64::from_str_radix(line.trim(), 16).ok()
        })
        .is_some_and(|set| set & SYS_RESOURCE != 0)
}

/// Runs file and cgroup work off the async threads.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, RuntimeError> + Send + 'static,
) -> Result<T, RuntimeError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(panicked) => Err(RuntimeError::io("finish work on", "tasks")(
            io::Error::other(panicked),
        )),
    }
}
