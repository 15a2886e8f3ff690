//! Tasks and their containers on this node.
//!
//! Each task has a folder, a shim and a cgroup: `/wharf-<installation>/containers/<task>`, or one level deeper in
//! that of its group ([`TaskSandbox::group`]), or `/wharf-<installation>-spare/<task>` where it gives way
//! ([`TaskSandbox::cpu_gives_way`]). Nothing here has to
//! stay alive for them: [`Runtime::recover`] finds everything again from the folders. What the
//! kernel holds carries the installation's id, and [`Runtime::teardown_all`] removes all of it.

mod attach;
mod client;
mod cores;
mod device;
mod disk;
mod disk_lock;
mod disk_usage;
mod error;
mod events;
mod exec;
mod full;
mod guest_mount;
mod layers;
mod logs;
mod loops;
mod mount_flags;
mod raw;
mod recover;
mod run_folder;
mod sandbox;
mod secrets;
mod shared;
mod spawn;
mod superblock;
mod task;
mod translate;
mod volume;
mod writes;

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use wharf_base::InstallationId;
pub use wharf_cgroup::Limits;
pub use wharf_cgroup::PauseSwitch;
pub use wharf_cgroup::Stats as ContainerStats;
use wharf_cgroup::{Hierarchies, Moves};
use wharf_shim_protocol::ContainerName;
pub use wharf_shim_protocol::{
    ContainerState, ContainerStatus, Event, ExitRecord, Failure, ProgramUser, TaskStatus, spool,
};
use wharf_spares::SpareFolders;

pub use self::{
    attach::Input,
    device::{DevFolder, LoopDevice, Mounted, loop_number, mounts_of},
    disk::{PreparedDisk, mounted_again},
    disk_lock::{Held, hold_unattached},
    disk_usage::{DiskUsage, FileSystemUsage, SeenDisk, TaskDisk, TaskMounts},
    error::{ContainerError, NoUserNamespaces, RuntimeError, Step},
    events::TaskEvents,
    exec::{ExecOutput, ExecSession, ExecSpec},
    guest_mount::{MountCall, MountCalls, Mountable, descriptor_of},
    logs::{LogBatch, LogError, LogOffset, LogReader, LogRecord, Stream},
    loops::{attached_files, file_of_devices, is_attached},
    raw::RawDisk,
    recover::{Recovered, RecoveredState},
    sandbox::{TaskNetwork, TaskSandbox},
    secrets::SecretsFile,
    shared::shims_group,
    task::{Started, TaskHandle},
    volume::within,
    writes::Writes,
};
use self::{
    cores::{other_cores, own_cores},
    run_folder::RunFolder,
    sandbox::TaskRecord,
    shared::{SPARE_SHARES, make_private, remove_dir, stage_beside},
    spawn::ShimProgram,
};
pub(crate) use self::{layers::layers_in_use, shared::Shared};

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

/// The containers of one installation; cheap to clone.
#[derive(Debug, Clone)]
pub struct Runtime {
    shared: Arc<Shared>,
}

/// Tries whether containers can have user namespaces on the file system of `folder`, which is there and is
/// the caller's; why not. `shim` is the program of `RuntimeOptions::shim`.
pub async fn probe_user_namespaces(shim: &Path, folder: &Path) -> Result<(), NoUserNamespaces> {
    let failed = |path: &Path, source: io::Error| NoUserNamespaces::Path {
        path: path.to_owned(),
        source,
    };
    let folder = fs::canonicalize(folder).map_err(|e| failed(folder, e))?;
    let stage = stage_beside(&folder).ok_or(NoUserNamespaces::Stage(RuntimeError::NoStage))?;
    let program = ShimProgram::open(shim).map_err(|e| failed(shim, e))?;
    program.probe_user_namespaces(&folder, stage).await
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
            let spare = Limits {
                cpu_shares: Some(SPARE_SHARES),
                ..Limits::default()
            };
            for (group, limits) in [
                (shims_group(&shared.installation), Limits::default()),
                (shared.tasks_cgroup(), Limits::default()),
                (shared.spare_cgroup(), spare),
            ] {
                shared.hierarchies.group(&group)?.create(&limits)?;
            }
            Ok(Self {
                shared: Arc::new(shared),
            })
        })
        .await
    }

    /// Tries whether tasks can have user namespaces ([`TaskSandbox::user_range`]); why not.
    pub async fn probe_user_namespaces(&self) -> Result<(), NoUserNamespaces> {
        let stage = self.shared.stage();
        let stage = stage.ok_or(NoUserNamespaces::Stage(RuntimeError::NoStage))?;
        let shared = &self.shared;
        shared.shim.probe_user_namespaces(&shared.dir, stage).await
    }

    /// Limits for all tasks together, but those that give way ([`TaskSandbox::cpu_gives_way`]), which the kernel counts
    /// apart: these have `spare` together. They may be changed while tasks run.
    ///
    /// # Errors
    /// The kernel refuses them, as it does less memory than is in use and cannot be reclaimed.
    pub async fn limit_all_tasks(&self, limits: Limits, spare: Limits) -> Result<(), RuntimeError> {
        let shared = Arc::clone(&self.shared);
        blocking(move || {
            let both = [
                (shared.tasks_cgroup(), limits),
                (shared.spare_cgroup(), spare),
            ];
            let mut limited = Ok(());
            for (group, limits) in both {
                let group = shared.hierarchies.group(&group)?;
                // Also where the other's are refused.
                limited = limited.and(group.create(&limits));
            }
            Ok(limited?)
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

    /// Whether anything of a task is on disk: what [`Self::recover_task`] would look at.
    pub fn has_task(&self, task_id: &str) -> bool {
        let folder = self.shared.folder(task_id);
        folder.is_ok_and(|it| it.base().exists())
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
            // Containers before shims, and before the programs beside these that show them files. Each is tried,
            // whichever fails.
            let mut ended = Ok(());
            for group in [shared.spare_cgroup(), shared.own_cgroup()] {
                let group = shared.hierarchies.group(&group)?;
                ended = ended.and(group.kill_and_remove());
            }
            ended?;
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
