//! Tasks and their containers on this node.
//!
//! Each task has a folder, a shim and a cgroup `/wharf-<installation>/containers/<task>`, or one level deeper in
//! that of its group ([`TaskSandbox::group`]). Nothing here has to
//! stay alive for them: [`Runtime::recover`] finds everything again from the folders. What the
//! kernel holds carries the installation's id, and [`Runtime::teardown_all`] removes all of it.

mod client;
mod device;
mod disk;
mod error;
mod events;
mod exec;
mod full;
mod guest_mount;
mod logs;
mod mount_flags;
mod raw;
mod recover;
mod run_folder;
mod secrets;
mod spawn;
mod superblock;
mod task;
mod translate;
mod volume;
mod writes;

use std::{
    collections::BTreeMap,
    fs, io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use nix::{
    sched::{CpuSet, sched_getaffinity},
    unistd::Pid,
};
use serde::{Deserialize, Serialize};
use wharf_base::InstallationId;
pub use wharf_cgroup::Limits;
pub use wharf_cgroup::PauseSwitch;
pub use wharf_cgroup::Stats as ContainerStats;
use wharf_cgroup::{Hierarchies, Moves};
use wharf_durable as durable;
use wharf_shim_protocol::{ContainerName, ShimSetup, TaskFolder, record::RECORD_LIMIT};
pub use wharf_shim_protocol::{
    ContainerState, ContainerStatus, Event, ExitRecord, Failure, TaskStatus, spool,
};
use wharf_spares::SpareFolders;
use wharf_userns::IdRange;

pub use self::{
    device::{DevFolder, LoopDevice, Mounted, loop_number, mounts_of},
    disk::{
        DiskUsage, Held, PreparedDisk, SeenDisk, TaskDisk, attached_files, file_of_devices,
        hold_unattached, is_attached, mounted_again,
    },
    error::{ContainerError, RuntimeError, Step},
    events::TaskEvents,
    exec::{ExecOutput, ExecSession, ExecSpec},
    guest_mount::{MountCall, MountCalls, Mountable},
    logs::{LogBatch, LogError, LogOffset, LogReader, LogRecord, Stream},
    raw::RawDisk,
    recover::{Recovered, RecoveredState},
    secrets::SecretsFile,
    task::{Started, TaskHandle},
    volume::within,
    writes::Writes,
};
use self::{run_folder::RunFolder, spawn::ShimProgram};

/// The cgroup below the installation's in which all shims live.
const SHIMS: &str = "shims";

/// The cgroup of programs that outlive the agent, which [`Runtime::open`] makes.
pub fn shims_group(installation: &InstallationId) -> String {
    format!("/wharf-{installation}/{SHIMS}")
}
/// The one in which the tasks' are (`tasks` is a file of version 1), so that all together can be limited without the shims.
const TASKS: &str = "containers";

#[derive(Debug, Clone)]
pub struct RuntimeOptions {
    /// Holds one folder a task; made if missing, for root only.
    pub dir: PathBuf,
    pub installation: InstallationId,
    /// The program `wharf-shim`.
    pub shim: PathBuf,
    /// Cores that no task uses which gives way ([`TaskSandbox::cpu_gives_way`]), so that whoever wants one finds it
    /// free at once. One is left to such tasks on every machine.
    pub kept_cores: usize,
    /// Where a tmpfs is mounted for files of tasks that end with their processes, by an absolute path that stays the same;
    /// `None`: they are in [`Self::dir`] with the others.
    pub run: Option<PathBuf>,
}

/// Folders that every distribution has at its root, where everybody may walk.
const STAGES: [&str; 4] = ["/mnt", "/media", "/srv", "/opt"];

/// What the containers of a task have in common.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskSandbox {
    /// 1 to 64 of a-z, 0-9 and `-`.
    pub task_id: String,
    pub network: TaskNetwork,
    /// Those that it shares limits with ([`Runtime::limit_group`]), by a name that a task could have.
    #[serde(default)]
    pub group: Option<String>,
    /// Thousandths of a core for all containers together, over periods of 100 ms.
    pub cpu_quota_millis: Option<u64>,
    /// Of all containers together, beside other tasks; 1024 is one core's worth. `None`: the
    /// kernel's own, which is the same.
    #[serde(default)]
    pub cpu_shares: Option<u64>,
    /// Tasks that ask for processor time get it at once, this one what they leave.
    #[serde(default)]
    pub cpu_gives_way: bool,
    /// For all containers together.
    pub memory_limit_bytes: Option<u64>,
    /// Processes and threads of all containers together.
    #[serde(default)]
    pub pids_limit: Option<u64>,
    /// It was given a disk of its own; set by [`Runtime::create_task_on`].
    #[serde(default)]
    pub has_disk: bool,
    /// That disk outlives the task; set likewise.
    #[serde(default)]
    pub keeps_disk: bool,
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
    /// The task's own; tasks begun by a version that did not write it have theirs one level higher.
    #[serde(default)]
    task_cgroup: Option<String>,
}

