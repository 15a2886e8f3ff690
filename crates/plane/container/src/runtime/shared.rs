//! Where tasks have their folders and their cgroups, and how both are made and removed.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use wharf_base::InstallationId;
use wharf_cgroup::{Hierarchies, Limits, Moves};
use wharf_durable as durable;
use wharf_shim_protocol::{ShimSetup, TaskFolder, record::RECORD_LIMIT};
use wharf_spares::SpareFolders;

use super::{
    PreparedDisk, TaskNetwork, TaskSandbox, blocking, error::RuntimeError, run_folder::RunFolder,
    sandbox::TaskRecord, spawn::ShimProgram,
};

/// The cgroup below the installation's in which all shims live.
const SHIMS: &str = "shims";
/// The one in which the tasks' are (`tasks` is a file of version 1), so that all together can be limited without the shims.
const TASKS: &str = "containers";

/// What all tasks that give way have together of a core, where each process or group beside them has 1,024: with less, or
/// were they idle to the kernel all together, a machine that computes for somebody else would stop them.
pub(super) const SPARE_SHARES: u64 = 256;

/// Folders that every distribution has at its root, where everybody may walk.
const STAGES: [&str; 4] = ["/mnt", "/media", "/srv", "/opt"];

/// The cgroup of programs that outlive the agent, which [`Runtime::open`] makes.
pub fn shims_group(installation: &InstallationId) -> String {
    format!("/wharf-{installation}/{SHIMS}")
}

/// What all handles share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(super) dir: PathBuf,
    /// Folders of tasks that ended, for others.
    pub(super) spares: SpareFolders,
    pub(super) run: Option<RunFolder>,
    pub(super) installation: InstallationId,
    pub(super) shim: ShimProgram,
    pub(crate) hierarchies: Hierarchies,
    pub(crate) moves: Moves,
    pub(crate) may_raise_limits: bool,
    /// Those of tasks that give way; `None`: all.
    pub(super) other_cores: Option<String>,
}

impl Shared {
    /// `/wharf-<installation>`.
    pub(super) fn own_cgroup(&self) -> String {
        format!("/wharf-{}", self.installation)
    }

    /// Of all tasks that no group limits, but those that give way.
    pub(super) fn tasks_cgroup(&self) -> String {
        format!("{}/{TASKS}", self.own_cgroup())
    }

    /// Of those that give way. The kernel weighs groups against those beside them alone, and wharf's own processes are
    /// somewhere beside [`Self::own_cgroup`]: so this one is too, with [`SPARE_SHARES`].
    pub(super) fn spare_cgroup(&self) -> String {
        format!("{}-spare", self.own_cgroup())
    }

    /// Of a new task.
    pub(super) fn task_cgroup(&self, sandbox: &TaskSandbox) -> Result<String, RuntimeError> {
        let id = &sandbox.task_id;
        match &sandbox.group {
            Some(group) => Ok(format!("{}/{id}", self.group_cgroup(group)?)),
            None if sandbox.cpu_gives_way => Ok(self.spare_task_cgroup(id)),
            None => Ok(self.plain_cgroup(id)),
        }
    }

    pub(super) fn group_cgroup(&self, group: &str) -> Result<String, RuntimeError> {
        self.folder(group)?;
        Ok(self.plain_cgroup(group))
    }

    /// Of a group, or of a task without one that does not give way.
    fn plain_cgroup(&self, name: &str) -> String {
        format!("{}/{name}", self.tasks_cgroup())
    }

    /// Of a task without a group that gives way.
    fn spare_task_cgroup(&self, task_id: &str) -> String {
        format!("{}/{task_id}", self.spare_cgroup())
    }

    /// Where versions without a limit for all tasks together had it.
    pub(super) fn former_task_cgroup(&self, task_id: &str) -> String {
        format!("{}/{task_id}", self.own_cgroup())
    }

    pub(super) fn folder(&self, task_id: &str) -> Result<TaskFolder, RuntimeError> {
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
    pub(super) fn new_folder(&self, sandbox: &TaskSandbox) -> Result<TaskFolder, RuntimeError> {
        let base = self.folder(&sandbox.task_id)?.base().to_owned();
        let run = self.run.as_ref();
        let run = run.and_then(|run| run.place(&sandbox.task_id, sandbox.user_range.is_some()));
        Ok(TaskFolder::with_run(base, run))
    }

    /// Of a task that is there, as its record says.
    pub(super) fn written_folder(&self, task_id: &str) -> TaskFolder {
        let record = self.record(task_id).ok().flatten();
        let run = record.and_then(|record| record.setup.run);
        TaskFolder::with_run(self.dir.join(task_id), run)
    }

    /// What is written of a task, if it is there. One of another's is none: a folder is used again.
    pub(super) fn record(&self, task_id: &str) -> io::Result<Option<TaskRecord>> {
        let path = TaskFolder::new(self.dir.join(task_id)).task();
        let record: Option<TaskRecord> = durable::read_json(&path, RECORD_LIMIT)?;
        Ok(record.filter(|it| it.sandbox.task_id == task_id))
    }

    /// The folder over which shims mount the stage of containers in a user namespace: nothing that
    /// a container needs may lie below it, since shims do not see it any more.
    pub(crate) fn stage(&self) -> Option<&'static Path> {
        stage_beside(&self.dir)
    }

    pub(super) fn prepare_task(
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
    pub(super) fn cores_of(&self, sandbox: &TaskSandbox) -> Option<&str> {
        let kept_to = self.other_cores.as_deref();
        kept_to.filter(|_| sandbox.cpu_gives_way)
    }

    pub(super) async fn remove_task(self: &Arc<Self>, task_id: &str) -> Result<(), RuntimeError> {
        let folder = self.folder(task_id)?;
        let shared = Arc::clone(self);
        let task_id = task_id.to_owned();
        blocking(move || {
            // Where it says itself that it is. Without a word of its own nothing of it ever ran, or the word is damaged:
            // then it is in one of the places of tasks without a group.
            let record = shared.record(&task_id).ok().flatten();
            let (said, run) = record.map_or((None, None), |record| {
                (record.task_cgroup, record.setup.run)
            });
            let groups = match said {
                Some(group) => vec![group],
                None => vec![
                    shared.former_task_cgroup(&task_id),
                    shared.plain_cgroup(&task_id),
                    shared.spare_task_cgroup(&task_id),
                ],
            };
            for group in groups {
                // One that is not there is no error.
                shared.hierarchies.group(&group)?.kill_and_remove()?;
            }
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
    pub(super) fn task_ids(&self) -> Result<Vec<String>, RuntimeError> {
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

/// What is in a folder; nothing if it is not there.
pub(super) fn entries_of(folder: &Path) -> io::Result<Vec<fs::DirEntry>> {
    match fs::read_dir(folder) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        entries => entries?.collect(),
    }
}

/// The first of the stages that is there and does not hide `dir`.
pub(super) fn stage_beside(dir: &Path) -> Option<&'static Path> {
    let fits = |stage: &&Path| stage.is_dir() && !dir.starts_with(stage);
    STAGES.iter().map(Path::new).find(fits)
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

pub(super) fn make_private(dir: &Path) -> Result<(), RuntimeError> {
    wharf_durable::private_folder(dir).map_err(RuntimeError::io("make", dir))
}

pub(super) fn remove_dir(dir: &Path) -> Result<(), RuntimeError> {
    wharf_rootdir::remove_tree(dir).map_err(RuntimeError::io("remove", dir))
}