/// What all handles share.
#[derive(Debug)]
pub(crate) struct Shared {
    dir: PathBuf,
    /// Folders of tasks that ended, for others.
    spares: SpareFolders,
    run: Option<RunFolder>,
    installation: InstallationId,
    shim: ShimProgram,
    pub(crate) hierarchies: Hierarchies,
    pub(crate) moves: Moves,
    pub(crate) may_raise_limits: bool,
    /// Those of tasks that give way; `None`: all.
    other_cores: Option<String>,
}

/// The containers of one installation; cheap to clone.
#[derive(Debug, Clone)]
pub struct Runtime {
    shared: Arc<Shared>,
}

/// Tries whether containers can have user namespaces on the file system of `folder`, which is there and is
/// the caller's; why not. `shim` is the program of `RuntimeOptions::shim`.
pub async fn probe_user_namespaces(shim: &Path, folder: &Path) -> Result<(), String> {
    let found = |path: &Path, e: io::Error| format!("{}: {e}", path.display());
    let folder = fs::canonicalize(folder).map_err(|e| found(folder, e))?;
    let stage = stage_beside(&folder).ok_or_else(|| RuntimeError::NoStage.to_string())?;
    let program = ShimProgram::open(shim).map_err(|e| found(shim, e))?;
    program.probe_user_namespaces(&folder, stage).await
}

/// The first of the stages that is there and does not hide `dir`.
fn stage_beside(dir: &Path) -> Option<&'static Path> {
    let fits = |stage: &&Path| stage.is_dir() && !dir.starts_with(stage);
    STAGES.iter().map(Path::new).find(fits)
}

impl Runtime {
    /// Starts nothing and disturbs no task. Makes the folders, the tmpfs and the cgroups that all tasks share.
    pub async fn open(options: RuntimeOptions) -> Result<Self, RuntimeError> {
        blocking(move || {
            let RuntimeOptions {
                dir,
                installation,
                shim,
                kept_cores,
                run,
            } = options;
            make_private(&dir)?;
            // Shims run elsewhere, so every path they are given is absolute.
            let dir = fs::canonicalize(&dir).map_err(RuntimeError::io("find", dir))?;
            let program =
                ShimProgram::open(&shim).map_err(RuntimeError::io("open the shim", shim))?;
            let hierarchies = Hierarchies::detect()?;
            let may_raise_limits = can_raise_limits();
            let run = run.and_then(|path| {
                let opened = RunFolder::open(&path, &dir);
                let path = path.display();
                if let Ok(run) = &opened
                    && let Err(error) = run.sweep()
                {
                    tracing::warn!(%path, %error, "failed to remove what tasks left in memory; will retry at the next start");
                }
                opened
                    .inspect_err(|error| tracing::warn!(%path, %error, "failed to mount a tmpfs for files of tasks; they go to the disk, which is slower"))
                    .ok()
            });
            let shared = Shared {
                spares: SpareFolders::open(dir.clone()),
                dir,
                run,
                installation,
                shim: program,
                moves: Moves::new(&hierarchies),
                hierarchies,
                may_raise_limits,
                other_cores: other_cores(&own_cores(), kept_cores),
            };
            for own in [SHIMS, TASKS] {
                shared
                    .hierarchies
                    .group(&format!("{}/{own}", shared.own_cgroup()))?
                    .create(&Limits::default())?;
            }
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

    /// Limits for all tasks together. They may be changed while tasks run.
    ///
    /// # Errors
    /// The kernel refuses them, as it does less memory than is in use and cannot be reclaimed.
    pub async fn limit_all_tasks(&self, limits: Limits) -> Result<(), RuntimeError> {
        let shared = Arc::clone(&self.shared);
        blocking(move || {
            let group = format!("{}/{TASKS}", shared.own_cgroup());
            Ok(shared.hierarchies.group(&group)?.create(&limits)?)
        })
        .await
    }

    /// Limits for all tasks of a group together, which is there from now on. They may be changed while
    /// tasks run.
    ///
    /// # Errors
    /// The name is none that a task could have, or the kernel refuses.
    pub async fn limit_group(&self, name: &str, limits: Limits) -> Result<(), RuntimeError> {
        let shared = Arc::clone(&self.shared);
        let cgroup = shared.group_cgroup(name)?;
        blocking(move || Ok(shared.hierarchies.group(&cgroup)?.create(&limits)?)).await
    }

    /// What all tasks of a group have used together.
    ///
    /// # Errors
    /// The name is none that a task could have, or the group is not there.
    pub async fn stats_of_group(&self, name: &str) -> Result<ContainerStats, RuntimeError> {
        let shared = Arc::clone(&self.shared);
        let cgroup = shared.group_cgroup(name)?;
        blocking(move || Ok(shared.hierarchies.group(&cgroup)?.stats()?)).await
    }

    /// The ids of its tasks that are on disk.
    ///
    /// # Errors
    /// The folder of all tasks cannot be read.
    pub async fn tasks_of_group(&self, name: &str) -> Result<Vec<String>, RuntimeError> {
        let (shared, name) = (Arc::clone(&self.shared), name.to_owned());
        blocking(move || {
            let mut ids = shared.task_ids()?;
            ids.retain(|id| {
                let record = shared.record(id).ok().flatten();
                let group = record.and_then(|it| it.sandbox.group);
                group.as_ref() == Some(&name)
            });
            Ok(ids)
        })
        .await
    }

    /// Removes a group if nothing is in it.
    ///
    /// # Errors
    /// Something is, or the name is none that a task could have.
    pub async fn remove_group(&self, name: &str) -> Result<(), RuntimeError> {
        let shared = Arc::clone(&self.shared);
        let cgroup = shared.group_cgroup(name)?;
        blocking(move || Ok(shared.hierarchies.group(&cgroup)?.remove()?)).await
    }

    /// A task is about to be made: what the kernel needs some time for until then is begun.
    pub fn expect_task(&self) {
        self.shared.moves.expect();
    }

    /// Makes the task's folder and cgroup and starts its shim.
    pub async fn create_task(&self, sandbox: TaskSandbox) -> Result<TaskHandle, RuntimeError> {
        self.create_task_on(sandbox, None).await
    }

    /// The same; what its containers write, and volumes of its own, go to `disk`.
    pub async fn create_task_on(
        &self,
        mut sandbox: TaskSandbox,
        mut disk: Option<PreparedDisk>,
    ) -> Result<TaskHandle, RuntimeError> {
        self.expect_task();
        let shared = Arc::clone(&self.shared);
        let folder = shared.new_folder(&sandbox)?;
        sandbox.has_disk = disk.is_some();
        sandbox.keeps_disk = disk.as_ref().is_some_and(PreparedDisk::is_kept);
        let (prepared, sandbox, disk) = blocking(move || {
            let prepared = shared.prepare_task(&folder, &sandbox, disk.as_mut());
            Ok((prepared, sandbox, disk))
        })
        .await?;
        // A task that is there already keeps its folder.
        let folder = prepared?;
        let mount = disk.as_ref().map(PreparedDisk::mount);
        let started = self
            .shared
            .shim
            .start(&sandbox.task_id, &folder, mount)
            .await;
        if let Err(e) = started {
            self.shared.remove_task(&sandbox.task_id).await?;
            return Err(e);
        }
        let base = folder.seat().to_owned();
        let cgroup = self.shared.task_cgroup(&sandbox)?;
        TaskHandle::new(Arc::clone(&self.shared), sandbox, folder, cgroup)
            .map_err(RuntimeError::io("open", base))
    }

    /// Every task of this installation that is still on disk, in the order of their ids. Shims are
    /// connected to; where one has died with containers still running, those are killed.
    pub async fn recover(&self) -> Result<Vec<Recovered>, RuntimeError> {
        recover::recover(&self.shared).await
    }

    /// The ids of all tasks of the installation, as far as folders tell.
    ///
    /// # Errors
    /// The folder of tasks cannot be read.
    pub async fn task_ids(&self) -> Result<Vec<String>, RuntimeError> {
        let shared = Arc::clone(&self.shared);
        blocking(move || shared.task_ids()).await
    }

    /// One of them, if it is there.
    pub async fn recover_task(&self, task_id: &str) -> Result<Option<Recovered>, RuntimeError> {
        recover::find(&self.shared, task_id).await
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
        let folder = self.shared.written_folder(task_id);
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
            let cleared = shared.spares.clear();
            cleared.map_err(RuntimeError::io("remove what is left in", &shared.dir))?;
            match &shared.run {
                Some(run) => run
                    .remove()
                    .map_err(RuntimeError::io("remove the tmpfs of", &shared.dir)),
                None => Ok(()),
            }
        })
        .await
    }
}

impl Shared {
    /// `/wharf-<installation>`.
    fn own_cgroup(&self) -> String {
        format!("/wharf-{}", self.installation)
    }

    /// Of a new task.
    fn task_cgroup(&self, sandbox: &TaskSandbox) -> Result<String, RuntimeError> {
        match &sandbox.group {
            Some(group) => Ok(format!("{}/{}", self.group_cgroup(group)?, sandbox.task_id)),
            None => Ok(self.plain_cgroup(&sandbox.task_id)),
        }
    }

    fn group_cgroup(&self, group: &str) -> Result<String, RuntimeError> {
        self.folder(group)?;
        Ok(self.plain_cgroup(group))
    }

    /// Of a task without a group, or of a group.
    fn plain_cgroup(&self, name: &str) -> String {
        format!("{}/{TASKS}/{name}", self.own_cgroup())
    }

    /// Where versions without a limit for all tasks together had it.
    fn former_task_cgroup(&self, task_id: &str) -> String {
        format!("{}/{task_id}", self.own_cgroup())
    }

    fn folder(&self, task_id: &str) -> Result<TaskFolder, RuntimeError> {
        let fits = (1..=64).contains(&task_id.len())
            && task_id
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && task_id != SHIMS
            && task_id != TASKS;
        if !fits {
            return Err(RuntimeError::BadTaskId(task_id.chars().take(80).collect()));
        }
        Ok(TaskFolder::new(self.dir.join(task_id)))
    }

    /// Of a task that is about to be made.
    fn new_folder(&self, sandbox: &TaskSandbox) -> Result<TaskFolder, RuntimeError> {
        let base = self.folder(&sandbox.task_id)?.base().to_owned();
        let run = self.run.as_ref();
        let run = run.and_then(|run| run.place(&sandbox.task_id, sandbox.user_range.is_some()));
        Ok(TaskFolder::with_run(base, run))
    }

    /// Of a task that is there, as its record says.
    fn written_folder(&self, task_id: &str) -> TaskFolder {
        let record = self.record(task_id).ok().flatten();
        let run = record.and_then(|record| record.setup.run);
        TaskFolder::with_run(self.dir.join(task_id), run)
    }

    /// What is written of a task, if it is there. One of another's is none: a folder is used again.
    fn record(&self, task_id: &str) -> io::Result<Option<TaskRecord>> {
        let path = TaskFolder::new(self.dir.join(task_id)).task();
        let record: Option<TaskRecord> = durable::read_json(&path, RECORD_LIMIT)?;
        Ok(record.filter(|it| it.sandbox.task_id == task_id))
    }

    /// The folder over which shims mount the stage of containers in a user namespace: nothing that
    /// a container needs may lie below it, since shims do not see it any more.
    pub(crate) fn stage(&self) -> Option<&'static Path> {
        stage_beside(&self.dir)
    }

    fn prepare_task(
        &self,
        folder: &TaskFolder,
        sandbox: &TaskSandbox,
        disk: Option<&mut PreparedDisk>,
    ) -> Result<TaskFolder, RuntimeError> {
        let base = folder.base();
        match self.spares.make(base) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
                return Err(RuntimeError::TaskExists(sandbox.task_id.clone()));
            }
            other => other.map_err(RuntimeError::io("make", base))?,
        }
        if let Some(disk) = disk {
            let image = folder.disk_image();
            disk.move_to(image.clone())
                .map_err(RuntimeError::io("move a disk to", image))?;
        }
        let netns = match &sandbox.network {
            TaskNetwork::Host | TaskNetwork::PerContainer => None,
            TaskNetwork::Namespace(path) => Some(path.clone()),
        };
        let mut setup = ShimSetup {
            cgroup: shims_group(&self.installation),
            netns,
            stage: match sandbox.user_range {
                Some(_) => Some(self.stage().ok_or(RuntimeError::NoStage)?.to_owned()),
                None => None,
            },
            disk: sandbox.has_disk,
            run: folder.run().map(Path::to_owned),
        };
        let cgroup = self.task_cgroup(sandbox)?;
        let write = |setup: &ShimSetup| {
            let record = TaskRecord {
                setup: setup.clone(),
                sandbox: sandbox.clone(),
                task_cgroup: Some(cgroup.clone()),
            };
            serde_json::to_vec(&record)
                .map_err(io::Error::from)
                .and_then(|record| wharf_spares::write_inside(&folder.task(), &record))
                .map_err(RuntimeError::io("write", folder.task()))
        };
        write(&setup)?;
        // After the record, by which it is found and removed.
        let mut folder = folder.clone();
        match make_seat(&folder, sandbox.has_disk) {
            Err(RuntimeError::Io { source, .. })
                if source.kind() == io::ErrorKind::StorageFull && setup.run.is_some() =>
            {
                if let (Some(shared), Some(run)) = (&self.run, setup.run.take()) {
                    shared.tell(true);
                    remove_dir(&run)?;
                }
                write(&setup)?;
                folder = TaskFolder::new(base);
                make_seat(&folder, sandbox.has_disk)?;
            }
            made => made?,
        }
        let limits = Limits {
            memory_bytes: sandbox.memory_limit_bytes,
            cpu_quota_millis: sandbox.cpu_quota_millis,
            cpu_shares: sandbox.cpu_shares,
            cpu_gives_way: sandbox.cpu_gives_way,
            cores: self.cores_of(sandbox).map(str::to_owned),
            pids: sandbox.pids_limit,
            ..Limits::default()
        };
        self.hierarchies.group(&cgroup)?.create(&limits)?;
        Ok(folder)
    }

    /// The cores that a task is kept to; `None`: it may use all.
    fn cores_of(&self, sandbox: &TaskSandbox) -> Option<&str> {
        let kept_to = self.other_cores.as_deref();
        kept_to.filter(|_| sandbox.cpu_gives_way)
    }

    async fn remove_task(self: &Arc<Self>, task_id: &str) -> Result<(), RuntimeError> {
        let folder = self.folder(task_id)?;
        let shared = Arc::clone(self);
        let task_id = task_id.to_owned();
        blocking(move || {
            // Where it says itself that it is; without a word of its own nothing of it ever ran.
            let record = shared.record(&task_id).ok().flatten();
            let (said, run) = record.map_or((None, None), |record| {
                (record.task_cgroup, record.setup.run)
            });
            if said.is_none() {
                let former = shared.former_task_cgroup(&task_id);
                let former = shared.hierarchies.group(&former)?;
                if former.exists() {
                    former.kill_and_remove()?;
                }
            }
            let cgroup = said.unwrap_or_else(|| shared.plain_cgroup(&task_id));
            shared.hierarchies.group(&cgroup)?.kill_and_remove()?;
            // The one with the record goes last. What was begun without one is where it would be.
            let run = run.filter(|run| run.ends_with(&task_id));
            let lived_elsewhere = run.is_some();
            let own = shared.run.as_ref().map(|run| run.of(&task_id));
            for run in run.into_iter().chain(own) {
                remove_dir(&run)?;
            }
            if !lived_elsewhere {
                // A shim that is only taken for dead would still write to it.
                return remove_dir(folder.base());
            }
            let removed = shared.spares.remove(folder.base());
            removed.map_err(RuntimeError::io("remove", folder.base()))
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

/// Where the shim will live, with the first of what it needs there.
fn make_seat(folder: &TaskFolder, has_disk: bool) -> Result<(), RuntimeError> {
    if let Some(run) = folder.run() {
        // A kill in the middle of a removal may have left one of this name.
        remove_dir(run)?;
        make_private(run)?;
    }
    if has_disk {
        let place = folder.disk();
        fs::create_dir(&place).map_err(RuntimeError::io("make", place))?;
    }
    let log = folder.shim_log();
    fs::File::create(&log).map_err(RuntimeError::io("make", log))?;
    Ok(())
}

fn make_private(dir: &Path) -> Result<(), RuntimeError> {
    private_folder(dir).map_err(RuntimeError::io("make", dir))
}

fn private_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true).mode(0o700).create(path)
}

fn remove_dir(dir: &Path) -> Result<(), RuntimeError> {
    wharf_rootdir::remove_tree(dir).map_err(RuntimeError::io("remove", dir))
}

/// The cores that this process may use, by their numbers.
fn own_cores() -> Vec<usize> {
    let allowed = sched_getaffinity(Pid::this()).unwrap_or_default();
    (0..CpuSet::count())
        .filter(|core| allowed.is_set(*core).unwrap_or(false))
        .collect()
}

/// All but the first `kept` of them, but one at least, as the kernel lists them; `None` where that is all.
fn other_cores(cores: &[usize], kept: usize) -> Option<String> {
    let kept = kept.min(cores.len().saturating_sub(1));
    let others = cores.get(kept..).filter(|_| kept > 0)?;
    let numbers: Vec<String> = others.iter().map(usize::to_string).collect();
    Some(numbers.join(","))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_that_give_way_have_a_core_everywhere() {
        let of = |cores: &[usize], kept| other_cores(cores, kept);
        assert_eq!(of(&[0, 1, 2], 1), Some("1,2".to_owned()));
        assert_eq!(of(&[4, 7], 1), Some("7".to_owned()));
        assert_eq!(of(&[0, 1, 2], 9), Some("2".to_owned()));
        assert_eq!(of(&[0], 1), None);
        assert_eq!(of(&[0, 1], 0), None);
        assert_eq!(of(&[], 1), None);
    }
}
